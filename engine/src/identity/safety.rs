//! The safety number: 60 digits that two people compare to know that each has the other's true keys.
//!
//! A person's fingerprint is `SHA-512(version (2) || keys)`, hashed again as `SHA-512(hash || keys)` until 5200
//! rounds are done; `keys` is the Ed25519 key then the X25519 key, the version is 1. Its first 30 bytes, five
//! at a time as a big-endian number modulo 100000, are 30 digits. The two are put in ascending order, so both
//! sides see the same. The rounds make it costly to search for keys whose digits look alike.

use sha2::{Digest as _, Sha512};
use visavis_signaling::protocol::KeyBundle;

const VERSION: [u8; 2] = [0, 1];
const ROUNDS: usize = 5200;

/// Twelve groups of five digits, the same whoever is named first. Takes a few milliseconds.
///
/// Proofs are not looked at: bundles are checked where they come in.
pub fn safety_number(one: &KeyBundle, other: &KeyBundle) -> [String; 12] {
    let mut both = [fingerprint(one), fingerprint(other)];
    both.sort_unstable();
    std::array::from_fn(|at| format!("{:05}", both[at / 6][at % 6]))
}

fn fingerprint(bundle: &KeyBundle) -> [u32; 6] {
    let keys = [bundle.sign.0, bundle.seal.0].concat();
    let mut hash = Sha512::new().chain_update(VERSION).chain_update(&keys).finalize();
    for _ in 1..ROUNDS {
        hash = Sha512::new().chain_update(hash).chain_update(&keys).finalize();
    }
    std::array::from_fn(|group| {
        hash[group * 5..group * 5 + 5]
            .iter()
            .fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % 100_000)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Identity, Seed};

    fn bundle(seed: u8) -> KeyBundle {
        Identity::from_seed(Seed::from_bytes(&[seed; 32])).bundle()
    }

    #[test]
    fn the_number_is_as_written_down() {
        assert_eq!(
            safety_number(&bundle(1), &bundle(2)).join(" "),
            "66423 39363 02477 16941 81948 61538 80577 55400 06634 09093 04175 91326"
        );
    }

    #[test]
    fn both_sides_see_the_same() {
        for (one, other) in [(1, 2), (3, 4), (5, 5)] {
            let number = safety_number(&bundle(one), &bundle(other));
            assert_eq!(number, safety_number(&bundle(other), &bundle(one)));
            assert!(number.iter().all(|group| group.len() == 5));
            assert!(number.iter().flat_map(|group| group.chars()).all(|c| c.is_ascii_digit()));
        }
    }

    #[test]
    fn one_bit_of_a_key_changes_the_number() {
        let number = safety_number(&bundle(1), &bundle(2));
        for bit in [0, 7, 100, 255] {
            let mut sign = bundle(2);
            sign.sign.0[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(safety_number(&bundle(1), &sign), number);
            let mut seal = bundle(2);
            seal.seal.0[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(safety_number(&bundle(1), &seal), number);
        }
    }

    #[test]
    fn another_person_changes_half_of_it() {
        let (with_two, with_three) =
            (safety_number(&bundle(1), &bundle(2)), safety_number(&bundle(1), &bundle(3)));
        let mut own: Vec<_> =
            with_two.chunks(6).filter(|half| with_three.chunks(6).any(|h| h == *half)).collect();
        assert_eq!(own.len(), 1);
        assert_eq!(own.pop().map(<[String]>::len), Some(6));
    }
}
