//! A page in a real browser at one end of a link, where the other end is a whole engine: what carries its signals, and
//! what waits until something holds in it. Its scripts know the documents alone; they are `tests/interop`'s.

use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use visavis_chromium::{Calls, Chromium, Options, Page, Pages};
use visavis_engine::call::signal::LinkSignal;

const LIMIT: Duration = Duration::from_secs(50);

pub(crate) struct Browser {
    page: Arc<Page>,
    told: Calls,
    // Last: what the others speak to.
    _pages: Pages,
    _chromium: Chromium,
}

impl Browser {
    pub(crate) async fn open() -> Self {
        let html = "<!doctype html><meta charset=\"utf-8\" />
            <video id=\"screen\" autoplay playsinline></video><canvas id=\"lens\"></canvas>
            <script src=\"/barcode.js\"></script><script src=\"/media.js\"></script>
            <script src=\"/peer.js\"></script><script src=\"/letters.js\"></script>";
        let pages = Pages::serve([
            ("/", "text/html", html),
            ("/barcode.js", "text/javascript", include_str!("../interop/barcode.js")),
            ("/media.js", "text/javascript", include_str!("../interop/media.js")),
            ("/peer.js", "text/javascript", include_str!("../interop/peer.js")),
            ("/letters.js", "text/javascript", include_str!("../interop/letters.js")),
        ]);
        let pages = pages.await.unwrap();
        let chromium = Chromium::start(Options::default()).await.unwrap();
        let page = Arc::new(chromium.open(&pages.address("/")).await.unwrap());
        let told = page.calls("told", 1024).await.unwrap();
        Self { page, told, _pages: pages, _chromium: chromium }
    }

    /// The page makes an offer.
    pub(crate) async fn begin(&self, polite: bool) {
        let wishes = json!({
            "offers": true, "polite": polite, "configuration": {}, "formats": null, "camera": null,
            "hz": 600,
        });
        self.page.call("begin", &[wishes]).await.unwrap();
    }

    /// The page's next signal.
    pub(crate) async fn signal(&mut self) -> LinkSignal {
        let mut said = self.told.next().await.unwrap();
        serde_json::from_value(said["signal"].take()).unwrap()
    }

    pub(crate) async fn take(&self, signal: &LinkSignal) {
        self.page.call("take", &[json!(signal)]).await.unwrap();
    }

    pub(crate) async fn call(&self, function: &str, with: &[Value]) -> Value {
        self.page.call(function, with).await.unwrap()
    }

    /// Waits until something holds in the page; by itself, so that others can go on with this end.
    pub(crate) fn holds(&self, condition: &str) -> impl Future<Output = ()> + use<> {
        let (page, condition) = (Arc::clone(&self.page), format!("when(() => {condition})"));
        async move {
            let look = "JSON.stringify({ letters, said, states })";
            match tokio::time::timeout(LIMIT, page.evaluate(&condition)).await {
                Ok(held) => drop(held.unwrap()),
                Err(_) => panic!(
                    "{condition}: it does not happen\n{:?}\n{:#?}",
                    page.evaluate(look).await,
                    page.console()
                ),
            }
        }
    }
}
