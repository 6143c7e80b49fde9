//! The start: first steps in every order, folders and files that can't be used, and the server on this computer.

use super::kit::{Someone, Town};
use visavis_engine::api::{
    Code, Command, Connection, Language, Presence, Reply, ServerChoice, Settings, Theme,
};
use visavis_engine::engine::Options;

#[tokio::test]
async fn first_steps_come_in_order_and_survive_a_restart() {
    let town = Town::open().await;
    let mut ana = Someone::start(town.folder.path().join("ana")).await;
    assert!(ana.state().await.me.is_none());
    let here = Command::UseServer { choice: town.choice(), invite: None };
    assert_eq!(ana.refused(here.clone()).await, Code::NoIdentity);
    assert_eq!(ana.refused(Command::CreateIdentity { name: " ".into() }).await, Code::NameOdd);
    ana.create("ana").await;
    assert_eq!(ana.refused(Command::CreateIdentity { name: "Eve".into() }).await, Code::NotNow);
    let mut ana = ana.restart().await;
    let me = ana.state().await.me.unwrap();
    assert_eq!((&*me.name, me.handle), ("ANA of town", None));
    assert_eq!(
        ana.refused(Command::ClaimHandle { handle: "ana".into() }).await,
        Code::NotConnected
    );
    assert_eq!(ana.tell(here).await, Ok(Reply::Done));
    let mut ana = ana.restart().await;
    ana.until_online().await;
    ana.tell(Command::ClaimHandle { handle: "ana".into() }).await.unwrap();
    let settings = Settings { language: Language::Zh, theme: Theme::Dark, ..Settings::default() };
    ana.tell(Command::ChangeSettings { settings: settings.clone() }).await.unwrap();
    let ana = ana.restart().await;
    let state = ana.state().await;
    assert_eq!((state.settings, state.me.unwrap().handle.as_deref()), (settings, Some("ana")));
}

#[tokio::test]
async fn two_engines_do_not_share_a_folder() {
    let town = Town::open().await;
    let ana = town.settle("ana").await;
    let mut other = Someone::start(ana.folder.clone()).await;
    let fatal = other.state().await.fatal.unwrap();
    assert_eq!(fatal.code, Code::FolderInUse);
    assert!(fatal.detail["path"].ends_with("ana"));
    assert_eq!(other.refused(Command::MyCard).await, Code::NotNow);
    ana.engine.stop().await;
    assert_eq!(other.tell(Command::Reopen).await, Ok(Reply::Done));
    assert_eq!(other.until_online().await.fatal, None);
    assert_eq!(other.handle().await, "ana");
}

#[tokio::test]
async fn a_damaged_key_is_kept_and_restored_from_an_export() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let path = town.folder.path().join("ana.visavis").display().to_string();
    let passphrase = "correct horse battery".to_owned();
    let export = Command::ExportIdentity { path: path.clone(), passphrase: passphrase.clone() };
    ana.tell(export).await.unwrap();
    ana.engine.stop().await;
    let key_file = ana.folder.join("identity.key");
    let mut damaged = std::fs::read(&key_file).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(&key_file, &damaged).unwrap();

    let mut ana = Someone::start(ana.folder).await;
    let fatal = ana.state().await.fatal.unwrap();
    assert_eq!(
        (fatal.code, &fatal.detail["path"]),
        (Code::KeyDamaged, &key_file.display().to_string())
    );
    assert_eq!(ana.refused(Command::CreateIdentity { name: "Ana".into() }).await, Code::NotNow);
    assert_eq!(std::fs::read(&key_file).unwrap(), damaged);
    let wrong = Command::ImportIdentity { path: path.clone(), passphrase: "not this one".into() };
    assert_eq!(ana.refused(wrong).await, Code::PassphraseWrong);
    assert_eq!(std::fs::read(&key_file).unwrap(), damaged);
    assert_eq!(ana.tell(Command::ImportIdentity { path, passphrase }).await, Ok(Reply::Done));
    assert_eq!(ana.state().await.fatal, None);
    assert_eq!(ana.key().await, ana_key);
    ana.presence(&bo_key, Presence::Online).await;
    bo.presence(&ana_key, Presence::Online).await;
    let aside: Vec<_> = std::fs::read_dir(&ana.folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("identity.key.damaged"))
        .collect();
    assert_eq!(std::fs::read(&aside[0]).unwrap(), damaged);
}

#[tokio::test]
async fn a_key_that_is_gone_is_told_from_a_first_start() {
    let town = Town::open().await;
    let ana = town.settle("ana").await;
    ana.engine.stop().await;
    std::fs::remove_file(ana.folder.join("identity.key")).unwrap();
    let mut ana = Someone::start(ana.folder).await;
    assert_eq!(ana.state().await.fatal.unwrap().code, Code::KeyMissing);
    assert_eq!(ana.refused(Command::CreateIdentity { name: "Ana".into() }).await, Code::NotNow);
}

#[tokio::test]
async fn a_database_that_is_damaged_or_newer_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visavis.db");
    std::fs::write(&path, b"not a database, and longer than a header would be".repeat(50)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let ana = Someone::start(folder.path().into()).await;
    let fatal = ana.state().await.fatal.unwrap();
    assert_eq!(
        (fatal.code, &fatal.detail["path"]),
        (Code::DatabaseDamaged, &path.display().to_string())
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_folder_that_can_not_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"in the way").unwrap();
    let ana = Someone::start(file.join("profile")).await;
    let fatal = ana.state().await.fatal.unwrap();
    assert!(fatal.detail["path"].contains("profile"), "{fatal:?}");
    assert_eq!(std::fs::read(&file).unwrap(), b"in the way");
}

fn options(town: &Town, who: &str, port: u16) -> Options {
    let mut options = Options::in_folder(town.folder.path().join(who));
    options.hosted_data = town.folder.path().join("hosted");
    options.hosted_port = port;
    options
}

#[tokio::test]
async fn the_first_one_hosts_and_the_next_takes_over() {
    let mut town = Town::open().await;
    let port = town.port;
    town.stop().await;
    let this =
        || Command::UseServer { choice: ServerChoice::ThisComputer { open: false }, invite: None };
    let mut ana = Someone::with(options(&town, "ana", port)).await;
    ana.create("ana").await;
    assert_eq!(ana.tell(this()).await, Ok(Reply::Done));
    ana.tell(Command::ClaimHandle { handle: "ana".into() }).await.unwrap();
    let hosting = ana.state().await.server.hosting.unwrap();
    assert_eq!((hosting.addresses, hosting.open), (vec![format!("localhost:{port}")], false));
    let mut bo = Someone::with(options(&town, "bo", port)).await;
    bo.create("bo").await;
    assert_eq!(bo.tell(this()).await, Ok(Reply::Done));
    bo.tell(Command::ClaimHandle { handle: "bo".into() }).await.unwrap();
    assert_eq!(bo.state().await.server.hosting, None);
    super::kit::befriend(&mut ana, &mut bo).await;
    ana.engine.stop().await;
    bo.until(|state| state.server.hosting.is_some()).await;
    let state = bo.until_online().await;
    assert_eq!((state.contacts.len(), &*state.contacts[0].handle), (1, "ana"));
}

#[tokio::test]
async fn a_port_in_use_by_something_else_is_said() {
    let town = Town::open().await;
    let stranger = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = stranger.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = stranger.accept().await {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
            tokio::io::AsyncWriteExt::write_all(&mut socket, answer).await.unwrap();
        }
    });
    let mut ana = Someone::with(options(&town, "ana", port)).await;
    ana.create("ana").await;
    let this = ServerChoice::ThisComputer { open: false };
    let error = ana.tell(Command::UseServer { choice: this, invite: None }).await.unwrap_err();
    assert_eq!((error.code, &*error.detail["port"]), (Code::PortTaken, &*port.to_string()));
    assert_eq!(ana.state().await.server.connection, Connection::Idle);
}
