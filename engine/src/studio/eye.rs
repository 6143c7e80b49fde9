//! The camera, shared by all who want to be seen by it: calls, and the user's own preview. It is open while any of them
//! looks through it; each gets every picture in a slot of its own.

use super::{Chosen, StudioTold, camera, lock};
use crate::media::picture::Picture;
use crate::media::slot::Slot;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, watch};

/// The camera of a studio. Clones are the same.
#[derive(Clone)]
pub(super) struct Eye {
    looks: Arc<Mutex<Looks>>,
    wanted: watch::Sender<camera::Wish>,
}

#[derive(Default)]
struct Looks {
    next: u64,
    all: Vec<(u64, bool, Slot<Picture>)>,
}

impl Eye {
    /// A camera that is closed, which follows the choice once somebody looks.
    pub(super) fn new(chosen: watch::Receiver<Chosen>, told: mpsc::Sender<StudioTold>) -> Self {
        let (wanted, wish) = watch::channel(camera::Wish::default());
        let raw: Slot<Picture> = Slot::new();
        let looks: Arc<Mutex<Looks>> = Arc::default();
        tokio::spawn(camera::follow(wish, chosen, raw.clone(), told));
        let to = Arc::clone(&looks);
        tokio::spawn(async move {
            while let Some(picture) = raw.take().await {
                for (_, _, slot) in lock(&to).all.iter().filter(|(_, open, _)| *open) {
                    slot.put(picture.clone());
                }
            }
        });
        Self { looks, wanted }
    }

    /// A look through it, with nothing to be seen yet.
    pub(super) fn look(&self) -> Look {
        let mut looks = lock(&self.looks);
        let (number, slot) = (looks.next, Slot::new());
        looks.next += 1;
        looks.all.push((number, false, slot.clone()));
        Look { eye: self.clone(), number, slot }
    }

    /// Opens the camera anew, where it failed.
    pub(super) fn retry(&self) {
        self.wanted.send_modify(|wish| wish.attempt = wish.attempt.wrapping_add(1));
    }

    fn follow(&self) {
        let open = lock(&self.looks).all.iter().any(|(_, open, _)| *open);
        let changed = |wish: &mut camera::Wish| std::mem::replace(&mut wish.open, open) != open;
        self.wanted.send_if_modified(changed);
    }
}

/// A look through the camera. Dropping it ends it, and closes its slot.
pub(super) struct Look {
    eye: Eye,
    number: u64,
    pub(super) slot: Slot<Picture>,
}

impl Look {
    /// Whether to look.
    pub(super) fn set_open(&self, wished: bool) {
        for (number, open, _) in &mut lock(&self.eye.looks).all {
            if *number == self.number {
                *open = wished;
            }
        }
        self.eye.follow();
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        lock(&self.eye.looks).all.retain(|(number, ..)| *number != self.number);
        self.eye.follow();
        self.slot.close();
    }
}

#[cfg(test)]
mod tests {
    use super::super::Which;
    use super::*;
    use crate::device::DeviceUri;

    fn chosen(camera: &str) -> watch::Sender<Chosen> {
        let chosen = Chosen { camera: camera.parse().unwrap(), ..Chosen::nothing() };
        watch::channel(chosen).0
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn all_who_look_see_and_it_is_closed_when_nobody_does() {
        let (tell, mut told) = mpsc::channel(8);
        let choice = chosen("test:pattern?w=64&h=48&fps=60");
        let eye = Eye::new(choice.subscribe(), tell);
        let (one, other) = (eye.look(), eye.look());
        assert!(one.slot.try_take().is_none());
        one.set_open(true);
        let opened = told.recv().await.unwrap();
        assert_eq!((opened.which, opened.fault), (Which::Camera, None));
        assert!(one.slot.take().await.is_some());
        assert!(other.slot.try_take().is_none(), "it does not look");
        other.set_open(true);
        assert!(other.slot.take().await.is_some());
        // One goes, and the other still sees: nothing was opened anew.
        let slot = one.slot.clone();
        drop(one);
        while slot.take().await.is_some() {}
        other.slot.take().await.unwrap();
        assert!(told.try_recv().is_err());
        // Another camera takes its place.
        choice
            .send_modify(|choice| choice.camera = "test:pattern?w=32&h=24&fps=60".parse().unwrap());
        while other.slot.take().await.unwrap().size().width != 32 {}
        // One that is not there is told, and found again.
        choice.send_modify(|choice| choice.camera = DeviceUri::Camera("none".into()));
        assert!(told.recv().await.is_some_and(|told| told.fault.is_none()));
        assert!(told.recv().await.is_some_and(|told| told.fault.is_some()));
        choice.send_modify(|choice| choice.camera = DeviceUri::Null);
        assert!(told.recv().await.is_some_and(|told| told.fault.is_none()));
    }
}
