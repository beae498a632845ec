//! The checks of a verdict, shared by all verdicts that passed the same ones.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::encoding::canonical::{Object, write_string};
use crate::encoding::listed::Listed;

/// One check that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
pub struct Check {
    /// Its name.
    pub name: Cow<'static, str>,
    /// The token that it looked at, the root's counted as 0; none when it looked at the whole.
    pub hop: Option<u32>,
    /// Whether it passed.
    pub passed: bool,
}

/// Checks in the order in which they were made; cloning shares them.
#[derive(Debug, Clone)]
pub struct Checks(Arc<Made>);

#[derive(Debug)]
struct Made {
    checks: Vec<Check>,
    listed: OnceLock<Arc<Listed>>,
}

/// Whoever passes, passes the same checks as the last one with a chain of that length.
const REMEMBERED: usize = 16;

thread_local! {
    static PASSED: RefCell<Vec<Checks>> = const { RefCell::new(Vec::new()) };
}

impl Check {
    fn write(&self, out: &mut String) {
        let mut object = Object::begin(out);
        match self.hop {
            Some(hop) => object.member("hop").push_str(&hop.to_string()),
            None => object.member("hop").push_str("null"),
        }
        write_string(object.member("name"), &self.name);
        object.flag("passed", self.passed);
        object.end();
    }
}

impl Checks {
    /// The same checks as others had before, if all passed; else these.
    pub(super) fn recall(checks: Vec<Check>) -> Self {
        if checks.last().is_some_and(|last| !last.passed) {
            return checks.into();
        }
        PASSED.with_borrow_mut(|passed| {
            if let Some(known) = passed.iter().find(|known| known.0.checks == checks) {
                return known.clone();
            }
            let new = Self::from(checks);
            passed.truncate(REMEMBERED.saturating_sub(1));
            passed.insert(0, new.clone());
            new
        })
    }

    /// With one more.
    pub(super) fn and(&self, check: Check) -> Self {
        let mut checks = self.0.checks.clone();
        checks.push(check);
        checks.into()
    }

    /// As canonical JSON; written once.
    pub fn listed(&self) -> &Arc<Listed> {
        let write = || Arc::new(Listed::of(&self.0.checks, |out, check| check.write(out)));
        self.0.listed.get_or_init(write)
    }
}

impl From<Vec<Check>> for Checks {
    fn from(checks: Vec<Check>) -> Self {
        Self(Arc::new(Made { checks, listed: OnceLock::new() }))
    }
}

impl Deref for Checks {
    type Target = [Check];

    fn deref(&self) -> &[Check] {
        &self.0.checks
    }
}

impl PartialEq for Checks {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.checks == other.0.checks
    }
}

impl Eq for Checks {}
