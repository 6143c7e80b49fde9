//! Transfers of files: what was offered, how far each is, and what is known of its files. What of a file is there lies
//! beside the database, in the file's ledger.

use super::json::{Json, key_from, key_to};
use crate::transfer::manifest::Manifest;
use crate::transfer::receive::Known;
use crate::transfer::send::Tree;
use crate::transfer::signal::{OfferedItem, TransferId};
use crate::transfer::source::Source;
use crate::transfer::tree::Leaf;
use crate::transfer::wire::Lost;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use visavis_signaling::protocol::{DeviceId, PublicKey};

/// Transfers that are shown, the newest; more are only kept.
pub const SHOWN: usize = 500;
/// Offers of one person that wait for an answer at most; more are declined.
pub const WAITING: usize = 50;

/// How far a transfer is, as it is kept: what lasts longer than a run of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The receiver has not said anything yet.
    Offered,
    /// The receiver wants it.
    Accepted,
    /// All is there.
    Done,
    /// The receiver does not want it.
    Declined,
    /// The user does not want to go on.
    CancelledHere,
    /// The other one does not.
    CancelledThere,
}

/// One transfer.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// With whom.
    pub key: PublicKey,
    /// Names it.
    pub id: TransferId,
    /// Whether the user sends.
    pub mine: bool,
    /// The other one's device: it sends, or it wants to get.
    pub device: Option<DeviceId>,
    /// When it was offered.
    pub at_ms: u64,
    /// What is in it.
    pub items: Vec<OfferedItem>,
    /// How far it is.
    pub stage: Stage,
    /// Who wants it to stop for now: the user, the other one.
    pub paused: (bool, bool),
    /// Which items are wanted.
    pub wanted: Option<Vec<u32>>,
    /// Where it goes.
    pub folder: Option<PathBuf>,
    /// What items are called there.
    pub tops: Option<Vec<String>>,
    /// Files that do not come.
    pub lost: u32,
    /// Bytes that were there when it was last looked at.
    pub done: u64,
}

impl Kept {
    /// One that begins: offered, and nothing said of it yet.
    #[must_use]
    pub fn offered(
        (key, id): (PublicKey, TransferId),
        from: Option<DeviceId>,
        at_ms: u64,
        items: Vec<OfferedItem>,
    ) -> Self {
        Self {
            key,
            id,
            mine: from.is_none(),
            device: from,
            at_ms,
            items,
            stage: Stage::Offered,
            paused: (false, false),
            wanted: None,
            folder: None,
            tops: None,
            lost: 0,
            done: 0,
        }
    }
}

/// All that is kept of a transfer but its list, with how many of its files do not come.
const SELECT: &str = "SELECT *, (SELECT count(*) FROM transfer_files f
    WHERE f.transfer = transfers.n AND f.lost IS NOT NULL) AS lost FROM transfers";

/// Which transfer.
#[derive(Debug, Clone, Copy)]
pub struct Which<'a> {
    /// On which server.
    pub server: &'a str,
    /// With whom.
    pub key: &'a PublicKey,
    /// Names it.
    pub id: TransferId,
}

/// Keeps a new one. False where there was one of that name.
///
/// # Errors
/// Where the database fails.
pub fn begin(db: &Connection, server: &str, kept: &Kept) -> rusqlite::Result<bool> {
    let new = db.execute(
        "INSERT OR IGNORE INTO transfers
         (server, key, id, mine, device, at_ms, items, stage, wanted, folder)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            server,
            key_to(&kept.key),
            kept.id.to_string(),
            kept.mine,
            kept.device.map(|device| device.0),
            kept.at_ms.cast_signed(),
            Json(&kept.items),
            Json(kept.stage),
            kept.wanted.as_ref().map(Json),
            kept.folder.as_ref().map(Json),
        ],
    )?;
    Ok(new > 0)
}

/// Keeps where the files of one that the user offers lie.
///
/// # Errors
/// Where the database fails.
pub fn put_sources(
    db: &Connection,
    which: Which<'_>,
    list: &Manifest,
    sources: &[Source],
) -> rusqlite::Result<()> {
    put(db, which, "list = ?4, sources = ?5", params![Json(list), Json(sources)])
}

fn put(
    db: &Connection,
    Which { server, key, id }: Which<'_>,
    what: &str,
    values: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<()> {
    let id = id.to_string();
    let key = key_to(key);
    let mut all: Vec<&dyn rusqlite::ToSql> = vec![&server, &key, &id];
    all.extend_from_slice(values);
    let text = format!("UPDATE transfers SET {what} WHERE server = ?1 AND key = ?2 AND id = ?3");
    db.prepare_cached(&text)?.execute(all.as_slice())?;
    Ok(())
}

/// One transfer.
///
/// # Errors
/// Where the database fails.
pub fn one(db: &Connection, which: Which<'_>) -> rusqlite::Result<Option<Kept>> {
    let Which { server, key, id } = which;
    let mut query =
        db.prepare_cached(&format!("{SELECT} WHERE server = ?1 AND key = ?2 AND id = ?3"))?;
    query.query_row(params![server, key_to(key), id.to_string()], read).optional()
}

/// The newest transfers, oldest first, and all that are not over.
///
/// # Errors
/// Where the database fails.
pub fn shown(db: &Connection, server: &str) -> rusqlite::Result<Vec<Kept>> {
    let mut query = db.prepare_cached(&format!(
        "{SELECT} WHERE server = ?1 AND
         (stage IN ('\"offered\"', '\"accepted\"') OR n IN
          (SELECT n FROM transfers WHERE server = ?1 ORDER BY at_ms DESC, n DESC LIMIT ?2))
         ORDER BY at_ms, n",
    ))?;
    query.query_map(params![server, SHOWN], read)?.collect()
}

/// How many offers of someone's wait for an answer.
///
/// # Errors
/// Where the database fails.
pub fn waiting(db: &Connection, server: &str, key: &PublicKey) -> rusqlite::Result<usize> {
    db.query_row(
        "SELECT count(*) FROM transfers
         WHERE server = ?1 AND key = ?2 AND NOT mine AND stage = '\"offered\"'",
        params![server, key_to(key)],
        |row| row.get(0),
    )
}

/// The receiver wants items, on a device, in a folder.
///
/// # Errors
/// Where the database fails.
pub fn accept(
    db: &Connection,
    which: Which<'_>,
    device: Option<DeviceId>,
    wanted: Option<&[u32]>,
    folder: Option<&Path>,
) -> rusqlite::Result<()> {
    put(
        db,
        which,
        "stage = ?4, device = coalesce(?5, device), wanted = ?6, folder = ?7",
        params![
            Json(Stage::Accepted),
            device.map(|device| device.0),
            wanted.map(Json),
            folder.map(Json)
        ],
    )
}

/// How far it is now.
///
/// # Errors
/// Where the database fails.
pub fn set_stage(db: &Connection, which: Which<'_>, stage: Stage) -> rusqlite::Result<()> {
    put(db, which, "stage = ?4", params![Json(stage)])
}

/// Whether the user, or the other one, wants it to stop for now.
///
/// # Errors
/// Where the database fails.
pub fn set_paused(
    db: &Connection,
    which: Which<'_>,
    by_me: bool,
    paused: bool,
) -> rusqlite::Result<()> {
    let what = if by_me { "paused_here = ?4" } else { "paused_there = ?4" };
    put(db, which, what, params![paused])
}

/// Where it goes from now on; what was begun elsewhere is begun anew.
///
/// # Errors
/// Where the database fails.
pub fn move_to(db: &Connection, which: Which<'_>, folder: &Path) -> rusqlite::Result<()> {
    put(db, which, "folder = ?4, tops = NULL", params![Json(folder)])?;
    forget_files(db, which, "1")
}

/// How many bytes are there.
///
/// # Errors
/// Where the database fails.
pub fn set_done(db: &Connection, which: Which<'_>, done: u64) -> rusqlite::Result<()> {
    put(db, which, "done = ?4", params![done.cast_signed()])
}

/// The list of files has come, and items have names.
///
/// # Errors
/// Where the database fails.
pub fn listed(
    db: &Connection,
    which: Which<'_>,
    list: &Manifest,
    tops: &[String],
) -> rusqlite::Result<()> {
    put(db, which, "list = ?4, tops = ?5", params![Json(list), Json(tops)])
}

/// The list of files, where it is known.
///
/// # Errors
/// Where the database fails.
pub fn list(
    db: &Connection,
    which: Which<'_>,
) -> rusqlite::Result<(Option<Manifest>, Vec<Source>)> {
    let Which { server, key, id } = which;
    let found = db.query_row(
        "SELECT list, sources FROM transfers WHERE server = ?1 AND key = ?2 AND id = ?3",
        params![server, key_to(key), id.to_string()],
        |row| Ok((row.get::<_, Option<Json<_>>>(0)?, row.get::<_, Option<Json<Vec<Source>>>>(1)?)),
    );
    let (list, sources) = found.optional()?.unwrap_or_default();
    Ok((list.map(|list| list.0), sources.map(|sources| sources.0).unwrap_or_default()))
}

/// Every file that any transfer has, on any server.
///
/// # Errors
/// Where the database fails.
pub fn all_sources(db: &Connection) -> rusqlite::Result<BTreeSet<PathBuf>> {
    let mut query = db.prepare("SELECT sources FROM transfers WHERE sources IS NOT NULL")?;
    let rows = query.query_map((), |row| row.get::<_, Json<Vec<Source>>>(0))?;
    let mut paths = BTreeSet::new();
    for sources in rows {
        paths.extend(sources?.0.into_iter().map(|source| source.path));
    }
    Ok(paths)
}

/// Notes what is known of a file.
fn put_file(
    db: &Connection,
    Which { server, key, id }: Which<'_>,
    file: u32,
    column: &str,
    value: &dyn rusqlite::ToSql,
) -> rusqlite::Result<()> {
    let text = format!(
        "INSERT INTO transfer_files (transfer, file, {column})
         SELECT n, ?4, ?5 FROM transfers WHERE server = ?1 AND key = ?2 AND id = ?3
         ON CONFLICT (transfer, file) DO UPDATE SET {column} = ?5"
    );
    let mut query = db.prepare_cached(&text)?;
    query.execute(params![server, key_to(key), id.to_string(), file, value])?;
    Ok(())
}

/// What a file will be held against.
///
/// # Errors
/// Where the database fails.
pub fn put_root(
    db: &Connection,
    which: Which<'_>,
    file: u32,
    root: &[u8; 32],
) -> rusqlite::Result<()> {
    put_file(db, which, file, "root", root)
}

/// The name that a file is about to get.
///
/// # Errors
/// Where the database fails.
pub fn put_name(db: &Connection, which: Which<'_>, file: u32, name: &Path) -> rusqlite::Result<()> {
    put_file(db, which, file, "name", &Json(name))
}

/// A file is there.
///
/// # Errors
/// Where the database fails.
pub fn put_done(db: &Connection, which: Which<'_>, file: u32) -> rusqlite::Result<()> {
    put_file(db, which, file, "done", &true)
}

/// A file does not come.
///
/// # Errors
/// Where the database fails.
pub fn put_lost(db: &Connection, which: Which<'_>, file: u32, why: Lost) -> rusqlite::Result<()> {
    put_file(db, which, file, "lost", &Json(why))
}

/// The tree of a file that the user sends.
///
/// # Errors
/// Where the database fails.
pub fn put_tree(db: &Connection, which: Which<'_>, file: u32, tree: &Tree) -> rusqlite::Result<()> {
    put_file(db, which, file, "root", &tree.root)?;
    put_file(db, which, file, "leaves", &tree.leaves.concat())
}

/// The tree of a file, where it was made.
///
/// # Errors
/// Where the database fails.
pub fn tree(db: &Connection, which: Which<'_>, file: u32) -> rusqlite::Result<Option<Tree>> {
    let Which { server, key, id } = which;
    let mut query = db.prepare_cached(
        "SELECT f.root, f.leaves FROM transfer_files f JOIN transfers t ON t.n = f.transfer
         WHERE t.server = ?1 AND t.key = ?2 AND t.id = ?3 AND f.file = ?4
         AND f.root IS NOT NULL AND f.leaves IS NOT NULL",
    )?;
    let found = query.query_row(params![server, key_to(key), id.to_string(), file], |row| {
        Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, Vec<u8>>(1)?))
    });
    Ok(found.optional()?.map(|(root, bytes)| {
        let (leaves, _) = bytes.as_chunks::<{ size_of::<Leaf>() }>();
        Tree { root, leaves: leaves.to_vec() }
    }))
}

/// What is known of all files that come.
///
/// # Errors
/// Where the database fails.
pub fn known(db: &Connection, which: Which<'_>) -> rusqlite::Result<HashMap<u32, Known>> {
    let Which { server, key, id } = which;
    let mut query = db.prepare_cached(
        "SELECT f.file, f.root, f.name, f.done FROM transfer_files f
         JOIN transfers t ON t.n = f.transfer
         WHERE t.server = ?1 AND t.key = ?2 AND t.id = ?3",
    )?;
    let rows = query.query_map(params![server, key_to(key), id.to_string()], |row| {
        let name: Option<Json<PathBuf>> = row.get(2)?;
        let known = Known { root: row.get(1)?, name: name.map(|name| name.0), done: row.get(3)? };
        Ok((row.get(0)?, known))
    })?;
    rows.collect()
}

/// Files that did not come are wanted again, as they are now.
///
/// # Errors
/// Where the database fails.
pub fn want_lost_again(db: &Connection, which: Which<'_>) -> rusqlite::Result<()> {
    forget_files(db, which, "lost IS NOT NULL")
}

fn forget_files(db: &Connection, which: Which<'_>, those: &str) -> rusqlite::Result<()> {
    let Which { server, key, id } = which;
    let text = format!(
        "DELETE FROM transfer_files WHERE {those} AND transfer =
         (SELECT n FROM transfers WHERE server = ?1 AND key = ?2 AND id = ?3)"
    );
    db.prepare_cached(&text)?.execute(params![server, key_to(key), id.to_string()])?;
    Ok(())
}

/// Takes one off the list. False where it is not over, or not there.
///
/// # Errors
/// Where the database fails.
pub fn forget(db: &Connection, which: Which<'_>) -> rusqlite::Result<bool> {
    let Which { server, key, id } = which;
    let gone = db.execute(
        "DELETE FROM transfers WHERE server = ?1 AND key = ?2 AND id = ?3
         AND stage NOT IN ('\"offered\"', '\"accepted\"')",
        params![server, key_to(key), id.to_string()],
    )?;
    Ok(gone > 0)
}

/// Takes all with someone off the list, but for some that the user has given up only.
///
/// # Errors
/// Where the database fails.
pub fn forget_all(
    db: &Connection,
    server: &str,
    key: &PublicKey,
    given_up: &[TransferId],
) -> rusqlite::Result<()> {
    for id in given_up {
        set_stage(db, Which { server, key, id: *id }, Stage::CancelledHere)?;
    }
    let names: Vec<String> = given_up.iter().map(ToString::to_string).collect();
    db.execute(
        "DELETE FROM transfers WHERE server = ?1 AND key = ?2
         AND id NOT IN (SELECT value FROM json_each(?3))",
        params![server, key_to(key), Json(names)],
    )?;
    Ok(())
}

fn read_id(row: &Row<'_>, column: usize) -> rusqlite::Result<TransferId> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error: crate::name::OddName| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into())
    })
}

fn read(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let device: Option<[u8; 16]> = row.get("device")?;
    let json = |name: &str| row.get::<_, Option<Json<PathBuf>>>(name);
    Ok(Kept {
        key: key_from(row, row.as_ref().column_index("key")?)?,
        id: read_id(row, row.as_ref().column_index("id")?)?,
        mine: row.get("mine")?,
        device: device.map(DeviceId),
        at_ms: row.get::<_, i64>("at_ms")?.cast_unsigned(),
        items: row.get::<_, Json<_>>("items")?.0,
        stage: row.get::<_, Json<_>>("stage")?.0,
        paused: (row.get("paused_here")?, row.get("paused_there")?),
        wanted: row.get::<_, Option<Json<_>>>("wanted")?.map(|wanted| wanted.0),
        folder: json("folder")?.map(|folder| folder.0),
        tops: row.get::<_, Option<Json<_>>>("tops")?.map(|tops| tops.0),
        lost: row.get("lost")?,
        done: row.get::<_, i64>("done")?.cast_unsigned(),
    })
}
