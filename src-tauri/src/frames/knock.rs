//! Who knocks at the frame door: any program on this computer can, and any web page in any browser. Only the
//! app's own page is let in: it alone has a token, and no other page can say that it comes from here.
//!
//! Whoever else knocks gets the same answer, whatever was wrong, and nothing of the token is used up.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::machine::TryParse;
use tokio_tungstenite::tungstenite::handshake::server::{Request, create_response, write_response};
use tokio_tungstenite::tungstenite::http::HeaderMap;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tracing::debug;

/// Where the page comes from: the scheme of its own that the web view gives it, or on Windows its own host.
pub(super) const ORIGIN: &str =
    if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" };
/// How long a request may be, in bytes.
pub(super) const LONGEST: usize = 8 * 1024;
/// What is read of a request that is refused before its connection is closed, in bytes.
const TAIL: usize = 64 * 1024;

const REFUSAL: &[u8] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// What whoever knocks has to know.
pub(super) trait Bouncer {
    /// Where the door is: `127.0.0.1:PORT`. A name that someone has pointed here is not it.
    fn host(&self) -> &str;
    /// Whether the token is good. It is asked last, and each is good once.
    fn admits(&self, token: &str) -> bool;
}

/// Lets someone in, or refuses them.
pub(super) async fn answer(
    mut stream: TcpStream,
    bouncer: &impl Bouncer,
    limits: WebSocketConfig,
    patience: Duration,
) -> Option<WebSocketStream<TcpStream>> {
    let heard = timeout(patience, hear(&mut stream)).await;
    let answer = match &heard {
        Ok(Some((request, _))) => judge(request, bouncer),
        Ok(None) => Err("not a request"),
        Err(_) => Err("too slow"),
    };
    match (answer, heard) {
        (Ok(answer), Ok(Some((_, rest)))) => {
            stream.write_all(&answer).await.ok()?;
            let role = Role::Server;
            Some(WebSocketStream::from_partially_read(stream, rest, role, Some(limits)).await)
        }
        (refused, _) => {
            debug!(reason = refused.err(), "someone who knocked was refused");
            // Whoever is slow in taking even this is left alone.
            let _ = timeout(patience, refuse(stream)).await;
            None
        }
    }
}

/// A request, and what was read beyond it.
async fn hear(stream: &mut TcpStream) -> Option<(Request, Vec<u8>)> {
    let mut bytes = Vec::with_capacity(1024);
    while bytes.len() < LONGEST {
        let room = (LONGEST - bytes.len()) as u64;
        if (&mut *stream).take(room).read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some((length, request)) = Request::try_parse(&bytes).ok()? {
            return Some((request, bytes.split_off(length)));
        }
    }
    None
}

/// The answer to one who is let in, or what is wrong.
fn judge(request: &Request, bouncer: &impl Bouncer) -> Result<Vec<u8>, &'static str> {
    let headers = request.headers();
    if only(headers, "host") != Some(bouncer.host().as_bytes()) {
        return Err("another host");
    }
    if only(headers, "origin") != Some(ORIGIN.as_bytes()) {
        return Err("another origin");
    }
    let asked = request.uri();
    if asked.path() != "/pictures" || asked.authority().is_some() {
        return Err("another path");
    }
    let response = create_response(request).map_err(|_| "no handshake")?;
    let mut answer = Vec::new();
    write_response(&mut answer, &response).map_err(|_| "no handshake")?;
    let token = asked.query().and_then(|query| query.strip_prefix("token=")).ok_or("no token")?;
    if bouncer.admits(token) { Ok(answer) } else { Err("another token") }
}

/// The value of a header that must be there once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}

/// Says no. What still comes is read for a while, or the answer might be lost with the connection.
async fn refuse(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(REFUSAL).await?;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(TAIL as u64), &mut tokio::io::sink()).await?;
    Ok(())
}
