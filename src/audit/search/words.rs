//! A text cut into words, and the values of some of them.

use super::{SearchError, SearchProblem};
use crate::time::{Span, Time};

/// `name:value`, and how many characters stand before each.
pub(super) struct Word {
    pub begin: usize,
    pub name: Option<String>,
    pub value_begin: usize,
    pub value: String,
}

/// The words between blanks; in quotation marks a blank is a blank, and `\` keeps the character behind it.
pub(super) fn split(text: &str) -> Result<Vec<Word>, SearchError> {
    let mut words = Vec::new();
    let mut characters = text.chars().enumerate().peekable();
    while let Some((begin, first)) = characters.peek().copied() {
        if first.is_whitespace() {
            characters.next();
            continue;
        }
        let mut word = Word { begin, name: None, value_begin: begin, value: String::new() };
        let mut open = None;
        while let Some((at, c)) = characters.next_if(|(_, c)| open.is_some() || !c.is_whitespace()) {
            match (c, open) {
                ('"', None) if word.value.is_empty() => open = Some(at),
                ('"', Some(_)) => open = None,
                ('\\', Some(_)) => word.value.extend(characters.next().map(|(_, kept)| kept)),
                (':', None) if word.name.is_none() => {
                    word.name = Some(std::mem::take(&mut word.value));
                    word.value_begin = at.saturating_add(1);
                }
                _ => word.value.push(c),
            }
        }
        if let Some(at) = open {
            return Err(SearchProblem::Quote.at(at));
        }
        words.push(word);
    }
    Ok(words)
}

/// `FROM..TO`, of which one may be left out.
pub(super) fn period(text: &str, now: Time) -> Option<(Option<Time>, Option<Time>)> {
    let (from, to) = text.split_once("..")?;
    let end = |text: &str| if text.is_empty() { Some(None) } else { moment(text, now).map(Some) };
    let (from, to) = (end(from)?, end(to)?);
    match (from, to) {
        (None, None) => None,
        (Some(from), Some(to)) if from > to => None,
        period => Some(period),
    }
}

/// A time, or a length of time before `now`.
fn moment(text: &str, now: Time) -> Option<Time> {
    match Span::parse(text) {
        Some(ago) => Some(now.minus(ago)),
        None => Time::parse(text).ok(),
    }
}
