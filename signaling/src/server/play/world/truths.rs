//! What must hold in the play: after every act, and at its end.

use super::{PEOPLE, Play, person_of};
use crate::protocol::{Presence, PublicKey, ServerMessage, Status};
use crate::server::records::Records as _;
use crate::server::store::Tables;

impl Play {
    /// What holds after every step.
    pub(super) fn check(&mut self) {
        for one in 0..PEOPLE {
            for other in 0..PEOPLE {
                if let (Some(a), Some(b)) = (self.account(one), self.account(other)) {
                    assert!(!(self.has(one, other) && self.memory.has_blocked(a, b).unwrap()));
                    assert!(
                        !self.mutual(one, other) || self.memory.request(a, b).unwrap().is_none()
                    );
                }
            }
        }
        let mut seen = Vec::new();
        for session in &mut self.sessions {
            let heard = session.ear.0.messages.borrow();
            for message in &heard[session.checked..] {
                if let ServerMessage::RequestReceived { request } = message {
                    let from = request.person.bundle.sign;
                    let from = self.memory.account_of(&from).unwrap().unwrap().no;
                    let blocked = self.memory.has_blocked(session.who.account, from).unwrap();
                    assert!(!blocked, "a request of someone blocked is shown");
                }
                let shown: Vec<(PublicKey, Presence)> = match message {
                    ServerMessage::Presence { key, presence } => vec![(*key, *presence)],
                    ServerMessage::ContactAdded { contact, .. } => {
                        vec![(contact.person.bundle.sign, contact.presence)]
                    }
                    ServerMessage::Welcome { contacts, .. } => {
                        contacts.iter().map(|c| (c.person.bundle.sign, c.presence)).collect()
                    }
                    _ => Vec::new(),
                };
                seen.extend(shown.into_iter().map(|(of, p)| (session.person, person_of(of), p)));
            }
            session.checked = heard.len();
        }
        for (by, of, presence) in seen {
            if presence == Presence::Offline {
                continue;
            }
            assert!(self.mutual(by, of), "{of} is shown to {by}, and they are not contacts");
            let statuses = self.sessions.iter().filter(|s| s.person == of).count();
            assert!(statuses > 0, "{of} is shown and not there");
            assert_ne!(self.statuses[&of], Status::Invisible, "{of} is shown and invisible");
        }
    }

    /// Everyone comes, takes in all that waits, and must have all that is owed: once, and in order.
    pub(in crate::server::play) fn finish(mut self) {
        for person in 0..PEOPLE {
            let rows = self.account(person).map(|no| self.memory.devices(no).unwrap());
            for row in rows.unwrap_or_default() {
                self.enter(person, row.id.0[0], Status::Online);
                let at = self.sessions.len() - 1;
                while self.page(at) {}
                self.hear(at, true);
                let account = self.account(person).unwrap();
                let row =
                    self.memory.devices(account).unwrap().into_iter().find(|r| r.no == row.no);
                assert_eq!(row.unwrap().letters, 0, "letters stay after all was acknowledged");
            }
        }
        for (tag, devices) in &self.owed {
            for device in devices {
                let got = &self.clients[device].got;
                let count = got.iter().filter(|(_, t)| t == tag).count();
                assert_eq!(count, 1, "letter {tag} for {device:?}");
            }
        }
        let totals = |records: &dyn Fn() -> _| records();
        assert_eq!(
            totals(&|| self.memory.mail_totals().unwrap()),
            Tables(&self.sqlite).mail_totals().unwrap()
        );
    }
}
