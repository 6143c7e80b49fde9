//! Words between two windows: written, read, answered, changed; and nothing is lost where an app is killed.

use crate::people::two_friends;
use crate::person::Person;
use crate::server::Server;
use crate::stage::play;
use crate::steps::sees_contact;
use fantoccini::key::Key;

fn enter() -> String {
    char::from(Key::Enter).to_string()
}

async fn opens(person: &Person, handle: &str) {
    person.clicks(&format!("@contact-row[data-handle={handle}]")).await;
    person.sees(&format!("@contact-view[data-handle={handle}] @write")).await;
}

async fn writes(person: &Person, words: &str) {
    person.types("@write", words).await;
    person.presses(&enter()).await;
    person.reads("@message.mine @said", words).await;
}

#[test]
fn an_address_is_a_link_that_asks_before_it_leads_anywhere() {
    play("links", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        opens(&ana, "bo").await;
        writes(&ana, "javascript:alert(1) https://bank@example.org/<b>.").await;
        opens(&bo, "ana").await;
        bo.reads("@message.theirs @link", "https://bank@example.org/").await;
        bo.misses("@words [href]").await;
        bo.clicks("@message.theirs @link").await;
        bo.reads("@question[data-ask=link] @link-host", "example.org").await;
        bo.sees("@link-user").await;
        bo.clicks("@cancel").await;
        bo.misses("@question").await;
        bo.reads("@said", "javascript:alert(1) https://bank@example.org/<b>.").await;
    });
}

#[test]
fn words_go_there_and_back_and_it_is_seen_that_they_were_read() {
    play("words", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        opens(&ana, "bo").await;
        ana.sees("@no-words").await;
        writes(&ana, "<b>See you</b> at eight?").await;
        ana.sees("@message.mine[data-mark=delivered]").await;
        bo.sees("@contact-row[data-handle=ana] @unread[data-count='1']").await;
        bo.reads("@contact-row[data-handle=ana]", "<b>See you</b> at eight?").await;
        opens(&bo, "ana").await;
        bo.reads("@message.theirs @said", "<b>See you</b> at eight?").await;
        bo.misses("@words b").await;
        ana.sees("@message.mine[data-mark=read]").await;

        bo.types("@write", "At nine.").await;
        ana.sees("@typing:not(:empty)").await;
        bo.presses(&enter()).await;
        ana.reads("@message.theirs @said", "At nine.").await;
        bo.sees("@message.mine[data-mark=read]").await;

        bo.clicks("@message.mine @message-more").await;
        bo.clicks("@menu-change").await;
        writes(&bo, "At ten.").await;
        ana.reads("@message.theirs @said", "At ten.").await;
        ana.clicks("@message.theirs @message-more").await;
        ana.clicks("@react").await;
        bo.sees("@reactions").await;
        bo.clicks("@message.mine @message-more").await;
        bo.clicks("@menu-take-back").await;
        ana.sees("@message.theirs.gone").await;
    });
}

#[test]
fn what_is_written_to_someone_whose_app_was_killed_waits_for_them() {
    play("words-wait", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        bo.is_killed().await;
        sees_contact(&ana, "bo", "offline").await;
        opens(&ana, "bo").await;
        for words in ["one", "two", "three"] {
            writes(&ana, words).await;
        }
        ana.sees("@message.mine[data-mark=sent]").await;
        ana.is_killed().await;
        let bo = Person::again(stage, &bo).await;
        bo.sees("@contact-row[data-handle=ana] @unread[data-count='3']").await;
        opens(&bo, "ana").await;
        bo.sees("@first-unread + @message").await;
        for words in ["one", "two", "three"] {
            bo.reads("@message.theirs @said", words).await;
        }
        assert_eq!(bo.counts("@message.theirs").await, 3);
        let ana = Person::again(stage, &ana).await;
        opens(&ana, "bo").await;
        ana.waits_until("all('[data-test=message][data-mark=read]').length === 3").await;
    });
}
