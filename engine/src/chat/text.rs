//! Which words are taken: as long as an envelope can hold, and without characters that are no text.

/// Longest message, in characters.
pub const LONGEST: usize = 8_000;
/// Longest message in bytes: what an envelope holds besides goes into the rest.
pub const LONGEST_BYTES: usize = 32_000;
/// Longest emoji in bytes: families and flags are put together from several.
const LONGEST_EMOJI: usize = 64;
/// So much of a message is quoted, in characters.
const QUOTED: usize = 160;

/// Why words are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OddText {
    /// There is nothing in them.
    #[error("a message without words")]
    Empty,
    /// They are too long.
    #[error("a message longer than {LONGEST} characters")]
    TooLong,
}

/// The message as it is kept: without control characters but tabs and ends of lines, and without room around it.
///
/// # Errors
/// Where nothing is left, or too much.
pub fn tidy(text: &str) -> Result<String, OddText> {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String =
        lines.chars().filter(|&c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let kept = kept.trim_end().trim_start_matches('\n');
    if kept.trim().is_empty() {
        return Err(OddText::Empty);
    }
    if kept.len() > LONGEST_BYTES || kept.chars().count() > LONGEST {
        return Err(OddText::TooLong);
    }
    Ok(kept.to_owned())
}

/// Whether it can stand as a reaction: something short without room or letters of a language.
pub fn is_emoji(text: &str) -> bool {
    let sign = |c: char| !c.is_alphabetic() && !c.is_control() && !c.is_whitespace();
    !text.is_empty() && text.len() <= LONGEST_EMOJI && text.chars().all(sign)
}

/// The beginning of a message, in one line.
pub fn beginning(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(QUOTED).collect()
}

/// How a message is searched: without regard to the size of letters.
pub fn folded(text: &str) -> String {
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_are_kept_as_they_were_meant() {
        for (typed, kept) in [
            ("hello", "hello"),
            ("  two\r\nlines \n\n", "  two\nlines"),
            ("\n\nfirst", "first"),
            ("a\u{0}b\u{7}\tc", "ab\tc"),
            ("<b>bold</b> & \"quoted\"", "<b>bold</b> & \"quoted\""),
            ("שלום \u{200f}עולם", "שלום \u{200f}עולם"),
            ("👨‍👩‍👧", "👨‍👩‍👧"),
        ] {
            assert_eq!(tidy(typed).as_deref(), Ok(kept));
        }
        for empty in ["", "  \n\t ", "\u{0}\u{1b}"] {
            assert_eq!(tidy(empty), Err(OddText::Empty));
        }
        assert_eq!(tidy(&"好".repeat(LONGEST)).map(|text| text.chars().count()), Ok(LONGEST));
        assert_eq!(tidy(&"x".repeat(LONGEST + 1)), Err(OddText::TooLong));
        assert_eq!(tidy(&"👨".repeat(LONGEST)).map(|text| text.len()), Ok(LONGEST_BYTES));
    }

    #[test]
    fn reactions_are_signs() {
        for sign in ["👍", "❤️", "👨‍👩‍👧", "1️⃣", "🇩🇪", "+1"] {
            assert!(is_emoji(sign), "{sign}");
        }
        for odd in ["", "yes", "好", "👍 👍", "\u{0}", &"👍".repeat(17)] {
            assert!(!is_emoji(odd), "{odd}");
        }
    }

    #[test]
    fn a_beginning_is_one_short_line() {
        assert_eq!(beginning("one\n two\t three"), "one two three");
        assert_eq!(beginning(&"好".repeat(500)).chars().count(), QUOTED);
    }

    proptest! {
        #[test]
        fn what_is_tidy_stays_as_it_is(text: String) {
            if let Ok(kept) = tidy(&text) {
                prop_assert_eq!(tidy(&kept), Ok(kept));
            }
        }
    }
}
