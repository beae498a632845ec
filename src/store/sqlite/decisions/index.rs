//! What an entry is found by; made from the entry alone.

use std::collections::BTreeSet;

use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::audit::{Decision, Found, Told};
use crate::delegation::{self, TokenName};
use crate::encoding::canonical::write_string;
use crate::encoding::{Digest32, base64, sha256};
use crate::text::within;
use crate::time::Time;

/// A text that decisions are found by has at most this many bytes.
const MAX_INDEXED: usize = 512;

/// By what an entry is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Mark {
    /// An agent that asked, was asked for, or stands in the chain.
    Agent,
    /// The `jti` of a token of the chain.
    Token,
    /// The SHA-256 of a token of the chain, in base64url.
    Digest,
    /// The name under which a gateway logs the request.
    Request,
    /// The code of a check that failed.
    Code,
}

/// What an entry is found by; result 0 is a denial, 1 an allow, 2 those of strangers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub time: i64,
    pub result: i64,
    pub caller: Option<String>,
    pub callee: Option<String>,
    pub audience: Option<String>,
    pub action: Option<String>,
    pub resource: Option<String>,
    /// The part that has the tokens of its chain, or their names.
    pub chain: Option<i64>,
}

pub(super) const DENIED: i64 = 0;
pub(super) const ALLOWED: i64 = 1;
pub(super) const UNKNOWN: i64 = 2;

/// What a chain is found by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Links {
    /// The agents that it goes through.
    pub agents: BTreeSet<String>,
    /// Its tokens, by `jti` and by digest.
    pub tokens: BTreeSet<i64>,
}

/// The row of an entry, and its marks, each once and in order.
pub(super) fn of(decision: &Decision, chain: Option<i64>) -> (Row, Vec<(Mark, String)>) {
    let time = decision.time.micros();
    match &decision.told {
        Told::Refusals(refusals) => {
            let marks = refusals.counts.keys().map(|code| (Mark::Code, code.clone())).collect();
            let row = Row {
                time,
                result: UNKNOWN,
                caller: None,
                callee: None,
                audience: None,
                action: None,
                resource: None,
                chain,
            };
            (row, marks)
        }
        Told::Ruling(ruling) => of_verdict(decision.time, &ruling.found(), chain),
    }
}

/// The row of a verdict, and its marks.
pub(super) fn of_verdict(time: Time, found: &Found, chain: Option<i64>) -> (Row, Vec<(Mark, String)>) {
    let row = Row {
        time: time.micros(),
        result: if found.allows { ALLOWED } else { DENIED },
        caller: found.caller.as_ref().map(ToString::to_string),
        callee: found.callee.as_ref().map(ToString::to_string),
        audience: Some(found.audience.clone()),
        action: Some(within(&found.action, MAX_INDEXED)),
        resource: Some(within(&found.resource, MAX_INDEXED)),
        chain,
    };
    let id = found.id.iter().map(|id| (Mark::Request, id.clone()));
    (row, id.chain(found.code.iter().map(|code| (Mark::Code, code.to_string()))).collect())
}

/// What a chain of these tokens is found by.
pub(super) fn links(tokens: &[TokenName]) -> Links {
    let mut links = Links::default();
    for token in tokens {
        links.agents.extend([token.issuer.to_string(), token.subject.to_string()]);
        links.tokens.extend([hash(token.id.as_bytes()), prefix(&token.digest)]);
    }
    links
}

/// A token that is looked up.
pub(super) enum Token {
    /// By its `jti`.
    Named(String),
    /// By the digest of its every byte.
    Hashed(Digest32),
}

impl Token {
    /// None for what is no token's name.
    pub(super) fn of(mark: Mark, name: &str) -> Option<Self> {
        match mark {
            Mark::Token => Some(Self::Named(name.to_owned())),
            _ => base64::decode_url_array(name).map(Self::Hashed),
        }
    }

    /// What the links of a chain have for it; another token may have the same.
    pub(super) fn hash(&self) -> i64 {
        match self {
            Self::Named(name) => hash(name.as_bytes()),
            Self::Hashed(digest) => prefix(digest),
        }
    }

    /// Whether the part of a chain, its tokens or their names, has it.
    pub(super) fn is_in(&self, part: &[u8]) -> bool {
        if let Ok(texts) = serde_json::from_slice::<Vec<String>>(part) {
            return match self {
                Self::Hashed(digest) => texts.iter().any(|text| sha256(text.as_bytes()) == *digest),
                Self::Named(name) => {
                    let tokens = texts.iter().filter_map(|text| delegation::Token::parse(text).ok());
                    tokens.into_iter().any(|token| token.claims().id == *name)
                }
            };
        }
        let (mut spelled, name) = match self {
            Self::Named(name) => (r#""jti":"#.to_owned(), name),
            Self::Hashed(digest) => (r#""digest":"#.to_owned(), &base64::encode_url(digest)),
        };
        write_string(&mut spelled, name);
        memmem::find(part, spelled.as_bytes()).is_some()
    }
}

fn hash(name: &[u8]) -> i64 {
    prefix(&sha256(name))
}

const fn prefix(digest: &Digest32) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = *digest;
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}
