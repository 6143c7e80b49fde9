//! Messages by server and contact: each once, in order, with what became of it. A word that came before, or that only
//! the message's author may say, changes nothing.
//!
//! Only so many are kept of each contact; the oldest go first.

use super::json::{key_from, key_to};
use crate::api::{Mark, Message, Quote, Reactions};
use crate::chat::signal::MessageId;
use crate::chat::text;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashMap;
use visavis_signaling::protocol::{DeviceId, PublicKey};

mod receipts;
mod search;
#[cfg(test)]
mod tests;

pub use receipts::{Reading, fail, mark, mark_read, see, unread};
pub use search::search;

/// Messages on a page.
pub const PAGE: usize = 50;
/// No more are kept of a contact.
pub const MOST: usize = 50_000;
/// Between two places, so that one that comes late has room.
const STRIDE: i64 = 1 << 32;

/// Whose conversation it is: on which server, with whom.
#[derive(Debug, Clone, Copy)]
pub struct With<'a> {
    /// The server.
    pub server: &'a str,
    /// The contact.
    pub key: &'a PublicKey,
}

/// What a message says, as its author last said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Which.
    pub id: MessageId,
    /// Its place among its author's.
    pub seq: u64,
    /// When it was written.
    pub at_ms: u64,
    /// How often it was changed.
    pub edition: u32,
    /// What it says.
    pub text: String,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
}

/// What a word that came has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A message that was not there.
    New,
    /// One that was.
    Changed,
    /// Nothing: it came before.
    Known,
    /// Nothing: it was not for them to say.
    Refused,
}

/// Which reactions are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The user's.
    Mine,
    /// The contact's.
    Theirs,
}

const MESSAGE: &str =
    "SELECT m.*, q.mine AS quoted_mine, q.text AS quoted_text, q.gone AS quoted_gone
     FROM messages m
     LEFT JOIN messages q ON q.server = m.server AND q.key = m.key AND q.id = m.reply_to";

/// A new message of the user's, which is to be sent.
///
/// # Errors
/// Where the database fails.
pub fn write(
    db: &Connection,
    with: With<'_>,
    id: MessageId,
    at_ms: u64,
    text: &str,
    reply_to: Option<MessageId>,
) -> rusqlite::Result<Said> {
    let seq: i64 = db.query_row(
        "SELECT coalesce(max(seq), 0) + 1 FROM messages WHERE server = ?1 AND key = ?2 AND mine",
        params![with.server, key_to(with.key)],
        |row| row.get(0),
    )?;
    let seq = seq.cast_unsigned();
    let said = Said { id, seq, at_ms, edition: 0, text: text.to_owned(), reply_to };
    insert(db, with, &said, None, newest_place(db, with)? + STRIDE, MOST)?;
    Ok(said)
}

/// The user's own message, changed. None where there is no such message, or it was taken back.
///
/// # Errors
/// Where the database fails.
pub fn rewrite(
    db: &Connection,
    with: With<'_>,
    id: MessageId,
    text: &str,
) -> rusqlite::Result<Option<Said>> {
    db.execute(
        "UPDATE messages SET text = ?4, folded = ?5, edition = edition + 1
         WHERE server = ?1 AND key = ?2 AND id = ?3 AND mine AND NOT gone",
        params![with.server, key_to(with.key), id.to_string(), text, text::folded(text)],
    )?;
    said(db, with, id)
}

/// The user's own message, taken back. None where there is no such message, or it was taken back before.
///
/// # Errors
/// Where the database fails.
pub fn take_back(db: &Connection, with: With<'_>, id: MessageId) -> rusqlite::Result<Option<Said>> {
    let before = said(db, with, id)?;
    if before.is_some() {
        erase(db, with, id)?;
    }
    Ok(before)
}

/// What the user's own message says now; none where there is none, or it was taken back.
///
/// # Errors
/// Where the database fails.
pub fn said(db: &Connection, with: With<'_>, id: MessageId) -> rusqlite::Result<Option<Said>> {
    db.query_row(
        "SELECT * FROM messages WHERE server = ?1 AND key = ?2 AND id = ?3 AND mine AND NOT gone",
        params![with.server, key_to(with.key), id.to_string()],
        |row| {
            let reply_to: Option<String> = row.get("reply_to")?;
            Ok(Said {
                id,
                seq: row.get::<_, i64>("seq")?.cast_unsigned(),
                at_ms: row.get::<_, i64>("at_ms")?.cast_unsigned(),
                edition: row.get("edition")?,
                text: row.get("text")?,
                reply_to: reply_to.and_then(|id| id.parse().ok()),
            })
        },
    )
    .optional()
}

/// What a device of the contact's says of a message of its own.
///
/// # Errors
/// Where the database fails.
pub fn take(
    db: &Connection,
    with: With<'_>,
    from: DeviceId,
    said: &Said,
) -> rusqlite::Result<Taken> {
    take_at_most(db, with, from, said, MOST)
}

fn take_at_most(
    db: &Connection,
    with: With<'_>,
    from: DeviceId,
    said: &Said,
    most: usize,
) -> rusqlite::Result<Taken> {
    let Some(known) = Known::find(db, with, said.id)? else {
        let place = place_of(db, with, from, said.seq)?;
        insert(db, with, said, Some(from), place, most)?;
        return Ok(Taken::New);
    };
    if known.device != Some(from) {
        return Ok(Taken::Refused);
    }
    if known.gone || known.edition >= said.edition {
        return Ok(Taken::Known);
    }
    db.execute(
        "UPDATE messages SET text = ?4, folded = ?5, edition = ?6
         WHERE server = ?1 AND key = ?2 AND id = ?3",
        params![
            with.server,
            key_to(with.key),
            said.id.to_string(),
            said.text,
            text::folded(&said.text),
            said.edition,
        ],
    )?;
    Ok(Taken::Changed)
}

/// A device of the contact's takes back a message of its own; one that has not come yet never will.
///
/// # Errors
/// Where the database fails.
pub fn take_gone(
    db: &Connection,
    with: With<'_>,
    from: DeviceId,
    id: MessageId,
    (seq, at_ms): (u64, u64),
) -> rusqlite::Result<Taken> {
    match Known::find(db, with, id)? {
        Some(known) if known.device != Some(from) => Ok(Taken::Refused),
        Some(known) if known.gone => Ok(Taken::Known),
        Some(_) => {
            erase(db, with, id)?;
            Ok(Taken::Changed)
        }
        None => {
            let text = String::new();
            let said = Said { id, seq, at_ms, edition: 0, text, reply_to: None };
            insert(db, with, &said, Some(from), place_of(db, with, from, seq)?, MOST)?;
            erase(db, with, id)?;
            Ok(Taken::New)
        }
    }
}

/// A reaction, or none any more, in place of the one before. The user's own has the next number, theirs comes with
/// one. Gives the number, where something has changed.
///
/// # Errors
/// Where the database fails.
pub fn react(
    db: &Connection,
    with: With<'_>,
    id: MessageId,
    whose: Whose,
    number: Option<u64>,
    emoji: Option<&str>,
) -> rusqlite::Result<Option<u64>> {
    let (reaction, counter) = match whose {
        Whose::Mine => ("my_reaction", "my_reactions"),
        Whose::Theirs => ("their_reaction", "their_reactions"),
    };
    db.query_row(
        &format!(
            "UPDATE messages SET {reaction} = ?4, {counter} = coalesce(?5, {counter} + 1)
             WHERE server = ?1 AND key = ?2 AND id = ?3 AND NOT gone
             AND {counter} < coalesce(?5, {counter} + 1)
             RETURNING {counter}"
        ),
        params![with.server, key_to(with.key), id.to_string(), emoji, number.map(u64::cast_signed)],
        |row| row.get::<_, i64>(0),
    )
    .optional()
    .map(|number| number.map(i64::cast_unsigned))
}

/// One message as it is shown.
///
/// # Errors
/// Where the database fails.
pub fn one(db: &Connection, with: With<'_>, id: MessageId) -> rusqlite::Result<Option<Message>> {
    db.query_row(
        &format!("{MESSAGE} WHERE m.server = ?1 AND m.key = ?2 AND m.id = ?3"),
        params![with.server, key_to(with.key), id.to_string()],
        read,
    )
    .optional()
}

/// The newest message with each contact.
///
/// # Errors
/// Where the database fails.
pub fn newest(db: &Connection, server: &str) -> rusqlite::Result<HashMap<PublicKey, Message>> {
    let mut query = db.prepare_cached(&format!(
        "{MESSAGE} JOIN (SELECT key, max(place) AS newest FROM messages WHERE server = ?1 GROUP BY key) l
         ON l.key = m.key AND l.newest = m.place WHERE m.server = ?1"
    ))?;
    let rows = query.query_map([server], read)?;
    rows.map(|message| message.map(|message| (message.key, message))).collect()
}

/// A page, from older to newer, and whether there are more in that direction: those before a message, those after
/// one, or the newest. One that is not there has none beside it.
///
/// # Errors
/// Where the database fails.
pub fn page(
    db: &Connection,
    with: With<'_>,
    from: Beside,
) -> rusqlite::Result<(Vec<Message>, bool)> {
    let key = key_to(with.key);
    let place = |id: MessageId| {
        db.query_row(
            "SELECT place, n FROM messages WHERE server = ?1 AND key = ?2 AND id = ?3",
            params![with.server, key, id.to_string()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
    };
    let (place, forward): (Option<(i64, i64)>, bool) = match from {
        Beside::Newest => (Some((i64::MAX, i64::MAX)), false),
        Beside::Before(id) => (place(id)?, false),
        Beside::After(id) => (place(id)?, true),
    };
    let Some((place, n)) = place else { return Ok((Vec::new(), false)) };
    let (than, order) = if forward { (">", "ASC") } else { ("<", "DESC") };
    let mut query = db.prepare_cached(&format!(
        "{MESSAGE} WHERE m.server = ?1 AND m.key = ?2 AND (m.place, m.n) {than} (?3, ?4)
         ORDER BY m.place {order}, m.n {order} LIMIT ?5"
    ))?;
    let rows = query.query_map(params![with.server, key, place, n, PAGE + 1], read)?;
    let mut messages: Vec<Message> = rows.collect::<rusqlite::Result<_>>()?;
    let more = messages.len() > PAGE;
    messages.truncate(PAGE);
    if !forward {
        messages.reverse();
    }
    Ok((messages, more))
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// At the end.
    Newest,
    /// Right before a message.
    Before(MessageId),
    /// Right after one.
    After(MessageId),
}

/// What is known of a message that a word is about.
struct Known {
    /// Of their own messages: which device wrote it.
    device: Option<DeviceId>,
    edition: u32,
    gone: bool,
}

impl Known {
    fn find(db: &Connection, with: With<'_>, id: MessageId) -> rusqlite::Result<Option<Self>> {
        db.query_row(
            "SELECT device, edition, gone FROM messages WHERE server = ?1 AND key = ?2 AND id = ?3",
            params![with.server, key_to(with.key), id.to_string()],
            |row| {
                Ok(Self {
                    device: row.get::<_, Option<[u8; 16]>>(0)?.map(DeviceId),
                    edition: row.get(1)?,
                    gone: row.get(2)?,
                })
            },
        )
        .optional()
    }
}

fn newest_place(db: &Connection, with: With<'_>) -> rusqlite::Result<i64> {
    db.query_row(
        "SELECT coalesce(max(place), 0) FROM messages WHERE server = ?1 AND key = ?2",
        params![with.server, key_to(with.key)],
        |row| row.get(0),
    )
}

/// At the end, or before those that the same device wrote later but that came sooner.
fn place_of(db: &Connection, with: With<'_>, from: DeviceId, seq: u64) -> rusqlite::Result<i64> {
    let later: Option<i64> = db.query_row(
        "SELECT min(place) FROM messages
         WHERE server = ?1 AND key = ?2 AND device = ?3 AND seq > ?4",
        params![with.server, key_to(with.key), from.0, seq.cast_signed()],
        |row| row.get(0),
    )?;
    let Some(later) = later else { return Ok(newest_place(db, with)? + STRIDE) };
    let before: i64 = db.query_row(
        "SELECT coalesce(max(place), ?3 - ?4) FROM messages
         WHERE server = ?1 AND key = ?2 AND place < ?3",
        params![with.server, key_to(with.key), later, STRIDE],
        |row| row.get(0),
    )?;
    Ok(before + (later - before) / 2)
}

/// `from` is the contact's device that wrote it; none where it is the user's own.
fn insert(
    db: &Connection,
    with: With<'_>,
    said: &Said,
    from: Option<DeviceId>,
    place: i64,
    most: usize,
) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO messages
         (server, key, id, mine, device, seq, place, at_ms, text, folded, reply_to, edition, mark, unread)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            with.server,
            key_to(with.key),
            said.id.to_string(),
            from.is_none(),
            from.map(|device| device.0),
            said.seq.cast_signed(),
            place,
            said.at_ms.cast_signed(),
            said.text,
            text::folded(&said.text),
            said.reply_to.map(|id| id.to_string()),
            said.edition,
            from.is_none().then_some(Mark::Sending as u8),
            from.is_some(),
        ],
    )?;
    db.execute(
        "DELETE FROM messages WHERE n IN
         (SELECT n FROM messages WHERE server = ?1 AND key = ?2 ORDER BY place DESC, n DESC
          LIMIT -1 OFFSET ?3)",
        params![with.server, key_to(with.key), most],
    )?;
    Ok(())
}

fn erase(db: &Connection, with: With<'_>, id: MessageId) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE messages SET text = '', folded = '', gone = 1, unread = 0, reply_to = NULL,
         my_reaction = NULL, their_reaction = NULL
         WHERE server = ?1 AND key = ?2 AND id = ?3",
        params![with.server, key_to(with.key), id.to_string()],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Message> {
    let reply_to: Option<String> = row.get("reply_to")?;
    let quote = match (reply_to, row.get::<_, Option<bool>>("quoted_mine")?) {
        (Some(id), Some(mine)) => Some(Quote {
            id,
            mine,
            text: text::beginning(&row.get::<_, String>("quoted_text")?),
            gone: row.get("quoted_gone")?,
        }),
        // What it answers is not here any more, or never was.
        (Some(id), None) => Some(Quote { id, mine: false, text: String::new(), gone: true }),
        (None, _) => None,
    };
    Ok(Message {
        id: row.get("id")?,
        key: PublicKey(row.get("key")?),
        mine: row.get("mine")?,
        text: row.get("text")?,
        at_ms: row.get::<_, i64>("at_ms")?.cast_unsigned(),
        quote,
        edited: row.get::<_, u32>("edition")? > 0,
        gone: row.get("gone")?,
        mark: row.get::<_, Option<u8>>("mark")?.and_then(Mark::from_number),
        unread: row.get("unread")?,
        reactions: Reactions { mine: row.get("my_reaction")?, theirs: row.get("their_reaction")? },
    })
}
