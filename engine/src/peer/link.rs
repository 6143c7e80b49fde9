//! A link: one connection to one device of a contact's, and the task that looks after it.
//!
//! Signals from the other side go in, signals for it come out as events, together with what becomes of the
//! path. The task negotiates, gathers ways, looks for another path when this one falls silent, and says once a
//! second how good it is. Dropping the link closes the connection and ends the task.

mod channel;
mod control;
mod ear;
mod gate;
mod lanes;
mod streams;
mod task;
mod way;
mod ways;

use super::chain::Path;
use super::connection::{self, Connection};
use super::incoming::{Incoming, Sink};
use super::outgoing::{NotSent, Outgoing};
use super::sdp::NoFormat;
use super::{LaneWays, LinkError, LinkOptions};
use crate::call::signal::{Control, LinkSignal};
use crate::media::coded::{CodedPicture, CodedSound, PictureFormat};
use crate::transfer::lane::{Carrier, Lane, lane};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Orders that may wait; further ones are refused, as the task is stuck then.
const ORDERS: usize = 256;
/// Events that may wait for the owner; the task waits with them.
const EVENTS: usize = 256;

/// Lanes that may wait to be taken.
const MOST_LANES: usize = 16;

/// What a link reports.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkEvent {
    /// For the other side, through whatever way there is.
    Signal(LinkSignal),
    /// The path is up; again after each time it was not.
    Connected,
    /// Nothing comes any more; another path is being looked for.
    Disrupted,
    /// There is no path, and looking for one has come to an end.
    Failed,
    /// Said by the other side on the control channel.
    Control(Control),
    /// Whether the path is weak.
    Weak(bool),
    /// The other side has opened a lane by this name, which can be taken.
    Lane(String),
    /// No pictures can cross, for this reason. An offer of such pictures is refused.
    NoPictures(NoFormat),
}

/// Figures of a link since it was made; rates are the owner's to take.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinkFigures {
    /// There and back.
    pub round_trip_ms: Option<f64>,
    /// Whether a server relays.
    pub relayed: Option<bool>,
    /// `udp` or `tcp`.
    pub transport: Option<String>,
    /// What the path is believed to carry, in bit/s.
    pub available: f64,
    /// The part of our packets that is lost of late, from 0 to 1.
    pub lost_out: f64,
    /// The part of theirs that was lost in the last second, from 0 to 1.
    pub lost_in: f64,
    /// Coded bytes and pictures, out.
    pub picture_bytes_out: u64,
    /// Pictures sent.
    pub pictures_out: u64,
    /// Coded bytes of sound, out.
    pub sound_bytes_out: u64,
    /// Coded bytes of pictures, in.
    pub picture_bytes_in: u64,
    /// Whole pictures that came.
    pub pictures_in: u64,
    /// Coded bytes of sound, in.
    pub sound_bytes_in: u64,
    /// Packets sent again.
    pub resent: u64,
    /// Packets asked for again.
    pub asked: u64,
    /// Packets that came again.
    pub unwrapped: u64,
    /// Whole pictures the other asked for.
    pub pictures_wanted: u64,
    /// Whole pictures asked for.
    pub pictures_asked: u64,
    /// Holes in the pictures that stayed.
    pub gaps: u64,
    /// Paths that it has taken so far, where packets go directly.
    pub paths: u64,
    /// Lanes that went the quick way, whoever opened them.
    pub lanes_quick: u64,
    /// Lanes that went over channels, whoever opened them.
    pub lanes_on_channels: u64,
    /// The last moment at which anything of a call came, in microseconds of the process's clock; 0 for never.
    pub last_us: u64,
}

enum Order {
    Signal(LinkSignal),
    Wish { restart: bool },
    Tell(Control),
    Lane(String, Carrier),
    AskPicture,
    LookAtLanes,
    Close,
}

/// One link. Dropping it closes it.
pub struct Link {
    orders: mpsc::Sender<Order>,
    shared: Arc<Shared>,
}

/// The part that the task and the owner's hands share.
struct Shared {
    connection: Connection,
    incoming: Arc<Incoming>,
    outgoing: Outgoing,
    formats: Vec<PictureFormat>,
    /// Whether it listens for packets at all.
    packets: bool,
    figures: Mutex<LinkFigures>,
    /// Lanes that the other side has opened and nobody has taken.
    lanes: Mutex<HashMap<String, Lane>>,
    lane_ways: Mutex<LaneWays>,
    figures_of_lanes: FiguresOfLanes,
    /// Whether a call is on, to which files give way.
    calling: Arc<AtomicBool>,
}

/// How many lanes went which way.
#[derive(Default)]
struct FiguresOfLanes {
    quick: AtomicU64,
    channels: AtomicU64,
}

/// A hand that feeds a link with what is coded. It does not keep the link open.
#[derive(Clone)]
pub struct Feed {
    shared: std::sync::Weak<Shared>,
}

impl Link {
    /// Makes a link. Nothing is said to the other side before [`Link::negotiate`] or the first signal.
    ///
    /// # Errors
    /// The system gives no sockets, or the stack refuses.
    pub async fn open(
        options: LinkOptions,
    ) -> Result<(Self, mpsc::Receiver<LinkEvent>), LinkError> {
        let (orders, waiting) = mpsc::channel(ORDERS);
        let (events, reports) = mpsc::channel(EVENTS);
        let (tell, told) = mpsc::channel(ORDERS);
        let (heard, hears) = mpsc::channel(64);
        let ear = Arc::new(ear::Ear::new(tell));
        let connection = Box::pin(connection::make(&options, ear, heard)).await?;
        let (sound, picture) = (Arc::clone(&connection.sound), Arc::clone(&connection.picture));
        let outgoing = Outgoing::new(sound, picture, Arc::clone(&connection.streams));
        let shared = Arc::new(Shared {
            connection,
            incoming: Arc::default(),
            outgoing,
            packets: !options.udp.is_empty(),
            formats: options.formats,
            figures: Mutex::default(),
            lanes: Mutex::default(),
            lane_ways: Mutex::new(options.lane_ways),
            figures_of_lanes: FiguresOfLanes::default(),
            calling: Arc::default(),
        });
        let task = task::Task::new(Arc::clone(&shared), options.polite, events);
        tokio::spawn(task.work(waiting, told, hears));
        Ok((Self { orders, shared }, reports))
    }

    /// Agrees with the other side on a connection, beginning with an offer.
    pub fn negotiate(&self) {
        self.order(Order::Wish { restart: false });
    }

    /// Looks for a new path, as after a change of network.
    pub fn restart(&self) {
        self.order(Order::Wish { restart: true });
    }

    /// Takes a signal of the other side's.
    pub fn take(&self, signal: LinkSignal) {
        self.order(Order::Signal(signal));
    }

    /// Says something on the control channel, as soon as the other side listens.
    pub fn tell(&self, control: Control) {
        self.order(Order::Tell(control));
    }

    /// Opens a lane by a name. Where that fails, it is closed.
    pub fn lane(&self, name: &str) -> Lane {
        let (lane, carrier) = lane();
        self.order(Order::Lane(name.to_owned(), carrier));
        lane
    }

    /// Which ways lanes may go from now on. Those that go another one end.
    pub fn set_lane_ways(&self, ways: LaneWays) {
        *self.shared.lane_ways.lock().unwrap_or_else(PoisonError::into_inner) = ways;
        self.order(Order::LookAtLanes);
    }

    /// Takes a lane that the other side has opened, once.
    pub fn take_lane(&self, name: &str) -> Option<Lane> {
        self.shared.lanes.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
    }

    /// Asks the other side for a whole picture.
    pub fn ask_picture(&self) {
        self.order(Order::AskPicture);
    }

    /// Who takes what comes in from now on; what comes while nobody does is dropped. While somebody does, a call is on, and
    /// lanes give way to it.
    pub fn set_sink(&self, sink: Option<Arc<dyn Sink>>) {
        self.shared.calling.store(sink.is_some(), Ordering::Relaxed);
        self.shared.incoming.set_sink(sink);
    }

    /// A hand to feed the link with.
    pub fn feed(&self) -> Feed {
        Feed { shared: Arc::downgrade(&self.shared) }
    }

    /// The figures as they are now.
    pub fn figures(&self) -> LinkFigures {
        self.shared.figures()
    }

    fn order(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            tracing::warn!("a link takes no orders any more");
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Where the queue is full, the task ends when it finds that nobody can order anything any more.
        let _ = self.orders.try_send(Order::Close);
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link")
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Feed")
    }
}

impl Feed {
    /// Sends a piece of sound.
    ///
    /// # Errors
    /// It was not sent.
    pub async fn sound(&self, sound: &CodedSound) -> Result<(), NotSent> {
        let shared = self.shared.upgrade().ok_or(NotSent::Closed)?;
        shared.outgoing.send_sound(sound).await
    }

    /// Sends a picture.
    ///
    /// # Errors
    /// It was not sent, or not whole.
    pub async fn picture(&self, picture: &CodedPicture) -> Result<(), NotSent> {
        let shared = self.shared.upgrade().ok_or(NotSent::Closed)?;
        shared.outgoing.send_picture(picture).await
    }

    /// The format in which pictures are to be sent.
    ///
    /// # Errors
    /// The path is not up, or the two have none in common.
    pub fn picture_format(&self) -> Result<PictureFormat, NotSent> {
        let shared = self.shared.upgrade().ok_or(NotSent::Closed)?;
        shared.outgoing.picture_format()
    }

    /// What the path carries, in bit/s; and the part that is lost, from 0 to 1.
    pub fn path(&self) -> Option<(f64, f64)> {
        let shared = self.shared.upgrade()?;
        let path: &Path = &shared.connection.path;
        Some((path.target(), path.loss()))
    }

    /// Asks the other side for a whole picture.
    pub async fn ask_picture(&self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.incoming.ask_picture().await;
        }
    }
}

impl Shared {
    /// Keeps a lane until it is taken; one that was there by that name is closed by this. False where there are too many.
    fn keep_lane(&self, name: &str, lane: Lane) -> bool {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let room = lanes.len() < MOST_LANES;
        if room {
            lanes.insert(name.to_owned(), lane);
        }
        room
    }

    fn lane_ways(&self) -> LaneWays {
        *self.lane_ways.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn figures(&self) -> LinkFigures {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let kept = self.figures.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (out, flow) = (self.outgoing.counts(), &self.incoming.counts);
        let (streams, path) = (&self.connection.streams, &self.connection.path);
        LinkFigures {
            available: path.target(),
            picture_bytes_out: read(&out.picture_bytes),
            pictures_out: read(&out.pictures),
            sound_bytes_out: read(&out.sound_bytes),
            picture_bytes_in: read(&flow.picture_bytes),
            pictures_in: read(&flow.pictures),
            sound_bytes_in: read(&flow.sound_bytes),
            resent: read(&streams.resent),
            asked: read(&streams.asked),
            unwrapped: read(&streams.unwrapped),
            pictures_asked: read(&flow.asked),
            gaps: read(&flow.gaps),
            paths: self.connection.crossing.way().0,
            lanes_quick: read(&self.figures_of_lanes.quick),
            lanes_on_channels: read(&self.figures_of_lanes.channels),
            last_us: read(&flow.last_us),
            ..kept
        }
    }
}
