//! Two people meet on a server, see each other, and wave.

use crate::person::{Entry, Person};
use crate::server::Server;
use crate::stage::{Stage, play};
use crate::steps::{
    befriend, choose_server, is_online, sees_contact, sets_status, settle, waves_at,
};
use fantoccini::key::Key;

pub(crate) async fn two_friends(stage: &Stage, server: &Server) -> (Person, Person) {
    friends_with(stage, server, Entry::default(), Entry::default()).await
}

/// The same, who start the app in their own ways.
pub(crate) async fn friends_with(
    stage: &Stage,
    server: &Server,
    hers: Entry<'_>,
    his: Entry<'_>,
) -> (Person, Person) {
    let ana = Person::with(stage, "ana", hers).await;
    settle(&ana, "Ana Ek", server, "ana").await;
    let bo = Person::with(stage, "bo", his).await;
    settle(&bo, "Bo Lindqvist", server, "bo").await;
    befriend((&ana, "ana"), (&bo, "bo")).await;
    (ana, bo)
}

#[test]
fn two_people_meet_and_wave() {
    play("meet", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        ana.reads("@contact-row[data-handle=bo]", "Bo Lindqvist").await;
        bo.reads("@contact-row[data-handle=ana]", "Ana Ek").await;

        waves_at(&ana, "bo").await;
        bo.reads("@toast", "Ana Ek waves at you").await;
        bo.sees("@contact-row[data-handle=ana][data-last=waved_from]").await;
        ana.reads("@toast", "has your wave").await;
        ana.sees("@contact-row[data-handle=bo][data-last=waved_to]").await;
    });
}

#[test]
fn each_sees_how_the_other_wishes_to_be_seen() {
    play("status", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        for (status, seen) in
            [("away", "away"), ("busy", "busy"), ("invisible", "offline"), ("online", "online")]
        {
            sets_status(&ana, status).await;
            sees_contact(&bo, "ana", seen).await;
        }
        ana.goes().await;
        sees_contact(&bo, "ana", "offline").await;
        let ana = Person::again(stage, &ana).await;
        sees_contact(&bo, "ana", "online").await;
        sees_contact(&ana, "bo", "online").await;
    });
}

#[test]
fn everything_goes_by_keyboard() {
    play("keyboard", async |stage| {
        let server = Server::start(stage);
        let bo = Person::new(stage, "bo").await;
        settle(&bo, "Bo", &server, "bo").await;

        let ana = Person::new(stage, "ana").await;
        let (enter, down) = (char::from(Key::Enter), char::from(Key::Down));
        ana.focuses("@name-field").await;
        ana.presses(&format!("Ana{enter}")).await;
        ana.focuses("@server-this-computer").await;
        ana.presses(&down.to_string()).await;
        ana.focuses("@address-field").await;
        ana.presses(&format!("{}{enter}", server.address())).await;
        ana.focuses("@handle-field").await;
        ana.presses("ana").await;
        ana.sees("@handle-hint[data-state=free]").await;
        ana.presses(&enter.to_string()).await;
        is_online(&ana).await;

        ana.holds_and_presses(char::from(Key::Control), 'n').await;
        ana.focuses("@add-field").await;
        ana.presses(&format!("bo{enter}")).await;
        bo.sees("@request-row[data-handle=ana]").await;
        bo.reaches("@request-row[data-handle=ana] @accept").await;
        bo.presses(&enter.to_string()).await;
        sees_contact(&ana, "bo", "online").await;

        ana.holds_and_presses(char::from(Key::Control), 'k').await;
        ana.focuses("@search").await;
        ana.presses(&down.to_string()).await;
        ana.focuses("@contact-row[data-handle=bo]").await;
        ana.presses(&enter.to_string()).await;
        bo.sees("@incoming").await;
        // The card takes no key in its first moments; Escape says no once it does.
        bo.sees("@incoming @decline").await;
        bo.reaches("@incoming @decline").await;
        bo.presses(&enter.to_string()).await;
        ana.sees("@ended[data-how=declined]").await;
    });
}

#[test]
fn a_handle_has_to_be_free_and_unlike_others() {
    play("handles", async |stage| {
        let server = Server::start(stage);
        let ana = Person::new(stage, "ana").await;
        settle(&ana, "Ana", &server, "anna.lind").await;
        let bo = Person::new(stage, "bo").await;
        choose_server(&bo, "Bo", &server).await;
        for (handle, state) in [
            ("b", "too_short"),
            ("bo!", "odd_character"),
            ("anna.lind", "taken"),
            ("ANNA.lind", "taken"),
            ("anna-lind", "handle_look_alike"),
            ("admin", "reserved"),
            ("bo", "free"),
        ] {
            bo.types("@handle-field", handle).await;
            bo.sees(&format!("@handle-hint[data-state={state}]")).await;
        }
        bo.clicks("@claim").await;
        is_online(&bo).await;
    });
}

#[test]
fn whoever_is_blocked_is_heard_no_more() {
    play("block", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        bo.clicks("@contact-row[data-handle=ana]").await;
        bo.clicks("@contact-view[data-handle=ana] @details").await;
        bo.clicks("@contact-view[data-handle=ana] @block").await;
        bo.clicks("@question @confirm").await;
        bo.misses("@contact-row[data-handle=ana]").await;
        sees_contact(&ana, "bo", "offline").await;

        bo.clicks("@settings").await;
        bo.clicks("@blocked-row[data-handle=ana] @unblock").await;
        bo.misses("@blocked-row[data-handle=ana]").await;
    });
}
