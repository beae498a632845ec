//! Chains of delegation tokens, as people hand them over.

use std::path::Path;

use super::error::CliError;
use super::speak;
use crate::delegation::{Chain, Denial, Grant, Issuer, Token};
use crate::encoding::Digest32;
use crate::registry::{Registry, Row};
use crate::warden::{Entropy, SystemEntropy, WardenError};

/// The chain that an agent acts with: none for a root.
pub struct Above(Option<Chain>);

impl Above {
    /// The chain that was given, or the longest-lived one that the log has for the agent.
    ///
    /// # Errors
    /// [`CliError::NoChain`] for an agent below another that has none.
    pub fn of(registry: &Registry, row: Row, given: Option<Chain>) -> Result<Self, CliError> {
        let agent = registry.agent(row);
        if agent.parent_did().is_none() {
            return Ok(Self(None));
        }
        let known = || logged(registry, row);
        given.or_else(known).map(|chain| Self(Some(chain))).ok_or(CliError::NoChain { did: agent.did() })
    }

    /// The last token.
    pub fn leaf(&self) -> Option<&Token> {
        self.0.as_ref().and_then(Chain::leaf)
    }

    /// The chain with one more token.
    ///
    /// # Errors
    /// [`Denial`].
    pub fn grant(&self, issuer: Issuer<'_>, grant: &Grant<'_>) -> Result<Chain, Denial> {
        match &self.0 {
            None => Chain::issue(issuer, grant),
            Some(chain) => chain.attenuate(issuer, grant),
        }
    }
}

/// The longest-lived chain that the log has for an agent.
pub fn logged(registry: &Registry, row: Row) -> Option<Chain> {
    let tokens = &registry.facts().tokens;
    let mut texts = vec![tokens.longest_for(&registry.agent(row).did())?.compact.as_str()];
    let above = |text: &str| -> Option<Option<Digest32>> { Some(Token::parse(text).ok()?.claims().parent) };
    while let Some(parent) = above(texts.last()?)? {
        texts.push(tokens.get(&parent)?.compact.as_str());
    }
    texts.reverse();
    Chain::parse(&texts).ok()
}

/// Reads a chain from a file, or from standard input for `-`: tokens joined by `~`, or a JSON array of them.
///
/// # Errors
/// [`CliError::File`], [`CliError::TooLong`] or [`CliError::Chain`].
pub fn read(path: &Path) -> Result<Chain, CliError> {
    parse(&speak::text(path)?).map_err(|denial| CliError::Chain { path: path.to_owned(), denial })
}

/// Reads a chain in either form.
///
/// # Errors
/// [`Denial`].
pub fn parse(text: &str) -> Result<Chain, Denial> {
    if text.is_empty() {
        return Err(Denial::new("chain_empty", "tokens joined by ~", "nothing"));
    }
    match serde_json::from_str::<Vec<String>>(text) {
        Ok(tokens) => Chain::parse(&tokens),
        Err(_) => Chain::from_header(text),
    }
}

/// 128 fresh bits for a `jti`.
///
/// # Errors
/// [`WardenError::NoEntropy`].
pub fn fresh_id() -> Result<[u8; 16], CliError> {
    Ok(SystemEntropy.bits().ok_or(WardenError::NoEntropy)?.to_be_bytes())
}
