//! Round trips, a golden envelope, every bit flipped, wrong people, lengths, and arbitrary text.

use super::*;
use crate::identity::Seed;
use proptest::prelude::*;

fn ana() -> Identity {
    Identity::from_seed(Seed::from_bytes(&[1; 32]))
}

fn ben() -> Identity {
    Identity::from_seed(Seed::from_bytes(&[2; 32]))
}

fn first() -> Stamp {
    Stamp { device: DeviceId([7; 16]), counter: 1, sent_at_ms: 1_700_000_000_000 }
}

#[test]
fn what_is_sealed_is_opened() {
    let (ana, ben) = (Identity::generate(), Identity::generate());
    for length in [0, 1, 253, 254, 255, 256, 1000, 20_000, MAX_PAYLOAD - 1, MAX_PAYLOAD] {
        let payload = vec![0xa5; length];
        let envelope = seal(&ana, &ben.bundle(), first(), &payload).unwrap();
        assert!(envelope.len() <= MAX_ENVELOPE);
        let opened = open(&ben, &ana.bundle(), &envelope).unwrap();
        assert_eq!((opened.stamp, opened.payload.as_slice()), (first(), payload.as_slice()));
    }
}

#[test]
fn an_envelope_of_the_first_day_opens_for_ever() {
    let opened = open(&ben(), &ana().bundle(), GOLDEN).unwrap();
    assert_eq!((opened.stamp, opened.payload.as_slice()), (first(), b"ring".as_slice()));
}

#[test]
fn two_envelopes_of_the_same_have_nothing_in_common() {
    let seal = || seal(&ana(), &ben().bundle(), first(), b"ring").unwrap();
    let (one, two) = (seal(), seal());
    assert_eq!(one[..STAMP / 3 * 4], two[..STAMP / 3 * 4]);
    assert_ne!(one[STAMP / 3 * 4..], two[STAMP / 3 * 4..]);
}

#[test]
fn a_payload_too_long_is_refused() {
    let payload = vec![0; MAX_PAYLOAD + 1];
    let refused = seal(&ana(), &ben().bundle(), first(), &payload);
    assert_eq!(refused, Err(EnvelopeError::TooLarge));
    let refused = seal(&ana(), &ben().bundle(), first(), &vec![0; 70_000]);
    assert_eq!(refused, Err(EnvelopeError::TooLarge));
    let long = "A".repeat(MAX_ENVELOPE + 1);
    assert_eq!(open(&ben(), &ana().bundle(), &long), Err(EnvelopeError::TooLarge));
}

#[test]
fn only_the_receiver_opens_and_only_for_the_sender() {
    let cleo = Identity::generate();
    let envelope = seal(&ana(), &ben().bundle(), first(), b"ring").unwrap();
    let refused = Err(EnvelopeError::Unauthentic);
    assert_eq!(open(&cleo, &ana().bundle(), &envelope), refused);
    assert_eq!(open(&ben(), &cleo.bundle(), &envelope), refused);
    assert_eq!(open(&ana(), &ben().bundle(), &envelope), refused);
    assert_eq!(open(&ana(), &ana().bundle(), &envelope), refused);
}

#[test]
fn the_signing_keys_are_bound_too() {
    // Someone who signs a bundle with a foreign sealing key can't pass the envelope off as theirs.
    let cleo = Identity::generate();
    let seal_key = ana().bundle().seal;
    let proof = cleo.sign(&KeyBundle::transcript(&cleo.public(), &seal_key));
    let thief = KeyBundle { sign: cleo.public(), seal: seal_key, proof };
    let envelope = seal(&ana(), &ben().bundle(), first(), b"ring").unwrap();
    assert_eq!(open(&ben(), &thief, &envelope), Err(EnvelopeError::Unauthentic));
}

#[test]
fn a_bundle_that_its_owner_did_not_sign_is_not_used() {
    let swapped = KeyBundle { seal: Identity::generate().bundle().seal, ..ben().bundle() };
    let refused = Err(EnvelopeError::BadBundle);
    assert_eq!(seal(&ana(), &swapped, first(), b"ring"), refused);
    let envelope = seal(&ana(), &ben().bundle(), first(), b"ring").unwrap();
    let swapped = KeyBundle { seal: Identity::generate().bundle().seal, ..ana().bundle() };
    assert_eq!(open(&ben(), &swapped, &envelope).map(drop), Err(EnvelopeError::BadBundle));
}

#[test]
fn a_sealing_key_without_secrecy_is_refused() {
    use visavis_signaling::protocol::SealKey;
    let zero = SealKey([0; 32]);
    let proof = ben().sign(&KeyBundle::transcript(&ben().public(), &zero));
    let weak = KeyBundle { sign: ben().public(), seal: zero, proof };
    assert_eq!(seal(&ana(), &weak, first(), b"ring"), Err(EnvelopeError::BadBundle));
}

#[test]
fn no_single_bit_can_change() {
    let envelope = seal(&ana(), &ben().bundle(), first(), b"ring").unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(&envelope).unwrap();
    let bundle = ana().bundle();
    let ben = ben();
    for at in 0..bytes.len() {
        // Every bit of the header and the encapsulated key, one bit of each byte of the rest.
        let bits = if at < STAMP + ENC { 0..8 } else { at % 8..at % 8 + 1 };
        for bit in bits {
            let mut altered = bytes.clone();
            altered[at] ^= 1 << bit;
            let expected =
                if at == 0 { EnvelopeError::UnknownVersion } else { EnvelopeError::Unauthentic };
            let refused = open(&ben, &bundle, &URL_SAFE_NO_PAD.encode(altered));
            assert_eq!(refused, Err(expected), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn cut_and_lengthened_envelopes_are_refused() {
    let envelope = seal(&ana(), &ben().bundle(), first(), b"ring").unwrap();
    for end in 0..envelope.len() {
        open(&ben(), &ana().bundle(), &envelope[..end]).unwrap_err();
    }
    for tail in ["A", "AA", "AAAA", "=", "\n", " "] {
        open(&ben(), &ana().bundle(), &format!("{envelope}{tail}")).unwrap_err();
    }
}

#[test]
fn lengths_fall_into_few_buckets() {
    assert_eq!(padded(2), 256);
    assert_eq!(padded(256), 256);
    assert_eq!(padded(257), 272);
    assert_eq!(padded(LENGTH + MAX_PAYLOAD), MAX_PADDED);
    let mut buckets = std::collections::BTreeSet::new();
    for length in LENGTH..=LENGTH + MAX_PAYLOAD {
        let to = padded(length);
        assert!(to >= length && (to <= 256 || to * 100 <= length * 112), "{length} to {to}");
        assert_eq!(padded(to), to);
        buckets.insert(to);
    }
    assert!(buckets.len() < 200, "{}", buckets.len());
}

#[test]
fn padding_is_read_strictly() {
    let mut plain = vec![0; 256];
    assert!(unpadded(&plain).unwrap().is_empty());
    plain[255] = 1;
    assert_eq!(unpadded(&plain), Err(EnvelopeError::Malformed));
    assert_eq!(unpadded(&[0; 255]), Err(EnvelopeError::Malformed));
    assert_eq!(unpadded(&[0; 272]), Err(EnvelopeError::Malformed));
    assert_eq!(unpadded(&[0xff; 256]), Err(EnvelopeError::Malformed));
    assert_eq!(unpadded(&[0]), Err(EnvelopeError::Malformed));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_payload_survives(
        payload in proptest::collection::vec(any::<u8>(), 0..3000),
        counter: u64,
        sent_at_ms: u64,
        device: [u8; 16],
    ) {
        let stamp = Stamp { device: DeviceId(device), counter, sent_at_ms };
        let envelope = seal(&ana(), &ben().bundle(), stamp, &payload).unwrap();
        let opened = open(&ben(), &ana().bundle(), &envelope).unwrap();
        prop_assert_eq!(opened.stamp, stamp);
        prop_assert_eq!(opened.payload.as_slice(), payload.as_slice());
    }

    #[test]
    fn no_mutation_is_accepted(
        at: prop::sample::Index,
        with in "[A-Za-z0-9_=+/ -]{1,4}",
        cut in 0_usize..6,
    ) {
        let at = at.index(GOLDEN.len());
        let end = (at + cut).min(GOLDEN.len());
        let mutated = format!("{}{with}{}", &GOLDEN[..at], &GOLDEN[end..]);
        prop_assume!(mutated != GOLDEN);
        prop_assert!(open(&ben(), &ana().bundle(), &mutated).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    #[test]
    fn arbitrary_text_is_refused(text in ".{0,600}") {
        prop_assert!(open(&ben(), &ana().bundle(), &text).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let bytes = [&[VERSION], bytes.as_slice()].concat();
        prop_assert!(open(&ben(), &ana().bundle(), &URL_SAFE_NO_PAD.encode(bytes)).is_err());
    }
}

/// Sealed once by the seed of ones to the seed of twos.
const GOLDEN: &str = "AQcHBwcHBwcHBwcHBwcHBwcAAAAAAAAAAQAAAYvP5WgAXf7dO2vUf2-ijuFdlp1bsOpTd01Ii9r53xxuASSz7yKSvwKKBxb4mpZbYoSkTtqCrJbFcmjSgS5WSuCDmvLaYzreggjfcyb_wBHth_VgzUkZXVoYJcVqh501nDlcaoU8aFAQJEhxRbwLdHSCGFRQ45YnVP50TwVN76MShKCP1gt4pqa38ge4SzU-ffC7yJ08bfPJQGcmjdj6YRRBmvCOE5a92PjGv2ZGh24OCcLAwlgL-sU-VNmYnUO5pYK__JzbZOcmwNEk5yB3X8tOa6MmKBoMyOXe4mQsBrNIKSm-HTW_BuxNTCMGwCwhSjF6pzUbzfp0gf4Xm7o2lOiV1KrYDRjjjFUlF3v1BpooOAqh_PIVGKSiTWDSs__0bD-zj_ZHIh7IZorfUxWU1Fqt69WaTw";
