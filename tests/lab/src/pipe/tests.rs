//! One direction by table, and its rate and queue by property.

use super::{Counts, Fate, Pipe, Queue, Shape};
use proptest::prelude::*;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

/// When packets of 1000 bytes that enter at these milliseconds come out, in milliseconds, and by which fate they don't.
fn run(shape: Shape, enter: &[u64]) -> (Vec<String>, Counts) {
    let began = Instant::now();
    let mut pipe = Pipe::new(1);
    pipe.shape(shape);
    let fate = |at: &u64| match pipe.handle(began + MS * *at as u32, (), 1000) {
        Fate::Leaves(leaves) => format!("{}", (leaves - began).as_millis()),
        other => format!("{other:?}"),
    };
    let fates = enter.iter().map(fate).collect();
    (fates, pipe.counts())
}

#[test]
fn a_packet_comes_out_when_its_shape_says() {
    let clean = Shape::default();
    // 8000 bits at 1 Mbit/s take 8 ms.
    let slow = Shape { rate: Some(1_000_000), ..clean };
    let table: [(&str, Shape, &[u64], &[&str]); 8] = [
        ("at once", clean, &[0, 3], &["0", "3"]),
        ("delayed", Shape { delay: MS * 20, ..clean }, &[0, 3], &["20", "23"]),
        ("lost", Shape { loss: 1.0, ..clean }, &[0], &["Lost"]),
        ("one after the other", slow, &[0, 0, 100], &["8", "16", "108"]),
        ("and delayed", Shape { delay: MS * 5, ..slow }, &[0, 0], &["13", "21"]),
        (
            "room by time",
            Shape { queue: Queue::Time(MS * 10), ..slow },
            &[0, 0, 0, 8],
            &["8", "16", "Full", "24"],
        ),
        (
            "room by bytes",
            Shape { queue: Queue::Bytes(2000), ..slow },
            &[0, 0, 0],
            &["8", "16", "Full"],
        ),
        (
            "no room but for one",
            Shape { queue: Queue::Bytes(0), ..slow },
            &[0, 0, 8],
            &["8", "Full", "16"],
        ),
    ];
    for (name, shape, enter, expected) in table {
        assert_eq!(run(shape, enter).0, expected, "{name}");
    }
}

#[test]
fn a_late_packet_is_overtaken() {
    let began = Instant::now();
    let mut pipe = Pipe::new(3);
    pipe.shape(Shape { late: 1.0, late_by: MS * 5, ..Shape::default() });
    pipe.handle(began, "late", 100);
    pipe.shape(Shape::default());
    pipe.handle(began + MS, "next", 100);
    assert_eq!(pipe.next_deadline(), Some(began + MS));
    assert_eq!(pipe.due(began), None);
    assert_eq!(pipe.due(began + MS * 9), Some("next"));
    assert_eq!(pipe.due(began + MS * 9), Some("late"));
    assert_eq!((pipe.counts().late, pipe.counts().forwarded), (1, 2));
}

#[test]
fn losses_are_as_many_and_as_long_as_said() {
    for (loss, burst) in [(0.01, 1.0), (0.2, 1.0), (0.05, 4.0)] {
        let began = Instant::now();
        let mut pipe = Pipe::new(11);
        pipe.shape(Shape { loss, burst, ..Shape::default() });
        let fates: Vec<_> = (0..200_000).map(|_| pipe.handle(began, (), 1) == Fate::Lost).collect();
        let lost = fates.iter().filter(|lost| **lost).count() as f64;
        let runs = fates.windows(2).filter(|pair| !pair[0] && pair[1]).count() as f64;
        assert_eq!(pipe.counts().lost, lost as u64);
        assert!((lost / 200_000.0 / loss - 1.0).abs() < 0.1, "{lost} of {loss}");
        // Independent losses have runs of 1 / (1 - loss).
        let mean = if burst > 1.0 { burst } else { 1.0 / (1.0 - loss) };
        assert!((lost / runs / mean - 1.0).abs() < 0.1, "runs of {} for {burst}", lost / runs);
    }
}

#[test]
fn a_seed_gives_the_same_again() {
    let shape = Shape { loss: 0.3, jitter: MS * 10, late: 0.1, ..Shape::default() };
    let began = Instant::now();
    let fates = |seed| {
        let mut pipe = Pipe::new(seed);
        pipe.shape(shape);
        (0..100).map(|at| pipe.handle(began + MS * at, (), 99)).collect::<Vec<_>>()
    };
    assert_eq!(fates(5), fates(5));
    assert_ne!(fates(5), fates(6));
}

proptest! {
    /// Whatever enters: never more comes out than the rate lets through, what waits fits the queue, order is kept, and
    /// each packet is counted once.
    #[test]
    fn rate_and_queue_hold(
        rate in 10_000_u64..10_000_000,
        room in 1_u64..500,
        gaps in prop::collection::vec((0_u64..20_000, 40_usize..1500), 1..200),
    ) {
        let began = Instant::now();
        let mut pipe = Pipe::new(1);
        let queue = Duration::from_millis(room);
        pipe.shape(Shape { rate: Some(rate), queue: Queue::Time(queue), ..Shape::default() });
        let (mut now, mut left) = (began, Vec::new());
        for (number, (gap, length)) in gaps.iter().enumerate() {
            now += Duration::from_micros(*gap);
            let own = Duration::from_secs_f64(*length as f64 * 8.0 / rate as f64);
            if let Fate::Leaves(leaves) = pipe.handle(now, number, *length) {
                prop_assert!(leaves <= now + queue + own + MS, "waited longer than the queue is");
                left.push((number, leaves, own));
            }
        }
        for pair in left.windows(2) {
            prop_assert!(pair[1].1 + Duration::from_micros(1) >= pair[0].1 + pair[1].2, "faster than the rate");
        }
        let end = now + Duration::from_secs(60);
        let mut out = Vec::new();
        while let Some(number) = pipe.due(end) { out.push(number); }
        prop_assert_eq!(&out, &left.iter().map(|one| one.0).collect::<Vec<_>>());
        let counts = pipe.counts();
        prop_assert_eq!(counts.entered, gaps.len() as u64);
        prop_assert_eq!(counts.forwarded + counts.full, counts.entered);
    }
}
