//! The agents themselves, one after another.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::cast::{COMPANIES, DESCRIPTIONS, HOSTILE, email, team_of};
use super::damage::Damage;
use super::draw::Draw;
use super::grants::{Grants, STAR, Vocabulary};
use super::life::{self, Window};
use super::spot::{LARGE, Spot};
use super::{Broken, Plan};
use crate::delegation::MAX_DEPTH;
use crate::identity::{Did, Identity, Parent, SecretKey, Status};
use crate::time::Time;

/// Sponsors of one company.
const SPONSORS: u32 = 48;

/// The agents of a [`Plan`], as many as it says.
pub struct Mesh {
    pub(super) plan: Plan,
    pub(super) vocabulary: Vocabulary,
    pub(super) choices: Draw,
    pub(super) keys: Draw,
    pub(super) nodes: Vec<Node>,
    pub(super) companies: Vec<Vec<u32>>,
    pub(super) fleet: Vec<u32>,
    pub(super) deepest: Vec<u32>,
    pub(super) starred: Vec<u32>,
    pub(super) damage: Damage,
    pub(super) open: Option<Open>,
    pub(super) ready: VecDeque<Identity<'static>>,
}

/// What later agents need to know of an earlier one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) did: u128,
    pub(super) held: Grants,
    pub(super) created: Time,
    pub(super) parent: Option<u32>,
    pub(super) ceiling: Option<u16>,
    pub(super) sponsor: u16,
    pub(super) company: u8,
    pub(super) team: u8,
    pub(super) depth: u8,
    pub(super) verified: bool,
    pub(super) stopped: Option<Time>,
    pub(super) sound: bool,
    pub(super) in_fleet: bool,
}

/// A record that waits for the next agent, which will be its child.
pub(super) struct Open {
    pub(super) row: u32,
    pub(super) record: Identity<'static>,
    pub(super) is_loop: bool,
}

impl Mesh {
    pub(super) fn new(plan: &Plan) -> Self {
        let companies = match plan.agents {
            0..32 => plan.agents.div_ceil(4),
            _ => 12,
        };
        Self {
            plan: *plan,
            vocabulary: Vocabulary::new(),
            choices: Draw::new(plan.seed, "choices"),
            keys: Draw::new(plan.seed, "keys"),
            nodes: Vec::new(),
            companies: vec![Vec::new(); usize::try_from(companies).unwrap_or(1)],
            fleet: Vec::new(),
            deepest: Vec::new(),
            starred: Vec::new(),
            damage: Damage::new(&plan.broken, plan.agents),
            open: None,
            ready: VecDeque::new(),
        }
    }

    pub(super) fn made(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn left(&self) -> u32 {
        self.plan.agents.saturating_sub(self.made())
    }

    pub(super) fn node(&self, row: u32) -> Option<Node> {
        self.nodes.get(usize::try_from(row).ok()?).copied()
    }

    fn step(&mut self) {
        self.damage.draw(self.made(), self.plan.agents, &mut self.choices);
        if let Some(open) = self.open.take() {
            self.close(open);
            return;
        }
        if let Some((kind, spot)) = self.damaged_spot() {
            self.damage.done(kind);
            self.make_damaged(kind, spot);
            return;
        }
        let spot = self.spot();
        let record = self.make(spot, None);
        let row = self.made().saturating_sub(1);
        let may_wait = self.left() > 0 && self.made() > LARGE && record.status == Status::Active;
        let shallow =
            record.delegation_depth < MAX_DEPTH && record.expires_at.is_none_or(|end| end > self.plan.at);
        if may_wait && shallow && self.choices.chance(20) {
            self.open = Some(Open { row, record, is_loop: false });
        } else {
            self.ready.push_back(record);
        }
    }

    /// Makes the child that comes before its parent, or closes the loop.
    fn close(&mut self, open: Open) {
        let Open { row, mut record, is_loop } = open;
        let spot = Spot { may_stop: false, ..self.spot_below(row) };
        let child = self.make(spot, is_loop.then_some(Broken::Cycle));
        if is_loop {
            record.parent = Some(Parent::Did(child.did.clone()));
            self.damage.done(Broken::Cycle);
        }
        self.ready.push_back(child);
        self.ready.push_back(record);
    }

    fn make_damaged(&mut self, kind: Broken, spot: Spot) {
        let is_loop = kind == Broken::Cycle && self.left() > 1 && self.damage.wants(Broken::Cycle);
        let mut record = self.make(spot, Some(kind));
        let row = self.made().saturating_sub(1);
        match kind {
            Broken::MissingParent => record.parent = Some(Parent::Did(Did::from_bits(self.choices.bits()))),
            Broken::Cycle if is_loop => {
                self.open = Some(Open { row, record, is_loop });
                return;
            }
            Broken::Cycle => record.parent = Some(Parent::Did(record.did.clone())),
            _ => {}
        }
        self.ready.push_back(record);
    }

    fn make(&mut self, spot: Spot, broken: Option<Broken>) -> Identity<'static> {
        let parent = spot.parent.and_then(|row| self.node(row));
        let number = self.made();
        let team = match parent {
            Some(parent) if self.choices.chance(850) => parent.team,
            None if spot.starred => 0,
            _ => u8::try_from(self.choices.below(9)).unwrap_or(0),
        };
        let held = self.held(spot, parent.as_ref(), team, broken);
        let sponsor = match parent {
            Some(parent) => parent.sponsor,
            None => u16::try_from(self.choices.skewed(SPONSORS)).unwrap_or(0),
        };
        let depth = self.depth(parent.as_ref(), broken);
        let verified = match parent {
            Some(parent) => parent.verified && self.choices.chance(600),
            None => self.choices.chance(850),
        };
        let mut record = self.blank(spot, parent.as_ref(), number, team, sponsor);
        record.capabilities = self.vocabulary.texts(held);
        record.delegation_depth = u32::from(depth);
        record.sponsor_verified = verified;
        let draw = &mut self.choices;
        let window =
            parent.map(|parent| Window { from: parent.created, to: parent.stopped.unwrap_or(self.plan.at) });
        record.created_at = life::created(self.plan.at, window, draw);
        let ceiling = parent.and_then(|parent| parent.ceiling);
        record.max_initial_trust_score = life::ceiling(ceiling, parent.is_none(), draw);
        let stopped = life::fate(&mut record, self.plan.at, spot.may_stop, draw);
        record.trust_score = life::score(&record, draw);
        self.remember(Node {
            did: record.did.bits().unwrap_or(0),
            held,
            created: record.created_at,
            parent: spot.parent,
            ceiling: record.max_initial_trust_score,
            sponsor,
            company: spot.company,
            team,
            depth,
            verified,
            stopped,
            sound: broken.is_none() && parent.is_none_or(|parent| parent.sound),
            in_fleet: spot.in_fleet,
        });
        record
    }

    fn held(&mut self, spot: Spot, parent: Option<&Node>, team: u8, broken: Option<Broken>) -> Grants {
        let team = team_of(team);
        let Some(parent) = parent else {
            return if spot.starred { STAR } else { self.vocabulary.of_team(team, &mut self.choices) };
        };
        let heads_the_fleet = spot.in_fleet && !parent.in_fleet;
        let held = match broken {
            _ if heads_the_fleet => self.vocabulary.all(),
            // Whoever closes a loop holds the same as the one above and below it.
            Some(Broken::Cycle) if !parent.sound => parent.held,
            _ => self.vocabulary.narrowed(parent.held, team, &mut self.choices),
        };
        match broken {
            Some(Broken::WildcardDelegated) => held | STAR,
            Some(Broken::CapabilityEscalation) => {
                held | self.vocabulary.beyond(parent.held, &mut self.choices).unwrap_or(0)
            }
            _ => held,
        }
    }

    fn depth(&mut self, parent: Option<&Node>, broken: Option<Broken>) -> u8 {
        let right = parent.map_or(0, |parent| parent.depth.saturating_add(1));
        match broken {
            Some(Broken::DelegatedDepthZero) => 0,
            Some(Broken::RootDepthNonzero) => 1,
            Some(Broken::DepthMismatch) if right > 1 && self.choices.chance(400) => right.saturating_sub(1),
            Some(Broken::DepthMismatch) => right.saturating_add(1),
            _ => right,
        }
    }

    /// Name, key and sponsor.
    fn blank(
        &mut self,
        spot: Spot,
        parent: Option<&Node>,
        number: u32,
        team: u8,
        sponsor: u16,
    ) -> Identity<'static> {
        let public_key = SecretKey::from_seed(self.keys.bytes()).public_key().bytes();
        let company = COMPANIES.get(usize::from(spot.company)).unwrap_or(&COMPANIES[0]);
        let team = team_of(team);
        let name = if number % 331 == 47 {
            self.choices.pick(&HOSTILE).replace("{}", &number.to_string())
        } else if spot.starred {
            format!("control-plane-{number:04}")
        } else {
            format!("{}-{}-{number:04}", team.name, self.choices.pick(team.roles))
        };
        Identity {
            did: public_key.bound_did(),
            name: Cow::Owned(name),
            description: self.choices.chance(600).then(|| Cow::Borrowed(self.choices.pick(&DESCRIPTIONS))),
            public_key,
            sponsor_email: Cow::Owned(email(spot.company, sponsor, company.domain)),
            sponsor_verified: false,
            organization: Some(Cow::Borrowed(company.name)),
            organization_id: parent.is_none().then_some(Cow::Borrowed(company.id)),
            capabilities: Vec::new(),
            created_at: self.plan.at,
            updated_at: self.plan.at,
            expires_at: None,
            status: Status::Active,
            revocation_reason: None,
            parent: parent.map(|parent| Parent::Did(Did::from_bits(parent.did))),
            delegation_depth: 0,
            max_initial_trust_score: None,
            trust_score: None,
            extra: None,
        }
    }

    fn remember(&mut self, node: Node) {
        let row = self.made();
        self.nodes.push(node);
        if node.in_fleet {
            self.fleet.push(row);
        } else if let Some(members) = self.companies.get_mut(usize::from(node.company)) {
            members.push(row);
        }
        if node.sound && node.stopped.is_none() && u32::from(node.depth) == MAX_DEPTH {
            self.deepest.push(row);
        }
        if node.sound && node.stopped.is_none() && node.held & STAR != 0 {
            self.starred.push(row);
        }
    }
}

impl Iterator for Mesh {
    type Item = Identity<'static>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && self.left() > 0 {
            self.step();
        }
        self.ready.pop_front()
    }
}
