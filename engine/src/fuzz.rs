//! Doors for the fuzzer to all that the engine reads from outside: what peers send, and files that stand in for
//! devices. Built for it alone; each takes any bytes and must neither panic nor grow without bound.

pub use crate::device::camera::fuzz::{camera, mjpeg, y4m};
pub use crate::device::sound::fuzz::wav;
pub use crate::engine::fuzz::letter;
pub use crate::peer::fuzz::{description, packets, payloads};
pub use crate::transfer::fuzz::frame;

use crate::device::DeviceUri;
use crate::device::camera::wish::Wishes;
use crate::media::barcode;
use crate::media::coded::PictureFormat;
use crate::media::video::codec::decoder;
use crate::session::address::ServerAddress;

/// A stream of coded pictures, each behind its length.
pub fn pictures(format: PictureFormat, bytes: &[u8]) {
    let Ok(mut decoder) = decoder(format) else { return };
    for picture in pieces(bytes) {
        if let Ok(Some(picture)) = decoder.decode(picture) {
            let size = picture.size();
            assert!(size.width > 0 && size.height > 0);
        }
    }
}

/// A bright plane in which a code is looked for.
pub fn code(bytes: &[u8]) {
    let Some((width, luma)) = bytes.split_first() else { return };
    let width = usize::from(*width).max(1);
    for found in barcode::find_in_luma(luma, width, luma.len() / width, width) {
        assert!(found.left >= 0.0 && found.left <= width as f32);
    }
}

/// What people type or click: addresses of servers and devices.
pub fn address(text: &str) {
    if let Ok(server) = ServerAddress::parse(text) {
        assert!(ServerAddress::parse(&server.url()).is_ok(), "{text}");
    }
    if let Ok(device) = text.parse::<DeviceUri>() {
        assert_eq!(device.to_string().parse(), Ok(device));
    }
    // A wish is read or refused.
    let _ = text.parse::<Wishes>();
}

/// Cuts bytes into pieces, each behind one byte that says how long it is.
pub(crate) fn pieces(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first()?;
        let (piece, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        bytes = rest;
        Some(piece)
    })
}
