//! The board: what shells see, and how they are told of changes. One lock keeps the state and its number
//! together, so that a subscriber's snapshot and the events after it have no gap and no overlap.
//! It only shows; nothing is decided by what stands on it. What is worth a sign on the screen and comes before
//! anybody looks, such as a wave that waited on the server, is kept for the first who does.

use crate::api::{
    Call, CallStage, Connection, Contact, Event, ServerState, Settings, Snapshot, State, Transfer,
    Update,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast::error::{RecvError, SendError};
use tokio::sync::{broadcast, watch};

/// Events that a slow subscriber may be behind before it gets a whole snapshot instead.
const BEHIND: usize = 256;
/// Signs that are kept for the first who looks; later ones still stand in the state.
const UNSEEN: usize = 100;

#[derive(Debug)]
pub(super) struct Board {
    shown: Mutex<Snapshot>,
    events: Mutex<Option<broadcast::Sender<(u64, Event)>>>,
    unseen: Mutex<Vec<Event>>,
    ringing: watch::Sender<Vec<String>>,
}

impl Board {
    pub(super) fn new() -> Self {
        let state = State {
            fatal: None,
            me: None,
            server: ServerState {
                choice: None,
                name: None,
                connection: Connection::Idle,
                hosting: None,
            },
            contacts: Vec::new(),
            incoming: Vec::new(),
            outgoing: Vec::new(),
            blocked: Vec::new(),
            calls: Vec::new(),
            preview: None,
            check: None,
            transfers: Vec::new(),
            settings: Settings::default(),
            troubles: Vec::new(),
        };
        Self {
            shown: Mutex::new(Snapshot { seq: 0, state }),
            events: Mutex::new(Some(broadcast::channel(BEHIND).0)),
            unseen: Mutex::default(),
            ringing: watch::Sender::default(),
        }
    }

    /// Shows a change and tells it.
    pub(super) fn publish(&self, event: Event) {
        self.publish_to(&mut lock(&self.shown), event);
    }

    fn publish_to(&self, shown: &mut Snapshot, event: Event) {
        apply(&mut shown.state, &event);
        shown.seq += 1;
        self.ring(&shown.state.calls);
        let Some(events) = &*lock(&self.events) else { return };
        if let Err(SendError((_, event))) = events.send((shown.seq, event))
            && is_sign(&event)
        {
            let mut unseen = lock(&self.unseen);
            if unseen.len() < UNSEEN {
                unseen.push(event);
            }
        }
    }

    /// A look at what is shown.
    pub(super) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&lock(&self.shown).state)
    }

    /// The calls that ring here.
    pub(super) fn ringing(&self) -> watch::Receiver<Vec<String>> {
        self.ringing.subscribe()
    }

    fn ring(&self, calls: &[Call]) {
        let rings = calls.iter().filter(|call| call.stage == CallStage::Incoming);
        let rings: Vec<_> = rings.map(|call| call.id.clone()).collect();
        self.ringing.send_if_modified(|rang| {
            let changed = *rang != rings;
            *rang = rings;
            changed
        });
    }

    /// Ends every subscription; nothing rings any more.
    pub(super) fn close(&self) {
        lock(&self.events).take();
        self.ring(&[]);
    }
}

/// Whether an event is worth a sign on the screen, once.
fn is_sign(event: &Event) -> bool {
    matches!(
        event,
        Event::CallMissed { .. }
            | Event::FilesOffered { .. }
            | Event::FilesArrived { .. }
            | Event::MessageReceived { .. }
            | Event::PictureTaken { .. }
            | Event::WaveReceived { .. }
            | Event::RequestReceived { .. }
            | Event::RequestAccepted { .. }
            | Event::RequestEnded { .. }
    )
}

/// A panic while the lock was held left whole values: every change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn apply(state: &mut State, event: &Event) {
    match event.clone() {
        Event::FatalChanged { fatal } => state.fatal = fatal,
        Event::MeChanged { me } => state.me = me,
        Event::ServerChanged { server } => state.server = server,
        Event::ContactsChanged { contacts } => state.contacts = contacts,
        Event::ContactChanged { contact } => {
            state.contacts.retain(|other| other.key != contact.key);
            let place = state.contacts.partition_point(|other| order(other) < order(&contact));
            state.contacts.insert(place, contact);
        }
        Event::ContactRemoved { key } => state.contacts.retain(|contact| contact.key != key),
        Event::RequestsChanged { incoming, outgoing } => {
            (state.incoming, state.outgoing) = (incoming, outgoing);
        }
        Event::BlockedChanged { blocked } => state.blocked = blocked,
        Event::SettingsChanged { settings } => state.settings = settings,
        Event::PreviewChanged { preview } => state.preview = preview,
        Event::CheckChanged { check } => state.check = check,
        Event::TroublesChanged { troubles } => state.troubles = troubles,
        Event::CallsChanged { calls } => state.calls = calls,
        Event::TransfersChanged { transfers } => state.transfers = transfers,
        Event::TransferChanged { transfer } => {
            let same = |other: &Transfer| other.key == transfer.key && other.id == transfer.id;
            match state.transfers.iter_mut().find(|other| same(other)) {
                Some(other) => *other = transfer,
                None => state.transfers.push(transfer),
            }
        }
        Event::TransferForgotten { key, id } => {
            state.transfers.retain(|transfer| transfer.key != key || transfer.id != id);
        }
        Event::CallMissed { .. }
        | Event::DevicesChanged { .. }
        | Event::FilesOffered { .. }
        | Event::FilesArrived { .. }
        | Event::MessageChanged { .. }
        | Event::MessageReceived { .. }
        | Event::PictureTaken { .. }
        | Event::Typing { .. }
        | Event::WaveReceived { .. }
        | Event::RequestReceived { .. }
        | Event::RequestAccepted { .. }
        | Event::RequestEnded { .. } => {}
    }
}

/// Contacts stand in order of name; the handle decides between namesakes.
pub(super) fn order(contact: &Contact) -> (String, String) {
    (contact.name.to_lowercase(), contact.handle.clone())
}

/// One subscriber's end. Dropping it ends the subscription.
#[derive(Debug)]
pub struct Subscription {
    board: Arc<Board>,
    events: Option<broadcast::Receiver<(u64, Event)>>,
    snapshot: Option<Snapshot>,
    last: u64,
}

impl Subscription {
    pub(super) fn new(board: Arc<Board>) -> Self {
        let mut subscription = Self { board, events: None, snapshot: None, last: 0 };
        subscription.start();
        subscription
    }

    /// The next update; none once the engine has stopped.
    pub async fn next(&mut self) -> Option<Update> {
        loop {
            if let Some(snapshot) = self.snapshot.take() {
                return Some(Update::Snapshot(snapshot));
            }
            match self.events.as_mut()?.recv().await {
                Ok((seq, _)) if seq <= self.last => {}
                Ok((seq, event)) => {
                    self.last = seq;
                    return Some(Update::Event { seq, event });
                }
                Err(RecvError::Lagged(_)) => self.start(),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn start(&mut self) {
        let mut shown = lock(&self.board.shown);
        self.events = lock(&self.board.events).as_ref().map(broadcast::Sender::subscribe);
        self.last = shown.seq;
        self.snapshot = Some(shown.clone());
        let unseen = std::mem::take(&mut *lock(&self.board.unseen));
        for sign in unseen {
            self.board.publish_to(&mut shown, sign);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{CallQuality, CallSide, Theme};

    fn settings(theme: Theme) -> Event {
        Event::SettingsChanged { settings: Settings { theme, ..Settings::default() } }
    }

    #[tokio::test]
    async fn a_subscriber_gets_a_snapshot_then_every_change() {
        let board = Arc::new(Board::new());
        board.publish(settings(Theme::Dark));
        let mut subscription = Subscription::new(Arc::clone(&board));
        let Some(Update::Snapshot(snapshot)) = subscription.next().await else { panic!() };
        assert_eq!((snapshot.seq, snapshot.state.settings.theme), (1, Theme::Dark));
        board.publish(settings(Theme::Light));
        let expected = Update::Event { seq: 2, event: settings(Theme::Light) };
        assert_eq!(subscription.next().await, Some(expected));
        board.close();
        assert_eq!(subscription.next().await, None);
    }

    #[tokio::test]
    async fn a_sign_that_nobody_saw_waits_for_the_first_who_looks() {
        let board = Arc::new(Board::new());
        let wave = Event::WaveReceived { key: crate::api::PublicKey([1; 32]), at_ms: 5 };
        board.publish(wave.clone());
        let mut first = Subscription::new(Arc::clone(&board));
        let Some(Update::Snapshot(_)) = first.next().await else { panic!() };
        assert_eq!(first.next().await, Some(Update::Event { seq: 2, event: wave }));
        let mut second = Subscription::new(Arc::clone(&board));
        let Some(Update::Snapshot(snapshot)) = second.next().await else { panic!() };
        assert_eq!(snapshot.seq, 2);
        board.close();
        assert_eq!(second.next().await, None);
    }

    #[tokio::test]
    async fn what_rings_can_be_watched_without_taking_the_signs_of_others() {
        let call = |id: &str, stage| Call {
            id: id.to_owned(),
            key: crate::api::PublicKey([1; 32]),
            outgoing: false,
            picture: true,
            stage,
            mine: CallSide::default(),
            theirs: CallSide::default(),
            quality: CallQuality::default(),
            troubles: Vec::new(),
        };
        let board = Arc::new(Board::new());
        let mut ringing = board.ringing();
        let wave = Event::WaveReceived { key: crate::api::PublicKey([1; 32]), at_ms: 5 };
        board.publish(wave.clone());
        assert!(!ringing.has_changed().unwrap());
        let calls = vec![call("a", CallStage::Incoming), call("b", CallStage::Ringing)];
        board.publish(Event::CallsChanged { calls });
        assert_eq!(*ringing.borrow_and_update(), ["a"]);
        board.publish(Event::CallsChanged { calls: vec![call("a", CallStage::Connecting)] });
        assert!(ringing.borrow_and_update().is_empty());
        board.publish(Event::CallsChanged { calls: vec![call("c", CallStage::Incoming)] });
        let mut first = Subscription::new(Arc::clone(&board));
        first.next().await;
        assert_eq!(first.next().await, Some(Update::Event { seq: 5, event: wave }));
        board.close();
        assert!(ringing.borrow_and_update().is_empty());
    }

    #[tokio::test]
    async fn one_who_is_too_slow_gets_a_snapshot_again() {
        let board = Arc::new(Board::new());
        let mut subscription = Subscription::new(Arc::clone(&board));
        subscription.next().await;
        assert!(subscription.snapshot.is_none());
        for _ in 0..=BEHIND {
            board.publish(settings(Theme::Light));
        }
        let Some(Update::Snapshot(snapshot)) = subscription.next().await else { panic!() };
        assert_eq!(snapshot.seq, BEHIND as u64 + 1);
    }
}
