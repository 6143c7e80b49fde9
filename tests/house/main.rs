//! The rules of the house, checked on the sources as they stand.
//!
//! A rule is data: what it looks at, what it must not find there, why, and an example of each kind. That
//! every rule catches its own example is a test too, for a rule that can't fail is no rule. To add one, add
//! an entry to `rules.rs` (words in files) or `shapes.rs` (anything else).

#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]

mod rules;
mod shapes;
mod source;

use source::{Source, all};

/// What is wrong, and where.
#[derive(Debug, PartialEq)]
struct Breach {
    path: String,
    line: usize,
    what: String,
}

/// Finds what in a file breaks a rule.
type Look = Box<dyn Fn(&Source) -> Vec<Breach>>;

/// One rule of the house.
struct Rule {
    /// As a sentence that says what holds.
    name: &'static str,
    /// What it is good for.
    reason: &'static str,
    look: Look,
    /// A path and text that breaks it.
    broken: (&'static str, String),
    /// One near it that does not.
    kept: (&'static str, String),
}

fn every_rule() -> Vec<Rule> {
    rules::rules().into_iter().chain(shapes::rules()).collect()
}

#[test]
fn the_house_keeps_its_rules() {
    let sources = all();
    assert!(sources.len() > 20, "too few files were looked at: {}", sources.len());
    let mut report = String::new();
    for rule in every_rule() {
        let breaches: Vec<_> = sources.iter().flat_map(|source| (rule.look)(source)).collect();
        if breaches.is_empty() {
            continue;
        }
        report += &format!("\n{}\n  Why: {}\n", rule.name, rule.reason);
        for breach in breaches {
            report += &format!("  {}:{}: {}\n", breach.path, breach.line, breach.what);
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn every_rule_catches_its_own_example() {
    for rule in every_rule() {
        let (path, text) = &rule.broken;
        let breaches = (rule.look)(&Source::new(path, text));
        assert!(!breaches.is_empty(), "{}: {path} with {text:?} got through", rule.name);
        let (path, text) = &rule.kept;
        let breaches = (rule.look)(&Source::new(path, text));
        assert_eq!(breaches, [], "{}: {path} is in order", rule.name);
    }
}

#[test]
fn exceptions_are_still_needed() {
    let sources = all();
    for (path, reason) in shapes::LONG_FOR_A_REASON {
        let source = sources.iter().find(|source| source.path == *path);
        let lines = source.map(|source| source.text.lines().count());
        assert!(
            lines.is_some_and(|lines| lines > shapes::TOO_LONG),
            "{path} may be long ({reason}), but it is not: take the exception away"
        );
    }
}
