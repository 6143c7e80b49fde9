//! A lane over a data channel: what a transfer says goes out as messages, and messages that come go to it. Both directions
//! are carried at once, so that neither holds the other up. While a call is on, no more is under way than leaves it in
//! peace: the stack's own idea of that fills every queue there is.

use super::Shared;
use crate::media::clock::now_us;
use crate::peer::quick::Manners;
use crate::transfer::lane::{Carrier, CarrierIn};
use crate::transfer::wire::LONGEST;
use bytes::{Bytes, BytesMut};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use webrtc::data_channel::{DataChannel, DataChannelEvent};

/// The last frames have so long to arrive.
const SAY_OUT: Duration = Duration::from_secs(10);
/// How often it is looked whether they have, and whether there is room beside a call.
const LOOK: Duration = Duration::from_millis(10);
/// What a way without queues is taken to be: only what comes on top of it is known here.
const WAY_US: u64 = 40_000;

/// Lets out what a call leaves room for.
pub(super) struct Gate {
    shared: Weak<Shared>,
    manners: Option<Manners>,
    news: u64,
}

impl Gate {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::downgrade(shared), manners: None, news: 0 }
    }

    /// What may be under way; nothing where no call is on, or nothing is heard of its packets: then this side sends none
    /// that a file could hold up.
    fn window(&mut self) -> Option<u64> {
        let shared = self.shared.upgrade()?;
        if !shared.calling.load(std::sync::atomic::Ordering::Relaxed) {
            self.manners = None;
            return None;
        }
        let (news, queued_us) = shared.connection.path.queued();
        // A piece of a file at least has to fit.
        let manners = self.manners.get_or_insert_with(|| Manners::new(LONGEST as u64 / 16));
        if std::mem::replace(&mut self.news, news) != news {
            manners.came_back(now_us(), WAY_US + queued_us, true);
        }
        (news > 0).then(|| manners.window())
    }

    /// Waits until there is room.
    async fn room(&mut self, channel: &dyn DataChannel) {
        while let Some(window) = self.window() {
            // One that is closed has room for nothing, which is found out when something is sent.
            if !channel.outstanding_bytes().await.is_ok_and(|bytes| bytes as u64 > window) {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Carries until the transfer is over or the channel is gone.
pub(super) async fn carry(
    channel: Arc<dyn DataChannel>,
    carrier: Carrier,
    gate: Gate,
    is_open: bool,
) {
    let stopped = carrier.stopped();
    let (outgoing, into) = carrier.split();
    let open = Notify::new();
    if is_open {
        open.notify_one();
    }
    tokio::select! {
        () = bring(&*channel, into, &open) => {}
        () = take(&*channel, outgoing, gate, &open) => {}
        () = stopped.notified() => {}
    }
    if let Err(error) = channel.close().await {
        tracing::debug!(%error, "a lane's channel did not close as it should");
    }
}

/// Brings what comes to the transfer.
async fn bring(channel: &dyn DataChannel, into: CarrierIn, open: &Notify) {
    while let Some(event) = channel.poll().await {
        match event {
            DataChannelEvent::OnOpen => open.notify_one(),
            DataChannelEvent::OnMessage(message) => {
                let Ok(()) = into.came(message.data.freeze()) else {
                    tracing::debug!("more came on a lane than was asked for, or nobody listens");
                    return;
                };
            }
            DataChannelEvent::OnClose => return,
            _ => {}
        }
    }
}

/// Takes what the transfer says, and lets the last of it arrive.
async fn take(
    channel: &dyn DataChannel,
    mut outgoing: mpsc::Receiver<Bytes>,
    mut gate: Gate,
    open: &Notify,
) {
    open.notified().await;
    while let Some(frame) = outgoing.recv().await {
        gate.room(channel).await;
        let frame = frame.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
        if let Err(error) = channel.send(frame).await {
            tracing::debug!(%error, "a lane's channel takes nothing any more");
            return;
        }
    }
    let said = async {
        while channel.outstanding_bytes().await.is_ok_and(|bytes| bytes > 0) {
            tokio::time::sleep(LOOK).await;
        }
    };
    if tokio::time::timeout(SAY_OUT, said).await.is_err() {
        tracing::debug!("the last frames of a lane did not arrive");
    }
}
