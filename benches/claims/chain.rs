//! A five-hop chain against the signature checks that nobody can do without, in one run.

use std::borrow::Cow;
use std::hint::black_box;
use std::time::Duration;

use super::shared::{ISSUE_3, against, figure, heading, now, quantile, time};
use meshwarden::delegation::{Act, AuthenticChain, Body, Chain, Grant, Issuer, Memo, Proof, Token};
use meshwarden::encoding::sha256;
use meshwarden::identity::{Did, Identity, KeyBytes, Parent, PublicKey, SecretKey, Status};
use meshwarden::policy::Policy;
use meshwarden::registry::Registry;
use meshwarden::time::Span;
use meshwarden::verify::{Basis, ProofUse, Request, judge};

const HOPS: u8 = 5;
const CAPABILITIES: [&str; 4] = ["read:data", "read:reports", "write:orders", "tool:search"];

fn did(agent: u8) -> Did {
    key(agent).bound_did()
}

fn secret(agent: u8) -> SecretKey {
    SecretKey::from_seed([agent; 32])
}

fn key(agent: u8) -> KeyBytes {
    secret(agent).public_key().bytes()
}

/// A root and five agents below one another.
fn registry() -> Registry {
    let mut intake = Registry::default().intake(false);
    for agent in 0..=HOPS {
        let identity = Identity {
            did: did(agent),
            name: Cow::Owned(format!("agent {agent}")),
            description: None,
            public_key: key(agent),
            sponsor_email: Cow::Borrowed("ana@example.org"),
            sponsor_verified: true,
            organization: None,
            organization_id: None,
            capabilities: CAPABILITIES.map(Cow::Borrowed).into(),
            created_at: now(),
            updated_at: now(),
            expires_at: None,
            status: Status::Active,
            revocation_reason: None,
            parent: agent.checked_sub(1).map(|parent| Parent::Did(did(parent))),
            delegation_depth: u32::from(agent),
            max_initial_trust_score: None,
            trust_score: Some(800),
            extra: None,
        };
        intake.register(&identity, false, 0).unwrap();
    }
    intake.settle()
}

fn chain() -> Vec<String> {
    let mut chain: Option<Chain> = None;
    for agent in 0..HOPS {
        let (issuer, signing) = (did(agent), secret(agent));
        let grant = Grant {
            subject: did(agent + 1),
            key: key(agent + 1),
            scope: &CAPABILITIES,
            issued: now(),
            not_before: now(),
            expires: now().plus(Span::seconds(3600)),
            id: [agent; 16],
            max_depth: 10,
            ceiling: Some(900),
        };
        let issuer = Issuer { did: &issuer, key: &signing };
        chain = Some(match chain {
            None => Chain::issue(issuer, &grant).unwrap(),
            Some(chain) => chain.attenuate(issuer, &grant).unwrap(),
        });
    }
    chain.unwrap().tokens().iter().map(|token| token.as_str().to_owned()).collect()
}

fn request(chain: &[String]) -> Request<'_> {
    let leaf = chain.last().map(|token| sha256(token.as_bytes()));
    let act = Act { audience: "verifier", method: "POST", uri: "https://mesh.example/orders", leaf };
    let (caller, signing) = (did(HOPS), secret(HOPS));
    let signer = Issuer { did: &caller, key: &signing };
    let proof = Proof::make(&act, sha256(b""), signer, now(), Span::seconds(60), [1; 16]).unwrap();
    Request {
        chain: chain.iter().map(|token| Cow::Borrowed(token.as_str())).collect(),
        proof: Cow::Owned(proof.as_str().to_owned()),
        proof_use: ProofUse::Fresh,
        audience: Cow::Borrowed("verifier"),
        method: Cow::Borrowed("POST"),
        uri: Cow::Borrowed("https://mesh.example/orders"),
        body: Body::Digest(sha256(b"")),
        action: Cow::Borrowed("read:data"),
        resource: Cow::Borrowed("orders/7"),
    }
}

/// Medians of several works, taken in turns so that a slow moment of the machine hits all of them.
fn medians<const N: usize>(works: [&dyn Fn(); N]) -> [f64; N] {
    const ROUNDS: usize = 301;
    const TIMES: u32 = 8;
    let mut rounds: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        for (work, rounds) in works.iter().zip(&mut rounds) {
            rounds.push(time(|| (0..TIMES).for_each(|_| work())).1 / TIMES);
        }
    }
    rounds.map(|mut rounds| {
        rounds.sort_unstable();
        quantile(&rounds, 0.5).as_secs_f64() * 1e6
    })
}

pub fn run() {
    heading("chain: five hops, keys cached, no Cedar rules");
    let (registry, policy, texts) = (registry(), Policy::default(), chain());
    let request = request(&texts);
    let basis = Basis {
        registry: &registry,
        policy: &policy,
        policy_digest: policy.digest(),
        index: 1,
        as_of: now(),
    };
    let tokens: Vec<Token> = texts.iter().map(|text| Token::parse(text).unwrap()).collect();
    let keys: Vec<PublicKey> = (0..=HOPS).map(|agent| key(agent).check().unwrap()).collect();
    let proof = Proof::parse(&request.proof).unwrap();
    // Keys are remembered and signatures are not; then both.
    let (cold, warm) = (Memo::new(64, 0), Memo::new(64, 64));
    let hops = || tokens.iter().zip(&keys).for_each(|(token, key)| assert!(black_box(token.verify(key))));
    let possession = || proof.signed_by(keys.last().unwrap()).unwrap();
    let key_of = |hop: u32, _: &Token| Ok(key_bytes(&keys, hop));
    let read = || {
        let chain = Chain::parse(black_box(&texts)).unwrap();
        AuthenticChain::verify(chain, key_of, &cold, now()).unwrap();
    };
    let whole = |memo: &Memo| assert!(judge(black_box(&request), &basis, memo, now()).0.allows());
    let [five, one, chain, verdict, again] =
        medians([&hops, &possession, &read, &|| whole(&cold), &|| whole(&warm)]);
    figure("five strict checks alone, keys cached", five, "us");
    figure("one strict check of a proof", one, "us");
    figure("chain read, linked and signed", chain, "us");
    figure("whole verdict with its proof, first time", verdict, "us");
    figure("whole verdict with its proof, hops seen before", again, "us");
    against("chain / five strict checks", chain / five, 1.15, "x", ISSUE_3);
    against("whole verdict / its six strict checks", verdict / (five + one), 1.15, "x", ISSUE_3);
    against("hops seen before: whole verdict / its one check", again / one, 1.5, "x", ISSUE_3);
}

fn key_bytes(keys: &[PublicKey], hop: u32) -> KeyBytes {
    keys.get(hop as usize).unwrap().bytes()
}
