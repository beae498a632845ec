//! Chains of tokens in entries: whom they grant what, and what the log keeps of them.

use super::{FactError, Place};
use crate::delegation::{AuthenticChain, Chain, Memo, Token};
use crate::registry::{LoggedToken, Registry, Row};
use crate::time::Time;
use crate::verify::signing_key;

/// Checks that a chain grants an agent what its record holds.
pub(super) fn granted(registry: &Registry, row: Row, text: &str, now: Time) -> Result<(), FactError> {
    let agent = registry.agent(row);
    let chain = authentic(registry, text, now)?;
    let Some(leaf) = chain.chain().leaf().map(Token::claims) else {
        return Err(FactError::OtherGrant("chain"));
    };
    let parent = agent.parent().map(|parent| parent.did());
    match () {
        () if leaf.subject != agent.did() => Err(FactError::OtherGrant("sub")),
        () if Some(&leaf.issuer) != parent.as_ref() => Err(FactError::OtherGrant("iss")),
        () if leaf.depth != agent.depth() => Err(FactError::OtherGrant("depth")),
        () if leaf.key != agent.public_key().thumbprint() => Err(FactError::OtherGrant("cnf")),
        () if !agent.capabilities().all(|held| leaf.scope.allows(held)) => {
            Err(FactError::OtherGrant("scope"))
        }
        () => Ok(()),
    }
}

/// A chain whose signatures hold by the keys that its issuers have, none of it revoked.
pub(super) fn authentic(registry: &Registry, text: &str, now: Time) -> Result<AuthenticChain, FactError> {
    let chain = Chain::from_header(text).map_err(FactError::Chain)?;
    let key_of = |_: u32, token: &Token| signing_key(registry, token, now).map(|(_, key)| key);
    let chain = AuthenticChain::verify(chain, key_of, &Memo::none(), now).map_err(FactError::Chain)?;
    for token in chain.chain().tokens() {
        let claims = token.claims();
        let (issuer, subject) = (registry.find(&claims.issuer), registry.find(&claims.subject));
        let (issuer, subject) = match (issuer, subject) {
            (Some(issuer), Some(subject)) => (issuer, subject),
            _ => return Err(FactError::Unknown(claims.subject.clone())),
        };
        let logged = registry.facts().tokens.logged(&token.digest());
        let cut = registry.tokens_cut(issuer, subject);
        let cut = cut.is_some_and(|cut| cut.takes(logged, claims.issued));
        if cut || registry.facts().tokens.revoked(&claims.id).is_some() {
            return Err(FactError::TokenRevoked { jti: claims.id.clone() });
        }
    }
    Ok(chain)
}

pub(super) fn log_chain(registry: &mut Registry, text: &str, place: Place<'_>) -> Result<(), FactError> {
    let chain = Chain::from_header(text).map_err(FactError::Chain)?;
    for token in chain.tokens() {
        let claims = token.claims();
        let logged = LoggedToken {
            index: place.index,
            id: claims.id.clone(),
            issuer: claims.issuer.clone(),
            subject: claims.subject.clone(),
            expires: claims.expires,
            compact: token.as_str().to_owned(),
        };
        registry.facts_mut().tokens.log(token.digest(), logged, place.time);
        if grants_all(registry, token) {
            registry.facts_mut().grant(claims.subject.clone());
        }
    }
    Ok(())
}

/// Whether a token is the parent's, and grants all that the record of its subject holds.
fn grants_all(registry: &Registry, token: &Token) -> bool {
    let claims = token.claims();
    registry.find(&claims.subject).is_some_and(|row| {
        let agent = registry.agent(row);
        agent.parent().is_some_and(|parent| parent.did() == claims.issuer)
            && agent.capabilities().all(|held| claims.scope.allows(held))
    })
}
