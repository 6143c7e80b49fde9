//! What links mean for calls: an answered call is on when its link is up, shows that it reconnects while nothing
//! comes, and is lost when its other end is gone. What is wrong with devices is noted here too.

use super::talk::Stage;
use super::{Calls, LinkNews, Peer, Turn};
use crate::api::{ApiError, CallEnd};
use crate::call::signal::{CallId, CallSignal, Control};

/// Troubles of one call; more would tell nothing more.
const MOST_TROUBLES: usize = 8;

/// A link as calls see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Link {
    /// Whether its control channel is open.
    pub(super) up: bool,
    /// Since when nothing comes, steadily and by the wall's clock.
    pub(super) stopped: Option<(u64, u64)>,
    pub(super) weak: bool,
}

impl Calls {
    pub(super) fn link(&mut self, turn: &mut Turn, peer: Peer, news: LinkNews) {
        let Some(link) = self.links.get_mut(&peer) else { return };
        let stopped = link.stopped.or(Some((turn.now, turn.wall_ms)));
        match news {
            LinkNews::Connected => {
                (link.up, link.stopped) = (true, None);
                self.connected(turn, peer);
            }
            LinkNews::Disrupted if link.up => link.stopped = stopped,
            LinkNews::Disrupted => {}
            LinkNews::Weak(weak) => link.weak = weak,
            LinkNews::Failed => (link.up, link.stopped) = (false, stopped),
            LinkNews::Gone => {
                (link.up, link.stopped) = (false, stopped);
                self.gone(turn, peer);
            }
        }
    }

    /// A link is up, maybe again: what may have been lost is said on it.
    fn connected(&mut self, turn: &mut Turn, peer: Peer) {
        for at in 0..self.talks.len() {
            let talk = &mut self.talks[at];
            if !talk.is_answered() || !talk.is_with(&peer) {
                continue;
            }
            talk.told = None;
            let (call, outgoing) = (talk.id, talk.outgoing);
            if !outgoing {
                let signal = CallSignal::Accept { picture: talk.mine.camera };
                let control = Control::Call { call, signal };
                turn.push(super::Effect::Tell { peer, control });
            }
            self.connect(turn, at);
        }
    }

    /// An answered call whose link is up is on.
    pub(super) fn connect(&mut self, turn: &Turn, at: usize) {
        let up = self.link_of(&self.talks[at]).is_some_and(|link| link.up);
        let talk = &mut self.talks[at];
        if up && matches!(talk.stage, Stage::Connecting { .. }) {
            talk.stage = Stage::On { since: turn.now, since_ms: turn.wall_ms };
        }
    }

    /// The other's program is gone.
    fn gone(&mut self, turn: &mut Turn, peer: Peer) {
        for talk in &mut self.talks {
            if talk.key == peer.key && talk.rings_there() {
                talk.rings_less(peer.device);
            }
        }
        while let Some(at) = self
            .talks
            .iter()
            .position(|talk| talk.is_live() && !talk.rings_there() && talk.is_with(&peer))
        {
            self.end_here(turn, at, CallEnd::Lost);
        }
    }

    pub(super) fn trouble(&mut self, call: CallId, error: ApiError) {
        if let Some(at) = self.find_live(call) {
            let troubles = &mut self.talks[at].troubles;
            troubles.retain(|other| !is_same(other, &error));
            if troubles.len() < MOST_TROUBLES {
                troubles.push(error);
            }
        }
    }

    pub(super) fn mended(&mut self, call: CallId, error: &ApiError) {
        if let Some(at) = self.find_live(call) {
            self.talks[at].troubles.retain(|other| !is_same(other, error));
        }
    }
}

fn is_same(one: &ApiError, other: &ApiError) -> bool {
    one.code == other.code && one.detail.get("device") == other.detail.get("device")
}
