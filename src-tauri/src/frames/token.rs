//! The tokens of the frame door: 256 random bits each, good for one connection. The newest replaces the one
//! before it.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::{Mutex, PoisonError};

const BYTES: usize = 32;

/// The token that is good now, if any.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Option<String>>);

impl Tokens {
    /// A new token, in hexadecimal digits.
    pub(super) fn make(&self) -> std::io::Result<String> {
        let mut random = [0; BYTES];
        getrandom::fill(&mut random).map_err(|error| std::io::Error::other(error.to_string()))?;
        let token = random.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        *self.lock() = Some(token.clone());
        Ok(token)
    }

    /// Whether a token is good; then it no longer is.
    pub(super) fn use_up(&self, said: &str) -> bool {
        let mut good = self.lock();
        let same = good.as_deref().is_some_and(|good| same(good.as_bytes(), said.as_bytes()));
        if same {
            *good = None;
        }
        same
    }

    /// The value is whole at every moment, so a panic elsewhere does not spoil it.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token never reaches a log.
impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

/// Compares in a time that says nothing of where two differ.
fn same(good: &[u8], said: &[u8]) -> bool {
    if good.len() != said.len() {
        return false;
    }
    let differ = good.iter().zip(said).fold(0, |differ, (a, b)| black_box(differ | (a ^ b)));
    black_box(differ) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_once_and_only_the_newest() {
        let tokens = Tokens::default();
        assert!(!tokens.use_up(""));
        let (first, second) = (tokens.make().unwrap(), tokens.make().unwrap());
        assert!(first.len() == 2 * BYTES && first != second);
        let mut altered = second.clone().into_bytes();
        altered[40] ^= 1;
        let altered = String::from_utf8(altered).unwrap();
        for wrong in [&first, &altered, &second[1..], ""] {
            assert!(!tokens.use_up(wrong), "{wrong}");
        }
        assert!(tokens.use_up(&second));
        assert!(!tokens.use_up(&second));
    }
}
