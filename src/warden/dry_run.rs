//! What a policy would have changed: the last verdicts, judged again under it.

use std::collections::BTreeMap;

use crate::audit::{Outcome, Ruling, Search, Told};
use crate::delegation::Memo;
use crate::policy::Policy;
use crate::registry::Registry;
use crate::time::Time;
use crate::verify::{Basis, Request, Verdict, judge};

use super::fold::nothing;
use super::{Warden, WardenError};

/// So many verdicts of each kind of difference are named.
const MOST_EXAMPLES: usize = 5;

/// The last verdicts under two policies, on the registry as it was for each of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRun {
    /// How many were judged.
    pub judged: u64,
    /// How many were not: their requests were too large to be kept, or the log of changes is shorter than theirs.
    pub left_out: u64,
    /// How many the policy in force answers otherwise than they were answered: it was changed since.
    pub drifted: u64,
    /// What the proposed policy answers otherwise than the one in force, the most frequent first.
    pub shifts: Vec<Shift>,
}

/// Verdicts that would change in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// The code of the denial under the policy in force; none for an allow.
    pub from: Option<String>,
    /// The code of the denial under the proposed one; none for an allow.
    pub to: Option<String>,
    /// How many.
    pub count: u64,
    /// A few, the newest first.
    pub examples: Vec<Example>,
}

/// A verdict that would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Its place in the decision log.
    pub index: u64,
    /// When it was given.
    pub time: Time,
    /// Who asked.
    pub caller: String,
    /// What for.
    pub action: String,
    /// To what.
    pub resource: String,
}

impl Warden {
    /// Judges the last `last` verdicts about known callers again: under the policy in force, and under `proposed`.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn dry_run(&mut self, proposed: &Policy, last: usize) -> Result<DryRun, WardenError> {
        self.follow()?;
        let known = Search { result: Some(Outcome::Known), ..Search::default() };
        let mut rulings: Vec<(u64, Box<Ruling>)> = Vec::new();
        for decision in self.verdicts(&known, last)? {
            if let Told::Ruling(ruling) = decision.told {
                rulings.push((decision.index, ruling));
            }
        }
        // The registry is folded once, from its first entry to the last that a verdict was judged by.
        rulings.sort_by_key(|(_, ruling)| ruling.verdict.index);
        let memo = Memo::new(4096, 4096);
        let present = std::sync::Arc::clone(&self.state.policy);
        let (size, view) = (self.state.head.size, self.store.read()?);
        let (mut state, mut run) = (nothing(self.meta.log), DryRun::default());
        let mut shifts = BTreeMap::new();
        for (index, ruling) in &rulings {
            let request = ruling.request.as_deref().and_then(|bytes| Request::from_json(bytes).ok());
            let (Some(request), true) = (request, ruling.verdict.index <= size) else {
                run.left_out = run.left_out.saturating_add(1);
                continue;
            };
            if state.head.size < ruling.verdict.index {
                state.go_on(&*view, ruling.verdict.index)?;
            }
            let under = |policy| code(&again(&request, &ruling.verdict, &state.registry, policy, &memo));
            let (from, to) = (under(&present), under(proposed));
            run.judged = run.judged.saturating_add(1);
            run.drifted = run.drifted.saturating_add(u64::from(from != code(&ruling.verdict)));
            if from != to {
                let shift = shifts.entry((from.clone(), to.clone()));
                let shift = shift.or_insert(Shift { from, to, count: 0, examples: Vec::new() });
                shift.count = shift.count.saturating_add(1);
                shift.examples.push(Example::of(*index, ruling));
            }
        }
        run.shifts = shifts.into_values().collect();
        for shift in &mut run.shifts {
            shift.examples.sort_by_key(|example| std::cmp::Reverse(example.index));
            shift.examples.truncate(MOST_EXAMPLES);
        }
        run.shifts.sort_by_key(|shift| std::cmp::Reverse(shift.count));
        Ok(run)
    }
}

fn again(
    request: &Request<'_>,
    verdict: &Verdict,
    registry: &Registry,
    policy: &Policy,
    memo: &Memo,
) -> Verdict {
    let basis = Basis {
        registry,
        policy,
        // What the answer is does not depend on it.
        policy_digest: [0; 32],
        index: verdict.index,
        as_of: verdict.as_of,
    };
    judge(request, &basis, memo, verdict.now).0
}

fn code(verdict: &Verdict) -> Option<String> {
    verdict.failure.as_ref().map(|failure| failure.code.to_string())
}

impl Example {
    fn of(index: u64, ruling: &Ruling) -> Self {
        let verdict = &ruling.verdict;
        Self {
            index,
            time: verdict.now,
            caller: verdict.caller.as_ref().map(ToString::to_string).unwrap_or_default(),
            action: verdict.action.clone(),
            resource: verdict.resource.clone(),
        }
    }
}
