//! Pictures that are taken in a call: of what is seen at that moment, and never of somebody who isn't told.

use super::kit::{Someone, Town};
use super::talk::talking;
use visavis_engine::api::{Code, Command, Event, Reply};
use visavis_engine::engine::Whose;
use visavis_engine::media::barcode::{Found, find_in_pixels};
use visavis_engine::media::print::{Finish, Kind};

fn take(call: &str, mine: bool) -> Command {
    Command::TakePicture { call: call.to_owned(), mine }
}

impl Someone {
    /// Takes a picture: its name and its size.
    async fn takes(&mut self, call: &str, mine: bool) -> (String, (u32, u32)) {
        match self.tell(take(call, mine)).await {
            Ok(Reply::PictureTaken { id, width, height }) => (id, (width, height)),
            other => panic!("no picture but {other:?}"),
        }
    }

    /// What can be read in a picture that was taken.
    fn reads(&self, (id, size): &(String, (u32, u32)), finish: &Finish) -> Vec<Found> {
        let coded = self.engine.booth().finish(id, finish).unwrap();
        let shown = image::load_from_memory(&coded).unwrap().into_rgba8();
        assert_eq!(shown.dimensions(), *size);
        let (width, height) = (shown.width() as usize, shown.height() as usize);
        find_in_pixels(&shown, width, height, width * 4)
    }
}

fn told(event: &Event) -> bool {
    matches!(event, Event::PictureTaken { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_shows_what_was_seen_and_the_other_is_told() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let id = talking(&mut ana, &mut bo, true).await;
    let seen = bo.stamp(&id, Whose::Theirs).await;
    let hers = bo.takes(&id, false).await;
    ana.event(|event| *event == Event::PictureTaken { key: bo_key }).await;
    for kind in Kind::ALL {
        let finish = Finish { kind, ..Finish::default() };
        let found = bo.reads(&hers, &finish);
        assert_eq!(found.len(), 1, "{kind:?}");
        assert!(found[0].stamp.number >= seen.number && !found[0].mirrored);
    }
    let mirrored = Finish { mirrored: true, ..Finish::default() };
    assert!(bo.reads(&hers, &mirrored)[0].mirrored);

    // Nobody is told of a picture that somebody takes of themselves.
    bo.stamp(&id, Whose::Mine).await;
    let his = bo.takes(&id, true).await;
    assert_eq!(bo.reads(&his, &Finish::default()).len(), 1);
    ana.stamp(&id, Whose::Theirs).await;
    ana.takes(&id, false).await;
    bo.event(|event| *event == Event::PictureTaken { key: ana_key }).await;
    assert_eq!(ana.count(told) + bo.count(told), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_picture_of_what_is_not_seen() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    assert_eq!(ana.refused(take("preview", true)).await, Code::NoPicture);
    let id = talking(&mut ana, &mut bo, true).await;
    bo.stamp(&id, Whose::Theirs).await;
    for call in ["preview", "", "0123"] {
        assert_eq!(bo.refused(take(call, false)).await, Code::NoPicture);
    }
    ana.do_it(Command::SetCamera { id: id.clone(), on: false }).await;
    assert_eq!(ana.refused(take(&id, true)).await, Code::NoPicture);
    bo.in_call(&id, |call| !call.theirs.camera).await;
    assert_eq!(bo.refused(take(&id, false)).await, Code::NoPicture);
    ana.do_it(Command::SetCamera { id: id.clone(), on: true }).await;
    bo.in_call(&id, |call| call.theirs.camera).await;
    bo.takes(&id, false).await;
    bo.do_it(Command::Hold { id: id.clone(), held: true }).await;
    bo.in_call(&id, |call| call.mine.held).await;
    assert_eq!(bo.refused(take(&id, false)).await, Code::NoPicture);
    bo.do_it(Command::HangUp { id: id.clone() }).await;
    assert_eq!(bo.refused(take(&id, false)).await, Code::NoPicture);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_takes_a_picture_of_oneself_beside_any_call() {
    let town = Town::open().await;
    let mut ana = town.settle("ana").await;
    ana.do_it(Command::OpenPreview).await;
    ana.stamp("preview", Whose::Mine).await;
    let own = ana.takes("preview", true).await;
    assert_eq!(ana.reads(&own, &Finish::default()).len(), 1);
    let glance = ana.engine.booth().glance(&own.0, &Finish::default()).unwrap();
    let glance = image::load_from_memory(&glance).unwrap();
    assert_eq!((glance.width(), glance.height()), own.1, "it is smaller than a page shows");
    ana.do_it(Command::ClosePreview).await;
    // It is held though what it shows is gone.
    assert_eq!(ana.reads(&own, &Finish::default()).len(), 1);
    assert_eq!(ana.refused(take("preview", true)).await, Code::NoPicture);
}
