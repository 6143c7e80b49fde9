//! Cameras that are played: time passes only while one is waited for.

use super::super::wish::{Coding, Format, Taken};
use super::*;
use crate::media::picture::Size;
use std::cell::Cell;
use std::sync::mpsc::sync_channel;

/// Time that only a camera's waiting lets pass.
struct Steps<'a> {
    now_us: &'a Cell<u64>,
    end_us: u64,
}

impl Pace for Steps<'_> {
    fn now_us(&self) -> u64 {
        self.now_us.get()
    }
    fn wall_ms(&self) -> u64 {
        0
    }
    fn wait_until(&self, _: u64) -> bool {
        self.now_us.get() < self.end_us
    }
}

/// What a camera gives after so many microseconds.
#[derive(Clone, Copy)]
enum Step {
    Good,
    Short,
    Spoilt,
    Nothing,
    Gone,
    Panic,
}

struct Play<'a> {
    now_us: &'a Cell<u64>,
    /// What it gives by the time it is.
    plays: &'a dyn Fn(u64) -> (u64, Step),
    bytes: Vec<u8>,
}

fn size() -> Size {
    Size::new(4, 2).unwrap()
}

impl Live for Play<'_> {
    fn next(&mut self, patience: Duration) -> Result<Came<'_>, DeviceFault> {
        let (takes, step) = (self.plays)(self.now_us.get());
        let patience = patience.as_micros() as u64;
        if takes > patience {
            self.now_us.set(self.now_us.get() + patience);
            return Ok(Came::Nothing);
        }
        self.now_us.set(self.now_us.get() + takes);
        let raw = |bytes| Raw { coding: Coding::I420, size: size(), stride: 0, bytes };
        match step {
            Step::Good => Ok(Came::Frame(raw(&self.bytes))),
            Step::Short => Ok(Came::Frame(raw(&self.bytes[1..]))),
            Step::Spoilt => Ok(Came::Spoilt("a bad cable")),
            Step::Nothing => Ok(Came::Nothing),
            Step::Gone => Err(DeviceFault::Missing { device: "it".into() }),
            Step::Panic => panic!("as drivers do"),
        }
    }
}

/// How many pictures were shown until when, and what the end was.
fn play(seconds: f64, plays: &dyn Fn(u64) -> (u64, Step)) -> (usize, f64, Result<(), DeviceFault>) {
    let now_us = Cell::new(0);
    let mut live = Play { now_us: &now_us, plays, bytes: vec![7; size().bytes()] };
    let pace = Steps { now_us: &now_us, end_us: (seconds * 1e6) as u64 };
    let format = Format { size: size(), fps: 30.0, coding: Coding::I420 };
    let taken = Taken { format, size: size(), fps: 30.0 };
    let mut shown = 0;
    let end = run(&mut live, &pace, &taken, |_| shown += 1, "it");
    (shown, now_us.get() as f64 / 1e6, end)
}

fn device() -> String {
    "it".to_owned()
}

const EACH: u64 = 33_333;

#[test]
fn pictures_are_shown_as_they_come_until_the_owner_ends_it() {
    let (shown, _, end) = play(10.0, &|_| (EACH, Step::Good));
    assert_eq!((shown, end), (301, Ok(())));
    // Odd rates are as good as any.
    let (shown, _, end) = play(10.0, &|_| (80_000, Step::Good));
    assert_eq!((shown, end), (125, Ok(())));
    // One a second is slow, not stalled.
    let (shown, _, end) = play(10.0, &|now| (1_000_000 - now % 1_000_000, Step::Good));
    assert_eq!((shown, end), (10, Ok(())));
}

#[test]
fn a_camera_that_gives_nothing_is_left_after_two_seconds() {
    let stalls = |now| if now < 5_000_000 { (EACH, Step::Good) } else { (EACH, Step::Nothing) };
    let (shown, ended, end) = play(60.0, &stalls);
    assert_eq!((shown, end), (151, Err(DeviceFault::Stalled { device: device() })));
    assert!((7.0..7.3).contains(&ended), "{ended}");
    let (shown, ended, end) = play(60.0, &|_| (u64::MAX, Step::Good));
    assert_eq!((shown, end), (0, Err(DeviceFault::Stalled { device: device() })));
    assert!((2.0..2.3).contains(&ended), "{ended}");
}

#[test]
fn damaged_pictures_are_left_out_and_a_camera_that_gives_no_others_is_given_up() {
    // Every second one is damaged: the others are shown.
    let each_second =
        |now: u64| (EACH, if (now / EACH).is_multiple_of(2) { Step::Short } else { Step::Good });
    let (shown, _, end) = play(10.0, &each_second);
    assert_eq!((shown, end), (150, Ok(())));
    for bad in [Step::Short, Step::Spoilt] {
        let spoilt = |now| (EACH, if now < 5_000_000 { Step::Good } else { bad });
        let (_, ended, end) = play(60.0, &spoilt);
        assert!(matches!(end, Err(DeviceFault::Damaged { .. })), "{end:?}");
        assert!((7.0..7.3).contains(&ended), "{ended}");
    }
}

#[test]
fn a_slow_camera_is_given_the_time_of_three_pictures() {
    let now_us = Cell::new(0);
    let plays = |now| (2_500_000 - now % 2_500_000, Step::Good);
    let mut live = Play { now_us: &now_us, plays: &plays, bytes: vec![7; size().bytes()] };
    let pace = Steps { now_us: &now_us, end_us: 20_000_000 };
    let format = Format { size: size(), fps: 0.4, coding: Coding::I420 };
    let mut shown = 0;
    let taken = Taken { format, size: size(), fps: 0.4 };
    let end = run(&mut live, &pace, &taken, |_| shown += 1, "it");
    assert_eq!((shown, end), (8, Ok(())));
}

#[test]
fn a_camera_that_goes_says_so_at_once() {
    let goes = |now| (EACH, if now < 1_000_000 { Step::Good } else { Step::Gone });
    let (_, ended, end) = play(60.0, &goes);
    assert_eq!(end, Err(DeviceFault::Missing { device: device() }));
    assert!(ended < 1.2, "{ended}");
}

/// What its owner hears, when opening and later.
fn owner(
    plays: &'static (dyn Fn(u64) -> (u64, Step) + Sync),
) -> (Option<DeviceFault>, Vec<DeviceFault>) {
    let (opened, opening) = sync_channel(1);
    let (tell, told) = sync_channel(4);
    std::thread::spawn(move || {
        let now_us: &'static Cell<u64> = Box::leak(Box::new(Cell::new(0)));
        let open = || {
            let live = Play { now_us, plays, bytes: vec![7; size().bytes()] };
            let format = Format { size: size(), fps: 30.0, coding: Coding::I420 };
            let taken = Taken { format, size: size(), fps: 30.0 };
            Ok(Opened { live: Box::new(live), taken })
        };
        let pace = Steps { now_us, end_us: 10_000_000 };
        let slot = Slot::new();
        show(open, &pace, &slot, &opened, device(), &|fault| tell.send(fault).unwrap());
    })
    .join()
    .unwrap();
    (opening.try_recv().unwrap().err(), told.try_iter().collect())
}

#[test]
fn what_fails_before_the_first_picture_fails_the_opening_and_what_fails_later_is_told() {
    assert_eq!(owner(&|_| (EACH, Step::Good)), (None, vec![]));
    let missing = DeviceFault::Missing { device: device() };
    assert_eq!(owner(&|_| (EACH, Step::Gone)), (Some(missing.clone()), vec![]));
    let later = |now| (EACH, if now < 100_000 { Step::Good } else { Step::Gone });
    assert_eq!(owner(Box::leak(Box::new(later))), (None, vec![missing]));
    let panics = DeviceFault::Failed { device: device(), reason: "its driver panicked".into() };
    assert_eq!(owner(&|_| (EACH, Step::Panic)), (Some(panics), vec![]));
}
