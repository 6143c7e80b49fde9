//! Links at the desk: one end for each device of a contact's that a call wants to reach, the letters between the
//! ends, and what becomes of them.
//!
//! An end has a number of its own. A letter names both ends, so that one from a connection that is gone does no harm;
//! where the other side begins anew, so does this one.

use super::answers::Pending;
use super::by_hand::Hand;
use super::desk::{Desk, Message};
use super::guides::Guides;
use crate::api::{Presence, PublicKey};
use crate::call::machine::{LinkNews, Peer};
use crate::call::signal::{Control, DescriptionKind, LinkLetter, LinkSignal};
use crate::media::video::codec::formats;
use crate::peer::{LaneWays, Link, LinkEvent, LinkFigures, LinkOptions, NoFormat};
use std::collections::HashMap;

/// Links at once; a contact has a handful of devices, and few calls are on.
const MOST: usize = 32;

/// The ends of links, and what they need.
#[derive(Debug, Default)]
pub(super) struct Links {
    ends: HashMap<Peer, End>,
    pub(super) guides: Guides,
}

#[derive(Debug)]
struct End {
    link: Link,
    number: u64,
    theirs: Option<u64>,
    up: bool,
    disrupted: bool,
    /// Why no pictures can cross.
    no_pictures: Option<NoFormat>,
    wanted: Wanted,
    /// Whether this end, or the other, has begun to look for a way.
    begun: bool,
    hand: Hand,
}

/// For what a link is there; it goes when it is for nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) calls: bool,
    pub(super) files: bool,
}

impl Wanted {
    /// For calls alone.
    pub(super) const CALLS: Self = Self { calls: true, files: false };
    /// For files alone.
    pub(super) const FILES: Self = Self { calls: false, files: true };
    /// For nothing any more.
    const NOT: Self = Self { calls: false, files: false };
}

impl Links {
    /// The link to someone's device, once its path is up.
    pub(super) fn up(&self, peer: &Peer) -> Option<&Link> {
        self.ends.get(peer).filter(|end| end.up).map(|end| &end.link)
    }

    /// The figures of all links over which calls go; of one that only files use, little is known.
    pub(super) fn figures_of_calls(&self) -> Vec<LinkFigures> {
        let up = self.ends.values().filter(|end| end.up && !end.disrupted);
        up.map(|end| end.link.figures()).filter(|figures| figures.last_us > 0).collect()
    }

    /// Where kept letters stand on the link to someone's device.
    pub(super) fn hand(&mut self, peer: &Peer) -> Option<&mut Hand> {
        self.ends.get_mut(peer).map(|end| &mut end.hand)
    }

    /// Devices to which a kept letter can be said now.
    pub(super) fn free_hands(&self) -> Vec<Peer> {
        let free = self.ends.iter().filter(|(_, end)| end.up && end.hand.is_free());
        free.map(|(peer, _)| *peer).collect()
    }

    /// Devices of someone's on which words are heard at once.
    pub(super) fn listening(&self, key: &PublicKey) -> Vec<Peer> {
        let hears = |end: &End| end.up && !end.disrupted && end.hand.is_met();
        let theirs = self.ends.iter().filter(|(peer, end)| peer.key == *key && hears(end));
        theirs.map(|(peer, _)| *peer).collect()
    }

    /// Why no pictures can cross to someone's device, where that is so.
    pub(super) fn no_pictures(&self, peer: &Peer) -> Option<&NoFormat> {
        self.ends.get(peer)?.no_pictures.as_ref()
    }
}

impl Desk {
    /// A link is wanted for a call; `first` says whether this end makes the first offer.
    pub(super) async fn want_link(&mut self, peer: Peer, first: bool) {
        match self.links.ends.get_mut(&peer) {
            Some(end) => {
                end.wanted.calls = true;
                if end.up {
                    self.link_news(peer, LinkNews::Connected).await;
                }
            }
            None => self.new_end(peer, first, Wanted::CALLS).await,
        }
    }

    /// A link is wanted for files.
    pub(super) async fn want_link_for_files(&mut self, peer: Peer, first: bool) {
        match self.links.ends.get_mut(&peer) {
            Some(end) => {
                end.wanted.files = true;
                if first && !end.begun {
                    end.begun = true;
                    end.link.negotiate();
                }
            }
            None => self.new_end(peer, first, Wanted::FILES).await,
        }
    }

    /// Makes an end from nothing; one that was there is closed.
    async fn new_end(&mut self, peer: Peer, offer: bool, wanted: Wanted) {
        self.links.ends.remove(&peer);
        let Some(own) = self.own.as_ref().map(|own| own.identity.public()) else { return };
        if self.links.ends.len() >= MOST {
            tracing::warn!("no more links are made");
            return self.link_news(peer, LinkNews::Failed).await;
        }
        let polite = own < peer.key;
        let options = LinkOptions {
            formats: formats().to_vec(),
            lane_ways: self.options.lane_ways,
            ..LinkOptions::everywhere(polite, self.links.guides.servers())
        };
        let number = getrandom::u64().unwrap_or(1) >> 11;
        match Link::open(options).await {
            Ok((link, mut events)) => {
                let inbox = self.inbox.clone();
                tokio::spawn(async move {
                    while let Some(event) = events.recv().await {
                        let Some(inbox) = inbox.upgrade() else { return };
                        if inbox.send(Message::Link(peer, number, event)).await.is_err() {
                            return;
                        }
                    }
                });
                if offer {
                    link.negotiate();
                }
                let (theirs, no_pictures, up, disrupted) = (None, None, false, false);
                let (begun, hand) = (offer, Hand::default());
                let end =
                    End { link, number, theirs, up, disrupted, no_pictures, wanted, begun, hand };
                self.links.ends.insert(peer, end);
            }
            Err(error) => {
                tracing::error!(%error, "there is no link");
                self.link_news(peer, LinkNews::Failed).await;
            }
        }
    }

    /// Which ways lanes may go from now on, on all links.
    pub(super) fn set_lane_ways(&mut self, ways: LaneWays) {
        self.options.lane_ways = ways;
        for end in self.links.ends.values() {
            end.link.set_lane_ways(ways);
        }
    }

    /// No call wants the link any more.
    pub(super) fn drop_link(&mut self, peer: Peer) {
        if let Some(end) = self.links.ends.get_mut(&peer) {
            end.wanted.calls = false;
            end.link.set_sink(None);
            if !end.wanted.files {
                self.links.ends.remove(&peer);
            }
        }
    }

    /// Links that only files wanted, and that they want no more, go; and those on which nobody was met, or nobody is heard
    /// any more, where the one they lead to is away. The other end is told, for it may look for a new path otherwise.
    pub(super) async fn drop_links_of_files(&mut self) {
        let mut closed = Vec::new();
        for (peer, end) in &mut self.links.ends {
            let away = self.known.presence.get(&peer.key) == Some(&Presence::Offline);
            let met = end.up && !end.disrupted;
            end.wanted.files &= self.files.want(*peer) && (met || !away);
            if end.wanted == Wanted::NOT {
                closed.push((*peer, end.number, end.theirs));
            }
        }
        for (peer, from, to) in closed {
            self.links.ends.remove(&peer);
            if to.is_some() && self.is_online() {
                let signal = LinkSignal::Closed;
                let letter = LinkLetter { device: peer.device, from, to, signal };
                self.send_link_letter(peer, letter).await;
            }
        }
    }

    /// Says something on a link's control channel.
    pub(super) fn say_on_link(&mut self, peer: Peer, control: Control) {
        if let Some(end) = self.links.ends.get(&peer) {
            end.link.tell(control);
        }
    }

    /// The other end of a link said something by letter.
    pub(super) async fn letter_for_link(&mut self, from: Peer, letter: LinkLetter) {
        if self.own.as_ref().map(|own| own.device) != Some(letter.device) {
            return;
        }
        if !self.links.ends.contains_key(&from) {
            // For files either side may begin.
            let is_offer = matches!(
                letter.signal,
                LinkSignal::Description { kind: DescriptionKind::Offer, .. }
            );
            if !is_offer || letter.to.is_some() || !self.files.want(from) {
                tracing::debug!(?from, "a letter for no link");
                return;
            }
            self.new_end(from, false, Wanted::FILES).await;
        }
        let Some(end) = self.links.ends.get(&from) else { return };
        if letter.to.is_some_and(|to| to != end.number) {
            tracing::debug!(?from, "a letter for a link that is gone");
            return;
        }
        if letter.signal == LinkSignal::Closed {
            if end.theirs == Some(letter.from) {
                if end.wanted.calls {
                    self.link_news(from, LinkNews::Gone).await;
                } else {
                    self.links.ends.remove(&from);
                }
            }
            return;
        }
        if end.theirs.is_some_and(|theirs| theirs != letter.from) {
            let wanted = end.wanted;
            self.new_end(from, false, wanted).await;
        }
        if let Some(end) = self.links.ends.get_mut(&from) {
            (end.theirs, end.begun) = (Some(letter.from), true);
            end.link.take(letter.signal);
        }
    }

    /// A link reports something.
    pub(super) async fn link_reported(&mut self, peer: Peer, number: u64, event: LinkEvent) {
        let Some(end) = self.links.ends.get_mut(&peer).filter(|end| end.number == number) else {
            return;
        };
        match event {
            LinkEvent::Signal(signal) => {
                let (from, to) = (end.number, end.theirs);
                let letter = LinkLetter { device: peer.device, from, to, signal };
                self.send_link_letter(peer, letter).await;
            }
            LinkEvent::Connected => {
                (end.up, end.disrupted) = (true, false);
                self.join_talks(peer);
                self.link_news(peer, LinkNews::Connected).await;
                self.meet_by_hand(peer).await;
                self.files_go().await;
            }
            LinkEvent::Disrupted => {
                end.disrupted = true;
                self.link_news(peer, LinkNews::Disrupted).await;
                self.files_go().await;
            }
            LinkEvent::Failed => {
                self.link_news(peer, LinkNews::Failed).await;
                // It may not be wanted any more by now.
                if let Some(wanted) = self.links.ends.get(&peer).map(|end| end.wanted) {
                    self.new_end(peer, true, wanted).await;
                }
            }
            LinkEvent::Weak(weak) => self.link_news(peer, LinkNews::Weak(weak)).await,
            LinkEvent::Control(control) => self.heard_on_link(peer, control).await,
            LinkEvent::Lane(name) => self.lane_opened(peer, &name).await,
            LinkEvent::NoPictures(why) => {
                end.no_pictures = Some(why);
                self.say_no_pictures(peer).await;
            }
        }
    }

    /// What one end of a link says to the other, by letter.
    async fn send_link_letter(&mut self, to: Peer, letter: LinkLetter) {
        let pending = Pending::Linked(to);
        self.send_live(to.key, super::letter::Letter::Link(letter), pending).await;
    }

    /// The server says that nobody is there to read a link's letter. Where the path is silent too, they are gone.
    pub(super) async fn nobody_reads(&mut self, peer: Peer) {
        if self.links.ends.get(&peer).is_some_and(|end| end.disrupted) {
            self.link_news(peer, LinkNews::Gone).await;
        }
    }
}
