//! Cameras, microphones and speakers, real ones and those that stand in for them.
//!
//! A device is named by a [`DeviceUri`] everywhere. One thread owns one device; dropping the owner closes it.
//! Nothing here codes, mixes or sends.

pub mod camera;
pub mod fault;
pub mod sound;
pub mod uri;

pub use fault::DeviceFault;
pub use uri::{DeviceUri, OddUri};
