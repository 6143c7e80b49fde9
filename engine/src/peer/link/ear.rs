//! The ear that the stack talks to. It runs on the stack's own task, so it passes on what it hears and never waits.

use std::sync::Arc;
use tokio::sync::mpsc;
use webrtc::data_channel::DataChannel;
use webrtc::media_stream::track_remote::TrackRemote;
use webrtc::peer_connection::{
    PeerConnectionEventHandler, RTCIceCandidateInit, RTCPeerConnectionIceEvent,
    RTCPeerConnectionState,
};

/// What the stack tells.
pub(super) enum Told {
    Candidate(RTCIceCandidateInit),
    State(RTCPeerConnectionState),
    Track(Arc<dyn TrackRemote>),
    Channel(Arc<dyn DataChannel>),
}

/// The ear that the stack talks to. It runs on the stack's own task and must not wait.
pub(super) struct Ear(mpsc::Sender<Told>);

impl Ear {
    pub(super) fn new(tell: mpsc::Sender<Told>) -> Self {
        Self(tell)
    }

    fn tell(&self, told: Told) {
        if self.0.try_send(told).is_err() {
            tracing::debug!("a link that is closing hears nothing more");
        }
    }
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Ear {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        if let Ok(candidate) = event.candidate.to_json() {
            self.tell(Told::Candidate(candidate));
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.tell(Told::State(state));
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        self.tell(Told::Track(track));
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        self.tell(Told::Channel(channel));
    }
}
