//! A session whose mailbox is not empty yet: letters come page by page, and whatever else is sent meanwhile
//! waits behind them, so that everything from one sender arrives in the order in which it was sent.

use super::{Line, Room};
use crate::protocol::PublicKey;
use crate::server::records::{AccountNo, Letter};
use std::collections::VecDeque;

#[derive(Debug)]
struct Held {
    /// The newest letter that was kept before this came.
    behind: u64,
    from: PublicKey,
    envelope: Box<str>,
    at_ms: u64,
}

/// What waits behind the letters of one device.
#[derive(Debug)]
pub(super) struct Drain {
    newest: u64,
    held: VecDeque<Held>,
    bytes: usize,
}

impl Drain {
    pub(super) fn new(newest: u64) -> Self {
        Self { newest, held: VecDeque::new(), bytes: 0 }
    }

    /// A letter was kept, and will come in its turn.
    pub(super) fn kept(&mut self, mail: u64) {
        self.newest = self.newest.max(mail);
    }

    /// Holds an envelope back that is not kept; false if there is no room for it.
    pub(super) fn hold(
        &mut self,
        from: PublicKey,
        envelope: &str,
        at_ms: u64,
        most_bytes: usize,
    ) -> bool {
        let size = envelope.len() + size_of::<Held>();
        if self.bytes + size > most_bytes {
            return false;
        }
        self.bytes += size;
        self.held.push_back(Held { behind: self.newest, from, envelope: envelope.into(), at_ms });
        true
    }

    /// Delivers what was held behind letters before this one.
    fn release(&mut self, before: u64, line: &impl Line) {
        while let Some(held) = self.held.pop_front_if(|held| held.behind < before) {
            self.bytes = self.bytes.saturating_sub(held.envelope.len() + size_of::<Held>());
            line.deliver(&held.from, &held.envelope, held.at_ms, None);
        }
    }
}

impl<L: Line> Room<L> {
    /// The newest letter that a session was told: where its next page begins, and the most that it can
    /// acknowledge.
    pub(crate) fn told(&self, account: AccountNo, session: u64) -> Option<u64> {
        let here = self.people.get(&account)?;
        here.sessions.iter().find(|s| s.session == session).map(|s| s.told)
    }

    /// A page of letters for a session, in order; an empty one says that there are no more.
    pub(crate) fn page(&mut self, account: AccountNo, session: u64, letters: &[Letter]) {
        let Some(here) = self.people.get_mut(&account) else { return };
        let Some(session) = here.sessions.iter_mut().find(|s| s.session == session) else { return };
        let Some(drain) = &mut session.drain else { return };
        for letter in letters {
            drain.release(letter.mail, &session.line);
            session.line.deliver(&letter.from, &letter.envelope, letter.at_ms, Some(letter.mail));
            session.told = letter.mail;
        }
        if letters.is_empty() {
            drain.release(u64::MAX, &session.line);
            session.drain = None;
        } else {
            session.line.want_letters();
        }
    }
}
