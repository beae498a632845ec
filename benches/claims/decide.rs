//! What it costs to keep a decision before it is given, beside the plain fsync of a file on the same disk.

use std::borrow::Cow;
use std::fs::File;
use std::io::Write as _;

use super::shared::{figure, heading, now, time};
use meshwarden::audit::{Asked, LogName};
use meshwarden::delegation::{Act, Body, Issuer, Proof};
use meshwarden::encoding::sha256;
use meshwarden::identity::SecretKey;
use meshwarden::store::{Meta, Sqlite};
use meshwarden::time::{Span, Time};
use meshwarden::verify::{ProofUse, Request};
use meshwarden::warden::{Clock, ImportOptions, Kind, Source, SystemEntropy, Warden};

const CALLS: usize = 4096;
const TOGETHER: usize = 64;

/// Proofs count for a minute, so the clock stands.
struct Standing;

impl Clock for Standing {
    fn now(&self) -> Time {
        now()
    }
}

pub fn run() {
    heading("decide: a caller with a proof of its own each time, kept on the disk before the answer");
    let place = tempfile::tempdir().unwrap();
    let mut file = File::create(place.path().join("plain")).unwrap();
    let plain = rate(200, || {
        for _ in 0..200 {
            file.write_all(&[7; 4096]).unwrap();
            file.sync_all().unwrap();
        }
    });
    figure("fsync of 4 KiB, a second", plain, "");
    let key = SecretKey::from_seed([1; 32]);
    let mut warden = warden(place.path(), &key);
    let asked: Vec<Asked<'static>> = (0..CALLS).map(|number| ask(&key, number as u128)).collect();
    let (single, many) = asked.split_at(CALLS / 4);
    let one = rate(single.len(), || {
        for asked in single {
            let decided = warden.decide(std::slice::from_ref(asked)).unwrap();
            assert!(decided.first().is_some_and(|decided| decided.verdict.allows()));
        }
    });
    figure("decisions one by one, a second", one, "");
    figure("  to the plain fsync", one / plain, "times");
    let together = rate(many.len(), || {
        for asked in many.chunks(TOGETHER) {
            assert!(warden.decide(asked).unwrap().iter().all(|answer| answer.verdict.allows()));
        }
    });
    figure(&format!("decisions {TOGETHER} at a time, a second"), together, "");
    figure("  to the plain fsync", together / plain, "times");
}

fn rate(count: usize, work: impl FnOnce()) -> f64 {
    count as f64 / time(work).1.as_secs_f64()
}

fn warden(place: &std::path::Path, key: &SecretKey) -> Warden {
    let meta = Meta { log: LogName::from_bits(1), created: now(), origin: None };
    let store = Box::new(Sqlite::create(&place.join("mesh"), &meta).unwrap());
    let kind = Kind::Directory(place.join("mesh"));
    let mut warden = Warden::over(store, kind, Box::new(Standing), Box::new(SystemEntropy)).unwrap();
    let key = key.public_key().bytes();
    let record = format!(
        r#"{{"did":"{}","name":"caller","public_key":"{}","verification_key_id":"{}","sponsor_email":"a@example.com","capabilities":["read:data"],"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}}"#,
        key.bound_did(),
        key.to_base64(),
        key.key_id(),
    );
    let source = Source { reader: record.as_bytes(), name: "bench".into(), origin: None };
    warden.import(source, &ImportOptions::default(), "bench", |_| Ok(())).unwrap();
    warden
}

fn ask(key: &SecretKey, number: u128) -> Asked<'static> {
    let did = key.public_key().bytes().bound_did();
    let act = Act { audience: "mesh", method: "GET", uri: "https://a.example/x", leaf: None };
    let signer = Issuer { did: &did, key };
    let id = number.to_be_bytes();
    let proof = Proof::make(&act, sha256(b""), signer, now(), Span::seconds(60), id).unwrap();
    Asked::plain(Request {
        chain: Vec::new(),
        proof: Cow::Owned(proof.as_str().to_owned()),
        proof_use: ProofUse::Fresh,
        audience: Cow::Borrowed("mesh"),
        method: Cow::Borrowed("GET"),
        uri: Cow::Borrowed("https://a.example/x"),
        body: Body::Digest(sha256(b"")),
        action: Cow::Borrowed("read:data"),
        resource: Cow::Borrowed("ledger"),
    })
}
