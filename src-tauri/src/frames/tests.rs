//! The frame door with real sockets: pictures as a page gets them. Who else knocks is in [`knocks`].
//!
//! A page here is a socket that does what a test says, so it can stand still or say what no page would.

mod knocks;

use super::*;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::future::Future;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use visavis_engine::engine::{Levels, Whose};
use visavis_engine::media::picture::{Picture, Size};
use visavis_engine::media::slot::Slot;

/// Waits for what has to come; one that hangs fails instead.
async fn soon<T>(coming: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), coming).await.unwrap()
}

/// The address as a request of the app's page.
fn request(address: &str) -> Request<()> {
    let mut request = address.into_client_request().unwrap();
    request.headers_mut().insert("origin", knock::ORIGIN.parse().unwrap());
    request
}

fn host(address: &str) -> &str {
    address.strip_prefix("ws://").unwrap().split('/').next().unwrap()
}

/// The app's page, or one that does worse.
struct Page {
    socket: WebSocketStream<TcpStream>,
}

/// What came through the door.
struct Came {
    view: u32,
    number: u32,
    size: (u16, u16),
    taken_us: u64,
    planes: Vec<u8>,
}

impl Page {
    async fn enter(address: &str) -> Result<Self, Error> {
        let stream = TcpStream::connect(host(address)).await.unwrap();
        Ok(Self { socket: soon(client_async(request(address), stream)).await?.0 })
    }

    async fn at(door: &FrameDoor, screens: &Screens) -> Self {
        Self::enter(&door.address(screens).await.unwrap()).await.unwrap()
    }

    async fn says(&mut self, said: Value) {
        soon(self.socket.send(Message::text(said.to_string()))).await.unwrap();
    }

    async fn looks(&mut self, views: &[(u32, &str, u32, u32)]) {
        let views: Vec<_> = views
            .iter()
            .map(|(view, call, width, height)| {
                json!({"view": view, "call": call, "whose": "theirs", "width": width, "height": height})
            })
            .collect();
        self.says(json!({"type": "views", "views": views})).await;
    }

    async fn has_drawn(&mut self, view: u32, number: u32) {
        self.says(json!({"type": "drawn", "view": view, "number": number})).await;
    }

    async fn next(&mut self) -> Option<Message> {
        soon(self.socket.next()).await?.ok()
    }

    /// The next picture, whatever is told of loudness meanwhile.
    async fn gets(&mut self) -> Came {
        loop {
            match self.next().await.expect("the door is open") {
                Message::Binary(bytes) => return Came::read(&bytes),
                Message::Text(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next line about loudness, whatever pictures come meanwhile.
    async fn hears(&mut self) -> Value {
        loop {
            match self.next().await.expect("the door is open") {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Binary(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// What comes before the door has heard all that was said to it.
    async fn meanwhile(&mut self) -> Vec<Message> {
        soon(self.socket.send(Message::Ping("heard?".into()))).await.unwrap();
        let mut came = Vec::new();
        loop {
            match self.next().await.expect("the door is open") {
                Message::Pong(_) => return came,
                other => came.push(other),
            }
        }
    }

    /// Waits until the door has ended the connection.
    async fn is_sent_away(&mut self) {
        while self.next().await.is_some() {}
    }
}

impl Came {
    fn read(bytes: &[u8]) -> Self {
        let long = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let short = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap());
        let size = (short(8), short(10));
        let planes = bytes[wire::HEAD..].to_vec();
        assert_eq!(planes.len(), usize::from(size.0) * usize::from(size.1) * 3 / 2);
        assert_eq!((long(12), &bytes[24..32]), (0, &[0; 8][..]));
        let taken_us = u64::from(long(16)) | u64::from(long(20)) << 32;
        Self { view: long(0), number: long(4), size, taken_us, planes }
    }
}

/// A call that is on, and where its pictures are put.
fn call(screens: &Screens, id: &str) -> Slot<Picture> {
    screens.open(id);
    screens.picture(id, Whose::Theirs).unwrap()
}

fn plain(width: u32, height: u32, taken_us: u64) -> Picture {
    Picture::plain(Size::new(width, height).unwrap(), taken_us, [taken_us as u8, 2, 3])
}

#[tokio::test]
async fn pictures_arrive_as_they_are_put() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    let slot = call(&screens, "a");
    let mut page = Page::at(&door, &screens).await;
    page.looks(&[(7, "a", 640, 360)]).await;
    for taken in 1..=20 {
        slot.put(plain(320, 180, taken));
        let came = page.gets().await;
        assert_eq!((came.view, came.taken_us, came.size), (7, taken, (320, 180)));
        assert_eq!((came.planes[0], came.planes[320 * 180 * 3 / 2 - 1]), (taken as u8, 3));
        page.has_drawn(7, came.number).await;
    }
    assert_eq!(slot.dropped(), 0);
}

#[tokio::test]
async fn a_page_that_does_not_draw_costs_no_picture() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    let slot = call(&screens, "a");
    let mut page = Page::at(&door, &screens).await;
    page.looks(&[(1, "a", 640, 360)]).await;
    for taken in 1..=2 {
        slot.put(plain(320, 180, taken));
        assert_eq!(page.gets().await.taken_us, taken);
    }
    for taken in 3..=1000 {
        slot.put(plain(320, 180, taken));
        tokio::task::yield_now().await;
    }
    page.has_drawn(1, 2).await;
    let came = page.gets().await;
    assert_eq!((came.number, came.taken_us), (3, 1000));
    // All but the three that went through the door were dropped where they were put.
    assert_eq!(slot.dropped(), 997);
}

#[tokio::test]
async fn a_page_that_does_not_read_costs_no_picture() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    let slot = call(&screens, "a");
    let mut page = Page::at(&door, &screens).await;
    let views: Vec<_> = (1..=16).map(|view| (view, "a", 2048, 2048)).collect();
    page.looks(&views).await;
    // 6 MB each: a few fill all that the system holds between the two.
    for taken in 1..=500 {
        slot.put(plain(2048, 2048, taken));
        // As long as it takes to make another ready, so that the door could go on if nothing held it.
        tokio::task::spawn_blocking(move || plain(2048, 2048, taken)).await.unwrap();
    }
    let dropped = slot.dropped();
    slot.put(plain(2048, 2048, 500));
    let left = slot.dropped() - dropped;
    let taken = 500 - dropped - left;
    // Two for each of sixteen views would be 32; with one written and one ready it is far from that.
    assert!((1..8).contains(&taken), "{taken} were taken");
    // Once it reads, every view has the newest.
    slot.put(plain(2048, 2048, 501));
    let mut newest = std::collections::BTreeSet::new();
    while newest.len() < 16 {
        let came = page.gets().await;
        page.has_drawn(came.view, came.number).await;
        if came.taken_us == 501 {
            newest.insert(came.view);
        }
    }
}

#[tokio::test]
async fn pictures_are_made_to_fit_the_place_that_shows_them() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    let slot = call(&screens, "a");
    let mut page = Page::at(&door, &screens).await;
    page.looks(&[(1, "a", 641, 700)]).await;
    let size = Size::new(1280, 720).unwrap();
    let mut planes = vec![128; size.bytes()];
    for row in planes[..size.luma()].chunks_exact_mut(1280) {
        row[..640].fill(16);
        row[640..].fill(235);
    }
    slot.put(Picture::new(size, 1, planes).unwrap());
    let came = page.gets().await;
    assert_eq!(came.size, (640, 360));
    for row in came.planes[..640 * 360].chunks_exact(640) {
        assert_eq!((row[0], row[318], row[321], row[639]), (16, 16, 235, 235));
    }
    // In another place the same picture comes again, as large as that one.
    page.has_drawn(1, came.number).await;
    page.looks(&[(1, "a", 320, 320)]).await;
    assert_eq!(page.gets().await.size, (320, 180));
}

#[tokio::test]
async fn a_hidden_window_gets_nothing() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    let slot = call(&screens, "a");
    screens.set_levels("a", Levels { mine: 0.25, theirs: 0.5, unheard: false });
    let mut page = Page::at(&door, &screens).await;
    page.looks(&[(1, "a", 640, 360)]).await;
    let heard = page.hears().await;
    assert_eq!(
        heard,
        json!({"type": "levels", "call": "a", "mine": 0.25, "theirs": 0.5, "unheard": false})
    );
    page.looks(&[]).await;
    page.meanwhile().await;
    for taken in 1..=5 {
        slot.put(plain(320, 180, taken));
        assert!(page.meanwhile().await.is_empty());
    }
    assert_eq!(slot.dropped(), 4);
    page.looks(&[(1, "a", 640, 360)]).await;
    assert_eq!(page.gets().await.taken_us, 5);
}

#[tokio::test]
async fn a_call_without_pictures_is_heard() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    call(&screens, "other");
    call(&screens, "a");
    let mut page = Page::at(&door, &screens).await;
    page.says(json!({"type": "views", "views": [], "levels": "a"})).await;
    for _ in 0..3 {
        assert_eq!(page.hears().await["call"], "a");
    }
}

#[tokio::test]
async fn views_follow_their_calls() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    let mut page = Page::at(&door, &screens).await;
    page.looks(&[(1, "a", 640, 360), (2, "b", 640, 360)]).await;
    page.meanwhile().await;
    // A call that comes on later is seen at once.
    let (a, b) = (call(&screens, "a"), call(&screens, "b"));
    a.put(plain(4, 4, 1));
    let came = page.gets().await;
    assert_eq!((came.view, came.taken_us), (1, 1));
    screens.close("a");
    assert!(a.is_closed());
    b.put(plain(4, 4, 2));
    let came = page.gets().await;
    assert_eq!((came.view, came.taken_us), (2, 2));
    // The page's view of a call that was is no view any more, not even of another call of that name.
    let again = call(&screens, "a");
    again.put(plain(4, 4, 3));
    assert!(page.meanwhile().await.iter().all(|came| !came.is_binary()));
    page.looks(&[(3, "a", 640, 360)]).await;
    let came = page.gets().await;
    assert_eq!((came.view, came.taken_us), (3, 3));
}

#[tokio::test]
async fn a_page_that_comes_anew_takes_the_place_of_the_last() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    let slot = call(&screens, "a");
    let mut before = Page::at(&door, &screens).await;
    before.looks(&[(1, "a", 640, 360)]).await;
    before.meanwhile().await;
    let mut page = Page::at(&door, &screens).await;
    before.is_sent_away().await;
    page.looks(&[(1, "a", 640, 360)]).await;
    slot.put(plain(4, 4, 1));
    assert_eq!(page.gets().await.taken_us, 1);
}

#[tokio::test]
async fn a_door_that_is_dropped_is_closed() {
    let (door, screens) = (FrameDoor::new(), Screens::default());
    let mut page = Page::at(&door, &screens).await;
    let address = door.address(&screens).await.unwrap();
    drop(door);
    page.is_sent_away().await;
    // Its socket closes on its own task, so one who comes at that very moment is cut off instead.
    if let Ok(stream) = TcpStream::connect(host(&address)).await {
        assert!(soon(client_async(request(&address), stream)).await.is_err());
    }
}
