//! How far messages have come: sent, delivered, read; and which of theirs the user has not seen.

use super::With;
use super::{key_from, key_to};
use crate::api::Mark;
use crate::chat::signal::MessageId;
use rusqlite::{Connection, params};
use std::collections::HashMap;
use visavis_signaling::protocol::{DeviceId, PublicKey};

/// What the user's seeing a conversation means to its other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The last message of a device's that was seen now.
    pub message: MessageId,
    /// The device.
    pub device: DeviceId,
    /// Its place among that device's.
    pub seq: u64,
}

/// Notes how far messages of the user's have come; none goes back. Gives those that have changed.
///
/// # Errors
/// Where the database fails.
pub fn mark(
    db: &Connection,
    with: With<'_>,
    ids: &[MessageId],
    mark: Mark,
) -> rusqlite::Result<Vec<MessageId>> {
    let mut query = db.prepare_cached(
        "UPDATE messages SET mark = ?4
         WHERE server = ?1 AND key = ?2 AND id = ?3 AND mine AND mark < ?4",
    )?;
    let mut changed = Vec::new();
    for id in ids {
        let key = key_to(with.key);
        if query.execute(params![with.server, key, id.to_string(), mark as u8])? > 0 {
            changed.push(*id);
        }
    }
    Ok(changed)
}

/// Notes that a message of the user's can't be sent; where it was on the way, it has changed.
///
/// # Errors
/// Where the database fails.
pub fn fail(db: &Connection, with: With<'_>, id: MessageId) -> rusqlite::Result<Vec<MessageId>> {
    let failed = db.execute(
        "UPDATE messages SET mark = ?4
         WHERE server = ?1 AND key = ?2 AND id = ?3 AND mark = ?5",
        params![
            with.server,
            key_to(with.key),
            id.to_string(),
            Mark::Failed as u8,
            Mark::Sending as u8
        ],
    )?;
    Ok(if failed > 0 { vec![id] } else { Vec::new() })
}

/// Notes that the contact has read the user's messages up to a place. Gives those that have changed.
///
/// # Errors
/// Where the database fails.
pub fn mark_read(db: &Connection, with: With<'_>, seq: u64) -> rusqlite::Result<Vec<MessageId>> {
    let mut query = db.prepare_cached(
        "UPDATE messages SET mark = ?4
         WHERE server = ?1 AND key = ?2 AND mine AND seq <= ?3 AND mark BETWEEN ?5 AND ?6
         RETURNING id",
    )?;
    let (key, sent, delivered) = (key_to(with.key), Mark::Sent as u8, Mark::Delivered as u8);
    let up_to = seq.cast_signed();
    let rows = query
        .query_map(params![with.server, key, up_to, Mark::Read as u8, sent, delivered], |row| {
            row.get::<_, String>(0)
        })?;
    let ids: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
}

/// The user has seen all messages of a contact's. Gives, for each of their devices, the last that was not seen before.
///
/// # Errors
/// Where the database fails.
pub fn see(db: &Connection, with: With<'_>) -> rusqlite::Result<Vec<Reading>> {
    let key = key_to(with.key);
    let mut query = db.prepare_cached(
        "SELECT id, device, max(seq) FROM messages
         WHERE server = ?1 AND key = ?2 AND unread AND device IS NOT NULL GROUP BY device",
    )?;
    let rows = query.query_map(params![with.server, key], |row| {
        let id: String = row.get(0)?;
        let (device, seq) = (DeviceId(row.get(1)?), row.get::<_, i64>(2)?.cast_unsigned());
        Ok(id.parse().ok().map(|message| Reading { message, device, seq }))
    })?;
    let seen: Vec<Option<Reading>> = rows.collect::<rusqlite::Result<_>>()?;
    db.execute(
        "UPDATE messages SET unread = 0 WHERE server = ?1 AND key = ?2 AND unread",
        params![with.server, key],
    )?;
    Ok(seen.into_iter().flatten().collect())
}

/// How many messages of each contact the user has not seen.
///
/// # Errors
/// Where the database fails.
pub fn unread(db: &Connection, server: &str) -> rusqlite::Result<HashMap<PublicKey, u32>> {
    let mut query = db.prepare_cached(
        "SELECT key, count(*) FROM messages WHERE server = ?1 AND unread GROUP BY key",
    )?;
    query.query_map([server], |row| Ok((key_from(row, 0)?, row.get(1)?)))?.collect()
}
