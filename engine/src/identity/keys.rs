//! The keys of an identity, all from one secret seed of 32 bytes.
//!
//! With HKDF-SHA256 (RFC 5869), an empty salt and the seed as input keying material: the Ed25519 secret key
//! (RFC 8032) is 32 bytes expanded with the info `visavis sign v1`; 32 bytes expanded with `visavis seal v1`
//! are the input to `DeriveKeyPair` (RFC 9180, 7.1.3) of DHKEM(X25519, HKDF-SHA256), whose key pair is the one
//! that envelopes are sealed to and authenticated with. Secrets are wiped when dropped and never printed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use hkdf::Hkdf;
use hpke::{Kem as _, Serializable as _, kem::X25519HkdfSha256};
use sha2::Sha256;
use std::fmt;
use visavis_signaling::protocol::{KeyBundle, PublicKey, SealKey, Signature};
use zeroize::Zeroizing;

pub(super) type SealSecret = <X25519HkdfSha256 as hpke::Kem>::PrivateKey;
pub(super) type SealPublic = <X25519HkdfSha256 as hpke::Kem>::PublicKey;

/// The secret that all keys of an identity come from.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// A fresh one.
    ///
    /// # Panics
    /// When the system has no randomness to give: nothing safe can be done then.
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice()).expect("the system gives randomness");
        Self(bytes)
    }

    /// The seed with these bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The bytes, to be kept secret.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.expose()))
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        match URL_SAFE_NO_PAD.decode_slice(text, bytes.as_mut_slice()) {
            Ok(32) => Some(Self(bytes)),
            _ => None,
        }
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(secret)")
    }
}

/// Someone's keys, secret ones included: the user's own.
pub struct Identity {
    seed: Seed,
    sign: SigningKey,
    seal: SealSecret,
    bundle: KeyBundle,
}

impl Identity {
    /// A new identity.
    ///
    /// # Panics
    /// As [`Seed::random`].
    pub fn generate() -> Self {
        Self::from_seed(Seed::random())
    }

    /// The identity that a seed stands for: always the same.
    pub fn from_seed(seed: Seed) -> Self {
        let sign = SigningKey::from_bytes(&derive(&seed, b"visavis sign v1"));
        let (seal, seal_public) =
            X25519HkdfSha256::derive_keypair(derive(&seed, b"visavis seal v1").as_slice());
        let public = PublicKey(sign.verifying_key().to_bytes());
        let seal_key = SealKey(seal_public.to_bytes().into());
        let proof = sign.sign(&KeyBundle::transcript(&public, &seal_key));
        let bundle = KeyBundle { sign: public, seal: seal_key, proof: Signature(proof.to_bytes()) };
        Self { seed, sign, seal, bundle }
    }

    /// The key that others know this identity by.
    pub fn public(&self) -> PublicKey {
        self.bundle.sign
    }

    /// Both public keys, and the signature that binds them.
    pub fn bundle(&self) -> KeyBundle {
        self.bundle
    }

    /// Signs; checked by [`PublicKey::verify`].
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.sign.sign(message).to_bytes())
    }

    /// The secret to keep.
    pub fn seed(&self) -> &Seed {
        &self.seed
    }

    pub(super) fn seal_secret(&self) -> &SealSecret {
        &self.seal
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({:?})", self.bundle.sign)
    }
}

fn derive(seed: &Seed, info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, seed.expose())
        .expand(info, key.as_mut_slice())
        .expect("32 bytes are within what HKDF-SHA256 gives");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> Seed {
        Seed::from_bytes(&std::array::from_fn(|i| u8::try_from(i).unwrap()))
    }

    #[test]
    fn keys_come_from_the_seed_as_written_down() {
        let identity = Identity::from_seed(counting());
        let bundle = identity.bundle();
        assert_eq!(bundle.sign.to_string(), "irveVsq_Zw2KRJrLyMyI_LAPHbX10IJivaiVLDflhrI");
        assert_eq!(bundle.seal.to_string(), "THENHn5Y0XO2hUBxZRIa9oyR6AknnuQZbgclt1PoHjQ");
        assert_eq!(
            bundle.proof.to_string(),
            "bL9-Qou_oYFWJHZXInBVo3bzBrWPienk_gRddiiguAWmDOoBJExa1955B6YDuxQQmG-p6XGklMiaf8pBxjWxDA"
        );
    }

    #[test]
    fn a_bundle_proves_itself_and_no_other() {
        let (ana, ben) = (Identity::generate(), Identity::generate());
        ana.bundle().verify().unwrap();
        let swapped = KeyBundle { seal: ben.bundle().seal, ..ana.bundle() };
        swapped.verify().unwrap_err();
        assert_ne!(ana.public(), ben.public());
    }

    #[test]
    fn signatures_hold_for_what_was_signed() {
        let ana = Identity::generate();
        let signature = ana.sign(b"words");
        ana.public().verify(b"words", &signature).unwrap();
        ana.public().verify(b"other words", &signature).unwrap_err();
    }

    #[test]
    fn secrets_are_never_printed() {
        let identity = Identity::from_seed(counting());
        let printed = format!("{identity:?} {:?}", identity.seed());
        assert!(!printed.contains(identity.seed().to_text().as_str()));
        assert!(printed.contains("Seed(secret)"));
    }

    #[test]
    fn a_seed_survives_being_written() {
        let seed = Seed::random();
        assert!(Seed::from_text(&seed.to_text()) == Some(seed));
        for bad in ["", "AA", "!", &"A".repeat(44), &"A".repeat(42)] {
            assert!(Seed::from_text(bad).is_none());
        }
    }
}
