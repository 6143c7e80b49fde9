//! Calls that were: each recorded once, missed ones counted until the user has seen them, and the last one shown
//! with the contact.

use crate::api::{ApiError, CallEnd, Event, LastSeen, LastWhat, PastCall, PublicKey, Reply};
use crate::call::signal::{CallLetter, CallSignal};
use crate::engine::desk::Desk;
use crate::engine::letter::Letter;
use crate::store::calls;
use crate::store::people::{self, Person};

impl Desk {
    pub(super) async fn history(
        &self,
        key: Option<PublicKey>,
        before: Option<String>,
    ) -> Result<Reply, ApiError> {
        let server = self.place.id();
        let page =
            self.run(move |db| calls::page(db, &server, key.as_ref(), before.as_deref())).await?;
        Ok(Reply::CallHistory { calls: page.0, more: page.1 })
    }

    pub(super) async fn see_missed(&mut self, key: PublicKey) -> Result<Reply, ApiError> {
        let server = self.place.id();
        self.run(move |db| calls::see_missed(db, &server, &key)).await?;
        if self.known.missed.remove(&key).is_some() && self.known.people.contains_key(&key) {
            self.show_person(&key);
        }
        Ok(Reply::Done)
    }

    /// A call is over.
    pub(super) async fn record(&mut self, past: PastCall, missed: bool) {
        let (server, kept) = (self.place.id(), past.clone());
        let person = self.known.people.get(&past.key).cloned();
        let person = person.map(|person| after_call(person, &past));
        let shown = person.clone();
        let recorded = self.run(move |db| {
            let new = calls::record(db, &server, &kept, missed)?;
            if let (true, Some(person)) = (new, &person) {
                people::put(db, &server, person)?;
            }
            Ok(new)
        });
        match recorded.await {
            Ok(true) => {
                if let Some(person) = shown {
                    self.known.people.insert(past.key, person);
                }
                self.show_past(&past, missed);
            }
            Ok(false) => {}
            Err(error) => self.raise(error),
        }
    }

    /// Shows what a call that was just recorded means for its contact.
    pub(in crate::engine) fn show_past(&mut self, past: &PastCall, missed: bool) {
        if missed {
            let count = self.known.missed.entry(past.key).or_default();
            *count = count.saturating_add(1);
        }
        if self.known.people.contains_key(&past.key) {
            self.show_person(&past.key);
        }
        if missed {
            self.board.publish(Event::CallMissed { key: past.key, at_ms: past.at_ms });
        }
    }

    pub(super) async fn correct(&self, past: PastCall) {
        let server = self.place.id();
        let corrected = self.run(move |db| calls::correct(db, &server, &past));
        if let Err(error) = corrected.await {
            self.raise(error);
        }
    }

    /// Counts the missed calls that the user has not seen.
    pub(in crate::engine) async fn load_missed(&mut self) -> Result<(), ApiError> {
        let server = self.place.id();
        self.known.missed = self.run(move |db| calls::missed(db, &server)).await?;
        Ok(())
    }
}

/// The person once a call with them is over.
pub(in crate::engine) fn after_call(mut person: Person, past: &PastCall) -> Person {
    let talked = past.talked_ms.is_some() || past.how == CallEnd::AnsweredElsewhere;
    let what = match (past.outgoing, talked) {
        (true, true) => LastWhat::CalledTo,
        (true, false) => LastWhat::CalledInVain,
        (false, true) => LastWhat::CalledFrom,
        (false, false) => LastWhat::Missed,
    };
    if person.last.is_none_or(|last| last.at_ms <= past.at_ms) {
        person.last = Some(LastSeen { what, at_ms: past.at_ms });
    }
    person
}

/// The call that a kept letter says was missed.
pub(in crate::engine) fn missed_by(
    letter: &Letter,
    key: PublicKey,
    now_ms: u64,
) -> Option<PastCall> {
    let Letter::Call(CallLetter { call, signal, .. }) = letter else { return None };
    let CallSignal::Missed { picture, at_ms } = *signal else { return None };
    Some(PastCall {
        id: call.to_string(),
        key,
        outgoing: false,
        picture,
        at_ms: at_ms.min(now_ms),
        how: CallEnd::Away,
        talked_ms: None,
    })
}
