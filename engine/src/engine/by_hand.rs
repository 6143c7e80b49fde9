//! Letters by hand: what waits in the outbox also goes over links that are up, so that words flow in a call whose server
//! is gone. The server gets each letter all the same, for it alone reaches the other devices and those who are away.
//!
//! One letter is under way on a link at a time. Either side says up to which number it has the other's letters, by
//! whatever way they came, and a letter goes only to who has all that were before it: so both ways together keep order,
//! and nothing that was lost on a link is missed. It takes nothing out of the outbox; that is the server's answer's.

use super::desk::Desk;
use super::letter::Letter;
use super::mail::{Carried, Guard, carry_out};
use crate::api::{ApiError, Code, Event, PublicKey};
use crate::call::machine::Peer;
use crate::call::signal::Control;
use crate::identity::envelope::MAX_PAYLOAD;
use crate::store::letters;
use serde_json::Value;

/// The sign that someone types counts at most so often.
const TYPED_MS: u64 = 1_000;

/// So many letters are taken on a link at once; then one each so often. A friend says one at a time and has no more in the
/// outbox; whoever says more is left to the server, which has a limit of its own.
const AT_ONCE: u64 = 1_000;
const EACH_MS: u64 = 100;

/// Where the kept letters stand on one link.
#[derive(Debug, Default)]
pub(super) struct Hand {
    /// They have all letters up to this number; nothing goes before they have said so.
    have: Option<u64>,
    /// The letter that was said, until they have it. Where they never do, nothing more goes over this link.
    said: Option<u64>,
    /// When they last typed.
    typed_at: Option<u64>,
    /// When all letters that were taken are made up for.
    even_at: u64,
}

impl Hand {
    /// Whether the other side hears letters.
    pub(super) fn is_met(&self) -> bool {
        self.have.is_some()
    }

    /// Whether a letter can be said now.
    pub(super) fn is_free(&self) -> bool {
        self.is_met() && self.said.is_none()
    }

    /// They say what they have. It never becomes less.
    fn have(&mut self, number: u64) {
        let have = self.have.map_or(number, |have| have.max(number));
        self.have = Some(have);
        self.said.take_if(|said| *said <= have);
    }

    fn may_say(&mut self, now: u64) -> bool {
        let even_at = self.even_at.max(now) + EACH_MS;
        let room = even_at - now <= AT_ONCE * EACH_MS;
        if room {
            self.even_at = even_at;
        }
        room
    }

    fn may_type(&mut self, now: u64) -> bool {
        let due = self.typed_at.is_none_or(|last| now.saturating_sub(last) >= TYPED_MS);
        if due {
            self.typed_at = Some(now);
        }
        due
    }
}

/// What becomes of a letter that was said.
#[derive(Debug)]
enum Verdict {
    /// Carried out.
    Taken(Box<Carried>),
    /// It has come before, by whatever way; or one before it has not. What has come goes up to this number.
    Left(u64),
}

impl Desk {
    /// The path of a link is up, perhaps anew: the other side is told what has come of its letters.
    pub(super) async fn meet_by_hand(&mut self, peer: Peer) {
        if let Some(hand) = self.links.hand(&peer) {
            hand.said = None;
        }
        let kept = self.run(move |db| letters::guard::<Guard>(db, &peer.key, &peer.device));
        match kept.await {
            Ok(guard) => self.say_have(peer, guard.unwrap_or_default().number),
            Err(error) => self.raise(error),
        }
        self.hand_over().await;
    }

    /// Tells a device what has come of its letters, where a link to it is up.
    pub(super) fn say_have(&mut self, peer: Peer, number: u64) {
        if self.links.up(&peer).is_some() {
            self.say_on_link(peer, Control::Have { number });
        }
    }

    /// A device says what it has.
    pub(super) async fn they_have(&mut self, from: Peer, number: u64) {
        if let Some(hand) = self.links.hand(&from) {
            hand.have(number);
        }
        self.hand_over().await;
    }

    /// Says over each link what can be said now.
    pub(super) async fn hand_over(&mut self) {
        for peer in self.links.free_hands() {
            if let Err(error) = self.hand_next(peer).await {
                self.raise(error);
            }
        }
    }

    async fn hand_next(&mut self, peer: Peer) -> Result<(), ApiError> {
        let Some(have) = self.links.hand(&peer).and_then(|hand| hand.have) else { return Ok(()) };
        if self.known.reachable(&peer.key).is_none() {
            return Ok(());
        }
        let Some(next) = self.outbox.beyond(&peer.key, have).cloned() else { return Ok(()) };
        let (number, after) = match (next.number, next.after) {
            (Some(number), Some(after)) => (number, after),
            // A version before this one gave it its number.
            (Some(_), None) => return Ok(()),
            (None, _) => self.number_letter(next.id, peer.key).await?,
        };
        // The one before is on its way by the server.
        if after > have {
            return Ok(());
        }
        let letter = serde_json::to_value(&next.letter);
        let letter = letter.map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
        // No envelope takes it either, which is said where it is sealed.
        if is_too_long(&letter) {
            return Ok(());
        }
        if let Some(hand) = self.links.hand(&peer) {
            hand.said = Some(number);
        }
        self.say_on_link(peer, Control::Letter { number, after, letter });
        Ok(())
    }

    /// Gives a letter of the outbox its number.
    async fn number_letter(&mut self, id: i64, to: PublicKey) -> Result<(u64, u64), ApiError> {
        let numbered = self.run(move |db| {
            let number = letters::next_counter(db, &to)?;
            Ok((number, letters::set_number(db, id, &to, number)?))
        });
        let (number, after) = numbered.await?;
        self.outbox.numbered(id, number, after);
        Ok((number, after))
    }

    /// A device says a letter. It is told what has come of its letters when this one is remembered, and not before.
    pub(super) async fn take_by_hand(
        &mut self,
        from: Peer,
        (number, after): (u64, u64),
        letter: Value,
    ) {
        let Some(person) = self.known.reachable(&from.key).cloned() else { return };
        let now = self.now();
        if !self.links.hand(&from).is_some_and(|hand| hand.may_say(now)) {
            return tracing::warn!("more letters come on a link than anybody writes");
        }
        let too_long = is_too_long(&letter);
        let Ok(letter) = serde_json::from_value::<Letter>(letter) else {
            return tracing::warn!("a letter on a link makes no sense");
        };
        if too_long || after >= number {
            return tracing::warn!(number, after, "an odd letter on a link was left aside");
        }
        let carrying = match self.carrying(from, self.time_ms()) {
            Ok(carrying) => carrying,
            Err(error) => return self.raise(error),
        };
        let (at_ms, taken) = (self.time_ms(), letter.clone());
        let verdict = self.run(move |db| {
            let guard = letters::guard::<Guard>(db, &from.key, &from.device)?.unwrap_or_default();
            if number <= guard.number || after > guard.number {
                return Ok(Verdict::Left(guard.number));
            }
            letters::put_guard(db, &from.key, &from.device, &Guard { number, ..guard })?;
            Ok(Verdict::Taken(Box::new(carry_out(db, carrying, person, &taken)?)))
        });
        match verdict.await {
            Ok(Verdict::Taken(carried)) => {
                self.say_on_link(from, Control::Have { number });
                self.show_carried(from, *carried, letter, at_ms).await;
            }
            Ok(Verdict::Left(number)) => self.say_on_link(from, Control::Have { number }),
            Err(error) => self.raise(error),
        }
    }

    /// A device says that its user types.
    pub(super) fn typed_on_link(&mut self, from: Peer) {
        let (key, now) = (from.key, self.now());
        let due = self.links.hand(&from).is_some_and(|hand| hand.may_type(now));
        if due && self.known.reachable(&key).is_some() {
            self.board.publish(Event::Typing { key });
        }
    }
}

/// Whether no envelope would hold it.
fn is_too_long(letter: &Value) -> bool {
    letter.to_string().len() > MAX_PAYLOAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_is_under_way_until_they_have_it() {
        let mut hand = Hand::default();
        assert!(!hand.is_free(), "nothing goes to who has not said what they have");
        hand.have(4);
        assert!(hand.is_free());
        hand.said = Some(7);
        // What they say of earlier letters, or say again, frees nothing.
        for number in [0, 4, 6] {
            hand.have(number);
            assert!(!hand.is_free() && hand.have >= Some(4), "{number}");
        }
        // It came by whatever way, or a later one did.
        hand.have(9);
        assert!(hand.is_free());
        hand.have(2);
        assert_eq!(hand.have, Some(9));
    }

    #[test]
    fn letters_are_taken_at_a_pace() {
        let mut hand = Hand::default();
        let taken = |hand: &mut Hand, now| (0..5_000).take_while(|_| hand.may_say(now)).count();
        assert_eq!(taken(&mut hand, 7_000), 1_000);
        assert_eq!(taken(&mut hand, 7_099), 0);
        assert_eq!(taken(&mut hand, 8_000), 10);
        assert_eq!(taken(&mut hand, 900_000), 1_000);
    }

    #[test]
    fn the_sign_that_someone_types_is_taken_now_and_then() {
        let mut hand = Hand::default();
        let taken: Vec<u64> = (0..40).map(|n| n * 100).filter(|at| hand.may_type(*at)).collect();
        assert_eq!(taken, [0, 1_000, 2_000, 3_000]);
    }
}
