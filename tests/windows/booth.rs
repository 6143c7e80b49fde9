//! Pictures as people take them: of the other, who is told, with a look and a caption, copied and sent; and of oneself, after
//! a count.

use crate::calls::talk;
use crate::files::{downloads, names};
use crate::people::two_friends;
use crate::server::Server;
use crate::stage::play;
use fantoccini::key::Key;
use image::RgbImage;
use visavis_engine::media::barcode::{Found, find_in_pixels};

const PHOTO: &str = "(document.querySelector('[data-test=photo]')?.naturalWidth ?? 0) > 100";

fn codes(picture: &RgbImage) -> Vec<Found> {
    let pixels = image::DynamicImage::from(picture.clone()).into_rgba8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    find_in_pixels(&pixels, width, height, width * 4)
}

#[test]
fn a_picture_is_taken_in_a_call_copied_and_sent() {
    play("booth", async |stage| {
        let server = Server::start(stage);
        let into = downloads(stage, "bo");
        let (ana, bo) = two_friends(stage, &server).await;
        talk(&ana, &bo).await;
        ana.clicks("@stage @more").await;
        ana.clicks("@take-theirs").await;
        ana.waits_until(PHOTO).await;
        bo.reads("@toast", "has taken a picture of you").await;
        ana.types("@caption", "In May").await;
        ana.chooses("@booth-look", "grey").await;
        ana.waits_until(PHOTO).await;
        stage.picture("booth-1-theirs");
        ana.clicks("@copy-picture").await;
        ana.reads("@copy-picture", "Copied").await;
        ana.clicks("@send-picture").await;
        ana.misses("@booth").await;
        bo.reads("@toast", "wants to send you files").await;
        bo.clicks("@toast-act").await;
        bo.clicks("@transfer-accept").await;
        bo.sees("@transfer[data-stage=done]").await;
        stage.picture("booth-2-there");
        let came = image::open(into.join(&names(&into)[0])).unwrap().into_rgb8();
        let found = codes(&came);
        assert!(found.iter().any(|one| !one.mirrored), "{found:?}");
        // The look is in it, and the words, which are white as nothing else at its foot.
        assert!(came.pixels().all(|pixel| pixel.0[0].abs_diff(pixel.0[2]) < 8));
        let foot = came.height() * 5 / 6;
        let white = |picture: &RgbImage| {
            picture.enumerate_pixels().filter(|(_, y, p)| *y > foot && p.0[1] > 250).count()
        };
        assert!(white(&came) > 200, "{}", white(&came));

        ana.sees("@stage[data-stage=on]").await;
        ana.clicks("@stage @more").await;
        ana.clicks("@take-mine").await;
        ana.sees("@countdown").await;
        stage.picture("booth-3-count");
        ana.waits_until(PHOTO).await;
        stage.picture("booth-4-mine");
        ana.clicks("@booth @cancel").await;
        ana.reads("@toast", "was not kept").await;
        ana.clicks("@end").await;
        bo.misses("@stage").await;

        // What was copied can be pasted.
        ana.clicks("@contact-row[data-handle=bo]").await;
        ana.clicks("@write").await;
        ana.holds_and_presses(char::from(Key::Control), 'v').await;
        ana.sees("@pasted img").await;
        stage.picture("booth-5-pasted");
    });
}
