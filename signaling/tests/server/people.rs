//! Handles, requests, presence, blocks, the directory.

use crate::stage::{Stage, refused};
use visavis_signaling::protocol::{ClientMessage, Presence, RequestEnd, ServerMessage, Status};

#[tokio::test]
async fn two_meet_and_talk() {
    let stage = Stage::new().await;
    let mut ana = stage.person(1, "ana").await;
    let mut bo = stage.person(2, "bo").await;
    let found = ana.ask(|id| ClientMessage::LookUp { id, handle: " BO ".to_owned() }).await;
    let Ok(ServerMessage::Found { person, .. }) = found else { panic!("{found:?}") };
    assert_eq!(person.bundle, bo.identity.bundle());
    ana.client.request(bo.key(), "aW50cm8").await.unwrap();
    let ServerMessage::RequestSent { request } = ana.hears().await else { panic!() };
    assert_eq!((request.person.bundle.sign, request.envelope.as_str()), (bo.key(), ""));
    let ServerMessage::RequestReceived { request } = bo.hears().await else { panic!() };
    assert_eq!((request.person.bundle.sign, request.envelope.as_str()), (ana.key(), "aW50cm8"));
    refused!(ana.client.send(bo.key(), "eA", false).await, NotAContact);
    bo.client.accept(ana.key(), "d2VsY29tZQ").await.unwrap();
    let ServerMessage::ContactAdded { contact, envelope } = bo.hears().await else { panic!() };
    assert_eq!((contact.presence, envelope), (Presence::Online, None));
    let ServerMessage::ContactAdded { contact, envelope } = ana.hears().await else { panic!() };
    assert_eq!(contact.person.handle.as_str(), "bo");
    assert_eq!(envelope.as_deref(), Some("d2VsY29tZQ"));
    let ServerMessage::Deliver { mail: Some(mail), envelope, .. } = ana.hears().await else {
        panic!()
    };
    assert_eq!(envelope, "d2VsY29tZQ");
    ana.client.say(&ClientMessage::Acknowledge { mail }).await.unwrap();
    assert!(ana.client.send(bo.key(), "aGVsbG8", false).await.unwrap());
    let ServerMessage::Deliver { from, envelope, mail, .. } = bo.hears().await else { panic!() };
    assert_eq!((from, envelope.as_str(), mail), (ana.key(), "aGVsbG8", None));
    bo.client.leave().await;
    let left = ServerMessage::Presence { key: bo.identity.key(), presence: Presence::Offline };
    assert_eq!(ana.hears().await, left);
    refused!(ana.client.send(bo.identity.key(), "eA", false).await, Offline);
    assert!(!ana.client.send(bo.identity.key(), "a2VlcA", true).await.unwrap());
    let (mut bo, welcome) = stage.enter(2).await;
    let ServerMessage::Welcome { contacts, handle, .. } = welcome else { panic!() };
    assert_eq!(handle.unwrap().as_str(), "bo");
    assert_eq!(contacts[0].presence, Presence::Online);
    let ServerMessage::Deliver { envelope, mail, .. } = bo.hears().await else { panic!() };
    assert_eq!((envelope.as_str(), mail), ("a2VlcA", Some(1)));
    stage.server.stop().await;
}

#[tokio::test]
async fn a_handle_is_its_first_owners_for_good() {
    let stage = Stage::new().await;
    let mut ana = stage.person(1, "Ana").await;
    ana.client.claim(" ana ").await.unwrap();
    refused!(ana.client.claim("anna").await, HandleFixed);
    let (mut bo, _) = stage.enter(2).await;
    refused!(bo.client.claim("ana").await, HandleTaken);
    refused!(bo.client.claim("an.a").await, HandleLookAlike);
    refused!(bo.client.claim("admin").await, HandleReserved);
    refused!(bo.client.claim("adm1n").await, HandleReserved);
    refused!(bo.client.claim("b").await, HandleInvalid);
    refused!(bo.client.request(ana.key(), "aW50cm8").await, HandleRequired);
    refused!(bo.ask(|id| ClientMessage::SetListing { id, name: None }).await, HandleRequired);
    let stage = stage.restart().await;
    let (mut bo, _) = stage.enter(2).await;
    refused!(bo.client.claim("ana").await, HandleTaken);
    let (_, welcome) = stage.enter(1).await;
    let ServerMessage::Welcome { handle, .. } = welcome else { panic!() };
    assert_eq!(handle.unwrap().as_str(), "ana");
}

#[tokio::test]
async fn requests_are_withdrawn_declined_and_cross() {
    let stage = Stage::new().await;
    let mut ana = stage.person(1, "ana").await;
    let mut bo = stage.person(2, "bo").await;
    refused!(ana.client.request(ana.key(), "aW50cm8").await, ThatIsYou);
    let nobody = visavis_signaling::testkit::Identity::numbered(9).key();
    refused!(ana.client.request(nobody, "aW50cm8").await, NotFound);
    refused!(ana.client.request(bo.key(), "not base64url").await, EnvelopeInvalid);
    refused!(ana.client.request(bo.key(), &"a".repeat(8193)).await, EnvelopeInvalid);
    ana.client.request(bo.key(), "aW50cm8").await.unwrap();
    refused!(ana.client.request(bo.key(), "aW50cm8").await, AlreadyRequested);
    ana.ask(|id| ClientMessage::WithdrawRequest { id, to: bo.identity.key() }).await.unwrap();
    let (how, key) = (RequestEnd::Withdrawn, ana.key());
    assert_eq!(bo.settle().await[1], ServerMessage::RequestEnded { key, how });
    refused!(bo.client.accept(ana.key(), "aW50cm8").await, NotFound);
    ana.client.request(bo.key(), "aW50cm8").await.unwrap();
    ana.settle().await;
    bo.ask(|id| ClientMessage::DeclineRequest { id, from: key }).await.unwrap();
    let (how, key) = (RequestEnd::Declined, bo.key());
    assert_eq!(ana.hears().await, ServerMessage::RequestEnded { key, how });
    let retry = refused!(ana.client.request(bo.key(), "aW50cm8").await, DeclinedRecently);
    assert!(retry.unwrap() > 6 * 24 * 3600 * 1000);
    // Whoever declined may ask, and then both have asked.
    bo.client.request(ana.key(), "aW50cm8").await.unwrap();
    bo.settle().await;
    ana.settle().await;
    ana.client.request(bo.key(), "Y3Jvc3M").await.unwrap();
    let heard = bo.hears().await;
    let ServerMessage::ContactAdded { envelope, .. } = heard else { panic!("{heard:?}") };
    assert_eq!(envelope.as_deref(), Some("Y3Jvc3M"));
    refused!(ana.client.request(bo.key(), "aW50cm8").await, AlreadyContacts);
    ana.settle().await;
    bo.settle().await;
    let key = bo.key();
    ana.ask(|id| ClientMessage::RemoveContact { id, key }).await.unwrap();
    assert_eq!(bo.hears().await, ServerMessage::ContactRemoved { key: ana.key() });
    refused!(bo.client.send(ana.key(), "eA", true).await, NotAContact);
}

#[tokio::test]
async fn requests_wait_for_those_who_are_not_there() {
    let stage = Stage::new().await;
    let mut ana = stage.person(1, "ana").await;
    let bo = stage.person(2, "bo").await;
    let bo_key = bo.key();
    bo.client.leave().await;
    ana.client.request(bo_key, "aW50cm8").await.unwrap();
    let stage = stage.restart().await;
    let (mut bo, welcome) = stage.enter(2).await;
    let ServerMessage::Welcome { incoming, .. } = welcome else { panic!() };
    assert_eq!(incoming[0].envelope, "aW50cm8");
    bo.client.accept(incoming[0].person.bundle.sign, "d2VsY29tZQ").await.unwrap();
    let (mut ana, welcome) = stage.enter(1).await;
    let ServerMessage::Welcome { contacts, outgoing, .. } = welcome else { panic!() };
    assert_eq!((contacts.len(), outgoing.len()), (1, 0));
    // The introduction is not lost on a device that was not there.
    let heard = ana.hears().await;
    let ServerMessage::Deliver { envelope, mail: Some(1), .. } = heard else { panic!("{heard:?}") };
    assert_eq!(envelope, "d2VsY29tZQ");
}

#[tokio::test]
async fn contacts_see_how_one_wishes_to_be_seen() {
    let stage = Stage::new().await;
    let (mut ana, mut bo) = stage.pair().await;
    let key = ana.key();
    let mut stranger = stage.person(3, "cho").await;
    for (status, presence) in [
        (Status::Away, Presence::Away),
        (Status::Busy, Presence::Busy),
        (Status::Invisible, Presence::Offline),
    ] {
        ana.ask(|id| ClientMessage::SetStatus { id, status }).await.unwrap();
        assert_eq!(bo.hears().await, ServerMessage::Presence { key, presence });
    }
    // Nothing that Bo can do tells that Ana is there, until she writes.
    refused!(bo.client.send(key, "eA", false).await, Offline);
    assert!(!bo.client.send(key, "a2VlcA", true).await.unwrap());
    let ServerMessage::Deliver { envelope, .. } = ana.hears().await else { panic!() };
    assert_eq!(envelope, "a2VlcA");
    assert!(ana.client.send(bo.key(), "eA", false).await.unwrap());
    assert!(bo.client.send(key, "eA", false).await.unwrap());
    assert!(stranger.settle().await.is_empty());
    ana.client.leave().await;
    let (_, welcome) = stage.enter(2).await;
    let ServerMessage::Welcome { contacts, .. } = welcome else { panic!() };
    assert_eq!(contacts[0].presence, Presence::Offline);
}

#[tokio::test]
async fn whoever_is_blocked_is_not_told() {
    let stage = Stage::new().await;
    let (mut ana, mut bo) = stage.pair().await;
    let (ana_key, bo_key) = (ana.key(), bo.key());
    ana.ask(|id| ClientMessage::Block { id, key: bo_key }).await.unwrap();
    assert_eq!(ana.hears().await, ServerMessage::ContactRemoved { key: bo_key });
    let gone = ServerMessage::Presence { key: ana_key, presence: Presence::Offline };
    assert_eq!(bo.settle().await, [gone]);
    refused!(bo.client.send(ana_key, "eA", false).await, Offline);
    assert!(!bo.client.send(ana_key, "eA", true).await.unwrap());
    refused!(bo.client.request(ana_key, "aW50cm8").await, AlreadyContacts);
    refused!(ana.client.send(bo_key, "eA", false).await, BlockedByYou);
    refused!(ana.client.request(bo_key, "aW50cm8").await, BlockedByYou);
    bo.ask(|id| ClientMessage::RemoveContact { id, key: ana_key }).await.unwrap();
    bo.client.request(ana_key, "aW50cm8").await.unwrap();
    assert!(ana.settle().await.is_empty());
    refused!(ana.client.accept(bo_key, "aW50cm8").await, NotFound);
    let (mut ana, welcome) = stage.enter(1).await;
    let ServerMessage::Welcome { contacts, incoming, blocked, .. } = welcome else { panic!() };
    assert_eq!((contacts.len(), incoming.len(), blocked.len()), (0, 0, 1));
    // Taken back: the request that Bo made crosses the one that Ana makes.
    ana.ask(|id| ClientMessage::Unblock { id, key: bo_key }).await.unwrap();
    ana.client.request(bo_key, "aW50cm8").await.unwrap();
    assert!(ana.client.send(bo_key, "eA", false).await.unwrap());
    refused!(ana.ask(|id| ClientMessage::Unblock { id, key: bo_key }).await, NotFound);
}

#[tokio::test]
async fn a_block_heals_when_whoever_blocked_asks_again() {
    let stage = Stage::new().await;
    let (mut ana, mut bo) = stage.pair().await;
    let bo_key = bo.key();
    ana.ask(|id| ClientMessage::Block { id, key: bo_key }).await.unwrap();
    ana.ask(|id| ClientMessage::Unblock { id, key: bo_key }).await.unwrap();
    bo.settle().await;
    ana.client.request(bo_key, "aW50cm8").await.unwrap();
    let ServerMessage::ContactAdded { contact, .. } = bo.hears().await else { panic!() };
    assert_eq!(contact.presence, Presence::Online);
    assert!(bo.client.send(ana.key(), "eA", false).await.unwrap());
}

#[tokio::test]
async fn the_directory_lists_those_who_wish_it() {
    let stage = Stage::with(|config| config.limits.directory_page = 2).await;
    let mut people = Vec::new();
    for (number, handle) in ["ana", "bo", "cho", "dee"].into_iter().enumerate() {
        let mut person = stage.person(number as u64, handle).await;
        let name = Some(format!("{} Lí 100%", handle.to_uppercase()));
        if handle != "bo" {
            person.ask(|id| ClientMessage::SetListing { id, name }).await.unwrap();
        }
        people.push(person);
    }
    let ana = &mut people[0];
    let page = ana
        .ask(|id| ClientMessage::SearchDirectory { id, query: " lÍ ".to_owned(), after: None })
        .await;
    let Ok(ServerMessage::Directory { people: found, more, .. }) = page else { panic!("{page:?}") };
    let handles: Vec<_> = found.iter().map(|l| l.person.handle.as_str()).collect();
    assert_eq!((handles, more), (vec!["ana", "cho"], true));
    let after = Some(found[1].person.handle.clone());
    let page =
        ana.ask(|id| ClientMessage::SearchDirectory { id, query: String::new(), after }).await;
    let Ok(ServerMessage::Directory { people: found, more, .. }) = page else { panic!("{page:?}") };
    assert_eq!((found.len(), more), (1, false));
    assert_eq!(found[0].name, "DEE Lí 100%");
    for (query, count) in [("%", 2), ("_", 0), ("100%' or 1=1", 0), ("HO", 1)] {
        let query = query.to_owned();
        let page = ana.ask(|id| ClientMessage::SearchDirectory { id, query, after: None }).await;
        let Ok(ServerMessage::Directory { people, .. }) = page else { panic!("{page:?}") };
        assert_eq!(people.len(), count);
    }
    let name = Some("a\u{202e}b".to_owned());
    refused!(ana.ask(|id| ClientMessage::SetListing { id, name }).await, NameInvalid);
    let query = "x".repeat(129);
    refused!(
        ana.ask(|id| ClientMessage::SearchDirectory { id, query, after: None }).await,
        NameInvalid
    );
    ana.ask(|id| ClientMessage::SetListing { id, name: None }).await.unwrap();
    let query = "ana".to_owned();
    let page = ana.ask(|id| ClientMessage::SearchDirectory { id, query, after: None }).await;
    assert!(matches!(page, Ok(ServerMessage::Directory { people, .. }) if people.is_empty()));
}
