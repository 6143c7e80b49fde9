//! Cameras, microphones and speakers, real ones and those that stand in for them.
//!
//! A device is named by a [`DeviceUri`] everywhere. One thread owns one device; dropping the owner closes it.
//! Nothing here codes, mixes or sends.

pub mod camera;
pub mod fault;
pub mod screen;
pub mod sound;
pub mod uri;

pub use fault::DeviceFault;
pub use uri::{DeviceUri, OddUri};

use crate::api::DeviceList;

/// All there are. It asks the system, so it is not for threads that must not wait.
pub fn list() -> DeviceList {
    let (microphones, speakers) = sound::list();
    DeviceList { cameras: camera::list(), microphones, speakers }
}

/// Gives those that are called the same a number.
fn tell_apart<T>(
    all: &mut [T],
    name: fn(&mut T) -> &mut String,
    numbered: fn(&str, u32) -> String,
) {
    let mut known: Vec<String> = Vec::new();
    for one in all {
        let name = name(one);
        let base = name.clone();
        let mut number = 2;
        while known.contains(name) {
            *name = numbered(&base, number);
            number += 1;
        }
        known.push(name.clone());
    }
}
