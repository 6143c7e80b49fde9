//! What the server tells: the welcome at sign-in, by which all that was missed is made good, and what happens
//! after it. Keys are believed only with their owner's signature, and only those that were pinned.

use super::desk::Desk;
use super::letter::Letter;
use super::mail::{digest, introduction};
use super::people::{MOST, new_person};
use crate::api::{
    ApiError, Code, Event, IncomingRequest, LastSeen, LastWhat, OutgoingRequest, Presence,
    PublicKey, RequestEnd,
};
use crate::call::machine::Input as CallInput;
use crate::store::people::{self, Introduction, Person, Relation};
use crate::store::profile::{self, Value};
use std::collections::BTreeSet;
use visavis_signaling::protocol::{
    self, ContactEntry, Handle, PendingRequest, ServerMessage, Status,
};

impl Desk {
    /// Signed in.
    pub(super) async fn welcome(&mut self, welcome: ServerMessage) {
        let ServerMessage::Welcome {
            handle,
            status,
            listing,
            contacts,
            incoming,
            outgoing,
            blocked,
            ice_servers,
            ..
        } = welcome
        else {
            return;
        };
        self.take_guides(ice_servers);
        let result = async {
            self.choice_works().await?;
            self.self_changed(handle, status, listing.is_some()).await?;
            let new = self.meet_everyone(&contacts, &blocked).await?;
            self.known.incoming.clear();
            for request in incoming {
                self.hear_request(request).await?;
            }
            self.known.outgoing = outgoing.iter().map(asked).collect();
            self.show_everyone();
            self.load_outbox().await?;
            for key in new {
                self.introduce(key).await;
            }
            self.pump().await;
            self.call_happens(CallInput::SignedIn).await;
            self.files_go().await;
            Ok::<(), ApiError>(())
        };
        if let Err(error) = result.await {
            self.raise(error);
        }
    }

    /// Something happened.
    pub(super) async fn told(&mut self, message: ServerMessage) {
        let result = match message {
            ServerMessage::Deliver { from, envelope, at_ms, mail } => {
                self.delivered(from, &envelope, at_ms, mail).await;
                Ok(())
            }
            ServerMessage::Presence { key, presence } => {
                if self.known.reachable(&key).is_some()
                    && self.known.presence.insert(key, presence) != Some(presence)
                {
                    self.show_person(&key);
                    self.files_go().await;
                }
                Ok(())
            }
            ServerMessage::RequestReceived { request } => {
                let key = request.person.bundle.sign;
                self.hear_request(request).await.map(|heard| {
                    self.show_requests();
                    if heard {
                        self.board.publish(Event::RequestReceived { key });
                    }
                })
            }
            ServerMessage::RequestSent { request } if self.known.outgoing.len() < MOST => {
                let request = asked(&request);
                self.known.outgoing.retain(|other| other.key != request.key);
                self.known.outgoing.push(request);
                self.show_requests();
                Ok(())
            }
            ServerMessage::RequestEnded { key, how } => {
                self.request_ended(key, how);
                Ok(())
            }
            ServerMessage::ContactAdded { contact, envelope } => {
                let asked =
                    self.known.outgoing.iter().any(|asked| asked.key == contact.person.bundle.sign);
                let key = contact.person.bundle.sign;
                self.known.presence.insert(key, contact.presence);
                let added = self.add_contact(&contact.person, envelope).await;
                if asked && added.is_ok() {
                    self.board.publish(Event::RequestAccepted { key });
                }
                added
            }
            ServerMessage::ContactRemoved { key } => self.contact_removed(&key).await,
            ServerMessage::SelfChanged { handle, status, listing, blocked } => {
                let changed = self.self_changed(handle, status, listing.is_some()).await;
                match changed {
                    Ok(()) => self.meet_blocked(&blocked).await,
                    Err(error) => Err(error),
                }
            }
            _ => Ok(()),
        };
        if let Err(error) = result {
            self.raise(error);
        }
    }

    async fn self_changed(
        &mut self,
        handle: Option<Handle>,
        status: Status,
        listed: bool,
    ) -> Result<(), ApiError> {
        if let Some(own) = &mut self.own {
            (own.handle, own.status, own.listed) = (handle.clone(), status, listed);
        }
        self.show_me();
        self.run(move |db| {
            profile::set(db, Value::Status, &status)?;
            match handle {
                Some(handle) => profile::set(db, Value::Handle, &handle),
                None => profile::forget(db, Value::Handle),
            }
        })
        .await
    }

    /// Brings what is known of people in line with the server, as far as it can be believed. Gives those who are
    /// new.
    async fn meet_everyone(
        &mut self,
        contacts: &[ContactEntry],
        blocked: &[protocol::Person],
    ) -> Result<Vec<PublicKey>, ApiError> {
        self.known.presence = contacts.iter().map(|c| (c.person.bundle.sign, c.presence)).collect();
        let mut new = Vec::new();
        let mut named: BTreeSet<Handle> = BTreeSet::new();
        for contact in contacts {
            named.insert(contact.person.handle.clone());
            if self.meet(&contact.person).await? {
                new.push(contact.person.bundle.sign);
            }
        }
        let gone: Vec<PublicKey> = self
            .known
            .people
            .values()
            .filter(|p| p.relation == Relation::Contact && !named.contains(&p.handle))
            .map(Person::key)
            .collect();
        for key in gone {
            self.forget_person(&key, false).await?;
        }
        self.meet_blocked(blocked).await?;
        Ok(new)
    }

    async fn meet_blocked(&mut self, blocked: &[protocol::Person]) -> Result<(), ApiError> {
        let keys: BTreeSet<PublicKey> = blocked.iter().map(|person| person.bundle.sign).collect();
        let known = self.known.people.values();
        let gone: Vec<PublicKey> = known
            .filter(|p| p.relation == Relation::Blocked && !keys.contains(&p.key()))
            .map(Person::key)
            .collect();
        for key in gone {
            self.forget_person(&key, false).await?;
        }
        for person in blocked {
            let known = self.known.people.get(&person.bundle.sign);
            if known.is_some_and(|known| known.relation == Relation::Blocked) {
                continue;
            }
            let mut kept = known.cloned().unwrap_or_else(|| new_person(person, String::new()));
            kept.relation = Relation::Blocked;
            self.keep_person(kept).await?;
        }
        Ok(())
    }

    /// Takes note of a contact that the server names. Whether they are new.
    async fn meet(&mut self, person: &protocol::Person) -> Result<bool, ApiError> {
        if person.bundle.verify().is_err() {
            let error = ApiError::new(Code::ServerLied, "the server named keys that nobody signed");
            self.raise(error.with("handle", &person.handle));
            return Ok(false);
        }
        let key = person.bundle.sign;
        let (server, found) = (self.place.id(), person.clone());
        let pinned = self.run(move |db| {
            let pinned = people::pinned(db, &server, &found.handle)?;
            if pinned.is_none() {
                people::pin(db, &server, &found.handle, &found.bundle)?;
            }
            let name = people::introduced_name(db, &server, &key)?;
            Ok((pinned.unwrap_or(found.bundle), name.unwrap_or_default()))
        });
        let (pinned, name) = pinned.await?;
        if pinned != person.bundle {
            return self.doubt(person, pinned).await.map(|()| false);
        }
        let known = self.known.people.get(&key);
        if known.is_some_and(|p| p.relation == Relation::Contact && p.changed.is_none()) {
            return Ok(false);
        }
        let new = known.is_none();
        if new && self.known.people.len() >= MOST {
            return Err(ApiError::new(Code::TooManyContacts, "more contacts than can be known"));
        }
        let mut kept = known.cloned().unwrap_or_else(|| new_person(person, name));
        kept.relation = Relation::Contact;
        kept.changed = None;
        kept.last = kept.last.or(Some(LastSeen { what: LastWhat::Added, at_ms: self.time_ms() }));
        self.keep_person(kept).await?;
        Ok(new)
    }

    /// Another key has turned up for a handle: nothing is sent or believed until the user accepts it.
    async fn doubt(
        &mut self,
        person: &protocol::Person,
        pinned: protocol::KeyBundle,
    ) -> Result<(), ApiError> {
        let before = protocol::Person { handle: person.handle.clone(), bundle: pinned };
        let known = self.known.people.get(&pinned.sign).cloned();
        let mut kept = known.unwrap_or_else(|| new_person(&before, String::new()));
        if kept.changed == Some(person.bundle) {
            return Ok(());
        }
        kept.changed = Some(person.bundle);
        kept.verified = false;
        tracing::warn!(handle = %person.handle, "another key turned up for a contact");
        self.keep_person(kept).await
    }

    /// Someone is a contact from now on.
    pub(super) async fn add_contact(
        &mut self,
        person: &protocol::Person,
        introduction: Option<String>,
    ) -> Result<(), ApiError> {
        let key = person.bundle.sign;
        self.known.outgoing.retain(|asked| asked.key != key);
        self.drop_incoming(&key);
        if !self.meet(person).await? {
            return Ok(());
        }
        if let Some(envelope) = introduction {
            let introduction = self.open_introduction(person, &envelope).await?;
            if let Some(mut kept) = self.known.people.get(&key).cloned()
                && !introduction.name.is_empty()
            {
                kept.name = introduction.name;
                self.keep_person(kept).await?;
            }
        }
        self.introduce(key).await;
        Ok(())
    }

    /// Tells a contact the user's name, in a letter that waits for them.
    async fn introduce(&mut self, key: PublicKey) {
        let name = self.own.as_ref().map(|own| own.name.clone()).unwrap_or_default();
        self.post(key, Letter::Profile { name }, None).await;
    }

    async fn contact_removed(&mut self, key: &PublicKey) -> Result<(), ApiError> {
        let changed = |person: &&Person| person.changed.is_some_and(|other| other.sign == *key);
        let pinned = self.known.people.values().find(changed).map(Person::key);
        match self.known.people.get(key) {
            Some(person) if person.relation == Relation::Blocked => Ok(()),
            _ => self.forget_person(&pinned.unwrap_or(*key), false).await,
        }
    }

    fn request_ended(&mut self, key: PublicKey, how: RequestEnd) {
        let asked = self.known.outgoing.iter().position(|asked| asked.key == key);
        if let Some(place) = asked {
            let handle = self.known.outgoing.remove(place).handle;
            if how != RequestEnd::Withdrawn {
                self.board.publish(Event::RequestEnded { handle, how });
            }
            self.show_requests();
        } else {
            self.drop_incoming(&key);
        }
    }

    /// Somebody asks to be a contact. Whether it is new and can be believed.
    async fn hear_request(&mut self, request: PendingRequest) -> Result<bool, ApiError> {
        let PendingRequest { person, envelope, at_ms } = request;
        let key = person.bundle.sign;
        if person.bundle.verify().is_err() {
            let error = ApiError::new(Code::ServerLied, "the server named keys that nobody signed");
            self.raise(error.with("handle", &person.handle));
            return Ok(false);
        }
        let new = !self.known.incoming.iter().any(|(_, request)| request.key == key);
        if new && self.known.incoming.len() >= MOST {
            return Ok(false);
        }
        let Introduction { name, note } = self.open_introduction(&person, &envelope).await?;
        let handle = person.handle.to_string();
        let name = if name.is_empty() { handle.clone() } else { name };
        let request = IncomingRequest { key, handle, name, note, at_ms };
        self.known.incoming.retain(|(_, request)| request.key != key);
        self.known.incoming.push((person, request));
        Ok(new)
    }

    /// Opens an introduction, once; from then on it is remembered by its envelope. One that does not hold is
    /// empty, and is said.
    async fn open_introduction(
        &mut self,
        person: &protocol::Person,
        envelope: &str,
    ) -> Result<Introduction, ApiError> {
        let (server, key) = (self.place.id(), person.bundle.sign);
        let hash = digest(envelope);
        let kept = {
            let server = server.clone();
            self.run(move |db| people::introduction(db, &server, &key, &hash)).await?
        };
        if let Some(introduction) = kept {
            return Ok(introduction);
        }
        let opened = match self.unseal(&person.bundle, envelope) {
            Some((stamp, enclosed)) if self.check_stamp(key, stamp).await? => Some(enclosed.letter),
            _ => None,
        };
        let Some(Letter::Introduction { name, note }) = opened else {
            let error = ApiError::new(Code::EnvelopeRefused, "an introduction was refused");
            self.raise(error.with("name", &person.handle).with("how", "forged"));
            return Ok(Introduction::default());
        };
        let introduction = introduction(&name, &note);
        let kept = introduction.clone();
        self.run(move |db| people::put_introduction(db, &server, &key, &hash, &kept)).await?;
        Ok(introduction)
    }

    /// Goes on with the key that turned up for a contact's handle.
    pub(super) async fn accept_changed_key(&mut self, key: PublicKey) -> Result<(), ApiError> {
        let not_found = || ApiError::new(Code::NotFound, "no contact whose key has changed");
        let person = self.known.people.get(&key).cloned().ok_or_else(not_found)?;
        let bundle = person.changed.ok_or_else(not_found)?;
        let new = Person { bundle, changed: None, verified: false, ..person };
        let (server, kept) = (self.place.id(), new.clone());
        self.run(move |db| {
            people::remove(db, &server, &key)?;
            people::pin(db, &server, &kept.handle, &bundle)?;
            people::put(db, &server, &kept)
        })
        .await?;
        self.known.people.remove(&key);
        self.show_person(&key);
        let key = new.key();
        self.known.people.insert(key, new);
        self.known.presence.entry(key).or_insert(Presence::Offline);
        self.show_person(&key);
        self.introduce(key).await;
        Ok(())
    }
}

fn asked(request: &PendingRequest) -> OutgoingRequest {
    OutgoingRequest {
        key: request.person.bundle.sign,
        handle: request.person.handle.to_string(),
        at_ms: request.at_ms,
    }
}
