//! Which way files go: each way alone, from one to the other in the middle of a file, and beside a call, which keeps its
//! pictures and its sound.

use super::files::{arrived, find, large, things};
use super::kit::{Someone, Town, befriend, stand_ins};
use std::path::Path;
use std::time::{Duration, Instant};
use visavis_engine::api::{CallStage, CallStatistics, Command, Event, Reply, State, TransferStage};
use visavis_engine::engine::Options;
use visavis_engine::peer::LaneWays;

/// Two friends whose files go such ways.
async fn friends(town: &Town, ways: LaneWays) -> (Someone, Someone) {
    let mut both = Vec::new();
    for handle in ["ana", "bo"] {
        let folder = town.folder.path().join(handle);
        let options =
            Options { devices: stand_ins(), lane_ways: ways, ..Options::in_folder(folder) };
        let mut someone = Someone::with(options).await;
        someone.create(handle).await;
        let here = Command::UseServer { choice: town.choice(), invite: None };
        assert_eq!(someone.tell(here).await, Ok(Reply::Done));
        let claim = Command::ClaimHandle { handle: handle.into() };
        assert_eq!(someone.tell(claim).await, Ok(Reply::Done));
        both.push(someone);
    }
    let (mut bo, mut ana) = (both.remove(1), both.remove(0));
    befriend(&mut ana, &mut bo).await;
    (ana, bo)
}

#[tokio::test(flavor = "multi_thread")]
async fn files_arrive_by_each_way_alone() {
    for ways in [LaneWays::Quick, LaneWays::Channels] {
        let town = Town::open().await;
        let (mut ana, mut bo) = friends(&town, ways).await;
        let (ana_key, bo_key) = (ana.key().await, bo.key().await);
        let into = town.folder.path().join("into");
        let id = ana.offers(bo_key, &things(&town, 5_000_000)).await;
        bo.accepts(ana_key, &id, &into).await;
        bo.at(&id, TransferStage::Done).await;
        ana.at(&id, TransferStage::Done).await;
        arrived(&into, 5_000_000);
    }
}

/// The file of `large` arrives, and both see so.
async fn all_there([ana, bo]: [&mut Someone; 2], id: &str, into: &Path, size: u64) {
    let his = bo.at(id, TransferStage::Done).await;
    assert_eq!((his.done, his.lost), (size, 0));
    ana.at(id, TransferStage::Done).await;
    let came = std::fs::read(into.join("large")).unwrap();
    assert!(came.len() as u64 == size && came.iter().all(|byte| *byte == 0));
}

/// Waits until a transfer that runs has moved some, and not all. How much, is shown once a second: of the engine's time,
/// so that it is seen as soon as it is so.
async fn in_the_middle(who: &mut Someone, id: &str, more_than: u64) -> u64 {
    loop {
        let seen = who.at(id, TransferStage::Running).await;
        if seen.done > more_than {
            return seen.done;
        }
        who.clock.advance(Duration::from_secs(1));
        who.event(|event| matches!(event, Event::TransferChanged { .. })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_changes_its_way_in_the_middle_and_goes_on_where_it_was() {
    let town = Town::open().await;
    let (mut ana, mut bo) = friends(&town, LaneWays::Quick).await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let into = town.folder.path().join("into");
    let size = 600_000_000;
    let id = ana.offers(bo_key, &[large(&town, size)]).await;
    bo.accepts(ana_key, &id, &into).await;
    let first = in_the_middle(&mut bo, &id, 0).await;
    // One side is enough: it is the way of both.
    ana.engine.set_lane_ways(LaneWays::Channels).await;
    bo.engine.set_lane_ways(LaneWays::Channels).await;
    bo.at(&id, TransferStage::Waiting).await;
    let second = in_the_middle(&mut bo, &id, first).await;
    ana.engine.set_lane_ways(LaneWays::Both).await;
    bo.engine.set_lane_ways(LaneWays::Both).await;
    // The lane over the channel ends by itself, since there is a better way.
    bo.at(&id, TransferStage::Waiting).await;
    assert!(second > first);
    all_there([&mut ana, &mut bo], &id, &into, size).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_over_channels_goes_on_as_often_as_it_was_broken_off() {
    let town = Town::open().await;
    let (mut ana, mut bo) = friends(&town, LaneWays::Channels).await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let into = town.folder.path().join("into");
    let size = 400_000_000;
    let id = ana.offers(bo_key, &[large(&town, size)]).await;
    bo.accepts(ana_key, &id, &into).await;
    let mut done = 0;
    for times in 0..8 {
        done = in_the_middle(&mut bo, &id, done).await;
        // Each side in turn, with much on its way.
        let (who, key) = if times % 2 == 0 { (&mut bo, ana_key) } else { (&mut ana, bo_key) };
        who.tell(Command::PauseTransfer { key, id: id.clone() }).await.unwrap();
        who.at(&id, TransferStage::Paused { by_me: true }).await;
        let resume = Command::ResumeTransfer { key, id: id.clone(), folder: None };
        who.tell(resume).await.unwrap();
    }
    all_there([&mut ana, &mut bo], &id, &into, size).await;
}

/// Pictures that came, and milliseconds of sound that were made up.
fn came(figures: &CallStatistics) -> (u64, u64) {
    let pictures = figures.picture_in.as_ref().map_or(0, |picture| picture.pictures);
    (pictures, figures.sound_in.as_ref().map_or(0, |sound| sound.concealed_ms))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gigabyte_goes_beside_a_call_which_keeps_its_pictures_and_sound() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let call = Command::Call { key: bo_key, picture: true };
    let Ok(Reply::Calling { id: call }) = ana.tell(call).await else { panic!("no call") };
    bo.until(|state| state.calls.iter().any(|shown| shown.id == call)).await;
    bo.tell(Command::Answer { id: call.clone(), picture: true }).await.unwrap();
    let on =
        |state: &State| state.calls.iter().any(|shown| matches!(shown.stage, CallStage::On { .. }));
    ana.until(on).await;
    bo.until(on).await;

    let size = 1_000_000_000;
    let into = town.folder.path().join("into");
    let id = ana.offers(bo_key, &[large(&town, size)]).await;
    bo.accepts(ana_key, &id, &into).await;
    bo.at(&id, TransferStage::Running).await;
    let (began, before) =
        (Instant::now(), [came(&ana.statistics(&call).await), came(&bo.statistics(&call).await)]);
    bo.at(&id, TransferStage::Done).await;
    let after = [came(&ana.statistics(&call).await), came(&bo.statistics(&call).await)];
    let seconds = began.elapsed().as_secs_f64();
    for ((pictures, made_up), (pictures_before, made_up_before)) in after.into_iter().zip(before) {
        let (pictures, made_up) = (pictures - pictures_before, made_up - made_up_before);
        let told = format!("{pictures} pictures and {made_up} ms made up in {seconds:.1} s");
        assert!(pictures as f64 > 15.0 * seconds, "{told}");
        assert!((made_up as f64) < 100.0 * seconds, "{told}");
        println!("{told}");
    }
    assert!(find(&bo.state().await, &id).is_some_and(|transfer| transfer.lost == 0));
    assert_eq!(std::fs::metadata(into.join("large")).unwrap().len(), size);
}
