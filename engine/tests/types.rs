//! The committed TypeScript types are those that the Rust types give.
//! `VISAVIS_WRITE_TYPES=1 cargo test -p visavis-engine --test types` writes them anew.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use ts_rs::{Config, TS};
use visavis_engine::api::{Command, Reply, Update};

fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeMap::new() };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().into(), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

#[test]
fn committed_types_match() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/generated");
    let fresh = tempfile::tempdir().unwrap();
    let config = Config::new().with_out_dir(fresh.path()).with_large_int("number");
    Command::export_all(&config).unwrap();
    Reply::export_all(&config).unwrap();
    Update::export_all(&config).unwrap();
    if std::env::var_os("VISAVIS_WRITE_TYPES").is_some() {
        let _ = std::fs::remove_dir_all(&committed);
        std::fs::create_dir_all(&committed).unwrap();
        for (name, text) in files(fresh.path()) {
            std::fs::write(committed.join(name), text).unwrap();
        }
    }
    assert_eq!(files(&committed), files(fresh.path()), "run ./dev types and commit the result");
}
