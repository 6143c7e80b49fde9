//! What happens in the play, act by act.

use super::{PEOPLE, Play, key, limits};
use crate::protocol::ClientMessage;
use crate::server::play::Act;
use crate::server::records::Records as _;
use crate::server::room::Room;
use crate::server::rules::{self, DAY_MS};

impl Play {
    pub(in crate::server::play) fn act(&mut self, act: &Act) {
        let pick = |session: &u8| (*session as usize).checked_rem(self.sessions.len());
        let about = match act {
            Act::Enter { .. } | Act::Days { .. } | Act::Restart => Some(0),
            Act::Break { session, .. }
            | Act::Request { session, .. }
            | Act::Withdraw { session, .. }
            | Act::Accept { session, .. }
            | Act::Decline { session, .. }
            | Act::Remove { session, .. }
            | Act::Block { session, .. }
            | Act::Unblock { session, .. }
            | Act::SetStatus { session, .. }
            | Act::SetListing { session, .. }
            | Act::Send { session, .. }
            | Act::Hear { session, .. }
            | Act::Clog { session, .. }
            | Act::Page { session } => pick(session),
        };
        let Some(at) = about else { return };
        let (id, intro) = (1, "aW50cm8".to_owned());
        match *act {
            Act::Enter { person, device, status } => self.enter(person, device, status),
            Act::Break { seen, .. } => {
                let heard = self.sessions[at].ear.0.messages.borrow().len();
                self.take_in(at, heard * usize::from(seen) / 255);
                self.leave(at);
            }
            Act::Request { other, .. } => {
                // Where requests cross, the introduction is an envelope to the other.
                self.revealed.insert((self.sessions[at].person, other));
                drop(self.ask(
                    at,
                    ClientMessage::RequestContact { id, to: key(other), envelope: intro },
                ));
            }
            Act::Withdraw { other, .. } => {
                drop(self.ask(at, ClientMessage::WithdrawRequest { id, to: key(other) }));
            }
            Act::Accept { other, .. } => {
                self.revealed.insert((self.sessions[at].person, other));
                drop(self.ask(
                    at,
                    ClientMessage::AcceptRequest { id, from: key(other), envelope: intro },
                ));
            }
            Act::Decline { other, .. } => {
                drop(self.ask(at, ClientMessage::DeclineRequest { id, from: key(other) }));
            }
            Act::Remove { other, .. } => {
                drop(self.ask(at, ClientMessage::RemoveContact { id, key: key(other) }));
            }
            Act::Block { other, .. } => {
                let by = self.sessions[at].person;
                if self.ask(at, ClientMessage::Block { id, key: key(other) }).is_some() {
                    // What the blocked one had sent before need not come any more.
                    for (tag, devices) in &mut self.owed {
                        if self.senders[tag] == (other, by) {
                            devices.clear();
                        }
                    }
                }
            }
            Act::Unblock { other, .. } => {
                drop(self.ask(at, ClientMessage::Unblock { id, key: key(other) }));
            }
            Act::SetStatus { status, .. } => {
                if self.ask(at, ClientMessage::SetStatus { id, status }).is_some() {
                    let person = self.sessions[at].person;
                    self.now_seen_as(person, status);
                }
            }
            Act::SetListing { listed, .. } => {
                let name = listed.then(|| "Somebody".to_owned());
                drop(self.ask(at, ClientMessage::SetListing { id, name }));
                let after = None;
                drop(self.ask(
                    at,
                    ClientMessage::SearchDirectory { id, query: "SOME".to_owned(), after },
                ));
            }
            Act::Send { other, keep, .. } => self.send(at, other, keep),
            Act::Hear { acknowledge, .. } => self.hear(at, acknowledge),
            Act::Clog { clogged, .. } => self.sessions[at].ear.0.clogged.set(clogged),
            Act::Page { .. } => drop(self.page(at)),
            Act::Days { days } => self.days(days),
            Act::Restart => {
                self.sessions.clear();
                self.revealed.clear();
                self.room = Room::new(limits());
            }
        }
        self.check();
    }

    pub(super) fn hear(&mut self, at: usize, acknowledge: bool) {
        if let Some(mail) = self.take_in(at, usize::MAX)
            && acknowledge
        {
            let who = self.sessions[at].who;
            let told = self.room.told(who.account, who.session).unwrap();
            let mail = mail.min(told);
            let acknowledged = ClientMessage::Acknowledge { mail };
            let (limits, now) = (limits(), self.now_ms);
            self.both(
                |records| rules::decide(records, &limits, now, &who, &acknowledged),
                |records| rules::decide(records, &limits, now, &who, &acknowledged),
            );
        }
    }

    fn days(&mut self, days: u8) {
        self.now_ms += u64::from(days) * DAY_MS;
        let here = self.room.devices();
        let now = self.now_ms;
        let limits = limits();
        // Letters that are too old, and devices not seen for too long, owe nothing any more.
        let news = self
            .both(
                |records| Ok(rules::sweep(records, &limits, now, &here)?),
                |records| Ok(rules::sweep(records, &limits, now, &here)?),
            )
            .unwrap();
        self.room.apply(news);
        for person in 0..PEOPLE {
            let rows = self.account(person).map(|no| self.memory.devices(no).unwrap());
            let rows = rows.unwrap_or_default();
            for device in 0..2 {
                let row = rows.iter().find(|row| row.id.0[0] == device);
                let waits = |tag: u32| {
                    row.is_some_and(|row| {
                        let letters = self.memory.letters_after(row.no, 0, u32::MAX).unwrap();
                        letters.iter().any(|letter| super::tag(&letter.envelope) == Some(tag))
                    })
                };
                for (tag, devices) in &mut self.owed {
                    let got = self.clients.get(&(person, device));
                    let got = got.is_some_and(|c| c.got.iter().any(|(_, t)| t == tag));
                    if !got && !waits(*tag) {
                        devices.remove(&(person, device));
                    }
                }
                if row.is_none() {
                    self.clients.remove(&(person, device));
                    self.owed.values_mut().for_each(|devices| {
                        devices.remove(&(person, device));
                    });
                }
            }
        }
    }
}
