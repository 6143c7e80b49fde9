//! The HTTP at a connection's beginning: the WebSocket upgrade, `/healthz` and `/metrics`.
//! A request's head is read up to 8 KiB; there are no bodies, and every answer but the upgrade ends the
//! connection.

use super::stream::Stream;
use super::{Door, Intake};
use crate::protocol::PATH;
use crate::server::core::Core;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use std::net::SocketAddr;
use tokio::net::TcpStream;

const MOST_HEAD: usize = 8 * 1024;
const MOST_HEADERS: usize = 64;

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// The WebSocket; the answer to its key, and where the head ends.
    Upgrade(String, usize),
    Health,
    Metrics,
    /// Refused with this status line.
    No(&'static str),
}

/// Reads a head; none while it isn't whole.
pub(super) fn read_head(bytes: &[u8]) -> Option<Wish> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let end = match request.parse(bytes) {
        Ok(httparse::Status::Complete(end)) => end,
        Ok(httparse::Status::Partial) if bytes.len() >= MOST_HEAD => {
            return Some(Wish::No("431 Request Header Fields Too Large"));
        }
        Ok(httparse::Status::Partial) => return None,
        Err(_) => return Some(Wish::No("400 Bad Request")),
    };
    if request.method != Some("GET") {
        return Some(Wish::No("405 Method Not Allowed"));
    }
    let path = request.path.unwrap_or_default();
    match path.split('?').next().unwrap_or_default() {
        PATH => {}
        "/healthz" => return Some(Wish::Health),
        "/metrics" => return Some(Wish::Metrics),
        _ => return Some(Wish::No("404 Not Found")),
    }
    let mut values = request.headers.iter();
    let header = |name: &str| {
        let found = values.find(|header| header.name.eq_ignore_ascii_case(name));
        values = request.headers.iter();
        found.and_then(|header| std::str::from_utf8(header.value).ok()).map(str::trim)
    };
    let mut header = header;
    let lists = |value: Option<&str>, word: &str| {
        value.is_some_and(|value| value.split(',').any(|w| w.trim().eq_ignore_ascii_case(word)))
    };
    if !lists(header("upgrade"), "websocket")
        || !lists(header("connection"), "upgrade")
        || header("sec-websocket-version") != Some("13")
    {
        return Some(Wish::No("426 Upgrade Required"));
    }
    match header("sec-websocket-key") {
        Some(key) if STANDARD.decode(key).is_ok_and(|key| key.len() == 16) => {
            Some(Wish::Upgrade(accept(key), end))
        }
        _ => Some(Wish::No("400 Bad Request")),
    }
}

/// What answers a WebSocket key.
fn accept(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(hash.finalize())
}

/// Opens the WebSocket; none when the connection was answered otherwise or broke.
pub(super) async fn open(core: &Core, socket: TcpStream, peer: SocketAddr) -> Option<Door> {
    // Small messages are to go at once.
    socket.set_nodelay(true).ok()?;
    let mut stream = match &core.tls {
        Some(tls) => Stream::Tls(Box::new(tls.acceptor().accept(socket).await.ok()?)),
        None => Stream::Plain(socket),
    };
    let mut head = Vec::new();
    let wish = loop {
        std::future::poll_fn(|cx| {
            stream.poll_read_scratch(cx, |fresh| {
                let room = MOST_HEAD - head.len();
                head.extend_from_slice(&fresh[..fresh.len().min(room)]);
            })
        })
        .await
        .ok()?;
        if let Some(wish) = read_head(&head) {
            break wish;
        }
    };
    match wish {
        Wish::Upgrade(accept, end) => {
            let answer = format!(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Accept: {accept}\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await.ok()?;
            // A client waits for the answer before it speaks; one that doesn't is not a WebSocket client.
            (end == head.len()).then(|| Door { stream, intake: Intake::default() })
        }
        Wish::Health => {
            let (status, text) = if core.is_healthy().await {
                ("200 OK", "ok")
            } else {
                ("503 Service Unavailable", "no database")
            };
            answer(&mut stream, status, text).await;
            None
        }
        Wish::Metrics if peer.ip().to_canonical().is_loopback() => {
            metrics(core, &mut stream).await;
            None
        }
        Wish::Metrics => {
            answer(&mut stream, "403 Forbidden", "only from this machine").await;
            None
        }
        Wish::No(status) => {
            answer(&mut stream, status, status).await;
            None
        }
    }
}

/// Serves `/metrics` on a listener of its own.
pub(crate) async fn serve_metrics(core: &Core, socket: TcpStream) {
    let mut stream = Stream::Plain(socket);
    let mut head = Vec::new();
    loop {
        let read = std::future::poll_fn(|cx| {
            stream.poll_read_scratch(cx, |fresh| {
                let room = MOST_HEAD - head.len();
                head.extend_from_slice(&fresh[..fresh.len().min(room)]);
            })
        });
        if read.await.is_err() {
            return;
        }
        match read_head(&head) {
            None => {}
            Some(Wish::Metrics) => return metrics(core, &mut stream).await,
            Some(_) => return answer(&mut stream, "404 Not Found", "/metrics is here").await,
        }
    }
}

async fn metrics(core: &Core, stream: &mut Stream) {
    match core.gauges().await {
        Some(gauges) => {
            let mut text = core.counters.text(gauges);
            if let Some(relay) = &core.relay {
                text.push_str(&relay.metrics());
            }
            answer(stream, "200 OK", &text).await;
        }
        None => answer(stream, "503 Service Unavailable", "no database").await,
    }
}

async fn answer(stream: &mut Stream, status: &str, text: &str) {
    let length = text.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\n\r\n{text}"
    );
    // Whoever has gone meanwhile gets no answer.
    if stream.write_all(answer.as_bytes()).await.is_ok() {
        drop(std::future::poll_fn(|cx| stream.poll_shutdown(cx)).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UPGRADE: &str = "GET /visavis HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\
        Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    #[test]
    fn an_upgrade_is_answered_as_the_rfc_says() {
        let expected = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned();
        assert_eq!(read_head(UPGRADE.as_bytes()), Some(Wish::Upgrade(expected, UPGRADE.len())));
        for cut in 0..UPGRADE.len() {
            assert_eq!(read_head(&UPGRADE.as_bytes()[..cut]), None);
        }
    }

    #[test]
    fn what_is_no_upgrade_is_refused() {
        for (head, status) in [
            (UPGRADE.replace("GET", "POST"), "405 Method Not Allowed"),
            (UPGRADE.replace("/visavis", "/x"), "404 Not Found"),
            (UPGRADE.replace("websocket\r\n", "h2c\r\n"), "426 Upgrade Required"),
            (UPGRADE.replace(": 13", ": 8"), "426 Upgrade Required"),
            (UPGRADE.replace("dGhl", "ZZ"), "400 Bad Request"),
            ("\0\r\n\r\n".to_owned(), "400 Bad Request"),
            (
                format!("GET /{} HTTP/1.1\r\n", "x".repeat(9000)),
                "431 Request Header Fields Too Large",
            ),
        ] {
            assert_eq!(read_head(head.as_bytes()), Some(Wish::No(status)), "{head}");
        }
    }

    proptest! {
        #[test]
        fn any_head_is_read_without_harm(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..400),
            spot: proptest::sample::Index,
            fill: bool,
        ) {
            if fill {
                let mut head = UPGRADE.as_bytes().to_vec();
                let at = spot.index(head.len());
                head.splice(at..(at + bytes.len() / 20).min(head.len()), bytes.iter().copied().take(20));
                bytes = head;
            }
            drop(read_head(&bytes));
        }
    }
}
