//! A look at what is under way, on each beat: a step of the check, the call to oneself, the user's voice.

use super::steps::{Outcome, good, judged, skipped};
use super::{BEAT_MS, CHECK, VOICE_MS};
use crate::api::{ApiError, CheckFigures, CheckStage, CheckWhat, Code};
use crate::engine::desk::Desk;
use crate::media::sound::RecordingStage;
use crate::peer::LinkFigures;
use crate::studio::Which;

/// Figures of a call to oneself are told on each so manieth beat.
const TOLD_EVERY: u32 = 5;
/// So many pictures are enough to know that they come.
const PICTURES: u64 = 10;
/// The first picture takes its time.
const CAMERA_MS: u64 = 8_000;
/// Whoever is asked to say something has so long.
const MICROPHONE_MS: u64 = 8_000;
/// And is listened to so long at least.
const LISTEN_MS: u64 = 2_000;
/// A level from which something was heard.
const HEARD: f32 = 0.01;
/// The tune on the speaker lasts so long.
const TUNE_MS: u64 = 1_800;
/// A speaker is open after so long.
const SPEAKER_MS: u64 = 5_000;
/// Which way was found is known a second later.
const WAY_MS: u64 = 2_500;
/// A call to oneself lasts so long, so that it is seen.
const ECHO_MS: u64 = 5_000;
/// And comes back within so long.
const BACK_MS: u64 = 15_000;
/// A link is watched so long.
const WATCH_MS: u64 = 3_000;

impl Desk {
    /// Looks where it is time.
    pub(in crate::engine) async fn look_at_check(&mut self) {
        let now = self.now();
        if self.check.look_at.is_none_or(|at| at > now) {
            return;
        }
        self.check.look_at = None;
        self.look_at_step().await;
        self.check.beats = self.check.beats.wrapping_add(1);
        self.look_at_echo();
        self.look_at_voice();
        if self.check.is_on() {
            self.check.look_at = Some(now + BEAT_MS);
        }
    }

    fn look_at_echo(&mut self) {
        let by_hand = self.check.shown.as_ref().is_some_and(|shown| shown.echo.is_some());
        if !by_hand || !self.check.beats.is_multiple_of(TOLD_EVERY) {
            return;
        }
        let figures = self.echo_figures();
        if let Some(echo) = &mut self.check.shown().echo {
            echo.figures = figures;
            self.show_check();
        }
    }

    fn look_at_voice(&mut self) {
        let Some(shown) = self.check.shown.as_mut().and_then(|shown| shown.recording.as_mut())
        else {
            return;
        };
        let Some(voice) = &self.check.voice else {
            if self.talks.devices.are_known() {
                self.check.voice = self.talks.studio.as_ref().map(|studio| studio.record(VOICE_MS));
            }
            return;
        };
        shown.level = f64::from(voice.level());
        match voice.stage() {
            RecordingStage::Records(ms) => (shown.playing, shown.ms) = (false, ms),
            RecordingStage::Plays(ms) => (shown.playing, shown.ms) = (true, ms),
            RecordingStage::Over => return self.end_voice(),
        }
        self.show_check();
    }

    /// Whether the step that goes on is done.
    pub(super) async fn look_at_step(&mut self) {
        let Some(what) = self.current_step() else { return };
        if let Some((stage, figures)) = self.look_at(what) {
            self.step_is(stage, figures).await;
        }
    }

    fn look_at(&mut self, what: CheckWhat) -> Option<Outcome> {
        let now = self.now();
        let run = self.check.run.as_ref()?;
        let passed = now.saturating_sub(run.began);
        match what {
            CheckWhat::Camera | CheckWhat::Microphone => self.look_at_trial(what, passed),
            CheckWhat::Speaker => {
                let figures = self.device(Which::Speaker);
                let stalled = ApiError::new(Code::DeviceStalled, "the speaker does not open");
                match run.opened {
                    true if passed >= TUNE_MS => Some(good(figures)),
                    false if passed >= SPEAKER_MS => {
                        let error = stalled.with("kind", Which::Speaker);
                        Some((CheckStage::Bad { error }, figures))
                    }
                    _ => None,
                }
            }
            CheckWhat::Network => {
                let way = run.pair.as_ref()?.near.figures().transport;
                let known = way.is_some() || passed >= WAY_MS;
                known.then(|| good(CheckFigures { way, ..CheckFigures::default() }))
            }
            CheckWhat::Echo => {
                let figures = self.echo_figures();
                let seen = figures.pictures.is_some_and(|pictures| pictures >= PICTURES);
                let (seen, heard) = (seen || !run.seen, figures.delay_ms.is_some());
                if seen && heard && passed >= ECHO_MS {
                    return Some(good(figures));
                }
                let error = match seen {
                    false => ApiError::new(Code::NothingSeen, "no pictures came back"),
                    true => ApiError::new(Code::NothingHeard, "no sound came back"),
                };
                (passed >= BACK_MS).then_some((CheckStage::Bad { error }, figures))
            }
            CheckWhat::Contact => {
                let all = self.links.figures_of_calls();
                let slow = |figures: &LinkFigures| figures.round_trip_ms.unwrap_or(0.0);
                let worst = all.into_iter().max_by(|one, other| slow(one).total_cmp(&slow(other)));
                let nobody = || skipped(ApiError::new(Code::NobodyLinked, "no link is up"));
                let outcome = worst.map_or_else(nobody, |worst| {
                    judged(CheckFigures {
                        round_trip_ms: worst.round_trip_ms,
                        lost_percent: Some(worst.lost_in.max(worst.lost_out) * 100.0),
                        kbit_s: Some(worst.available / 1000.0),
                        way: worst.transport,
                        ..CheckFigures::default()
                    })
                });
                (passed >= WATCH_MS).then_some(outcome)
            }
            CheckWhat::Server | CheckWhat::Address | CheckWhat::Relay | CheckWhat::Bandwidth => {
                None
            }
        }
    }

    /// Camera and microphone are opened together, and looked at one after the other.
    fn look_at_trial(&mut self, what: CheckWhat, passed: u64) -> Option<Outcome> {
        let camera = what == CheckWhat::Camera;
        let Some(trial) = &self.talks.trial else {
            if self.talks.devices.are_known() {
                self.talks.trial = self.talks.studio.as_ref().map(|studio| studio.preview(CHECK));
                self.try_camera_again();
                let now = self.now();
                self.check.run.as_mut()?.began = now;
            }
            return None;
        };
        let seen = trial.seen();
        let (which, most_ms) =
            if camera { (Which::Camera, CAMERA_MS) } else { (Which::Microphone, MICROPHONE_MS) };
        let mut figures = self.device(which);
        let done = if camera {
            figures.pictures = Some(seen.pictures);
            (figures.width, figures.height) =
                (seen.size.map(|size| size.width), seen.size.map(|size| size.height));
            seen.pictures >= PICTURES
        } else {
            figures.level = Some(f64::from(seen.loudest));
            seen.loudest >= HEARD && passed >= LISTEN_MS
        };
        if done {
            return Some(good(figures));
        }
        // It may have failed before it was its turn.
        let failed = self.talks.troubles.iter().find(|(of, _)| *of == which && !camera);
        if let Some((_, error)) = failed {
            return Some((CheckStage::Bad { error: error.clone() }, figures));
        }
        let error = match camera {
            true => ApiError::new(Code::NothingSeen, "no picture came"),
            false => ApiError::new(Code::NothingHeard, "nothing was heard"),
        };
        (passed >= most_ms).then_some((CheckStage::Bad { error }, figures))
    }
}
