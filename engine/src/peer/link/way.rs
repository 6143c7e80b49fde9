//! Which way a connection has found. The stack's statistics do not know a far end that was met before it was
//! announced, as a browser's often is; the transport itself does.

use webrtc::peer_connection::PeerConnection;

/// Whether a server relays, and over what; nothing while no way is chosen.
pub(super) async fn find(peer: &dyn PeerConnection) -> (Option<bool>, Option<String>) {
    let Some(transport) = peer.sctp().await.map(|sctp| sctp.transport().ice_transport()) else {
        return (None, None);
    };
    let Ok(Some(pair)) = transport.get_selected_candidate_pair().await else {
        return (None, None);
    };
    let relays = [pair.local(), pair.remote()].map(|end| end.typ.to_string() == "relay");
    (Some(relays.contains(&true)), Some(pair.local().protocol.to_string().to_lowercase()))
}
