//! Tokens, chains, and what they are worth.

use schemars::JsonSchema;
use serde::Serialize;

use super::codes;
use crate::delegation::scope_chain::Shown;
use crate::delegation::{Claims, Denial, Token};
use crate::verify::{Check, Examination, Failure};

/// What a token says, and what the log says of it: `token list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TokenLine {
    /// Its name.
    pub jti: String,
    /// Who delegates.
    pub iss: String,
    /// To whom.
    pub sub: String,
    /// What.
    pub scope: Vec<String>,
    /// From when it counts.
    pub nbf: String,
    /// From when it counts no more.
    pub exp: String,
    /// The delegation depth of the subject.
    pub depth: u32,
    /// How deep anybody below may lie.
    pub max_depth: u32,
    /// What no score below exceeds.
    pub trust_ceiling: Option<u16>,
    /// The `jti` that it replaces.
    pub prev: Option<String>,
    /// The entry that put it into the log.
    pub logged: Option<u64>,
    /// The entry that revoked it, its issuer's tokens, or those of a subtree.
    pub revoked: Option<u64>,
}

/// What a token says, and nothing is checked: `token inspect --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InspectLine {
    /// Its place in the chain, the root's counted as 0.
    pub hop: usize,
    /// Always `false`: see `meshwarden token verify`.
    pub verified: bool,
    /// The key that it claims to be signed with.
    pub kid: String,
    /// Who delegates.
    pub iss: String,
    /// To whom.
    pub sub: String,
    /// What.
    pub scope: Vec<String>,
    /// From when it counts.
    pub nbf: String,
    /// From when it counts no more.
    pub exp: String,
    /// Its name.
    pub jti: String,
    /// The delegation depth of the subject.
    pub depth: u32,
    /// How deep anybody below may lie.
    pub max_depth: u32,
    /// What no score below exceeds.
    pub trust_ceiling: Option<u16>,
    /// The `jti` that it replaces.
    pub prev: Option<String>,
}

/// A proof of possession: `token prove --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProofLine {
    /// The compact JWS, for one request.
    pub proof: String,
}

/// What a chain is worth: `token verify --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExaminationLine {
    /// Whether it counts, for whoever proves to hold the key of its leaf.
    pub counts: bool,
    /// The checks, in order; a failed one is the last.
    pub checks: Vec<Check>,
    /// Why it counts for nothing.
    pub failure: Option<FailureLine>,
}

/// Why something is denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailureLine {
    /// The stable code.
    pub code: String,
    /// The token at fault, the root's counted as 0.
    pub hop: Option<u32>,
    /// What would have passed.
    pub expected: String,
    /// What was there.
    pub found: String,
    /// What to do.
    pub advice: &'static str,
}

/// A scope chain of the reference, and what it proves: `token inspect --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeChainLine {
    /// Always `false`: a scope chain is an account of what was granted, never authority here.
    pub authority: bool,
    /// Whether every link keeps the reference's rules; even then it is no authority here.
    pub sound: bool,
    /// Whether the summary of the document is what its links say.
    pub summary_fits: bool,
    /// The links, the sponsor's first.
    pub links: Vec<ScopeLinkLine>,
}

/// One link of a scope chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeLinkLine {
    /// Who granted, as the link says.
    pub parent: String,
    /// To whom.
    pub child: String,
    /// What.
    pub granted: Vec<String>,
    /// The code of the first rule that it breaks.
    pub code: Option<&'static str>,
    /// Whose signature it carries.
    pub signed: &'static str,
    /// What nothing proves.
    pub unproven: Vec<&'static str>,
    /// Whether it says that it has ended.
    pub ended: bool,
}

impl TokenLine {
    /// What a token says, and what the log says of it.
    pub fn of(claims: &Claims, logged: Option<u64>, revoked: Option<u64>) -> Self {
        Self {
            jti: claims.id.clone(),
            iss: claims.issuer.to_string(),
            sub: claims.subject.to_string(),
            scope: claims.scope.iter().map(str::to_owned).collect(),
            nbf: claims.not_before.to_string(),
            exp: claims.expires.to_string(),
            depth: claims.depth,
            max_depth: claims.max_depth,
            trust_ceiling: claims.ceiling,
            prev: claims.previous.clone(),
            logged,
            revoked,
        }
    }
}

impl InspectLine {
    /// What the token at a place says.
    pub fn of(hop: usize, token: &Token) -> Self {
        let claims = token.claims();
        Self {
            hop,
            verified: false,
            kid: token.signer().to_string(),
            iss: claims.issuer.to_string(),
            sub: claims.subject.to_string(),
            scope: claims.scope.iter().map(str::to_owned).collect(),
            nbf: claims.not_before.to_string(),
            exp: claims.expires.to_string(),
            jti: claims.id.clone(),
            depth: claims.depth,
            max_depth: claims.max_depth,
            trust_ceiling: claims.ceiling,
            prev: claims.previous.clone(),
        }
    }
}

impl ExaminationLine {
    /// The line of a text that is no chain.
    pub fn unreadable(denial: &Denial) -> Self {
        Self { counts: false, checks: Vec::new(), failure: Some(FailureLine::of(denial)) }
    }

    /// The line of an examination.
    pub fn of(examination: &Examination) -> Self {
        Self {
            counts: examination.denial.is_none(),
            checks: examination.checks.clone(),
            failure: examination.denial.as_ref().map(FailureLine::of),
        }
    }
}

impl FailureLine {
    /// The line of a denial.
    pub fn of(denial: &Denial) -> Self {
        Self {
            code: denial.code.to_owned(),
            hop: denial.hop,
            expected: denial.expected.clone(),
            found: denial.found.clone(),
            advice: codes::advice(denial.code),
        }
    }

    /// The line of a verdict's failure.
    pub fn of_verdict(failure: &Failure) -> Self {
        Self {
            code: failure.code.clone().into_owned(),
            hop: failure.hop,
            expected: failure.expected.clone(),
            found: failure.found.clone(),
            advice: codes::advice(&failure.code),
        }
    }
}

impl ScopeChainLine {
    /// The line of an account.
    pub fn of(shown: &Shown<'_>) -> Self {
        let links = shown.hops.iter().map(|hop| ScopeLinkLine {
            parent: hop.link.parent_did.clone(),
            child: hop.link.child_did.clone(),
            granted: hop.link.delegated_capabilities.clone(),
            code: hop.fault.map(|fault| fault.code()),
            signed: hop.signed.words(),
            unproven: hop.unproven.iter().map(|unproven| unproven.words()).collect(),
            ended: hop.ended,
        });
        let links: Vec<_> = links.collect();
        let authority = false;
        Self {
            authority,
            sound: links.iter().all(|link| link.code.is_none()),
            summary_fits: shown.summary_fits,
            links,
        }
    }
}
