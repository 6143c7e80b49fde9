//! Lets out on a channel what a call leaves room for: the stack's own idea of how much may be under way fills every queue
//! there is. Nothing is held back while no call is on.

use super::Shared;
use crate::media::clock::now_us;
use crate::peer::quick::Manners;
use crate::transfer::wire::LONGEST;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;
use webrtc::data_channel::DataChannel;

/// How often it is looked whether there is room beside a call.
const LOOK: Duration = Duration::from_millis(10);
/// What a way without queues is taken to be: only what comes on top of it is known here.
const WAY_US: u64 = 40_000;

/// Lets out what a call leaves room for.
pub(super) struct Gate {
    shared: Weak<Shared>,
    manners: Option<Manners>,
    news: u64,
}

impl Gate {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::downgrade(shared), manners: None, news: 0 }
    }

    /// What may be under way; nothing where no call is on, or nothing is heard of its packets: then this side sends none
    /// that a file could hold up.
    fn window(&mut self) -> Option<u64> {
        let shared = self.shared.upgrade()?;
        if !shared.calling.load(Ordering::Relaxed) {
            self.manners = None;
            return None;
        }
        let (news, queued_us) = shared.connection.path.queued();
        // A piece of a file at least has to fit.
        let manners = self.manners.get_or_insert_with(|| Manners::new(LONGEST as u64 / 16));
        if std::mem::replace(&mut self.news, news) != news {
            manners.came_back(now_us(), WAY_US + queued_us, true);
        }
        (news > 0).then(|| manners.window())
    }

    /// Waits until there is room.
    pub(super) async fn room(&mut self, channel: &dyn DataChannel) {
        while let Some(window) = self.window() {
            // One that is closed has room for nothing, which is found out when something is sent.
            if !channel.outstanding_bytes().await.is_ok_and(|bytes| bytes as u64 > window) {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
