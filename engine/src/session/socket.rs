//! The socket to a signaling server: one task a connection, over TCP or TLS, one JSON message a frame.
//!
//! It reports what happens as inputs of the session's machine and decides nothing. Dropping it closes the
//! connection. Both directions are bounded: a server that talks faster than the engine listens is read more
//! slowly; an engine that sends faster than the server reads loses the connection.

use super::address::ServerAddress;
use super::fault::Fault;
use super::machine::Input;
use futures_util::{SinkExt, StreamExt};
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use visavis_signaling::protocol::{ClientMessage, MAX_WELCOME};

/// Messages that may wait to be sent.
const QUEUE: usize = 2048;

/// One connection. Dropping it closes it.
#[derive(Debug)]
pub struct Socket {
    number: u64,
    queue: mpsc::Sender<String>,
}

impl Socket {
    /// Opens a connection on the current runtime; what becomes of it goes to `inputs`.
    pub fn open(
        number: u64,
        server: ServerAddress,
        trust: Arc<ClientConfig>,
        inputs: mpsc::Sender<Input>,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            let fault = run(number, &server, trust, &inputs, waiting).await;
            // An engine that is gone has no use for the reason.
            let _ = inputs.send(Input::Lost(number, fault)).await;
        });
        Self { number, queue }
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Sends a message.
    ///
    /// # Errors
    /// [`Fault::Lost`] where the connection is gone or so slow that the queue is full.
    pub fn send(&self, message: &ClientMessage) -> Result<(), Fault> {
        let text = serde_json::to_string(message).map_err(|_| Fault::Lost)?;
        self.queue.try_send(text).map_err(|_| Fault::Lost)
    }
}

async fn run(
    number: u64,
    server: &ServerAddress,
    trust: Arc<ClientConfig>,
    inputs: &mpsc::Sender<Input>,
    waiting: mpsc::Receiver<String>,
) -> Fault {
    let tcp = match connect(server).await {
        Ok(tcp) => tcp,
        Err(fault) => return fault,
    };
    if !server.tls {
        return talk(number, server, tcp, inputs, waiting).await;
    }
    let Ok(name) = ServerName::try_from(server.host.clone()) else { return Fault::UnknownHost };
    match TlsConnector::from(trust).connect(name, tcp).await {
        Ok(tls) => talk(number, server, tls, inputs, waiting).await,
        Err(error) => tls_fault(&error),
    }
}

async fn connect(server: &ServerAddress) -> Result<TcpStream, Fault> {
    let found = lookup_host((server.host.as_str(), server.port)).await;
    let addresses: Vec<_> = found.map_err(|_| Fault::UnknownHost)?.collect();
    let mut last = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(tcp) => {
                // Envelopes are small and urgent; a socket that can't be told so still works.
                let _ = tcp.set_nodelay(true);
                return Ok(tcp);
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or(Fault::UnknownHost, |error| Fault::Down(error.to_string())))
}

fn tls_fault(error: &std::io::Error) -> Fault {
    let Some(rustls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
    else {
        return Fault::Lost;
    };
    match rustls {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Fault::CertificateName
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Fault::CertificateTime,
            CertificateError::UnknownIssuer => {
                Fault::CertificateBad("nobody known vouches for it".to_owned())
            }
            other => Fault::CertificateBad(other.to_string()),
        },
        _ => Fault::Foreign,
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    number: u64,
    server: &ServerAddress,
    stream: S,
    inputs: &mpsc::Sender<Input>,
    mut waiting: mpsc::Receiver<String>,
) -> Fault {
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .max_message_size(Some(MAX_WELCOME))
        .max_frame_size(Some(MAX_WELCOME));
    let mut web = match client_async_with_config(server.url(), stream, Some(config)).await {
        Ok((web, _)) => web,
        Err(tungstenite::Error::Io(_)) => return Fault::Lost,
        Err(_) => return Fault::Foreign,
    };
    if inputs.send(Input::Opened(number)).await.is_err() {
        return Fault::Left;
    }
    let mut understood = false;
    loop {
        tokio::select! {
            text = waiting.recv() => match text {
                Some(text) => {
                    if send_all(&mut web, text, &mut waiting).await.is_err() {
                        return Fault::Lost;
                    }
                }
                None => {
                    // The far side learns of the end by the socket too.
                    let _ = web.close(None).await;
                    return Fault::Left;
                }
            },
            frame = web.next() => {
                let input = match frame {
                    Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                        Ok(message) => {
                            understood = true;
                            Input::Said(number, message)
                        }
                        Err(_) if !understood => return Fault::Foreign,
                        Err(error) => {
                            tracing::warn!(%error, "the server said something unknown");
                            Input::Alive(number)
                        }
                    },
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Fault::Lost,
                    Some(Ok(_)) => Input::Alive(number),
                };
                if inputs.send(input).await.is_err() {
                    return Fault::Left;
                }
            }
        }
    }
}

/// Sends all that waits with one flush.
async fn send_all<S: AsyncRead + AsyncWrite + Unpin>(
    web: &mut WebSocketStream<S>,
    first: String,
    waiting: &mut mpsc::Receiver<String>,
) -> Result<(), tungstenite::Error> {
    web.feed(Message::text(first)).await?;
    while let Ok(text) = waiting.try_recv() {
        web.feed(Message::text(text)).await?;
    }
    web.flush().await
}

/// Whom to trust: the system's authorities, and those in a PEM file, for servers with an authority of their
/// own.
///
/// # Errors
/// Where the file can't be read as certificates.
pub fn trust(own_authority: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // A damaged certificate in the system's store is no reason to distrust the others.
        let _ = roots.add(certificate);
    }
    if let Some(path) = own_authority {
        let read = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| read(&error))? {
            let certificate = certificate.map_err(|error| read(&error))?;
            roots.add(certificate).map_err(|error| read(&error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
