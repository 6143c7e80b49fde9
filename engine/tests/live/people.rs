//! People: requests in every way they can go, presence, the directory, names, safety numbers.

use super::kit::{Town, befriend, contact};
use visavis_engine::api::{
    Code, Command, Event, HandleCheck, LastWhat, Presence, Reply, RequestEnd, Status,
};

#[tokio::test]
async fn a_request_carries_name_and_note_and_makes_contacts() {
    let town = Town::open().await;
    let (mut ana, mut bo) = (town.settle("ana").await, town.settle("bo").await);
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let asked = Ok(Reply::Requested { accepted: false, handle: "bo".into() });
    assert_eq!(ana.ask(" Bo ").await, asked);
    assert_eq!(ana.state().await.outgoing[0].handle, "bo");
    bo.event(|event| *event == Event::RequestReceived { key: ana_key }).await;
    let state = bo.state().await;
    let request = &state.incoming[0];
    assert_eq!((&*request.name, &*request.note), ("ANA of town", "we met yesterday"));
    assert_eq!(bo.tell(Command::AcceptRequest { key: ana_key }).await, Ok(Reply::Done));
    ana.event(|event| *event == Event::RequestAccepted { key: bo_key }).await;
    let named = |name: &'static str, key| {
        move |state: &visavis_engine::api::State| {
            contact(state, &key).is_some_and(|c| c.name == name && c.presence == Presence::Online)
        }
    };
    let state = ana.until(named("BO of town", bo_key)).await;
    assert!(state.outgoing.is_empty());
    let state = bo.until(named("ANA of town", ana_key)).await;
    assert!(state.incoming.is_empty());
}

#[tokio::test]
async fn requests_that_cross_are_an_acceptance() {
    let town = Town::open().await;
    let (mut ana, mut bo) = (town.settle("ana").await, town.settle("bo").await);
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    ana.ask("bo").await.unwrap();
    bo.until(|state| !state.incoming.is_empty()).await;
    bo.ask("ana").await.unwrap();
    ana.presence(&bo_key, Presence::Online).await;
    let state = bo.until(|state| contact(state, &ana_key).is_some()).await;
    assert!(state.incoming.is_empty() && state.outgoing.is_empty());
}

#[tokio::test]
async fn a_request_can_be_declined_or_taken_back() {
    let town = Town::open().await;
    let (mut ana, mut bo) = (town.settle("ana").await, town.settle("bo").await);
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    ana.ask("bo").await.unwrap();
    bo.until(|state| !state.incoming.is_empty()).await;
    assert_eq!(ana.tell(Command::WithdrawRequest { key: bo_key }).await, Ok(Reply::Done));
    bo.until(|state| state.incoming.is_empty()).await;
    ana.ask("bo").await.unwrap();
    bo.until(|state| !state.incoming.is_empty()).await;
    assert_eq!(bo.tell(Command::DeclineRequest { key: ana_key }).await, Ok(Reply::Done));
    assert!(bo.state().await.incoming.is_empty());
    let declined = Event::RequestEnded { handle: "bo".into(), how: RequestEnd::Declined };
    ana.event(|event| *event == declined).await;
    assert!(ana.state().await.outgoing.is_empty());
    assert_eq!(ana.ask("bo").await.unwrap_err().code, Code::DeclinedRecently);
}

#[tokio::test]
async fn each_odd_request_is_refused_for_its_reason() {
    let town = Town::open().await;
    let (mut ana, bo) = town.friends().await;
    for (address, code) in [
        ("bo", Code::AlreadyContacts),
        ("ana", Code::ThatIsYou),
        ("nobody-here", Code::NotFound),
        ("", Code::HandleInvalid),
        ("bo@call.example.org", Code::OtherServer),
        ("bo@", Code::AddressOdd),
        ("bo#broken", Code::AddressOdd),
    ] {
        assert_eq!(ana.ask(address).await.unwrap_err().code, code, "{address:?}");
    }
    let other_key = format!("visavis:add/bo@localhost:{}#{}", town.port, ana.key().await);
    assert_eq!(ana.ask(&other_key).await.unwrap_err().code, Code::KeyMismatch);
    let long = Command::RequestContact { address: "bo".into(), note: "x".repeat(201) };
    assert_eq!(ana.refused(long).await, Code::NoteTooLong);
    drop(bo);
}

#[tokio::test]
async fn a_card_leads_to_the_one_who_showed_it() {
    let town = Town::open().await;
    let (mut ana, mut bo) = (town.settle("ana").await, town.settle("bo").await);
    let Ok(Reply::Card { link, qr }) = bo.tell(Command::MyCard).await else { panic!() };
    assert_eq!(link, format!("visavis:add/bo@127.0.0.1:{}#{}", town.port, bo.key().await));
    assert_eq!(qr.rows.len(), qr.size as usize);
    ana.ask(&link).await.unwrap();
    let state = bo.until(|state| !state.incoming.is_empty()).await;
    assert_eq!(state.incoming[0].handle, "ana");
}

#[tokio::test]
async fn presence_is_seen_as_it_is_wished() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let bo_key = bo.key().await;
    for (status, presence) in [
        (Status::Away, Presence::Away),
        (Status::Busy, Presence::Busy),
        (Status::Invisible, Presence::Offline),
        (Status::Online, Presence::Online),
    ] {
        assert_eq!(bo.tell(Command::SetStatus { status }).await, Ok(Reply::Done));
        assert_eq!(bo.state().await.me.unwrap().status, status);
        ana.presence(&bo_key, presence).await;
    }
    bo.tell(Command::SetStatus { status: Status::Busy }).await.unwrap();
    let mut bo = bo.restart().await;
    ana.presence(&bo_key, Presence::Offline).await;
    bo.until_online().await;
    ana.presence(&bo_key, Presence::Busy).await;
}

#[tokio::test]
async fn removing_and_blocking_end_it() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    assert_eq!(ana.tell(Command::RemoveContact { key: bo_key }).await, Ok(Reply::Done));
    assert!(ana.state().await.contacts.is_empty());
    bo.until(|state| state.contacts.is_empty()).await;
    befriend(&mut bo, &mut ana).await;
    assert_eq!(ana.tell(Command::Block { key: bo_key }).await, Ok(Reply::Done));
    let state = ana.state().await;
    assert!(state.contacts.is_empty());
    assert_eq!(state.blocked[0].handle, "bo");
    bo.until(|state| contact(state, &ana_key).is_none_or(|c| c.presence == Presence::Offline))
        .await;
    let mut ana = ana.restart().await;
    let state = ana.until_online().await;
    assert_eq!(state.blocked.len(), 1);
    assert_eq!(ana.tell(Command::Unblock { key: bo_key }).await, Ok(Reply::Done));
    assert!(ana.state().await.blocked.is_empty());
}

#[tokio::test]
async fn handles_are_checked_and_belong_to_one_key_for_good() {
    let town = Town::open().await;
    let mut ana = town.settle("ana").await;
    let mut bo = town.settle("bo").await;
    let claim = |handle: &str| Command::ClaimHandle { handle: handle.into() };
    let check = |handle: &str| Command::CheckHandle { handle: handle.into() };
    for (handle, found) in
        [("bo", HandleCheck::Taken), (" Ana", HandleCheck::Yours), ("chen", HandleCheck::Free)]
    {
        let Ok(Reply::Handle { check, .. }) = ana.tell(check(handle)).await else { panic!() };
        assert_eq!(check, found, "{handle}");
    }
    assert_eq!(ana.refused(claim("anna")).await, Code::HandleFixed);
    assert_eq!(ana.tell(claim("ANA")).await, Ok(Reply::Done));
    assert_eq!(bo.handle().await, "bo");
    let mut chen = super::kit::Someone::start(town.folder.path().join("chen")).await;
    chen.create("chen").await;
    chen.tell(Command::UseServer { choice: town.choice(), invite: None }).await.unwrap();
    for (handle, code) in [
        ("", Code::HandleInvalid),
        ("x", Code::HandleInvalid),
        ("李", Code::HandleInvalid),
        ("support", Code::HandleReserved),
        ("ana", Code::HandleTaken),
        ("b0", Code::HandleLookAlike),
    ] {
        assert_eq!(chen.refused(claim(handle)).await, code, "{handle:?}");
    }
    assert_eq!(chen.refused(check("b0")).await, Code::HandleLookAlike);
    assert_eq!(chen.refused(check("support")).await, Code::HandleReserved);
    assert_eq!(chen.ask("b0").await.unwrap_err().code, Code::NotFound);
    assert_eq!(chen.ask("ana").await.unwrap_err().code, Code::HandleRequired);
    assert_eq!(bo.refused(claim("bob")).await, Code::HandleFixed);
}

#[tokio::test]
async fn the_directory_shows_only_those_who_chose_it() {
    let town = Town::open().await;
    let (mut ana, mut bo) = (town.settle("ana").await, town.settle("bo").await);
    let search = |query: &str| Command::SearchDirectory { query: query.into(), after: None };
    let nobody = Ok(Reply::Directory { people: vec![], more: false });
    assert_eq!(ana.tell(search("")).await, nobody);
    assert_eq!(bo.tell(Command::SetListed { listed: true }).await, Ok(Reply::Done));
    assert!(bo.state().await.me.unwrap().listed);
    for query in ["", "bo", "of TOWN"] {
        let Ok(Reply::Directory { people, .. }) = ana.tell(search(query)).await else { panic!() };
        assert_eq!((people.len(), &*people[0].name), (1, "BO of town"), "{query}");
    }
    assert_eq!(ana.tell(search("chen")).await, nobody);
    bo.tell(Command::SetListed { listed: false }).await.unwrap();
    assert_eq!(ana.tell(search("")).await, nobody);
}

#[tokio::test]
async fn a_new_name_reaches_contacts_even_later() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let bo_key = bo.key().await;
    ana.engine.stop().await;
    bo.presence(&ana_key(&bo).await, Presence::Offline).await;
    assert_eq!(bo.tell(Command::Rename { name: "Bo\u{202e} Li".into() }).await, Ok(Reply::Done));
    ana = super::kit::Someone::start(ana.folder).await;
    ana.until(|state| contact(state, &bo_key).is_some_and(|c| c.name == "Bo Li")).await;
    for name in ["", "   ", &"x".repeat(65)] {
        assert_eq!(bo.refused(Command::Rename { name: name.into() }).await, Code::NameOdd);
    }
}

async fn ana_key(bo: &super::kit::Someone) -> visavis_engine::api::PublicKey {
    bo.state().await.contacts[0].key
}

#[tokio::test]
async fn both_see_one_safety_number_and_its_check_lasts() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let one = ana.tell(Command::SafetyNumber { key: bo_key }).await.unwrap();
    assert_eq!(bo.tell(Command::SafetyNumber { key: ana_key }).await.unwrap(), one);
    let verify = Command::SetVerified { key: bo_key, verified: true };
    assert_eq!(ana.tell(verify).await, Ok(Reply::Done));
    let mut ana = ana.restart().await;
    let state = ana.until_online().await;
    assert!(contact(&state, &bo_key).unwrap().verified);
}

#[tokio::test]
async fn what_was_last_is_remembered() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let waved = Ok(Reply::Waved { delivered: true });
    assert_eq!(ana.tell(Command::Wave { key: bo_key }).await, waved);
    bo.wave_from(&ana_key).await;
    let last = |state: &visavis_engine::api::State, key| contact(state, key).unwrap().last.unwrap();
    assert_eq!(last(&ana.state().await, &bo_key).what, LastWhat::WavedTo);
    let bo = bo.restart().await;
    assert_eq!(last(&bo.state().await, &ana_key).what, LastWhat::WavedFrom);
}
