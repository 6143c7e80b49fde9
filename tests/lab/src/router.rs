//! The router between the hosts: one thread that reads what their devices give, has each direction say what becomes of
//! it, and writes to the devices what comes out. Packets that a sender handed over at once and that come out at once are
//! written at once. It ends when the other end of its bell is dropped.

use crate::frame::{Frame, LARGEST, UDP};
use crate::pipe::Pipe;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::HashSet;
use std::ops::Range;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tun_rs::SyncDevice;

/// Reads of one device before the others have their turn.
const TURN: usize = 32;
/// The longest that it waits when nothing is under way.
const IDLE: Duration = Duration::from_secs(1);

/// A packet under way: which of a frame's.
pub(crate) type Piece = (Arc<Frame>, usize);

/// What the laboratory changes while the router runs.
#[derive(Debug)]
pub(crate) struct Ways {
    /// From each host to each, by `from * hosts + to`.
    pub(crate) pipes: Vec<Pipe<Piece>>,
    /// Directions that are blocked, by the same number.
    pub(crate) blocked: HashSet<usize>,
    /// Hosts whose UDP is barred.
    pub(crate) barred: HashSet<usize>,
}

/// What the router and the laboratory share.
pub(crate) type Shared = Arc<Mutex<Ways>>;

pub(crate) fn lock(ways: &Shared) -> MutexGuard<'_, Ways> {
    ways.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One end of the router: a host's device, and the address that belongs to it.
pub(crate) struct End {
    pub(crate) device: SyncDevice,
    pub(crate) address: [u8; 4],
}

/// Routes until the bell rings.
pub(crate) fn route(ends: &[End], ways: &Shared, bell: &UnixStream) {
    let mut buffer = vec![0; LARGEST];
    loop {
        let next = deliver(ends, ways);
        let wait = next.map_or(IDLE, |next| next.saturating_duration_since(Instant::now()));
        let wait =
            Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
        let mut awaited: Vec<_> =
            ends.iter().map(|end| PollFd::new(&end.device, PollFlags::IN)).collect();
        awaited.push(PollFd::new(bell, PollFlags::IN));
        // An interrupted wait is a short one.
        if poll(&mut awaited, Some(&wait)).is_err() {
            continue;
        }
        let ready: Vec<bool> = awaited.iter().map(|one| !one.revents().is_empty()).collect();
        if ready.last() == Some(&true) {
            return;
        }
        for (from, _) in ready.iter().enumerate().filter(|(_, ready)| **ready) {
            for _ in 0..TURN {
                let Ok(length) = ends[from].device.recv(&mut buffer) else { break };
                if let Some(frame) = Frame::read(&buffer[..length]) {
                    take(ends, &mut lock(ways), from, frame);
                }
            }
        }
    }
}

/// Lets a frame's packets into their way.
fn take(ends: &[End], ways: &mut Ways, from: usize, frame: Frame) {
    let to = ends.iter().position(|end| end.address == frame.target());
    let Some(to) = to.filter(|_| ends[from].address == frame.source()) else { return };
    let way = from * ends.len() + to;
    let is_blocked = ways.blocked.contains(&way);
    let is_barred =
        frame.protocol() == UDP && (ways.barred.contains(&from) || ways.barred.contains(&to));
    let pipe = &mut ways.pipes[way];
    let (frame, now) = (Arc::new(frame), Instant::now());
    for at in 0..frame.count() {
        if is_blocked {
            pipe.block();
        } else if is_barred {
            pipe.bar();
        } else {
            pipe.handle(now, (Arc::clone(&frame), at), frame.length(at));
        }
    }
}

/// Writes what comes out by now; says when more will.
fn deliver(ends: &[End], ways: &Shared) -> Option<Instant> {
    let mut ways = lock(ways);
    let mut next: Option<Instant> = None;
    for (way, pipe) in ways.pipes.iter_mut().enumerate() {
        let device = &ends[way % ends.len()].device;
        let now = Instant::now();
        let mut together: Option<(Arc<Frame>, Range<usize>)> = None;
        while let Some((frame, at)) = pipe.due(now) {
            if let Some((last, which)) = &mut together
                && Arc::ptr_eq(last, &frame)
                && which.end == at
            {
                which.end += 1;
            } else {
                write(device, together.replace((frame, at..at + 1)));
            }
        }
        write(device, together);
        next = [next, pipe.next_deadline()].into_iter().flatten().min();
    }
    next
}

/// A device that takes nothing is that of a host which is going away.
fn write(device: &SyncDevice, packets: Option<(Arc<Frame>, Range<usize>)>) {
    if let Some((frame, which)) = packets {
        drop(device.send(&frame.part(which)));
    }
}
