//! A session's line, for the play: everything that it is told can be read again.

use crate::protocol::{ErrorCode, PublicKey, ServerMessage};
use crate::server::room::Line;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A line that writes down what it is told.
#[derive(Debug, Clone, Default)]
pub(super) struct Ear(pub(super) Rc<Heard>);

#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) messages: RefCell<Vec<ServerMessage>>,
    pub(super) clogged: Cell<bool>,
    pub(super) wants: Cell<bool>,
    pub(super) ended: Cell<bool>,
}

impl Line for Ear {
    fn tell(&self, message: &ServerMessage) {
        self.0.messages.borrow_mut().push(message.clone());
    }
    fn welcome(&self, message: &ServerMessage) {
        self.tell(message);
    }
    fn sent(&self, id: u32, delivered: bool) {
        self.tell(&ServerMessage::Sent { id, delivered });
    }
    fn deliver(&self, from: &PublicKey, envelope: &str, at_ms: u64, mail: Option<u64>) {
        let envelope = envelope.to_owned();
        self.tell(&ServerMessage::Deliver { from: *from, envelope, at_ms, mail });
    }
    fn has_room(&self) -> bool {
        !self.0.clogged.get()
    }
    fn want_letters(&self) {
        self.0.wants.set(true);
    }
    fn end(&self, _code: ErrorCode) {
        self.0.ended.set(true);
    }
}
