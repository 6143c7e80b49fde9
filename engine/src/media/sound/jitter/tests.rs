//! The jitter buffer on networks that are made up: each is told by its seed, and runs through a minute in a
//! moment. What it does is measured by what would be heard.

use super::super::opus::{Decoder, Encoder, FRAME};
use super::super::playout::Playout;
use super::*;
use proptest::prelude::*;
use std::f32::consts::TAU;
use std::sync::OnceLock;

/// A small generator of chance: the same seed, the same network.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// How a network treats packets.
#[derive(Debug, Clone, Copy)]
struct Network {
    jitter_ms: f64,
    loss: f64,
    /// Whether jitter may change the order.
    reorder: bool,
    twice: f64,
    /// How much faster the sender's clock runs.
    drift_ppm: f64,
    seed: u64,
}

const CALM: Network =
    Network { jitter_ms: 0.0, loss: 0.0, reorder: false, twice: 0.0, drift_ppm: 0.0, seed: 1 };

/// A second of packets of something like speech, coded once: its fiftieth packet leads to its first.
fn packets() -> &'static [Bytes] {
    static PACKETS: OnceLock<Vec<Bytes>> = OnceLock::new();
    PACKETS.get_or_init(|| {
        let mut encoder = Encoder::new().unwrap();
        encoder.set_loss(20).unwrap();
        let frame = |index: usize| -> [f32; FRAME] {
            std::array::from_fn(|at| {
                let t = (index * FRAME + at) as f32 / 48_000.0;
                let swell = 0.6 + 0.4 * (TAU * 3.0 * t).sin();
                (1..8).map(|n| (TAU * 140.0 * n as f32 * t).sin() / n as f32).sum::<f32>()
                    * 0.12
                    * swell
            })
        };
        (0..100)
            .map(|index| encoder.encode(&frame(index), 0).unwrap().unwrap().data)
            .skip(50)
            .collect()
    })
}

/// When each of so many packets comes, and which: sorted by time. Loss begins after the first ten.
fn arrivals(
    network: Network,
    from: usize,
    to: usize,
    chance: &mut Chance,
) -> Vec<(u64, ReceivedSound)> {
    let (mut all, mut last_us) = (Vec::new(), 0);
    for index in from..to {
        let sent_us = (index as f64 * 20_000.0 * (1.0 - network.drift_ppm * 1e-6)) as u64;
        let mut comes_us = 50_000 + sent_us + (chance.next() * network.jitter_ms * 1000.0) as u64;
        if !network.reorder {
            comes_us = comes_us.max(last_us + 1);
        }
        last_us = comes_us;
        let lost = chance.next() < network.loss && index > 10;
        let copies = if lost { 0 } else { 1 + usize::from(chance.next() < network.twice) };
        for copy in 0..copies as u64 {
            let arrived_us = comes_us + copy * 700;
            let sound = ReceivedSound {
                sequence: (index as u16).wrapping_add(65_500),
                time: (index as u32).wrapping_mul(960).wrapping_add(u32::MAX - 100_000),
                data: packets()[index % 50].clone(),
                arrived_us,
            };
            all.push((arrived_us, sound));
        }
    }
    all.sort_by_key(|(comes_us, _)| *comes_us);
    all
}

/// What was heard in a stretch of time.
#[derive(Debug, Default)]
struct Heard {
    concealed_percent: f64,
    mended_ms: u64,
    most_delay_ms: u64,
    delay_ms: u64,
    first_sound_ms: Option<u64>,
    /// Times within sound that a block was silent.
    gaps: u64,
}

/// Plays until a time; figures are of the time from `from_ms` on.
fn play(
    playout: &mut Playout,
    coming: &[(u64, ReceivedSound)],
    (from_ms, to_ms): (u64, u64),
) -> Heard {
    let mut coming = coming.iter().skip_while(|(at, _)| *at <= from_ms * 1000).peekable();
    let begin = playout.played();
    let (mut heard, mut sounded) = (Heard::default(), false);
    for now_ms in (from_ms + 10..=to_ms).step_by(10) {
        while let Some((_, sound)) = coming.next_if(|(at, _)| *at <= now_ms * 1000) {
            playout.put(sound.clone());
        }
        let mut block = [0.0; 480];
        playout.pull(now_ms * 1000, &mut block);
        let silent = block.iter().all(|sample| sample.abs() < 1e-4);
        if !silent && heard.first_sound_ms.is_none() {
            heard.first_sound_ms = Some(now_ms);
        }
        sounded |= !silent;
        heard.gaps += u64::from(silent && sounded);
        heard.most_delay_ms = heard.most_delay_ms.max(playout.played().delay_ms);
    }
    let end = playout.played();
    heard.delay_ms = end.delay_ms;
    let all = (to_ms - from_ms) as f64 * 48.0;
    heard.concealed_percent = (end.concealed - begin.concealed) as f64 / all * 100.0;
    heard.mended_ms = (end.mended - begin.mended) / 48;
    heard
}

/// A minute of a network, of which the first five seconds don't count.
fn minute(network: Network) -> Heard {
    let mut playout = Playout::new().unwrap();
    let coming = arrivals(network, 0, 3000, &mut Chance(network.seed));
    play(&mut playout, &coming, (0, 5_000));
    let heard = play(&mut playout, &coming, (5_000, 59_000));
    println!("{network:?}\n  {heard:?}");
    heard
}

#[test]
fn a_calm_network_is_heard_at_once_and_without_a_gap() {
    let mut playout = Playout::new().unwrap();
    let coming = arrivals(CALM, 0, 500, &mut Chance(1));
    let heard = play(&mut playout, &coming, (0, 9_000));
    // The first packet comes after 50 ms.
    assert!(heard.first_sound_ms.is_some_and(|at| at <= 100), "{heard:?}");
    assert_eq!((heard.concealed_percent, heard.gaps), (0.0, 0), "{heard:?}");
    assert!(heard.most_delay_ms <= 40, "{heard:?}");
}

#[test]
fn jitter_is_learned() {
    // Jitter in ms, whether it changes the order; at most so much made up, at most so long held back.
    for (jitter_ms, reorder, most_percent, most_delay_ms) in [
        (10.0, true, 0.3, 60),
        (30.0, true, 0.5, 80),
        (60.0, true, 0.7, 110),
        (100.0, true, 1.0, 150),
        (100.0, false, 1.0, 150),
        (200.0, true, 1.0, 260),
    ] {
        let heard = minute(Network { jitter_ms, reorder, ..CALM });
        assert!(heard.concealed_percent < most_percent, "{jitter_ms} ms: {heard:?}");
        assert!(heard.most_delay_ms < most_delay_ms, "{jitter_ms} ms: {heard:?}");
        assert_eq!(heard.gaps, 0, "{jitter_ms} ms: {heard:?}");
    }
}

#[test]
fn what_is_lost_is_mended_where_that_is_possible() {
    for (loss, most_percent) in [(0.02, 1.2), (0.1, 6.0), (0.2, 12.5)] {
        let heard = minute(Network { loss, jitter_ms: 10.0, reorder: true, ..CALM });
        assert!(heard.concealed_percent < most_percent, "{loss}: {heard:?}");
        assert!(heard.mended_ms as f64 > 54_000.0 * loss * 0.3, "{loss}: {heard:?}");
        assert!(heard.most_delay_ms < 120, "{loss}: {heard:?}");
    }
}

#[test]
fn after_a_bad_spell_the_delay_is_low_again_within_five_seconds() {
    let mut playout = Playout::new().unwrap();
    let mut chance = Chance(5);
    let mut coming = arrivals(CALM, 0, 500, &mut chance);
    let bad = Network { jitter_ms: 250.0, reorder: false, ..CALM };
    coming.extend(arrivals(bad, 500, 1000, &mut chance));
    coming.extend(arrivals(CALM, 1000, 2000, &mut chance));
    coming.sort_by_key(|(at, _)| *at);
    let calm = play(&mut playout, &coming, (0, 10_000));
    let spell = play(&mut playout, &coming, (10_000, 20_000));
    let back = play(&mut playout, &coming, (20_000, 25_300));
    let after = play(&mut playout, &coming, (25_300, 30_000));
    println!("{calm:?}\n{spell:?}\n{back:?}\n{after:?}");
    assert!(spell.most_delay_ms > 200, "the spell was felt: {spell:?}");
    assert!(back.delay_ms <= 45, "{back:?}");
    assert!(after.most_delay_ms <= 45 && after.concealed_percent == 0.0, "{after:?}");
}

#[test]
fn sound_waits_as_long_as_it_is_told_and_nothing_is_left_out() {
    let mut playout = Playout::new().unwrap();
    let coming = arrivals(CALM, 0, 2000, &mut Chance(6));
    play(&mut playout, &coming, (0, 5_000));
    playout.set_least_delay(150_000);
    let waiting = play(&mut playout, &coming, (5_000, 15_000));
    assert!((135..=160).contains(&waiting.delay_ms), "{waiting:?}");
    playout.set_least_delay(10_000_000);
    let bounded = play(&mut playout, &coming, (15_000, 25_000));
    assert!((285..=310).contains(&bounded.delay_ms), "{bounded:?}");
    playout.set_least_delay(0);
    let back = play(&mut playout, &coming, (25_000, 39_000));
    assert!(back.delay_ms <= 45, "{back:?}");
    for heard in [waiting, bounded, back] {
        assert_eq!((heard.concealed_percent, heard.gaps), (0.0, 0), "{heard:?}");
    }
}

#[test]
fn a_clock_that_drifts_is_followed() {
    for drift_ppm in [-500.0, 500.0] {
        let heard = minute(Network { drift_ppm, jitter_ms: 5.0, ..CALM });
        assert!(
            heard.concealed_percent < 0.2 && heard.most_delay_ms < 60,
            "{drift_ppm}: {heard:?}"
        );
    }
}

#[test]
fn a_freeze_and_what_comes_at_once_after_it_does_not_stay() {
    let mut playout = Playout::new().unwrap();
    let mut coming = arrivals(CALM, 0, 1000, &mut Chance(3));
    for (at, sound) in &mut coming {
        if (5_000_000..6_000_000).contains(at) {
            *at = 6_000_000;
            sound.arrived_us = *at;
        }
    }
    play(&mut playout, &coming, (0, 5_000));
    let frozen = play(&mut playout, &coming, (5_000, 6_000));
    assert!(frozen.gaps > 50, "nothing came, so silence was heard: {frozen:?}");
    let after = play(&mut playout, &coming, (6_000, 12_000));
    assert!(after.most_delay_ms <= 420 && after.delay_ms < 60, "{after:?}");
    assert!(after.gaps == 0, "{after:?}");
}

#[test]
fn a_pause_is_silent_and_nothing_is_made_up_for_it() {
    let mut playout = Playout::new().unwrap();
    let mut coming = arrivals(CALM, 0, 300, &mut Chance(1));
    let pause: Vec<usize> = (100..200).collect();
    for (index, (_, sound)) in coming.iter_mut().enumerate() {
        // Announced by the first, then kept; the sequence goes on without a gap.
        if index == 100 {
            sound.data = Bytes::from_static(&[0x78]);
        }
        if index >= 200 {
            sound.sequence = sound.sequence.wrapping_sub(99);
        }
    }
    coming.retain({
        let mut index = 0;
        move |_| {
            index += 1;
            !pause[1..].contains(&(index - 1))
        }
    });
    let before = play(&mut playout, &coming, (0, 2_200));
    let silent = play(&mut playout, &coming, (2_200, 4_000));
    let after = play(&mut playout, &coming, (4_000, 6_000));
    assert_eq!(before.concealed_percent + silent.concealed_percent + after.concealed_percent, 0.0);
    assert_eq!(silent.first_sound_ms, None, "{silent:?}");
    assert!(after.first_sound_ms.is_some_and(|at| at <= 4_100) && after.gaps == 0, "{after:?}");
    assert_eq!(playout.played().packets.lost, 0);
}

#[test]
fn a_sender_that_begins_anew_is_followed_and_a_stray_is_not() {
    let mut playout = Playout::new().unwrap();
    let mut coming = arrivals(CALM, 0, 200, &mut Chance(1));
    for (index, (_, sound)) in coming.iter_mut().enumerate() {
        if index == 50 {
            sound.sequence = sound.sequence.wrapping_add(20_000);
        }
        if index >= 100 {
            sound.sequence = 40_000 + index as u16;
            sound.time = index as u32 * 960 + 5;
        }
    }
    let heard = play(&mut playout, &coming, (0, 4_060));
    let counts = playout.played().packets;
    assert_eq!((counts.odd, counts.restarts), (1, 1), "{counts:?}");
    assert!(heard.concealed_percent < 3.0, "{heard:?}");
    assert!(counts.received >= 198, "{counts:?}");
}

#[test]
fn packets_are_counted_as_what_they_are() {
    let mut jitter = Jitter::default();
    let put = |jitter: &mut Jitter, index: u16, at_ms: u64| {
        jitter.put(ReceivedSound {
            sequence: index,
            time: u32::from(index) * 960,
            data: packets()[usize::from(index)].clone(),
            arrived_us: at_ms * 1000,
        });
    };
    put(&mut jitter, 0, 0);
    put(&mut jitter, 1, 20);
    put(&mut jitter, 1, 21);
    put(&mut jitter, 3, 60);
    // 0 and 1 are decoded, 2 is mended or made up, 3 is decoded.
    let mut decoded = 0;
    let mut at_us = 0;
    while decoded < 3 {
        let step = jitter.next(at_us);
        decoded += usize::from(matches!(step, Step::Decode(_)));
        at_us += match step {
            Step::Decode(_) => 20_000,
            Step::Mend { samples, .. } | Step::Conceal { samples } | Step::Silence { samples } => {
                us_of(samples as i64) as u64
            }
        };
    }
    assert_eq!((jitter.counts().lost, jitter.counts().late), (1, 0));
    put(&mut jitter, 2, 150);
    let expected = Counts { received: 4, late: 1, twice: 1, ..Counts::default() };
    assert_eq!(jitter.counts(), expected);
    jitter.put(ReceivedSound { sequence: 4, time: 0, data: Bytes::new(), arrived_us: 0 });
    assert_eq!(jitter.counts().odd, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn sound_flows_whatever_the_network_does(
        jitter_ms in 0.0..400.0_f64,
        loss in 0.0..0.5_f64,
        reorder in any::<bool>(),
        twice in 0.0..0.3_f64,
        drift_ppm in -500.0..500.0_f64,
        seed in 1..u64::MAX,
    ) {
        let network = Network { jitter_ms, loss, reorder, twice, drift_ppm, seed };
        let mut playout = Playout::new().unwrap();
        let coming = arrivals(network, 0, 500, &mut Chance(seed));
        let heard = play(&mut playout, &coming, (0, 10_000));
        // What is pulled is always whole; what was held back has a bound.
        prop_assert!(heard.most_delay_ms < 620, "{heard:?}");
        let counts = playout.played().packets;
        prop_assert_eq!(counts.odd + counts.restarts, 0);
    }

    #[test]
    fn no_stream_is_too_odd(
        packets in prop::collection::vec(
            (any::<u16>(), any::<u32>(), prop::collection::vec(any::<u8>(), 0..40), 0_u64..5_000),
            0..200,
        ),
    ) {
        let mut playout = Playout::new().unwrap();
        let mut at_us = 0;
        for (sequence, time, data, wait) in packets {
            at_us += wait * 10;
            playout.put(ReceivedSound { sequence, time, data: data.into(), arrived_us: at_us });
            let mut block = [0.0; 480];
            playout.pull(at_us, &mut block);
            prop_assert!(block.iter().all(|sample| sample.is_finite()));
        }
    }
}

#[test]
fn the_decoder_is_only_asked_for_what_it_can_do() {
    let mut decoder = Decoder::new().unwrap();
    let mut out = Vec::new();
    for samples in [1, 119, 120, 121, 479, 480, 5760] {
        decoder.conceal(samples, &mut out).unwrap();
        assert!(out.len() >= samples);
    }
}
