//! What two apps say to each other about files, by letter: what is offered, and what becomes of the offer. The list of
//! all files of an offer, and the files themselves, go over a lane. JSON; what a version doesn't know it leaves aside.

use crate::name::names;
use serde::{Deserialize, Serialize};
use visavis_signaling::protocol::DeviceId;

names! {
    /// Names one transfer, on both sides.
    TransferId
}

/// What is offered at once at most: as many as a letter can name. Folders count as one.
pub const MOST_ITEMS: usize = 200;
/// Names in the preview of an offer's folders at most, all together.
pub const MOST_PREVIEW: usize = 100;
/// The longest name in an offer, in bytes; what is longer is cut before it is offered.
pub const LONGEST_NAME: usize = 255;
/// Files in all of an offer at most.
pub const MOST_FILES: u32 = 20_000;

/// A word about a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLetter {
    /// Which transfer.
    pub transfer: TransferId,
    /// What.
    #[serde(flatten)]
    pub say: FileSignal,
}

/// What is said about a transfer. Offer is the sender's, Accept, Decline and Done the receiver's, the others both's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum FileSignal {
    /// Here are files.
    Offer {
        /// When, in milliseconds since 1970, by the sender's clock.
        at_ms: u64,
        /// What.
        items: Vec<OfferedItem>,
    },
    /// Send these to this device of mine.
    Accept {
        /// Where they are to go: the sender sends to no other.
        device: DeviceId,
        /// Which items, by their place in the offer; all where there is no list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        items: Option<Vec<u32>>,
    },
    /// I don't want them.
    Decline,
    /// I don't want to send or to get any more of them.
    Cancel,
    /// I stop for now.
    Pause,
    /// I go on.
    Resume,
    /// All that I wanted is here.
    Done,
    /// Said by a later version.
    #[serde(other)]
    Unknown,
}

/// One thing that was dropped: a file, or a folder with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedItem {
    /// What it is called.
    pub name: String,
    /// Its bytes, or those of all files in it.
    pub size: u64,
    /// For a folder, how many files are in it; none for a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u32>,
    /// For a folder, some of what is in it, with `/` between names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preview: Vec<String>,
}

/// Why an offer can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OddOffer {
    /// Nothing in it.
    #[error("nothing is offered")]
    Empty,
    /// Too much in it.
    #[error("more than {MOST_ITEMS} things or {MOST_FILES} files at once")]
    TooMany,
    /// A name that is too long.
    #[error("a name longer than {LONGEST_NAME} bytes")]
    LongName,
    /// More bytes than can be counted.
    #[error("a size that can't be")]
    OddSize,
}

/// Whether an offer keeps to its limits; then how many files and bytes there are.
///
/// # Errors
/// Where it does not.
pub fn check(items: &[OfferedItem]) -> Result<(u32, u64), OddOffer> {
    if items.is_empty() {
        return Err(OddOffer::Empty);
    }
    let preview: usize = items.iter().map(|item| item.preview.len()).sum();
    if items.len() > MOST_ITEMS || preview > MOST_PREVIEW {
        return Err(OddOffer::TooMany);
    }
    let names = items.iter().flat_map(|item| item.preview.iter().chain([&item.name]));
    if names.into_iter().any(|name| name.len() > 4 * LONGEST_NAME) {
        return Err(OddOffer::LongName);
    }
    let files = items.iter().try_fold(0_u32, |sum, item| sum.checked_add(item.files.unwrap_or(1)));
    let files = files.filter(|files| *files <= MOST_FILES).ok_or(OddOffer::TooMany)?;
    let bytes = items.iter().try_fold(0_u64, |sum, item| sum.checked_add(item.size));
    // What a database and a page can count.
    let bytes = bytes.filter(|bytes| *bytes < 1 << 52).ok_or(OddOffer::OddSize)?;
    Ok((files, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, size: u64) -> OfferedItem {
        OfferedItem { name: name.to_owned(), size, files: None, preview: Vec::new() }
    }

    #[test]
    fn an_offer_keeps_to_its_limits() {
        let folder = OfferedItem { files: Some(7), ..item("Photos", 70) };
        assert_eq!(check(&[item("a", 5), folder.clone()]), Ok((8, 75)));
        assert_eq!(check(&[]), Err(OddOffer::Empty));
        assert_eq!(check(&vec![item("a", 0); MOST_ITEMS + 1]), Err(OddOffer::TooMany));
        let many = OfferedItem { files: Some(MOST_FILES), ..folder.clone() };
        assert_eq!(check(&[many, item("a", 0)]), Err(OddOffer::TooMany));
        let wordy = OfferedItem { preview: vec![String::new(); MOST_PREVIEW + 1], ..folder };
        assert_eq!(check(&[wordy]), Err(OddOffer::TooMany));
        assert_eq!(check(&[item(&"x".repeat(2_000), 0)]), Err(OddOffer::LongName));
        assert_eq!(check(&[item("a", u64::MAX), item("b", 1)]), Err(OddOffer::OddSize));
        assert_eq!(check(&[item("a", 1 << 52)]), Err(OddOffer::OddSize));
    }
}
