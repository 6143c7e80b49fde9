//! Secrets on disk: files that only the user can read, written whole or not at all, and never over another.
//!
//! What is written is synced, file and folder, before it counts as there. On systems without Unix permissions
//! the folder's own rules protect it.

use crate::api::{ApiError, Code};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The system would not read or write.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct DiskError {
    /// Where.
    pub path: PathBuf,
    /// What it said.
    pub source: io::Error,
}

impl DiskError {
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self { path, source }
    }
}

impl From<DiskError> for ApiError {
    fn from(error: DiskError) -> Self {
        let code = match error.source.kind() {
            ErrorKind::NotFound => Code::FileMissing,
            ErrorKind::AlreadyExists => Code::FileExists,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::PermissionDenied,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::DiskFull,
            _ => Code::DiskFailed,
        };
        let named = Self::new(code, error.to_string()).with("path", error.path.display());
        if code == Code::DiskFailed { named.with("reason", error.source) } else { named }
    }
}

/// What is in a file; none if it is longer than `limit` or no file at all, but a folder or device.
pub(super) fn read(path: &Path, limit: usize) -> Result<Option<Zeroizing<Vec<u8>>>, DiskError> {
    let read = || {
        if !fs::metadata(path)?.is_file() {
            return Ok(None);
        }
        // Room for all that is read, so that no copy is left behind where the buffer grew.
        let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 64));
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
        Ok((bytes.len() <= limit).then_some(bytes))
    };
    read().map_err(DiskError::at(path))
}

/// Whether anything is there, be it a link to nowhere.
pub(super) fn exists(path: &Path) -> Result<bool, DiskError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(DiskError::at(path)(error)),
    }
}

/// Writes a file that is not there yet. One that can't be written whole is removed again.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(DiskError::at(path))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| sync_folder_of(path))
        .inspect_err(|_| drop(fs::remove_file(path)))
        .map_err(DiskError::at(path))
}

/// As [`write_new`], and a crash leaves the whole file or none under this name, where the file system can.
pub(super) fn place_new(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let mut random = [0; 9];
    getrandom::fill(&mut random)
        .map_err(|error| DiskError::at(path)(io::Error::other(error.to_string())))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", URL_SAFE_NO_PAD.encode(random)));
    let new = path.with_file_name(name);
    write_new(&new, bytes)?;
    // A hard link refuses to replace what is there; a rename would not.
    let linked = fs::hard_link(&new, path);
    let removed = fs::remove_file(&new);
    match linked {
        Ok(()) => removed.and_then(|()| sync_folder_of(path)).map_err(DiskError::at(path)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(DiskError::at(path)(error)),
        Err(_) => write_new(path, bytes),
    }
}

/// Renames to a name that nothing has yet, made of `suffix`; says which.
pub(super) fn set_aside(path: &Path, suffix: &str) -> Result<PathBuf, DiskError> {
    for attempt in 0_u32.. {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{suffix}"));
        if attempt > 0 {
            name.push(format!("-{attempt}"));
        }
        let to = path.with_file_name(name);
        if !exists(&to)? {
            fs::rename(path, &to)
                .and_then(|()| sync_folder_of(path))
                .map_err(DiskError::at(path))?;
            return Ok(to);
        }
    }
    Err(DiskError::at(path)(ErrorKind::AlreadyExists.into()))
}

/// Makes the folder if need be, for the user alone.
pub(super) fn private_folder(path: &Path) -> Result<(), DiskError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(DiskError::at(path))?;
    tighten(path, 0o700)
}

/// Takes the rights of all others away, should they have any.
pub(super) fn tighten(path: &Path, mode: u32) -> Result<(), DiskError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let found = fs::metadata(path).map_err(DiskError::at(path))?.permissions().mode() & 0o7777;
        if found & 0o077 != 0 {
            tracing::warn!(path = %path.display(), found = %format!("{found:o}"), "others could read a secret");
            fs::set_permissions(path, fs::Permissions::from_mode(mode))
                .map_err(DiskError::at(path))?;
        }
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // Some file systems know no such thing.
        match File::open(folder).and_then(|folder| folder.sync_all()) {
            Err(error)
                if !matches!(
                    error.kind(),
                    ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied
                ) =>
            {
                return Err(error);
            }
            _ => {}
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        fs::write(&path, "first").unwrap();
        for write in [write_new, place_new] {
            let error = write(&path, b"second").unwrap_err();
            assert_eq!(error.source.kind(), ErrorKind::AlreadyExists);
        }
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn only_the_user_can_read_what_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        private_folder(&folder).unwrap();
        let (one, two) = (folder.join("one"), folder.join("two"));
        write_new(&one, b"1").unwrap();
        place_new(&two, b"2").unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&folder), mode(&one), mode(&two)), (0o700, 0o600, 0o600));
            fs::set_permissions(&one, fs::Permissions::from_mode(0o644)).unwrap();
            tighten(&one, 0o600).unwrap();
            assert_eq!(mode(&one), 0o600);
        }
    }

    #[test]
    fn reading_is_bounded_and_wants_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read(&path, 100).unwrap().unwrap().as_slice(), [7; 100]);
        assert!(read(&path, 99).unwrap().is_none());
        assert!(read(dir.path(), 100).unwrap().is_none());
        let missing = read(&dir.path().join("none"), 100).unwrap_err();
        assert_eq!(ApiError::from(missing).code, Code::FileMissing);
    }

    #[test]
    fn what_is_set_aside_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let mut names = Vec::new();
        for content in ["one", "two", "three"] {
            fs::write(&path, content).unwrap();
            names.push(set_aside(&path, "damaged-5").unwrap());
        }
        let names: Vec<_> =
            names.iter().map(|p| p.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["key.damaged-5", "key.damaged-5-1", "key.damaged-5-2"]);
        assert_eq!(fs::read(dir.path().join("key.damaged-5")).unwrap(), b"one");
        assert_eq!(fs::read(dir.path().join("key.damaged-5-2")).unwrap(), b"three");
    }

    #[test]
    fn errors_cross_with_what_they_name() {
        for (kind, code) in [
            (ErrorKind::NotFound, Code::FileMissing),
            (ErrorKind::AlreadyExists, Code::FileExists),
            (ErrorKind::PermissionDenied, Code::PermissionDenied),
            (ErrorKind::ReadOnlyFilesystem, Code::PermissionDenied),
            (ErrorKind::StorageFull, Code::DiskFull),
            (ErrorKind::QuotaExceeded, Code::DiskFull),
            (ErrorKind::TimedOut, Code::DiskFailed),
        ] {
            let error = ApiError::from(DiskError::at(Path::new("/x/y"))(kind.into()));
            assert_eq!((error.code, error.detail["path"].as_str()), (code, "/x/y"));
            assert_eq!(error.detail.contains_key("reason"), code == Code::DiskFailed);
        }
    }
}
