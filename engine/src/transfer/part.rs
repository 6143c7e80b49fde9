//! A file on its way here, on the disk: the part that is there lies beside its later place under a name that ends in
//! `.part`, and a ledger in the profile's folder says which groups of it are there and checked. Only what is whole,
//! checked and synced gets its name, and nothing that has that name already is touched.
//!
//! Everything happens below one folder that was opened once: a name or a symbolic link that leads out of it is an error.

mod ledger;

use super::map::Map;
use super::name::numbered;
use super::tree::{GroupHash, Leaf, Shape};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, OpenOptions};
use ledger::Ledger;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// So much is written before it is synced, and no more can be in doubt after a computer stopped.
const UNSYNCED: u64 = 128 * 1024 * 1024;
/// Names that are tried for a file, one after the other, where others are taken.
const NAMES: u32 = 10_000;
/// What is read at a time.
const PIECE: usize = 64 * 1024;

/// The folder into which a transfer goes.
#[derive(Debug)]
pub struct Folder {
    dir: Dir,
    path: PathBuf,
}

/// One file of which a part is there, or nothing yet.
#[derive(Debug)]
pub struct Part {
    file: File,
    place: PathBuf,
    shape: Shape,
    leaves: Vec<Leaf>,
    ledger: Ledger,
    hash: Option<(u32, GroupHash)>,
    unsynced: u64,
}

/// What became of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrote {
    /// It is a part of a group.
    Piece,
    /// It made a group whole, which is as it should be.
    Landed(u32),
    /// It made a group whole, which is not as it should be.
    Spoilt(u32),
    /// It does not follow what came before.
    Odd,
}

impl Folder {
    /// Opens a folder that is there.
    ///
    /// # Errors
    /// It is not there, or can't be used.
    pub fn open(path: &Path) -> io::Result<Self> {
        let dir = Dir::open_ambient_dir(path, ambient_authority())?;
        Ok(Self { dir, path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes there is room for.
    ///
    /// # Errors
    /// The system does not say.
    pub fn room(&self) -> io::Result<u64> {
        fs4::available_space(&self.path)
    }

    /// Makes folders, as far as they are not there.
    ///
    /// # Errors
    /// They can't be made.
    pub fn make_folders(&self, place: &Path) -> io::Result<()> {
        if place.as_os_str().is_empty() {
            return Ok(());
        }
        self.dir.create_dir_all(place)
    }

    /// Whether nothing at the top has a name, nor a part of it.
    pub fn is_free(&self, name: &str) -> bool {
        let taken = |name: &str| self.dir.symlink_metadata(name).is_ok();
        !taken(name) && !taken(&part_name(name))
    }

    /// Opens the part of a file, or begins it. What the ledger says is held to be there, but for what may have been lost
    /// with the computer's power, which is hashed again.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn open_part(
        &self,
        place: &Path,
        ledger: &Path,
        shape: Shape,
        leaves: Vec<Leaf>,
    ) -> io::Result<Part> {
        if let Some(above) = place.parent() {
            self.make_folders(above)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true);
        let name = part_place(place);
        let begun = self.dir.symlink_metadata(&name).is_ok_and(|found| found.is_file());
        if !begun {
            // Something else by that name is not written into.
            options.create_new(true);
        }
        // First, so that a part of which nobody knows any more is never there.
        let ledger = Ledger::open(ledger, shape.groups(), begun)?;
        let file = self.dir.open_with(&name, &options)?;
        if file.metadata()?.len() != shape.size() {
            file.set_len(shape.size())?;
        }
        let place = place.to_owned();
        let mut part = Part { file, place, shape, leaves, ledger, hash: None, unsynced: 0 };
        part.check_doubtful()?;
        Ok(part)
    }

    /// What of a file is there, by its ledger; nothing where its part is gone.
    pub fn there(&self, place: &Path, ledger: &Path, shape: Shape) -> Map {
        let begun = self.dir.symlink_metadata(part_place(place)).is_ok_and(|part| part.is_file());
        if begun { Ledger::look(ledger, shape.groups()) } else { Map::empty(shape.groups()) }
    }

    /// Makes an empty file.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn make_empty(&self, place: &Path) -> io::Result<()> {
        if let Some(above) = place.parent() {
            self.make_folders(above)?;
        }
        let mut options = OpenOptions::new();
        let file = self.dir.open_with(part_place(place), options.write(true).create(true))?;
        file.set_len(0)
    }

    /// Gives a part that is whole its name, or one with a number where that is taken; says which before it does.
    /// Nothing that is there is touched.
    ///
    /// # Errors
    /// The disk refuses, all names are taken, or `before` fails.
    pub fn finish<E: From<io::Error>>(
        &self,
        place: &Path,
        changed_ms: Option<u64>,
        before: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        let part = part_place(place);
        if let Some(changed_ms) = changed_ms {
            let changed = SystemTime::UNIX_EPOCH + Duration::from_millis(changed_ms);
            let file = self.dir.open_with(&part, OpenOptions::new().write(true))?.into_std();
            if let Err(error) = file.set_modified(changed) {
                tracing::debug!(%error, "a file keeps the time at which it came");
            }
        }
        let name = self.take_name(place)?;
        before(&name)?;
        self.dir.rename(&part, &self.dir, &name)?;
        self.sync_folder(name.parent().unwrap_or(Path::new("")));
        Ok(())
    }

    /// Makes an empty file by a name that nothing has, which the part will replace: making it fails where anything at
    /// all has the name.
    fn take_name(&self, place: &Path) -> io::Result<PathBuf> {
        let wish = place.file_name().and_then(|name| name.to_str()).unwrap_or("_");
        for number in 0..NAMES {
            let name = place.with_file_name(numbered(wish, number));
            match self.dir.open_with(&name, OpenOptions::new().write(true).create_new(true)) {
                Ok(_) => return Ok(name),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(ErrorKind::AlreadyExists, "all names are taken"))
    }

    /// Whether a file that was to be called so when the app was broken off is there, whole. An empty one that only
    /// held the name is taken away.
    pub fn was_finished(&self, place: &Path, name: &Path, size: u64) -> bool {
        let has_part = self.dir.symlink_metadata(part_place(place)).is_ok();
        match self.dir.symlink_metadata(name) {
            Ok(found) if found.is_file() && found.len() == size && !has_part => true,
            Ok(found) if found.is_file() && found.len() == 0 && has_part => {
                // Else it stays, and the file gets another name.
                let _ = self.dir.remove_file(name);
                false
            }
            _ => false,
        }
    }

    fn sync_folder(&self, folder: &Path) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        // Where a system does not sync folders, it does so by itself.
        if let Ok(folder) = self.dir.open(folder) {
            let _ = folder.sync_all();
        }
    }

    /// Takes a part away.
    ///
    /// # Errors
    /// It is there and stays.
    pub fn remove_part(&self, place: &Path) -> io::Result<()> {
        match self.dir.remove_file(part_place(place)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Takes folders away that are empty, from the innermost outwards.
    pub fn remove_empty(&self, folder: &Path) {
        let mut at = Some(folder);
        while let Some(folder) = at.filter(|folder| !folder.as_os_str().is_empty()) {
            // One that is not empty stays, with all above it.
            if self.dir.remove_dir(folder).is_err() {
                return;
            }
            at = folder.parent();
        }
    }
}

/// Forgets what was kept about a part.
pub fn remove_ledger(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(%error, "what was kept about a file stays");
    }
}

fn part_name(name: &str) -> String {
    format!("{name}.part")
}

fn part_place(place: &Path) -> PathBuf {
    let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("_");
    place.with_file_name(part_name(name))
}

impl Part {
    /// What is there.
    pub fn map(&self) -> &Map {
        self.ledger.map()
    }

    /// Where it will be.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<Wrote> {
        if offset >= self.shape.size() || bytes.is_empty() {
            return Ok(Wrote::Odd);
        }
        let group = self.shape.group_at(offset);
        let range = self.shape.range(group);
        if offset == range.start {
            self.hash = Some((group, GroupHash::new(self.shape, group)));
        }
        let Some((_, hash)) = self.hash.as_mut().filter(|(at, _)| *at == group) else {
            return Ok(Wrote::Odd);
        };
        if range.start + hash.took() != offset || !hash.take(bytes) {
            return Ok(Wrote::Odd);
        }
        write_at(&self.file, bytes, offset)?;
        let Some(leaf) = hash.leaf() else { return Ok(Wrote::Piece) };
        self.hash = None;
        if self.leaves.get(group as usize) != Some(&leaf) {
            return Ok(Wrote::Spoilt(group));
        }
        self.ledger.landed(group)?;
        self.unsynced += range.end - range.start;
        if self.unsynced >= UNSYNCED {
            self.sync()?;
        }
        Ok(Wrote::Landed(group))
    }

    /// Whatever happens to the computer, what landed stays.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.unsynced = 0;
        self.ledger.synced()
    }

    /// After the computer stopped: what may not have reached the disk is looked at again.
    fn check_doubtful(&mut self) -> io::Result<()> {
        let doubtful = self.ledger.doubtful();
        for group in doubtful {
            let (mut hash, range) = (GroupHash::new(self.shape, group), self.shape.range(group));
            let (mut offset, mut piece) = (range.start, vec![0; PIECE]);
            while offset < range.end {
                let length = usize::try_from(range.end - offset).unwrap_or(PIECE).min(PIECE);
                read_at(&self.file, &mut piece[..length], offset)?;
                if !hash.take(&piece[..length]) {
                    break;
                }
                offset += length as u64;
            }
            if hash.leaf().as_ref() == self.leaves.get(group as usize) {
                self.ledger.landed(group)?;
            }
        }
        self.sync()
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    cap_std::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    cap_std::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn write_at(mut file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

#[cfg(test)]
mod tests;
