//! Files between two people, over a real link: they arrive whole, whoever is away or starts anew meanwhile, and both see
//! the same of them.

use super::kit::{Someone, Town, contact};
use std::path::{Path, PathBuf};
use visavis_engine::api::{
    AcceptedAlways, Code, Command, Event, LastWhat, Presence, PublicKey, Reply, Settings, State,
    Transfer, TransferStage,
};
use visavis_engine::store::Store;

/// Bytes of a file that is still coming when something is done about it.
const LARGE: u64 = 300_000_000;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| ((at as u64 * 2_654_435_761) >> 9) as u8).collect()
}

pub(crate) fn find<'a>(state: &'a State, id: &str) -> Option<&'a Transfer> {
    state.transfers.iter().find(|transfer| transfer.id == id)
}

impl Someone {
    pub(crate) async fn offers(&mut self, key: PublicKey, paths: &[PathBuf]) -> String {
        let paths = paths.iter().map(|path| path.display().to_string()).collect();
        match self.tell(Command::OfferFiles { key, paths }).await {
            Ok(Reply::Offered { id }) => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn transfer(
        &mut self,
        id: &str,
        wanted: impl Fn(&Transfer) -> bool,
    ) -> Transfer {
        let state = self.until(|state| find(state, id).is_some_and(&wanted)).await;
        find(&state, id).unwrap().clone()
    }

    pub(crate) async fn at(&mut self, id: &str, stage: TransferStage) -> Transfer {
        self.transfer(id, |transfer| transfer.stage == stage).await
    }

    pub(crate) async fn accepts(&mut self, key: PublicKey, id: &str, into: &Path) {
        let folder = Some(into.display().to_string());
        let accept = Command::AcceptFiles { key, id: id.to_owned(), items: None, folder };
        self.at(id, TransferStage::Offered).await;
        assert_eq!(self.tell(accept).await, Ok(Reply::Done));
    }
}

/// A folder with a file in it, and another file.
pub(crate) fn things(town: &Town, size: usize) -> Vec<PathBuf> {
    let folder = town.folder.path().join("things");
    std::fs::create_dir_all(folder.join("Photos/deep")).unwrap();
    std::fs::write(folder.join("Photos/deep/a.bin"), bytes(size)).unwrap();
    std::fs::write(folder.join("Photos/none"), b"").unwrap();
    std::fs::write(folder.join("b.txt"), "hello").unwrap();
    vec![folder.join("Photos"), folder.join("b.txt")]
}

pub(crate) fn arrived(into: &Path, size: usize) {
    assert_eq!(std::fs::read(into.join("Photos/deep/a.bin")).unwrap(), bytes(size));
    assert_eq!(std::fs::read(into.join("Photos/none")).unwrap(), b"");
    assert_eq!(std::fs::read(into.join("b.txt")).unwrap(), b"hello");
    assert_eq!(std::fs::read_dir(into).unwrap().count(), 2, "and nothing else");
}

/// All files below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let inside = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    inside.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

/// Of a transfer that was given up while the large one of `things` came, nothing is there in part.
fn only_whole(who: &Someone, into: &Path) {
    let whole = [into.join("Photos/none"), into.join("b.txt")];
    let left = below(into);
    assert!(left.iter().all(|path| whole.contains(path)), "{left:?}");
    assert_eq!(below(&who.folder.join("transfers")), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_accepted_arrive_and_both_see_so() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let into = town.folder.path().join("into");
    let id = ana.offers(bo_key, &things(&town, 3_000_000)).await;
    let hers = ana.at(&id, TransferStage::Offered).await;
    assert!(hers.mine && hers.files == 3 && hers.bytes == 3_000_005);
    let offered = bo.event(|event| matches!(event, Event::FilesOffered { .. })).await;
    assert_eq!(offered, Event::FilesOffered { key: ana_key, id: id.clone() });
    let his = bo.at(&id, TransferStage::Offered).await;
    assert_eq!((his.mine, his.key, his.files, his.bytes), (false, ana_key, 3, 3_000_005));
    assert_eq!(his.items[0].name, "Photos");
    assert_eq!(his.items[0].preview, ["deep/a.bin", "none"]);
    assert_eq!((his.items[1].files, his.items[1].bytes), (None, 5));
    for (who, key, what) in
        [(&mut ana, bo_key, LastWhat::OfferedTo), (&mut bo, ana_key, LastWhat::OfferedFrom)]
    {
        who.until(|state| {
            contact(state, &key).and_then(|one| one.last).is_some_and(|last| last.what == what)
        })
        .await;
    }

    assert_eq!(bo.engine.place_of(ana_key, &id, 1).await, None, "nothing has come yet");
    bo.accepts(ana_key, &id, &into).await;
    let his = bo.at(&id, TransferStage::Done).await;
    assert_eq!((his.done, his.lost, his.problem), (3_000_005, 0, None));
    assert_eq!(his.items[0].place.as_deref(), Some("Photos"));
    let hers = ana.at(&id, TransferStage::Done).await;
    assert_eq!(hers.done, 3_000_005);
    arrived(&into, 3_000_000);
    let own = town.folder.path().join("things/b.txt");
    assert_eq!(ana.engine.place_of(bo_key, &id, 1).await, Some(own));
    assert_eq!(bo.engine.place_of(ana_key, &id, 1).await, Some(into.join("b.txt")));
    assert_eq!(bo.engine.place_of(ana_key, &id, 2).await, None);
    assert_eq!(bo.engine.place_of(bo_key, &id, 1).await, None);
    for (who, key) in [(&mut ana, bo_key), (&mut bo, ana_key)] {
        let done = who.event(|event| matches!(event, Event::FilesArrived { .. })).await;
        assert_eq!(done, Event::FilesArrived { key, id: id.clone() });
        let forget = Command::ForgetTransfer { key, id: id.clone() };
        assert_eq!(who.tell(forget).await, Ok(Reply::Done));
        who.until(|state| state.transfers.is_empty()).await;
    }
    arrived(&into, 3_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn some_of_an_offer_can_be_taken() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let into = town.folder.path().join("into");
    let id = ana.offers(bo_key, &things(&town, 1_000)).await;
    bo.at(&id, TransferStage::Offered).await;
    let folder = Some(into.display().to_string());
    let accept = |items: Vec<u32>, folder: Option<String>| Command::AcceptFiles {
        key: ana_key,
        id: id.clone(),
        items: Some(items),
        folder,
    };
    assert_eq!(bo.refused(accept(vec![2], folder.clone())).await, Code::NothingToSend);
    assert_eq!(bo.refused(accept(vec![], folder.clone())).await, Code::NothingToSend);
    assert_eq!(bo.refused(accept(vec![1], None)).await, Code::FolderNeeded);
    assert_eq!(bo.refused(accept(vec![1], Some("here".into()))).await, Code::FolderNeeded);
    bo.tell(accept(vec![1], folder)).await.unwrap();
    let his = bo.at(&id, TransferStage::Done).await;
    assert_eq!((his.files, his.bytes, his.items[0].wanted), (1, 5, false));
    let hers = ana.at(&id, TransferStage::Done).await;
    assert_eq!((hers.files, hers.bytes, hers.items[1].wanted), (1, 5, true));
    assert_eq!(std::fs::read_dir(&into).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_waits_for_whoever_is_away_and_can_be_declined_or_taken_back() {
    let town = Town::open().await;
    let (mut ana, bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    bo.engine.stop().await;
    ana.presence(&bo_key, Presence::Offline).await;
    let paths = things(&town, 1_000);
    let (first, second) = (ana.offers(bo_key, &paths).await, ana.offers(bo_key, &paths).await);
    let third = ana.offers(bo_key, &paths).await;
    let mut bo = bo.restart().await;
    for id in [&first, &second, &third] {
        bo.at(id, TransferStage::Offered).await;
    }
    bo.tell(Command::DeclineFiles { key: ana_key, id: first.clone() }).await.unwrap();
    ana.at(&first, TransferStage::Declined).await;
    ana.tell(Command::CancelTransfer { key: bo_key, id: second.clone() }).await.unwrap();
    bo.at(&second, TransferStage::Cancelled { by_me: false }).await;
    ana.at(&second, TransferStage::Cancelled { by_me: true }).await;
    for id in [first, second] {
        let accept = Command::AcceptFiles { key: ana_key, id, items: None, folder: None };
        assert_eq!(bo.refused(accept).await, Code::NoSuchTransfer);
    }
    let into = town.folder.path().join("into");
    bo.accepts(ana_key, &third, &into).await;
    bo.at(&third, TransferStage::Done).await;
    arrived(&into, 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_goes_on_after_a_pause_and_after_either_app_was_started_anew() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let into = town.folder.path().join("into");
    let size = 30_000_000;
    let id = ana.offers(bo_key, &things(&town, size)).await;
    bo.accepts(ana_key, &id, &into).await;
    bo.at(&id, TransferStage::Running).await;
    // The sender pauses.
    ana.tell(Command::PauseTransfer { key: bo_key, id: id.clone() }).await.unwrap();
    ana.at(&id, TransferStage::Paused { by_me: true }).await;
    bo.at(&id, TransferStage::Paused { by_me: false }).await;
    // The receiver does too; then both go on.
    bo.tell(Command::PauseTransfer { key: ana_key, id: id.clone() }).await.unwrap();
    bo.at(&id, TransferStage::Paused { by_me: true }).await;
    for (who, key) in [(&mut ana, bo_key), (&mut bo, ana_key)] {
        let resume = Command::ResumeTransfer { key, id: id.clone(), folder: None };
        who.tell(resume).await.unwrap();
    }
    bo.at(&id, TransferStage::Running).await;
    let mut bo = bo.restart().await;
    bo.at(&id, TransferStage::Running).await;
    let mut ana = ana.restart().await;
    bo.at(&id, TransferStage::Done).await;
    ana.at(&id, TransferStage::Done).await;
    arrived(&into, size);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_leaves_nothing_behind() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    for (by_sender, name) in [(true, "one"), (false, "two")] {
        let into = town.folder.path().join(name);
        let id = ana.offers(bo_key, &things(&town, 30_000_000)).await;
        bo.accepts(ana_key, &id, &into).await;
        bo.transfer(&id, |transfer| transfer.items[0].place.is_some()).await;
        let (who, key) = if by_sender { (&mut ana, bo_key) } else { (&mut bo, ana_key) };
        who.tell(Command::CancelTransfer { key, id: id.clone() }).await.unwrap();
        bo.at(&id, TransferStage::Cancelled { by_me: !by_sender }).await;
        // At once: its thread may still write. It leaves the list when nothing is left.
        bo.tell(Command::ForgetTransfer { key: ana_key, id: id.clone() }).await.unwrap();
        bo.until(|state| find(state, &id).is_none()).await;
        only_whole(&bo, &into);
        ana.at(&id, TransferStage::Cancelled { by_me: by_sender }).await;
    }
}

/// A large file that takes next to no room here.
pub(crate) fn large(town: &Town, size: u64) -> PathBuf {
    let path = town.folder.path().join("large");
    std::fs::File::create(&path).unwrap().set_len(size).unwrap();
    path
}

/// A file of one that comes, once a good deal of it is there.
async fn comes(ana: &mut Someone, bo: &mut Someone, town: &Town, into: &Path) -> String {
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let id = ana.offers(bo_key, &[large(town, LARGE)]).await;
    bo.accepts(ana_key, &id, into).await;
    let running = |transfer: &Transfer| {
        transfer.stage == TransferStage::Running && transfer.done > LARGE / 100
    };
    let seen = bo.transfer(&id, running).await;
    assert!(seen.done < LARGE, "it was too quick to be met in the middle");
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_can_go_on_in_another_folder_while_it_comes() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (first, second) = (town.folder.path().join("one"), town.folder.path().join("two"));
    let id = comes(&mut ana, &mut bo, &town, &first).await;
    assert_eq!(below(&first), [first.join("large.part")]);
    let (key, folder) = (ana.key().await, Some(second.display().to_string()));
    bo.tell(Command::ResumeTransfer { key, id: id.clone(), folder }).await.unwrap();
    bo.at(&id, TransferStage::Done).await;
    ana.at(&id, TransferStage::Done).await;
    assert_eq!(below(&first), Vec::<PathBuf>::new());
    assert_eq!(below(&second), [second.join("large")]);
    assert_eq!(std::fs::metadata(second.join("large")).unwrap().len(), LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_when_the_app_died_is_cleared_away_when_it_is_back() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let into = town.folder.path().join("into");
    let id = comes(&mut ana, &mut bo, &town, &into).await;
    bo.engine.stop().await;
    assert_eq!(below(&into), [into.join("large.part")]);
    // As if it had died right after it was given up.
    let store = Store::open(&bo.folder.join("visavis.db")).unwrap();
    let ended = "UPDATE transfers SET stage = '\"cancelled_here\"'";
    assert_eq!(store.run(|db| db.execute(ended, [])).await.unwrap(), 1);
    drop(store);
    let mut bo = bo.restart().await;
    bo.at(&id, TransferStage::Cancelled { by_me: true }).await;
    // It is told with what is there at once; what is asked next finds it done.
    bo.tell(Command::ForgetTransfer { key: ana.key().await, id: id.clone() }).await.unwrap();
    only_whole(&bo, &into);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_sent_or_kept_is_said() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let offer =
        |path: &Path| Command::OfferFiles { key: bo_key, paths: vec![path.display().to_string()] };
    let nowhere = town.folder.path().join("nowhere");
    assert_eq!(ana.refused(offer(&nowhere)).await, Code::FileMissing);
    let none = Command::OfferFiles { key: bo_key, paths: vec![] };
    assert_eq!(ana.refused(none).await, Code::NothingToSend);
    let stranger = Command::OfferFiles { key: PublicKey([9; 32]), paths: vec!["/".into()] };
    assert_eq!(ana.refused(stranger).await, Code::NotAContact);
    // A file that is another one when it is asked for, and is there as it was again.
    let path = town.folder.path().join("file");
    std::fs::write(&path, "as it was").unwrap();
    let changed = path.metadata().unwrap().modified().unwrap();
    let id = ana.offers(bo_key, std::slice::from_ref(&path)).await;
    std::fs::write(&path, "as it is, longer").unwrap();
    let into = town.folder.path().join("into");
    bo.accepts(ana_key, &id, &into).await;
    let his = bo.at(&id, TransferStage::Done).await;
    assert_eq!(his.lost, 1);
    assert_eq!(std::fs::read_dir(&into).unwrap().count(), 0);
    std::fs::write(&path, "as it was").unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(changed).unwrap();
    ana.at(&id, TransferStage::Done).await;
    let again = Command::ResumeTransfer { key: ana_key, id: id.clone(), folder: None };
    bo.tell(again).await.unwrap();
    let his = bo
        .transfer(&id, |transfer| transfer.stage == TransferStage::Done && transfer.lost == 0)
        .await;
    assert_eq!(his.done, 9);
    assert_eq!(std::fs::read(into.join("file")).unwrap(), b"as it was");
    // The folder has gone.
    let id = ana.offers(bo_key, &[path]).await;
    bo.at(&id, TransferStage::Offered).await;
    let blocked = town.folder.path().join("blocked");
    std::fs::write(&blocked, "a file, not a folder").unwrap();
    let accept = |folder: &Path| Command::AcceptFiles {
        key: ana_key,
        id: id.clone(),
        items: None,
        folder: Some(folder.display().to_string()),
    };
    assert!(bo.tell(accept(&blocked.join("below"))).await.is_err());
    ana.engine.stop().await;
    bo.presence(&ana_key, Presence::Offline).await;
    let gone = town.folder.path().join("gone");
    bo.tell(accept(&gone)).await.unwrap();
    bo.at(&id, TransferStage::Waiting).await;
    std::fs::remove_dir(&gone).unwrap();
    let mut ana = ana.restart().await;
    let his = bo.at(&id, TransferStage::Stopped).await;
    let problem = his.problem.unwrap();
    assert_eq!(
        (problem.code, &problem.detail["path"]),
        (Code::FolderGone, &gone.display().to_string())
    );
    let elsewhere = Some(town.folder.path().join("elsewhere").display().to_string());
    let resume = Command::ResumeTransfer { key: ana_key, id: id.clone(), folder: elsewhere };
    bo.tell(resume).await.unwrap();
    bo.at(&id, TransferStage::Done).await;
    ana.at(&id, TransferStage::Done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_one_who_is_trusted_are_taken_without_asking() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let into = town.folder.path().join("into");
    let settings = Settings {
        downloads: Some(into.display().to_string()),
        accept_always: vec![AcceptedAlways { key: ana_key, most: 2_000 }],
        ..bo.state().await.settings
    };
    bo.tell(Command::ChangeSettings { settings }).await.unwrap();
    let id = ana.offers(bo_key, &things(&town, 1_000)).await;
    ana.at(&id, TransferStage::Done).await;
    arrived(&into, 1_000);
    let id = ana.offers(bo_key, &things(&town, 2_000)).await;
    bo.at(&id, TransferStage::Offered).await;
    let state = bo.state().await;
    assert!(contact(&state, &ana_key).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_goes_beside_a_call_and_on_after_it() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let Ok(Reply::Calling { id: call }) =
        ana.tell(Command::Call { key: bo_key, picture: false }).await
    else {
        panic!("no call")
    };
    bo.until(|state| state.calls.iter().any(|shown| shown.id == call)).await;
    bo.tell(Command::Answer { id: call.clone(), picture: false }).await.unwrap();
    let on = |state: &State| {
        use visavis_engine::api::CallStage;
        state.calls.iter().any(|shown| matches!(shown.stage, CallStage::On { .. }))
    };
    ana.until(on).await;
    bo.until(on).await;
    let into = town.folder.path().join("into");
    let id = ana.offers(bo_key, &things(&town, 20_000_000)).await;
    bo.accepts(ana_key, &id, &into).await;
    bo.at(&id, TransferStage::Running).await;
    ana.tell(Command::HangUp { id: call }).await.unwrap();
    bo.at(&id, TransferStage::Done).await;
    ana.at(&id, TransferStage::Done).await;
    arrived(&into, 20_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_contact_all_files_that_were_to_come_go() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let into = town.folder.path().join("into");
    let id = ana.offers(bo_key, &things(&town, 30_000_000)).await;
    bo.accepts(ana_key, &id, &into).await;
    bo.transfer(&id, |transfer| transfer.items[0].place.is_some()).await;
    assert_eq!(bo.tell(Command::RemoveContact { key: ana_key }).await, Ok(Reply::Done));
    bo.until(|state| state.transfers.is_empty()).await;
    only_whole(&bo, &into);
    ana.until(|state| state.transfers.is_empty() && state.contacts.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_picture_has_a_file_as_long_as_a_transfer_has_it() {
    let town = Town::open().await;
    let (mut ana, mut bo) = town.friends().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let mut picture = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(8, 8).write_to(&mut picture, image::ImageFormat::Png).unwrap();
    let keep = |ana: &Someone| ana.engine.pasted().keep("Picture", picture.get_ref()).unwrap();
    let (sent, left) = (keep(&ana), keep(&ana));
    let id = ana.offers(bo_key, std::slice::from_ref(&sent.path)).await;
    let mut ana = ana.restart().await;
    ana.until_online().await;
    assert!(sent.path.exists());
    assert!(!left.path.exists(), "nobody has that one any more");
    assert_eq!(ana.engine.place_of(bo_key, &id, 0).await, Some(sent.path.clone()));

    let into = town.folder.path().join("into");
    bo.accepts(ana_key, &id, &into).await;
    bo.at(&id, TransferStage::Done).await;
    assert_eq!(std::fs::read(into.join("Picture.png")).unwrap(), *picture.get_ref());
    ana.at(&id, TransferStage::Done).await;
    let mut ana = ana.restart().await;
    assert!(sent.path.exists(), "its card is still there");
    assert_eq!(ana.tell(Command::ForgetTransfer { key: bo_key, id }).await, Ok(Reply::Done));
    let _ana = ana.restart().await;
    assert!(!sent.path.exists());
}
