//! What to do when the server answers: each request that is under way remembers what it was for.

use super::desk::{Asker, Desk};
use super::letter::{Letter, MAX_NAME, tidy};
use crate::api::{
    ApiError, Code, HandleCheck, LastSeen, LastWhat, ListedPerson, OutgoingRequest, PublicKey,
    Reply, Status,
};
use crate::call::machine::Peer;
use crate::call::signal::CallId;
use crate::session::fault::Fault;
use crate::store::people::{Person, Relation};
use crate::store::profile::{self, Value};
use visavis_signaling::protocol::{self, ClientMessage, Handle, ServerMessage};

/// What a request was for.
#[derive(Debug)]
pub(super) enum Pending {
    /// Something simple, and what it means when it is done.
    Simple(Done, Option<Asker>),
    /// Whether a handle is free.
    Check(Handle, Asker),
    /// Whose handle it is, to ask them.
    Find { handle: Handle, key: Option<PublicKey>, note: String, asker: Asker },
    /// A search in the directory.
    Search(Asker),
    /// A letter of the outbox.
    Posted { id: i64, to: PublicKey },
    /// The ring of a call.
    Rang(CallId),
    /// Another live letter: now or never.
    Live,
    /// A letter of a link's.
    Linked(Peer),
    /// The servers that guide links.
    Guides,
    /// How quickly the server answers.
    CheckRound,
}

/// What it means that a request is done.
#[derive(Debug, Clone)]
pub(super) enum Done {
    Claimed(Handle),
    Asked(protocol::Person),
    Withdrawn(PublicKey),
    Accepted(protocol::Person),
    Declined(PublicKey),
    Removed(PublicKey),
    /// As they were before the server took them from the contacts.
    Blocked(Box<Person>),
    Unblocked(PublicKey),
    Status(Status),
    Listed(bool),
}

impl Desk {
    pub(super) async fn answered(
        &mut self,
        pending: Pending,
        answer: Result<ServerMessage, Fault>,
    ) {
        let server = self.place.shown();
        let refuse = |asker: Asker, fault: &Fault| drop(asker.send(Err(fault.to_api(&server))));
        match (pending, answer) {
            (Pending::Posted { id, to }, answer) => self.posted(id, to, answer).await,
            (Pending::Rang(call), answer) => self.rang(call, answer).await,
            (Pending::Live | Pending::Linked(_), Ok(_)) => {}
            (Pending::CheckRound, answer) => self.round_answered(answer).await,
            (Pending::Guides, Ok(ServerMessage::IceServers { ice_servers, .. })) => {
                self.take_guides(ice_servers);
            }
            (Pending::Guides, _) => tracing::debug!("the servers that guide links are as before"),
            (
                Pending::Linked(peer),
                Err(Fault::Refused { code: protocol::ErrorCode::Offline, .. }),
            ) => {
                self.nobody_reads(peer).await;
            }
            (Pending::Linked(_), Err(fault)) => tracing::debug!(%fault, "a link's letter is lost"),
            (Pending::Live, Err(fault)) => tracing::debug!(%fault, "a live letter is lost"),
            (Pending::Simple(done, asker), Ok(_)) => {
                let reply = self.done(done).await;
                match (asker, reply) {
                    (Some(asker), reply) => drop(asker.send(reply)),
                    (None, Err(error)) => self.raise(error),
                    (None, Ok(_)) => {}
                }
            }
            (Pending::Simple(_, Some(asker)), Err(fault)) => refuse(asker, &fault),
            (Pending::Simple(done, None), Err(fault)) => {
                tracing::info!(?done, %fault, "the server refused");
            }
            (Pending::Check(handle, asker), answer) => {
                let own = self.own.as_ref().map(|own| own.identity.public());
                let check = match answer {
                    Ok(ServerMessage::Found { person, .. }) if Some(person.bundle.sign) == own => {
                        HandleCheck::Yours
                    }
                    Ok(_) => HandleCheck::Taken,
                    Err(Fault::Refused { code: protocol::ErrorCode::NotFound, .. }) => {
                        HandleCheck::Free
                    }
                    Err(fault) => return refuse(asker, &fault),
                };
                drop(asker.send(Ok(Reply::Handle { check, handle: handle.to_string() })));
            }
            (
                Pending::Find { handle, key, note, asker },
                Ok(ServerMessage::Found { person, .. }),
            ) => match self.check_found(&handle, key, &person) {
                Ok(()) => self.request(person, note, asker).await,
                Err(error) => drop(asker.send(Err(error))),
            },
            (Pending::Search(asker), Ok(ServerMessage::Directory { people, more, .. })) => {
                let people = people.into_iter().map(|listing| ListedPerson {
                    key: listing.person.bundle.sign,
                    handle: listing.person.handle.to_string(),
                    name: tidy(&listing.name, MAX_NAME),
                });
                drop(asker.send(Ok(Reply::Directory { people: people.collect(), more })));
            }
            (
                Pending::Find { asker, .. },
                Err(Fault::Refused { code: protocol::ErrorCode::HandleLookAlike, .. }),
            ) => drop(asker.send(Err(ApiError::new(Code::NotFound, "nobody has that handle")))),
            (Pending::Find { asker, .. } | Pending::Search(asker), Err(fault)) => {
                refuse(asker, &fault);
            }
            (Pending::Find { asker, .. } | Pending::Search(asker), Ok(_)) => {
                refuse(asker, &Fault::Foreign);
            }
        }
    }

    /// Whether the server's answer to whose handle it is can be believed.
    fn check_found(
        &self,
        handle: &Handle,
        key: Option<PublicKey>,
        person: &protocol::Person,
    ) -> Result<(), ApiError> {
        let named = |code, message: &str| ApiError::new(code, message).with("handle", handle);
        if person.handle != *handle || person.bundle.verify().is_err() {
            return Err(named(Code::ServerLied, "the server's answer does not hold"));
        }
        if key.is_some_and(|key| key != person.bundle.sign) {
            return Err(named(Code::KeyMismatch, "the link names another key"));
        }
        match self.known.by_handle(handle) {
            Some(known) if known.key() != person.bundle.sign => {
                Err(named(Code::KeyChanged, "their key has changed").with("name", handle))
            }
            _ => Ok(()),
        }
    }

    /// Asks someone to become a contact.
    async fn request(&mut self, person: protocol::Person, note: String, asker: Asker) {
        let name = self.own.as_ref().map(|own| own.name.clone()).unwrap_or_default();
        let letter = Letter::Introduction { name, note };
        match self.enclose(&person.bundle, letter, None, None).await {
            Ok(envelope) => {
                let to = person.bundle.sign;
                let message = ClientMessage::RequestContact { id: 0, to, envelope };
                self.ask(message, Pending::Simple(Done::Asked(person), Some(asker))).await;
            }
            Err(error) => drop(asker.send(Err(error))),
        }
    }

    async fn done(&mut self, done: Done) -> Result<Reply, ApiError> {
        match done {
            Done::Claimed(handle) => {
                let kept = handle.clone();
                self.run(move |db| profile::set(db, Value::Handle, &kept)).await?;
                if let Some(own) = &mut self.own {
                    own.handle = Some(handle);
                }
                self.show_me();
            }
            Done::Asked(person) => {
                let key = person.bundle.sign;
                let handle = person.handle.to_string();
                let accepted = self.known.reachable(&key).is_some();
                if !accepted && !self.known.outgoing.iter().any(|asked| asked.key == key) {
                    let at_ms = self.time_ms();
                    let asked = OutgoingRequest { key, handle: handle.clone(), at_ms };
                    self.known.outgoing.push(asked);
                    self.show_requests();
                }
                return Ok(Reply::Requested { accepted, handle });
            }
            Done::Withdrawn(key) => {
                self.known.outgoing.retain(|asked| asked.key != key);
                self.show_requests();
            }
            Done::Accepted(person) => self.add_contact(&person, None).await?,
            Done::Declined(key) => self.drop_incoming(&key),
            Done::Removed(key) => self.forget_person(&key, true).await?,
            Done::Blocked(person) => self.block_person(*person).await?,
            Done::Unblocked(key) => self.forget_person(&key, true).await?,
            Done::Status(status) => {
                self.run(move |db| profile::set(db, Value::Status, &status)).await?;
                if let Some(own) = &mut self.own {
                    own.status = status;
                }
                self.show_me();
            }
            Done::Listed(listed) => {
                if let Some(own) = &mut self.own {
                    own.listed = listed;
                }
                self.show_me();
            }
        }
        Ok(Reply::Done)
    }

    pub(super) fn drop_incoming(&mut self, key: &PublicKey) {
        self.known.incoming.retain(|(_, request)| request.key != *key);
        self.show_requests();
    }

    async fn block_person(&mut self, person: Person) -> Result<(), ApiError> {
        let key = person.key();
        self.known.presence.remove(&key);
        self.forget_files(key).await;
        self.keep_person(Person { relation: Relation::Blocked, ..person }).await?;
        self.drop_incoming(&key);
        Ok(())
    }

    /// The user waved: that was last between the two.
    pub(super) async fn note_wave(&mut self, key: &PublicKey) -> Result<(), ApiError> {
        let Some(mut person) = self.known.people.get(key).cloned() else { return Ok(()) };
        person.last = Some(LastSeen { what: LastWhat::WavedTo, at_ms: self.time_ms() });
        self.keep_person(person).await
    }
}
