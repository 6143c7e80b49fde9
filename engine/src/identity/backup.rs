//! Carries an identity to another computer, or keeps it safe: one file that a passphrase opens.
//!
//! The file is in the age format (age-encryption.org/v1) with one scrypt stanza, so other tools open it too; in
//! it is JSON: `format` ("visavis identity"), `version` (1), `seed` (base64url), `name`, `created_ms`. Nothing
//! is ever written over. Both ways take about a second and 256 MiB: call them where blocking is allowed.

use super::disk::{self, DiskError};
use super::keys::{Identity, Seed};
use crate::api::{ApiError, Code};
use age::secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// No passphrase to export with is shorter, in characters.
pub const MIN_PASSPHRASE: usize = 10;
/// No file to import is longer, in bytes.
pub const MAX_FILE: usize = 64 * 1024;

const FORMAT: &str = "visavis identity";
const VERSION: u32 = 1;
/// The exponent of scrypt's cost for exports.
const WORK: u8 = 18;
/// Imports that ask for more are refused: a hostile file could hang the app or take all its memory.
const MAX_WORK: u8 = 20;

/// What was in an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The identity, by [`Identity::from_seed`].
    pub seed: Seed,
    /// The user's name when it was made; bounded by [`MAX_FILE`] alone.
    pub name: String,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
}

/// Why an identity was not exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Fewer than [`MIN_PASSPHRASE`] characters.
    #[error("the passphrase is too short")]
    PassphraseShort,
    /// It does not open the file.
    #[error("the passphrase does not open the file")]
    PassphraseWrong,
    /// Not made by [`export`], or damaged since.
    #[error("{}: no exported identity", path.display())]
    NotAnExport {
        /// The file.
        path: PathBuf,
    },
    /// The system would not read or write.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl From<BackupError> for ApiError {
    fn from(error: BackupError) -> Self {
        let message = error.to_string();
        match error {
            BackupError::PassphraseShort => Self::new(Code::PassphraseShort, message),
            BackupError::PassphraseWrong => Self::new(Code::PassphraseWrong, message),
            BackupError::NotAnExport { path } => {
                Self::new(Code::NotAnExport, message).with("path", path.display())
            }
            BackupError::Disk(error) => error.into(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Content<'a> {
    format: &'a str,
    version: u32,
    seed: &'a str,
    name: String,
    created_ms: u64,
}

/// Writes an identity to a new file.
///
/// # Errors
/// All of [`BackupError`] but those about what a file holds; then no file is left behind.
pub fn export(
    path: &Path,
    passphrase: &str,
    identity: &Identity,
    name: &str,
    now_ms: u64,
) -> Result<(), BackupError> {
    export_at_cost(path, passphrase, identity, name, now_ms, WORK)
}

fn export_at_cost(
    path: &Path,
    passphrase: &str,
    identity: &Identity,
    name: &str,
    now_ms: u64,
    work: u8,
) -> Result<(), BackupError> {
    if passphrase.chars().count() < MIN_PASSPHRASE {
        return Err(BackupError::PassphraseShort);
    }
    // Before the second of work; creating the file refuses again.
    if disk::exists(path)? {
        return Err(DiskError::at(path)(io::ErrorKind::AlreadyExists.into()).into());
    }
    let seed = identity.seed().to_text();
    let content = Content {
        format: FORMAT,
        version: VERSION,
        seed: &seed,
        name: name.to_owned(),
        created_ms: now_ms,
    };
    let sealed = encrypted(&content, passphrase, work).map_err(DiskError::at(path))?;
    Ok(disk::write_new(path, &sealed)?)
}

fn encrypted(content: &Content<'_>, passphrase: &str, work: u8) -> io::Result<Vec<u8>> {
    // Room for all of it, so that no copy of the seed is left behind where the buffer grew.
    let mut plain = Zeroizing::new(Vec::with_capacity(512 + 6 * content.name.len()));
    serde_json::to_writer(&mut *plain, content)?;
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
    recipient.set_work_factor(work);
    let encryptor =
        age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            .map_err(io::Error::other)?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed)?;
    writer.write_all(&plain)?;
    writer.finish()?;
    Ok(sealed)
}

/// Reads an exported identity. The passphrase may be of any length: the file decides.
///
/// # Errors
/// All of [`BackupError`] but [`BackupError::PassphraseShort`].
pub fn import(path: &Path, passphrase: &str) -> Result<Backup, BackupError> {
    let sealed = disk::read(path, MAX_FILE)?;
    match sealed.map(|sealed| decrypted(&sealed, passphrase)) {
        Some(Ok(backup)) => Ok(backup),
        Some(Err(Closed::Wrong)) => Err(BackupError::PassphraseWrong),
        Some(Err(Closed::Foreign)) | None => {
            Err(BackupError::NotAnExport { path: path.to_owned() })
        }
    }
}

/// Why a file did not open.
#[derive(Debug, PartialEq, Eq)]
enum Closed {
    Wrong,
    Foreign,
}

fn decrypted(sealed: &[u8], passphrase: &str) -> Result<Backup, Closed> {
    use age::DecryptError as E;
    let decryptor = age::Decryptor::new_buffered(sealed).map_err(|_| Closed::Foreign)?;
    if !decryptor.is_scrypt() {
        return Err(Closed::Foreign);
    }
    let mut identity = age::scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
    identity.set_max_work_factor(MAX_WORK);
    let reader =
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|error| {
            match error {
                E::DecryptionFailed | E::KeyDecryptionFailed | E::NoMatchingKeys => Closed::Wrong,
                _ => Closed::Foreign,
            }
        })?;
    let mut plain = Zeroizing::new(Vec::with_capacity(MAX_FILE + 64));
    let most = u64::try_from(MAX_FILE).unwrap_or(u64::MAX);
    reader.take(most).read_to_end(&mut plain).map_err(|_| Closed::Foreign)?;
    let content: Content<'_> = serde_json::from_slice(&plain).map_err(|_| Closed::Foreign)?;
    if content.format != FORMAT || content.version != VERSION {
        return Err(Closed::Foreign);
    }
    let seed = Seed::from_text(content.seed).ok_or(Closed::Foreign)?;
    Ok(Backup { seed, name: content.name, created_ms: content.created_ms })
}

#[cfg(test)]
mod tests;
