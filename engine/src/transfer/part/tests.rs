//! Parts on a real disk, with a ledger that is brought into the state that a fault leaves it in.

use super::*;
use tempfile::TempDir;

const GROUP: usize = 256 * 1024;

struct Disk {
    there: TempDir,
    ledger: PathBuf,
    _ledgers: TempDir,
    folder: Folder,
    shape: Shape,
    bytes: Vec<u8>,
    leaves: Vec<Leaf>,
}

impl Disk {
    fn new(size: usize) -> Self {
        let (there, ledgers) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = Folder::open(there.path()).unwrap();
        let shape = Shape::of(size as u64).unwrap();
        let bytes: Vec<u8> = (0..size).map(|at| (at * 7 % 253) as u8).collect();
        let leaf = |group| {
            let (range, mut hash) = (shape.range(group), GroupHash::new(shape, group));
            assert!(hash.take(&bytes[range.start as usize..range.end as usize]));
            hash.leaf().unwrap()
        };
        let leaves = (0..shape.groups()).map(leaf).collect();
        let ledger = ledgers.path().join("x.ledger");
        Self { there, ledger, _ledgers: ledgers, folder, shape, bytes, leaves }
    }

    fn part(&self) -> Part {
        let place = Path::new("deep/er/file.bin");
        self.folder.open_part(place, &self.ledger, self.shape, self.leaves.clone()).unwrap()
    }

    fn write(&self, part: &mut Part, group: u32) -> Wrote {
        let range = self.shape.range(group);
        let (begin, end) = (range.start as usize, range.end as usize);
        let middle = begin + (end - begin) / 2;
        assert_eq!(part.write(begin as u64, &self.bytes[begin..middle]).unwrap(), Wrote::Piece);
        part.write(middle as u64, &self.bytes[middle..end]).unwrap()
    }

    fn there(&self) -> Map {
        self.folder.there(Path::new("deep/er/file.bin"), &self.ledger, self.shape)
    }
}

#[test]
fn groups_land_in_any_order_and_the_whole_gets_its_name() {
    let disk = Disk::new(3 * GROUP + 5);
    let mut part = disk.part();
    for group in [2, 0, 3, 1] {
        assert!(!part.map().is_full());
        assert_eq!(disk.write(&mut part, group), Wrote::Landed(group));
    }
    assert!(part.map().is_full());
    part.sync().unwrap();
    let place = part.place().to_owned();
    let mut named = None;
    let keep = |name: &Path| -> io::Result<()> {
        named = Some(name.to_owned());
        Ok(())
    };
    disk.folder.finish(&place, Some(1_700_000_000_123), keep).unwrap();
    assert_eq!(named.as_deref(), Some(Path::new("deep/er/file.bin")));
    let file = disk.there.path().join("deep/er/file.bin");
    assert_eq!(std::fs::read(&file).unwrap(), disk.bytes);
    let changed = file.metadata().unwrap().modified().unwrap();
    let since = changed.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(since.as_millis(), 1_700_000_000_123);
    assert!(disk.folder.was_finished(&place, &place, disk.bytes.len() as u64));
    assert!(!disk.folder.was_finished(&place, &place, 7));
}

#[test]
fn pieces_that_do_not_fit_are_odd_and_spoilt_groups_do_not_count() {
    let disk = Disk::new(2 * GROUP);
    let mut part = disk.part();
    assert_eq!(part.write(10, b"in the middle").unwrap(), Wrote::Odd);
    assert_eq!(part.write(2 * GROUP as u64, b"behind the end").unwrap(), Wrote::Odd);
    assert_eq!(part.write(0, b"").unwrap(), Wrote::Odd);
    assert_eq!(part.write(0, &disk.bytes[..10]).unwrap(), Wrote::Piece);
    assert_eq!(part.write(11, &disk.bytes[11..20]).unwrap(), Wrote::Odd);
    assert_eq!(part.write(10, &disk.bytes[10..=GROUP]).unwrap(), Wrote::Odd, "over its group");
    assert_eq!(part.write(0, &vec![0; GROUP]).unwrap(), Wrote::Spoilt(0));
    assert_eq!(part.map().done(disk.shape), 0);
    // Right the next time.
    assert_eq!(disk.write(&mut part, 0), Wrote::Landed(0));
}

#[test]
fn after_a_kill_all_is_believed_and_after_a_power_cut_what_was_not_synced_is_looked_at() {
    let disk = Disk::new(4 * GROUP);
    let mut part = disk.part();
    disk.write(&mut part, 0);
    part.sync().unwrap();
    disk.write(&mut part, 1);
    disk.write(&mut part, 2);
    drop(part);
    let there = disk.there();
    assert!(there.has(0) && there.has(1) && there.has(2) && !there.has(3));
    // The computer was started again, and the second group never reached the disk.
    let mut ledger = std::fs::read(&disk.ledger).unwrap();
    ledger[8] ^= 1;
    std::fs::write(&disk.ledger, ledger).unwrap();
    let path = disk.there.path().join("deep/er/file.bin.part");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[GROUP + 9] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let there = disk.there();
    assert!(there.has(0) && !there.has(1) && !there.has(2));
    let part = disk.part();
    assert!(part.map().has(0) && !part.map().has(1) && part.map().has(2));
}

#[test]
fn without_its_part_a_ledger_counts_for_nothing() {
    let disk = Disk::new(2 * GROUP);
    let mut part = disk.part();
    disk.write(&mut part, 0);
    drop(part);
    std::fs::remove_file(disk.there.path().join("deep/er/file.bin.part")).unwrap();
    assert_eq!(disk.there(), Map::empty(2));
    assert_eq!(disk.part().map(), &Map::empty(2));
}

#[test]
fn what_is_given_up_leaves_nothing_behind_but_what_was_there() {
    let disk = Disk::new(GROUP);
    let place = disk.part().place().to_owned();
    std::fs::write(disk.there.path().join("deep/mine"), "mine").unwrap();
    disk.folder.remove_part(&place).unwrap();
    disk.folder.remove_part(&place).unwrap();
    disk.folder.remove_empty(place.parent().unwrap());
    remove_ledger(&disk.ledger);
    remove_ledger(&disk.ledger);
    assert!(!disk.there.path().join("deep/er").exists());
    assert!(disk.there.path().join("deep/mine").exists());
    assert!(!disk.ledger.exists());
}

#[cfg(unix)]
#[test]
fn nothing_is_written_outside_of_the_folder() {
    let disk = Disk::new(GROUP);
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), disk.there.path().join("deep")).unwrap();
    let place = Path::new("deep/er/file.bin");
    let opened = disk.folder.open_part(place, &disk.ledger, disk.shape, disk.leaves.clone());
    assert!(opened.is_err());
    for place in ["../x", "/tmp/x", "deep/x"] {
        let place = Path::new(place);
        assert!(disk.folder.open_part(place, &disk.ledger, disk.shape, vec![]).is_err());
        assert!(disk.folder.make_folders(place).is_err());
        assert!(disk.folder.make_empty(place).is_err());
    }
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}
