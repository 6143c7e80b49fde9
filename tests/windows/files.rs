//! Files between two windows: dragged over from another program, taken, stopped and let go on by the buttons of their
//! card; and a large one arrives whole though the app that receives it is killed on the way. In a call they go to who is
//! in it, and a picture that was copied elsewhere is pasted.

use crate::calls::talk;
use crate::drag::{Copied, OtherWindow};
use crate::people::two_friends;
use crate::person::Person;
use crate::server::Server;
use crate::stage::{Stage, play};
use crate::steps::{is_online, sees_contact};
use fantoccini::key::Key;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const MIB: u64 = 1 << 20;
/// So large that nobody's disk and network are done with it before it was stopped.
const LARGE: u64 = 1024 * MIB;

/// A file that takes next to no room here: a mark every few megabytes, and nothing between.
fn sparse(path: &Path, size: u64) {
    let mut file = File::create(path).unwrap();
    file.set_len(size).unwrap();
    for at in (0..size).step_by(7 * MIB as usize) {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&at.to_le_bytes()).unwrap();
    }
    assert_eq!(file.metadata().unwrap().len(), size);
}

/// Two files are the same, byte by byte.
fn are_the_same(one: &Path, other: &Path) {
    let [mut one, other] = [one, other].map(|path| File::open(path).unwrap());
    let size = one.metadata().unwrap().len();
    assert_eq!(other.metadata().unwrap().len(), size);
    let (mut here, mut there) = (vec![0; MIB as usize], vec![0; MIB as usize]);
    for at in (0..size).step_by(MIB as usize) {
        let length = MIB.min(size - at) as usize;
        one.read_exact(&mut here[..length]).unwrap();
        other.read_exact_at(&mut there[..length], at).unwrap();
        assert!(here[..length] == there[..length], "other bytes after {at}");
    }
}

/// The folder where the system keeps what someone downloads.
pub(crate) fn downloads(stage: &Stage, who: &str) -> PathBuf {
    let folder = stage.folder(&format!("{who}/Downloads"));
    let line = format!("XDG_DOWNLOAD_DIR=\"{}\"\n", folder.display());
    std::fs::write(stage.folder(&format!("{who}/config")).join("user-dirs.dirs"), line).unwrap();
    folder
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<_> = entries.map(|entry| name(entry).into_string().unwrap()).collect();
    names.sort();
    names
}

/// Waits until a card shows a transfer on its way: at this many percent or more, and not at its end.
async fn is_at(person: &Person, percent: u32) {
    person
        .waits_until(&format!(
            "all('[data-test=transfer-bar]').some((e) => e.ariaValueNow >= {percent} && e.ariaValueNow < 95)"
        ))
        .await;
}

async fn is_at_least(person: &Person, percent: u32) {
    let bar = format!("all('[data-test=transfer-bar]').some((e) => e.ariaValueNow >= {percent})");
    let done = "visible('[data-test=transfer][data-stage=done]') !== undefined";
    person.waits_until(&format!("{bar} || {done}")).await;
}

#[test]
fn files_that_are_dragged_onto_someone_arrive() {
    play("files", async |stage| {
        let server = Server::start(stage);
        let into = downloads(stage, "bo");
        let (ana, bo) = two_friends(stage, &server).await;
        let (small, large) =
            (stage.folder("hers").join("a picture.png"), stage.folder("hers").join("film.mkv"));
        sparse(&small, 3 * MIB);
        sparse(&large, LARGE);
        let other = OtherWindow::with(stage, &[&small, &large]);

        other.holds_over(0, &ana, "@contact-row[data-handle=bo]", "@drop[data-to=bo]").await;
        ana.reads("@drop", "Bo Lindqvist").await;
        stage.picture("files-1-drag");
        other.drops();
        ana.misses("@drop").await;
        ana.sees("@contact-view[data-handle=bo] @transfer[data-stage=offered]").await;
        bo.clicks("@contact-row[data-handle=ana]").await;
        bo.reads("@transfer[data-stage=offered]", "a picture.png").await;
        bo.reads("@transfer[data-stage=offered]", "3.1 MB").await;
        stage.picture("files-2-offer");
        bo.clicks("@transfer-accept").await;
        bo.sees("@transfer[data-stage=done]").await;
        ana.sees("@transfer[data-stage=done]").await;
        are_the_same(&small, &into.join("a picture.png"));
        stage.picture("files-3-done");
        bo.clicks("@transfer-forget").await;
        bo.misses("@transfer").await;

        other.holds_over(1, &ana, "@contact-view[data-handle=bo]", "@drop[data-to=bo]").await;
        other.drops();
        bo.reads("@transfer[data-stage=offered]", "film.mkv").await;
        bo.clicks("@transfer-accept").await;
        is_at(&bo, 1).await;
        bo.clicks("@transfer-pause").await;
        bo.sees("@transfer[data-stage=paused]").await;
        ana.sees("@transfer[data-stage=paused]").await;
        stage.picture("files-4-paused");
        bo.clicks("@transfer-resume").await;
        bo.sees("@transfer[data-stage=running]").await;
        is_at(&bo, 10).await;
        stage.picture("files-5-running");
        bo.is_killed().await;
        // It was in the middle: what has come lies there in part.
        let left = names(&into);
        assert_eq!(left, ["a picture.png", "film.mkv.part"]);
        sees_contact(&ana, "bo", "offline").await;
        ana.sees("@transfer[data-stage=waiting]").await;
        stage.picture("files-6-killed");

        let bo = Person::again(stage, &bo).await;
        is_online(&bo).await;
        bo.clicks("@contact-row[data-handle=ana]").await;
        // By itself; part after part, for all of it may take longer than anyone waits for one thing.
        for percent in (5..=100).step_by(5) {
            is_at_least(&bo, percent).await;
        }
        bo.sees("@transfer[data-stage=done]").await;
        ana.misses("@transfer:not([data-stage=done])").await;
        stage.picture("files-7-all-there");
        are_the_same(&large, &into.join("film.mkv"));
        assert_eq!(names(&into), ["a picture.png", "film.mkv"]);
    });
}

#[test]
fn in_a_call_files_are_dropped_on_the_picture_and_pictures_are_pasted() {
    play("files-call", async |stage| {
        let server = Server::start(stage);
        let into = downloads(stage, "bo");
        let (ana, bo) = two_friends(stage, &server).await;
        let small = stage.folder("hers").join("a plan.pdf");
        sparse(&small, 3 * MIB);
        talk(&ana, &bo).await;
        let other = OtherWindow::with(stage, &[&small]);
        other.holds_over(0, &ana, "@stage", "@drop[data-to=bo]").await;
        ana.reads("@drop", "Bo Lindqvist").await;
        stage.picture("files-call-1-drag");
        other.drops();
        ana.misses("@drop").await;
        bo.reads("@toast", "wants to send you files").await;
        stage.picture("files-call-2-offer");
        bo.clicks("@toast-act").await;
        bo.clicks("@transfer-accept").await;
        bo.sees("@transfer[data-stage=done]").await;
        are_the_same(&small, &into.join("a plan.pdf"));
        // The call goes on.
        ana.sees("@stage[data-stage=on]").await;
        bo.sees(".in-call @contact-row[data-handle=ana]").await;
        stage.picture("files-call-3-done");
        ana.clicks("@end").await;
        bo.misses("@stage").await;

        let picture = stage.folder("hers").join("copied.png");
        image::RgbImage::from_fn(640, 360, |x, y| image::Rgb([x as u8, y as u8, 90]))
            .save(&picture)
            .unwrap();
        let _copied = Copied::new(stage, &picture);
        ana.clicks("@contact-row[data-handle=bo]").await;
        ana.clicks("@write").await;
        ana.holds_and_presses(char::from(Key::Control), 'v').await;
        ana.sees("@pasted img").await;
        stage.picture("files-call-4-pasted");
        ana.clicks("@pasted-send").await;
        ana.misses("@pasted").await;
        bo.clicks("@transfer[data-stage=offered] @transfer-accept").await;
        bo.sees("@thumbnail").await;
        bo.misses("@transfer:not([data-stage=done])").await;
        stage.picture("files-call-5-there");
        let came = names(&into).into_iter().find(|name| name.ends_with(".png")).unwrap();
        let came = image::open(into.join(came)).unwrap().to_rgb8();
        assert_eq!(came, image::open(&picture).unwrap().to_rgb8());
    });
}
