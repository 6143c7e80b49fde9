//! Round trips, what is refused and why, and arbitrary files.

use super::*;
use proptest::prelude::*;
use std::fs;

const PASSPHRASE: &str = "ten chars!";

fn export_cheaply(path: &Path, passphrase: &str, identity: &Identity) -> Result<(), BackupError> {
    export_at_cost(path, passphrase, identity, "Ana \"A\" \n 安娜", 5, 2)
}

fn sealed(content: &str, work: u8) -> Vec<u8> {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(PASSPHRASE.to_owned()));
    recipient.set_work_factor(work);
    age::encrypt(&recipient, content.as_bytes()).unwrap()
}

#[test]
fn an_identity_comes_back_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ana.visavis");
    let ana = Identity::generate();
    export_cheaply(&path, PASSPHRASE, &ana).unwrap();
    let backup = import(&path, PASSPHRASE).unwrap();
    assert_eq!(backup.name, "Ana \"A\" \n 安娜");
    assert_eq!(backup.created_ms, 5);
    assert_eq!(Identity::from_seed(backup.seed).public(), ana.public());
    let written = fs::read(&path).unwrap();
    assert!(written.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn exports_cost_what_imports_take() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ana.visavis");
    export(&path, PASSPHRASE, &Identity::generate(), "Ana", 5).unwrap();
    let head = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
    assert!(head.lines().nth(1).unwrap().ends_with(" 18"), "{head}");
    const { assert!(WORK <= MAX_WORK) };
}

#[test]
fn short_passphrases_make_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ana.visavis");
    for short in ["", "ten chars", "九个字的口令不够长"] {
        let error = export_cheaply(&path, short, &Identity::generate()).unwrap_err();
        assert!(matches!(error, BackupError::PassphraseShort), "{short}");
    }
    assert!(!path.exists());
    export_cheaply(&path, "十个字的口令就够长了", &Identity::generate()).unwrap();
}

#[test]
fn nothing_is_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ana.visavis");
    fs::write(&path, "precious").unwrap();
    let error = export_cheaply(&path, PASSPHRASE, &Identity::generate()).unwrap_err();
    assert_eq!(ApiError::from(error).code, Code::FileExists);
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    let nowhere = dir.path().join("none/ana.visavis");
    let error = export_cheaply(&nowhere, PASSPHRASE, &Identity::generate()).unwrap_err();
    assert_eq!(ApiError::from(error).code, Code::FileMissing);
}

#[test]
fn a_wrong_passphrase_is_told_from_a_foreign_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ana.visavis");
    export_cheaply(&path, PASSPHRASE, &Identity::generate()).unwrap();
    let code = |path: &Path, passphrase| ApiError::from(import(path, passphrase).unwrap_err());
    assert_eq!(code(&path, "ten chars?").code, Code::PassphraseWrong);
    assert_eq!(code(&path, "").code, Code::PassphraseWrong);

    let foreign = dir.path().join("foreign");
    let good = fs::read(&path).unwrap();
    for content in [
        Vec::new(),
        b"hello".to_vec(),
        vec![0; MAX_FILE + 1],
        good[..good.len() - 1].to_vec(),
        good[..40].to_vec(),
        sealed("hello", 2),
        sealed("{}", 2),
        sealed(
            r#"{"format":"visavis identity","version":2,"seed":"","name":"","created_ms":0}"#,
            2,
        ),
        sealed(
            r#"{"format":"visavis identity","version":1,"seed":"AA","name":"","created_ms":0}"#,
            2,
        ),
    ] {
        fs::write(&foreign, content).unwrap();
        let error = code(&foreign, PASSPHRASE);
        assert_eq!(error.code, Code::NotAnExport);
        assert_eq!(error.detail["path"], foreign.display().to_string());
    }
    assert_eq!(code(dir.path(), PASSPHRASE).code, Code::NotAnExport);
    assert_eq!(code(&dir.path().join("none"), PASSPHRASE).code, Code::FileMissing);
}

#[test]
fn a_file_for_a_key_is_foreign() {
    let recipient = age::x25519::Identity::generate().to_public();
    let sealed = age::encrypt(&recipient, b"hello").unwrap();
    assert_eq!(decrypted(&sealed, PASSPHRASE), Err(Closed::Foreign));
}

#[test]
fn a_file_that_asks_for_too_much_work_is_foreign_at_once() {
    for work in [21, 40, 63] {
        let cheap = String::from_utf8_lossy(&sealed("{}", 2)).into_owned();
        let line = cheap.lines().nth(1).unwrap();
        let costly = format!("{} {work}", line.strip_suffix(" 2").unwrap());
        let file: Vec<u8> = {
            let bytes = sealed("{}", 2);
            let start = bytes.windows(3).position(|at| at == b"-> ").unwrap();
            let end = start + bytes[start..].iter().position(|byte| *byte == b'\n').unwrap();
            [&bytes[..start], costly.as_bytes(), &bytes[end..]].concat()
        };
        assert_eq!(decrypted(&file, PASSPHRASE), Err(Closed::Foreign));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn arbitrary_files_are_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..500),
        head in prop_oneof![Just(""), Just("age-encryption.org/v1\n"), Just("age-encryption.org/v1\n-> scrypt ")],
    ) {
        prop_assert!(decrypted(&[head.as_bytes(), &bytes].concat(), PASSPHRASE).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_mutated_file_is_accepted(at: prop::sample::Index, bit in 0_u8..8) {
        let good = sealed(
            r#"{"format":"visavis identity","version":1,"seed":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","name":"Ana","created_ms":0}"#,
            2,
        );
        prop_assert!(decrypted(&good, PASSPHRASE).is_ok());
        let mut bad = good.clone();
        bad[at.index(good.len())] ^= 1 << bit;
        // The digit of the cost may become another that is bearable; the key is another then.
        prop_assert!(decrypted(&bad, PASSPHRASE).is_err());
    }
}
