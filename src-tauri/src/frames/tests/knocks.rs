//! Who else knocks at the frame door, and what a page gets that goes too far: a refusal, or the end of its
//! connection. The door goes on for the app's own page.

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A request as the app's page sends it, with the lines that a test changes.
struct Knock {
    first: String,
    host: String,
    headers: Vec<(String, String)>,
}

impl Knock {
    fn right(address: &str) -> Self {
        let (host, path) = address.strip_prefix("ws://").unwrap().split_once('/').unwrap();
        let headers = [
            ("Host", host),
            ("Origin", knock::ORIGIN),
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        Self {
            first: format!("GET /{path} HTTP/1.1"),
            host: host.to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        }
    }

    fn asking(mut self, first: &str) -> Self {
        self.first = first.to_owned();
        self
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    fn but(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    fn text(&self) -> String {
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        format!("{}\r\n{}\r\n", self.first, headers.collect::<String>())
    }

    /// The first line of the answer.
    async fn answered(&self) -> String {
        answer(&self.host, self.text().as_bytes()).await
    }
}

/// Sends bytes, then says no more; gives the first line of what comes back.
async fn answer(host: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(host).await.unwrap();
    // One that is cut off in the middle still may have been answered.
    let _ = stream.write_all(bytes).await;
    line(&mut stream).await
}

async fn line(stream: &mut TcpStream) -> String {
    let mut came = Vec::new();
    while !came.ends_with(b"\r\n") {
        match soon(stream.read_u8()).await {
            Ok(byte) => came.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(came).unwrap().trim_end().to_owned()
}

const REFUSED: &str = "HTTP/1.1 403 Forbidden";
const LET_IN: &str = "HTTP/1.1 101 Switching Protocols";

#[tokio::test]
async fn whoever_else_knocks_is_refused() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    let used = door.address(&screens).await.unwrap();
    assert_eq!(Knock::right(&used).answered().await, LET_IN);
    let overtaken = door.address(&screens).await.unwrap();
    let address = door.address(&screens).await.unwrap();
    let port = host(&address).split_once(':').unwrap().1;
    let token = address.split_once('=').unwrap().1;
    let wrong = format!("GET /pictures?token={} HTTP/1.1", "0".repeat(64));
    let half = format!("GET /pictures?token={} HTTP/1.1", &token[..32]);
    let right = || Knock::right(&address);
    for (who, knock) in [
        ("without a token", right().asking("GET /pictures HTTP/1.1")),
        ("with an empty token", right().asking("GET /pictures?token= HTTP/1.1")),
        ("with a wrong token", right().asking(&wrong)),
        ("with half a token", right().asking(&half)),
        ("with a used token", Knock::right(&used)),
        ("with a token that was overtaken", Knock::right(&overtaken)),
        ("from a web page", right().but("Origin", "https://example.org")),
        ("from a page on this computer", right().but("Origin", "http://localhost:5173")),
        ("from a page of no origin", right().but("Origin", "null")),
        ("from a page of a like name", right().but("Origin", "tauri://localhost.example.org")),
        ("that is no page", right().without("Origin")),
        ("from two origins", right().with("Origin", "https://example.org")),
        ("by another name", right().but("Host", &format!("localhost:{port}"))),
        ("by a name that points here", right().but("Host", &format!("example.org:{port}"))),
        ("at another port", right().but("Host", "127.0.0.1:1")),
        ("by two names", right().with("Host", "example.org")),
        ("by no name", right().without("Host")),
        ("at another path", right().asking(&format!("GET /?token={token} HTTP/1.1"))),
        (
            "with a whole address",
            right()
                .asking(&format!("GET http://{}/pictures?token={token} HTTP/1.1", host(&address))),
        ),
        (
            "with more than a token",
            right().asking(&format!("GET /pictures?a=b&token={token} HTTP/1.1")),
        ),
        ("by another method", right().asking(&format!("POST /pictures?token={token} HTTP/1.1"))),
        ("by an old protocol", right().asking(&format!("GET /pictures?token={token} HTTP/1.0"))),
        ("without a WebSocket", right().without("Upgrade")),
        ("without a key", right().without("Sec-WebSocket-Key")),
        ("with an old WebSocket", right().but("Sec-WebSocket-Version", "8")),
        ("with too much to say", right().with("Cookie", &"c".repeat(knock::LONGEST))),
    ] {
        assert_eq!(knock.answered().await, REFUSED, "one {who}");
    }
    for garbage in
        [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"\0\0\0\0\r\n\r\n", &[b'\n'; 9000]]
    {
        assert_eq!(answer(host(&address), garbage).await, REFUSED);
    }
    // None of them used the token up, so it was not for a wrong one that they were refused.
    assert_eq!(right().answered().await, LET_IN);
}

#[tokio::test]
async fn one_who_is_refused_leaves_the_page_in_peace() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    let slot = call(&screens, "a");
    let mut page = Page::at(&door, &screens).await;
    page.looks(&[(1, "a", 640, 360)]).await;
    let address = door.address(&screens).await.unwrap();
    assert_eq!(Knock::right(&address).without("Origin").answered().await, REFUSED);
    slot.put(plain(4, 4, 1));
    assert_eq!(page.gets().await.taken_us, 1);
}

#[tokio::test]
async fn one_who_says_nothing_is_refused_in_time() {
    let door = FrameDoor { open: OnceCell::new(), patience: Duration::from_millis(1) };
    let address = door.address(&Screens::default()).await.unwrap();
    let mut stream = TcpStream::connect(host(&address)).await.unwrap();
    stream.write_all(b"GET /pictures").await.unwrap();
    assert_eq!(line(&mut stream).await, REFUSED);
}

#[tokio::test]
async fn many_who_knock_and_wait_do_not_keep_the_page_out() {
    let door = FrameDoor { open: OnceCell::new(), patience: Duration::from_secs(3600) };
    let screens = Screens::default();
    let address = door.address(&screens).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..KNOCKING {
        waiting.push(TcpStream::connect(host(&address)).await.unwrap());
    }
    let mut page = Page::enter(&address).await.unwrap();
    page.meanwhile().await;
    // The one that came first had to go.
    assert!(soon(waiting[0].read_u8()).await.is_err());
}

#[tokio::test]
async fn a_page_that_goes_too_far_is_sent_away() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    for odd in [
        Message::text("hello"),
        Message::text(r#"{"type":"views","views":[{"view":1}]}"#),
        Message::text(format!(
            r#"{{"type":"drawn","view":1,"number":1{}}}"#,
            " ".repeat(said::LONGEST)
        )),
        Message::binary(&b"\0\0"[..]),
    ] {
        let mut page = Page::at(&door, &screens).await;
        page.looks(&[]).await;
        assert!(page.meanwhile().await.is_empty());
        // What is too long may be cut off while it is being sent.
        let _ = soon(page.socket.send(odd)).await;
        page.is_sent_away().await;
    }
    let mut page = Page::at(&door, &screens).await;
    assert!(page.meanwhile().await.is_empty());
}

#[tokio::test]
async fn a_page_that_floods_is_sent_away() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    let mut page = Page::at(&door, &screens).await;
    page.meanwhile().await;
    let flood = Message::text(r#"{"type":"drawn","view":1,"number":1}"#);
    let mut sent = 0;
    while soon(page.socket.send(flood.clone())).await.is_ok() {
        sent += 1;
    }
    assert!(sent >= 1_000, "sent away after {sent} already");
    page.is_sent_away().await;
}
