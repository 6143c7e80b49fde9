//! The outbox: letters that have to reach the server, one on the way to each person at a time, so that none overtakes
//! another. A letter that may have been lost is sealed and sent again with its old number. What goes over links as well
//! is `by_hand`'s.

use super::answers::Pending;
use super::desk::{Asker, Desk};
use super::letter::{Enclosed, Letter};
use super::people::shown_name;
use crate::api::{ApiError, Code, Mark, PublicKey, Reply};
use crate::chat::signal::{ChatLetter, ChatSignal, MOST_AT_ONCE, MessageId};
use crate::identity::Stamp;
use crate::identity::envelope::seal;
use crate::session::fault::Fault;
use crate::store::letters::{self, Outgoing};
use crate::store::messages::{self, With};
use rusqlite::Transaction;
use std::collections::{HashSet, VecDeque};
use visavis_signaling::protocol::{ClientMessage, ErrorCode, KeyBundle, ServerMessage};

/// After a refusal that names no time.
const PAUSE_MS: u64 = 2_000;

/// What is not yet on the server.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Entry>,
    under_way: HashSet<PublicKey>,
    retry_at: Option<u64>,
}

#[derive(Debug)]
struct Entry {
    letter: Outgoing<Letter>,
    asker: Option<Asker>,
}

impl Outbox {
    /// When `pump` is due, if ever.
    pub(super) fn retry_at(&self) -> Option<u64> {
        self.retry_at
    }

    /// The last letter that waits for someone and says what has come, if it is the last and has room.
    pub(super) fn open_got(&self, to: &PublicKey) -> Option<(i64, MessageId, Vec<MessageId>)> {
        let mut theirs = self.waiting.iter().filter(|entry| entry.letter.to == *to);
        let first = theirs.next()?;
        let last = theirs.next_back()?;
        let Letter::Chat(ChatLetter { message, say: ChatSignal::Got { also } }) =
            &last.letter.letter
        else {
            return None;
        };
        // The first may be on its way, and what has a number was said by hand.
        let unsaid = first.letter.id != last.letter.id && last.letter.number.is_none();
        let room = also.len() + 1 < MOST_AT_ONCE && unsaid;
        room.then(|| (last.letter.id, *message, also.clone()))
    }

    /// The first letter to someone that has no number up to this one.
    pub(super) fn beyond(&self, to: &PublicKey, have: u64) -> Option<&Outgoing<Letter>> {
        let theirs = self.waiting.iter().map(|entry| &entry.letter).filter(|one| one.to == *to);
        theirs.into_iter().find(|letter| letter.number.is_none_or(|number| number > have))
    }

    /// A letter has its number, and the store knows it.
    pub(super) fn numbered(&mut self, id: i64, number: u64, after: u64) {
        let entry = self.waiting.iter_mut().find(|entry| entry.letter.id == id);
        if let Some(Entry { letter, .. }) = entry {
            (letter.number, letter.after) = (Some(number), Some(after));
        }
    }

    /// Puts a letter that stands in the store where it belongs: at the end, or in place of what it was before.
    fn put(&mut self, letter: Outgoing<Letter>) {
        match self.waiting.iter_mut().find(|entry| entry.letter.id == letter.id) {
            Some(entry) => entry.letter = letter,
            None => self.waiting.push_back(Entry { letter, asker: None }),
        }
    }
}

impl Desk {
    /// Fills the outbox with what the store has for the current server.
    pub(super) async fn load_outbox(&mut self) -> Result<(), ApiError> {
        let server = self.place.id();
        let letters = self.run(move |db| letters::outbox::<Letter>(db, &server)).await?;
        let mut askers: Vec<(i64, Option<Asker>)> =
            self.outbox.waiting.drain(..).map(|entry| (entry.letter.id, entry.asker)).collect();
        self.outbox = Outbox::default();
        for letter in letters {
            let place = askers.iter().position(|(id, _)| *id == letter.id);
            let asker = place.and_then(|place| askers.swap_remove(place).1);
            self.outbox.waiting.push_back(Entry { letter, asker });
        }
        Ok(())
    }

    /// Puts a letter into the outbox, and sends it when its turn comes.
    pub(super) async fn post(&mut self, to: PublicKey, letter: Letter, asker: Option<Asker>) {
        let (server, kept) = (self.place.id(), letter.clone());
        match self.run(move |db| letters::post(db, &server, &to, &kept)).await {
            Ok(id) => {
                let letter = Outgoing::new(id, to, letter);
                self.outbox.waiting.push_back(Entry { letter, asker });
                self.pump().await;
            }
            Err(error) => match asker {
                // Whoever asked may be gone.
                Some(asker) => drop(asker.send(Err(error))),
                None => self.raise(error),
            },
        }
    }

    /// Puts a letter into the outbox in the same transaction as what it is about. False where that came to nothing.
    pub(super) async fn post_along<F>(&mut self, to: PublicKey, work: F) -> Result<bool, ApiError>
    where
        F: FnOnce(&Transaction<'_>, &str) -> rusqlite::Result<Option<Letter>> + Send + 'static,
    {
        let server = self.place.id();
        let posted = self.run(move |db| {
            let Some(letter) = work(db, &server)? else { return Ok(None) };
            let id = letters::post(db, &server, &to, &letter)?;
            Ok(Some(Outgoing::new(id, to, letter)))
        });
        let Some(letter) = posted.await? else { return Ok(false) };
        self.posted_along(letter).await;
        Ok(true)
    }

    /// A letter stands in the store: it is sent when its turn comes.
    pub(super) async fn posted_along(&mut self, letter: Outgoing<Letter>) {
        self.outbox.put(letter);
        self.pump().await;
    }

    /// Sends what can be sent now.
    pub(super) async fn pump(&mut self) {
        self.hand_over().await;
        if self.outbox.retry_at.is_some_and(|at| at > self.now()) {
            return;
        }
        self.outbox.retry_at = None;
        let mut seen = HashSet::new();
        let letters = self.outbox.waiting.iter().map(|entry| &entry.letter);
        let ready: Vec<Outgoing<Letter>> = letters
            .filter(|letter| seen.insert(letter.to) && !self.outbox.under_way.contains(&letter.to))
            .cloned()
            .collect();
        for letter in ready {
            if !self.is_online() {
                return;
            }
            if let Err(error) = self.send_letter(letter).await {
                self.raise(error);
            }
        }
    }

    async fn send_letter(&mut self, letter: Outgoing<Letter>) -> Result<(), ApiError> {
        let (id, to) = (letter.id, letter.to);
        let Some(person) = self.known.reachable(&to) else {
            let error = match self.known.people.get(&to) {
                Some(person) => ApiError::new(Code::KeyChanged, "their key has changed")
                    .with("name", shown_name(person)),
                None => ApiError::new(Code::NotAContact, "no contact any more"),
            };
            return self.drop_letter(id, Err(error)).await;
        };
        let bundle = person.bundle;
        let envelope = self.enclose(&bundle, letter.letter, letter.number, Some(id)).await?;
        self.outbox.under_way.insert(to);
        let message = ClientMessage::Send { id: 0, to, envelope, keep: true };
        self.ask(message, Pending::Posted { id, to }).await;
        Ok(())
    }

    /// Seals a letter. `outgoing` names its place in the outbox, if it has one.
    pub(super) async fn enclose(
        &mut self,
        to: &KeyBundle,
        letter: Letter,
        number: Option<u64>,
        outgoing: Option<i64>,
    ) -> Result<String, ApiError> {
        let key = to.sign;
        let taken = self.run(move |db| {
            let counter = letters::next_counter(db, &key)?;
            let numbered = match (outgoing, number) {
                (Some(id), None) => Some((id, letters::set_number(db, id, &key, counter)?)),
                _ => None,
            };
            Ok((counter, numbered))
        });
        let (counter, numbered) = taken.await?;
        if let Some((id, after)) = numbered {
            self.outbox.numbered(id, counter, after);
        }
        let own = self.own.as_ref().ok_or_else(super::desk::no_folder)?;
        let stamp = Stamp { device: own.device, counter, sent_at_ms: self.time_ms() };
        let internal =
            |error: &dyn std::fmt::Display| ApiError::new(Code::Internal, error.to_string());
        let enclosed = Enclosed { number: number.unwrap_or(counter), letter };
        let bytes = serde_json::to_vec(&enclosed).map_err(|error| internal(&error))?;
        seal(&own.identity, to, stamp, &bytes).map_err(|error| internal(&error))
    }

    /// What became of a letter that was sent.
    pub(super) async fn posted(
        &mut self,
        id: i64,
        to: PublicKey,
        answer: Result<ServerMessage, Fault>,
    ) {
        self.outbox.under_way.remove(&to);
        let waits = Reply::Waved { delivered: false };
        let result = match answer {
            Ok(ServerMessage::Sent { delivered, .. }) => {
                self.drop_letter(id, Ok(Reply::Waved { delivered })).await
            }
            Ok(_) => self.drop_letter(id, Ok(waits)).await,
            Err(Fault::Refused {
                code:
                    ErrorCode::RateLimited
                    | ErrorCode::StorageFull
                    | ErrorCode::Internal
                    | ErrorCode::GoingDown,
                retry_after_ms,
            }) => {
                let pause = retry_after_ms.unwrap_or(PAUSE_MS).clamp(PAUSE_MS / 10, 60_000);
                self.outbox.retry_at = Some(self.now() + pause);
                self.tell_asker(id, Ok(waits));
                Ok(())
            }
            Err(fault @ Fault::Refused { .. }) => {
                let error = fault.to_api(&self.place.shown());
                self.drop_letter(id, Err(error)).await
            }
            Err(_) => {
                self.tell_asker(id, Ok(waits));
                Ok(())
            }
        };
        if let Err(error) = result {
            self.raise(error);
        }
        Box::pin(self.pump()).await;
    }

    fn tell_asker(&mut self, id: i64, reply: Result<Reply, ApiError>) {
        let entry = self.outbox.waiting.iter_mut().find(|entry| entry.letter.id == id);
        if let Some(asker) = entry.and_then(|entry| entry.asker.take()) {
            // Whoever asked may be gone.
            let _ = asker.send(reply);
        }
    }

    async fn drop_letter(
        &mut self,
        id: i64,
        reply: Result<Reply, ApiError>,
    ) -> Result<(), ApiError> {
        let place = self.outbox.waiting.iter().position(|entry| entry.letter.id == id);
        let letter = place.and_then(|place| self.outbox.waiting.get(place));
        let text = letter.and_then(|entry| text_of(&entry.letter));
        let (server, sent) = (self.place.id(), reply.is_ok());
        let marked = self.run(move |db| {
            letters::posted(db, id)?;
            let Some((key, message)) = text else { return Ok(Vec::new()) };
            let with = With { server: &server, key: &key };
            if sent {
                messages::mark(db, with, &[message], Mark::Sent)
            } else {
                messages::fail(db, with, message)
            }
        });
        let marked = marked.await?;
        if let (Some((key, _)), Err(error)) = (text, &reply) {
            let name = self.known.people.get(&key).map(shown_name).unwrap_or_default();
            self.raise(error.clone().with("name", name));
        }
        self.tell_asker(id, reply);
        self.outbox.waiting.retain(|entry| entry.letter.id != id);
        if let Some((key, _)) = text {
            self.show_messages(key, &marked).await;
        }
        Ok(())
    }

    /// The letter that says what has come, in the transaction in which it was taken: one that waits says this too,
    /// where there is one.
    pub(super) fn say_got(
        db: &Transaction<'_>,
        server: &str,
        to: PublicKey,
        open: Option<(i64, MessageId, Vec<MessageId>)>,
        id: MessageId,
    ) -> rusqlite::Result<Outgoing<Letter>> {
        let got =
            |message, also| Letter::Chat(ChatLetter { message, say: ChatSignal::Got { also } });
        let (id, letter) = match open {
            Some((row, message, mut also)) => {
                also.push(id);
                let letter = got(message, also);
                letters::amend(db, row, &letter)?;
                (row, letter)
            }
            None => {
                let letter = got(id, Vec::new());
                (letters::post(db, server, &to, &letter)?, letter)
            }
        };
        Ok(Outgoing::new(id, to, letter))
    }
}

/// The message that a letter brings, and to whom.
fn text_of(letter: &Outgoing<Letter>) -> Option<(PublicKey, MessageId)> {
    match &letter.letter {
        Letter::Chat(ChatLetter { message, say: ChatSignal::Text { .. } }) => {
            Some((letter.to, *message))
        }
        _ => None,
    }
}
