//! Letters that come: opened, checked against what came before, carried out in the same transaction, and only then
//! acknowledged.

use super::calls::{after_call, missed_by};
use super::desk::Desk;
use super::files::{self, FileNews, Heard};
use super::letter::{Enclosed, Letter, MAX_NAME, MAX_NOTE, tidy};
use super::live::LIVE;
use super::people::shown_name;
use super::words::{self, ChatNews, Saying};
use crate::api::{ApiError, Code, Event, LastSeen, LastWhat, PastCall, PublicKey};
use crate::call::machine::{Input as CallInput, Peer};
use crate::call::signal::{CallLetter, CallSignal};
use crate::chat::signal::MessageId;
use crate::identity::envelope::open;
use crate::identity::{Identity, Refusal, ReplayGuard, Stamp};
use crate::session::machine::Input;
use crate::store::calls;
use crate::store::letters::{self, Outgoing};
use crate::store::messages::With;
use crate::store::people::{self, Introduction, Person};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use visavis_signaling::protocol::{ClientMessage, DeviceId, KeyBundle};

/// What is remembered about the letters of someone's device.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Guard {
    pub(super) replay: ReplayGuard,
    /// All letters up to this number have come, by whatever way.
    pub(super) number: u64,
}

/// Whose letter is carried out, and for whom.
#[derive(Debug)]
pub(super) struct Carrying {
    pub(super) server: String,
    pub(super) from: DeviceId,
    own: DeviceId,
    now_ms: u64,
    sent_at_ms: u64,
    hide_reading: bool,
    open_got: Option<(i64, MessageId, Vec<MessageId>)>,
}

/// What a letter has changed.
#[derive(Debug)]
pub(super) struct Carried {
    /// Its sender as they are now.
    person: Person,
    /// A missed call that is new.
    missed: Option<PastCall>,
    /// What became of messages.
    news: ChatNews,
    /// What is to be said of that.
    got: Option<Outgoing<Letter>>,
    /// What became of transfers.
    files: FileNews,
}

/// What becomes of an envelope.
#[derive(Debug)]
enum Verdict {
    /// Carried out.
    Taken(Box<Carried>),
    /// Dealt with before.
    Again,
    /// The server or somebody on the way is at fault.
    Refused(Refusal),
}

impl Desk {
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
        let from = Peer { key: person.key(), device: stamp.device };
        let carrying = self.carrying(from, stamp.sent_at_ms)?;
        let (hash, number) = (digest(envelope), enclosed.number);
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
            let carried = carry_out(db, carrying, person, &enclosed.letter)?;
            Ok(Verdict::Taken(Box::new(carried)))
        });
        match verdict.await? {
            Verdict::Taken(carried) => {
                self.show_carried(from, *carried, letter, stamp.sent_at_ms).await;
                self.say_have(from, number);
            }
            Verdict::Again => {}
            Verdict::Refused(refusal) => self.raise(refused(&name, told(refusal))),
        }
        Ok(())
    }

    /// What carrying out a letter needs to know.
    pub(super) fn carrying(&self, from: Peer, sent_at_ms: u64) -> Result<Carrying, ApiError> {
        let own = self.own.as_ref().ok_or_else(super::desk::no_folder)?.device;
        Ok(Carrying {
            server: self.place.id(),
            from: from.device,
            own,
            now_ms: self.time_ms(),
            sent_at_ms,
            hide_reading: self.settings.hide_reading,
            open_got: self.outbox.open_got(&from.key),
        })
    }

    /// Shows what a letter has changed, and does what follows from it.
    pub(super) async fn show_carried(
        &mut self,
        from: Peer,
        carried: Carried,
        letter: Letter,
        at_ms: u64,
    ) {
        let Carried { person, missed, news, got, files } = carried;
        let key = from.key;
        self.known.people.insert(key, person);
        self.show_person(&key);
        self.show_chat(key, news).await;
        if let Some(got) = got {
            self.posted_along(got).await;
        }
        self.show_files(key, files).await;
        if letter == Letter::Wave {
            self.board.publish(Event::WaveReceived { key, at_ms });
        }
        if let Some(past) = missed {
            self.show_past(&past, true);
        }
        if let Letter::Call(CallLetter { call, signal, .. }) = letter
            && matches!(signal, CallSignal::Missed { .. })
        {
            self.call_happens(CallInput::Said { from, call, signal }).await;
        }
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

/// Carries out a letter that has not come before, in the transaction that remembers that it has.
pub(super) fn carry_out(
    db: &Transaction<'_>,
    carrying: Carrying,
    person: Person,
    letter: &Letter,
) -> rusqlite::Result<Carried> {
    let Carrying { server, from, own, now_ms, sent_at_ms, hide_reading, open_got } = carrying;
    let key = person.key();
    let mut person = changed_by(person, letter, sent_at_ms);
    let mut missed = missed_by(letter, key, now_ms);
    if let Some(past) = &missed {
        if calls::record(db, &server, past, true)? {
            person = after_call(person, past);
        } else {
            missed = None;
        }
    }
    let (mut news, mut got) = (ChatNews::default(), None);
    if let Letter::Chat(letter) = letter {
        let with = With { server: &server, key: &key };
        news = words::take(db, Saying { with, from, own, now_ms, hide_reading }, letter)?;
        person = words::after_words(person, &news);
        if let Some(id) = news.got {
            got = Some(Desk::say_got(db, &server, key, open_got, id)?);
        }
    }
    let mut files = FileNews::default();
    if let Letter::Files(letter) = letter {
        files = files::take(db, Heard { server: &server, key: &key, from, now_ms }, letter)?;
        person = files::after_offer(person, &files);
    }
    people::put(db, &server, &person)?;
    Ok(Carried { person, missed, news, got, files })
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
        Letter::Call(_)
        | Letter::Link(_)
        | Letter::Chat(_)
        | Letter::Files(_)
        | Letter::Typing
        | Letter::Unknown => {}
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
