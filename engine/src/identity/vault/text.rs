//! What the vault writes, as text whose damage is seen: lines of fixed form and a checksum as the last.
//!
//! A key is `visavis key 1`, the seed in base64url, and the check. A place is `visavis place 1`, then `file` or
//! `keychain ACCOUNT`, the public key, and the check. The check is the first 16 bytes of the SHA-256 of all
//! before it, in base64url. It finds damage, not malice: who can write there can write a whole new key.

use crate::identity::keys::Seed;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use visavis_signaling::protocol::PublicKey;
use zeroize::Zeroizing;

const KEY: &str = "visavis key 1";
const PLACE: &str = "visavis place 1";
/// Nothing written here is longer, in bytes.
pub(super) const MAX: usize = 512;

/// Where a key is said to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The account in the keychain; none is the file.
    pub(super) account: Option<String>,
    /// The public key that belongs to it.
    pub(super) public: PublicKey,
}

pub(super) fn key(seed: &Seed) -> Zeroizing<String> {
    checked(KEY, &[&seed.to_text()])
}

pub(super) fn read_key(bytes: &[u8]) -> Option<Seed> {
    let [seed] = lines(KEY, bytes)?;
    Seed::from_text(seed)
}

pub(super) fn place(place: &Place) -> Zeroizing<String> {
    let at = match &place.account {
        Some(account) => format!("keychain {account}"),
        None => "file".to_owned(),
    };
    checked(PLACE, &[&at, &place.public.to_string()])
}

pub(super) fn read_place(bytes: &[u8]) -> Option<Place> {
    let [at, public] = lines(PLACE, bytes)?;
    let account = match at.strip_prefix("keychain ") {
        Some(account) if !account.is_empty() => Some(account.to_owned()),
        None if at == "file" => None,
        _ => return None,
    };
    Some(Place { account, public: public.parse().ok()? })
}

fn checked(header: &str, lines: &[&str]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(MAX));
    for line in std::iter::once(&header).chain(lines) {
        text.push_str(line);
        text.push('\n');
    }
    let check = check(&text);
    text.push_str(&check);
    text.push('\n');
    text
}

fn lines<'a, const N: usize>(header: &str, bytes: &'a [u8]) -> Option<[&'a str; N]> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    let (rest, found) = text.rsplit_once('\n')?;
    if found != check(&text[..=rest.len()]) {
        return None;
    }
    let body: Vec<&str> = rest.strip_prefix(header)?.strip_prefix('\n')?.split('\n').collect();
    body.try_into().ok()
}

fn check(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seed() -> Seed {
        Seed::from_bytes(&[1; 32])
    }

    #[test]
    fn a_key_is_written_as_written_down() {
        let text = key(&seed());
        assert_eq!(
            text.as_str(),
            "visavis key 1\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\ng9YFTQhKwATocbOhqFrTkA\n"
        );
        assert_eq!(read_key(text.as_bytes()), Some(seed()));
    }

    #[test]
    fn places_survive() {
        for account in [None, Some("AbC-_9".to_owned())] {
            let written = Place { account, public: PublicKey([9; 32]) };
            assert_eq!(read_place(place(&written).as_bytes()), Some(written));
        }
        assert_eq!(read_place(key(&seed()).as_bytes()), None);
        assert_eq!(
            read_key(place(&Place { account: None, public: PublicKey([9; 32]) }).as_bytes()),
            None
        );
    }

    #[test]
    fn every_flip_and_every_cut_is_seen() {
        let text = key(&seed());
        for at in 0..text.len() {
            assert_eq!(read_key(&text.as_bytes()[..at]), None, "cut at {at}");
            for bit in 0..8 {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                assert_eq!(read_key(&bytes), None, "byte {at}, bit {bit}");
            }
        }
        assert_eq!(read_key(text.replace('\n', "\r\n").as_bytes()), None);
        assert_eq!(read_key(format!("{}\n", text.as_str()).as_bytes()), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn arbitrary_bytes_are_no_key(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(read_key(&bytes), None);
            prop_assert_eq!(read_place(&bytes), None);
        }

        #[test]
        fn arbitrary_lines_are_no_key(text in "(visavis (key|place) 1)?(\n(file|keychain |[A-Za-z_]{0,44})){0,5}\n?") {
            prop_assert_eq!(read_key(text.as_bytes()), None);
            prop_assert_eq!(read_place(text.as_bytes()), None);
        }
    }
}
