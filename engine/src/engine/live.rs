//! Live letters: what is said about calls and links now or never. They go to the devices that are there, wait in
//! no outbox and no mailbox, and have a lane of their own beside the letters that are kept: another counter and
//! other guards, so that neither lane makes the other's letters look reordered or seen.

use super::answers::Pending;
use super::desk::Desk;
use super::letter::{Enclosed, Letter};
use super::mail::{refused, told};
use super::people::shown_name;
use crate::api::{ApiError, Code, Event, PublicKey};
use crate::call::machine::{Input, Peer, RingOutcome};
use crate::call::signal::{CallLetter, CallSignal};
use crate::identity::envelope::seal;
use crate::identity::{EnvelopeError, ReplayGuard, Stamp};
use crate::session::fault::Fault;
use crate::store::letters;
use crate::store::people::Person;
use crate::store::profile::{self, Value};
use std::collections::HashMap;
use visavis_signaling::protocol::{ClientMessage, DeviceId, ErrorCode, ServerMessage};

/// The number in an envelope of the live lane; kept letters begin at 1.
pub(super) const LIVE: u64 = 0;
/// So many counters are taken at once, in microseconds: a thousand seconds of them.
const RESERVE: u64 = 1_000_000_000;
/// Guards that are held in memory; the store has them all.
const GUARDS: usize = 1024;
/// A ring that took longer is a missed call.
const STALE_MS: u64 = 50_000;
/// The clocks of two people may differ by so much without either being told.
const CLOCKS_MS: u64 = 10 * 60_000;

/// Where the live lane stands.
#[derive(Debug, Default)]
pub(super) struct Lane {
    last: u64,
    reserved: u64,
    guards: HashMap<(PublicKey, DeviceId), ReplayGuard>,
}

impl Lane {
    /// Goes on after whatever may have been used before.
    pub(super) fn after(reserved: u64) -> Self {
        Self { last: reserved, reserved, guards: HashMap::new() }
    }

    /// The next counter, and whether more have to be reserved up to a number.
    fn next(&mut self, wall_ms: u64) -> (u64, Option<u64>) {
        self.last = wall_ms.saturating_mul(1000).max(self.last.saturating_add(1));
        let more = self.last >= self.reserved;
        if more {
            self.reserved = self.last.saturating_add(RESERVE);
        }
        (self.last, more.then_some(self.reserved))
    }
}

impl Desk {
    /// Sends a letter to those devices of someone's that are there.
    pub(super) async fn send_live(&mut self, to: PublicKey, letter: Letter, pending: Pending) {
        match self.seal_live(&to, &letter) {
            Ok(envelope) => {
                let message = ClientMessage::Send { id: 0, to, envelope, keep: false };
                self.ask(message, pending).await;
            }
            Err(error) => {
                tracing::warn!(%to, %error, "a live letter could not be sent");
                if let Pending::Rang(call) = pending {
                    let outcome = RingOutcome::Refused(error);
                    self.call_happens(Input::Rang { call, outcome }).await;
                }
            }
        }
    }

    fn seal_live(&mut self, to: &PublicKey, letter: &Letter) -> Result<String, ApiError> {
        let stranger = || ApiError::new(Code::NotAContact, "no contact that can be written to");
        let bundle = self.known.reachable(to).ok_or_else(stranger)?.bundle;
        let own = self.own.as_ref().ok_or_else(super::desk::no_folder)?;
        let sent_at_ms = self.time_ms();
        let (counter, reserve) = self.lane.next(sent_at_ms);
        if let (Some(reserved), Some(folder)) = (reserve, &self.folder) {
            folder.store.later("the counter of live letters", move |db| {
                profile::set(db, Value::LiveCounter, &reserved)
            });
        }
        let stamp = Stamp { device: own.device, counter, sent_at_ms };
        let enclosed = Enclosed { number: LIVE, letter: letter.clone() };
        let internal =
            |error: &dyn std::fmt::Display| ApiError::new(Code::Internal, error.to_string());
        let bytes = serde_json::to_vec(&enclosed).map_err(|error| internal(&error))?;
        seal(&own.identity, &bundle, stamp, &bytes).map_err(|error| match error {
            EnvelopeError::TooLarge => {
                ApiError::new(Code::MessageTooLarge, "longer than an envelope may be")
            }
            other => internal(&other),
        })
    }

    /// What became of a ring.
    pub(super) async fn rang(
        &mut self,
        call: crate::call::signal::CallId,
        answer: Result<ServerMessage, Fault>,
    ) {
        let outcome = match answer {
            Ok(_) => RingOutcome::Delivered,
            Err(Fault::Refused { code: ErrorCode::Offline, .. }) => RingOutcome::Offline,
            Err(fault @ Fault::Refused { .. }) => {
                RingOutcome::Refused(fault.to_api(&self.place.shown()))
            }
            Err(_) => RingOutcome::Unknown,
        };
        self.call_happens(Input::Rang { call, outcome }).await;
    }

    /// A live letter has come. `at_ms` is when the server passed it on, by the server's clock.
    pub(super) async fn live_letter(
        &mut self,
        person: &Person,
        stamp: Stamp,
        letter: Letter,
        at_ms: u64,
    ) -> Result<(), ApiError> {
        let from = Peer { key: person.key(), device: stamp.device };
        let guard = match self.lane.guards.get(&(from.key, from.device)) {
            Some(guard) => *guard,
            None => {
                let kept = self.run(move |db| letters::live_guard(db, &from.key, &from.device));
                kept.await?.unwrap_or_default()
            }
        };
        let guard = match guard.check(&stamp, self.time_ms()) {
            Ok(guard) => guard,
            Err(refusal) => {
                self.raise(refused(&shown_name(person), told(refusal)));
                return Ok(());
            }
        };
        if self.lane.guards.len() >= GUARDS {
            self.lane.guards.clear();
        }
        self.lane.guards.insert((from.key, from.device), guard);
        if let Some(folder) = &self.folder {
            folder.store.later("the guard of live letters", move |db| {
                letters::put_live_guard(db, &from.key, &from.device, &guard)
            });
        }
        let own = self.own.as_ref().map(|own| own.device);
        match letter {
            Letter::Call(CallLetter { call, device, signal })
                if device.is_none() || device == own =>
            {
                let signal = match signal {
                    CallSignal::Ring { picture, at_ms: rang } if self.is_stale(rang, at_ms) => {
                        CallSignal::Missed { picture, at_ms: rang }
                    }
                    // It is for those who were not there.
                    CallSignal::Missed { .. } => return Ok(()),
                    signal => signal,
                };
                self.call_happens(Input::Said { from, call, signal }).await;
            }
            Letter::Link(letter) if Some(letter.device) == own => {
                self.letter_for_link(from, letter).await;
            }
            Letter::Typing => self.board.publish(Event::Typing { key: from.key }),
            _ => {}
        }
        Ok(())
    }

    /// Whether a ring has been on its way for so long that nobody waits for an answer: as the server says when it
    /// passed it on, or, with much patience for wrong clocks, as the caller says.
    fn is_stale(&self, rang_ms: u64, passed_on_ms: u64) -> bool {
        let server_ms = super::desk::wall_ms().saturating_add_signed(self.server_ahead_ms);
        server_ms.saturating_sub(passed_on_ms) > STALE_MS
            || self.time_ms().saturating_sub(rang_ms) > STALE_MS + CLOCKS_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_grow_whatever_the_clock_does() {
        let mut lane = Lane::after(0);
        assert_eq!(lane.next(5_000), (5_000_000, Some(5_000_000 + RESERVE)));
        assert_eq!(lane.next(5_000), (5_000_001, None));
        assert_eq!(lane.next(6_000), (6_000_000, None));
        assert_eq!(lane.next(1), (6_000_001, None), "the clock was put back");
        // The app is started again with a clock that is an hour behind.
        let mut lane = Lane::after(5_000_000 + RESERVE);
        let (next, more) = lane.next(1);
        assert_eq!(next, 5_000_001 + RESERVE);
        assert_eq!(more, Some(next + RESERVE));
    }
}
