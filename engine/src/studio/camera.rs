//! Which camera is open for a talk, following what is wished: opening and closing take their time, so a task of its
//! own does it, and only the last wish counts.

use super::{Chosen, StudioTold, Which, say};
use crate::device::camera::Camera;
use crate::device::camera::wish::Wishes;
use crate::device::{DeviceFault, DeviceUri};
use crate::media::picture::Picture;
use crate::media::slot::Slot;
use tokio::sync::{mpsc, watch};

/// Whether a camera is wished for; another `attempt` opens it anew where it failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) open: bool,
    pub(super) attempt: u32,
}

/// What a camera is opened as.
#[derive(Debug, Clone, PartialEq)]
struct Setting {
    uri: DeviceUri,
    wishes: Wishes,
    attempt: u32,
}

/// Follows `wanted` and the choice until the wish has no owner any more; then the camera is closed.
pub(super) async fn follow(
    mut wanted: watch::Receiver<Wish>,
    mut chosen: watch::Receiver<Chosen>,
    into: Slot<Picture>,
    told: mpsc::Sender<StudioTold>,
) {
    let mut open: Option<(Setting, Camera)> = None;
    loop {
        let Chosen { camera: uri, wishes, .. } = chosen.borrow_and_update().clone();
        let Wish { open: wished, attempt } = *wanted.borrow_and_update();
        let wish = wished.then_some(Setting { uri, wishes, attempt });
        if open.as_ref().map(|(which, _)| which) != wish.as_ref() {
            let before = open.take();
            // Another device is opened before the last is closed, so that pictures go on; the same can't be.
            let stays = before
                .as_ref()
                .zip(wish.as_ref())
                .is_some_and(|(one, other)| one.0.uri != other.uri);
            let before = match before {
                Some((_, camera)) if !stays => {
                    close(camera).await;
                    None
                }
                other => other,
            };
            if let Some(which) = wish {
                match start(which.clone(), into.clone(), told.clone()).await {
                    Ok(camera) => {
                        open = Some((which, camera));
                        say(&told, StudioTold { which: Which::Camera, fault: None });
                    }
                    Err(fault) => {
                        let fault = Some(fault);
                        say(&told, StudioTold { which: Which::Camera, fault });
                    }
                }
            }
            if let Some((_, camera)) = before {
                close(camera).await;
            }
        }
        let changed = tokio::select! {
            changed = wanted.changed() => changed,
            changed = chosen.changed() => changed,
        };
        if changed.is_err() {
            break;
        }
    }
    if let Some((_, camera)) = open {
        close(camera).await;
    }
    into.close();
}

async fn start(
    setting: Setting,
    into: Slot<Picture>,
    told: mpsc::Sender<StudioTold>,
) -> Result<Camera, DeviceFault> {
    let Setting { uri, wishes, .. } = setting;
    let device = uri.to_string();
    let failed = move |fault| say(&told, StudioTold { which: Which::Camera, fault: Some(fault) });
    let opening = tokio::task::spawn_blocking(move || Camera::open(&uri, &wishes, into, failed));
    let panicked =
        |_| Err(DeviceFault::Failed { device, reason: "its driver panicked".to_owned() });
    opening.await.unwrap_or_else(panicked)
}

async fn close(camera: Camera) {
    if tokio::task::spawn_blocking(move || drop(camera)).await.is_err() {
        tracing::error!("closing a camera panicked");
    }
}
