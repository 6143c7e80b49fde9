//! Invite codes: a hundred random bits that a person can type. The server keeps only their hash.

use super::records::{InviteHash, InviteRow, Records as _};
use super::rules::DAY_MS;
use super::store::{Database, DatabaseError, FILE, Tables};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Without letters and digits that are easily misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 20;

/// An invite code that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Its number, by which it is revoked.
    pub number: u32,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: u64,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: u64,
    /// How many new identities it still lets in.
    pub uses_left: u32,
}

/// The hash of a code as somebody typed it.
pub(crate) fn hash(typed: &str) -> InviteHash {
    let plain: String = typed
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    Sha256::new().chain_update(b"visavis invite v1\0").chain_update(plain).finalize().into()
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

fn broken(folder: &Path, reason: impl std::fmt::Display) -> DatabaseError {
    DatabaseError::Broken { path: folder.join(FILE), reason: reason.to_string() }
}

/// Makes a code that lets in so many new identities within so many days. Works beside a running server.
///
/// # Errors
/// When the database can't be used.
pub fn create_invite(folder: &Path, uses: u32, days: u32) -> Result<String, DatabaseError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| broken(folder, error))?;
    let mut code = String::new();
    for (n, byte) in bytes.iter().enumerate() {
        if n > 0 && n % 5 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte & 31)]));
    }
    let made_ms = now_ms();
    let expires_ms = made_ms + u64::from(days) * DAY_MS;
    let row = InviteRow { no: 0, made_ms, expires_ms, uses_left: uses };
    let database = Database::connect(folder)?;
    Tables(&database.connection)
        .add_invite(&hash(&code), &row)
        .map_err(|error| broken(folder, error))?;
    Ok(code)
}

/// The codes in force.
///
/// # Errors
/// When the database can't be used.
pub fn invites(folder: &Path) -> Result<Vec<Invite>, DatabaseError> {
    let database = Database::connect(folder)?;
    let rows = Tables(&database.connection).invites().map_err(|error| broken(folder, error))?;
    let now_ms = now_ms();
    let in_force = rows.into_iter().filter(|row| row.uses_left > 0 && row.expires_ms > now_ms);
    Ok(in_force
        .map(|row| Invite {
            number: row.no,
            made_ms: row.made_ms,
            expires_ms: row.expires_ms,
            uses_left: row.uses_left,
        })
        .collect())
}

/// Revokes a code by its number; false if there is none.
///
/// # Errors
/// When the database can't be used.
pub fn revoke_invite(folder: &Path, number: u32) -> Result<bool, DatabaseError> {
    let database = Database::connect(folder)?;
    Tables(&database.connection).drop_invite(number).map_err(|error| broken(folder, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_typed_as_people_do() {
        assert_eq!(hash("ABC10-00111"), hash(" abcl0 oOiL1 "));
        assert_ne!(hash("ABC10"), hash("ABC11"));
    }

    #[test]
    fn codes_are_listed_and_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let code = create_invite(folder.path(), 3, 7).unwrap();
        assert_eq!(code.len(), 23);
        create_invite(folder.path(), 1, 0).unwrap();
        let all = invites(folder.path()).unwrap();
        assert_eq!(all.iter().map(|i| i.uses_left).collect::<Vec<_>>(), [3]);
        assert!(revoke_invite(folder.path(), all[0].number).unwrap());
        assert!(!revoke_invite(folder.path(), all[0].number).unwrap());
        assert!(invites(folder.path()).unwrap().is_empty());
    }
}
