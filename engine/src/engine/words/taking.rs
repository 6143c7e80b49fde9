//! What comes about messages: taken in the transaction that its letter is dealt with in, then shown.

use crate::api::{Event, LastSeen, LastWhat, Mark, PublicKey};
use crate::chat::signal::{ChatLetter, ChatSignal, MOST_AT_ONCE, MessageId};
use crate::chat::text;
use crate::engine::desk::Desk;
use crate::store::messages::{self, Said, Taken, Whose, With};
use crate::store::people::Person;
use rusqlite::Transaction;
use visavis_signaling::protocol::DeviceId;

/// Who says it, and to whom.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Saying<'a> {
    pub(in crate::engine) with: With<'a>,
    pub(in crate::engine) from: DeviceId,
    pub(in crate::engine) own: DeviceId,
    pub(in crate::engine) now_ms: u64,
    /// Whether reading is told to nobody, and heard of nobody.
    pub(in crate::engine) hide_reading: bool,
}

/// What a word has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct ChatNews {
    /// Messages to be shown anew.
    pub(in crate::engine) changed: Vec<MessageId>,
    /// A message that is new.
    pub(in crate::engine) new: Option<MessageId>,
    /// When it was written.
    pub(in crate::engine) at_ms: u64,
    /// Whether its author is to be told that it has come.
    pub(in crate::engine) got: Option<MessageId>,
}

/// Takes a word about a message.
pub(in crate::engine) fn take(
    db: &Transaction<'_>,
    saying: Saying<'_>,
    letter: &ChatLetter,
) -> rusqlite::Result<ChatNews> {
    let Saying { with, from, .. } = saying;
    let id = letter.message;
    let news = match &letter.say {
        ChatSignal::Text { seq, at_ms, edition, text, reply_to } => {
            let Ok(text) = text::tidy(text) else {
                tracing::warn!(from = %with.key, "a message that is none was left aside");
                return Ok(ChatNews::default());
            };
            let at_ms = (*at_ms).min(saying.now_ms);
            let (seq, edition, reply_to) = (*seq, *edition, *reply_to);
            let said = Said { id, seq, at_ms, edition, text, reply_to };
            written(id, at_ms, messages::take(db, with, from, &said)?)
        }
        ChatSignal::Gone { seq, at_ms } => {
            let at_ms = (*at_ms).min(saying.now_ms);
            let taken = messages::take_gone(db, with, from, id, (*seq, at_ms))?;
            // Nobody needs a sign for what is not there any more.
            ChatNews { new: None, ..written(id, at_ms, taken) }
        }
        ChatSignal::React { number, emoji } => {
            let odd = emoji.as_deref().is_some_and(|emoji| !text::is_emoji(emoji));
            let number = Some(*number).filter(|_| !odd);
            let taken = match number {
                Some(_) => messages::react(db, with, id, Whose::Theirs, number, emoji.as_deref())?,
                None => None,
            };
            changed(taken.map(|_| id))
        }
        ChatSignal::Got { also } => {
            let also = also.iter().take(MOST_AT_ONCE).copied();
            let ids: Vec<MessageId> = std::iter::once(id).chain(also).collect();
            changed(messages::mark(db, with, &ids, Mark::Delivered)?)
        }
        ChatSignal::Read { device, seq } if *device == saying.own && !saying.hide_reading => {
            changed(messages::mark_read(db, with, *seq)?)
        }
        ChatSignal::Read { .. } | ChatSignal::Unknown => ChatNews::default(),
    };
    Ok(news)
}

fn written(id: MessageId, at_ms: u64, taken: Taken) -> ChatNews {
    match taken {
        Taken::New => ChatNews { changed: vec![id], new: Some(id), at_ms, got: Some(id) },
        Taken::Changed => ChatNews { got: Some(id), ..changed([id]) },
        Taken::Known | Taken::Refused => ChatNews::default(),
    }
}

fn changed(ids: impl IntoIterator<Item = MessageId>) -> ChatNews {
    ChatNews { changed: ids.into_iter().collect(), ..ChatNews::default() }
}

/// The person after a message of theirs.
pub(in crate::engine) fn after_words(mut person: Person, news: &ChatNews) -> Person {
    if news.new.is_some() && person.last.is_none_or(|last| last.at_ms <= news.at_ms) {
        person.last = Some(LastSeen { what: LastWhat::WroteFrom, at_ms: news.at_ms });
    }
    person
}

impl Desk {
    /// Shows what has changed by a word that was taken.
    pub(in crate::engine) async fn show_chat(&mut self, key: PublicKey, news: ChatNews) {
        if news.changed.is_empty() {
            return;
        }
        if news.new.is_some() {
            let unread = self.known.unread.entry(key).or_default();
            *unread = unread.saturating_add(1);
        }
        self.show_messages(key, &news.changed).await;
        self.show_words(key).await;
        if let Some(id) = news.new {
            self.board.publish(Event::MessageReceived { key, id: id.to_string() });
        }
    }
}
