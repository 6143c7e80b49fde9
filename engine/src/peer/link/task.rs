//! The task that looks after a link: one loop over orders, what the stack tells, what the other side reports,
//! and time. Whatever comes from the other side is checked first; what is odd is logged and left aside.

use super::control::ControlChannel;
use super::ear::Told;
use super::lanes::Lanes;
use super::ways::Ways;
use super::{LinkEvent, Order, Shared, streams, way};
use crate::call::negotiation::{Effect, Input, Negotiation};
use crate::call::signal::{Candidate, Control, DescriptionKind, LinkSignal};
use crate::media::coded::PictureFormat;
use crate::peer::LinkError;
use crate::peer::chain::Heard;
use crate::peer::quality::{Quality, Second};
use crate::peer::sdp::{self, NoFormat};
use rtc::peer_connection::configuration::RTCOfferOptions;
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use webrtc::peer_connection::{RTCIceCandidateInit, RTCPeerConnectionState, RTCSessionDescription};

/// Ways of the other side's that may wait for its description, and in all.
const CANDIDATES: usize = 200;
/// While nothing comes, a new path is looked for again after so long.
const AGAIN_MS: u64 = 6_000;

pub(super) struct Task {
    shared: Arc<Shared>,
    polite: bool,
    control: ControlChannel,
    negotiation: Negotiation,
    events: mpsc::Sender<LinkEvent>,
    began: Instant,
    /// The description that came last, while it is dealt with.
    theirs: Option<String>,
    has_theirs: bool,
    early: VecDeque<RTCIceCandidateInit>,
    taken: usize,
    ways: Ways,
    agreed_formats: Option<sdp::Formats>,
    last_offer: Option<String>,
    connected: bool,
    restart_at: Option<u64>,
    quality: Quality,
    round_trip_ms: f64,
    lost_out: f64,
    before: (u64, u64, u64),
    wanted: u64,
}

impl Task {
    pub(super) fn new(shared: Arc<Shared>, polite: bool, events: mpsc::Sender<LinkEvent>) -> Self {
        let control = ControlChannel::new(Arc::clone(&shared.connection.control));
        let ways = Ways::new(shared.packets);
        Self {
            shared,
            polite,
            control,
            negotiation: Negotiation::new(polite),
            events,
            began: Instant::now(),
            theirs: None,
            has_theirs: false,
            early: VecDeque::new(),
            taken: 0,
            ways,
            agreed_formats: None,
            last_offer: None,
            connected: false,
            restart_at: None,
            quality: Quality::default(),
            round_trip_ms: 0.0,
            lost_out: 0.0,
            before: (0, 0, 0),
            wanted: 0,
        }
    }

    pub(super) async fn work(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut told: mpsc::Receiver<Told>,
        mut heard: mpsc::Receiver<Heard>,
    ) {
        let control = self.control.ear();
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut readers = JoinSet::new();
        let (mut lanes, mut news) = Lanes::new(Arc::clone(&self.shared), self.polite);
        let mut control_open = true;
        loop {
            for word in lanes.unsaid() {
                self.control.say(word).await;
            }
            let deadline = self.deadline().into_iter().chain(lanes.deadline()).min();
            tokio::select! {
                order = orders.recv() => match order {
                    None | Some(Order::Close) => break,
                    Some(Order::Lane(name, carrier)) => lanes.want(name, carrier).await,
                    Some(Order::LookAtLanes) => lanes.look().await,
                    Some(order) => self.obey(order).await,
                },
                Some(told) = told.recv() => match told {
                    Told::Candidate(candidate) => self.found(candidate),
                    Told::State(state) => self.state(state).await,
                    Told::Track(track) => {
                        let is_picture = track.kind().await == RtpCodecKind::Video;
                        let incoming = Arc::clone(&self.shared.incoming);
                        readers.spawn(incoming.read(track, is_picture));
                    }
                    Told::Channel(channel) => lanes.take_channel(channel).await,
                },
                Some(news) = news.recv() => {
                    if let Some(event) = lanes.hear(news).await {
                        self.tell(event).await;
                    }
                }
                () = lanes.ended() => {}
                Some(heard) = heard.recv() => self.hear(heard),
                event = control.poll(), if control_open => match event {
                    Some(event) => {
                        match self.control.hear(event).await {
                            Some(Control::Lanes { key }) => lanes.key(&key).await,
                            Some(word) => self.tell(LinkEvent::Control(word)).await,
                            None => {}
                        }
                        if self.control.is_heard() {
                            lanes.listened_to().await;
                        }
                    }
                    None => control_open = false,
                },
                () = sleep_until(deadline) => {
                    self.tick().await;
                    lanes.tick().await;
                }
                _ = second.tick() => {
                    self.look().await;
                    lanes.look().await;
                }
            }
        }
        self.shared.outgoing.set_open(None);
        self.shared.incoming.set_sink(None);
        if self.connected {
            self.control.say_out().await;
        }
        readers.abort_all();
        lanes.close();
        if let Err(error) = self.shared.connection.peer.close().await {
            tracing::debug!(%error, "the connection did not close as it should");
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn deadline(&self) -> Option<Instant> {
        let next = self.negotiation.next_deadline().into_iter().chain(self.restart_at).min();
        let next = next.map(|next| self.began + Duration::from_millis(next));
        next.into_iter().chain(self.ways.deadline()).min()
    }

    async fn tell(&self, event: LinkEvent) {
        // An owner who is gone closes the link in a moment.
        let _ = self.events.send(event).await;
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Wish { restart } => self.negotiate(Input::Wish { restart }).await,
            Order::Signal(signal) => self.signal(signal).await,
            Order::AskPicture => self.shared.incoming.ask_picture().await,
            Order::Tell(control) => self.control.say(control).await,
            Order::Lane(..) | Order::LookAtLanes | Order::Close => {}
        }
    }

    async fn signal(&mut self, signal: LinkSignal) {
        match signal {
            LinkSignal::Description { kind, sdp } => {
                if let Err(error) = sdp::read(&sdp) {
                    tracing::warn!(%error, "a description was left aside");
                    return;
                }
                let input = match kind {
                    DescriptionKind::Offer => Input::Offer,
                    DescriptionKind::Answer => Input::Answer,
                };
                self.theirs = Some(sdp);
                self.negotiate(input).await;
            }
            LinkSignal::Candidates { candidates } => {
                for candidate in candidates {
                    self.candidate(candidate).await;
                }
            }
            LinkSignal::Closed | LinkSignal::Unknown => {}
        }
    }

    async fn candidate(&mut self, candidate: Candidate) {
        self.taken += 1;
        if self.taken > CANDIDATES || sdp::check_candidate(&candidate.candidate).is_err() {
            tracing::warn!("a candidate was left aside");
            return;
        }
        let candidate = RTCIceCandidateInit {
            candidate: candidate.candidate,
            sdp_mid: candidate.sdp_mid,
            sdp_mline_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment,
            ..RTCIceCandidateInit::default()
        };
        if self.has_theirs {
            self.add(candidate).await;
        } else {
            self.early.push_back(candidate);
        }
    }

    async fn add(&self, candidate: RTCIceCandidateInit) {
        if let Err(error) = self.shared.connection.peer.add_ice_candidate(candidate).await {
            tracing::debug!(%error, "a candidate can't be used");
        }
    }

    async fn negotiate(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.negotiation.handle(self.now(), input) {
                if let Err(error) = self.carry_out(effect).await {
                    tracing::warn!(%error, ?effect, "a negotiation failed");
                    inputs.push_back(Input::Failed);
                    break;
                }
            }
        }
    }

    async fn carry_out(&mut self, effect: Effect) -> Result<(), LinkError> {
        let peer = Arc::clone(&self.shared.connection.peer);
        match effect {
            Effect::Offer { restart } => {
                let options = RTCOfferOptions { ice_restart: restart };
                let offer = peer.create_offer(Some(options)).await?;
                peer.set_local_description(offer.clone()).await?;
                if restart {
                    self.taken = 0;
                }
                self.last_offer = Some(offer.sdp.clone());
                self.describe(DescriptionKind::Offer, offer.sdp).await;
            }
            Effect::Repeat => {
                if let Some(sdp) = self.last_offer.clone() {
                    self.describe(DescriptionKind::Offer, sdp).await;
                }
            }
            Effect::Rollback => {
                peer.set_local_description(RTCSessionDescription::rollback(None)?).await?;
            }
            Effect::Accept => {
                let Some(sdp) = self.theirs.take() else { return Ok(()) };
                sdp::check_offer(&sdp).map_err(|error| LinkError(error.to_string()))?;
                // The stack can't answer such an offer, and is in the middle of it for good once it has seen it.
                if let Some(missing) = NoFormat::in_offer(&self.shared.formats, &sdp) {
                    let error = LinkError(missing.to_string());
                    self.tell(LinkEvent::NoPictures(missing)).await;
                    return Err(error);
                }
                self.taken = 0;
                peer.set_remote_description(RTCSessionDescription::offer(sdp.clone())?).await?;
                let answer = peer.create_answer(None).await?;
                peer.set_local_description(answer.clone()).await?;
                self.agreed(&sdp, &answer.sdp).await;
                self.describe(DescriptionKind::Answer, answer.sdp).await;
                self.add_early().await;
            }
            Effect::Finish => {
                let Some(sdp) = self.theirs.take() else { return Ok(()) };
                peer.set_remote_description(RTCSessionDescription::answer(sdp.clone())?).await?;
                self.agreed(&sdp, &sdp).await;
                self.add_early().await;
            }
            Effect::Ignore(what) => {
                self.theirs = None;
                tracing::debug!(what, "left aside");
            }
            Effect::GiveUp => self.tell(LinkEvent::Failed).await,
        }
        Ok(())
    }

    async fn describe(&self, kind: DescriptionKind, sdp: String) {
        self.tell(LinkEvent::Signal(LinkSignal::Description { kind, sdp })).await;
    }

    async fn add_early(&mut self) {
        self.has_theirs = true;
        for candidate in std::mem::take(&mut self.early) {
            self.add(candidate).await;
        }
    }

    /// Both sides know now what payload types stand for. `theirs` says what the other side takes, and `answer`
    /// what was agreed on.
    async fn agreed(&mut self, theirs: &str, answer: &str) {
        let (Ok(theirs), Ok(agreed)) = (sdp::read(theirs), sdp::read(answer)) else { return };
        self.shared.connection.streams.set_repeats(agreed.repeats.clone());
        self.shared.incoming.set_formats(agreed.clone());
        // The order is the answerer's in either case: it is the one who has seen both wishes.
        let taken = |kind: &u8, format: &PictureFormat| {
            theirs.picture(*kind).is_some() && self.shared.formats.contains(format)
        };
        let pictures = agreed.pictures.iter().filter(|(kind, format)| taken(kind, format));
        let pictures = pictures.copied().collect();
        let formats = sdp::Formats { pictures, opus: agreed.opus.and(theirs.opus), ..agreed };
        let streams = streams::outgoing(&self.shared.connection.streams, &formats);
        self.shared.connection.locals.set(streams);
        let missing = NoFormat::between(&self.shared.formats, &formats, theirs.others);
        self.agreed_formats = Some(formats);
        self.open_if_up();
        if let Some(missing) = missing {
            tracing::warn!(%missing, "no pictures");
            self.tell(LinkEvent::NoPictures(missing)).await;
        }
    }

    /// Opens the way out once there is an agreement and a path.
    fn open_if_up(&self) {
        let formats = self.agreed_formats.clone().filter(|_| self.connected);
        self.shared.outgoing.set_open(formats);
    }

    fn found(&mut self, candidate: RTCIceCandidateInit) {
        if candidate.candidate.is_empty() {
            return;
        }
        let way = Candidate {
            candidate: candidate.candidate,
            sdp_mid: candidate.sdp_mid,
            sdp_m_line_index: candidate.sdp_mline_index,
            username_fragment: candidate.username_fragment,
        };
        self.ways.found(Instant::now(), way);
    }

    async fn state(&mut self, state: RTCPeerConnectionState) {
        match state {
            RTCPeerConnectionState::Connected => {
                self.connected = true;
                self.restart_at = None;
                self.open_if_up();
                // A new path costs the first packets: a whole picture makes good for them.
                if let Some(sink) = self.shared.incoming.sink() {
                    sink.picture_wanted();
                }
                // Something has to go the new way, so that all who use it know which it is.
                if self.control.is_heard() {
                    self.control.say(Control::Open).await;
                }
                self.tell(LinkEvent::Connected).await;
            }
            RTCPeerConnectionState::Disconnected => {
                self.restart_at = Some(self.now());
                self.tell(LinkEvent::Disrupted).await;
            }
            RTCPeerConnectionState::Failed => {
                self.connected = false;
                self.open_if_up();
                self.restart_at = Some(self.now());
                self.tell(LinkEvent::Disrupted).await;
            }
            RTCPeerConnectionState::Closed => self.tell(LinkEvent::Failed).await,
            _ => {}
        }
    }

    async fn tick(&mut self) {
        let met = self.connected && self.restart_at.is_none();
        let candidates = self.ways.due(Instant::now(), met);
        if !candidates.is_empty() {
            self.tell(LinkEvent::Signal(LinkSignal::Candidates { candidates })).await;
        }
        if self.restart_at.is_some_and(|at| at <= self.now()) {
            self.restart_at = Some(self.now() + AGAIN_MS);
            self.negotiate(Input::Wish { restart: true }).await;
        }
        self.negotiate(Input::Tick).await;
    }

    fn hear(&mut self, heard: Heard) {
        let sink = self.shared.incoming.sink();
        match heard {
            Heard::PictureWanted => {
                self.wanted += 1;
                if let Some(sink) = sink {
                    sink.picture_wanted();
                }
            }
            Heard::PictureClock(report) => {
                if let Some(sink) = sink {
                    sink.picture_clock(report);
                }
            }
            Heard::SoundClock(report) => {
                if let Some(sink) = sink {
                    sink.sound_clock(report);
                }
            }
            Heard::SoundLost(lost) => {
                self.lost_out = lost;
                if let Some(sink) = sink {
                    sink.sound_lost(lost);
                }
            }
            Heard::PictureLost(lost) => self.lost_out = lost,
            Heard::RoundTrip(milliseconds) => {
                self.round_trip_ms = milliseconds;
                self.shared.incoming.set_round_trip(milliseconds);
            }
        }
    }

    /// Once a second: how good is the path?
    async fn look(&mut self) {
        let flow = &self.shared.incoming.counts;
        let received = flow.picture_packets.load(Ordering::Relaxed)
            + flow.sound_packets.load(Ordering::Relaxed);
        let asked = self.shared.connection.streams.asked.load(Ordering::Relaxed);
        let gaps = flow.gaps.load(Ordering::Relaxed);
        let (received_before, asked_before, gaps_before) = self.before;
        self.before = (received, asked, gaps);
        let (came, missed) = (received - received_before, asked.saturating_sub(asked_before));
        let lost_in = if came + missed == 0 { 0.0 } else { missed as f64 / (came + missed) as f64 };
        let second = Second {
            lost: lost_in.max(self.lost_out),
            round_trip_ms: self.round_trip_ms,
            gaps: gaps.saturating_sub(gaps_before),
        };
        let word = if self.connected { self.quality.hear(second) } else { None };
        let (relayed, transport) = match self.connected {
            true => way::find(&*self.shared.connection.peer).await,
            false => (None, None),
        };
        {
            let mut figures = self.shared.figures.lock().unwrap_or_else(PoisonError::into_inner);
            figures.round_trip_ms = (self.round_trip_ms > 0.0).then_some(self.round_trip_ms);
            figures.lost_in = lost_in;
            figures.lost_out = self.lost_out;
            figures.relayed = relayed;
            figures.transport = transport;
            figures.pictures_wanted = self.wanted;
        }
        if let Some(weak) = word {
            self.tell(LinkEvent::Weak(weak)).await;
        }
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
