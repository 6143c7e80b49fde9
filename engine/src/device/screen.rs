//! Screens and windows, as something to be shown: which there are, a small picture of each, and a [`Source`] of what is on
//! one, with the pointer. On Linux they are read from X11 through shared memory. On other systems, and where Wayland hides
//! them, there are none here.
//!
//! Nothing is taken of a screen but while a source is driven or a small picture is asked for.

#[cfg(target_os = "linux")]
mod x11;

use super::camera::Source;
use super::{DeviceFault, DeviceUri};
use crate::media::picture::{Picture, Size};
use crate::media::scale::{Scaler, fit};

/// A small picture fits into this.
const SMALL: Size = Size { width: 320, height: 200 };

/// A screen or window that can be shown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Showable {
    /// Its address.
    pub uri: String,
    /// As the system or the window's program calls it.
    pub name: String,
    /// Whether it is a window.
    pub window: bool,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// Where screens are looked for: as the system says, or on one X server.
#[derive(Debug, Clone, Default)]
pub struct Desktop(Option<String>);

impl Desktop {
    /// The screens of one X server, such as `:1`.
    pub fn of(display: &str) -> Self {
        Self(Some(display.to_owned()))
    }

    /// The screens, and then the windows from the top down; none of this program's own. It asks the system, so it is not for
    /// threads that must not wait.
    ///
    /// # Errors
    /// The system shows none to this program.
    pub fn list(&self) -> Result<Vec<Showable>, DeviceFault> {
        #[cfg(target_os = "linux")]
        return x11::list(self.0.as_deref());
        #[cfg(not(target_os = "linux"))]
        Err(none("screen:"))
    }

    /// What is on a screen or in a window, from now on.
    ///
    /// # Errors
    /// It is not there, or can't be read.
    pub fn source(&self, uri: &DeviceUri) -> Result<Box<dyn Source>, DeviceFault> {
        #[cfg(target_os = "linux")]
        return x11::source(self.0.as_deref(), uri).map(|source| Box::new(source) as _);
        #[cfg(not(target_os = "linux"))]
        Err(none(&uri.to_string()))
    }

    /// A small picture of what is there now.
    ///
    /// # Errors
    /// As with [`Desktop::source`].
    pub fn glance(&self, uri: &DeviceUri) -> Result<Picture, DeviceFault> {
        let moment = super::camera::Moment { number: 0, taken_us: 0, wall_ms: 0 };
        let whole = self.source(uri)?.next_picture(moment)?;
        let whole = whole.ok_or_else(|| DeviceFault::Missing { device: uri.to_string() })?;
        Ok(Scaler::new().scale(&whole, fit(whole.size(), SMALL)))
    }
}

#[cfg(not(target_os = "linux"))]
fn none(device: &str) -> DeviceFault {
    let reason = "screens can't be read on this system yet".to_owned();
    DeviceFault::Failed { device: device.to_owned(), reason }
}
