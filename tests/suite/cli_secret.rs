//! Every command that touches a key, and every stream and file that it leaves: none holds the key.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use meshwarden::encoding::{base64, hex};
use meshwarden::identity::SecretKey;

use crate::cli::Finished;
use crate::cli_enrol::{Enrolled, seed};

const PASSPHRASE: &str = "correct horse battery staple";

const KEYS: [&str; 5] = ["planner.pem", "worker.pem", "helper.pem", "next.pem", "attester.pem"];

/// Everything that was said, in one heap.
struct Heard<'m> {
    mesh: &'m Enrolled,
    said: Vec<u8>,
}

impl Heard<'_> {
    /// Runs a command, and hears it as words.
    fn run(&mut self, args: &[&str]) -> Finished {
        let finished = self.mesh.run(args);
        assert!(matches!(finished.code, Some(0..=4)), "{args:?}: {finished:#?}");
        self.said.extend(finished.stdout.bytes().chain(finished.stderr.bytes()));
        finished
    }

    /// Runs a command as words, as JSON, and for its help.
    fn both(&mut self, args: &[&str]) {
        self.run(args);
        self.run(&[args, &["--json"]].concat());
        self.run(&[&args[..args.len().min(2)], &["--help"]].concat());
    }

    /// Runs a command, and keeps what it prints.
    fn keep(&mut self, name: &str, args: &[&str]) {
        let printed = self.run(args).expect_code(0).stdout;
        self.mesh.home.file(name, printed);
    }
}

fn files(directory: &Path, heap: &mut Vec<u8>) {
    for found in fs::read_dir(directory).unwrap() {
        let path = found.unwrap().path();
        if path.is_dir() {
            files(&path, heap);
        } else if !KEYS.iter().chain(&["locked.pem", "passphrase"]).any(|key| path.ends_with(key)) {
            heap.extend(fs::read(path).unwrap());
        }
    }
}

#[test]
fn no_output_of_any_command_holds_a_private_key() {
    let mesh = Enrolled::new();
    for key in &KEYS[2..] {
        mesh.key(key);
    }
    let passphrase = mesh.home.file("passphrase", PASSPHRASE);
    fs::set_permissions(passphrase, fs::Permissions::from_mode(0o600)).unwrap();
    let (planner, worker) = (mesh.planner.as_str(), mesh.worker.as_str());
    let mut heard = Heard { mesh: &mesh, said: Vec::new() };
    let asked = ["--audience", "mesh", "--uri", "https://a.example/x"];
    let given = ["--passphrase-file", "@passphrase"];
    heard.run(&[&["key", "new", "@locked.pem"], &given[..]].concat()).expect_code(0);
    heard.both(&[&["key", "show", "@locked.pem"], &given[..]].concat());
    heard.both(&["key", "show", "@locked.pem"]);
    heard.both(&["key", "show", "@passphrase"]);
    heard.both(&["key", "new", "@planner.pem", "--no-passphrase"]);
    heard.both(&["key", "show", "@planner.pem"]);
    // Keys where other files are expected, and the other way round.
    for args in [
        &["token", "inspect", "@planner.pem"][..],
        &["token", "log", "@planner.pem"],
        &["token", "verify", "@planner.pem"],
        &["token", "refresh", "@planner.pem", "--key", "@planner.pem"],
        &["verify", "@planner.pem"],
        &["agent", "attest", worker, "--statement", "@planner.pem"],
        &["revocation", "import", "@planner.pem"],
        &["policy", "set", "@planner.pem"],
        &["policy", "check", "@planner.pem"],
        &["import", "@planner.pem"],
        &["agent", "list", "--config", "@planner.pem"],
        &["agent", "list", "--scores", "@planner.pem"],
        &["lineage", "verify", "--all", "@planner.pem"],
        &["handshake", "answer", "@planner.pem", "--pending", "@p", "--as", worker, "--key", "@worker.pem"],
        &["token", "issue", "--from", planner, "--to", worker, "--key", "@passphrase"],
    ] {
        heard.both(args);
    }
    // The life of agents and tokens.
    let child = ["--name", "helper", "--key", "@helper.pem", "--capability", "read:data"];
    heard.both(&[&["agent", "delegate", planner, "--parent-key", "@planner.pem"], &child[..]].concat());
    heard.both(&["token", "issue", "--from", planner, "--to", worker, "--key", "@planner.pem"]);
    heard.both(&["token", "refresh", "@worker.chain", "--key", "@planner.pem"]);
    heard.both(&["token", "inspect", "@worker.chain"]);
    heard.both(&["token", "verify", "@worker.chain"]);
    let prove = ["token", "prove", "--agent", worker, "--key", "@worker.pem", "--chain", "@worker.chain"];
    heard.both(&[&prove[..], &asked].concat());
    heard.keep("worker.proof", &[&prove[..], &asked].concat());
    let verify = ["verify", "--chain", "@worker.chain", "--proof", "@worker.proof", "--action", "read:data"];
    heard.both(&[&verify[..], &asked, &["--save", "@request.json"]].concat());
    heard.both(&["token", "list"]);
    let hello =
        ["handshake", "hello", "--key", "@planner.pem", "--as", planner, "--to", worker, "--purpose", "p"];
    heard.both(&hello);
    heard.keep("hello.json", &hello);
    heard.both(&[
        "handshake",
        "answer",
        "@hello.json",
        "--pending",
        "@open.json",
        "--as",
        worker,
        "--key",
        "@worker.pem",
    ]);
    mesh.policy(&format!("[attestation]\nattesters = [\"{}\"]\n", mesh.public("attester.pem")))
        .expect_code(0);
    heard.both(&["agent", "attest", worker, "--attester-key", "@attester.pem", "--print"]);
    heard.both(&["agent", "attest", worker, "--attester-key", "@attester.pem"]);
    heard.both(&["agent", "rotate", worker, "--key", "@worker.pem", "--new-key", "@next.pem"]);
    let stolen =
        [&["agent", "rekey", planner, "--new-key", "@locked.pem", "--reason", "stolen"], &given[..]].concat();
    heard.both(&stolen);
    let locked = ["--sponsor", "a@example.org", "--key", "@locked.pem"];
    heard.both(&[&["agent", "create", "--name", "x"], &locked[..], &given].concat());
    heard.both(&["token", "revoke", "--issuer", planner, "--reason", "stolen"]);
    // Everything that tells of it afterwards.
    for format in ["all", "record", "did-document", "jwk"] {
        heard.both(&["agent", "show", planner, "--format", format]);
    }
    for args in [
        &["log", "list"][..],
        &["log", "verify"],
        &["export"],
        &["export", "--revocation-list"],
        &["agent", "list"],
    ] {
        heard.both(args);
    }
    let Heard { mut said, .. } = heard;
    assert!(said.len() > 50_000, "the commands answered");
    files(mesh.home.path("").as_path(), &mut said);
    let mut secrets = vec![("the passphrase", PASSPHRASE.as_bytes().to_vec())];
    for key in KEYS {
        let seed = seed(&mesh.home.path(key));
        let named = SecretKey::from_seed(seed.clone().try_into().unwrap()).public_key().bytes().to_base64();
        assert_eq!(named, mesh.public(key), "what is looked for is the key");
        let words = [
            hex::encode(&seed),
            hex::encode(&seed).to_uppercase(),
            base64::encode(&seed),
            base64::encode_url(&seed),
        ];
        let unpadded = base64::encode(&seed).trim_end_matches('=').to_owned();
        secrets.extend(words.into_iter().chain([unpadded]).map(|text| (key, text.into_bytes())));
        let pem = fs::read_to_string(mesh.home.path(key)).unwrap();
        secrets.push((key, pem.lines().nth(1).unwrap().as_bytes().to_vec()));
        secrets.push((key, seed));
    }
    for (name, secret) in secrets {
        assert!(!said.windows(secret.len()).any(|window| window == secret), "a secret of {name} was said");
    }
}
