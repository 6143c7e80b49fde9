//! What waits to be decoded: at most [`MOST`] pictures, each of which can be read once those before it were.

use crate::media::coded::CodedPicture;
use std::collections::VecDeque;

/// How many pictures wait.
pub(super) const MOST: usize = 8;

/// A coded picture that came.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) picture: CodedPicture,
    pub(super) arrived_us: u64,
}

/// Whether the sender has to be asked for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Ask {
    Nothing,
    /// A key picture.
    Key,
}

/// Pictures that wait.
#[derive(Debug)]
pub(super) struct Inbox {
    waiting: VecDeque<Item>,
    /// Whether what comes next can only be a key picture.
    needs_key: bool,
    ended: bool,
    dropped: u64,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), needs_key: true, ended: false, dropped: 0 }
    }
}

impl Inbox {
    pub(super) fn push(&mut self, item: Item) -> Ask {
        if item.picture.key {
            // Nothing before it is needed any more, if there is no time for it.
            if self.waiting.len() >= MOST {
                self.drop_all();
            }
            self.needs_key = false;
        } else if self.needs_key {
            self.dropped += 1;
            return Ask::Key;
        } else if self.waiting.len() >= MOST {
            self.drop_all();
            self.dropped += 1;
            self.needs_key = true;
            return Ask::Key;
        }
        self.waiting.push_back(item);
        Ask::Nothing
    }

    /// Something is missing behind what waits.
    pub(super) fn gap(&mut self) -> Ask {
        self.needs_key = true;
        Ask::Key
    }

    /// What was taken last can't be read, so what waits can't either, up to a key picture.
    pub(super) fn failed(&mut self) -> Ask {
        while self.waiting.front().is_some_and(|item| !item.picture.key) {
            self.waiting.pop_front();
            self.dropped += 1;
        }
        if !self.waiting.is_empty() {
            return Ask::Nothing;
        }
        self.needs_key = true;
        Ask::Key
    }

    pub(super) fn take(&mut self) -> Option<Item> {
        if self.ended { None } else { self.waiting.pop_front() }
    }

    /// Whether there is nothing to do yet.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && !self.ended
    }

    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    fn drop_all(&mut self) {
        self.dropped += self.waiting.len() as u64;
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::coded::PictureFormat;
    use proptest::prelude::*;

    fn item(time: u32, key: bool) -> Item {
        let (format, data) = (PictureFormat::Vp8, bytes::Bytes::new());
        Item { picture: CodedPicture { format, data, time, key }, arrived_us: 0 }
    }

    fn times(inbox: &mut Inbox) -> Vec<u32> {
        std::iter::from_fn(|| inbox.take()).map(|item| item.picture.time).collect()
    }

    #[test]
    fn a_stream_begins_with_a_key_picture() {
        let mut inbox = Inbox::default();
        assert_eq!(inbox.push(item(0, false)), Ask::Key);
        assert_eq!(inbox.push(item(1, true)), Ask::Nothing);
        assert_eq!(inbox.push(item(2, false)), Ask::Nothing);
        assert_eq!((times(&mut inbox), inbox.dropped()), (vec![1, 2], 1));
    }

    #[test]
    fn what_is_before_a_gap_is_read_and_what_is_behind_it_is_not() {
        let mut inbox = Inbox::default();
        let _ = inbox.push(item(0, true));
        assert_eq!(inbox.gap(), Ask::Key);
        assert_eq!(inbox.push(item(2, false)), Ask::Key);
        assert_eq!(inbox.push(item(3, true)), Ask::Nothing);
        assert_eq!(times(&mut inbox), [0, 3]);
    }

    #[test]
    fn when_it_is_full_all_is_dropped_up_to_a_key_picture() {
        let mut inbox = Inbox::default();
        for time in 0..MOST as u32 {
            assert_eq!(inbox.push(item(time, time == 0)), Ask::Nothing);
        }
        assert_eq!(inbox.push(item(8, false)), Ask::Key);
        assert_eq!(inbox.push(item(9, false)), Ask::Key);
        assert_eq!(inbox.push(item(10, true)), Ask::Nothing);
        assert_eq!((times(&mut inbox), inbox.dropped()), (vec![10], 10));
        for time in 0..20 {
            assert_eq!(inbox.push(item(time, true)), Ask::Nothing);
        }
        assert_eq!(times(&mut inbox), [16, 17, 18, 19]);
    }

    #[test]
    fn after_a_failure_the_next_key_picture_is_enough() {
        let mut inbox = Inbox::default();
        for (time, key) in [(0, true), (1, false), (2, true), (3, false)] {
            let _ = inbox.push(item(time, key));
        }
        let _ = inbox.take();
        assert_eq!(inbox.failed(), Ask::Nothing);
        assert_eq!(times(&mut inbox), [2, 3]);
        assert_eq!(inbox.failed(), Ask::Key);
        assert_eq!(inbox.push(item(4, false)), Ask::Key);
    }

    proptest! {
        /// Whatever happens, only pictures come out whose predecessor came out before, or key pictures.
        #[test]
        fn no_damaged_picture_comes_out(steps in proptest::collection::vec(0..10_u8, 0..300)) {
            let mut inbox = Inbox::default();
            let (mut time, mut last) = (0, None);
            for step in steps {
                match step {
                    0..=5 => {
                        let _ = inbox.push(item(time, step == 0));
                        time += 1;
                    }
                    6 => {
                        let _ = inbox.gap();
                        time += 1;
                    }
                    7 => {
                        let _ = inbox.failed();
                        last = None;
                    }
                    _ => {
                        if let Some(item) = inbox.take() {
                            let follows = last.is_some_and(|last: u32| last + 1 == item.picture.time);
                            prop_assert!(item.picture.key || follows);
                            last = Some(item.picture.time);
                        }
                    }
                }
                prop_assert!(inbox.waiting.len() <= MOST);
            }
        }
    }
}
