//! What goes wrong on a computer and between two, and what the windows say and do then.

use crate::person::{Entry, Person};
use crate::server::Server;
use crate::stage::play;
use crate::steps::{befriend, is_online, sees_contact, sets_status, settle, waves_at};
use std::path::{Path, PathBuf};

#[test]
fn a_server_that_crashes_is_waited_for_and_no_wave_is_lost() {
    play("crash", async |stage| {
        let mut server = Server::start(stage);
        let ana = Person::new(stage, "ana").await;
        settle(&ana, "Ana", &server, "ana").await;
        let bo = Person::new(stage, "bo").await;
        settle(&bo, "Bo", &server, "bo").await;
        befriend((&ana, "ana"), (&bo, "bo")).await;

        server.crash();
        for person in [&ana, &bo] {
            person.reads("@trouble", "Trying again").await;
        }
        server.come_back(stage);
        for person in [&ana, &bo] {
            is_online(person).await;
            person.misses("@trouble").await;
        }
        sees_contact(&ana, "bo", "online").await;

        bo.goes().await;
        sees_contact(&ana, "bo", "offline").await;
        waves_at(&ana, "bo").await;
        ana.reads("@toast", "Your wave waits").await;

        let bo = Person::again(stage, &bo).await;
        bo.reads("@toast", "Ana waves at you").await;
        // What the server had for him comes before what happens next.
        sets_status(&ana, "busy").await;
        sees_contact(&bo, "ana", "busy").await;
        assert_eq!(bo.counts("@toast").await, 1);

        bo.goes().await;
        let bo = Person::again(stage, &bo).await;
        sets_status(&ana, "away").await;
        sees_contact(&bo, "ana", "away").await;
        assert_eq!(bo.counts("@toast").await, 0, "the wave came twice");
    });
}

#[test]
fn a_damaged_key_is_said_and_left_as_it_is() {
    play("damaged", async |stage| {
        let server = Server::start(stage);
        let ana = Person::new(stage, "ana").await;
        settle(&ana, "Ana", &server, "ana").await;
        ana.goes().await;
        let key = key_file(ana.profile());
        std::fs::write(&key, b"no key").unwrap();

        let ana = Person::again(stage, &ana).await;
        ana.sees("@fatal[data-code=key_damaged] @reopen").await;
        ana.reads("@fatal", &key.display().to_string()).await;
        assert_eq!(std::fs::read(&key).unwrap(), b"no key");
    });
}

/// The file that the secret key is kept in.
fn key_file(profile: &Path) -> PathBuf {
    let files = std::fs::read_dir(profile).unwrap().map(|entry| entry.unwrap().path());
    let named_key = |path: &PathBuf| {
        path.is_file()
            && path.file_name().is_some_and(|name| name.to_string_lossy().contains("key"))
    };
    let found: Vec<_> = files.filter(named_key).collect();
    assert_eq!(found.len(), 1, "files of the key: {found:?}");
    found[0].clone()
}

#[test]
fn a_folder_is_used_by_one_app_at_a_time() {
    play("folder", async |stage| {
        let ana = Person::new(stage, "ana").await;
        ana.sees("@name-field").await;
        let profile = Some(ana.profile());
        let second = Person::with(stage, "second", Entry { profile, ..Entry::default() }).await;
        second.sees("@fatal[data-code=folder_in_use]").await;
        ana.goes().await;
        second.clicks("@reopen").await;
        second.sees("@name-field").await;
    });
}

#[test]
fn the_page_speaks_chinese_and_turns_dark() {
    play("language", async |stage| {
        let server = Server::start(stage);
        let ana = Person::new(stage, "ana").await;
        settle(&ana, "Ana", &server, "ana").await;
        ana.clicks("@settings").await;
        ana.chooses("@language", "zh").await;
        ana.waits_until("document.documentElement.lang === 'zh-Hans'").await;
        ana.reads("@add-person", "添加").await;
        ana.chooses("@theme", "dark").await;
        ana.waits_until("document.documentElement.dataset.theme === 'dark'").await;

        ana.goes().await;
        let ana = Person::again(stage, &ana).await;
        ana.reads("@add-person", "添加").await;
        ana.waits_until("document.documentElement.dataset.theme === 'dark'").await;
    });
}
