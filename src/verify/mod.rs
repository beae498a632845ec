//! May this caller do this, now? One request against one registry and one policy: a verdict with every check.
//!
//! The order is: form, links, times, keys and signatures, possession; then, of a caller who is known, the registry's
//! facts and the policy's demands at every hop, and the action itself. Nothing costly is done for what is malformed.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod action;
mod authenticate;
mod ground;
mod hop;
mod request;
mod score;
#[cfg(test)]
mod tests;
mod trail;
mod verdict;
mod verified;

pub use authenticate::signing_key;
pub use ground::Ground;
pub use request::{Basis, ProofUse, Request, Unreadable};
pub use trail::Check;
pub use verdict::{Decision, Failure, Verdict};
pub use verified::VerifiedChain;

use crate::delegation::{Denial, Memo};
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

fn steps(
    request: &Request<'_>,
    basis: &Basis<'_>,
    memo: &Memo,
    now: Time,
    trail: &mut Trail,
) -> Result<VerifiedChain, Denial> {
    let caller = authenticate::caller(request, basis.registry, memo, now, trail)?;
    let class = basis.policy.class_of(&request.action);
    trail.step("staleness", None, action::fresh(basis, class, now))?;
    hop::all(&caller, request, basis, class, now, trail)?;
    trail.step("action", None, action::granted(&caller, basis.registry, &request.action))?;
    Ok(VerifiedChain::new(caller, &request.action))
}
