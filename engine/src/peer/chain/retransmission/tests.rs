//! What is sent again, and what is asked for.

use super::*;
use rtc::interceptor::AttributedPacket;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::nack_pairs_from_sequence_numbers;
use rtc::shared::TransportContext;

const PICTURE: u32 = 7;
const AGAIN: u32 = 8;

fn unwrapper() -> Unwrapper {
    let mut unwrapper = Unwrapper::new(Arc::new(Streams::new(1, 2, 3)));
    unwrapper.bind_remote_stream(&StreamInfo {
        ssrc: PICTURE,
        ssrc_rtx: Some(AGAIN),
        payload_type: 102,
        payload_type_rtx: Some(103),
        ..StreamInfo::default()
    });
    unwrapper
}

fn tagged(packet: Packet) -> TaggedPacket {
    let message = AttributedPacket::new(packet);
    TaggedPacket { now: Instant::now(), transport: TransportContext::default(), message }
}

fn read(
    unwrapper: &mut Unwrapper,
    ssrc: u32,
    payload_type: u8,
    payload: &'static [u8],
) -> Option<rtc::rtp::Packet> {
    let mut packet = rtc::rtp::Packet::default();
    packet.header.ssrc = ssrc;
    packet.header.payload_type = payload_type;
    packet.header.sequence_number = 99;
    packet.payload = payload.into();
    unwrapper.handle_read(tagged(Packet::Rtp(packet))).unwrap();
    match unwrapper.poll_read()?.message.packet {
        Packet::Rtp(packet) => Some(packet),
        _ => None,
    }
}

#[test]
fn a_packet_that_was_sent_again_is_what_it_was() {
    let mut unwrapper = unwrapper();
    let packet = read(&mut unwrapper, AGAIN, 103, &[0x12, 0x34, 5, 6]).unwrap();
    assert_eq!((packet.header.ssrc, packet.header.payload_type), (PICTURE, 102));
    assert_eq!((packet.header.sequence_number, &packet.payload[..]), (0x1234, &[5, 6][..]));
    let packet = read(&mut unwrapper, PICTURE, 102, &[0x12, 0x34]).unwrap();
    assert_eq!((packet.header.sequence_number, packet.payload.len()), (99, 2));
}

#[test]
fn the_negotiated_types_count_where_a_stream_changes_its_format() {
    let mut unwrapper = unwrapper();
    unwrapper.streams.set_repeats(HashMap::from([(97, 96), (103, 102)]));
    let packet = read(&mut unwrapper, AGAIN, 97, &[0, 1, 5]).unwrap();
    assert_eq!(packet.header.payload_type, 96);
}

#[test]
fn probes_and_what_makes_no_sense_are_dropped() {
    let mut unwrapper = unwrapper();
    assert_eq!(read(&mut unwrapper, AGAIN, 103, &[]), None);
    assert_eq!(read(&mut unwrapper, AGAIN, 103, &[1]), None);
    assert_eq!(read(&mut unwrapper, AGAIN, 103, &[1, 2]), None);
    assert_eq!(read(&mut unwrapper, AGAIN, 55, &[1, 2, 3]), None);
}

#[test]
fn what_repeats_is_never_asked_for() {
    let mut unwrapper = unwrapper();
    let mut ask = |media_ssrc| {
        let nacks = nack_pairs_from_sequence_numbers(&[1, 2]);
        let request = TransportLayerNack { sender_ssrc: 1, media_ssrc, nacks };
        unwrapper.handle_write(tagged(Packet::Rtcp(vec![Box::new(request)]))).unwrap();
        unwrapper.poll_write().is_some()
    };
    assert!(ask(PICTURE));
    assert!(!ask(AGAIN));
    assert_eq!(unwrapper.streams.asked.load(Ordering::Relaxed), 2);
}
