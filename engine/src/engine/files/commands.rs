//! What the user wants of transfers: each is kept together with the letter that tells the other side, in one step.

use super::{Entry, Files};
use crate::api::{ApiError, Code, Command, LastSeen, LastWhat, PublicKey, Reply};
use crate::engine::desk::{Asker, Desk, Message};
use crate::engine::folder::{blocking, disk_error};
use crate::engine::letter::Letter;
use crate::store::people;
use crate::store::transfers::{self, Kept, Stage, Which};
use crate::transfer::signal::{FileLetter, FileSignal, MOST_FILES, MOST_ITEMS, TransferId};
use crate::transfer::source::{NotOffered, Offer, look_through};
use std::path::PathBuf;

impl Desk {
    /// A command about files.
    pub(in crate::engine) async fn files_command(
        &mut self,
        command: Command,
    ) -> Result<Reply, ApiError> {
        match command {
            Command::AcceptFiles { key, id, items, folder } => {
                let id = read(&id)?;
                self.accept_files(key, id, items, folder.map(PathBuf::from)).await?;
            }
            Command::DeclineFiles { key, id } => self.decline_files(key, read(&id)?).await?,
            Command::PauseTransfer { key, id } => self.pause(key, read(&id)?).await?,
            Command::ResumeTransfer { key, id, folder } => {
                self.resume(key, read(&id)?, folder.map(PathBuf::from)).await?;
            }
            Command::CancelTransfer { key, id } => self.cancel(key, read(&id)?).await?,
            Command::ForgetTransfer { key, id } => self.forget(key, read(&id)?).await?,
            _ => return Err(ApiError::new(Code::NotNow, "not a command for now")),
        }
        Ok(Reply::Done)
    }

    /// Looks through what is to be offered, beside the loop: that may take its time.
    pub(in crate::engine) fn offer_files(&self, key: PublicKey, paths: Vec<String>, asker: Asker) {
        if let Err(error) = self.may_be_written_to(&key) {
            return drop(asker.send(Err(error)));
        }
        let inbox = self.inbox.clone();
        tokio::spawn(async move {
            let paths: Vec<PathBuf> = paths.into_iter().map(PathBuf::from).collect();
            let looked = blocking(move || look_through(&paths).map_err(|why| not_offered(&why)));
            let looked = looked.await;
            let Some(inbox) = inbox.upgrade() else { return };
            // An engine that has stopped offers nothing.
            let _ = inbox.send(Message::Looked(key, Box::new(looked), asker)).await;
        });
    }

    /// What is to be offered was looked through.
    pub(in crate::engine) async fn looked_through(
        &mut self,
        key: PublicKey,
        looked: Result<Offer, ApiError>,
        asker: Asker,
    ) {
        let offered = match looked {
            Ok(offer) => self.post_offer(key, offer).await,
            Err(error) => Err(error),
        };
        // Whoever asked may be gone.
        let _ = asker.send(offered);
    }

    async fn post_offer(&mut self, key: PublicKey, offer: Offer) -> Result<Reply, ApiError> {
        self.may_be_written_to(&key)?;
        let id = TransferId::random();
        let id = id.map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
        let at_ms = self.time_ms();
        let Offer { items, list, sources } = offer;
        let kept = Kept::offered((key, id), None, at_ms, items.clone());
        let letter = FileLetter { transfer: id, say: FileSignal::Offer { at_ms, items } };
        let mut person = self.known.people.get(&key).cloned();
        if let Some(person) = &mut person {
            person.last = Some(LastSeen { what: LastWhat::OfferedTo, at_ms });
        }
        let after = person.clone();
        self.post_along(key, move |db, server| {
            transfers::begin(db, server, &kept)?;
            if let Some(person) = &after {
                people::put(db, server, person)?;
            }
            transfers::put_sources(db, Which { server, key: &key, id }, &list, &sources)?;
            Ok(Some(Letter::Files(letter)))
        })
        .await?;
        if let Some(person) = person {
            self.known.people.insert(key, person);
            self.show_person(&key);
        }
        self.reload(key, id).await;
        Ok(Reply::Offered { id: id.to_string() })
    }

    pub(super) async fn accept_files(
        &mut self,
        key: PublicKey,
        id: TransferId,
        items: Option<Vec<u32>>,
        folder: Option<PathBuf>,
    ) -> Result<(), ApiError> {
        self.may_be_written_to(&key)?;
        let entry = self.files.get(key, id)?;
        if entry.kept.mine || entry.kept.stage != Stage::Offered {
            return Err(no_such_transfer());
        }
        let count = entry.kept.items.len();
        if items.as_ref().is_some_and(|items| {
            items.is_empty() || items.iter().any(|item| *item as usize >= count)
        }) {
            return Err(ApiError::new(Code::NothingToSend, "none of the items is wanted"));
        }
        let folder = self.folder_for_files(folder).await?;
        let device = self.own.as_ref().ok_or_else(crate::engine::desk::no_folder)?.device;
        let say = FileSignal::Accept { device, items: items.clone() };
        self.post_along(key, move |db, server| {
            let which = Which { server, key: &key, id };
            transfers::accept(db, which, None, items.as_deref(), Some(&folder))?;
            Ok(Some(Letter::Files(FileLetter { transfer: id, say })))
        })
        .await?;
        if let Some(entry) = self.files.all.get_mut(&(key, id)) {
            entry.fresh = true;
        }
        self.reload(key, id).await;
        self.files_go().await;
        Ok(())
    }

    /// The folder that files go into: it is there when this returns.
    async fn folder_for_files(&self, named: Option<PathBuf>) -> Result<PathBuf, ApiError> {
        let chosen = self.settings.downloads.clone().map(PathBuf::from);
        let usual = || self.options.downloads.clone();
        let folder = named.or(chosen).or_else(usual);
        let needed = || ApiError::new(Code::FolderNeeded, "nobody said where files go");
        let folder = folder.filter(|folder| folder.is_absolute()).ok_or_else(needed)?;
        blocking(move || {
            std::fs::create_dir_all(&folder).map_err(|error| disk_error(&folder, &error))?;
            Ok(folder)
        })
        .await
    }

    async fn decline_files(&mut self, key: PublicKey, id: TransferId) -> Result<(), ApiError> {
        let entry = self.files.get(key, id)?;
        if entry.kept.mine || entry.kept.stage != Stage::Offered {
            return Err(no_such_transfer());
        }
        self.say(key, id, FileSignal::Decline, |db, which| {
            transfers::set_stage(db, which, Stage::Declined)
        })
        .await
    }

    async fn pause(&mut self, key: PublicKey, id: TransferId) -> Result<(), ApiError> {
        let entry = self.files.get(key, id)?;
        if entry.kept.stage != Stage::Accepted {
            return Err(no_such_transfer());
        }
        entry.stop();
        self.say(key, id, FileSignal::Pause, |db, which| {
            transfers::set_paused(db, which, true, true)
        })
        .await
    }

    async fn resume(
        &mut self,
        key: PublicKey,
        id: TransferId,
        folder: Option<PathBuf>,
    ) -> Result<(), ApiError> {
        self.may_be_written_to(&key)?;
        let entry = self.files.get(key, id)?;
        let (mine, lost) = (entry.kept.mine, entry.kept.lost);
        let again = !mine && lost > 0 && entry.kept.stage == Stage::Done;
        if entry.kept.stage != Stage::Accepted && !again {
            return Err(no_such_transfer());
        }
        let folder = match folder {
            Some(folder) if !mine => Some(self.folder_for_files(Some(folder)).await?),
            _ => None,
        };
        if let Some(entry) = self.files.all.get_mut(&(key, id)) {
            entry.stop();
            (entry.problem, entry.retry_at, entry.tries) = (None, None, 0);
            entry.fresh = true;
        }
        self.say(key, id, FileSignal::Resume, move |db, which| {
            transfers::set_paused(db, which, true, false)?;
            transfers::set_stage(db, which, Stage::Accepted)?;
            if !mine {
                transfers::want_lost_again(db, which)?;
            }
            Ok(())
        })
        .await?;
        if let Some(entry) = self.files.all.get_mut(&(key, id)).filter(|_| folder.is_some()) {
            entry.elsewhere = folder;
            self.wind_up(key, id).await;
        }
        self.files_go().await;
        Ok(())
    }

    async fn cancel(&mut self, key: PublicKey, id: TransferId) -> Result<(), ApiError> {
        let entry = self.files.get(key, id)?;
        if !matches!(entry.kept.stage, Stage::Offered | Stage::Accepted) {
            return Err(no_such_transfer());
        }
        entry.stop();
        self.say(key, id, FileSignal::Cancel, |db, which| {
            transfers::set_stage(db, which, Stage::CancelledHere)
        })
        .await?;
        self.wind_up(key, id).await;
        Ok(())
    }

    async fn forget(&mut self, key: PublicKey, id: TransferId) -> Result<(), ApiError> {
        if let Some(entry) = self.files.all.get_mut(&(key, id))
            && entry.is_receiving()
        {
            if entry.kept.stage == Stage::Accepted {
                return Err(no_such_transfer());
            }
            entry.leave();
            return Ok(());
        }
        if self.take_off(key, id).await? { Ok(()) } else { Err(no_such_transfer()) }
    }

    /// Keeps a change and tells the other side of it, in one step.
    async fn say(
        &mut self,
        key: PublicKey,
        id: TransferId,
        say: FileSignal,
        change: impl FnOnce(&rusqlite::Transaction<'_>, Which<'_>) -> rusqlite::Result<()>
        + Send
        + 'static,
    ) -> Result<(), ApiError> {
        self.post_along(key, move |db, server| {
            change(db, Which { server, key: &key, id })?;
            Ok(Some(Letter::Files(FileLetter { transfer: id, say })))
        })
        .await?;
        self.reload(key, id).await;
        Ok(())
    }
}

impl Files {
    fn get(&self, key: PublicKey, id: TransferId) -> Result<&Entry, ApiError> {
        self.all.get(&(key, id)).ok_or_else(no_such_transfer)
    }
}

fn read(id: &str) -> Result<TransferId, ApiError> {
    id.parse().map_err(|_| no_such_transfer())
}

fn no_such_transfer() -> ApiError {
    ApiError::new(Code::NoSuchTransfer, "there is no such transfer, or it is not for that now")
}

fn not_offered(why: &NotOffered) -> ApiError {
    let message = why.to_string();
    match why {
        NotOffered::Nothing => ApiError::new(Code::NothingToSend, message),
        NotOffered::TooMany => ApiError::new(Code::TooManyFiles, message)
            .with("items", MOST_ITEMS)
            .with("files", MOST_FILES),
        NotOffered::TooLarge { path } => {
            ApiError::new(Code::FileTooLarge, message).with("path", path.display())
        }
        NotOffered::Gone { path } => {
            ApiError::new(Code::FileMissing, message).with("path", path.display())
        }
        NotOffered::Unreadable { path, reason } => ApiError::new(Code::FileUnreadable, message)
            .with("path", path.display())
            .with("reason", reason),
    }
}
