//! Unwraps packets that were sent again (RFC 4588) before anything counts what is missing.
//!
//! The stack itself unwraps them only behind the whole row, so its own requests would never hear that a packet
//! came after all, and ask for it until they gave up. Requests for packets of the repeating stream itself are
//! dropped: what repeats is never repeated.

use super::Streams;
use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// The unwrapper in its place in the row.
pub(super) struct Unwrapper {
    streams: Arc<Streams>,
    /// By the repeating stream: the stream that it repeats, and its payload types where they are known.
    repeating: HashMap<u32, Repeated>,
    reads: VecDeque<TaggedPacket>,
    writes: VecDeque<TaggedPacket>,
}

#[derive(Debug, Clone, Copy)]
struct Repeated {
    ssrc: u32,
    payload_type: u8,
    repeating_type: Option<u8>,
}

impl Unwrapper {
    pub(super) fn new(streams: Arc<Streams>) -> Self {
        let (reads, writes) = (VecDeque::new(), VecDeque::new());
        Self { streams, repeating: HashMap::new(), reads, writes }
    }

    /// Makes a repeating packet what it repeats; false where there is nothing in it.
    fn unwrap(&self, packet: &mut rtc::rtp::Packet) -> bool {
        let Some(repeated) = self.repeating.get(&packet.header.ssrc) else { return true };
        let kind = packet.header.payload_type;
        let original = self
            .streams
            .repeated(kind)
            .or_else(|| (repeated.repeating_type == Some(kind)).then_some(repeated.payload_type));
        let (Some(original), Some(sequence)) = (original, packet.payload.first_chunk::<2>()) else {
            return false;
        };
        packet.header.sequence_number = u16::from_be_bytes(*sequence);
        packet.header.ssrc = repeated.ssrc;
        packet.header.payload_type = original;
        packet.payload = packet.payload.slice(2..);
        self.streams.unwrapped.fetch_add(1, Ordering::Relaxed);
        !packet.payload.is_empty()
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Unwrapper {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, mut message: TaggedPacket) -> Result<(), Error> {
        let keep = match &mut message.message.packet {
            Packet::Rtp(packet) => self.unwrap(packet),
            _ => true,
        };
        if keep {
            self.reads.push_back(message);
        }
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.reads.pop_front()
    }

    fn handle_write(&mut self, mut message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(packets) = &mut message.message.packet {
            let before = packets.len();
            packets.retain(|packet| {
                let request = packet.as_any().downcast_ref::<TransportLayerNack>();
                request.is_none_or(|request| !self.repeating.contains_key(&request.media_ssrc))
            });
            for packet in &*packets {
                if let Some(request) = packet.as_any().downcast_ref::<TransportLayerNack>() {
                    let asked = request.nacks.iter().map(|pair| 1 + pair.lost_packets.count_ones());
                    self.streams.asked.fetch_add(asked.map(u64::from).sum(), Ordering::Relaxed);
                }
            }
            if packets.is_empty() && before > 0 {
                return Ok(());
            }
        }
        self.writes.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.writes.pop_front()
    }
}

impl Interceptor for Unwrapper {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        if let Some(again) = info.ssrc_rtx {
            let (ssrc, payload_type) = (info.ssrc, info.payload_type);
            let repeating_type = info.payload_type_rtx;
            self.repeating.insert(again, Repeated { ssrc, payload_type, repeating_type });
        }
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        if let Some(again) = info.ssrc_rtx {
            self.repeating.remove(&again);
        }
    }
}

#[cfg(test)]
mod tests;
