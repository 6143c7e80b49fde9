//! Two ends of a quick way over bare sockets, and those who should not get in.

use super::*;
use crate::transfer::lane::{Lane, LaneEnded, lane};
use crate::transfer::wire::{Frame, Word};
use std::net::UdpSocket;
use std::thread;

/// A socket whose datagrams are sorted as the stack's are.
struct Socket {
    crossing: Arc<Crossing>,
    own: Arc<UdpSocket>,
}

impl Socket {
    fn new() -> Self {
        let own = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        own.set_nonblocking(true).unwrap();
        let crossing = Arc::<Crossing>::default();
        let (sorting, reader) = (Arc::clone(&crossing), own.try_clone().unwrap());
        let reader = tokio::net::UdpSocket::from_std(reader).unwrap();
        tokio::spawn(async move {
            let mut bytes = vec![0; 64 * 1024];
            while let Ok((length, from)) = reader.recv_from(&mut bytes).await {
                sorting.sort(from, &mut bytes[..length], length);
            }
        });
        Self { crossing, own }
    }

    /// What is sent goes to another from now on.
    fn face(&self, other: &Self) {
        self.crossing.leaves(&self.own, other.own.local_addr().unwrap(), &[0x80]);
    }

    fn end(&self) -> End {
        End::new(&self.crossing, &Arc::default()).unwrap()
    }
}

fn facing() -> (Socket, Socket) {
    let (a, b) = (Socket::new(), Socket::new());
    a.face(&b);
    b.face(&a);
    (a, b)
}

async fn connected(a: &End, b: &End) -> (Connection, Connection) {
    let (goes, comes) = tokio::join!(a.connect(b.public()), b.awaited(a.public()));
    (goes.unwrap(), comes.unwrap())
}

/// Hears on a lane, on a thread as transfers do.
async fn heard(lane: Lane) -> (Lane, Result<Frame, LaneEnded>) {
    let hearing = thread::spawn(move || {
        let mut lane = lane;
        let heard = lane.hear();
        (lane, heard)
    });
    tokio::task::spawn_blocking(|| hearing.join().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_the_key_is_turned_away_and_who_has_it_comes_in_after_that() {
    let (a, b) = facing();
    let (own, other) = (a.end(), b.end());
    let stranger = Key::random().unwrap().public();
    // Whoever awaits somebody else does not let this one in.
    let awaiting = tokio::spawn(other.awaited(stranger));
    if let Ok(connection) = own.connect(other.public()).await {
        // Seen as let in until the other end has looked.
        connection.closed().await;
    }
    assert!(!awaiting.is_finished());
    awaiting.abort();
    // Whoever looks for somebody else does not come in here.
    let awaiting = tokio::spawn(other.awaited(own.public()));
    let refused = own.connect(stranger).await;
    assert!(matches!(refused, Err(NotQuick::Connect(_))), "{refused:?}");
    assert!(!awaiting.is_finished());
    awaiting.abort();
    connected(&own, &other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_on_a_stream_ends_that_lane_alone() {
    let (a, b) = facing();
    let (own, other) = (a.end(), b.end());
    let (goes, comes) = connected(&own, &other).await;
    // A name that is too long, one that is no text, and a stream that ends before its name.
    for name in [vec![0, 0, 0, 200], vec![0, 0, 0, 2, 0xff, 0xfe], vec![0, 0]] {
        let (mut out, _incoming) = goes.open_bi().await.unwrap();
        out.write_all(&name).await.unwrap();
        out.finish().unwrap();
    }
    let (mut out, _incoming) = open(&goes, "file:1").await.unwrap();
    let opened = accept(&comes).await.unwrap();
    assert_eq!(opened.name, "file:1");
    let (far, carrier) = lane();
    tokio::spawn(carry(opened.streams, carrier));
    let word = Frame::Word(Word::Ready).write();
    out.write_all(&(word.len() as u32).to_be_bytes()).await.unwrap();
    out.write_all(&word).await.unwrap();
    let (far, frame) = heard(far).await;
    assert_eq!(frame, Ok(Frame::Word(Word::Ready)));
    out.write_all(&70_000_u32.to_be_bytes()).await.unwrap();
    assert_eq!(heard(far).await.1, Err(LaneEnded::Closed));
    // Another lane on the same connection.
    let (_out, _incoming) = open(&goes, "file:2").await.unwrap();
    assert_eq!(accept(&comes).await.unwrap().name, "file:2");
}

#[tokio::test(flavor = "multi_thread")]
async fn datagrams_of_chance_do_no_harm() {
    let (a, b) = facing();
    let (own, other) = (a.end(), b.end());
    let (goes, comes) = connected(&own, &other).await;
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..2_000 {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let mut datagram = chance.to_le_bytes().repeat(1 + (chance % 180) as usize);
        datagram[0] |= 0x40;
        b.crossing.sort(a.own.local_addr().unwrap(), &mut datagram, usize::MAX);
    }
    let (_out, _incoming) = open(&goes, "file:1").await.unwrap();
    assert_eq!(accept(&comes).await.unwrap().name, "file:1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_may_change_under_a_connection() {
    let (a, b) = facing();
    let (own, other) = (a.end(), b.end());
    let (goes, comes) = connected(&own, &other).await;
    // Another socket on one side, as after a change of network.
    let moved = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
    moved.set_nonblocking(true).unwrap();
    let there = moved.local_addr().unwrap();
    a.crossing.leaves(&moved, b.own.local_addr().unwrap(), &[0x80]);
    b.crossing.leaves(&b.own, there, &[0x80]);
    let (sorting, reader) = (Arc::clone(&a.crossing), moved.try_clone().unwrap());
    let reader = tokio::net::UdpSocket::from_std(reader).unwrap();
    tokio::spawn(async move {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok((length, from)) = reader.recv_from(&mut bytes).await {
            sorting.sort(from, &mut bytes[..length], length);
        }
    });
    let (_out, _incoming) = open(&goes, "file:1").await.unwrap();
    assert_eq!(accept(&comes).await.unwrap().name, "file:1");
    assert_eq!(a.crossing.way().0, 2);
}
