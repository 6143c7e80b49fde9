//! Keys, signatures and nonces as they stand in messages, and the bytes that signatures cover.
//! Everything is fixed in length and written in base64url without padding. Secret keys never come here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;
use std::str::FromStr;

/// Why a text is no key, or a bundle no bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not base64url of the right length.
    #[error("not base64url of the right length")]
    Malformed,
    /// Of the right length, but no point of the curve.
    #[error("not a public key")]
    NotAKey,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    BadSignature,
}

macro_rules! fixed_bytes {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $len]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:.8})"), self.to_string())
            }
        }

        impl FromStr for $name {
            type Err = KeyError;
            fn from_str(text: &str) -> Result<Self, KeyError> {
                let mut bytes = [0; $len];
                match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
                    Ok($len) => Ok(Self(bytes)),
                    _ => Err(KeyError::Malformed),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "{} bytes in base64url", $len)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text).map_err(D::Error::custom)
            }
        }
    };
}

fixed_bytes!(
    /// An identity: the Ed25519 key that its owner signs in with.
    PublicKey,
    32
);
fixed_bytes!(
    /// The X25519 key that envelopes to an identity are sealed to.
    SealKey,
    32
);
fixed_bytes!(
    /// An Ed25519 signature.
    Signature,
    64
);
fixed_bytes!(
    /// Random bytes, fresh for one sign-in.
    Nonce,
    32
);
fixed_bytes!(
    /// One installation of an identity.
    DeviceId,
    16
);

impl PublicKey {
    /// The key as it stands in messages, without an allocation.
    #[cfg(feature = "server")]
    pub(crate) fn text(&self) -> [u8; 43] {
        let mut text = [0; 43];
        // 32 bytes are 43 characters, always.
        drop(URL_SAFE_NO_PAD.encode_slice(self.0, &mut text));
        text
    }

    /// Checks a signature made by the owner of this key.
    ///
    /// # Errors
    /// [`KeyError::NotAKey`] or [`KeyError::BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), KeyError> {
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(&self.0).map_err(|_| KeyError::NotAKey)?;
        key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature.0))
            .map_err(|_| KeyError::BadSignature)
    }
}

/// Both public keys of an identity, bound together by its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyBundle {
    /// The identity itself.
    pub sign: PublicKey,
    /// Envelopes are sealed to this.
    pub seal: SealKey,
    /// By `sign` over [`KeyBundle::transcript`].
    pub proof: Signature,
}

impl KeyBundle {
    /// The bytes that `proof` signs.
    pub fn transcript(sign: &PublicKey, seal: &SealKey) -> Vec<u8> {
        [b"visavis key bundle v1\0".as_slice(), &sign.0, &seal.0].concat()
    }

    /// Whether the owner of `sign` says that `seal` is theirs.
    ///
    /// # Errors
    /// As [`PublicKey::verify`].
    pub fn verify(&self) -> Result<(), KeyError> {
        self.sign.verify(&Self::transcript(&self.sign, &self.seal), &self.proof)
    }
}

/// The bytes that a sign-in signs. They name the server as the client dialled it, so that a server can't
/// pass a challenge of another server on and sign in there.
pub fn sign_in_transcript(
    server: &str,
    nonce: &Nonce,
    key: &PublicKey,
    device: &DeviceId,
) -> Vec<u8> {
    let server = server.as_bytes();
    let length = u16::try_from(server.len()).unwrap_or(u16::MAX).to_be_bytes();
    [b"visavis sign-in v1\0".as_slice(), &length, server, &nonce.0, &key.0, &device.0].concat()
}
