//! A server that lies: it stands between an engine and the real server and alters, replays, reorders, redirects
//! or forges what it passes on, or swaps keys. Each is found out, and nothing of it is believed.

use super::kit::{Someone, Town, befriend, contact};
use futures_util::{SinkExt, StreamExt};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use visavis_engine::api::{Code, Command, Event, KeyPlace, Presence, PublicKey, Reply, State};
use visavis_engine::identity::envelope::seal;
use visavis_engine::identity::{Identity, Stamp, Vault};
use visavis_signaling::protocol::{DeviceId, KeyBundle, SealKey, ServerMessage};

type Lie = Box<dyn FnMut(ServerMessage) -> Vec<ServerMessage> + Send>;

/// Stands between one engine and the server. It is honest until it is told to lie.
#[derive(Clone)]
pub(crate) struct Liar {
    pub(crate) port: u16,
    lie: Arc<Mutex<Lie>>,
}

impl Liar {
    pub(crate) async fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lie: Arc<Mutex<Lie>> = Arc::new(Mutex::new(Box::new(|message| vec![message])));
        let told = Arc::clone(&lie);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let told = Arc::clone(&told);
                tokio::spawn(async move {
                    let client = tokio_tungstenite::accept_async(socket).await.unwrap();
                    let url = format!("ws://127.0.0.1:{server}/visavis");
                    let tcp = tokio::net::TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                    let (real, _) = tokio_tungstenite::client_async(url, tcp).await.unwrap();
                    let (mut to_client, mut from_client) = client.split();
                    let (mut to_real, mut from_real) = real.split();
                    let up = async {
                        while let Some(Ok(frame)) = from_client.next().await {
                            if to_real.send(frame).await.is_err() {
                                return;
                            }
                        }
                    };
                    let down = async {
                        while let Some(Ok(frame)) = from_real.next().await {
                            let Message::Text(text) = frame else { continue };
                            let message = serde_json::from_str(&text).unwrap();
                            let said = (told.lock().unwrap())(message);
                            for message in said {
                                let text = serde_json::to_string(&message).unwrap();
                                if to_client.send(Message::text(text)).await.is_err() {
                                    return;
                                }
                            }
                        }
                    };
                    tokio::select! { () = up => {}, () = down => {} }
                });
            }
        });
        Self { port, lie }
    }

    pub(crate) fn lies(
        &self,
        lie: impl FnMut(ServerMessage) -> Vec<ServerMessage> + Send + 'static,
    ) {
        *self.lie.lock().unwrap() = Box::new(lie);
    }

    pub(crate) fn is_honest(&self) {
        self.lies(|message| vec![message]);
    }
}

/// Ana reaches the server by way of a liar; Bo doesn't.
pub(crate) async fn town_with_a_liar() -> (Town, Liar, Someone, Someone) {
    let town = Town::open().await;
    let liar = Liar::before(town.port).await;
    let mut ana = town.settle_at("ana", liar.port).await;
    let mut bo = town.settle("bo").await;
    befriend(&mut ana, &mut bo).await;
    (town, liar, ana, bo)
}

pub(crate) fn found_out(state: &State) -> Option<&str> {
    let trouble = state.troubles.iter().find(|error| error.code == Code::EnvelopeRefused)?;
    assert_eq!(trouble.detail["name"], "BO of town");
    Some(&trouble.detail["how"])
}

async fn wave(bo: &mut Someone, ana: PublicKey) {
    let delivered = Ok(Reply::Waved { delivered: true });
    assert_eq!(bo.tell(Command::Wave { key: ana }).await, delivered);
}

/// Bo waves while the liar lies, then once more while it is honest: only the second wave is seen.
async fn only_the_honest_wave_arrives(liar: &Liar, ana: &mut Someone, bo: &mut Someone, how: &str) {
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    wave(bo, ana_key).await;
    ana.until(|state| found_out(state) == Some(how)).await;
    liar.is_honest();
    wave(bo, ana_key).await;
    ana.wave_from(&bo_key).await;
    assert_eq!(ana.count(|event| matches!(event, Event::WaveReceived { .. })), 0);
}

#[tokio::test]
async fn an_altered_envelope_is_found_out() {
    let (_town, liar, mut ana, mut bo) = town_with_a_liar().await;
    liar.lies(|mut message| {
        if let ServerMessage::Deliver { envelope, .. } = &mut message {
            let middle = envelope.len() / 2;
            let other = if envelope.as_bytes()[middle] == b'A' { "B" } else { "A" };
            envelope.replace_range(middle..=middle, other);
        }
        vec![message]
    });
    only_the_honest_wave_arrives(&liar, &mut ana, &mut bo, "forged").await;
}

#[tokio::test]
async fn a_forged_envelope_is_found_out() {
    let (_town, liar, mut ana, mut bo) = town_with_a_liar().await;
    let mallory = Identity::generate();
    let ana_key = ana.key().await;
    let bundle = Arc::new(Mutex::new(None::<KeyBundle>));
    // The liar learns Ana's bundle as any server does: from what it tells Bo's side of her.
    let ana_identity = Vault::open(&ana.folder, KeyPlace::File).unwrap().load().unwrap().unwrap().0;
    assert_eq!(ana_identity.public(), ana_key);
    *bundle.lock().unwrap() = Some(ana_identity.bundle());
    liar.lies(move |mut message| {
        if let ServerMessage::Deliver { envelope, .. } = &mut message {
            let stamp = Stamp { device: DeviceId([9; 16]), counter: 1 << 40, sent_at_ms: 1 };
            let letter = br#"{"number":99,"letter":{"type":"wave"}}"#;
            let to = bundle.lock().unwrap().unwrap();
            *envelope = seal(&mallory, &to, stamp, letter).unwrap();
        }
        vec![message]
    });
    only_the_honest_wave_arrives(&liar, &mut ana, &mut bo, "forged").await;
}

#[tokio::test]
async fn a_replayed_envelope_is_found_out() {
    let (_town, liar, mut ana, mut bo) = town_with_a_liar().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    liar.lies(|message| {
        let mut again = message.clone();
        match &mut again {
            ServerMessage::Deliver { mail, .. } => {
                *mail = mail.map(|mail| mail + 1_000);
                vec![message, again]
            }
            _ => vec![message],
        }
    });
    wave(&mut bo, ana_key).await;
    ana.wave_from(&bo_key).await;
    ana.until(|state| found_out(state) == Some("replayed")).await;
    assert_eq!(ana.count(|event| matches!(event, Event::WaveReceived { .. })), 0);
}

#[tokio::test]
async fn reordered_envelopes_are_found_out() {
    let (_town, liar, mut ana, mut bo) = town_with_a_liar().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    let mut held = None;
    liar.lies(move |message| match (&message, held.take()) {
        (ServerMessage::Deliver { .. }, None) => {
            held = Some(message);
            vec![]
        }
        (ServerMessage::Deliver { .. }, Some(earlier)) => vec![message, earlier],
        (_, earlier) => {
            held = earlier;
            vec![message]
        }
    });
    wave(&mut bo, ana_key).await;
    wave(&mut bo, ana_key).await;
    ana.wave_from(&bo_key).await;
    ana.until(|state| found_out(state) == Some("reordered")).await;
    assert_eq!(ana.count(|event| matches!(event, Event::WaveReceived { .. })), 0);
}

#[tokio::test]
async fn a_redirected_envelope_is_found_out() {
    let (town, liar, mut ana, mut bo) = town_with_a_liar().await;
    let mut chen = town.settle("chen").await;
    befriend(&mut chen, &mut bo).await;
    // What Bo writes to Chen is delivered to Ana in place of what he writes to her.
    let for_chen = Arc::new(Mutex::new(None::<String>));
    let spy = Liar::before(town.port).await;
    let caught = Arc::clone(&for_chen);
    spy.lies(move |message| {
        if let ServerMessage::Deliver { envelope, .. } = &message {
            *caught.lock().unwrap() = Some(envelope.clone());
        }
        vec![message]
    });
    let choice = super::kit::at(spy.port);
    chen.tell(Command::UseServer { choice, invite: None }).await.unwrap();
    chen.presence(&bo.key().await, Presence::Online).await;
    let chen_key = chen.key().await;
    wave(&mut bo, chen_key).await;
    chen.wave_from(&bo.key().await).await;
    let redirected = for_chen.lock().unwrap().clone().expect("an envelope for Chen");
    liar.lies(move |mut message| {
        if let ServerMessage::Deliver { envelope, .. } = &mut message {
            envelope.clone_from(&redirected);
        }
        vec![message]
    });
    only_the_honest_wave_arrives(&liar, &mut ana, &mut bo, "forged").await;
}

#[tokio::test]
async fn a_swapped_sealing_key_is_not_believed() {
    let town = Town::open().await;
    let liar = Liar::before(town.port).await;
    let mut ana = town.settle_at("ana", liar.port).await;
    let _bo = town.settle("bo").await;
    liar.lies(|mut message| {
        if let ServerMessage::Found { person, .. } = &mut message {
            person.bundle.seal = SealKey([7; 32]);
        }
        vec![message]
    });
    assert_eq!(ana.ask("bo").await.unwrap_err().code, Code::ServerLied);
    liar.is_honest();
    ana.ask("bo").await.unwrap();
}

/// Names other keys for every contact.
fn welcomes_with(bundle: KeyBundle) -> impl FnMut(ServerMessage) -> Vec<ServerMessage> {
    move |mut message| {
        if let ServerMessage::Welcome { contacts, .. } = &mut message {
            for contact in contacts {
                contact.person.bundle = bundle;
            }
        }
        vec![message]
    }
}

#[tokio::test]
async fn another_key_for_a_contact_blocks_until_it_is_accepted() {
    let (town, liar, mut ana, mut bo) = town_with_a_liar().await;
    let bo_key = bo.key().await;
    let verify = Command::SetVerified { key: bo_key, verified: true };
    ana.tell(verify).await.unwrap();
    let mallory = Identity::generate();
    let bundle = mallory.bundle();
    liar.lies(welcomes_with(bundle));
    let mut ana = ana.restart().await;
    let state =
        ana.until(|state| contact(state, &bo_key).is_some_and(|contact| contact.key_changed)).await;
    let shown = contact(&state, &bo_key).unwrap();
    assert_eq!((shown.verified, shown.presence), (false, Presence::Offline));
    assert_eq!(ana.refused(Command::Wave { key: bo_key }).await, Code::KeyChanged);
    liar.is_honest();
    let mut ana = ana.restart().await;
    ana.presence(&bo_key, Presence::Online).await;
    assert!(!contact(&ana.state().await, &bo_key).unwrap().key_changed);
    wave(&mut bo, ana.key().await).await;
    ana.wave_from(&bo_key).await;
    liar.lies(welcomes_with(bundle));
    let mut ana = ana.restart().await;
    ana.until(|state| contact(state, &bo_key).is_some_and(|contact| contact.key_changed)).await;
    assert_eq!(ana.tell(Command::AcceptChangedKey { key: bo_key }).await, Ok(Reply::Done));
    let state = ana.state().await;
    assert_eq!(contact(&state, &bo_key), None);
    let accepted = contact(&state, &bundle.sign).unwrap();
    assert!(!accepted.key_changed && !accepted.verified);
    drop(town);
}

#[tokio::test]
async fn rubbish_from_a_server_is_survived() {
    let (_town, liar, mut ana, mut bo) = town_with_a_liar().await;
    let (ana_key, bo_key) = (ana.key().await, bo.key().await);
    liar.lies(|message| {
        let mut rubbish = vec![message];
        for envelope in ["", "AQ", "!!", &"A".repeat(50_000)] {
            for from in [[0; 32], [255; 32]] {
                rubbish.push(ServerMessage::Deliver {
                    from: PublicKey(from),
                    envelope: envelope.to_owned(),
                    at_ms: u64::MAX,
                    mail: None,
                });
            }
        }
        rubbish.push(ServerMessage::ContactRemoved { key: PublicKey([1; 32]) });
        rubbish.push(ServerMessage::Presence { key: PublicKey([1; 32]), presence: Presence::Busy });
        rubbish.push(ServerMessage::Ok { id: u32::MAX });
        rubbish
    });
    for _ in 0..3 {
        wave(&mut bo, ana_key).await;
        ana.wave_from(&bo_key).await;
    }
}
