//! Finding messages by what is in them.

use super::{MESSAGE, PAGE, key_to, read};
use crate::api::Message;
use crate::chat::signal::MessageId;
use crate::chat::text;
use rusqlite::{Connection, OptionalExtension, params};
use visavis_signaling::protocol::PublicKey;

/// A page of messages that contain some text in any size of letters, newest first, and whether there are more: with
/// one contact or with any, and of those that came before one of them.
///
/// # Errors
/// Where the database fails.
pub fn search(
    db: &Connection,
    server: &str,
    key: Option<&PublicKey>,
    wanted: &str,
    before: Option<MessageId>,
) -> rusqlite::Result<(Vec<Message>, bool)> {
    let wanted = text::folded(wanted.trim());
    let key = key.map(key_to);
    let place = match before {
        None => Some((i64::MAX, i64::MAX)),
        Some(id) => db
            .query_row(
                "SELECT at_ms, n FROM messages
                 WHERE server = ?1 AND id = ?2 AND (?3 IS NULL OR key = ?3)",
                params![server, id.to_string(), key],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
            )
            .optional()?,
    };
    let Some((at_ms, n)) = place.filter(|_| !wanted.is_empty()) else {
        return Ok((Vec::new(), false));
    };
    let mut query = db.prepare_cached(&format!(
        "{MESSAGE} WHERE m.server = ?1 AND (?2 IS NULL OR m.key = ?2) AND instr(m.folded, ?3)
         AND (m.at_ms, m.n) < (?4, ?5) ORDER BY m.at_ms DESC, m.n DESC LIMIT ?6"
    ))?;
    let rows = query.query_map(params![server, key, wanted, at_ms, n, PAGE + 1], read)?;
    let mut messages: Vec<Message> = rows.collect::<rusqlite::Result<_>>()?;
    let more = messages.len() > PAGE;
    messages.truncate(PAGE);
    Ok((messages, more))
}
