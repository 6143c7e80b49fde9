//! Where the crates come from and on what terms: every licence is one we chose to accept, every crate comes
//! from the registry that cargo knows by itself, and of the crates that hold state for a whole process there
//! is one version only.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Licences under which a crate may be built in. All of them let the whole be given out under ours.
const ACCEPTED: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Two versions of one of these would not see each other's state, or double what has to be trusted.
const ONCE: [&str; 11] = [
    "ed25519-dalek",
    "quinn",
    "ring",
    "rusqlite",
    "rustls",
    "tauri",
    "tokio",
    "tokio-tungstenite",
    "tracing",
    "webrtc",
    "wry",
];

/// Whether a licence expression lets us choose only accepted ones.
fn is_accepted(expression: &str) -> bool {
    let old_style = expression.replace('/', " OR ");
    any_of(&old_style.replace('(', " ( ").replace(')', " ) "))
}

/// `a OR (b AND c)`: splits at the operator that stands outside all brackets.
fn any_of(expression: &str) -> bool {
    split(expression, "OR").iter().any(|part| all_of(part))
}

fn all_of(expression: &str) -> bool {
    split(expression, "AND").iter().all(|part| {
        let part = part.trim();
        match part.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) => any_of(inner),
            None => ACCEPTED.contains(&part),
        }
    })
}

fn split(expression: &str, operator: &str) -> Vec<String> {
    let mut parts = vec![Vec::new()];
    let mut depth = 0_usize;
    for word in expression.split_whitespace() {
        depth += usize::from(word == "(");
        depth = depth.saturating_sub(usize::from(word == ")"));
        if word == operator && depth == 0 {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(word);
        }
    }
    parts.into_iter().map(|words| words.join(" ")).collect()
}

#[test]
fn licence_expressions_are_read() {
    assert!(is_accepted("MIT OR Apache-2.0"));
    assert!(is_accepted("MIT/Apache-2.0"));
    assert!(is_accepted("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(is_accepted("GPL-3.0-only OR (ISC AND (MIT OR GPL-2.0))"));
    assert!(!is_accepted("GPL-3.0-only"));
    assert!(!is_accepted("MIT AND GPL-3.0-only"));
    assert!(!is_accepted("(MIT OR Apache-2.0) AND OpenSSL"));
    assert!(!is_accepted(""));
}

/// All crates that are built in anywhere; where some were never fetched, those built in here.
fn packages() -> Vec<Value> {
    let metadata = |more: &[&str]| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let ran = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
            .args(more)
            .output()
            .unwrap();
        (ran.status.success().then_some(ran.stdout), ran.stderr)
    };
    let here = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let text = match metadata(&[]) {
        (Some(text), _) => text,
        (None, _) => match metadata(&["--filter-platform", &here]) {
            (Some(text), _) => text,
            (None, why) => panic!("cargo metadata: {}", String::from_utf8_lossy(&why)),
        },
    };
    let all: Value = serde_json::from_slice(&text).unwrap();
    all["packages"].as_array().unwrap().clone()
}

#[test]
fn licences_and_sources_are_accepted() {
    let mut wrong = Vec::new();
    let mut registries = BTreeSet::new();
    for package in packages() {
        let name = format!("{} {}", package["name"], package["version"]).replace('"', "");
        let Some(source) = package["source"].as_str() else { continue };
        registries.insert(source.to_owned());
        if !source.starts_with("registry+") {
            wrong.push(format!("{name} comes from {source}, not from the registry"));
        }
        let licence = package["license"].as_str().unwrap_or_default();
        if !is_accepted(licence) {
            wrong.push(format!("{name} has the licence {licence:?}, which is not on the list"));
        }
    }
    assert!(registries.len() <= 1, "crates come from several registries: {registries:?}");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn crates_with_state_are_there_once() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    let mut versions = BTreeMap::<&str, usize>::new();
    for line in lock.lines() {
        if let Some(name) = line.strip_prefix("name = ") {
            *versions.entry(name.trim_matches('"')).or_default() += 1;
        }
    }
    let doubled: Vec<_> =
        ONCE.iter().filter(|name| versions.get(*name).is_some_and(|count| *count > 1)).collect();
    assert!(doubled.is_empty(), "more than one version of {doubled:?} is built in");
}
