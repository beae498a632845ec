//! Who asks: the chain is signed as it says, and the proof is by the key that its leaf names.

use super::ground::Ground;
use super::request::{ProofUse, Request};
use super::trail::Trail;
use crate::delegation::{Act, AuthenticChain, Chain, Denial, Memo, Proof, ProofRule, Rule, Signer, Token};
use crate::identity::{Did, KeyBytes};
use crate::registry::{HeldKey, KeyStanding, Registry, Row};
use crate::time::Time;

/// An authenticated caller.
pub(super) struct Caller {
    pub did: Did,
    pub chain: Option<AuthenticChain>,
    /// The agents from the root to the caller: one more than there are tokens.
    pub rows: Vec<Row>,
}

impl Caller {
    pub(super) fn tokens(&self) -> &[Token] {
        self.chain.as_ref().map_or(&[], |chain| chain.chain().tokens())
    }
}

pub(super) fn caller(
    request: &Request<'_>,
    registry: &Registry,
    memo: &Memo,
    now: Time,
    trail: &mut Trail,
) -> Result<(Caller, Proof), Denial> {
    let read = if request.chain.is_empty() {
        None
    } else {
        Some(trail.step("chain_form", None, Chain::recall(&request.chain, memo))?)
    };
    let proof = trail.step("proof_form", None, Proof::parse(&request.proof))?;
    let (chain, rows) = match read {
        None => (None, vec![trail.step("root", None, lone_root(registry, &proof))?]),
        Some(read) => {
            let (chain, rows) = authentic(read, registry, memo, now, trail)?;
            (Some(chain), rows)
        }
    };
    let leaf = chain.as_ref().and_then(|chain| chain.chain().leaf());
    let act = Act {
        audience: &request.audience,
        method: &request.method,
        uri: &request.uri,
        leaf: leaf.map(Token::digest),
    };
    trail.step("proof_request", None, proof.covers(&act, request.body, now))?;
    let key = rows.last().map(|row| possessed_key(registry, *row, leaf, &proof, now));
    let key = key.unwrap_or_else(|| Err(Rule::ChainEmpty.denies("a caller", "none")));
    let key = trail.step("proof_key", None, key)?;
    trail.step("proof_signature", None, signature(memo, &proof, &key))?;
    trail.caller = Some(proof.signer().did.clone());
    trail.token = act.leaf;
    trail.step("proof_unused", None, unused(request.proof_use))?;
    Ok((Caller { did: proof.signer().did.clone(), chain, rows }, proof))
}

/// The chain, signed by the registered keys of its issuers, and the agents from the root to its leaf.
pub(super) fn authentic(
    read: Chain,
    registry: &Registry,
    memo: &Memo,
    now: Time,
    trail: &mut Trail,
) -> Result<(AuthenticChain, Vec<Row>), Denial> {
    let mut rows = Vec::with_capacity(read.tokens().len().saturating_add(1));
    let key_of = |_, token: &Token| {
        let (row, key) = signing_key(registry, token, now)?;
        rows.push(row);
        Ok(key)
    };
    let chain = trail.step("chain", None, AuthenticChain::verify(read, key_of, memo, now))?;
    if let Some(leaf) = chain.chain().leaf() {
        rows.push(trail.step("leaf", None, registered(registry, &leaf.claims().subject))?);
    }
    Ok((chain, rows))
}

fn registered(registry: &Registry, did: &Did) -> Result<Row, Denial> {
    registry.find(did).ok_or_else(|| Ground::Unregistered.denies("a registered agent", did))
}

/// The key of a signer, and how far it counts.
fn held(registry: &Registry, row: Row, signer: &Signer, now: Time) -> Result<HeldKey, Denial> {
    let held = registry.key(row, &signer.key, now);
    held.ok_or_else(|| Ground::KeyUnknown.denies(format_args!("a key of {}", signer.did), signer.key))
}

/// The agent and the key that has to have signed a token, if the key still counts for this very token.
///
/// # Errors
/// [`Denial`]: nobody of that DID, not a key of it, or one that counts no more.
pub fn signing_key(registry: &Registry, token: &Token, now: Time) -> Result<(Row, KeyBytes), Denial> {
    let signer = token.signer();
    let row = registered(registry, &signer.did)?;
    let held = held(registry, row, signer, now)?;
    match held.standing {
        KeyStanding::Current | KeyStanding::Overlap { .. } => Ok((row, held.bytes)),
        KeyStanding::Lapsed { since } => Err(lapsed(since, now)),
        KeyStanding::Compromised { cut } => {
            let logged = registry.facts().tokens.logged(&token.digest());
            if logged.is_some_and(|index| index < cut) {
                Ok((row, held.bytes))
            } else {
                Err(compromised(cut, logged))
            }
        }
    }
}

fn lapsed(since: Time, now: Time) -> Denial {
    Ground::KeyLapsed.denies(format_args!("a signature used before {since}"), now)
}

fn compromised(cut: u64, logged: Option<u64>) -> Denial {
    let expected = format_args!("a token that was logged before entry {cut}");
    match logged {
        Some(index) => Ground::KeyCompromised.denies(expected, format_args!("logged by entry {index}")),
        None => Ground::KeyCompromised.denies(expected, "not in the log"),
    }
}

/// The key of the caller, if the leaf token names it and it counts now.
fn possessed_key(
    registry: &Registry,
    row: Row,
    leaf: Option<&Token>,
    proof: &Proof,
    now: Time,
) -> Result<KeyBytes, Denial> {
    let signer = proof.signer();
    if let Some(leaf) = leaf.map(Token::claims)
        && leaf.subject != signer.did
    {
        return Err(ProofRule::Key.denies(&leaf.subject, signer));
    }
    let held = held(registry, row, signer, now)?;
    match held.standing {
        KeyStanding::Current | KeyStanding::Overlap { .. } => {}
        KeyStanding::Lapsed { since } => return Err(lapsed(since, now)),
        // A proof is made now: nothing of it can have been in the log before.
        KeyStanding::Compromised { cut } => return Err(compromised(cut, None)),
    }
    if let Some(lock) = registry.facts().locks.on_key(&held.bytes) {
        let found = format_args!("a lock on {signer} by entry {}", lock.index);
        return Err(Ground::Locked.denies("a key that is not locked", found));
    }
    if leaf.is_some_and(|leaf| leaf.claims().key != held.bytes.thumbprint()) {
        return Err(ProofRule::Key.denies("the key that cnf.jkt names", signer));
    }
    Ok(held.bytes)
}

fn signature(memo: &Memo, proof: &Proof, key: &KeyBytes) -> Result<(), Denial> {
    let key = memo.key(key);
    let key =
        key.ok_or_else(|| ProofRule::Signature.denies("a key of the prime-order group", "another point"))?;
    proof.signed_by(&key)
}

fn unused(proof_use: ProofUse) -> Result<(), Denial> {
    match proof_use {
        ProofUse::Fresh => Ok(()),
        ProofUse::Spent => Err(ProofRule::Spent.denies("a proof that was not used", "one that was")),
    }
}

/// A caller without a chain: a root of the registry.
fn lone_root(registry: &Registry, proof: &Proof) -> Result<Row, Denial> {
    let row = registered(registry, &proof.signer().did)?;
    let agent = registry.agent(row);
    if agent.parent_did().is_some() || agent.depth() != 0 {
        return Err(Ground::NotRoot.denies("a chain, or a root", format_args!("depth {}", agent.depth())));
    }
    Ok(row)
}
