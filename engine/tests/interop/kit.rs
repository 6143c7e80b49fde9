//! A call between a link of this side's and a page in a browser: what carries their signals, and what waits until
//! something is seen, heard or said. Waiting is for a change, never for time to pass; the limit only ends a test
//! that would hang, and shows how things stood.

use crate::media::{Devices, Eyes, Heard, OUR_TONE, Sight};
use serde_json::{Value, json};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use visavis_chromium::{Calls, Chromium, Options, Page, Pages};
use visavis_engine::call::signal::{Candidate, LinkSignal};
use visavis_engine::media::coded::PictureFormat;
use visavis_engine::peer::{Link, LinkEvent, LinkFigures, LinkOptions};

const LIMIT: Duration = Duration::from_secs(50);
/// The tone that the browser's microphone hears.
pub(crate) const THEIR_TONE: f32 = 600.0;

/// Where a signal goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    Browser,
    Us,
}

/// What becomes of a candidate on its way.
pub(crate) type Way = Arc<dyn Fn(To, Candidate) -> Option<Candidate> + Send + Sync>;

/// How a call is to be.
pub(crate) struct Plan {
    pub(crate) link: LinkOptions,
    /// Whether the browser makes the first offer.
    pub(crate) browser_offers: bool,
    /// Which formats the browser takes, by name; all without.
    pub(crate) formats: Option<Vec<&'static str>>,
    /// Width, height and pictures a second of the browser's camera; none for a browser that only looks.
    pub(crate) camera: Option<[u32; 3]>,
    /// The browser's `RTCConfiguration`.
    pub(crate) configuration: Value,
    pub(crate) way: Way,
}

impl Plan {
    /// A call of sound and pictures on this computer.
    pub(crate) fn new(browser_offers: bool) -> Self {
        let udp = vec!["127.0.0.1:0".to_owned()];
        let link = LinkOptions { udp, tcp: vec![], ..LinkOptions::everywhere(true, vec![]) };
        Self {
            link,
            browser_offers,
            formats: None,
            camera: Some([640, 360, 30]),
            configuration: json!({}),
            way: Arc::new(|_, candidate| is_here(&candidate).then_some(candidate)),
        }
    }

    /// The same with one format alone on this side.
    pub(crate) fn only(mut self, format: PictureFormat) -> Self {
        self.link.formats = vec![format];
        self
    }
}

/// Whether a candidate is on this computer.
pub(crate) fn is_here(candidate: &Candidate) -> bool {
    candidate.candidate.split(' ').nth(4) == Some("127.0.0.1")
}

/// A call with a browser. Dropping it ends both.
pub(crate) struct Call {
    pub(crate) page: Arc<Page>,
    pub(crate) link: Arc<Link>,
    pub(crate) eyes: Arc<Eyes>,
    events: watch::Receiver<Vec<LinkEvent>>,
    sights: watch::Receiver<Sight>,
    hears: watch::Receiver<Heard>,
    devices: Option<Devices>,
    carrier: JoinHandle<()>,
    // Last: what the others speak to.
    _pages: Pages,
    _chromium: Chromium,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}

impl Call {
    /// Both are there, and nobody has said anything yet.
    pub(crate) async fn prepare(plan: &Plan) -> Self {
        let pages = Pages::serve([
            ("/", "text/html", include_str!("page.html")),
            ("/barcode.js", "text/javascript", include_str!("barcode.js")),
            ("/media.js", "text/javascript", include_str!("media.js")),
            ("/peer.js", "text/javascript", include_str!("peer.js")),
            ("/blake3.js", "text/javascript", include_str!("blake3.js")),
            ("/lanes.js", "text/javascript", include_str!("lanes.js")),
        ]);
        let pages = pages.await.unwrap();
        let chromium = Chromium::start(Options::default()).await.unwrap();
        let page = Arc::new(chromium.open(&pages.address("/")).await.unwrap());
        let told = page.calls("told", 1024).await.unwrap();
        let (link, reports) = Link::open(plan.link.clone()).await.unwrap();
        let link = Arc::new(link);
        let (eyes, sights, hears) = Eyes::open(link.feed());
        link.set_sink(Some(Arc::clone(&eyes) as _));
        let (log, events) = watch::channel(Vec::new());
        let carrier = Carrier {
            link: Arc::clone(&link),
            page: Arc::clone(&page),
            way: Arc::clone(&plan.way),
            log,
        };
        Self {
            page,
            link,
            eyes,
            events,
            sights,
            hears,
            devices: None,
            carrier: tokio::spawn(carrier.work(reports, told)),
            _pages: pages,
            _chromium: chromium,
        }
    }

    /// Somebody calls.
    pub(crate) async fn begin(&self, plan: &Plan) {
        let wishes = json!({
            "offers": plan.browser_offers,
            "polite": !plan.link.polite,
            "configuration": plan.configuration,
            "formats": plan.formats.as_ref().map(|names| {
                names.iter().map(|name| format!("video/{name}")).collect::<Vec<_>>()
            }),
            "camera": plan.camera,
            "hz": THEIR_TONE,
        });
        self.page.call("begin", &[wishes]).await.unwrap();
        if !plan.browser_offers {
            self.link.negotiate();
        }
    }

    /// A call in which both are connected, film and hum.
    pub(crate) async fn on(plan: Plan) -> Self {
        let mut call = Self::prepare(&plan).await;
        call.begin(&plan).await;
        call.connected(1).await;
        call.open_devices();
        call
    }

    /// Waits until the path has come up so often on this side, and is up on the other.
    pub(crate) async fn connected(&self, times: usize) {
        let count = |events: &[LinkEvent]| {
            events.iter().filter(|event| **event == LinkEvent::Connected).count()
        };
        self.events("the path comes up", |events| count(events) >= times).await;
        self.holds("pc.connectionState === 'connected'").await;
    }

    pub(crate) fn open_devices(&mut self) {
        self.devices = Some(Devices::open(&self.link.feed(), &self.eyes));
    }

    /// Waits for what happens; shows how things stand where it does not.
    pub(crate) async fn wait<T>(&self, what: &str, happens: impl Future<Output = T>) -> T {
        match tokio::time::timeout(LIMIT, Box::pin(happens)).await {
            Ok(happened) => happened,
            Err(_) => panic!("{what}: it does not happen\n{}", self.standing().await),
        }
    }

    async fn standing(&self) -> String {
        let look = "JSON.stringify({ seen, heard, states, said, state: pc?.connectionState, camera: camera.number, channels: channels.length, control: control?.readyState })";
        let page = tokio::time::timeout(Duration::from_secs(5), self.page.evaluate(look)).await;
        format!(
            "page: {page:?}\nconsole: {:#?}\nfigures: {:?}\nseen: {:?}\nheard: {:?}\nevents: {:?}\ndecoded: {:?}",
            self.page.console(),
            self.link.figures(),
            *self.sights.borrow(),
            *self.hears.borrow(),
            self.events
                .borrow()
                .iter()
                .filter(|event| !matches!(event, LinkEvent::Signal(_)))
                .collect::<Vec<_>>(),
            self.eyes.statistics(),
        )
    }

    /// Waits until something holds in the page.
    pub(crate) async fn holds(&self, condition: &str) {
        let condition = format!("when(() => {condition})");
        self.wait(&condition, async { self.page.evaluate(&condition).await.unwrap() }).await;
    }

    /// The same for a promise; it is looked at with each picture and each beat of the page.
    pub(crate) async fn holds_later(&self, promise: &str) {
        self.wait(promise, async {
            while self.page.evaluate(promise).await.unwrap() != true {
                self.page.evaluate("beat()").await.unwrap();
            }
        })
        .await;
    }

    /// Waits until something stands in what the link has reported.
    pub(crate) async fn events(&self, what: &str, holds: impl Fn(&[LinkEvent]) -> bool) {
        let mut events = self.events.clone();
        self.wait(what, async { drop(events.wait_for(|all| holds(all)).await.unwrap()) }).await;
    }

    /// What the link has reported so far.
    pub(crate) fn reported(&self) -> Vec<LinkEvent> {
        self.events.borrow().clone()
    }

    /// What was seen of the browser so far.
    pub(crate) fn sight(&self) -> Sight {
        self.sights.borrow().clone()
    }

    /// Waits until so many more pictures of the browser's were read here, each later than those before.
    pub(crate) async fn we_see(&self, more: u64) -> Sight {
        let before = self.sight();
        let mut sights = self.sights.clone();
        let seen = self
            .wait("we see the browser", async {
                let enough = |sight: &Sight| sight.readable >= before.readable + more;
                sights.wait_for(enough).await.unwrap().clone()
            })
            .await;
        assert_eq!(seen.backwards, before.backwards, "pictures came out of order");
        let drawn = self.number("camera.number").await;
        let number = u64::from(seen.last.unwrap().number);
        assert!(number > before.last.map_or(0, |last| last.number.into()) && number <= drawn);
        seen
    }

    /// Waits until so many more of this side's pictures were read in the page, each later than those before.
    pub(crate) async fn they_see(&self, more: u64) {
        let before = self.number("seen.readable").await;
        let last = self.page.evaluate("seen.number").await.unwrap().as_i64().unwrap();
        self.holds(&format!("seen.readable >= {}", before + more)).await;
        assert!(self.page.evaluate("seen.number").await.unwrap().as_i64().unwrap() > last);
        assert_eq!(self.number("seen.backwards").await, 0, "pictures came out of order");
    }

    /// Waits until both see each other, anew.
    pub(crate) async fn both_see(&self, more: u64) {
        tokio::join!(self.we_see(more), self.they_see(more));
    }

    /// Waits until the browser's tone is heard here; and nothing, if it is silent.
    pub(crate) async fn we_hear(&self, tone: bool) {
        let mut hears = self.hears.clone();
        let holds = |heard: &Heard| match tone {
            true => (heard.hz - THEIR_TONE).abs() < 10.0 && heard.loud > 0.1,
            false => heard.loud < 0.001,
        };
        self.wait("we hear the browser", async { drop(hears.wait_for(holds).await.unwrap()) })
            .await;
    }

    /// Waits until this side's tone is heard in the page.
    pub(crate) async fn they_hear(&self) {
        self.holds(&format!("Math.abs(heard.hz - {OUR_TONE}) < 10")).await;
    }

    /// Waits until both hear each other.
    pub(crate) async fn both_hear(&self) {
        tokio::join!(self.we_hear(true), self.they_hear());
    }

    /// A number in the page.
    pub(crate) async fn number(&self, expression: &str) -> u64 {
        let value = self.page.evaluate(expression).await.unwrap();
        value.as_f64().unwrap_or_else(|| panic!("{expression} is {value}")) as u64
    }

    /// Waits until the link's figures, looked at with each picture that comes, are as they should be.
    pub(crate) async fn figures(
        &self,
        what: &str,
        holds: impl Fn(&LinkFigures) -> bool,
    ) -> LinkFigures {
        let mut hears = self.hears.clone();
        self.wait(what, async {
            loop {
                let figures = self.link.figures();
                if holds(&figures) {
                    return figures;
                }
                hears.changed().await.unwrap();
            }
        })
        .await
    }
}

/// Carries signals between the two ends, and keeps what the link reports besides.
struct Carrier {
    link: Arc<Link>,
    page: Arc<Page>,
    way: Way,
    log: watch::Sender<Vec<LinkEvent>>,
}

impl Carrier {
    async fn work(self, mut reports: tokio::sync::mpsc::Receiver<LinkEvent>, mut told: Calls) {
        loop {
            tokio::select! {
                event = reports.recv() => {
                    let Some(event) = event else { return };
                    if let LinkEvent::Signal(signal) = &event
                        && let Some(signal) = self.pass(To::Browser, signal.clone())
                        && let Err(fault) = self.page.call("take", &[json!(signal)]).await
                    {
                        eprintln!("the page does not take {signal:?}: {fault}");
                    }
                    self.log.send_modify(|log| log.push(event));
                }
                said = told.next() => {
                    let Ok(mut said) = said else { return };
                    let signal = serde_json::from_value(said["signal"].take()).unwrap();
                    if let Some(signal) = self.pass(To::Us, signal) {
                        self.link.take(signal);
                    }
                }
            }
        }
    }

    /// Only candidates that are sent as such are carried, each as the way has it.
    fn pass(&self, to: To, signal: LinkSignal) -> Option<LinkSignal> {
        match signal {
            LinkSignal::Description { kind, sdp } => {
                let lines = sdp.split_inclusive("\r\n");
                let sdp = lines.filter(|line| !line.starts_with("a=candidate:")).collect();
                Some(LinkSignal::Description { kind, sdp })
            }
            LinkSignal::Candidates { candidates } => {
                let passed = candidates.into_iter().filter_map(|one| (self.way)(to, one));
                let candidates: Vec<_> = passed.collect();
                (!candidates.is_empty()).then_some(LinkSignal::Candidates { candidates })
            }
            other => Some(other),
        }
    }
}
