//! What contacts say to each other in sealed envelopes, and how a letter is laid into one.
//! Letters are JSON: a version that does not know a letter's type leaves it aside. Sealing is `identity`'s.

use crate::call::signal::{CallLetter, LinkLetter};
use crate::chat::signal::ChatLetter;
use crate::transfer::signal::FileLetter;
use serde::{Deserialize, Serialize};

/// Longest name, in characters.
pub(super) const MAX_NAME: usize = 64;
/// Longest note, in characters.
pub(super) const MAX_NOTE: usize = 200;

/// What one says to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Letter {
    /// Along with a contact request, or its acceptance.
    Introduction {
        /// The sender's name.
        name: String,
        /// A few words.
        #[serde(default)]
        note: String,
    },
    /// The sender's name, where it is new or has changed.
    Profile {
        /// The sender's name.
        name: String,
    },
    /// A wave.
    Wave,
    /// A word about a call.
    Call(CallLetter),
    /// A word between two ends of a link.
    Link(LinkLetter),
    /// A word about a message.
    Chat(ChatLetter),
    /// A word about a transfer of files.
    Files(FileLetter),
    /// The sender types.
    Typing,
    /// A letter of a later version.
    #[serde(other)]
    Unknown,
}

/// A letter as it lies in its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Enclosed {
    /// Grows with each letter to someone; one that was sent again has the number it had before. 0 is the live
    /// lane's.
    pub(super) number: u64,
    /// What it says.
    pub(super) letter: Letter,
}

/// A name as it is shown: without control characters or needless space, and not too long. What a contact sends
/// is put into this form; what the user types is refused where it would change by more than space at its ends.
pub(super) fn tidy(text: &str, longest: usize) -> String {
    let kept = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let kept: String = kept.filter(|&c| !c.is_control() && !is_direction(c)).collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    let mut kept: String = words.join(" ").chars().take(longest).collect();
    kept.truncate(kept.trim_end().len());
    kept
}

/// Characters that turn the text around them, by which a name could pose as another.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::signal::{CallSignal, Control, LinkSignal};
    use crate::chat::signal::ChatSignal;
    use crate::transfer::signal::FileSignal;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_shown_tidily() {
        assert_eq!(tidy("  Ana \n  María\u{7}\u{202e} ", 64), "Ana María");
        assert_eq!(tidy("李小龙", 2), "李小");
        assert_eq!(tidy("Ana María", 4), "Ana");
        assert_eq!(tidy("\u{200f}\u{0}", 64), "");
    }

    #[test]
    fn letters_of_later_versions_are_left_aside() {
        let later = r#"{"number":3,"letter":{"type":"hologram","size":7}}"#;
        let enclosed: Enclosed = serde_json::from_str(later).unwrap();
        assert_eq!(enclosed, Enclosed { number: 3, letter: Letter::Unknown });
    }

    #[test]
    fn the_document_says_what_is_said() {
        let (mut letters, mut words) = (BTreeSet::new(), BTreeSet::new());
        for block in include_str!("../../../docs/letters.md").split("```json\n").skip(1) {
            let text = block.split("```").next().unwrap();
            let value: serde_json::Value = serde_json::from_str(text).expect(text);
            // Reading and writing again gives the same: the example has all fields, and no others.
            let again = if value["type"].is_null() {
                let enclosed: Enclosed = serde_json::from_str(text).expect(text);
                let kept = match enclosed.letter {
                    Letter::Call(ref letter) => matches!(letter.signal, CallSignal::Missed { .. }),
                    Letter::Chat(_) | Letter::Files(_) => true,
                    _ => false,
                };
                assert_eq!(enclosed.number != 0, kept, "{text}");
                letters.insert(match enclosed.letter {
                    Letter::Call(ref letter) => call_word(&letter.signal),
                    Letter::Link(ref letter) => link_word(&letter.signal),
                    Letter::Chat(ref letter) => chat_word(&letter.say),
                    Letter::Files(ref letter) => file_word(&letter.say),
                    Letter::Typing => "typing",
                    _ => panic!("{text}"),
                });
                serde_json::to_value(enclosed).unwrap()
            } else {
                let control: Control = serde_json::from_str(text).expect(text);
                words.insert(match control {
                    Control::Open => "open",
                    Control::Call { .. } => "call",
                    Control::Side { .. } => "side",
                    Control::Lanes { .. } => "lanes",
                    Control::Letter { ref letter, .. } => {
                        let read: Letter = serde_json::from_value(letter.clone()).expect(text);
                        assert_eq!(serde_json::to_value(read).unwrap(), *letter);
                        "letter"
                    }
                    Control::Have { .. } => "have",
                    Control::Typing => "typing",
                    Control::Pictured { .. } => "pictured",
                    Control::Unknown => panic!("{text}"),
                });
                serde_json::to_value(control).unwrap()
            };
            assert_eq!(again, value);
        }
        assert_eq!(letters.len(), 7 + 3 + 5 + 7 + 1, "{letters:?}");
        assert_eq!(words.len(), 8, "{words:?}");
    }

    fn call_word(signal: &CallSignal) -> &'static str {
        match signal {
            CallSignal::Ring { .. } => "ring",
            CallSignal::Ringing => "ringing",
            CallSignal::Accept { .. } => "accept",
            CallSignal::Decline { .. } => "decline",
            CallSignal::Taken { .. } => "taken",
            CallSignal::End { .. } => "end",
            CallSignal::Missed { .. } => "missed",
            CallSignal::Unknown => panic!("an unknown word"),
        }
    }

    fn chat_word(say: &ChatSignal) -> &'static str {
        match say {
            ChatSignal::Text { .. } => "text",
            ChatSignal::Gone { .. } => "gone",
            ChatSignal::React { .. } => "react",
            ChatSignal::Got { .. } => "got",
            ChatSignal::Read { .. } => "read",
            ChatSignal::Unknown => panic!("an unknown word"),
        }
    }

    fn file_word(say: &FileSignal) -> &'static str {
        match say {
            FileSignal::Offer { .. } => "offer",
            FileSignal::Accept { .. } => "accept files",
            FileSignal::Decline => "decline files",
            FileSignal::Cancel => "cancel",
            FileSignal::Pause => "pause",
            FileSignal::Resume => "resume",
            FileSignal::Done => "done",
            FileSignal::Unknown => panic!("an unknown word"),
        }
    }

    fn link_word(signal: &LinkSignal) -> &'static str {
        match signal {
            LinkSignal::Description { .. } => "description",
            LinkSignal::Candidates { .. } => "candidates",
            LinkSignal::Closed => "closed",
            LinkSignal::Unknown => panic!("an unknown word"),
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_letter_or_refused(bytes: Vec<u8>) {
            let _ = serde_json::from_slice::<Enclosed>(&bytes);
        }

        #[test]
        fn letters_survive_their_envelope(name: String, note: String, number: u64) {
            let enclosed = Enclosed { number, letter: Letter::Introduction { name, note } };
            let bytes = serde_json::to_vec(&enclosed).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Enclosed>(&bytes).unwrap(), enclosed);
        }

        #[test]
        fn a_tidy_name_stays_as_it_is(text: String) {
            let once = tidy(&text, MAX_NAME);
            prop_assert_eq!(tidy(&once, MAX_NAME), once.clone());
            prop_assert!(once.chars().count() <= MAX_NAME);
        }
    }
}
