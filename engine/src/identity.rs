//! Who the user is, and that nobody stands between them and their contacts.
//!
//! The room makes the keys of an identity, seals and opens what contacts say to each other, refuses what is
//! replayed, computes the number that two people compare, keeps the secret seed in the keychain or a file,
//! and carries it to another computer. It knows no server, no database and no clock: times are handed in.

pub mod backup;
mod disk;
pub mod envelope;
pub mod keys;
pub mod replay;
pub mod safety;
pub mod vault;

pub use backup::{Backup, BackupError};
pub use disk::DiskError;
pub use envelope::{EnvelopeError, Opened, Stamp};
pub use keys::{Identity, Seed};
pub use replay::{Refusal, ReplayGuard};
pub use safety::safety_number;
pub use vault::{Keychain, KeychainError, Vault, VaultError};
