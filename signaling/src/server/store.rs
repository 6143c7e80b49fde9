//! The database file: opened by one server at a time, brought to this version's shape, never touched when it
//! is of a later one. What stands in its tables is read and written by [`Tables`].

pub(crate) mod migrations;
mod tables;

pub(crate) use tables::Tables;

use super::records::StoreError;
use migrations::STEPS;
use rusqlite::{Connection, ErrorCode as Sqlite, OpenFlags};
use std::fs::{self, File, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a database can't be used. Each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Made by a later version of the program.
    #[error(
        "the database {} is of version {found}, and this program knows versions up to {known}: use the program that wrote it, or a later one",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// Another server has it.
    #[error("another server uses the data folder {}: stop it, or give this one another folder", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder can't be made, read or written.
    #[error("the data folder {} can't be used: {reason}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Not a database, or broken.
    #[error("the database {} can't be opened: {reason}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
}

/// The name of the database in its folder.
pub(crate) const FILE: &str = "visavis-signaling.db";
const LOCK: &str = "visavis-signaling.lock";

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(Sqlite::DiskFull) => Self::Full,
            // A write that the system cut short: the file may not grow (a quota or a limit of the process).
            Some(Sqlite::SystemIoFailure)
                if error
                    .sqlite_error()
                    .is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE) =>
            {
                Self::Full
            }
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// An open database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) connection: Connection,
    /// Held for as long as the server runs; the system lets go of it however the process ends.
    _lock: Option<File>,
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The version in the header of the file, read without opening it as a database.
fn version_in_header(path: &Path) -> Option<i64> {
    let mut header = [0; 64];
    File::open(path).ok()?.read_exact(&mut header).ok()?;
    let version = header[60..64].try_into().ok()?;
    header.starts_with(b"SQLite format 3\0").then(|| i64::from(i32::from_be_bytes(version)))
}

impl Database {
    /// For the one server of this folder. `pages` bounds the file, for tests of a full disk.
    pub(crate) fn open(folder: &Path, pages: Option<u32>) -> Result<Self, DatabaseError> {
        let of_folder =
            |reason: String| DatabaseError::Folder { folder: folder.to_owned(), reason };
        make_private(folder).map_err(|error| of_folder(error.to_string()))?;
        let mut options = File::options();
        let lock = options
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(LOCK))
            .map_err(|error| of_folder(error.to_string()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DatabaseError::InUse { folder: folder.to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(of_folder(error.to_string())),
        }
        let mut database = Self::connect(folder)?;
        database._lock = Some(lock);
        if let Some(pages) = pages {
            database
                .connection
                .pragma_update(None, "max_page_count", pages)
                .map_err(|error| broken(&folder.join(FILE), &error))?;
        }
        Ok(database)
    }

    /// Beside a server that may be running: for short changes, such as a new invite.
    pub(crate) fn connect(folder: &Path) -> Result<Self, DatabaseError> {
        let path = folder.join(FILE);
        make_private(folder).map_err(|error| DatabaseError::Folder {
            folder: folder.to_owned(),
            reason: error.to_string(),
        })?;
        let newer =
            |found| DatabaseError::Newer { path: path.clone(), found, known: STEPS.len() as i64 };
        if let Some(found) = version_in_header(&path)
            && found > STEPS.len() as i64
        {
            return Err(newer(found));
        }
        let connection = Connection::open_with_flags(
            &path,
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(|error| broken(&path, &error))?;
        let found = prepare(&connection).map_err(|error| broken(&path, &error))?;
        if found > STEPS.len() as i64 {
            return Err(newer(found));
        }
        Ok(Self { connection, _lock: None })
    }
}

fn broken(path: &Path, error: &rusqlite::Error) -> DatabaseError {
    DatabaseError::Broken { path: path.to_owned(), reason: error.to_string() }
}

/// Sets the connection up and brings the file to this version; gives the version found, and leaves a later
/// one as it is.
pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<i64> {
    connection.busy_timeout(Duration::from_secs(5))?;
    let version =
        || connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    let found = version()?;
    if found > STEPS.len() as i64 {
        return Ok(found);
    }
    connection.pragma_update(None, "journal_mode", "wal")?;
    // Whatever is answered is on the disk, also when the power goes.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(80);
    if found < STEPS.len() as i64 {
        connection.execute_batch("begin immediate")?;
        // Looked at again under the lock: another program may have just done it.
        for (step, sql) in STEPS.iter().enumerate().skip(version()?.max(0) as usize) {
            connection.execute_batch(sql)?;
            connection.pragma_update(None, "user_version", step as i64 + 1)?;
        }
        connection.execute_batch("commit")?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_database_is_left_untouched() {
        let folder = tempfile::tempdir().unwrap();
        drop(Database::open(folder.path(), None).unwrap());
        let path = folder.path().join(FILE);
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", 77).unwrap();
        connection.close().unwrap();
        let before = fs::read(&path).unwrap();
        let error = Database::open(folder.path(), None).unwrap_err().to_string();
        assert!(error.contains("is of version 77"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn one_server_has_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = Database::open(folder.path(), None).unwrap();
        let error = Database::open(folder.path(), None).unwrap_err().to_string();
        assert!(error.starts_with("another server uses the data folder"), "{error}");
        Database::connect(folder.path()).unwrap();
        drop(first);
        Database::open(folder.path(), None).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        drop(Database::open(&inner, None).unwrap());
        assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
