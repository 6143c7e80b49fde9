//! Files that are to be sent: what was dropped is looked through, and each file is remembered as it is now, so that one
//! that has changed since is noticed. Links are never followed below what was dropped.

use super::manifest::{Manifest, ManifestFile, ManifestFolder};
use super::send::Tree;
use super::signal::{LONGEST_NAME, MOST_FILES, MOST_ITEMS, MOST_PREVIEW, OfferedItem};
use super::tree::{GroupHash, LARGEST, Shape};
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Folders within folders at most.
const DEEPEST: usize = 48;
/// What is read at a time for hashing.
const PIECE: usize = 256 * 1024;

/// One file, as it was when it was offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where it lies.
    #[serde(with = "path_as_kept")]
    pub path: PathBuf,
    size: u64,
    /// When it was last changed, in nanoseconds since 1970.
    changed_ns: Option<u64>,
}

/// Paths that are no text are kept too.
mod path_as_kept {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::path::{Path, PathBuf};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Kept {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        let bytes = path.as_os_str().as_encoded_bytes();
        match std::str::from_utf8(bytes) {
            Ok(text) => Kept::Text(text.to_owned()),
            Err(_) => Kept::Bytes(bytes.to_vec()),
        }
        .serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        Ok(match Kept::deserialize(from)? {
            Kept::Text(text) => text.into(),
            Kept::Bytes(bytes) => path(bytes),
        })
    }

    #[cfg(unix)]
    fn path(bytes: Vec<u8>) -> PathBuf {
        use std::os::unix::ffi::OsStringExt;
        std::ffi::OsString::from_vec(bytes).into()
    }

    #[cfg(not(unix))]
    fn path(bytes: Vec<u8>) -> PathBuf {
        String::from_utf8_lossy(&bytes).into_owned().into()
    }
}

/// Why a file can't be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// It is another one by now.
    Changed,
    /// It is not there.
    Gone,
    /// The system does not let it be read.
    Unreadable(String),
}

/// Why what was dropped can't be offered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotOffered {
    /// Nothing was dropped that can be sent.
    #[error("there is nothing to send")]
    Nothing,
    /// Too much.
    #[error("more than {MOST_ITEMS} things, {MOST_FILES} files or {DEEPEST} folders in each other")]
    TooMany,
    /// One is too large.
    #[error("{} is larger than 4 TiB", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
    /// One is not there.
    #[error("{} is not there", path.display())]
    Gone {
        /// Which.
        path: PathBuf,
    },
    /// One can't be read, or is neither file nor folder.
    #[error("{} can't be read: {reason}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

/// What is offered, and where it lies.
#[derive(Debug, Default)]
pub struct Offer {
    /// For the letter.
    pub items: Vec<OfferedItem>,
    /// For the lane.
    pub list: Manifest,
    /// A source for each file of the list.
    pub sources: Vec<Source>,
}

/// Looks through what was dropped. Blocks.
///
/// # Errors
/// Something of it can't be sent; nothing is then.
pub fn look_through(paths: &[PathBuf]) -> Result<Offer, NotOffered> {
    if paths.is_empty() {
        return Err(NotOffered::Nothing);
    }
    if paths.len() > MOST_ITEMS {
        return Err(NotOffered::TooMany);
    }
    let mut offer = Offer::default();
    for path in paths {
        // What the user chose is followed, and has the name by which it was chosen.
        let found = std::fs::metadata(path).map_err(|error| not_offered(path, &error))?;
        let item = u32::try_from(offer.items.len()).unwrap_or(u32::MAX);
        let name = name_of(path);
        if found.is_dir() {
            let (files, bytes) = (offer.list.files.len(), offer.bytes());
            let preview =
                offer.look_into(path, item, &mut Vec::new(), MOST_PREVIEW / paths.len())?;
            let files = u32::try_from(offer.list.files.len() - files).unwrap_or(u32::MAX);
            let size = offer.bytes() - bytes;
            offer.items.push(OfferedItem { name, size, files: Some(files), preview });
        } else {
            let size = offer.add(path, item, &[], &found)?;
            offer.items.push(OfferedItem { name, size, files: None, preview: Vec::new() });
        }
    }
    Ok(offer)
}

impl Offer {
    /// All bytes.
    pub fn bytes(&self) -> u64 {
        self.list.files.iter().map(|file| file.size).sum()
    }

    fn add(
        &mut self,
        path: &Path,
        item: u32,
        way: &[String],
        found: &Metadata,
    ) -> Result<u64, NotOffered> {
        if !found.is_file() {
            let reason = "it is neither a file nor a folder".to_owned();
            return Err(NotOffered::Unreadable { path: path.to_owned(), reason });
        }
        if self.sources.len() >= MOST_FILES as usize {
            return Err(NotOffered::TooMany);
        }
        if found.len() > LARGEST {
            return Err(NotOffered::TooLarge { path: path.to_owned() });
        }
        // That it can be read is found out now, while somebody is there to mend it.
        File::open(path).map_err(|error| not_offered(path, &error))?;
        let source = Source::of(path, found);
        let changed_ms = source.changed_ns.map(|ns| ns / 1_000_000);
        let size = source.size;
        self.list.files.push(ManifestFile { item, way: way.to_vec(), size, changed_ms });
        self.sources.push(source);
        Ok(size)
    }

    /// Looks through a folder, in order of names; gives a few of them.
    fn look_into(
        &mut self,
        folder: &Path,
        item: u32,
        way: &mut Vec<String>,
        most: usize,
    ) -> Result<Vec<String>, NotOffered> {
        if way.len() >= DEEPEST {
            return Err(NotOffered::TooMany);
        }
        let failed = |error: &io::Error| not_offered(folder, error);
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| failed(&error))? {
            let entry = entry.map_err(|error| failed(&error))?;
            let found = entry.path().symlink_metadata().map_err(|error| failed(&error))?;
            // Links, sockets and devices are left out.
            if found.is_file() || found.is_dir() {
                entries.push((entry.path(), found));
            }
            if entries.len() > MOST_FILES as usize {
                return Err(NotOffered::TooMany);
            }
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        if entries.is_empty() {
            if self.list.folders.len() >= MOST_FILES as usize {
                return Err(NotOffered::TooMany);
            }
            self.list.folders.push(ManifestFolder { item, way: way.clone() });
        }
        let mut preview = Vec::new();
        for (path, found) in entries {
            way.push(name_of(&path));
            if found.is_dir() {
                let left = most.saturating_sub(preview.len());
                preview.extend(self.look_into(&path, item, way, left)?);
            } else {
                self.add(&path, item, way, &found)?;
                if preview.len() < most {
                    preview.push(way.join("/"));
                }
            }
            way.pop();
        }
        Ok(preview)
    }
}

/// The last name of a path, no longer than an offer may have it.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let end = (0..=LONGEST_NAME.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    name[..end.unwrap_or(0)].to_owned()
}

fn not_offered(path: &Path, error: &io::Error) -> NotOffered {
    let path = path.to_owned();
    match error.kind() {
        ErrorKind::NotFound => NotOffered::Gone { path },
        _ => NotOffered::Unreadable { path, reason: error.to_string() },
    }
}

impl Source {
    fn of(path: &Path, found: &Metadata) -> Self {
        let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).ok();
        let changed = found.modified().ok().and_then(since);
        let changed_ns = changed.and_then(|since| u64::try_from(since.as_nanos()).ok());
        Self { path: path.to_owned(), size: found.len(), changed_ns }
    }

    fn check(&self, file: &File) -> Result<(), Unusable> {
        let found = file.metadata().map_err(|error| Unusable::of(&error))?;
        let same = found.is_file() && Self::of(&self.path, &found) == *self;
        if same { Ok(()) } else { Err(Unusable::Changed) }
    }

    /// Opens it for reading.
    ///
    /// # Errors
    /// It is not what it was.
    pub fn open(&self) -> Result<Reader<'_>, Unusable> {
        let file = File::open(&self.path).map_err(|error| Unusable::of(&error))?;
        self.check(&file)?;
        Ok(Reader { source: self, file, at: 0 })
    }

    /// Hashes it. Blocks for as long as that takes.
    ///
    /// # Errors
    /// It is not what it was.
    pub fn tree(&self, shape: Shape) -> Result<Tree, Unusable> {
        let mut reader = self.open()?;
        let mut leaves = Vec::with_capacity(shape.groups() as usize);
        let mut piece = vec![0; PIECE];
        for group in 0..shape.groups() {
            let (mut hash, range) = (GroupHash::new(shape, group), shape.range(group));
            let mut left = range.end - range.start;
            while left > 0 {
                let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
                let read = reader.file.read_exact(&mut piece[..length]);
                read.map_err(|error| Unusable::of(&error))?;
                if !hash.take(&piece[..length]) {
                    return Err(Unusable::Changed);
                }
                left -= length as u64;
            }
            leaves.push(hash.leaf().ok_or(Unusable::Changed)?);
        }
        reader.still_the_same()?;
        let root = shape.root(&leaves).ok_or(Unusable::Changed)?;
        Ok(Tree { root, leaves })
    }
}

/// A file that is being read.
#[derive(Debug)]
pub struct Reader<'a> {
    source: &'a Source,
    file: File,
    at: u64,
}

impl Reader<'_> {
    /// Reads so many bytes from a place on.
    ///
    /// # Errors
    /// They are not there.
    pub fn read(&mut self, offset: u64, length: usize) -> Result<Bytes, Unusable> {
        if self.at != offset {
            self.file.seek(SeekFrom::Start(offset)).map_err(|error| Unusable::of(&error))?;
        }
        let mut bytes = BytesMut::zeroed(length);
        self.file.read_exact(&mut bytes).map_err(|error| Unusable::of(&error))?;
        self.at = offset + length as u64;
        Ok(bytes.freeze())
    }

    /// Whether nobody has written to it since it was offered.
    ///
    /// # Errors
    /// Somebody has.
    pub fn still_the_same(&self) -> Result<(), Unusable> {
        self.source.check(&self.file)
    }
}

impl Unusable {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Gone,
            ErrorKind::UnexpectedEof => Self::Changed,
            _ => Self::Unreadable(error.to_string()),
        }
    }
}
