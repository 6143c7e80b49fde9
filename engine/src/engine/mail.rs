//! Letters out and in. Out: the outbox, one letter on the way to each person at a time, so that none overtakes
//! another; a letter that may have been lost is sealed and sent again with its old number. In: opened, checked
//! against what came before, carried out in the same transaction, and only then acknowledged.

use super::answers::Pending;
use super::calls::{after_call, missed_by};
use super::desk::{Asker, Desk};
use super::letter::{Enclosed, Letter, MAX_NAME, MAX_NOTE, tidy};
use super::live::LIVE;
use super::people::shown_name;
use crate::api::{ApiError, Code, Event, LastSeen, LastWhat, PastCall, PublicKey, Reply};
use crate::call::machine::{Input as CallInput, Peer};
use crate::call::signal::{CallLetter, CallSignal};
use crate::identity::envelope::{open, seal};
use crate::identity::{Identity, Refusal, ReplayGuard, Stamp};
use crate::session::fault::Fault;
use crate::session::machine::Input;
use crate::store::calls;
use crate::store::letters::{self, Outgoing};
use crate::store::people::{self, Introduction, Person};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
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
}

/// What is remembered about the letters of someone's device.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Guard {
    replay: ReplayGuard,
    number: u64,
}

/// What becomes of an envelope.
#[derive(Debug)]
enum Verdict {
    /// Carried out; the person as they are now, and a missed call that is new.
    Taken(Box<Person>, Option<PastCall>),
    /// Dealt with before.
    Again,
    /// The server or somebody on the way is at fault.
    Refused(Refusal),
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
                let letter = Outgoing { id, to, number: None, letter };
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

    /// Sends what can be sent now.
    pub(super) async fn pump(&mut self) {
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
        &self,
        to: &KeyBundle,
        letter: Letter,
        number: Option<u64>,
        outgoing: Option<i64>,
    ) -> Result<String, ApiError> {
        let key = to.sign;
        let taken = self.run(move |db| {
            let counter = letters::next_counter(db, &key)?;
            if let (Some(id), None) = (outgoing, number) {
                letters::set_number(db, id, counter)?;
            }
            Ok(counter)
        });
        let counter = taken.await?;
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
        self.run(move |db| letters::posted(db, id)).await?;
        self.tell_asker(id, reply);
        self.outbox.waiting.retain(|entry| entry.letter.id != id);
        Ok(())
    }

    /// An envelope has come.
    pub(super) async fn delivered(
        &mut self,
        from: PublicKey,
        envelope: &str,
        at_ms: u64,
        mail: Option<u64>,
    ) {
        let result = match self.known.reachable(&from).cloned() {
            Some(person) => self.open_letter(person, envelope, at_ms, mail).await,
            None => {
                tracing::warn!(%from, "an envelope from nobody who is known was left aside");
                self.keep_mail_number(mail).await
            }
        };
        match result {
            Ok(()) => {
                if let Some(mail) = mail {
                    self.feed(Input::Tell(ClientMessage::Acknowledge { mail })).await;
                }
            }
            Err(error) => {
                // Acknowledging a later one would acknowledge this one too: it has to come again.
                self.raise(error);
                self.feed(Input::Again).await;
            }
        }
    }

    async fn keep_mail_number(&self, mail: Option<u64>) -> Result<(), ApiError> {
        let (server, mail) = (self.place.id(), mail.unwrap_or(0));
        self.run(move |db| letters::set_mail(db, &server, mail)).await
    }

    async fn open_letter(
        &mut self,
        person: Person,
        envelope: &str,
        at_ms: u64,
        mail: Option<u64>,
    ) -> Result<(), ApiError> {
        let name = shown_name(&person);
        let Some((stamp, enclosed)) = self.unseal(&person.bundle, envelope) else {
            self.raise(refused(&name, "forged"));
            return self.keep_mail_number(mail).await;
        };
        if enclosed.number == LIVE {
            // The live lane has no mailbox.
            return match mail {
                None => self.live_letter(&person, stamp, enclosed.letter, at_ms).await,
                Some(_) => self.keep_mail_number(mail).await,
            };
        }
        let (server, now, letter) = (self.place.id(), self.time_ms(), enclosed.letter.clone());
        let hash = digest(envelope);
        let verdict = self.run(move |db| {
            let upto = letters::mail(db, &server)?;
            letters::set_mail(db, &server, mail.unwrap_or(0))?;
            // An acceptance comes twice, with the news that there is a contact and as mail.
            if people::introduction(db, &server, &person.key(), &hash)?.is_some() {
                return Ok(Verdict::Again);
            }
            let guard: Guard =
                letters::guard(db, &person.key(), &stamp.device)?.unwrap_or_default();
            let replay = match guard.replay.check(&stamp, now) {
                Ok(replay) => replay,
                Err(Refusal::Replayed) if mail.is_some_and(|mail| mail <= upto) => {
                    return Ok(Verdict::Again);
                }
                Err(refusal) => return Ok(Verdict::Refused(refusal)),
            };
            let again = enclosed.number <= guard.number;
            let number = guard.number.max(enclosed.number);
            letters::put_guard(db, &person.key(), &stamp.device, &Guard { replay, number })?;
            if again {
                return Ok(Verdict::Again);
            }
            if let Letter::Introduction { name, note } = &enclosed.letter {
                let introduction = introduction(name, note);
                people::put_introduction(db, &server, &person.key(), &hash, &introduction)?;
            }
            let mut person = changed_by(person, &enclosed.letter, stamp.sent_at_ms);
            let mut missed = missed_by(&enclosed.letter, person.key(), now);
            if let Some(past) = &missed {
                if calls::record(db, &server, past, true)? {
                    person = after_call(person, past);
                } else {
                    missed = None;
                }
            }
            people::put(db, &server, &person)?;
            Ok(Verdict::Taken(Box::new(person), missed))
        });
        match verdict.await? {
            Verdict::Taken(person, missed) => {
                let key = person.key();
                self.known.people.insert(key, *person);
                self.show_person(&key);
                if letter == Letter::Wave {
                    let at_ms = stamp.sent_at_ms;
                    self.board.publish(Event::WaveReceived { key, at_ms });
                }
                if let Some(past) = missed {
                    self.show_past(&past, true);
                }
                if let Letter::Call(CallLetter { call, signal, .. }) = letter
                    && matches!(signal, CallSignal::Missed { .. })
                {
                    let from = Peer { key, device: stamp.device };
                    self.call_happens(CallInput::Said { from, call, signal }).await;
                }
            }
            Verdict::Again => {}
            Verdict::Refused(refusal) => self.raise(refused(&name, told(refusal))),
        }
        Ok(())
    }

    /// Opens an envelope from someone whose keys are known; none where it is not from them to the user.
    pub(super) fn unseal(&self, from: &KeyBundle, envelope: &str) -> Option<(Stamp, Enclosed)> {
        let identity: &Identity = &self.own.as_ref()?.identity;
        let opened = open(identity, from, envelope).ok()?;
        Some((opened.stamp, serde_json::from_slice(&opened.payload).ok()?))
    }

    /// Checks an introduction's envelope, which comes outside of the mail.
    pub(super) async fn check_stamp(
        &self,
        from: PublicKey,
        stamp: Stamp,
    ) -> Result<bool, ApiError> {
        let now = self.time_ms();
        self.run(move |db| {
            let guard: Guard = letters::guard(db, &from, &stamp.device)?.unwrap_or_default();
            let Ok(replay) = guard.replay.check(&stamp, now) else { return Ok(false) };
            let number = guard.number.max(stamp.counter);
            letters::put_guard(db, &from, &stamp.device, &Guard { replay, number })?;
            Ok(true)
        })
        .await
    }
}

/// By which an envelope is known again.
pub(super) fn digest(envelope: &str) -> [u8; 32] {
    Sha256::digest(envelope.as_bytes()).into()
}

/// An introduction in the form in which it is shown.
pub(super) fn introduction(name: &str, note: &str) -> Introduction {
    Introduction { name: tidy(name, MAX_NAME), note: tidy(note, MAX_NOTE) }
}

/// The person after their letter.
fn changed_by(mut person: Person, letter: &Letter, at_ms: u64) -> Person {
    match letter {
        Letter::Introduction { name, .. } | Letter::Profile { name } => {
            person.name = tidy(name, MAX_NAME);
        }
        Letter::Wave => person.last = Some(LastSeen { what: LastWhat::WavedFrom, at_ms }),
        Letter::Call(_) | Letter::Link(_) | Letter::Unknown => {}
    }
    person
}

pub(super) fn told(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Replayed => "replayed",
        Refusal::Reordered => "reordered",
        Refusal::Old => "old",
        Refusal::FromTheFuture => "from_the_future",
    }
}

pub(super) fn refused(name: &str, how: &str) -> ApiError {
    ApiError::new(Code::EnvelopeRefused, format!("an envelope was refused: {how}"))
        .with("name", name)
        .with("how", how)
}
