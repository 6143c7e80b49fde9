//! The store: what lasts, what is refused, and that a failed piece of work leaves nothing.

use super::people::{self, Introduction, Person, Relation};
use super::profile::{self, Value};
use super::{Store, StoreError, calls, letters, schema};
use crate::api::{LastSeen, LastWhat};
use rusqlite::Connection;
use visavis_signaling::protocol::{DeviceId, KeyBundle, PublicKey, SealKey, Signature};

fn bundle(n: u8) -> KeyBundle {
    KeyBundle { sign: PublicKey([n; 32]), seal: SealKey([n; 32]), proof: Signature([n; 64]) }
}

fn bo() -> Person {
    Person {
        handle: "bo".parse().unwrap(),
        bundle: bundle(2),
        name: "Bo 李".to_owned(),
        relation: Relation::Contact,
        verified: true,
        changed: Some(bundle(3)),
        last: Some(LastSeen { what: LastWhat::WavedFrom, at_ms: 1_700_000_000_000 }),
    }
}

#[tokio::test]
async fn everything_lasts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visavis.db");
    let store = Store::open(&path).unwrap();
    let introduction = Introduction { name: "Bo".into(), note: "hi".into() };
    let kept = introduction.clone();
    store
        .run(move |db| {
            profile::set(db, Value::Name, &"Ana")?;
            people::put(db, "s", &bo())?;
            people::pin(db, "s", &bo().handle, &bundle(2))?;
            people::put_introduction(db, "s", &PublicKey([2; 32]), &[9; 32], &kept)?;
            letters::put_guard(db, &PublicKey([2; 32]), &DeviceId([1; 16]), &7_u64)?;
            letters::set_mail(db, "s", 4)?;
            letters::post(db, "s", &PublicKey([2; 32]), &"abc")
        })
        .await
        .unwrap();
    drop(store);
    Store::open(&path)
        .unwrap()
        .run(move |db| {
            assert_eq!(profile::get::<String>(db, Value::Name)?.as_deref(), Some("Ana"));
            assert_eq!(people::all(db, "s")?, [bo()]);
            assert_eq!(people::all(db, "other")?, []);
            assert_eq!(people::pinned(db, "s", &bo().handle)?, Some(bundle(2)));
            let key = PublicKey([2; 32]);
            assert_eq!(people::introduction(db, "s", &key, &[9; 32])?, Some(introduction));
            assert_eq!(people::introduction(db, "s", &key, &[8; 32])?, None);
            assert_eq!(letters::guard::<u64>(db, &key, &DeviceId([1; 16]))?, Some(7));
            assert_eq!(letters::mail(db, "s")?, 4);
            let waiting = letters::outbox::<String>(db, "s")?;
            assert_eq!(waiting.len(), 1);
            assert_eq!((waiting[0].number, waiting[0].letter.as_str()), (None, "abc"));
            assert_eq!(letters::next_counter(db, &key)?, 1);
            assert_eq!(letters::set_number(db, waiting[0].id, &key, 5)?, 0);
            let numbered = &letters::outbox::<String>(db, "s")?[0];
            assert_eq!((numbered.number, numbered.after), (Some(5), Some(0)));
            letters::posted(db, waiting[0].id)?;
            let next = letters::post(db, "s", &key, &"def")?;
            assert_eq!(
                letters::set_number(db, next, &key, 9)?,
                5,
                "the one before, though it is gone"
            );
            letters::posted(db, next)?;
            assert_eq!(letters::outbox::<String>(db, "s")?, []);
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn counters_begin_at_one_and_never_repeat() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visavis.db");
    for expected in [1..=3, 4..=6] {
        let store = Store::open(&path).unwrap();
        for expected in expected {
            let next =
                store.run(|db| letters::next_counter(db, &PublicKey([1; 32]))).await.unwrap();
            assert_eq!(next, expected);
        }
    }
}

#[tokio::test]
async fn failed_work_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("visavis.db")).unwrap();
    let result: Result<(), _> = store
        .run(|db| {
            profile::set(db, Value::Name, &"Ana")?;
            Err(rusqlite::Error::InvalidQuery)
        })
        .await;
    assert!(matches!(result, Err(StoreError::Failed { .. })));
    let name = store.run(|db| profile::get::<String>(db, Value::Name)).await.unwrap();
    assert_eq!(name, None);
}

#[tokio::test]
async fn a_full_disk_is_said_and_the_store_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("visavis.db")).unwrap();
    store
        .run(|db| {
            let pages: u32 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
        })
        .await
        .unwrap();
    let long = "x".repeat(1 << 20);
    let result = store.run(move |db| profile::set(db, Value::Name, &long)).await;
    assert!(matches!(result, Err(StoreError::Full { .. })), "{result:?}");
    assert_eq!(store.run(|db| profile::get::<String>(db, Value::Name)).await.unwrap(), None);
}

#[test]
fn a_newer_database_is_left_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visavis.db");
    let newer = schema::VERSION + 1;
    let db = Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", newer).unwrap();
    drop(db);
    let before = std::fs::read(&path).unwrap();
    let result = Store::open(&path);
    assert!(matches!(result, Err(StoreError::Newer { found, .. }) if found == newer), "{result:?}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_damaged_database_is_left_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visavis.db");
    std::fs::write(&path, b"this is no database, whatever its name says".repeat(100)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let result = Store::open(&path);
    assert!(matches!(result, Err(StoreError::Damaged { .. })), "{result:?}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn an_older_database_keeps_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visavis.db");
    let mut db = Connection::open(&path).unwrap();
    schema::bring_up_to(&mut db, &path, 1).unwrap();
    people::put(&db, "s", &bo()).unwrap();
    let key = PublicKey([2; 32]);
    for counter in 1..=3 {
        assert_eq!(letters::next_counter(&db, &key).unwrap(), counter);
    }
    drop(db);
    let mut db = Connection::open(&path).unwrap();
    schema::bring_up_to_date(&mut db, &path).unwrap();
    let id = letters::post(&db, "s", &key, &"abc").unwrap();
    assert_eq!(
        letters::set_number(&db, id, &key, 4).unwrap(),
        3,
        "no earlier than it may have been"
    );
    assert_eq!(people::all(&db, "s").unwrap(), [bo()]);
    assert!(calls::missed(&db, "s").unwrap().is_empty());
}

#[tokio::test]
async fn work_for_later_is_done_before_what_comes_after() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("visavis.db")).unwrap();
    store.later("a name", |db| profile::set(db, Value::Name, &"Ana"));
    let name = store.run(|db| profile::get::<String>(db, Value::Name)).await.unwrap();
    assert_eq!(name.as_deref(), Some("Ana"));
}

#[test]
fn live_guards_are_kept_of_the_newest_devices() {
    let mut db = Connection::open_in_memory().unwrap();
    schema::bring_up_to_date(&mut db, std::path::Path::new("memory")).unwrap();
    let key = PublicKey([2; 32]);
    for n in 0..40 {
        letters::put_live_guard(&db, &key, &DeviceId([n; 16]), &u64::from(n)).unwrap();
        letters::put_live_guard(&db, &key, &DeviceId([n; 16]), &u64::from(n + 1)).unwrap();
    }
    let guard = |n| letters::live_guard::<u64>(&db, &key, &DeviceId([n; 16])).unwrap();
    assert_eq!((guard(39), guard(24), guard(23)), (Some(40), Some(25), None));
}
