//! Chains that hold, and every way in which one must not.

#![allow(clippy::arithmetic_side_effects, reason = "small numbers of invented agents and seconds")]

mod chains;
mod laws;
mod proofs;

use super::*;
use crate::encoding::base64;
use crate::identity::{Did, KeyBytes, SecretKey};
use crate::time::{Span, Time};

/// An invented agent: its number is its DID and the seed of its key.
pub(super) fn secret(agent: u8) -> SecretKey {
    SecretKey::from_seed([agent; 32])
}

pub(super) fn did(agent: u8) -> Did {
    Did::from_bits(u128::from(agent))
}

pub(super) fn key(agent: u8) -> KeyBytes {
    secret(agent).public_key().bytes()
}

pub(super) fn at(seconds: i64) -> Time {
    Time::from_micros(1_772_366_400_000_000).unwrap().plus(Span::seconds(seconds))
}

/// To `agent`, an hour from second 0 on, at most 10 deep.
pub(super) fn grant<'a>(agent: u8, scope: &'a [&'a str]) -> Grant<'a> {
    Grant {
        subject: did(agent),
        key: key(agent),
        scope,
        issued: at(0),
        not_before: at(0),
        expires: at(3600),
        id: [agent; 16],
        max_depth: 10,
        ceiling: None,
    }
}

pub(super) fn issue(agent: u8, grant: &Grant<'_>) -> Result<Chain, Denial> {
    let (did, key) = (did(agent), secret(agent));
    Chain::issue(Issuer { did: &did, key: &key }, grant)
}

pub(super) fn attenuate(chain: &Chain, agent: u8, grant: &Grant<'_>) -> Result<Chain, Denial> {
    let (did, key) = (did(agent), secret(agent));
    chain.attenuate(Issuer { did: &did, key: &key }, grant)
}

/// 0 delegates to 1, 1 to 2, and so on.
pub(super) fn line(tokens: u8, scope: &[&str]) -> Chain {
    let mut chain = issue(0, &grant(1, scope)).unwrap();
    for agent in 1..tokens {
        chain = attenuate(&chain, agent, &grant(agent + 1, scope)).unwrap();
    }
    chain
}

/// Verifies as if each invented agent had its one key.
pub(super) fn verify(chain: &Chain, now: Time) -> Result<AuthenticChain, Denial> {
    AuthenticChain::verify(chain.clone(), |_, token| known(token), &Memo::none(), now)
}

pub(super) fn known(token: &Token) -> Result<KeyBytes, Denial> {
    let agent = (0..=20).find(|agent| did(*agent) == token.signer().did);
    Ok(agent.map(key).filter(|key| key.key_id() == token.signer().key).unwrap_or(KeyBytes([9; 32])))
}

/// Signs any payload under any header, as a forger would who holds the key of `agent`.
pub(super) fn forge(agent: u8, header: &str, payload: &str) -> String {
    let signed =
        format!("{}.{}", base64::encode_url(header.as_bytes()), base64::encode_url(payload.as_bytes()));
    let signature = secret(agent).sign(signed.as_bytes());
    format!("{signed}.{}", base64::encode_url(&signature))
}

/// Header and payload of a token as text.
pub(super) fn opened(token: &str) -> (String, String) {
    let mut parts = token.split('.').map(|part| base64::decode_url(part).unwrap());
    let mut next = || String::from_utf8(parts.next().unwrap()).unwrap();
    (next(), next())
}

/// The last token again, with one text of its payload replaced and signed by its own issuer.
pub(super) fn edited(chain: &Chain, agent: u8, from: &str, to: &str) -> Result<Chain, Denial> {
    let mut texts: Vec<String> = chain.tokens().iter().map(|token| token.as_str().to_owned()).collect();
    let (header, payload) = opened(&texts.pop().unwrap());
    assert!(payload.contains(from), "{payload} has no {from}");
    texts.push(forge(agent, &header, &payload.replace(from, to)));
    Chain::parse(&texts)
}

pub(super) fn code<T: std::fmt::Debug>(answer: Result<T, Denial>) -> &'static str {
    answer.unwrap_err().code
}
