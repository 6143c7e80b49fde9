//! A small client that speaks the protocol, for tests and benches: it signs in, asks and listens. It holds
//! no state of its own beyond the socket and what it has heard; errors are sentences, as tests want them.

mod identity;

pub use identity::Identity;

use crate::protocol::{
    ClientMessage, DeviceId, ErrorCode, MAX_WELCOME, Nonce, PATH, PublicKey, ServerMessage, Status,
    VERSION,
};
use futures_util::{SinkExt as _, StreamExt as _};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// Nothing on loopback takes longer, unless it never comes.
const PATIENCE: Duration = Duration::from_secs(20);

/// What went wrong, in a sentence; or the server's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The server refused.
    #[error("{0:?}")]
    Refused(ErrorCode, Option<u64>),
    /// The connection ended, with this close code if there was one.
    #[error("closed: {0:?}")]
    Closed(Option<u16>),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

fn other(error: impl std::fmt::Display) -> Trouble {
    Trouble::Other(error.to_string())
}

/// Any stream of bytes.
pub trait Bytes: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Bytes for T {}

/// How to sign in.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which device.
    pub device: DeviceId,
    /// The name to say that was dialled.
    pub server: String,
    /// The invite code.
    pub invite: Option<String>,
    /// How to be seen.
    pub status: Status,
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            device: DeviceId([1; 16]),
            server: "127.0.0.1".to_owned(),
            invite: None,
            status: Status::Online,
        }
    }
}

/// A connection, signed in or not.
pub struct Client {
    socket: WebSocketStream<Box<dyn Bytes>>,
    heard: VecDeque<ServerMessage>,
    ids: u32,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("heard", &self.heard).finish_non_exhaustive()
    }
}

impl Client {
    /// Opens the WebSocket over a stream that is there.
    ///
    /// # Errors
    /// When the server doesn't upgrade.
    pub async fn over(stream: Box<dyn Bytes>) -> Result<Self, Trouble> {
        let config = WebSocketConfig::default()
            .read_buffer_size(8 * 1024)
            .write_buffer_size(0)
            .max_message_size(Some(MAX_WELCOME))
            .max_frame_size(Some(MAX_WELCOME));
        let url = format!("ws://server{PATH}");
        let opening = tokio_tungstenite::client_async_with_config(url, stream, Some(config));
        let (socket, _) =
            tokio::time::timeout(PATIENCE, opening).await.map_err(other)?.map_err(other)?;
        Ok(Self { socket, heard: VecDeque::new(), ids: 0 })
    }

    /// Opens a WebSocket without TLS.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn open(address: SocketAddr) -> Result<Self, Trouble> {
        let stream = TcpStream::connect(address).await.map_err(other)?;
        stream.set_nodelay(true).map_err(other)?;
        Self::over(Box::new(stream)).await
    }

    /// Opens a WebSocket and signs in as the first device.
    ///
    /// # Errors
    /// What the server says.
    pub async fn enter(
        address: SocketAddr,
        who: &Identity,
    ) -> Result<(Self, ServerMessage), Trouble> {
        Self::enter_as(address, who, &Entry::default()).await
    }

    /// Opens a WebSocket and signs in. Gives the welcome too.
    ///
    /// # Errors
    /// What the server says.
    pub async fn enter_as(
        address: SocketAddr,
        who: &Identity,
        entry: &Entry,
    ) -> Result<(Self, ServerMessage), Trouble> {
        let mut client = Self::open(address).await?;
        let welcome = client.sign_in(who, entry).await?;
        Ok((client, welcome))
    }

    /// Signs in.
    ///
    /// # Errors
    /// What the server says.
    pub async fn sign_in(
        &mut self,
        who: &Identity,
        entry: &Entry,
    ) -> Result<ServerMessage, Trouble> {
        let nonce = self.hello(who, &entry.device).await?;
        self.say(&ClientMessage::Prove {
            signature: who.prove(&entry.server, &nonce, &entry.device),
            bundle: who.bundle(),
            server: entry.server.clone(),
            invite: entry.invite.clone(),
            status: entry.status,
        })
        .await?;
        match self.next().await? {
            welcome @ ServerMessage::Welcome { .. } => Ok(welcome),
            ServerMessage::Error { code, retry_after_ms, .. } => {
                Err(Trouble::Refused(code, retry_after_ms))
            }
            odd => Err(Trouble::Other(format!("no welcome but {odd:?}"))),
        }
    }

    /// Says hello, and gives the challenge's nonce.
    ///
    /// # Errors
    /// What the server says.
    pub async fn hello(&mut self, who: &Identity, device: &DeviceId) -> Result<Nonce, Trouble> {
        self.say(&ClientMessage::Hello {
            version: VERSION,
            key: who.key(),
            device: *device,
            software: "testkit".to_owned(),
        })
        .await?;
        match self.next().await? {
            ServerMessage::Challenge { nonce, .. } => Ok(nonce),
            ServerMessage::Error { code, retry_after_ms, .. } => {
                Err(Trouble::Refused(code, retry_after_ms))
            }
            odd => Err(Trouble::Other(format!("no challenge but {odd:?}"))),
        }
    }

    /// Says something.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn say(&mut self, message: &ClientMessage) -> Result<(), Trouble> {
        self.say_raw(serde_json::to_string(message).map_err(other)?).await
    }

    /// Says something that may be no message.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn say_raw(&mut self, text: String) -> Result<(), Trouble> {
        self.socket.send(Message::text(text)).await.map_err(other)
    }

    /// Sends a WebSocket message of any kind.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn say_frame(&mut self, message: Message) -> Result<(), Trouble> {
        self.socket.send(message).await.map_err(other)
    }

    async fn read(&mut self) -> Result<ServerMessage, Trouble> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next());
            match next.await.map_err(|_| Trouble::Other("nothing came".to_owned()))? {
                None => return Err(Trouble::Closed(None)),
                Some(Err(error)) => return Err(other(error)),
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text).map_err(other);
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(Trouble::Closed(frame.map(|frame| frame.code.into())));
                }
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next thing that the server says; what was passed over by [`Client::ask`] comes first.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn next(&mut self) -> Result<ServerMessage, Trouble> {
        match self.heard.pop_front() {
            Some(message) => Ok(message),
            None => self.read().await,
        }
    }

    /// The next number for a request.
    pub fn id(&mut self) -> u32 {
        self.ids += 1;
        self.ids
    }

    /// Asks, and gives the answer; whatever else comes before it is kept for [`Client::next`].
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn ask(
        &mut self,
        request: impl FnOnce(u32) -> ClientMessage,
    ) -> Result<ServerMessage, Trouble> {
        let id = self.id();
        self.say(&request(id)).await?;
        self.answer(id).await
    }

    /// Waits for the answer to a request.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn answer(&mut self, id: u32) -> Result<ServerMessage, Trouble> {
        loop {
            let message = self.read().await?;
            match message {
                ServerMessage::Error { id: Some(of), code, retry_after_ms, .. } if of == id => {
                    return Err(Trouble::Refused(code, retry_after_ms));
                }
                ServerMessage::Error { id: None, code, retry_after_ms, .. } => {
                    return Err(Trouble::Refused(code, retry_after_ms));
                }
                ServerMessage::Ok { id: of }
                | ServerMessage::Found { id: of, .. }
                | ServerMessage::Directory { id: of, .. }
                | ServerMessage::Sent { id: of, .. }
                | ServerMessage::IceServers { id: of, .. }
                    if of == id =>
                {
                    return Ok(message);
                }
                other => self.heard.push_back(other),
            }
        }
    }

    /// Everything that the server has said by the time it answers a question, but the answer.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn so_far(&mut self) -> Result<Vec<ServerMessage>, Trouble> {
        // Any request will do; nobody has this handle, since it is reserved.
        let asked = |id| ClientMessage::LookUp { id, handle: "nobody".to_owned() };
        match self.ask(asked).await {
            Err(Trouble::Refused(ErrorCode::NotFound, _)) => Ok(self.heard.drain(..).collect()),
            Err(trouble) => Err(trouble),
            Ok(odd) => Err(Trouble::Other(format!("{odd:?}"))),
        }
    }

    /// Takes a handle.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn claim(&mut self, handle: &str) -> Result<(), Trouble> {
        let handle = handle.to_owned();
        self.ask(|id| ClientMessage::Claim { id, handle }).await.map(drop)
    }

    /// Sends an envelope; true if a device has it.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn send(
        &mut self,
        to: PublicKey,
        envelope: &str,
        keep: bool,
    ) -> Result<bool, Trouble> {
        let envelope = envelope.to_owned();
        match self.ask(|id| ClientMessage::Send { id, to, envelope, keep }).await? {
            ServerMessage::Sent { delivered, .. } => Ok(delivered),
            odd => Err(Trouble::Other(format!("{odd:?}"))),
        }
    }

    /// Asks someone to become a contact.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn request(&mut self, to: PublicKey, envelope: &str) -> Result<(), Trouble> {
        let envelope = envelope.to_owned();
        self.ask(|id| ClientMessage::RequestContact { id, to, envelope }).await.map(drop)
    }

    /// Accepts a request.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn accept(&mut self, from: PublicKey, envelope: &str) -> Result<(), Trouble> {
        let envelope = envelope.to_owned();
        self.ask(|id| ClientMessage::AcceptRequest { id, from, envelope }).await.map(drop)
    }

    /// Waits until the connection ends; gives the last error without `id`, and the close code.
    pub async fn ended(&mut self) -> (Option<ErrorCode>, Option<u16>) {
        let mut last = None;
        loop {
            match self.next().await {
                Ok(ServerMessage::Error { id: None, code, .. }) => last = Some(code),
                Ok(_) => {}
                Err(Trouble::Closed(code)) => return (last, code),
                Err(_) => return (last, None),
            }
        }
    }

    /// The socket itself, for those who measure.
    pub fn into_socket(self) -> WebSocketStream<Box<dyn Bytes>> {
        self.socket
    }

    /// Says goodbye.
    pub async fn leave(mut self) {
        if self.socket.close(None).await.is_ok() {
            while let Ok(Some(Ok(_))) = tokio::time::timeout(PATIENCE, self.socket.next()).await {}
        }
    }
}
