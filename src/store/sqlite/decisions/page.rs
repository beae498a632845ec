//! Pages of the index: what entries that follow each other are found by, without reading them.
//!
//! A commit writes one page, and the end of a segment makes one of all of its own.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::index::{self, Links, Mark, Row};
use crate::audit::{Decision, Found, Told};
use crate::time::Time;

/// The rows of entries that follow each other, and what their chains are found by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Page {
    /// Every text, once.
    names: Vec<String>,
    rows: Vec<Packed>,
    /// The chains that no entry of the segment before had.
    chains: BTreeMap<i64, PackedLinks>,
    #[serde(skip)]
    known: HashMap<String, Name>,
}

/// The place of a text among the names.
pub(super) type Name = u32;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Packed {
    time: i64,
    result: i64,
    caller: Option<Name>,
    callee: Option<Name>,
    audience: Option<Name>,
    action: Option<Name>,
    resource: Option<Name>,
    chain: Option<i64>,
    marks: Vec<(Mark, Name)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PackedLinks {
    agents: Vec<Name>,
    tokens: Vec<i64>,
}

/// One entry in a page.
#[derive(Clone, Copy)]
pub(super) struct Line<'p> {
    page: &'p Page,
    packed: &'p Packed,
}

impl Page {
    /// Whether it has no row.
    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many entries it is about.
    pub(super) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// The lines of its entries, in their order.
    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = Line<'_>> + ExactSizeIterator {
        self.rows.iter().map(|packed| Line { page: self, packed })
    }

    /// The line of the entry at a place within it.
    pub(super) fn line(&self, at: usize) -> Option<Line<'_>> {
        self.rows.get(at).map(|packed| Line { page: self, packed })
    }

    /// The chains that it tells of.
    pub(super) fn chains(&self) -> impl Iterator<Item = i64> {
        self.chains.keys().copied()
    }

    /// What a chain is found by.
    pub(super) fn links(&self, chain: i64) -> Option<Links> {
        let packed = self.chains.get(&chain)?;
        let agents = packed.agents.iter().filter_map(|name| self.name(*name)).map(str::to_owned);
        Some(Links { agents: agents.collect(), tokens: packed.tokens.iter().copied().collect() })
    }

    /// The chains of which an agent that `fits` is a part.
    pub(super) fn chains_of(&self, fits: impl Fn(&str) -> bool) -> BTreeSet<i64> {
        let fitting = self.fitting(fits);
        let part = |packed: &PackedLinks| packed.agents.iter().any(|name| fitting.contains(name));
        self.chains.iter().filter(|(_, packed)| part(packed)).map(|(chain, _)| *chain).collect()
    }

    /// Each chain that it tells of, with its agents and the hashes of its tokens.
    pub(super) fn chains_whole(&self) -> impl Iterator<Item = (i64, &[Name], &[i64])> {
        self.chains.iter().map(|(chain, packed)| (*chain, &*packed.agents, &*packed.tokens))
    }

    /// Its names.
    pub(super) fn names(&self) -> impl Iterator<Item = (Name, &str)> {
        (0..).zip(self.names.iter().map(String::as_str))
    }

    /// The names that fit.
    pub(super) fn fitting(&self, fits: impl Fn(&str) -> bool) -> BTreeSet<Name> {
        self.names().filter(|(_, name)| fits(name)).map(|(at, _)| at).collect()
    }

    /// Adds an entry at the end; of a chain that is new in its segment it says what it is found by.
    pub(super) fn add(&mut self, decision: &Decision, chain: Option<(i64, bool)>) {
        match &decision.told {
            Told::Ruling(ruling) => self.add_verdict(decision.time, &ruling.found(), chain),
            Told::Refusals(_) => {
                let (row, marks) = index::of(decision, None);
                self.push(&row, &marks);
            }
        }
    }

    /// Adds a verdict, as [`Page::add`] does.
    pub(super) fn add_verdict(&mut self, time: Time, found: &Found, chain: Option<(i64, bool)>) {
        if let Some((chain, true)) = chain {
            self.link(chain, &index::links(&found.tokens));
        }
        let (row, marks) = index::of_verdict(time, found, chain.map(|(chain, _)| chain));
        self.push(&row, &marks);
    }

    fn push(&mut self, row: &Row, marks: &[(Mark, String)]) {
        let name = |text: &Option<String>, page: &mut Self| text.as_deref().map(|text| page.intern(text));
        let packed = Packed {
            time: row.time,
            result: row.result,
            caller: name(&row.caller, self),
            callee: name(&row.callee, self),
            audience: name(&row.audience, self),
            action: name(&row.action, self),
            resource: name(&row.resource, self),
            chain: row.chain,
            marks: marks.iter().map(|(mark, name)| (*mark, self.intern(name))).collect(),
        };
        self.rows.push(packed);
    }

    /// Tells of a chain.
    fn link(&mut self, chain: i64, links: &Links) {
        let agents = links.agents.iter().map(|agent| self.intern(agent)).collect();
        self.chains.insert(chain, PackedLinks { agents, tokens: links.tokens.iter().copied().collect() });
    }

    /// Adds all of the page that follows.
    pub(super) fn append(&mut self, next: &Self) {
        if self.known.is_empty() {
            self.known = self.names().map(|(at, name)| (name.to_owned(), at)).collect();
        }
        for line in next.lines() {
            let (row, marks) = line.whole();
            self.push(&row, &marks);
        }
        for chain in next.chains() {
            if let Some(links) = next.links(chain) {
                self.link(chain, &links);
            }
        }
    }

    /// As it is stored; none for what cannot be.
    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        postcard::to_allocvec(self).ok()
    }

    /// Reads what [`Page::to_bytes`] wrote; none for anything else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (page, rest): (Self, _) = postcard::take_from_bytes(bytes).ok()?;
        let most = page.names.len();
        let named = |name: &Name| usize::try_from(*name).is_ok_and(|name| name < most);
        let whole = page.rows.iter().all(|row| {
            let texts = [&row.caller, &row.callee, &row.audience, &row.action, &row.resource];
            texts.into_iter().flatten().chain(row.marks.iter().map(|(_, name)| name)).all(named)
        });
        let linked = page.chains.values().all(|packed| packed.agents.iter().all(named));
        (rest.is_empty() && whole && linked).then_some(page)
    }

    fn intern(&mut self, text: &str) -> Name {
        if let Some(name) = self.known.get(text) {
            return *name;
        }
        let name = Name::try_from(self.names.len()).unwrap_or(Name::MAX);
        self.names.push(text.to_owned());
        self.known.insert(text.to_owned(), name);
        name
    }

    fn name(&self, name: Name) -> Option<&str> {
        self.names.get(usize::try_from(name).ok()?).map(String::as_str)
    }
}

impl<'p> Line<'p> {
    pub(super) const fn time(self) -> i64 {
        self.packed.time
    }

    pub(super) const fn result(self) -> i64 {
        self.packed.result
    }

    pub(super) const fn chain(self) -> Option<i64> {
        self.packed.chain
    }

    pub(super) fn caller(self) -> Option<&'p str> {
        self.text(self.packed.caller)
    }

    pub(super) fn callee(self) -> Option<&'p str> {
        self.text(self.packed.callee)
    }

    pub(super) fn audience(self) -> Option<&'p str> {
        self.text(self.packed.audience)
    }

    pub(super) fn action(self) -> Option<&'p str> {
        self.text(self.packed.action)
    }

    pub(super) fn resource(self) -> Option<&'p str> {
        self.text(self.packed.resource)
    }

    /// The names of the caller and the callee.
    pub(super) fn parties(self) -> impl Iterator<Item = Name> {
        [self.packed.caller, self.packed.callee].into_iter().flatten()
    }

    /// Its marks, by name.
    pub(super) fn marks(self) -> &'p [(Mark, Name)] {
        &self.packed.marks
    }

    /// Whether the caller or the callee is one of these names.
    pub(super) fn between(self, names: &BTreeSet<Name>) -> bool {
        self.parties().any(|name| names.contains(&name))
    }

    pub(super) fn acts(self, names: &BTreeSet<Name>) -> bool {
        self.packed.action.is_some_and(|name| names.contains(&name))
    }

    pub(super) fn upon(self, names: &BTreeSet<Name>) -> bool {
        self.packed.resource.is_some_and(|name| names.contains(&name))
    }

    /// Whether it has a mark with one of these names.
    pub(super) fn marked(self, mark: Mark, names: &BTreeSet<Name>) -> bool {
        self.packed.marks.iter().any(|(kind, name)| *kind == mark && names.contains(name))
    }

    /// All that it says.
    pub(super) fn whole(self) -> (Row, Vec<(Mark, String)>) {
        let own = |name: Option<&str>| name.map(str::to_owned);
        let row = Row {
            time: self.packed.time,
            result: self.packed.result,
            caller: own(self.caller()),
            callee: own(self.callee()),
            audience: own(self.audience()),
            action: own(self.action()),
            resource: own(self.resource()),
            chain: self.packed.chain,
        };
        let mark = |(mark, name): &(Mark, Name)| Some((*mark, self.page.name(*name)?.to_owned()));
        (row, self.packed.marks.iter().filter_map(mark).collect())
    }

    fn text(self, name: Option<Name>) -> Option<&'p str> {
        name.and_then(|name| self.page.name(name))
    }
}
