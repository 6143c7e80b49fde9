//! One call: its stage, its two sides, and what can be read off it alone. What follows for others is the
//! machine's.

use super::links::Link;
use super::{CONNECT_MS, LOST_MS, Peer, RING_MS, SAFETY_MS};
use crate::api::{self, ApiError, CallEnd, CallQuality, CallSide, CallStage, PastCall, PublicKey};
use crate::call::signal::CallId;
use visavis_signaling::protocol::DeviceId;

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Calling,
    Ringing,
    Incoming,
    Connecting { since: u64 },
    On { since: u64, since_ms: u64 },
    Ended { how: CallEnd, talked_ms: Option<u64> },
}

#[derive(Debug, Clone)]
pub(super) struct Talk {
    pub(super) id: CallId,
    pub(super) key: PublicKey,
    pub(super) outgoing: bool,
    pub(super) picture: bool,
    pub(super) began: u64,
    pub(super) at_ms: u64,
    pub(super) stage: Stage,
    /// The device that calls or has answered.
    pub(super) device: Option<DeviceId>,
    /// Their devices on which it rings.
    pub(super) ringing: Vec<DeviceId>,
    /// Whether it ever rang there.
    pub(super) rang: bool,
    pub(super) answered: Option<u64>,
    /// Refused by the app before the user heard of it.
    pub(super) unheard: bool,
    pub(super) mine: CallSide,
    pub(super) theirs: CallSide,
    /// What the other was told of the user's side on the link as it is now.
    pub(super) told: Option<CallSide>,
    pub(super) told_number: u64,
    pub(super) heard_number: u64,
    pub(super) troubles: Vec<ApiError>,
    /// The user's own call, which became this one because both had called at once.
    pub(super) before: Option<Box<Talk>>,
}

impl Talk {
    pub(super) fn new(
        id: CallId,
        key: PublicKey,
        device: Option<DeviceId>,
        picture: bool,
        (began, at_ms): (u64, u64),
    ) -> Self {
        let outgoing = device.is_none();
        let side = CallSide { microphone: true, camera: picture, held: false };
        Self {
            id,
            key,
            outgoing,
            picture,
            began,
            at_ms,
            stage: if outgoing { Stage::Calling } else { Stage::Incoming },
            device,
            ringing: Vec::new(),
            rang: false,
            answered: None,
            unheard: false,
            mine: side,
            theirs: if outgoing { CallSide::default() } else { side },
            told: None,
            told_number: 0,
            heard_number: 0,
            troubles: Vec::new(),
            before: None,
        }
    }

    pub(super) fn is_live(&self) -> bool {
        !matches!(self.stage, Stage::Ended { .. })
    }

    pub(super) fn rings_there(&self) -> bool {
        matches!(self.stage, Stage::Calling | Stage::Ringing)
    }

    pub(super) fn rings_here(&self) -> bool {
        self.stage == Stage::Incoming
    }

    pub(super) fn is_answered(&self) -> bool {
        matches!(self.stage, Stage::Connecting { .. } | Stage::On { .. })
    }

    /// One of their devices rings no more.
    pub(super) fn rings_less(&mut self, gone: DeviceId) {
        self.ringing.retain(|device| *device != gone);
        if self.ringing.is_empty() {
            self.stage = Stage::Calling;
        }
    }

    /// None of their devices is known to ring.
    pub(super) fn rings_nowhere(&mut self) {
        self.ringing.clear();
        self.stage = Stage::Calling;
    }

    /// The one other end, once it is known.
    pub(super) fn peer(&self) -> Option<Peer> {
        self.device.map(|device| Peer { key: self.key, device })
    }

    pub(super) fn is_with(&self, peer: &Peer) -> bool {
        self.peer() == Some(*peer)
    }

    /// The links that it wants.
    pub(super) fn wanted(&self) -> impl Iterator<Item = Peer> + '_ {
        let ringing = self.ringing.iter().filter(|_| self.rings_there());
        let with = self.device.iter().filter(|_| self.is_live());
        ringing.chain(with).map(|&device| Peer { key: self.key, device })
    }

    /// How long they have talked, if anybody answered.
    pub(super) fn talked_ms(&self, now: u64) -> Option<u64> {
        match self.stage {
            Stage::On { since, .. } => Some(now.saturating_sub(since)),
            _ => None,
        }
    }

    /// When something has to happen though nobody says anything.
    pub(super) fn due(&self, link: Option<&Link>) -> Option<u64> {
        match self.stage {
            Stage::Calling | Stage::Ringing => Some(self.began + RING_MS),
            Stage::Incoming => Some(self.began + SAFETY_MS),
            Stage::Connecting { since } => Some(since + CONNECT_MS),
            Stage::On { .. } => Some(link?.stopped?.0 + LOST_MS),
            Stage::Ended { .. } => None,
        }
    }

    pub(super) fn show(&self, link: Option<&Link>) -> api::Call {
        let quality = match (self.stage, link) {
            (Stage::On { .. }, Some(&Link { stopped: Some((_, since_ms)), .. })) => {
                CallQuality::Reconnecting { since_ms }
            }
            (Stage::On { .. }, Some(&Link { weak: true, .. })) => CallQuality::Poor,
            _ => CallQuality::Good,
        };
        api::Call {
            id: self.id.to_string(),
            key: self.key,
            outgoing: self.outgoing,
            picture: self.picture,
            stage: match self.stage {
                Stage::Calling => CallStage::Calling,
                Stage::Ringing => CallStage::Ringing,
                Stage::Incoming => CallStage::Incoming,
                Stage::Connecting { .. } => CallStage::Connecting,
                Stage::On { since_ms, .. } => CallStage::On { since_ms },
                Stage::Ended { how, talked_ms } => CallStage::Ended { how, talked_ms },
            },
            mine: self.mine,
            theirs: self.theirs,
            quality,
            troubles: self.troubles.clone(),
        }
    }

    pub(super) fn past(&self, how: CallEnd, talked_ms: Option<u64>) -> PastCall {
        PastCall {
            id: self.id.to_string(),
            key: self.key,
            outgoing: self.outgoing,
            picture: self.picture,
            at_ms: self.at_ms,
            how,
            talked_ms,
        }
    }
}
