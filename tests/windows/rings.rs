//! The window that rings, as the screen shows it: above all others, who calls, and two ways to say yes or no by
//! the keyboard alone.

use crate::people::two_friends;
use crate::server::Server;
use crate::stage::{Stage, play};
use crate::window::{Half, Patch, Window};
use std::time::Duration;
use tokio::time::{interval, timeout};

/// What the window is called while Ana calls.
const TITLE: &str = "Ana Ek calls";

/// The colours of the buttons that answer and decline, on a light screen.
const ANSWER: u32 = 0x000b_716c;
const DECLINE: u32 = 0x00b3_261e;

/// Those of which one is behind the initials of somebody, by their key.
const TONES: [u32; 12] = [
    0x000b_716c,
    0x007a_4ea3,
    0x00a3_452b,
    0x002f_6a9e,
    0x008a_5a12,
    0x009c_3a6b,
    0x004a_6b1f,
    0x004f_5bb0,
    0x00a6_3a44,
    0x001f_7146,
    0x006a_5f4b,
    0x0047_687a,
];

/// Presses a key until the window has gone. It may come under the fingers of someone who types, so for a moment
/// after it came it hears nothing.
async fn press_until_gone(stage: &Stage, key: &str) {
    let mut presses = interval(Duration::from_millis(200));
    let going = timeout(Duration::from_secs(30), async {
        while let Some(window) = Window::find(stage, TITLE) {
            window.press(key);
            presses.tick().await;
        }
    });
    going.await.unwrap_or_else(|_| panic!("{key} does nothing in the window that rings"));
}

/// Whether a patch is as large as a button, and how far to the left it begins.
fn is_button(patch: Patch) -> bool {
    let (width, height) = (patch.right - patch.left, patch.bottom - patch.top);
    width > 80 && (30..100).contains(&height) && patch.count * 2 > width * height
}

async fn window_that_rings(stage: &Stage) -> Window<'_> {
    let window = Window::comes(stage, TITLE).await;
    assert!(window.stays_above() && window.is_on_top());
    let [answer, decline] = window.shows_below([(ANSWER, 2000), (DECLINE, 2000)]).await;
    assert!(is_button(answer) && is_button(decline), "{answer:?}, {decline:?}");
    assert!(decline.right < answer.left, "each has a place of its own");
    let faces = window.patches(Half::Upper, TONES);
    assert!(faces.iter().any(|face| face.count > 1000), "nobody is shown: {faces:?}");
    window
}

#[test]
fn enter_in_the_window_that_rings_answers() {
    play("ring-enter", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        assert!(Window::find(stage, TITLE).is_none());
        ana.double_clicks("@contact-row[data-handle=bo]").await;
        window_that_rings(stage).await.activate();
        press_until_gone(stage, "Return").await;
        for person in [&ana, &bo] {
            person.sees("@stage[data-stage=on]").await;
            person.sees("@remote[data-camera=on]:not([data-width='0'])").await;
        }
    });
}

#[test]
fn escape_in_it_declines_and_closing_it_does_not() {
    play("ring-escape", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        ana.double_clicks("@contact-row[data-handle=bo]").await;
        let window = window_that_rings(stage).await;
        window.activate();
        window.press("alt+F4");
        Window::goes(stage, TITLE).await;
        bo.sees("@incoming").await;
        ana.sees("@stage[data-stage=ringing]").await;
        ana.clicks("@end").await;
        bo.misses("@incoming").await;

        ana.clicks("@call-video").await;
        window_that_rings(stage).await.activate();
        press_until_gone(stage, "Escape").await;
        ana.sees("@ended[data-how=declined]").await;
        bo.misses("@incoming").await;

        ana.clicks("@call-again").await;
        window_that_rings(stage).await;
        ana.clicks("@end").await;
        Window::goes(stage, TITLE).await;
    });
}
