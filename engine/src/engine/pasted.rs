//! Pictures that were pasted to be sent: they have no file yet, so they get one in the profile, each in a folder of its
//! own, where it lies as long as a transfer has it. What no transfer has any more is taken away when the profile opens.

use super::folder::{disk_error, make_private};
use crate::api::{ApiError, Code};
use crate::media::still::{self, Still};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A name that is asked for is no longer.
const LONGEST_NAME: usize = 80;

/// Where they lie.
#[derive(Debug, Clone)]
pub struct Pasted(PathBuf);

/// One that has a file now.
#[derive(Debug)]
pub struct Kept {
    /// Names it.
    pub id: String,
    /// The file.
    pub path: PathBuf,
    /// What it shows.
    pub still: Still,
}

impl Pasted {
    /// In this profile.
    pub(super) fn of(data: &Path) -> Self {
        Self(data.join("pasted"))
    }

    /// Puts a picture into a file called so, with the ending of what it really is. This takes its time.
    ///
    /// # Errors
    /// If the bytes are no picture (`nothing_to_send`), or the disk refuses.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> Result<Kept, ApiError> {
        let none = |error: &dyn std::fmt::Display| {
            ApiError::new(Code::NothingToSend, format!("no picture to keep: {error}"))
        };
        if !is_plain(name) {
            return Err(none(&"an odd name"));
        }
        let still = still::look(bytes).map_err(|error| none(&error))?;
        let mut random = [0; 8];
        getrandom::fill(&mut random)
            .map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
        let id = format!("{:016x}", u64::from_be_bytes(random));
        let folder = self.0.join(&id);
        make_private(&folder).map_err(|error| disk_error(&folder, &error))?;
        let path = folder.join(format!("{name}.{}", still.ending));
        std::fs::write(&path, bytes).map_err(|error| {
            self.discard(&id);
            disk_error(&path, &error)
        })?;
        Ok(Kept { id, path, still })
    }

    /// Takes one away that is not sent after all.
    pub fn discard(&self, id: &str) {
        if id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            take_away(&self.0.join(id));
        }
    }

    /// Takes away what is none of these files.
    pub(super) fn tidy(&self, wanted: &BTreeSet<PathBuf>) {
        let Ok(folders) = std::fs::read_dir(&self.0) else { return };
        for folder in folders.flatten() {
            let folder = folder.path();
            if !wanted.iter().any(|path| path.parent() == Some(folder.as_path())) {
                take_away(&folder);
            }
        }
    }
}

fn take_away(folder: &Path) {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, folder = %folder.display(), "a pasted picture stays");
        }
        _ => {}
    }
}

/// A name that is one everywhere, and no way to somewhere else.
fn is_plain(name: &str) -> bool {
    let odd = |letter: char| letter.is_control() || r#"/\:*?"<>|"#.contains(letter);
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && !name.starts_with(['.', ' '])
        && !name.ends_with(['.', ' '])
        && !name.contains(odd)
}

#[cfg(test)]
mod tests {
    use super::{Pasted, is_plain};
    use crate::api::Code;
    use image::{ImageFormat, Rgb, RgbImage};
    use std::collections::BTreeSet;
    use std::io::Cursor;

    fn picture() -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture = RgbImage::from_pixel(4, 4, Rgb([9, 9, 9]));
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    #[test]
    fn a_picture_lies_there_as_it_was_until_no_transfer_has_it() {
        let profile = tempfile::tempdir().unwrap();
        let pasted = Pasted::of(profile.path());
        let [one, other, third] =
            [0; 3].map(|_| pasted.keep("Picture 2026-11-28 10.31", &picture()).unwrap());
        assert!(one.path.ends_with("Picture 2026-11-28 10.31.png"));
        assert_ne!(one.path, other.path);
        assert_eq!(std::fs::read(&one.path).unwrap(), picture());
        pasted.discard(&third.id);
        assert!(!third.path.exists());
        pasted.tidy(&BTreeSet::from([one.path.clone()]));
        assert!(one.path.exists() && !other.path.exists());
        pasted.tidy(&BTreeSet::new());
        assert!(!one.path.exists());
    }

    #[test]
    fn nothing_but_a_picture_is_kept_and_nowhere_else() {
        let profile = tempfile::tempdir().unwrap();
        let pasted = Pasted::of(profile.path());
        let page = b"<!doctype html><script>alert(1)</script>";
        for (name, bytes) in [("a", &page[..]), ("../a", &picture()), ("", &picture())] {
            assert_eq!(pasted.keep(name, bytes).unwrap_err().code, Code::NothingToSend);
        }
        assert!(std::fs::read_dir(profile.path()).unwrap().next().is_none());
        std::fs::write(profile.path().join("visavis.db"), "").unwrap();
        for id in ["", "..", "../", "../visavis.db", "0123456789abcde/"] {
            pasted.discard(id);
        }
        assert!(profile.path().join("visavis.db").exists());
    }

    #[test]
    fn names_are_names() {
        assert!(is_plain("图片 2026-11-28 10.31"));
        for name in [".a", " a", "a.", "a ", "a/b", "a\\b", "a:b", "a\nb", "..", &"a".repeat(81)] {
            assert!(!is_plain(name), "{name:?}");
        }
    }
}
