//! Why a transfer waits: something on this computer has to be mended first. What is there by then stays, and the transfer
//! goes on from there.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What has to be mended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The disk has too little room for what is still to come.
    #[error("{needs} bytes are still to come, and the disk with {} has room for {has}", folder.display())]
    NoRoom {
        /// Where it is to go.
        folder: PathBuf,
        /// Bytes that are missing.
        needs: u64,
        /// Bytes there is room for.
        has: u64,
    },
    /// The disk has become full.
    #[error("the disk with {} is full", path.display())]
    Full {
        /// What could not be written.
        path: PathBuf,
    },
    /// The folder is not there any more.
    #[error("{} is not there any more", path.display())]
    Gone {
        /// What is missing.
        path: PathBuf,
    },
    /// The system does not allow it.
    #[error("no permission to write {}", path.display())]
    Denied {
        /// What could not be written.
        path: PathBuf,
    },
    /// Anything else that a disk does.
    #[error("{} could not be written: {reason}", path.display())]
    Disk {
        /// What could not be written.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// What was done could not be remembered.
    #[error("the transfer could not be remembered: {0}")]
    Store(String),
}

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The folder into which files go.
    Folder,
    /// A file in it.
    File,
}

impl Fault {
    /// What the system says about a place.
    pub fn of(error: &io::Error, path: &Path, place: Place) -> Self {
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full { path },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::Denied { path },
            ErrorKind::NotFound => Self::Gone { path },
            ErrorKind::NotADirectory if place == Place::Folder => Self::Gone { path },
            _ => Self::Disk { path, reason: error.to_string() },
        }
    }
}
