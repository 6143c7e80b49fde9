//! What follows from how calls stand: which links are wanted, which devices are open, what sounds, what is shown.
//! It is compared with what was so before, so that no way out of a call can forget to close a camera.

use super::links::Link;
use super::talk::Talk;
use super::{Calls, Effect, Tone, Turn};
use crate::api::CallSide;
use crate::call::signal::{CallId, Control};
use std::collections::BTreeMap;

/// What is open for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Preview,
    Running { mine: CallSide, theirs: CallSide },
}

impl Calls {
    /// Brings all that depends on calls in line with them.
    pub(super) fn settle(&mut self, turn: &mut Turn) {
        let media: BTreeMap<CallId, Media> =
            self.talks.iter().filter_map(|talk| Some((talk.id, wanted(talk)?))).collect();
        for call in self.media.keys().filter(|call| !media.contains_key(call)) {
            turn.push(Effect::EndMedia(*call));
        }
        self.settle_links(turn);
        self.settle_media(turn, media);
        self.tell_sides(turn);
        let tone = self.wanted_tone();
        if tone != self.tone {
            self.tone = tone;
            turn.push(Effect::Sound(tone));
        }
        let shown = self.talks.iter().map(|talk| talk.show(self.link_of(talk))).collect();
        if self.shown != shown {
            self.shown = shown;
            turn.push(Effect::Changed);
        }
    }

    fn settle_links(&mut self, turn: &mut Turn) {
        let mut wanted = BTreeMap::new();
        for talk in &self.talks {
            wanted.extend(talk.wanted().map(|peer| (peer, talk.outgoing)));
        }
        self.links.retain(|peer, _| {
            let kept = wanted.contains_key(peer);
            if !kept {
                turn.push(Effect::ReleaseLink(*peer));
            }
            kept
        });
        for (peer, first) in wanted {
            self.links.entry(peer).or_insert_with(|| {
                turn.push(Effect::OpenLink { peer, first });
                Link::default()
            });
        }
    }

    fn settle_media(&mut self, turn: &mut Turn, media: BTreeMap<CallId, Media>) {
        for (&call, &wanted) in &media {
            let peer = self.talks.iter().find(|talk| talk.id == call).and_then(Talk::peer);
            match (self.media.get(&call), wanted, peer) {
                (before, now, _) if before == Some(&now) => {}
                (_, Media::Preview, _) => turn.push(Effect::Preview(call)),
                (Some(Media::Running { .. }), Media::Running { mine, theirs }, _) => {
                    turn.push(Effect::ChangeMedia { call, mine, theirs });
                }
                (_, Media::Running { mine, theirs }, Some(peer)) => {
                    turn.push(Effect::BeginMedia { call, peer, mine, theirs });
                }
                (_, Media::Running { .. }, None) => {}
            }
        }
        self.media = media;
    }

    /// What the user's side does is told at once, and anew on each new link.
    fn tell_sides(&mut self, turn: &mut Turn) {
        for talk in &mut self.talks {
            let Some(peer) = talk.peer().filter(|_| talk.is_answered()) else { continue };
            let up = self.links.get(&peer).is_some_and(|link| link.up);
            if up && talk.told != Some(talk.mine) {
                talk.told = Some(talk.mine);
                talk.told_number += 1;
                let CallSide { microphone, camera, held } = talk.mine;
                let (call, number) = (talk.id, talk.told_number);
                let control = Control::Side { call, number, microphone, camera, held };
                turn.push(Effect::Tell { peer, control });
            }
        }
    }

    fn wanted_tone(&self) -> Tone {
        let any = |so: fn(&Talk) -> bool| self.talks.iter().any(so);
        if any(Talk::rings_here) {
            if any(Talk::is_answered) { Tone::Waiting } else { Tone::Incoming }
        } else if any(|talk| talk.rings_there() && !talk.ringing.is_empty()) {
            Tone::Ringback
        } else if self.busy_until.is_some() {
            Tone::Busy
        } else {
            Tone::Silent
        }
    }
}

fn wanted(talk: &Talk) -> Option<Media> {
    if talk.is_answered() {
        Some(Media::Running { mine: talk.mine, theirs: talk.theirs })
    } else {
        (talk.rings_there() && talk.mine.camera).then_some(Media::Preview)
    }
}
