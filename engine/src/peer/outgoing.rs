//! Coded pictures and sound on their way out: cut into packets, numbered, timed.
//!
//! Nothing is sent before the other side has answered and the path is up: a packet that comes before its track
//! is agreed on confuses a reader for good. Which payload type stands for a format is the answer's word.

use super::chain::Streams;
use super::sdp::Formats;
use crate::media::coded::{CodedPicture, CodedSound, PictureFormat};
use bytes::Bytes;
use rtc::rtp::codec::h264::H264Payloader;
use rtc::rtp::codec::vp8::Vp8Payloader;
use rtc::rtp::packetizer::Payloader;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;

/// The most that a packet carries; with all headers it fits through any network.
const PAYLOAD: usize = 1150;

/// The way out of a link. Shared by those who feed it.
pub(super) struct Outgoing {
    sound: Arc<TrackLocalStaticRTP>,
    picture: Arc<TrackLocalStaticRTP>,
    streams: Arc<Streams>,
    open: Mutex<Option<Formats>>,
    counts: Counts,
    state: tokio::sync::Mutex<State>,
}

/// What went out.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) sound_bytes: AtomicU64,
    pub(super) picture_bytes: AtomicU64,
    pub(super) pictures: AtomicU64,
}

struct State {
    sound_sequence: u16,
    picture_sequence: u16,
    h264: H264Payloader,
    vp8: Vp8Payloader,
}

/// Why something did not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The path is not up, or not any more.
    #[error("the path is not up")]
    Closed,
    /// The other side does not take this format.
    #[error("the other side does not take this format")]
    Format,
}

impl Outgoing {
    pub(super) fn new(
        sound: Arc<TrackLocalStaticRTP>,
        picture: Arc<TrackLocalStaticRTP>,
        streams: Arc<Streams>,
    ) -> Self {
        let number = |salt: u32| (streams.sound ^ streams.picture.rotate_left(salt)) as u16;
        let state = State {
            // Any first number does; one that is not nought shows mistakes with wraps sooner.
            sound_sequence: number(7),
            picture_sequence: number(11),
            h264: H264Payloader::default(),
            vp8: vp8(),
        };
        let (open, counts) = (Mutex::new(None), Counts::default());
        Self { sound, picture, streams, open, counts, state: tokio::sync::Mutex::new(state) }
    }

    /// Opens the way with what was agreed on, or closes it.
    pub(super) fn set_open(&self, formats: Option<Formats>) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = formats;
    }

    fn formats(&self) -> Result<Formats, NotSent> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.clone().ok_or(NotSent::Closed)
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The format to send pictures in.
    pub(super) fn picture_format(&self) -> Result<PictureFormat, NotSent> {
        self.formats()?.pictures.first().map(|(_, format)| *format).ok_or(NotSent::Format)
    }

    /// Sends a piece of sound.
    ///
    /// # Errors
    /// It was not sent.
    pub(super) async fn send_sound(&self, sound: &CodedSound) -> Result<(), NotSent> {
        let payload_type = self.formats()?.opus.ok_or(NotSent::Format)?;
        let mut state = self.state.lock().await;
        let mut packet = rtc::rtp::Packet::default();
        packet.header.version = 2;
        packet.header.marker = sound.begins;
        packet.header.payload_type = payload_type;
        packet.header.sequence_number = state.sound_sequence;
        packet.header.timestamp = sound.time;
        packet.header.ssrc = self.streams.sound;
        packet.payload = sound.data.clone();
        state.sound_sequence = state.sound_sequence.wrapping_add(1);
        self.counts.sound_bytes.fetch_add(sound.data.len() as u64, Ordering::Relaxed);
        self.sound.write_rtp(packet).await.map_err(|_| NotSent::Closed)
    }

    /// Sends a picture.
    ///
    /// # Errors
    /// It was not sent, or not whole.
    pub(super) async fn send_picture(&self, picture: &CodedPicture) -> Result<(), NotSent> {
        let formats = self.formats()?;
        // The first is what the streams were bound for: what is sent again goes out as that.
        let (payload_type, _) = formats
            .pictures
            .first()
            .filter(|(_, format)| *format == picture.format)
            .ok_or(NotSent::Format)?;
        let mut state = self.state.lock().await;
        let payloads = match picture.format {
            PictureFormat::H264 => cut(&mut state.h264, &picture.data),
            PictureFormat::Vp8 => cut(&mut state.vp8, &picture.data),
        };
        let last = payloads.len().saturating_sub(1);
        for (place, payload) in payloads.into_iter().enumerate() {
            let mut packet = rtc::rtp::Packet::default();
            packet.header.version = 2;
            packet.header.marker = place == last;
            packet.header.payload_type = *payload_type;
            packet.header.sequence_number = state.picture_sequence;
            packet.header.timestamp = picture.time;
            packet.header.ssrc = self.streams.picture;
            self.counts.picture_bytes.fetch_add(payload.len() as u64, Ordering::Relaxed);
            packet.payload = payload;
            state.picture_sequence = state.picture_sequence.wrapping_add(1);
            self.picture.write_rtp(packet).await.map_err(|_| NotSent::Closed)?;
        }
        self.counts.pictures.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn vp8() -> Vp8Payloader {
    let mut payloader = Vp8Payloader::default();
    payloader.enable_picture_id = true;
    payloader
}

/// The payloads of a picture. The stack's payloaders refuse nothing that an encoder makes.
fn cut(payloader: &mut dyn Payloader, data: &Bytes) -> Vec<Bytes> {
    payloader.payload(PAYLOAD, data).unwrap_or_default()
}
