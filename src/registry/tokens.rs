//! Delegation tokens that the log knows: which were there when, and which no longer count.

use std::sync::Arc;

use imbl::{HashMap, OrdSet};

use super::{Registry, Row};
use crate::encoding::Digest32;
use crate::identity::Did;
use crate::time::{Span, Time};

/// A token that was put into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedToken {
    /// The log index.
    pub index: u64,
    /// `jti`.
    pub id: String,
    /// `iss`.
    pub issuer: Did,
    /// `sub`.
    pub subject: Did,
    /// `exp`.
    pub expires: Time,
    /// The compact form.
    pub compact: String,
}

/// Of an issuer's tokens only those that were logged after this count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The log index.
    pub index: u64,
    /// The time of that entry.
    pub at: Time,
    /// What was revoked.
    pub by: CutBy,
}

impl Cut {
    /// Whether it takes a token that the log has since the entry `logged`, or not yet.
    ///
    /// One that the log never had may be new, unless its signer says itself that it is older: it says so in whole
    /// seconds.
    pub fn takes(&self, logged: Option<u64>, issued: Time) -> bool {
        match logged {
            Some(index) => index <= self.index,
            None => issued.plus(Span::seconds(1)) <= self.at,
        }
    }
}

/// What a revocation of tokens named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutBy {
    /// The issuer.
    Issuer,
    /// A subtree that the subject or the issuer lies in, by its top.
    Subtree(Row),
}

/// The tokens of one mesh.
///
/// A token is known by the SHA-256 of its compact form, since its `jti` is the signer's to choose. It is
/// forgotten once it has expired: then it counts for nobody.
#[derive(Clone, Default)]
pub struct Tokens {
    logged: HashMap<Digest32, Arc<LoggedToken>>,
    by_id: HashMap<Arc<str>, Digest32>,
    by_expiry: OrdSet<(Time, Digest32)>,
    revoked: HashMap<Arc<str>, u64>,
    issuers: HashMap<Did, (u64, Time)>,
    subtrees: HashMap<Did, (u64, Time)>,
}

impl Tokens {
    /// The log index of the token with this SHA-256.
    pub fn logged(&self, token: &Digest32) -> Option<u64> {
        self.logged.get(token).map(|logged| logged.index)
    }

    /// The logged token with this SHA-256.
    pub fn get(&self, token: &Digest32) -> Option<&LoggedToken> {
        self.logged.get(token).map(AsRef::as_ref)
    }

    /// The token for this agent that lives longest, of those that the log has.
    pub fn longest_for(&self, subject: &Did) -> Option<&LoggedToken> {
        let (_, digest) =
            self.by_expiry.iter().rev().find(|(_, digest)| {
                self.logged.get(digest).is_some_and(|logged| logged.subject == *subject)
            })?;
        self.get(digest)
    }

    /// The logged token with this `jti`.
    pub fn find(&self, id: &str) -> Option<&LoggedToken> {
        self.by_id.get(id).and_then(|digest| self.logged.get(digest)).map(AsRef::as_ref)
    }

    /// All logged tokens, soonest expiry first.
    pub fn iter(&self) -> impl Iterator<Item = &LoggedToken> {
        self.by_expiry.iter().filter_map(|(_, digest)| self.logged.get(digest)).map(AsRef::as_ref)
    }

    /// The log index of the revocation of this `jti`.
    pub fn revoked(&self, id: &str) -> Option<u64> {
        if self.revoked.is_empty() { None } else { self.revoked.get(id).copied() }
    }

    /// Puts a token into the log, and forgets those that had expired at `time`.
    ///
    /// The first token of a `jti` keeps the name.
    pub fn log(&mut self, digest: Digest32, token: LoggedToken, time: Time) {
        while let Some((expires, old)) = self.by_expiry.get_min().copied() {
            if time < expires {
                break;
            }
            self.by_expiry.remove(&(expires, old));
            if let Some(gone) = self.logged.remove(&old)
                && self.by_id.get(gone.id.as_str()) == Some(&old)
            {
                self.by_id.remove(gone.id.as_str());
            }
        }
        if self.logged.contains_key(&digest) {
            return;
        }
        self.by_expiry.insert((token.expires, digest));
        if !self.by_id.contains_key(token.id.as_str()) {
            self.by_id.insert(token.id.as_str().into(), digest);
        }
        self.logged.insert(digest, Arc::new(token));
    }

    /// Revokes every token with this `jti`.
    pub fn revoke_id(&mut self, id: &str, index: u64) {
        self.revoked.entry(id.into()).or_insert(index);
    }

    /// Revokes every token that this agent issued until now.
    pub fn revoke_issuer(&mut self, did: Did, index: u64, at: Time) {
        self.issuers.insert(did, (index, at));
    }

    /// Revokes every token that an agent of this subtree issued or got until now.
    pub fn revoke_subtree(&mut self, top: Did, index: u64, at: Time) {
        self.subtrees.insert(top, (index, at));
    }
}

impl Registry {
    /// The entry that revoked a token: by its name, its issuer, or a subtree.
    pub fn token_revoked(&self, token: &LoggedToken) -> Option<u64> {
        let cut = || {
            let cut = self.tokens_cut(self.find(&token.issuer)?, self.find(&token.subject)?)?;
            (token.index <= cut.index).then_some(cut.index)
        };
        self.facts.tokens.revoked(&token.id).or_else(cut)
    }

    /// The latest revocation that a token from `issuer` to `subject` has to have been logged after.
    pub fn tokens_cut(&self, issuer: Row, subject: Row) -> Option<Cut> {
        let tokens = &self.facts.tokens;
        let mut latest: Option<Cut> = None;
        let mut keep = |(index, at): (u64, Time), by| {
            if latest.is_none_or(|cut| cut.index < index) {
                latest = Some(Cut { index, at, by });
            }
        };
        if !tokens.issuers.is_empty()
            && let Some(place) = tokens.issuers.get(&self.agent(issuer).did())
        {
            keep(*place, CutBy::Issuer);
        }
        if !tokens.subtrees.is_empty() {
            for row in self.upwards(subject).chain(self.upwards(issuer)) {
                if let Some(place) = tokens.subtrees.get(&self.agent(row).did()) {
                    keep(*place, CutBy::Subtree(row));
                }
            }
        }
        latest
    }
}
