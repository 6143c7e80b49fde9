//! The profile's folder: one engine at a time, its database, and its vault with the key.
//! Whatever is damaged or in use is left as it is and named.

use super::{Options, Pasted};
use crate::api::{ApiError, Code, KeyPlace};
use crate::identity::{Identity, Vault};
use crate::store::{Store, transfers};
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// An open profile.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) store: Arc<Store>,
    /// Where ledgers of files that are on their way lie.
    pub(super) ledgers: PathBuf,
    pub(super) vault: Arc<Vault>,
    _lock: File,
}

impl Folder {
    /// Opens a profile's folder, or makes it.
    pub(super) async fn open(options: &Options) -> Result<Self, ApiError> {
        let options = options.clone();
        blocking(move || {
            let data = options.data.as_path();
            make_private(data).map_err(|error| disk_error(data, &error))?;
            let lock = lock(data)?;
            let store = Arc::new(Store::open(&data.join("visavis.db"))?);
            let ledgers = data.join("transfers");
            make_private(&ledgers).map_err(|error| disk_error(&ledgers, &error))?;
            let vault = Arc::new(Vault::open(data, options.key_place)?);
            // Where the database can't say, everything stays.
            if let Ok(sources) = store.run_blocking(|db| transfers::all_sources(db)) {
                Pasted::of(data).tidy(&sources);
            }
            Ok(Self { store, ledgers, vault, _lock: lock })
        })
        .await
    }

    /// The identity, where there is one.
    pub(super) async fn identity(&self) -> Result<Option<(Identity, KeyPlace)>, ApiError> {
        let vault = Arc::clone(&self.vault);
        blocking(move || vault.load().map_err(ApiError::from)).await
    }
}

/// Does what may take long without holding up the loop's thread.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| Err(ApiError::new(Code::Internal, panic.to_string())))
}

pub(super) fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn lock(folder: &Path) -> Result<File, ApiError> {
    let path = folder.join("in-use");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| disk_error(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(ApiError::new(Code::FolderInUse, "another Visavis uses this data folder")
                .with("path", folder.display()))
        }
        Err(TryLockError::Error(error)) => Err(disk_error(&path, &error)),
    }
}

/// What the system says about a file, as a shell shows it.
pub(super) fn disk_error(path: &Path, error: &std::io::Error) -> ApiError {
    let code = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::PermissionDenied,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::DiskFull,
        ErrorKind::NotFound => Code::FileMissing,
        ErrorKind::AlreadyExists => Code::FileExists,
        _ => Code::DiskFailed,
    };
    ApiError::new(code, error.to_string()).with("path", path.display()).with("reason", error)
}
