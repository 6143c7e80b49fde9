//! The lanes of a link, and which way they go: the quick one where there is one, else channels. Whoever uses a lane doesn't
//! see which. Where the quick way comes up, lanes that this side has opened over channels end, so that they begin anew on it.

use super::channel::{self, Begun, Own};
use super::gate::Gate;
use super::{LinkEvent, Shared, way};
use crate::call::signal::Control;
use crate::peer::LaneWays;
use crate::peer::quick::{self, Effect, End, Input, Machine, Opened, PublicKey};
use crate::transfer::lane::{Carrier, lane};
use quinn::{Connection, VarInt};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet};
use webrtc::data_channel::DataChannel;

/// Lanes at once on one link; and the longest name of one.
const LANES: usize = 16;
const LONGEST_NAME: usize = 64;

/// What the ways report; the quick one with the number of the attempt.
pub(super) enum News {
    Up(u64, Connection),
    Opened(u64, Opened),
    Down(u64),
    /// The other side begins a lane on a channel. It is turned away where no answer comes.
    Begun(String, oneshot::Sender<Begun>),
}

/// The lanes of one link.
pub(super) struct Lanes {
    shared: Arc<Shared>,
    /// Whether this side goes to the other on the quick way; else the other comes.
    goes: bool,
    began: Instant,
    machine: Machine,
    end: Option<End>,
    theirs: Option<PublicKey>,
    connection: Option<Connection>,
    attempt: (u64, Option<AbortHandle>),
    news: mpsc::Sender<News>,
    /// Lanes that wait for the other side, or for the quick way.
    waiting: Vec<Begun>,
    places: Arc<Semaphore>,
    /// Whether the other side listens.
    listens: bool,
    running: JoinSet<()>,
    /// Channels that this side has opened.
    own: Vec<Own>,
    /// How many the other side has.
    others: Arc<Semaphore>,
    /// Ends the lanes that this side has opened over channels.
    on_channels: Vec<Arc<Notify>>,
    /// What is to be said on the control channel.
    unsaid: Vec<Control>,
}

impl Lanes {
    pub(super) fn new(shared: Arc<Shared>, goes: bool) -> (Self, mpsc::Receiver<News>) {
        let (news, reports) = mpsc::channel(LANES);
        let lanes = Self {
            shared,
            goes,
            began: Instant::now(),
            machine: Machine::new(),
            end: None,
            theirs: None,
            connection: None,
            attempt: (0, None),
            news,
            waiting: Vec::new(),
            places: Arc::new(Semaphore::new(LANES)),
            listens: false,
            running: JoinSet::new(),
            own: Vec::new(),
            others: Arc::new(Semaphore::new(LANES)),
            on_channels: Vec::new(),
            unsaid: Vec::new(),
        };
        (lanes, reports)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// What is to be said on the control channel by now.
    pub(super) fn unsaid(&mut self) -> Vec<Control> {
        std::mem::take(&mut self.unsaid)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let due = self.machine.next_deadline()?;
        Some(self.began + std::time::Duration::from_millis(due))
    }

    pub(super) async fn tick(&mut self) {
        self.handle(Input::Tick).await;
    }

    /// Waits until a lane has ended.
    pub(super) async fn ended(&mut self) {
        if self.running.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// The other side listens from now on: what is begun sooner, it may never see.
    pub(super) async fn listened_to(&mut self) {
        if !std::mem::replace(&mut self.listens, true) && !self.waiting.is_empty() {
            self.wanted().await;
        }
    }

    /// A lane is wanted.
    pub(super) async fn want(&mut self, name: String, carrier: Carrier) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            tracing::warn!("too many lanes on a link");
            return;
        };
        self.waiting.push(Begun { name, carrier, place });
        if self.listens {
            self.wanted().await;
        }
    }

    async fn wanted(&mut self) {
        self.notice_the_end().await;
        self.look().await;
        self.handle(Input::Wanted).await;
    }

    /// Whoever asks for another lane may have learned sooner than this that the quick way has ended.
    async fn notice_the_end(&mut self) {
        if self.connection.as_ref().is_some_and(|quick| quick.close_reason().is_some()) {
            self.stop_attempt();
            self.leave();
            self.handle(Input::Down).await;
        }
    }

    /// Looks whether the way leads straight to the other side; and whether lanes on channels could do better.
    pub(super) async fn look(&mut self) {
        let direct = match self.shared.lane_ways() {
            LaneWays::Channels => false,
            LaneWays::Both | LaneWays::Quick => self.is_direct().await,
        };
        self.handle(Input::Direct(direct)).await;
        self.on_channels.retain(|stop| Arc::strong_count(stop) > 1);
        let wait = !self.on_channels.is_empty() || !self.waiting.is_empty();
        if self.listens && wait && self.connection.is_none() {
            self.handle(Input::Wanted).await;
        }
    }

    async fn is_direct(&self) -> bool {
        if self.shared.connection.crossing.way().1.is_none() {
            return false;
        }
        let (relayed, transport) = way::find(&*self.shared.connection.peer).await;
        relayed != Some(true) && transport.is_none_or(|transport| transport == "udp")
    }

    /// The other side said its key.
    pub(super) async fn key(&mut self, text: &str) {
        if self.shared.lane_ways() == LaneWays::Channels {
            return;
        }
        match PublicKey::read(text) {
            Ok(key) => {
                self.theirs = Some(key);
                self.handle(Input::Key).await;
            }
            Err(error) => tracing::warn!(%error, "a word about lanes makes no sense"),
        }
    }

    /// The quick way reports something.
    pub(super) async fn hear(&mut self, news: News) -> Option<LinkEvent> {
        match news {
            News::Up(number, connection) if number == self.attempt.0 => {
                self.leave();
                self.connection = Some(connection);
                self.handle(Input::Up).await;
                None
            }
            News::Opened(number, opened) if number == self.attempt.0 => self.take_quick(opened),
            News::Begun(name, answer) => {
                let lane = self.take(&name)?;
                self.shared.figures_of_lanes.channels.fetch_add(1, Ordering::Relaxed);
                // A channel that is gone has dropped its end: the lane is closed with what is given back.
                answer.send(lane).is_ok().then_some(LinkEvent::Lane(name))
            }
            News::Down(number) if number == self.attempt.0 => {
                self.leave();
                self.handle(Input::Down).await;
                None
            }
            News::Up(..) | News::Opened(..) | News::Down(_) => None,
        }
    }

    async fn handle(&mut self, input: Input) {
        for effect in self.machine.handle(self.now(), input) {
            match effect {
                Effect::Say => self.say(),
                Effect::Begin => self.begin(),
                Effect::OpenQuick => self.open_quick(),
                // They go on waiting for the only way that they may go.
                Effect::OpenChannels if self.shared.lane_ways() == LaneWays::Quick => {}
                Effect::OpenChannels => self.open_channels().await,
                Effect::End => {
                    self.stop_attempt();
                    self.leave();
                }
            }
        }
    }

    fn end(&mut self) -> Option<&End> {
        if self.end.is_none() {
            match End::new(&self.shared.connection.crossing, &self.shared.calling) {
                Ok(end) => self.end = Some(end),
                Err(error) => tracing::warn!(%error, "there is no quick way"),
            }
        }
        self.end.as_ref()
    }

    fn say(&mut self) {
        if let Some(key) = self.end().map(|end| end.public().write()) {
            self.unsaid.push(Control::Lanes { key });
        }
    }

    fn begin(&mut self) {
        let (goes, theirs) = (self.goes, self.theirs);
        self.stop_attempt();
        let (number, news) = (self.attempt.0, self.news.clone());
        let (Some(end), Some(theirs)) = (self.end(), theirs) else { return };
        let attempt = match goes {
            true => tokio::spawn(report(number, end.connect(theirs), news)),
            false => tokio::spawn(report(number, end.awaited(theirs), news)),
        };
        self.attempt.1 = Some(attempt.abort_handle());
    }

    fn stop_attempt(&mut self) {
        self.attempt.0 += 1;
        if let Some(attempt) = self.attempt.1.take() {
            attempt.abort();
        }
    }

    fn leave(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close(VarInt::from_u32(0), b"");
        }
    }

    fn open_quick(&mut self) {
        let Some(connection) = self.connection.clone() else { return };
        for Begun { name, carrier, place } in self.waiting.drain(..) {
            tracing::info!(name, "a lane goes the quick way");
            self.shared.figures_of_lanes.quick.fetch_add(1, Ordering::Relaxed);
            let connection = connection.clone();
            self.running.spawn(async move {
                let _place = place;
                match quick::open(&connection, &name).await {
                    Ok(streams) => quick::carry(streams, carrier).await,
                    Err(error) => tracing::debug!(%error, "a lane could not be opened"),
                }
            });
        }
        for stop in self.on_channels.drain(..) {
            stop.notify_one();
        }
    }

    async fn open_channels(&mut self) {
        for lane in std::mem::take(&mut self.waiting) {
            tracing::info!(lane.name, "a lane goes over a channel");
            self.on_channels.push(lane.carrier.stopped());
            self.shared.figures_of_lanes.channels.fetch_add(1, Ordering::Relaxed);
            self.begin_on_channel(lane).await;
        }
    }

    /// Begins a lane on a channel of this side's on which none is, or on a new one.
    async fn begin_on_channel(&mut self, mut lane: Begun) {
        self.own.retain(|own| !own.is_gone());
        for own in &self.own {
            match own.begin(lane) {
                Ok(()) => return,
                Err(back) => lane = back,
            }
        }
        if self.own.len() >= LANES {
            tracing::warn!("too many lanes on a link have not ended on the other side");
            return;
        }
        match self.shared.connection.peer.create_data_channel(channel::LABEL, None).await {
            Ok(channel) => {
                let (own, carrying) = Own::new(channel, lane, Gate::new(&self.shared));
                self.own.push(own);
                self.running.spawn(carrying);
            }
            Err(error) => tracing::warn!(%error, "a lane could not be opened"),
        }
    }

    /// A channel has been opened, by the other side unless it is a twin of one of this side's.
    pub(super) async fn take_channel(&mut self, mut channel: Arc<dyn DataChannel>) {
        for own in &mut self.own {
            match own.keep_twin(channel) {
                None => return,
                Some(another) => channel = another,
            }
        }
        let reliable = channel.ordered().await.unwrap_or(false)
            && channel.max_retransmits().await.is_ok_and(|most| most.is_none())
            && channel.max_packet_life_time().await.is_ok_and(|most| most.is_none());
        let for_lanes = channel.label().await.is_ok_and(|label| label == channel::LABEL);
        let (true, true, Ok(place)) =
            (reliable, for_lanes, Arc::clone(&self.others).try_acquire_owned())
        else {
            tracing::warn!("a channel of the other side's was left aside");
            return;
        };
        let carrying = channel::follow(channel, self.news.clone(), Gate::new(&self.shared));
        self.running.spawn(async move {
            carrying.await;
            drop(place);
        });
    }

    /// The other side has opened a lane on the quick way.
    fn take_quick(&mut self, opened: Opened) -> Option<LinkEvent> {
        let Begun { name, carrier, place } = self.take(&opened.name)?;
        self.shared.figures_of_lanes.quick.fetch_add(1, Ordering::Relaxed);
        self.running.spawn(async move {
            quick::carry(opened.streams, carrier).await;
            drop(place);
        });
        Some(LinkEvent::Lane(name))
    }

    /// Takes a lane of the other side's, where there is a place for it and somebody who takes it.
    fn take(&self, name: &str) -> Option<Begun> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let (Ok(place), true) = (place, name.len() <= LONGEST_NAME) else {
            tracing::warn!("a lane of the other side's was left aside");
            return None;
        };
        let (lane, carrier) = lane();
        if self.shared.keep_lane(name, lane) {
            return Some(Begun { name: name.to_owned(), carrier, place });
        }
        tracing::warn!("nobody takes the lanes of the other side");
        None
    }

    /// All lanes end.
    pub(super) fn close(&mut self) {
        self.stop_attempt();
        self.running.abort_all();
        self.leave();
        self.end = None;
    }
}

/// Reports what becomes of an attempt, and of the connection that it brings.
async fn report(
    number: u64,
    attempt: impl Future<Output = Result<Connection, quick::NotQuick>>,
    news: mpsc::Sender<News>,
) {
    match attempt.await {
        Ok(connection) => {
            if news.send(News::Up(number, connection.clone())).await.is_err() {
                return;
            }
            loop {
                match quick::accept(&connection).await {
                    Ok(opened) => {
                        if news.send(News::Opened(number, opened)).await.is_err() {
                            return;
                        }
                    }
                    Err(error) => {
                        tracing::debug!(%error, "the quick way has ended");
                        break;
                    }
                }
            }
        }
        Err(error) => tracing::debug!(%error, "the quick way did not come up"),
    }
    // A link that is closed wants to know nothing.
    let _ = news.send(News::Down(number)).await;
}
