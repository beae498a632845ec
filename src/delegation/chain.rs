//! A chain of delegation tokens, root first: read, written, attenuated, refreshed.

use std::sync::{Arc, OnceLock};

use super::denial::{Denial, Rule};
use super::memo::Memo;
use super::names::Names;
use super::token::{Grant, Issuer, Renewal, Token};
use crate::encoding::Digest32;
use crate::identity::KeyBytes;

/// A chain has at most this many tokens.
pub const MAX_TOKENS: usize = 10;

/// A chain has at most this many bytes, the separators of its header form counted.
pub const MAX_BYTES: usize = 16 << 10;

/// The header that carries a chain.
pub const HEADER: &str = "Mesh-Chain";

const SEPARATOR: char = '~';

/// 1 to 10 tokens whose form is right, root first; how they hang together has not been asked yet.
///
/// Cloning it shares it.
#[derive(Debug, Clone)]
pub struct Chain(Arc<Read>);

#[derive(Debug)]
struct Read {
    tokens: Vec<Token>,
    names: OnceLock<Names>,
    good: OnceLock<Vec<KeyBytes>>,
}

impl Chain {
    /// Reads the array form, as bodies carry it.
    ///
    /// Count and size are bounded before anything is decoded.
    ///
    /// # Errors
    /// [`Rule::ChainEmpty`], [`Rule::ChainTooLong`], [`Rule::ChainTooLarge`], else the first token's [`Denial`].
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, Denial> {
        Self::read(texts, Token::parse)
    }

    /// Reads the array form; tokens that `memo` has seen well signed are not read again.
    ///
    /// # Errors
    /// As [`Chain::parse`].
    pub fn recall<T: AsRef<str>>(texts: &[T], memo: &Memo) -> Result<Self, Denial> {
        memo.chain(texts).map_or_else(|| Self::read(texts, |text| memo.token(text)), Ok)
    }

    fn of(tokens: Vec<Token>) -> Self {
        Self(Arc::new(Read { tokens, names: OnceLock::new(), good: OnceLock::new() }))
    }

    /// The keys under which each signature is good, if somebody found that out; its links hold then too.
    ///
    /// Both follow from the bytes alone, so that they are so for ever.
    pub(super) fn good(&self) -> Option<&[KeyBytes]> {
        self.0.good.get().map(Vec::as_slice)
    }

    /// Notes what [`Chain::good`] answers.
    pub(super) fn found_good(&self, keys: Vec<KeyBytes>) {
        // Whoever was faster found the same, or another key that has the signatures too.
        let _ = self.0.good.set(keys);
    }

    /// What logs keep of it; written once.
    pub fn names(&self) -> &Names {
        self.0.names.get_or_init(|| Names::of(self.tokens()))
    }

    fn read<T: AsRef<str>>(
        texts: &[T],
        token: impl Fn(&str) -> Result<Token, Denial>,
    ) -> Result<Self, Denial> {
        if texts.is_empty() {
            return Err(Rule::ChainEmpty.denies("1 to 10 tokens", 0));
        }
        if texts.len() > MAX_TOKENS {
            return Err(Rule::ChainTooLong.denies(format_args!("at most {MAX_TOKENS} tokens"), texts.len()));
        }
        let separators = texts.len().saturating_sub(1);
        bounded(texts.iter().fold(separators, |bytes, text| bytes.saturating_add(text.as_ref().len())))?;
        let parse = |(hop, text): (u32, &T)| token(text.as_ref()).map_err(|denial| denial.at(hop));
        Ok(Self::of((0u32..).zip(texts).map(parse).collect::<Result<_, _>>()?))
    }

    /// Reads the value of the header `Mesh-Chain`: tokens joined by `~`.
    ///
    /// # Errors
    /// As [`Chain::parse`].
    pub fn from_header(value: &str) -> Result<Self, Denial> {
        bounded(value.len())?;
        let texts: Vec<&str> = value.split(SEPARATOR).take(MAX_TOKENS.saturating_add(1)).collect();
        Self::parse(&texts)
    }

    /// The value of the header `Mesh-Chain`.
    pub fn to_header(&self) -> String {
        let mut text = String::new();
        for (index, token) in self.tokens().iter().enumerate() {
            if index > 0 {
                text.push(SEPARATOR);
            }
            text.push_str(token.as_str());
        }
        text
    }

    /// The tokens, root first.
    pub fn tokens(&self) -> &[Token] {
        &self.0.tokens
    }

    /// The last token.
    pub fn leaf(&self) -> Option<&Token> {
        self.tokens().last()
    }

    /// What a proof of possession names in `ath`: the digest of the last token.
    pub fn leaf_digest(&self) -> Option<Digest32> {
        self.leaf().map(Token::digest)
    }

    /// A chain of one token, signed by a root.
    ///
    /// # Errors
    /// As [`Token::issue`].
    pub fn issue(root: Issuer<'_>, grant: &Grant<'_>) -> Result<Self, Denial> {
        Ok(Self::of(vec![Token::issue(root, None, grant)?]))
    }

    /// The chain with one more token, signed by the leaf's agent: never more than the leaf has.
    ///
    /// # Errors
    /// As [`Token::issue`]; [`Rule::ChainTooLong`], [`Rule::ChainTooLarge`].
    pub fn attenuate(&self, issuer: Issuer<'_>, grant: &Grant<'_>) -> Result<Self, Denial> {
        let mut texts: Vec<&str> = self.tokens().iter().map(Token::as_str).collect();
        let token = Token::issue(issuer, self.leaf(), grant)?;
        texts.push(token.as_str());
        Self::parse(&texts)
    }

    /// The chain with a successor of its last token.
    ///
    /// # Errors
    /// As [`Token::refresh`].
    pub fn refresh(&self, issuer: Issuer<'_>, renewal: &Renewal<'_>) -> Result<Self, Denial> {
        let Some((leaf, above)) = self.tokens().split_last() else {
            return Err(Rule::ChainEmpty.denies("1 to 10 tokens", 0));
        };
        let mut tokens = above.to_vec();
        tokens.push(leaf.refresh(issuer, above.last(), renewal)?);
        Ok(Self::of(tokens))
    }
}

fn bounded(bytes: usize) -> Result<(), Denial> {
    if bytes > MAX_BYTES {
        return Err(Rule::ChainTooLarge.denies(format_args!("at most {MAX_BYTES} bytes"), bytes));
    }
    Ok(())
}
