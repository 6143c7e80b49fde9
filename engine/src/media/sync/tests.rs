//! Pictures and sound of simulated senders: clocks that drift, networks that jitter, senders that lie or restart.

use super::*;
use proptest::prelude::*;

/// A second in 1900 and some, as good as any.
const BEGAN: u64 = 3_900_000_000 << 32;

/// A sender whose clocks begin anywhere, and a network between.
struct Sender {
    picture_begins: u32,
    sound_begins: u32,
    /// How fast its clocks go, against ours.
    pace: f64,
}

impl Sender {
    /// At our time, what a report says about a stream.
    fn report(&self, us: u64, begins: u32, clock: u32) -> ClockReport {
        let passed = us as f64 * self.pace / 1_000_000.0;
        let ntp = BEGAN + (passed * 4_294_967_296.0) as u64;
        ClockReport { ntp, time: begins.wrapping_add((passed * f64::from(clock)) as i64 as u32) }
    }

    fn picture_time(&self, us: u64) -> u32 {
        self.report(us, self.picture_begins, PictureFormat::CLOCK).time
    }

    fn sound_time(&self, us: u64) -> u32 {
        self.report(us, self.sound_begins, CodedSound::CLOCK).time
    }
}

const PLAIN: Sender = Sender { picture_begins: 5, sound_begins: 7, pace: 1.0 };

/// How long sound is held back where nothing asks for more.
const HELD_US: u64 = 35_000;

/// Lets pictures come 30 times a second, each so long after it was taken, and sound be heard so long after it was;
/// gives for each picture how much later than its sound it was shown.
fn offsets(sync: &mut LipSync, sender: &Sender, transit_us: &[u64], heard_us: u64) -> Vec<i64> {
    let (mut all, mut ready) = (Vec::new(), 0);
    for (number, transit) in (0..).zip(transit_us) {
        let taken = 1_000_000 + number * 33_333;
        if number % 30 == 0 {
            sync.sound_report(sender.report(taken, sender.sound_begins, CodedSound::CLOCK));
            sync.picture_report(sender.report(taken, sender.picture_begins, PictureFormat::CLOCK));
        }
        // Whole pictures come one after the other.
        ready = (taken + transit).max(ready);
        sync.sound_played(sender.sound_time(ready - heard_us), ready, HELD_US);
        let ticket = sync.arrived(sender.picture_time(taken), ready);
        let shown = sync.due_us(ticket, ready).max(ready);
        sync.shown(ticket, shown);
        all.push(shown as i64 - (taken + heard_us) as i64);
    }
    all
}

#[test]
fn the_first_is_shown_at_once() {
    let mut sync = LipSync::new();
    let ticket = sync.arrived(u32::MAX, 9_000_000);
    assert_eq!(sync.due_us(ticket, 9_000_000), 0);
}

#[test]
fn without_sound_even_pictures_are_not_held_back() {
    let mut sync = LipSync::new();
    for number in 0..100_u32 {
        let at = 1_000_000 + u64::from(number) * 33_333;
        // The clock wraps on the way.
        let ticket = sync.arrived(0_u32.wrapping_sub(90_000).wrapping_add(number * 3000), at);
        assert!(sync.due_us(ticket, at) <= at + 1000);
    }
    assert_eq!(sync.offset_ms(), None);
    assert!(sync.delay_ms() < 1.0);
}

#[test]
fn without_sound_a_delay_grows_with_the_jitter_and_shrinks_again() {
    let mut sync = LipSync::new();
    let mut come = |numbers: std::ops::Range<u64>, late: &dyn Fn(u64) -> u64| {
        for number in numbers {
            sync.arrived(number as u32 * 3000, 1_000_000 + number * 33_333 + late(number));
        }
        sync.delay_ms()
    };
    let uneven = come(0..300, &|number| number % 3 * 30_000);
    assert!((30.0..=70.0).contains(&uneven), "{uneven}");
    let even = come(300..900, &|_| 0);
    assert!(even < 5.0, "{even}");
    let hopeless = come(900..1200, &|number| number % 2 * 1_900_000);
    assert!((450.0..=500.0).contains(&hopeless), "{hopeless}");
}

#[test]
fn pictures_wait_for_their_sound() {
    let mut sync = LipSync::new();
    let all = offsets(&mut sync, &PLAIN, &[20_000; 90], 120_000);
    assert!(all[1..].iter().all(|offset| offset.abs() <= 16_000), "{all:?}");
    assert!(sync.offset_ms().unwrap().abs() <= 16.0);
    assert_eq!(sync.sound_needs_us(4_000_000), 0);
}

#[test]
fn sound_is_asked_to_wait_for_pictures_that_come_later() {
    let mut sync = LipSync::new();
    let all = offsets(&mut sync, &PLAIN, &[200_000; 120], 50_000);
    assert!(all.iter().all(|offset| *offset == 150_000));
    // Later by 150 ms, of which 25 are allowed; 35 it is held back already.
    assert!((158_000..=162_000).contains(&sync.sound_needs_us(5_000_000)));
    assert!((sync.offset_ms().unwrap() - 150.0).abs() < 1.0);
    assert_eq!(sync.sound_needs_us(9_000_000), 0, "pictures that don't come any more");
}

#[test]
fn sound_that_waits_as_it_is_asked_goes_with_the_pictures_and_does_not_swing() {
    let mut sync = LipSync::new();
    let mut held = HELD_US;
    let mut all = Vec::new();
    for number in 0..300_u64 {
        let taken = 1_000_000 + number * 33_333;
        if number % 30 == 0 {
            sync.sound_report(PLAIN.report(taken, PLAIN.sound_begins, CodedSound::CLOCK));
            sync.picture_report(PLAIN.report(taken, PLAIN.picture_begins, PictureFormat::CLOCK));
        }
        let came = taken + 180_000;
        // Sound is held back by 2 ms more or less for each picture, no faster.
        let wanted = sync.sound_needs_us(came).max(HELD_US);
        held = wanted.clamp(held - 2_000, held + 2_000);
        let heard_us = 15_000 + held;
        sync.sound_played(PLAIN.sound_time(came - heard_us), came, held);
        let ticket = sync.arrived(PLAIN.picture_time(taken), came);
        sync.shown(ticket, sync.due_us(ticket, came).max(came));
        all.push(held);
    }
    assert!((24.0..=27.0).contains(&sync.offset_ms().unwrap()), "{:?}", sync.offset_ms());
    assert!(all.windows(2).all(|pair| pair[0] <= pair[1] + 500), "{all:?}");
    assert!(all.last().is_some_and(|held| (139_000..=141_000).contains(held)), "{all:?}");
}

#[test]
fn reports_that_lie_are_not_believed() {
    for off_s in [-3600_i64, -2, 1, 40_000_000] {
        let mut sync = LipSync::new();
        for number in 0..90_u64 {
            let at = 5_000_000 + number * 33_333;
            sync.sound_report(PLAIN.report(at, PLAIN.sound_begins, CodedSound::CLOCK));
            let mut lie = PLAIN.report(at, PLAIN.picture_begins, PictureFormat::CLOCK);
            lie.ntp = lie.ntp.wrapping_add_signed(off_s << 32);
            sync.picture_report(lie);
            sync.sound_played(PLAIN.sound_time(at - 60_000), at, HELD_US);
            let ticket = sync.arrived(PLAIN.picture_time(at), at);
            assert!(sync.due_us(ticket, at) <= at + 1000, "{off_s}");
        }
        assert_eq!(sync.offset_ms(), None);
    }
}

#[test]
fn a_sender_that_restarts_is_followed_at_once() {
    for told in [false, true] {
        let mut sync = LipSync::new();
        offsets(&mut sync, &PLAIN, &[20_000; 60], 100_000);
        let late = sync.arrived(PLAIN.picture_time(3_000_000), 3_020_000);
        let again = Sender { picture_begins: 3_000_000_000, sound_begins: 9, pace: 1.0 };
        if told {
            sync.picture_restarted();
        }
        let ticket = sync.arrived(again.picture_time(3_100_000), 3_120_000);
        assert_eq!(sync.due_us(ticket, 3_120_000), 0);
        assert_eq!(sync.due_us(late, 3_120_000), 0);
        let all = offsets(&mut sync, &again, &[20_000; 60], 100_000);
        assert!(all[2..].iter().all(|offset| offset.abs() <= 16_000), "{all:?}");
    }
}

#[test]
fn sound_that_stopped_no_longer_counts() {
    let mut sync = LipSync::new();
    offsets(&mut sync, &PLAIN, &[20_000; 30], 300_000);
    let taken = 1_000_000 + 30 * 33_333;
    let ticket = sync.arrived(PLAIN.picture_time(taken), taken + 20_000);
    let with = sync.due_us(ticket, taken + 20_000);
    assert!(with >= taken + 280_000);
    assert!(sync.due_us(ticket, taken + 1_500_000) <= taken + 30_000);
    sync.sound_restarted();
    assert!(sync.due_us(ticket, taken + 20_000) <= taken + 30_000);
}

proptest! {
    /// Whatever the clocks and within what the sound's own delay makes up for, both go together.
    #[test]
    fn picture_and_sound_go_together(
        picture_begins: u32,
        sound_begins: u32,
        parts in -200.0..200.0_f64,
        transit in 5_000_u64..60_000,
        jitter in proptest::collection::vec(0_u64..40_000, 60..400),
        heard in 110_000_u64..300_000,
    ) {
        let sender = Sender { picture_begins, sound_begins, pace: 1.0 + parts / 1_000_000.0 };
        let transit: Vec<u64> = jitter.iter().map(|jitter| transit + jitter).collect();
        let mut sync = LipSync::new();
        let all = offsets(&mut sync, &sender, &transit, heard);
        for offset in &all[1..] {
            prop_assert!(offset.abs() <= 45_000, "{:?}", all);
        }
    }

    /// Nothing that a far side says holds a picture back for more than half a second.
    #[test]
    fn nothing_makes_pictures_stand(
        steps in proptest::collection::vec((any::<u32>(), any::<u64>(), 0_u64..200_000, 0..5_u8), 1..200),
    ) {
        let mut sync = LipSync::new();
        let mut now = 1_000_000;
        for (time, ntp, passed, what) in steps {
            now += passed;
            match what {
                0 => sync.sound_report(ClockReport { ntp, time }),
                1 => sync.picture_report(ClockReport { ntp, time }),
                2 => sync.sound_played(time, now, ntp),
                _ => {
                    let ticket = sync.arrived(time, now);
                    let due = sync.due_us(ticket, now);
                    prop_assert!(due <= now + 500_000, "{} {}", due, now);
                    prop_assert!(sync.sound_needs_us(now) <= 250_000);
                    sync.shown(ticket, due.max(now));
                }
            }
        }
    }
}
