//! DIDs that differ only in case: different agents (compared byte for byte) that people take for one.

use std::collections::BTreeMap;

use super::columns::{Columns, Id, NONE};
use super::intern::Interner;
use super::{Registry, Row};

/// Every agent whose DID some other agent has in another case.
#[derive(Clone, Default)]
pub(super) struct Confusables {
    /// Row and group, by row.
    groups: Vec<(u32, u32)>,
    /// Group and row, by group.
    members: Vec<(u32, u32)>,
}

impl Confusables {
    /// Finds them all. In each group at most one spelling is the usual one, so the others are all that is looked at;
    /// `usual` answers who has the DID of 32 lower-case digits.
    pub(super) fn of(columns: &Columns, texts: &Interner, usual: impl Fn(&str) -> Option<u32>) -> Self {
        let mut by_spelling: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for row in 0..columns.len() {
            if let Id::Other(other) = columns.id(row)
                && !columns.hot(row).gone
            {
                let row = u32::try_from(row).unwrap_or(NONE);
                by_spelling.entry(texts.get(other).to_ascii_lowercase()).or_default().push(row);
            }
        }
        for (spelling, rows) in &mut by_spelling {
            rows.extend(usual(spelling));
        }
        let several = by_spelling.into_values().filter(|rows| rows.len() > 1);
        let members: Vec<(u32, u32)> = (0..)
            .zip(several)
            .flat_map(|(group, rows)| rows.into_iter().map(move |row| (group, row)))
            .collect();
        let mut groups: Vec<(u32, u32)> = members.iter().map(|(group, row)| (*row, *group)).collect();
        groups.sort_unstable();
        Self { groups, members }
    }

    pub(super) fn heap(&self) -> usize {
        (self.groups.capacity() + self.members.capacity()) * 8
    }

    fn group(&self, row: Row) -> &[(u32, u32)] {
        let Ok(at) = self.groups.binary_search_by_key(&row.0, |(member, _)| *member) else { return &[] };
        let group = self.groups[at].1;
        let start = self.members.partition_point(|(each, _)| *each < group);
        let end = self.members.partition_point(|(each, _)| *each <= group);
        self.members.get(start..end).unwrap_or(&[])
    }
}

impl Registry {
    /// Whether another agent has a DID that differs from this one's only in case.
    pub fn confusable(&self, row: Row) -> bool {
        !self.shared.confusables.group(row).is_empty()
    }

    /// The other agents whose DIDs differ from this one's only in case.
    pub fn confusable_with(&self, row: Row) -> impl Iterator<Item = Row> {
        self.shared
            .confusables
            .group(row)
            .iter()
            .map(|(_, member)| Row(*member))
            .filter(move |each| *each != row)
    }

    /// How many agents have a DID that differs from another one's only in case.
    pub fn confusable_count(&self) -> usize {
        self.shared.confusables.groups.len()
    }
}

#[cfg(test)]
mod tests {
    use crate::identity::{Did, Identity, KeyBytes, Reading};
    use crate::registry::Registry;
    use crate::time::Time;

    fn mesh(ids: &[&str]) -> Registry {
        let mut intake = Registry::default().intake(false);
        for id in ids {
            let key = KeyBytes([7; 32]);
            let json = format!(
                r#"{{"did":"did:mesh:{id}","name":"a","sponsor_email":"a@b","public_key":"{}","verification_key_id":"{}"}}"#,
                key.to_base64(),
                key.key_id(),
            );
            let reading = Reading { now: Time::MIN, assume_utc: false };
            intake.register(&Identity::from_json(&json, &reading).unwrap().identity, false, 0).unwrap();
        }
        intake.settle()
    }

    #[test]
    fn dids_that_differ_only_in_case_are_confusable_with_each_other_and_nobody_else() {
        let usual = "1843bff344b39b6988589206b97abaa7";
        let upper = usual.to_uppercase();
        let mut registry =
            mesh(&["ab", usual, "aB", &upper, "abc", "AB", "00000000000000000000000000000001"]);
        let with = |registry: &Registry, id: &str| -> Vec<String> {
            let row = registry.find(&Did::from_unique_id(id).unwrap()).unwrap();
            let others: Vec<String> =
                registry.confusable_with(row).map(|row| registry.agent(row).did().unique_id()).collect();
            assert_eq!(registry.confusable(row), !others.is_empty());
            others
        };
        assert_eq!(with(&registry, "ab"), ["aB", "AB"]);
        assert_eq!(with(&registry, usual), [upper.as_str()]);
        assert_eq!(with(&registry, &upper), [usual]);
        assert!(with(&registry, "abc").is_empty());
        assert_eq!(registry.confusable_count(), 5);
        registry.unregister(&Did::from_unique_id(usual).unwrap());
        assert!(with(&registry, &upper).is_empty());
    }
}
