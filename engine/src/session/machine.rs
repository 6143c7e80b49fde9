//! The session as a machine: told the time, what the socket did and what is asked, it says what to do next.
//!
//! ```text
//!            Start                 Opened            Challenge             Welcome
//!   Idle ───────────▶ Dialling ───────────▶ Greeting ──────────▶ Proving ──────────▶ Online
//!    ▲                 ▲    │ failed or late   │ failed or late     │ refused           │ lost, silent
//!    │ Stop            │    ▼                  ▼                    ▼                   ▼
//!   any         RetryNow,  Waiting ◀───────────┴────────────────────┴───────────────────┘
//!               its time                 what only the user can mend ──▶ Stopped ── RetryNow ──▶ Dialling
//! ```
//! It reads no clock, draws no random number, knows no key and opens no socket. Each socket has a number, so
//! that what an old one still says is not taken for the new one's.

use super::address::ServerAddress;
use super::backoff::{Backoff, spread_over};
use super::fault::{Fault, Remedy};
use super::request::{answered_id, numbered};
use std::collections::BTreeMap;
use visavis_signaling::protocol::{ClientMessage, Nonce, SILENCE_MS, ServerMessage, VERSION};

/// A socket must be open after this long.
pub const DIAL_MS: u64 = 10_000;
/// Signing in must be done after this long.
pub const SIGN_IN_MS: u64 = 12_000;
/// A request must be answered after this long.
pub const ANSWER_MS: u64 = 15_000;
/// No more requests may be unanswered at a time; further ones are refused.
pub const MAX_ASKED: usize = 1024;

/// What happens to a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Be signed in at this server from now on.
    Start(ServerAddress),
    /// Be signed in nowhere.
    Stop,
    /// The user asks for another try now.
    RetryNow,
    /// The socket is open.
    Opened(u64),
    /// The socket could not be opened, or is gone.
    Lost(u64, Fault),
    /// What the server said could not be kept: it has to say it again, on another socket.
    Again,
    /// The server sent a sign of life.
    Alive(u64),
    /// The server said something.
    Said(u64, ServerMessage),
    /// Somebody asks something of the server; `ticket` names the asker.
    Ask {
        /// Comes back with the answer.
        ticket: u64,
        /// Its `id` is filled in here.
        message: ClientMessage,
    },
    /// Tells the server something that it doesn't answer.
    Tell(ClientMessage),
    /// Time went on.
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Open a socket.
    Dial(u64, ServerAddress),
    /// Close a socket, if it is still there.
    HangUp(u64),
    /// Introduce oneself.
    Greet(u64),
    /// Sign the challenge and send the proof.
    Prove(u64, Nonce),
    /// Send a message.
    Send(u64, ClientMessage),
    /// The server's clock says so.
    ServerTime(u64),
    /// How it stands has changed.
    Changed(Phase),
    /// Signed in: the whole welcome.
    SignedIn(ServerMessage),
    /// The server tells something unasked.
    Told(ServerMessage),
    /// An answer, or why there is none.
    Answered {
        /// As asked.
        ticket: u64,
        /// What the server said.
        answer: Result<ServerMessage, Fault>,
    },
}

/// How a session stands, as a shell shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Nothing to do.
    Idle,
    /// On the way.
    Connecting,
    /// Signed in.
    Online,
    /// It will try again by itself.
    Waiting {
        /// Why.
        fault: Fault,
        /// When, by the time that the machine is told.
        retry_at: u64,
    },
    /// Only the user can mend it.
    Stopped(Fault),
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Idle,
    Dialling { deadline: u64 },
    Greeting { deadline: u64 },
    Proving { deadline: u64 },
    Online { since: u64, heard: u64 },
    Waiting { until: u64 },
    Stopped,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Asked {
    ticket: u64,
    deadline: u64,
}

/// One session.
#[derive(Debug, Clone)]
pub struct Machine {
    state: State,
    server: Option<ServerAddress>,
    socket: u64,
    backoff: Backoff,
    next_id: u32,
    asked: BTreeMap<u32, Asked>,
    going_down: Option<u64>,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            state: State::Idle,
            server: None,
            socket: 0,
            backoff: Backoff::default(),
            next_id: 1,
            asked: BTreeMap::new(),
            going_down: None,
        }
    }
}

impl Machine {
    /// Takes one input at `now` (milliseconds of any steady clock). `spread` is a fresh random number.
    pub fn handle(&mut self, now: u64, spread: u32, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Start(server) => {
                self.leave(Fault::Left, &mut effects);
                self.server = Some(server);
                self.backoff.forget();
                self.dial(now, &mut effects);
            }
            Input::Stop => {
                self.leave(Fault::Left, &mut effects);
                self.server = None;
                self.enter(State::Idle, Phase::Idle, &mut effects);
            }
            Input::RetryNow => {
                if matches!(self.state, State::Waiting { .. } | State::Stopped) {
                    self.backoff.forget();
                    self.dial(now, &mut effects);
                }
            }
            Input::Opened(socket) if socket == self.socket => {
                if matches!(self.state, State::Dialling { .. }) {
                    self.state = State::Greeting { deadline: now + SIGN_IN_MS };
                    effects.push(Effect::Greet(socket));
                }
            }
            Input::Lost(socket, fault) if socket == self.socket && self.connected() => {
                self.lose(now, spread, fault, &mut effects);
            }
            Input::Again => {
                if self.connected() {
                    self.lose(now, spread, Fault::Lost, &mut effects);
                }
            }
            Input::Alive(socket) if socket == self.socket => self.hear(now),
            Input::Said(socket, message) if socket == self.socket => {
                self.hear(now);
                self.said(now, spread, message, &mut effects);
            }
            Input::Opened(_) | Input::Lost(..) | Input::Alive(_) | Input::Said(..) => {}
            Input::Ask { ticket, message } => self.ask(now, ticket, message, &mut effects),
            Input::Tell(message) => {
                if self.is_online() {
                    effects.push(Effect::Send(self.socket, message));
                }
            }
            Input::Tick => self.tick(now, spread, &mut effects),
        }
        effects
    }

    /// When `Tick` is due, if ever.
    pub fn next_deadline(&self) -> Option<u64> {
        let own = match self.state {
            State::Idle | State::Stopped => None,
            State::Dialling { deadline }
            | State::Greeting { deadline }
            | State::Proving { deadline } => Some(deadline),
            State::Online { heard, .. } => Some(heard + SILENCE_MS),
            State::Waiting { until } => Some(until),
        };
        let asked = self.asked.values().map(|asked| asked.deadline).min();
        own.into_iter().chain(asked).min()
    }

    /// Whether requests can be made.
    pub fn is_online(&self) -> bool {
        matches!(self.state, State::Online { .. })
    }

    fn connected(&self) -> bool {
        matches!(
            self.state,
            State::Dialling { .. }
                | State::Greeting { .. }
                | State::Proving { .. }
                | State::Online { .. }
        )
    }

    fn enter(&mut self, state: State, phase: Phase, effects: &mut Vec<Effect>) {
        self.state = state;
        effects.push(Effect::Changed(phase));
    }

    fn dial(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let Some(server) = self.server.clone() else { return };
        self.socket += 1;
        self.going_down = None;
        self.enter(State::Dialling { deadline: now + DIAL_MS }, Phase::Connecting, effects);
        effects.push(Effect::Dial(self.socket, server));
    }

    /// Gives up the socket, and tells everybody who still waits for an answer.
    fn leave(&mut self, fault: Fault, effects: &mut Vec<Effect>) {
        if self.connected() {
            effects.push(Effect::HangUp(self.socket));
        }
        self.socket += 1;
        for (_, asked) in std::mem::take(&mut self.asked) {
            let answer = Err(fault.clone());
            effects.push(Effect::Answered { ticket: asked.ticket, answer });
        }
    }

    fn lose(&mut self, now: u64, spread: u32, fault: Fault, effects: &mut Vec<Effect>) {
        if let State::Online { since, .. } = self.state {
            self.backoff.held(now.saturating_sub(since));
        }
        self.leave(fault.clone(), effects);
        match fault.remedy() {
            Remedy::User => self.enter(State::Stopped, Phase::Stopped(fault), effects),
            Remedy::Time => {
                let wait = match self.going_down.take() {
                    Some(least) => spread_over(least, least * 2, spread),
                    None => self.backoff.next_wait_ms(spread),
                };
                let until = now + wait;
                let phase = Phase::Waiting { fault, retry_at: until };
                self.enter(State::Waiting { until }, phase, effects);
            }
        }
    }

    fn hear(&mut self, now: u64) {
        if let State::Online { heard, .. } = &mut self.state {
            *heard = now;
        }
    }

    fn said(&mut self, now: u64, spread: u32, message: ServerMessage, effects: &mut Vec<Effect>) {
        match (&self.state, message) {
            (_, ServerMessage::Error { id: None, code, retry_after_ms, .. }) => {
                if let Some(least) = retry_after_ms {
                    self.going_down = Some(least.min(60_000));
                }
                self.lose(now, spread, Fault::Refused { code, retry_after_ms }, effects);
            }
            (_, ServerMessage::GoingDown { retry_after_ms }) => {
                self.going_down = Some(retry_after_ms.min(60_000));
            }
            (
                State::Greeting { deadline },
                ServerMessage::Challenge { version, nonce, time_ms, .. },
            ) => {
                if version == VERSION {
                    self.state = State::Proving { deadline: *deadline };
                    effects.push(Effect::ServerTime(time_ms));
                    effects.push(Effect::Prove(self.socket, nonce));
                } else {
                    self.lose(now, spread, Fault::OtherVersion, effects);
                }
            }
            (State::Proving { .. }, welcome @ ServerMessage::Welcome { .. }) => {
                // Whoever sees that it is online sees all that was missed, too.
                effects.push(Effect::SignedIn(welcome));
                self.enter(State::Online { since: now, heard: now }, Phase::Online, effects);
            }
            (State::Online { .. }, message) => match answered_id(&message) {
                Some(id) => {
                    if let Some(asked) = self.asked.remove(&id) {
                        let answer = match message {
                            ServerMessage::Error { code, retry_after_ms, .. } => {
                                Err(Fault::Refused { code, retry_after_ms })
                            }
                            message => Ok(message),
                        };
                        effects.push(Effect::Answered { ticket: asked.ticket, answer });
                    }
                }
                None => effects.push(Effect::Told(message)),
            },
            (_, _) => self.lose(now, spread, Fault::Foreign, effects),
        }
    }

    fn ask(&mut self, now: u64, ticket: u64, message: ClientMessage, effects: &mut Vec<Effect>) {
        let refuse = |fault| Effect::Answered { ticket, answer: Err(fault) };
        if !self.is_online() {
            effects.push(refuse(Fault::NotConnected));
        } else if self.asked.len() >= MAX_ASKED {
            effects.push(refuse(Fault::Busy));
        } else {
            let id = self.next_id;
            self.next_id = self.next_id.wrapping_add(1).max(1);
            self.asked.insert(id, Asked { ticket, deadline: now + ANSWER_MS });
            effects.push(Effect::Send(self.socket, numbered(message, id)));
        }
    }

    fn tick(&mut self, now: u64, spread: u32, effects: &mut Vec<Effect>) {
        let late = match self.state {
            State::Dialling { deadline }
            | State::Greeting { deadline }
            | State::Proving { deadline } => deadline <= now,
            State::Online { heard, .. } => {
                heard + SILENCE_MS <= now || self.asked.values().any(|a| a.deadline <= now)
            }
            State::Waiting { until } => {
                if until <= now {
                    self.dial(now, effects);
                }
                false
            }
            State::Idle | State::Stopped => false,
        };
        if late {
            self.lose(now, spread, Fault::Silent, effects);
        }
    }
}

#[cfg(test)]
mod tests;
