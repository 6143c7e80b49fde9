//! A camera with its lid on: black, five times a second, so that whoever looks sees that it is there.

use super::{Moment, Source};
use crate::device::DeviceFault;
use crate::media::picture::{Picture, Size};
use std::time::Duration;

const SIZE: Size = Size { width: 640, height: 360 };

/// Black pictures, which all share their pixels.
#[derive(Debug)]
pub(super) struct Black {
    picture: Picture,
}

impl Black {
    pub(super) fn new() -> Self {
        Self { picture: Picture::plain(SIZE, 0, [16, 128, 128]) }
    }
}

impl Source for Black {
    fn next_picture(&mut self, moment: Moment) -> Result<Option<Picture>, DeviceFault> {
        Ok(Some(self.picture.clone().taken_at(moment.taken_us)))
    }

    fn interval(&self) -> Duration {
        Duration::from_millis(200)
    }
}
