//! The files that the rules look at.

use std::path::Path;

/// Folders that hold what was made from the sources or came from elsewhere.
const NOT_OURS: [&str; 5] = ["target", "node_modules", "dist", "gen", "icons"];

/// One file.
pub(crate) struct Source {
    /// From the top of the project, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    pub(crate) fn is_page(&self) -> bool {
        self.path.starts_with("ui/") && (self.path.ends_with(".ts") || self.path.ends_with(".css"))
    }

    pub(crate) fn is_generated(&self) -> bool {
        self.path.starts_with("ui/src/generated/")
    }

    /// Whether the whole file is only there to test.
    pub(crate) fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests")
            || self.path.ends_with("tests.rs")
            || self.path.ends_with(".test.ts")
    }

    /// Its lines without comments, numbered from 1, and whether each is only there to test.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str, bool)> {
        let tests = if self.is_test() { 0 } else { self.tests_begin() };
        let lines = self.text.lines().enumerate();
        lines.map(move |(index, line)| (index + 1, without_comment(line), index >= tests))
    }

    /// The line at which a file's own tests begin: a module, not merely the name of one that has a file.
    fn tests_begin(&self) -> usize {
        let lines: Vec<_> = self.text.lines().map(str::trim).collect();
        let begins = |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].ends_with('{');
        lines.windows(2).position(begins).unwrap_or(usize::MAX)
    }
}

/// A line up to its comment. A `//` inside an address, as in `ws://`, begins none.
fn without_comment(line: &str) -> &str {
    let comment = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':'));
    comment.map_or(line, |(at, _)| &line[..at])
}

/// All files of the project that people wrote, as text.
pub(crate) fn all() -> Vec<Source> {
    let mut found = Vec::new();
    walk(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with('.') || NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), &format!("{path}/"), found);
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            found.push(Source { path, text });
        }
    }
}

#[test]
fn a_files_tests_are_told_from_its_code() {
    let test_lines = |path: &str, text: &str| {
        Source::new(path, text).code().filter(|(_, _, test)| *test).count()
    };
    assert_eq!(test_lines("a.rs", "code\n#[cfg(test)]\nmod tests {\n}\n"), 3);
    assert_eq!(test_lines("a.rs", "#[cfg(test)]\nmod play;\ncode {\n"), 0);
    assert_eq!(test_lines("tests/a.rs", "code\n"), 1);
    assert_eq!(test_lines("engine/src/machine/tests.rs", "code\n"), 1);
}

#[test]
fn a_comment_is_no_code() {
    assert_eq!(without_comment("let a = 1; // sleep("), "let a = 1; ");
    assert_eq!(without_comment("\"ws://localhost\""), "\"ws://localhost\"");
}
