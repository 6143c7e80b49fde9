//! The calls into libvpx, and nothing else: what goes in and out is Rust's.

#![expect(unsafe_code, reason = "libvpx is a C library")]

use super::super::codec::{CodecFault, Coded, Rate, taken_over};
use crate::media::picture::{Picture, Size};
use bytes::Bytes;
use std::ffi::{CStr, c_int, c_long, c_uint, c_ulong};
use std::mem::MaybeUninit;
use std::ptr;
use vpx_sys::{
    VPX_DECODER_ABI_VERSION, VPX_DL_REALTIME, VPX_EFLAG_FORCE_KF, VPX_ENCODER_ABI_VERSION,
    VPX_ERROR_RESILIENT_DEFAULT, VPX_FRAME_IS_KEY, vp8_dec_control_id, vp8e_enc_control_id,
    vpx_codec_control_, vpx_codec_ctx_t, vpx_codec_cx_pkt_kind, vpx_codec_dec_cfg_t,
    vpx_codec_dec_init_ver, vpx_codec_decode, vpx_codec_destroy, vpx_codec_enc_cfg_t,
    vpx_codec_enc_config_default, vpx_codec_enc_config_set, vpx_codec_enc_init_ver,
    vpx_codec_encode, vpx_codec_err_t, vpx_codec_err_to_string, vpx_codec_get_cx_data,
    vpx_codec_get_frame, vpx_codec_vp8_cx, vpx_codec_vp8_dx, vpx_enc_pass, vpx_image_t,
    vpx_img_fmt, vpx_img_wrap, vpx_kf_mode, vpx_rc_mode,
};

/// How quick it is rather than thorough.
const SPEED: c_int = -6;
/// The most that a key picture takes, in percent of what a picture may take on average.
const KEY_PERCENT: c_int = 450;

fn checked(result: vpx_codec_err_t) -> Result<(), String> {
    if result == vpx_codec_err_t::VPX_CODEC_OK {
        return Ok(());
    }
    // SAFETY: it gives a static text for every code.
    let text = unsafe { CStr::from_ptr(vpx_codec_err_to_string(result)) };
    Err(text.to_string_lossy().into_owned())
}

/// A context of the library's that was initialised; boxed, since the library keeps its address.
struct Context(Box<vpx_codec_ctx_t>);

// SAFETY: a context is used by one thread at a time, as `&mut` sees to, and the library keeps nothing that is tied
// to a thread.
unsafe impl Send for Context {}

impl Context {
    /// Runs one of the library's initialisers on zeroed memory, as its header asks for.
    fn new(init: impl FnOnce(*mut vpx_codec_ctx_t) -> vpx_codec_err_t) -> Result<Self, String> {
        let mut memory: Box<MaybeUninit<vpx_codec_ctx_t>> = Box::new(MaybeUninit::zeroed());
        checked(init(memory.as_mut_ptr()))?;
        // SAFETY: the initialiser succeeded, so it filled the context; what it left is zero, which every field may
        // be.
        Ok(Self(unsafe { memory.assume_init() }))
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the context was initialised and is destroyed once.
        unsafe { vpx_codec_destroy(&raw mut *self.0) };
    }
}

/// An encoder for pictures of one size.
pub(super) struct RawEncoder {
    context: Context,
    config: vpx_codec_enc_cfg_t,
}

// SAFETY: the pointers in the description are null and stay so: they are for coding in two passes.
unsafe impl Send for RawEncoder {}

impl RawEncoder {
    pub(super) fn new(size: Size, rate: Rate) -> Result<Self, String> {
        let mut memory = MaybeUninit::zeroed();
        // SAFETY: the library copies a whole description of its own over the memory before it says that it went
        // well.
        let mut config: vpx_codec_enc_cfg_t = unsafe {
            checked(vpx_codec_enc_config_default(vpx_codec_vp8_cx(), memory.as_mut_ptr(), 0))?;
            memory.assume_init()
        };
        config.g_w = size.width;
        config.g_h = size.height;
        config.g_threads = 1;
        config.g_timebase.num = 1;
        config.g_timebase.den = 1_000_000;
        config.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
        config.g_pass = vpx_enc_pass::VPX_RC_ONE_PASS;
        config.g_lag_in_frames = 0;
        config.kf_mode = vpx_kf_mode::VPX_KF_DISABLED;
        config.rc_end_usage = vpx_rc_mode::VPX_CBR;
        config.rc_target_bitrate = kbit_s(rate);
        config.rc_min_quantizer = 2;
        config.rc_max_quantizer = 56;
        config.rc_dropframe_thresh = 30;
        config.rc_resize_allowed = 0;
        config.rc_undershoot_pct = 100;
        config.rc_overshoot_pct = 15;
        // In milliseconds at the rate.
        config.rc_buf_sz = 1000;
        config.rc_buf_initial_sz = 500;
        config.rc_buf_optimal_sz = 600;
        let version = VPX_ENCODER_ABI_VERSION as c_int;
        // SAFETY: the context is zeroed memory, and the description is whole and outlives the call; the library
        // copies it.
        let mut context = Context::new(|context| unsafe {
            vpx_codec_enc_init_ver(context, vpx_codec_vp8_cx(), &raw const config, 0, version)
        })?;
        for (setting, value) in [
            (vp8e_enc_control_id::VP8E_SET_CPUUSED, SPEED),
            (vp8e_enc_control_id::VP8E_SET_STATIC_THRESHOLD, 1),
            (vp8e_enc_control_id::VP8E_SET_TOKEN_PARTITIONS, 0),
            (vp8e_enc_control_id::VP8E_SET_MAX_INTRA_BITRATE_PCT, KEY_PERCENT),
        ] {
            // SAFETY: the context is initialised, and each of these settings takes one number.
            checked(unsafe { vpx_codec_control_(&raw mut *context.0, setting as c_int, value) })?;
        }
        Ok(Self { context, config })
    }

    pub(super) fn set_rate(&mut self, rate: Rate) -> Result<(), String> {
        self.config.rc_target_bitrate = kbit_s(rate);
        // SAFETY: the context is initialised; the description is whole and outlives the call.
        checked(unsafe {
            vpx_codec_enc_config_set(&raw mut *self.context.0, &raw const self.config)
        })
    }

    /// The picture has the size that this encoder is for; `time` is greater than the last.
    pub(super) fn encode(
        &mut self,
        picture: &Picture,
        time: i64,
        interval_us: u32,
        key: bool,
    ) -> Result<Option<Coded>, String> {
        let size = picture.size();
        if (size.width, size.height) != (self.config.g_w, self.config.g_h) {
            return Err("it is for another size".to_owned());
        }
        let mut image = MaybeUninit::<vpx_image_t>::zeroed();
        let flags = if key { VPX_EFLAG_FORCE_KF as c_long } else { 0 };
        // SAFETY: the image describes I420 planes one after the other without padding, which is how a picture lies;
        // its sides are even, so the library computes the same offsets. The library copies the pixels and does not
        // write to them; they outlive the call.
        unsafe {
            let format = vpx_img_fmt::VPX_IMG_FMT_I420;
            let pixels = picture.bytes().as_ptr().cast_mut();
            let (width, height) = (size.width, size.height);
            if vpx_img_wrap(image.as_mut_ptr(), format, width, height, 1, pixels).is_null() {
                return Err("it does not take the picture".to_owned());
            }
            let context = &raw mut *self.context.0;
            let (image, deadline) = (image.as_ptr(), VPX_DL_REALTIME as c_ulong);
            checked(vpx_codec_encode(context, image, time, interval_us.into(), flags, deadline))?;
        }
        Ok(self.packets())
    }

    /// What the last picture became.
    fn packets(&mut self) -> Option<Coded> {
        let mut iterator = ptr::null();
        let mut coded: Option<Coded> = None;
        loop {
            // SAFETY: the context is initialised, and the iterator is the library's own from null on. A packet that
            // is not null is whole until the next call to the encoder; its kind says which of the union's fields
            // holds, and a frame's buffer is as long as it says.
            unsafe {
                let packet = vpx_codec_get_cx_data(&raw mut *self.context.0, &raw mut iterator);
                let Some(packet) = packet.as_ref() else { return coded };
                if packet.kind != vpx_codec_cx_pkt_kind::VPX_CODEC_CX_FRAME_PKT {
                    continue;
                }
                let frame = packet.data.frame;
                if frame.buf.is_null() || frame.sz == 0 {
                    continue;
                }
                let bytes = std::slice::from_raw_parts(frame.buf.cast::<u8>(), frame.sz as usize);
                let key = frame.flags & VPX_FRAME_IS_KEY != 0;
                coded = Some(Coded { data: Bytes::copy_from_slice(bytes), key });
            }
        }
    }
}

fn kbit_s(rate: Rate) -> c_uint {
    (rate.bit_s / 1000).max(1)
}

/// A decoder.
pub(super) struct RawDecoder(Context);

impl RawDecoder {
    pub(super) fn new() -> Result<Self, String> {
        let config = vpx_codec_dec_cfg_t { threads: 1, w: 0, h: 0 };
        let version = VPX_DECODER_ABI_VERSION as c_int;
        // SAFETY: the context is zeroed memory, and the description is whole and outlives the call; the library
        // copies it.
        let context = Context::new(|context| unsafe {
            vpx_codec_dec_init_ver(context, vpx_codec_vp8_dx(), &raw const config, 0, version)
        })?;
        Ok(Self(context))
    }

    /// Decodes one frame, of a size that was looked at.
    pub(super) fn decode(&mut self, data: &[u8]) -> Result<Option<Picture>, CodecFault> {
        let unreadable = |reason: String| CodecFault::Unreadable(reason);
        let length = c_uint::try_from(data.len());
        let length = length.map_err(|_| unreadable("it is too long".to_owned()))?;
        let context = &raw mut *self.0.0;
        let mut iterator = ptr::null();
        let mut corrupted: c_int = 0;
        let asks = vp8_dec_control_id::VP8D_GET_FRAME_CORRUPTED as c_int;
        // SAFETY: the context is initialised; the data outlives the call, which only reads as much as is said; the
        // question is answered into an int. A frame that is not null is whole until the next call to the decoder.
        let image = unsafe {
            let decoded = vpx_codec_decode(context, data.as_ptr(), length, ptr::null_mut(), 0);
            checked(decoded).map_err(unreadable)?;
            checked(vpx_codec_control_(context, asks, &raw mut corrupted)).map_err(unreadable)?;
            vpx_codec_get_frame(context, &raw mut iterator).as_ref()
        };
        if corrupted != 0 {
            return Err(unreadable("it is damaged".to_owned()));
        }
        let Some(image) = image else { return Ok(None) };
        let (width, height) = (image.d_w as usize, image.d_h as usize);
        let strides = [0, 1, 2].map(|plane: usize| usize::try_from(image.stride[plane]).ok());
        let [Some(y), Some(u), Some(v)] = strides else {
            return Err(unreadable("it lies upside down".to_owned()));
        };
        if image.fmt != vpx_img_fmt::VPX_IMG_FMT_I420
            || image.planes[..3].iter().any(|p| p.is_null())
        {
            return Err(unreadable("it is no I420".to_owned()));
        }
        let bytes = |plane: usize, stride: usize, width: usize, height: usize| {
            let length = height.saturating_sub(1) * stride + width;
            // SAFETY: a plane of the library's has as many rows of as many bytes, each a stride from the next, and
            // stays until the next call to the decoder, before which it is copied.
            unsafe { std::slice::from_raw_parts(image.planes[plane], length) }
        };
        let (half_width, half_height) = (width / 2, height / 2);
        let planes = [
            bytes(0, y, width, height),
            bytes(1, u, half_width, half_height),
            bytes(2, v, half_width, half_height),
        ];
        taken_over([width, height], planes, [y, u, v]).map(Some)
    }
}
