//! People by server: contacts, those blocked, the keys that were pinned to handles, and how people introduced
//! themselves.

use super::json::{Json, key_to};
use crate::api::{LastSeen, LastWhat};
use rusqlite::{Connection, OptionalExtension, Row, params};
use visavis_signaling::protocol::{Handle, KeyBundle, PublicKey};

/// What someone is to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Each may reach the other.
    Contact,
    /// Not to be heard of.
    Blocked,
}

/// Someone the user knows on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their handle there.
    pub handle: Handle,
    /// Their keys, as pinned.
    pub bundle: KeyBundle,
    /// The name they gave, or empty.
    pub name: String,
    /// What they are to the user.
    pub relation: Relation,
    /// Whether safety numbers were compared.
    pub verified: bool,
    /// Other keys that turned up for the handle and are not accepted.
    pub changed: Option<KeyBundle>,
    /// What was last.
    pub last: Option<LastSeen>,
}

impl Person {
    /// The identity.
    pub fn key(&self) -> PublicKey {
        self.bundle.sign
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Person> {
    let what: Option<Json<LastWhat>> = row.get("last_what")?;
    let at: Option<i64> = row.get("last_at")?;
    let relation: String = row.get("relation")?;
    Ok(Person {
        handle: row.get::<_, Json<Handle>>("handle")?.0,
        bundle: row.get::<_, Json<KeyBundle>>("bundle")?.0,
        name: row.get("name")?,
        relation: if relation == "blocked" { Relation::Blocked } else { Relation::Contact },
        verified: row.get("verified")?,
        changed: row.get::<_, Option<Json<KeyBundle>>>("changed")?.map(|json| json.0),
        last: what.zip(at).map(|(what, at)| LastSeen { what: what.0, at_ms: at.cast_unsigned() }),
    })
}

/// Everyone known on a server.
///
/// # Errors
/// Where the database fails.
pub fn all(db: &Connection, server: &str) -> rusqlite::Result<Vec<Person>> {
    let mut query = db.prepare_cached("SELECT * FROM people WHERE server = ?1")?;
    query.query_map([server], read)?.collect()
}

/// Remembers someone as they are now.
///
/// # Errors
/// Where the database fails.
pub fn put(db: &Connection, server: &str, person: &Person) -> rusqlite::Result<()> {
    let relation = match person.relation {
        Relation::Contact => "contact",
        Relation::Blocked => "blocked",
    };
    db.execute(
        "INSERT OR REPLACE INTO people
         (server, key, handle, bundle, name, relation, verified, changed, last_what, last_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            server,
            key_to(&person.key()),
            Json(&person.handle),
            Json(&person.bundle),
            person.name,
            relation,
            person.verified,
            person.changed.as_ref().map(Json),
            person.last.as_ref().map(|last| Json(&last.what)),
            person.last.map(|last| last.at_ms.cast_signed()),
        ],
    )?;
    Ok(())
}

/// Forgets someone; the pin of their key stays.
///
/// # Errors
/// Where the database fails.
pub fn remove(db: &Connection, server: &str, key: &PublicKey) -> rusqlite::Result<()> {
    db.execute("DELETE FROM people WHERE server = ?1 AND key = ?2", params![server, key_to(key)])?;
    Ok(())
}

/// The keys that a handle was first seen with, if it was.
///
/// # Errors
/// Where the database fails.
pub fn pinned(
    db: &Connection,
    server: &str,
    handle: &Handle,
) -> rusqlite::Result<Option<KeyBundle>> {
    let found: Option<Json<KeyBundle>> = db
        .query_row(
            "SELECT bundle FROM pins WHERE server = ?1 AND handle = ?2",
            params![server, handle.as_str()],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found.map(|json| json.0))
}

/// Pins keys to a handle, in place of others.
///
/// # Errors
/// Where the database fails.
pub fn pin(
    db: &Connection,
    server: &str,
    handle: &Handle,
    bundle: &KeyBundle,
) -> rusqlite::Result<()> {
    db.execute(
        "INSERT OR REPLACE INTO pins (server, handle, bundle) VALUES (?1, ?2, ?3)",
        params![server, handle.as_str(), Json(bundle)],
    )?;
    Ok(())
}

/// Forgets the keys of a handle.
///
/// # Errors
/// Where the database fails.
pub fn unpin(db: &Connection, server: &str, handle: &Handle) -> rusqlite::Result<()> {
    db.execute(
        "DELETE FROM pins WHERE server = ?1 AND handle = ?2",
        params![server, handle.as_str()],
    )?;
    Ok(())
}

/// How someone introduced themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Introduction {
    /// The name they gave.
    pub name: String,
    /// What they wrote along.
    pub note: String,
}

/// The introduction that came in just this envelope, if it was opened before.
///
/// # Errors
/// Where the database fails.
pub fn introduction(
    db: &Connection,
    server: &str,
    key: &PublicKey,
    envelope: &[u8; 32],
) -> rusqlite::Result<Option<Introduction>> {
    db.query_row(
        "SELECT name, note FROM introductions WHERE server = ?1 AND key = ?2 AND envelope = ?3",
        params![server, key_to(key), envelope],
        |row| Ok(Introduction { name: row.get(0)?, note: row.get(1)? }),
    )
    .optional()
}

/// Remembers an introduction by its envelope's hash.
///
/// # Errors
/// Where the database fails.
pub fn put_introduction(
    db: &Connection,
    server: &str,
    key: &PublicKey,
    envelope: &[u8; 32],
    introduction: &Introduction,
) -> rusqlite::Result<()> {
    db.execute(
        "INSERT OR REPLACE INTO introductions (server, key, envelope, name, note)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![server, key_to(key), envelope, introduction.name, introduction.note],
    )?;
    Ok(())
}

/// The name that someone gave when they introduced themselves.
///
/// # Errors
/// Where the database fails.
pub fn introduced_name(
    db: &Connection,
    server: &str,
    key: &PublicKey,
) -> rusqlite::Result<Option<String>> {
    db.query_row(
        "SELECT name FROM introductions WHERE server = ?1 AND key = ?2",
        params![server, key_to(key)],
        |row| row.get(0),
    )
    .optional()
}
