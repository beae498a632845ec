//! May this caller do this, now? One request against one registry and one policy: a verdict with every check.
//!
//! The order is: form, links, times, keys and signatures, possession; then, of a caller who is known, the registry's
//! facts and the policy's demands at every hop, and the action itself. Nothing costly is done for what is malformed.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod action;
mod authenticate;
mod checks;
mod ground;
mod hop;
mod request;
#[cfg(test)]
mod tests;
mod trail;
mod verdict;
mod verified;

pub use authenticate::signing_key;
pub use checks::{Check, Checks};
pub use ground::Ground;
pub use request::{Basis, ProofUse, Request, Unreadable};
pub use verdict::{Decision, Failure, Verdict};
pub use verified::VerifiedChain;

use crate::delegation::{Chain, Denial, Memo};
use crate::time::Time;
use trail::Trail;

/// Judges `request` at `now`, remembering nothing.
pub fn verify(request: &Request<'_>, basis: &Basis<'_>, now: Time) -> Verdict {
    judge(request, basis, &Memo::none(), now).0
}

/// Judges `request` at `now`; the chain comes with an allow, and only then.
///
/// `memo` spares curve arithmetic and changes no answer. A time before the one that the registry is known for is
/// taken to be that one: time never goes backwards.
pub fn judge(
    request: &Request<'_>,
    basis: &Basis<'_>,
    memo: &Memo,
    now: Time,
) -> (Verdict, Option<VerifiedChain>) {
    let now = now.max(basis.as_of);
    let mut trail = Trail::new();
    let answer = steps(request, basis, memo, now, &mut trail);
    let verdict = Verdict::of(request, basis, now, trail, answer.as_ref().err());
    (verdict, answer.ok())
}

/// What a chain is worth without a caller: the checks that were made, and the first that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// The checks, in order; a failed one is the last.
    pub checks: Vec<Check>,
    /// Why it counts for nothing; none when it counts for whoever proves to hold the leaf's key.
    pub denial: Option<Denial>,
}

/// Examines a chain for `action`, or for whatever its leaf grants when that is empty.
///
/// Nobody proved possession of a key, so this allows nothing: a verdict comes from [`verify`] alone.
pub fn examine(chain: Chain, action: &str, basis: &Basis<'_>, now: Time) -> Examination {
    let now = now.max(basis.as_of);
    let mut trail = Trail::new();
    let answer = examined(chain, action, basis, now, &mut trail);
    Examination { checks: trail.checks, denial: answer.err() }
}

fn examined(
    chain: Chain,
    action: &str,
    basis: &Basis<'_>,
    now: Time,
    trail: &mut Trail,
) -> Result<(), Denial> {
    let (chain, rows) = authenticate::authentic(chain, basis.registry, &Memo::none(), now, trail)?;
    let leaf = chain.chain().leaf().map(|leaf| leaf.claims().subject.clone());
    let did = leaf.ok_or_else(|| crate::delegation::Rule::ChainEmpty.denies("1 to 10 tokens", 0))?;
    let caller = authenticate::Caller { did, chain: Some(chain), rows };
    let class = basis.policy.class_of(action);
    hop::all(&caller, (action, ""), basis, class, now, trail)?;
    if action.is_empty() {
        return Ok(());
    }
    trail.step("action", None, action::granted(&caller, basis.registry, action))
}

fn steps(
    request: &Request<'_>,
    basis: &Basis<'_>,
    memo: &Memo,
    now: Time,
    trail: &mut Trail,
) -> Result<VerifiedChain, Denial> {
    let (caller, proof) = authenticate::caller(request, basis.registry, memo, now, trail)?;
    let class = basis.policy.class_of(&request.action);
    trail.step("staleness", None, action::fresh(basis, class, now))?;
    hop::all(&caller, (&request.action, &request.resource), basis, class, now, trail)?;
    trail.step("action", None, action::granted(&caller, basis.registry, &request.action))?;
    Ok(VerifiedChain::new(caller, proof, &request.action))
}
