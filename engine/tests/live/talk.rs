//! Calls that are answered: two engines see and hear each other, over a link of their own.

use super::kit::{Someone, Town};
use std::time::Duration;
use visavis_engine::api::{
    Call, CallEnd, CallQuality, CallSide, CallStage, CallStatistics, Command, PublicKey, Reply,
    State,
};
use visavis_engine::engine::Whose;
use visavis_engine::media::barcode::{self, Stamp};
use visavis_engine::media::picture::Picture;

fn find<'a>(state: &'a State, id: &str) -> Option<&'a Call> {
    state.calls.iter().find(|call| call.id == id)
}

fn is_on(stage: CallStage) -> bool {
    matches!(stage, CallStage::On { .. })
}

impl Someone {
    pub(super) async fn ring(&mut self, key: PublicKey, picture: bool) -> String {
        match self.tell(Command::Call { key, picture }).await {
            Ok(Reply::Calling { id }) => id,
            other => panic!("no call but {other:?}"),
        }
    }

    pub(super) async fn in_call(&mut self, id: &str, so: impl Fn(&Call) -> bool) -> Call {
        let state = self.until(|state| find(state, id).is_some_and(&so)).await;
        find(&state, id).unwrap().clone()
    }

    pub(super) async fn do_it(&mut self, command: Command) {
        assert_eq!(self.tell(command).await, Ok(Reply::Done));
    }

    /// The next picture of a side.
    async fn picture(&self, id: &str, whose: Whose) -> Picture {
        let slot = self.engine.screens().picture(id, whose).expect("a call that is on");
        let picture = tokio::time::timeout(Duration::from_secs(30), slot.take()).await;
        picture.expect("a picture in time").expect("a call that goes on")
    }

    /// The next picture of a side that shows when it was drawn.
    pub(super) async fn stamp(&self, id: &str, whose: Whose) -> Stamp {
        loop {
            if let Some(stamp) = barcode::read(&self.picture(id, whose).await) {
                return stamp;
            }
        }
    }

    /// Waits until sound of one side is heard, or is not.
    async fn until_heard(&mut self, id: &str, theirs: bool, heard: bool) {
        let levels = || {
            let all = self.engine.screens().levels();
            let levels = all.into_iter().find(|(call, _)| call == id).expect("a call that is on").1;
            if theirs { levels.theirs } else { levels.mine }
        };
        let wait = async {
            // Levels come with each piece of sound; there is no event for them.
            while (levels() > 0.02) != heard {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("sound in time");
    }

    pub(crate) async fn statistics(&mut self, id: &str) -> CallStatistics {
        match self.tell(Command::CallStatistics { id: id.into() }).await {
            Ok(Reply::CallStatistics(statistics)) => statistics,
            other => panic!("no figures but {other:?}"),
        }
    }
}

/// Ana calls Bo with picture, Bo answers, and both are on.
pub(super) async fn talking(ana: &mut Someone, bo: &mut Someone, answer: bool) -> String {
    let id = ana.ring(bo.key().await, true).await;
    bo.in_call(&id, |call| call.stage == CallStage::Incoming).await;
    bo.do_it(Command::Answer { id: id.clone(), picture: answer }).await;
    ana.in_call(&id, |call| is_on(call.stage)).await;
    bo.in_call(&id, |call| is_on(call.stage)).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_is_seen_and_heard() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let id = talking(&mut ana, &mut bo, true).await;
    for (one, other) in [(&ana, &bo), (&bo, &ana)] {
        let own = one.stamp(&id, Whose::Mine).await;
        let seen = other.stamp(&id, Whose::Theirs).await;
        let later = other.stamp(&id, Whose::Theirs).await;
        assert!(later.number > seen.number && own.time_ms.abs_diff(seen.time_ms) < 20_000);
    }
    ana.until_heard(&id, true, true).await;
    bo.until_heard(&id, true, true).await;
    let both = CallSide { microphone: true, camera: true, held: false };
    let call = ana.in_call(&id, |call| call.theirs == both).await;
    assert_eq!((call.mine, call.quality, call.troubles.len()), (both, CallQuality::Good, 0));
    let figures = ana.statistics(&id).await;
    let picture = figures.picture_in.expect("pictures come");
    assert!(picture.pictures > 0 && picture.width > 0 && picture.codec == "H264");
    assert_eq!(figures.sound_in.expect("sound comes").codec, "Opus");

    bo.do_it(Command::HangUp { id: id.clone() }).await;
    let over = |call: &Call| matches!(call.stage, CallStage::Ended { how: CallEnd::HungUp, .. });
    ana.in_call(&id, over).await;
    for someone in [&ana, &bo] {
        assert!(someone.engine.screens().picture(&id, Whose::Mine).is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_turns_off_the_other_is_told_and_does_not_get() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let id = talking(&mut ana, &mut bo, true).await;
    bo.until_heard(&id, true, true).await;
    ana.do_it(Command::SetMicrophone { id: id.clone(), on: false }).await;
    bo.in_call(&id, |call| !call.theirs.microphone).await;
    bo.until_heard(&id, true, false).await;
    ana.do_it(Command::SetMicrophone { id: id.clone(), on: true }).await;
    bo.until_heard(&id, true, true).await;

    let before = bo.stamp(&id, Whose::Theirs).await;
    ana.do_it(Command::SetCamera { id: id.clone(), on: false }).await;
    bo.in_call(&id, |call| !call.theirs.camera).await;
    ana.do_it(Command::SetCamera { id: id.clone(), on: true }).await;
    bo.in_call(&id, |call| call.theirs.camera).await;
    loop {
        // A camera that was opened anew counts from the beginning.
        if bo.stamp(&id, Whose::Theirs).await.time_ms > before.time_ms + 1 {
            break;
        }
    }
    ana.do_it(Command::Hold { id: id.clone(), held: true }).await;
    bo.in_call(&id, |call| call.theirs.held).await;
    bo.until_heard(&id, true, false).await;
    ana.do_it(Command::Hold { id: id.clone(), held: false }).await;
    bo.until_heard(&id, true, true).await;
    bo.stamp(&id, Whose::Theirs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answering_with_sound_alone_opens_no_camera() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let id = talking(&mut ana, &mut bo, false).await;
    bo.stamp(&id, Whose::Theirs).await;
    ana.until_heard(&id, true, true).await;
    let call = ana.in_call(&id, |call| call.theirs.microphone).await;
    assert!(!call.theirs.camera);
    let slot = bo.engine.screens().picture(&id, Whose::Mine).unwrap();
    assert!(slot.try_take().is_none());
    bo.do_it(Command::SetCamera { id: id.clone(), on: true }).await;
    ana.stamp(&id, Whose::Theirs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_calling_at_once_are_in_one_call() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let (one, other) = tokio::join!(ana.ring(bo_key, true), bo.ring(ana_key, true));
    let on = |state: &State| state.calls.iter().any(|call| is_on(call.stage));
    let (a, b) = (ana.until(on).await, bo.until(on).await);
    let live = |state: &State| {
        let mut live = state.calls.iter().filter(|call| is_on(call.stage));
        (live.next().unwrap().id.clone(), live.next().is_none())
    };
    assert_eq!(live(&a), live(&b));
    assert!(live(&a).1 && [one, other].contains(&live(&a).0));
    ana.stamp(&live(&a).0, Whose::Theirs).await;
    bo.stamp(&live(&a).0, Whose::Theirs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_on_without_the_server_and_ends_on_both_sides() {
    let mut town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let id = talking(&mut ana, &mut bo, true).await;
    town.stop().await;
    let offline =
        |state: &State| state.server.connection != visavis_engine::api::Connection::Online;
    ana.until(offline).await;
    bo.until(offline).await;
    let before = bo.stamp(&id, Whose::Theirs).await;
    while bo.stamp(&id, Whose::Theirs).await.number <= before.number {}
    ana.do_it(Command::SetMicrophone { id: id.clone(), on: false }).await;
    bo.in_call(&id, |call| !call.theirs.microphone).await;
    ana.do_it(Command::HangUp { id: id.clone() }).await;
    let over = |call: &Call| matches!(call.stage, CallStage::Ended { how: CallEnd::HungUp, .. });
    bo.in_call(&id, over).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_quits_hangs_up_and_can_be_called_again() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let id = talking(&mut ana, &mut bo, true).await;
    let folder = bo.folder.clone();
    let ana_key = ana.key().await;
    bo.engine.stop().await;
    drop(bo);
    let over = |call: &Call| matches!(call.stage, CallStage::Ended { how: CallEnd::HungUp, .. });
    ana.in_call(&id, over).await;
    let mut bo = Someone::start(folder).await;
    bo.until_online().await;
    bo.presence(&ana_key, visavis_engine::api::Presence::Online).await;
    let id = talking(&mut ana, &mut bo, true).await;
    ana.stamp(&id, Whose::Theirs).await;
}
