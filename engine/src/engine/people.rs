//! The people the user knows on the current server, as the loop holds them and as a shell sees them.

use super::desk::Desk;
use crate::api::{
    ApiError, Contact, Event, IncomingRequest, Me, OutgoingRequest, Presence, PublicKey,
};
use crate::call::machine::Input as CallInput;
use crate::store::people::{self, Person, Relation};
use std::collections::{BTreeMap, HashMap};
use visavis_signaling::protocol::{self, Handle};

/// Whatever a server says, no more people are known and no more requests are heard.
pub(super) const MOST: usize = 10_000;

/// Who is known.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) people: BTreeMap<PublicKey, Person>,
    pub(super) presence: HashMap<PublicKey, Presence>,
    /// Missed calls that the user has not seen.
    pub(super) missed: HashMap<PublicKey, u32>,
    /// Messages that the user has not seen.
    pub(super) unread: HashMap<PublicKey, u32>,
    /// The beginning of the newest message.
    pub(super) words: HashMap<PublicKey, String>,
    pub(super) incoming: Vec<(protocol::Person, IncomingRequest)>,
    pub(super) outgoing: Vec<OutgoingRequest>,
}

impl Known {
    /// A contact that can be written to: known, not blocked, with a key that is not in doubt.
    pub(super) fn reachable(&self, key: &PublicKey) -> Option<&Person> {
        let person = self.people.get(key)?;
        (person.relation == Relation::Contact && person.changed.is_none()).then_some(person)
    }

    /// Whoever has the handle.
    pub(super) fn by_handle(&self, handle: &Handle) -> Option<&Person> {
        self.people.values().find(|person| person.handle == *handle)
    }

    fn show(&self, person: &Person) -> Contact {
        let presence = match (person.relation, &person.changed) {
            (Relation::Contact, None) => self.presence.get(&person.key()).copied(),
            _ => None,
        };
        Contact {
            key: person.key(),
            handle: person.handle.to_string(),
            name: shown_name(person),
            presence: presence.unwrap_or_default(),
            verified: person.verified && person.changed.is_none(),
            key_changed: person.changed.is_some(),
            last: person.last,
            missed: self.missed.get(&person.key()).copied().unwrap_or(0),
            unread: self.unread.get(&person.key()).copied().unwrap_or(0),
            words: self.words.get(&person.key()).cloned(),
        }
    }

    fn shown(&self, relation: Relation) -> Vec<Contact> {
        let wanted = self.people.values().filter(|person| person.relation == relation);
        let mut contacts: Vec<Contact> = wanted.map(|person| self.show(person)).collect();
        contacts.sort_by_cached_key(super::board::order);
        contacts
    }
}

/// The name they gave, or the handle.
pub(super) fn shown_name(person: &Person) -> String {
    if person.name.is_empty() { person.handle.to_string() } else { person.name.clone() }
}

/// Someone who was not known before.
pub(super) fn new_person(person: &protocol::Person, name: String) -> Person {
    Person {
        handle: person.handle.clone(),
        bundle: person.bundle,
        name,
        relation: Relation::Contact,
        verified: false,
        changed: None,
        last: None,
    }
}

impl Desk {
    /// Reads the people of the current server from the store, and shows them.
    pub(super) async fn load_people(&mut self) {
        let server = self.place.id();
        self.known = Known::default();
        match self.run(move |db| people::all(db, &server)).await {
            Ok(all) => self.known.people = all.into_iter().map(|p| (p.key(), p)).collect(),
            Err(error) => self.raise(error),
        }
        for loaded in [self.load_missed().await, self.load_words().await] {
            if let Err(error) = loaded {
                self.raise(error);
            }
        }
        self.show_everyone();
        self.load_files().await;
    }

    /// Shows all people and requests anew.
    pub(super) fn show_everyone(&self) {
        self.board
            .publish(Event::ContactsChanged { contacts: self.known.shown(Relation::Contact) });
        self.board.publish(Event::BlockedChanged { blocked: self.known.shown(Relation::Blocked) });
        self.show_requests();
    }

    pub(super) fn show_requests(&self) {
        let mut incoming: Vec<_> = self.known.incoming.iter().map(|(_, r)| r.clone()).collect();
        incoming.sort_by_key(|request| std::cmp::Reverse(request.at_ms));
        let mut outgoing = self.known.outgoing.clone();
        outgoing.sort_by_key(|request| std::cmp::Reverse(request.at_ms));
        self.board.publish(Event::RequestsChanged { incoming, outgoing });
    }

    /// Shows one person as they are now.
    pub(super) fn show_person(&self, key: &PublicKey) {
        match self.known.people.get(key) {
            Some(person) if person.relation == Relation::Contact => {
                let contact = self.known.show(person);
                self.board.publish(Event::ContactChanged { contact });
            }
            _ => self.board.publish(Event::ContactRemoved { key: *key }),
        }
    }

    /// Nobody is seen while there is no connection; requests can't be answered either.
    pub(super) fn everyone_offline(&mut self) {
        self.known.presence.clear();
        self.board
            .publish(Event::ContactsChanged { contacts: self.known.shown(Relation::Contact) });
    }

    /// Shows the user.
    pub(super) fn show_me(&self) {
        let me = self.own.as_ref().filter(|own| !own.name.is_empty()).map(|own| Me {
            key: own.identity.public(),
            name: own.name.clone(),
            handle: own.handle.as_ref().map(Handle::to_string),
            address: self.own_address(),
            status: own.status,
            listed: own.listed,
            key_place: own.key_place,
        });
        self.board.publish(Event::MeChanged { me });
    }

    /// What others type to find the user.
    pub(super) fn own_address(&self) -> Option<String> {
        let handle = self.own.as_ref()?.handle.as_ref()?;
        let hosted = self.place.host.as_ref().and_then(|host| host.addresses().into_iter().next());
        let server = hosted.or_else(|| self.server_address().map(|server| server.to_string()))?;
        Some(format!("{handle}@{server}"))
    }

    /// Remembers someone as they are now, then shows them so.
    pub(super) async fn keep_person(&mut self, person: Person) -> Result<(), ApiError> {
        let (server, kept) = (self.place.id(), person.clone());
        self.run(move |db| people::put(db, &server, &kept)).await?;
        let key = person.key();
        if person.relation == Relation::Blocked {
            self.call_happens(CallInput::Parted(key)).await;
        }
        let blocked = self.known.people.get(&key).map(|p| p.relation) == Some(Relation::Blocked)
            || person.relation == Relation::Blocked;
        self.known.people.insert(key, person);
        self.show_person(&key);
        if blocked {
            self.show_blocked();
        }
        Ok(())
    }

    /// Forgets someone. `unpin` also forgets the key that their handle had: only where the user says so.
    pub(super) async fn forget_person(
        &mut self,
        key: &PublicKey,
        unpin: bool,
    ) -> Result<(), ApiError> {
        let Some(person) = self.known.people.get(key).cloned() else { return Ok(()) };
        // While they can still be told.
        self.call_happens(CallInput::Parted(*key)).await;
        self.forget_files(*key).await;
        let server = self.place.id();
        self.run(move |db| {
            if unpin {
                people::unpin(db, &server, &person.handle)?;
            }
            people::remove(db, &server, &person.key())
        })
        .await?;
        let was = self.known.people.remove(key).map(|person| person.relation);
        self.known.presence.remove(key);
        match was {
            Some(Relation::Blocked) => self.show_blocked(),
            _ => self.show_person(key),
        }
        Ok(())
    }

    fn show_blocked(&self) {
        self.board.publish(Event::BlockedChanged { blocked: self.known.shown(Relation::Blocked) });
    }

    /// A piece of work for the store.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let folder = self.folder.as_ref().ok_or_else(super::desk::no_folder)?;
        Ok(folder.store.run(work).await?)
    }
}
