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

/// Two ends whose lanes may go such ways.
async fn ends(ways: LaneWays) -> (End, End) {
    let options = |polite| LinkOptions { lane_ways: ways, ..local(polite) };
    together(options(true), options(false)).await
}

/// How many lanes went the quick way, and how many over channels.
fn ways(end: &End) -> (u64, u64) {
    let figures = end.link.figures();
    (figures.lanes_quick, figures.lanes_on_channels)
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
async fn frames_go_both_ways_at_once_whole_and_in_order_over_channels() {
    let (a, b) = ends(LaneWays::Channels).await;
    assert_eq!(frames_both_ways(a, b).await, (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_go_both_ways_at_once_whole_and_in_order_the_quick_way() {
    let (a, b) = ends(LaneWays::Quick).await;
    assert_eq!(frames_both_ways(a, b).await, (1, 0));
    // Whichever side asks first.
    let (a, b) = ends(LaneWays::Quick).await;
    assert_eq!(frames_both_ways(b, a).await, (1, 0));
}

async fn frames_both_ways(a: End, mut b: End) -> (u64, u64) {
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
    assert_eq!(ways(&a), ways(&b));
    ways(&a)
}

#[tokio::test(flavor = "multi_thread")]
async fn several_lanes_share_a_link_and_end_with_it() {
    for lane_ways in [LaneWays::Channels, LaneWays::Quick] {
        share(lane_ways).await;
    }
}

async fn share(lane_ways: LaneWays) {
    let (a, mut b) = ends(lane_ways).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn where_one_side_has_no_quick_way_lanes_go_over_channels() {
    let none = LinkOptions { lane_ways: LaneWays::Channels, ..local(false) };
    for (a, b) in [(local(true), none.clone()), (none, local(true))] {
        let (a, b) = together(a, b).await;
        assert_eq!(frames_both_ways(a, b).await, (0, 1));
    }
}

/// Asks for lanes by this name until one goes the quick way.
async fn quick_lane(a: &End, b: &mut End, name: &str) -> (Lane, Lane) {
    loop {
        let before = ways(a).0;
        let near = a.link.lane(name);
        let far = taken(b, name).await;
        if ways(a).0 > before {
            return (near, far);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_changes_its_way_when_the_quick_one_is_lost_and_is_there_again() {
    let (a, mut b) = ends(LaneWays::Both).await;
    let (near, far) = quick_lane(&a, &mut b, "file:1").await;
    // The other side leaves the quick way, as it does where the path leads over a relay from now on.
    b.link.set_lane_ways(LaneWays::Channels);
    let ended = thread::spawn(move || {
        let mut near = near;
        assert_eq!(near.hear(), Err(LaneEnded::Closed));
        drop(far);
    });
    ended.join().unwrap();
    let on_channels = a.link.lane("file:1");
    let far = taken(&mut b, "file:1").await;
    assert_eq!(ways(&a), (1, 1));
    // It is there again: the lane over the channel ends by itself, so that it can begin anew on the better way.
    b.link.set_lane_ways(LaneWays::Both);
    let ended = thread::spawn(move || {
        let mut on_channels = on_channels;
        far.say(&Frame::Word(Word::Ready)).unwrap();
        assert_eq!(on_channels.hear(), Ok(Frame::Word(Word::Ready)));
        assert_eq!(on_channels.hear(), Err(LaneEnded::Closed));
    });
    ended.join().unwrap();
    let (near, mut far) = quick_lane(&a, &mut b, "file:1").await;
    let heard = thread::spawn(move || {
        near.say(&frame(1)).unwrap();
        assert_eq!(far.hear(), Ok(frame(1)));
    });
    heard.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_goes_on_the_quick_way_over_a_new_path() {
    let (mut a, mut b) = ends(LaneWays::Quick).await;
    let (near, far) = quick_lane(&a, &mut b, "file:1").await;
    let paths = |end: &End| end.link.figures().paths;
    let before = (paths(&a), paths(&b));
    a.link.restart();
    carry(&mut a, &mut b, |event| *event == LinkEvent::Connected).await;
    let heard = thread::spawn(move || {
        let (mut near, mut far) = (near, far);
        for number in 0..20 {
            near.say(&frame(number)).unwrap();
            assert_eq!(far.hear(), Ok(frame(number)));
            far.say(&frame(number)).unwrap();
            assert_eq!(near.hear(), Ok(frame(number)));
        }
    });
    heard.join().unwrap();
    assert!(paths(&a) > before.0 && paths(&b) > before.1, "the path is another one");
    assert_eq!(ways(&a), (1, 0));
}
