//! Tells interceptors which streams this side sends, from what was negotiated.
//!
//! The stack binds a local stream only where its track names one format beforehand, and then for that format
//! alone. Here the answer decides between formats, so the streams are bound from the answer: each wrapped
//! interceptor looks whether there is news before it deals with anything.

use rtc::interceptor::{Interceptor, StreamInfo, TaggedPacket};
use rtc::sansio::Protocol;
use rtc::shared::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The streams this side sends, as they were agreed on last.
#[derive(Debug, Default)]
pub(in crate::peer) struct Locals {
    version: AtomicU64,
    streams: Mutex<Vec<StreamInfo>>,
}

impl Locals {
    /// These from now on.
    pub(in crate::peer) fn set(&self, streams: Vec<StreamInfo>) {
        *self.streams.lock().unwrap_or_else(PoisonError::into_inner) = streams;
        self.version.fetch_add(1, Ordering::Release);
    }

    fn get(&self) -> Vec<StreamInfo> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An interceptor whose local streams are bound from the answer.
pub(super) struct Bound<I> {
    inner: I,
    locals: Arc<Locals>,
    version: u64,
    streams: Vec<StreamInfo>,
}

impl<I: Interceptor> Bound<I> {
    pub(super) fn new(inner: I, locals: &Arc<Locals>) -> Self {
        Self { inner, locals: Arc::clone(locals), version: 0, streams: Vec::new() }
    }

    /// Binds what is new. A stream that stays as it is stays bound: what an interceptor knows of it must not be
    /// lost with every negotiation.
    fn look(&mut self) {
        let version = self.locals.version.load(Ordering::Acquire);
        if version == self.version {
            return;
        }
        self.version = version;
        let streams = self.locals.get();
        for old in self.streams.iter().filter(|old| !streams.iter().any(|new| same(old, new))) {
            self.inner.unbind_local_stream(old);
        }
        for new in streams.iter().filter(|new| !self.streams.iter().any(|old| same(old, new))) {
            self.inner.bind_local_stream(new);
        }
        self.streams = streams;
    }
}

fn same(one: &StreamInfo, other: &StreamInfo) -> bool {
    let facts = |info: &StreamInfo| {
        let extensions = info.rtp_header_extensions.iter().map(|e| (e.uri.clone(), e.id));
        let types = (info.payload_type, info.payload_type_rtx);
        (info.ssrc, info.ssrc_rtx, types, extensions.collect::<Vec<_>>())
    };
    facts(one) == facts(other)
}

impl<I: Interceptor> Protocol<TaggedPacket, TaggedPacket, ()> for Bound<I> {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.look();
        self.inner.handle_read(message)
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inner.poll_read()
    }

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.look();
        self.inner.handle_write(message)
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.inner.poll_write()
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.look();
        self.inner.handle_timeout(now)
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        self.inner.poll_timeout()
    }

    fn close(&mut self) -> Result<(), Error> {
        self.inner.close()
    }
}

impl<I: Interceptor> Interceptor for Bound<I> {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        self.inner.bind_remote_stream(info);
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.inner.unbind_remote_stream(info);
    }
}
