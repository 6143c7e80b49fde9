//! A lane as a transfer sees it: frames go in at one end and come out at the other, whole and in order. Whoever owns the
//! way between carries them; either end sees the other's end as closed once it is gone.
//!
//! Whoever sends waits for room. What comes is never kept waiting on the way, for the way has more to carry than this
//! lane: the receiver asks for no more than fits here, and a lane on which more comes is closed.

use super::wire::{Frame, OddFrame, Refused, Word};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};

/// Frames that may wait to be carried.
const OUT: usize = 8;
/// Frames that may have come and wait: more than is ever asked for at once.
const IN: usize = 1024;

/// Why a lane carries nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LaneEnded {
    /// The other side, or the way to it, is gone; or the owner took the lane away.
    #[error("the lane is closed")]
    Closed,
    /// What came makes no sense.
    #[error("the other side does not keep to the rules: {0}")]
    Odd(&'static str),
}

impl From<OddFrame> for LaneEnded {
    fn from(_: OddFrame) -> Self {
        Self::Odd("a frame that makes no sense")
    }
}

/// The end at which a transfer speaks and hears. It blocks.
#[derive(Debug)]
pub struct Lane {
    out: mpsc::Sender<Bytes>,
    incoming: mpsc::Receiver<Bytes>,
    stop: Arc<Notify>,
}

/// Takes a lane away from whoever uses it, from outside.
#[derive(Debug, Clone)]
pub struct Stopper {
    stop: Arc<Notify>,
}

/// The end at which frames are carried on.
#[derive(Debug)]
pub struct Carrier {
    /// What is to be carried to the other side; none once the transfer is over.
    pub outgoing: mpsc::Receiver<Bytes>,
    into: mpsc::Sender<Bytes>,
    stop: Arc<Notify>,
}

/// What comes is more than was asked for, or nobody listens any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoom;

/// Makes a lane, and the end that carries it.
pub fn lane() -> (Lane, Carrier) {
    let (out, outgoing) = mpsc::channel(OUT);
    let (into, incoming) = mpsc::channel(IN);
    let stop = Arc::new(Notify::new());
    (Lane { out, incoming, stop: Arc::clone(&stop) }, Carrier { outgoing, into, stop })
}

impl Stopper {
    /// The lane ends, as if the way were gone.
    pub fn stop(&self) {
        self.stop.notify_one();
    }
}

impl Lane {
    /// Says something, when there is room.
    ///
    /// # Errors
    /// The lane has ended.
    pub fn say(&self, frame: &Frame) -> Result<(), LaneEnded> {
        self.out.blocking_send(frame.write()).map_err(|_| LaneEnded::Closed)
    }

    /// Says why nothing will be said, without waiting, and ends the lane.
    pub fn refuse(self, why: Refused) {
        // Where there is no room, the lane has ended already.
        let _ = self.out.try_send(Frame::Word(Word::Refused { why }).write());
    }

    /// By which the lane can be ended from outside.
    pub fn stopper(&self) -> Stopper {
        Stopper { stop: Arc::clone(&self.stop) }
    }

    /// Waits for what comes next.
    ///
    /// # Errors
    /// The lane has ended.
    pub fn hear(&mut self) -> Result<Frame, LaneEnded> {
        let frame = self.incoming.blocking_recv().ok_or(LaneEnded::Closed)?;
        Ok(Frame::read(frame)?)
    }
}

impl Carrier {
    /// Gives what came to the transfer.
    ///
    /// # Errors
    /// It is more than fits, or the transfer is over: the lane is to be closed.
    pub fn came(&self, frame: Bytes) -> Result<(), NoRoom> {
        self.into.try_send(frame).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Closed(_) => NoRoom,
        })
    }

    /// Whoever owns the lane wants it to end, once this is notified.
    pub fn stopped(&self) -> Arc<Notify> {
        Arc::clone(&self.stop)
    }

    /// Takes both directions apart, for who carries them by two hands.
    pub fn split(self) -> (mpsc::Receiver<Bytes>, CarrierIn) {
        (self.outgoing, CarrierIn { into: self.into })
    }
}

/// The hand that brings what came.
#[derive(Debug, Clone)]
pub struct CarrierIn {
    into: mpsc::Sender<Bytes>,
}

impl CarrierIn {
    /// As with [`Carrier::came`].
    ///
    /// # Errors
    /// As with [`Carrier::came`].
    pub fn came(&self, frame: Bytes) -> Result<(), NoRoom> {
        self.into.try_send(frame).map_err(|_| NoRoom)
    }

    /// Ends once the transfer hears nothing any more.
    pub async fn closed(&self) {
        self.into.closed().await;
    }
}
