//! Which entries have certain marks, in one look through the index for all of them.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::super::super::StoreError;
use super::page::{Line, Name, Page};
use super::{Decisions, Mark, index};

impl Decisions {
    /// The places of entries with this mark, the newest first, at most `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn marked(&self, mark: Mark, name: &str, most: usize) -> Result<Vec<u64>, StoreError> {
        Ok(self.marked_each(&[(mark, name)], most)?.pop().unwrap_or_default())
    }

    /// The places of entries with each of these marks, which are all different, the newest first, at most `most` for each.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn marked_each(&self, marks: &[(Mark, &str)], most: usize) -> Result<Vec<Vec<u64>>, StoreError> {
        let sought = Sought::of(marks);
        let mut found: Vec<Vec<u64>> = marks.iter().map(|_| Vec::new()).collect();
        self.scan(|first, page| {
            let here = sought.within(page, self)?;
            for (at, line) in page.lines().enumerate().rev() {
                let place = first.saturating_add(at as u64);
                here.each(line, |which| {
                    // An agent may have asked, and stand in the chain.
                    if let Some(places) = found.get_mut(which)
                        && places.len() < most
                        && places.last() != Some(&place)
                    {
                        places.push(place);
                    }
                });
            }
            let full = found.iter().all(|places| places.len() >= most);
            Ok(if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }
}

/// What is sought, by what it is compared with; the numbers are the places of the marks in the list.
struct Sought<'m> {
    names: HashMap<&'m str, Vec<(Mark, usize)>>,
    /// Tokens by their hashes: two may have one.
    tokens: HashMap<i64, Vec<(index::Token, usize)>>,
}

/// What is sought, in the names and chains of one page.
#[derive(Default)]
struct Here {
    agents: HashMap<Name, usize>,
    marks: HashMap<(Mark, Name), usize>,
    chains: HashMap<i64, Vec<usize>>,
}

impl<'m> Sought<'m> {
    fn of(marks: &[(Mark, &'m str)]) -> Self {
        let mut sought = Self { names: HashMap::new(), tokens: HashMap::new() };
        for (which, (mark, name)) in marks.iter().enumerate() {
            if matches!(mark, Mark::Token | Mark::Digest) {
                if let Some(token) = index::Token::of(*mark, name) {
                    sought.tokens.entry(token.hash()).or_default().push((token, which));
                }
            } else {
                sought.names.entry(name).or_default().push((*mark, which));
            }
        }
        sought
    }

    fn within(&self, page: &Page, decisions: &Decisions) -> Result<Here, StoreError> {
        let mut here = Here::default();
        for (name, text) in page.names() {
            for (mark, which) in self.names.get(text).into_iter().flatten() {
                match mark {
                    Mark::Agent => drop(here.agents.insert(name, *which)),
                    _ => drop(here.marks.insert((*mark, name), *which)),
                }
            }
        }
        for (chain, agents, tokens) in page.chains_whole() {
            let through = agents.iter().filter_map(|agent| here.agents.get(agent));
            let mut which: Vec<usize> = through.copied().collect();
            for (token, of) in tokens.iter().filter_map(|token| self.tokens.get(token)).flatten() {
                if token.is_in(&decisions.part(chain)?.unwrap_or_default()) {
                    which.push(*of);
                }
            }
            if !which.is_empty() {
                here.chains.insert(chain, which);
            }
        }
        Ok(here)
    }
}

impl Here {
    /// Names each mark that a line has.
    fn each(&self, line: Line<'_>, mut tell: impl FnMut(usize)) {
        let agents = line.parties().filter_map(|name| self.agents.get(&name));
        let marks = line.marks().iter().filter_map(|mark| self.marks.get(mark));
        let chain = line.chain().and_then(|chain| self.chains.get(&chain));
        agents.chain(marks).chain(chain.into_iter().flatten()).for_each(|which| tell(*which));
    }
}
