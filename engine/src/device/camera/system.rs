//! The cameras of the system: which there are, what they can give, and one of them opened. On Linux frames are read
//! through `v4l`, elsewhere through `nokhwa`. Looking for cameras lights none of them.

#[cfg(any(not(target_os = "linux"), test))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

use super::live::Live;
use super::wish::{self, Format, Taken, Wishes};
use crate::api::Facing;
use crate::device::{DeviceFault, DeviceUri, tell_apart};
#[cfg(not(target_os = "linux"))]
use elsewhere as here;
#[cfg(target_os = "linux")]
use linux as here;

/// A camera of the system's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The same each time the same camera is there.
    pub(super) id: String,
    pub(super) name: String,
}

impl Found {
    /// Which side it looks to, as far as its name says.
    pub(super) fn facing(&self) -> Option<Facing> {
        facing(&self.name)
    }

    /// Whether it sees heat or depth rather than what people see.
    fn is_for_machines(&self) -> bool {
        let words = words(&self.name);
        ["ir", "infrared", "depth"].iter().any(|word| words.iter().any(|one| one == word))
    }
}

/// A camera that gives pictures, and what of them is taken.
pub(super) struct Opened {
    pub(super) live: Box<dyn Live>,
    pub(super) taken: Taken,
}

fn words(name: &str) -> Vec<String> {
    name.split(|one: char| !one.is_alphanumeric()).map(str::to_lowercase).collect()
}

fn facing(name: &str) -> Option<Facing> {
    let words = words(name);
    let says = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    match (says(&["front", "user"]), says(&["back", "rear", "world"])) {
        (true, false) => Some(Facing::Front),
        (false, true) => Some(Facing::Back),
        _ => None,
    }
}

/// Gives cameras that are the same to the last letter a number.
fn numbered(mut all: Vec<Found>) -> Vec<Found> {
    tell_apart(&mut all, |one| &mut one.id, |id, number| format!("{id}#{number}"));
    all
}

/// The cameras that there are, those that people are seen by first.
pub(super) fn list() -> Vec<Found> {
    let mut all = numbered(here::list());
    all.sort_by_key(Found::is_for_machines);
    all
}

/// What can be seen of cameras without touching one: another answer means that one came or went.
pub(super) fn trace() -> Vec<String> {
    here::trace()
}

/// What a camera can give.
pub(super) fn formats(id: &str) -> Result<Vec<Format>, DeviceFault> {
    here::formats(id)
}

/// Opens a camera with the format that comes closest to what is wished.
pub(super) fn open(id: &str, wishes: &Wishes) -> Result<Opened, DeviceFault> {
    here::open(id, wishes)
}

/// What a camera is called where something is wrong with it.
fn uri(id: &str) -> String {
    DeviceUri::Camera(id.to_owned()).to_string()
}

/// Which of its formats a camera is opened with.
fn choose(id: &str, formats: &[Format], name: &str, wishes: &Wishes) -> Result<Taken, DeviceFault> {
    wish::choose(formats, facing(name), wishes)
        .map_err(|unmet| DeviceFault::Unmet { device: uri(id), unmet })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(id: &str, name: &str) -> Found {
        Found { id: id.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn names_say_which_side_a_camera_looks_to() {
        for (name, side) in [
            ("Front Camera", Some(Facing::Front)),
            ("Surface Camera Rear", Some(Facing::Back)),
            ("ov5693 world-facing", Some(Facing::Back)),
            ("HD Webcam C615", None),
            ("Frontier 200", None),
            ("Front and Back Camera", None),
        ] {
            assert_eq!(facing(name), side, "{name}");
        }
    }

    #[test]
    fn cameras_for_machines_are_known_by_their_names() {
        for (name, so) in [
            ("Integrated IR Camera", true),
            ("Intel RealSense Depth", true),
            ("Integrated Camera: Integrated I", false),
            ("Mirage", false),
        ] {
            assert_eq!(found("x", name).is_for_machines(), so, "{name}");
        }
    }

    #[test]
    fn cameras_that_say_the_same_of_themselves_are_told_apart() {
        let all = numbered(vec![found("a", ""), found("b", ""), found("a", ""), found("a", "")]);
        let ids: Vec<_> = all.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "a#2", "a#3"]);
    }
}
