//! What comes about transfers: taken in the transaction that its letter is dealt with in, then shown.

use crate::api::{Event, LastSeen, LastWhat, PublicKey};
use crate::engine::desk::Desk;
use crate::engine::letter::Letter;
use crate::store::letters::{self, Outgoing};
use crate::store::people::Person;
use crate::store::transfers::{self, Kept, Stage, WAITING, Which};
use crate::transfer::signal::{self, FileLetter, FileSignal, OfferedItem, TransferId};
use rusqlite::Transaction;
use visavis_signaling::protocol::DeviceId;

/// Who says it, and when it is.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Heard<'a> {
    pub(in crate::engine) server: &'a str,
    pub(in crate::engine) key: &'a PublicKey,
    pub(in crate::engine) from: DeviceId,
    pub(in crate::engine) now_ms: u64,
}

/// What a word has changed.
#[derive(Debug, Default)]
pub(in crate::engine) struct FileNews {
    /// A transfer to be shown anew.
    changed: Option<TransferId>,
    /// When it was offered, where it is a new offer.
    offered: Option<u64>,
    /// Whether all of what the user sent is there.
    arrived: bool,
    /// What is said at once, without asking the user.
    said: Option<Outgoing<Letter>>,
}

/// Takes a word about a transfer.
pub(in crate::engine) fn take(
    db: &Transaction<'_>,
    heard: Heard<'_>,
    letter: &FileLetter,
) -> rusqlite::Result<FileNews> {
    let Heard { server, key, from, now_ms } = heard;
    let which = Which { server, key, id: letter.transfer };
    if let FileSignal::Offer { at_ms, items } = &letter.say {
        return offered(db, heard, letter.transfer, (*at_ms).min(now_ms), items);
    }
    let Some(kept) = transfers::one(db, which)? else { return Ok(FileNews::default()) };
    let goes = matches!(kept.stage, Stage::Offered | Stage::Accepted);
    let mut news = FileNews { changed: Some(letter.transfer), ..FileNews::default() };
    match &letter.say {
        FileSignal::Accept { device, items } if kept.mine && goes => {
            let known = kept.device.is_none_or(|known| known == *device);
            let count = kept.items.len();
            let fits = items.as_ref().is_none_or(|items| {
                !items.is_empty() && items.iter().all(|item| (*item as usize) < count)
            });
            // Only the device that says so, and the first that does.
            if *device != from || !known || !fits {
                tracing::warn!(%key, "an acceptance that does not fit was left aside");
                return Ok(FileNews::default());
            }
            transfers::accept(db, which, Some(*device), items.as_deref(), None)?;
        }
        FileSignal::Decline if kept.mine && kept.stage == Stage::Offered => {
            transfers::set_stage(db, which, Stage::Declined)?;
        }
        FileSignal::Cancel if goes => transfers::set_stage(db, which, Stage::CancelledThere)?,
        FileSignal::Pause if goes => transfers::set_paused(db, which, false, true)?,
        FileSignal::Resume => {
            // Also where all but lost files had come: they are wanted again.
            transfers::set_paused(db, which, false, false)?;
            if kept.mine && kept.stage == Stage::Done {
                transfers::set_stage(db, which, Stage::Accepted)?;
            }
        }
        FileSignal::Done if kept.mine && goes => {
            transfers::set_stage(db, which, Stage::Done)?;
            news.arrived = true;
        }
        _ => return Ok(FileNews::default()),
    }
    Ok(news)
}

fn offered(
    db: &Transaction<'_>,
    Heard { server, key, from, .. }: Heard<'_>,
    id: TransferId,
    at_ms: u64,
    items: &[OfferedItem],
) -> rusqlite::Result<FileNews> {
    let odd = signal::check(items).err();
    let full = transfers::waiting(db, server, key)? >= WAITING;
    if odd.is_some() || full {
        tracing::warn!(%key, ?odd, full, "an offer was declined");
        let letter = Letter::Files(FileLetter { transfer: id, say: FileSignal::Decline });
        let row = letters::post(db, server, key, &letter)?;
        let said = Outgoing::new(row, *key, letter);
        return Ok(FileNews { said: Some(said), ..FileNews::default() });
    }
    let kept = Kept::offered((*key, id), Some(from), at_ms, items.to_vec());
    let new = transfers::begin(db, server, &kept)?;
    Ok(FileNews {
        changed: new.then_some(id),
        offered: new.then_some(at_ms),
        ..FileNews::default()
    })
}

/// The person after an offer of theirs.
pub(in crate::engine) fn after_offer(mut person: Person, news: &FileNews) -> Person {
    if let Some(at_ms) = news.offered
        && person.last.is_none_or(|last| last.at_ms <= at_ms)
    {
        person.last = Some(LastSeen { what: LastWhat::OfferedFrom, at_ms });
    }
    person
}

impl Desk {
    /// Shows what has changed by a word that was taken, and does what follows.
    pub(in crate::engine) async fn show_files(&mut self, key: PublicKey, news: FileNews) {
        if let Some(said) = news.said {
            self.posted_along(said).await;
        }
        let Some(id) = news.changed else { return };
        self.reload(key, id).await;
        if let Some(entry) = self.files.all.get_mut(&(key, id)) {
            // Whoever says something knows of it.
            entry.fresh = false;
        }
        if news.offered.is_some() && !self.accept_by_itself(key, id).await {
            self.board.publish(Event::FilesOffered { key, id: id.to_string() });
        }
        if news.arrived {
            self.board.publish(Event::FilesArrived { key, id: id.to_string() });
        }
        self.wind_up(key, id).await;
        self.files_go().await;
    }

    /// Takes an offer of one from whom files are always taken, where it is not too large.
    async fn accept_by_itself(&mut self, key: PublicKey, id: TransferId) -> bool {
        let Some(entry) = self.files.all.get(&(key, id)) else { return false };
        let bytes: u64 = entry.kept.items.iter().map(|item| item.size).sum();
        let allowed = self.settings.accept_always.iter();
        if !allowed.clone().any(|allowed| allowed.key == key && bytes <= allowed.most) {
            return false;
        }
        match self.accept_files(key, id, None, None).await {
            Ok(()) => true,
            Err(error) => {
                // The user is asked then.
                tracing::warn!(%error, "files were not taken by themselves");
                false
            }
        }
    }
}
