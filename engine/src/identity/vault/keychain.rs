//! The system's keychain: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows.
//!
//! It may ask the user to unlock it, and there may be none at all; the two are told apart. Calls run on a thread
//! of their own, because what stands behind them may block, and are given up after a while. Whether there is a
//! keychain is found out once for the life of the program.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use zeroize::Zeroizing;

/// How secrets are named in the keychain.
const SERVICE: &str = "visavis";
/// Long enough for someone to find the passphrase that unlocks the keychain.
const PATIENCE: Duration = Duration::from_secs(120);
/// Long enough for the system to start its keychain; nobody is asked for anything yet.
const CONNECTING: Duration = Duration::from_secs(20);

/// A place for small secrets, each under an account.
pub trait Keychain: Send + Sync {
    /// What is kept there; none if nothing is.
    ///
    /// # Errors
    /// [`KeychainError`].
    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeychainError>;

    /// Keeps it there.
    ///
    /// # Errors
    /// [`KeychainError`].
    fn set(&self, account: &str, secret: &[u8]) -> Result<(), KeychainError>;
}

/// Why the keychain did nothing. The texts are for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeychainError {
    /// The system has none.
    #[error("there is no keychain: {0}")]
    Absent(String),
    /// It is locked, refuses, fails or does not answer.
    #[error("the keychain refuses: {0}")]
    Refused(String),
}

/// The one that the system has.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemKeychain;

impl Keychain for SystemKeychain {
    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeychainError> {
        connect()?;
        let account = account.to_owned();
        bounded(PATIENCE, move || match entry(&account)?.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(KeychainError::Refused(error.to_string())),
        })
    }

    fn set(&self, account: &str, secret: &[u8]) -> Result<(), KeychainError> {
        connect()?;
        let (account, secret) = (account.to_owned(), Zeroizing::new(secret.to_vec()));
        bounded(PATIENCE, move || {
            entry(&account)?
                .set_secret(&secret)
                .map_err(|error| KeychainError::Refused(error.to_string()))
        })
    }
}

/// A keychain that can't be reached, or does not even greet, is none.
fn connect() -> Result<(), KeychainError> {
    bounded(CONNECTING, || match keyring::Entry::store_status() {
        Ok(()) => Ok(()),
        Err(error) => Err(KeychainError::Absent(error.to_string())),
    })
    .map_err(|error| match error {
        KeychainError::Absent(reason) | KeychainError::Refused(reason) => {
            KeychainError::Absent(reason)
        }
    })
}

fn entry(account: &str) -> Result<keyring::Entry, KeychainError> {
    keyring::Entry::new(SERVICE, account).map_err(|error| KeychainError::Refused(error.to_string()))
}

fn bounded<T: Send + 'static>(
    patience: Duration,
    call: impl FnOnce() -> Result<T, KeychainError> + Send + 'static,
) -> Result<T, KeychainError> {
    let (answer, answered) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("keychain".to_owned())
        .spawn(move || drop(answer.send(call())))
        .map_err(|error| KeychainError::Refused(error.to_string()))?;
    answered.recv_timeout(patience).unwrap_or_else(|error| {
        Err(KeychainError::Refused(match error {
            mpsc::RecvTimeoutError::Timeout => {
                format!("no answer in {} seconds", patience.as_secs())
            }
            mpsc::RecvTimeoutError::Disconnected => "it broke off".to_owned(),
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keychain_that_never_answers_refuses() {
        let (hold, held) = mpsc::channel::<()>();
        let refused = bounded(Duration::ZERO, move || {
            let _ = held.recv();
            Ok(())
        });
        assert_eq!(refused, Err(KeychainError::Refused("no answer in 0 seconds".to_owned())));
        drop(hold);
    }

    #[test]
    fn an_answer_passes_through() {
        assert_eq!(bounded(PATIENCE, || Ok(5)), Ok(5));
        let absent = KeychainError::Absent("none".to_owned());
        let answer = absent.clone();
        assert_eq!(bounded::<()>(PATIENCE, move || Err(answer)), Err(absent));
    }
}
