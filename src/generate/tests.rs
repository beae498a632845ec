#![allow(clippy::arithmetic_side_effects, reason = "tests count in small numbers")]

use std::collections::{HashMap, HashSet};

use super::*;
use crate::capability::{WILDCARD, escalations};
use crate::delegation::MAX_DEPTH;
use crate::encoding::{hex, sha256};
use crate::identity::{Did, Identity, Reading, Status, names_security};

fn at() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

fn lines(plan: &Plan) -> String {
    let mut text = String::new();
    for identity in plan.mesh() {
        identity.write_json(&mut text);
        text.push('\n');
    }
    text
}

struct Walk {
    agents: Vec<Identity<'static>>,
    rows: HashMap<Did, usize>,
}

impl Walk {
    fn new(plan: &Plan) -> Self {
        let agents: Vec<_> = plan.mesh().collect();
        let rows: HashMap<_, _> =
            agents.iter().enumerate().map(|(row, agent)| (agent.did.clone(), row)).collect();
        assert_eq!(rows.len(), agents.len(), "a DID is given twice");
        Self { agents, rows }
    }

    fn parent(&self, row: usize) -> Option<usize> {
        self.rows.get(self.agents[row].parent.as_ref()?.did()?).copied()
    }

    /// The agent, its parent, and so on up to a root or around a loop.
    fn lineage(&self, row: usize) -> (Vec<usize>, bool) {
        let (mut path, mut seen) = (vec![row], HashSet::from([row]));
        while let Some(next) = self.parent(path[path.len() - 1]) {
            path.push(next);
            if !seen.insert(next) {
                return (path, next == row);
            }
        }
        (path, false)
    }

    /// How the agent's own record disagrees with its parent's.
    fn fault(&self, row: usize) -> Option<Broken> {
        let agent = &self.agents[row];
        if self.lineage(row).1 {
            return Some(Broken::Cycle);
        }
        if agent.parent.is_none() {
            return (agent.delegation_depth != 0).then_some(Broken::RootDepthNonzero);
        }
        let Some(parent) = self.parent(row) else {
            return Some(Broken::MissingParent);
        };
        let parent = &self.agents[parent];
        let held: Vec<&str> = parent.capabilities.iter().map(AsRef::as_ref).collect();
        let mut faults = Vec::new();
        if agent.delegation_depth == 0 {
            faults.push(Broken::DelegatedDepthZero);
        } else if agent.delegation_depth != parent.delegation_depth + 1 {
            faults.push(Broken::DepthMismatch);
        } else if agent.delegation_depth > MAX_DEPTH {
            faults.push(Broken::DepthLimitExceeded);
        }
        if agent.capabilities.iter().any(|held| held == WILDCARD) {
            faults.push(Broken::WildcardDelegated);
        } else if !escalations(&held, agent.capabilities.iter().map(AsRef::as_ref)).is_empty() {
            faults.push(Broken::CapabilityEscalation);
        }
        assert!(faults.len() < 2, "one agent, two faults: {faults:?}");
        faults.first().copied()
    }
}

#[test]
fn the_same_seed_and_time_give_the_same_bytes() {
    let plan = Plan::new(1000, 1, at());
    let text = lines(&plan);
    assert_eq!(text.lines().count(), 1000);
    assert_eq!(
        hex::encode(&sha256(text.as_bytes())),
        "17ddcfb379395c0c6b31d23ff038c0d92f2903fa908b3ba86b4a543263225ab2"
    );
    assert_ne!(text, lines(&Plan { seed: 2, ..plan }));
    assert_ne!(text, lines(&Plan { at: Time::MAX, ..plan }));
}

#[test]
fn each_kind_of_damage_happens_as_often_as_asked_and_nothing_else_is_broken() {
    let even = Broken::ALL.into_iter().fold(Shares::NONE, |shares, kind| shares.with(kind, 10_000).unwrap());
    for (agents, seed, broken) in [
        (100, 9, Shares::default()),
        (1000, 1, Shares::default()),
        (1000, 2, even),
        (1003, 3, Shares::NONE),
        (5000, 4, Shares::default()),
        (300, 5, Shares::NONE.with(Broken::Cycle, 50_000).unwrap()),
    ] {
        let walk = Walk::new(&Plan { agents, seed, at: at(), broken });
        let mut counts: HashMap<Broken, u32> = HashMap::new();
        for fault in (0..walk.agents.len()).filter_map(|row| walk.fault(row)) {
            *counts.entry(fault).or_default() += 1;
        }
        for kind in Broken::ALL {
            let asked = broken.count(kind, agents);
            assert_eq!(counts.get(&kind).copied().unwrap_or(0), asked, "{} of {agents}", kind.as_str());
        }
    }
}

#[test]
fn every_record_reads_back_equal_and_is_what_a_registry_takes() {
    let reading = Reading { now: Time::MIN, assume_utc: false };
    for agent in Plan::new(1500, 7, at()).mesh() {
        let mut text = String::new();
        agent.write_json(&mut text);
        let parsed = Identity::from_json(&text, &reading).unwrap();
        assert_eq!(parsed.identity, agent);
        assert!(agent.did.is_bound_to(&agent.public_key));
        assert!(agent.public_key.check().is_ok());
        assert!(!agent.capabilities.is_empty());
        assert!(agent.created_at <= agent.updated_at && agent.updated_at <= at());
        assert!(agent.trust_score <= agent.max_initial_trust_score.or(Some(1000)));
    }
}

#[test]
fn what_is_inherited_is_inherited() {
    let walk = Walk::new(&Plan::new(3000, 11, at()));
    for (row, agent) in walk.agents.iter().enumerate() {
        let Some(parent) = walk.parent(row).filter(|_| walk.fault(row).is_none()) else {
            continue;
        };
        let parent = &walk.agents[parent];
        assert_eq!(agent.sponsor_email, parent.sponsor_email);
        assert_eq!(agent.organization, parent.organization);
        assert!(parent.created_at < agent.created_at);
        assert!(parent.status == Status::Active || agent.created_at < parent.updated_at);
        assert!(parent.expires_at.is_none_or(|expiry| agent.created_at < expiry));
        if let Some(ceiling) = parent.max_initial_trust_score {
            assert!(agent.max_initial_trust_score.is_some_and(|own| own <= ceiling));
        }
    }
}

#[test]
fn the_mesh_is_believable() {
    let walk = Walk::new(&Plan::new(5000, 3, at()));
    let count =
        |holds: &dyn Fn(&Identity<'_>) -> bool| walk.agents.iter().filter(|agent| holds(agent)).count();
    let companies: HashSet<_> = walk.agents.iter().map(|agent| &agent.organization).collect();
    let mut sponsors: HashMap<_, usize> = HashMap::new();
    for agent in &walk.agents {
        *sponsors.entry(&agent.sponsor_email).or_default() += 1;
    }
    assert!(companies.len() >= 8 && sponsors.len() > 60);
    assert!(sponsors.values().max() > Some(&(10 * 5000 / sponsors.len())), "sponsors are skewed");
    let suspended = count(&|agent| agent.status == Status::Suspended);
    let for_security = count(&|agent| {
        agent.status == Status::Suspended && agent.revocation_reason.as_deref().is_some_and(names_security)
    });
    let revoked = count(&|agent| agent.status == Status::Revoked);
    assert!((100..200).contains(&suspended) && (65..140).contains(&revoked), "{suspended} {revoked}");
    assert!(for_security > 20 && for_security < suspended);
    let unscored = count(&|agent| agent.trust_score.is_none());
    assert!((300..500).contains(&unscored), "{unscored}");
    let past = count(&|agent| agent.expires_at.is_some_and(|expiry| expiry <= at()));
    let soon = count(&|agent| {
        agent.expires_at.is_some_and(|expiry| expiry > at() && expiry.since(at()).as_seconds() < 86_400)
    });
    let later =
        count(&|agent| agent.expires_at.is_some_and(|expiry| expiry.since(at()).as_seconds() > 7 * 86_400));
    assert!(past > 40 && soon > 40 && later > 200, "{past} {soon} {later}");
    for depth in 0..=MAX_DEPTH {
        assert!(count(&|agent| agent.delegation_depth == depth) > 10, "depth {depth}");
    }
    let hostile = count(&|agent| !agent.name.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!((5..50).contains(&hostile), "{hostile}");
    let mut below = vec![0_usize; walk.agents.len()];
    let mut forward = 0;
    for row in 0..walk.agents.len() {
        let (path, _) = walk.lineage(row);
        path.iter().skip(1).for_each(|above| below[*above] += 1);
        forward += usize::from(walk.parent(row).is_some_and(|parent| parent > row));
    }
    let largest_below_a_root =
        (0..below.len()).filter(|row| walk.agents[*row].parent.is_some()).map(|row| below[row]).max();
    assert!((450..800).contains(&largest_below_a_root.unwrap()), "{largest_below_a_root:?}");
    assert!((30..300).contains(&forward), "{forward}");
}

#[test]
fn every_size_gives_as_many_agents_as_asked() {
    for agents in (0..40).chain([99, 100, 101, 127, 333]) {
        for seed in 0..3 {
            let plan = Plan::new(agents, seed, at());
            assert_eq!(plan.mesh().count(), agents as usize);
            assert!(lines(&Plan { at: Time::MIN, ..plan }).lines().count() == agents as usize);
        }
    }
}

#[test]
fn shares_beyond_a_half_are_refused() {
    assert_eq!(Shares::NONE.with(Broken::Cycle, 500_001), None);
    assert_eq!(
        Shares::NONE
            .with(Broken::Cycle, 300_000)
            .and_then(|shares| shares.with(Broken::MissingParent, 300_000)),
        None
    );
    assert_eq!(
        Shares::NONE.with(Broken::Cycle, 1_500).map(|shares| shares.count(Broken::Cycle, 1000)),
        Some(2)
    );
    assert_eq!(Broken::parse("cycle"), Some(Broken::Cycle));
}

#[test]
fn one_agent_is_judged_as_the_whole_mesh_is() {
    use crate::registry::{Judgement, Registry};
    let broken =
        Broken::ALL.into_iter().fold(Shares::NONE, |shares, kind| shares.with(kind, 20_000).unwrap());
    for seed in 0..4 {
        let mut intake = Registry::default().intake(false);
        for identity in (Plan { agents: 1000, seed, at: at(), broken }).mesh() {
            intake.register(&identity, false, 0).unwrap();
        }
        let registry = intake.settle();
        let judgement = Judgement::of(&registry, at());
        for row in registry.rows() {
            assert_eq!(registry.verdict_at(row, at()), judgement.verdict_of(row), "seed {seed}, {row:?}");
        }
    }
}

#[test]
fn one_locked_agent_is_judged_as_the_whole_mesh_is() {
    use crate::registry::{Judgement, Lock, LockTarget, Registry, State};
    let mut intake = Registry::default().intake(false);
    for identity in Plan::new(600, 5, at()).mesh() {
        intake.register(&identity, false, 0).unwrap();
    }
    let open = intake.settle();
    let chosen = open.agent(open.row(40).unwrap());
    let organization = open.rows().find_map(|row| open.agent(row).organization()).unwrap().to_owned();
    for target in [
        LockTarget::Subtree(chosen.did()),
        LockTarget::Sponsor(chosen.sponsor().to_owned()),
        LockTarget::Organization(organization),
        LockTarget::Key(chosen.public_key()),
    ] {
        let mut registry = open.clone();
        let lock = Lock { target: target.clone(), index: 1, since: at(), reason: String::new(), until: None };
        registry.facts_mut().locks.add(lock);
        let (judgement, before) = (Judgement::of(&registry, at()), Judgement::of(&open, at()));
        assert!(judgement.tally().state(State::Active) < before.tally().state(State::Active), "{target:?}");
        for row in registry.rows() {
            assert_eq!(registry.verdict_at(row, at()), judgement.verdict_of(row), "{target:?}, {row:?}");
        }
    }
}
