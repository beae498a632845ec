//! What operators said about the humans who answer for agents.

use std::sync::Arc;

use imbl::{HashMap, HashSet};

use super::{Registry, Row};
use crate::identity::Did;
use crate::time::Time;

/// Who is called when a sponsor cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deputy {
    /// The address.
    pub email: String,
    /// Until when; none means until another is named.
    pub until: Option<Time>,
    /// The entry that named it.
    pub index: u64,
}

/// Sponsors, by exact address.
#[derive(Clone, Default)]
pub struct Sponsors {
    verified: HashSet<String>,
    deputies: HashMap<String, Arc<Deputy>>,
    /// The sponsor that the log gave an agent in place of its record's.
    moved: HashMap<Did, Arc<str>>,
}

impl Sponsors {
    /// Whether operators verified that this sponsor is who it says.
    pub fn is_verified(&self, email: &str) -> bool {
        !self.verified.is_empty() && self.verified.contains(email)
    }

    /// Who is called for a sponsor at `now`.
    pub fn deputy(&self, email: &str, now: Time) -> Option<&Deputy> {
        self.deputies
            .get(email)
            .map(AsRef::as_ref)
            .filter(|deputy| deputy.until.is_none_or(|until| now < until))
    }

    /// Takes a sponsor as verified, for all its agents, those that come later included.
    pub fn verify(&mut self, email: &str) {
        self.verified.insert(email.to_owned());
    }

    /// Forgets whom an agent was given to.
    pub(super) fn forget(&mut self, did: &Did) {
        self.moved.remove(did);
    }

    /// Names who is called for a sponsor; nobody without an address.
    pub fn depute(&mut self, email: &str, deputy: Option<Deputy>) {
        match deputy {
            Some(deputy) => self.deputies.insert(email.to_owned(), Arc::new(deputy)),
            None => self.deputies.remove(email),
        };
    }
}

impl Registry {
    /// Gives an agent another sponsor; that its record's was verified says nothing about this one.
    pub fn move_to_sponsor(&mut self, row: Row, email: &str) {
        let did = self.agent(row).did();
        // Who attested it named another sponsor.
        self.facts.forget_evidence(&did, false);
        self.facts.sponsors.moved.insert(did, email.into());
        self.set_sponsor(row, email);
    }

    /// Gives agents whose records came again, from the row `first` on, the sponsors that the log knows.
    pub(super) fn restore_sponsors(&mut self, first: usize) {
        let moved = self.facts.sponsors.moved.clone();
        for (did, email) in &moved {
            if let Some(row) = self.find(did).filter(|row| row.index() >= first && !self.is_erased(*row)) {
                self.set_sponsor(row, email);
            }
        }
    }

    fn set_sponsor(&mut self, row: Row, email: &str) {
        let number = Arc::make_mut(&mut self.shared).sponsors.intern(email);
        self.columns.set_sponsor(row.index(), number);
        self.stale = true;
    }
}
