//! What a receiver asks for next: groups that are missing, file by file, and no more at once than it has room for. It is
//! told what comes; it reads no clock and touches neither lane nor disk.

use super::map::Map;
use super::tree::Shape;
use std::collections::BTreeMap;
use std::ops::Range;

/// Bytes that are asked for and have not come, at most: enough for a fast path with a long way.
pub const WINDOW: u64 = 16 * 1024 * 1024;
/// Bytes that are asked for by one word, about.
const STEP: u64 = 2 * 1024 * 1024;
/// Files of which something was asked for and has not come, at most.
const FILES: usize = 64;

/// One file of which something is missing.
#[derive(Debug)]
struct Wanted {
    shape: Shape,
    map: Map,
    /// Where to look on for what is missing.
    from: u32,
    /// Bytes that were asked for and have not come.
    under_way: u64,
}

/// What is still to come.
#[derive(Debug, Default)]
pub struct Asking {
    files: BTreeMap<u32, Wanted>,
    under_way: u64,
    /// Files of which something is under way.
    busy: usize,
    /// Groups that have to come once more.
    again: Vec<(u32, u32)>,
}

impl Asking {
    /// A file of which these groups are there.
    pub fn add(&mut self, file: u32, shape: Shape, map: Map) {
        self.files.insert(file, Wanted { shape, map, from: 0, under_way: 0 });
    }

    /// What to ask for next; none where nothing is missing that was not asked for, or where enough is under way.
    pub fn next_want(&mut self) -> Option<(u32, Range<u32>)> {
        if self.under_way >= WINDOW {
            return None;
        }
        while let Some((number, group)) = self.again.pop() {
            let Some(file) = self.files.get_mut(&number) else { continue };
            let bytes = file.shape.bytes(group..group + 1);
            self.busy += usize::from(file.under_way == 0);
            file.under_way += bytes;
            self.under_way += bytes;
            return Some((number, group..group + 1));
        }
        for (number, file) in &mut self.files {
            if self.busy >= FILES && file.under_way == 0 {
                continue;
            }
            let most = u32::try_from(STEP / file.shape.bytes(0..1).max(1)).unwrap_or(1).max(1);
            let Some(groups) = file.map.missing(file.from, most) else { continue };
            file.from = groups.end;
            let bytes = file.shape.bytes(groups.clone());
            self.busy += usize::from(file.under_way == 0);
            file.under_way += bytes;
            self.under_way += bytes;
            return Some((*number, groups));
        }
        None
    }

    /// A piece of a file has come; false where it was not asked for.
    #[must_use]
    pub fn came(&mut self, file: u32, bytes: u64) -> bool {
        let Some(file) = self.files.get_mut(&file) else { return false };
        if bytes > file.under_way {
            return false;
        }
        file.under_way -= bytes;
        self.under_way -= bytes;
        self.busy -= usize::from(bytes > 0 && file.under_way == 0);
        true
    }

    /// A group has come and is as it should be. True once the whole file is there.
    pub fn landed(&mut self, file: u32, group: u32) -> bool {
        let Some(wanted) = self.files.get_mut(&file) else { return false };
        wanted.map.set(group);
        let full = wanted.map.is_full();
        if full {
            self.drop(file);
        }
        full
    }

    /// A group has come and is not as it should be: it is asked for again.
    pub fn spoilt(&mut self, file: u32, group: u32) {
        self.again.push((file, group));
    }

    /// Nothing more comes of a file.
    pub fn drop(&mut self, file: u32) {
        if let Some(wanted) = self.files.remove(&file) {
            self.under_way -= wanted.under_way;
            self.busy -= usize::from(wanted.under_way > 0);
        }
    }

    /// Whether nothing is missing.
    pub fn is_done(&self) -> bool {
        self.files.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(asking: &mut Asking, number: u32, size: u64) -> Shape {
        let shape = Shape::of(size).unwrap();
        asking.add(number, shape, Map::empty(shape.groups()));
        shape
    }

    #[test]
    fn no_more_is_asked_for_than_there_is_room() {
        let mut asking = Asking::default();
        file(&mut asking, 0, 100 << 20);
        let first: Vec<_> = std::iter::from_fn(|| asking.next_want()).collect();
        assert_eq!(first.len(), 8);
        assert_eq!(first[1], (0, 8..16));
        assert!(asking.came(0, 2 << 20));
        assert_eq!(asking.next_want(), Some((0, 64..72)));
        assert!(!asking.came(0, 17 << 20), "that is more than was asked for");
        assert!(!asking.came(1, 1), "nobody asked for that file");
    }

    #[test]
    fn many_small_files_are_asked_for_at_once() {
        let mut asking = Asking::default();
        for number in 0..200 {
            file(&mut asking, number, 1000);
        }
        assert_eq!(std::iter::from_fn(|| asking.next_want()).count(), FILES);
        assert!(asking.came(3, 1000));
        assert!(asking.landed(3, 0));
        assert_eq!(asking.next_want(), Some((64, 0..1)));
    }

    #[test]
    fn what_is_spoilt_is_asked_for_again_and_what_is_lost_is_not() {
        let mut asking = Asking::default();
        let shape = file(&mut asking, 0, 1 << 20);
        file(&mut asking, 1, 10);
        assert_eq!(asking.next_want(), Some((0, 0..4)));
        assert_eq!(asking.next_want(), Some((1, 0..1)));
        assert!(asking.came(0, shape.size()));
        for group in [0, 1, 3] {
            assert!(!asking.landed(0, group));
        }
        asking.spoilt(0, 2);
        assert_eq!(asking.next_want(), Some((0, 2..3)));
        asking.drop(0);
        assert!(asking.came(1, 10) && asking.landed(1, 0));
        assert!(asking.is_done());
        assert_eq!(asking.under_way, 0);
    }

    proptest! {
        #[test]
        fn everything_is_asked_for_once(
            sizes in proptest::collection::vec(1_u64..60_000_000, 1..8), there: Vec<(u8, u8)>,
        ) {
            let (mut asking, mut missing) = (Asking::default(), 0);
            for (number, size) in (0..).zip(&sizes) {
                let shape = Shape::of(*size).unwrap();
                let mut map = Map::empty(shape.groups());
                for (_, group) in there.iter().filter(|(file, _)| u32::from(*file) == number) {
                    map.set(u32::from(*group));
                }
                if !map.is_full() {
                    missing += size - map.done(shape);
                    asking.add(number, shape, map);
                }
            }
            let shape = |file: u32| Shape::of(sizes[file as usize]).unwrap();
            let mut under_way = Vec::new();
            while !asking.is_done() {
                under_way.extend(std::iter::from_fn(|| asking.next_want()));
                let waiting: u64 = under_way.iter().map(|(f, g)| shape(*f).bytes(g.clone())).sum();
                prop_assert!(waiting < WINDOW + STEP);
                let (file, groups) = under_way.remove(0);
                for group in groups {
                    let bytes = shape(file).bytes(group..group + 1);
                    missing -= bytes;
                    prop_assert!(asking.came(file, bytes));
                    asking.landed(file, group);
                }
            }
            prop_assert_eq!((missing, asking.under_way, asking.busy), (0, 0, 0));
        }
    }
}
