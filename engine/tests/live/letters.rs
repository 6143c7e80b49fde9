//! Letters: each arrives once and in order, whoever is away, stops or dies meanwhile.

use super::kit::{Someone, Town};
use visavis_engine::api::{Code, Command, Event, Presence, Reply};

#[tokio::test]
async fn a_wave_to_someone_away_waits_for_them_and_comes_once() {
    let mut town = Town::open().await;
    let (mut ana, bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    bo.engine.stop().await;
    ana.presence(&bo_key, Presence::Offline).await;
    let waits = Ok(Reply::Waved { delivered: false });
    for _ in 0..3 {
        assert_eq!(ana.tell(Command::Wave { key: bo_key }).await, waits);
    }
    town.stop().await;
    town.start().await;
    ana.presence(&bo_key, Presence::Offline).await;
    ana.until_online().await;
    let mut bo = Someone::start(bo.folder).await;
    for _ in 0..3 {
        bo.wave_from(&ana_key).await;
    }
    assert_eq!(ana.tell(Command::Wave { key: bo_key }).await, Ok(Reply::Waved { delivered: true }));
    bo.wave_from(&ana_key).await;
    let mut bo = bo.restart().await;
    bo.until_online().await;
    assert_eq!(ana.tell(Command::Wave { key: bo_key }).await, Ok(Reply::Waved { delivered: true }));
    bo.wave_from(&ana_key).await;
    assert_eq!(bo.count(|event| matches!(event, Event::WaveReceived { .. })), 0);
    assert!(bo.state().await.troubles.is_empty());
}

#[tokio::test]
async fn a_server_that_restarts_is_found_again_by_itself() {
    let mut town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    for _ in 0..2 {
        town.stop().await;
        ana.presence(&bo_key, Presence::Offline).await;
        let away = ana.tell(Command::Wave { key: bo_key }).await.unwrap_err();
        assert_eq!(away.code, Code::NotConnected);
        town.start().await;
        ana.presence(&bo_key, Presence::Online).await;
        bo.presence(&ana_key, Presence::Online).await;
        ana.tell(Command::Wave { key: bo_key }).await.unwrap();
        bo.wave_from(&ana_key).await;
    }
}

#[tokio::test]
async fn only_contacts_are_waved_at() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    assert_eq!(ana.refused(Command::Wave { key: ana_key }).await, Code::NotAContact);
    bo.tell(Command::RemoveContact { key: ana_key }).await.unwrap();
    ana.until(|state| state.contacts.is_empty()).await;
    assert_eq!(ana.refused(Command::Wave { key: bo_key }).await, Code::NotAContact);
}
