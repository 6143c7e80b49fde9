//! One client's connection, from the first byte to the last, as one task.
//! While it is idle it holds no buffers: reads go through a scratch buffer of the thread, and what is to be
//! written is taken whole from the link. The sign-in is a future of its own, dropped when it is over.

#[cfg(fuzzing)]
pub(super) mod fuzz;
mod http;
mod intake;
mod sign_in;
mod stream;

pub(super) use http::serve_metrics;

use super::bucket::{Bucket, Rate};
use super::core::{Core, OpenLink, Pass, Refusing, Seat};
use super::frame::close;
use super::ledger::Job;
use super::link::Taken;
use super::request;
use super::room::Line as _;
use crate::protocol::{ErrorCode, PublicKey};
use intake::{Intake, Said};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use stream::Stream;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// How a connection came in: through the gate, or only to be told why not.
#[derive(Debug)]
pub(crate) struct Entry {
    refused: Option<ErrorCode>,
    _held: Held,
}

#[derive(Debug)]
#[expect(dead_code, reason = "held for what dropping them does")]
enum Held {
    Pass(Pass),
    Refusing(Refusing),
}

impl Entry {
    pub(crate) fn admitted(pass: Pass) -> Self {
        Self { refused: None, _held: Held::Pass(pass) }
    }

    pub(crate) fn refused(code: ErrorCode, refusing: Refusing) -> Self {
        Self { refused: Some(code), _held: Held::Refusing(refusing) }
    }
}

/// The socket and what was read from it.
#[derive(Debug)]
struct Door {
    stream: Stream,
    intake: Intake,
}

/// Serves one connection.
pub(crate) async fn serve(core: Arc<Core>, socket: TcpStream, peer: SocketAddr, entry: Entry) {
    let deadline = Instant::now() + core.config.times.sign_in;
    let opened = timeout_at(deadline, Box::pin(http::open(&core, socket, peer))).await;
    let Ok(Some(door)) = opened else { return };
    let Some(open) = core.open_link() else { return };
    let mut connection = Connection {
        frames: Bucket::new(core.uptime_ms()),
        core,
        door,
        open,
        seat: None,
        writing: Vec::new(),
        written: 0,
        shut: None,
    };
    match entry.refused {
        Some(code) => connection.open.link.end(code),
        None => connection.sign_in(peer, deadline).await,
    }
    std::future::poll_fn(|cx| connection.poll(cx)).await;
}

struct Connection {
    core: Arc<Core>,
    door: Door,
    open: OpenLink,
    seat: Option<Seat>,
    /// Frames that are being written, and how far they are.
    writing: Vec<u8>,
    written: usize,
    /// Every frame counts here, also those that no rule of the room counts.
    frames: Bucket,
    /// Whether the last byte could be written, once it was.
    shut: Option<bool>,
}

/// Bytes of a client's own answers that may wait while more of its requests are read.
const BACKLOG: usize = 64 * 1024;

impl Connection {
    async fn sign_in(&mut self, peer: SocketAddr, deadline: Instant) {
        let signing = sign_in::sign_in(&self.core, &mut self.door, &self.open, peer);
        match timeout_at(deadline, Box::pin(signing)).await {
            Ok(Ok(seat)) => self.seat = Some(seat),
            Ok(Err(refused)) => {
                self.core.counters.failed_sign_ins.add(1);
                tracing::info!(
                    key = refused.key.as_ref().map_or_else(String::new, super::core::prefix),
                    code = refused.code.as_str(),
                    "a sign-in was refused"
                );
                let message = refused.code.message(None, refused.retry_after_ms);
                self.open.link.tell(&message);
                let code = close::for_error(refused.code);
                self.open.link.close(code, &refused.code.as_str());
            }
            Err(_) => {
                self.core.counters.failed_sign_ins.add(1);
                self.open.link.end(ErrorCode::SignInTimeout);
            }
        }
    }

    /// Moves what can be moved; ready when the connection is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let blocked = match self.write(cx) {
                Written::Over => return Poll::Ready(()),
                Written::Blocked => true,
                Written::All => false,
            };
            let link = &self.open.link;
            let ending = link.is_ending();
            if ending {
                // Whoever is on the way out is not there any more, however long the farewell takes.
                self.seat = None;
            }
            let backlog = if blocked { self.writing.len() - self.written } else { 0 };
            let reads = !ending
                && backlog <= BACKLOG
                && link.in_flight() < self.core.config.limits.pipelined;
            if reads {
                match self.read(cx) {
                    Poll::Ready(true) => continue,
                    Poll::Ready(false) => return Poll::Ready(()),
                    Poll::Pending => {}
                }
            }
            if blocked {
                // The socket wakes this task, or whoever kills the link.
                let alive = self.open.link.sleep(cx.waker());
                return if alive { Poll::Pending } else { Poll::Ready(()) };
            }
            // All is written; what comes from now on wakes this task.
            match self.open.link.take(&mut self.writing, Some(cx.waker())) {
                Taken::Nothing => return Poll::Pending,
                Taken::Killed => return Poll::Ready(()),
                Taken::Frames => {}
                Taken::WantsLetters => self.want_letters(),
                Taken::Ended => return self.hang_up(cx),
            }
        }
    }

    /// Everything is said: waits for the client to hang up too, since a socket that is closed with bytes
    /// unread takes back what the client has not read yet.
    fn hang_up(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.open.link.sleep(cx.waker()) {
            return Poll::Ready(());
        }
        if self.shut.is_none() {
            self.shut = Some(ready!(self.door.stream.poll_shutdown(cx)).is_ok());
        }
        if self.shut == Some(false) {
            return Poll::Ready(());
        }
        while ready!(self.door.stream.poll_read_scratch(cx, |_| ())).is_ok() {}
        Poll::Ready(())
    }

    fn want_letters(&self) {
        let Some(who) = self.seat.as_ref().map(|seat| seat.who) else { return };
        let told = self.core.room().told(who.account, who.session);
        if let Some(after) = told {
            self.core.ledger.add_own(Job::Letters {
                account: who.account,
                session: who.session,
                device: who.device,
                after,
            });
        }
    }
}

enum Written {
    All,
    Blocked,
    Over,
}

impl Connection {
    /// Writes what is there.
    fn write(&mut self, cx: &mut Context<'_>) -> Written {
        loop {
            if self.written == self.writing.len() {
                self.writing.clear();
                self.written = 0;
                match self.open.link.take(&mut self.writing, None) {
                    Taken::Frames => {}
                    Taken::Killed => return Written::Over,
                    Taken::WantsLetters => self.want_letters(),
                    Taken::Nothing | Taken::Ended => {
                        // An idle connection holds no buffer.
                        self.writing = Vec::new();
                        return match self.door.stream.poll_flush(cx) {
                            Poll::Ready(Ok(())) => Written::All,
                            Poll::Ready(Err(_)) => Written::Over,
                            Poll::Pending => Written::Blocked,
                        };
                    }
                }
            } else {
                match self.door.stream.poll_write(cx, &self.writing[self.written..]) {
                    Poll::Ready(Ok(count)) if count > 0 => self.written += count,
                    Poll::Ready(_) => return Written::Over,
                    Poll::Pending => return Written::Blocked,
                }
            }
        }
    }

    /// Reads once and does what the client says; false when it is gone.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let Self { core, door, open, seat, frames, .. } = self;
        let Some(seat) = seat else {
            // Only the farewell is written to those who were refused.
            return Poll::Pending;
        };
        let link = &open.link;
        let limits = &core.config.limits;
        let rate = Rate::per_second(
            limits.messages_per_second.saturating_mul(2),
            limits.message_burst.saturating_mul(2),
        );
        let most = limits.message_bytes as usize;
        let Door { stream, intake } = door;
        let read = ready!(stream.poll_read_scratch(cx, |fresh| {
            let now_ms = core.uptime_ms();
            link.heard(now_ms);
            intake.take_in(fresh, most, |said| {
                if frames.take(rate, now_ms, 1).is_err() {
                    return Err(ErrorCode::RateLimited);
                }
                match said {
                    Said::Text(text) => request::take(core, seat, link, text, now_ms),
                    Said::Ping(payload) => {
                        link.pong(payload);
                        Ok(())
                    }
                    Said::Pong | Said::Part => Ok(()),
                    Said::Close => {
                        link.close(close::NORMAL, "");
                        Ok(())
                    }
                }
            })
        }));
        match read {
            Ok(Ok(())) => Poll::Ready(true),
            Ok(Err(error)) => {
                match error {
                    intake::Error::Code(code) => {
                        core.counters.error(code);
                        link.end(code);
                    }
                    intake::Error::Protocol => link.close(close::PROTOCOL, ""),
                    intake::Error::Binary => {
                        core.counters.error(ErrorCode::BadMessage);
                        link.tell(&ErrorCode::BadMessage.message(None, None));
                        link.close(close::UNSUPPORTED, "");
                    }
                }
                Poll::Ready(true)
            }
            Err(_) => Poll::Ready(false),
        }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("number", &self.open.number).finish_non_exhaustive()
    }
}

/// A refused sign-in.
#[derive(Debug)]
struct RefusedSignIn {
    code: ErrorCode,
    retry_after_ms: Option<u64>,
    key: Option<PublicKey>,
}
