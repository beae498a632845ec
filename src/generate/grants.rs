//! What the agents of an invented mesh may do: sets of at most 127 words, as bits.

use std::borrow::Cow;

use super::cast::{TEAMS, Team};
use super::draw::Draw;
use crate::capability::{WILDCARD, allows};

/// A set of words of a [`Vocabulary`].
pub(super) type Grants = u128;

/// Holds `*` and nothing else.
pub(super) const STAR: Grants = 1 << 127;

/// All capabilities, each with those that it also allows.
pub(super) struct Vocabulary {
    words: Vec<(&'static str, Grants)>,
    all: Grants,
}

impl Vocabulary {
    pub(super) fn new() -> Self {
        let mut words: Vec<(&'static str, Grants)> = Vec::new();
        for word in TEAMS.iter().flat_map(|team| team.grants) {
            if words.len() < 127 && words.iter().all(|(known, _)| known != word) {
                words.push((word, 0));
            }
        }
        let texts: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        for (word, covers) in &mut words {
            *covers = texts
                .iter()
                .enumerate()
                .filter(|(_, text)| *text != word && allows(word, text))
                .fold(0, |set, (row, _)| set | bit(row));
        }
        let all = (0..words.len()).fold(0, |set, row| set | bit(row));
        Self { words, all }
    }

    /// Everything but `*`.
    pub(super) fn all(&self) -> Grants {
        self.all
    }

    pub(super) fn texts(&self, set: Grants) -> Vec<Cow<'static, str>> {
        let mut texts: Vec<_> = bits(set & !STAR)
            .filter_map(|row| self.words.get(row))
            .map(|(word, _)| Cow::Borrowed(*word))
            .collect();
        if set & STAR != 0 {
            texts.push(Cow::Borrowed(WILDCARD));
        }
        texts
    }

    /// What an agent of a team starts with.
    pub(super) fn of_team(&self, team: &Team, draw: &mut Draw) -> Grants {
        let mut set = 0;
        for (row, (word, _)) in self.words.iter().enumerate() {
            if team.grants.contains(word) && draw.chance(750) {
                set |= bit(row);
            }
        }
        if set == 0 { self.all & self.all.wrapping_neg() } else { set }
    }

    /// A part of what the parent holds; now and then a `prefix:*` becomes a few things below it.
    pub(super) fn narrowed(&self, parent: Grants, team: &Team, draw: &mut Draw) -> Grants {
        if parent & STAR != 0 {
            return self.of_team(team, draw);
        }
        let mut set = 0;
        for row in bits(parent) {
            let covers = self.words.get(row).map_or(0, |(_, covers)| *covers);
            if covers != 0 && draw.chance(200) {
                set |= bits(covers).filter(|_| draw.chance(400)).fold(0, |some, row| some | bit(row));
            } else if draw.chance(820) {
                set |= bit(row);
            }
        }
        if set == 0 { parent & parent.wrapping_neg() } else { set }
    }

    /// Something that a holder of `set` is not allowed.
    pub(super) fn beyond(&self, set: Grants, draw: &mut Draw) -> Option<Grants> {
        if set & STAR != 0 {
            return None;
        }
        let reach =
            bits(set).fold(set, |reach, row| reach | self.words.get(row).map_or(0, |(_, covers)| *covers));
        let outside: Vec<usize> = bits(self.all & !reach).collect();
        (!outside.is_empty()).then(|| bit(draw.pick(&outside)))
    }
}

fn bit(row: usize) -> Grants {
    u32::try_from(row).ok().and_then(|row| 1_u128.checked_shl(row)).unwrap_or(0)
}

fn bits(mut set: Grants) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let row = usize::try_from(set.trailing_zeros()).ok().filter(|_| set != 0)?;
        set &= set.wrapping_sub(1);
        Some(row)
    })
}
