//! What a host's device gives and takes: a head that says how a large packet is to be cut (virtio's), then the packet.
//! Senders hand over up to 64 KiB at once, as to a network card that cuts by itself; each packet of it has its own fate,
//! and those that come out together are put together again. Pure. Only IPv4 goes through the laboratory.

use std::ops::Range;

/// Bytes of the head before a packet.
const HEAD: usize = 10;
/// The largest packet, with its head.
pub(crate) const LARGEST: usize = HEAD + 65535;

const NEEDS_CHECKSUM: u8 = 1;
const CUT_TCP: u8 = 1;
const CUT_UDP: u8 = 5;
const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;

/// What was read of a device at once: one packet, or several with one set of headers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    bytes: Vec<u8>,
    /// Bytes of the IP header and the transport's.
    headers: usize,
    /// Bytes of each packet's content; the last may have fewer. None where it is one packet.
    piece: Option<usize>,
}

impl Frame {
    /// Reads a frame; none where it is not IPv4, or makes no sense.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let packet = bytes.get(HEAD..)?;
        let start = usize::from(*packet.first()? & 0xf) * 4;
        if packet[0] >> 4 != 4 || start < 20 || packet.len() < start {
            return None;
        }
        let transport = match packet[9] {
            TCP => usize::from(*packet.get(start + 12)? >> 4) * 4,
            UDP => 8,
            _ => 0,
        };
        let headers = start + transport;
        let piece = usize::from(u16::from_le_bytes([bytes[4], bytes[5]]));
        let way = (bytes[1] & 0x7f, packet[9]);
        let is_cut = way == (CUT_TCP, TCP) || way == (CUT_UDP, UDP);
        let is_whole = packet.len() > headers && (packet[9] == UDP || transport >= 20);
        let is_cut = is_cut && is_whole && bytes[0] & NEEDS_CHECKSUM != 0 && piece > 0;
        Some(Self { bytes: bytes.to_vec(), headers, piece: is_cut.then_some(piece) })
    }

    fn packet(&self) -> &[u8] {
        &self.bytes[HEAD..]
    }

    pub(crate) fn source(&self) -> [u8; 4] {
        self.address(12)
    }

    pub(crate) fn target(&self) -> [u8; 4] {
        self.address(16)
    }

    fn address(&self, at: usize) -> [u8; 4] {
        let packet = self.packet();
        [packet[at], packet[at + 1], packet[at + 2], packet[at + 3]]
    }

    pub(crate) fn protocol(&self) -> u8 {
        self.packet()[9]
    }

    /// How many packets it is.
    pub(crate) fn count(&self) -> usize {
        let content = self.packet().len().saturating_sub(self.headers);
        self.piece.map_or(1, |piece| content.div_ceil(piece))
    }

    /// The length of one of its packets, from IP on.
    pub(crate) fn length(&self, at: usize) -> usize {
        let packet = self.packet().len();
        self.piece
            .map_or(packet, |piece| piece.min(packet - self.headers - at * piece) + self.headers)
    }

    /// Some of its packets, as a device takes them: all of it as it came, or with its headers made to fit.
    pub(crate) fn part(&self, which: Range<usize>) -> std::borrow::Cow<'_, [u8]> {
        match self.piece {
            Some(piece) if which != (0..self.count()) => self.cut(piece, which).into(),
            _ => self.bytes.as_slice().into(),
        }
    }

    fn cut(&self, piece: usize, which: Range<usize>) -> Vec<u8> {
        let content = &self.packet()[self.headers..];
        let (from, to) = (which.start * piece, (which.end * piece).min(content.len()));
        let mut cut = self.bytes[..HEAD + self.headers].to_vec();
        cut.extend_from_slice(&content[from..to]);
        if which.len() == 1 {
            cut[1] = 0;
            cut[4..6].fill(0);
        }
        let packet = &mut cut[HEAD..];
        let start = usize::from(packet[0] & 0xf) * 4;
        let length = packet.len() as u16;
        packet[2..4].copy_from_slice(&length.to_be_bytes());
        let number = u16::from_be_bytes([packet[4], packet[5]]).wrapping_add(which.start as u16);
        packet[4..6].copy_from_slice(&number.to_be_bytes());
        packet[10..12].fill(0);
        let sum = !sum(&packet[..start]);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        let transport = length - start as u16;
        let check = if packet[9] == TCP {
            let at = start + 4;
            let place = [packet[at], packet[at + 1], packet[at + 2], packet[at + 3]];
            let place = u32::from_be_bytes(place).wrapping_add(from as u32);
            packet[at..at + 4].copy_from_slice(&place.to_be_bytes());
            const FIN_AND_PUSH: u8 = 0x09;
            const WINDOW_REDUCED: u8 = 0x80;
            if to < content.len() {
                packet[start + 13] &= !FIN_AND_PUSH;
            }
            if from > 0 {
                packet[start + 13] &= !WINDOW_REDUCED;
            }
            start + 16
        } else {
            packet[start + 4..start + 6].copy_from_slice(&transport.to_be_bytes());
            start + 6
        };
        // The receiver's system is told that the rest of the sum is still to be made: nobody has damaged it here.
        let mut about = [0; 12];
        about[..8].copy_from_slice(&packet[12..20]);
        about[9] = packet[9];
        about[10..].copy_from_slice(&transport.to_be_bytes());
        packet[check..check + 2].copy_from_slice(&self::sum(&about).to_be_bytes());
        cut
    }
}

/// The sum of the internet's checksums.
fn sum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|two| {
        u32::from(u16::from_be_bytes([two[0], two.get(1).copied().unwrap_or_default()]))
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::{CUT_TCP, CUT_UDP, Frame, HEAD, NEEDS_CHECKSUM, TCP, UDP, sum};

    /// A frame with so much content, to be cut into pieces of 100 bytes.
    fn frame(protocol: u8, content: usize) -> Vec<u8> {
        let (way, transport) = if protocol == TCP { (CUT_TCP, 20) } else { (CUT_UDP, 8) };
        let mut bytes = vec![NEEDS_CHECKSUM, way, 0, 0, 100, 0, 20, 0, 16, 0];
        let length = (20 + transport + content) as u16;
        bytes.extend([0x45, 0]);
        bytes.extend(length.to_be_bytes());
        bytes.extend([0, 7, 0x40, 0, 64, protocol, 0, 0, 10, 77, 0, 1, 10, 77, 0, 2]);
        let mut head = vec![0; transport];
        if protocol == TCP {
            head[4..8].copy_from_slice(&1000_u32.to_be_bytes());
            head[12] = 0x50;
            head[13] = 0x89;
        }
        bytes.extend(head);
        bytes.extend((0..content).map(|at| at as u8));
        bytes
    }

    #[test]
    fn a_large_packet_is_many() {
        let bytes = frame(TCP, 250);
        let frame = Frame::read(&bytes).unwrap();
        assert_eq!((frame.source(), frame.target()), ([10, 77, 0, 1], [10, 77, 0, 2]));
        assert_eq!((frame.count(), frame.length(0), frame.length(2)), (3, 140, 90));
        assert_eq!(&*frame.part(0..3), bytes.as_slice());
    }

    #[test]
    fn a_part_has_headers_of_its_own() {
        let whole = Frame::read(&frame(TCP, 250)).unwrap();
        let (first, last) = (whole.part(0..2), whole.part(2..3));
        assert_eq!((first[1], first[4], last[1], last[4]), (CUT_TCP, 100, 0, 0));
        for (part, length, place, flags) in
            [(&first, 240_u16, 1000_u32, 0x80), (&last, 90, 1200, 0x09)]
        {
            let packet = &part[HEAD..];
            assert_eq!(packet.len(), usize::from(length));
            assert_eq!(packet[2..4], length.to_be_bytes());
            assert_eq!(sum(&packet[..20]), 0xffff, "the header's checksum");
            assert_eq!((&packet[24..28], packet[33]), (&place.to_be_bytes()[..], flags));
        }
        assert_eq!(last[HEAD + 40..], (200..250).map(|at| at as u8).collect::<Vec<_>>());
        let udp = Frame::read(&frame(UDP, 250)).unwrap();
        assert_eq!(udp.part(2..3)[HEAD + 24..HEAD + 26], 58_u16.to_be_bytes());
    }

    #[test]
    fn what_makes_no_sense_is_no_frame() {
        let good = frame(TCP, 5);
        for cut in [0, 5, HEAD, HEAD + 8, HEAD + 25] {
            assert_eq!(Frame::read(&good[..cut]), None, "{cut} bytes");
        }
        let mut six = good;
        six[HEAD] = 0x65;
        assert_eq!(Frame::read(&six), None);
    }
}
