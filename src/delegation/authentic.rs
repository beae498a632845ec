//! A chain that was signed as it says, and hangs together.

use super::chain::Chain;
use super::denial::{Denial, Rule};
use super::link::{self, Place};
use super::memo::Memo;
use super::token::Token;
use crate::identity::KeyBytes;
use crate::time::Time;

/// A chain whose links hold, whose tokens are in force, and whose signatures are good.
///
/// It says nothing about the agents: whether they are registered, may act or hold what they grant is asked of the
/// registry. [`AuthenticChain::verify`] is the only maker.
#[derive(Debug, Clone)]
pub struct AuthenticChain(Chain);

impl AuthenticChain {
    /// Verifies `chain` at `now`, root first: all links, then all times, then the signatures.
    ///
    /// `key_of` answers which key has to have signed a token, or why none counts; it is asked only when every
    /// link holds, and no signature is computed before that.
    ///
    /// # Errors
    /// The first [`Denial`].
    pub fn verify(
        chain: Chain,
        key_of: impl FnMut(u32, &Token) -> Result<KeyBytes, Denial>,
        memo: &Memo,
        now: Time,
    ) -> Result<Self, Denial> {
        if chain.good().is_none() {
            Self::linked(&chain)?;
        }
        Self::in_force(&chain, now)?;
        Self::signed(&chain, key_of, memo)?;
        Ok(Self(chain))
    }

    fn linked(chain: &Chain) -> Result<(), Denial> {
        let mut parent: Option<&Token> = None;
        for (hop, token) in (0u32..).zip(chain.tokens()) {
            let place = Place { hop, parent, claims: token.claims() };
            link::check(&place)
                .and_then(|()| fresh_face(chain, hop, token))
                .map_err(|denial| denial.at(hop))?;
            parent = Some(token);
        }
        Ok(())
    }

    fn in_force(chain: &Chain, now: Time) -> Result<(), Denial> {
        (0u32..)
            .zip(chain.tokens())
            .try_for_each(|(hop, token)| link::in_force(token.claims(), now).map_err(|denial| denial.at(hop)))
    }

    fn signed(
        chain: &Chain,
        mut key_of: impl FnMut(u32, &Token) -> Result<KeyBytes, Denial>,
        memo: &Memo,
    ) -> Result<(), Denial> {
        // A key that does not count stops those behind it only: what was signed before is looked at first.
        let (mut signed, mut stop) = (Vec::with_capacity(chain.tokens().len()), None);
        for (hop, token) in (0u32..).zip(chain.tokens()) {
            match key_of(hop, token) {
                Ok(key) => signed.push((token, key)),
                Err(denial) => {
                    stop = Some(denial.at(hop));
                    break;
                }
            }
        }
        let keys = || signed.iter().map(|(_, key)| *key);
        let known = chain.good().is_some_and(|good| keys().eq(good.iter().copied()));
        if !known && let Some(hop) = memo.unsigned(&signed) {
            let token = signed.get(hop).map(|(token, _)| token.signer().to_string());
            let expected = format_args!("a signature of {}", token.unwrap_or_default());
            return Err(Rule::Signature
                .denies(expected, "another signature")
                .at(u32::try_from(hop).unwrap_or(0)));
        }
        if let Some(denial) = stop {
            return Err(denial);
        }
        if !known {
            memo.keep_chain(chain, keys().collect());
        }
        Ok(())
    }

    /// The chain.
    pub const fn chain(&self) -> &Chain {
        &self.0
    }
}

/// Nobody occurs twice: a chain that comes back to an agent is a cycle.
fn fresh_face(chain: &Chain, hop: u32, token: &Token) -> Result<(), Denial> {
    let subject = &token.claims().subject;
    let before = |(place, earlier): (u32, &Token)| place < hop && earlier.claims().issuer == *subject;
    if (0u32..).zip(chain.tokens()).any(before) {
        return Err(Rule::Continuity.denies("an agent that does not occur before", subject));
    }
    Ok(())
}
