//! One tree for TOML and JSON, so that both are read by the same rules; every node knows its place.

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Problem;
use crate::encoding::json;
use crate::text::nearest;

/// The longest policy, in bytes.
pub const MAX_TEXT: usize = 1 << 20;

/// The most entries of one table or list.
pub const MAX_ENTRIES: usize = 10_000;

/// A value, and the byte at which it begins if it came from a text.
pub(super) struct Node {
    pub at: Option<usize>,
    pub value: Value,
}

pub(super) enum Value {
    Table(Vec<(String, Option<usize>, Node)>),
    List(Vec<Node>),
    Text(String),
    Whole(i64),
    Flag(bool),
    /// What no field takes: a fraction, a date, null.
    Other,
}

/// What is wrong, at which byte, in which field.
pub(super) struct Wrong {
    pub at: Option<usize>,
    pub field: String,
    pub problem: Problem,
}

pub(super) type Read<T> = Result<T, Wrong>;

/// A table whose fields are taken one by one; what is left over is refused.
pub(super) struct Fields {
    at: Option<usize>,
    path: String,
    entries: Vec<(String, Option<usize>, Node)>,
    known: Vec<&'static str>,
}

/// A value on its way to becoming a field of the policy.
pub(super) struct Field {
    pub path: String,
    pub node: Node,
}

impl Node {
    pub(super) fn from_toml(text: &str) -> Result<Self, (Option<usize>, Problem)> {
        bounded(text)?;
        let table = DeTable::parse(text).map_err(|error| {
            (error.span().map(|span| span.start), Problem::Syntax(error.message().to_owned()))
        })?;
        Ok(of_table(table.get_ref(), table.span().start))
    }

    /// Depth and doubled members are looked for before anything is built.
    pub(super) fn from_json(text: &str) -> Result<Self, (Option<usize>, Problem)> {
        bounded(text)?;
        let malformed = |text: &str| (None, Problem::Syntax(text.to_owned()));
        json::look_through(text, 0, |_| false)
            .map_err(|_| malformed("is no JSON, nests too deep, or names a member twice"))?;
        let value: Json = serde_json::from_str(text).map_err(|_| malformed("is no JSON"))?;
        Ok(of_json(value))
    }
}

fn bounded(text: &str) -> Result<(), (Option<usize>, Problem)> {
    if text.len() > MAX_TEXT { Err((None, Problem::TooMuch { of: "bytes", most: MAX_TEXT })) } else { Ok(()) }
}

fn of_table(table: &DeTable<'_>, at: usize) -> Node {
    let entries =
        table.iter().map(|(key, value)| (key.get_ref().to_string(), Some(key.span().start), of_toml(value)));
    Node { at: Some(at), value: Value::Table(entries.collect()) }
}

fn of_toml(value: &Spanned<DeValue<'_>>) -> Node {
    let at = value.span().start;
    let value = match value.get_ref() {
        DeValue::Table(table) => return of_table(table, at),
        DeValue::Array(items) => Value::List(items.iter().map(of_toml).collect()),
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(whole) => {
            i64::from_str_radix(whole.as_str(), whole.radix()).map_or(Value::Other, Value::Whole)
        }
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Float(_) | DeValue::Datetime(_) => Value::Other,
    };
    Node { at: Some(at), value }
}

fn of_json(value: Json) -> Node {
    let value = match value {
        Json::Object(members) => {
            Value::Table(members.into_iter().map(|(name, value)| (name, None, of_json(value))).collect())
        }
        Json::Array(items) => Value::List(items.into_iter().map(of_json).collect()),
        Json::String(text) => Value::Text(text),
        Json::Number(number) => number.as_i64().map_or(Value::Other, Value::Whole),
        Json::Bool(flag) => Value::Flag(flag),
        Json::Null => Value::Other,
    };
    Node { at: None, value }
}

impl Field {
    pub(super) fn whole(node: Node) -> Self {
        Self { path: String::new(), node }
    }

    pub(super) fn wrong(&self, problem: Problem) -> Wrong {
        Wrong { at: self.node.at, field: self.path.clone(), problem }
    }

    pub(super) fn takes<T>(&self, expected: &'static str) -> Read<T> {
        Err(self.wrong(Problem::Value { expected, near: None }))
    }

    pub(super) fn table(self) -> Read<Fields> {
        match self.node.value {
            Value::Table(entries) => {
                Ok(Fields { at: self.node.at, path: self.path, entries, known: Vec::new() })
            }
            _ => self.takes("a table"),
        }
    }

    pub(super) fn is_empty_list(&self) -> bool {
        matches!(&self.node.value, Value::List(items) if items.is_empty())
    }

    /// A list, each item read by `read`.
    pub(super) fn list<T>(self, most: usize, read: impl Fn(Self) -> Read<T>) -> Read<Vec<T>> {
        let path = self.path.clone();
        match self.node.value {
            Value::List(items) if items.len() <= most => {
                let field = |(at, node)| Self { path: format!("{path}[{at}]"), node };
                items.into_iter().enumerate().map(field).map(read).collect()
            }
            Value::List(_) => Err(self.wrong(Problem::TooMuch { of: "entries", most })),
            _ => self.takes("a list"),
        }
    }

    /// A text that is not empty and at most `most` bytes long.
    pub(super) fn text(&self, most: usize, expected: &'static str) -> Read<&str> {
        match &self.node.value {
            Value::Text(text) if text.len() > most => Err(self.wrong(Problem::TooMuch { of: "bytes", most })),
            Value::Text(text) if !text.is_empty() => Ok(text),
            _ => self.takes(expected),
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, words: &[(&'static str, T)], expected: &'static str) -> Read<T> {
        let text = self.text(64, expected)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        let near = nearest(text, words.iter().map(|(word, _)| *word));
        found.ok_or_else(|| self.wrong(Problem::Value { expected, near }))
    }

    pub(super) fn number(&self, range: std::ops::RangeInclusive<i64>, expected: &'static str) -> Read<i64> {
        match self.node.value {
            Value::Whole(number) if range.contains(&number) => Ok(number),
            _ => self.takes(expected),
        }
    }

    pub(super) fn flag(&self) -> Read<bool> {
        match self.node.value {
            Value::Flag(flag) => Ok(flag),
            _ => self.takes("true or false"),
        }
    }
}

impl Fields {
    /// Takes a field, if it is there.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Field> {
        self.known.push(name);
        let at = self.entries.iter().position(|(entry, ..)| entry == name)?;
        let (_, _, node) = self.entries.swap_remove(at);
        Some(Field { path: self.inner(name), node })
    }

    /// Takes a field and reads it; the default when it is not there.
    pub(super) fn get<T>(
        &mut self,
        name: &'static str,
        default: T,
        read: impl FnOnce(Field) -> Read<T>,
    ) -> Read<T> {
        self.take(name).map_or(Ok(default), read)
    }

    /// Takes a field that must be there.
    pub(super) fn need<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(Field) -> Read<T>,
    ) -> Read<T> {
        let missing = Wrong { at: self.at, field: self.inner(name), problem: Problem::Missing(expected) };
        self.take(name).map_or(Err(missing), read)
    }

    /// Refuses the first field that was not taken.
    pub(super) fn finish(self) -> Read<()> {
        let Some((name, at, _)) = self.entries.iter().min_by_key(|(name, at, _)| (*at, name.clone())) else {
            return Ok(());
        };
        let near = nearest(name, self.known.iter().copied());
        let shown: String = name.chars().take(64).collect();
        let problem = Problem::UnknownField { near, known: self.known.clone() };
        Err(Wrong { at: *at, field: self.inner(&shown), problem })
    }

    fn inner(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// Line and column of a byte, both from 1.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    (line, column)
}
