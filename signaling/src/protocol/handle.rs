//! Handles: what they may look like, and when two of them look alike.
//! They are plain lower-case ASCII, so that they can be said, typed and compared; names of people, in any
//! script, are another thing and stand in profiles. Which handles are taken is the server's business.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::fmt;
use std::str::FromStr;

/// Shortest handle in characters.
pub(crate) const MIN: usize = 2;
/// Longest handle in characters.
pub(crate) const MAX: usize = 32;

const RESERVED: &[&str] = &[
    "abuse",
    "admin",
    "administrator",
    "everyone",
    "help",
    "hostmaster",
    "info",
    "moderator",
    "nobody",
    "operator",
    "postmaster",
    "root",
    "security",
    "server",
    "support",
    "system",
    "team",
    "visavis",
    "webmaster",
];

/// Why a text is no handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// Nothing typed.
    #[error("a handle can't be empty")]
    Empty,
    /// Under two characters.
    #[error("a handle has at least 2 characters")]
    TooShort,
    /// Over 32 characters.
    #[error("a handle has at most 32 characters")]
    TooLong,
    /// A character that handles don't have.
    #[error("a handle has only a to z, 0 to 9, dot, dash and underscore")]
    OddCharacter,
    /// Begins with a digit or mark, ends with a mark, or has two marks in a row.
    #[error(
        "a handle begins with a letter, ends with a letter or digit, and has no two marks in a row"
    )]
    OddShape,
    /// Kept back so that nobody poses as the server.
    #[error("this handle is kept back")]
    Reserved,
}

/// A handle in its one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Handle(String);

impl Handle {
    /// The handle as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is left of a handle when all that is easily misread is folded: two handles with one skeleton look
    /// alike (`paul` and `pau1`, `mark` and `rnark`, `jo.hn` and `john`).
    pub fn skeleton(&self) -> String {
        skeleton(&self.0)
    }

    /// Whether it looks like one that is kept back (`adm1n`).
    pub fn looks_reserved(&self) -> bool {
        let own = self.skeleton();
        RESERVED.iter().any(|reserved| skeleton(reserved) == own)
    }

    /// A handle that was given out once: it stays its owner's, even if it is kept back by now.
    #[cfg(feature = "server")]
    pub(crate) fn given_out(text: String) -> Self {
        Self(text)
    }
}

fn skeleton(text: &str) -> String {
    let folded: String = text
        .chars()
        .filter_map(|c| match c {
            '.' | '-' | '_' => None,
            '0' => Some('o'),
            '1' | 'i' | 'j' => Some('l'),
            '2' => Some('z'),
            '5' => Some('s'),
            '8' => Some('b'),
            '9' | 'q' => Some('g'),
            'u' => Some('v'),
            other => Some(other),
        })
        .collect();
    folded.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

impl FromStr for Handle {
    type Err = HandleError;

    /// Takes what a person typed: surrounding space is dropped and case folded.
    fn from_str(text: &str) -> Result<Self, HandleError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(HandleError::Empty);
        }
        if text.chars().count() > MAX {
            return Err(HandleError::TooLong);
        }
        let text = text.to_ascii_lowercase();
        let mark = |c: char| matches!(c, '.' | '-' | '_');
        if !text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || mark(c)) {
            return Err(HandleError::OddCharacter);
        }
        if text.len() < MIN {
            return Err(HandleError::TooShort);
        }
        let bytes = text.as_bytes();
        let marks_meet = bytes.windows(2).any(|pair| pair.iter().all(|&b| mark(char::from(b))));
        if !bytes[0].is_ascii_lowercase() || marks_meet || text.ends_with(mark) {
            return Err(HandleError::OddShape);
        }
        let plain: String = text.chars().filter(|&c| !mark(c)).collect();
        if RESERVED.contains(&plain.as_str()) {
            return Err(HandleError::Reserved);
        }
        Ok(Self(text))
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Handle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let handle: Self = text.parse().map_err(D::Error::custom)?;
        if handle.0 == text { Ok(handle) } else { Err(D::Error::custom("not in its one spelling")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_handles_are_refused_for_the_right_reason() {
        for (text, error) in [
            ("", HandleError::Empty),
            ("   ", HandleError::Empty),
            ("a", HandleError::TooShort),
            (&"a".repeat(33), HandleError::TooLong),
            ("ana b", HandleError::OddCharacter),
            ("аna", HandleError::OddCharacter),
            ("ana@x", HandleError::OddCharacter),
            ("1ana", HandleError::OddShape),
            ("ana.", HandleError::OddShape),
            ("a..b", HandleError::OddShape),
            ("ad.min", HandleError::Reserved),
        ] {
            assert_eq!(text.parse::<Handle>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn typed_handles_get_their_one_spelling() {
        assert_eq!(" Ana.Li ".parse::<Handle>().unwrap().as_str(), "ana.li");
    }

    #[test]
    fn look_alikes_share_a_skeleton() {
        let skeleton = |text: &str| text.parse::<Handle>().unwrap().skeleton();
        for (one, other) in [
            ("paul", "pau1"),
            ("mark", "rnark"),
            ("john", "jo.hn"),
            ("bob", "b0b"),
            ("will", "vvill"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} and {other}");
        }
        assert_ne!(skeleton("ana"), skeleton("bo"));
        assert!("adm1n".parse::<Handle>().unwrap().looks_reserved());
        assert!(!"ana".parse::<Handle>().unwrap().looks_reserved());
    }
}
