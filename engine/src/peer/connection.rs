//! A connection of the WebRTC stack, as this house wants it: formats, limits, timers, sockets, tracks.
//!
//! It is made whole, with a sound track, a picture track and the control channel in place, so that the first
//! negotiation covers a whole call and nothing has to be negotiated when somebody answers.

use super::chain::{self, Heard, Locals, Path, Streams};
use super::socket::{Crossing, Roomy};
use super::{LinkError, LinkOptions};
use crate::media::coded::PictureFormat;
use rtc::data_channel::RTCDataChannelInit;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::{
    MIME_TYPE_H264, MIME_TYPE_OPUS, MIME_TYPE_RTX, MIME_TYPE_VP8, MediaEngine,
};
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters,
    RTCRtpEncodingParameters, RTCRtpHeaderExtensionCapability, RTCRtpRtxParameters, RtpCodecKind,
};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use webrtc::data_channel::DataChannel;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCIceServer, RTCIceTransportPolicy, Registry, SettingEngineBuilder,
};

/// Nothing heard for so long: the path may be gone.
const SILENT: Duration = Duration::from_secs(2);
/// Nothing for so much longer: it is gone.
const GONE: Duration = Duration::from_secs(15);
/// Something is said at least so often.
const SAY: Duration = Duration::from_millis(500);
/// A way that may work is tried so often, as RFC 8445 has it; the stack's own 200 ms are felt in every call.
const TRY_EVERY: Duration = Duration::from_millis(50);
/// And so many times: ten seconds, as the other side may still be on its way.
const TRIES: u16 = 200;
/// What may be under way on data channels, each way: a fast path with a long way needs so much.
const UNDER_WAY: u32 = 4 * 1024 * 1024;
/// The stream of the control channel; both sides know it, so nobody has to announce it.
const CONTROL: u16 = 0;

/// The parts of a connection.
pub(super) struct Connection {
    pub(super) peer: Arc<dyn PeerConnection>,
    pub(super) sound: Arc<TrackLocalStaticRTP>,
    pub(super) picture: Arc<TrackLocalStaticRTP>,
    pub(super) control: Arc<dyn DataChannel>,
    pub(super) streams: Arc<Streams>,
    pub(super) locals: Arc<Locals>,
    pub(super) path: Arc<Path>,
    pub(super) crossing: Arc<Crossing>,
}

/// Makes a connection.
///
/// # Errors
/// The system gives no sockets, or the stack refuses what it is asked for.
pub(super) async fn make(
    options: &LinkOptions,
    ear: Arc<dyn PeerConnectionEventHandler>,
    heard: mpsc::Sender<Heard>,
) -> Result<Connection, LinkError> {
    let streams = Arc::new(Streams::new(random()?, random()?, random()?));
    let (locals, path) = (Arc::new(Locals::default()), Arc::new(Path::default()));
    let crossing = Arc::<Crossing>::default();
    let row = || chain::compose(heard.clone(), &streams, &locals, &path);
    // Where a network has no way for multicast, names ending in `.local` can't be asked for, and all else works.
    let peer = match build(options, &ear, row(), &crossing, MulticastDnsMode::QueryOnly).await {
        Ok(peer) => peer,
        Err(error) => {
            tracing::debug!(%error, "going on without names of the local network");
            build(options, &ear, row(), &crossing, MulticastDnsMode::Disabled).await?
        }
    };
    let coding = |ssrc, again: Option<u32>| RTCRtpCodingParameters {
        ssrc: Some(ssrc),
        rtx: again.map(|ssrc| RTCRtpRtxParameters { ssrc }),
        ..RTCRtpCodingParameters::default()
    };
    let sound = track("sound", RtpCodecKind::Audio, coding(streams.sound, None));
    let picture =
        track("picture", RtpCodecKind::Video, coding(streams.picture, Some(streams.again)));
    peer.add_track(Arc::clone(&sound) as Arc<dyn TrackLocal>).await?;
    peer.add_track(Arc::clone(&picture) as Arc<dyn TrackLocal>).await?;
    let known = RTCDataChannelInit { negotiated: Some(CONTROL), ..RTCDataChannelInit::default() };
    let control = peer.create_data_channel("control", Some(known)).await?;
    Ok(Connection { peer, sound, picture, control, streams, locals, path, crossing })
}

fn track(
    name: &str,
    kind: RtpCodecKind,
    rtp_coding_parameters: RTCRtpCodingParameters,
) -> Arc<TrackLocalStaticRTP> {
    let coding =
        RTCRtpEncodingParameters { rtp_coding_parameters, active: true, ..Default::default() };
    let (stream, name) = ("visavis".to_owned(), name.to_owned());
    let track = MediaStreamTrack::new(stream, name.clone(), name, kind, vec![coding]);
    Arc::new(TrackLocalStaticRTP::new(track))
}

async fn build(
    options: &LinkOptions,
    ear: &Arc<dyn PeerConnectionEventHandler>,
    row: Registry,
    crossing: &Arc<Crossing>,
    names: MulticastDnsMode,
) -> Result<Arc<dyn PeerConnection>, LinkError> {
    let servers = options.ice_servers.iter().map(|server| RTCIceServer {
        urls: server.urls.clone(),
        username: server.username.clone().unwrap_or_default(),
        credential: server.credential.clone().unwrap_or_default(),
    });
    let policy = match options.relay_only {
        true => RTCIceTransportPolicy::Relay,
        false => RTCIceTransportPolicy::All,
    };
    let configuration = RTCConfigurationBuilder::new()
        .with_ice_servers(servers.collect())
        .with_ice_transport_policy(policy)
        .build();
    let settings = SettingEngineBuilder::new()
        .with_ice_timeouts(Some(SILENT), Some(GONE), Some(SAY))
        .with_ice_connection_attempts(Some(TRY_EVERY), Some(TRIES))
        .with_multicast_dns_mode(names)
        .with_include_loopback_candidate(true)
        // A new path begins with new sockets: the networks may be others than before.
        .with_sctp_max_receive_buffer_size(UNDER_WAY)
        .with_discard_local_candidates_during_ice_restart(true)
        .build();
    let building = PeerConnectionBuilder::new()
        .with_configuration(configuration)
        .with_setting_engine(settings)
        .with_media_engine(formats(&options.formats)?)
        .with_interceptor_registry(row)
        .with_handler(Arc::clone(ear))
        .with_runtime(Roomy::runtime(crossing))
        .with_data_channel_send_buffer_limit(UNDER_WAY as usize)
        .with_udp_addrs(options.udp.clone())
        .with_tcp_addrs(options.tcp.clone())
        .build();
    let peer = Box::pin(building).await?;
    Ok(Arc::new(peer))
}

/// What both tracks may carry, in order of preference.
fn formats(pictures: &[PictureFormat]) -> Result<MediaEngine, LinkError> {
    let mut engine = MediaEngine::default();
    let feedback = |kind: &str, parameter: &str| RTCPFeedback {
        typ: kind.to_owned(),
        parameter: parameter.to_owned(),
    };
    let codec = |mime: &str, clock_rate, channels, parameters: &str, rtcp_feedback| RTCRtpCodec {
        mime_type: mime.to_owned(),
        clock_rate,
        channels,
        sdp_fmtp_line: parameters.to_owned(),
        rtcp_feedback,
    };
    let both = vec![feedback("transport-cc", "")];
    let opus = codec(MIME_TYPE_OPUS, 48_000, 2, "minptime=10;useinbandfec=1;usedtx=1", both);
    let opus = RTCRtpCodecParameters { rtp_codec: opus, payload_type: 111 };
    engine.register_codec(opus, RtpCodecKind::Audio)?;
    for format in pictures {
        let (mime, parameters, payload_type) = match format {
            PictureFormat::H264 => (
                MIME_TYPE_H264,
                "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
                102,
            ),
            PictureFormat::Vp8 => (MIME_TYPE_VP8, "", 96),
        };
        let wishes = vec![
            feedback("transport-cc", ""),
            feedback("ccm", "fir"),
            feedback("nack", ""),
            feedback("nack", "pli"),
        ];
        let rtp_codec = codec(mime, PictureFormat::CLOCK, 0, parameters, wishes);
        let first = RTCRtpCodecParameters { rtp_codec, payload_type };
        engine.register_codec(first, RtpCodecKind::Video)?;
        let apt = format!("apt={payload_type}");
        let rtp_codec = codec(MIME_TYPE_RTX, PictureFormat::CLOCK, 0, &apt, vec![]);
        let again = RTCRtpCodecParameters { rtp_codec, payload_type: payload_type + 1 };
        engine.register_codec(again, RtpCodecKind::Video)?;
    }
    for kind in [RtpCodecKind::Audio, RtpCodecKind::Video] {
        for uri in [rtc::sdp::extmap::TRANSPORT_CC_URI, rtc::sdp::extmap::SDES_MID_URI] {
            let uri = uri.to_owned();
            engine.register_header_extension(
                RTCRtpHeaderExtensionCapability { uri },
                kind,
                None,
            )?;
        }
    }
    Ok(engine)
}

/// Where to listen: every network this computer is on; itself alone where it is on none.
pub(super) fn own_addresses() -> Vec<String> {
    let mut addresses = Vec::new();
    let networks = rtc::shared::ifaces::ifaces().unwrap_or_default();
    let usable = networks.iter().filter_map(|network| Some(network.addr?.ip())).filter(is_usable);
    let (mut four, mut six) = (false, false);
    for address in usable {
        four |= address.is_ipv4();
        six |= address.is_ipv6();
    }
    if four {
        addresses.push("0.0.0.0:0".to_owned());
    }
    if six {
        addresses.push("[::]:0".to_owned());
    }
    if addresses.is_empty() {
        addresses.push("127.0.0.1:0".to_owned());
    }
    addresses
}

fn is_usable(address: &IpAddr) -> bool {
    let link_local = match address {
        IpAddr::V4(four) => four.is_link_local(),
        IpAddr::V6(six) => six.is_unicast_link_local(),
    };
    !address.is_loopback() && !address.is_unspecified() && !link_local
}

fn random() -> Result<u32, LinkError> {
    getrandom::u32().map_err(|error| LinkError(error.to_string()))
}
