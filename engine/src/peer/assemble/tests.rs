//! Packets in every order, with holes, twice and from nowhere.

use super::*;
use proptest::prelude::*;

const PATIENCE: u64 = 100_000;

/// A VP8 picture of so many packets; each packet's data names it.
fn picture(first: u16, packets: u16, time: u32) -> Vec<Part> {
    (0..packets)
        .map(|n| {
            let sequence = first.wrapping_add(n);
            let head = if n == 0 { 0x10 } else { 0 };
            let [high, low] = sequence.to_be_bytes();
            Part {
                format: PictureFormat::Vp8,
                sequence,
                time,
                last: n + 1 == packets,
                payload: vec![head, high, low].into(),
            }
        })
        .collect()
}

fn drain(assembler: &mut Assembler, now_us: u64) -> Vec<Option<u32>> {
    std::iter::from_fn(|| assembler.poll(now_us))
        .map(|assembled| match assembled {
            Assembled::Picture(picture, _) => Some(picture.time),
            Assembled::Gap => None,
        })
        .collect()
}

fn push_all(assembler: &mut Assembler, now_us: u64, parts: impl IntoIterator<Item = Part>) {
    parts.into_iter().for_each(|part| assembler.push(now_us, part));
}

#[test]
fn pictures_come_out_whole_and_in_order_over_the_wrap() {
    let mut assembler = Assembler::new(PATIENCE);
    let mut parts = picture(65_533, 3, 1);
    parts.extend(picture(0, 2, 2));
    parts.swap(1, 3);
    push_all(&mut assembler, 0, parts);
    assert_eq!(drain(&mut assembler, 0), [Some(1), Some(2)]);
    assert_eq!(assembler.counts(), Counts::default());
}

#[test]
fn a_hole_is_waited_for_and_filled() {
    let mut assembler = Assembler::new(PATIENCE);
    let mut parts = picture(10, 3, 1);
    let missing = parts.remove(1);
    push_all(&mut assembler, 0, parts.into_iter().chain(picture(13, 1, 2)));
    assert_eq!(drain(&mut assembler, 0), []);
    assert_eq!(assembler.deadline_us(), Some(PATIENCE));
    assembler.push(PATIENCE - 1, missing);
    assert_eq!(drain(&mut assembler, PATIENCE - 1), [Some(1), Some(2)]);
    assert_eq!(assembler.deadline_us(), None);
}

#[test]
fn a_hole_that_stays_is_given_up_and_told() {
    let mut assembler = Assembler::new(PATIENCE);
    push_all(&mut assembler, 0, picture(10, 1, 1));
    let mut parts = picture(11, 3, 2);
    let late = parts.remove(1);
    push_all(&mut assembler, 0, parts.into_iter().chain(picture(14, 2, 3)));
    assert_eq!(drain(&mut assembler, 0), [Some(1)]);
    assert_eq!(drain(&mut assembler, PATIENCE), [None, Some(3)]);
    assembler.push(PATIENCE, late);
    assert_eq!(drain(&mut assembler, 2 * PATIENCE), []);
    assert_eq!(assembler.counts(), Counts { useless: 1, odd: 0, gaps: 1 });
}

#[test]
fn a_hole_over_an_end_and_a_beginning_takes_both_pictures() {
    let mut assembler = Assembler::new(PATIENCE);
    let parts = [picture(0, 2, 1), picture(2, 2, 2), picture(4, 2, 3)].concat();
    let lost = [1, 2];
    push_all(&mut assembler, 0, parts.into_iter().filter(|p| !lost.contains(&p.sequence)));
    assert_eq!(drain(&mut assembler, 0), []);
    assert_eq!(drain(&mut assembler, PATIENCE), [None, Some(3)]);
}

#[test]
fn a_stream_begins_where_a_picture_does_and_may_begin_anew() {
    let mut assembler = Assembler::new(PATIENCE);
    push_all(&mut assembler, 0, picture(100, 3, 1).split_off(1));
    push_all(&mut assembler, 0, picture(103, 2, 2));
    assert_eq!(drain(&mut assembler, 0), [Some(2)]);
    push_all(&mut assembler, 0, picture(40_000, 2, 3));
    assert_eq!(drain(&mut assembler, 0), [Some(3)]);
}

#[test]
fn padding_fills_its_place() {
    let mut assembler = Assembler::new(PATIENCE);
    push_all(&mut assembler, 0, picture(5, 1, 1));
    let padding = Part { payload: Bytes::new(), last: false, ..picture(6, 1, 1).remove(0) };
    push_all(&mut assembler, 0, [padding]);
    push_all(&mut assembler, 0, picture(7, 1, 2));
    assert_eq!(drain(&mut assembler, 0), [Some(1), Some(2)]);
}

#[test]
fn a_picture_that_makes_no_sense_is_a_gap() {
    let mut assembler = Assembler::new(PATIENCE);
    let odd = Part { payload: vec![0x10].into(), ..picture(5, 1, 1).remove(0) };
    push_all(&mut assembler, 0, [odd]);
    push_all(&mut assembler, 0, picture(6, 1, 2));
    assert_eq!(drain(&mut assembler, 0), [None, Some(2)]);
    assert_eq!(assembler.counts().odd, 1);
}

#[test]
fn what_waits_is_bounded() {
    let mut assembler = Assembler::new(u64::MAX / 2);
    assembler.push(0, picture(0, 2, 1).remove(0));
    for n in 2..=MOST as u16 + 2 {
        push_all(&mut assembler, 0, picture(n, 1, u32::from(n)));
        drain(&mut assembler, u64::MAX / 2);
        assert!(assembler.waiting.len() <= MOST);
    }
    assert!(assembler.counts().gaps >= 1);
}

proptest! {
    #[test]
    fn whatever_is_lost_or_swapped_the_rest_comes_in_order(
        sizes in prop::collection::vec(1_u16..6, 1..40),
        lost in prop::collection::hash_set(0_usize..160, 0..30),
        swaps in prop::collection::vec((0_usize..160, 1_usize..4), 0..40),
        start: u16,
    ) {
        let mut sequence = start;
        let mut sent = Vec::new();
        for (time, &size) in sizes.iter().enumerate() {
            sent.extend(picture(sequence, size, time as u32));
            sequence = sequence.wrapping_add(size);
        }
        let whole: Vec<u32> = (0..sizes.len() as u32)
            .filter(|&time| !sent.iter().enumerate().any(|(n, p)| p.time == time && lost.contains(&n)))
            .collect();
        let mut order: Vec<usize> = (0..sent.len()).filter(|n| !lost.contains(n)).collect();
        // The very first packet stays: before it there is nothing to be in order with.
        for (place, by) in swaps {
            if place > 0 && place + by < order.len() {
                order.swap(place, place + by);
            }
        }
        let mut assembler = Assembler::new(PATIENCE);
        let mut out = Vec::new();
        for place in order {
            assembler.push(0, sent[place].clone());
            out.extend(drain(&mut assembler, 0));
        }
        for _ in 0..=sizes.len() {
            out.extend(drain(&mut assembler, 0));
            assembler.hole_since = assembler.hole_since.map(|_| 0);
            out.extend(drain(&mut assembler, PATIENCE));
        }
        let pictures: Vec<u32> = out.into_iter().flatten().collect();
        let mut sorted = pictures.clone();
        sorted.sort_unstable();
        prop_assert_eq!(&pictures, &sorted);
        if !lost.contains(&0) {
            prop_assert_eq!(pictures, whole);
        }
    }

    #[test]
    fn nothing_from_outside_breaks_it(
        parts in prop::collection::vec((any::<u16>(), 0_u32..5, any::<bool>(), prop::collection::vec(any::<u8>(), 0..6)), 0..200),
    ) {
        let mut assembler = Assembler::new(PATIENCE);
        for (n, (sequence, time, last, payload)) in parts.into_iter().enumerate() {
            let format = PictureFormat::Vp8;
            assembler.push(n as u64 * 10_000, Part { format, sequence, time, last, payload: payload.into() });
            drain(&mut assembler, n as u64 * 10_000);
            prop_assert!(assembler.waiting.len() <= MOST);
        }
    }
}
