//! STUN and TURN over UDP, beside the signaling: for people who find no direct way to each other. The `turn`
//! crate keeps allocations, permissions, channels and their timers. Who may ask, what is answered, and where
//! bytes may go is decided here, since a relay is a way into the network that it stands in.
//! It never looks into what it relays, and its logs name neither clients nor peers.

mod config;
mod credentials;
mod desk;
mod exit;
mod filter;
mod front;
#[cfg(fuzzing)]
pub(super) mod fuzz;
mod listener;
mod requests;
mod table;
mod tally;
mod throttle;
mod wire;

pub use config::{RelayConfig, RelaySecret};
pub(crate) use desk::Desk;

use super::StartError;
use front::{Front, RECEIVE_BUFFER, open};
use listener::Listener;
use socket2::SockRef;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// How often what is over is forgotten.
const SWEEP: Duration = Duration::from_secs(30);

/// A relay whose sockets are open, and that does not listen yet.
pub(super) struct Relay {
    pub(super) desk: Arc<Desk>,
    listeners: Vec<Listener>,
}

fn bind(address: SocketAddr) -> Result<(UdpSocket, SocketAddr), StartError> {
    let bound = || {
        let socket = open(address)?;
        let local = socket.local_addr()?;
        let granted = SockRef::from(&socket).recv_buffer_size()?;
        if granted < RECEIVE_BUFFER {
            tracing::info!(
                granted,
                wanted = RECEIVE_BUFFER,
                "the system grants the relay a small receive buffer (on Linux: net.core.rmem_max)"
            );
        }
        Ok((socket, local))
    };
    bound()
        .map_err(|error: std::io::Error| StartError::Listen { address, reason: error.to_string() })
}

impl Relay {
    /// Opens its sockets.
    pub(super) fn open(config: RelayConfig) -> Result<Self, StartError> {
        config.check().map_err(StartError::Limits)?;
        let sockets =
            config.listen.iter().map(|address| bind(*address)).collect::<Result<Vec<_>, _>>()?;
        let listening = sockets.iter().map(|(_, local)| *local).collect();
        let desk =
            Desk::new(config, listening).map_err(|error| StartError::Random(error.to_string()))?;
        let desk = Arc::new(desk);
        let listeners = sockets
            .into_iter()
            .enumerate()
            .map(|(number, (socket, local))| {
                let front = Front::new(socket, local, Arc::clone(&desk));
                Listener::new(Arc::clone(&desk), front, number)
            })
            .collect();
        Ok(Self { desk, listeners })
    }

    /// Serves until the tasks end; all allocations end with them.
    pub(super) fn run(self, tasks: &mut JoinSet<()>) {
        let Self { desk, listeners } = self;
        for listener in listeners {
            tasks.spawn(listener.run());
        }
        tasks.spawn(async move {
            let mut sweep = interval(SWEEP);
            sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                sweep.tick().await;
                desk.sweep();
            }
        });
    }
}
