//! Takes connections in: through the gate, or (a bounded number) only to be told that there is no room.

use super::StartError;
use super::connection::{self, Entry};
use super::core::{Core, Pass};
use crate::server::connection::serve_metrics;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// What the system may hold for a client that reads slowly, in bytes: beyond it the server's bound counts.
const SEND_BUFFER: u32 = 256 * 1024;
const BACKLOG: u32 = 4096;
/// After a failure to accept (no more files, say) the next try waits.
const PAUSE: Duration = Duration::from_millis(100);
/// Readers of `/metrics` at once.
const METRICS_READERS: usize = 8;

/// Listens on an address.
pub(super) fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        // Accepted sockets have it from here.
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        let local = listener.local_addr()?;
        Ok((listener, local))
    };
    bound()
        .map_err(|error: std::io::Error| StartError::Listen { address, reason: error.to_string() })
}

async fn next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Accepts clients.
pub(super) async fn accept(core: Arc<Core>, listener: TcpListener) {
    loop {
        let (socket, peer) = next(&listener).await;
        core.counters.accepted.add(1);
        let entered = core.gate().enter(core.uptime_ms(), peer.ip());
        let entry = match entered {
            Ok(()) => Entry::admitted(Pass::new(Arc::clone(&core), peer.ip())),
            Err(code) => {
                core.counters.error(code);
                let Some(refusing) = core.refuse() else { continue };
                Entry::refused(code, refusing)
            }
        };
        // Not among the server's own tasks: each ends by its link, after its farewell.
        tokio::spawn(connection::serve(Arc::clone(&core), socket, peer, entry));
    }
}

/// Accepts readers of `/metrics`.
pub(super) async fn accept_metrics(core: Arc<Core>, listener: TcpListener) {
    let readers = Arc::new(tokio::sync::Semaphore::new(METRICS_READERS));
    loop {
        let (socket, _) = next(&listener).await;
        let Ok(reader) = Arc::clone(&readers).try_acquire_owned() else { continue };
        let core = Arc::clone(&core);
        tokio::spawn(async move {
            let served = serve_metrics(&core, socket);
            drop(tokio::time::timeout(core.config.times.sign_in, served).await);
            drop(reader);
        });
    }
}
