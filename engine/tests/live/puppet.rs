//! Someone who is led by hand: a further device of a person's, which signs in with their keys, has a link made to it by
//! ringing, and says on that link whatever a test wants. What it is told waits until the test asks for it.

use super::browser::Browser;
use super::kit::{Someone, Town};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use visavis_engine::api::KeyPlace;
use visavis_engine::call::signal::{Control, LinkSignal};
use visavis_engine::identity::envelope::{open, seal};
use visavis_engine::identity::{Identity, Stamp, Vault};
use visavis_engine::peer::{Link, LinkEvent, LinkOptions};
use visavis_signaling::protocol::{
    ClientMessage, DeviceId, KeyBundle, ServerMessage, Status, VERSION, sign_in_transcript,
};

const DEVICE: DeviceId = DeviceId([9; 16]);
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct Puppet {
    own: Identity,
    other: KeyBundle,
    socket: Option<WebSocketStream<TcpStream>>,
    counter: u64,
    end: Option<End>,
    theirs: Option<u64>,
    device_of_other: Option<DeviceId>,
    /// What was said on the link.
    words: VecDeque<Control>,
    /// Kept letters that came by the server: their number, and what they say.
    mail: VecDeque<(u64, Value)>,
}

fn micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64
}

impl Puppet {
    /// With the keys of one, to speak to the other.
    pub(crate) async fn sign_in(town: &Town, own: &Someone, other: &Someone) -> Self {
        let keys = |of: &Someone| {
            let vault = Vault::open(&of.folder, KeyPlace::File).unwrap();
            vault.load().unwrap().unwrap().0
        };
        let (own, other) = (keys(own), keys(other).bundle());
        let socket = Some(connect(town, &own).await);
        let (counter, theirs) = (micros(), None);
        let (words, mail) = (VecDeque::new(), VecDeque::new());
        Self { own, other, socket, counter, end: None, theirs, device_of_other: None, words, mail }
    }

    /// Signs in anew, after the server was away.
    pub(crate) async fn sign_in_again(&mut self, town: &Town) {
        self.socket = Some(connect(town, &self.own).await);
    }

    /// Has a link made by ringing, with an end of its own.
    pub(crate) async fn link(&mut self) {
        let options = LinkOptions::everywhere(self.is_polite(), vec![]);
        let (link, events) = Link::open(options).await.unwrap();
        self.end = Some(End::Own(link, events));
        self.ring().await;
        if let Some(End::Own(link, _)) = &self.end {
            link.negotiate();
        }
    }

    /// The same, with a page in a browser at the end.
    pub(crate) async fn link_page(&mut self) {
        let browser = Browser::open().await;
        self.end = Some(End::Page(browser));
        self.ring().await;
        let polite = self.is_polite();
        self.page().begin(polite).await;
    }

    /// The page at the end of the link.
    pub(crate) fn page(&self) -> &Browser {
        match &self.end {
            Some(End::Page(browser)) => browser,
            _ => panic!("no page"),
        }
    }

    fn is_polite(&self) -> bool {
        self.own.public() < self.other.sign
    }

    async fn ring(&mut self) {
        let call = format!("{:032x}", self.counter);
        self.send(json!({
            "type": "call", "call": call, "say": "ring", "picture": false, "at_ms": micros() / 1000,
        }))
        .await;
        while !self.step(|letter| letter["say"] == "ringing").await {}
    }

    /// Waits until something holds in the page, and deals meanwhile with what happens.
    pub(crate) async fn until_page(&mut self, condition: &str) {
        let holds = self.page().holds(condition);
        let mut holds = std::pin::pin!(holds);
        loop {
            tokio::select! {
                () = &mut holds => return,
                _ = self.step(|_| false) => {}
            }
        }
    }

    /// The link breaks: nothing more is said or heard on it.
    pub(crate) fn cut(&mut self) {
        self.end = None;
        self.words.clear();
    }

    pub(crate) fn say(&self, control: Value) {
        let control: Control = serde_json::from_value(control).unwrap();
        match &self.end {
            Some(End::Own(link, _)) => link.tell(control),
            _ => panic!("no link"),
        }
    }

    /// The next word on the link that is about letters, as it is written.
    pub(crate) async fn hear(&mut self) -> Value {
        loop {
            match self.words.pop_front() {
                Some(word @ (Control::Letter { .. } | Control::Have { .. } | Control::Typing)) => {
                    return serde_json::to_value(word).unwrap();
                }
                Some(_) => {}
                None => drop(self.step(|_| false).await),
            }
        }
    }

    /// The next kept letter that the server brings.
    pub(crate) async fn letter(&mut self) -> (u64, Value) {
        loop {
            match self.mail.pop_front() {
                Some(letter) => return letter,
                None => drop(self.step(|_| false).await),
            }
        }
    }

    /// Sends a live letter.
    async fn send(&mut self, letter: Value) {
        self.counter += 1;
        let stamp = Stamp { device: DEVICE, counter: self.counter, sent_at_ms: micros() / 1000 };
        let payload = json!({ "number": 0, "letter": letter }).to_string();
        let envelope = seal(&self.own, &self.other, stamp, payload.as_bytes()).unwrap();
        let (id, to) = (1, self.other.sign);
        if let Some(socket) = &mut self.socket {
            say(socket, &ClientMessage::Send { id, to, envelope, keep: false }).await;
        }
    }

    /// Waits for what happens next; whether it was such a live letter.
    async fn step(&mut self, wanted: impl Fn(&Value) -> bool) -> bool {
        let (end, socket) = (&mut self.end, &mut self.socket);
        let event = async {
            match end {
                Some(end) => end.next().await,
                None => std::future::pending().await,
            }
        };
        let frame = async {
            match socket {
                Some(socket) => socket.next().await,
                None => std::future::pending().await,
            }
        };
        let happens = async {
            tokio::select! {
                event = event => Happened::Link(event),
                frame = frame => Happened::Server(frame.and_then(Result::ok)),
            }
        };
        match tokio::time::timeout(LIMIT, happens).await.expect("something to happen") {
            Happened::Link(LinkEvent::Signal(signal)) => {
                let mut letter = serde_json::to_value(signal).unwrap();
                letter["type"] = json!("link");
                letter["device"] = json!(self.device_of_other.expect("somebody who rings"));
                letter["from"] = json!(77);
                letter["to"] = json!(self.theirs);
                self.send(letter).await;
                false
            }
            Happened::Link(LinkEvent::Control(control)) => {
                self.words.push_back(control);
                false
            }
            Happened::Server(Some(Message::Text(text))) => {
                match serde_json::from_str(&text).unwrap() {
                    ServerMessage::Deliver { envelope, mail, .. } => {
                        let wanted = self.opened(&envelope, wanted).await;
                        if let (Some(mail), Some(socket)) = (mail, &mut self.socket) {
                            say(socket, &ClientMessage::Acknowledge { mail }).await;
                        }
                        wanted
                    }
                    _ => false,
                }
            }
            Happened::Server(None | Some(Message::Close(_))) => {
                self.socket = None;
                false
            }
            Happened::Link(_) | Happened::Server(_) => false,
        }
    }

    async fn opened(&mut self, envelope: &str, wanted: impl Fn(&Value) -> bool) -> bool {
        let opened = open(&self.own, &self.other, envelope).unwrap();
        let mut enclosed: Value = serde_json::from_slice(&opened.payload).unwrap();
        let letter = enclosed["letter"].take();
        if enclosed["number"] != 0 {
            self.mail.push_back((enclosed["number"].as_u64().unwrap(), letter));
            return false;
        }
        self.device_of_other = Some(opened.stamp.device);
        if letter["type"] == "link" && letter["device"] == json!(DEVICE) {
            self.theirs = letter["from"].as_u64();
            let signal: LinkSignal = serde_json::from_value(letter.clone()).unwrap();
            if let Some(end) = &self.end {
                end.take(signal).await;
            }
        }
        wanted(&letter)
    }
}

/// The puppet's end of the link.
enum End {
    Own(Link, mpsc::Receiver<LinkEvent>),
    Page(Browser),
}

impl End {
    async fn take(&self, signal: LinkSignal) {
        match self {
            Self::Own(link, _) => link.take(signal),
            Self::Page(browser) => browser.take(&signal).await,
        }
    }

    async fn next(&mut self) -> LinkEvent {
        match self {
            Self::Own(_, events) => events.recv().await.expect("a link that goes on"),
            Self::Page(browser) => LinkEvent::Signal(browser.signal().await),
        }
    }
}

/// What happens to a puppet.
enum Happened {
    Link(LinkEvent),
    Server(Option<Message>),
}

async fn say(socket: &mut WebSocketStream<TcpStream>, message: &ClientMessage) {
    // A server that is gone hears nothing.
    drop(socket.send(Message::text(serde_json::to_string(message).unwrap())).await);
}

async fn connect(town: &Town, own: &Identity) -> WebSocketStream<TcpStream> {
    let server = "127.0.0.1".to_owned();
    let tcp = TcpStream::connect((server.as_str(), town.port)).await.unwrap();
    let url = format!("ws://127.0.0.1:{}/visavis", town.port);
    let mut socket = tokio_tungstenite::client_async(url, tcp).await.unwrap().0;
    let (key, software) = (own.public(), "puppet".to_owned());
    let hello = ClientMessage::Hello { version: VERSION, key, device: DEVICE, software };
    say(&mut socket, &hello).await;
    loop {
        let Some(Ok(Message::Text(text))) = socket.next().await else { continue };
        match serde_json::from_str(&text).unwrap() {
            ServerMessage::Challenge { nonce, .. } => {
                let signature = own.sign(&sign_in_transcript(&server, &nonce, &key, &DEVICE));
                let (bundle, status, invite) = (own.bundle(), Status::default(), None);
                let server = server.clone();
                let prove = ClientMessage::Prove { signature, bundle, server, invite, status };
                say(&mut socket, &prove).await;
            }
            ServerMessage::Welcome { .. } => return socket,
            other => panic!("{other:?}"),
        }
    }
}
