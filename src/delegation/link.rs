//! The rules between a token and the one before it, asked alike when it is signed and when it is verified.

use super::claims::Claims;
use super::delegate::MAX_DEPTH;
use super::denial::{Denial, Rule};
use super::token::Token;
use crate::time::Time;

/// A token's place in a chain.
pub(super) struct Place<'p> {
    /// How many tokens come before.
    pub hop: u32,
    /// The token before.
    pub parent: Option<&'p Token>,
    /// What the token says.
    pub claims: &'p Claims,
}

/// All rules of a link that need neither a key nor a clock.
pub(super) fn check(place: &Place<'_>) -> Result<(), Denial> {
    continuity(place)?;
    parent(place)?;
    depth(place)?;
    narrowing(place)?;
    window(place)?;
    ceiling(place)
}

fn continuity(place: &Place<'_>) -> Result<(), Denial> {
    let Claims { issuer, subject, .. } = place.claims;
    match place.parent {
        Some(above) if above.claims().subject != *issuer => {
            Err(Rule::Continuity.denies(format_args!("iss {}", above.claims().subject), issuer))
        }
        _ if issuer == subject => Err(Rule::Continuity.denies("a subject other than the issuer", subject)),
        _ => Ok(()),
    }
}

fn parent(place: &Place<'_>) -> Result<(), Denial> {
    match (place.parent, place.claims.parent) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Rule::Parent.denies("no prf at the root", "a prf")),
        (Some(_), None) => Err(Rule::Parent.denies("prf: the digest of the token before", "no prf")),
        (Some(above), Some(named)) if above.digest() == named => Ok(()),
        (Some(_), Some(_)) => {
            Err(Rule::Parent.denies("prf: the digest of the token before", "another digest"))
        }
    }
}

fn depth(place: &Place<'_>) -> Result<(), Denial> {
    let Claims { depth, max_depth, .. } = *place.claims;
    let expected = place.hop.saturating_add(1);
    if depth != expected {
        return Err(Rule::Depth.denies(expected, depth));
    }
    let most = place.parent.map_or(MAX_DEPTH, |above| above.claims().max_depth);
    if max_depth > most {
        return Err(Rule::TooDeep.denies(format_args!("max_depth of at most {most}"), max_depth));
    }
    if depth > max_depth {
        return Err(Rule::TooDeep.denies(format_args!("depth of at most {max_depth}"), depth));
    }
    Ok(())
}

fn narrowing(place: &Place<'_>) -> Result<(), Denial> {
    let Some(above) = place.parent else {
        return Ok(());
    };
    let wider = &above.claims().scope;
    match place.claims.scope.first_beyond(wider) {
        Some(beyond) => Err(Rule::Narrowing.denies(format_args!("a part of {}", wider.as_str()), beyond)),
        None => Ok(()),
    }
}

fn window(place: &Place<'_>) -> Result<(), Denial> {
    let Claims { not_before, expires, .. } = *place.claims;
    if not_before >= expires {
        return Err(Rule::Outlives.denies(format_args!("an exp after nbf {not_before}"), expires));
    }
    let Some(above) = place.parent.map(Token::claims) else {
        return Ok(());
    };
    if not_before < above.not_before {
        return Err(Rule::Outlives.denies(format_args!("nbf of at least {}", above.not_before), not_before));
    }
    if expires > above.expires {
        return Err(Rule::Outlives.denies(format_args!("exp of at most {}", above.expires), expires));
    }
    Ok(())
}

fn ceiling(place: &Place<'_>) -> Result<(), Denial> {
    let Some(most) = place.parent.and_then(|above| above.claims().ceiling) else {
        return Ok(());
    };
    match place.claims.ceiling {
        Some(ceiling) if ceiling <= most => Ok(()),
        Some(ceiling) => Err(Rule::Ceiling.denies(format_args!("at most {most}"), ceiling)),
        None => Err(Rule::Ceiling.denies(format_args!("at most {most}"), "no ceiling")),
    }
}

/// Whether a token counts at `now`: from `nbf` and `iat` on, and not from `exp` on.
pub(super) fn in_force(claims: &Claims, now: Time) -> Result<(), Denial> {
    let begins = claims.not_before.max(claims.issued);
    if now < begins {
        return Err(Rule::NotYet.denies(format_args!("now at or after nbf and iat, {begins}"), now));
    }
    if now >= claims.expires {
        return Err(Rule::Expired.denies(format_args!("now before exp {}", claims.expires), now));
    }
    Ok(())
}
