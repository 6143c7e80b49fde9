//! A data channel that carries lanes, one after another, for as long as its link lasts. It is never closed in between: the
//! stack gives the number of a closed channel to the next one before the other side has let go of it, and what is said on
//! that is lost. Between lanes stand marks, which are text; frames are binary. Only who opened a channel begins lanes on
//! it, either side ends them, and the next one begins once both have.

use super::gate::Gate;
use super::lanes::News;
use crate::transfer::lane::{Carrier, CarrierIn};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use webrtc::data_channel::{
    DataChannel, DataChannelEvent, RTCDataChannelId, RTCDataChannelMessage, RTCDataChannelState,
};

/// What a channel for lanes is called.
pub(super) const LABEL: &str = "lanes";
const BEGIN: &str = "begin ";
const END: &str = "end";

/// A lane that is to be carried, with its place among those that a link takes at once.
pub(super) struct Begun {
    pub(super) name: String,
    pub(super) carrier: Carrier,
    pub(super) place: OwnedSemaphorePermit,
}

/// A channel that this side has opened.
pub(super) struct Own {
    id: RTCDataChannelId,
    begun: mpsc::Sender<Begun>,
    idle: Arc<AtomicBool>,
    twin: Option<Arc<dyn DataChannel>>,
}

impl Own {
    /// A channel with its first lane, and what carries them.
    pub(super) fn new(
        channel: Arc<dyn DataChannel>,
        first: Begun,
        gate: Gate,
    ) -> (Self, impl Future<Output = ()>) {
        let (begun, lanes) = mpsc::channel(1);
        let idle = Arc::new(AtomicBool::new(false));
        let id = channel.id();
        let carrying = lead(channel, first, lanes, Arc::clone(&idle), gate);
        (Self { id, begun, idle, twin: None }, carrying)
    }

    /// Keeps a channel that the stack has taken for one of the other side's although it is this one: it does so where the
    /// other side is quicker to take a channel than the stack is to know who opened it. It hears nothing, but with it
    /// would go the ear of this one. Any other channel is given back.
    pub(super) fn keep_twin(
        &mut self,
        channel: Arc<dyn DataChannel>,
    ) -> Option<Arc<dyn DataChannel>> {
        if channel.id() != self.id {
            return Some(channel);
        }
        self.twin = Some(channel);
        None
    }

    /// Begins a lane on it, or gives it back where another one is on it.
    pub(super) fn begin(&self, lane: Begun) -> Result<(), Begun> {
        if !self.idle.swap(false, Ordering::AcqRel) {
            return Err(lane);
        }
        self.begun.try_send(lane).map_err(|error| match error {
            mpsc::error::TrySendError::Full(lane) | mpsc::error::TrySendError::Closed(lane) => lane,
        })
    }

    pub(super) fn is_gone(&self) -> bool {
        self.begun.is_closed()
    }
}

/// The channel is gone, with the link or by itself.
struct Gone;

/// Carries the lanes that this side begins.
async fn lead(
    channel: Arc<dyn DataChannel>,
    first: Begun,
    mut lanes: mpsc::Receiver<Begun>,
    idle: Arc<AtomicBool>,
    mut gate: Gate,
) {
    let channel = &*channel;
    if opened(channel).await.is_err() {
        return;
    }
    let mut next = first;
    loop {
        let mark = format!("{BEGIN}{}", next.name);
        if say(channel, &mark).await.is_err() || carry(channel, next, &mut gate).await.is_err() {
            return;
        }
        idle.store(true, Ordering::Release);
        next = loop {
            tokio::select! {
                lane = lanes.recv() => match lane {
                    Some(lane) => break lane,
                    None => return,
                },
                event = channel.poll() => match event {
                    None | Some(DataChannelEvent::OnClose) => return,
                    Some(_) => {}
                },
            }
        };
    }
}

/// Waits until a channel that this side opens is open. Its twin may have been told so instead.
async fn opened(channel: &dyn DataChannel) -> Result<(), Gone> {
    let mut open =
        channel.ready_state().await.is_ok_and(|state| state == RTCDataChannelState::Open);
    while !open {
        match channel.poll().await {
            None | Some(DataChannelEvent::OnClose) => return Err(Gone),
            event => open = matches!(event, Some(DataChannelEvent::OnOpen)),
        }
    }
    Ok(())
}

/// Carries the lanes that the other side begins. Those that nobody takes end at once.
pub(super) async fn follow(
    channel: Arc<dyn DataChannel>,
    news: mpsc::Sender<News>,
    mut gate: Gate,
) {
    let channel = &*channel;
    while let Some(event) = channel.poll().await {
        let message = match event {
            DataChannelEvent::OnMessage(message) if message.is_string => message,
            DataChannelEvent::OnClose => return,
            _ => continue,
        };
        let Some(name) = begun(&message.data) else { continue };
        let (answer, taken) = oneshot::channel();
        if news.send(News::Begun(name, answer)).await.is_err() {
            return;
        }
        let ended = match taken.await {
            Ok(lane) => carry(channel, lane, &mut gate).await,
            Err(_) => end(channel).await,
        };
        if ended.is_err() {
            return;
        }
    }
}

/// The name of the lane that a mark begins.
fn begun(mark: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(mark).ok()?.strip_prefix(BEGIN)?;
    Some(name.to_owned())
}

async fn say(channel: &dyn DataChannel, mark: &str) -> Result<(), Gone> {
    channel.send_text(mark).await.map_err(|error| {
        tracing::debug!(%error, "a channel of lanes takes nothing any more");
        Gone
    })
}

/// Who ended a lane.
enum Ended {
    Here,
    There,
}

/// Carries a lane until both sides have ended it.
async fn carry(channel: &dyn DataChannel, lane: Begun, gate: &mut Gate) -> Result<(), Gone> {
    let Begun { carrier, place, .. } = lane;
    let stopped = carrier.stopped();
    let (outgoing, into) = carrier.split();
    let ended = tokio::select! {
        ended = bring(channel, into) => ended?,
        ended = take(channel, outgoing, gate) => ended?,
        () = stopped.notified() => Ended::Here,
    };
    let ended = match ended {
        Ended::Here => end(channel).await,
        Ended::There => say(channel, END).await,
    };
    drop(place);
    ended
}

/// Ends a lane that the other side has not ended yet. What still comes of it is for nobody.
async fn end(channel: &dyn DataChannel) -> Result<(), Gone> {
    let heard_out = async {
        loop {
            match channel.poll().await {
                None | Some(DataChannelEvent::OnClose) => return Err(Gone),
                Some(DataChannelEvent::OnMessage(message)) if is_end(&message) => return Ok(()),
                Some(_) => {}
            }
        }
    };
    tokio::try_join!(say(channel, END), heard_out).map(|_| ())
}

fn is_end(message: &RTCDataChannelMessage) -> bool {
    message.is_string && message.data[..] == *END.as_bytes()
}

/// Brings what comes to the transfer.
async fn bring(channel: &dyn DataChannel, into: CarrierIn) -> Result<Ended, Gone> {
    loop {
        match channel.poll().await {
            None | Some(DataChannelEvent::OnClose) => return Err(Gone),
            Some(DataChannelEvent::OnMessage(message)) if message.is_string => {
                if is_end(&message) {
                    return Ok(Ended::There);
                }
            }
            Some(DataChannelEvent::OnMessage(message)) => {
                if into.came(message.data.freeze()).is_err() {
                    tracing::debug!("more came on a lane than was asked for, or nobody listens");
                    return Ok(Ended::Here);
                }
            }
            Some(_) => {}
        }
    }
}

/// Takes what the transfer says, until it has said all.
async fn take(
    channel: &dyn DataChannel,
    mut outgoing: mpsc::Receiver<Bytes>,
    gate: &mut Gate,
) -> Result<Ended, Gone> {
    while let Some(frame) = outgoing.recv().await {
        gate.room(channel).await;
        let frame = frame.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
        if let Err(error) = channel.send(frame).await {
            tracing::debug!(%error, "a channel of lanes takes nothing any more");
            return Err(Gone);
        }
    }
    Ok(Ended::Here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_begins_with_its_name_alone() {
        let table: [(&[u8], Option<&str>); 6] = [
            (b"begin file:00", Some("file:00")),
            (b"begin ", Some("")),
            (b"begin", None),
            (b"end", None),
            (b"begin \xff", None),
            (b"", None),
        ];
        for (mark, name) in table {
            assert_eq!(begun(mark).as_deref(), name, "{mark:?}");
        }
    }
}
