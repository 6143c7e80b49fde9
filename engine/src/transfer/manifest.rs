//! The list of all files of an offer, as it goes over a lane before the first of them: what an offer's letter has no room
//! for. It comes from someone else, so it is held against what was offered.

use super::signal::{MOST_FILES, OfferedItem};
use super::tree::LARGEST;
use serde::{Deserialize, Serialize};

/// The longest list, in bytes.
pub const LONGEST: usize = 8 * 1024 * 1024;
/// Folders within folders at most.
const DEEPEST: usize = 64;
/// Empty folders at most.
const MOST_FOLDERS: usize = 20_000;

/// All that an offer holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Every file, in the order in which they are sent.
    pub files: Vec<ManifestFile>,
    /// Folders in which no file is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<ManifestFolder>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// To which item of the offer it belongs.
    pub item: u32,
    /// Names below that item, the file's own last; nothing where the item is the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub way: Vec<String>,
    /// Its bytes.
    pub size: u64,
    /// When it was last changed, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_ms: Option<u64>,
}

/// One folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFolder {
    /// To which item of the offer it belongs.
    pub item: u32,
    /// Names below that item; nothing where the item is the folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub way: Vec<String>,
}

/// Why a list is not what was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OddManifest {
    /// It is no list.
    #[error("the list of files can't be read")]
    Unreadable,
    /// Too many, too deep, too large.
    #[error("the list of files is longer or deeper than it may be")]
    TooMuch,
    /// More or other files than the offer said.
    #[error("the list of files is not what was offered")]
    NotOffered,
}

impl Manifest {
    /// Reads a list, and holds it against what was offered.
    ///
    /// # Errors
    /// Where it is not what was offered.
    pub fn read(bytes: &[u8], items: &[OfferedItem]) -> Result<Self, OddManifest> {
        if bytes.len() > LONGEST {
            return Err(OddManifest::TooMuch);
        }
        let list: Self = serde_json::from_slice(bytes).map_err(|_| OddManifest::Unreadable)?;
        list.check(items)?;
        Ok(list)
    }

    fn check(&self, items: &[OfferedItem]) -> Result<(), OddManifest> {
        if self.files.len() > MOST_FILES as usize || self.folders.len() > MOST_FOLDERS {
            return Err(OddManifest::TooMuch);
        }
        let ways = self.files.iter().map(|file| &file.way);
        let deep = |way: &Vec<String>| way.len() > DEEPEST;
        if ways.chain(self.folders.iter().map(|folder| &folder.way)).any(deep) {
            return Err(OddManifest::TooMuch);
        }
        let mut found = vec![(0_u32, 0_u64); items.len()];
        for file in &self.files {
            let place = found.get_mut(file.item as usize).ok_or(OddManifest::NotOffered)?;
            let is_file = items[file.item as usize].files.is_none();
            if file.size > LARGEST || is_file != file.way.is_empty() {
                return Err(OddManifest::NotOffered);
            }
            *place = (place.0 + 1, place.1.saturating_add(file.size));
        }
        let is_folder = |folder: &ManifestFolder| {
            items.get(folder.item as usize).is_some_and(|item| item.files.is_some())
        };
        let same = |(item, found): (&OfferedItem, &(u32, u64))| {
            (item.files.unwrap_or(1), item.size) == *found
        };
        let fits = self.folders.iter().all(is_folder) && items.iter().zip(&found).all(same);
        if fits { Ok(()) } else { Err(OddManifest::NotOffered) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn items() -> [OfferedItem; 2] {
        let item = |name: &str, size, files| OfferedItem {
            name: name.to_owned(),
            size,
            files,
            preview: Vec::new(),
        };
        [item("a.txt", 5, None), item("Photos", 30, Some(2))]
    }

    fn file(item: u32, way: &[&str], size: u64) -> ManifestFile {
        let way = way.iter().map(|name| (*name).to_owned()).collect();
        ManifestFile { item, way, size, changed_ms: None }
    }

    fn list() -> Manifest {
        Manifest {
            files: vec![file(0, &[], 5), file(1, &["x", "1.jpg"], 10), file(1, &["2.jpg"], 20)],
            folders: vec![ManifestFolder { item: 1, way: vec!["empty".to_owned()] }],
        }
    }

    #[test]
    fn a_list_is_held_against_the_offer() {
        let read = |list: &Manifest| Manifest::read(&serde_json::to_vec(list).unwrap(), &items());
        assert_eq!(read(&list()), Ok(list()));
        let odd = |change: fn(&mut Manifest)| {
            let mut list = list();
            change(&mut list);
            read(&list)
        };
        let refused = Err(OddManifest::NotOffered);
        assert_eq!(odd(|list| list.files[0].size = 6), refused);
        assert_eq!(odd(|list| list.files[0].way = vec!["x".to_owned()]), refused);
        assert_eq!(odd(|list| list.files[1].way.clear()), refused);
        assert_eq!(odd(|list| list.files[1].item = 2), refused);
        assert_eq!(odd(|list| drop(list.files.pop())), refused);
        assert_eq!(odd(|list| list.files.push(file(1, &["3.jpg"], 0))), refused);
        assert_eq!(odd(|list| list.folders[0].item = 0), refused);
        let deep = odd(|list| list.files[1].way = vec![String::new(); DEEPEST + 1]);
        assert_eq!(deep, Err(OddManifest::TooMuch));
        assert_eq!(Manifest::read(b"{", &items()), Err(OddManifest::Unreadable));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_list_or_refused(bytes: Vec<u8>) {
            let _ = Manifest::read(&bytes, &items());
        }
    }
}
