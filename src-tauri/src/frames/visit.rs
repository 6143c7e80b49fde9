//! One connection through the frame door: hears what the page looks at and has drawn, takes pictures out of the
//! slots, makes them fit and sends them.
//!
//! A picture is taken only when it can be sent at once. So a page that stands still leaves the pictures in their
//! slots, where the newest replaces the last, and nothing gathers here.

use super::machine::{Due, Gallery, Pace, Side};
use super::said::{self, Odd, Said};
use super::wire;
use futures_util::future::{pending, select_all};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::sync::mpsc::OwnedPermit;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use visavis_engine::engine::Screens;
use visavis_engine::media::picture::Picture;
use visavis_engine::media::scale::Scaler;
use visavis_engine::media::slot::Slot;

/// How often loudness is told.
const LEVELS_EVERY: Duration = Duration::from_millis(100);
/// Lines about loudness that may wait; what comes then is not told.
const WORDS: usize = 8;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    /// The page closed it, or is gone.
    #[error("the page left")]
    Left,
    /// The connection failed, or what came was too long.
    #[error("the connection failed: {0}")]
    Failed(#[from] Error),
    /// The page said what makes no sense.
    #[error("the page said what makes no sense: {0}")]
    Odd(#[from] Odd),
    /// The page sent something else than text.
    #[error("the page sent something else than text")]
    NoText,
    /// Too many messages came.
    #[error("the page spoke too fast")]
    TooFast,
    /// A picture could not be made to fit.
    #[error("a picture could not be scaled")]
    Scaling,
}

/// What a connection may bring, and the buffers it has.
pub(super) fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .max_message_size(Some(said::LONGEST))
        .max_frame_size(Some(said::LONGEST))
        // One message is written at a time, and whole before the next.
        .write_buffer_size(0)
}

/// Serves a connection until it ends.
pub(super) async fn serve(socket: WebSocketStream<TcpStream>, screens: Screens) -> End {
    let (sink, stream) = socket.split();
    let (outbox, pictures) = mpsc::channel(1);
    let (words, lines) = mpsc::channel(WORDS);
    let visit = Visit {
        screens,
        gallery: Gallery::default(),
        pace: Pace::new(Instant::now()),
        looks: BTreeMap::new(),
        work: None,
        scaler: Some(Scaler::new()),
        words,
    };
    let end = tokio::select! {
        end = Box::pin(visit.go(stream, outbox)) => end,
        end = write(sink, pictures, lines) => end,
    };
    end.err().unwrap_or(End::Left)
}

/// Writes one message after the other, words first.
async fn write(
    mut sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    mut pictures: mpsc::Receiver<Message>,
    mut lines: mpsc::Receiver<Message>,
) -> Result<(), End> {
    loop {
        let message = tokio::select! {
            biased;
            Some(line) = lines.recv() => line,
            Some(picture) = pictures.recv() => picture,
            else => return Ok(()),
        };
        sink.send(message).await?;
    }
}

struct Visit {
    screens: Screens,
    gallery: Gallery,
    pace: Pace,
    looks: BTreeMap<Side, Look>,
    /// The picture that is being made to fit.
    work: Option<Work>,
    /// Here while nothing is being made to fit.
    scaler: Option<Scaler>,
    words: mpsc::Sender<Message>,
}

/// A side of a call that is on.
struct Look {
    slot: Slot<Picture>,
    /// The newest that was taken, for the next view of it.
    newest: Option<Picture>,
}

struct Work {
    view: u32,
    number: u32,
    permit: OwnedPermit<Message>,
    made: JoinHandle<(Scaler, Vec<u8>)>,
}

impl Visit {
    async fn go(
        mut self,
        mut stream: SplitStream<WebSocketStream<TcpStream>>,
        outbox: mpsc::Sender<Message>,
    ) -> Result<(), End> {
        let mut changes = self.screens.changes();
        let mut ticks = every(LEVELS_EVERY);
        loop {
            let wanted = self.wanted();
            let is_due = self.work.is_none() && self.gallery.due().is_some();
            tokio::select! {
                said = stream.next() => match said {
                    None => return Ok(()),
                    Some(said) => if self.hear(said?)? == Heard::TheEnd { return Ok(()) },
                },
                Ok(()) = changes.changed() => self.refresh(),
                made = made(&mut self.work) => self.send(made.map_err(|_| End::Scaling)?),
                (side, picture) = put(&wanted) => match picture {
                    Some(picture) => self.keep(&side, picture),
                    None => self.refresh(),
                },
                Ok(permit) = outbox.clone().reserve_owned(), if is_due => self.begin(permit),
                _ = ticks.tick(), if self.gallery.listens() => self.tell_levels(),
            }
        }
    }

    /// Carries out what the page says.
    fn hear(&mut self, said: Message) -> Result<Heard, End> {
        if !self.pace.admits(Instant::now()) {
            return Err(End::TooFast);
        }
        match said {
            Message::Text(text) => match said::read(&text)? {
                Said::Views { views, levels } => {
                    self.gallery.look(views, levels);
                    self.refresh();
                }
                Said::Drawn { view, number } => self.gallery.drawn(view, number),
            },
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => return Ok(Heard::TheEnd),
            Message::Binary(_) | Message::Frame(_) => return Err(End::NoText),
        }
        Ok(Heard::Words)
    }

    /// Finds the slots of what is looked at, and lets go of calls that are over.
    fn refresh(&mut self) {
        for side in self.gallery.sides() {
            if self.looks.get(&side).is_some_and(|look| look.slot.is_closed()) {
                self.looks.remove(&side);
                self.gallery.over(&side);
            } else if !self.looks.contains_key(&side)
                && let Some(slot) = self.screens.picture(&side.call, side.whose())
            {
                self.looks.insert(side, Look { slot, newest: None });
            }
        }
        self.looks.retain(|_, look| !look.slot.is_closed());
    }

    /// The slots from which a picture would be sent at once.
    fn wanted(&self) -> Vec<(Side, Slot<Picture>)> {
        let wanted = self.looks.iter().filter(|(side, _)| self.gallery.wants(side));
        wanted.map(|(side, look)| (side.clone(), look.slot.clone())).collect()
    }

    fn keep(&mut self, side: &Side, picture: Picture) {
        if let Some(look) = self.looks.get_mut(side) {
            look.newest = Some(picture);
            self.gallery.arrived(side);
        }
    }

    /// Has the next picture made to fit, on a thread that may take its time.
    fn begin(&mut self, permit: OwnedPermit<Message>) {
        let Some(Due { view, side, width, height }) = self.gallery.due() else { return };
        // It may have waited for its turn: the newest there is now.
        if let Some(newer) = self.looks.get(&side).and_then(|look| look.slot.try_take()) {
            self.keep(&side, newer);
        }
        let Some(picture) = self.looks.get(&side).and_then(|look| look.newest.clone()) else {
            // Its call is over.
            self.gallery.over(&side);
            return;
        };
        let number = self.gallery.begin(view);
        let mut scaler = self.scaler.take().unwrap_or_default();
        let made = spawn_blocking(move || {
            let size = wire::fit(picture.size(), width, height);
            let bytes = wire::picture(view, number, &scaler.scale(&picture, size));
            (scaler, bytes)
        });
        self.work = Some(Work { view, number, permit, made });
    }

    fn send(&mut self, (work, scaler, bytes): (Work, Scaler, Vec<u8>)) {
        self.scaler = Some(scaler);
        if self.gallery.finish(work.view, work.number) {
            work.permit.send(Message::Binary(bytes.into()));
        }
    }

    /// Where lines wait already, the page has no use for more.
    fn tell_levels(&self) {
        for (call, levels) in self.screens.levels() {
            if self.gallery.hears(&call) {
                let _ = self.words.try_send(Message::Text(wire::levels(&call, levels).into()));
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Words,
    TheEnd,
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits until the picture that is worked on is ready; for ever where there is none.
async fn made(work: &mut Option<Work>) -> Result<(Work, Scaler, Vec<u8>), tokio::task::JoinError> {
    let Some(working) = work else { return pending().await };
    let made = (&mut working.made).await;
    match (work.take(), made) {
        (Some(work), Ok((scaler, bytes))) => Ok((work, scaler, bytes)),
        (_, Err(failed)) => Err(failed),
        (None, _) => pending().await,
    }
}

/// Waits for a picture from any of the slots, or for the end of one; for ever where there is no slot. What is
/// given up meanwhile stays in its slot.
async fn put(slots: &[(Side, Slot<Picture>)]) -> (Side, Option<Picture>) {
    if slots.is_empty() {
        return pending().await;
    }
    let (picture, at, _) = select_all(slots.iter().map(|(_, slot)| Box::pin(slot.take()))).await;
    (slots[at].0.clone(), picture)
}
