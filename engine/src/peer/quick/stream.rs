//! A lane over a stream of QUIC's: first its name, then frames, each behind its length. Both directions are carried at once,
//! so that neither holds the other up.

use crate::transfer::lane::{Carrier, CarrierIn};
use crate::transfer::wire::LONGEST;
use bytes::Bytes;
use quinn::{Connection, RecvStream, SendStream, VarInt};
use std::time::Duration;
use tokio::sync::mpsc;

/// The longest name of a lane.
const LONGEST_NAME: usize = 64;
/// Whoever opens a lane says its name within so long.
const NAMED: Duration = Duration::from_secs(5);
/// The last frames have so long to arrive.
const SAY_OUT: Duration = Duration::from_secs(10);

/// Why a stream carries nothing any more.
#[derive(Debug, thiserror::Error)]
pub(in crate::peer) enum Ended {
    #[error("the way is gone: {0}")]
    Gone(String),
    #[error("the other side says what makes no sense")]
    Odd,
}

fn gone(error: impl std::fmt::Display) -> Ended {
    Ended::Gone(error.to_string())
}

/// A lane that the other side has opened.
#[derive(Debug)]
pub(in crate::peer) struct Opened {
    pub(in crate::peer) name: String,
    pub(in crate::peer) streams: (SendStream, RecvStream),
}

/// Opens a lane by a name.
///
/// # Errors
/// The connection is gone.
pub(in crate::peer) async fn open(
    connection: &Connection,
    name: &str,
) -> Result<(SendStream, RecvStream), Ended> {
    let (mut out, incoming) = connection.open_bi().await.map_err(gone)?;
    write(&mut out, Bytes::copy_from_slice(name.as_bytes())).await?;
    Ok((out, incoming))
}

/// Waits for the other side's next lane. One that is not named in time is left aside.
///
/// # Errors
/// The connection is gone.
pub(in crate::peer) async fn accept(connection: &Connection) -> Result<Opened, Ended> {
    loop {
        let (mut out, mut incoming) = connection.accept_bi().await.map_err(gone)?;
        let name = tokio::time::timeout(NAMED, read(&mut incoming, LONGEST_NAME)).await;
        if let Ok(Ok(Some(name))) = name
            && let Ok(name) = String::from_utf8(name.into())
        {
            return Ok(Opened { name, streams: (out, incoming) });
        }
        tracing::warn!("a lane without a name was left aside");
        drop((out.reset(VarInt::from_u32(0)), incoming.stop(VarInt::from_u32(0))));
    }
}

/// Carries until the transfer is over or the stream is gone.
pub(in crate::peer) async fn carry(streams: (SendStream, RecvStream), carrier: Carrier) {
    let (mut out, mut incoming) = streams;
    let stopped = carrier.stopped();
    let (outgoing, into) = carrier.split();
    let ended = tokio::select! {
        ended = bring(&mut incoming, into) => ended,
        ended = take(&mut out, outgoing) => ended,
        () = stopped.notified() => Ok(()),
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a lane has ended");
    }
    // Where it had ended already, there is nothing to be ended.
    drop((out.reset(VarInt::from_u32(0)), incoming.stop(VarInt::from_u32(0))));
}

/// Brings what comes to the transfer.
async fn bring(incoming: &mut RecvStream, into: CarrierIn) -> Result<(), Ended> {
    while let Some(frame) = read(incoming, LONGEST).await? {
        if into.came(frame).is_err() {
            tracing::debug!("more came on a lane than was asked for, or nobody listens");
            return Ok(());
        }
    }
    Ok(())
}

/// Takes what the transfer says, and lets the last of it arrive.
async fn take(out: &mut SendStream, mut outgoing: mpsc::Receiver<Bytes>) -> Result<(), Ended> {
    while let Some(frame) = outgoing.recv().await {
        write(out, frame).await?;
    }
    if out.finish().is_ok() {
        // What has not arrived by then does not.
        let _ = tokio::time::timeout(SAY_OUT, out.stopped()).await;
    }
    Ok(())
}

async fn write(out: &mut SendStream, frame: Bytes) -> Result<(), Ended> {
    let length = u32::try_from(frame.len()).map_err(|_| Ended::Odd)?;
    let head = Bytes::copy_from_slice(&length.to_be_bytes());
    out.write_all_chunks(&mut [head, frame]).await.map_err(gone)
}

/// The next frame; none at the end.
async fn read(incoming: &mut RecvStream, longest: usize) -> Result<Option<Bytes>, Ended> {
    let mut head = [0; 4];
    match incoming.read_exact(&mut head).await {
        Ok(()) => {}
        Err(quinn::ReadExactError::FinishedEarly(0)) => return Ok(None),
        Err(error) => return Err(gone(error)),
    }
    let length = u32::from_be_bytes(head) as usize;
    if length > longest {
        return Err(Ended::Odd);
    }
    let mut frame = vec![0; length];
    incoming.read_exact(&mut frame).await.map_err(gone)?;
    Ok(Some(frame.into()))
}
