//! Why a lineage is not valid: the hop, the rule, and the two values that disagree.

use super::hop::{self, Rule, Side, narrows};
use super::{Agent, Judgement, Registry, Row, State, Verdict};
use crate::capability::{WILDCARD, escalations};
use crate::delegation::MAX_DEPTH;
use crate::identity::{Identity, Parent};

/// A broken rule with everything needed to see why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The rule.
    pub rule: Rule,
    /// The child side of the hop.
    pub hop: String,
    /// The parent side, as the child's record names it.
    pub parent: Option<String>,
    /// What the rule asks for.
    pub expected: String,
    /// What is there instead.
    pub found: String,
    /// Whether following the parents from here leads back here.
    pub on_cycle: bool,
}

impl Explanation {
    /// One sentence for people.
    pub fn sentence(&self) -> String {
        let cycle = if self.on_cycle { "; its parents lead back to itself" } else { "" };
        format!("{}: expected {}, found {}{cycle}", self.hop, self.expected, self.found)
    }
}

/// Explains the broken hop of `row`, if its lineage is broken.
pub fn explain(registry: &Registry, judgement: &Judgement, row: Row) -> Option<Explanation> {
    let fault = judgement.verdict_of(row).fault?;
    let child = registry.agent(fault.hop);
    let parent = child.parent();
    let (expected, found) = values(
        fault.rule,
        &Claim {
            depth: child.depth(),
            parent_did: child.parent_did(),
            capabilities: child.capabilities().collect(),
        },
        parent,
        parent.map(|parent| judgement.state(parent.row())),
    );
    Some(Explanation {
        rule: fault.rule,
        hop: child.did().to_string(),
        parent: child.parent_did(),
        expected,
        found,
        on_cycle: registry.lineage().on_cycle(fault.hop),
    })
}

/// Judges the lineage of a record that need not be registered; only its ancestors must be.
///
/// # Errors
/// The explanation of the first broken hop on the way up.
pub fn verify_document(
    identity: &Identity<'_>,
    registry: Option<(&Registry, &Judgement)>,
) -> Result<(), Box<Explanation>> {
    let claim = Claim {
        depth: identity.delegation_depth,
        parent_did: identity.parent.as_ref().map(Parent::text),
        capabilities: identity.capabilities.iter().map(AsRef::as_ref).collect(),
    };
    let parent = registry.and_then(|(registry, _)| {
        let row = registry.find(identity.parent.as_ref()?.did()?)?;
        Some(registry.agent(row))
    });
    let state = parent.zip(registry).map(|(parent, (_, judgement))| judgement.state(parent.row()));
    let side = |depth, capabilities| Side { depth, capabilities };
    let above: Vec<&str> = parent.iter().flat_map(Agent::capabilities).collect();
    let named = match (&identity.parent, registry, parent) {
        (None, ..) => hop::Parent::Root,
        (_, None, _) => hop::Parent::Unknowable,
        (_, _, None) => hop::Parent::Missing,
        (_, _, Some(parent)) => hop::Parent::Registered(side(parent.depth(), above.as_slice())),
    };
    let own = hop::check(side(claim.depth, claim.capabilities.as_slice()), named, |parent, child| {
        narrows(parent.iter().copied(), child.iter().copied())
    });
    let stopped = state.is_some_and(|state| !matches!(state, State::Active | State::CutOff));
    let rule = match own {
        Some(rule) if rule.precedes_parent_state() || !stopped => rule,
        _ if stopped => Rule::InactiveParent,
        _ => {
            let (Some(parent), Some((registry, judgement))) = (parent, registry) else {
                return Ok(());
            };
            return explain(registry, judgement, parent.row()).map_or(Ok(()), |why| Err(Box::new(why)));
        }
    };
    let (expected, found) = values(rule, &claim, parent, state);
    Err(Box::new(Explanation {
        rule,
        hop: identity.did.to_string(),
        parent: claim.parent_did,
        expected,
        found,
        on_cycle: false,
    }))
}

/// The first of a list, and how many more there are.
fn some(list: &[&str]) -> String {
    const MOST: usize = 12;
    let first = list.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    match list.len().checked_sub(MOST) {
        None | Some(0) => first,
        Some(more) => format!("{first}, and {more} more"),
    }
}

struct Claim<'a> {
    depth: u32,
    parent_did: Option<String>,
    capabilities: Vec<&'a str>,
}

fn values(
    rule: Rule,
    child: &Claim<'_>,
    parent: Option<Agent<'_>>,
    parent_state: Option<State>,
) -> (String, String) {
    let depth = format!("delegation_depth {}", child.depth);
    match rule {
        Rule::RootDepthNonzero => ("delegation_depth 0 without a parent".into(), depth),
        Rule::DelegatedDepthZero => ("delegation_depth above 0 below a parent".into(), depth),
        Rule::MissingParent => {
            ("a registered parent".into(), format!("nobody at {}", child.parent_did.as_deref().unwrap_or("")))
        }
        Rule::NoRegistry => ("a registry to look the parent up in".into(), "none".into()),
        Rule::InactiveParent => {
            let name = parent.map(|parent| parent.did().to_string()).unwrap_or_default();
            let state = parent_state.map_or("unknown", State::as_str);
            ("an active parent".into(), format!("{name} {state}"))
        }
        Rule::WildcardDelegated => ("capabilities listed one by one".into(), WILDCARD.to_owned()),
        Rule::CapabilityEscalation => {
            let held: Vec<&str> = parent.iter().flat_map(Agent::capabilities).collect();
            let wider = escalations(&held, child.capabilities.iter().copied());
            (format!("a part of [{}]", some(&held)), format!("[{}] beyond it", some(&wider)))
        }
        Rule::DepthMismatch => {
            let parents = parent.map_or(0, |parent| parent.depth());
            (format!("delegation_depth {}", u64::from(parents) + 1), depth)
        }
        Rule::DepthLimitExceeded => (format!("delegation_depth of at most {MAX_DEPTH}"), depth),
    }
}

impl Verdict {
    /// Whether the lineage is valid, whatever the agent's own status.
    pub const fn lineage_valid(&self) -> bool {
        self.fault.is_none()
    }
}
