//! The program without a window, as scripts use it: started with words, fed with lines, read by lines of JSON.
//! A real server, two profiles, and devices that are files and patterns.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]

// What a program needs of memory is read where Linux keeps it.
#[cfg(target_os = "linux")]
mod files;
mod program;

use program::{Program, Town};
use serde_json::{Value, json};

/// A line of a kind, where the call is over.
fn ended(line: &Value) -> bool {
    line["line"] == "ended"
}

/// Whether an event shows a call at a stage.
fn at_stage<'a>(stage: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |line| {
        let calls = line["event"]["calls"].as_array();
        calls.is_some_and(|calls| calls.iter().any(|call| call["stage"]["type"] == stage))
    }
}

#[test]
fn two_scripts_call_each_other_and_tell_the_same_story() {
    let town = Town::with_friends();
    let heard = town.path("heard.wav");
    let speaker = format!("file:{}", heard.display());
    let mut bo = town.start("bo", &["answer", "--statistics", "1", "--mic", "test:tone?hz=440"]);
    bo.line(|line| line["line"] == "snapshot");
    let words = ["call", "bo", "--statistics", "1", "--speaker", &speaker];
    let mut ana = town.start("ana", &words);
    let call = ana.line(|line| line["line"] == "call")["id"].clone();
    assert_eq!(bo.line(|line| line["line"] == "call")["id"], call);
    for one in [&mut ana, &mut bo] {
        let figures = one.line(|line| {
            let figures = &line["statistics"];
            // Which way was found is known a second later.
            figures["relayed"] == false
                && figures["picture_in"]["pictures"].as_u64() > Some(10)
                && figures["sound_in"]["level"].as_f64() > Some(0.01)
        });
        assert_eq!(figures["id"], call);
    }
    ana.say("mute");
    bo.line(|line| line["event"]["calls"][0]["theirs"]["microphone"] == false);
    ana.say("dance");
    let refused = ana.line(|line| line["line"] == "refused");
    assert!(refused["error"]["message"].as_str().unwrap().contains("hang up"), "{refused}");
    ana.say("hang up");
    let (hers, his) = (ana.line(ended), bo.line(ended));
    for over in [&hers, &his] {
        assert_eq!((&over["how"], &over["id"]), (&json!("hung_up"), &call));
        assert_eq!(over["talked_ms"], hers["talked_ms"]);
    }
    assert_eq!((ana.end().code(), bo.end().code()), (Some(0), Some(0)));
    assert!(std::fs::metadata(&heard).unwrap().len() > 10_000, "what was heard is in the file");

    for (who, outgoing) in [("ana", true), ("bo", false)] {
        let [past] = town.lines(who, &["history"]).try_into().unwrap();
        assert_eq!(past["call"]["id"], call);
        assert_eq!(past["call"]["outgoing"], outgoing);
        assert_eq!(past["call"]["talked_ms"], hers["talked_ms"]);
    }
}

#[test]
fn a_call_that_comes_to_nothing_is_told_from_an_error() {
    let town = Town::with_friends();
    let mut bo = town.start("bo", &["watch"]);
    bo.line(|line| line["line"] == "snapshot");
    let mut ana = town.start("ana", &["call", "bo", "--sound-only"]);
    bo.line(at_stage("incoming"));
    bo.say("decline");
    assert_eq!(ana.line(ended)["how"], "declined");
    assert_eq!(ana.end().code(), Some(3));
    bo.say("quit");
    assert_eq!(bo.end().code(), Some(0));

    let mut ana = town.start("ana", &["call", "bo"]);
    assert_eq!(ana.line(ended)["how"], "away");
    assert_eq!(ana.end().code(), Some(3));
}

#[test]
fn whoever_is_told_to_stop_hangs_up_first() {
    let town = Town::with_friends();
    let mut bo = town.start("bo", &["answer"]);
    bo.line(|line| line["line"] == "snapshot");
    let mut ana = town.start("ana", &["call", "bo"]);
    ana.line(at_stage("on"));
    bo.line(at_stage("on"));
    ana.interrupt();
    assert_eq!(bo.line(ended)["how"], "hung_up");
    assert_eq!((ana.end().code(), bo.end().code()), (Some(0), Some(0)));
}

#[test]
fn a_check_says_what_works_and_what_does_not() {
    let town = Town::empty();
    town.settle("ana");
    let lines = town.lines("ana", &["check", "--json"]);
    let stage = |what: &str| {
        let found = lines.iter().find(|line| line["step"]["what"] == what);
        found.map(|line| line["step"]["stage"].clone()).unwrap_or_default()
    };
    for what in ["camera", "microphone", "speaker", "server", "network", "echo"] {
        assert_eq!(stage(what), json!({ "type": "good" }), "{what}");
    }
    assert_eq!(stage("relay")["why"]["code"], "no_relay");
    let report = &lines[lines.len() - 1];
    assert_eq!((&report["line"], lines.len()), (&json!("check_report"), 11));
    assert!(report["text"].as_str().unwrap().contains("server:         good, round trip"));

    let out = town.ran("ana", &["check", "--mic", "null:"]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("microphone:     bad (nothing_heard)"), "{text}");
    assert_eq!(out.status.code(), Some(3));
}

#[test]
fn a_bot_answers_one_call_after_the_other_and_is_busy_meanwhile() {
    let town = Town::with_friends();
    town.settle("cy");
    town.befriend("cy", "bo");
    let mut bo = town.start("bo", &["answer", "--always"]);
    bo.line(|line| line["line"] == "snapshot");
    let mut ana = town.start("ana", &["call", "bo"]);
    ana.line(at_stage("on"));
    let mut cy = town.start("cy", &["call", "bo"]);
    let how = cy.line(ended)["how"].clone();
    assert!(how == "busy" || how == "declined", "{how}");
    cy.end();
    ana.say("hang up");
    ana.line(ended);
    ana.end();
    bo.line(ended);
    let mut cy = town.start("cy", &["call", "bo", "--for", "1"]);
    assert_eq!(cy.line(ended)["how"], "hung_up");
    assert_eq!(cy.end().code(), Some(0));
    bo.interrupt();
    bo.end();
}

#[test]
fn people_are_asked_accepted_and_removed() {
    let town = Town::empty();
    let me = town.settle("ana");
    assert_eq!(me["me"]["handle"], "ana");
    assert_eq!(town.settle("ana"), me, "what is there stays");
    town.settle("bo");
    assert_eq!(town.lines("ana", &["contacts"]), [Value::Null; 0]);
    town.befriend("ana", "bo");
    let [contact] = town.lines("ana", &["contacts", "list"]).try_into().unwrap();
    assert_eq!(contact["contact"]["handle"], "bo");
    town.lines("ana", &["contacts", "remove", "bo"]);
    assert_eq!(town.lines("ana", &["contacts"]), [Value::Null; 0]);
    let [devices] = town.lines("ana", &["devices"]).try_into().unwrap();
    assert!(devices["devices"]["cameras"].to_string().contains("test:pattern"), "{devices}");
    let [card] = town.lines("ana", &["do", r#"{"type":"my_card"}"#]).try_into().unwrap();
    assert_eq!(card["reply"]["type"], "card");
}

#[test]
fn what_can_not_be_done_is_said_in_a_sentence_and_a_line() {
    let town = Town::empty();
    town.settle("ana");
    for (words, code, sentence) in [
        (&["call", "zoe"][..], "not_found", "nobody here is called zoe. There is nobody yet."),
        (&["do", "{}"], "bad_message", "this is no command"),
        (&["do", r#"{"type":"answer","id":"1","picture":true}"#], "no_such_call", ""),
    ] {
        let (line, said, exit) = town.refused("ana", words);
        assert_eq!((line["error"]["code"].as_str(), exit), (Some(code), Some(1)), "{words:?}");
        assert!(said.contains(sentence), "{said}");
    }
    let (line, said, _) = town.refused("nobody", &["me"]);
    assert_eq!(line["error"]["code"], "no_identity");
    assert!(said.contains("visavis-cli init"), "{said}");

    let mut watching = town.start("ana", &["watch"]);
    watching.line(|line| line["line"] == "snapshot");
    let (line, _, _) = town.refused("ana", &["me"]);
    assert_eq!(line["error"]["code"], "folder_in_use");
    watching.say("quit");
    watching.end();

    let usage = Program::run(&["--data", "/nowhere", "call", "bo", "--camera", "test:tone"]);
    assert_eq!(usage.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&usage.stderr).contains("this is no camera"));
}

/// Texts and marks of what was written with someone, from older to newer.
fn written(town: &Town, who: &str, with: &str) -> Vec<(String, Value)> {
    let lines = town.lines(who, &["messages", with]);
    let of = |line: &Value| {
        (line["message"]["text"].as_str().unwrap().to_owned(), line["message"]["mark"].clone())
    };
    lines.iter().rev().map(of).collect()
}

#[test]
fn a_script_writes_and_another_reads() {
    let town = Town::with_friends();
    let [sent] = town.lines("ana", &["write", "bo", "The build is green."]).try_into().unwrap();
    assert_eq!(sent["message"]["mark"], "sent");
    let mut bo = town.start("bo", &["watch"]);
    bo.line(|line| line["event"]["type"] == "message_received");
    assert_eq!(written(&town, "ana", "bo").len(), 1);
    drop(bo);
    assert_eq!(written(&town, "bo", "ana"), [("The build is green.".to_owned(), Value::Null)]);
    for n in 0..3 {
        town.lines("bo", &["write", "ana", &format!("answer {n}")]);
    }
    let last = town.lines("bo", &["messages", "ana", "--last", "2"]);
    assert_eq!((last.len(), &last[0]["message"]["text"]), (2, &json!("answer 2")));
    let (line, _, code) = town.refused("ana", &["write", "bo", " "]);
    assert_eq!((&line["error"]["code"], code), (&json!("message_empty"), Some(1)));
}

#[test]
fn whoever_is_killed_no_word_is_lost_or_doubled() {
    let town = Town::with_friends();
    let key = town.lines("ana", &["contacts"])[0]["contact"]["key"].clone();
    let write = |text: String| {
        json!({ "type": "write_message", "key": key, "text": text, "reply_to": null }).to_string()
    };
    let (mut ana, mut bo) = (town.start("ana", &["watch"]), town.start("bo", &["watch"]));
    for round in 0..6 {
        for n in 0..8 {
            ana.say(&write(format!("{round}.{n}")));
        }
        // Of one who is killed, the answers to the rest are never seen.
        let answers = if round % 2 == 0 { round + 1 } else { 8 };
        for _ in 0..answers {
            ana.line(|line| line["reply"]["type"] == "written");
        }
        // Killed outright, in the middle of it.
        if round % 2 == 0 {
            drop(ana);
            ana = town.start("ana", &["watch"]);
        } else {
            bo.line(|line| line["event"]["type"] == "message_received");
            drop(bo);
            bo = town.start("bo", &["watch"]);
        }
    }
    ana.say(&write("the last".into()));
    ana.line(|line| {
        let message = &line["event"]["message"];
        message["text"] == "the last" && message["mark"] == "delivered"
    });
    drop((ana, bo));
    let (hers, his) = (written(&town, "ana", "bo"), written(&town, "bo", "ana"));
    let texts =
        |all: &[(String, Value)]| all.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&his), texts(&hers));
    assert!(hers.iter().all(|(_, mark)| mark == "delivered"), "{hers:?}");
    // What was answered was kept, in order and once.
    let rounds = (0..6)
        .map(|round| texts(&hers).iter().filter(|t| t.starts_with(&format!("{round}."))).count());
    assert!(rounds.enumerate().all(|(round, count)| count > round && count <= 8), "{hers:?}");
    assert!(
        texts(&hers).windows(2).all(|pair| pair[1] == "the last" || pair[0] < pair[1]),
        "{hers:?}"
    );
}
