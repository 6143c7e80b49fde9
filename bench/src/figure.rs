//! One figure: ours, and the rivals' in the same run.

use serde_json::{Map, Value, json};

/// Whether less or more is better.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Better {
    Lower,
    Higher,
}

/// Prints one figure as one line of JSON.
#[expect(clippy::print_stdout, reason = "standard output is where figures go")]
pub(crate) fn print(
    bench: &str,
    case: &str,
    figure: &str,
    better: Better,
    visavis: f64,
    rivals: &[(&str, f64)],
) {
    let rounded = |value: f64| json!((value * 1000.0).round() / 1000.0);
    let better = match better {
        Better::Lower => "lower",
        Better::Higher => "higher",
    };
    let rivals: Map<String, Value> =
        rivals.iter().map(|(name, value)| ((*name).to_owned(), rounded(*value))).collect();
    println!(
        "{}",
        json!({
            "bench": bench, "case": case, "figure": figure, "better": better,
            "visavis": rounded(visavis), "rivals": rivals,
        })
    );
}
