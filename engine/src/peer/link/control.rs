//! The control channel of a link: short words to the other side, in order, and theirs. What makes no sense is logged
//! and left aside.
//!
//! The stack loses what comes before its own end is open, though the other end is. So each side says that it is open,
//! and again when it first hears the other; all other words wait until the other was heard.

use crate::call::signal::Control;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use webrtc::data_channel::{DataChannel, DataChannelEvent};

/// The longest word.
const LONGEST: usize = 64 * 1024;
/// Words that wait for the other side at most; each call says a handful.
const MOST_UNSAID: usize = 64;
/// The last words have so long to arrive.
const SAY_OUT: Duration = Duration::from_millis(500);

pub(super) struct ControlChannel {
    channel: Arc<dyn DataChannel>,
    /// What waits for the other side; none once it was heard.
    unsaid: Option<VecDeque<Control>>,
}

impl ControlChannel {
    pub(super) fn new(channel: Arc<dyn DataChannel>) -> Self {
        Self { channel, unsaid: Some(VecDeque::new()) }
    }

    /// Whether the other side listens: what is begun sooner, it may never see.
    pub(super) fn is_heard(&self) -> bool {
        self.unsaid.is_none()
    }

    /// The channel, to be listened to.
    pub(super) fn ear(&self) -> Arc<dyn DataChannel> {
        Arc::clone(&self.channel)
    }

    pub(super) async fn say(&mut self, control: Control) {
        match &mut self.unsaid {
            Some(unsaid) if unsaid.len() < MOST_UNSAID => unsaid.push_back(control),
            Some(_) => tracing::warn!("too much is to be said before the other side listens"),
            None => self.send(&control).await,
        }
    }

    /// What happened on the channel; a word, where it was one.
    pub(super) async fn hear(&mut self, event: DataChannelEvent) -> Option<Control> {
        match event {
            DataChannelEvent::OnOpen => {
                self.send(&Control::Open).await;
                None
            }
            DataChannelEvent::OnMessage(message) => {
                if let Some(unsaid) = self.unsaid.take() {
                    self.send(&Control::Open).await;
                    for control in unsaid {
                        self.send(&control).await;
                    }
                }
                read(&message.data)
            }
            _ => None,
        }
    }

    async fn send(&self, control: &Control) {
        let Ok(text) = serde_json::to_string(control) else { return };
        if let Err(error) = self.channel.send_text(&text).await {
            tracing::debug!(%error, "a word could not be said on the control channel");
        }
    }

    /// Lets what was said reach the other side, as far as that takes no time.
    pub(super) async fn say_out(&self) {
        let said = async {
            while self.channel.outstanding_bytes().await.is_ok_and(|bytes| bytes > 0) {
                tokio::time::sleep(SAY_OUT / 50).await;
            }
        };
        if tokio::time::timeout(SAY_OUT, said).await.is_err() {
            tracing::debug!("the last words did not arrive");
        }
    }
}

fn read(data: &[u8]) -> Option<Control> {
    if data.len() > LONGEST {
        tracing::warn!("a word on the control channel is too long");
        return None;
    }
    match serde_json::from_slice(data) {
        Ok(Control::Open | Control::Unknown) => None,
        Ok(control) => Some(control),
        Err(error) => {
            tracing::warn!(%error, "a word on the control channel makes no sense");
            None
        }
    }
}
