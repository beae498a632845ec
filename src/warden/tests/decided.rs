//! What is decided is kept before it is given, bounded, found again, and stops nothing else.

mod found;
mod many;

use std::borrow::Cow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::facts::{self, key};
use super::*;
use crate::audit::{Asked, Decision, DecisionEvidence, Evidence, Search, Told};
use crate::delegation::{Act, Body, Chain, Child, Grant, Issuer, Proof, delegate};
use crate::encoding::sha256;
use crate::identity::Identity;
use crate::store::{DECISIONS, Keeping};
use crate::verify::{ProofUse, Request as Judged, Verdict, verify};
use crate::warden::Answer;

const URI: &str = "https://a.example/x";

fn did(number: u8) -> Did {
    key(number).public_key().bytes().bound_did()
}

fn root(number: u8) -> Identity<'static> {
    let capabilities = vec![Cow::Borrowed("read:data"), Cow::Borrowed("pay:invoice")];
    Identity { capabilities, ..facts::root(number) }
}

/// A data directory with the roots 1, 2 and 3, and 4 below 1.
struct Mesh {
    house: House,
    directory: tempfile::TempDir,
    chain: Chain,
    proofs: u8,
}

impl Mesh {
    fn new() -> Self {
        let (roots, request) = (
            [root(1), root(2), root(3)],
            crate::delegation::Request {
                name: "child",
                capabilities: &["read:data"],
                description: None,
                max_initial_trust_score: None,
            },
        );
        let public_key = key(4).public_key().bytes();
        let child = Child { did: did(4), public_key };
        let child = delegate(&roots[0], &request, child, start()).unwrap();
        let grant = Grant {
            subject: did(4),
            key: public_key,
            scope: &["read:data"],
            issued: start(),
            not_before: start(),
            expires: start().plus(Span::seconds(3600)),
            id: [7; 16],
            max_depth: 10,
            ceiling: None,
        };
        let chain = Chain::issue(Issuer { did: &did(1), key: &key(1) }, &grant).unwrap();
        let directory = tempfile::TempDir::new().unwrap();
        let time = Standing(std::sync::Arc::new(Mutex::new(start())));
        let mut house = House { warden: open(directory.path(), &time), time };
        let mut records = String::new();
        for identity in roots.iter().chain([&child]) {
            identity.write_json(&mut records);
            records.push('\n');
        }
        import(&mut house.warden, &records, &ImportOptions::default()).unwrap();
        Self { house, directory, chain, proofs: 0 }
    }

    /// A request with a proof of its own, by a root or by 4 with its chain.
    fn ask(&mut self, by: u8, action: &str, resource: &str) -> Asked<'static> {
        self.proofs = self.proofs.wrapping_add(1);
        self.ask_with([self.proofs; 16], by, action, resource)
    }

    fn ask_with(&self, id: [u8; 16], by: u8, action: &str, resource: &str) -> Asked<'static> {
        let chain = if by == 4 { vec![self.chain.to_header()] } else { Vec::new() };
        let leaf = chain.last().map(|token| sha256(token.as_bytes()));
        let act = Act { audience: "mesh", method: "GET", uri: URI, leaf };
        let (did, key) = (did(by), key(by));
        let signer = Issuer { did: &did, key: &key };
        let now = self.house.warden.now();
        let proof = Proof::make(&act, sha256(b""), signer, now, Span::seconds(30), id).unwrap();
        Asked::plain(Judged {
            chain: chain.into_iter().map(Cow::Owned).collect(),
            proof: Cow::Owned(proof.as_str().to_owned()),
            proof_use: ProofUse::Fresh,
            audience: Cow::Borrowed("mesh"),
            method: Cow::Borrowed("GET"),
            uri: Cow::Borrowed(URI),
            body: Body::Digest(sha256(b"")),
            action: Cow::Owned(action.to_owned()),
            resource: Cow::Owned(resource.to_owned()),
        })
    }

    fn decide(&mut self, asked: &Asked<'_>) -> Answer {
        self.house.warden.decide(std::slice::from_ref(asked)).unwrap().remove(0)
    }

    /// Asks and answers, an allow unless something is wrong.
    fn call(&mut self, by: u8, action: &str, resource: &str) -> Answer {
        let asked = self.ask(by, action, resource);
        self.decide(&asked)
    }

    fn found(&mut self, words: &str) -> Vec<u64> {
        let search = Search::parse(words, self.house.warden.now()).unwrap();
        self.house.warden.verdicts(&search, 100).unwrap().iter().map(|decision| decision.index).collect()
    }

    fn all(&mut self) -> Vec<Decision> {
        self.house.warden.decisions_from(0, usize::MAX).unwrap()
    }

    fn fault(&mut self) -> Option<String> {
        let report = self.house.warden.verify_decisions(None).unwrap().unwrap();
        report.fault.map(|fault| fault.to_string())
    }

    fn file(&self) -> std::path::PathBuf {
        self.directory.path().join(DECISIONS)
    }
}

static OPENED: AtomicU64 = AtomicU64::new(0);

fn open(directory: &Path, time: &Standing) -> Warden {
    let meta = Meta { log: crate::audit::LogName::from_bits(1), created: start(), origin: None };
    let store = crate::store::Sqlite::open_or_create(directory, &meta).unwrap();
    let kind = Kind::Directory(directory.to_owned());
    // Another process draws other bits.
    let bits = Counting(u128::from(OPENED.fetch_add(1, Ordering::Relaxed)) << 64);
    Warden::over(Box::new(store), kind, Box::new(time.clone()), Box::new(bits)).unwrap()
}

fn code(verdict: &Verdict) -> &str {
    verdict.failure.as_ref().map_or("allow", |failure| &failure.code)
}

#[test]
fn an_allow_is_kept_and_its_request_is_judged_again_to_the_same_bytes() {
    let mut mesh = Mesh::new();
    let answer = mesh.call(4, "read:data", "ledger");
    assert_eq!((code(&answer.verdict), answer.index), ("allow", Some(0)));
    let denied = mesh.call(4, "pay:invoice", "ledger");
    assert_eq!((code(&denied.verdict), denied.index), ("action_not_granted", Some(1)));
    for (decision, answer) in mesh.all().iter().zip([answer, denied]) {
        let Told::Ruling(ruling) = &decision.told else { panic!("a caller who is known") };
        assert_eq!(ruling.verdict, answer.verdict);
        let request = Judged::from_json(ruling.request.as_ref().unwrap()).unwrap();
        let then = mesh.house.warden.as_of(ruling.verdict.index).unwrap();
        let basis = crate::verify::Basis {
            registry: &then.registry,
            policy: &then.policy,
            policy_digest: then.policy.digest(),
            index: ruling.verdict.index,
            as_of: ruling.verdict.as_of,
        };
        let again = verify(&request, &basis, ruling.verdict.now);
        assert_eq!(again.to_json(), answer.verdict.to_json());
    }
    assert_eq!(mesh.fault(), None);
}

#[test]
fn a_proof_is_used_once_whichever_process_it_is_sent_to_and_after_a_restart() {
    let mut mesh = Mesh::new();
    let asked = mesh.ask(1, "read:data", "");
    let twice = mesh.house.warden.decide(&[asked.clone(), asked.clone()]).unwrap();
    assert_eq!([code(&twice[0].verdict), code(&twice[1].verdict)], ["allow", "proof_spent"]);
    let mut other = open(mesh.directory.path(), &mesh.house.time);
    assert_eq!(code(&other.decide(std::slice::from_ref(&asked)).unwrap()[0].verdict), "proof_spent");
    mesh.house.warden = other;
    // Whatever else a request says that the proof does not sign, it is the same proof.
    let mut padded = asked;
    padded.request.resource = Cow::Owned("x".repeat(20_000));
    assert_eq!(code(&mesh.decide(&padded).verdict), "proof_spent");
    assert_eq!(mesh.found("result:allow"), [0]);
}

#[test]
fn no_decision_names_a_sponsor() {
    let mut mesh = Mesh::new();
    let on = crate::change::LockOn::Sponsor("a@example.com".into());
    mesh.house.warden.lock(on, crate::warden::Word::of("tester", "because")).unwrap();
    assert_eq!(code(&mesh.call(1, "read:data", "").verdict), "agent_locked");
    let lines: Vec<String> = mesh.all().iter().map(|decision| format!("{decision:?}")).collect();
    assert!(lines[0].contains("its sponsor") && !lines[0].contains("a@example.com"), "{lines:?}");
}

#[test]
fn of_several_processes_that_get_the_same_proof_at_once_one_allows() {
    let mut mesh = Mesh::new();
    let asked = mesh.ask(1, "read:data", "");
    let (directory, time) = (mesh.directory.path(), &mesh.house.time);
    let allowed = std::thread::scope(|scope| {
        let decide = || {
            let answers = open(directory, time).decide(std::slice::from_ref(&asked)).unwrap();
            answers.iter().filter(|answer| answer.verdict.allows()).count()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(decide)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    assert_eq!(allowed, 1);
    assert_eq!(mesh.all().len(), 1);
    assert_eq!(mesh.fault(), None);
}

#[test]
fn strangers_and_whoever_overhears_a_request_are_counted_and_fill_nothing() {
    let mut mesh = Mesh::new();
    let heard = mesh.ask(1, "read:data", "");
    mesh.decide(&heard);
    let refused = mesh.ask(2, "write:data", "");
    mesh.decide(&refused);
    let mut forged = mesh.ask(1, "read:data", "");
    forged.peer = Some("10.0.0.1".into());
    forged.request.proof = Cow::Borrowed("no proof");
    for _ in 0..50 {
        for asked in [&heard, &refused, &forged] {
            let answer = mesh.decide(asked);
            assert_eq!((answer.verdict.allows(), answer.index), (false, None));
        }
    }
    assert_eq!(mesh.all().len(), 2, "the first use of each proof");
    mesh.house.later(Span::seconds(60));
    mesh.call(1, "read:data", "");
    let Some(Told::Refusals(minute)) = mesh.all().into_iter().nth(2).map(|decision| decision.told) else {
        panic!("the minute is over, and in the log")
    };
    let counts: Vec<(&str, u64)> =
        minute.counts.iter().map(|(code, count)| (code.as_str(), *count)).collect();
    assert_eq!(counts, [("action_not_granted", 50), ("proof_spent", 50), ("token_malformed", 50)]);
    assert!(minute.samples.iter().any(|sample| sample.peer.as_deref() == Some("10.0.0.1")));
    assert!(
        minute.samples.iter().any(|sample| sample.found.contains(&did(1).to_string())),
        "whose proof it was"
    );
    assert_eq!(mesh.found("result:unknown"), [2]);
    assert_eq!(mesh.found("result:proof_spent"), [2]);
    assert_eq!(mesh.fault(), None);
}

#[test]
fn a_decision_log_that_is_damaged_allows_nothing_and_stops_no_denial_and_no_change() {
    let mut mesh = Mesh::new();
    mesh.call(1, "read:data", "");
    let time = mesh.house.time.clone();
    for siblings in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(mesh.directory.path().join(format!("{DECISIONS}{siblings}")));
    }
    std::fs::write(mesh.file(), vec![b'x'; 9000]).unwrap();
    mesh.house.warden = open(mesh.directory.path(), &time);
    let answer = mesh.call(1, "read:data", "");
    assert_eq!(code(&answer.verdict), "decision_not_kept");
    assert_eq!(answer.verdict.checks.last().map(|check| check.passed), Some(false));
    assert_eq!(answer.unkept.unwrap().code(), "store_not_a_database");
    assert_eq!(code(&mesh.call(1, "write:data", "").verdict), "action_not_granted");
    let id = did(2).unique_id().to_owned();
    mesh.house.order(SUSPEND, &id, Scope::One, "goes on").unwrap();
    assert_eq!(mesh.house.warden.verify_log().unwrap().fault, None);
    assert_eq!(mesh.house.warden.verify_decisions(None).unwrap_err().code(), "store_not_a_database");
    std::fs::remove_file(mesh.file()).unwrap();
    assert_eq!(code(&mesh.call(1, "read:data", "").verdict), "allow", "repaired without a restart");
}

#[test]
fn beyond_the_quota_the_oldest_go_and_their_signed_heads_and_used_proofs_stay() {
    let mut mesh = Mesh::new();
    mesh.house.warden.keep_decisions(Keeping { segment_bytes: 4000, quota: 300_000, ..Keeping::default() });
    let first = mesh.ask_with([255; 16], 1, "read:data", "");
    assert!(mesh.decide(&first).verdict.allows());
    for number in 0..200_u32 {
        let asked = mesh.ask_with(u128::from(number).to_be_bytes(), 1, "read:data", "");
        assert!(mesh.decide(&asked).verdict.allows(), "{number}");
    }
    let report = mesh.house.warden.verify_decisions(None).unwrap().unwrap();
    assert_eq!((report.fault, report.entries), (None, 201));
    assert!(report.first > 50 && report.first < 200, "{}", report.first);
    assert!(report.segments > 50, "{}", report.segments);
    let kept = mesh.all();
    assert_eq!((kept[0].index, kept.last().unwrap().index), (report.first, 200));
    assert_eq!(code(&mesh.decide(&first).verdict), "proof_spent", "its entry was dropped");
    for (index, other) in [(report.first, 200), (u64::midpoint(report.first, 200), 200), (200, report.first)]
    {
        let text = mesh.house.warden.prove_decision(index).unwrap().to_json();
        let evidence = DecisionEvidence::from_json(&text).unwrap();
        assert_eq!(evidence.check(None).unwrap().decision().index, index);
        assert!(Evidence::from_json(&text).is_err(), "it proves no change");
        let mut forged = evidence.clone();
        forged.0.entry = mesh.house.warden.prove_decision(other).unwrap().0.entry;
        assert!(forged.check(None).is_err());
    }
    assert_eq!(mesh.house.warden.prove_decision(report.first - 1).unwrap_err().code(), "log_too_short");
    mesh.house.warden.keep_decisions(Keeping { quota: 1, ..Keeping::default() });
    let answer = mesh.call(2, "read:data", "");
    assert_eq!(code(&answer.verdict), "decision_not_kept");
    assert_eq!(answer.unkept.unwrap().code(), "store_over_quota");
}

#[test]
fn a_segment_ends_by_age_and_goes_on_when_nobody_can_sign_its_end() {
    let mut mesh = Mesh::new();
    mesh.call(1, "read:data", "");
    mesh.house.later(Span::seconds(86_400));
    let key = mesh.directory.path().join(super::super::LOG_KEY);
    let seed = std::fs::read(&key).ok();
    std::fs::write(&key, "no key").unwrap();
    assert!(mesh.call(1, "read:data", "").verdict.allows());
    match seed {
        Some(seed) => std::fs::write(&key, seed).unwrap(),
        None => std::fs::remove_file(&key).unwrap(),
    }
    let segments = |mesh: &mut Mesh| mesh.house.warden.verify_decisions(None).unwrap().unwrap().segments;
    assert_eq!(segments(&mut mesh), 0);
    mesh.call(1, "read:data", "");
    assert_eq!(segments(&mut mesh), 1);
}

#[test]
fn no_verdict_is_earlier_than_the_last_one_that_is_kept() {
    let mut mesh = Mesh::new();
    mesh.house.later(Span::seconds(600));
    let last = mesh.call(1, "read:data", "").verdict.now;
    mesh.house.later(Span::seconds(-600));
    mesh.house.warden = open(mesh.directory.path(), &mesh.house.time.clone());
    let asked = mesh.ask(2, "write:data", "");
    let answer = mesh.decide(&asked);
    assert_eq!(answer.verdict.now, last, "the clock went back");
    assert_eq!(mesh.all().last().unwrap().time, last);
}

#[test]
fn a_decision_log_that_is_gone_or_put_back_departs_from_the_head_that_was_remembered() {
    let mut mesh = Mesh::new();
    mesh.call(1, "read:data", "");
    assert_eq!(mesh.house.warden.verify_decisions(None).unwrap().unwrap().fault, None);
    mesh.call(2, "read:data", "");
    let (head, _) = mesh.house.warden.decisions_head().unwrap().unwrap();
    mesh.call(3, "read:data", "");
    let sound = mesh.house.warden.verify_decisions(Some(&head)).unwrap().unwrap();
    assert_eq!(sound.fault, None, "it only grew");
    let time = mesh.house.time.clone();
    let directory = mesh.directory.path().to_owned();
    mesh.house.warden = open(&directory, &time);
    for sibling in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(directory.join(format!("{DECISIONS}{sibling}")));
    }
    let code = |mesh: &mut Mesh| {
        let report = mesh.house.warden.verify_decisions(Some(&head)).unwrap().unwrap();
        report.fault.map(|fault| fault.rule.code())
    };
    assert_eq!(code(&mut mesh), Some("log_rewritten"), "gone");
    for by in [3, 2, 1] {
        mesh.call(by, "read:data", "");
    }
    assert_eq!(code(&mut mesh), Some("log_rewritten"), "another one in its place");
}
