//! Words between two people: they arrive once and in order, whoever is away or starts anew meanwhile, and both see the
//! same of them.

use super::kit::{Someone, Town, contact};
use visavis_engine::api::{
    Code, Command, Event, LastWhat, Mark, Message, Presence, PublicKey, Reply, Settings,
};

impl Someone {
    pub(super) async fn writes(&mut self, key: PublicKey, text: &str) -> String {
        self.answers(key, text, None).await
    }

    pub(super) async fn answers(&mut self, key: PublicKey, text: &str, to: Option<&str>) -> String {
        let (text, reply_to) = (text.to_owned(), to.map(str::to_owned));
        match self.tell(Command::WriteMessage { key, text, reply_to }).await {
            Ok(Reply::Written { id }) => id,
            other => panic!("{other:?}"),
        }
    }

    /// Waits for a message that is as wanted.
    pub(super) async fn message(&mut self, id: &str, wanted: impl Fn(&Message) -> bool) -> Message {
        let so = |event: &Event| matches!(event, Event::MessageChanged { message } if message.id == id && wanted(message));
        match self.event(so).await {
            Event::MessageChanged { message } => message,
            _ => unreachable!(),
        }
    }

    pub(super) async fn marked(&mut self, id: &str, mark: Mark) {
        self.message(id, |message| message.mark == Some(mark)).await;
    }

    pub(super) async fn conversation(&mut self, key: PublicKey) -> Vec<Message> {
        match self.tell(Command::Messages { key, before: None, after: None }).await {
            Ok(Reply::Messages { messages, .. }) => messages,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn texts(&mut self, key: PublicKey) -> Vec<String> {
        self.conversation(key).await.into_iter().map(|message| message.text).collect()
    }

    pub(super) async fn received(&mut self, from: PublicKey) -> String {
        let from =
            |event: &Event| matches!(event, Event::MessageReceived { key, .. } if *key == from);
        match self.event(from).await {
            Event::MessageReceived { id, .. } => id,
            _ => unreachable!(),
        }
    }
}

#[tokio::test]
async fn a_message_is_sent_delivered_and_read() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let id = ana.writes(bo_key, "  See you at <b>eight</b>? \n").await;
    assert_eq!(bo.received(ana_key).await, id);
    ana.marked(&id, Mark::Delivered).await;
    let state = bo.until(|state| contact(state, &ana_key).is_some_and(|c| c.unread == 1)).await;
    let shown = contact(&state, &ana_key).unwrap();
    assert_eq!(shown.words.as_deref(), Some("See you at <b>eight</b>?"));
    assert_eq!(shown.last.unwrap().what, LastWhat::WroteFrom);
    let [his] = &bo.conversation(ana_key).await[..] else { panic!() };
    assert_eq!(
        (his.text.as_str(), his.mine, his.unread),
        ("  See you at <b>eight</b>?", false, true)
    );

    bo.tell(Command::SeeMessages { key: ana_key }).await.unwrap();
    ana.marked(&id, Mark::Read).await;
    bo.until(|state| contact(state, &ana_key).is_some_and(|c| c.unread == 0)).await;
    let state = ana.state().await;
    assert_eq!(contact(&state, &bo_key).unwrap().last.unwrap().what, LastWhat::WroteTo);

    let answer = bo.answers(ana_key, "At nine.", Some(&id)).await;
    ana.received(bo_key).await;
    let hers = ana.conversation(bo_key).await;
    let quote = hers.last().unwrap().quote.clone().unwrap();
    assert_eq!((quote.id, quote.mine, quote.text.as_str()), (id, true, "See you at <b>eight</b>?"));
    bo.marked(&answer, Mark::Delivered).await;
}

#[tokio::test]
async fn what_is_written_to_someone_away_comes_once_and_in_order() {
    let mut town = Town::open().await;
    let (mut ana, bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    bo.engine.stop().await;
    ana.presence(&bo_key, Presence::Offline).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(ana.writes(bo_key, &format!("kept {n}")).await);
    }
    ana.marked(&ids[4], Mark::Sent).await;
    // Now the server goes as well, and Ana with what it has not.
    town.stop().await;
    ana.until(|state| contact(state, &bo_key).is_some_and(|c| c.presence == Presence::Offline))
        .await;
    for n in 5..8 {
        ids.push(ana.writes(bo_key, &format!("kept {n}")).await);
    }
    let mut ana = ana.restart().await;
    let marks: Vec<_> = ana.conversation(bo_key).await.into_iter().map(|m| m.mark).collect();
    let of = |n: usize| if n < 5 { Mark::Sent } else { Mark::Sending };
    assert_eq!(marks, (0..8).map(|n| Some(of(n))).collect::<Vec<_>>());
    town.start().await;
    ana.until_online().await;
    ana.marked(&ids[7], Mark::Sent).await;

    let mut bo = Someone::start(bo.folder).await;
    for id in &ids {
        assert_eq!(bo.received(ana_key).await, *id);
    }
    let texts: Vec<String> = (0..8).map(|n| format!("kept {n}")).collect();
    assert_eq!(bo.texts(ana_key).await, texts);
    for id in &ids {
        ana.marked(id, Mark::Delivered).await;
    }
    let mut bo = bo.restart().await;
    bo.until_online().await;
    let last = ana.writes(bo_key, "and now").await;
    assert_eq!(bo.received(ana_key).await, last);
    assert_eq!(bo.texts(ana_key).await.len(), 9);
    let state = bo.state().await;
    assert_eq!(contact(&state, &ana_key).unwrap().unread, 9);
    assert!(state.troubles.is_empty(), "{:?}", state.troubles);
}

#[tokio::test]
async fn messages_are_changed_taken_back_and_thought_of() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let id = ana.writes(bo_key, "eigth").await;
    bo.received(ana_key).await;
    let change =
        |key, text: &str| Command::ChangeMessage { key, id: id.clone(), text: text.into() };
    ana.tell(change(bo_key, "eight")).await.unwrap();
    let seen = bo.message(&id, |message| message.edited).await;
    assert_eq!((seen.text.as_str(), seen.unread), ("eight", true));
    assert_eq!(bo.refused(change(ana_key, "nine")).await, Code::NoSuchMessage);

    let react = |key, emoji: Option<&str>| Command::React {
        key,
        id: id.clone(),
        emoji: emoji.map(str::to_owned),
    };
    bo.tell(react(ana_key, Some("👍"))).await.unwrap();
    ana.message(&id, |message| message.reactions.theirs.as_deref() == Some("👍")).await;
    ana.tell(react(bo_key, Some("🎉"))).await.unwrap();
    bo.message(&id, |message| message.reactions.theirs.as_deref() == Some("🎉")).await;
    bo.tell(react(ana_key, None)).await.unwrap();
    ana.message(&id, |message| message.reactions.theirs.is_none()).await;
    assert_eq!(bo.refused(react(ana_key, Some("<script>"))).await, Code::ReactionOdd);

    let back = |key| Command::TakeBackMessage { key, id: id.clone() };
    assert_eq!(bo.refused(back(ana_key)).await, Code::NoSuchMessage);
    ana.tell(back(bo_key)).await.unwrap();
    let gone = bo.message(&id, |message| message.gone).await;
    assert!(gone.text.is_empty());
    bo.until(|state| contact(state, &ana_key).is_some_and(|c| c.words.is_none())).await;
    for command in [back(bo_key), change(bo_key, "ten"), react(bo_key, Some("👍"))] {
        assert_eq!(ana.refused(command).await, Code::NoSuchMessage);
    }
}

#[tokio::test]
async fn what_is_no_message_is_refused_with_a_reason() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let write = |key, text: String| Command::WriteMessage { key, text, reply_to: None };
    assert_eq!(ana.refused(write(bo_key, " \n\u{7}".into())).await, Code::MessageEmpty);
    assert_eq!(ana.refused(write(bo_key, "x".repeat(8_001))).await, Code::MessageTooLong);
    assert_eq!(ana.refused(write(ana_key, "me".into())).await, Code::NotAContact);
    let odd = Command::Messages { key: bo_key, before: Some("x".into()), after: None };
    assert_eq!(ana.refused(odd).await, Code::NoSuchMessage);
    let resend = Command::ResendMessage { key: bo_key, id: "0".repeat(32) };
    assert_eq!(ana.refused(resend).await, Code::NoSuchMessage);
    // The longest there may be, in whatever script.
    for text in ["好".repeat(8_000), "👨".repeat(8_000), "\"\\\n".repeat(2_666) + "x"] {
        let id = ana.writes(bo_key, &text).await;
        assert_eq!(bo.received(ana_key).await, id);
        assert_eq!(bo.texts(ana_key).await.last(), Some(&text));
    }
}

#[tokio::test]
async fn who_types_is_seen_and_who_hides_reading_is_not() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    ana.tell(Command::Typing { key: bo_key }).await.unwrap();
    ana.tell(Command::Typing { key: bo_key }).await.unwrap();
    bo.event(|event| *event == Event::Typing { key: ana_key }).await;
    let hide = Settings { hide_reading: true, ..bo.state().await.settings };
    bo.tell(Command::ChangeSettings { settings: hide }).await.unwrap();
    let first = ana.writes(bo_key, "one").await;
    bo.received(ana_key).await;
    assert_eq!(bo.count(|event| matches!(event, Event::Typing { .. })), 0, "it was said once");
    bo.tell(Command::SeeMessages { key: ana_key }).await.unwrap();
    // Bo's next word comes after whatever he said of reading.
    let his = bo.writes(ana_key, "two").await;
    ana.received(bo_key).await;
    let marks: Vec<_> = ana.conversation(bo_key).await.into_iter().map(|m| m.mark).collect();
    assert_eq!(marks, [Some(Mark::Delivered), None]);
    ana.tell(Command::SeeMessages { key: bo_key }).await.unwrap();
    ana.writes(bo_key, "three").await;
    bo.received(ana_key).await;
    let marks: Vec<_> = bo.conversation(ana_key).await.into_iter().map(|m| m.mark).collect();
    assert_eq!(marks, [None, Some(Mark::Delivered), None], "{first} {his}");
}

#[tokio::test]
async fn what_was_said_is_found() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    ana.writes(bo_key, "The key is under the stone").await;
    bo.received(ana_key).await;
    bo.writes(ana_key, "Which STONE?").await;
    ana.received(bo_key).await;
    let search = |text: &str, key| Command::SearchMessages { key, text: text.into(), before: None };
    for (text, key, found) in
        [("stone", None, 2), ("KEY", Some(bo_key), 1), ("stone", Some(ana_key), 0), ("%", None, 0)]
    {
        match ana.tell(search(text, key)).await {
            Ok(Reply::Messages { messages, more: false }) => assert_eq!(messages.len(), found),
            other => panic!("{other:?}"),
        }
    }
}
