//! The socket by which Chromium is told what to do: numbered orders out, answers and events in, for all pages.

use crate::Fault;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Weak;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Orders that may wait; whoever has more to say waits too.
const ORDERS: usize = 64;
/// A picture of a large page is one message.
const LARGEST: usize = 256 << 20;

/// Who hears what happens in a page. It is called between messages and must not wait.
pub(crate) trait Hears: Send + Sync {
    /// Something happened.
    fn hear(&self, event: &str, what: &Value);
}

enum Order {
    Do { session: Option<String>, order: &'static str, with: Value, answer: Answer },
    Listen { session: String, hears: Weak<dyn Hears> },
}

type Answer = oneshot::Sender<Result<Value, Fault>>;

/// The socket. Dropping the last of its users closes it.
#[derive(Clone)]
pub(crate) struct Wire {
    orders: mpsc::Sender<Order>,
}

impl Wire {
    /// Connects to the address that Chromium said. The task ends with the socket or with its last user.
    pub(crate) async fn connect(address: &str) -> Result<(Self, JoinHandle<()>), Fault> {
        let gone = |error: &dyn std::fmt::Display| Fault::Gone(error.to_string());
        let host = address.strip_prefix("ws://").and_then(|rest| rest.split('/').next());
        let host = host.ok_or_else(|| gone(&address))?;
        let stream = TcpStream::connect(host).await?;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(LARGEST))
            .max_frame_size(Some(LARGEST));
        let joining = client_async_with_config(address, stream, Some(limits));
        let (socket, _) = Box::pin(joining).await.map_err(|error| gone(&error))?;
        let (orders, waiting) = mpsc::channel(ORDERS);
        let work = Work { socket, waiting, number: 0, open: HashMap::new(), ears: HashMap::new() };
        Ok((Self { orders }, tokio::spawn(work.run())))
    }

    /// Gives an order, to a page or to the browser itself, and waits for its answer.
    pub(crate) async fn tell(
        &self,
        session: Option<&str>,
        order: &'static str,
        with: Value,
    ) -> Result<Value, Fault> {
        let (answer, answered) = oneshot::channel();
        let session = session.map(str::to_owned);
        self.give(Order::Do { session, order, with, answer }).await?;
        answered.await.unwrap_or_else(|_| Err(Fault::Gone(order.to_owned())))
    }

    /// Lets somebody hear what happens in a page, for as long as they are there.
    pub(crate) async fn listen(
        &self,
        session: String,
        hears: Weak<dyn Hears>,
    ) -> Result<(), Fault> {
        self.give(Order::Listen { session, hears }).await
    }

    async fn give(&self, order: Order) -> Result<(), Fault> {
        let gone = |_| Fault::Gone("its socket is closed".to_owned());
        self.orders.send(order).await.map_err(gone)
    }
}

struct Work {
    socket: WebSocketStream<TcpStream>,
    waiting: mpsc::Receiver<Order>,
    number: u64,
    open: HashMap<u64, (&'static str, Answer)>,
    ears: HashMap<String, Weak<dyn Hears>>,
}

impl Work {
    async fn run(mut self) {
        loop {
            tokio::select! {
                order = self.waiting.recv() => {
                    let Some(order) = order else { return };
                    if !self.give(order).await {
                        return;
                    }
                }
                message = self.socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.hear(&text),
                    Some(Ok(_)) => {}
                    _ => return,
                },
            }
        }
    }

    async fn give(&mut self, order: Order) -> bool {
        match order {
            Order::Listen { session, hears } => {
                self.ears.insert(session, hears);
                true
            }
            Order::Do { session, order, with, answer } => {
                self.number += 1;
                let mut message = json!({ "id": self.number, "method": order, "params": with });
                if let Some(session) = session {
                    message["sessionId"] = session.into();
                }
                self.open.insert(self.number, (order, answer));
                self.socket.send(Message::text(message.to_string())).await.is_ok()
            }
        }
    }

    fn hear(&mut self, text: &Utf8Bytes) {
        let Ok(mut message) = serde_json::from_str::<Value>(text) else { return };
        if let Some(number) = message["id"].as_u64() {
            let Some((order, answer)) = self.open.remove(&number) else { return };
            let refused = message["error"]["message"].as_str();
            // Whoever asked may have gone.
            drop(answer.send(match refused {
                Some(why) => Err(Fault::Refused(order.to_owned(), why.to_owned())),
                None => Ok(message["result"].take()),
            }));
        } else if let Some(event) = message["method"].as_str()
            && let Some(session) = message["sessionId"].as_str()
        {
            match self.ears.get(session).and_then(Weak::upgrade) {
                Some(ear) => ear.hear(event, &message["params"]),
                None => drop(self.ears.remove(session)),
            }
        }
    }
}
