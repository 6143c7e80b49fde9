//! The threads together: from a slot of raw pictures to a slot of shown ones, with everything that goes wrong between.

use super::*;
use crate::media::coded::CodedPicture;
use crate::media::slot::Slot;
use crate::media::sync::SharedSync;
use crate::media::video::decode::{DecodeThread, Decoded};
use crate::media::video::encode::{EncodeSettings, EncodeThread};
use crate::media::video::present::PresentThread;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;
use tokio::sync::mpsc;

const PATIENCE: Duration = Duration::from_secs(60);

struct Sending {
    pattern: Pattern,
    raw: Slot<Picture>,
    coded: mpsc::Receiver<CodedPicture>,
    thread: EncodeThread,
}

impl Sending {
    fn new(format: PictureFormat, width: u32, height: u32) -> Self {
        let raw = Slot::new();
        let (to, coded) = mpsc::channel(4);
        let most = Size::new(1280, 720).unwrap();
        let settings = EncodeSettings { format, bit_s: 1_000_000, most, fps: 30, offset: 99 };
        let thread = EncodeThread::start(raw.clone(), to, settings, |fault| panic!("{fault}"));
        Self { pattern: Pattern::new(width, height), raw, coded, thread: thread.unwrap() }
    }

    /// Puts pictures in until a coded one comes out; the rate may leave one out.
    fn next(&mut self) -> CodedPicture {
        loop {
            let before = self.settled();
            self.raw.put(self.pattern.next());
            while self.settled() == before {
                std::thread::yield_now();
            }
            if let Ok(coded) = self.coded.try_recv() {
                return coded;
            }
        }
    }

    /// How many pictures it has done with.
    fn settled(&self) -> u64 {
        let statistics = self.thread.control().statistics();
        statistics.pictures + statistics.skipped
    }
}

struct Receiving {
    thread: DecodeThread,
    decoded: Receiver<Decoded>,
    asked: Arc<AtomicUsize>,
}

impl Receiving {
    fn new() -> Self {
        let (to, decoded) = sync_channel(64);
        let asked = Arc::new(AtomicUsize::new(0));
        let asks = Arc::clone(&asked);
        let thread = DecodeThread::start(
            move |one| to.send(one).unwrap(),
            move || {
                asks.fetch_add(1, Ordering::SeqCst);
            },
        );
        Self { thread: thread.unwrap(), decoded, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn number(&self) -> u32 {
        barcode::read(&self.decoded.recv_timeout(PATIENCE).unwrap().picture).unwrap().number
    }
}

#[test]
fn pictures_go_through_in_order() {
    for format in formats() {
        let (mut sending, receiving) = (Sending::new(*format, 640, 360), Receiving::new());
        let mut last = None;
        for number in 0..20 {
            let coded = sending.next();
            assert_eq!((coded.key, coded.format), (number == 0, *format));
            let time = coded.time;
            receiving.thread.push(coded, 5);
            let decoded = receiving.decoded.recv_timeout(PATIENCE).unwrap();
            let stamp = barcode::read(&decoded.picture).unwrap();
            assert!(last.is_none_or(|last| last < stamp.number));
            last = Some(stamp.number);
            // The time is the one that the picture was taken at, on the stream's clock.
            let taken_us = 1_000_000 + u64::from(stamp.number) * 33_333;
            assert_eq!(time, sending.thread.control().time_of(taken_us));
            assert_eq!((decoded.time, decoded.arrived_us), (time, 5));
        }
        let statistics = receiving.thread.statistics();
        assert_eq!((statistics.pictures, statistics.keys, statistics.faults), (20, 1, 0));
        assert_eq!((statistics.format, statistics.size), (Some(*format), Size::new(640, 360)));
        assert_eq!((receiving.asked(), statistics.dropped), (0, 0));
    }
}

#[test]
fn a_key_picture_comes_on_demand_even_of_a_picture_that_stands() {
    let mut sending = Sending::new(formats()[0], 320, 180);
    let first = sending.next();
    sending.thread.control().ask_keyframe();
    // Nothing more is put into the slot.
    let again = sending.coded.blocking_recv().unwrap();
    assert!(first.key && again.key);
}

#[test]
fn a_pause_codes_nothing_and_ends_with_a_key_picture() {
    let mut sending = Sending::new(formats()[0], 320, 180);
    assert!(sending.next().key);
    sending.thread.control().pause(true);
    // Each is taken away, so the slot does not grow stale.
    for _ in 0..3 {
        sending.raw.put(sending.pattern.next());
        let emptied =
            || sending.raw.dropped() == 0 && sending.thread.control().statistics().pictures == 1;
        assert!(emptied());
        while let Some(there) = sending.raw.try_take() {
            sending.raw.put(there);
            std::thread::yield_now();
        }
    }
    sending.thread.control().pause(false);
    let after = sending.next();
    assert!(after.key);
}

#[test]
fn pictures_are_made_as_small_as_is_asked_and_keep_their_aspect() {
    for (from, to) in
        [((1280, 720), (426, 240)), ((720, 1280), (240, 426)), ((640, 480), (320, 240))]
    {
        let (mut sending, receiving) =
            (Sending::new(formats()[0], from.0, from.1), Receiving::new());
        sending.next();
        sending.thread.control().set_most(Size::new(426, 240).unwrap(), 30);
        let coded = sending.next();
        assert!(coded.key);
        receiving.thread.push(coded, 0);
        let decoded = receiving.decoded.recv_timeout(PATIENCE).unwrap();
        assert_eq!(decoded.picture.size(), Size::new(to.0, to.1).unwrap());
        assert!(barcode::read(&decoded.picture).is_some());
    }
}

#[test]
fn without_room_raw_pictures_are_left_out_and_coded_ones_are_not() {
    let mut sending = Sending::new(formats()[0], 320, 180);
    let statistics = |sending: &Sending| sending.thread.control().statistics();
    let mut put = 0;
    while statistics(&sending).skipped < 5 {
        let before = sending.settled();
        sending.raw.put(sending.pattern.next());
        put += 1;
        while sending.settled() == before {
            std::thread::yield_now();
        }
    }
    assert!(put >= 9 && statistics(&sending).pictures == 4);
    // What was coded is whole: each can be read.
    let receiving = Receiving::new();
    for _ in 0..4 {
        receiving.thread.push(sending.coded.try_recv().unwrap(), 0);
        receiving.number();
    }
    receiving.thread.push(sending.next(), 0);
    assert!(receiving.number() >= 9);
    assert_eq!(receiving.thread.statistics().faults, 0);
}

#[test]
fn nothing_is_shown_between_a_gap_and_a_key_picture() {
    for format in formats() {
        let (mut sending, receiving) = (Sending::new(*format, 320, 180), Receiving::new());
        receiving.thread.push(sending.next(), 0);
        receiving.number();
        let _lost = sending.next();
        receiving.thread.push_gap();
        assert_eq!(receiving.asked(), 1);
        receiving.thread.push(sending.next(), 0);
        assert_eq!(receiving.asked(), 2);
        sending.thread.control().ask_keyframe();
        let mut key = sending.next();
        while !key.key {
            key = sending.next();
        }
        receiving.thread.push(key, 0);
        receiving.number();
        assert!(receiving.decoded.try_recv().is_err());
        assert_eq!(receiving.thread.statistics().dropped, 1);
    }
}

#[test]
fn what_can_not_be_read_asks_for_a_key_picture() {
    let receiving = Receiving::new();
    let (format, data) = (formats()[0], bytes::Bytes::from_static(b"no picture at all"));
    receiving.thread.push(CodedPicture { format, data, time: 0, key: true }, 0);
    while receiving.asked() == 0 {
        std::thread::yield_now();
    }
    assert_eq!(receiving.thread.statistics().faults, 1);
}

#[test]
fn the_format_may_change_with_a_key_picture() {
    let receiving = Receiving::new();
    for format in formats() {
        let mut sending = Sending::new(*format, 320, 180);
        for number in 0..3 {
            receiving.thread.push(sending.next(), 0);
            if number == 0 {
                assert_eq!(receiving.number(), 0);
            } else {
                receiving.number();
            }
        }
        assert_eq!(receiving.thread.statistics().format, Some(*format));
    }
    assert_eq!(receiving.asked(), 0);
}

#[test]
fn threads_end_with_their_owner_their_slot_and_their_receiver() {
    let sending = Sending::new(formats()[0], 320, 180);
    let raw = sending.raw.clone();
    drop(sending);
    assert!(!raw.is_closed());
    // A closed slot, and nobody who receives: it has ended before it is dropped, or joining would take for ever.
    let sending = Sending::new(formats()[0], 320, 180);
    sending.raw.close();
    drop(sending);
    let Sending { coded, thread, .. } = Sending::new(formats()[0], 320, 180);
    drop(coded);
    drop(thread);
    drop(Receiving::new());
}

#[test]
fn from_raw_to_shown() {
    let mut sending = Sending::new(formats()[0], 640, 360);
    let shown = Slot::new();
    let present = PresentThread::start(SharedSync::default(), shown.clone()).unwrap();
    let inbox = present.inbox();
    let receiving = DecodeThread::start(move |one| inbox.put(one), || {}).unwrap();
    for _ in 0..5 {
        receiving.push(sending.next(), crate::media::clock::now_us());
        let picture = shown.take_within(PATIENCE).unwrap();
        assert!(barcode::read(&picture).is_some());
    }
    assert_eq!((present.statistics().shown, present.statistics().skipped), (5, 0));
}
