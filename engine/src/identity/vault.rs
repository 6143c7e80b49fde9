//! Where the secret seed is kept between runs: in the system's keychain, or in a file of the profile.
//!
//! The file is `identity.key`, for the user alone. `identity.place` says where the key is and which: so a key
//! that is gone is told from a first start. Nothing that might be a key is ever written over or removed; what is
//! damaged stays as it is until [`Vault::set_aside_damaged`] renames it. Everything here may block, for minutes
//! where the keychain asks the user: call it where that is allowed. One program at a time uses a profile.

mod keychain;
mod text;

pub use keychain::{Keychain, KeychainError, SystemKeychain};

use super::disk::{self, DiskError};
use super::keys::Identity;
use crate::api::{ApiError, Code, KeyPlace};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use text::Place;
use zeroize::Zeroizing;

const KEY_FILE: &str = "identity.key";
const PLACE_FILE: &str = "identity.place";

/// Why there is no key to work with, or none was stored.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// What should be a key, or say where it is, can't be read as such, or is another's. Left as it is.
    #[error("{}: the key is damaged", path.display())]
    Damaged {
        /// The file; the place file where the damaged key is in the keychain.
        path: PathBuf,
    },
    /// There was a key, and it is gone.
    #[error("{}: the key is gone", path.display())]
    Missing {
        /// Where the key file should be, or the place file that names the keychain.
        path: PathBuf,
    },
    /// The key is in the keychain, and the keychain does not give it.
    #[error("the keychain does not give the key: {reason}")]
    KeychainRefused {
        /// What it said.
        reason: String,
    },
    /// There is a key already, or something in its place.
    #[error("{}: there is a key already", path.display())]
    Exists {
        /// The file that is there.
        path: PathBuf,
    },
    /// Nothing is damaged, so nothing is set aside.
    #[error("the key is not damaged")]
    NotDamaged,
    /// The system would not read or write.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        let message = error.to_string();
        match error {
            VaultError::Damaged { path } => {
                Self::new(Code::KeyDamaged, message).with("path", path.display())
            }
            VaultError::Missing { path } => {
                Self::new(Code::KeyMissing, message).with("path", path.display())
            }
            VaultError::KeychainRefused { reason } => {
                Self::new(Code::KeychainRefused, message).with("reason", reason)
            }
            VaultError::Exists { .. } | VaultError::NotDamaged => Self::new(Code::NotNow, message),
            VaultError::Disk(error) => error.into(),
        }
    }
}

/// The keeper of one profile's key.
pub struct Vault {
    folder: PathBuf,
    preferred: KeyPlace,
    keychain: Box<dyn Keychain>,
}

impl Vault {
    /// The vault of a profile, whose folder is made if need be and closed to all others.
    ///
    /// # Errors
    /// [`VaultError::Disk`].
    pub fn open(profile_dir: &Path, preferred: KeyPlace) -> Result<Self, VaultError> {
        Self::with_keychain(profile_dir, preferred, Box::new(SystemKeychain))
    }

    /// The same with another keychain than the system's.
    ///
    /// # Errors
    /// [`VaultError::Disk`].
    pub fn with_keychain(
        profile_dir: &Path,
        preferred: KeyPlace,
        keychain: Box<dyn Keychain>,
    ) -> Result<Self, VaultError> {
        disk::private_folder(profile_dir)?;
        Ok(Self { folder: profile_dir.to_owned(), preferred, keychain })
    }

    /// The identity of the profile and where its key is; none at the first start.
    ///
    /// # Errors
    /// [`VaultError::Damaged`], [`VaultError::Missing`], [`VaultError::KeychainRefused`], [`VaultError::Disk`].
    pub fn load(&self) -> Result<Option<(Identity, KeyPlace)>, VaultError> {
        match self.place()? {
            Said::Here(Place { account: Some(account), public }) => {
                let identity = self.ask_keychain(&account)?;
                if identity.public() == public {
                    return Ok(Some((identity, KeyPlace::Keychain)));
                }
                Err(VaultError::Damaged { path: self.place_file() })
            }
            Said::Here(Place { account: None, public }) => match self.read_key()? {
                None => Err(VaultError::Missing { path: self.key_file() }),
                Some(identity) if identity.public() == public => {
                    Ok(Some((identity, KeyPlace::File)))
                }
                Some(_) => Err(VaultError::Damaged { path: self.key_file() }),
            },
            Said::Nothing => {
                let found = self.read_key()?;
                if let Some(identity) = &found {
                    self.note_file(identity);
                }
                Ok(found.map(|identity| (identity, KeyPlace::File)))
            }
            Said::Nonsense => match self.read_key()? {
                Some(identity) => {
                    tracing::warn!(path = %self.place_file().display(), "damaged; the key is not");
                    Ok(Some((identity, KeyPlace::File)))
                }
                None => Err(VaultError::Damaged { path: self.place_file() }),
            },
        }
    }

    /// Keeps the key of a new profile, in the preferred place if it can be had, else in the file.
    ///
    /// # Errors
    /// [`VaultError::Exists`] if there is anything that might be a key; [`VaultError::Disk`], and then nothing was
    /// stored.
    pub fn store_new(&self, identity: &Identity) -> Result<KeyPlace, VaultError> {
        for path in [self.key_file(), self.place_file()] {
            if disk::exists(&path)? {
                return Err(VaultError::Exists { path });
            }
        }
        if self.preferred == KeyPlace::Keychain {
            match self.give_keychain(identity) {
                Ok(account) => {
                    let place = Place { account: Some(account), public: identity.public() };
                    disk::place_new(&self.place_file(), text::place(&place).as_bytes())?;
                    return Ok(KeyPlace::Keychain);
                }
                Err(KeychainError::Absent(reason)) => {
                    tracing::info!(%reason, "no keychain; the key goes into a file");
                }
                Err(KeychainError::Refused(reason)) => {
                    tracing::warn!(%reason, "the keychain refuses; the key goes into a file");
                }
            }
        }
        disk::place_new(&self.key_file(), text::key(identity.seed()).as_bytes())?;
        self.note_file(identity);
        Ok(KeyPlace::File)
    }

    /// Renames what is damaged, or says where a missing key was, to `NAME.damaged-MS`, so that the profile can
    /// begin anew or take a backup. Gives the new names. What a keychain holds stays there.
    ///
    /// # Errors
    /// [`VaultError::NotDamaged`] if there is nothing of the kind; [`VaultError::KeychainRefused`] if the key may
    /// be whole; [`VaultError::Disk`].
    pub fn set_aside_damaged(&self, now_ms: u64) -> Result<Vec<PathBuf>, VaultError> {
        match self.load() {
            Err(VaultError::Damaged { .. } | VaultError::Missing { .. }) => {}
            Ok(_) => return Err(VaultError::NotDamaged),
            Err(error) => return Err(error),
        }
        let mut renamed = Vec::new();
        for path in [self.key_file(), self.place_file()] {
            if disk::exists(&path)? {
                renamed.push(disk::set_aside(&path, &format!("damaged-{now_ms}"))?);
            }
        }
        Ok(renamed)
    }

    fn key_file(&self) -> PathBuf {
        self.folder.join(KEY_FILE)
    }

    fn place_file(&self) -> PathBuf {
        self.folder.join(PLACE_FILE)
    }

    fn place(&self) -> Result<Said, VaultError> {
        let path = self.place_file();
        match disk::read(&path, text::MAX) {
            Ok(bytes) => Ok(bytes
                .and_then(|bytes| text::read_place(&bytes))
                .map_or(Said::Nonsense, Said::Here)),
            Err(error) if error.source.kind() == ErrorKind::NotFound && !disk::exists(&path)? => {
                Ok(Said::Nothing)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn read_key(&self) -> Result<Option<Identity>, VaultError> {
        let path = self.key_file();
        match disk::read(&path, text::MAX) {
            Ok(bytes) => {
                let seed = bytes.and_then(|bytes| text::read_key(&bytes));
                let seed = seed.ok_or_else(|| VaultError::Damaged { path: path.clone() })?;
                disk::tighten(&path, 0o600)?;
                Ok(Some(Identity::from_seed(seed)))
            }
            // A link to nowhere is no first start.
            Err(error) if error.source.kind() == ErrorKind::NotFound => {
                match disk::exists(&path)? {
                    true => Err(VaultError::Missing { path }),
                    false => Ok(None),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Says that the key is in the file. Without that the key is found all the same; only its loss is not noticed.
    fn note_file(&self, identity: &Identity) {
        let place = text::place(&Place { account: None, public: identity.public() });
        if let Err(error) = disk::place_new(&self.place_file(), place.as_bytes()) {
            tracing::warn!(%error, "where the key is was not noted");
        }
    }

    fn ask_keychain(&self, account: &str) -> Result<Identity, VaultError> {
        match self.keychain.get(account) {
            Ok(Some(secret)) => text::read_key(&secret)
                .map(Identity::from_seed)
                .ok_or_else(|| VaultError::Damaged { path: self.place_file() }),
            Ok(None) => Err(VaultError::Missing { path: self.place_file() }),
            Err(KeychainError::Absent(reason) | KeychainError::Refused(reason)) => {
                Err(VaultError::KeychainRefused { reason })
            }
        }
    }

    /// Under an account of its own, so that no other profile's key is ever replaced; and read again, because
    /// some keychains say yes and keep nothing.
    fn give_keychain(&self, identity: &Identity) -> Result<String, KeychainError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| KeychainError::Refused(error.to_string()))?;
        let account = URL_SAFE_NO_PAD.encode(random);
        let key = text::key(identity.seed());
        self.keychain.set(&account, key.as_bytes())?;
        let kept: Option<Zeroizing<Vec<u8>>> = self.keychain.get(&account)?;
        if kept.is_some_and(|kept| kept.as_slice() == key.as_bytes()) {
            Ok(account)
        } else {
            Err(KeychainError::Refused("it did not keep what it was given".to_owned()))
        }
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({})", self.folder.display())
    }
}

/// What the place file says.
enum Said {
    Nothing,
    Nonsense,
    Here(Place),
}

#[cfg(test)]
mod tests;
