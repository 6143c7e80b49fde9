//! Letters over a link: words go on in a call whose server is gone, each once and in order, whichever of its two ways
//! comes first; and who says odd things on a link is not believed.

use super::kit::{Someone, Town, contact, stand_ins};
use super::puppet::Puppet;
use super::talk::talking;
use serde_json::{Value, json};
use visavis_engine::api::{
    Command, Connection, Event, Mark, Presence, PublicKey, Reply, State, TransferStage,
};

const NAME: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

fn offline(state: &State) -> bool {
    state.server.connection != Connection::Online
}

/// A text as a letter; `which` makes its name.
fn text(which: u8, text: &str) -> Value {
    json!({
        "type": "chat", "message": format!("{which:02x}{}", &NAME[2..]), "say": "text",
        "seq": which, "at_ms": 1_795_600_000_000_u64, "edition": 0, "text": text,
    })
}

fn said(number: u64, after: u64, letter: &Value) -> Value {
    json!({ "type": "letter", "number": number, "after": after, "letter": letter })
}

fn is_message(event: &Event) -> bool {
    matches!(event, Event::MessageReceived { .. })
}

impl Someone {
    async fn untroubled(&self) {
        let troubles = self.state().await.troubles;
        assert!(troubles.is_empty(), "{troubles:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_go_on_in_a_call_whose_server_is_gone() {
    let mut town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let mut laptop = town.laptop(&mut bo, stand_ins()).await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    talking(&mut ana, &mut bo, true).await;
    town.stop().await;
    for one in [&mut ana, &mut bo, &mut laptop] {
        one.until(offline).await;
    }

    let mut ids = Vec::new();
    for n in 0..6 {
        ids.push(ana.writes(bo_key, &format!("ana {n}")).await);
    }
    for id in &ids {
        assert_eq!(bo.received(ana_key).await, *id);
        ana.marked(id, Mark::Delivered).await;
    }
    bo.tell(Command::SeeMessages { key: ana_key }).await.unwrap();
    ana.marked(&ids[5], Mark::Read).await;
    let his = bo.answers(ana_key, "bo 0", Some(&ids[2])).await;
    assert_eq!(ana.received(bo_key).await, his);
    bo.marked(&his, Mark::Delivered).await;
    ana.tell(Command::Typing { key: bo_key }).await.unwrap();
    bo.event(|event| *event == Event::Typing { key: ana_key }).await;
    let (id, text) = (ids[1].clone(), "ana one".to_owned());
    ana.tell(Command::ChangeMessage { key: bo_key, id, text }).await.unwrap();
    bo.message(&ids[1], |message| message.edited && message.text == "ana one").await;
    ana.tell(Command::TakeBackMessage { key: bo_key, id: ids[4].clone() }).await.unwrap();
    bo.message(&ids[4], |message| message.gone).await;
    let react = |key, id: &str| Command::React { key, id: id.into(), emoji: Some("👍".into()) };
    bo.tell(react(ana_key, &ids[0])).await.unwrap();
    ana.message(&ids[0], |message| message.reactions.theirs.is_some()).await;
    // Files are offered, taken and sent as well.
    let (path, into) = (town.folder.path().join("note.txt"), town.folder.path().join("into"));
    std::fs::write(&path, "hello").unwrap();
    std::fs::create_dir(&into).unwrap();
    let paths = vec![path.display().to_string()];
    let offer = Command::OfferFiles { key: bo_key, paths };
    let Ok(Reply::Offered { id }) = ana.tell(offer).await else { panic!("no offer") };
    bo.until(|state| state.transfers.iter().any(|transfer| transfer.id == id)).await;
    let folder = Some(into.display().to_string());
    let accept = Command::AcceptFiles { key: ana_key, id: id.clone(), items: None, folder };
    bo.tell(accept).await.unwrap();
    let done = |state: &State| {
        let mut all = state.transfers.iter();
        all.any(|transfer| transfer.id == id && transfer.stage == TransferStage::Done)
    };
    ana.until(done).await;
    bo.until(done).await;
    assert_eq!(std::fs::read(into.join("note.txt")).unwrap(), b"hello");
    assert!(offline(&ana.state().await) && offline(&bo.state().await));

    // Both start anew with all of it still to be brought to the server, which is back then.
    let (mut ana, mut bo) = (ana.restart().await, bo.restart().await);
    town.start().await;
    for one in [&mut ana, &mut bo, &mut laptop] {
        one.until_online().await;
    }
    let last = ana.writes(bo_key, "over").await;
    assert_eq!(bo.received(ana_key).await, last, "nothing came twice");
    let texts = ["ana 0", "ana one", "ana 2", "ana 3", "", "ana 5", "bo 0", "over"];
    assert_eq!(ana.texts(bo_key).await, texts);
    assert_eq!(bo.texts(ana_key).await, texts);
    // Bo's other device has from the server what Ana said, once and in order.
    for id in ids.iter().chain([&last]) {
        assert_eq!(laptop.received(ana_key).await, *id);
    }
    let hers = ["ana 0", "ana one", "ana 2", "ana 3", "", "ana 5", "over"];
    assert_eq!(laptop.texts(ana_key).await, hers);
    for one in [&ana, &bo, &laptop] {
        assert_eq!(one.count(is_message), 0);
        one.untroubled().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_both_ways_counts_once() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let before = ana.writes(bo_key, "before").await;
    assert_eq!(bo.received(ana_key).await, before);
    let id = talking(&mut ana, &mut bo, false).await;
    for n in 0..10 {
        let (hers, his) =
            (ana.writes(bo_key, &format!("{n}")).await, bo.writes(ana_key, &format!("{n}")).await);
        assert_eq!(bo.received(ana_key).await, hers);
        assert_eq!(ana.received(bo_key).await, his);
        // A wave has no name by which a second one would be known.
        ana.tell(Command::Wave { key: bo_key }).await.unwrap();
        bo.wave_from(&ana_key).await;
    }
    ana.do_it(Command::HangUp { id }).await;
    // What comes now comes by the server, after all that it was given.
    let last = ana.writes(bo_key, "after").await;
    assert_eq!(bo.received(ana_key).await, last);
    let answer = bo.writes(ana_key, "after").await;
    assert_eq!(ana.received(bo_key).await, answer);
    for one in [&ana, &bo] {
        assert_eq!(one.count(is_message), 0);
        assert_eq!(one.count(|event| matches!(event, Event::WaveReceived { .. })), 0);
        one.untroubled().await;
    }
    assert_eq!(ana.texts(bo_key).await.len(), 23);
    assert_eq!(bo.texts(ana_key).await.len(), 23);
}

/// Ana, Bo's key, and a device of Bo's that is led by hand and has a link to her.
async fn led_by_hand() -> (Town, Someone, PublicKey, Puppet) {
    let town = Town::open().await;
    let (mut ana, bo) = town.friends().await;
    let bo_key = bo.key().await;
    bo.engine.stop().await;
    ana.presence(&bo_key, Presence::Offline).await;
    let mut puppet = Puppet::sign_in(&town, &bo, &ana).await;
    ana.presence(&bo_key, Presence::Online).await;
    puppet.link().await;
    assert_eq!(puppet.hear().await, json!({ "type": "have", "number": 0 }));
    (town, ana, bo_key, puppet)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_whose_link_breaks_comes_by_the_server() {
    let (mut town, mut ana, bo_key, mut puppet) = led_by_hand().await;
    // Nothing is said to who has not said what they have.
    let first = ana.writes(bo_key, "first").await;
    let (number, letter) = loop {
        let (number, letter) = puppet.letter().await;
        if letter["message"] == first.as_str() {
            break (number, letter);
        }
    };
    town.stop().await;
    ana.until(offline).await;
    puppet.say(json!({ "type": "have", "number": number }));
    let second = ana.writes(bo_key, "second").await;
    let third = ana.writes(bo_key, "third").await;
    let word = puppet.hear().await;
    assert_eq!((&word["letter"]["message"], &word["after"]), (&json!(second), &json!(number)));
    // It came, nobody says so, and the link is gone. The next was never said.
    puppet.cut();
    town.start().await;
    ana.until_online().await;
    puppet.sign_in_again(&town).await;
    let again = loop {
        let letter = puppet.letter().await;
        if letter.0 > number {
            break letter;
        }
    };
    let next = puppet.letter().await;
    assert_eq!(json!(again.0), word["number"]);
    assert_eq!(again.1, word["letter"]);
    assert_eq!(next.1["message"], third.as_str());
    assert!(number < again.0 && again.0 < next.0);
    assert_eq!(letter["text"], "first");
    ana.marked(&third, Mark::Sent).await;
    ana.untroubled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_letter_waits_on_a_link_and_it_goes_to_who_lacks_none_before_it() {
    let (mut town, mut ana, bo_key, mut puppet) = led_by_hand().await;
    town.stop().await;
    ana.until(offline).await;
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(ana.writes(bo_key, &format!("{n}")).await);
    }
    // What was said to Bo before is not with this device, as far as it says: it gets nothing.
    puppet.say(json!({ "type": "have", "number": 0 }));
    puppet.say(json!({ "type": "typing" }));
    ana.event(|event| *event == Event::Typing { key: bo_key }).await;
    puppet.say(said(1, 0, &text(1, "honest")));
    assert_eq!(puppet.hear().await, json!({ "type": "have", "number": 1 }));
    ana.received(bo_key).await;
    // More than anybody can have, said by mistake or malice, takes nothing out of the outbox.
    puppet.say(json!({ "type": "have", "number": u64::MAX }));
    assert_eq!(puppet.hear().await["letter"]["message"], ids[1].as_str());
    puppet.cut();
    town.start().await;
    ana.until_online().await;
    puppet.sign_in_again(&town).await;
    let mut came = Vec::new();
    while came.len() < 3 {
        let (_, letter) = puppet.letter().await;
        if letter["say"] == "text" {
            came.push(letter["message"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(came, ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_letters_on_a_link_are_left_aside() {
    let (_town, mut ana, bo_key, mut puppet) = led_by_hand().await;
    let have = |number: u64| json!({ "type": "have", "number": number });
    puppet.say(said(5, 0, &text(1, "one")));
    assert_eq!(puppet.hear().await, have(5));
    // Seen before, of a number that is past, and after one that never came: what has come is said, and nothing is taken.
    for (number, after) in [(5, 0), (4, 0), (9, 7), (u64::MAX, 6)] {
        puppet.say(said(number, after, &text(2, "never")));
        assert_eq!(puppet.hear().await, have(5), "{number}");
    }
    // Not after any, no letter, and too long: not even that.
    puppet.say(said(6, 6, &text(2, "never")));
    puppet.say(said(0, 0, &text(2, "never")));
    puppet.say(said(6, 5, &json!("never")));
    puppet.say(said(6, 5, &json!({ "type": "chat", "say": "text" })));
    puppet.say(said(6, 5, &text(2, &"x".repeat(50_000))));
    // One that is never is live, and one of a later version counts though nothing is known of it.
    puppet.say(said(6, 5, &json!({ "type": "hologram", "size": 7 })));
    assert_eq!(puppet.hear().await, have(6));
    puppet.say(said(7, 6, &json!({ "type": "typing" })));
    assert_eq!(puppet.hear().await, have(7));
    puppet.say(said(8, 7, &text(3, "two")));
    assert_eq!(puppet.hear().await, have(8));
    assert_eq!(ana.texts(bo_key).await, ["one", "two"]);
    for _ in 0..2 {
        ana.received(bo_key).await;
    }
    assert_eq!(ana.count(is_message), 0);
    let state = ana.until(|state| contact(state, &bo_key).is_some_and(|c| c.unread == 2)).await;
    assert!(state.troubles.is_empty(), "{:?}", state.troubles);
}

/// The texts of letters that the page took.
const TEXTS: &str =
    "() => letters.taken.filter(({ say }) => say === 'text').map(({ text }) => text)";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_knows_the_document_alone_writes_and_reads_over_a_link() {
    let mut town = Town::open().await;
    let (mut ana, bo) = town.friends().await;
    let bo_key = bo.key().await;
    bo.engine.stop().await;
    ana.presence(&bo_key, Presence::Offline).await;
    let mut puppet = Puppet::sign_in(&town, &bo, &ana).await;
    ana.presence(&bo_key, Presence::Online).await;
    puppet.link_page().await;
    // Until the page has said what it has; the path is up then.
    ana.writes(bo_key, "by the server").await;
    let (number, letter) = loop {
        let (number, letter) = puppet.letter().await;
        if letter["text"] == "by the server" {
            break (number, letter);
        }
    };
    puppet.until_page("letters.theirs !== null").await;
    let page = puppet.page();
    page.call("tookByServer", &[json!(number), letter]).await;
    // Both ways at once: what the page has from the link, it leaves aside when the server brings it.
    ana.writes(bo_key, "by both").await;
    puppet.until_page("letters.taken.length === 2").await;
    let (number, letter) = puppet.letter().await;
    puppet.page().call("tookByServer", &[json!(number), letter]).await;
    puppet.page().call("writeLetter", &[text(1, "from the page")]).await;
    ana.received(bo_key).await;

    town.stop().await;
    ana.until(offline).await;
    let mut marked = Vec::new();
    for n in 0..5 {
        marked.push(ana.writes(bo_key, &format!("alone {n}")).await);
        puppet.page().call("writeLetter", &[text(n + 2, &format!("alone {n}"))]).await;
    }
    for _ in 0..5 {
        ana.received(bo_key).await;
    }
    ana.tell(Command::Typing { key: bo_key }).await.unwrap();
    let texts = format!("letters.typing === 1 && ({TEXTS})().length === 7");
    puppet.until_page(&texts).await;
    let alone: Vec<String> = (0..5).map(|n| format!("alone {n}")).collect();
    let came = puppet.page().call(TEXTS, &[]).await;
    assert_eq!(
        came,
        json!([&["by the server".to_owned(), "by both".to_owned()][..], &alone].concat())
    );
    // A sign that it has come is a letter as well.
    let got = json!({ "type": "chat", "message": marked[4], "say": "got", "also": [] });
    puppet.page().call("writeLetter", &[got]).await;
    ana.marked(&marked[4], Mark::Delivered).await;
    let theirs: Vec<String> =
        ana.conversation(bo_key).await.into_iter().filter(|m| !m.mine).map(|m| m.text).collect();
    assert_eq!(theirs, [&["from the page".to_owned()][..], &alone].concat());
    assert_eq!(ana.count(is_message), 0);
    ana.untroubled().await;
}
