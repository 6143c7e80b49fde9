//! The check of the connection at the desk: steps that are done one after the other, a call to oneself, and the user's own
//! voice to hear. What each step does is told in `steps`.
//!
//! It looks at what is under way on a beat while there is anything; what takes longer runs beside the loop and reports
//! under a number, so that what was broken off is not taken for what goes on. A call that begins ends all of it.

mod echo;
mod look;
mod pair;
mod probe;
mod report;
mod steps;

use super::desk::{Desk, Message};
use crate::api::{
    ApiError, CallSide, Check, CheckFigures, CheckStage, CheckStep, Code, Command, EchoCall, Event,
    PictureStatistics, Reply, VoiceRecording,
};
use crate::media::sound::{Recording, RecordingStage};
use crate::studio::Which;
use pair::{By, Met, Pair, Task, meet};
use steps::Run;

/// The call by which the screens of a check are known.
const CHECK: &str = "check";
/// How often it is looked at what is under way.
const BEAT_MS: u64 = 100;
/// How much of the user's voice is recorded.
const VOICE_MS: u32 = 5_000;

/// What became of something that ran beside the loop.
#[derive(Debug)]
pub(super) enum CheckNews {
    /// Two links met, or did not.
    Met(Met),
    /// What went through them.
    Measured(CheckFigures),
}

/// All that a check has.
#[derive(Debug, Default)]
pub(super) struct Checks {
    shown: Option<Check>,
    run: Option<Run>,
    echo: Option<Echo>,
    voice: Option<Recording>,
    /// Of what runs beside the loop.
    number: u64,
    look_at: Option<u64>,
    beats: u32,
}

/// The links of a call to oneself; what is seen and heard of it is a talk.
#[derive(Debug)]
struct Echo {
    number: u64,
    pair: Option<Pair>,
    _task: Task,
}

impl Checks {
    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.look_at
    }

    fn shown(&mut self) -> &mut Check {
        self.shown.get_or_insert_default()
    }

    fn is_on(&self) -> bool {
        let shows = self.shown.as_ref().is_some_and(|shown| {
            shown.running || shown.echo.is_some() || shown.recording.is_some()
        });
        shows || self.run.is_some()
    }
}

impl Desk {
    pub(super) async fn check_command(&mut self, command: Command) -> Result<Reply, ApiError> {
        match command {
            Command::BeginCheck => self.begin_check().await,
            Command::StopCheck => self.stop_check(),
            Command::BeginEcho => self.begin_echo()?,
            Command::EndEcho => self.end_echo(),
            Command::RecordVoice => self.record_voice()?,
            Command::EndRecording => self.end_recording(),
            Command::CheckReport => return Ok(self.check_report()),
            _ => return Err(ApiError::new(Code::NotNow, "not a command for now")),
        }
        Ok(Reply::Done)
    }

    async fn begin_check(&mut self) {
        self.stop_check();
        self.end_echo();
        self.end_voice();
        self.make_studio();
        self.look_for_devices_now();
        let waiting =
            |what| CheckStep { what, stage: CheckStage::Waiting, figures: CheckFigures::default() };
        let shown = self.check.shown();
        (shown.running, shown.steps) = (true, steps::ALL.into_iter().map(waiting).collect());
        self.check.run = Some(Run::default());
        self.look_soon();
        self.go_on_with_check().await;
    }

    /// Breaks the check off; what was found stays.
    pub(super) fn stop_check(&mut self) {
        if self.check.run.take().is_none() {
            return;
        }
        self.talks.trial = None;
        self.close_echo();
        let shown = self.check.shown();
        shown.running = false;
        for step in &mut shown.steps {
            if step.stage == CheckStage::Running {
                (step.stage, step.figures) = (CheckStage::Waiting, CheckFigures::default());
            }
        }
        self.devices_are_left();
        self.show_check();
    }

    /// A call needs devices and the line for itself.
    pub(super) fn check_gives_way(&mut self) {
        self.stop_check();
        self.end_echo();
        self.end_voice();
    }

    /// A call to oneself, until it is ended.
    fn begin_echo(&mut self) -> Result<(), ApiError> {
        self.may_try_by_hand()?;
        self.end_voice();
        self.check.shown().echo = Some(EchoCall::default());
        self.open_echo()?;
        self.look_soon();
        self.show_check();
        Ok(())
    }

    fn end_echo(&mut self) {
        if self.check.shown.as_mut().and_then(|shown| shown.echo.take()).is_some() {
            self.close_echo();
            self.devices_are_left();
            self.show_check();
        }
    }

    /// Records the user's voice and plays it, as soon as it is known which devices there are.
    fn record_voice(&mut self) -> Result<(), ApiError> {
        self.may_try_by_hand()?;
        self.end_echo();
        self.make_studio();
        self.look_for_devices_now();
        self.check.voice = None;
        let begun = VoiceRecording { most_ms: VOICE_MS, ..VoiceRecording::default() };
        self.check.shown().recording = Some(begun);
        self.look_soon();
        self.show_check();
        Ok(())
    }

    /// Plays what is recorded so far; what is played already is over.
    fn end_recording(&mut self) {
        let recorded = match self.check.voice.as_ref().map(|voice| (voice, voice.stage())) {
            Some((voice, RecordingStage::Records(ms))) if ms > 0 => voice,
            _ => return self.end_voice(),
        };
        recorded.play();
        if let Some(shown) = self.check.shown().recording.as_mut() {
            (shown.playing, shown.ms) = (true, 0);
        }
        self.show_check();
    }

    fn end_voice(&mut self) {
        if self.check.shown.as_mut().and_then(|shown| shown.recording.take()).is_some() {
            self.check.voice = None;
            self.devices_are_left();
            self.show_check();
        }
    }

    fn may_try_by_hand(&self) -> Result<(), ApiError> {
        if self.check.run.is_some() {
            return Err(ApiError::new(Code::NotNow, "a check goes on"));
        }
        if self.talks.talk_is_on() { Err(call_is_on()) } else { Ok(()) }
    }

    /// Opens camera, microphone and speaker, and two links between which pictures and sound go round.
    fn open_echo(&mut self) -> Result<(), ApiError> {
        self.make_studio();
        let none = || ApiError::new(Code::Internal, "there is no thread for sound");
        let studio = self.talks.studio.as_ref().ok_or_else(none)?;
        let mut talk = studio.begin(CHECK);
        studio.open_sound(&mut talk);
        let both = CallSide { microphone: true, camera: true, held: false };
        talk.set_sides(both, both);
        self.talks.echo = Some(talk);
        let (number, task) = self.let_meet(By::Any(Vec::new()));
        self.check.echo = Some(Echo { number, pair: None, _task: task });
        self.try_camera_again();
        self.look_for_devices_now();
        Ok(())
    }

    fn close_echo(&mut self) {
        self.check.echo = None;
        self.talks.echo = None;
    }

    /// What was wrong with devices is nobody's business once they are closed.
    fn devices_are_left(&mut self) {
        if !self.talks.are_on() && self.check.voice.is_none() {
            self.talks.troubles.clear();
        }
    }

    /// Lets two links meet, beside the loop.
    fn let_meet(&mut self, by: By) -> (u64, Task) {
        self.run_beside(async move { CheckNews::Met(meet(by).await) })
    }

    fn run_beside(
        &mut self,
        work: impl Future<Output = CheckNews> + Send + 'static,
    ) -> (u64, Task) {
        self.check.number += 1;
        let (number, inbox) = (self.check.number, self.inbox.clone());
        let task = Task::spawn(async move {
            let news = work.await;
            if let Some(inbox) = inbox.upgrade() {
                // An engine that has stopped checks nothing.
                let _ = inbox.send(Message::Check(number, Box::new(news))).await;
            }
        });
        (number, task)
    }

    /// Something that ran beside the loop is done.
    pub(super) async fn check_reported(&mut self, number: u64, news: CheckNews) {
        let of_echo = self.check.echo.as_ref().is_some_and(|echo| echo.number == number);
        match news {
            CheckNews::Met(met) if of_echo => self.echo_met(met).await,
            news => self.step_reported(number, news).await,
        }
    }

    async fn echo_met(&mut self, met: Met) {
        let (Some(echo), Some(talk)) = (&mut self.check.echo, &self.talks.echo) else { return };
        if let Some(pair) = met.pair {
            echo::reflect(&pair.far);
            talk.join(&pair.near);
            echo.pair = Some(pair);
        } else if self.check.run.is_some() {
            self.step_is(CheckStage::Bad { error: no_way() }, CheckFigures::default()).await;
        } else if let Some(by_hand) = &mut self.check.shown().echo {
            by_hand.troubles.push(no_way());
            self.show_check();
        }
    }

    /// What is measured of the call to oneself.
    fn echo_figures(&self) -> CheckFigures {
        let (Some(echo), Some(talk)) = (&self.check.echo, &self.talks.echo) else {
            return CheckFigures::default();
        };
        let Some(pair) = &echo.pair else { return CheckFigures::default() };
        let figures = pair.near.figures();
        let Ok(seen) = talk.statistics(figures.clone()) else { return CheckFigures::default() };
        let picture = |pick: fn(&PictureStatistics) -> u32| seen.picture_in.as_ref().map(pick);
        CheckFigures {
            pictures: seen.picture_in.as_ref().map(|picture| picture.pictures),
            width: picture(|picture| picture.width),
            height: picture(|picture| picture.height),
            level: seen.sound_in.as_ref().map(|sound| sound.level),
            delay_ms: (figures.sound_bytes_in > 0).then(|| talk.echo_ms()).flatten(),
            ..CheckFigures::default()
        }
    }

    /// A device failed, or works again.
    pub(super) async fn check_told(&mut self, which: Which, error: Option<&ApiError>) {
        let troubles: Vec<_> = self.talks.troubles.iter().map(|(_, error)| error.clone()).collect();
        if let Some(shown) = &mut self.check.shown {
            if let Some(echo) = &mut shown.echo {
                echo.troubles.clone_from(&troubles);
            }
            if let Some(recording) = &mut shown.recording {
                recording.troubles = troubles;
            }
            self.show_check();
        }
        self.step_told(which, error).await;
    }

    fn look_soon(&mut self) {
        self.check.look_at = Some(self.now() + BEAT_MS);
    }

    fn show_check(&self) {
        if self.board.look(|state| state.check != self.check.shown) {
            self.board.publish(Event::CheckChanged { check: self.check.shown.clone() });
        }
    }

    /// The check as text that can be shown to anyone.
    fn check_report(&self) -> Reply {
        let server = self.board.look(|state| state.server.clone());
        let nothing = Check::default();
        let check = self.check.shown.as_ref().unwrap_or(&nothing);
        Reply::CheckReport { text: report::write(check, &server) }
    }
}

fn call_is_on() -> ApiError {
    ApiError::new(Code::CallIsOn, "a call is on")
}

fn no_way() -> ApiError {
    ApiError::new(Code::NoWay, "two ends on this computer did not find each other")
}
