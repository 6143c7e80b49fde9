//! A lane over a data channel: what a transfer says goes out as messages, and messages that come go to it. Both directions
//! are carried at once, so that neither holds the other up.

use crate::transfer::lane::{Carrier, CarrierIn};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use webrtc::data_channel::{DataChannel, DataChannelEvent};

/// The last frames have so long to arrive.
const SAY_OUT: Duration = Duration::from_secs(10);
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(10);

/// Carries until the transfer is over or the channel is gone.
pub(super) async fn carry(channel: Arc<dyn DataChannel>, carrier: Carrier, is_open: bool) {
    let stopped = carrier.stopped();
    let (outgoing, into) = carrier.split();
    let open = Notify::new();
    if is_open {
        open.notify_one();
    }
    tokio::select! {
        () = bring(&*channel, into, &open) => {}
        () = take(&*channel, outgoing, &open) => {}
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
async fn take(channel: &dyn DataChannel, mut outgoing: mpsc::Receiver<Bytes>, open: &Notify) {
    open.notified().await;
    while let Some(frame) = outgoing.recv().await {
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
