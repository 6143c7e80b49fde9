//! A file's tree of hashes: the file is cut into groups, each group has a leaf, and the leaves make up the file's
//! BLAKE3 hash, its root. So each group can be checked by itself as it lands, in any order, against a root that was told
//! once, and the root is the one that `b3sum` prints. It reads and writes nothing.

use blake3::Hasher;
use blake3::hazmat::{self, HasherExt, Mode};
use std::ops::Range;

/// The hash of a whole file.
pub type Root = [u8; 32];
/// The hash of one group, at its place in the file.
pub type Leaf = [u8; 32];

/// The least that is checked by itself.
const LEAST_GROUP: u64 = 256 * 1024;
/// Groups of a file at most: their leaves are two megabytes, and a map of them is 8 KiB.
const MOST_GROUPS: u64 = 1 << 16;
/// The largest file.
pub const LARGEST: u64 = 1 << 42;

/// How a file is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    size: u64,
    group: u64,
}

impl Shape {
    /// For a file of so many bytes; none where it is too large.
    pub fn of(size: u64) -> Option<Self> {
        let group = size.div_ceil(MOST_GROUPS).next_power_of_two().max(LEAST_GROUP);
        (size <= LARGEST).then_some(Self { size, group })
    }

    /// The file's bytes.
    pub fn size(self) -> u64 {
        self.size
    }

    /// How many groups there are; an empty file has none.
    pub fn groups(self) -> u32 {
        u32::try_from(self.size.div_ceil(self.group)).unwrap_or(u32::MAX)
    }

    /// Where a group lies in the file.
    pub fn range(self, group: u32) -> Range<u64> {
        let begin = u64::from(group) * self.group;
        begin..self.size.min(begin + self.group)
    }

    /// The group in which a byte lies.
    pub fn group_at(self, offset: u64) -> u32 {
        u32::try_from(offset / self.group).unwrap_or(u32::MAX)
    }

    /// The bytes of so many groups from one on.
    pub fn bytes(self, groups: Range<u32>) -> u64 {
        let end = self.size.min(u64::from(groups.end) * self.group);
        end.saturating_sub(u64::from(groups.start) * self.group)
    }

    /// The root that leaves make up; none where they are too few or too many.
    pub fn root(self, leaves: &[Leaf]) -> Option<Root> {
        if leaves.len() != self.groups() as usize {
            return None;
        }
        match leaves {
            [] => Some(*blake3::hash(&[]).as_bytes()),
            [only] => Some(*only),
            _ => {
                let (left, right) = self.halves(self.size, leaves);
                let (left, right) = (left?, right?);
                Some(*hazmat::merge_subtrees_root(&left, &right, Mode::Hash).as_bytes())
            }
        }
    }

    /// Both halves of a part of the tree with so many bytes.
    fn halves(self, size: u64, leaves: &[Leaf]) -> (Option<Leaf>, Option<Leaf>) {
        let left = hazmat::left_subtree_len(size);
        let (first, second) = leaves.split_at(self.leaves_in(left).min(leaves.len()));
        (self.join(left, first), self.join(size - left, second))
    }

    fn join(self, size: u64, leaves: &[Leaf]) -> Option<Leaf> {
        match leaves {
            [] => None,
            [only] => Some(*only),
            _ => {
                let (left, right) = self.halves(size, leaves);
                Some(hazmat::merge_subtrees_non_root(&left?, &right?, Mode::Hash))
            }
        }
    }

    fn leaves_in(self, size: u64) -> usize {
        usize::try_from(size.div_ceil(self.group)).unwrap_or(usize::MAX)
    }
}

/// Hashes one group, piece by piece.
#[derive(Debug)]
pub struct GroupHash {
    hasher: Hasher,
    /// Whether the group is the whole file.
    whole: bool,
    length: u64,
    took: u64,
}

impl GroupHash {
    /// For a group of a file.
    pub fn new(shape: Shape, group: u32) -> Self {
        let range = shape.range(group);
        let whole = shape.groups() <= 1;
        let mut hasher = Hasher::new();
        if !whole {
            hasher.set_input_offset(range.start);
        }
        Self { hasher, whole, length: range.end - range.start, took: 0 }
    }

    /// Takes the next piece; false where it is more than the group has, and nothing of it is taken.
    #[must_use]
    pub fn take(&mut self, piece: &[u8]) -> bool {
        let after = self.took + piece.len() as u64;
        if after > self.length {
            return false;
        }
        self.took = after;
        self.hasher.update(piece);
        true
    }

    /// How many bytes of the group it took.
    pub fn took(&self) -> u64 {
        self.took
    }

    /// The leaf, once the whole group was taken.
    pub fn leaf(&self) -> Option<Leaf> {
        if self.took != self.length {
            return None;
        }
        Some(match self.whole {
            true => *self.hasher.finalize().as_bytes(),
            false => self.hasher.finalize_non_root(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Small groups, so that a test needs no large files.
    fn small(size: u64, group: u64) -> Shape {
        Shape { size, group }
    }

    fn leaves(shape: Shape, bytes: &[u8], piece: usize) -> Vec<Leaf> {
        (0..shape.groups())
            .map(|group| {
                let range = shape.range(group);
                let mut hash = GroupHash::new(shape, group);
                for piece in bytes[range.start as usize..range.end as usize].chunks(piece) {
                    assert!(hash.leaf().is_none());
                    assert!(hash.take(piece));
                }
                assert!(!hash.take(&[0]), "more than the group has");
                hash.leaf().unwrap()
            })
            .collect()
    }

    #[test]
    fn groups_cover_a_file_whatever_its_size() {
        for size in [0, 1, 262_143, 262_144, 262_145, 10 << 30, (16 << 30) + 1, LARGEST] {
            let shape = Shape::of(size).unwrap();
            let groups = shape.groups();
            assert!(u64::from(groups) <= MOST_GROUPS, "{size}");
            assert_eq!(shape.bytes(0..groups), size);
            if groups > 0 {
                assert_eq!(shape.range(groups - 1).end, size);
                assert_eq!(shape.group_at(size - 1), groups - 1);
            }
        }
        assert_eq!(Shape::of(LARGEST + 1), None);
        assert_eq!(Shape::of(10 << 30).unwrap().group, LEAST_GROUP);
    }

    #[test]
    fn an_empty_file_has_the_root_of_nothing() {
        let shape = Shape::of(0).unwrap();
        assert_eq!(shape.root(&[]), Some(*blake3::hash(&[]).as_bytes()));
        assert_eq!(shape.root(&[[0; 32]]), None);
    }

    proptest! {
        #[test]
        fn leaves_make_up_the_hash_of_the_file(
            size in 1_usize..40_000, group in 0_u32..4, piece in 1_usize..3_000, spoilt: usize,
        ) {
            let bytes: Vec<u8> = (0..size).map(|at| (at * 31 % 251) as u8).collect();
            let shape = small(size as u64, 1024 << group);
            let mut leaves = leaves(shape, &bytes, piece);
            let root = *blake3::hash(&bytes).as_bytes();
            prop_assert_eq!(shape.root(&leaves), Some(root));
            let count = leaves.len();
            leaves[spoilt % count][7] ^= 1;
            prop_assert_ne!(shape.root(&leaves), Some(root));
            leaves.pop();
            prop_assert_eq!(shape.root(&leaves), None);
        }
    }
}
