//! The thread that shows decoded pictures when they are due, as [`LipSync`] says. It
//! holds a few; where more come, the oldest is shown early, for dropping it could mean that none is ever shown.

use super::decode::Decoded;
use crate::media::clock::now_us;
use crate::media::picture::Picture;
use crate::media::slot::Slot;
use crate::media::sync::{LipSync, SharedSync, Ticket};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How many pictures wait to be due.
const MOST: usize = 12;
/// What it waits for changes with each piece of sound, so it looks again after this long.
const LOOK_AGAIN_US: u64 = 10_000;

/// Shows pictures on a thread of its own. Dropping it ends the thread; what waits is not shown any more.
#[derive(Debug)]
pub struct PresentThread {
    inbox: PresentInbox,
    thread: Option<JoinHandle<()>>,
}

/// Takes pictures for a [`PresentThread`]. Clones are the same.
#[derive(Debug, Clone)]
pub struct PresentInbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    told: Condvar,
    sync: SharedSync,
}

#[derive(Debug, Default)]
struct State {
    queue: Queue,
    ended: bool,
}

/// Figures of a [`PresentThread`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PresentStatistics {
    /// Shown.
    pub shown: u64,
    /// Never shown, because a newer one was due as well.
    pub skipped: u64,
    /// How long pictures wait after they came, to make up for those that come late.
    pub delay_ms: f64,
    /// How much later than the sound the picture is; negative where it is earlier, none where that isn't known.
    pub lip_sync_ms: Option<f64>,
}

fn locked(shared: &Shared) -> MutexGuard<'_, State> {
    shared.state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PresentThread {
    /// Begins to show pictures: each is put into the slot when it is due, and `taken_us` of the picture says when
    /// that was.
    ///
    /// # Errors
    /// The system has no thread.
    pub fn start(sync: SharedSync, into: Slot<Picture>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { state: Mutex::default(), told: Condvar::new(), sync });
        let inbox = PresentInbox { shared: Arc::clone(&shared) };
        let thread = std::thread::Builder::new().name("present".to_owned()).spawn(move || {
            while let Some(picture) = shared.next() {
                into.put(picture);
            }
        })?;
        Ok(Self { inbox, thread: Some(thread) })
    }

    /// Where decoded pictures are given to it.
    pub fn inbox(&self) -> PresentInbox {
        self.inbox.clone()
    }

    /// Figures up to now.
    pub fn statistics(&self) -> PresentStatistics {
        let (shown, skipped) = {
            let queue = &locked(&self.inbox.shared).queue;
            (queue.shown, queue.skipped)
        };
        let (delay_ms, lip_sync_ms) =
            self.inbox.shared.sync.with(|sync| (sync.delay_ms(), sync.offset_ms()));
        PresentStatistics { shown, skipped, delay_ms, lip_sync_ms }
    }
}

impl Drop for PresentThread {
    fn drop(&mut self) {
        locked(&self.inbox.shared).ended = true;
        self.inbox.shared.told.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that shows pictures panicked");
        }
    }
}

impl PresentInbox {
    /// Gives a picture to be shown when it is due. It never waits.
    pub fn put(&self, decoded: Decoded) {
        let Decoded { picture, time, arrived_us } = decoded;
        let ticket = self.shared.sync.with(|sync| sync.arrived(time, arrived_us));
        locked(&self.shared).queue.put(picture, ticket);
        self.shared.told.notify_one();
    }
}

impl Shared {
    /// Waits for the next picture that is due; none at the end.
    fn next(&self) -> Option<Picture> {
        let mut state = locked(self);
        loop {
            if state.ended {
                return None;
            }
            let now = now_us();
            // The lock of the sync is never held while that of the queue is asked for, so they can't wait for each
            // other.
            let next = self.sync.with(|sync| state.queue.next(now, sync));
            let patience = match next {
                Next::Show(picture) => return Some(picture),
                Next::Due(us) => Some(us.saturating_sub(now).min(LOOK_AGAIN_US)),
                Next::Empty => None,
            };
            state = match patience {
                Some(us) => {
                    let waited = self.told.wait_timeout(state, Duration::from_micros(us));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.told.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

/// Pictures that wait to be due.
#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<(Picture, Ticket)>,
    /// Pushed out by newer ones: to be shown at once.
    pressed: Option<(Picture, Ticket)>,
    shown: u64,
    skipped: u64,
}

/// What to do next.
#[derive(Debug)]
enum Next {
    Show(Picture),
    /// Nothing before then.
    Due(u64),
    Empty,
}

impl Queue {
    fn put(&mut self, picture: Picture, ticket: Ticket) {
        self.waiting.push_back((picture, ticket));
        if self.waiting.len() > MOST {
            let oldest = self.waiting.pop_front();
            self.skipped += u64::from(self.pressed.is_some());
            self.pressed = oldest;
        }
    }

    fn next(&mut self, now_us: u64, sync: &mut LipSync) -> Next {
        let due = |(_, ticket): &(Picture, Ticket)| sync.due_us(*ticket, now_us);
        // The newest that is due; those before it are late.
        let newest = self.waiting.iter().rposition(|one| due(one) <= now_us);
        let chosen = match newest {
            Some(at) => {
                self.skipped += at as u64 + u64::from(self.pressed.take().is_some());
                self.waiting.drain(..=at).next_back()
            }
            None => self.pressed.take(),
        };
        match (chosen, self.waiting.front()) {
            (Some((picture, ticket)), _) => {
                self.shown += 1;
                sync.shown(ticket, now_us);
                Next::Show(picture.taken_at(now_us))
            }
            (None, Some(first)) => Next::Due(sync.due_us(first.1, now_us)),
            (None, None) => Next::Empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::coded::ClockReport;
    use crate::media::picture::Size;

    fn picture(number: u8) -> Picture {
        Picture::plain(Size::new(2, 2).unwrap(), 0, [number; 3])
    }

    /// Gives pictures 30 times a second, each of which came so long after it was taken.
    fn shown(transit_us: &[u64]) -> (Vec<(u8, u64)>, Queue) {
        let (mut queue, mut sync) = (Queue::default(), LipSync::new());
        let mut all = Vec::new();
        let mut arrivals: VecDeque<(u64, u32, u8)> = (0..)
            .zip(transit_us)
            .map(|(n, transit)| (n * 33_333 + transit, n as u32 * 3000, n as u8))
            .collect();
        for now in (0..5_000_000).step_by(1000) {
            while arrivals.front().is_some_and(|(at, ..)| *at <= now) {
                let (at, time, number) = arrivals.pop_front().unwrap();
                let ticket = sync.arrived(time, at);
                queue.put(picture(number), ticket);
            }
            if let Next::Show(picture) = queue.next(now, &mut sync) {
                assert_eq!(picture.taken_us(), now);
                all.push((picture.y()[0], now));
            }
        }
        (all, queue)
    }

    #[test]
    fn the_first_is_shown_at_once_and_each_in_its_turn() {
        let (all, queue) = shown(&[20_000; 60]);
        assert_eq!(all[0], (0, 20_000));
        assert_eq!(
            all.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
            (0..60).collect::<Vec<_>>()
        );
        assert_eq!((queue.shown, queue.skipped), (60, 0));
        assert!(all.windows(2).all(|pair| (32_000..=35_000).contains(&(pair[1].1 - pair[0].1))));
    }

    #[test]
    fn late_ones_are_left_out_where_a_newer_one_is_due() {
        let mut transit = [20_000; 60];
        // Held up for a second, and then all at once.
        for (n, transit) in transit.iter_mut().enumerate().skip(20).take(30) {
            *transit = (50 * 33_333 + 20_000) - n as u64 * 33_333;
        }
        let (all, queue) = shown(&transit);
        assert!(queue.skipped > 10, "{}", queue.skipped);
        assert_eq!(queue.shown + queue.skipped, 60);
        assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(all.last().unwrap().0, 59);
    }

    #[test]
    fn what_has_no_room_is_shown_early_rather_than_never() {
        let (mut queue, mut sync) = (Queue::default(), LipSync::new());
        // The sound is heard 450 ms after it was taken, and pictures come a hundred times a second.
        sync.sound_report(ClockReport { ntp: 1 << 40, time: 0 });
        sync.picture_report(ClockReport { ntp: 1 << 40, time: 0 });
        sync.sound_played(0, 450_000, 0);
        let mut early = Vec::new();
        for number in 0..=20_u32 {
            let now = u64::from(number) * 10_000;
            let ticket = sync.arrived(number * 900, now);
            queue.put(picture(number as u8), ticket);
            assert!(queue.waiting.len() <= MOST);
            if let Next::Show(picture) = queue.next(now, &mut sync) {
                early.push(picture.y()[0]);
            }
        }
        // The first at once, as always; then one for each that has no room.
        assert_eq!(early, (0..=8).collect::<Vec<_>>());
        assert_eq!(queue.skipped, 0);
    }

    #[test]
    fn a_thread_shows_what_it_is_given_and_ends() {
        let slot = Slot::new();
        let thread = PresentThread::start(SharedSync::default(), slot.clone()).unwrap();
        let (picture, time, arrived_us) = (picture(9), 0, now_us());
        thread.inbox().put(Decoded { picture, time, arrived_us });
        let shown = slot.take_within(Duration::from_secs(60)).unwrap();
        assert_eq!((shown.y()[0], thread.statistics().shown), (9, 1));
        let inbox = thread.inbox();
        drop(thread);
        inbox.put(Decoded { picture: shown, time: 3000, arrived_us });
        assert!(slot.try_take().is_none() && !slot.is_closed());
    }
}
