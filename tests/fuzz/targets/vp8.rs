//! VP8 pictures.
#![no_main]

use libfuzzer_sys::fuzz_target;
use visavis_engine::media::coded::PictureFormat;

fuzz_target!(|bytes: &[u8]| visavis_engine::fuzz::pictures(PictureFormat::Vp8, bytes));
