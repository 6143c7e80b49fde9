//! Gives each picture of the camera to both who want it: the user's own screen, with the look that they chose, and the
//! encoder, with it if others are to see it too.

use super::Chosen;
use crate::media::picture::Picture;
use crate::media::slot::Slot;
use tokio::sync::watch;

/// Passes pictures on until the camera's slot is closed, and closes the encoder's then.
pub(super) async fn pass(
    camera: Slot<Picture>,
    screen: Slot<Picture>,
    encoder: Slot<Picture>,
    chosen: watch::Receiver<Chosen>,
) {
    while let Some(picture) = camera.take().await {
        let (filter, out) = look(&chosen);
        let seen = filter.apply(&picture);
        encoder.put(if out { seen.clone() } else { picture });
        screen.put(seen);
    }
    encoder.close();
}

/// The look that is chosen now, and whether others see it.
pub(super) fn look(chosen: &watch::Receiver<Chosen>) -> (crate::api::Filter, bool) {
    let chosen = chosen.borrow();
    (chosen.filter, chosen.filter_out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Filter;
    use crate::media::picture::Size;

    #[tokio::test]
    async fn others_see_the_look_only_where_that_is_wished() {
        let (chosen, wished) = watch::channel(Chosen::nothing());
        let (camera, screen, encoder) = (Slot::new(), Slot::new(), Slot::new());
        let passing = tokio::spawn(pass(camera.clone(), screen.clone(), encoder.clone(), wished));
        let colours = [100, 90, 170];
        for (filter, filter_out, mine, theirs) in [
            (Filter::None, false, 90, 90),
            (Filter::Grey, false, 128, 90),
            (Filter::Grey, true, 128, 128),
            (Filter::None, true, 90, 90),
        ] {
            chosen.send_modify(|chosen| (chosen.filter, chosen.filter_out) = (filter, filter_out));
            camera.put(Picture::plain(Size::new(4, 2).unwrap(), 1, colours));
            assert_eq!(encoder.take().await.unwrap().u()[0], theirs, "{filter:?} {filter_out}");
            assert_eq!(screen.take().await.unwrap().u()[0], mine, "{filter:?} {filter_out}");
        }
        camera.close();
        passing.await.unwrap();
        assert!(encoder.is_closed());
    }
}
