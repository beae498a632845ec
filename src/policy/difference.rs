//! What changes when one policy takes the place of another, field by field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Policy;

/// One thing that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The field, as `tokens.ttl_max`; an entry of a list by the list's, and a class by `classes[NAME]`.
    pub field: String,
    /// What it is now; none for an entry, or a line of the rules, that comes.
    pub old: Option<String>,
    /// What it will be; none for an entry, or a line of the rules, that goes.
    pub new: Option<String>,
}

/// Texts of rules that differ in more lines than this (old times new) are told whole.
const MOST_COMPARED: usize = 4_000_000;

/// What changes when `new` takes the place of `old`: the fields by name, then the rules line by line.
pub fn difference(old: &Policy, new: &Policy) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    if let (Value::Object(old), Value::Object(new)) = (old.value(), new.value()) {
        objects("", &old, &new, &mut changes);
    }
    let text = |policy: &Policy| policy.rules.text().unwrap_or_default().to_owned();
    lines(&text(old), &text(new), &mut changes);
    if changes.is_empty() && old.rules != new.rules {
        let (old, new) = (Some(text(old)), Some(text(new)));
        changes.push(FieldChange { field: "rules (white space)".to_owned(), old, new });
    }
    changes
}

fn objects(path: &str, old: &Map<String, Value>, new: &Map<String, Value>, changes: &mut Vec<FieldChange>) {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        if path.is_empty() && name == "rules" {
            continue;
        }
        let field = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        values(field, old.get(name), new.get(name), changes);
    }
}

fn values(field: String, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<FieldChange>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => objects(&field, old, new, changes),
        (Some(Value::Array(old)), Some(Value::Array(new))) => lists(&field, old, new, changes),
        (old, new) => changes.push(FieldChange { field, old: old.map(shown), new: new.map(shown) }),
    }
}

/// Entries that have names are compared by name; others come and go. What stays in another order is told, too: the
/// first class that covers an action is its class.
fn lists(field: &str, old: &[Value], new: &[Value], changes: &mut Vec<FieldChange>) {
    let key = |entry: &Value| entry.get("name").map_or_else(|| shown(entry), shown);
    let by_key = |list: &[Value]| list.iter().map(|entry| (key(entry), entry.clone())).collect();
    let (olds, news): (BTreeMap<String, Value>, BTreeMap<String, Value>) = (by_key(old), by_key(new));
    let named = old.iter().chain(new).any(|entry| entry.get("name").is_some());
    for key in olds.keys().chain(news.keys().filter(|key| !olds.contains_key(*key))) {
        let field = if named { format!("{field}[{key}]") } else { field.to_owned() };
        values(field, olds.get(key), news.get(key), changes);
    }
    let order = |list: &[Value], other: &BTreeMap<String, Value>| -> Vec<String> {
        list.iter().map(key).filter(|key| other.contains_key(key)).collect()
    };
    let (before, after) = (order(old, &news), order(new, &olds));
    if named && before != after {
        let (old, new) = (Some(before.join(" ")), Some(after.join(" ")));
        changes.push(FieldChange { field: format!("{field} (order)"), old, new });
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The lines that go and come, by the longest common subsequence.
fn lines(old: &str, new: &str, changes: &mut Vec<FieldChange>) {
    let (mut old, mut new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = |(old, new): &(&&str, &&str)| old == new;
    let ahead = old.iter().zip(&new).take_while(same).count();
    old.drain(..ahead);
    new.drain(..ahead);
    let behind = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
    old.truncate(old.len().saturating_sub(behind));
    new.truncate(new.len().saturating_sub(behind));
    let mut push = |old: Option<&str>, new: Option<&str>| {
        let line = |text: Option<&str>| text.map(str::to_owned);
        changes.push(FieldChange { field: "rules".to_owned(), old: line(old), new: line(new) });
    };
    let kept =
        if old.len().saturating_mul(new.len()) > MOST_COMPARED { Vec::new() } else { common(&old, &new) };
    let (mut old, mut new) = (old.into_iter(), new.into_iter());
    for line in kept.into_iter().map(Some).chain([None]) {
        old.by_ref().take_while(|gone| Some(*gone) != line).for_each(|gone| push(Some(gone), None));
        new.by_ref().take_while(|come| Some(*come) != line).for_each(|come| push(None, Some(come)));
    }
}

/// The longest common subsequence of two lists.
fn common<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<&'t str> {
    let width = new.len().saturating_add(1);
    let mut lengths = vec![0_u32; width.saturating_mul(old.len().saturating_add(1))];
    let at = |row: usize, column: usize| row.saturating_mul(width).saturating_add(column);
    let read = |lengths: &[u32], row, column| lengths.get(at(row, column)).copied().unwrap_or(0);
    for (row, left) in old.iter().enumerate().rev() {
        for (column, right) in new.iter().enumerate().rev() {
            let (below, beside) = (row.saturating_add(1), column.saturating_add(1));
            let length = if left == right {
                read(&lengths, below, beside).saturating_add(1)
            } else {
                read(&lengths, below, column).max(read(&lengths, row, beside))
            };
            if let Some(cell) = lengths.get_mut(at(row, column)) {
                *cell = length;
            }
        }
    }
    let (mut row, mut column, mut kept) = (0_usize, 0_usize, Vec::new());
    while let (Some(left), Some(right)) = (old.get(row), new.get(column)) {
        let (below, beside) = (row.saturating_add(1), column.saturating_add(1));
        if left == right {
            kept.push(*left);
            (row, column) = (below, beside);
        } else if read(&lengths, below, column) >= read(&lengths, row, beside) {
            row = below;
        } else {
            column = beside;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn changes(old: &str, new: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let read = |text: &str| Policy::from_toml(text).unwrap();
        let changes = difference(&read(old), &read(new));
        changes.into_iter().map(|change| (change.field, change.old, change.new)).collect()
    }

    fn change(field: &str, old: &str, new: &str) -> (String, Option<String>, Option<String>) {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (field.to_owned(), some(old), some(new))
    }

    #[test]
    fn a_field_changes_from_what_it_is_to_what_it_will_be() {
        let old = "[tokens]\nttl_max = \"2h\"\n[block]\nsponsors = [\"a@x\", \"b@x\"]\n";
        let new = "[tokens]\nttl_max = \"1h\"\n[block]\nsponsors = [\"b@x\", \"c@x\"]\n";
        let expected = [
            change("block.sponsors", "a@x", ""),
            change("block.sponsors", "", "c@x"),
            change("tokens.ttl_max", "2h", "1h"),
        ];
        assert_eq!(changes(old, new), expected);
        assert_eq!(changes(old, old), []);
    }

    #[test]
    fn classes_are_compared_by_name_and_their_order_counts() {
        let class = |name: &str, gate: &str| {
            format!("[[classes]]\nname = \"{name}\"\ncapabilities = [\"{name}:*\"]\ngate = \"{gate}\"\n")
        };
        let old = [class("pay", "trusted"), class("read", "none")].concat();
        let new = [class("read", "none"), class("pay", "standard")].concat();
        let expected = [
            change("classes[pay].gate", "trusted", "standard"),
            change("classes (order)", "pay read", "read pay"),
        ];
        assert_eq!(changes(&old, &new), expected);
    }

    proptest! {
        #[test]
        fn the_lines_that_go_and_come_make_the_new_rules_out_of_the_old(
            old in prop::collection::vec("[ab]", 0..12), new in prop::collection::vec("[ab]", 0..12)
        ) {
            let mut changes = Vec::new();
            lines(&old.join("\n"), &new.join("\n"), &mut changes);
            let count = |list: &[String], line: &str| list.iter().filter(|each| *each == line).count();
            for line in ["a", "b"] {
                let gone = changes.iter().filter(|change| change.old.as_deref() == Some(line)).count();
                let come = changes.iter().filter(|change| change.new.as_deref() == Some(line)).count();
                prop_assert_eq!(count(&old, line) + come, count(&new, line) + gone);
            }
            let same = common(
                &old.iter().map(String::as_str).collect::<Vec<_>>(),
                &new.iter().map(String::as_str).collect::<Vec<_>>(),
            );
            prop_assert_eq!(changes.len(), old.len() + new.len() - 2 * same.len(), "no more than need be");
        }
    }
}
