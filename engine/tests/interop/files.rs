//! Files between this side and a page that knows the documents alone: each sends to the other, what is spoilt comes again,
//! and who does not keep to the rules loses the lane.

use crate::kit::{Call, Plan};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use visavis_engine::peer::LinkEvent;
use visavis_engine::transfer::fault::Fault;
use visavis_engine::transfer::lane::{Lane, LaneEnded};
use visavis_engine::transfer::manifest::Manifest;
use visavis_engine::transfer::progress::Progress;
use visavis_engine::transfer::receive::{self, Keeper, Known};
use visavis_engine::transfer::send::{self, Tree, Trees};
use visavis_engine::transfer::source::{Offer, look_through};
use visavis_engine::transfer::tree::Root;
use visavis_engine::transfer::wire::Lost;

const NAME: &str = "file:a1b2c3d4e5f60718293a4b5c6d7e8f90";
const GROUP: usize = 256 * 1024;
const LARGE: usize = 12 * GROUP + 4321;

/// What this side remembers between lanes.
#[derive(Default)]
struct Memory {
    list: Option<Manifest>,
    tops: Option<Vec<String>>,
    known: HashMap<u32, Known>,
    trees: HashMap<u32, Tree>,
}

impl Keeper for Memory {
    fn listed(&mut self, list: &Manifest, tops: &[String]) -> Result<(), Fault> {
        (self.list, self.tops) = (Some(list.clone()), Some(tops.to_vec()));
        Ok(())
    }

    fn opened(&mut self, file: u32, root: &Root) -> Result<(), Fault> {
        self.known.entry(file).or_default().root = Some(*root);
        Ok(())
    }

    fn named(&mut self, file: u32, name: &Path) -> Result<(), Fault> {
        self.known.entry(file).or_default().name = Some(name.to_owned());
        Ok(())
    }

    fn done(&mut self, file: u32) -> Result<(), Fault> {
        self.known.entry(file).or_default().done = true;
        Ok(())
    }

    fn lost(&mut self, file: u32, why: Lost) -> Result<(), Fault> {
        panic!("file {file} is lost: {why:?}")
    }
}

impl Trees for Memory {
    fn known(&mut self, file: u32) -> Option<Tree> {
        self.trees.get(&file).cloned()
    }

    fn made(&mut self, file: u32, tree: &Tree) {
        self.trees.insert(file, tree.clone());
    }
}

/// Bytes that both sides can make.
fn bytes(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|at| ((at * 31 + (at >> 8) * 7 + seed) % 251) as u8).collect()
}

/// A large file, and a folder with a small file, an empty one and an empty folder.
fn offer(folder: &Path) -> Offer {
    let (large, photos) = (folder.join("large.bin"), folder.join("Photos"));
    std::fs::write(&large, bytes(LARGE, 1)).unwrap();
    std::fs::create_dir_all(photos.join("none")).unwrap();
    std::fs::write(photos.join("a.jpg"), bytes(5000, 2)).unwrap();
    std::fs::write(photos.join("empty"), b"").unwrap();
    look_through(&[large, photos]).unwrap()
}

/// A link to a browser on which no pictures cross.
async fn linked() -> Call {
    let plan = Plan { camera: None, ..Plan::new(true) };
    let call = Call::prepare(&plan).await;
    call.begin(&plan).await;
    call.connected(1).await;
    call.holds("control.readyState === 'open'").await;
    call
}

impl Call {
    /// The lane that the page has opened for the time of this number.
    async fn lane_of_page(&self, times: usize) -> Lane {
        let opened = LinkEvent::Lane(NAME.to_owned());
        let count = |events: &[LinkEvent]| events.iter().filter(|one| **one == opened).count();
        self.events("the page opens a lane", |events| count(events) >= times).await;
        self.link.take_lane(NAME).expect("a lane to take")
    }

    /// Calls a function of the page's, which waits for its end.
    async fn page_does(&self, function: &str, with: &[Value]) -> Value {
        self.wait(function, async { self.page.call(function, with).await.unwrap() }).await
    }
}

/// The id in the lane's name.
fn id() -> Value {
    json!(NAME.strip_prefix("file:"))
}

async fn sends(lane: Lane, offer: &Offer, mut memory: Memory) -> (send::Ended, Memory) {
    let (list, sources) = (offer.list.clone(), offer.sources.clone());
    let job = send::Job { list, sources, wanted: None };
    let work = move || {
        let ended = send::send(lane, &job, &mut memory, &Arc::<Progress>::default());
        (ended, memory)
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_hashes_as_everybody_does() {
    let call = Call::prepare(&Plan::new(true)).await;
    // Of the test vectors that come with BLAKE3.
    for (length, hash) in [
        (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
        (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
        (1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"),
        (102_400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"),
    ] {
        let page = "length => hex(blake3(Uint8Array.from({ length }, (_, at) => at % 251)))";
        assert_eq!(call.page_does(page, &[json!(length)]).await, hash, "{length}");
    }
    // Leaves make up the hash of the whole, wherever it ends.
    for length in [1, GROUP, GROUP + 1, 3 * GROUP, 5 * GROUP + 77] {
        let page = "length => {
            const bytes = bytesFrom(length, 1)
            const leaves = Array.from({ length: groupsOf(length) }, (_, group) => {
                const { begin, end } = rangeOf(length, group)
                return leafOf(bytes.subarray(begin, end), begin, end - begin === length)
            })
            return hex(rootOf(leaves, length, groupOf(length)))
        }";
        let root = call.page_does(page, &[json!(length)]).await;
        assert_eq!(root, blake3::hash(&bytes(length, 1)).to_hex().as_str(), "{length}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_receives_files_and_goes_on_after_the_lane_broke() {
    let call = linked().await;
    let folder = tempfile::tempdir().unwrap();
    let offer = offer(folder.path());
    // Two lanes: one that breaks in the middle of the large file, and one that goes on.
    let receives = "receiveFiles";
    let (first, second) = ([id(), json!(4)], [id()]);
    let (broken, lane) = tokio::join!(call.page_does(receives, &first), async {
        sends(call.lane_of_page(1).await, &offer, Memory::default()).await
    });
    assert_eq!((&broken["word"], lane.0), (&json!("broken"), closed()));
    let (done, lane) = tokio::join!(call.page_does(receives, &second), async {
        sends(call.lane_of_page(2).await, &offer, lane.1).await
    });
    assert_eq!((&done["word"], lane.0), (&json!("done"), send::Ended::Done));
    // What was there was not asked for again; what was on its way when the lane broke never counted as there.
    let groups = LARGE.div_ceil(GROUP) + 1;
    let asked = call.number("shelf.asked").await as usize;
    assert!(asked >= groups && asked <= 2 * groups - 4, "{asked} of {groups}");

    let list = call.page.evaluate("shelf.list").await.unwrap();
    let ways: Vec<_> = list["files"].as_array().unwrap().iter().map(|f| f["way"].clone()).collect();
    assert_eq!(ways, [json!(null), json!(["a.jpg"]), json!(["empty"])]);
    assert_eq!(list["folders"], json!([{ "item": 1, "way": ["none"] }]));
    for (place, sent) in [bytes(LARGE, 1), bytes(5000, 2), Vec::new()].iter().enumerate() {
        let came = call.page_does("cameAs", &[json!(place)]).await;
        assert_eq!(came["length"], sent.len());
        let digest =
            Sha256::digest(sent).iter().fold(String::new(), |all, byte| format!("{all}{byte:02x}"));
        assert_eq!(came["sha256"], digest);
        let root = blake3::hash(sent).to_hex();
        assert_eq!(came["blake3"], root.as_str());
        // Nothing is opened of a file that has no group.
        assert_eq!(came["root"], if sent.is_empty() { json!(null) } else { json!(root.as_str()) });
    }
}

fn closed() -> send::Ended {
    send::Ended::Lane(LaneEnded::Closed)
}

/// This side as the one who receives.
struct Receiver {
    folder: TempDir,
    ledgers: TempDir,
    memory: Memory,
}

impl Receiver {
    fn new() -> Self {
        let temp = || tempfile::tempdir().unwrap();
        Self { folder: temp(), ledgers: temp(), memory: Memory::default() }
    }

    /// A lane from its beginning to its end.
    async fn receives(&mut self, call: &Call, offer: &Offer) -> receive::Ended {
        let mut memory = std::mem::take(&mut self.memory);
        let job = receive::Job {
            folder: self.folder.path().to_owned(),
            ledgers: self.ledgers.path().join("t"),
            items: offer.items.clone(),
            wanted: None,
            tops: memory.tops.clone(),
            list: memory.list.clone(),
            known: memory.known.clone(),
        };
        let lane = call.link.lane(NAME);
        let work = move || {
            let ended = receive::receive(lane, &job, &mut memory, &Arc::<Progress>::default());
            (ended, memory)
        };
        let work = async { tokio::task::spawn_blocking(work).await.unwrap() };
        let (ended, memory) = call.wait("files come from the page", work).await;
        self.memory = memory;
        ended
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// What the page sends: the same as this side does.
async fn page_offers(call: &Call, offer: &Offer) {
    let list = json!(offer.list);
    let make = "list => { globalThis.offer = { list, files: [bytesFrom(SIZE, 1), bytesFrom(5000, 2), bytesFrom(0, 0)] } }";
    call.page_does(&make.replace("SIZE", &LARGE.to_string()), &[list]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_sends_files_and_what_is_spoilt_or_broken_off_comes_again() {
    let call = linked().await;
    let here = tempfile::tempdir().unwrap();
    let offer = offer(here.path());
    page_offers(&call, &offer).await;
    let mut receiver = Receiver::new();
    // Of five pieces each group has, the eighth is other than it should be, and after 23 the page goes away.
    let faults = "sendFiles(offer, { spoil: 7, stop: 23 })";
    let (page, ended) = tokio::join!(call.page.evaluate(faults), receiver.receives(&call, &offer));
    assert_eq!(page.unwrap(), json!({ "word": "stopped" }));
    assert_eq!(ended, receive::Ended::Lane(LaneEnded::Closed));
    assert!(receiver.path("large.bin.part").exists() && !receiver.path("large.bin").exists());
    assert_eq!(receiver.memory.known[&0].root, Some(*blake3::hash(&bytes(LARGE, 1)).as_bytes()));
    let wanted = call.number("wanted.length").await;
    let (page, ended) =
        tokio::join!(call.page.evaluate("sendFiles(offer)"), receiver.receives(&call, &offer));
    assert_eq!((page.unwrap(), ended), (json!({ "word": "done" }), receive::Ended::Done));

    // The spoilt group was asked for by itself, and those that had come were not asked for again.
    let wants: Vec<(u32, u32, u32)> =
        serde_json::from_value(call.page.evaluate("wanted").await.unwrap()).unwrap();
    let again = &wants[usize::try_from(wanted).unwrap()..];
    assert!(again.contains(&(0, 1, 2)), "{wants:?}");
    assert!(!again.iter().any(|want| want.0 == 0 && want.1 == 0), "{wants:?}");
    assert_eq!(std::fs::read(receiver.path("large.bin")).unwrap(), bytes(LARGE, 1));
    assert_eq!(std::fs::read(receiver.path("Photos/a.jpg")).unwrap(), bytes(5000, 2));
    assert_eq!(std::fs::read(receiver.path("Photos/empty")).unwrap(), b"");
    assert!(receiver.path("Photos/none").is_dir());
    assert_eq!(std::fs::read_dir(receiver.ledgers.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_breaks_the_rules_loses_the_lane() {
    let call = linked().await;
    let here = tempfile::tempdir().unwrap();
    let offer = offer(here.path());
    page_offers(&call, &offer).await;
    // It sends what nobody asked for.
    let mut receiver = Receiver::new();
    let (page, ended) = tokio::join!(
        call.page.evaluate("sendFiles(offer, { unasked: true })"),
        receiver.receives(&call, &offer)
    );
    assert_eq!(page.unwrap(), json!({ "word": "closed" }));
    assert!(matches!(ended, receive::Ended::Lane(LaneEnded::Odd(_))), "{ended:?}");
    // It asks for a file that nobody offered.
    let asks = "async id => {
        const lane = await beginLane(laneName(id))
        await lane.hearWord()
        lane.tell({ word: 'want', file: 9, from: 0, to: 1 })
        return await lane.hearWord()
    }";
    let asked = [id()];
    let (page, (ended, _)) = tokio::join!(call.page_does(asks, &asked), async {
        sends(call.lane_of_page(1).await, &offer, Memory::default()).await
    });
    assert_eq!(page, json!({ "word": "closed" }));
    assert!(matches!(ended, send::Ended::Lane(LaneEnded::Odd(_))), "{ended:?}");
    // The link is as it was: an honest lane follows.
    let mut receiver = Receiver::new();
    let (page, ended) =
        tokio::join!(call.page.evaluate("sendFiles(offer)"), receiver.receives(&call, &offer));
    assert_eq!((page.unwrap(), ended), (json!({ "word": "done" }), receive::Ended::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_that_keep_to_no_rule_keep_nobody_from_sending() {
    let call = linked().await;
    let here = tempfile::tempdir().unwrap();
    let offer = offer(here.path());
    page_offers(&call, &offer).await;
    // More than a link takes, with frames that belong to nothing, marks out of turn, and names that are too long.
    let odd = "async () => {
        const odd = Array.from({ length: 20 }, () => pc.createDataChannel('lanes'))
        const ends = new Set()
        for (const one of odd) {
            one.onmessage = ({ data }) => data === 'end' && ends.add(one) && look()
            one.onopen = () => {
                for (const what of [new Uint8Array(60000), 'nonsense', 'end', '', 'begin ' + 'x'.repeat(60000)]) one.send(what)
            }
        }
        await when(() => ends.size === 16)
        for (const one of odd) for (const what of ['begin y', 'begin z', new Uint8Array(100)]) one.send(what)
        return ends.size
    }";
    assert_eq!(call.page_does(odd, &[]).await, 16);
    let mut receiver = Receiver::new();
    let (page, ended) =
        tokio::join!(call.page.evaluate("sendFiles(offer)"), receiver.receives(&call, &offer));
    assert_eq!((page.unwrap(), ended), (json!({ "word": "done" }), receive::Ended::Done));
    assert_eq!(std::fs::read(receiver.path("large.bin")).unwrap(), bytes(LARGE, 1));
}
