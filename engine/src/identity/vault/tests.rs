//! First starts, both places, keychains that are absent or refuse, and damage that must survive everything.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// A keychain in memory that does as it is told.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    secrets: BTreeMap<String, Vec<u8>>,
    fails: Option<KeychainError>,
    forgets: bool,
}

impl Memory {
    fn failing(error: KeychainError) -> Self {
        let memory = Self::default();
        memory.0.lock().unwrap().fails = Some(error);
        memory
    }

    fn fail(&self, error: Option<KeychainError>) {
        self.0.lock().unwrap().fails = error;
    }

    fn secrets(&self) -> BTreeMap<String, Vec<u8>> {
        self.0.lock().unwrap().secrets.clone()
    }

    fn replace(&self, secret: Option<&[u8]>) {
        let mut inside = self.0.lock().unwrap();
        match secret {
            Some(secret) => inside.secrets.values_mut().for_each(|kept| *kept = secret.to_vec()),
            None => inside.secrets.clear(),
        }
    }
}

impl Keychain for Memory {
    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeychainError> {
        let inside = self.0.lock().unwrap();
        match &inside.fails {
            Some(error) => Err(error.clone()),
            None => Ok(inside.secrets.get(account).cloned().map(Zeroizing::new)),
        }
    }

    fn set(&self, account: &str, secret: &[u8]) -> Result<(), KeychainError> {
        let mut inside = self.0.lock().unwrap();
        if let Some(error) = &inside.fails {
            return Err(error.clone());
        }
        if !inside.forgets {
            let before = inside.secrets.insert(account.to_owned(), secret.to_vec());
            assert_eq!(before, None, "a secret was replaced");
        }
        Ok(())
    }
}

fn absent() -> KeychainError {
    KeychainError::Absent("no session bus".to_owned())
}

fn locked() -> KeychainError {
    KeychainError::Refused("locked".to_owned())
}

fn vault(dir: &TempDir, preferred: KeyPlace, keychain: &Memory) -> Vault {
    Vault::with_keychain(&dir.path().join("profile"), preferred, Box::new(keychain.clone()))
        .unwrap()
}

/// A profile whose key is in the file.
fn filed() -> (TempDir, Vault, Identity) {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(&dir, KeyPlace::File, &Memory::default());
    let identity = Identity::generate();
    assert_eq!(vault.store_new(&identity).unwrap(), KeyPlace::File);
    (dir, vault, identity)
}

/// A profile whose key is in the keychain.
fn chained() -> (TempDir, Vault, Identity, Memory) {
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::default();
    let vault = vault(&dir, KeyPlace::Keychain, &memory);
    let identity = Identity::generate();
    assert_eq!(vault.store_new(&identity).unwrap(), KeyPlace::Keychain);
    (dir, vault, identity, memory)
}

fn contents(vault: &Vault) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(&vault.folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect()
}

fn code(error: VaultError) -> Code {
    ApiError::from(error).code
}

fn loaded(vault: &Vault) -> (visavis_signaling::protocol::PublicKey, KeyPlace) {
    let (identity, place) = vault.load().unwrap().unwrap();
    (identity.public(), place)
}

#[test]
fn a_first_start_has_no_key_and_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(&dir, KeyPlace::Keychain, &Memory::failing(locked()));
    assert!(vault.load().unwrap().is_none());
    assert!(contents(&vault).is_empty());
    assert_eq!(code(vault.set_aside_damaged(1).unwrap_err()), Code::NotNow);
}

#[test]
fn a_key_in_a_file_comes_back() {
    let (dir, vault, identity) = filed();
    assert_eq!(loaded(&vault), (identity.public(), KeyPlace::File));
    // What is preferred now changes nothing about a key that is there.
    let other = self::vault(&dir, KeyPlace::Keychain, &Memory::failing(locked()));
    assert_eq!(loaded(&other), (identity.public(), KeyPlace::File));
    assert_eq!(contents(&vault).keys().collect::<Vec<_>>(), [KEY_FILE, PLACE_FILE]);
}

#[test]
fn a_key_in_the_keychain_comes_back_and_is_in_no_file() {
    let (dir, vault, identity, memory) = chained();
    assert_eq!(loaded(&vault), (identity.public(), KeyPlace::Keychain));
    let other = self::vault(&dir, KeyPlace::File, &memory);
    assert_eq!(loaded(&other), (identity.public(), KeyPlace::Keychain));
    assert_eq!(contents(&vault).keys().collect::<Vec<_>>(), [PLACE_FILE]);
    let place = String::from_utf8(contents(&vault)[PLACE_FILE].clone()).unwrap();
    assert!(!place.contains(identity.seed().to_text().as_str()));
}

#[test]
fn profiles_share_a_keychain() {
    let memory = Memory::default();
    let profiles = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let identities = [Identity::generate(), Identity::generate()];
    for (dir, identity) in profiles.iter().zip(&identities) {
        vault(dir, KeyPlace::Keychain, &memory).store_new(identity).unwrap();
    }
    for (dir, identity) in profiles.iter().zip(&identities) {
        let vault = vault(dir, KeyPlace::Keychain, &memory);
        assert_eq!(loaded(&vault).0, identity.public());
    }
    assert_eq!(memory.secrets().len(), 2);
}

#[test]
fn where_the_keychain_can_not_be_had_a_file_is() {
    let forgetful = Memory::default();
    forgetful.0.lock().unwrap().forgets = true;
    for memory in [Memory::failing(absent()), Memory::failing(locked()), forgetful] {
        let dir = tempfile::tempdir().unwrap();
        let vault = vault(&dir, KeyPlace::Keychain, &memory);
        let identity = Identity::generate();
        assert_eq!(vault.store_new(&identity).unwrap(), KeyPlace::File);
        assert_eq!(loaded(&vault), (identity.public(), KeyPlace::File));
    }
}

#[test]
fn a_keychain_that_refuses_loses_nothing() {
    let (_dir, vault, identity, memory) = chained();
    let (before, secrets) = (contents(&vault), memory.secrets());
    for error in [locked(), absent()] {
        memory.fail(Some(error));
        let refused = ApiError::from(vault.load().unwrap_err());
        assert_eq!(refused.code, Code::KeychainRefused);
        assert!(!refused.detail["reason"].is_empty());
        assert_eq!(code(vault.store_new(&Identity::generate()).unwrap_err()), Code::NotNow);
        assert_eq!(code(vault.set_aside_damaged(1).unwrap_err()), Code::KeychainRefused);
    }
    assert_eq!((contents(&vault), memory.secrets()), (before, secrets));
    memory.fail(None);
    assert_eq!(loaded(&vault).0, identity.public());
}

#[test]
fn a_key_is_never_replaced() {
    let (_dir, file, _) = filed();
    let (_dir2, chain, _, memory) = chained();
    let secrets = memory.secrets();
    for vault in [&file, &chain] {
        let before = contents(vault);
        assert_eq!(code(vault.store_new(&Identity::generate()).unwrap_err()), Code::NotNow);
        assert_eq!(code(vault.set_aside_damaged(1).unwrap_err()), Code::NotNow);
        assert_eq!(contents(vault), before);
    }
    assert_eq!(memory.secrets(), secrets);
}

#[test]
fn damaged_files_survive_byte_for_byte() {
    let (_d, good, _) = filed();
    let key = contents(&good)[KEY_FILE].clone();
    let mut flipped = key.clone();
    flipped[20] ^= 1;
    let damages: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\n".to_vec(),
        key[..key.len() - 1].to_vec(),
        key[..20].to_vec(),
        flipped,
        [key.as_slice(), b"\n"].concat(),
        vec![0; key.len()],
        b"-----BEGIN OPENSSH PRIVATE KEY-----\n".to_vec(),
        b"visavis key 2\nfrom a later time\n".to_vec(),
        vec![b'x'; 100_000],
        // Whole, but somebody else's.
        text::key(Identity::generate().seed()).as_bytes().to_vec(),
    ];
    for damage in damages {
        let (_dir, vault, _) = filed();
        fs::write(vault.key_file(), &damage).unwrap();
        let before = contents(&vault);
        for _ in 0..2 {
            let error = ApiError::from(vault.load().unwrap_err());
            assert_eq!(error.code, Code::KeyDamaged);
            assert_eq!(error.detail["path"], vault.key_file().display().to_string());
            assert_eq!(code(vault.store_new(&Identity::generate()).unwrap_err()), Code::NotNow);
            assert_eq!(contents(&vault), before);
        }
        vault.set_aside_damaged(77).unwrap();
        let after = contents(&vault);
        assert_eq!(after["identity.key.damaged-77"], damage);
        assert_eq!(after["identity.place.damaged-77"], before[PLACE_FILE]);
        assert_eq!(after.len(), 2);

        // And the profile can begin anew, and be damaged anew in the same millisecond.
        assert!(vault.load().unwrap().is_none());
        vault.store_new(&Identity::generate()).unwrap();
        vault.load().unwrap().unwrap();
        fs::write(vault.key_file(), "again").unwrap();
        vault.set_aside_damaged(77).unwrap();
        let after = contents(&vault);
        assert_eq!(after["identity.key.damaged-77"], damage);
        assert_eq!(after["identity.key.damaged-77-1"], b"again");
    }
}

#[test]
fn a_lost_key_is_told_from_a_first_start() {
    let (_dir, vault, _) = filed();
    fs::remove_file(vault.key_file()).unwrap();
    let error = ApiError::from(vault.load().unwrap_err());
    assert_eq!(error.code, Code::KeyMissing);
    assert_eq!(error.detail["path"], vault.key_file().display().to_string());
    assert_eq!(code(vault.store_new(&Identity::generate()).unwrap_err()), Code::NotNow);
    vault.set_aside_damaged(5).unwrap();
    assert!(vault.load().unwrap().is_none());

    let (_dir, vault, _, memory) = chained();
    memory.replace(None);
    assert_eq!(code(vault.load().unwrap_err()), Code::KeyMissing);
    assert_eq!(code(vault.store_new(&Identity::generate()).unwrap_err()), Code::NotNow);
    vault.set_aside_damaged(5).unwrap();
    assert_eq!(vault.store_new(&Identity::generate()).unwrap(), KeyPlace::Keychain);
}

#[test]
fn a_damaged_entry_of_the_keychain_stays() {
    let foreign = text::key(Identity::generate().seed());
    for damage in [b"".as_slice(), b"junk", foreign.as_bytes()] {
        let (_dir, vault, _, memory) = chained();
        memory.replace(Some(damage));
        let secrets = memory.secrets();
        assert_eq!(code(vault.load().unwrap_err()), Code::KeyDamaged);
        vault.set_aside_damaged(5).unwrap();
        vault.store_new(&Identity::generate()).unwrap();
        vault.load().unwrap().unwrap();
        let after = memory.secrets();
        assert_eq!(after.len(), 2);
        assert!(secrets.iter().all(|(account, secret)| after.get(account) == Some(secret)));
    }
}

#[test]
fn a_damaged_or_lost_note_does_not_cost_the_key() {
    let (_dir, vault, identity) = filed();
    let noted = contents(&vault);
    fs::remove_file(vault.place_file()).unwrap();
    assert_eq!(loaded(&vault).0, identity.public());
    assert_eq!(contents(&vault), noted, "noted again");
    fs::write(vault.place_file(), "junk").unwrap();
    assert_eq!(loaded(&vault).0, identity.public());
    assert_eq!(contents(&vault)[PLACE_FILE], b"junk");

    let (_dir, vault, _, _) = chained();
    fs::write(vault.place_file(), "").unwrap();
    assert_eq!(code(vault.load().unwrap_err()), Code::KeyDamaged);
    assert_eq!(code(vault.store_new(&Identity::generate()).unwrap_err()), Code::NotNow);
}

#[test]
fn a_folder_in_the_keys_place_is_left_alone() {
    let (_dir, vault, _) = filed();
    fs::remove_file(vault.key_file()).unwrap();
    fs::create_dir(vault.key_file()).unwrap();
    fs::write(vault.key_file().join("inside"), "precious").unwrap();
    assert_eq!(code(vault.load().unwrap_err()), Code::KeyDamaged);
    vault.set_aside_damaged(5).unwrap();
    let inside = vault.folder.join("identity.key.damaged-5/inside");
    assert_eq!(fs::read(inside).unwrap(), b"precious");
}

#[cfg(unix)]
#[test]
fn rights_of_others_are_taken_away_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, vault, identity) = filed();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let set = |path: &Path, to| fs::set_permissions(path, fs::Permissions::from_mode(to)).unwrap();
    assert_eq!((mode(&vault.folder), mode(&vault.key_file())), (0o700, 0o600));
    set(&vault.key_file(), 0o644);
    set(&vault.folder, 0o755);
    let vault = self::vault(&dir, KeyPlace::File, &Memory::default());
    assert_eq!(loaded(&vault).0, identity.public());
    assert_eq!((mode(&vault.folder), mode(&vault.key_file())), (0o700, 0o600));
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere_is_no_first_start() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(&dir, KeyPlace::File, &Memory::default());
    std::os::unix::fs::symlink("nowhere", vault.key_file()).unwrap();
    assert_eq!(code(vault.load().unwrap_err()), Code::KeyMissing);
    assert_eq!(code(vault.store_new(&Identity::generate()).unwrap_err()), Code::NotNow);
    assert_eq!(fs::read_link(vault.key_file()).unwrap(), Path::new("nowhere"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_file_whatever_is_written_over(
        key in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300)),
        place in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300)),
        keychain: bool,
    ) {
        prop_assume!(key.is_some() || place.is_some());
        let dir = tempfile::tempdir().unwrap();
        let preferred = if keychain { KeyPlace::Keychain } else { KeyPlace::File };
        let vault = vault(&dir, preferred, &Memory::default());
        for (path, content) in [(vault.key_file(), &key), (vault.place_file(), &place)] {
            if let Some(content) = content {
                fs::write(path, content).unwrap();
            }
        }
        let before = contents(&vault);
        prop_assert!(vault.load().is_err());
        prop_assert!(vault.store_new(&Identity::generate()).is_err());
        prop_assert_eq!(&contents(&vault), &before);
        vault.set_aside_damaged(1).unwrap();
        prop_assert!(vault.store_new(&Identity::generate()).is_ok());
        let after = contents(&vault);
        for (name, content) in before {
            prop_assert_eq!(&after[&format!("{name}.damaged-1")], &content);
        }
    }
}
