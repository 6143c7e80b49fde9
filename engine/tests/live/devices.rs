//! One person on several devices, and one profile in two places.

use super::kit::{Someone, Town};
use visavis_engine::api::{Code, Command, Connection, Presence, Reply, Status};

const PASSPHRASE: &str = "correct horse battery";

#[tokio::test]
async fn an_exported_identity_is_the_same_person_on_another_device() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let path = town.folder.path().join("ana.visavis").display().to_string();
    let export = |passphrase: &str| Command::ExportIdentity {
        path: path.clone(),
        passphrase: passphrase.into(),
    };
    assert_eq!(ana.refused(export("short")).await, Code::PassphraseShort);
    assert_eq!(ana.tell(export(PASSPHRASE)).await, Ok(Reply::Done));
    assert_eq!(ana.refused(export(PASSPHRASE)).await, Code::FileExists);

    let mut laptop = Someone::start(town.folder.path().join("laptop")).await;
    let import = |path: &str, passphrase: &str| Command::ImportIdentity {
        path: path.into(),
        passphrase: passphrase.into(),
    };
    assert_eq!(laptop.refused(import(&path, "wrong horse battery")).await, Code::PassphraseWrong);
    assert_eq!(laptop.refused(import("/nowhere/x", PASSPHRASE)).await, Code::FileMissing);
    assert_eq!(laptop.tell(import(&path, PASSPHRASE)).await, Ok(Reply::Done));
    let here = Command::UseServer { choice: town.choice(), invite: None };
    assert_eq!(laptop.tell(here).await, Ok(Reply::Done));
    assert_eq!((laptop.key().await, laptop.handle().await), (ana_key, "ana".into()));
    laptop.presence(&bo_key, Presence::Online).await;

    bo.tell(Command::Wave { key: ana_key }).await.unwrap();
    ana.wave_from(&bo_key).await;
    laptop.wave_from(&bo_key).await;
    laptop.tell(Command::Wave { key: bo_key }).await.unwrap();
    bo.wave_from(&ana_key).await;
    ana.tell(Command::Wave { key: bo_key }).await.unwrap();
    bo.wave_from(&ana_key).await;

    laptop.tell(Command::SetStatus { status: Status::Busy }).await.unwrap();
    ana.until(|state| state.me.as_ref().unwrap().status == Status::Busy).await;
    laptop.engine.stop().await;
    bo.presence(&ana_key, Presence::Busy).await;
    ana.engine.stop().await;
    bo.presence(&ana_key, Presence::Offline).await;
}

#[tokio::test]
async fn a_copied_profile_takes_turns_instead_of_fighting() {
    let town = Town::open().await;
    let ana = town.settle("ana").await;
    let copy = town.folder.path().join("copy");
    ana.engine.stop().await;
    copy_folder(&ana.folder, &copy);
    let mut ana = Someone::start(ana.folder).await;
    ana.until_online().await;
    let mut other = Someone::start(copy).await;
    other.until_online().await;
    let replaced = |state: &visavis_engine::api::State| matches!(&state.server.connection, Connection::Stopped { error } if error.code == Code::Replaced);
    ana.until(replaced).await;
    assert_eq!(ana.tell(Command::Reconnect).await, Ok(Reply::Done));
    ana.until_online().await;
    other.until(replaced).await;
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &copy);
        } else {
            std::fs::copy(&path, copy).unwrap();
        }
    }
}
