//! Hears what the other side reports: where its clocks stand, what it lost, and that it wants a whole picture.
//!
//! It lets everything pass as it is. What it hears is news that comes again, so a full channel drops it.

use crate::media::coded::ClockReport;
use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::reception_report::ReceptionReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::mpsc;

/// Own reports that are remembered, to know when an answer's question was.
const REPORTS: usize = 32;

/// What the other side said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::peer) enum Heard {
    /// It can't go on without a whole picture.
    PictureWanted,
    /// Where the clock of its pictures stands.
    PictureClock(ClockReport),
    /// Where the clock of its sound stands.
    SoundClock(ClockReport),
    /// The part of our sound that it lost, from 0 to 1, of late.
    SoundLost(f64),
    /// The part of our pictures' packets that it lost, from 0 to 1, of late.
    PictureLost(f64),
    /// There and back, in milliseconds.
    RoundTrip(f64),
}

/// Which streams there are. Shared between the rooms of the link.
#[derive(Debug)]
pub(in crate::peer) struct Streams {
    /// Our sound.
    pub(in crate::peer) sound: u32,
    /// Our pictures.
    pub(in crate::peer) picture: u32,
    /// Our pictures sent again.
    pub(in crate::peer) again: u32,
    /// Packets that were unwrapped.
    pub(in crate::peer) unwrapped: AtomicU64,
    /// Packets that we sent again.
    pub(in crate::peer) resent: AtomicU64,
    /// Packets that we asked for.
    pub(in crate::peer) asked: AtomicU64,
    /// Which of their streams carries pictures; 0 before one does.
    pub(in crate::peer) their_picture: AtomicU32,
    /// Which kind of payload repeats which, as negotiated.
    pub(in crate::peer) repeats: Mutex<HashMap<u8, u8>>,
}

impl Streams {
    pub(in crate::peer) fn new(sound: u32, picture: u32, again: u32) -> Self {
        Self {
            sound,
            picture,
            again,
            unwrapped: AtomicU64::new(0),
            resent: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            their_picture: AtomicU32::new(0),
            repeats: Mutex::default(),
        }
    }

    /// Which payload type a repeating one stands for.
    pub(in crate::peer) fn repeated(&self, payload_type: u8) -> Option<u8> {
        let repeats = self.repeats.lock().unwrap_or_else(PoisonError::into_inner);
        repeats.get(&payload_type).copied()
    }

    /// Takes what was negotiated.
    pub(in crate::peer) fn set_repeats(&self, repeats: HashMap<u8, u8>) {
        *self.repeats.lock().unwrap_or_else(PoisonError::into_inner) = repeats;
    }
}

/// The ear in its place in the row.
pub(super) struct Ear {
    heard: mpsc::Sender<Heard>,
    streams: Arc<Streams>,
    sound: Vec<u32>,
    pictures: Vec<u32>,
    /// The middle of the time in own reports, and when they were sent.
    reports: VecDeque<(u32, Instant)>,
    reads: VecDeque<TaggedPacket>,
    writes: VecDeque<TaggedPacket>,
}

impl Ear {
    pub(super) fn new(heard: mpsc::Sender<Heard>, streams: Arc<Streams>) -> Self {
        Self {
            heard,
            streams,
            sound: Vec::new(),
            pictures: Vec::new(),
            reports: VecDeque::new(),
            reads: VecDeque::new(),
            writes: VecDeque::new(),
        }
    }

    fn tell(&self, heard: Heard) {
        // It will be said again.
        let _ = self.heard.try_send(heard);
    }

    fn listen(&mut self, now: Instant, packets: &[Box<dyn rtc::rtcp::Packet>]) {
        for packet in packets {
            let packet = packet.as_any();
            if let Some(report) = packet.downcast_ref::<SenderReport>() {
                let clock = ClockReport { ntp: report.ntp_time, time: report.rtp_time };
                if self.sound.contains(&report.ssrc) {
                    self.tell(Heard::SoundClock(clock));
                } else if self.pictures.contains(&report.ssrc) {
                    self.tell(Heard::PictureClock(clock));
                }
                self.hear_losses(now, &report.reports);
            } else if let Some(report) = packet.downcast_ref::<ReceiverReport>() {
                self.hear_losses(now, &report.reports);
            } else if let Some(wish) = packet.downcast_ref::<PictureLossIndication>() {
                if wish.media_ssrc == self.streams.picture {
                    self.tell(Heard::PictureWanted);
                }
            } else if let Some(wish) = packet.downcast_ref::<FullIntraRequest>()
                && wish.fir.iter().any(|entry| entry.ssrc == self.streams.picture)
            {
                self.tell(Heard::PictureWanted);
            }
        }
    }

    fn hear_losses(&self, now: Instant, reports: &[ReceptionReport]) {
        for report in reports {
            let lost = f64::from(report.fraction_lost) / 256.0;
            if report.ssrc == self.streams.sound {
                self.tell(Heard::SoundLost(lost));
            } else if report.ssrc == self.streams.picture {
                self.tell(Heard::PictureLost(lost));
            } else {
                continue;
            }
            let sent = self.reports.iter().find(|(ntp, _)| *ntp == report.last_sender_report);
            if let Some((_, sent)) = sent {
                let passed = now.saturating_duration_since(*sent).as_secs_f64();
                let there = f64::from(report.delay) / 65_536.0;
                if passed >= there {
                    self.tell(Heard::RoundTrip((passed - there) * 1000.0));
                }
            }
        }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Ear {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(packets) = &message.message.packet {
            self.listen(message.now, packets);
        }
        self.reads.push_back(message);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.reads.pop_front()
    }

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        match &message.message.packet {
            Packet::Rtcp(packets) => {
                for packet in packets {
                    if let Some(report) = packet.as_any().downcast_ref::<SenderReport>() {
                        let middle = (report.ntp_time >> 16) as u32;
                        self.reports.push_back((middle, message.now));
                    }
                }
                while self.reports.len() > REPORTS {
                    self.reports.pop_front();
                }
            }
            Packet::Rtp(packet) if packet.header.ssrc == self.streams.again => {
                self.streams.resent.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
        self.writes.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.writes.pop_front()
    }
}

impl Interceptor for Ear {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        if info.mime_type.starts_with("audio") {
            self.sound.push(info.ssrc);
        } else {
            self.pictures.push(info.ssrc);
            self.streams.their_picture.store(info.ssrc, Ordering::Relaxed);
        }
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.sound.retain(|ssrc| *ssrc != info.ssrc);
        self.pictures.retain(|ssrc| *ssrc != info.ssrc);
    }
}
