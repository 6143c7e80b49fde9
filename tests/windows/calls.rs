//! Two people call each other: it rings, they answer, and each sees the other's picture on the screen itself.

use crate::people::two_friends;
use crate::person::Person;
use crate::server::Server;
use crate::stage::{Stage, play};
use crate::steps::sees_contact;
use std::time::{Duration, Instant};
use visavis_engine::media::barcode::{self, Found};

/// A picture that was drawn on the canvas of the other's place.
pub(crate) const SEEN: &str = "@remote[data-camera=on]:not([data-width='0'])";

/// The other's picture in a window, as it is on the screen: the one that isn't mirrored, as one's own is.
fn others(stage: &Stage, left: usize) -> Option<Found> {
    let (pixels, width, height) = stage.pixels();
    let found = barcode::find_in_pixels(&pixels, width, height, width * 4);
    found.into_iter().find(|found| {
        !found.mirrored && (left as f64..left as f64 + 780.0).contains(&f64::from(found.left))
    })
}

/// Looks at the screen until a window shows a picture of the other that was drawn later than another.
pub(crate) fn sees_the_other(stage: &Stage, left: usize, after_ms: u64) -> u64 {
    let began = Instant::now();
    loop {
        let found = others(stage, left).map(|found| found.stamp.time_ms);
        if let Some(time_ms) = found.filter(|time_ms| *time_ms > after_ms) {
            return time_ms;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "no picture in the window at {left}");
    }
}

/// One double-clicks the other, who answers with picture.
pub(crate) async fn talk(ana: &Person, bo: &Person) {
    ana.double_clicks("@contact-row[data-handle=bo]").await;
    bo.sees("@incoming[data-picture=true]").await;
    bo.clicks("@answer-video").await;
    for person in [ana, bo] {
        person.sees("@stage[data-stage=on]").await;
        person.sees(SEEN).await;
    }
}

#[test]
fn two_people_call_and_see_each_other() {
    play("call", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        talk(&ana, &bo).await;
        for left in [0, 800] {
            let first = sees_the_other(stage, left, 0);
            sees_the_other(stage, left, first);
        }
        ana.clicks("@mic").await;
        bo.sees("@their-mute").await;
        ana.clicks("@mic").await;
        bo.misses("@their-mute").await;
        ana.clicks("@camera").await;
        bo.sees("@remote[data-camera=off]").await;
        ana.clicks("@camera").await;
        bo.sees(SEEN).await;
        let now = sees_the_other(stage, 800, 0);
        sees_the_other(stage, 800, now);

        ana.clicks("@end").await;
        bo.sees("@ended[data-how=hung_up]").await;
        bo.clicks("@close-call").await;
        bo.misses("@stage").await;
    });
}

#[test]
fn who_says_no_is_not_heard_and_both_remember() {
    play("decline", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        ana.double_clicks("@contact-row[data-handle=bo]").await;
        bo.clicks("@incoming @decline").await;
        ana.sees("@ended[data-how=declined]").await;
        ana.clicks("@close-call").await;
        ana.clicks("@contact-row[data-handle=bo]").await;
        ana.sees("@past-call[data-how=declined]").await;
        bo.clicks("@contact-row[data-handle=ana]").await;
        bo.sees("@past-call[data-how=declined]").await;
    });
}

#[test]
fn one_whose_app_is_killed_is_lost_and_can_be_called_again() {
    play("lost", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        talk(&ana, &bo).await;
        bo.is_killed().await;
        ana.sees("@ended[data-how=lost]").await;
        let bo = Person::again(stage, &bo).await;
        sees_contact(&ana, "bo", "online").await;
        sees_contact(&bo, "ana", "online").await;
        ana.clicks("@call-again").await;
        bo.clicks("@answer-video").await;
        ana.sees("@stage[data-stage=on]").await;
        ana.sees(SEEN).await;
    });
}
