//! Runs of transfers: which begin, on threads of their own, and what becomes of them.

use super::{AGAIN_MS, AT_ONCE, Entry, LOOK_MS, MOST_AGAIN_MS, Run, lane_name};
use crate::api::{ApiError, Code, Event, Presence, PublicKey};
use crate::call::machine::Peer;
use crate::engine::desk::{Desk, Message};
use crate::engine::folder::blocking;
use crate::engine::letter::Letter;
use crate::engine::people::shown_name;
use crate::store::Store;
use crate::store::transfers::{self, Stage, Which};
use crate::transfer::fault::Fault;
use crate::transfer::lane::{Lane, LaneEnded};
use crate::transfer::manifest::Manifest;
use crate::transfer::progress::Progress;
use crate::transfer::receive::{self, Keeper};
use crate::transfer::send::{self, Tree, Trees};
use crate::transfer::signal::{FileLetter, FileSignal, TransferId};
use crate::transfer::tree::Root;
use crate::transfer::wire::{Lost, Refused};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Runs that may end and be refused for a transfer that the sender knows nothing of, before that is believed.
const MOST_UNKNOWN: u32 = 6;

/// What a run reports.
#[derive(Debug)]
pub(in crate::engine) enum RunNews {
    /// What is kept of it has changed.
    Changed,
    /// It received, and has ended.
    Received(receive::Ended),
    /// It sent, and has ended.
    Sent(send::Ended),
}

/// What a run has at hand of the desk's.
struct Notes {
    store: Arc<Store>,
    server: String,
    key: PublicKey,
    id: TransferId,
    number: u64,
    inbox: mpsc::WeakSender<Message>,
}

impl Notes {
    fn keep(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>, Which<'_>) -> rusqlite::Result<()>
        + Send
        + 'static,
    ) -> Result<(), Fault> {
        let (server, key, id) = (self.server.clone(), self.key, self.id);
        let kept =
            self.store.run_blocking(move |db| work(db, Which { server: &server, key: &key, id }));
        kept.map_err(|error| Fault::Store(error.to_string()))
    }

    fn report(&self, news: RunNews) {
        if let Some(inbox) = self.inbox.upgrade() {
            // An engine that has stopped wants to know nothing.
            let _ = inbox.blocking_send(Message::Files(self.key, self.id, self.number, news));
        }
    }
}

impl Keeper for Notes {
    fn listed(&mut self, list: &Manifest, tops: &[String]) -> Result<(), Fault> {
        let (list, tops) = (list.clone(), tops.to_vec());
        self.keep(move |db, which| transfers::listed(db, which, &list, &tops))?;
        self.report(RunNews::Changed);
        Ok(())
    }

    fn opened(&mut self, file: u32, root: &Root) -> Result<(), Fault> {
        let root = *root;
        self.keep(move |db, which| transfers::put_root(db, which, file, &root))
    }

    fn named(&mut self, file: u32, name: &Path) -> Result<(), Fault> {
        let name = name.to_owned();
        self.keep(move |db, which| transfers::put_name(db, which, file, &name))
    }

    fn done(&mut self, file: u32) -> Result<(), Fault> {
        self.keep(move |db, which| transfers::put_done(db, which, file))
    }

    fn lost(&mut self, file: u32, why: Lost) -> Result<(), Fault> {
        self.keep(move |db, which| transfers::put_lost(db, which, file, why))?;
        self.report(RunNews::Changed);
        Ok(())
    }
}

impl Trees for Notes {
    fn known(&mut self, file: u32) -> Option<Tree> {
        let (server, key, id) = (self.server.clone(), self.key, self.id);
        let known = self.store.run_blocking(move |db| {
            transfers::tree(db, Which { server: &server, key: &key, id }, file)
        });
        known.ok().flatten()
    }

    fn made(&mut self, file: u32, tree: &Tree) {
        let tree = tree.clone();
        if let Err(error) = self.keep(move |db, which| transfers::put_tree(db, which, file, &tree))
        {
            tracing::warn!(%error, "a file will be hashed again");
        }
    }
}

impl Desk {
    /// Lets transfers go that can, asks for the links that they need, and shows how far they are.
    pub(in crate::engine) async fn files_go(&mut self) {
        self.look_at_files();
        let (now, online) = (self.now(), self.is_online());
        let (mut begin, mut link) = (Vec::new(), Vec::new());
        for ((key, id), entry) in &mut self.files.all {
            let Some(peer) = entry.ready() else { continue };
            // What is due is tried now, or when something else happens.
            entry.retry_at.take_if(|at| *at <= now);
            if self.known.reachable(key).is_none() {
                entry.stop();
                continue;
            }
            if entry.run.is_some() || entry.retry_at.is_some() {
                continue;
            }
            let up = self.links.up(&peer).is_some();
            let away = self.known.presence.get(key) == Some(&Presence::Offline);
            if up || (!away && online) {
                link.push((peer, !entry.fresh));
            }
            if up && !entry.kept.mine {
                begin.push((*key, *id, peer));
            }
        }
        self.drop_links_of_files().await;
        for (peer, first) in link {
            self.want_link_for_files(peer, first).await;
        }
        for (key, id, peer) in begin {
            if self.files.running() < AT_ONCE {
                self.begin_receiving(key, id, peer).await;
            }
        }
    }

    /// Once a second, shows how far transfers are that run.
    fn look_at_files(&mut self) {
        let now = self.now();
        if self.files.look_at.is_some_and(|at| at > now) {
            return;
        }
        for entry in self.files.all.values_mut() {
            let Some(run) = &entry.run else { continue };
            entry.speed.look(run.progress.moved(), now);
            self.board.publish(Event::TransferChanged { transfer: entry.shown() });
        }
        let runs = self.files.running() > 0;
        self.files.look_at = runs.then_some(now + LOOK_MS);
    }

    fn notes(&mut self, key: PublicKey, id: TransferId) -> Option<Notes> {
        let store = Arc::clone(&self.folder.as_ref()?.store);
        self.files.runs += 1;
        let (server, number, inbox) = (self.place.id(), self.files.runs, self.inbox.clone());
        Some(Notes { store, server, key, id, number, inbox })
    }

    async fn begin_receiving(&mut self, key: PublicKey, id: TransferId, peer: Peer) {
        let job = match self.job(key, id).await {
            Ok(Some(job)) => job,
            Ok(None) => return,
            Err(error) => return self.raise(error),
        };
        let (Some(mut notes), Some(link)) = (self.notes(key, id), self.links.up(&peer)) else {
            return;
        };
        let lane = link.lane(&lane_name(id));
        let work = move |lane: Lane, progress: Arc<Progress>| {
            let ended = receive::receive(lane, &job, &mut notes, &progress);
            notes.report(RunNews::Received(ended));
        };
        self.begin_run(key, id, lane, "receive files", work);
    }

    /// What there is to be received of a transfer.
    async fn job(&self, key: PublicKey, id: TransferId) -> Result<Option<receive::Job>, ApiError> {
        let Some(entry) = self.files.all.get(&(key, id)) else { return Ok(None) };
        let kept = entry.kept.clone();
        let Some(to) = kept.folder else { return Ok(None) };
        let folder = self.folder.as_ref().ok_or_else(crate::engine::desk::no_folder)?;
        let ledgers = folder.ledgers.join(id.to_string());
        let server = self.place.id();
        let found = self.run(move |db| {
            let which = Which { server: &server, key: &key, id };
            Ok((transfers::list(db, which)?, transfers::known(db, which)?))
        });
        let ((list, _), known) = found.await?;
        let (items, wanted, tops) = (kept.items, kept.wanted, kept.tops);
        Ok(Some(receive::Job { folder: to, ledgers, items, wanted, tops, list, known }))
    }

    /// The other side has opened a lane: it asks for files that the user sends.
    pub(in crate::engine) async fn lane_opened(&mut self, peer: Peer, name: &str) {
        let lane = self.links.up(&peer).and_then(|link| link.take_lane(name));
        let Some(lane) = lane else { return };
        let id = name.strip_prefix("file:").and_then(|id| id.parse::<TransferId>().ok());
        let entry = id.and_then(|id| self.files.all.get(&(peer.key, id)));
        let Some(entry) = entry.filter(|entry| entry.kept.mine) else {
            return lane.refuse(Refused::Unknown);
        };
        let id = entry.kept.id;
        match entry.kept.stage {
            // The word that it is wanted is still on its way.
            Stage::Offered => return lane.refuse(Refused::Later),
            Stage::Accepted | Stage::Done if entry.kept.device == Some(peer.device) => {}
            _ => return lane.refuse(Refused::Unknown),
        }
        if entry.kept.paused.0 {
            return lane.refuse(Refused::Paused);
        }
        // One that runs is on a lane that the other side has left.
        entry.stop();
        let wanted = entry.kept.wanted.clone();
        let server = self.place.id();
        let found = self
            .run(move |db| transfers::list(db, Which { server: &server, key: &peer.key, id }))
            .await;
        let (Ok((Some(list), sources)), Some(mut notes)) = (found, self.notes(peer.key, id)) else {
            return lane.refuse(Refused::Unknown);
        };
        let job = send::Job { list, sources, wanted };
        let work = move |lane: Lane, progress: Arc<Progress>| {
            let ended = send::send(lane, &job, &mut notes, &progress);
            notes.report(RunNews::Sent(ended));
        };
        self.begin_run(peer.key, id, lane, "send files", work);
    }

    fn begin_run(
        &mut self,
        key: PublicKey,
        id: TransferId,
        lane: Lane,
        name: &str,
        work: impl FnOnce(Lane, Arc<Progress>) + Send + 'static,
    ) {
        let number = self.files.runs;
        let Some(entry) = self.files.all.get_mut(&(key, id)) else { return };
        let (stop, progress) = (lane.stopper(), Arc::<Progress>::default());
        let theirs = Arc::clone(&progress);
        let thread = std::thread::Builder::new().name(name.to_owned());
        if let Err(error) = thread.spawn(move || work(lane, theirs)) {
            let error = format!("no thread for files: {error}");
            entry.problem = Some(ApiError::new(Code::Internal, error));
        } else {
            entry.run = Some(Run { number, stop, progress });
            (entry.retry_at, entry.fresh) = (None, false);
            entry.speed.stop();
            self.files.look_at.get_or_insert(0);
        }
        self.show_transfer(key, id);
    }

    /// A run reports something.
    pub(in crate::engine) async fn run_reported(
        &mut self,
        key: PublicKey,
        id: TransferId,
        number: u64,
        news: RunNews,
    ) {
        let is_of_now = |run: &Run| run.number == number;
        let entry = self.files.all.get_mut(&(key, id));
        let Some(entry) = entry.filter(|entry| entry.run.as_ref().is_some_and(is_of_now)) else {
            return;
        };
        if let RunNews::Changed = news {
            return self.reload(key, id).await;
        }
        let Some(run) = entry.run.take() else { return };
        entry.speed.stop();
        entry.tries = if run.progress.moved() > 0 { 0 } else { entry.tries.saturating_add(1) };
        let (leaving, elsewhere) = (entry.leaving, entry.elsewhere.is_some());
        let done = run.progress.get().map(|(done, _)| done);
        let server = self.place.id();
        let kept = self.run(move |db| {
            let which = Which { server: &server, key: &key, id };
            done.map_or(Ok(()), |done| transfers::set_done(db, which, done))
        });
        if let Err(error) = kept.await {
            self.raise(error);
        }
        match news {
            // Nobody waits for it, but for what has come whole.
            RunNews::Received(_) if leaving => {}
            RunNews::Received(ended) if elsewhere && ended != receive::Ended::Done => {}
            RunNews::Received(ended) => self.received(key, id, ended).await,
            RunNews::Sent(send::Ended::Done) => {
                // The receiver's letter says so too, where this is lost.
                let so = self.change_kept(key, id, |db, which| {
                    let kept = transfers::one(db, which)?;
                    match kept.is_some_and(|kept| kept.stage == Stage::Accepted) {
                        true => transfers::set_stage(db, which, Stage::Done).map(|()| true),
                        false => Ok(false),
                    }
                });
                if so.await {
                    self.board.publish(Event::FilesArrived { key, id: id.to_string() });
                }
            }
            RunNews::Sent(send::Ended::Lane(ended)) => {
                tracing::debug!(%ended, "a lane of files has ended");
            }
            RunNews::Changed => {}
        }
        self.reload(key, id).await;
        self.wind_up(key, id).await;
        self.files_go().await;
    }

    async fn received(&mut self, key: PublicKey, id: TransferId, ended: receive::Ended) {
        let now = self.now();
        let name = self.known.people.get(&key).map(shown_name).unwrap_or_default();
        let Some(entry) = self.files.all.get_mut(&(key, id)) else { return };
        let pause = AGAIN_MS.saturating_mul(1 << entry.tries.min(8)).min(MOST_AGAIN_MS);
        match ended {
            receive::Ended::Done => return self.arrived(key, id).await,
            receive::Ended::Lane(LaneEnded::Closed) | receive::Ended::Refused(Refused::Later) => {
                entry.retry_at = Some(now + pause);
            }
            receive::Ended::Refused(Refused::Unknown) if entry.tries < MOST_UNKNOWN => {
                entry.retry_at = Some(now + pause);
            }
            receive::Ended::Lane(odd @ LaneEnded::Odd(_)) => {
                tracing::warn!(%key, %odd, "files that come are left");
                let problem = ApiError::new(Code::PeerOdd, odd.to_string());
                entry.problem = Some(problem.with("name", name));
            }
            receive::Ended::Fault(fault) => {
                entry.problem = Some(problem(&fault));
                // Until it is mended, the sender has nothing to wait for.
                let letter = FileLetter { transfer: id, say: FileSignal::Pause };
                self.post(key, Letter::Files(letter), None).await;
            }
            receive::Ended::Refused(Refused::Paused) => {
                self.change_kept(key, id, |db, which| {
                    transfers::set_paused(db, which, false, true).map(|()| true)
                })
                .await;
            }
            receive::Ended::Refused(Refused::Unknown) => {
                self.change_kept(key, id, |db, which| {
                    transfers::set_stage(db, which, Stage::CancelledThere).map(|()| true)
                })
                .await;
            }
        }
    }

    /// All that was wanted is there.
    async fn arrived(&mut self, key: PublicKey, id: TransferId) {
        let posted = self.post_along(key, move |db, server| {
            transfers::set_stage(db, Which { server, key: &key, id }, Stage::Done)?;
            let letter = FileLetter { transfer: id, say: FileSignal::Done };
            Ok(Some(Letter::Files(letter)))
        });
        if let Err(error) = posted.await {
            return self.raise(error);
        }
        self.reload(key, id).await;
        self.board.publish(Event::FilesArrived { key, id: id.to_string() });
    }

    /// Keeps a change; shows it where there was one, and says whether.
    async fn change_kept(
        &mut self,
        key: PublicKey,
        id: TransferId,
        work: impl FnOnce(&rusqlite::Transaction<'_>, Which<'_>) -> rusqlite::Result<bool>
        + Send
        + 'static,
    ) -> bool {
        let server = self.place.id();
        match self.run(move |db| work(db, Which { server: &server, key: &key, id })).await {
            Ok(changed) => {
                if changed {
                    self.reload(key, id).await;
                }
                changed
            }
            Err(error) => {
                self.raise(error);
                false
            }
        }
    }

    /// What ran of a transfer that was ended stops. What came in part is taken away once nothing is written any more:
    /// only then can it leave the list, or go on elsewhere.
    pub(super) async fn wind_up(&mut self, key: PublicKey, id: TransferId) {
        let Some(entry) = self.files.all.get_mut(&(key, id)) else { return };
        if entry.ready().is_none() {
            entry.stop();
        }
        if entry.kept.mine || entry.run.is_some() {
            return;
        }
        let leaving = entry.leaving;
        let folder = entry.elsewhere.take().filter(|_| entry.kept.stage == Stage::Accepted);
        if matches!(entry.kept.stage, Stage::CancelledHere | Stage::CancelledThere) {
            entry.problem = None;
            self.clear_away(key, id).await;
        } else if let Some(folder) = folder {
            self.clear_away(key, id).await;
            self.change_kept(key, id, move |db, which| {
                transfers::move_to(db, which, &folder).map(|()| true)
            })
            .await;
        }
        if leaving && let Err(error) = self.take_off(key, id).await {
            self.raise(error);
        }
    }

    /// Takes away what stayed of transfers that had ended when the app did.
    pub(super) async fn clear_left(&mut self) {
        let ended = |entry: &Entry| {
            matches!(entry.kept.stage, Stage::CancelledHere | Stage::CancelledThere)
        };
        let ended = self.files.all.iter().filter(|(_, entry)| !entry.kept.mine && ended(entry));
        let ended: Vec<_> = ended.map(|(which, _)| *which).collect();
        for (key, id) in ended {
            if let Ok(Some(job)) = self.job(key, id).await
                && receive::is_begun(&job)
            {
                self.clear_away(key, id).await;
            }
        }
    }

    /// Takes away what there is of files that are not whole.
    pub(super) async fn clear_away(&mut self, key: PublicKey, id: TransferId) {
        let cleared = match self.job(key, id).await {
            Ok(Some(job)) => {
                blocking(move || receive::clear(&job).map_err(|fault| problem(&fault))).await
            }
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = cleared {
            tracing::warn!(%error, "parts of files stay");
        }
    }
}

fn problem(fault: &Fault) -> ApiError {
    let message = fault.to_string();
    match fault {
        Fault::NoRoom { folder, needs, has } => ApiError::new(Code::NoRoom, message)
            .with("path", folder.display())
            .with("needs", needs)
            .with("has", has),
        Fault::Full { path } => ApiError::new(Code::DiskFull, message).with("path", path.display()),
        Fault::Gone { path } => {
            ApiError::new(Code::FolderGone, message).with("path", path.display())
        }
        Fault::Denied { path } => {
            ApiError::new(Code::PermissionDenied, message).with("path", path.display())
        }
        Fault::Disk { path, reason } => ApiError::new(Code::DiskFailed, message)
            .with("path", path.display())
            .with("reason", reason),
        Fault::Store(reason) => ApiError::new(Code::Internal, reason.clone()),
    }
}
