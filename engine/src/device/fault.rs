//! What goes wrong with a device, in the words that a shell has sentences for.

use super::camera::wish::Unmet;
use crate::api::{ApiError, Code};
use std::path::PathBuf;

/// What went wrong with a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceFault {
    /// No such device, or not any more.
    #[error("there is no device {device}")]
    Missing {
        /// Its address or name.
        device: String,
    },
    /// Another program uses it.
    #[error("another program uses {device}")]
    Busy {
        /// Its address or name.
        device: String,
    },
    /// The system does not allow it.
    #[error("the system does not allow the use of {device}")]
    Denied {
        /// Its address or name.
        device: String,
    },
    /// It gives nothing any more.
    #[error("{device} gives nothing any more")]
    Stalled {
        /// Its address or name.
        device: String,
    },
    /// It gives pictures, but none that can be shown.
    #[error("{device} gives damaged pictures: {reason}")]
    Damaged {
        /// Its address or name.
        device: String,
        /// What is wrong with them.
        reason: String,
    },
    /// It can't do what is wished.
    #[error("{device} has no such {unmet}")]
    Unmet {
        /// Its address or name.
        device: String,
        /// Which wish it is.
        unmet: Unmet,
    },
    /// Something else.
    #[error("{device} failed: {reason}")]
    Failed {
        /// Its address or name.
        device: String,
        /// What the system said.
        reason: String,
    },
    /// A file that can't be played.
    #[error("{} can't be played: {reason}", path.display())]
    BadFile {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl From<DeviceFault> for ApiError {
    fn from(fault: DeviceFault) -> Self {
        let error = |code| ApiError::new(code, fault.to_string());
        match &fault {
            DeviceFault::Missing { device } => error(Code::DeviceMissing).with("device", device),
            DeviceFault::Busy { device } => error(Code::DeviceBusy).with("device", device),
            DeviceFault::Denied { device } => error(Code::DeviceDenied).with("device", device),
            DeviceFault::Stalled { device } => error(Code::DeviceStalled).with("device", device),
            DeviceFault::Damaged { device, reason } => {
                error(Code::DeviceDamaged).with("device", device).with("reason", reason)
            }
            DeviceFault::Unmet { device, unmet } => {
                error(Code::DeviceUnmet).with("device", device).with("what", unmet)
            }
            DeviceFault::Failed { device, reason } => {
                error(Code::DeviceFailed).with("device", device).with("reason", reason)
            }
            DeviceFault::BadFile { path, reason } => {
                error(Code::MediaFileBad).with("path", path.display()).with("reason", reason)
            }
        }
    }
}
