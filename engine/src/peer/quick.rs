//! The quick way of a link: QUIC on the path and socket that the link has found, for lanes of files.
//!
//! Both ends prove by keys that they told each other on the control channel, which the pinned keys prove in turn. To QUIC the
//! other side has one address for good; what way its packets really take is looked up for each, so a changed path needs no
//! new connection. It is there for bulk: while a call is on, it gives way to it. Relays and browsers don't have it.

mod congestion;
mod machine;
mod manners;
mod proof;
mod stream;
mod wire;

pub(super) use machine::{Effect, Input, Machine};
pub(super) use manners::Manners;
pub(super) use proof::PublicKey;
pub(super) use stream::{Opened, accept, carry, open};

use super::socket::Crossing;
use congestion::YieldingConfig;
use proof::Key;
use quinn::{
    ClientConfig, Connection, Endpoint, EndpointConfig, IdleTimeout, ServerConfig, TransportConfig,
    VarInt,
};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Nothing came for so long: the way is gone.
const IDLE: Duration = Duration::from_secs(5);
/// Something is said at least so often.
const SAY: Duration = Duration::from_secs(1);
/// What may be under way on one lane, and on all.
const LANE_UNDER_WAY: u32 = 24 * 1024 * 1024;
const ALL_UNDER_WAY: u32 = 48 * 1024 * 1024;
/// What waits to be acknowledged.
const UNACKNOWLEDGED: u64 = 24 * 1024 * 1024;
/// Lanes that the other side may have open.
const LANES: u32 = 16;

/// Why there is no quick way.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotQuick {
    /// The system gives no random numbers, or the crypto refuses.
    #[error("no keys: {0}")]
    Keys(String),
    /// The socket can't be used.
    #[error("no socket: {0}")]
    Socket(#[from] std::io::Error),
    /// The two did not come together.
    #[error("not connected: {0}")]
    Connect(String),
}

/// Our end of the quick way.
#[derive(Debug)]
pub(super) struct End {
    endpoint: Endpoint,
    key: Key,
    calling: Arc<AtomicBool>,
    crossing: Arc<Crossing>,
}

impl End {
    /// Makes an end; from now on QUIC's packets are taken out of the link's.
    ///
    /// # Errors
    /// There are no keys to be had, or no socket.
    pub(super) fn new(
        crossing: &Arc<Crossing>,
        calling: &Arc<AtomicBool>,
    ) -> Result<Self, NotQuick> {
        let key = Key::random()?;
        let mut config = EndpointConfig::default();
        // The first byte is what tells QUIC from everything else on the socket.
        config.grease_quic_bit(false);
        let wire = Arc::new(wire::Wire::new(Arc::clone(crossing)));
        let runtime = Arc::new(quinn::TokioRuntime);
        let endpoint = Endpoint::new_with_abstract_socket(config, None, wire, runtime)?;
        crossing.open();
        Ok(Self { endpoint, key, calling: Arc::clone(calling), crossing: Arc::clone(crossing) })
    }

    /// What the other side has to know us by.
    pub(super) fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// Goes to the other side.
    pub(super) fn connect(
        &self,
        theirs: PublicKey,
    ) -> impl Future<Output = Result<Connection, NotQuick>> + Send + 'static {
        let connecting = proof::client(&self.key, theirs).and_then(|crypto| {
            let mut config = ClientConfig::new(crypto);
            config.transport_config(self.transport());
            let connecting = self.endpoint.connect_with(config, wire::THERE, proof::NAME);
            connecting.map_err(|error| NotQuick::Connect(error.to_string()))
        });
        async move { connecting?.await.map_err(|error| NotQuick::Connect(error.to_string())) }
    }

    /// Waits for the other side to come. Whoever is not it is turned away.
    pub(super) fn awaited(
        &self,
        theirs: PublicKey,
    ) -> impl Future<Output = Result<Connection, NotQuick>> + Send + 'static {
        let endpoint = self.endpoint.clone();
        let config = proof::server(&self.key, theirs).map(|crypto| {
            let mut config = ServerConfig::with_crypto(crypto);
            // The way is the one that the link has chosen: it can't change behind QUIC's back.
            config.migration(false).transport_config(self.transport());
            endpoint.set_server_config(Some(config));
        });
        async move {
            config?;
            loop {
                let Some(incoming) = endpoint.accept().await else {
                    return Err(NotQuick::Connect("the end is closed".to_owned()));
                };
                match incoming.await {
                    Ok(connection) => return Ok(connection),
                    Err(error) => tracing::debug!(%error, "somebody was turned away"),
                }
            }
        }
    }

    fn transport(&self) -> Arc<TransportConfig> {
        let mut transport = TransportConfig::default();
        transport
            .max_idle_timeout(IdleTimeout::try_from(IDLE).ok())
            .keep_alive_interval(Some(SAY))
            .stream_receive_window(VarInt::from_u32(LANE_UNDER_WAY))
            .receive_window(VarInt::from_u32(ALL_UNDER_WAY))
            .send_window(UNACKNOWLEDGED)
            .max_concurrent_bidi_streams(VarInt::from_u32(LANES))
            .max_concurrent_uni_streams(VarInt::from_u32(0))
            .datagram_receive_buffer_size(None)
            .congestion_controller_factory(Arc::new(YieldingConfig::new(&self.calling)));
        Arc::new(transport)
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.endpoint.close(VarInt::from_u32(0), b"");
        self.crossing.close();
    }
}

#[cfg(test)]
mod tests;
