//! H264, constrained baseline, by openh264. Key pictures come on demand alone, each with its parameter sets. What
//! comes from elsewhere is looked at before the decoder sees it: it makes room for whatever size it is told.

mod level;
mod sps;

use super::codec::{
    CodecFault, Coded, PictureDecoder, PictureEncoder, Rate, check_size, taken_over,
};
use crate::media::coded::PictureFormat;
use crate::media::picture::{Picture, Size};
use openh264::decoder::{Decoder, DecoderConfig};
use openh264::encoder::{
    BitRate, Encoder, EncoderConfig, FrameRate, FrameType, Profile, RateControlMode, UsageType,
    VuiConfig,
};
use openh264::formats::{YUVSlices, YUVSource};
use openh264::{OpenH264API, Timestamp};
use openh264_sys2::{
    ENCODER_OPTION_BITRATE, ENCODER_OPTION_FRAME_RATE, ENCODER_OPTION_MAX_BITRATE, SBitrateInfo,
    SPATIAL_LAYER_0, SPATIAL_LAYER_ALL,
};

fn failed(error: &openh264::Error) -> CodecFault {
    CodecFault::Failed { format: PictureFormat::H264, reason: error.to_string() }
}

/// An encoder, which is made anew for each size: so its level fits, and a key picture begins.
pub(super) struct H264Encoder {
    open: Option<Open>,
    rate: Rate,
    /// A key picture was asked for and has not come yet.
    key: bool,
}

struct Open {
    encoder: Encoder,
    size: Size,
    rate: Rate,
}

impl H264Encoder {
    pub(super) fn new(rate: Rate) -> Self {
        Self { open: None, rate: rate.held(), key: false }
    }
}

impl PictureEncoder for H264Encoder {
    fn encode(&mut self, picture: &Picture, key: bool) -> Result<Option<Coded>, CodecFault> {
        self.key |= key;
        let size = picture.size();
        // Taken out, so that one that failed is not used again.
        let mut open = match self.open.take() {
            Some(mut open) if open.size == size => {
                if open.rate != self.rate {
                    set_rate(&mut open.encoder, self.rate);
                    open.rate = self.rate;
                }
                if self.key {
                    open.encoder.force_intra_frame();
                }
                open
            }
            _ => Open { encoder: begin(size, self.rate)?, size, rate: self.rate },
        };
        let (width, height) = (size.width as usize, size.height as usize);
        let planes = (picture.y(), picture.u(), picture.v());
        let source = YUVSlices::new(planes, (width, height), (width, width / 2, width / 2));
        let time = Timestamp::from_millis(picture.taken_us() / 1000);
        let stream = open.encoder.encode_at(&source, time).map_err(|error| failed(&error))?;
        let key = match stream.frame_type() {
            FrameType::IDR => Some(true),
            FrameType::I | FrameType::P | FrameType::IPMixed => Some(false),
            FrameType::Skip => None,
            FrameType::Invalid => {
                let reason = "it gave no picture".to_owned();
                return Err(CodecFault::Failed { format: PictureFormat::H264, reason });
            }
        };
        let coded = key.map(|key| Coded { data: stream.to_vec().into(), key });
        self.key &= key != Some(true);
        self.open = Some(open);
        Ok(coded.filter(|coded| !coded.data.is_empty()))
    }

    fn set_rate(&mut self, rate: Rate) {
        self.rate = rate.held();
    }
}

fn begin(size: Size, rate: Rate) -> Result<Encoder, CodecFault> {
    let config = EncoderConfig::new()
        .profile(Profile::Baseline)
        .level(level::least(size, rate))
        .usage_type(UsageType::CameraVideoRealTime)
        .rate_control_mode(RateControlMode::Bitrate)
        .bitrate(BitRate::from_bps(rate.bit_s))
        .max_frame_rate(FrameRate::from_hz(rate.fps))
        .skip_frames(true)
        // A cut in the picture costs what it costs; a key picture of its own would cost more.
        .scene_change_detect(false)
        .num_threads(1)
        .vui(VuiConfig::bt601());
    Encoder::with_api_config(OpenH264API::from_source(), config).map_err(|error| failed(&error))
}

/// Tells an encoder that has coded a picture of another rate.
#[expect(
    unsafe_code,
    reason = "the crate has no other way to change the rate of a running encoder"
)]
fn set_rate(encoder: &mut Encoder, rate: Rate) {
    let info = |layer| SBitrateInfo { iLayer: layer, iBitrate: rate.bit_s.cast_signed() };
    let (mut most, mut target) = (info(SPATIAL_LAYER_0), info(SPATIAL_LAYER_ALL));
    let mut fps = rate.fps;
    // SAFETY: the encoder is initialised, since it has coded a picture. Each option reads what it is documented to
    // take, a bitrate's description or a float, during the call alone, and both live until after it. None of them is
    // one that the crate relies on: it reads neither rate again.
    let results = unsafe {
        let api = encoder.raw_api();
        [
            api.set_option(ENCODER_OPTION_FRAME_RATE, (&raw mut fps).cast()),
            api.set_option(ENCODER_OPTION_MAX_BITRATE, (&raw mut most).cast()),
            api.set_option(ENCODER_OPTION_BITRATE, (&raw mut target).cast()),
        ]
    };
    if results != [0; 3] {
        tracing::warn!(?results, ?rate, "the H264 encoder does not take the rate");
    }
}

/// A decoder.
pub(super) struct H264Decoder {
    decoder: Decoder,
}

impl H264Decoder {
    pub(super) fn new() -> Result<Self, CodecFault> {
        let decoder = Decoder::with_api_config(OpenH264API::from_source(), DecoderConfig::new());
        Ok(Self { decoder: decoder.map_err(|error| failed(&error))? })
    }
}

impl PictureDecoder for H264Decoder {
    fn decode(&mut self, data: &[u8]) -> Result<Option<Picture>, CodecFault> {
        for (width, height) in sps::sizes(data)? {
            check_size(width, height)?;
        }
        if i32::try_from(data.len()).is_err() {
            return Err(CodecFault::Unreadable("it is too long".to_owned()));
        }
        let unreadable = |error: openh264::Error| CodecFault::Unreadable(error.to_string());
        let Some(image) = self.decoder.decode(data).map_err(unreadable)? else { return Ok(None) };
        let ((width, height), (y, u, v)) = (image.dimensions(), image.strides());
        taken_over([width, height], [image.y(), image.u(), image.v()], [y, u, v]).map(Some)
    }
}
