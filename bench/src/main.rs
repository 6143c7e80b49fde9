//! Measures Visavis beside what people use instead, in turn and in one run: `./dev bench NAME`.
//! Figures go to standard output, one JSON object a line; what is going on goes to standard error.

mod figure;
mod process;
mod signaling;

use std::process::ExitCode;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let result = match name.as_str() {
        "signaling" => signaling::measure(),
        _ => Err(format!("there is no bench {name:?}; there is: signaling")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
