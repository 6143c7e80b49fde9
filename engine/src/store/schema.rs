//! The tables, and the steps that bring an older database up to date. A step that was released is never
//! changed; a database of a later version is never touched.

use super::StoreError;
use rusqlite::Connection;
use std::path::Path;

const STEPS: &[&str] = &[
    // 1: the first.
    "CREATE TABLE profile (
         name TEXT PRIMARY KEY, value TEXT NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE pins (
         server TEXT NOT NULL, handle TEXT NOT NULL, bundle TEXT NOT NULL,
         PRIMARY KEY (server, handle)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE people (
         server TEXT NOT NULL, key BLOB NOT NULL, handle TEXT NOT NULL, bundle TEXT NOT NULL,
         name TEXT NOT NULL, relation TEXT NOT NULL, verified INTEGER NOT NULL,
         changed TEXT, last_what TEXT, last_at INTEGER,
         PRIMARY KEY (server, key)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE introductions (
         server TEXT NOT NULL, key BLOB NOT NULL, envelope BLOB NOT NULL,
         name TEXT NOT NULL, note TEXT NOT NULL,
         PRIMARY KEY (server, key)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE counters (
         key BLOB PRIMARY KEY, next INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE replay (
         key BLOB NOT NULL, device BLOB NOT NULL, guard TEXT NOT NULL,
         PRIMARY KEY (key, device)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE outbox (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         server TEXT NOT NULL, key BLOB NOT NULL, number INTEGER, letter TEXT NOT NULL
     ) STRICT;
     CREATE TABLE mail (
         server TEXT PRIMARY KEY, upto INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;",
    // 2: calls, and live letters' own guards.
    "CREATE TABLE calls (
         n INTEGER PRIMARY KEY AUTOINCREMENT,
         server TEXT NOT NULL, key BLOB NOT NULL, id TEXT NOT NULL,
         outgoing INTEGER NOT NULL, picture INTEGER NOT NULL, at_ms INTEGER NOT NULL,
         how TEXT NOT NULL, talked_ms INTEGER, unseen INTEGER NOT NULL,
         UNIQUE (server, key, id)
     ) STRICT;
     CREATE INDEX calls_by_time ON calls (at_ms, n);
     CREATE INDEX calls_of_someone ON calls (server, key, at_ms, n);
     CREATE TABLE live (
         n INTEGER PRIMARY KEY AUTOINCREMENT,
         key BLOB NOT NULL, device BLOB NOT NULL, guard TEXT NOT NULL,
         UNIQUE (key, device)
     ) STRICT;",
    // 3: messages.
    "CREATE TABLE messages (
         n INTEGER PRIMARY KEY AUTOINCREMENT,
         server TEXT NOT NULL, key BLOB NOT NULL, id TEXT NOT NULL,
         mine INTEGER NOT NULL, device BLOB, seq INTEGER NOT NULL, place INTEGER NOT NULL,
         at_ms INTEGER NOT NULL, text TEXT NOT NULL, folded TEXT NOT NULL, reply_to TEXT,
         edition INTEGER NOT NULL, gone INTEGER NOT NULL DEFAULT 0,
         mark INTEGER, unread INTEGER NOT NULL,
         my_reaction TEXT, my_reactions INTEGER NOT NULL DEFAULT 0,
         their_reaction TEXT, their_reactions INTEGER NOT NULL DEFAULT 0,
         UNIQUE (server, key, id)
     ) STRICT;
     CREATE INDEX messages_in_order ON messages (server, key, place, n);
     CREATE INDEX messages_of_a_device ON messages (server, key, device, seq);
     CREATE INDEX messages_by_time ON messages (server, at_ms, n);
     CREATE INDEX messages_unread ON messages (server, key) WHERE unread;",
    // 4: transfers of files.
    "CREATE TABLE transfers (
         n INTEGER PRIMARY KEY AUTOINCREMENT,
         server TEXT NOT NULL, key BLOB NOT NULL, id TEXT NOT NULL,
         mine INTEGER NOT NULL, device BLOB, at_ms INTEGER NOT NULL,
         items TEXT NOT NULL, stage TEXT NOT NULL,
         paused_here INTEGER NOT NULL DEFAULT 0, paused_there INTEGER NOT NULL DEFAULT 0,
         wanted TEXT, folder TEXT, tops TEXT, list TEXT, sources TEXT,
         done INTEGER NOT NULL DEFAULT 0,
         UNIQUE (server, key, id)
     ) STRICT;
     CREATE INDEX transfers_by_time ON transfers (server, at_ms, n);
     CREATE TABLE transfer_files (
         transfer INTEGER NOT NULL REFERENCES transfers (n) ON DELETE CASCADE,
         file INTEGER NOT NULL, root BLOB, leaves BLOB, name TEXT,
         done INTEGER NOT NULL DEFAULT 0, lost TEXT,
         PRIMARY KEY (transfer, file)
     ) STRICT, WITHOUT ROWID;",
    // 5: which letter went before one. What went before this step is not known better than that it is not later.
    "ALTER TABLE counters ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
     UPDATE counters SET last = next - 1;
     ALTER TABLE outbox ADD COLUMN after INTEGER;",
];

/// The latest version that is known.
pub(super) const VERSION: u32 = STEPS.len() as u32;

pub(super) fn bring_up_to_date(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    bring_up_to(connection, path, VERSION)
}

/// Goes no further than to a version.
pub(super) fn bring_up_to(
    connection: &mut Connection,
    path: &Path,
    latest: u32,
) -> Result<(), StoreError> {
    let fail = |error: rusqlite::Error| StoreError::from_sqlite(path, &error);
    let found: u32 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(fail)?;
    if found > VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: VERSION });
    }
    let whole: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(fail)?;
    if whole != "ok" {
        return Err(StoreError::Damaged { path: path.to_owned(), reason: whole });
    }
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        )
        .map_err(fail)?;
    for (version, step) in (1..=latest).zip(STEPS).skip(found as usize) {
        let transaction = connection.transaction().map_err(fail)?;
        transaction.execute_batch(step).map_err(fail)?;
        transaction.pragma_update(None, "user_version", version).map_err(fail)?;
        transaction.commit().map_err(fail)?;
    }
    Ok(())
}
