//! The one thread that owns the database. Requests queue up, are decided in one transaction together, and are
//! answered after it is on the disk; so whatever was answered is kept, and all changes have one order, in
//! which the room hears of them. When a transaction fails, its requests are decided again one by one, so that
//! only those which can't be written are refused.
//! The queue is bounded: requests beyond it are refused, and sign-ins wait at the door.

mod job;
mod outcome;

pub(crate) use job::Job;

use super::core::Core;
use super::records::StoreError;
use super::store::Database;
use outcome::Outcome;
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Jobs that are decided in one transaction.
const BATCH: usize = 256;
/// Bytes of envelopes that may wait.
const MOST_BYTES: usize = 64 << 20;

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    bytes: usize,
    closed: bool,
}

/// What waits for the thread.
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    filled: Condvar,
    most: usize,
}

impl Queue {
    pub(crate) fn new(most: u32) -> Self {
        Self { waiting: Mutex::default(), filled: Condvar::new(), most: most as usize }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a client's request; false when the queue is full.
    #[must_use]
    pub(crate) fn offer(&self, job: Job) -> bool {
        let waiting = self.waiting();
        if waiting.jobs.len() >= self.most || waiting.bytes >= MOST_BYTES || waiting.closed {
            return false;
        }
        self.add(waiting, job);
        true
    }

    /// Adds what is bounded elsewhere: each session has at most a few of these. When the thread is gone the
    /// job is dropped, and whoever waits for its answer sees that.
    pub(crate) fn add_own(&self, job: Job) {
        let waiting = self.waiting();
        if !waiting.closed {
            self.add(waiting, job);
        }
    }

    fn add(&self, mut waiting: MutexGuard<'_, Waiting>, job: Job) {
        waiting.bytes += job.size();
        waiting.jobs.push_back(job);
        drop(waiting);
        self.filled.notify_one();
    }

    /// Waits for jobs; none when the queue is closed and empty.
    fn next(&self) -> Option<Vec<Job>> {
        let mut waiting = self.waiting();
        while waiting.jobs.is_empty() {
            if waiting.closed {
                return None;
            }
            waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let count = waiting.jobs.len().min(BATCH);
        let jobs: Vec<_> = waiting.jobs.drain(..count).collect();
        waiting.bytes -= jobs.iter().map(Job::size).sum::<usize>();
        Some(jobs)
    }

    /// Lets the thread end once all that waits is done.
    pub(crate) fn close(&self) {
        self.waiting().closed = true;
        self.filled.notify_all();
    }
}

/// Closes the queue when the thread ends, however it ends, and drops what nobody will do.
struct Closing<'a>(&'a Queue);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
        self.0.waiting().jobs.clear();
    }
}

/// The thread: until the queue is closed.
pub(crate) fn run(core: &Arc<Core>, database: Database) {
    let closing = Closing(&core.ledger);
    while let Some(jobs) = core.ledger.next() {
        let began = Instant::now();
        let writes = jobs.iter().any(Job::writes);
        let outcomes = decide(core, &database.connection, &jobs, writes);
        if writes {
            core.counters.database.observe(began.elapsed());
        }
        for (job, outcome) in jobs.into_iter().zip(outcomes) {
            outcome::tell(core, job, outcome);
        }
    }
    if let Err(error) = database.connection.pragma_update(None, "wal_checkpoint", "truncate") {
        tracing::warn!(%error, "the database was not tidied up at the end; that is done at the next start");
    }
    drop(closing);
}

/// Decides jobs in one transaction, or each in its own when that fails.
fn decide(core: &Core, connection: &Connection, jobs: &[Job], writes: bool) -> Vec<Outcome> {
    match together(core, connection, jobs, writes) {
        Ok(outcomes) => outcomes,
        Err(error) => {
            if jobs.len() > 1 {
                tracing::debug!(%error, jobs = jobs.len(), "a transaction failed; again one by one");
            }
            jobs.iter()
                .map(|job| {
                    let alone = std::slice::from_ref(job);
                    match together(core, connection, alone, writes) {
                        Ok(mut outcomes) => outcomes.pop().unwrap_or(Outcome::Done),
                        Err(error) => Outcome::Failed(error),
                    }
                })
                .collect()
        }
    }
}

fn run_sql(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Takes a transaction back that nobody will finish.
struct Transaction<'c>(&'c Connection);

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit()
            && let Err(error) = run_sql(self.0, "rollback")
        {
            tracing::error!(%error, "a transaction could not be taken back");
        }
    }
}

fn together(
    core: &Core,
    connection: &Connection,
    jobs: &[Job],
    writes: bool,
) -> Result<Vec<Outcome>, StoreError> {
    run_sql(connection, if writes { "begin immediate" } else { "begin" })?;
    let transaction = Transaction(connection);
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs {
        run_sql(connection, "savepoint job")?;
        let outcome = job.decide(core, connection);
        if connection.is_autocommit() {
            // SQLite took the whole transaction back, and with it what was decided before.
            return Err(outcome.into_failure());
        }
        if outcome.is_refusal() {
            run_sql(connection, "rollback to job")?;
        }
        run_sql(connection, "release job")?;
        outcomes.push(outcome);
    }
    run_sql(connection, "commit")?;
    drop(transaction);
    Ok(outcomes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_bounded_for_clients_and_ends_when_it_is_closed() {
        let queue = Queue::new(2);
        let health = || Job::Health { answer: tokio::sync::oneshot::channel().0 };
        assert!(queue.offer(health()) && queue.offer(health()));
        assert!(!queue.offer(health()));
        queue.add_own(health());
        assert_eq!(queue.next().unwrap().len(), 3);
        assert!(queue.offer(health()));
        queue.close();
        assert!(!queue.offer(health()));
        assert_eq!(queue.next().unwrap().len(), 1);
        assert!(queue.next().is_none());
        assert_eq!(queue.waiting().bytes, 0);
    }
}
