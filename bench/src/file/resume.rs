//! A load that is broken off: when more than half of the file is there, the receiver is killed and started again. What
//! counts is the time from that start until a whole further group of the file is on the disk, which ours has checked by
//! then. That all of it came, and nothing else, is seen at the end.
//!
//! rsync goes on by `--append-verify`, counted from the start of its sender. Wormhole can't go on at all.

use super::load::landed;
use super::ours::{Friends, Lanes};
use super::place::Place;
use super::{SIZE, rsync};
use crate::figure::{self, Better};
use std::path::Path;
use std::time::{Duration, Instant};
use visavis_lab::Shape;

/// Each way.
const DELAY: Duration = Duration::from_millis(10);
/// What is checked at a time.
const GROUP: u64 = 256 * 1024;
const LOOK: Duration = Duration::from_millis(1);
/// What has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn measure(folder: &Path, case: &str) -> Result<(), String> {
    let place = Place::make(folder, Some(Shape { delay: DELAY, ..Shape::default() }))?;
    let ours = Box::pin(ours(&place)).await?;
    eprintln!("{case}: visavis: {ours:.3} s");
    let rsync = Box::pin(rsync(&place)).await?;
    eprintln!("{case}: rsync: {rsync:.3} s");
    let rivals = [("rsync", rsync), ("wormhole", f64::NAN)];
    figure::print("file", case, "seconds", Better::Lower, ours, &rivals);
    Ok(())
}

async fn ours(place: &Place) -> Result<f64, String> {
    place.clear()?;
    let friends = Friends::settle(place).await?;
    let (receiver, _says) = friends.receiver(Lanes::Both)?;
    let _sender = friends.sender(Lanes::Both)?;
    reaches(place, SIZE / 2).await?;
    receiver.kill().await?;
    let had = broken_off(place)?;
    let began = Instant::now();
    let (_receiver, mut says) = friends.receiver(Lanes::Both)?;
    reaches(place, had + GROUP).await?;
    let seconds = began.elapsed().as_secs_f64();
    let done = tokio::time::timeout(PATIENCE, says.done()).await;
    done.map_err(|_| "the rest did not come")??;
    place.compare(SIZE as f64, true)?;
    Ok(seconds)
}

async fn rsync(place: &Place) -> Result<f64, String> {
    place.clear()?;
    let daemon = rsync::daemon(place).await?;
    let sender = rsync::sender(place, "--whole-file")?;
    reaches(place, SIZE / 2).await?;
    daemon.kill()?;
    drop((sender, daemon));
    let had = broken_off(place)?;
    let _daemon = rsync::daemon(place).await?;
    let began = Instant::now();
    let mut sender = rsync::sender(place, "--append-verify")?;
    reaches(place, had + GROUP).await?;
    let seconds = began.elapsed().as_secs_f64();
    let done = tokio::time::timeout(PATIENCE, sender.ended()).await;
    done.map_err(|_| "the rest did not come")??;
    place.compare(SIZE as f64, true)?;
    Ok(seconds)
}

/// What was there when it was broken off, which has to be in the middle.
fn broken_off(place: &Place) -> Result<u64, String> {
    let had = landed(place.into());
    if had < SIZE / 2 || had + GROUP > SIZE {
        return Err(format!("it was not broken off in the middle, but after {had} bytes"));
    }
    Ok(had)
}

/// Waits until so many bytes are there.
async fn reaches(place: &Place, bytes: u64) -> Result<(), String> {
    let began = Instant::now();
    while landed(place.into()) < bytes {
        if began.elapsed() > PATIENCE {
            return Err(format!("{bytes} bytes did not come"));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
