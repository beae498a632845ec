//! Who may order what: people with keys and roles, and how many of them a change needs.
//!
//! Until `init` nobody holds a log: its changes are unsigned and name only who says that he ordered them. From `init` on
//! every change carries the signatures of operators over its exact bytes, unless what it says is signed by others.

mod authority;
mod enrolled;
mod error;
mod person;
mod said;
mod session;
mod settle;
mod signing;
#[cfg(test)]
mod tests;

pub use authority::{Consent, held_back, role_for, speaks_for_itself};
pub use enrolled::{Dismiss, Duty, Enrol, Enrolled, MAX_ENROLLED};
pub use error::OperatorError;
pub use person::{Operator, Role, Standing, is_name};
pub use said::{Init, LogKey, Newcomer, Operate, Propose, Recover, Withdraw};
pub use session::{MAX_SESSION, MAX_SESSION_BYTES, Session, SessionDraft, SessionError};
pub use settle::Ground;
pub use signing::{Signer, accept, invitation};

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ChangeId, Payload, SignedChange};
use crate::encoding::{Digest32, sha256};
use crate::identity::KeyBytes;
use crate::time::Time;

/// A log has at most this many operators, those that were removed included.
pub const MAX_OPERATORS: usize = 1000;
/// An operator has at most this many keys.
pub const MAX_KEYS: usize = 8;
/// At most this many changes wait for signatures.
pub const MAX_WAITING: usize = 1000;
/// The recovery set has at most this many keys.
pub const MAX_RECOVERY: usize = 16;

/// The operators of a log, as its entries made them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operators {
    people: BTreeMap<String, Operator>,
    recovery: Option<Recovery>,
    begun: Option<Begun>,
    /// The keys of the log, each with the index from which on it signs.
    log_keys: Vec<(u64, String)>,
    waiting: BTreeMap<ChangeId, Arc<Proposal>>,
    /// What was taken back, and until when it could still have been carried out: no signature for it counts any more.
    withdrawn: BTreeMap<ChangeId, Time>,
    /// Programs with a name; no operator has the same one.
    enrolled: Arc<BTreeMap<String, Enrolled>>,
}

/// The entry that gave the log its operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Begun {
    index: u64,
    solo: bool,
}

/// Keys that lie offline and can only replace the admins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// How many of them must sign.
    pub threshold: usize,
    /// The keys.
    pub keys: Vec<KeyBytes>,
}

/// A change that waits for signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The log index of the entry that proposed it, or last added a signature.
    pub index: u64,
    /// When that was.
    pub time: Time,
    /// The change with the signatures that it has.
    pub change: SignedChange,
    /// What it says.
    pub payload: Payload,
    /// Who signed, the one who ordered it first.
    pub signers: Vec<String>,
    /// How many must sign.
    pub needed: usize,
}

impl Proposal {
    /// What it waits for.
    pub fn waits(&self) -> Waits {
        Waits {
            id: self.payload.id,
            digest: sha256(self.change.payload_bytes()),
            signers: self.signers.clone(),
            needed: self.needed,
            expires: self.expires(),
        }
    }

    /// From when on it cannot be carried out any more, and what it holds is let go.
    pub fn expires(&self) -> Time {
        self.payload.expires.unwrap_or(self.time)
    }
}

/// A change that was taken, but needs more signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    /// Its name, under which others approve it.
    pub id: ChangeId,
    /// SHA-256 of the bytes that they sign.
    pub digest: Digest32,
    /// Who signed.
    pub signers: Vec<String>,
    /// How many must.
    pub needed: usize,
    /// From when on it cannot be carried out any more.
    pub expires: Time,
}

impl Operators {
    /// Whether somebody holds the log.
    pub const fn held(&self) -> bool {
        self.begun.is_some()
    }

    /// Whether one person holds the log alone, so that nobody approves anything.
    pub fn solo(&self) -> bool {
        self.begun.is_some_and(|begun| begun.solo)
    }

    /// The entry that gave the log its operators.
    pub fn since(&self) -> Option<u64> {
        self.begun.map(|begun| begun.index)
    }

    /// Everybody, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Operator> {
        self.people.values()
    }

    /// The operator of this name.
    pub fn get(&self, name: &str) -> Option<&Operator> {
        self.people.get(name)
    }

    /// Whose key this is.
    pub fn of_key(&self, key: &KeyBytes) -> Option<&Operator> {
        self.people.values().find(|operator| operator.keys.contains(key))
    }

    /// How many admins can act.
    pub fn admins(&self) -> usize {
        self.people.values().filter(|operator| operator.role == Role::Admin && operator.active()).count()
    }

    /// The recovery set.
    pub const fn recovery(&self) -> Option<&Recovery> {
        self.recovery.as_ref()
    }

    /// The keys of the log, as verifier keys, each with the index from which on it signs; empty until `init`.
    pub fn log_keys(&self) -> &[(u64, String)] {
        &self.log_keys
    }

    /// The changes that wait at `now`, the oldest first.
    pub fn waiting(&self, now: Time) -> Vec<(ChangeId, &Proposal)> {
        let open = self.waiting.iter().filter(|(_, proposal)| now < proposal.expires());
        let mut open: Vec<_> = open.map(|(id, proposal)| (*id, &**proposal)).collect();
        open.sort_by_key(|(_, proposal)| proposal.index);
        open
    }

    /// A change that waits, also one whose time is over.
    pub fn proposal(&self, id: ChangeId) -> Option<&Arc<Proposal>> {
        self.waiting.get(&id)
    }

    /// The change was carried out, or will not be.
    pub fn settled(&mut self, id: ChangeId) -> bool {
        self.waiting.remove(&id).is_some()
    }
}
