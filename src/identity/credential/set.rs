//! The credentials that somebody has issued, found by token, by id and by agent.

use std::collections::HashMap;

use super::{BearerToken, Credential, CredentialError, CredentialGrant, CredentialStatus, EXPIRING_SOON};
use crate::encoding::Digest32;
use crate::identity::Did;
use crate::time::{Span, Time};

/// A set holds at most this many credentials.
pub const MAX_CREDENTIALS: usize = 100_000;
/// One agent has at most this many credentials in a set, those included that wait to be dropped.
pub const MAX_PER_AGENT: usize = 256;

/// Issued credentials. Nothing in it grows without bound: when it is full, what can never be in force again goes first.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    overlap: Span,
    by_id: HashMap<String, Credential>,
    by_hash: HashMap<Digest32, String>,
    by_agent: HashMap<Did, Vec<String>>,
}

impl Credentials {
    /// An empty set in which a replaced credential stays in force for `overlap`; none is what IDT 8.4 says.
    pub fn with_overlap(overlap: Span) -> Self {
        Self { overlap, ..Self::default() }
    }

    /// Issues a credential; `id` is 64 fresh bits.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn issue(
        &mut self,
        grant: CredentialGrant,
        id: u64,
        token: &BearerToken,
        now: Time,
    ) -> Result<&Credential, CredentialError> {
        self.make_room(&grant.agent, now)?;
        self.put(Credential::issue(grant, id, token, now)?)
    }

    /// The credential of a token, if it is in force. The look-up goes by the hash of what was presented, which nobody can
    /// steer towards a stored one; the comparison is in constant time.
    pub fn validate(&self, token: &BearerToken, now: Time) -> Option<&Credential> {
        let credential = self.by_id.get(self.by_hash.get(&token.hash())?)?;
        (credential.is_of(token) && credential.is_valid(self.overlap, now)).then_some(credential)
    }

    /// Replaces a credential that is in force.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn rotate(
        &mut self,
        credential: &str,
        id: u64,
        token: &BearerToken,
        now: Time,
    ) -> Result<&Credential, CredentialError> {
        let agent = self.get(credential).ok_or(CredentialError::NotFound)?.grant().agent.clone();
        self.make_room(&agent, now)?;
        let old = self.by_id.get_mut(credential).ok_or(CredentialError::NotFound)?;
        let next = old.rotate(id, token, now)?;
        self.put(next)
    }

    /// Whether a credential has less than a minute left, or has ended.
    ///
    /// # Errors
    /// [`CredentialError::NotFound`].
    pub fn is_due(&self, credential: &str, now: Time) -> Result<bool, CredentialError> {
        let credential = self.get(credential).ok_or(CredentialError::NotFound)?;
        Ok(credential.is_expiring_soon(EXPIRING_SOON, now))
    }

    /// Stops one credential; whether there was one.
    pub fn revoke(&mut self, credential: &str, reason: &str, now: Time) -> bool {
        self.by_id.get_mut(credential).map(|credential| credential.revoke(reason, now)).is_some()
    }

    /// Stops all credentials of an agent, and says how many.
    pub fn revoke_all(&mut self, agent: &Did, reason: &str, now: Time) -> usize {
        let ids = self.by_agent.get(agent).cloned().unwrap_or_default();
        ids.iter().filter(|id| self.revoke(id, reason, now)).count()
    }

    /// An agent's credentials that are in force, oldest first.
    pub fn active(&self, agent: &Did, now: Time) -> Vec<&Credential> {
        let ids = self.by_agent.get(agent).map(Vec::as_slice).unwrap_or_default();
        let credentials = ids.iter().filter_map(|id| self.by_id.get(id));
        credentials.filter(|credential| credential.is_valid(self.overlap, now)).collect()
    }

    /// One credential, in force or not.
    pub fn get(&self, credential: &str) -> Option<&Credential> {
        self.by_id.get(credential)
    }

    /// Drops what was replaced or revoked, and says how many; what merely expired stays to be asked about.
    pub fn drop_settled(&mut self, now: Time) -> usize {
        let overlap = self.overlap;
        self.drop_where(|credential| {
            credential.status() != CredentialStatus::Active && !credential.is_valid(overlap, now)
        })
    }

    fn make_room(&mut self, agent: &Did, now: Time) -> Result<(), CredentialError> {
        let full = |set: &Self| {
            set.by_id.len() >= MAX_CREDENTIALS
                || set.by_agent.get(agent).is_some_and(|ids| ids.len() >= MAX_PER_AGENT)
        };
        if full(self) {
            let overlap = self.overlap;
            self.drop_where(|credential| !credential.is_valid(overlap, now));
        }
        if full(self) { Err(CredentialError::TooMany) } else { Ok(()) }
    }

    fn drop_where(&mut self, dropped: impl Fn(&Credential) -> bool) -> usize {
        let before = self.by_id.len();
        self.by_id.retain(|_, credential| !dropped(credential));
        let by_id = &self.by_id;
        self.by_hash.retain(|_, id| by_id.contains_key(id));
        self.by_agent.retain(|_, ids| {
            ids.retain(|id| by_id.contains_key(id));
            !ids.is_empty()
        });
        before.saturating_sub(self.by_id.len())
    }

    fn put(&mut self, credential: Credential) -> Result<&Credential, CredentialError> {
        let id = credential.id().to_owned();
        if self.by_id.contains_key(&id) || self.by_hash.contains_key(&credential.token_hash) {
            return Err(CredentialError::Repeated);
        }
        self.by_hash.insert(credential.token_hash, id.clone());
        self.by_agent.entry(credential.grant().agent.clone()).or_default().push(id.clone());
        Ok(self.by_id.entry(id).or_insert(credential))
    }
}
