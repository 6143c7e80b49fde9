//! How much goes through a pair of links, and what is lost: pictures of nothing, for a few seconds, at the rate that
//! the link itself believes in, and never more than the sharpest picture of a call would need.

use super::pair::Pair;
use crate::api::CheckFigures;
use crate::media::coded::{CodedPicture, PictureFormat};
use crate::peer::Feed;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// For so long.
const LASTS: Duration = Duration::from_secs(6);
/// What comes in the last part of it is counted, when the rate has grown.
const COUNTED: Duration = Duration::from_secs(2);
/// At most, in bit/s: with [`LASTS`] it bounds what is sent to under 3 MB.
const MOST: f64 = 3_000_000.0;
/// At least.
const LEAST: f64 = 60_000.0;
/// Pictures a second.
const FPS: u32 = 30;

/// Sends through a pair and says what came.
pub(super) async fn measure(pair: &Pair) -> CheckFigures {
    let feed = pair.near.feed();
    let Ok(format) = feed.picture_format() else { return CheckFigures::default() };
    let mut beat = interval(Duration::from_secs(1) / FPS);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let began = Instant::now();
    let mut counted = None;
    let (mut lost, mut looks) = (0.0, 0.0);
    for number in 0.. {
        beat.tick().await;
        let passed = began.elapsed();
        if passed >= LASTS {
            break;
        }
        let Some((target, loss)) = feed.path() else { break };
        if passed >= LASTS - COUNTED {
            counted.get_or_insert_with(|| (Instant::now(), pair.far.figures().picture_bytes_in));
            (lost, looks) = (lost + loss, looks + 1.0);
        }
        // The first packet makes the stream known at the far end, and what comes close behind it is lost.
        let rate = if number == 0 { LEAST } else { target.clamp(LEAST, MOST) };
        send(&feed, format, number, rate).await;
    }
    let figures = pair.near.figures();
    let rate = counted.map(|(since, before)| {
        let bytes = pair.far.figures().picture_bytes_in.saturating_sub(before);
        bytes as f64 * 8e-3 / since.elapsed().as_secs_f64().max(0.001)
    });
    CheckFigures {
        round_trip_ms: figures.round_trip_ms,
        lost_percent: (looks > 0.0).then(|| lost * 100.0 / looks),
        kbit_s: rate,
        ..CheckFigures::default()
    }
}

async fn send(feed: &Feed, format: PictureFormat, number: u32, bit_s: f64) {
    let length = (bit_s / 8.0 / f64::from(FPS)) as usize;
    // The head of a whole picture; what follows is looked at by nobody, but must not look like the start of another.
    let head: &[u8] = match format {
        PictureFormat::H264 => &[0, 0, 0, 1, 0x65],
        PictureFormat::Vp8 => &[0x10],
    };
    let mut data = head.to_vec();
    data.resize(head.len() + length, 0x5a);
    let time = number.wrapping_mul(PictureFormat::CLOCK / FPS);
    let picture = CodedPicture { format, data: data.into(), time, key: true };
    if let Err(error) = feed.picture(&picture).await {
        tracing::trace!(%error, "a check's picture was not sent");
    }
}
