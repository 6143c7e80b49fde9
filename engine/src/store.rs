//! What the engine remembers: one SQLite database a profile, written by one thread.
//!
//! A piece of work is one transaction: all of it lasts, or none. The rooms below hold the queries, by what they
//! are about; this one opens the file, brings it up to date, and carries work to the thread. Secret keys are not
//! kept here.

pub mod calls;
mod json;
pub mod letters;
pub mod messages;
pub mod people;
pub mod profile;
mod schema;
pub mod transfers;

use crate::api::{ApiError, Code};
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Pieces of work that may wait; whoever brings more waits too.
const QUEUE: usize = 64;

/// Why the store can't do something. Nothing of the failed work was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Written by a later version of the program.
    #[error("the database {path} is of version {found}; this program knows up to {known}")]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The latest that is known here.
        known: u32,
    },
    /// Not a database, or one with holes.
    #[error("the database {path} is damaged: {reason}")]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// No room on the disk.
    #[error("the disk with {path} is full")]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// The system does not let the program read or write it.
    #[error("no permission to use {path}")]
    Denied {
        /// The database.
        path: PathBuf,
    },
    /// Anything else.
    #[error("the database {path} failed: {reason}")]
    Failed {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
}

impl StoreError {
    fn from_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let (path, reason) = (path.to_owned(), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { path, reason }
            }
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                Self::Denied { path }
            }
            _ => Self::Failed { path, reason },
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        let (code, path) = match &error {
            StoreError::Newer { path, .. } => (Code::DatabaseNewer, path),
            StoreError::Damaged { path, .. } => (Code::DatabaseDamaged, path),
            StoreError::Full { path } => (Code::DiskFull, path),
            StoreError::Denied { path } => (Code::PermissionDenied, path),
            StoreError::Failed { path, .. } => (Code::DiskFailed, path),
        };
        let api = Self::new(code, message).with("path", path.display());
        match error {
            StoreError::Newer { found, known, .. } => api.with("found", found).with("known", known),
            StoreError::Damaged { reason, .. } | StoreError::Failed { reason, .. } => {
                api.with("reason", reason)
            }
            StoreError::Full { .. } | StoreError::Denied { .. } => api,
        }
    }
}

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// An open store. Dropping the last one closes the database.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    work: Option<mpsc::Sender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens the database, or makes it, and brings it up to date. Blocks.
    ///
    /// # Errors
    /// Where it can't be used as it is; it is left untouched then.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let fail = |error: &rusqlite::Error| StoreError::from_sqlite(path, error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection =
            Connection::open_with_flags(path, flags).map_err(|error| fail(&error))?;
        schema::bring_up_to_date(&mut connection, path)?;
        let (work, mut waiting) = mpsc::channel::<Work>(QUEUE);
        let thread = std::thread::Builder::new()
            .name("visavis-store".to_owned())
            .spawn(move || {
                while let Some(work) = waiting.blocking_recv() {
                    work(&mut connection);
                }
            })
            .map_err(|error| StoreError::Failed {
                path: path.to_owned(),
                reason: error.to_string(),
            })?;
        Ok(Self { path: path.to_owned(), work: Some(work), thread: Some(thread) })
    }

    /// Carries out one piece of work in one transaction, and gives what it gives.
    ///
    /// # Errors
    /// Whatever keeps it from lasting; nothing of it was kept then.
    pub async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let (done, result) = oneshot::channel();
        let queue = self.work.as_ref().ok_or_else(|| self.closed())?;
        queue.send(piece(work, done)).await.map_err(|_| self.closed())?;
        let result = result.await.map_err(|_| self.closed())?;
        result.map_err(|error| StoreError::from_sqlite(&self.path, &error))
    }

    /// The same for a thread that may wait.
    ///
    /// # Errors
    /// Whatever keeps it from lasting; nothing of it was kept then.
    pub fn run_blocking<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let (done, result) = oneshot::channel();
        let queue = self.work.as_ref().ok_or_else(|| self.closed())?;
        queue.blocking_send(piece(work, done)).map_err(|_| self.closed())?;
        let result = result.blocking_recv().map_err(|_| self.closed())?;
        result.map_err(|error| StoreError::from_sqlite(&self.path, &error))
    }

    fn closed(&self) -> StoreError {
        StoreError::Failed { path: self.path.clone(), reason: "it is closed".to_owned() }
    }

    /// Carries out one piece of work in one transaction, some time, before whatever comes after it. Nobody waits
    /// for it; where the queue is full or the work fails, it is left undone.
    pub fn later<F>(&self, what: &'static str, work: F)
    where
        F: FnOnce(&Transaction<'_>) -> rusqlite::Result<()> + Send + 'static,
    {
        let work: Work = Box::new(move |connection| {
            if let Err(error) = transact(connection, work) {
                tracing::warn!(what, %error, "could not be stored");
            }
        });
        if self.work.as_ref().is_none_or(|queue| queue.try_send(work).is_err()) {
            tracing::warn!(what, "could not be stored: the queue is full");
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already reported by whoever waited for its work.
            let _ = thread.join();
        }
    }
}

/// A piece of work that says what came of it.
fn piece<T: Send + 'static>(
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    done: oneshot::Sender<rusqlite::Result<T>>,
) -> Work {
    Box::new(move |connection| {
        // Whoever asked may be gone; the work is done all the same.
        let _ = done.send(transact(connection, work));
    })
}

fn transact<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let value = work(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

#[cfg(test)]
mod tests;
