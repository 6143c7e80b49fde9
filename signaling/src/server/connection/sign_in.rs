//! The sign-in: `hello`, `challenge`, `prove`. Whoever holds the key of an identity signs a fresh challenge,
//! and the name by which they dialled this server. What the records say to it is decided by the ledger.

use super::{Door, RefusedSignIn, Said};
use crate::protocol::{
    ClientMessage, DeviceId, ErrorCode, KeyBundle, Nonce, PublicKey, ServerMessage, Signature,
    Status, VERSION, sign_in_transcript,
};
use crate::server::core::{Core, OpenLink, Seat};
use crate::server::frame::{self, Kind};
use crate::server::invite;
use crate::server::ledger::Job;
use crate::server::rules::SignIn;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Names and versions of programs are no longer, in bytes.
const MOST_SOFTWARE: usize = 64;

impl From<ErrorCode> for RefusedSignIn {
    fn from(code: ErrorCode) -> Self {
        Self { code, retry_after_ms: None, key: None }
    }
}

/// The next message of the client.
async fn next(core: &Core, door: &mut Door) -> Result<ClientMessage, ErrorCode> {
    let most = core.config.limits.message_bytes as usize;
    let Door { stream, intake } = door;
    let mut pongs = Vec::new();
    loop {
        let mut found = None;
        let read = std::future::poll_fn(|cx| {
            stream.poll_read_scratch(cx, |fresh| {
                intake.take_in(fresh, most, |said| match said {
                    // Nobody says two things at once before being let in.
                    Said::Text(_) if found.is_some() => Err(ErrorCode::OutOfTurn),
                    Said::Text(text) => {
                        let message: ClientMessage =
                            serde_json::from_slice(text).map_err(|_| ErrorCode::BadMessage)?;
                        found = Some(message);
                        Ok(())
                    }
                    Said::Ping(payload) => {
                        frame::write(&mut pongs, Kind::Pong, payload);
                        Ok(())
                    }
                    Said::Pong | Said::Part => Ok(()),
                    Said::Close => Err(ErrorCode::OutOfTurn),
                })
            })
        });
        match read.await {
            Ok(Ok(())) => {}
            Ok(Err(super::intake::Error::Code(code))) => return Err(code),
            Ok(Err(_)) => return Err(ErrorCode::BadMessage),
            Err(_) => return Err(ErrorCode::OutOfTurn),
        }
        if !pongs.is_empty() {
            stream.write_all(&pongs).await.map_err(|_| ErrorCode::OutOfTurn)?;
            pongs.clear();
        }
        if let Some(message) = found {
            core.counters.message(&message);
            return Ok(message);
        }
    }
}

/// Signs a client in.
pub(super) async fn sign_in(
    core: &Arc<Core>,
    door: &mut Door,
    open: &OpenLink,
    peer: SocketAddr,
) -> Result<Seat, RefusedSignIn> {
    let ClientMessage::Hello { version, key, device, software } = next(core, door).await? else {
        return Err(ErrorCode::OutOfTurn.into());
    };
    if version != VERSION {
        return Err(ErrorCode::UnsupportedVersion.into());
    }
    if software.len() > MOST_SOFTWARE {
        return Err(ErrorCode::BadMessage.into());
    }
    let refuse = |code, retry_after_ms| RefusedSignIn { code, retry_after_ms, key: Some(key) };
    if let Err(wait) = core.gate().may_try(core.uptime_ms(), peer.ip()) {
        return Err(refuse(ErrorCode::TooManyAttempts, Some(wait)));
    }
    let mut nonce = Nonce([0; 32]);
    getrandom::fill(&mut nonce.0).map_err(|_| refuse(ErrorCode::Internal, None))?;
    let challenge = ServerMessage::Challenge {
        version: VERSION,
        nonce,
        time_ms: core.now_ms(),
        closed: core.config.closed,
        software: concat!("visavis-signaling ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let mut out = Vec::new();
    frame::write(&mut out, Kind::Text, &serde_json::to_vec(&challenge).unwrap_or_default());
    door.stream.write_all(&out).await.map_err(|_| refuse(ErrorCode::OutOfTurn, None))?;
    let proof = next(core, door).await.map_err(|code| refuse(code, None))?;
    let ClientMessage::Prove { signature, bundle, server, invite, status } = proof else {
        return Err(refuse(ErrorCode::OutOfTurn, None));
    };
    let certificate = core.tls.as_ref().map(|tls| tls.certificate());
    let local = door.stream.socket().local_addr().map_err(|_| ErrorCode::Internal)?;
    if !core.names.include(&server, certificate.as_ref(), peer, local.ip()) {
        return Err(refuse(ErrorCode::WrongServer, None));
    }
    if !holds(&server, &nonce, &key, &device, &signature, &bundle) {
        core.gate().failed(core.uptime_ms(), peer.ip());
        return Err(refuse(ErrorCode::BadSignature, None));
    }
    let sign_in = SignIn {
        bundle,
        device,
        invite: invite.as_deref().map(invite::hash),
        closed: core.config.closed,
    };
    let dialled = match server.as_str() {
        // That is another machine wherever else it is asked for.
        "localhost" => local.ip().to_canonical().to_string(),
        _ => server,
    };
    let seated = seat(core, sign_in, status, open, (peer, dialled.into())).await;
    seated.map_err(|(code, wait)| {
        if matches!(code, ErrorCode::InviteInvalid | ErrorCode::BadSignature) {
            core.gate().failed(core.uptime_ms(), peer.ip());
        }
        refuse(code, wait)
    })
}

fn holds(
    server: &str,
    nonce: &Nonce,
    key: &PublicKey,
    device: &DeviceId,
    signature: &Signature,
    bundle: &KeyBundle,
) -> bool {
    let transcript = sign_in_transcript(server, nonce, key, device);
    bundle.sign == *key && key.verify(&transcript, signature).is_ok() && bundle.verify().is_ok()
}

async fn seat(
    core: &Arc<Core>,
    sign_in: SignIn,
    status: Status,
    open: &OpenLink,
    (peer, dialled): (SocketAddr, Box<str>),
) -> Result<Seat, (ErrorCode, Option<u64>)> {
    let failed = (ErrorCode::Internal, None);
    let _place = core.sign_ins.acquire().await.map_err(|_| failed)?;
    let (answer, seated) = oneshot::channel();
    core.ledger.add_own(Job::SignIn {
        sign_in,
        status,
        link: Arc::clone(&open.link),
        session: open.number,
        address: peer.ip(),
        dialled,
        answer,
    });
    seated.await.unwrap_or(Err(failed))
}
