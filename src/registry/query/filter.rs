//! A query bound to one registry: what can be known of all agents at once is, the rest is read agent by agent.

use std::collections::HashSet;
use std::ops::Range;

use super::error::{QueryError, QueryProblem};
use super::field::{Field, Flag};
use super::lex::Operator;
use super::parse::{Node, compares};
use super::term::{Bound, Term, Test};
use super::{Callers, text};
use crate::capability::{WILDCARD, allows};
use crate::identity::{Did, Status};
use crate::registry::columns::{NONE, fold_into};
use crate::registry::intern::Interner;
use crate::registry::{Judgement, Registry, Risks, Row, Rule, State, find};
use crate::trust::Tier;

/// A query over one registry.
pub struct Filter<'r> {
    registry: &'r Registry,
    judgement: &'r Judgement,
    root: Option<Tree>,
}

/// The query's tree, each test prepared.
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Leaf(Prepared),
}

enum Prepared {
    Flag(Flag),
    /// By row.
    Rows(Vec<bool>),
    /// By the number of a text, or of a list of capabilities; who has none is `otherwise`.
    Numbered {
        field: Field,
        marks: Vec<bool>,
        otherwise: bool,
    },
    /// By the number of a list of capabilities: whether it gives what is asked.
    Reach {
        lists: Vec<bool>,
        unlike: bool,
    },
    Chosen(HashSet<Row>),
    /// By preorder position.
    Below(Range<usize>),
    Parent(Row),
    Words(Field, u16),
    Number(Field, Operator, i64),
    Age(Field, Operator, Bound),
    Seen {
        callers: HashSet<Did>,
        within: bool,
    },
    Text {
        field: Field,
        whole: bool,
        unlike: bool,
        value: String,
    },
}

impl<'r> Filter<'r> {
    pub(super) fn new(
        root: Option<&Node>,
        registry: &'r Registry,
        judgement: &'r Judgement,
        callers: &Callers,
    ) -> Result<Self, QueryError> {
        let binder = Binder { registry, judgement, callers };
        let root = root.map(|node| binder.tree(node)).transpose()?;
        Ok(Self { registry, judgement, root })
    }

    /// Whether an agent is meant.
    pub fn matches(&self, row: Row) -> bool {
        self.root.as_ref().is_none_or(|tree| self.fits(tree, row))
    }

    /// The agents that are meant, in registration order.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        self.registry.rows().filter(|row| self.matches(*row))
    }

    /// The same from a row on.
    pub fn rows_from(&self, first: usize) -> impl Iterator<Item = Row> {
        let rows = (first..self.registry.row_count()).map(Row::from_index);
        let gone = |row: &Row| self.registry.gone > 0 && self.registry.columns.hot(row.index()).gone;
        rows.filter(move |row| !gone(row) && self.matches(*row))
    }

    fn fits(&self, tree: &Tree, row: Row) -> bool {
        match tree {
            Tree::All(trees) => trees.iter().all(|tree| self.fits(tree, row)),
            Tree::Any(trees) => trees.iter().any(|tree| self.fits(tree, row)),
            Tree::Not(tree) => !self.fits(tree, row),
            Tree::Leaf(prepared) => self.is(prepared, row),
        }
    }

    fn is(&self, prepared: &Prepared, row: Row) -> bool {
        let registry = self.registry;
        let makers = || registry.columns.makers(row.index());
        match prepared {
            Prepared::Flag(flag) => self.flag(*flag, row),
            Prepared::Rows(marks) => marks.get(row.index()).copied().unwrap_or(false),
            Prepared::Numbered { field, marks, otherwise } => {
                let number = match field {
                    Field::Sponsor => makers().sponsor,
                    Field::Organization => makers().organization,
                    Field::Reason => registry.columns.hot(row.index()).reason,
                    _ => registry.columns.cold(row.index()).capabilities,
                };
                marks.get(number as usize).copied().unwrap_or(*otherwise)
            }
            Prepared::Reach { lists, unlike } => {
                let list = registry.columns.cold(row.index()).capabilities;
                let gives = lists.get(list as usize).copied().unwrap_or(false);
                (gives && self.judgement.state(row) == State::Active) != *unlike
            }
            Prepared::Chosen(rows) => rows.contains(&row),
            Prepared::Below(positions) => positions.contains(&registry.lineage().position(row)),
            Prepared::Parent(parent) => registry.lineage().parent(row) == Some(*parent),
            Prepared::Words(field, bits) => self.word(*field, row) & bits != 0,
            Prepared::Number(field, operator, value) => {
                self.number(*field, row).is_some_and(|number| compares(*operator, &number, value))
            }
            Prepared::Age(field, operator, bound) => self.age(*field, row, *operator, *bound),
            Prepared::Seen { callers, within } => callers.contains(&registry.agent(row).did()) == *within,
            Prepared::Text { field, whole, unlike, value } => {
                self.text(*field, row, *whole, value) != *unlike
            }
        }
    }

    fn flag(&self, flag: Flag, row: Row) -> bool {
        let agent = self.registry.agent(row);
        let fault = || self.judgement.verdict_of(row).fault;
        match flag {
            Flag::Broken => fault().is_some_and(|fault| fault.rule != Rule::InactiveParent),
            Flag::Orphaned => {
                fault().is_some_and(|fault| fault.rule == Rule::MissingParent && fault.hop == row)
            }
            Flag::Unlimited => agent.capabilities().any(|held| held == WILDCARD),
            Flag::Overprivileged => self.registry.overprivileged(row, self.judgement.at()),
            Flag::Unscored => self.registry.scored(row, self.judgement.at()).is_none(),
            Flag::Unverified => !agent.sponsor_verified(),
            Flag::Sealed => self.registry.sealed_above(row).is_some(),
            Flag::Locked => self.registry.lock_on(row, self.judgement.at()).is_some(),
            Flag::Listed => self.registry.facts().listed_by(&agent.did()).is_some(),
            Flag::Attested => agent.attested(),
            Flag::Confusable => self.registry.confusable(row),
            Flag::Erased => self.registry.is_erased(row),
        }
    }

    /// The bit of the word that holds for an agent.
    fn word(&self, field: Field, row: Row) -> u16 {
        let place = match field {
            Field::State => self.judgement.state(row) as u32,
            Field::Status => match self.registry.agent(row).status(self.judgement.at()) {
                Status::Active => 0,
                Status::Suspended => 1,
                Status::Revoked => 2,
            },
            Field::Tier => match self.registry.scored(row, self.judgement.at()).map(|trust| trust.tier) {
                Some(Tier::Untrusted) => 0,
                Some(Tier::Probationary) => 1,
                Some(Tier::Standard) => 2,
                Some(Tier::Trusted) => 3,
                Some(Tier::VerifiedPartner) => 4,
                None => 5,
            },
            _ => match self.judgement.verdict_of(row).fault {
                Some(fault) if field == Field::Broken || fault.hop == row => fault.rule as u32 - 1,
                _ => return 0,
            },
        };
        1_u16.checked_shl(place).unwrap_or(0)
    }

    fn number(&self, field: Field, row: Row) -> Option<i64> {
        let lineage = self.registry.lineage();
        match field {
            Field::Trust => {
                self.registry.scored(row, self.judgement.at()).map(|trust| i64::from(trust.score))
            }
            Field::Ceiling => self.registry.agent(row).ceiling().map(i64::from),
            Field::Depth => Some(i64::from(self.registry.agent(row).depth())),
            Field::Fell => Some(i64::from(self.registry.fell(row, self.judgement.at()))),
            Field::Children => i64::try_from(lineage.child_count(row)).ok(),
            _ => i64::try_from(lineage.size(row).saturating_sub(1)).ok(),
        }
    }

    fn age(&self, field: Field, row: Row, operator: Operator, bound: Bound) -> bool {
        let (agent, now) = (self.registry.agent(row), self.judgement.at());
        let time = match field {
            Field::Created => Some(agent.created_at()),
            Field::Updated => Some(agent.updated_at()),
            Field::Expires => agent.expires_at(),
            _ => agent.until(),
        };
        let later = matches!(operator, Operator::More | Operator::AtLeast);
        let to_come = matches!(field, Field::Expires | Field::Until);
        match (time, bound) {
            // What never ends ends later than anything.
            (None, _) => later && field == Field::Expires,
            (Some(time), _) if to_come && time <= now => false,
            (Some(time), Bound::Time(bound)) => compares(operator, &time, &bound),
            (Some(time), Bound::Span(span)) if to_come => compares(operator, &time.since(now), &span),
            (Some(time), Bound::Span(span)) => compares(operator, &now.since(time), &span),
        }
    }

    fn text(&self, field: Field, row: Row, whole: bool, value: &str) -> bool {
        let agent = self.registry.agent(row);
        let owned;
        let text = match field {
            Field::Name => agent.name(),
            Field::Description => agent.description().unwrap_or_default(),
            Field::Did => {
                owned = agent.did().to_string();
                &owned
            }
            _ => {
                owned = agent.public_key().key_id().to_string();
                &owned
            }
        };
        holds(text, whole, value)
    }
}

/// Whether a text is a value, or holds it in either case; `value` is folded unless the whole text is meant.
fn holds(text: &str, whole: bool, value: &str) -> bool {
    if whole {
        return text == value;
    }
    let mut folded = String::with_capacity(text.len());
    fold_into(&mut folded, text);
    folded.contains(value)
}

struct Binder<'b> {
    registry: &'b Registry,
    judgement: &'b Judgement,
    callers: &'b Callers,
}

impl Binder<'_> {
    fn tree(&self, node: &Node) -> Result<Tree, QueryError> {
        let trees = |nodes: &[Node]| nodes.iter().map(|node| self.tree(node)).collect::<Result<Vec<_>, _>>();
        Ok(match node {
            Node::All(nodes) => Tree::All(trees(nodes)?),
            Node::Any(nodes) => Tree::Any(trees(nodes)?),
            Node::Not(node) => Tree::Not(Box::new(self.tree(node)?)),
            Node::Term(term) => Tree::Leaf(self.prepared(term)?),
        })
    }

    fn prepared(&self, term: &Term) -> Result<Prepared, QueryError> {
        Ok(match &term.test {
            Test::Word(word) => Prepared::Rows(text::rows(self.registry, word)),
            Test::Flag(flag) => Prepared::Flag(*flag),
            Test::Text { field, operator, value } => self.text(*field, *operator, value),
            Test::Capability { field: Field::Reach, operator, value } => Prepared::Reach {
                lists: self.lists(|held| allows(held, value)),
                unlike: *operator == Operator::IsNot,
            },
            Test::Capability { operator, value, .. } => Prepared::Numbered {
                field: Field::Capability,
                marks: self.capability(*operator, value),
                otherwise: false,
            },
            Test::Tag { operator, value } => self.tagged(*operator, value),
            Test::Words { field, bits } => Prepared::Words(*field, *bits),
            Test::Number { field: field @ (Field::Impact | Field::Risk), operator, value } => {
                Prepared::Rows(self.ranked(*field, *operator, *value))
            }
            Test::Number { field, operator, value } => Prepared::Number(*field, *operator, *value),
            Test::Kin { field, value } => self.kin(*field, value).map_err(|problem| term.fault(problem))?,
            Test::Age { field: Field::Seen | Field::Denied, operator, bound } => {
                let asked = term.callers_since(self.judgement.at());
                let callers = asked.and_then(|asked| self.callers.since(asked));
                let callers = callers.ok_or_else(|| term.fault(QueryProblem::NoVerdicts))?.clone();
                let less = matches!(operator, Operator::Less | Operator::AtMost);
                Prepared::Seen { callers, within: less == matches!(bound, Bound::Span(_)) }
            }
            Test::Age { field, operator, bound } => Prepared::Age(*field, *operator, *bound),
        })
    }

    fn text(&self, field: Field, operator: Operator, value: &str) -> Prepared {
        if field == Field::Did && operator == Operator::Has && text::is_cut(value) {
            return Prepared::Rows(text::rows(self.registry, value));
        }
        let (whole, unlike) = (operator != Operator::Has, operator == Operator::IsNot);
        let mut folded = String::new();
        fold_into(&mut folded, value);
        let value = if whole { value } else { &folded };
        let marks = |texts: &Interner| -> Vec<bool> {
            texts.iter().map(|text| holds(text, whole, value) != unlike).collect()
        };
        let shared = &self.registry.shared;
        let marks = match field {
            Field::Sponsor => marks(&shared.sponsors),
            Field::Organization => marks(&shared.organizations),
            Field::Reason => marks(&self.registry.reasons),
            _ => return Prepared::Text { field, whole, unlike, value: value.to_owned() },
        };
        Prepared::Numbered { field, marks, otherwise: unlike }
    }

    /// By list of capabilities: whether something in it allows something of what is asked.
    fn capability(&self, operator: Operator, value: &str) -> Vec<bool> {
        let mut lists = self.lists(|held| match operator {
            Operator::Has => allows(held, value) || allows(value, held),
            _ => held == value,
        });
        if operator == Operator::IsNot {
            lists.iter_mut().for_each(|any| *any = !*any);
        }
        lists
    }

    /// By list of capabilities: whether something in it is meant.
    fn lists(&self, meant: impl Fn(&str) -> bool) -> Vec<bool> {
        let shared = &self.registry.shared;
        let texts: Vec<bool> = shared.capabilities.iter().map(meant).collect();
        let any = |list: u32| {
            shared.sets.get(list).iter().any(|text| texts.get(*text as usize).copied().unwrap_or(false))
        };
        let lists = u32::try_from(shared.sets.len()).unwrap_or(NONE);
        (0..lists).map(any).collect()
    }

    /// By row: how a number compares that is known of all agents or of none.
    fn ranked(&self, field: Field, operator: Operator, value: i64) -> Vec<bool> {
        let risks = Risks::of(self.registry, self.judgement);
        let number = |row: Row| match field {
            Field::Impact => i64::from(risks.impact(self.registry, row)),
            _ => i64::try_from(risks.risk(self.registry, row)).unwrap_or(i64::MAX),
        };
        let rows = (0..self.registry.row_count()).map(Row::from_index);
        rows.map(|row| compares(operator, &number(row), &value)).collect()
    }

    fn tagged(&self, operator: Operator, value: &str) -> Prepared {
        let fits = |tag: &String| match value.strip_suffix('*') {
            Some(begin) => tag.starts_with(begin),
            None => tag == value,
        };
        let tagged = self.registry.facts().tags.iter().filter(|(_, tags)| tags.iter().any(fits));
        let chosen: HashSet<Row> = tagged.filter_map(|(did, _)| self.registry.find(did)).collect();
        if operator != Operator::IsNot {
            return Prepared::Chosen(chosen);
        }
        let mut marks = vec![true; self.registry.row_count()];
        for row in chosen {
            if let Some(mark) = marks.get_mut(row.index()) {
                *mark = false;
            }
        }
        Prepared::Rows(marks)
    }

    fn kin(&self, field: Field, value: &str) -> Result<Prepared, QueryProblem> {
        let row = find::agent(self.registry, value)?;
        let lineage = self.registry.lineage();
        Ok(match field {
            Field::Under => Prepared::Below(lineage.subtree(row)),
            Field::Above => Prepared::Chosen(lineage.path(row).into_iter().collect()),
            _ => Prepared::Parent(row),
        })
    }
}
