//! Substring search over names, DIDs, sponsors and organizations, without looking at every byte twice.

use memchr::memmem::Finder;

use super::columns::{CHUNK, fold_into};
use super::intern::Interner;
use super::{Registry, Row, digits};
use crate::identity::PREFIX;

/// A text to look for, prepared once for a whole registry.
pub struct Needle<'r> {
    registry: &'r Registry,
    folded: String,
    hex: Option<String>,
    sponsors: Vec<bool>,
    organizations: Vec<bool>,
}

impl<'r> Needle<'r> {
    /// Prepares a search for `text`: letters match in either case, DIDs with or without `did:mesh:`.
    pub fn new(registry: &'r Registry, text: &str) -> Self {
        let mut folded = String::new();
        fold_into(&mut folded, text.trim());
        let id = folded.strip_prefix(PREFIX).unwrap_or(&folded);
        let hex = (!id.is_empty() && id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .then(|| id.to_owned());
        Self {
            registry,
            sponsors: containing(&registry.shared.sponsors, &folded),
            organizations: containing(&registry.shared.organizations, &folded),
            hex,
            folded,
        }
    }

    /// All agents that match, in registration order.
    pub fn matches(&self) -> Vec<Row> {
        if self.folded.is_empty() {
            return self.registry.rows().collect();
        }
        let finder = Finder::new(self.folded.as_bytes());
        let nibbles = self.hex.as_deref().map(Nibbles::new);
        let mut found = Vec::new();
        for (chunk_number, chunk) in self.registry.columns.cold_chunks().enumerate() {
            let mut by_name = vec![false; chunk.rows.len()];
            mark_names(chunk, &finder, &mut by_name);
            for (at, (cold, named)) in chunk.rows.iter().zip(&by_name).enumerate() {
                let row = chunk_number * CHUNK + at;
                let hit = *named
                    || self.sponsors.get(cold.sponsor as usize).copied().unwrap_or(false)
                    || self.organizations.get(cold.organization as usize).copied().unwrap_or(false)
                    || nibbles.as_ref().is_some_and(|nibbles| nibbles.within(u128::from_be_bytes(cold.id)))
                    || (cold.other_id != super::NONE && self.other_spelling(row));
                if hit && !self.registry.columns.hot(row).gone {
                    found.push(Row(u32::try_from(row).unwrap_or(u32::MAX)));
                }
            }
        }
        found
    }

    fn other_spelling(&self, row: usize) -> bool {
        let mut folded = String::new();
        fold_into(&mut folded, &self.registry.did_at(row).to_string());
        folded.contains(&self.folded)
    }

    /// Whether this one agent matches.
    pub fn matches_row(&self, row: Row) -> bool {
        let agent = self.registry.agent(row);
        let mut text = String::new();
        for part in [agent.name(), agent.sponsor(), agent.organization().unwrap_or("")] {
            fold_into(&mut text, part);
            text.push('\n');
        }
        text.push_str(PREFIX);
        text.push_str(&agent.did().bits().map_or_else(String::new, |bits| digits(&bits.to_be_bytes())));
        text.contains(&self.folded) || self.other_spelling(row.index())
    }
}

fn containing(texts: &Interner, folded: &str) -> Vec<bool> {
    let mut buffer = String::new();
    texts
        .iter()
        .map(|text| {
            buffer.clear();
            fold_into(&mut buffer, text);
            !folded.is_empty() && buffer.contains(folded)
        })
        .collect()
}

/// One search over the chunk's names laid end to end; a hit that spans two names is none.
fn mark_names(chunk: &super::columns::ColdChunk, finder: &Finder<'_>, marks: &mut [bool]) {
    let length = finder.needle().len();
    let mut row = 0;
    let mut from = 0;
    while let Some(hit) = finder.find(chunk.folded.as_bytes().get(from..).unwrap_or(&[])) {
        let at = from + hit;
        while row < chunk.rows.len() && chunk.folded_range(row).1 as usize <= at {
            row += 1;
        }
        let (_, end) = chunk.folded_range(row);
        if at + length <= end as usize {
            if let Some(mark) = marks.get_mut(row) {
                *mark = true;
            }
            from = end as usize;
        } else {
            from = at + 1;
        }
    }
}

/// Up to 32 hex digits, looked for at every digit of 128 bits.
struct Nibbles {
    value: u128,
    mask: u128,
    places: u32,
}

impl Nibbles {
    fn new(hex: &str) -> Self {
        let length = u32::try_from(hex.len()).unwrap_or(32).min(32);
        let value = u128::from_str_radix(hex, 16).unwrap_or(0);
        Self { value, mask: u128::MAX >> (128 - 4 * length), places: 33 - length }
    }

    fn within(&self, id: u128) -> bool {
        (0..self.places).any(|place| (id >> (4 * place)) & self.mask == self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_found_at_every_place_and_no_other() {
        let id = 0x0123_4567_89ab_cdef_0011_2233_4455_6677_u128;
        let text = digits(&id.to_be_bytes());
        for (hex, expected) in [
            ("0123", true),
            ("6677", true),
            ("f0011", true),
            ("f00112233", true),
            ("66770", false),
            ("abd", false),
        ] {
            assert_eq!(Nibbles::new(hex).within(id), expected, "{hex}");
            assert_eq!(text.contains(hex), expected, "{hex}");
        }
    }
}
