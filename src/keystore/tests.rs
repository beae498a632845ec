use std::cell::Cell;
use std::os::unix::fs::PermissionsExt;

use zeroize::Zeroizing;

use super::*;
use crate::encoding::{base64, hex};
use crate::identity::SecretKey;

fn key() -> SecretKey {
    SecretKey::from_seed([7; 32])
}

fn passphrase(text: &str) -> Result<Passphrase, KeystoreError> {
    Passphrase::new(Zeroizing::new(text.to_owned()))
}

fn no_passphrase() -> Result<Passphrase, KeystoreError> {
    Err(KeystoreError::PassphraseNeeded)
}

fn written(text: Option<&str>) -> Zeroizing<String> {
    let passphrase = text.map(|text| passphrase(text).unwrap_or_else(|error| panic!("{error}")));
    encode(&key(), passphrase.as_ref(), &[9; 32]).unwrap()
}

fn code(result: Result<SecretKey, KeystoreError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "")
}

fn pem(label: &str, bytes: &[u8]) -> String {
    let body = base64::encode(bytes);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[test]
fn a_key_reads_back_plain_and_encrypted() {
    for text in [None, Some("correct horse")] {
        let asked = Cell::new(false);
        let read = decode(&written(text), || {
            asked.set(true);
            passphrase("correct horse")
        });
        assert_eq!(read.map(|key| key.public_key()).ok(), Some(key().public_key()));
        assert_eq!(asked.get(), text.is_some(), "a plain key asks for nothing");
    }
}

#[test]
fn a_wrong_missing_or_empty_passphrase_opens_nothing() {
    let file = written(Some("correct horse"));
    assert_eq!(code(decode(&file, || passphrase("correct house"))), "passphrase_wrong");
    assert_eq!(code(decode(&file, no_passphrase)), "passphrase_needed");
    assert_eq!(code(decode(&file, || passphrase(""))), "passphrase_empty");
    assert_eq!(code(decode(&file, || passphrase(&"x".repeat(1025)))), "passphrase_unusable");
}

#[test]
fn what_is_written_is_version_1_with_scrypt_and_holds_no_seed_when_encrypted() {
    let plain = written(None);
    let body: String = plain.lines().filter(|line| !line.starts_with('-')).collect();
    let mut expected = hex::encode(&base64::decode(&body).unwrap());
    assert_eq!(expected.split_off(32), hex::encode(&[7; 32]));
    assert_eq!(expected, "302e020100300506032b657004220420");
    let encrypted = written(Some("correct horse"));
    assert!(encrypted.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    let body: String = encrypted.lines().filter(|line| !line.starts_with('-')).collect();
    let document = hex::encode(&base64::decode(&body).unwrap());
    assert!(document.contains("06092b06010401da47040b"), "scrypt");
    assert!(!document.contains(&hex::encode(&[7; 8])));
}

#[test]
fn what_is_no_key_is_refused() {
    let file = written(None);
    let body = |document: &str| {
        let (pairs, _) = document.as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = pairs.iter().map(byte).collect();
        pem("PRIVATE KEY", &bytes)
    };
    let seed = "07".repeat(32);
    let v2 = |public: &str| body(&format!("3051020101300506032b657004220420{seed}812100{public}"));
    assert_eq!(code(decode(&v2(&hex::encode(&key().public_key().bytes().0)), no_passphrase)), "");
    for (text, expected) in [
        (String::new(), "key_file_unreadable"),
        ("hello".to_owned(), "key_file_unreadable"),
        (file.replace("PRIVATE KEY", "PUBLIC KEY"), "key_file_unreadable"),
        (file.replace("PRIVATE KEY", "RSA PRIVATE KEY"), "key_file_unreadable"),
        (file.replacen("MC4C", "MC5C", 1), "key_file_unreadable"),
        (body(&format!("302e020100300506032b656f04220420{seed}")), "key_file_not_ed25519"),
        (body(&format!("302d020100300506032b6570042104{}", "07".repeat(31))), "key_file_unreadable"),
        (v2(&"08".repeat(32)), "key_file_mismatch"),
    ] {
        assert_eq!(code(decode(&text, no_passphrase)), expected, "{text}");
    }
}

#[test]
fn a_file_that_would_cost_gigabytes_is_refused_before_it_costs_anything() {
    let file = written(Some("x"));
    let body: String = file.lines().filter(|line| !line.starts_with('-')).collect();
    let mut bytes = base64::decode(&body).unwrap();
    // N = 2^14 is the INTEGER 02 02 40 00, r = 8 follows.
    let at = bytes.windows(7).position(|window| window == [2, 2, 0x40, 0, 2, 1, 8]).unwrap();
    bytes[at + 2] = 0x7f;
    bytes[at + 6] = 0x7f;
    let refused =
        decode(&pem("ENCRYPTED PRIVATE KEY", &bytes), || panic!("nobody is asked for a passphrase"));
    assert_eq!(code(refused), "key_file_too_costly");
}

#[test]
fn a_key_file_is_private_from_its_first_moment_and_never_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.pem");
    create(&path, &written(None)).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(create(&path, "other"), Err(KeystoreError::Exists));
    assert_eq!(code(open(&path, no_passphrase)), "");
    std::os::unix::fs::symlink(home.path().join("nowhere"), home.path().join("link")).unwrap();
    assert_eq!(create(&home.path().join("link"), "x").unwrap_err().code(), "key_file_exists");
    let missing = create(&home.path().join("none/a.pem"), "x").unwrap_err();
    assert_eq!(missing.code(), "key_file_io");
}

#[test]
fn a_key_file_that_others_can_read_is_refused_with_the_cure() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.pem");
    create(&path, &written(None)).unwrap();
    for mode in [0o640, 0o604, 0o660, 0o666] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = open(&path, no_passphrase).err().unwrap();
        assert_eq!(error.code(), "key_file_open_to_others", "{mode:o}");
        assert!(error.to_string().ends_with(&format!("chmod 600 {}", path.display())));
        assert_eq!(
            Passphrase::from_file(&path).err().map(|error| error.code()),
            Some("key_file_open_to_others")
        );
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(code(open(&path, no_passphrase)), "");
}

#[test]
fn a_directory_a_pipe_and_a_huge_file_are_refused() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(code(open(home.path(), no_passphrase)), "key_file_not_a_file");
    let path = home.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    assert_eq!(code(open(&path, no_passphrase)), "key_file_not_a_file", "and not waited for");
    let path = home.path().join("huge");
    create(&path, &"x".repeat(usize::try_from(MAX_FILE_BYTES).unwrap() + 1)).unwrap();
    assert_eq!(code(open(&path, no_passphrase)), "key_file_too_large");
}

#[test]
fn a_passphrase_is_the_first_line_of_its_file() {
    let home = tempfile::tempdir().unwrap();
    for (name, text, opens) in
        [("a", "correct horse\n", true), ("b", "correct horse\r\nmore", true), ("c", " correct horse", false)]
    {
        let path = home.path().join(name);
        create(&path, text).unwrap();
        let opened = decode(&written(Some("correct horse")), || Passphrase::from_file(&path));
        assert_eq!(opened.is_ok(), opens, "{text:?}");
    }
}

#[test]
fn no_error_holds_a_byte_of_the_key_or_the_passphrase() {
    let plain = written(None);
    let secrets = ["correct house", "BwcHBwcHBwc", "07070707"];
    for (text, given) in [
        (written(Some("correct horse")).to_string(), "correct house"),
        (plain.replacen("MC4C", "MC5C", 1), ""),
        (plain.replace("END", "END "), ""),
    ] {
        let error = decode(&text, || passphrase(given)).err().unwrap();
        let printed = format!("{error} {error:?} {}", error.code());
        assert!(secrets.iter().all(|secret| !printed.contains(secret)), "{printed}");
    }
}

#[test]
fn the_fingerprint_is_the_one_that_ssh_prints() {
    let bytes = key().public_key().bytes();
    let theirs = ssh_key::PublicKey::from(ssh_key::public::Ed25519PublicKey(bytes.0));
    assert_eq!(bytes.fingerprint(), theirs.fingerprint(ssh_key::HashAlg::Sha256).to_string());
}
