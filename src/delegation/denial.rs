//! A denial is data: which rule, at which hop, what was expected and what was found.

use std::fmt;

/// Texts of strangers in a denial are cut to this many characters.
const MOST_FOUND: usize = 160;

/// Why a chain or a proof counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}{}: expected {expected}, found {found}", Hop(*.hop))]
pub struct Denial {
    /// The stable code.
    pub code: &'static str,
    /// The token at fault, the root's counted as 0; none when no single token is.
    pub hop: Option<u32>,
    /// What would have passed.
    pub expected: String,
    /// What was there; text of strangers in it is cut, and not made visible yet.
    pub found: String,
}

struct Hop(Option<u32>);

impl fmt::Display for Hop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |hop| write!(out, " at hop {hop}"))
    }
}

impl Denial {
    /// A denial under a stable code; what was found is cut.
    pub fn new(code: &'static str, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        let mut cut = Cut { text: String::new(), room: MOST_FOUND };
        // Ends early by design when the room is used up.
        let _ = fmt::write(&mut cut, format_args!("{found}"));
        Self { code, hop: None, expected: expected.to_string(), found: cut.text }
    }

    /// The same, at a hop.
    #[must_use]
    pub fn at(self, hop: u32) -> Self {
        Self { hop: Some(hop), ..self }
    }
}

/// Takes characters until its room is used up.
struct Cut {
    text: String,
    room: usize,
}

impl fmt::Write for Cut {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        for character in part.chars() {
            self.room = self.room.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(character);
        }
        Ok(())
    }
}

/// The rules that a chain and its proof must meet, whoever the agents are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A chain has a token.
    ChainEmpty,
    /// A chain has at most 10 tokens.
    ChainTooLong,
    /// A chain has at most 16 KiB.
    ChainTooLarge,
    /// A token is three parts of canonical base64url.
    Malformed,
    /// A header names `alg`, `typ` and `kid`, each once, and nothing else.
    Header,
    /// `alg` is `EdDSA`.
    Algorithm,
    /// `typ` is the one for the purpose.
    Type,
    /// `kid` names the issuer and one of its keys.
    Signer,
    /// The claims are exactly those of the format, each once.
    Claims,
    /// `scope` is a list of at most 256 capabilities with single spaces between.
    Scope,
    /// `*` is never delegated.
    Wildcard,
    /// Each issuer is the subject of the token before, and nobody occurs twice.
    Continuity,
    /// `prf` is the digest of the token before, and absent at the root.
    Parent,
    /// A token grants no more than the one before.
    Narrowing,
    /// A token has begun to count.
    NotYet,
    /// A token has not ended.
    Expired,
    /// A token counts no earlier and no longer than the one before.
    Outlives,
    /// `depth` is the place in the chain.
    Depth,
    /// No token lies deeper than a `max_depth` above it, and `max_depth` never rises.
    TooDeep,
    /// `trust_ceiling` never rises.
    Ceiling,
    /// The signature is the issuer's, strictly.
    Signature,
    /// A new token replaces one of the same issuer and subject, and grants no more.
    Refresh,
}

impl Rule {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ChainEmpty => "chain_empty",
            Self::ChainTooLong => "chain_too_long",
            Self::ChainTooLarge => "chain_too_large",
            Self::Malformed => "token_malformed",
            Self::Header => "token_header_refused",
            Self::Algorithm => "token_algorithm_refused",
            Self::Type => "token_type_mismatch",
            Self::Signer => "token_signer_mismatch",
            Self::Claims => "token_claims_malformed",
            Self::Scope => "token_scope_malformed",
            Self::Wildcard => "token_wildcard_delegated",
            Self::Continuity => "token_disconnected",
            Self::Parent => "token_other_parent",
            Self::Narrowing => "token_scope_widened",
            Self::NotYet => "token_not_yet_valid",
            Self::Expired => "token_expired",
            Self::Outlives => "token_outlives_parent",
            Self::Depth => "token_depth_mismatch",
            Self::TooDeep => "token_too_deep",
            Self::Ceiling => "token_ceiling_raised",
            Self::Signature => "token_signature_invalid",
            Self::Refresh => "token_refresh_refused",
        }
    }

    /// A denial under this rule.
    pub fn denies(self, expected: impl fmt::Display, found: impl fmt::Display) -> Denial {
        Denial::new(self.code(), expected, found)
    }
}
