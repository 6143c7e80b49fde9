//! No camera and no microphone is open unless the user called or answered, as the kernel has it for real apps:
//! it tells of every opening of the files that stand in for devices, and which processes hold them.

use crate::openings::{Devices, Openings};
use crate::people::friends_with;
use crate::person::{Entry, Person};
use crate::server::Server;
use crate::stage::play;

const NEITHER: (usize, usize) = (0, 0);
const CAMERA: (usize, usize) = (1, 0);
const MICROPHONE: (usize, usize) = (0, 1);
const BOTH: (usize, usize) = (1, 1);

/// Two people, their devices, and what the kernel tells of them.
struct Scene<'a> {
    ana: &'a Person,
    bo: &'a Person,
    hers: &'a Devices,
    his: &'a Devices,
    seen: Openings,
}

impl Scene<'_> {
    /// Waits until these have their camera and microphone open.
    async fn until(&mut self, hers: (usize, usize), his: (usize, usize)) {
        let (ana, bo) = (self.ana.processes(), self.bo.processes());
        let open = || (self.hers.held_by(&ana), self.his.held_by(&bo));
        self.seen.until(open, (hers, his)).await;
    }

    /// Ana calls Bo, and it rings.
    async fn rings(&mut self, press: &str) {
        self.ana.clicks(press).await;
        self.bo.sees("@incoming").await;
        self.ana.sees("@stage[data-stage=ringing]").await;
        self.until(CAMERA, NEITHER).await;
    }

    async fn both_are_on(&self) {
        for person in [self.ana, self.bo] {
            person.sees("@stage[data-stage=on]").await;
        }
    }
}

#[test]
fn no_device_is_open_before_the_user_calls_or_answers_and_none_after() {
    play("unasked", async |stage| {
        let server = Server::start(stage);
        let (hers, his) =
            ["ana's devices", "bo's devices"].map(|name| Devices::make(&stage.folder(name))).into();
        let mut seen = Openings::of(&[&hers, &his]);
        let ((her_camera, her_microphone), (his_camera, his_microphone)) =
            (hers.uris(), his.uris());
        let (ana, bo) = friends_with(
            stage,
            &server,
            Entry {
                arguments: &["--camera", &her_camera, "--microphone", &her_microphone],
                ..Entry::default()
            },
            Entry {
                arguments: &["--camera", &his_camera, "--microphone", &his_microphone],
                ..Entry::default()
            },
        )
        .await;
        ana.clicks("@contact-row[data-handle=bo]").await;
        assert!(seen.since().is_empty(), "nobody has called");
        let mut scene = Scene { ana: &ana, bo: &bo, hers: &hers, his: &his, seen };

        scene.rings("@call-video").await;
        bo.clicks("@incoming @decline").await;
        ana.sees("@ended[data-how=declined]").await;
        scene.until(NEITHER, NEITHER).await;
        scene.rings("@call-again").await;
        ana.clicks("@end").await;
        bo.misses("@incoming").await;
        scene.until(NEITHER, NEITHER).await;
        assert_eq!(scene.seen.since(), [hers.camera.clone()].into(), "nobody has answered");

        scene.rings("@call-video").await;
        bo.clicks("@answer-sound").await;
        scene.both_are_on().await;
        scene.until(BOTH, MICROPHONE).await;
        bo.clicks("@end").await;
        ana.sees("@ended[data-how=hung_up]").await;
        scene.until(NEITHER, NEITHER).await;
        assert!(!scene.seen.since().contains(&his.camera), "Bo answered with sound alone");

        scene.rings("@call-again").await;
        bo.clicks("@answer-video").await;
        scene.both_are_on().await;
        scene.until(BOTH, BOTH).await;
        bo.is_killed().await;
        ana.sees("@ended[data-how=lost]").await;
        scene.until(NEITHER, NEITHER).await;
    });
}
