//! The rules that need the server's memory: who may take which handle, ask, answer, block, and send letters.
//! Pure over [`Records`]: told the time, names no socket, no clock, no database. A rule either refuses and
//! has changed nothing that counts (the caller rolls back), or gives a [`Verdict`]: the answer, and the news
//! for everyone concerned, which the room tells to those who are there.

mod contacts;
mod directory;
mod mail;
mod sign_in;
mod sweep;

pub(crate) use sign_in::{SignIn, SignedIn};
pub(crate) use sweep::sweep;

use super::limits::ServerLimits;
use super::records::{AccountNo, AccountRow, DeviceNo, Records, StoreError};
use super::room::Own;
use crate::protocol::{
    ClientMessage, Envelope, ErrorCode, Listing, PendingRequest, Person, PublicKey, RequestEnd,
    Status,
};

/// A day in milliseconds.
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Who asks: a session of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) account: AccountNo,
    pub(crate) key: PublicKey,
    pub(crate) device: DeviceNo,
    pub(crate) session: u64,
}

/// Why a rule says no.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// To the client, which may know when to try again.
    Code(ErrorCode, Option<u64>),
    /// The memory failed.
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self::Code(code, None)
    }
}

/// What to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Ok,
    Found(Person),
    Directory(Vec<Listing>, bool),
    /// Letters were kept (their news come with the verdict).
    Kept,
    /// Nothing was kept, and it must look as if it were.
    AsIfKept,
    /// To be passed on by the room, if someone is there.
    Relay(AccountNo, Envelope),
    /// To be told by the room, which knows who is there.
    Status(Status, Own),
}

/// What others (and one's other devices) are to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// Two people have each other from now on.
    Joined {
        one: Side,
        other: Side,
    },
    /// They don't any more; both are told.
    Parted {
        one: AccountNo,
        one_key: PublicKey,
        other: AccountNo,
        other_key: PublicKey,
    },
    /// `by` has no longer `other`, who isn't told and sees `by` as offline.
    Shunned {
        by: AccountNo,
        by_key: PublicKey,
        other: AccountNo,
        other_key: PublicKey,
    },
    RequestSent {
        to: AccountNo,
        request: PendingRequest,
    },
    RequestReceived {
        to: AccountNo,
        request: PendingRequest,
    },
    RequestEnded {
        to: AccountNo,
        key: PublicKey,
        how: RequestEnd,
    },
    /// Of one's own: to all devices but the one that did it.
    SelfChanged {
        to: AccountNo,
        by: u64,
        own: Own,
    },
    /// A letter was kept for a device.
    Letter {
        to: AccountNo,
        device: DeviceNo,
        from: AccountNo,
        from_key: PublicKey,
        mail: u64,
        at_ms: u64,
        envelope: Envelope,
    },
}

/// One of two who become contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) account: AccountNo,
    pub(crate) person: Person,
    /// What this side is told of the other's introduction.
    pub(crate) told: Option<Envelope>,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) answer: Answer,
    pub(crate) news: Vec<News>,
}

impl Verdict {
    fn ok(news: Vec<News>) -> Self {
        Self { answer: Answer::Ok, news }
    }
}

type Ruling = Result<Verdict, Refusal>;

/// Decides what a signed-in client asks for.
pub(crate) fn decide(
    records: &mut impl Records,
    limits: &ServerLimits,
    now_ms: u64,
    who: &Who,
    message: &ClientMessage,
) -> Ruling {
    let mut asking = Asking { records, limits, now_ms, who };
    match message {
        // Nothing of these stands in the records.
        ClientMessage::Hello { .. }
        | ClientMessage::Prove { .. }
        | ClientMessage::IceServers { .. } => Err(ErrorCode::OutOfTurn.into()),
        ClientMessage::Claim { handle, .. } => asking.claim(handle),
        ClientMessage::LookUp { handle, .. } => asking.look_up(handle),
        ClientMessage::RequestContact { to, envelope, .. } => asking.request(to, envelope),
        ClientMessage::WithdrawRequest { to, .. } => asking.withdraw(to),
        ClientMessage::AcceptRequest { from, envelope, .. } => asking.accept(from, envelope),
        ClientMessage::DeclineRequest { from, .. } => asking.decline(from),
        ClientMessage::RemoveContact { key, .. } => asking.remove(key),
        ClientMessage::Block { key, .. } => asking.block(key),
        ClientMessage::Unblock { key, .. } => asking.unblock(key),
        ClientMessage::SetStatus { status, .. } => {
            Ok(Verdict { answer: Answer::Status(*status, asking.of_self()?), news: Vec::new() })
        }
        ClientMessage::SetListing { name, .. } => asking.set_listing(name.as_deref()),
        ClientMessage::SearchDirectory { query, after, .. } => asking.search(query, after.as_ref()),
        ClientMessage::Send { to, envelope, keep, .. } => asking.send(to, envelope, *keep),
        ClientMessage::Acknowledge { mail } => {
            asking.records.drop_letters_up_to(who.device, *mail)?;
            Ok(Verdict::ok(Vec::new()))
        }
    }
}

/// Whether a text may be an envelope of at most so many characters.
pub(crate) fn is_envelope(text: &str, most: usize) -> bool {
    // Without early exit, so that the loop is vectorised: this runs on every message that is passed on.
    let odd = text.bytes().fold(false, |odd, b| {
        let letter = (b | 0x20).wrapping_sub(b'a') < 26;
        let digit = b.wrapping_sub(b'0') < 10;
        odd | !(letter | digit | (b == b'-') | (b == b'_'))
    });
    !text.is_empty() && text.len() <= most && !odd
}

/// One request under decision.
struct Asking<'a, R> {
    records: &'a mut R,
    limits: &'a ServerLimits,
    now_ms: u64,
    who: &'a Who,
}

impl<R: Records> Asking<'_, R> {
    /// The account that asks.
    fn own(&self) -> Result<AccountRow, Refusal> {
        let own = self.records.account(self.who.account)?;
        own.ok_or_else(|| StoreError::Broken("a session without an account".to_owned()).into())
    }

    /// Somebody else who has a handle.
    fn other(&self, key: &PublicKey) -> Result<(AccountNo, Person), Refusal> {
        if *key == self.who.key {
            return Err(ErrorCode::ThatIsYou.into());
        }
        let account = self.records.account_of(key)?.ok_or(ErrorCode::NotFound)?;
        let person = account.person().ok_or(ErrorCode::NotFound)?;
        Ok((account.no, person))
    }

    fn of_self(&self) -> Result<Own, Refusal> {
        let own = self.own()?;
        let blocked = self.records.blocked(own.no)?;
        Ok(Own {
            handle: own.handle,
            listing: own.listing,
            blocked: blocked.iter().filter_map(AccountRow::person).collect(),
        })
    }

    fn self_changed(&self) -> Result<News, Refusal> {
        let own = self.of_self()?;
        Ok(News::SelfChanged { to: self.who.account, by: self.who.session, own })
    }
}

#[cfg(test)]
mod tests {
    use super::is_envelope;
    use proptest::prelude::*;

    #[test]
    fn envelopes_are_base64url_and_bounded() {
        assert!(is_envelope("aZ09-_", 6));
        assert!(!is_envelope("aZ09-_", 5));
        for odd in ["", "a=", "a b", "é", "a\"", "a/b", "a+b", "[", "`", "@", ":", "\u{0}"] {
            assert!(!is_envelope(odd, 100), "{odd:?}");
        }
    }

    proptest! {
        #[test]
        fn only_the_alphabet_passes(byte in 0u8..128) {
            let c = char::from(byte);
            let expected = c.is_ascii_alphanumeric() || c == '-' || c == '_';
            prop_assert_eq!(is_envelope(&c.to_string(), 1), expected);
        }
    }
}
