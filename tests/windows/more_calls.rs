//! More than one call at once: two that cross, and a third person who calls into one that is on.

use crate::calls::{SEEN, sees_the_other, talk};
use crate::people::{friends_with, two_friends};
use crate::person::{Entry, Person};
use crate::server::Server;
use crate::stage::play;
use crate::steps::{befriend, settle};

/// Three of them have to be coded on one computer.
const SMALL: [&str; 2] = ["--camera", "test:pattern?w=480&h=270&fps=10"];

/// The call that is on.
async fn call_of(person: &Person) -> String {
    person.sees("@stage[data-stage=on]").await;
    let call = "done(document.querySelector('[data-test=stage]').dataset.call)";
    let call = person.asks_page(&format!("const [done] = arguments; {call}"), vec![]).await;
    call.as_str().unwrap().to_owned()
}

#[test]
fn both_calling_at_once_are_in_one_call() {
    play("crossed", async |stage| {
        let server = Server::start(stage);
        let (ana, bo) = two_friends(stage, &server).await;
        // Neither hears of the other's call before both have called.
        server.pause();
        ana.double_clicks("@contact-row[data-handle=bo]").await;
        bo.double_clicks("@contact-row[data-handle=ana]").await;
        for person in [&ana, &bo] {
            person.sees("@stage[data-stage=calling]").await;
        }
        server.go_on();
        assert_eq!(call_of(&ana).await, call_of(&bo).await);
        for (person, left) in [(&ana, 0), (&bo, 800)] {
            person.sees(SEEN).await;
            let first = sees_the_other(stage, left, 0);
            sees_the_other(stage, left, first);
            assert_eq!(person.counts("@incoming, @waiting, @held").await, 0, "it is one call");
        }
        ana.clicks("@end").await;
        bo.sees("@ended[data-how=hung_up]").await;
        bo.clicks("@close-call").await;
        for (person, other) in [(&ana, "bo"), (&bo, "ana")] {
            person.clicks(&format!("@contact-row[data-handle={other}]")).await;
            person.sees("@past-call").await;
            assert_eq!(person.counts("@past-call").await, 1, "both remember one call");
        }
    });
}

#[test]
fn who_is_in_a_call_can_refuse_another_or_hold_the_first() {
    play("busy", async |stage| {
        let server = Server::start(stage);
        let small = || Entry { arguments: &SMALL, ..Entry::default() };
        let (ana, bo) = friends_with(stage, &server, small(), small()).await;
        let chen = Person::with(stage, "chen", small()).await;
        settle(&chen, "Chen Wei", &server, "chen").await;
        befriend((&chen, "chen"), (&bo, "bo")).await;
        talk(&ana, &bo).await;
        let first = call_of(&ana).await;

        chen.double_clicks("@contact-row[data-handle=bo]").await;
        bo.clicks("@waiting @waiting-decline").await;
        chen.sees("@ended[data-how=busy]").await;
        bo.misses("@waiting").await;
        for (person, left) in [(&ana, 0), (&bo, 800)] {
            person.sees("@stage[data-stage=on][data-held='']").await;
            assert_eq!(call_of(person).await, first, "{}", person.name());
            let now = sees_the_other(stage, left, 0);
            sees_the_other(stage, left, now);
        }

        chen.clicks("@call-again").await;
        bo.clicks("@waiting @waiting-answer").await;
        ana.sees("@stage[data-stage=on][data-held=theirs]").await;
        bo.sees(&format!("@held[data-call='{first}']")).await;
        let second = call_of(&chen).await;
        assert_eq!(call_of(&bo).await, second);
        for (person, left) in [(&bo, 800), (&chen, 1600)] {
            person.sees(SEEN).await;
            let now = sees_the_other(stage, left, 0);
            sees_the_other(stage, left, now);
        }

        bo.clicks("@held @held-resume").await;
        chen.sees("@stage[data-stage=on][data-held=theirs]").await;
        ana.sees("@stage[data-stage=on][data-held='']").await;
        let now = sees_the_other(stage, 0, 0);
        sees_the_other(stage, 0, now);
        assert_eq!(call_of(&bo).await, first);
        chen.clicks("@end").await;
        bo.misses("@held").await;
        bo.sees("@stage[data-stage=on]").await;
    });
}
