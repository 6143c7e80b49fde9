//! Gives each picture of the camera to both who want it: the user's own screen, and the encoder.

use crate::media::picture::Picture;
use crate::media::slot::Slot;

/// Passes pictures on until the camera's slot is closed, and closes the encoder's then.
pub(super) async fn pass(camera: Slot<Picture>, screen: Slot<Picture>, encoder: Slot<Picture>) {
    while let Some(picture) = camera.take().await {
        screen.put(picture.clone());
        encoder.put(picture);
    }
    encoder.close();
}
