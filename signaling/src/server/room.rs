//! Who is there: sessions, how people are seen, and who may reach whom right now.
//! Pure: told the time, names no socket and no database; it speaks to each session through a [`Line`]. It
//! remembers nothing of those who are gone: that is the records' business, which tell it by [`News`].

mod drain;
mod news;

use super::bucket::{Bucket, Rate};
use super::limits::ServerLimits;
use super::records::{AccountNo, DeviceNo};
use super::rules::SignedIn;
use crate::protocol::{
    ContactEntry, ErrorCode, Handle, IceServer, Person, Presence, PublicKey, ServerMessage, Status,
};
use drain::Drain;
use std::collections::HashMap;

/// The way to one session. Its queue is bounded, and what happens when it is full is its own business.
pub(crate) trait Line: Clone {
    fn tell(&self, message: &ServerMessage);
    /// Tells a message that may be longer than all others.
    fn welcome(&self, message: &ServerMessage);
    /// Answers `send`.
    fn sent(&self, id: u32, delivered: bool);
    fn deliver(&self, from: &PublicKey, envelope: &str, at_ms: u64, mail: Option<u64>);
    /// Whether a letter can be told now; if not, it waits in the mailbox.
    fn has_room(&self) -> bool;
    /// Asks for a page of letters, once all that was told is written.
    fn want_letters(&self);
    /// Ends the session with an error.
    fn end(&self, code: ErrorCode);
}

#[derive(Debug)]
struct Session<L> {
    session: u64,
    device: DeviceNo,
    /// The newest letter that it was told.
    told: u64,
    line: L,
    /// While older letters wait in its mailbox.
    drain: Option<Box<Drain>>,
}

#[derive(Debug)]
struct Here<L> {
    key: PublicKey,
    status: Status,
    /// In order.
    contacts: Box<[AccountNo]>,
    sessions: Vec<Session<L>>,
    /// While invisible: those who know better, because they were written to.
    revealed: Vec<AccountNo>,
    messages: Bucket,
    bytes: Bucket,
}

impl<L> Here<L> {
    fn has(&self, other: AccountNo) -> bool {
        self.contacts.binary_search(&other).is_ok()
    }

    /// Whether someone may learn that they are there.
    fn shows_itself_to(&self, other: AccountNo) -> bool {
        self.status != Status::Invisible || self.revealed.contains(&other)
    }
}

/// What came of an envelope that is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relayed {
    /// A device has it.
    Delivered,
    /// Nobody is there, as far as the sender may know.
    Offline,
    /// The room can't tell: whether the two are contacts, the records know.
    Unknown,
}

/// Everyone who is there.
#[derive(Debug)]
pub(crate) struct Room<L> {
    people: HashMap<AccountNo, Here<L>>,
    by_key: HashMap<PublicKey, AccountNo>,
    limits: ServerLimits,
    message_rate: Rate,
    byte_rate: Rate,
    sessions: usize,
}

impl<L: Line> Room<L> {
    pub(crate) fn new(limits: ServerLimits) -> Self {
        Self {
            people: HashMap::new(),
            by_key: HashMap::new(),
            message_rate: Rate::per_second(limits.messages_per_second, limits.message_burst),
            byte_rate: Rate::per_second(limits.bytes_per_second, limits.byte_burst),
            limits,
            sessions: 0,
        }
    }

    /// Sessions now.
    pub(crate) fn sessions(&self) -> usize {
        self.sessions
    }

    /// The devices that are there.
    pub(crate) fn devices(&self) -> Vec<DeviceNo> {
        self.people.values().flat_map(|here| here.sessions.iter().map(|s| s.device)).collect()
    }

    /// How `of` is seen by `by`: only contacts of each other see each other.
    fn presence(&self, of: AccountNo, by: AccountNo) -> Presence {
        match self.people.get(&of) {
            Some(here) if here.has(by) => here.status.into(),
            _ => Presence::Offline,
        }
    }

    /// Someone is in: welcomes them, ends the older session of the same device, tells their contacts.
    pub(crate) fn enter(
        &mut self,
        now_ms: u64,
        who: SignedIn,
        status: Status,
        (session, line): (u64, L),
        ice_servers: Vec<IceServer>,
    ) {
        let account = who.account;
        let mut contacts: Box<[_]> = who.contacts.iter().map(|(no, _)| *no).collect();
        contacts.sort_unstable();
        let here = self.people.entry(account).or_insert_with(|| Here {
            key: who.key,
            status: Status::Invisible,
            contacts: Box::default(),
            sessions: Vec::with_capacity(1),
            revealed: Vec::new(),
            messages: Bucket::new(now_ms),
            bytes: Bucket::new(now_ms),
        });
        here.contacts = contacts;
        let before = Presence::from(here.status);
        let status_changed = here.status != status;
        here.status = status;
        if status_changed {
            here.revealed = Vec::new();
        }
        if let Some(at) = here.sessions.iter().position(|s| s.device == who.device) {
            let older = here.sessions.swap_remove(at);
            older.line.end(ErrorCode::Replaced);
            self.sessions -= 1;
        }
        if status_changed && !here.sessions.is_empty() {
            let changed = ServerMessage::SelfChanged {
                handle: who.handle.clone(),
                status,
                listing: who.listing.clone(),
                blocked: who.blocked.clone(),
            };
            here.sessions.iter().for_each(|s| s.line.tell(&changed));
        }
        self.by_key.insert(who.key, account);
        let drain = who.has_mail.then(|| Box::new(Drain::new(who.newest_mail)));
        let told = if who.has_mail { 0 } else { who.newest_mail };
        let device = who.device;
        line.welcome(&self.welcome(account, status, who, ice_servers));
        if drain.is_some() {
            line.want_letters();
        }
        if let Some(here) = self.people.get_mut(&account) {
            here.sessions.push(Session { session, device, told, line, drain });
            self.sessions += 1;
        }
        if before != Presence::from(status) {
            self.tell_contacts(account, status.into());
        }
    }

    fn welcome(
        &self,
        account: AccountNo,
        status: Status,
        who: SignedIn,
        ice_servers: Vec<IceServer>,
    ) -> ServerMessage {
        let entry = |(no, person): (AccountNo, Person)| {
            let presence = self.presence(no, account);
            ContactEntry { person, presence }
        };
        ServerMessage::Welcome {
            handle: who.handle,
            status,
            listing: who.listing,
            limits: self.limits.told(),
            contacts: who.contacts.into_iter().map(entry).collect(),
            incoming: who.incoming,
            outgoing: who.outgoing,
            blocked: who.blocked,
            ice_servers,
        }
    }

    /// A session is gone.
    pub(crate) fn leave(&mut self, account: AccountNo, session: u64) {
        let Some(here) = self.people.get_mut(&account) else { return };
        // A session that was replaced is gone already.
        let Some(at) = here.sessions.iter().position(|s| s.session == session) else { return };
        here.sessions.swap_remove(at);
        self.sessions -= 1;
        if here.sessions.is_empty() {
            let seen = here.status != Status::Invisible;
            if seen {
                self.tell_contacts(account, Presence::Offline);
            }
            if let Some(gone) = self.people.remove(&account) {
                self.by_key.remove(&gone.key);
            }
        }
    }

    fn tell_contacts(&self, account: AccountNo, presence: Presence) {
        let Some(here) = self.people.get(&account) else { return };
        let message = ServerMessage::Presence { key: here.key, presence };
        for contact in &here.contacts {
            if let Some(other) = self.people.get(contact).filter(|other| other.has(account)) {
                other.sessions.iter().for_each(|s| s.line.tell(&message));
            }
        }
    }

    /// Takes from what an identity may send; the error says in how many milliseconds it may go on.
    pub(crate) fn charge(
        &mut self,
        account: AccountNo,
        now_ms: u64,
        messages: u64,
        bytes: u64,
    ) -> Result<(), u64> {
        let Some(here) = self.people.get_mut(&account) else { return Ok(()) };
        here.messages.take(self.message_rate, now_ms, messages)?;
        here.bytes.take(self.byte_rate, now_ms, bytes)
    }

    /// Passes an envelope on that is not kept: the hot path.
    pub(crate) fn relay(
        &mut self,
        now_ms: u64,
        from: AccountNo,
        to: &PublicKey,
        envelope: &str,
    ) -> Relayed {
        match self.by_key.get(to) {
            Some(&to) => self.relay_to(now_ms, from, to, envelope),
            None => Relayed::Unknown,
        }
    }

    /// The same, to an account.
    pub(crate) fn relay_to(
        &mut self,
        now_ms: u64,
        from: AccountNo,
        to: AccountNo,
        envelope: &str,
    ) -> Relayed {
        let Some(sender) = self.people.get(&from).filter(|sender| sender.has(to)) else {
            return Relayed::Unknown;
        };
        let (key, hides) = (sender.key, sender.status == Status::Invisible);
        if hides {
            self.reveal(from, to);
        }
        let Some(other) = self.people.get_mut(&to) else { return Relayed::Offline };
        if !other.has(from) || !other.shows_itself_to(from) {
            return Relayed::Offline;
        }
        let mut reached = false;
        for session in &mut other.sessions {
            reached |= match &mut session.drain {
                None => {
                    session.line.deliver(&key, envelope, now_ms, None);
                    true
                }
                Some(drain) => {
                    drain.hold(key, envelope, now_ms, self.limits.outgoing_bytes as usize / 4)
                }
            };
        }
        if reached { Relayed::Delivered } else { Relayed::Offline }
    }

    /// Someone invisible writes to another, who knows from then on.
    fn reveal(&mut self, account: AccountNo, to: AccountNo) {
        if let Some(here) = self.people.get_mut(&account)
            && here.status == Status::Invisible
            && here.has(to)
            && !here.revealed.contains(&to)
        {
            here.revealed.push(to);
        }
    }

    /// Changes how someone is seen. `own` gives what the other devices are told beside it.
    pub(crate) fn set_status(&mut self, account: AccountNo, status: Status, by: u64, own: Own) {
        let Some(here) = self.people.get_mut(&account) else { return };
        if here.status == status {
            return;
        }
        let before = Presence::from(here.status);
        here.status = status;
        here.revealed = Vec::new();
        self.tell_self(account, by, own);
        if before != Presence::from(status) {
            self.tell_contacts(account, status.into());
        }
    }

    /// Tells the other devices of one's own.
    fn tell_self(&self, account: AccountNo, by: u64, own: Own) {
        let Some(here) = self.people.get(&account) else { return };
        let changed = ServerMessage::SelfChanged {
            handle: own.handle,
            status: here.status,
            listing: own.listing,
            blocked: own.blocked,
        };
        here.sessions.iter().filter(|s| s.session != by).for_each(|s| s.line.tell(&changed));
    }

    /// Ends a session.
    pub(crate) fn end(&self, account: AccountNo, session: u64, code: ErrorCode) {
        let here = self.people.get(&account).map_or(&[][..], |here| &here.sessions);
        here.iter().filter(|s| s.session == session).for_each(|s| s.line.end(code));
    }

    /// Tells all devices of an account.
    fn tell(&self, account: AccountNo, message: &ServerMessage) {
        if let Some(here) = self.people.get(&account) {
            here.sessions.iter().for_each(|s| s.line.tell(message));
        }
    }
}

/// What all devices of one's own know of oneself, beside the status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Own {
    pub(crate) handle: Option<Handle>,
    pub(crate) listing: Option<String>,
    pub(crate) blocked: Vec<Person>,
}
