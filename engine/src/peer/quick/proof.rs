//! How both ends of the quick way prove who they are: each makes a key for this link alone and tells it on the control
//! channel; in the handshake the bare keys (RFC 7250) are all that is shown, and each end takes exactly the one it was told.

use super::NotQuick;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{
    CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::server::AlwaysResolvesServerRawPublicKeys;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The name that is asked for; keys alone count.
pub(super) const NAME: &str = "lanes.visavis.invalid";
/// What is spoken.
const SPOKEN: &[u8] = b"visavis-lanes/1";

/// An Ed25519 key stands in its usual wrappings behind these bytes (RFC 8410).
const PRIVATE_HEAD: [u8; 16] =
    [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const PUBLIC_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// What is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("that is no key")]
pub(in crate::peer) struct OddKey;

/// A key that an end shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::peer) struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads what the control channel brought.
    ///
    /// # Errors
    /// It is no key.
    pub(in crate::peer) fn read(text: &str) -> Result<Self, OddKey> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| OddKey)?;
        bytes.try_into().map(Self).map_err(|_| OddKey)
    }

    /// As the control channel carries it.
    pub(in crate::peer) fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    fn wrapped(&self) -> Vec<u8> {
        [&PUBLIC_HEAD[..], &self.0].concat()
    }
}

/// The key that an end proves to have.
pub(in crate::peer) struct Key {
    certified: Arc<CertifiedKey>,
    public: PublicKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// A new one.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub(super) fn random() -> Result<Self, NotQuick> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|error| NotQuick::Keys(error.to_string()))?;
        let public = PublicKey(SigningKey::from_bytes(&seed).verifying_key().to_bytes());
        let private = PrivatePkcs8KeyDer::from([&PRIVATE_HEAD[..], &*seed].concat());
        let private = ring::sign::any_eddsa_type(&private).map_err(odd)?;
        let shown = CertificateDer::from(public.wrapped());
        let certified = Arc::new(CertifiedKey::new(vec![shown], private));
        Ok(Self { certified, public })
    }

    pub(super) fn public(&self) -> PublicKey {
        self.public
    }
}

/// For the end that goes to the other.
pub(super) fn client(
    key: &Key,
    theirs: PublicKey,
) -> Result<Arc<dyn quinn::crypto::ClientConfig>, NotQuick> {
    let own = AlwaysResolvesClientRawPublicKeys::new(Arc::clone(&key.certified));
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(odd)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Only(theirs)))
        .with_client_cert_resolver(Arc::new(own));
    config.alpn_protocols = vec![SPOKEN.to_vec()];
    // What was agreed on once is for once: the other side may be another one by now.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(QuicClientConfig::try_from(config).map_err(odd)?))
}

/// For the end that the other comes to.
pub(super) fn server(
    key: &Key,
    theirs: PublicKey,
) -> Result<Arc<dyn quinn::crypto::ServerConfig>, NotQuick> {
    let own = AlwaysResolvesServerRawPublicKeys::new(Arc::clone(&key.certified));
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(odd)?
        .with_client_cert_verifier(Arc::new(Only(theirs)))
        .with_cert_resolver(Arc::new(own));
    config.alpn_protocols = vec![SPOKEN.to_vec()];
    config.send_tls13_tickets = 0;
    Ok(Arc::new(QuicServerConfig::try_from(config).map_err(odd)?))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn odd(error: impl std::fmt::Display) -> NotQuick {
    NotQuick::Keys(error.to_string())
}

/// Takes one key and no other.
#[derive(Debug)]
struct Only(PublicKey);

impl Only {
    fn check(&self, shown: &CertificateDer<'_>, more: &[CertificateDer<'_>]) -> Result<(), Error> {
        if more.is_empty() && shown.as_ref() == self.0.wrapped() {
            return Ok(());
        }
        Err(rustls::CertificateError::UnknownIssuer.into())
    }

    fn signed(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let wrapped = SubjectPublicKeyInfoDer::from(shown.as_ref());
        let known = ring::default_provider().signature_verification_algorithms;
        verify_tls13_signature_with_raw_key(message, &wrapped, signature, &known)
    }
}

/// Nothing but TLS 1.3 is spoken here.
fn too_old<T>() -> Result<T, Error> {
    Err(rustls::PeerIncompatible::Tls12NotOffered.into())
}

impl ServerCertVerifier for Only {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        more: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(shown, more).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        too_old()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signed(message, shown, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for Only {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        shown: &CertificateDer<'_>,
        more: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(shown, more).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        too_old()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signed(message, shown, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_as_it_was_written_and_nothing_else_does() {
        let key = Key::random().unwrap().public();
        assert_eq!(PublicKey::read(&key.write()), Ok(key));
        for odd in ["", "AAAA", "!", &"A".repeat(44), &"A".repeat(10_000)] {
            assert_eq!(PublicKey::read(odd), Err(OddKey), "{odd}");
        }
    }

    #[test]
    fn one_key_is_taken_and_no_other() {
        let (wanted, other) = (Key::random().unwrap(), Key::random().unwrap());
        let only = Only(wanted.public());
        let shown = |key: &Key| CertificateDer::from(key.public().wrapped());
        assert!(only.check(&shown(&wanted), &[]).is_ok());
        assert!(only.check(&shown(&other), &[]).is_err());
        assert!(only.check(&shown(&wanted), &[shown(&other)]).is_err());
        assert!(only.check(&CertificateDer::from(vec![]), &[]).is_err());
    }
}
