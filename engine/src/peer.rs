//! One link to one contact's device: the connection, its tracks and channels, and how it comes about.
//!
//! Nothing else names the WebRTC stack. Coded pictures and sound go in and come out here; what is in them, who
//! may call whom and what a call is are other rooms' business.

mod assemble;
mod chain;
mod connection;
mod estimator;
#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod incoming;
mod link;
mod outgoing;
mod payload;
mod quality;
mod quick;
mod sdp;
mod shortest;
mod socket;

pub use incoming::Sink;
pub use link::{Feed, Link, LinkEvent, LinkFigures};
pub use outgoing::NotSent;
pub use sdp::{NoFormat, OddSdp};

use crate::media::coded::PictureFormat;
use visavis_signaling::protocol::IceServer;

/// How a link is to be made.
#[derive(Debug, Clone)]
pub struct LinkOptions {
    /// Whether this side gives way where both make an offer at once.
    pub polite: bool,
    /// Servers that tell an address, or relay.
    pub ice_servers: Vec<IceServer>,
    /// Whether to show no address of this computer's, and to go through relays alone.
    pub relay_only: bool,
    /// Which formats pictures may have, in order of preference.
    pub formats: Vec<PictureFormat>,
    /// Where to listen for packets.
    pub udp: Vec<String>,
    /// Where to listen for streams, for networks that let no packets through.
    pub tcp: Vec<String>,
    /// Which ways lanes may go.
    pub lane_ways: LaneWays,
}

/// Which ways lanes may go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LaneWays {
    /// The quick one where there is one, else channels.
    #[default]
    Both,
    /// The quick one alone: where there is none, lanes wait for it.
    Quick,
    /// Channels alone.
    Channels,
}

impl LinkOptions {
    /// On all networks that this computer is on.
    pub fn everywhere(polite: bool, ice_servers: Vec<IceServer>) -> Self {
        let udp = connection::own_addresses();
        let tcp = udp.clone();
        let formats = vec![PictureFormat::H264, PictureFormat::Vp8];
        let lane_ways = LaneWays::Both;
        Self { polite, ice_servers, relay_only: false, formats, udp, tcp, lane_ways }
    }
}

/// The stack refused, or the system did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the link could not be made: {0}")]
pub struct LinkError(String);

impl From<rtc::shared::error::Error> for LinkError {
    fn from(error: rtc::shared::error::Error) -> Self {
        Self(error.to_string())
    }
}

#[cfg(test)]
mod tests;
