//! Calls that were, by server: each once, newest first, and which of the missed ones the user has not seen yet.
//! Only so many are kept; the oldest go first.

use super::json::{Json, key_from, key_to};
use crate::api::PastCall;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashMap;
use visavis_signaling::protocol::PublicKey;

/// Calls on a page.
pub const PAGE: usize = 50;
/// No more calls are kept.
pub const MOST: usize = 10_000;

/// Puts a call into the history. `missed` notes that the user has to see it. False if it was there before; then
/// nothing has changed.
///
/// # Errors
/// Where the database fails.
pub fn record(
    db: &Connection,
    server: &str,
    past: &PastCall,
    missed: bool,
) -> rusqlite::Result<bool> {
    record_at_most(db, server, past, missed, MOST)
}

fn record_at_most(
    db: &Connection,
    server: &str,
    past: &PastCall,
    missed: bool,
    most: usize,
) -> rusqlite::Result<bool> {
    let new = db.execute(
        "INSERT OR IGNORE INTO calls
         (server, key, id, outgoing, picture, at_ms, how, talked_ms, unseen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            server,
            key_to(&past.key),
            past.id,
            past.outgoing,
            past.picture,
            past.at_ms.cast_signed(),
            Json(&past.how),
            past.talked_ms.map(u64::cast_signed),
            missed,
        ],
    )?;
    db.execute(
        "DELETE FROM calls WHERE n IN (SELECT n FROM calls ORDER BY at_ms DESC, n DESC LIMIT -1 OFFSET ?1)",
        [most],
    )?;
    Ok(new > 0)
}

/// Corrects how a call in the history ended.
///
/// # Errors
/// Where the database fails.
pub fn correct(db: &Connection, server: &str, past: &PastCall) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE calls SET how = ?4, talked_ms = ?5 WHERE server = ?1 AND key = ?2 AND id = ?3",
        params![
            server,
            key_to(&past.key),
            past.id,
            Json(&past.how),
            past.talked_ms.map(u64::cast_signed),
        ],
    )?;
    Ok(())
}

/// A page of the history, newest first, and whether there is more: of calls with `key` or with anybody, and of
/// those that came before the call named `before`. One that is not in the history has none before it.
///
/// # Errors
/// Where the database fails.
pub fn page(
    db: &Connection,
    server: &str,
    key: Option<&PublicKey>,
    before: Option<&str>,
) -> rusqlite::Result<(Vec<PastCall>, bool)> {
    let key = key.map(key_to);
    let place: Option<(i64, i64)> = match before {
        None => Some((i64::MAX, i64::MAX)),
        Some(id) => db
            .query_row(
                "SELECT at_ms, n FROM calls
                 WHERE server = ?1 AND id = ?2 AND (?3 IS NULL OR key = ?3) ORDER BY at_ms, n LIMIT 1",
                params![server, id, key],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?,
    };
    let Some((at_ms, n)) = place else { return Ok((Vec::new(), false)) };
    let mut query = db.prepare_cached(
        "SELECT * FROM calls
         WHERE server = ?1 AND (?2 IS NULL OR key = ?2) AND (at_ms, n) < (?3, ?4)
         ORDER BY at_ms DESC, n DESC LIMIT ?5",
    )?;
    let rows = query.query_map(params![server, key, at_ms, n, PAGE + 1], read)?;
    let mut calls: Vec<PastCall> = rows.collect::<rusqlite::Result<_>>()?;
    let more = calls.len() > PAGE;
    calls.truncate(PAGE);
    Ok((calls, more))
}

/// How many missed calls of each person the user has not seen.
///
/// # Errors
/// Where the database fails.
pub fn missed(db: &Connection, server: &str) -> rusqlite::Result<HashMap<PublicKey, u32>> {
    let mut query = db.prepare_cached(
        "SELECT key, count(*) FROM calls WHERE server = ?1 AND unseen GROUP BY key",
    )?;
    query.query_map([server], |row| Ok((key_from(row, 0)?, row.get(1)?)))?.collect()
}

/// The user has seen someone's missed calls.
///
/// # Errors
/// Where the database fails.
pub fn see_missed(db: &Connection, server: &str, key: &PublicKey) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE calls SET unseen = 0 WHERE server = ?1 AND key = ?2 AND unseen",
        params![server, key_to(key)],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<PastCall> {
    Ok(PastCall {
        id: row.get("id")?,
        key: PublicKey(row.get("key")?),
        outgoing: row.get("outgoing")?,
        picture: row.get("picture")?,
        at_ms: row.get::<_, i64>("at_ms")?.cast_unsigned(),
        how: row.get::<_, Json<_>>("how")?.0,
        talked_ms: row.get::<_, Option<i64>>("talked_ms")?.map(i64::cast_unsigned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::CallEnd;
    use crate::store::schema;

    const BO: PublicKey = PublicKey([2; 32]);
    const CHEN: PublicKey = PublicKey([3; 32]);

    fn past(n: u32, key: PublicKey, at_ms: u64) -> PastCall {
        PastCall {
            id: format!("{n:032x}"),
            key,
            outgoing: n.is_multiple_of(2),
            picture: true,
            at_ms,
            how: CallEnd::HungUp,
            talked_ms: Some(u64::from(n)),
        }
    }

    fn open() -> Connection {
        let mut db = Connection::open_in_memory().unwrap();
        schema::bring_up_to_date(&mut db, std::path::Path::new("memory")).unwrap();
        db
    }

    #[test]
    fn a_call_is_recorded_once_and_can_be_corrected() {
        let db = open();
        let one = past(1, BO, 10);
        assert!(record(&db, "s", &one, true).unwrap());
        let other = PastCall { how: CallEnd::Lost, ..one.clone() };
        assert!(!record(&db, "s", &other, true).unwrap());
        assert_eq!(page(&db, "s", None, None).unwrap(), (vec![one.clone()], false));
        assert!(record(&db, "s", &PastCall { key: CHEN, ..one.clone() }, false).unwrap());
        assert!(record(&db, "other", &one, false).unwrap());
        correct(&db, "s", &other).unwrap();
        assert_eq!(page(&db, "s", Some(&BO), None).unwrap().0[0].how, CallEnd::Lost);
        assert_eq!(page(&db, "s", Some(&CHEN), None).unwrap().0[0].how, CallEnd::HungUp);
        assert_eq!(page(&db, "other", None, None).unwrap().0[0].how, CallEnd::HungUp);
    }

    #[test]
    fn pages_go_back_in_time_without_gap_or_overlap() {
        let db = open();
        // Several at the same moment, and some that came late from a mailbox.
        let all: Vec<PastCall> = (0..120).map(|n| past(n, BO, u64::from(n * 7 % 40))).collect();
        for one in &all {
            record(&db, "s", one, false).unwrap();
            record(
                &db,
                "s",
                &PastCall { key: CHEN, id: format!("c{}", one.id), ..one.clone() },
                false,
            )
            .unwrap();
        }
        let (mut seen, mut before) = (Vec::new(), None::<String>);
        loop {
            let (calls, more) = page(&db, "s", Some(&BO), before.as_deref()).unwrap();
            assert!(calls.len() == PAGE || !more);
            before = calls.last().map(|call| call.id.clone());
            seen.extend(calls);
            if !more {
                break;
            }
        }
        assert!(seen.is_sorted_by(|a, b| a.at_ms >= b.at_ms));
        let mut ids: Vec<_> = seen.iter().map(|call| call.id.clone()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
        assert_eq!(page(&db, "s", None, Some("nothing")).unwrap(), (vec![], false));
    }

    #[test]
    fn missed_calls_are_counted_until_they_are_seen() {
        let db = open();
        for n in 0..3 {
            record(&db, "s", &past(n, BO, 1), true).unwrap();
        }
        record(&db, "s", &past(3, BO, 1), false).unwrap();
        record(&db, "s", &past(4, CHEN, 1), true).unwrap();
        record(&db, "other", &past(5, BO, 1), true).unwrap();
        assert_eq!(missed(&db, "s").unwrap(), HashMap::from([(BO, 3), (CHEN, 1)]));
        see_missed(&db, "s", &BO).unwrap();
        assert_eq!(missed(&db, "s").unwrap(), HashMap::from([(CHEN, 1)]));
        assert_eq!(missed(&db, "other").unwrap(), HashMap::from([(BO, 1)]));
    }

    #[test]
    fn the_oldest_calls_go_first() {
        let db = open();
        for n in 0..20 {
            record_at_most(&db, "s", &past(n, BO, u64::from(100 - n)), false, 5).unwrap();
        }
        let (calls, _) = page(&db, "s", None, None).unwrap();
        let times: Vec<u64> = calls.iter().map(|call| call.at_ms).collect();
        assert_eq!(times, [100, 99, 98, 97, 96]);
    }
}
