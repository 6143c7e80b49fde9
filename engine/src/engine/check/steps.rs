//! The steps of a check, one after the other: how each is begun, and when it is done. A step that needs what another one
//! did not find is skipped, and says why.

use super::pair::{By, Pair, Task, only};
use super::{CheckNews, call_is_on, no_way, probe, report};
use crate::api::{ApiError, CheckFigures, CheckStage, CheckWhat, Code, Connection};
use crate::engine::answers::Pending;
use crate::engine::desk::Desk;
use crate::media::clock::now_us;
use crate::session::fault::Fault;
use crate::studio::Which;
use std::net::IpAddr;
use visavis_signaling::protocol::{ClientMessage, ServerMessage};

/// In this order.
pub(super) const ALL: [CheckWhat; 10] = [
    CheckWhat::Camera,
    CheckWhat::Microphone,
    CheckWhat::Speaker,
    CheckWhat::Server,
    CheckWhat::Network,
    CheckWhat::Address,
    CheckWhat::Relay,
    CheckWhat::Bandwidth,
    CheckWhat::Echo,
    CheckWhat::Contact,
];

/// How often the server is asked; the quickest answer counts.
const ROUNDS: u32 = 3;
/// A path that loses more, in percent, is weak.
const LOSES: f64 = 8.0;
/// As is one that takes longer.
const SLOW_MS: f64 = 600.0;
/// And one that carries less, in kbit/s.
const NARROW: f64 = 250.0;

/// A check that goes on.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) began: u64,
    awaits: Option<(u64, Task)>,
    /// Whether the speaker is open.
    pub(super) opened: bool,
    /// Answers of the server that are still to come, when the last was asked for, and the quickest in microseconds.
    rounds: (u32, u64, Option<u64>),
    pub(super) pair: Option<Pair>,
    outside: Option<IpAddr>,
    /// Why nothing can go through the relay.
    no_relay: Option<ApiError>,
    /// Whether the camera gave pictures.
    pub(super) seen: bool,
}

pub(super) type Outcome = (CheckStage, CheckFigures);

pub(super) fn good(figures: CheckFigures) -> Outcome {
    (CheckStage::Good, figures)
}

fn bad(error: ApiError) -> Outcome {
    (CheckStage::Bad { error }, CheckFigures::default())
}

pub(super) fn skipped(why: ApiError) -> Outcome {
    (CheckStage::Skipped { why }, CheckFigures::default())
}

impl Desk {
    /// The step that goes on, if one does.
    pub(super) fn current_step(&self) -> Option<CheckWhat> {
        self.check.run.as_ref()?;
        let steps = &self.check.shown.as_ref()?.steps;
        steps.iter().find(|step| step.stage == CheckStage::Running).map(|step| step.what)
    }

    /// Begins the next step; those that are done at once are passed. At the end all is closed.
    pub(super) async fn go_on_with_check(&mut self) {
        while self.check.run.is_some() {
            let steps = &mut self.check.shown().steps;
            let Some(next) = steps.iter_mut().find(|step| step.stage == CheckStage::Waiting) else {
                break;
            };
            next.stage = CheckStage::Running;
            let what = next.what;
            self.show_check();
            match self.begin_step(what).await {
                Some(outcome) => self.note(what, outcome),
                None => return,
            }
        }
        self.stop_check();
    }

    fn note(&mut self, what: CheckWhat, (stage, figures): Outcome) {
        for step in &mut self.check.shown().steps {
            if step.what == what {
                (step.stage, step.figures) = (stage.clone(), figures.clone());
            }
        }
        self.show_check();
    }

    /// The step that goes on is done.
    pub(super) async fn step_is(&mut self, stage: CheckStage, figures: CheckFigures) {
        let Some(what) = self.current_step() else { return };
        if let Some(run) = &mut self.check.run {
            run.awaits = None;
            run.seen |= what == CheckWhat::Camera && stage == CheckStage::Good;
        }
        match what {
            CheckWhat::Microphone => self.talks.trial = None,
            CheckWhat::Echo => self.close_echo(),
            _ => {}
        }
        self.note(what, (stage, figures));
        // Boxed, because the next step may be done at once, and so on.
        Box::pin(self.go_on_with_check()).await;
    }

    /// What came of a step at once; none where it goes on.
    async fn begin_step(&mut self, what: CheckWhat) -> Option<Outcome> {
        let now = self.now();
        let in_call = self.talks.talk_is_on();
        let servers = self.links.guides.servers();
        let run = self.check.run.as_mut()?;
        run.began = now;
        match what {
            // Begun once it is known which devices there are.
            CheckWhat::Camera | CheckWhat::Microphone => {}
            CheckWhat::Speaker | CheckWhat::Bandwidth | CheckWhat::Echo if in_call => {
                return Some(skipped(call_is_on()));
            }
            CheckWhat::Speaker => self.try_speaker(),
            CheckWhat::Server => {
                run.rounds = (ROUNDS, 0, None);
                if let Some(error) = self.why_offline() {
                    return Some(bad(error));
                }
                self.ask_round().await;
            }
            CheckWhat::Network => {
                let meeting = self.let_meet(By::Any(only(&servers, false)));
                self.await_news(meeting);
            }
            CheckWhat::Address => {
                run.pair = None;
                return Some(match (run.outside, only(&servers, false).is_empty()) {
                    (Some(outside), _) => good(CheckFigures {
                        address: Some(report::shorten(outside)),
                        ..CheckFigures::default()
                    }),
                    (None, true) => skipped(self.lacking(Code::NoAddressHelper)),
                    (None, false) => {
                        bad(ApiError::new(Code::NoOutsideAddress, "no outside address was told"))
                    }
                });
            }
            CheckWhat::Relay => {
                let relays = only(&servers, true);
                if relays.is_empty() {
                    let why = self.lacking(Code::NoRelay);
                    self.check.run.as_mut()?.no_relay = Some(why.clone());
                    return Some(skipped(why));
                }
                let meeting = self.let_meet(By::Relay(relays));
                self.await_news(meeting);
            }
            CheckWhat::Bandwidth => {
                let Some(pair) = run.pair.take() else {
                    let why = run.no_relay.clone().unwrap_or_else(no_way);
                    return Some(skipped(why));
                };
                let measuring = self
                    .run_beside(async move { CheckNews::Measured(probe::measure(&pair).await) });
                self.await_news(measuring);
            }
            CheckWhat::Echo => {
                run.pair = None;
                if let Err(error) = self.open_echo() {
                    return Some(bad(error));
                }
            }
            CheckWhat::Contact if self.links.figures_of_calls().is_empty() => {
                return Some(skipped(ApiError::new(Code::NobodyLinked, "no link is up")));
            }
            CheckWhat::Contact => {}
        }
        None
    }

    fn await_news(&mut self, of: (u64, Task)) {
        if let Some(run) = &mut self.check.run {
            run.awaits = Some(of);
        }
    }

    /// What the server does not name; where there is no server, that is why.
    fn lacking(&self, what: Code) -> ApiError {
        self.why_offline().unwrap_or_else(|| ApiError::new(what, "the server names none"))
    }

    fn why_offline(&self) -> Option<ApiError> {
        let not_connected = || {
            let error = ApiError::new(Code::NotConnected, "not connected to the server");
            error.with("server", self.place.shown())
        };
        match self.board.look(|state| state.server.connection.clone()) {
            Connection::Online => None,
            Connection::Waiting { error, .. } | Connection::Stopped { error } => Some(error),
            Connection::Idle | Connection::Connecting => Some(not_connected()),
        }
    }

    async fn ask_round(&mut self) {
        if let Some(run) = &mut self.check.run {
            run.rounds.1 = now_us();
        }
        self.ask(ClientMessage::IceServers { id: 0 }, Pending::CheckRound).await;
    }

    /// The server answered, or did not.
    pub(in crate::engine) async fn round_answered(&mut self, answer: Result<ServerMessage, Fault>) {
        if self.current_step() != Some(CheckWhat::Server) {
            return;
        }
        match answer {
            Ok(ServerMessage::IceServers { ice_servers, .. }) => self.take_guides(ice_servers),
            Ok(_) => tracing::debug!("an odd answer is an answer too"),
            Err(fault) => {
                let error = fault.to_api(&self.place.shown());
                let error = self.why_offline().unwrap_or(error);
                return self.step_is(CheckStage::Bad { error }, CheckFigures::default()).await;
            }
        }
        let Some(run) = &mut self.check.run else { return };
        let (left, asked_us, quickest) = &mut run.rounds;
        let took = now_us().saturating_sub(*asked_us);
        *left = left.saturating_sub(1);
        *quickest = Some(quickest.map_or(took, |before| before.min(took)));
        if *left > 0 {
            return self.ask_round().await;
        }
        let round_trip_ms = quickest.map(|us| us as f64 / 1000.0);
        let figures = CheckFigures { round_trip_ms, ..CheckFigures::default() };
        self.step_is(CheckStage::Good, figures).await;
    }

    /// Something that a step waits for is done.
    pub(super) async fn step_reported(&mut self, number: u64, news: CheckNews) {
        let Some(run) = &mut self.check.run else { return };
        if run.awaits.as_ref().is_none_or(|(awaited, _)| *awaited != number) {
            return;
        }
        run.awaits = None;
        let (what, now) = (self.current_step(), self.now());
        let Some(run) = &mut self.check.run else { return };
        let (stage, figures) = match (what, news) {
            (Some(CheckWhat::Network), CheckNews::Met(met)) => {
                (run.outside, run.began) = (met.outside, now);
                run.pair = met.pair;
                if run.pair.is_some() {
                    return;
                }
                bad(no_way())
            }
            (Some(CheckWhat::Relay), CheckNews::Met(met)) => {
                run.pair = met.pair;
                let error = match (&run.pair, met.relay_answered) {
                    (Some(_), _) => None,
                    (None, true) => Some((Code::RelayBlocked, "the relay lets nothing through")),
                    (None, false) => Some((Code::RelaySilent, "the relay gives no address")),
                };
                run.no_relay = error.map(|(code, text)| ApiError::new(code, text));
                run.no_relay.clone().map_or_else(|| good(CheckFigures::default()), bad)
            }
            (Some(CheckWhat::Bandwidth), CheckNews::Measured(figures)) => judged(figures),
            _ => return,
        };
        self.step_is(stage, figures).await;
    }

    /// A device failed, or works.
    pub(super) async fn step_told(&mut self, which: Which, error: Option<&ApiError>) {
        let of = match self.current_step() {
            Some(CheckWhat::Camera) => Which::Camera,
            Some(CheckWhat::Microphone) => Which::Microphone,
            Some(CheckWhat::Speaker) => Which::Speaker,
            _ => return,
        };
        if of != which {
            return;
        }
        match (error, &mut self.check.run) {
            (Some(error), _) => {
                let error = error.clone();
                self.step_is(CheckStage::Bad { error }, self.device(which)).await;
            }
            (None, Some(run)) => run.opened |= which == Which::Speaker,
            (None, None) => {}
        }
    }

    pub(super) fn device(&self, which: Which) -> CheckFigures {
        let stand_in = self.talks.studio.as_ref().map(|studio| studio.chosen().stands_in(which));
        CheckFigures { stand_in, ..CheckFigures::default() }
    }
}

/// Good or bad, by what a call needs.
pub(super) fn judged(figures: CheckFigures) -> Outcome {
    let weak = figures.lost_percent.is_some_and(|lost| lost > LOSES)
        || figures.round_trip_ms.is_some_and(|ms| ms > SLOW_MS)
        || figures.kbit_s.is_none_or(|rate| rate < NARROW);
    let error = ApiError::new(Code::PathWeak, "too little for a good call goes through");
    (if weak { CheckStage::Bad { error } } else { CheckStage::Good }, figures)
}
