//! What makes envelopes arrive once and in order: counters of what was sent, guards against what comes again,
//! and the outbox of what is not yet on the server.

use super::json::{Json, key_from, key_to};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use visavis_signaling::protocol::{DeviceId, PublicKey};

/// Takes the next number of envelopes to someone. Numbers begin at 1 and are never used twice.
///
/// # Errors
/// Where the database fails.
pub fn next_counter(db: &Connection, to: &PublicKey) -> rusqlite::Result<u64> {
    let next: i64 = db.query_row(
        "INSERT INTO counters (key, next) VALUES (?1, 2)
         ON CONFLICT (key) DO UPDATE SET next = next + 1
         RETURNING next",
        [key_to(to)],
        |row| row.get(0),
    )?;
    Ok((next - 1).cast_unsigned())
}

/// The guard for what a device of someone's sends.
///
/// # Errors
/// Where the database fails.
pub fn guard<G: DeserializeOwned>(
    db: &Connection,
    from: &PublicKey,
    device: &DeviceId,
) -> rusqlite::Result<Option<G>> {
    let guard: Option<Json<G>> = db
        .query_row(
            "SELECT guard FROM replay WHERE key = ?1 AND device = ?2",
            params![key_to(from), device.0],
            |row| row.get(0),
        )
        .optional()?;
    Ok(guard.map(|json| json.0))
}

/// Remembers a guard.
///
/// # Errors
/// Where the database fails.
pub fn put_guard<G: Serialize>(
    db: &Connection,
    from: &PublicKey,
    device: &DeviceId,
    guard: &G,
) -> rusqlite::Result<()> {
    db.execute(
        "INSERT OR REPLACE INTO replay (key, device, guard) VALUES (?1, ?2, ?3)",
        params![key_to(from), device.0, Json(guard)],
    )?;
    Ok(())
}

/// Guards for live letters are kept of so many devices of a person's. Who signs with more loses only the guard
/// against their own old letters.
const DEVICES: usize = 16;

/// The guard for the live letters of a device of someone's.
///
/// # Errors
/// Where the database fails.
pub fn live_guard<G: DeserializeOwned>(
    db: &Connection,
    from: &PublicKey,
    device: &DeviceId,
) -> rusqlite::Result<Option<G>> {
    let guard: Option<Json<G>> = db
        .query_row(
            "SELECT guard FROM live WHERE key = ?1 AND device = ?2",
            params![key_to(from), device.0],
            |row| row.get(0),
        )
        .optional()?;
    Ok(guard.map(|json| json.0))
}

/// Remembers one.
///
/// # Errors
/// Where the database fails.
pub fn put_live_guard<G: Serialize>(
    db: &Connection,
    from: &PublicKey,
    device: &DeviceId,
    guard: &G,
) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO live (key, device, guard) VALUES (?1, ?2, ?3)
         ON CONFLICT (key, device) DO UPDATE SET guard = ?3",
        params![key_to(from), device.0, Json(guard)],
    )?;
    db.execute(
        "DELETE FROM live WHERE n IN
         (SELECT n FROM live WHERE key = ?1 ORDER BY n DESC LIMIT -1 OFFSET ?2)",
        params![key_to(from), DEVICES],
    )?;
    Ok(())
}

/// A letter that has to reach the server. It is sealed each time it is sent, with a new counter; its number stays
/// that of the first time, by which the far side knows it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing<L> {
    /// In the order in which they are to go.
    pub id: i64,
    /// Whom it goes to.
    pub to: PublicKey,
    /// Given when it is sent for the first time, by whatever way.
    pub number: Option<u64>,
    /// The number of the letter before it, by which the far side knows that it lacks none; 0 for the first.
    pub after: Option<u64>,
    /// What it says.
    pub letter: L,
}

impl<L> Outgoing<L> {
    /// One that was never sent.
    pub fn new(id: i64, to: PublicKey, letter: L) -> Self {
        Self { id, to, number: None, after: None, letter }
    }
}

/// Puts a letter into the outbox.
///
/// # Errors
/// Where the database fails.
pub fn post<L: Serialize>(
    db: &Connection,
    server: &str,
    to: &PublicKey,
    letter: &L,
) -> rusqlite::Result<i64> {
    db.execute(
        "INSERT INTO outbox (server, key, letter) VALUES (?1, ?2, ?3)",
        params![server, key_to(to), Json(letter)],
    )?;
    Ok(db.last_insert_rowid())
}

/// Lets a letter that was never sealed say something else.
///
/// # Errors
/// Where the database fails.
pub fn amend<L: Serialize>(db: &Connection, id: i64, letter: &L) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE outbox SET letter = ?2 WHERE id = ?1 AND number IS NULL",
        params![id, Json(letter)],
    )?;
    Ok(())
}

/// What is not yet on the server, in order.
///
/// # Errors
/// Where the database fails.
pub fn outbox<L: DeserializeOwned>(
    db: &Connection,
    server: &str,
) -> rusqlite::Result<Vec<Outgoing<L>>> {
    let mut query = db.prepare_cached(
        "SELECT id, key, number, after, letter FROM outbox WHERE server = ?1 ORDER BY id",
    )?;
    query
        .query_map([server], |row| {
            Ok(Outgoing {
                id: row.get(0)?,
                to: key_from(row, 1)?,
                number: row.get::<_, Option<i64>>(2)?.map(i64::cast_unsigned),
                after: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
                letter: row.get::<_, Json<L>>(4)?.0,
            })
        })?
        .collect()
}

/// Notes the number that a letter was first sent with, and gives that of the letter before it to the same person.
///
/// # Errors
/// Where the database fails.
pub fn set_number(db: &Connection, id: i64, to: &PublicKey, number: u64) -> rusqlite::Result<u64> {
    let after: Option<i64> = db
        .query_row("SELECT last FROM counters WHERE key = ?1", [key_to(to)], |row| row.get(0))
        .optional()?;
    let after = after.unwrap_or(0);
    db.execute(
        "UPDATE outbox SET number = ?2, after = ?3 WHERE id = ?1",
        params![id, number.cast_signed(), after],
    )?;
    db.execute(
        "UPDATE counters SET last = ?2 WHERE key = ?1",
        params![key_to(to), number.cast_signed()],
    )?;
    Ok(after.cast_unsigned())
}

/// Takes a letter out of the outbox.
///
/// # Errors
/// Where the database fails.
pub fn posted(db: &Connection, id: i64) -> rusqlite::Result<()> {
    db.execute("DELETE FROM outbox WHERE id = ?1", [id])?;
    Ok(())
}

/// The highest number of kept mail from a server that was dealt with.
///
/// # Errors
/// Where the database fails.
pub fn mail(db: &Connection, server: &str) -> rusqlite::Result<u64> {
    let upto: Option<i64> = db
        .query_row("SELECT upto FROM mail WHERE server = ?1", [server], |row| row.get(0))
        .optional()?;
    Ok(upto.unwrap_or(0).cast_unsigned())
}

/// Notes it.
///
/// # Errors
/// Where the database fails.
pub fn set_mail(db: &Connection, server: &str, upto: u64) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO mail (server, upto) VALUES (?1, ?2)
         ON CONFLICT (server) DO UPDATE SET upto = max(upto, ?2)",
        params![server, upto.cast_signed()],
    )?;
    Ok(())
}
