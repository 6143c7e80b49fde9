//! Which groups of a part are there, on the disk. Each group is noted the moment it landed, so that an app that is killed
//! loses none; but what was noted can be ahead of what the disk really has, where the power fails. So it notes too what was
//! synced, and during which run of the computer it was written: of what was noted in another run, only what was synced is
//! believed.
//!
//! ```text
//! magic 8 | run 16 | groups 4 | a bit for each group that landed | a bit for each group that was synced
//! ```

use crate::transfer::map::Map;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::LazyLock;

const MAGIC: &[u8; 8] = b"visavis1";
const HEAD: usize = 8 + 16 + 4;

/// One part's.
#[derive(Debug)]
pub(super) struct Ledger {
    file: File,
    map: Map,
    doubtful: Vec<u32>,
}

/// As it lies on the disk.
struct Kept {
    landed: Map,
    synced: Map,
    /// Whether it was written since the computer was started.
    this_run: bool,
}

impl Ledger {
    /// Opens a ledger, or begins it anew where there is none for so many groups, or where its part is gone.
    pub(super) fn open(path: &Path, groups: u32, begun: bool) -> io::Result<Self> {
        let kept = if begun { read(path, groups) } else { None };
        let goes_on = kept.as_ref().is_some_and(|kept| kept.this_run);
        let (map, doubtful) = match kept {
            Some(Kept { landed, this_run: true, .. }) => (landed, Vec::new()),
            Some(Kept { landed, synced, .. }) => {
                let doubtful = (0..groups).filter(|g| landed.has(*g) && !synced.has(*g)).collect();
                (synced, doubtful)
            }
            None => (Map::empty(groups), Vec::new()),
        };
        if !goes_on {
            begin(path, &map)?;
        }
        let file = OpenOptions::new().write(true).open(path)?;
        Ok(Self { file, map, doubtful })
    }

    /// What a ledger says without touching it: what landed, as far as it is believed without looking at the part.
    pub(super) fn look(path: &Path, groups: u32) -> Map {
        match read(path, groups) {
            Some(Kept { landed, this_run: true, .. }) => landed,
            Some(Kept { synced, .. }) => synced,
            None => Map::empty(groups),
        }
    }

    pub(super) fn map(&self) -> &Map {
        &self.map
    }

    /// Groups that landed before the computer stopped and may not have reached the disk; once.
    pub(super) fn doubtful(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.doubtful)
    }

    /// A group is written and checked.
    pub(super) fn landed(&mut self, group: u32) -> io::Result<()> {
        self.map.set(group);
        let place = group as usize / 8;
        let Some(byte) = self.map.bytes().get(place).copied() else { return Ok(()) };
        self.file.seek(SeekFrom::Start((HEAD + place) as u64))?;
        self.file.write_all(&[byte])
    }

    /// All that landed is on the disk.
    pub(super) fn synced(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start((HEAD + self.map.bytes().len()) as u64))?;
        self.file.write_all(self.map.bytes())?;
        self.file.sync_data()
    }
}

/// Writes a ledger of this run, in one step.
fn begin(path: &Path, map: &Map) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(HEAD + 2 * map.bytes().len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&run());
    bytes.extend_from_slice(&map.groups().to_be_bytes());
    bytes.extend_from_slice(map.bytes());
    bytes.extend_from_slice(map.bytes());
    let new = path.with_extension("new");
    std::fs::write(&new, &bytes)?;
    std::fs::rename(&new, path)
}

fn read(path: &Path, groups: u32) -> Option<Kept> {
    let mut bytes = Vec::new();
    let most = HEAD + 2 * groups.div_ceil(8) as usize;
    File::open(path).ok()?.take(most as u64 + 1).read_to_end(&mut bytes).ok()?;
    let (head, maps) = bytes.split_at_checked(HEAD)?;
    let fits = bytes.len() == most && &head[..8] == MAGIC && head[24..] == groups.to_be_bytes();
    let (landed, synced) = maps.split_at(maps.len() / 2);
    fits.then(|| Kept {
        landed: Map::read(groups, landed),
        synced: Map::read(groups, synced),
        this_run: head[8..24] == run(),
    })
}

/// Names this run of the computer; where the system does not say, this run of the app, so that nothing is believed that
/// may be lost.
fn run() -> [u8; 16] {
    static RUN: LazyLock<[u8; 16]> = LazyLock::new(|| boot_id().unwrap_or_else(random));
    *RUN
}

#[cfg(target_os = "linux")]
fn boot_id() -> Option<[u8; 16]> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    u128::from_str_radix(&id.trim().replace('-', ""), 16).ok().map(u128::to_be_bytes)
}

#[cfg(not(target_os = "linux"))]
fn boot_id() -> Option<[u8; 16]> {
    None
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    // Without chance all runs are one, as on a system that never fails.
    let _ = getrandom::fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As if the computer had been started since.
    fn restart(path: &Path) {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[8] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }

    #[test]
    fn what_landed_is_noted_at_once_and_what_was_not_synced_is_in_doubt_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let mut ledger = Ledger::open(&path, 20, false).unwrap();
        ledger.landed(3).unwrap();
        ledger.synced().unwrap();
        ledger.landed(9).unwrap();
        drop(ledger);
        let look = Ledger::look(&path, 20);
        assert!(look.has(3) && look.has(9));
        restart(&path);
        let look = Ledger::look(&path, 20);
        assert!(look.has(3) && !look.has(9));
        let mut ledger = Ledger::open(&path, 20, true).unwrap();
        assert_eq!(ledger.doubtful(), [9]);
        assert!(ledger.map().has(3) && !ledger.map().has(9));
    }

    #[test]
    fn what_is_no_ledger_of_this_file_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let mut ledger = Ledger::open(&path, 20, false).unwrap();
        ledger.landed(3).unwrap();
        for other in [0, 19, 21, 30] {
            assert_eq!(Ledger::look(&path, other), Map::empty(other));
        }
        let whole = std::fs::read(&path).unwrap();
        for odd in [&whole[..0], &whole[..HEAD], &whole[..whole.len() - 1]] {
            std::fs::write(&path, odd).unwrap();
            assert_eq!(Ledger::look(&path, 20), Map::empty(20));
        }
        std::fs::write(&path, &whole).unwrap();
        // The part is gone.
        let ledger = Ledger::open(&path, 20, false).unwrap();
        assert_eq!(ledger.map(), &Map::empty(20));
    }
}
