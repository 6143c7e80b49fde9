//! Where two protocols cross on one socket: the WebRTC stack's, and QUIC's. Which datagram is whose, the first byte says, as
//! RFC 9443 has it; QUIC's are taken out and wait here.
//!
//! The way that QUIC takes is the one on which the stack itself sends what is not a test of a way: it has chosen it, and
//! nobody has to ask which it was. Datagrams of QUIC from anywhere else are left to the stack, which drops them.

use socket2::SockRef;
use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Bytes that may wait for QUIC; what comes then is dropped, as a full socket does it, and sent again by the other side.
const WAITING: usize = 8 * 1024 * 1024;

/// A way as the stack uses it: from a socket of ours to an address of theirs.
#[derive(Debug, Clone)]
pub(in crate::peer) struct Way {
    /// Another handle of the socket, for whoever sends beside the stack.
    pub(in crate::peer) socket: Arc<UdpSocket>,
    /// Where to.
    pub(in crate::peer) to: SocketAddr,
}

/// Datagrams of one size that came together; the last may be shorter.
#[derive(Debug)]
struct Arrived {
    bytes: Vec<u8>,
    stride: usize,
}

/// The crossing of one link's sockets.
#[derive(Debug, Default)]
pub(in crate::peer) struct Crossing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    way: Option<Way>,
    /// Grows with each new way.
    ways: u64,
    /// Whether anybody waits for QUIC's datagrams.
    open: bool,
    arrived: VecDeque<Arrived>,
    waiting: usize,
    dropped: u64,
    waker: Option<Waker>,
}

/// Whether a datagram that begins so is QUIC's.
fn is_quic(first: u8) -> bool {
    matches!(first, 64..=127 | 192..=255)
}

/// Whether a datagram that begins so goes the way that was chosen: DTLS, RTP and RTCP do, tests of ways don't.
fn goes_the_chosen_way(first: u8) -> bool {
    matches!(first, 20..=63 | 128..=191)
}

impl Crossing {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stack sends something from a socket.
    pub(in crate::peer) fn leaves(&self, socket: &Arc<UdpSocket>, to: SocketAddr, bytes: &[u8]) {
        if !bytes.first().is_some_and(|first| goes_the_chosen_way(*first)) || to.ip().is_multicast()
        {
            return;
        }
        let mut state = self.state();
        let same = |way: &Way| way.to == to && Arc::ptr_eq(&way.socket, socket);
        if !state.way.as_ref().is_some_and(same) {
            state.way = Some(Way { socket: Arc::clone(socket), to });
            state.ways += 1;
        }
    }

    /// The way as it is now, and its number.
    pub(in crate::peer) fn way(&self) -> (u64, Option<Way>) {
        let state = self.state();
        (state.ways, state.way.clone())
    }

    /// From now on QUIC's datagrams are taken out.
    pub(in crate::peer) fn open(&self) {
        self.state().open = true;
    }

    /// Nobody waits for QUIC's datagrams any more.
    pub(in crate::peer) fn close(&self) {
        let mut state = self.state();
        state.open = false;
        state.arrived.clear();
        state.waiting = 0;
    }

    /// Takes QUIC's datagrams out of what came from an address. Gives how many bytes are left for the stack, which stand
    /// at the beginning then.
    pub(in crate::peer) fn sort(&self, from: SocketAddr, bytes: &mut [u8], stride: usize) -> usize {
        let stride = stride.max(1);
        let any =
            bytes.chunks(stride).any(|datagram| datagram.first().is_some_and(|b| is_quic(*b)));
        if !any {
            return bytes.len();
        }
        let mut state = self.state();
        if !state.open || state.way.as_ref().is_none_or(|way| way.to != from) {
            return bytes.len();
        }
        let (mut taken, mut left) = (Vec::with_capacity(bytes.len()), 0);
        for begin in (0..bytes.len()).step_by(stride) {
            let end = bytes.len().min(begin + stride);
            if is_quic(bytes[begin]) {
                taken.extend_from_slice(&bytes[begin..end]);
            } else {
                bytes.copy_within(begin..end, left);
                left += end - begin;
            }
        }
        state.keep(Arrived { bytes: taken, stride });
        left
    }

    /// Gives the next datagrams to who asks: how many bytes, and how many in each.
    pub(in crate::peer) fn poll(
        &self,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<(usize, usize)> {
        let mut state = self.state();
        while let Some(mut next) = state.arrived.pop_front() {
            state.waiting -= next.bytes.len();
            // Cut between two datagrams.
            let length = match next.bytes.len() <= into.len() {
                true => next.bytes.len(),
                false => into.len() / next.stride * next.stride,
            };
            if length == 0 {
                state.dropped += 1;
                continue;
            }
            into[..length].copy_from_slice(&next.bytes[..length]);
            if length < next.bytes.len() {
                next.bytes.drain(..length);
                state.waiting += next.bytes.len();
                let rest = Arrived { bytes: next.bytes, stride: next.stride };
                state.arrived.push_front(rest);
            }
            return Poll::Ready((length, next.stride.min(length)));
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl State {
    fn keep(&mut self, arrived: Arrived) {
        if self.waiting + arrived.bytes.len() > WAITING {
            self.dropped += 1;
            return;
        }
        self.waiting += arrived.bytes.len();
        self.arrived.push_back(arrived);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Asks the system for room, and gives what it granted.
pub(super) fn widen(socket: &UdpSocket, room: usize) -> std::io::Result<usize> {
    let socket = SockRef::from(socket);
    socket.set_recv_buffer_size(room)?;
    // What one send call hands over at once has to fit.
    socket.set_send_buffer_size(room)?;
    socket.recv_buffer_size()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const THERE: ([u8; 4], u16) = ([127, 0, 0, 1], 7);

    fn crossing() -> (Crossing, SocketAddr) {
        let (crossing, there) = (Crossing::default(), SocketAddr::from(THERE));
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        crossing.leaves(&socket, there, &[0x80]);
        crossing.open();
        (crossing, there)
    }

    fn next(crossing: &Crossing, room: usize) -> Option<(Vec<u8>, usize)> {
        let mut into = vec![0; room];
        match crossing.poll(&mut Context::from_waker(Waker::noop()), &mut into) {
            Poll::Ready((length, stride)) => Some((into[..length].to_vec(), stride)),
            Poll::Pending => None,
        }
    }

    #[test]
    fn the_way_is_that_of_what_the_stack_sends_but_tests_and_names_of_the_network() {
        let crossing = Crossing::default();
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        crossing.leaves(&socket, SocketAddr::from(([10, 0, 0, 1], 1)), &[0]);
        crossing.leaves(&socket, SocketAddr::from(([10, 0, 0, 1], 1)), &[64]);
        crossing.leaves(&socket, SocketAddr::from(([224, 0, 0, 251], 5353)), &[20]);
        crossing.leaves(&socket, SocketAddr::from(([10, 0, 0, 1], 1)), &[]);
        assert!(crossing.way().1.is_none());
        for (number, first) in [(1, 20), (2, 63), (3, 128), (4, 191)] {
            let to = SocketAddr::from(([10, 0, 0, 1], number));
            crossing.leaves(&socket, to, &[first]);
            crossing.leaves(&socket, to, &[first]);
            let (ways, way) = crossing.way();
            assert_eq!((ways, way.unwrap().to), (u64::from(number), to));
        }
    }

    #[test]
    fn what_is_not_awaited_or_comes_from_elsewhere_is_left_to_the_stack() {
        let (crossing, there) = crossing();
        let elsewhere = SocketAddr::from(([127, 0, 0, 1], 8));
        assert_eq!(crossing.sort(elsewhere, &mut [0x40, 1], 2), 2);
        crossing.close();
        assert_eq!(crossing.sort(there, &mut [0x40, 1], 2), 2);
        assert_eq!(next(&crossing, 10), None);
        crossing.open();
        assert_eq!(crossing.sort(there, &mut [0x40, 1], 2), 0);
        assert_eq!(next(&crossing, 10), Some((vec![0x40, 1], 2)));
    }

    #[test]
    fn what_finds_no_room_is_dropped_and_the_rest_stays_in_order() {
        let (crossing, there) = crossing();
        let mut sent = 0;
        for number in 0..200_u8 {
            let mut batch = vec![number; 64 * 1024];
            batch.iter_mut().step_by(1024).for_each(|first| *first = 0x40);
            sent += batch.len();
            assert_eq!(crossing.sort(there, &mut batch, 1024), 0);
        }
        assert!(sent > WAITING);
        let came: Vec<_> = std::iter::from_fn(|| next(&crossing, 64 * 1024)).collect();
        assert_eq!(came.len(), WAITING / (64 * 1024));
        assert!(came.iter().zip(0..).all(|((bytes, _), number)| bytes[1] == number));
        assert_eq!(crossing.state().waiting, 0);
        // More than the asker has room for comes in two pieces; what can't fit at all is dropped.
        assert_eq!(crossing.sort(there, &mut [0x40, 1, 0x41, 2, 0x42], 2), 0);
        assert_eq!(next(&crossing, 3), Some((vec![0x40, 1], 2)));
        assert_eq!(next(&crossing, 3), Some((vec![0x41, 2, 0x42], 2)));
        assert_eq!(crossing.sort(there, &mut [0x40; 9], 9), 0);
        assert_eq!(next(&crossing, 3), None);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_changed_by_sorting(
            datagrams in prop::collection::vec(any::<u8>(), 1..40), stride in 1_usize..30, last in 1_usize..30,
        ) {
            let (crossing, there) = crossing();
            let mut bytes: Vec<u8> = datagrams.iter().flat_map(|first| vec![*first; stride]).collect();
            bytes.truncate(bytes.len() - stride + last.min(stride));
            let whole = bytes.clone();
            let left = crossing.sort(there, &mut bytes, stride);
            let taken = next(&crossing, whole.len()).map(|(bytes, _)| bytes).unwrap_or_default();
            let those = |quic: bool| -> Vec<u8> {
                whole.chunks(stride).filter(|d| is_quic(d[0]) == quic).flatten().copied().collect()
            };
            prop_assert_eq!(&bytes[..left], those(false));
            prop_assert_eq!(taken, those(true));
        }
    }
}
