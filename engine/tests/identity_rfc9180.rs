//! The HPKE that envelopes are made of gives what RFC 9180, appendix A.2.3, says it gives:
//! DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305 in Auth mode.

#![allow(clippy::unwrap_used, reason = "a test")]

use hpke::aead::{AeadCtxR, AeadCtxS, ChaCha20Poly1305};
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use std::convert::Infallible;

type Sender = AeadCtxS<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>;
type Receiver = AeadCtxR<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>;
type Secret = <X25519HkdfSha256 as Kem>::PrivateKey;
type Public = <X25519HkdfSha256 as Kem>::PublicKey;
type Encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey;

const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
const IKM_E: &str = "938d3daa5a8904540bc24f48ae90eed3f4f7f11839560597b55e7c9598c996c0";
const SK_E: &str = "c94619e1af28971c8fa7957192b7e62a71ca2dcdde0a7cc4a8a9e741d600ab13";
const ENC: &str = "f7674cc8cd7baa5872d1f33dbaffe3314239f6197ddf5ded1746760bfc847e0e";
const SK_R: &str = "3ca22a6d1cda1bb9480949ec5329d3bf0b080ca4c45879c95eddb55c70b80b82";
const PK_R: &str = "1a478716d63cb2e16786ee93004486dc151e988b34b475043d3e0175bdb01c44";
const SK_S: &str = "2def0cb58ffcf83d1062dd085c8aceca7f4c0c3fd05912d847b61f3e54121f05";
const PK_S: &str = "f0f4f9e96c54aeed3f323de8534fffd7e0577e4ce269896716bcb95643c8712b";

const PLAIN: &[u8] = b"Beauty is truth, truth beauty";
const CIPHERS: [(usize, &str); 6] = [
    (
        0,
        "ab1a13c9d4f01a87ec3440dbd756e2677bd2ecf9df0ce7ed73869b98e00c09be111cb9fdf077347aeb88e61bdf",
    ),
    (
        1,
        "3265c7807ffff7fdace21659a2c6ccffee52a26d270c76468ed74202a65478bfaedfff9c2b7634e24f10b71016",
    ),
    (
        2,
        "3aadee86ad2a05081ea860033a9d09dbccb4acac2ded0891da40f51d4df19925f7a767b076a5cbc9355c8fd35e",
    ),
    (
        4,
        "502ecccd5c2be3506a081809cc58b43b94f77cbe37b8b31712d9e21c9e61aa6946a8e922f54eae630f88eb8033",
    ),
    (
        255,
        "652e597ba20f3d9241cda61f33937298b1169e6adf72974bbe454297502eb4be132e1c5064702fc165c2ddbde8",
    ),
    (
        256,
        "3be14e8b3bbd1028cf2b7d0a691dbbeff71321e7dec92d3c2cfb30a0994ab246af76168480285a60037b4ba13a",
    ),
];
const EXPORTS: [(&[u8], &str); 3] = [
    (b"", "070cffafd89b67b7f0eeb800235303a223e6ff9d1e774dce8eac585c8688c872"),
    (b"\0", "2852e728568d40ddb0edde284d36a4359c56558bb2fb8837cd3d92e46a3a14a8"),
    (b"TestContext", "1df39dc5dd60edcbf5f9ae804e15ada66e885b28ed7929116f768369a3f950ee"),
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn receiver() -> Receiver {
    let sender = Public::from_bytes(&bytes(PK_S)).unwrap();
    let secret = Secret::from_bytes(&bytes(SK_R)).unwrap();
    let enc = Encapsulated::from_bytes(&bytes(ENC)).unwrap();
    hpke::setup_receiver(&OpModeR::Auth(sender), &secret, &enc, &bytes(INFO)).unwrap()
}

#[test]
fn keys_belong_together() {
    for (secret, public) in [(SK_E, ENC), (SK_R, PK_R), (SK_S, PK_S)] {
        let secret = Secret::from_bytes(&bytes(secret)).unwrap();
        assert_eq!(X25519HkdfSha256::sk_to_pk(&secret).to_bytes().as_slice(), bytes(public));
    }
    let (_, public) = X25519HkdfSha256::derive_keypair(&bytes(IKM_E));
    assert_eq!(public.to_bytes().as_slice(), bytes(ENC));
}

/// Gives the ephemeral key material of the appendix, once.
struct Ephemeral(Option<Vec<u8>>);

impl rand_core::TryRng for Ephemeral {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("only key material is drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("only key material is drawn")
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        to.copy_from_slice(&self.0.take().unwrap());
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Ephemeral {}

fn sender() -> Sender {
    let secret = Secret::from_bytes(&bytes(SK_S)).unwrap();
    let public = Public::from_bytes(&bytes(PK_S)).unwrap();
    let to = Public::from_bytes(&bytes(PK_R)).unwrap();
    let mode = OpModeS::Auth((secret, public));
    let mut random = Ephemeral(Some(bytes(IKM_E)));
    let (enc, context): (Encapsulated, Sender) =
        hpke::setup_sender_with_rng(&mode, &to, &bytes(INFO), &mut random).unwrap();
    assert_eq!(enc.to_bytes().as_slice(), bytes(ENC));
    context
}

#[test]
fn ciphertexts_are_these_at_their_places() {
    let (mut sender, mut receiver) = (sender(), receiver());
    let mut compared = 0;
    for place in 0..=256 {
        let aad = format!("Count-{place}");
        let sealed = sender.seal(PLAIN, aad.as_bytes()).unwrap();
        if let Some((_, known)) = CIPHERS.iter().find(|(at, _)| *at == place) {
            assert_eq!(sealed, bytes(known), "at {place}");
            compared += 1;
        }
        assert_eq!(receiver.open(&sealed, aad.as_bytes()).unwrap(), PLAIN);
    }
    assert_eq!(compared, CIPHERS.len());
}

#[test]
fn the_first_ciphertexts_open() {
    let mut receiver = receiver();
    for (place, cipher) in &CIPHERS[..3] {
        let aad = format!("Count-{place}");
        assert_eq!(receiver.open(&bytes(cipher), aad.as_bytes()).unwrap(), PLAIN);
    }
    for (_, cipher) in &CIPHERS[3..] {
        receiver.open(&bytes(cipher), b"Count-3").unwrap_err();
    }
}

#[test]
fn secrets_are_exported() {
    for (of, expected) in EXPORTS {
        let mut secret = [0; 32];
        receiver().export(of, &mut secret).unwrap();
        assert_eq!(secret.as_slice(), bytes(expected));
    }
}

#[test]
fn another_sender_or_context_does_not_open() {
    let (_, cipher) = CIPHERS[0];
    receiver().open(&bytes(cipher), b"Count-1").unwrap_err();
    let secret = Secret::from_bytes(&bytes(SK_R)).unwrap();
    let enc = Encapsulated::from_bytes(&bytes(ENC)).unwrap();
    let other = Public::from_bytes(&bytes(PK_R)).unwrap();
    let sender = Public::from_bytes(&bytes(PK_S)).unwrap();
    for (mode, info) in [
        (OpModeR::Auth(other), bytes(INFO)),
        (OpModeR::Base, bytes(INFO)),
        (OpModeR::Auth(sender), b"other".to_vec()),
    ] {
        let mut context: Receiver = hpke::setup_receiver(&mode, &secret, &enc, &info).unwrap();
        context.open(&bytes(cipher), b"Count-0").unwrap_err();
    }
}
