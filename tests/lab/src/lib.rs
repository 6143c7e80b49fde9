//! A network laboratory: hosts in network namespaces of one computer, joined by a router that delays, loses, paces and
//! bars what goes from one to another. Each direction between two hosts has a shape of its own, which can be changed
//! while traffic flows, and counts what it did, so that a test can prove that its fault happened.
//!
//! Needs root, `/dev/net/tun` and the Debian package iproute2. Nothing leaves the computer: hosts reach each other alone.
//!
//! ```no_run
//! # fn example() -> Result<(), visavis_lab::Fault> {
//! use std::time::Duration;
//! use visavis_lab::{Lab, Shape};
//! let lab = Lab::open(7, &["ana", "bo"])?;
//! lab.shape_both("ana", "bo", Shape { delay: Duration::from_millis(10), loss: 0.01, ..Shape::default() })?;
//! let mut child = lab.host("ana")?.command("ping").args(["-c", "1", "10.77.0.2"]).spawn()?;
//! child.wait()?;
//! println!("{:?}", lab.counts("ana", "bo")?);
//! # Ok(())
//! # }
//! ```

#![cfg(target_os = "linux")]

mod chance;
mod frame;
mod host;
mod lab;
mod pipe;
mod router;

pub use host::Host;
pub use lab::Lab;
pub use pipe::{Counts, Fate, Pipe, Queue, Shape};

/// Why there is no laboratory, or not what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Making namespaces and devices is allowed to root alone.
    #[error("the network laboratory makes namespaces and devices, and needs to be run as root")]
    NotRoot,
    /// There is no program `ip`.
    #[error("the program ip can't be started ({0}): this needs the Debian package iproute2")]
    Absent(std::io::Error),
    /// `ip` does not do what it was told.
    #[error("ip {0}: {1}")]
    Refused(String, String),
    /// There is no such host.
    #[error("there is no host {0:?} in this laboratory")]
    Unknown(String),
    /// More hosts than there are addresses for, or a name that makes no name of a namespace.
    #[error("{0:?} can't be the names of hosts")]
    Names(Vec<String>),
    /// The system.
    #[error("the system: {0}")]
    System(#[from] std::io::Error),
}
