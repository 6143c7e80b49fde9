//! What comes in on the tracks: pictures put together, sound passed on, gaps told.
//!
//! A task reads each track and hands what it has to the sink of the call that is on; where none is, it is
//! dropped. The sink never waits.

use super::assemble::{Assembled, Assembler, Counts, Part};
use super::sdp::Formats;
use crate::media::clock::now_us;
use crate::media::coded::{ClockReport, CodedPicture, ReceivedSound};
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};

/// Whole pictures are asked for at most so often: the other side has to have the time to send one.
const ASK_EVERY_US: u64 = 300_000;
/// How long a hole is waited for where nothing is known of the path.
const PATIENCE_US: u64 = 150_000;

/// Takes what comes in a call. It is called from tasks of the link and must not wait.
pub trait Sink: Send + Sync {
    /// A whole picture, and when its last packet came.
    fn picture(&self, picture: CodedPicture, arrived_us: u64);
    /// Pictures are missing here.
    fn gap(&self);
    /// A piece of sound.
    fn sound(&self, sound: ReceivedSound);
    /// Where the clock of the other's pictures stands.
    fn picture_clock(&self, report: ClockReport);
    /// Where the clock of the other's sound stands.
    fn sound_clock(&self, report: ClockReport);
    /// The other can't go on without a whole picture.
    fn picture_wanted(&self);
    /// The part of our sound that the other lost of late, from 0 to 1.
    fn sound_lost(&self, part: f64);
}

/// Shared by the readers of a link's tracks.
#[derive(Default)]
pub(super) struct Incoming {
    sink: Mutex<Option<Arc<dyn Sink>>>,
    formats: Mutex<Formats>,
    pictures: Tracks,
    sounds: Tracks,
    asked_us: AtomicU64,
    patience_us: AtomicU64,
    pub(super) counts: Flow,
}

/// The tracks of one kind that are being read. Only the newest is seen or heard: pictures of two would be taken for one.
#[derive(Default)]
struct Tracks(Mutex<Vec<Arc<dyn TrackRemote>>>);

impl Tracks {
    fn begin(&self, track: &Arc<dyn TrackRemote>) {
        lock(&self.0).push(Arc::clone(track));
    }

    fn end(&self, track: &Arc<dyn TrackRemote>) {
        lock(&self.0).retain(|other| !Arc::ptr_eq(other, track));
    }

    fn newest(&self) -> Option<Arc<dyn TrackRemote>> {
        lock(&self.0).last().cloned()
    }

    fn is_newest(&self, track: &Arc<dyn TrackRemote>) -> bool {
        lock(&self.0).last().is_some_and(|newest| Arc::ptr_eq(newest, track))
    }
}

/// What came in.
#[derive(Debug, Default)]
pub(super) struct Flow {
    pub(super) sound_bytes: AtomicU64,
    pub(super) sound_packets: AtomicU64,
    pub(super) picture_bytes: AtomicU64,
    pub(super) picture_packets: AtomicU64,
    pub(super) pictures: AtomicU64,
    pub(super) asked: AtomicU64,
    /// When anything of a call came last.
    pub(super) last_us: AtomicU64,
    pub(super) gaps: AtomicU64,
    pub(super) useless: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Incoming {
    /// Who takes what comes.
    pub(super) fn set_sink(&self, sink: Option<Arc<dyn Sink>>) {
        *lock(&self.sink) = sink;
    }

    pub(super) fn sink(&self) -> Option<Arc<dyn Sink>> {
        lock(&self.sink).clone()
    }

    /// What payload types stand for from now on.
    pub(super) fn set_formats(&self, formats: Formats) {
        *lock(&self.formats) = formats;
    }

    /// Waits for what is missing as long as sending it again takes on this path.
    pub(super) fn set_round_trip(&self, milliseconds: f64) {
        let patience = 60_000.0 + 2_500.0 * milliseconds;
        self.patience_us.store(patience.clamp(80_000.0, 500_000.0) as u64, Ordering::Relaxed);
    }

    /// Asks the other side for a whole picture, unless it was asked a moment ago.
    pub(super) async fn ask_picture(&self) {
        let (now, asked) = (now_us(), self.asked_us.load(Ordering::Relaxed));
        if asked > 0 && now < asked + ASK_EVERY_US {
            return;
        }
        let Some(track) = self.pictures.newest() else { return };
        let Some(media_ssrc) = track.ssrcs().await.first().copied() else { return };
        self.asked_us.store(now, Ordering::Relaxed);
        self.counts.asked.fetch_add(1, Ordering::Relaxed);
        let wish = PictureLossIndication { sender_ssrc: 0, media_ssrc };
        if let Err(error) = track.write_rtcp(vec![Box::new(wish)]).await {
            tracing::debug!(%error, "a whole picture could not be asked for");
        }
    }

    /// Reads a track until it ends.
    pub(super) async fn read(self: Arc<Self>, track: Arc<dyn TrackRemote>, is_picture: bool) {
        let kind = if is_picture { &self.pictures } else { &self.sounds };
        kind.begin(&track);
        let mut assembler = Assembler::new(PATIENCE_US);
        loop {
            let event = match assembler.deadline_us() {
                Some(at) => {
                    let wait = Duration::from_micros(at.saturating_sub(now_us()));
                    tokio::time::timeout(wait, track.poll()).await
                }
                None => Ok(track.poll().await),
            };
            match event {
                Ok(Some(TrackRemoteEvent::OnRtpPacket(packet))) if kind.is_newest(&track) => {
                    if is_picture {
                        self.take_part(&mut assembler, packet);
                    } else {
                        self.take_sound(packet);
                    }
                }
                Ok(Some(TrackRemoteEvent::OnEnded) | None) => break,
                Ok(Some(_)) => {}
                Err(_) => self.pass_on(&mut assembler),
            }
        }
        kind.end(&track);
    }

    fn take_sound(&self, packet: rtc::rtp::Packet) {
        let arrived_us = now_us();
        let opus = lock(&self.formats).opus == Some(packet.header.payload_type);
        if !opus || packet.payload.is_empty() {
            return;
        }
        self.counts.sound_packets.fetch_add(1, Ordering::Relaxed);
        self.counts.sound_bytes.fetch_add(packet.payload.len() as u64, Ordering::Relaxed);
        self.counts.last_us.store(arrived_us, Ordering::Relaxed);
        if let Some(sink) = self.sink() {
            sink.sound(ReceivedSound {
                sequence: packet.header.sequence_number,
                time: packet.header.timestamp,
                data: packet.payload,
                arrived_us,
            });
        }
    }

    fn take_part(&self, assembler: &mut Assembler, packet: rtc::rtp::Packet) {
        let Some(format) = lock(&self.formats).picture(packet.header.payload_type) else { return };
        let now = now_us();
        self.counts.picture_packets.fetch_add(1, Ordering::Relaxed);
        self.counts.picture_bytes.fetch_add(packet.payload.len() as u64, Ordering::Relaxed);
        self.counts.last_us.store(now, Ordering::Relaxed);
        let part = Part {
            format,
            sequence: packet.header.sequence_number,
            time: packet.header.timestamp,
            last: packet.header.marker,
            payload: packet.payload,
        };
        let patience = self.patience_us.load(Ordering::Relaxed);
        if patience > 0 {
            assembler.set_patience(patience);
        }
        assembler.push(now, part);
        self.pass_on(assembler);
    }

    fn pass_on(&self, assembler: &mut Assembler) {
        while let Some(assembled) = assembler.poll(now_us()) {
            let sink = self.sink();
            match assembled {
                Assembled::Picture(picture, arrived_us) => {
                    self.counts.pictures.fetch_add(1, Ordering::Relaxed);
                    if let Some(sink) = sink {
                        sink.picture(picture, arrived_us);
                    }
                }
                Assembled::Gap => {
                    if let Some(sink) = sink {
                        sink.gap();
                    }
                }
            }
        }
        let Counts { useless, gaps, .. } = assembler.counts();
        self.counts.gaps.store(gaps, Ordering::Relaxed);
        self.counts.useless.store(useless, Ordering::Relaxed);
    }
}
