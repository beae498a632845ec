//! `meshwarden key`: files that OpenSSL and OpenSSH read and write, and what never leaves them.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;

use meshwarden::encoding::{base64, hex};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use serde_json::Value;

use crate::cli::{Finished, Home, MESHWARDEN, PATIENCE, run};
use crate::cli_mesh::{members, values};

const PASSPHRASE: &str = "correct horse battery";

fn private(home: &Home, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = home.file(name, content);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

fn path(home: &Home, name: &str) -> String {
    home.path(name).display().to_string()
}

/// Makes `agent.pem` in `home` under the passphrase, and gives its path, the passphrase file's, and the line.
fn encrypted(home: &Home) -> (String, String, Value) {
    let (file, given) = (path(home, "agent.pem"), private(home, "passphrase", format!("{PASSPHRASE}\n")));
    let made = home.run(&["key", "new", &file, "--passphrase-file", &given, "--json"]).expect_code(0);
    (file, given, values(&made.stdout).remove(0))
}

fn openssl(args: &[&str]) -> Finished {
    run(Command::new("openssl").args(args), b"").expect_code(0)
}

fn show(home: &Home, file: &str, given: Option<&str>) -> Value {
    let mut args = vec!["key", "show", file, "--json"];
    args.extend(given.map(|file| ["--passphrase-file", file]).into_iter().flatten());
    values(&home.run(&args).expect_code(0).stdout).remove(0)
}

/// The raw public key in a PEM file of OpenSSL's.
fn raw_of_pem(pem: &str) -> String {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::encode(&base64::decode(&body).unwrap()[12..])
}

#[test]
fn openssl_reads_what_we_write_plain_and_encrypted() {
    let home = Home::new();
    let (file, given, line) = encrypted(&home);
    let theirs = openssl(&["pkey", "-in", &file, "-passin", &format!("file:{given}"), "-pubout"]);
    assert_eq!(raw_of_pem(&theirs.stdout), line["public_key"]);
    let plain = path(&home, "plain.pem");
    let made = home.run(&["key", "new", &plain, "--no-passphrase", "--json"]).expect_code(0);
    assert!(made.stderr.contains("NOT ENCRYPTED"), "{}", made.stderr);
    let theirs = openssl(&["pkey", "-in", &plain, "-pubout"]);
    assert_eq!(raw_of_pem(&theirs.stdout), values(&made.stdout)[0]["public_key"]);
    assert_ne!(values(&made.stdout)[0]["public_key"], line["public_key"], "each key is its own");
}

#[test]
fn we_read_what_openssl_writes_plain_and_encrypted() {
    let home = Home::new();
    let given = private(&home, "passphrase", PASSPHRASE);
    let plain = path(&home, "plain.pem");
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", &plain]);
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o600)).unwrap();
    let expected = raw_of_pem(&openssl(&["pkey", "-in", &plain, "-pubout"]).stdout);
    assert_eq!(show(&home, &plain, None)["public_key"], expected);
    for (name, options) in [("a.pem", &["-v2", "aes-256-cbc"][..]), ("b.pem", &["-scrypt"])] {
        let file = path(&home, name);
        let passout = format!("file:{given}");
        let mut args = vec!["pkcs8", "-topk8", "-in", &plain, "-out", &file, "-passout", &passout];
        args.extend(options);
        openssl(&args);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(show(&home, &file, Some(&given))["public_key"], expected, "{options:?}");
    }
}

#[test]
fn we_read_openssh_keys_plain_and_encrypted_and_print_their_fingerprint() {
    if Command::new("ssh-keygen").arg("-?").output().is_err() {
        return println!("skipped: there is no ssh-keygen here");
    }
    let home = Home::new();
    let given = private(&home, "passphrase", PASSPHRASE);
    for (name, passphrase) in [("plain", ""), ("encrypted", PASSPHRASE)] {
        let file = path(&home, name);
        let keygen = |args: &[&str]| run(Command::new("ssh-keygen").args(args), b"").expect_code(0);
        keygen(&["-q", "-t", "ed25519", "-N", passphrase, "-f", &file]);
        let line = show(&home, &file, (!passphrase.is_empty()).then_some(&given));
        let theirs = keygen(&["-l", "-f", &format!("{file}.pub")]).stdout;
        assert_eq!(theirs.split(' ').nth(1), line["fingerprint"].as_str());
    }
    let rsa = path(&home, "rsa");
    run(Command::new("ssh-keygen").args(["-q", "-t", "ecdsa", "-N", "", "-f", &rsa]), b"").expect_code(0);
    let refused = home.run(&["key", "show", &rsa]).expect_code(2);
    assert!(refused.stderr.contains("code: key_file_"), "{}", refused.stderr);
}

#[test]
fn a_key_is_shown_in_every_name_that_it_has() {
    let home = Home::new();
    let (file, given, line) = encrypted(&home);
    let args = ["key", "show", &file, "--passphrase-file", &given, "--json"];
    let shown = home.run(&args).expect_code(0).stdout;
    assert_eq!(members(shown.trim()), ["bound_did", "public_key", "key_id", "thumbprint", "fingerprint"]);
    assert_eq!(values(&shown)[0], line);
    let words = home.run(&args[..5]).expect_code(0).stdout;
    for name in ["bound_did", "public_key", "key_id", "thumbprint", "fingerprint"] {
        assert!(words.contains(line[name].as_str().unwrap()), "{words}");
    }
}

#[test]
fn a_key_file_is_private_and_never_overwritten() {
    let home = Home::new();
    let (file, given, line) = encrypted(&home);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let again = home.run(&["key", "new", &file, "--passphrase-file", &given]).expect_code(2);
    assert_eq!(
        again.stderr,
        format!(
            "meshwarden: {file}: there is a file already\n  fix: choose another name\n  code: key_file_exists\n"
        )
    );
    assert_eq!(show(&home, &file, Some(&given)), line);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = home.run(&["key", "show", &file, "--passphrase-file", &given]).expect_code(2);
    assert!(
        refused.stderr.contains(&format!("take that right away: chmod 600 {file}\n")),
        "{}",
        refused.stderr
    );
}

/// A command on a terminal of its own, answered prompt by prompt; what the terminal showed, and the exit code.
fn on_a_terminal(home: &Home, args: &[&str], answers: &[(&str, &str)]) -> (String, u32) {
    let pty = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(MESHWARDEN);
    command.args(args);
    command.env_clear();
    home.environment().into_iter().for_each(|(name, value)| command.env(name, value));
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let (sender, shown) = channel();
    let mut reader = pty.master.try_clone_reader().unwrap();
    thread::spawn(move || {
        let mut byte = [0];
        while reader.read_exact(&mut byte).is_ok() && sender.send(byte[0]).is_ok() {}
    });
    let (mut screen, mut writer) = (String::new(), pty.master.take_writer().unwrap());
    for (prompt, answer) in answers {
        let from = screen.len();
        while !screen[from..].contains(prompt) {
            let byte = shown.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {prompt:?} in {screen:?}"));
            screen.push(char::from(byte));
        }
        writer.write_all(answer.as_bytes()).unwrap();
    }
    let code = child.wait().unwrap().exit_code();
    screen.extend(std::iter::from_fn(|| shown.recv_timeout(PATIENCE).ok()).map(char::from));
    (screen, code)
}

#[test]
fn a_passphrase_is_asked_for_twice_and_never_echoed() {
    let home = Home::new();
    let ask = |file: &str, second: &str| {
        let answers = [("Passphrase for the new key: ", "zebra stripes\n"), ("Again: ", second)];
        let (screen, code) = on_a_terminal(&home, &["key", "new", file], &answers);
        assert!(!screen.contains("zebra"), "{screen}");
        (screen, code)
    };
    let file = path(&home, "agent.pem");
    assert_eq!(ask(&file, "zebra stripes\n").1, 0);
    show(&home, &file, Some(&private(&home, "passphrase", "zebra stripes")));
    let other = path(&home, "other.pem");
    let (screen, code) = ask(&other, "zebra strips\n");
    assert!(code == 2 && screen.contains("code: passphrases_differ"), "{screen}");
    assert!(!Path::new(&other).exists());
    let (screen, code) = on_a_terminal(&home, &["key", "show", &file], &[("agent.pem: ", "zebra stripes\n")]);
    assert!(code == 0 && screen.contains("fingerprint"), "{screen}");
}

/// The seed and the passphrase in every spelling, against everything that the program says about the file.
#[test]
fn neither_the_key_nor_the_passphrase_is_ever_said() {
    let home = Home::new();
    let (file, given, _) = encrypted(&home);
    let passin = format!("file:{given}");
    let plain = openssl(&["pkey", "-in", &file, "-passin", &passin]).stdout;
    let body: String = plain.lines().filter(|line| !line.starts_with('-')).collect();
    let seed = base64::decode(&body).unwrap().split_off(16);
    let secrets =
        [hex::encode(&seed), base64::encode(&seed), base64::encode_url(&seed), body, PASSPHRASE.to_owned()];
    let wrong = private(&home, "wrong", "incorrect horse");
    let broken = private(&home, "broken.pem", plain.replacen("MC4C", "MC5C", 1));
    let mut said = String::new();
    for json in [&[][..], &["--json"]] {
        for (args, code) in [
            (vec!["key", "show", &file, "--passphrase-file", &given], 0),
            (vec!["key", "show", &file, "--passphrase-file", &wrong], 2),
            (vec!["key", "show", &file], 2),
            (vec!["key", "show", &broken], 2),
            (vec!["key", "show", &given], 2),
            (
                vec![
                    "handshake",
                    "hello",
                    "--key",
                    &file,
                    "--passphrase-file",
                    &given,
                    "--to",
                    "did:mesh:aa",
                    "--purpose",
                    "p",
                ],
                0,
            ),
        ] {
            let finished = home.run(&[&args[..], json].concat()).expect_code(code);
            said += &format!("{}{}", finished.stdout, finished.stderr);
        }
    }
    assert!(said.contains("passphrase_wrong") && said.contains("passphrase_needed"), "{said}");
    assert!(said.contains("key_file_unreadable"), "{said}");
    for secret in &secrets {
        assert!(!said.contains(secret.as_str()), "{secret}: {said}");
    }
    let stored = fs::read_to_string(&file).unwrap();
    assert!(secrets.iter().all(|secret| !stored.contains(secret.as_str())), "{stored}");
}
