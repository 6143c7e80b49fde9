//! What comes on a lane of files, for the fuzzer.

use super::manifest::Manifest;
use super::name::{Places, safe};
use super::signal::OfferedItem;
use super::wire::Frame;
use bytes::Bytes;

/// A frame; a list; a name.
pub fn frame(bytes: &[u8]) {
    if let Ok(frame) = Frame::read(Bytes::copy_from_slice(bytes)) {
        assert_eq!(Frame::read(frame.write()).ok(), Some(frame));
    }
    let item = |size, files| OfferedItem { name: String::new(), size, files, preview: Vec::new() };
    for items in [[item(0, None), item(0, Some(0))], [item(1, None), item(9, Some(2))]] {
        if let Ok(list) = Manifest::read(bytes, &items) {
            let mut places = Places::default();
            assert!(list.files.iter().all(|file| !places.file(&file.way).is_empty()));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let kept = safe(text);
        assert!(!kept.is_empty() && !kept.contains(['/', '\\', '\0']) && kept != "..");
    }
}
