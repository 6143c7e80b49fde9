//! Tries the system's keychain: writes an entry and reads it back. It wants a session bus with a Secret Service, such
//! as one under `dbus-run-session` with `gnome-keyring-daemon --unlock --components=secrets`, and leaves the entry.

use std::process::ExitCode;
use visavis_engine::identity::vault::SystemKeychain;
use visavis_engine::identity::{Keychain, KeychainError};

fn main() -> ExitCode {
    match try_it() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("keychain: what was written did not come back");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("keychain: {error}");
            ExitCode::FAILURE
        }
    }
}

fn try_it() -> Result<bool, KeychainError> {
    let account = "a try of visavis";
    SystemKeychain.set(account, b"secret")?;
    let read = SystemKeychain.get(account)?;
    let none = SystemKeychain.get("a try of visavis: none")?;
    Ok(read.is_some_and(|secret| secret.as_slice() == b"secret") && none.is_none())
}
