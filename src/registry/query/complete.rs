//! What may be written next.

use std::ops::Range;

use super::field::{FIELDS, FLAGS, Field, Kind};
use super::lex::Operator;
use crate::registry::Registry;

/// So many are offered.
const MOST: usize = 12;
/// So many texts of a registry are looked at.
const MOST_LOOKED_AT: usize = 20_000;

/// What may stand in a place of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The bytes that it takes the place of.
    pub at: Range<usize>,
    /// What to write, quoted where it must be.
    pub texts: Vec<String>,
}

/// What may be written at the end of `text`: fields and flags, or the values of a field.
pub fn complete(text: &str, registry: &Registry) -> Completion {
    let start = text
        .char_indices()
        .rev()
        .find(|(_, c)| c.is_whitespace() || matches!(c, '(' | ')' | '!'))
        .map_or(0, |(at, c)| at + c.len_utf8());
    let word = text.get(start..).unwrap_or_default();
    let mark = word.char_indices().find_map(|(at, _)| {
        let operator = Operator::at(word.get(at..)?)?;
        Some((at, at + operator.mark().len()))
    });
    let Some((end, begin)) = mark else {
        return Completion { at: start..text.len(), texts: words(word) };
    };
    let typed = word.get(begin..).unwrap_or_default();
    // In a list of words the last one is completed.
    let comma = typed.rfind(',').map_or(0, |at| at + 1);
    let field = word.get(..end).and_then(Field::named);
    let typed = typed.get(comma..).unwrap_or_default().trim_start_matches('"');
    let texts = field.map(|field| values(field, typed, registry)).unwrap_or_default();
    Completion { at: start + begin + comma..text.len(), texts }
}

fn words(typed: &str) -> Vec<String> {
    if typed.is_empty() {
        return Vec::new();
    }
    let fields = FIELDS.iter().map(|each| format!("{}{}", each.word, usual(each.what)));
    let flags = FLAGS.iter().map(|each| each.word.to_owned());
    let keywords = ["and", "or", "not"].map(str::to_owned);
    fields.chain(flags).chain(keywords).filter(|word| word.starts_with(typed)).take(MOST).collect()
}

/// The operator that usually follows a field.
const fn usual(field: Field) -> &'static str {
    match field.kind() {
        Kind::Words(_) => "=",
        Kind::Number | Kind::Past | Kind::Future => "<",
        Kind::Text | Kind::Capability | Kind::Tag | Kind::Kin => ":",
    }
}

fn values(field: Field, typed: &str, registry: &Registry) -> Vec<String> {
    let shared = &registry.shared;
    match field.kind() {
        Kind::Words(words) => among(words.iter().copied(), typed),
        Kind::Capability => among(shared.capabilities.iter(), typed),
        Kind::Tag => {
            let tags = registry.facts().tags.iter().take(MOST_LOOKED_AT);
            among(tags.flat_map(|(_, tags)| tags.iter().map(String::as_str)), typed)
        }
        Kind::Kin if typed.len() >= 2 => {
            let dids = registry.rows().map(|row| registry.agent(row).did().to_string());
            let digits = typed.strip_prefix("did:mesh:").unwrap_or(typed);
            let begins =
                |did: &String| did.strip_prefix("did:mesh:").is_some_and(|id| id.starts_with(digits));
            dids.take(MOST_LOOKED_AT).filter(begins).take(MOST).collect()
        }
        _ => match field {
            Field::Sponsor => among(shared.sponsors.iter(), typed),
            Field::Organization => among(shared.organizations.iter(), typed),
            _ => Vec::new(),
        },
    }
}

/// The texts that begin with what is typed, then those that hold it.
fn among<'t>(texts: impl Iterator<Item = &'t str>, typed: &str) -> Vec<String> {
    let lower = typed.to_lowercase();
    let (mut begin, mut hold) = (Vec::new(), Vec::new());
    for text in texts.take(MOST_LOOKED_AT) {
        let place = text.to_lowercase().find(&lower);
        let list = if place == Some(0) { &mut begin } else { &mut hold };
        if place.is_some() && list.len() < MOST && !list.contains(&text) {
            list.push(text);
        }
        if begin.len() >= MOST {
            break;
        }
    }
    begin.into_iter().chain(hold).take(MOST).map(written).collect()
}

/// A value as it must be written in a query.
fn written(value: &str) -> String {
    let plain = !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || "()\"\\*,".contains(c));
    if plain {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
