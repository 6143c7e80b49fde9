//! Calls at the desk: commands and news go into the call machine, and what it wants is carried out in order. Links
//! and media stand behind `seam`; the history and missed calls are kept here.

mod history;
mod seam;

pub(super) use history::{after_call, missed_by};

use super::answers::Pending;
use super::desk::Desk;
use super::letter::Letter;
use crate::api::{self, ApiError, CallSide, CallStage, Code, Command, Event, PublicKey, Reply};
use crate::call::machine::{Calls, Effect, Input, LinkNews, Peer};
use crate::call::signal::{CallId, CallLetter, CallSignal, Control};
use std::collections::VecDeque;

/// The machine, and what it wants that is not done yet.
#[derive(Debug, Default)]
pub(super) struct Switchboard {
    machine: Calls,
    waiting: VecDeque<Effect>,
    at_work: bool,
}

impl Switchboard {
    /// Who is called, or talked with; nobody who only rings, or is held.
    fn talked_with(&self) -> Option<PublicKey> {
        let wanted = |call: &api::Call| match call.stage {
            CallStage::Incoming | CallStage::Ended { .. } => false,
            _ => !call.mine.held,
        };
        self.machine.shown().into_iter().find(wanted).map(|call| call.key)
    }

    /// A call that is on.
    pub(super) fn shown(&self, id: &str) -> Option<api::Call> {
        let on = |call: &api::Call| call.id == id && matches!(call.stage, CallStage::On { .. });
        self.machine.shown().into_iter().find(on)
    }

    /// When the machine has to be told the time, if ever.
    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.machine.next_deadline()
    }
}

impl Desk {
    /// A command about calls or their devices.
    pub(super) async fn call_command(&mut self, command: Command) -> Result<Reply, ApiError> {
        let input = match command {
            Command::Call { key, picture } => return self.call_someone(key, picture).await,
            Command::Answer { id, picture } => Input::Answer { call: read(&id)?, picture },
            Command::Decline { id } => Input::Decline(read(&id)?),
            Command::HangUp { id } => Input::HangUp(read(&id)?),
            Command::DismissCall { id } => Input::Dismiss(read(&id)?),
            Command::Hold { id, held } => Input::Hold { call: read(&id)?, held },
            Command::SetMicrophone { id, on } => Input::SetMicrophone { call: read(&id)?, on },
            Command::SetCamera { id, on } => {
                let call = read(&id)?;
                if on {
                    self.retry_camera(call);
                }
                Input::SetCamera { call, on }
            }
            Command::CallStatistics { id } => {
                let call = read(&id)?;
                return match self.calls.shown(&id) {
                    Some(_) => self.call_statistics(call).map(Reply::CallStatistics),
                    None => Err(no_such_call()),
                };
            }
            Command::CallHistory { key, before } => return self.history(key, before).await,
            Command::SeeMissedCalls { key } => return self.see_missed(key).await,
            _ => return Err(ApiError::new(Code::NotNow, "not a command for now")),
        };
        self.take_call_input(input).await.map(|_| Reply::Done)
    }

    async fn call_someone(&mut self, key: PublicKey, picture: bool) -> Result<Reply, ApiError> {
        let live = |call: &api::Call| !matches!(call.stage, CallStage::Ended { .. });
        if !self.calls.machine.shown().iter().any(|call| call.key == key && live(call)) {
            self.is_there_to_write_to(&key)?;
        }
        let call = CallId::random();
        let call = call.map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
        let input = Input::Call { call, to: key, picture };
        let call = self.take_call_input(input).await?;
        call.map(|call| Reply::Calling { id: call.to_string() }).ok_or_else(no_such_call)
    }

    /// Something happens that no command asks for.
    pub(super) async fn call_happens(&mut self, input: Input) {
        // Only commands are refused.
        drop(self.take_call_input(input).await);
    }

    /// News of a link.
    pub(super) async fn link_news(&mut self, peer: Peer, news: LinkNews) {
        self.call_happens(Input::Link { peer, news }).await;
    }

    /// Somebody said something on a link.
    pub(super) async fn heard_on_link(&mut self, from: Peer, control: Control) {
        let input = match control {
            Control::Call { call, signal } => match signal {
                // It is for those who were not there.
                CallSignal::Missed { .. } => return,
                signal => Input::Said { from, call, signal },
            },
            Control::Side { call, number, microphone, camera, held } => {
                let side = CallSide { microphone, camera, held };
                Input::Side { from, call, number, side }
            }
            Control::Letter { number, after, letter } => {
                return self.take_by_hand(from, (number, after), letter).await;
            }
            Control::Have { number } => return self.they_have(from, number).await,
            Control::Typing => return self.typed_on_link(from),
            Control::Pictured { call } => return self.pictured(from, call),
            Control::Open | Control::Lanes { .. } | Control::Unknown => return,
        };
        self.call_happens(input).await;
    }

    /// What the machine wants is done in order and whole, also when doing it brings the next input.
    async fn take_call_input(&mut self, input: Input) -> Result<Option<CallId>, ApiError> {
        let mut outcome = Ok(None);
        for effect in self.calls.machine.handle(self.now(), self.time_ms(), input) {
            match effect {
                Effect::Refuse(error) => outcome = Err(error),
                Effect::Calling(call) => outcome = Ok(Some(call)),
                effect => self.calls.waiting.push_back(effect),
            }
        }
        // Before any device is opened for it.
        self.use_devices_with(self.calls.talked_with());
        if !self.calls.at_work {
            self.calls.at_work = true;
            while let Some(effect) = self.calls.waiting.pop_front() {
                Box::pin(self.carry_out_for_call(effect)).await;
            }
            self.calls.at_work = false;
        }
        outcome
    }

    async fn carry_out_for_call(&mut self, effect: Effect) {
        match effect {
            Effect::Send { to, device, call, signal, keep: false } => {
                let pending = match signal {
                    CallSignal::Ring { .. } => Pending::Rang(call),
                    _ => Pending::Live,
                };
                let letter = Letter::Call(CallLetter { call, device, signal });
                self.send_live(to, letter, pending).await;
            }
            Effect::Send { to, device, call, signal, keep: true } => {
                self.post(to, Letter::Call(CallLetter { call, device, signal }), None).await;
            }
            Effect::Tell { peer, control } => self.tell_on_link(peer, control),
            Effect::OpenLink { peer, first } => self.open_link(peer, first).await,
            Effect::ReleaseLink(peer) => self.release_link(peer),
            Effect::Preview(call) => self.preview(call),
            Effect::BeginMedia { call, peer, mine, theirs } => {
                self.begin_media(call, peer, mine, theirs);
                self.say_no_pictures(peer).await;
            }
            Effect::ChangeMedia { call, mine, theirs } => self.change_media(call, mine, theirs),
            Effect::EndMedia(call) => self.end_media(call),
            Effect::Sound(tone) => self.sound(tone),
            Effect::Record { past, missed } => self.record(past, missed).await,
            Effect::Correct(past) => self.correct(past).await,
            Effect::Changed => {
                let calls = self.calls.machine.shown();
                self.board.publish(Event::CallsChanged { calls });
            }
            Effect::Refuse(_) | Effect::Calling(_) => {}
        }
    }
}

fn read(id: &str) -> Result<CallId, ApiError> {
    id.parse().map_err(|_| no_such_call())
}

fn no_such_call() -> ApiError {
    ApiError::new(Code::NoSuchCall, "there is no such call")
}
