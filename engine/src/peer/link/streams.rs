//! Which streams go out under an agreement, as interceptors want to know them.

use crate::media::coded::{CodedSound, PictureFormat};
use crate::peer::chain::Streams;
use crate::peer::sdp::Formats;
use rtc::interceptor::{RTCPFeedback, RTPHeaderExtension, StreamInfo};

/// The streams that go out under an agreement.
pub(super) fn outgoing(streams: &Streams, formats: &Formats) -> Vec<StreamInfo> {
    let numbers = |number: Option<u16>| {
        let uri = rtc::sdp::extmap::TRANSPORT_CC_URI.to_owned();
        number.map(|id| RTPHeaderExtension { uri, id }).into_iter().collect()
    };
    let feedback =
        |parameter: &str| RTCPFeedback { typ: "nack".to_owned(), parameter: parameter.to_owned() };
    let sound = formats.opus.map(|payload_type| StreamInfo {
        ssrc: streams.sound,
        payload_type,
        rtp_header_extensions: numbers(formats.sound_numbers),
        mime_type: "audio/opus".to_owned(),
        clock_rate: CodedSound::CLOCK,
        channels: 2,
        ..StreamInfo::default()
    });
    let picture = formats.pictures.first().map(|(payload_type, format)| {
        let mut repeats = formats.repeats.iter();
        let again = repeats.find(|(_, original)| *original == payload_type).map(|(kind, _)| *kind);
        StreamInfo {
            ssrc: streams.picture,
            ssrc_rtx: again.map(|_| streams.again),
            payload_type: *payload_type,
            payload_type_rtx: again,
            rtp_header_extensions: numbers(formats.picture_numbers),
            mime_type: format!("video/{}", format.name()),
            clock_rate: PictureFormat::CLOCK,
            rtcp_feedback: vec![feedback(""), feedback("pli")],
            ..StreamInfo::default()
        }
    });
    sound.into_iter().chain(picture).collect()
}
