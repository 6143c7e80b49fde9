//! No camera and no microphone is open unless the user called or answered, and none stays open: the kernel says so,
//! for every way that a call can go. Who rings is seen by themselves at once, and heard once somebody answered.

use super::kit::{Someone, Town, befriend, stand_ins};
use super::openings::{Devices, Openings};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;
use visavis_engine::api::{
    Call, CallEnd, CallStage, Code, Command, DeviceChoice, DevicesWith, Event, PublicKey, Settings,
    State,
};
use visavis_engine::engine::{Options, Whose};

/// Camera and microphone.
const NEITHER: (usize, usize) = (0, 0);
const CAMERA: (usize, usize) = (1, 0);
const MICROPHONE: (usize, usize) = (0, 1);
const BOTH: (usize, usize) = (1, 1);

/// Ana and Bo, whose devices are watched.
struct Scene {
    town: Town,
    ana: Someone,
    bo: Someone,
    hers: Devices,
    his: Devices,
    seen: Openings,
}

fn devices(town: &Town, of: &str) -> (Devices, DeviceChoice) {
    let made = Devices::make(&town.folder.path().join(format!("{of}'s devices")));
    let (camera, microphone) = made.uris();
    let choice = DeviceChoice { camera: Some(camera), microphone: Some(microphone), ..stand_ins() };
    (made, choice)
}

fn held(devices: &Devices) -> (usize, usize) {
    devices.held_by(&[std::process::id()])
}

fn paths<const N: usize>(paths: [&PathBuf; N]) -> BTreeSet<PathBuf> {
    paths.into_iter().cloned().collect()
}

fn is_on(call: &Call) -> bool {
    matches!(call.stage, CallStage::On { .. })
}

impl Scene {
    async fn set() -> Self {
        let town = Town::open().await;
        let ((hers, her_choice), (his, his_choice)) = (devices(&town, "ana"), devices(&town, "bo"));
        let seen = Openings::of(&[&hers, &his]);
        let mut ana = town.settle_with("ana", her_choice).await;
        let mut bo = town.settle_with("bo", his_choice).await;
        befriend(&mut ana, &mut bo).await;
        let mut scene = Self { town, ana, bo, hers, his, seen };
        assert_eq!(scene.seen.since(), paths([]), "nobody has called");
        scene
    }

    /// Waits until Ana and Bo have open what is said.
    async fn until(&mut self, hers: (usize, usize), his: (usize, usize)) {
        let (of_ana, of_bo) = (self.hers.clone(), self.his.clone());
        self.seen.until(|| (held(&of_ana), held(&of_bo)), (hers, his)).await;
    }

    /// Ana calls, and it rings at Bo's. What is open for it is hers.
    async fn rings(&mut self, picture: bool) -> String {
        let id = self.ana.ring(self.bo.key().await, picture).await;
        self.bo.in_call(&id, |call| call.stage == CallStage::Incoming).await;
        self.ana.in_call(&id, |call| call.stage == CallStage::Ringing).await;
        self.until(if picture { CAMERA } else { NEITHER }, NEITHER).await;
        id
    }

    /// The same, and Bo answers.
    async fn talk(&mut self, picture: bool, answer: bool) -> String {
        let id = self.rings(picture).await;
        self.bo.do_it(Command::Answer { id: id.clone(), picture: answer }).await;
        self.ana.in_call(&id, is_on).await;
        self.bo.in_call(&id, is_on).await;
        let with = |camera| if camera { BOTH } else { MICROPHONE };
        self.until(with(picture), with(answer)).await;
        id
    }

    async fn ended(&mut self, id: &str, how: CallEnd) {
        let over =
            |call: &Call| matches!(call.stage, CallStage::Ended { how: end, .. } if end == how);
        self.ana.in_call(id, over).await;
        self.until(NEITHER, NEITHER).await;
        self.ana.do_it(Command::DismissCall { id: id.into() }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_answers_opens_the_callers_camera_and_nothing_else() {
    let mut scene = Scene::set().await;
    let id = scene.rings(true).await;
    scene.bo.do_it(Command::Decline { id: id.clone() }).await;
    scene.ended(&id, CallEnd::Declined).await;

    let id = scene.rings(true).await;
    scene.ana.do_it(Command::HangUp { id }).await;
    scene.bo.until(|state| state.calls.is_empty()).await;
    scene.until(NEITHER, NEITHER).await;

    let id = scene.rings(true).await;
    scene.ana.pass(Duration::from_secs(45)).await;
    scene.ended(&id, CallEnd::NoAnswer).await;
    assert_eq!(scene.seen.since(), paths([&scene.hers.camera]));

    let id = scene.rings(false).await;
    scene.bo.do_it(Command::Decline { id: id.clone() }).await;
    scene.ended(&id, CallEnd::Declined).await;
    assert_eq!(scene.seen.since(), paths([]), "a voice call that was declined");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_is_seen_and_heard_until_the_end_and_no_longer() {
    let mut scene = Scene::set().await;
    for ana_ends in [true, false] {
        let id = scene.talk(true, true).await;
        let Devices { camera, microphone } = &scene.his;
        let all = [camera, microphone, &scene.hers.camera, &scene.hers.microphone];
        assert_eq!(scene.seen.since(), paths(all));
        let ends = if ana_ends { &mut scene.ana } else { &mut scene.bo };
        ends.do_it(Command::HangUp { id: id.clone() }).await;
        scene.until(NEITHER, NEITHER).await;
    }
    assert_eq!(scene.seen.since(), paths([]), "nothing is opened again after the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_alone_opens_no_camera() {
    let mut scene = Scene::set().await;
    let id = scene.talk(false, false).await;
    scene.bo.do_it(Command::HangUp { id: id.clone() }).await;
    scene.ended(&id, CallEnd::HungUp).await;
    assert_eq!(scene.seen.since(), paths([&scene.hers.microphone, &scene.his.microphone]));

    let id = scene.talk(true, false).await;
    assert!(!scene.seen.since().contains(&scene.his.camera), "Bo answered with sound alone");
    scene.bo.do_it(Command::SetCamera { id: id.clone(), on: true }).await;
    scene.until(BOTH, BOTH).await;
    scene.bo.do_it(Command::SetCamera { id: id.clone(), on: false }).await;
    scene.until(BOTH, MICROPHONE).await;
    scene.ana.do_it(Command::Hold { id: id.clone(), held: true }).await;
    scene.until(NEITHER, NEITHER).await;
    scene.ana.do_it(Command::Hold { id: id.clone(), held: false }).await;
    scene.until(BOTH, MICROPHONE).await;
    scene.bo.do_it(Command::HangUp { id: id.clone() }).await;
    scene.ended(&id, CallEnd::HungUp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_a_call_opens_nothing_for_another() {
    let mut scene = Scene::set().await;
    let (made, choice) = devices(&scene.town, "chen");
    let mut chen = scene.town.settle_with("chen", choice).await;
    befriend(&mut chen, &mut scene.bo).await;
    let mut of_chen = Openings::of(&[&made]);
    let first = scene.talk(true, true).await;
    scene.seen.since();

    let bo_key: PublicKey = scene.bo.key().await;
    let second = chen.ring(bo_key, true).await;
    scene.bo.in_call(&second, |call| call.stage == CallStage::Incoming).await;
    of_chen.until(|| held(&made), CAMERA).await;
    scene.bo.do_it(Command::Decline { id: second.clone() }).await;
    let busy = |call: &Call| matches!(call.stage, CallStage::Ended { how: CallEnd::Busy, .. });
    chen.in_call(&second, busy).await;
    of_chen.until(|| held(&made), NEITHER).await;
    assert_eq!(of_chen.since(), paths([&made.camera]));
    assert_eq!(scene.seen.since(), paths([]), "the call that is on goes on as it was");
    assert_eq!((held(&scene.hers), held(&scene.his)), (BOTH, BOTH));

    let third = chen.ring(bo_key, true).await;
    scene.bo.in_call(&third, |call| call.stage == CallStage::Incoming).await;
    scene.bo.do_it(Command::Answer { id: third.clone(), picture: true }).await;
    chen.in_call(&third, is_on).await;
    of_chen.until(|| held(&made), BOTH).await;
    // Who is held is neither seen nor heard.
    scene.until(NEITHER, BOTH).await;
    for id in [third, first] {
        scene.bo.do_it(Command::HangUp { id }).await;
    }
    scene.until(NEITHER, NEITHER).await;
    of_chen.until(|| held(&made), NEITHER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_only_rang_nothing_is_opened() {
    let mut scene = Scene::set().await;
    let (made, choice) = devices(&scene.town, "laptop");
    let mut on_laptop = Openings::of(&[&made]);
    let mut laptop = scene.town.laptop(&mut scene.bo, choice).await;
    for answers in [true, false] {
        let id = scene.rings(true).await;
        laptop.in_call(&id, |call| call.stage == CallStage::Incoming).await;
        if answers {
            scene.bo.do_it(Command::Answer { id: id.clone(), picture: true }).await;
            scene.until(BOTH, BOTH).await;
        } else {
            scene.bo.do_it(Command::Decline { id: id.clone() }).await;
        }
        laptop.until(|state| state.calls.is_empty()).await;
        drop(scene.ana.tell(Command::HangUp { id }).await);
        scene.until(NEITHER, NEITHER).await;
    }
    assert_eq!(on_laptop.since(), paths([]));
    assert!(scene.seen.since().contains(&scene.his.microphone), "Bo did answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_closes_what_was_open_on_both_sides() {
    let mut scene = Scene::set().await;
    let id = scene.talk(true, true).await;
    scene.bo.engine.stop().await;
    scene.ended(&id, CallEnd::HungUp).await;
    let ((_, choice), folder) = (devices(&scene.town, "bo"), scene.bo.folder.clone());
    scene.bo = Someone::with(Options { devices: choice, ..Options::in_folder(folder) }).await;
    let ana_key = scene.ana.key().await;
    scene.bo.presence(&ana_key, visavis_engine::api::Presence::Online).await;
    scene.seen = Openings::of(&[&scene.hers, &scene.his]);

    let id = scene.rings(true).await;
    scene.ana.engine.stop().await;
    scene.bo.until(|state| state.calls.iter().all(|call| call.id != id)).await;
    scene.until(NEITHER, NEITHER).await;
    assert_eq!(scene.seen.since(), paths([&scene.hers.camera]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_opens_the_users_own_devices_and_a_call_takes_them_over() {
    let mut scene = Scene::set().await;
    scene.bo.do_it(Command::OpenPreview).await;
    scene.bo.until(|state| state.preview.as_ref().is_some_and(|one| one.troubles.is_empty())).await;
    scene.until(NEITHER, BOTH).await;
    let screens = scene.bo.engine.screens().clone();
    let mine = screens.picture("preview", Whose::Mine).unwrap();
    assert!(mine.take().await.is_some(), "he sees himself");
    scene.bo.do_it(Command::ClosePreview).await;
    scene.bo.until(|state| state.preview.is_none()).await;
    scene.until(NEITHER, NEITHER).await;
    assert!(screens.picture("preview", Whose::Mine).is_none());

    // It is open while it rings; the call has the same devices, and what was not closed is not opened again.
    let id = scene.rings(true).await;
    scene.bo.do_it(Command::OpenPreview).await;
    scene.until(CAMERA, BOTH).await;
    scene.seen.since();
    scene.bo.do_it(Command::Answer { id: id.clone(), picture: true }).await;
    scene.ana.in_call(&id, is_on).await;
    scene.until(BOTH, BOTH).await;
    assert_eq!(scene.seen.since(), paths([&scene.hers.microphone]));
    scene.bo.do_it(Command::ClosePreview).await;
    scene.bo.until(|state| state.preview.is_none()).await;
    assert_eq!(held(&scene.his), BOTH, "the call goes on");
    scene.bo.do_it(Command::HangUp { id: id.clone() }).await;
    scene.ended(&id, CallEnd::HungUp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_told_while_somebody_looks_and_what_fails_is_told_in_the_preview() {
    let mut scene = Scene::set().await;
    scene.ana.do_it(Command::WatchDevices { on: true }).await;
    let told = scene.ana.event(|event| matches!(event, Event::DevicesChanged { .. })).await;
    let Event::DevicesChanged { devices } = told else { panic!("{told:?}") };
    assert!(devices.cameras.iter().any(|camera| camera.test));
    scene.ana.do_it(Command::WatchDevices { on: false }).await;
    scene.ana.do_it(Command::TestSpeaker).await;
    assert_eq!(scene.seen.since(), paths([]), "looking opens nothing");

    std::fs::remove_file(&scene.hers.camera).unwrap();
    scene.ana.do_it(Command::OpenPreview).await;
    let failed = |state: &State| {
        let troubles = state.preview.as_ref().map_or(&[][..], |preview| &preview.troubles);
        troubles.iter().any(|trouble| trouble.code == Code::DeviceMissing)
    };
    scene.ana.until(failed).await;
    scene.ana.do_it(Command::ClosePreview).await;
    scene.until(NEITHER, NEITHER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_with_one_person_use_devices_of_their_own() {
    let mut scene = Scene::set().await;
    let other = Devices::make(&scene.town.folder.path().join("bo's other devices"));
    let (camera, microphone) = other.uris();
    // Not by the command line, which is for every call.
    let (his, folder) = (scene.his.uris(), scene.bo.folder.clone());
    scene.bo.engine.stop().await;
    scene.bo = Someone::with(Options::in_folder(folder)).await;
    let ana = scene.ana.key().await;
    let own =
        DevicesWith { key: ana, camera: Some(camera), microphone: Some(microphone), speaker: None };
    let settings = Settings {
        devices: DeviceChoice { camera: Some(his.0), microphone: Some(his.1), ..stand_ins() },
        devices_with: vec![own],
        ..Settings::default()
    };
    scene.bo.do_it(Command::ChangeSettings { settings }).await;
    scene.bo.presence(&ana, visavis_engine::api::Presence::Online).await;
    let mut seen = Openings::of(&[&scene.his, &other]);

    // His own preview is not with anybody.
    scene.bo.do_it(Command::OpenPreview).await;
    seen.until(|| (held(&scene.his), held(&other)), (BOTH, NEITHER)).await;
    let id = scene.ana.ring(scene.bo.key().await, true).await;
    scene.bo.in_call(&id, |call| call.stage == CallStage::Incoming).await;
    scene.bo.do_it(Command::Answer { id: id.clone(), picture: true }).await;
    scene.ana.in_call(&id, is_on).await;
    seen.until(|| (held(&scene.his), held(&other)), (NEITHER, BOTH)).await;
    scene.bo.do_it(Command::HangUp { id }).await;
    // The preview goes on with what is for everybody.
    seen.until(|| (held(&scene.his), held(&other)), (BOTH, NEITHER)).await;
    scene.bo.do_it(Command::ClosePreview).await;
    seen.until(|| (held(&scene.his), held(&other)), (NEITHER, NEITHER)).await;
}
