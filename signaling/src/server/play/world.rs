//! The stage of the play: two worlds that must not differ, the clients' memories, and what must hold.

mod deeds;
mod ear;
mod truths;

use crate::protocol::{
    ClientMessage, DeviceId, KeyBundle, PublicKey, SealKey, ServerMessage, Signature, Status,
};
use crate::server::limits::ServerLimits;
use crate::server::records::memory::Memory;
use crate::server::records::{Letter, Records};
use crate::server::room::{Relayed, Room};
use crate::server::rules::{self, DAY_MS, Refusal, SignIn, Verdict, Who};
use crate::server::store::{Tables, prepare};
use ear::Ear;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const PEOPLE: u8 = 4;

fn key(person: u8) -> PublicKey {
    PublicKey([person + 1; 32])
}

fn person_of(key: PublicKey) -> u8 {
    key.0[0] - 1
}

fn limits() -> ServerLimits {
    // Small, so that pages and bounds are met.
    ServerLimits { mailbox_envelopes: 20, outgoing_bytes: 4000, ..ServerLimits::default() }
}

#[derive(Debug)]
struct Session {
    who: Who,
    person: u8,
    device: u8,
    ear: Ear,
    checked: usize,
    taken: usize,
}

/// What a device has in its own store.
#[derive(Debug, Default)]
struct Client {
    last_mail: u64,
    got: Vec<(u8, u32)>,
}

pub(super) struct Play {
    now_ms: u64,
    memory: Memory,
    sqlite: Connection,
    room: Room<Ear>,
    sessions: Vec<Session>,
    clients: BTreeMap<(u8, u8), Client>,
    numbers: u64,
    tags: u32,
    /// Tags that were sent while the two were contacts of each other.
    allowed: BTreeSet<u32>,
    /// Letters that were answered as kept, with those devices that must get them.
    owed: BTreeMap<u32, BTreeSet<(u8, u8)>>,
    senders: BTreeMap<u32, (u8, u8)>,
    statuses: BTreeMap<u8, Status>,
    /// Whom those who are invisible have written to.
    revealed: BTreeSet<(u8, u8)>,
}

/// An envelope that says which one it is.
fn envelope(tag: u32) -> String {
    format!("t{tag}_{}", "x".repeat(300))
}

fn tag(envelope: &str) -> Option<u32> {
    envelope.strip_prefix('t')?.split('_').next()?.parse().ok()
}

impl Play {
    pub(super) fn new() -> Self {
        let sqlite = Connection::open_in_memory().unwrap();
        prepare(&sqlite).unwrap();
        Self {
            now_ms: 1000 * DAY_MS,
            memory: Memory::default(),
            sqlite,
            room: Room::new(limits()),
            sessions: Vec::new(),
            clients: BTreeMap::new(),
            numbers: 0,
            tags: 0,
            allowed: BTreeSet::new(),
            owed: BTreeMap::new(),
            senders: BTreeMap::new(),
            statuses: BTreeMap::new(),
            revealed: BTreeSet::new(),
        }
    }

    /// Everyone is there with both devices, and a contact of everyone.
    pub(super) fn open(&mut self) {
        for person in 0..PEOPLE {
            self.enter(person, 0, Status::Online);
            self.enter(person, 1, Status::Online);
        }
        for one in 0..PEOPLE {
            for other in 0..one {
                let envelope = "aW50cm8".to_owned();
                let (to, from) = (key(other), key(one));
                let asks = ClientMessage::RequestContact { id: 1, to, envelope: envelope.clone() };
                assert!(self.ask(usize::from(2 * one), asks).is_some());
                let accepts = ClientMessage::AcceptRequest { id: 1, from, envelope };
                assert!(self.ask(usize::from(2 * other), accepts).is_some());
            }
        }
        self.check();
    }

    /// Decides in both worlds, which must agree; a refusal is taken back in both.
    fn both<T: PartialEq + std::fmt::Debug>(
        &mut self,
        memory: impl FnOnce(&mut Memory) -> Result<T, Refusal>,
        tables: impl FnOnce(&mut Tables<'_>) -> Result<T, Refusal>,
    ) -> Option<T> {
        let mut copy = self.memory.clone();
        let one = memory(&mut copy);
        self.sqlite.execute_batch("savepoint play").unwrap();
        let other = tables(&mut Tables(&self.sqlite));
        let end = if other.is_ok() { "release play" } else { "rollback to play; release play" };
        self.sqlite.execute_batch(end).unwrap();
        match (one, other) {
            (Ok(one), Ok(other)) => {
                assert_eq!(one, other, "the tables differ from the model");
                self.memory = copy;
                Some(one)
            }
            (Err(one), Err(other)) => {
                assert_eq!(format!("{one:?}"), format!("{other:?}"));
                None
            }
            (one, other) => panic!("the tables differ from the model: {one:?}, {other:?}"),
        }
    }

    fn enter(&mut self, person: u8, device: u8, status: Status) {
        let sign_in = SignIn {
            bundle: KeyBundle {
                sign: key(person),
                seal: SealKey([person; 32]),
                proof: Signature([0; 64]),
            },
            device: DeviceId([device; 16]),
            invite: None,
            closed: false,
        };
        let now = self.now_ms;
        let signed = self.both(
            |records| sign_in.decide(records, &limits(), now, || Ok(())),
            |records| sign_in.decide(records, &limits(), now, || Ok(())),
        );
        let Some(signed) = signed else { return };
        self.numbers += 1;
        let who = Who {
            account: signed.account,
            key: signed.key,
            device: signed.device,
            session: self.numbers,
        };
        if signed.seen_ms.is_none() {
            self.clients.insert((person, device), Client::default());
        }
        let needs_handle = signed.handle.is_none();
        self.now_seen_as(person, status);
        let ear = Ear::default();
        self.room.enter(0, signed, status, (who.session, ear.clone()), Vec::new());
        self.sessions.push(Session { who, person, device, ear, checked: 0, taken: 0 });
        for gone in self.sessions.extract_if(.., |s| s.ear.0.ended.get()).collect::<Vec<_>>() {
            self.room.leave(gone.who.account, gone.who.session);
        }
        if needs_handle {
            let handle = ["ana", "bo", "cho", "dee"][person as usize].to_owned();
            let at = self.sessions.len() - 1;
            assert!(self.ask(at, ClientMessage::Claim { id: 0, handle }).is_some());
        }
    }

    fn now_seen_as(&mut self, person: u8, status: Status) {
        if self.statuses.insert(person, status) != Some(status) {
            self.revealed.retain(|(of, _)| *of != person);
        }
    }

    fn ask(&mut self, at: usize, message: ClientMessage) -> Option<Verdict> {
        let who = self.sessions[at].who;
        let now = self.now_ms;
        let verdict = self.both(
            |records| rules::decide(records, &limits(), now, &who, &message),
            |records| rules::decide(records, &limits(), now, &who, &message),
        )?;
        let ear = self.sessions[at].ear.clone();
        self.room.conclude(now, &who, 1, verdict.clone(), &ear);
        Some(verdict)
    }

    fn account(&self, person: u8) -> Option<u32> {
        self.memory.account_of(&key(person)).unwrap().map(|row| row.no)
    }

    fn has(&self, one: u8, other: u8) -> bool {
        match (self.account(one), self.account(other)) {
            (Some(one), Some(other)) => self.memory.has_contact(one, other).unwrap(),
            _ => false,
        }
    }

    fn mutual(&self, one: u8, other: u8) -> bool {
        self.has(one, other) && self.has(other, one)
    }

    fn send(&mut self, at: usize, other: u8, keep: bool) {
        self.tags += 1;
        let (tag, from) = (self.tags, self.sessions[at].person);
        let who = self.sessions[at].who;
        self.senders.insert(tag, (from, other));
        self.revealed.insert((from, other));
        if self.mutual(from, other) {
            self.allowed.insert(tag);
        }
        let (to, envelope) = (key(other), envelope(tag));
        if !keep {
            // As the server does it: by the room at once, and by the records where the room can't tell.
            let now = self.now_ms;
            match self.room.relay(now, who.account, &to, &envelope) {
                Relayed::Delivered => {
                    assert!(self.mutual(from, other));
                    assert!(self.may_know(from, other), "an answer betrays someone invisible");
                }
                Relayed::Offline => {}
                Relayed::Unknown => {
                    self.ask(at, ClientMessage::Send { id: 1, to, envelope, keep });
                }
            }
            return;
        }
        let devices: Vec<(u8, u32)> = self
            .account(other)
            .map(|account| self.memory.devices(account).unwrap())
            .unwrap_or_default()
            .into_iter()
            .map(|row| (row.id.0[0], row.letters))
            .collect();
        let mutual = self.mutual(from, other);
        let kept = self.ask(at, ClientMessage::Send { id: 1, to, envelope, keep }).is_some();
        let answer = self.sessions[at].ear.0.messages.borrow().last().cloned();
        if let Some(ServerMessage::Sent { delivered: true, .. }) = answer
            && kept
        {
            assert!(self.may_know(from, other), "an answer betrays someone invisible");
        }
        if kept && mutual {
            let roomy = devices.into_iter().filter(|(_, count)| *count < 20);
            self.owed.insert(tag, roomy.map(|(device, _)| (other, device)).collect());
        }
    }

    /// Whether one may know that another is there.
    fn may_know(&self, one: u8, other: u8) -> bool {
        self.sessions.iter().any(|s| s.person == other)
            && (self.statuses[&other] != Status::Invisible || self.revealed.contains(&(other, one)))
    }

    /// The client takes in what it was told, up to a point.
    fn take_in(&mut self, at: usize, up_to: usize) -> Option<u64> {
        let session = &mut self.sessions[at];
        let client = self.clients.get_mut(&(session.person, session.device)).unwrap();
        let heard = session.ear.0.messages.borrow();
        let up_to = up_to.min(heard.len());
        let mut mail_seen = None;
        for message in &heard[session.taken.min(up_to)..up_to] {
            let ServerMessage::Deliver { from, envelope, mail, .. } = message else { continue };
            if let Some(mail) = *mail {
                mail_seen = Some(mail);
                if mail <= client.last_mail {
                    continue;
                }
                client.last_mail = mail;
            }
            if let Some(tag) = tag(envelope) {
                assert!(self.allowed.contains(&tag), "an envelope of a stranger came");
                assert_eq!(self.senders[&tag], (person_of(*from), session.person));
                let sender = person_of(*from);
                let before = client.got.iter().filter(|(s, _)| *s == sender).map(|(_, t)| *t).max();
                assert!(before.is_none_or(|before| before < tag), "{tag} after {before:?}");
                client.got.push((sender, tag));
            }
        }
        session.taken = session.taken.max(up_to);
        mail_seen
    }

    fn page(&mut self, at: usize) -> bool {
        let (who, ear) = (self.sessions[at].who, self.sessions[at].ear.clone());
        if !ear.0.wants.replace(false) {
            return false;
        }
        let after = self.room.told(who.account, who.session).unwrap();
        let letters: Vec<Letter> = self
            .both(
                |records| Ok(records.letters_after(who.device, after, 700)?),
                |records| Ok(records.letters_after(who.device, after, 700)?),
            )
            .unwrap();
        self.room.page(who.account, who.session, &letters);
        true
    }

    fn leave(&mut self, at: usize) {
        let gone = self.sessions.swap_remove(at);
        if !self.sessions.iter().any(|s| s.person == gone.person) {
            self.revealed.retain(|(of, _)| *of != gone.person);
        }
        self.room.leave(gone.who.account, gone.who.session);
    }
}
