//! Tells news to those whom they concern and who are there, and keeps the room's own lists of who has whom.

use super::{Drain, Line, Relayed, Room};
use crate::protocol::{ContactEntry, ErrorCode, Presence, PublicKey, ServerMessage};
use crate::server::records::{AccountNo, DeviceNo};
use crate::server::rules::{Answer, News, Side, Verdict, Who};

impl<L: Line> Room<L> {
    /// Tells what came of a request: the news to everyone concerned, then the answer. Gives what came of an
    /// envelope that is not kept, if it was one.
    pub(crate) fn conclude(
        &mut self,
        now_ms: u64,
        who: &Who,
        id: u32,
        verdict: Verdict,
        line: &L,
    ) -> Option<Relayed> {
        let reached = self.apply(verdict.news);
        match verdict.answer {
            Answer::Ok => line.tell(&ServerMessage::Ok { id }),
            Answer::Found(person) => line.tell(&ServerMessage::Found { id, person }),
            Answer::Directory(people, more) => {
                line.tell(&ServerMessage::Directory { id, people, more });
            }
            Answer::Kept => line.sent(id, reached),
            Answer::AsIfKept => line.sent(id, false),
            Answer::Status(status, own) => {
                self.set_status(who.account, status, who.session, own);
                line.tell(&ServerMessage::Ok { id });
            }
            Answer::Relay(to, envelope) => {
                let relayed = self.relay_to(now_ms, who.account, to, &envelope);
                if relayed == Relayed::Delivered {
                    line.sent(id, true);
                } else {
                    line.tell(&ErrorCode::Offline.message(Some(id), None));
                }
                return Some(relayed);
            }
        }
        None
    }

    /// Tells news; gives whether a device was reached by a letter whose sender may know so.
    pub(crate) fn apply(&mut self, news: Vec<News>) -> bool {
        let mut reached = false;
        for news in news {
            reached |= self.apply_one(news);
        }
        reached
    }

    fn apply_one(&mut self, news: News) -> bool {
        match news {
            News::Joined { one, other } => self.join(one, other),
            News::Parted { one, one_key, other, other_key } => {
                self.forget(one, other);
                self.forget(other, one);
                self.tell(one, &ServerMessage::ContactRemoved { key: other_key });
                self.tell(other, &ServerMessage::ContactRemoved { key: one_key });
            }
            News::Shunned { by, by_key, other, other_key } => {
                let was_seen = self.presence(by, other) != Presence::Offline;
                let sees = self.people.get(&other).is_some_and(|here| here.has(by));
                self.forget(by, other);
                self.tell(by, &ServerMessage::ContactRemoved { key: other_key });
                if was_seen && sees {
                    let presence = Presence::Offline;
                    self.tell(other, &ServerMessage::Presence { key: by_key, presence });
                }
            }
            News::RequestSent { to, request } => {
                self.tell(to, &ServerMessage::RequestSent { request });
            }
            News::RequestReceived { to, request } => {
                self.tell(to, &ServerMessage::RequestReceived { request });
            }
            News::RequestEnded { to, key, how } => {
                self.tell(to, &ServerMessage::RequestEnded { key, how });
            }
            News::SelfChanged { to, by, own } => self.tell_self(to, by, own),
            News::Letter { to, device, from, from_key, mail, at_ms, envelope } => {
                self.reveal(from, to);
                return self.letter((to, device), (from, from_key), mail, at_ms, &envelope);
            }
        }
        false
    }

    fn join(&mut self, one: Side, other: Side) {
        self.remember(one.account, other.account);
        self.remember(other.account, one.account);
        for (to, of, envelope) in [(&one, &other, &one.told), (&other, &one, &other.told)] {
            let presence = self.presence(of.account, to.account);
            let contact = ContactEntry { person: of.person.clone(), presence };
            let envelope = envelope.clone();
            self.tell(to.account, &ServerMessage::ContactAdded { contact, envelope });
        }
    }

    fn remember(&mut self, account: AccountNo, other: AccountNo) {
        if let Some(here) = self.people.get_mut(&account)
            && let Err(at) = here.contacts.binary_search(&other)
        {
            let mut contacts = std::mem::take(&mut here.contacts).into_vec();
            contacts.insert(at, other);
            here.contacts = contacts.into();
        }
    }

    fn forget(&mut self, account: AccountNo, other: AccountNo) {
        if let Some(here) = self.people.get_mut(&account)
            && let Ok(at) = here.contacts.binary_search(&other)
        {
            let mut contacts = std::mem::take(&mut here.contacts).into_vec();
            contacts.remove(at);
            here.contacts = contacts.into();
        }
    }

    /// A letter is in a device's mailbox: it is told now if nothing older waits there.
    fn letter(
        &mut self,
        (to, device): (AccountNo, DeviceNo),
        (from, from_key): (AccountNo, PublicKey),
        mail: u64,
        at_ms: u64,
        envelope: &str,
    ) -> bool {
        let Some(here) = self.people.get_mut(&to) else { return false };
        let shown = here.shows_itself_to(from);
        let Some(session) = here.sessions.iter_mut().find(|s| s.device == device) else {
            return false;
        };
        match &mut session.drain {
            Some(drain) => drain.kept(mail),
            None if session.line.has_room() => {
                session.line.deliver(&from_key, envelope, at_ms, Some(mail));
                session.told = mail;
            }
            // The client takes its time: the letter waits where it is, and later ones behind it.
            None => {
                session.drain = Some(Box::new(Drain::new(mail)));
                session.line.want_letters();
            }
        }
        shown
    }
}
