//! Which groups of a file are there and checked: a bit for each. It is what a transfer goes on from after whatever broke
//! it off. It knows no disk.

use super::tree::Shape;
use std::ops::Range;

/// The groups of one file that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    bits: Vec<u8>,
    groups: u32,
    there: u32,
}

impl Map {
    /// One in which nothing is there.
    pub fn empty(groups: u32) -> Self {
        Self { bits: vec![0; groups.div_ceil(8) as usize], groups, there: 0 }
    }

    /// As it was kept; empty where that is not a map of so many groups.
    pub fn read(groups: u32, bytes: &[u8]) -> Self {
        let mut map = Self::empty(groups);
        if bytes.len() == map.bits.len() {
            for group in (0..groups).filter(|group| bit(bytes, *group)) {
                map.set(group);
            }
        }
        map
    }

    /// How many groups it is about.
    pub fn groups(&self) -> u32 {
        self.groups
    }

    /// For being kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bits
    }

    /// A group is there.
    pub fn set(&mut self, group: u32) {
        if group < self.groups && !self.has(group) {
            self.bits[group as usize / 8] |= 1 << (group % 8);
            self.there += 1;
        }
    }

    /// Whether a group is there.
    pub fn has(&self, group: u32) -> bool {
        group < self.groups && bit(&self.bits, group)
    }

    /// Whether all of it is there.
    pub fn is_full(&self) -> bool {
        self.there == self.groups
    }

    /// How many bytes are there.
    pub fn done(&self, shape: Shape) -> u64 {
        // All groups have the same size but the last one.
        let Some(last) = self.groups.checked_sub(1) else { return 0 };
        let all = u64::from(self.there) * shape.bytes(0..1);
        if self.has(last) { all - shape.bytes(0..1) + shape.bytes(last..last + 1) } else { all }
    }

    /// The first run of groups that are missing, from one on; at most so many.
    pub fn missing(&self, from: u32, most: u32) -> Option<Range<u32>> {
        let begin = (from..self.groups).find(|group| !self.has(*group))?;
        let end = (begin..self.groups).take(most as usize).take_while(|group| !self.has(*group));
        Some(begin..end.last().map_or(begin, |last| last + 1))
    }
}

fn bit(bytes: &[u8], group: u32) -> bool {
    bytes.get(group as usize / 8).is_some_and(|byte| byte >> (group % 8) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_missing_comes_in_runs() {
        let mut map = Map::empty(10);
        assert_eq!(map.missing(0, 4), Some(0..4));
        for group in [0, 1, 4, 5, 9, 12] {
            map.set(group);
        }
        assert_eq!(map.missing(0, 8), Some(2..4));
        assert_eq!(map.missing(4, 2), Some(6..8));
        assert_eq!(map.missing(9, 8), None);
        assert!(!map.is_full() && !map.has(12));
    }

    #[test]
    fn bytes_that_are_there_are_counted_with_a_short_last_group() {
        let shape = Shape::of(3 * 262_144 + 5).unwrap();
        let mut map = Map::empty(shape.groups());
        map.set(3);
        assert_eq!(map.done(shape), 5);
        map.set(0);
        assert_eq!(map.done(shape), 262_149);
        let empty = Shape::of(0).unwrap();
        assert_eq!((Map::empty(0).done(empty), Map::empty(0).is_full()), (0, true));
    }

    proptest! {
        #[test]
        fn a_map_is_read_as_it_was_kept(groups in 0_u32..300, set: Vec<u32>, other: Vec<u8>) {
            let mut map = Map::empty(groups);
            for group in set {
                map.set(group % groups.max(1));
            }
            prop_assert_eq!(&Map::read(groups, map.bytes()), &map);
            let odd = Map::read(groups, &other);
            prop_assert!(odd.there <= groups);
            let full = odd.missing(0, 1).is_none();
            prop_assert_eq!(odd.is_full(), full);
        }
    }
}
