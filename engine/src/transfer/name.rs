//! Names of files that someone else chose, made into names under which they can be kept: no separators, no way up or
//! out, nothing that a system takes for a device or an option, nothing too long, and no two that a disk takes for one.
//! A name is mended rather than refused, so that nothing is lost for its name. Nothing here touches a disk.

use std::collections::{HashMap, HashSet};
use unicode_normalization::UnicodeNormalization;

/// Longest name, in bytes: what a number and `.part` add has to fit into 255.
const LONGEST: usize = 200;
/// The longest ending that is kept where a name is cut, in bytes.
const LONGEST_ENDING: usize = 20;
/// What stands in for a character that can't be kept.
const STAND_IN: char = '_';

/// Names that Windows takes for devices, whatever their ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// One name, without any folder, that can be kept everywhere.
pub fn safe(name: &str) -> String {
    let kept: String = name.nfc().map(|c| if is_odd(c) { STAND_IN } else { c }).collect();
    let kept = kept.trim_start().trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    let mut kept = shortened(kept);
    // Two dots alone are gone by now; one that begins with a dash would be taken for an option.
    if kept.is_empty() || kept.starts_with('-') || is_device(&kept) {
        kept.insert(0, STAND_IN);
    }
    kept
}

fn is_odd(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns
        || c.is_control()
        || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\u{feff}')
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let port = port.is_some_and(|n| {
        matches!(n, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
    });
    port || DEVICES.contains(&stem.as_str())
}

/// Cut in the middle, so that the ending that says what it is stays.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let (stem, ending) = split(name);
    let ending = if ending.len() <= LONGEST_ENDING { ending } else { "" };
    let stem = if ending.is_empty() { name } else { stem };
    let cut = cut(stem, LONGEST - ending.len());
    format!("{}{ending}", cut.trim_end_matches(|c: char| c == '.' || c.is_whitespace()))
}

/// The beginning that fits into so many bytes.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// A name before its last dot, and from it on.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    }
}

/// The name with a number, as where another has it already: `name (1).txt`.
pub fn numbered(name: &str, number: u32) -> String {
    if number == 0 {
        return name.to_owned();
    }
    let (stem, ending) = split(name);
    format!("{stem} ({number}){ending}")
}

/// What a disk that does not tell large letters from small ones takes for the same.
fn folded(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).collect()
}

/// Where each of many files is kept: the same folder for what has the same folder, and never two in one place.
#[derive(Debug, Default)]
pub struct Places {
    /// By the number of the folder above, and what it was called as it came. The top has the number 0.
    folders: HashMap<(usize, String), usize>,
    /// What each is called here, with the number of the one above; the first has the number 1.
    names: Vec<(usize, String)>,
    taken: HashSet<(usize, String)>,
    /// Which number to try next for a name that is taken.
    next: HashMap<(usize, String), u32>,
}

impl Places {
    /// The place of a file, by the names on the way to it. An empty way is a file without a name.
    pub fn file(&mut self, way: &[String]) -> Vec<String> {
        let (name, folder) = way.split_last().map_or(("", &[][..]), |(n, f)| (n.as_str(), f));
        let above = self.number(folder);
        let mut place = self.names(above);
        place.push(self.name(above, name, |_| true));
        place
    }

    /// The place of a folder.
    pub fn folder(&mut self, way: &[String]) -> Vec<String> {
        let number = self.number(way);
        self.names(number)
    }

    /// The name of something at the top, where others may have names already.
    pub fn top(&mut self, name: &str, is_free: impl Fn(&str) -> bool) -> String {
        self.name(0, name, is_free)
    }

    fn number(&mut self, way: &[String]) -> usize {
        way.iter().fold(0, |above, given| {
            let key = (above, given.clone());
            if let Some(known) = self.folders.get(&key) {
                return *known;
            }
            let name = self.name(above, given, |_| true);
            self.names.push((above, name));
            self.folders.insert(key, self.names.len());
            self.names.len()
        })
    }

    /// The names on the way to a folder.
    fn names(&self, mut number: usize) -> Vec<String> {
        let mut names = Vec::new();
        while let Some((above, name)) = number.checked_sub(1).and_then(|n| self.names.get(n)) {
            names.push(name.clone());
            number = *above;
        }
        names.reverse();
        names
    }

    fn name(&mut self, folder: usize, name: &str, is_free: impl Fn(&str) -> bool) -> String {
        let name = safe(name);
        let key = (folder, folded(&name));
        let first = self.next.get(&key).copied().unwrap_or(0);
        for number in first..u32::MAX {
            let tried = numbered(&name, number);
            if is_free(&tried) && self.taken.insert((folder, folded(&tried))) {
                self.next.insert(key, number + 1);
                return tried;
            }
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_names_become_harmless() {
        let long = "好".repeat(100);
        for (given, kept) in [
            ("photo.jpg", "photo.jpg"),
            ("../x", ".._x"),
            ("..", "_"),
            (".", "_"),
            ("", "_"),
            ("   ", "_"),
            ("/etc/passwd", "_etc_passwd"),
            ("C:\\x", "C__x"),
            ("CON", "_CON"),
            ("con.txt", "_con.txt"),
            ("Com1.tar.gz", "_Com1.tar.gz"),
            ("COM¹", "_COM¹"),
            ("context.txt", "context.txt"),
            ("a\0b", "a_b"),
            ("x/..", "x_"),
            ("-rf", "_-rf"),
            ("name. ", "name"),
            ("  spaced", "spaced"),
            (".bashrc", ".bashrc"),
            ("a\nb\u{202e}gpj.exe", "a_b_gpj.exe"),
            ("file.txt:stream", "file.txt_stream"),
            // Letters that are put together become one.
            ("e\u{301}.txt", "é.txt"),
            (&format!("{long}.jpg"), &format!("{}.jpg", "好".repeat(65))),
            (&format!("a.{long}"), &format!("a.{}", "好".repeat(66))),
            ("שלום.txt", "שלום.txt"),
        ] {
            assert_eq!(safe(given), kept, "{given:?}");
        }
    }

    #[test]
    fn a_number_stands_before_the_ending() {
        assert_eq!(numbered("a.txt", 0), "a.txt");
        assert_eq!(numbered("a.txt", 2), "a (2).txt");
        assert_eq!(numbered(".bashrc", 1), ".bashrc (1)");
        assert_eq!(numbered("folder", 1), "folder (1)");
    }

    fn way(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn no_two_files_have_one_place_and_folders_stay_together() {
        let mut places = Places::default();
        let mut place = |text: &str| places.file(&way(text)).join("/");
        assert_eq!(place("Photos/a.jpg"), "Photos/a.jpg");
        assert_eq!(place("Photos/A.JPG"), "Photos/A (1).JPG");
        assert_eq!(place("Photos/e\u{301}"), "Photos/é");
        assert_eq!(place("Photos/é"), "Photos/é (1)");
        // A folder of nearly the same name is another one.
        assert_eq!(place("photos/a.jpg"), "photos (1)/a.jpg");
        assert_eq!(place("Photos/b.jpg"), "Photos/b.jpg");
        assert_eq!(place("../../etc/passwd"), "_/_/etc/passwd");
        assert_eq!(place("../x"), "_/x");
        // A file with a folder's name.
        assert_eq!(place("Photos"), "Photos (2)");
        assert_eq!(places.file(&[]), ["_ (1)"]);
        assert_eq!(places.top("new", |name| name != "new"), "new (1)");
        assert_eq!(places.top("NEW", |name| name != "NEW"), "NEW (2)");
    }

    proptest! {
        #[test]
        fn any_name_can_be_kept(name: String) {
            let kept = safe(&name);
            prop_assert!(!kept.is_empty() && kept.len() <= LONGEST + 1);
            prop_assert!(!kept.chars().any(is_odd) && !kept.starts_with('-') && !is_device(&kept));
            prop_assert!(kept != "." && kept != ".." && !kept.ends_with(['.', ' ']));
        }

        #[test]
        fn any_names_have_places_of_their_own(
            ways in proptest::collection::vec(proptest::collection::vec(".{0,3}", 0..4), 0..60),
        ) {
            let mut places = Places::default();
            let kept: Vec<Vec<String>> = ways.iter().map(|way| places.file(way)).collect();
            let all: HashSet<Vec<String>> =
                kept.iter().map(|place| place.iter().map(|name| folded(name)).collect()).collect();
            prop_assert_eq!(all.len(), kept.len());
        }
    }
}
