//! Words at the desk: what the user writes goes into the store and the outbox in one transaction, what comes is taken
//! in the transaction that its letter is dealt with in. So nothing is lost and nothing comes twice, whoever dies when.

mod taking;

pub(super) use taking::{ChatNews, Saying, after_words, take};

use super::desk::Desk;
use super::letter::Letter;
use super::people::shown_name;
use crate::api::{ApiError, Code, Command, Event, LastSeen, LastWhat, Mark, PublicKey, Reply};
use crate::call::signal::Control;
use crate::chat::signal::{ChatLetter, ChatSignal, MessageId};
use crate::chat::text::{self, OddText};
use crate::store::messages::{self, Beside, Said, Whose, With};
use crate::store::people;
use std::collections::HashMap;

/// The sign that the user types goes out at most so often.
const TYPING_MS: u64 = 2_000;
/// Contacts to whom it went lately.
const MOST_TYPED_TO: usize = 64;

/// To whom the sign that the user types went, and when.
#[derive(Debug, Default)]
pub(super) struct TypedTo(HashMap<PublicKey, u64>);

impl TypedTo {
    fn is_due(&mut self, key: PublicKey, now: u64) -> bool {
        if self.0.len() >= MOST_TYPED_TO {
            self.0.clear();
        }
        let due = self.0.get(&key).is_none_or(|last| now.saturating_sub(*last) >= TYPING_MS);
        if due {
            self.0.insert(key, now);
        }
        due
    }
}

impl Desk {
    /// A command about messages.
    pub(super) async fn chat_command(&mut self, command: Command) -> Result<Reply, ApiError> {
        match command {
            Command::WriteMessage { key, text, reply_to } => {
                return self.write_message(key, &text, reply_to).await;
            }
            Command::ChangeMessage { key, id, text } => self.change(key, &id, &text).await?,
            Command::TakeBackMessage { key, id } => self.take_back(key, &id).await?,
            Command::ResendMessage { key, id } => self.resend(key, &id).await?,
            Command::React { key, id, emoji } => self.react(key, &id, emoji).await?,
            Command::Typing { key } => self.say_typing(key).await?,
            Command::SeeMessages { key } => self.see_messages(key).await?,
            Command::Messages { key, before, after } => {
                let from = match (&before, &after) {
                    (Some(id), _) => Beside::Before(read(id)?),
                    (None, Some(id)) => Beside::After(read(id)?),
                    (None, None) => Beside::Newest,
                };
                let server = self.place.id();
                let page = self
                    .run(move |db| messages::page(db, With { server: &server, key: &key }, from));
                let (messages, more) = page.await?;
                return Ok(Reply::Messages { messages, more });
            }
            Command::SearchMessages { key, text, before } => {
                let before = before.as_deref().map(read).transpose()?;
                let server = self.place.id();
                let found =
                    self.run(move |db| messages::search(db, &server, key.as_ref(), &text, before));
                let (messages, more) = found.await?;
                return Ok(Reply::Messages { messages, more });
            }
            _ => return Err(ApiError::new(Code::NotNow, "not a command for now")),
        }
        Ok(Reply::Done)
    }

    async fn write_message(
        &mut self,
        key: PublicKey,
        typed: &str,
        reply_to: Option<String>,
    ) -> Result<Reply, ApiError> {
        self.may_be_written_to(&key)?;
        let text = tidy(typed)?;
        let reply_to = reply_to.as_deref().map(read).transpose()?;
        let id = MessageId::random();
        let id = id.map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
        let at_ms = self.time_ms();
        let mut person = self.known.people.get(&key).cloned();
        if let Some(person) = &mut person {
            person.last = Some(LastSeen { what: LastWhat::WroteTo, at_ms });
        }
        let kept = person.clone();
        self.post_along(key, move |db, server| {
            let said = messages::write(db, With { server, key: &key }, id, at_ms, &text, reply_to)?;
            if let Some(person) = &kept {
                people::put(db, server, person)?;
            }
            Ok(Some(letter(said)))
        })
        .await?;
        if let Some(person) = person {
            self.known.people.insert(key, person);
        }
        self.show_messages(key, &[id]).await;
        self.show_words(key).await;
        Ok(Reply::Written { id: id.to_string() })
    }

    async fn change(&mut self, key: PublicKey, id: &str, typed: &str) -> Result<(), ApiError> {
        self.may_be_written_to(&key)?;
        let (id, text) = (read(id)?, tidy(typed)?);
        let posted = self.post_along(key, move |db, server| {
            let said = messages::rewrite(db, With { server, key: &key }, id, &text)?;
            Ok(said.map(letter))
        });
        let posted = posted.await?;
        self.changed_one(posted, key, id).await
    }

    async fn take_back(&mut self, key: PublicKey, id: &str) -> Result<(), ApiError> {
        self.may_be_written_to(&key)?;
        let id = read(id)?;
        let posted = self.post_along(key, move |db, server| {
            let said = messages::take_back(db, With { server, key: &key }, id)?;
            Ok(said.map(|Said { seq, at_ms, .. }| {
                let say = ChatSignal::Gone { seq, at_ms };
                Letter::Chat(ChatLetter { message: id, say })
            }))
        });
        let posted = posted.await?;
        self.changed_one(posted, key, id).await
    }

    async fn resend(&mut self, key: PublicKey, id: &str) -> Result<(), ApiError> {
        self.may_be_written_to(&key)?;
        let id = read(id)?;
        let posted = self.post_along(key, move |db, server| {
            let with = With { server, key: &key };
            let said = messages::said(db, with, id)?;
            let failed = messages::mark(db, with, &[id], Mark::Sending)?;
            Ok(said.filter(|_| !failed.is_empty()).map(letter))
        });
        let posted = posted.await?;
        self.changed_one(posted, key, id).await
    }

    async fn react(
        &mut self,
        key: PublicKey,
        id: &str,
        emoji: Option<String>,
    ) -> Result<(), ApiError> {
        self.may_be_written_to(&key)?;
        let id = read(id)?;
        if emoji.as_deref().is_some_and(|emoji| !text::is_emoji(emoji)) {
            return Err(ApiError::new(Code::ReactionOdd, "it is no emoji"));
        }
        let posted = self.post_along(key, move |db, server| {
            let with = With { server, key: &key };
            let number = messages::react(db, with, id, Whose::Mine, None, emoji.as_deref())?;
            Ok(number.map(|number| {
                let say = ChatSignal::React { number, emoji };
                Letter::Chat(ChatLetter { message: id, say })
            }))
        });
        let posted = posted.await?;
        self.changed_one(posted, key, id).await
    }

    async fn changed_one(
        &mut self,
        posted: bool,
        key: PublicKey,
        id: MessageId,
    ) -> Result<(), ApiError> {
        if !posted {
            return Err(no_such_message());
        }
        self.show_messages(key, &[id]).await;
        self.show_words(key).await;
        Ok(())
    }

    async fn say_typing(&mut self, key: PublicKey) -> Result<(), ApiError> {
        self.may_be_written_to(&key)?;
        let (now, listening) = (self.now(), self.links.listening(&key));
        if (listening.is_empty() && !self.is_online()) || !self.typed_to.is_due(key, now) {
            return Ok(());
        }
        if listening.is_empty() {
            self.send_live(key, Letter::Typing, super::answers::Pending::Live).await;
        }
        for peer in listening {
            self.say_on_link(peer, Control::Typing);
        }
        Ok(())
    }

    async fn see_messages(&mut self, key: PublicKey) -> Result<(), ApiError> {
        if self.known.unread.remove(&key).is_none() {
            return Ok(());
        }
        let server = self.place.id();
        let seen = self.run(move |db| messages::see(db, With { server: &server, key: &key }));
        let seen = seen.await?;
        if !self.settings.hide_reading && self.known.reachable(&key).is_some() {
            for reading in seen {
                let say = ChatSignal::Read { device: reading.device, seq: reading.seq };
                let letter = Letter::Chat(ChatLetter { message: reading.message, say });
                self.post(key, letter, None).await;
            }
        }
        self.show_person(&key);
        Ok(())
    }

    /// Shows messages as they are now.
    pub(super) async fn show_messages(&self, key: PublicKey, ids: &[MessageId]) {
        let (server, ids) = (self.place.id(), ids.to_vec());
        let shown = self.run(move |db| {
            let with = With { server: &server, key: &key };
            ids.iter().map(|id| messages::one(db, with, *id)).collect::<Result<Vec<_>, _>>()
        });
        match shown.await {
            Ok(messages) => {
                for message in messages.into_iter().flatten() {
                    self.board.publish(Event::MessageChanged { message });
                }
            }
            Err(error) => self.raise(error),
        }
    }

    /// Shows a contact with the newest words.
    pub(super) async fn show_words(&mut self, key: PublicKey) {
        let server = self.place.id();
        let newest = self
            .run(move |db| messages::page(db, With { server: &server, key: &key }, Beside::Newest));
        match newest.await {
            Ok((page, _)) => {
                let newest = page.last().filter(|message| !message.gone);
                match newest.map(|message| text::beginning(&message.text)) {
                    Some(words) => self.known.words.insert(key, words),
                    None => self.known.words.remove(&key),
                };
                self.show_person(&key);
            }
            Err(error) => self.raise(error),
        }
    }

    /// Reads what is shown of messages with each contact.
    pub(super) async fn load_words(&mut self) -> Result<(), ApiError> {
        let server = self.place.id();
        let loaded = self
            .run(move |db| Ok((messages::unread(db, &server)?, messages::newest(db, &server)?)));
        let (unread, newest) = loaded.await?;
        self.known.unread = unread;
        let there = newest.into_iter().filter(|(_, message)| !message.gone);
        self.known.words =
            there.map(|(key, message)| (key, text::beginning(&message.text))).collect();
        Ok(())
    }

    pub(super) fn may_be_written_to(&self, key: &PublicKey) -> Result<(), ApiError> {
        let person = self.contact(key)?;
        if person.changed.is_some() {
            let error = ApiError::new(Code::KeyChanged, "their key has changed");
            return Err(error.with("name", shown_name(person)));
        }
        Ok(())
    }
}

fn letter(said: Said) -> Letter {
    let Said { id, seq, at_ms, edition, text, reply_to } = said;
    let say = ChatSignal::Text { seq, at_ms, edition, text, reply_to };
    Letter::Chat(ChatLetter { message: id, say })
}

fn tidy(typed: &str) -> Result<String, ApiError> {
    text::tidy(typed).map_err(|odd| match odd {
        OddText::Empty => ApiError::new(Code::MessageEmpty, odd.to_string()),
        OddText::TooLong => {
            ApiError::new(Code::MessageTooLong, odd.to_string()).with("most", text::LONGEST)
        }
    })
}

fn read(id: &str) -> Result<MessageId, ApiError> {
    id.parse().map_err(|_| no_such_message())
}

fn no_such_message() -> ApiError {
    ApiError::new(Code::NoSuchMessage, "there is no such message")
}
