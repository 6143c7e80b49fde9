//! Lanes between two links: frames arrive whole and in order, both ways at once, and both ends learn of the end.

use super::*;
use crate::transfer::lane::{Lane, LaneEnded};
use crate::transfer::wire::{Frame, Word};
use std::thread;

/// Frames that one side sends: more than any buffer holds.
const FRAMES: u64 = 400;

fn frame(number: u64) -> Frame {
    Frame::Data { file: 7, offset: number, bytes: vec![number as u8; 60_000].into() }
}

/// Waits until the other side's lane is there.
async fn taken(end: &mut End, name: &str) -> Lane {
    loop {
        if let Some(lane) = end.link.take_lane(name) {
            return lane;
        }
        end.events.recv().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_go_both_ways_at_once_whole_and_in_order() {
    let (a, mut b) = together(local(true), local(false)).await;
    let mut near = a.link.lane("file:1");
    let mut far = taken(&mut b, "file:1").await;
    // Whoever was called speaks first: the stack loses what comes sooner.
    let answering = thread::spawn(move || {
        far.say(&Frame::Word(Word::Ready)).unwrap();
        for number in 0..FRAMES {
            far.say(&frame(number)).unwrap();
            assert_eq!(far.hear().unwrap(), frame(number));
        }
        far
    });
    let asking = thread::spawn(move || {
        assert_eq!(near.hear().unwrap(), Frame::Word(Word::Ready));
        for number in 0..FRAMES {
            near.say(&frame(number)).unwrap();
            assert_eq!(near.hear().unwrap(), frame(number));
        }
        near
    });
    let (near, mut far) = (asking.join().unwrap(), answering.join().unwrap());
    // What was said last still arrives when the one who said it has gone.
    let end = thread::spawn(move || {
        near.say(&Frame::Word(Word::Done)).unwrap();
        drop(near);
        assert_eq!(far.hear(), Ok(Frame::Word(Word::Done)));
        assert_eq!(far.hear(), Err(LaneEnded::Closed));
    });
    end.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn several_lanes_share_a_link_and_end_with_it() {
    let (a, mut b) = together(local(true), local(false)).await;
    let mut lanes = Vec::new();
    for number in 0..4 {
        let name = format!("file:{number}");
        let near = if number % 2 == 0 { a.link.lane(&name) } else { b.link.lane(&name) };
        lanes.push((name, near));
    }
    let mut a = a;
    let mut fars = Vec::new();
    for (number, (name, _)) in lanes.iter().enumerate() {
        let end = if number % 2 == 0 { &mut b } else { &mut a };
        fars.push(taken(end, name).await);
    }
    let ended = thread::spawn(move || {
        for (number, far) in (0..).zip(&fars) {
            far.say(&frame(number)).unwrap();
        }
        for (number, (_, near)) in (0..).zip(&mut lanes) {
            assert_eq!(near.hear(), Ok(frame(number)));
        }
        (fars, lanes)
    });
    let (mut fars, mut lanes) = ended.join().unwrap();
    assert!(a.link.take_lane("file:1").is_none(), "a lane is taken once");
    drop((a, b));
    thread::spawn(move || {
        for lane in fars.iter_mut().chain(lanes.iter_mut().map(|(_, lane)| lane)) {
            assert_eq!(lane.hear(), Err(LaneEnded::Closed));
            while lane.say(&Frame::Word(Word::Done)).is_ok() {}
        }
    })
    .join()
    .unwrap();
}
