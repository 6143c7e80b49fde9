//! Devices as people see and choose them: their own picture before others see it, and another camera in the middle of a call.

use crate::calls::{SEEN, sees_the_other};
use crate::people::two_friends;
use crate::person::Person;
use crate::server::Server;
use crate::stage::{Stage, play};
use std::time::{Duration, Instant};

/// Looks at the screen until the other's picture is black from side to side.
async fn sees_nothing(stage: &Stage, person: &Person) {
    let [x, y] = person.middle("@remote").await;
    let began = Instant::now();
    loop {
        let (pixels, width, _) = stage.pixels();
        let dark = |x: usize| {
            let at = 4 * (y * width + x);
            pixels[at..at + 3].iter().all(|colour| *colour < 40)
        };
        if [x - 150, x - 75, x, x + 75, x + 150].into_iter().all(dark) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "a picture is still to be seen");
    }
}

#[test]
fn one_sees_oneself_first_and_changes_the_camera_in_a_call() {
    play("devices", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        bo.clicks("@settings").await;
        bo.sees("@preview[data-open=false]").await;
        bo.clicks("@preview-open").await;
        bo.sees("@preview[data-open=true]:not([data-width='0'])").await;
        stage.picture("preview");
        bo.clicks("@preview-close").await;
        bo.sees("@preview[data-open=false]").await;

        ana.double_clicks("@contact-row[data-handle=bo]").await;
        bo.sees("@incoming[data-picture=true]").await;
        bo.clicks("@incoming @preview-open").await;
        bo.sees("@incoming @preview:not([data-width='0'])").await;
        stage.picture("preview-ringing");
        bo.clicks("@answer-video").await;
        for person in [&ana, &bo] {
            person.sees("@stage[data-stage=on]").await;
            person.sees(SEEN).await;
        }
        let before = sees_the_other(stage, 0, 0);
        bo.clicks("@camera-choose").await;
        bo.clicks("@device[data-uri='null:']").await;
        sees_nothing(stage, &ana).await;
        bo.clicks("@camera-choose").await;
        bo.clicks("@device[data-uri='']").await;
        sees_the_other(stage, 0, before);
        ana.clicks("@end").await;
        bo.sees("@ended[data-how=hung_up]").await;
    });
}
