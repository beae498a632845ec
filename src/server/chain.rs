//! Chains that callers bring: verified on the caller's own turn, before the one thread that writes hears of them.

use axum::http::StatusCode;

use super::problem::Problem;
use crate::delegation::{AuthenticChain, Chain, Denial, Memo, Token};
use crate::time::Time;
use crate::verify::signing_key;
use crate::warden::Shown;

/// A chain whose links and signatures hold by the keys that its issuers have.
///
/// # Errors
/// 400 for what is no chain, 403 for one that does not hold; both name the hop.
pub(super) fn authentic(shown: &Shown, text: &str, now: Time) -> Result<AuthenticChain, Problem> {
    let chain = Chain::from_header(text).map_err(|denial| denied(StatusCode::BAD_REQUEST, &denial))?;
    let registry = &shown.snapshot.registry;
    let key_of = |_: u32, token: &Token| signing_key(registry, token, now).map(|(_, key)| key);
    AuthenticChain::verify(chain, key_of, &Memo::none(), now)
        .map_err(|denial| denied(StatusCode::FORBIDDEN, &denial))
}

/// A denial as a problem.
pub(super) fn denied(status: StatusCode, denial: &Denial) -> Problem {
    let hop = denial.hop.and_then(|hop| usize::try_from(hop).ok());
    Problem::new(status, denial.code, denial.to_string()).at_hop(hop)
}
