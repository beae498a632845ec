//! Six agents below one another, and the chain of five tokens between them: what the benches of chains judge.

use std::borrow::Cow;

use meshwarden::delegation::{Act, Body, Chain, Grant, Issuer, Proof};
use meshwarden::encoding::sha256;
use meshwarden::identity::{Did, Identity, KeyBytes, Parent, SecretKey, Status};
use meshwarden::registry::Registry;
use meshwarden::time::{Span, Time};
use meshwarden::verify::{ProofUse, Request};

/// Tokens in the chain.
pub const HOPS: u8 = 5;

const CAPABILITIES: [&str; 4] = ["read:data", "read:reports", "write:orders", "tool:search"];

/// The time that counts as now.
pub fn now() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

/// The DID of an agent.
pub fn did(agent: u8) -> Did {
    key(agent).bound_did()
}

/// The secret key of an agent.
pub fn secret(agent: u8) -> SecretKey {
    SecretKey::from_seed([agent; 32])
}

/// The key of an agent, the root's first.
pub fn key(agent: u8) -> KeyBytes {
    secret(agent).public_key().bytes()
}

/// A root and five agents below one another, as records.
pub fn identities() -> impl Iterator<Item = Identity<'static>> {
    (0..=HOPS).map(|agent| identity(agent, agent.checked_sub(1)))
}

/// One agent.
pub fn identity(agent: u8, parent: Option<u8>) -> Identity<'static> {
    Identity {
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
        parent: parent.map(|parent| Parent::Did(did(parent))),
        delegation_depth: parent.map_or(0, |parent| u32::from(parent) + 1),
        max_initial_trust_score: None,
        trust_score: Some(800),
        extra: None,
    }
}

/// A root and five agents below one another.
pub fn registry() -> Registry {
    let mut intake = Registry::default().intake(false);
    for identity in identities() {
        intake.register(&identity, false, 0).unwrap();
    }
    intake.settle()
}

/// The tokens, root first.
pub fn chain() -> Vec<String> {
    chain_named(0)
}

/// The tokens, root first; another number makes other tokens of the same delegations.
pub fn chain_named(number: u64) -> Vec<String> {
    let mut chain: Option<Chain> = None;
    for agent in 0..HOPS {
        let (issuer, signing) = (did(agent), secret(agent));
        let mut id = [agent; 16];
        id[8..].copy_from_slice(&number.to_be_bytes());
        let grant = Grant {
            subject: did(agent + 1),
            key: key(agent + 1),
            scope: &CAPABILITIES,
            issued: now(),
            not_before: now(),
            expires: now().plus(Span::seconds(3600)),
            id,
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

/// A request by the last agent, with its proof.
pub fn request(chain: &[String]) -> Request<'_> {
    request_named(chain, 1)
}

/// The same, with a proof of its own for each number.
pub fn request_named(chain: &[String], number: u128) -> Request<'_> {
    let leaf = chain.last().map(|token| sha256(token.as_bytes()));
    let act = Act { audience: "verifier", method: "POST", uri: "https://mesh.example/orders", leaf };
    let (caller, signing) = (did(HOPS), secret(HOPS));
    let signer = Issuer { did: &caller, key: &signing };
    let id = number.to_be_bytes();
    let proof = Proof::make(&act, sha256(b""), signer, now(), Span::seconds(60), id).unwrap();
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
