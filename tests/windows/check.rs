//! The check of the connection in a real window: it runs from its beginning to its end, its report is copied, and a call to
//! oneself shows the picture that came back.

use crate::calls::sees_the_other;
use crate::people::two_friends;
use crate::server::Server;
use crate::stage::play;
use fantoccini::key::Key;

#[test]
fn one_checks_the_connection_and_calls_oneself() {
    play("check", async |stage| {
        let server = Server::start(stage);
        let (ana, _bo) = two_friends(stage, &server).await;
        ana.clicks("@settings").await;
        ana.clicks("@open-check").await;
        ana.clicks("@check-begin").await;
        ana.sees("@check-step[data-what=camera] @check-picture:not([data-width='0'])").await;
        stage.picture("check-1-camera");
        for what in ["camera", "microphone", "speaker", "server", "network", "echo"] {
            ana.sees(&format!("@check-step[data-what={what}][data-stage=good]")).await;
        }
        // No call is on whose line could be looked at.
        ana.sees("@check-step[data-what=contact][data-stage=skipped]").await;
        ana.sees("@check-begin").await;
        stage.picture("check-2-done");
        ana.clicks("@check-copy").await;
        ana.reads("@check-copy", "Copied").await;
        ana.clicks("@search").await;
        ana.holds_and_presses(char::from(Key::Control), 'v').await;
        ana.reads("@search", "Visavis").await;

        ana.clicks("@echo-begin").await;
        ana.sees("@check-picture[data-whose=theirs]:not([data-width='0'])").await;
        sees_the_other(stage, 0, 0);
        stage.picture("check-3-echo");
        ana.clicks("@echo-end").await;
        ana.sees("@echo-begin").await;
    });
}
