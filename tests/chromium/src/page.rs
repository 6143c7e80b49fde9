//! One page of the browser: what is evaluated in it, what it calls, what it says on its console, and its picture.

use crate::Fault;
use crate::wire::{Hears, Wire};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};

/// Lines of the console that are kept; the oldest go first.
const KEPT: usize = 200;

/// A page. It stays open until the browser ends or [`Page::close`].
pub struct Page {
    wire: Wire,
    target: String,
    session: String,
    ear: Arc<Ear>,
    loaded: watch::Receiver<String>,
}

/// What the page calls by a name that it was given, in order.
#[derive(Debug)]
pub struct Calls {
    waiting: mpsc::Receiver<Value>,
    missed: Arc<AtomicU64>,
}

impl Calls {
    /// The next, as the page said it: text that is JSON is read. Waits for it.
    ///
    /// # Errors
    /// The page is gone, or some were missed because nobody took those before.
    pub async fn next(&mut self) -> Result<Value, Fault> {
        match self.missed.load(Ordering::Relaxed) {
            0 => self.waiting.recv().await.ok_or_else(|| Fault::Gone("the page".to_owned())),
            missed => Err(Fault::Missed(missed)),
        }
    }
}

/// Where calls by a name go, and how many there was no room for.
type Taker = (mpsc::Sender<Value>, Arc<AtomicU64>);

/// Hears what happens in the page.
struct Ear {
    main: String,
    loads: watch::Sender<String>,
    console: Mutex<VecDeque<String>>,
    calls: Mutex<HashMap<String, Taker>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ear {
    fn note(&self, line: String) {
        let mut console = lock(&self.console);
        if console.len() == KEPT {
            console.pop_front();
        }
        console.push_back(line);
    }
}

impl Hears for Ear {
    fn hear(&self, event: &str, what: &Value) {
        match event {
            "Page.lifecycleEvent" if what["name"] == "load" && what["frameId"] == self.main => {
                let loader = what["loaderId"].as_str().unwrap_or_default().to_owned();
                self.loads.send_replace(loader);
            }
            "Runtime.bindingCalled" => {
                let said = what["payload"].as_str().unwrap_or_default();
                let value = serde_json::from_str(said).unwrap_or_else(|_| said.into());
                let calls = lock(&self.calls);
                let taker = what["name"].as_str().and_then(|name| calls.get(name));
                if let Some((taker, missed)) = taker
                    && let Err(mpsc::error::TrySendError::Full(_)) = taker.try_send(value)
                {
                    missed.fetch_add(1, Ordering::Relaxed);
                }
            }
            "Runtime.consoleAPICalled" => {
                let words = what["args"].as_array().into_iter().flatten();
                let words: Vec<_> = words
                    .map(|word| match &word["value"] {
                        Value::String(text) => text.clone(),
                        Value::Null => word["description"].as_str().unwrap_or("null").to_owned(),
                        value => value.to_string(),
                    })
                    .collect();
                let kind = what["type"].as_str().unwrap_or_default();
                self.note(format!("{kind}: {}", words.join(" ")));
            }
            "Runtime.exceptionThrown" => {
                self.note(format!("thrown: {}", thrown(&what["exceptionDetails"])));
            }
            _ => {}
        }
    }
}

/// What was thrown, in words.
fn thrown(details: &Value) -> String {
    let exception = &details["exception"];
    let described = exception["description"].as_str().map(str::to_owned);
    let value = || exception.get("value").map(Value::to_string);
    let text = || details["text"].as_str().unwrap_or_default().to_owned();
    described.or_else(value).unwrap_or_else(text)
}

impl Page {
    /// Makes an empty page in a browser.
    pub(crate) async fn make(wire: Wire) -> Result<Self, Fault> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let made = wire.tell(None, "Target.createTarget", json!({ "url": "about:blank" })).await?;
        let target = text(&made["targetId"]);
        let with = json!({ "targetId": target, "flatten": true });
        let joined = wire.tell(None, "Target.attachToTarget", with).await?;
        let session = text(&joined["sessionId"]);
        let (loads, loaded) = watch::channel(String::new());
        // The main frame of a page has the page's own name.
        let (console, calls) = (Mutex::default(), Mutex::default());
        let ear = Arc::new(Ear { main: target.clone(), loads, console, calls });
        let hears: Arc<dyn Hears> = Arc::clone(&ear) as Arc<dyn Hears>;
        wire.listen(session.clone(), Arc::downgrade(&hears)).await?;
        let page = Self { wire, target, session, ear, loaded };
        page.tell("Page.enable", json!({})).await?;
        page.tell("Page.setLifecycleEventsEnabled", json!({ "enabled": true })).await?;
        page.tell("Runtime.enable", json!({})).await?;
        Ok(page)
    }

    /// Gives any order of the DevTools protocol to the page.
    ///
    /// # Errors
    /// It is refused, or the browser is gone.
    pub async fn tell(&self, order: &'static str, with: Value) -> Result<Value, Fault> {
        self.wire.tell(Some(&self.session), order, with).await
    }

    /// Goes to an address, and waits until it is loaded with all that belongs to it.
    ///
    /// # Errors
    /// There is nothing at this address, or the browser is gone.
    pub async fn go(&self, address: &str) -> Result<(), Fault> {
        let went = self.tell("Page.navigate", json!({ "url": address })).await?;
        if let Some(why) = went["errorText"].as_str() {
            return Err(Fault::Refused(address.to_owned(), why.to_owned()));
        }
        let loader = went["loaderId"].as_str().unwrap_or_default();
        let mut loaded = self.loaded.clone();
        let arrived = loaded.wait_for(|now| now == loader).await;
        arrived.map_err(|_| Fault::Gone(address.to_owned()))?;
        Ok(())
    }

    /// Evaluates an expression, as if the user had just clicked; of a promise, what it comes to.
    ///
    /// # Errors
    /// It throws, or the browser is gone.
    pub async fn evaluate(&self, expression: &str) -> Result<Value, Fault> {
        let with = json!({
            "expression": expression,
            "awaitPromise": true,
            "returnByValue": true,
            "userGesture": true,
        });
        let mut done = self.tell("Runtime.evaluate", with).await?;
        match done.get("exceptionDetails") {
            Some(details) => Err(Fault::Thrown(thrown(details))),
            None => Ok(done["result"]["value"].take()),
        }
    }

    /// Calls a function of the page's; of a promise, what it comes to.
    ///
    /// # Errors
    /// It throws, or the browser is gone.
    pub async fn call(&self, function: &str, with: &[Value]) -> Result<Value, Fault> {
        let with: Vec<_> = with.iter().map(Value::to_string).collect();
        self.evaluate(&format!("({function})({})", with.join(", "))).await
    }

    /// Gives the page a function of this name, in this document and all after it. It takes one text; what it is
    /// called with comes out here. With more than `room` calls waiting, further ones are missed, and taking the
    /// next is an error from then on.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn calls(&self, name: &str, room: usize) -> Result<Calls, Fault> {
        let (taker, waiting) = mpsc::channel(room);
        let missed = Arc::new(AtomicU64::new(0));
        lock(&self.ear.calls).insert(name.to_owned(), (taker, Arc::clone(&missed)));
        self.tell("Runtime.addBinding", json!({ "name": name })).await?;
        Ok(Calls { waiting, missed })
    }

    /// What the page said on its console of late, and what it threw.
    pub fn console(&self) -> Vec<String> {
        lock(&self.ear.console).iter().cloned().collect()
    }

    /// How the page looks, as a PNG.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn picture(&self) -> Result<Vec<u8>, Fault> {
        let order = "Page.captureScreenshot";
        let taken = self.tell(order, json!({ "format": "png" })).await?;
        let data = taken["data"].as_str().unwrap_or_default();
        STANDARD.decode(data).map_err(|error| Fault::Refused(order.to_owned(), error.to_string()))
    }

    /// Closes the page.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn close(self) -> Result<(), Fault> {
        let with = json!({ "targetId": self.target });
        self.wire.tell(None, "Target.closeTarget", with).await.map(drop)
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Page({})", self.target)
    }
}
