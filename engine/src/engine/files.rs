//! Files at the desk: what is offered and taken, and which transfers run. Bytes go over lanes, on threads of their own;
//! what both sides have to know goes by letters that are kept, so that it holds whoever is away.
//!
//! A transfer goes by itself as soon as it is wanted, nobody has paused it, nothing has to be mended, and a link to the
//! other one's device is up. The receiver opens the lane.

mod commands;
mod places;
mod runs;
mod shown;
mod taking;

pub(super) use runs::RunNews;
pub(super) use taking::{FileNews, Heard, after_offer, take};

use super::desk::Desk;
use crate::api::{ApiError, Event, PublicKey};
use crate::call::machine::Peer;
use crate::store::transfers::{self, Kept, Stage, Which};
use crate::transfer::lane::Stopper;
use crate::transfer::progress::Progress;
use crate::transfer::signal::TransferId;
use shown::Speed;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Transfers that go at once; others wait for their turn.
const AT_ONCE: usize = 4;
/// A lane that broke off is tried again after so long, then after twice as long, up to a limit.
const AGAIN_MS: u64 = 250;
const MOST_AGAIN_MS: u64 = 10_000;
/// So often it is looked how far transfers are.
const LOOK_MS: u64 = 1_000;

/// What lane a transfer goes over.
pub(super) fn lane_name(id: TransferId) -> String {
    format!("file:{id}")
}

/// All that are shown.
#[derive(Debug, Default)]
pub(super) struct Files {
    all: BTreeMap<(PublicKey, TransferId), Entry>,
    runs: u64,
    look_at: Option<u64>,
}

#[derive(Debug)]
struct Entry {
    kept: Kept,
    run: Option<Run>,
    problem: Option<ApiError>,
    /// Not before then; and how often it broke off without anything having come.
    retry_at: Option<u64>,
    tries: u32,
    /// Whether it was accepted or taken up again here just now. The other side may not know yet, so it is the one to begin.
    fresh: bool,
    /// Once nothing is written any more: it is taken off the list, or it goes on in another folder.
    leaving: bool,
    elsewhere: Option<PathBuf>,
    speed: Speed,
}

/// A thread that sends or receives.
#[derive(Debug)]
struct Run {
    number: u64,
    stop: Stopper,
    progress: Arc<Progress>,
}

impl Entry {
    fn new(kept: Kept) -> Self {
        let (run, problem, retry_at) = (None, None, None);
        let (leaving, elsewhere, speed) = (false, None, Speed::default());
        Self { kept, run, problem, retry_at, tries: 0, fresh: false, leaving, elsewhere, speed }
    }

    /// With which device it goes, where nothing stands in its way but the way itself.
    fn ready(&self) -> Option<Peer> {
        let Kept { key, device, stage, paused, .. } = &self.kept;
        let goes = *stage == Stage::Accepted && *paused == (false, false);
        let device = device.filter(|_| goes && self.problem.is_none())?;
        Some(Peer { key: *key, device })
    }

    /// Whether a thread may still write what comes.
    fn is_receiving(&self) -> bool {
        !self.kept.mine && self.run.is_some()
    }

    /// It goes off the list as soon as its thread has ended.
    fn leave(&mut self) {
        self.leaving = true;
        self.stop();
    }

    fn stop(&self) {
        if let Some(run) = &self.run {
            run.stop.stop();
        }
    }
}

impl Files {
    /// When `files_go` is due, if ever.
    pub(super) fn next_deadline(&self) -> Option<u64> {
        let waiting =
            self.all.values().filter(|entry| entry.run.is_none() && entry.ready().is_some());
        self.look_at.into_iter().chain(waiting.filter_map(|entry| entry.retry_at)).min()
    }

    /// Whether a transfer with someone's device could go.
    pub(super) fn want(&self, peer: Peer) -> bool {
        self.all.values().any(|entry| entry.ready() == Some(peer))
    }

    fn running(&self) -> usize {
        self.all.values().filter(|entry| entry.run.is_some()).count()
    }
}

impl Desk {
    /// Reads the transfers of the current server from the store, and shows them. What ran stops.
    pub(super) async fn load_files(&mut self) {
        self.stop_files();
        let server = self.place.id();
        match self.run(move |db| transfers::shown(db, &server)).await {
            Ok(all) => {
                let entries = all.into_iter().map(|kept| ((kept.key, kept.id), Entry::new(kept)));
                self.files.all = entries.collect();
            }
            Err(error) => self.raise(error),
        }
        let transfers = self.files.all.values().map(Entry::shown).collect();
        self.board.publish(Event::TransfersChanged { transfers });
        self.clear_left().await;
    }

    /// Everything that runs stops, and goes on when it can.
    pub(super) fn stop_files(&mut self) {
        for entry in self.files.all.values() {
            entry.stop();
        }
        self.files.all.clear();
    }

    /// All that goes with someone ends, without a trace but what has come whole.
    pub(super) async fn forget_files(&mut self, key: PublicKey) {
        let theirs: Vec<TransferId> =
            self.files.all.keys().filter(|(with, _)| *with == key).map(|(_, id)| *id).collect();
        let mut leaving = Vec::new();
        for id in &theirs {
            match self.files.all.get_mut(&(key, *id)) {
                Some(entry) if entry.is_receiving() => {
                    entry.leave();
                    leaving.push(*id);
                }
                Some(entry) => {
                    entry.stop();
                    self.clear_away(key, *id).await;
                }
                None => {}
            }
        }
        let server = self.place.id();
        let forgotten = self.run(move |db| transfers::forget_all(db, &server, &key, &leaving));
        if let Err(error) = forgotten.await {
            return self.raise(error);
        }
        for id in theirs {
            self.reload(key, id).await;
        }
        self.drop_links_of_files().await;
    }

    /// Reads a transfer anew from the store, and shows it.
    async fn reload(&mut self, key: PublicKey, id: TransferId) {
        let server = self.place.id();
        let kept = self.run(move |db| transfers::one(db, Which { server: &server, key: &key, id }));
        match kept.await {
            Ok(Some(kept)) => {
                match self.files.all.get_mut(&(key, id)) {
                    Some(entry) => entry.kept = kept,
                    None => drop(self.files.all.insert((key, id), Entry::new(kept))),
                }
                self.show_transfer(key, id);
            }
            Ok(None) => {
                if let Some(entry) = self.files.all.remove(&(key, id)) {
                    entry.stop();
                    self.board.publish(Event::TransferForgotten { key, id: id.to_string() });
                }
            }
            Err(error) => self.raise(error),
        }
    }

    /// Takes one that is over off the list. False where it is not over, or not there.
    async fn take_off(&mut self, key: PublicKey, id: TransferId) -> Result<bool, ApiError> {
        let server = self.place.id();
        let gone =
            self.run(move |db| transfers::forget(db, Which { server: &server, key: &key, id }));
        let gone = gone.await?;
        if gone {
            self.reload(key, id).await;
        }
        Ok(gone)
    }

    fn show_transfer(&self, key: PublicKey, id: TransferId) {
        if let Some(entry) = self.files.all.get(&(key, id)) {
            self.board.publish(Event::TransferChanged { transfer: entry.shown() });
        }
    }
}
