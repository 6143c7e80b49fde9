//! Keys of people who exist only in tests: made from numbers, so that a failing run can be run again.

use crate::protocol::{
    DeviceId, KeyBundle, Nonce, PublicKey, SealKey, Signature, sign_in_transcript,
};
use ed25519_dalek::{Signer as _, SigningKey};

/// Somebody's keys.
#[derive(Debug, Clone)]
pub struct Identity {
    signing: SigningKey,
    bundle: KeyBundle,
}

impl Identity {
    /// The same keys for the same number. Not for use outside of tests.
    pub fn numbered(number: u64) -> Self {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        let signing = SigningKey::from_bytes(&seed);
        let sign = PublicKey(signing.verifying_key().to_bytes());
        let mut seal = SealKey(seed);
        seal.0[31] = 9;
        let proof = signing.sign(&KeyBundle::transcript(&sign, &seal)).to_bytes();
        let bundle = KeyBundle { sign, seal, proof: Signature(proof) };
        Self { signing, bundle }
    }

    /// The identity itself.
    pub fn key(&self) -> PublicKey {
        self.bundle.sign
    }

    /// Both public keys.
    pub fn bundle(&self) -> KeyBundle {
        self.bundle
    }

    /// The same identity with another key to be written to, properly signed.
    pub fn with_seal(&self, seal: SealKey) -> Self {
        let proof = self.signing.sign(&KeyBundle::transcript(&self.key(), &seal)).to_bytes();
        let bundle = KeyBundle { seal, proof: Signature(proof), ..self.bundle };
        Self { signing: self.signing.clone(), bundle }
    }

    /// Signs a challenge.
    pub fn prove(&self, server: &str, nonce: &Nonce, device: &DeviceId) -> Signature {
        let transcript = sign_in_transcript(server, nonce, &self.key(), device);
        Signature(self.signing.sign(&transcript).to_bytes())
    }
}
