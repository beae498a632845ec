//! Requests that are allowed, and every ground on which one is denied.
#![allow(clippy::arithmetic_side_effects, reason = "small numbers of invented agents and seconds")]

mod callers;
mod containment;
mod demands;
mod verdicts;

use std::borrow::Cow;

use super::*;
use crate::delegation::{Act, Body, Chain, Grant, Issuer, Proof};
use crate::encoding::{Digest32, sha256};
use crate::identity::{Did, Identity, KeyBytes, Parent, SecretKey, Status};
use crate::policy::Policy;
use crate::registry::{LoggedToken, Registry, Replacement, Row};
use crate::time::Span;

const URI: &str = "https://mesh.example/orders?id=7";
const SCOPE: [&str; 2] = ["read:data", "write:*"];
const POLICY_DIGEST: Digest32 = [7; 32];

pub(super) fn secret(agent: u8) -> SecretKey {
    SecretKey::from_seed([agent; 32])
}

pub(super) fn key(agent: u8) -> KeyBytes {
    secret(agent).public_key().bytes()
}

pub(super) fn did(agent: u8) -> Did {
    Did::from_bits(u128::from(agent))
}

pub(super) fn at(seconds: i64) -> Time {
    Time::from_micros(1_772_366_400_000_000).unwrap().plus(Span::seconds(seconds))
}

fn record(agent: u8, parent: Option<u8>, depth: u32) -> Identity<'static> {
    Identity {
        did: did(agent),
        name: Cow::Owned(format!("agent {agent}")),
        description: None,
        public_key: key(agent),
        sponsor_email: Cow::Borrowed("ana@example.org"),
        sponsor_verified: true,
        organization: Some(Cow::Borrowed("example")),
        organization_id: None,
        capabilities: SCOPE.map(Cow::Borrowed).into(),
        created_at: at(-1000),
        updated_at: at(-1000),
        expires_at: None,
        status: Status::Active,
        revocation_reason: None,
        parent: parent.map(|parent| Parent::Did(did(parent))),
        delegation_depth: depth,
        max_initial_trust_score: None,
        trust_score: Some(800),
        extra: None,
    }
}

/// A mesh in which 0 is a root and each agent of 1 to 5 is the child of the one before.
pub(super) struct Mesh {
    pub registry: Registry,
    pub policy: Policy,
    pub as_of: Time,
    pub chain: Vec<String>,
}

impl Mesh {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(mut change: impl FnMut(&mut Identity<'_>)) -> Self {
        let mut intake = Registry::default().intake(false);
        for agent in 0..=5u8 {
            let mut identity = record(agent, agent.checked_sub(1), u32::from(agent));
            change(&mut identity);
            intake.register(&identity, false, 0).unwrap();
        }
        let registry = intake.settle();
        Self { registry, policy: Policy::default(), as_of: at(0), chain: chain(3) }
    }

    pub(super) fn row(&self, agent: u8) -> Row {
        self.registry.find(&did(agent)).unwrap()
    }

    pub(super) fn basis(&self) -> Basis<'_> {
        Basis {
            registry: &self.registry,
            policy: &self.policy,
            policy_digest: POLICY_DIGEST,
            index: 42,
            as_of: self.as_of,
        }
    }

    /// A request by the last agent of the chain, with a proof made at `now`.
    pub(super) fn request(&self, now: Time) -> Request<'static> {
        let agent = u8::try_from(self.chain.len()).unwrap();
        request(&self.chain, agent, &secret(agent), now)
    }

    pub(super) fn verdict(&self, now: Time) -> Verdict {
        verify(&self.request(now), &self.basis(), now)
    }

    pub(super) fn code(&self) -> String {
        code(&self.verdict(at(10)))
    }

    pub(super) fn log(&mut self, hop: usize, index: u64) {
        let token = crate::delegation::Token::parse(&self.chain[hop]).unwrap();
        let claims = token.claims();
        let logged = LoggedToken {
            index,
            id: claims.id.clone(),
            issuer: claims.issuer.clone(),
            subject: claims.subject.clone(),
            expires: claims.expires,
            compact: self.chain[hop].clone(),
        };
        self.registry.facts_mut().tokens.log(token.digest(), logged, at(0));
    }

    /// Gives an agent the key of another number.
    pub(super) fn replace_key(&mut self, agent: u8, by: u8, until: Time, cut: Option<u64>) {
        let row = self.row(agent);
        let replacement = Replacement { key: key(by), index: 20, time: at(0), until, cut, history: 5 };
        self.registry.replace_key(row, &replacement);
    }

    pub(super) fn stand(&mut self, agent: u8, change: impl FnOnce(&mut crate::registry::Standing)) {
        let row = self.row(agent);
        let mut standing = self.registry.standing(row);
        change(&mut standing);
        self.registry.set_standing(row, &standing);
    }
}

pub(super) fn grant(agent: u8) -> Grant<'static> {
    Grant {
        subject: did(agent),
        key: key(agent),
        scope: &["read:data", "write:orders"],
        issued: at(0),
        not_before: at(0),
        expires: at(3600),
        id: [agent; 16],
        max_depth: 10,
        ceiling: None,
    }
}

/// Tokens from 0 down to `to`.
pub(super) fn chain(to: u8) -> Vec<String> {
    chain_of(to, |_, grant| grant)
}

pub(super) fn chain_of(to: u8, change: impl Fn(u8, Grant<'static>) -> Grant<'static>) -> Vec<String> {
    let mut chain: Option<Chain> = None;
    for agent in 0..to {
        let (did, key) = (did(agent), secret(agent));
        let issuer = Issuer { did: &did, key: &key };
        let grant = change(agent + 1, grant(agent + 1));
        chain = Some(match chain {
            None => Chain::issue(issuer, &grant).unwrap(),
            Some(chain) => chain.attenuate(issuer, &grant).unwrap(),
        });
    }
    chain.unwrap().tokens().iter().map(|token| token.as_str().to_owned()).collect()
}

pub(super) fn request(chain: &[String], agent: u8, key: &SecretKey, now: Time) -> Request<'static> {
    let leaf = chain.last().map(|token| sha256(token.as_bytes()));
    let act = Act { audience: "verifier-1", method: "POST", uri: URI, leaf };
    let did = did(agent);
    let signer = Issuer { did: &did, key };
    let proof = Proof::make(&act, sha256(b"body"), signer, now, Span::seconds(30), [9; 16]).unwrap();
    Request {
        chain: chain.iter().cloned().map(Cow::Owned).collect(),
        proof: Cow::Owned(proof.as_str().to_owned()),
        proof_use: ProofUse::Fresh,
        audience: Cow::Borrowed("verifier-1"),
        method: Cow::Borrowed("POST"),
        uri: Cow::Borrowed(URI),
        body: Body::Digest(sha256(b"body")),
        action: Cow::Borrowed("read:data"),
        resource: Cow::Borrowed("orders/7"),
    }
}

pub(super) fn code(verdict: &Verdict) -> String {
    verdict.failure.as_ref().map_or("allow", |failure| &failure.code).to_owned()
}

pub(super) fn hop(verdict: &Verdict) -> Option<u32> {
    verdict.failure.as_ref().and_then(|failure| failure.hop)
}
