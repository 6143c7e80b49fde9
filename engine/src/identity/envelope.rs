//! Sealed envelopes: what contacts say to each other where a server carries it.
//!
//! HPKE (RFC 9180) in Auth mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305, a fresh
//! context for each. Written in base64url without padding: `version (1) || device (16) || counter (8) ||
//! sent_at_ms (8) || enc (32) || ciphertext`, numbers big-endian. The info is `visavis envelope v1`; the
//! associated data is the first 33 bytes, then the Ed25519 keys of sender and receiver. The plaintext is
//! `length (2) || payload || zeros`, padded to a few lengths so that its own tells little. Replays are for
//! [`super::replay`] to refuse.
//! Who holds the receiver's secret key can forge envelopes to that receiver, as in every such scheme.

use super::keys::{Identity, SealPublic};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, OpModeR, OpModeS, Serializable as _};
use visavis_signaling::protocol::{DeviceId, Envelope, KeyBundle, MAX_ENVELOPE, PublicKey};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const INFO: &[u8] = b"visavis envelope v1";
const STAMP: usize = 1 + 16 + 8 + 8;
const ENC: usize = 32;
const TAG: usize = 16;
const LENGTH: usize = 2;
/// No padded plaintext is shorter: a ring and a candidate look alike.
const MIN_PADDED: usize = 256;
const MAX_PADDED: usize = MAX_ENVELOPE / 4 * 3 - STAMP - ENC - TAG;

/// No payload is longer, in bytes.
pub const MAX_PAYLOAD: usize = MAX_PADDED - LENGTH;

/// Which envelope it is: proven, but readable by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// The sender's device.
    pub device: DeviceId,
    /// Grows by at least one with each envelope from this device to this receiver; the first is 1.
    pub counter: u64,
    /// By the sender's clock, in milliseconds since 1970.
    pub sent_at_ms: u64,
}

/// An envelope that was opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// Which one it is.
    pub stamp: Stamp,
    /// What was sealed.
    pub payload: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({:?}, {} bytes)", self.stamp, self.payload.len())
    }
}

/// Why nothing was sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The payload is longer than [`MAX_PAYLOAD`], or the envelope longer than [`MAX_ENVELOPE`].
    #[error("longer than envelopes may be")]
    TooLarge,
    /// Not base64url, too short, or padded otherwise than this version pads.
    #[error("not an envelope")]
    Malformed,
    /// An envelope of a later version.
    #[error("an envelope of an unknown version")]
    UnknownVersion,
    /// Not from them to this identity as it stands: altered, redirected or forged.
    #[error("not what they sealed to this identity")]
    Unauthentic,
    /// The other's key bundle does not hold.
    #[error("the other's key bundle does not hold")]
    BadBundle,
}

/// Seals a payload to someone.
///
/// # Errors
/// [`EnvelopeError::TooLarge`] or [`EnvelopeError::BadBundle`].
///
/// # Panics
/// When the system has no randomness to give.
pub fn seal(
    from: &Identity,
    to: &KeyBundle,
    stamp: Stamp,
    payload: &[u8],
) -> Result<Envelope, EnvelopeError> {
    let length = match u16::try_from(payload.len()) {
        Ok(length) if payload.len() <= MAX_PAYLOAD => length,
        _ => return Err(EnvelopeError::TooLarge),
    };
    let to_key = checked(to)?;
    let mut plain = Zeroizing::new(vec![0; padded(LENGTH + payload.len())]);
    plain[..LENGTH].copy_from_slice(&length.to_be_bytes());
    plain[LENGTH..LENGTH + payload.len()].copy_from_slice(payload);

    let mut envelope = header(stamp).to_vec();
    let own_key = SealPublic::from_bytes(&from.bundle().seal.0).expect("one's own key is one");
    let (enc, cipher) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Auth((from.seal_secret().clone(), own_key)),
        &to_key,
        INFO,
        &plain,
        &associated(&envelope, &from.public(), &to.sign),
    )
    .map_err(|_| EnvelopeError::BadBundle)?;
    envelope.extend_from_slice(&enc.to_bytes());
    envelope.extend_from_slice(&cipher);
    Ok(URL_SAFE_NO_PAD.encode(envelope))
}

/// Opens an envelope that is said to come from someone.
///
/// # Errors
/// All of [`EnvelopeError`]; none tells more about an altered envelope than that it is not authentic.
pub fn open(to: &Identity, from: &KeyBundle, envelope: &str) -> Result<Opened, EnvelopeError> {
    if envelope.len() > MAX_ENVELOPE {
        return Err(EnvelopeError::TooLarge);
    }
    let bytes = URL_SAFE_NO_PAD.decode(envelope).map_err(|_| EnvelopeError::Malformed)?;
    if bytes.first().is_some_and(|version| *version != VERSION) {
        return Err(EnvelopeError::UnknownVersion);
    }
    if bytes.len() < STAMP + ENC + TAG + MIN_PADDED {
        return Err(EnvelopeError::Malformed);
    }
    let (head, rest) = bytes.split_at(STAMP);
    let (enc, cipher) = rest.split_at(ENC);
    let from_key = checked(from)?;
    let enc = <X25519HkdfSha256 as hpke::Kem>::EncappedKey::from_bytes(enc)
        .map_err(|_| EnvelopeError::Malformed)?;
    let plain = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Auth(from_key),
        to.seal_secret(),
        &enc,
        INFO,
        cipher,
        &associated(head, &from.sign, &to.public()),
    )
    .map_err(|_| EnvelopeError::Unauthentic)?;
    Ok(Opened { stamp: stamp(head)?, payload: unpadded(&Zeroizing::new(plain))? })
}

/// How long a plaintext of so many bytes (length field and payload) becomes: at least 256, then Padmé, which
/// keeps all but the topmost bits of a length zero and adds 12 % at most, and never more than fits.
fn padded(length: usize) -> usize {
    let length = length.max(MIN_PADDED);
    let exponent = length.ilog2();
    let low = exponent - (exponent.ilog2() + 1);
    let mask = (1 << low) - 1;
    ((length + mask) & !mask).min(MAX_PADDED)
}

fn unpadded(plain: &[u8]) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let (length, rest) = plain.split_first_chunk::<LENGTH>().ok_or(EnvelopeError::Malformed)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (payload, padding) = rest.split_at_checked(length).ok_or(EnvelopeError::Malformed)?;
    if plain.len() != padded(LENGTH + length) || padding.iter().any(|byte| *byte != 0) {
        return Err(EnvelopeError::Malformed);
    }
    Ok(Zeroizing::new(payload.to_vec()))
}

/// The key to seal to, if its owner says it is theirs: a bundle may come fresh from a server.
fn checked(bundle: &KeyBundle) -> Result<SealPublic, EnvelopeError> {
    bundle.verify().map_err(|_| EnvelopeError::BadBundle)?;
    SealPublic::from_bytes(&bundle.seal.0).map_err(|_| EnvelopeError::BadBundle)
}

fn header(stamp: Stamp) -> [u8; STAMP] {
    let mut header = [VERSION; STAMP];
    header[1..17].copy_from_slice(&stamp.device.0);
    header[17..25].copy_from_slice(&stamp.counter.to_be_bytes());
    header[25..].copy_from_slice(&stamp.sent_at_ms.to_be_bytes());
    header
}

fn stamp(header: &[u8]) -> Result<Stamp, EnvelopeError> {
    fn part<const N: usize>(header: &[u8], at: usize) -> Result<[u8; N], EnvelopeError> {
        header
            .get(at..at + N)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(EnvelopeError::Malformed)
    }
    Ok(Stamp {
        device: DeviceId(part(header, 1)?),
        counter: u64::from_be_bytes(part(header, 17)?),
        sent_at_ms: u64::from_be_bytes(part(header, 25)?),
    })
}

fn associated(header: &[u8], from: &PublicKey, to: &PublicKey) -> Vec<u8> {
    [header, &from.0, &to.0].concat()
}

#[cfg(test)]
mod tests;
