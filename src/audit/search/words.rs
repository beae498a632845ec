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
    const UNITS: [(char, i64); 4] = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    const LONGEST: i64 = 10_000 * 366 * 86_400;
    let ago = UNITS.into_iter().find_map(|(unit, seconds)| {
        let digits = text.strip_suffix(unit)?;
        let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        let seconds = digits.parse::<i64>().ok().filter(|_| plain)?.checked_mul(seconds)?;
        (seconds <= LONGEST).then_some(Span::seconds(seconds.checked_neg()?))
    });
    match ago {
        Some(ago) => Some(now.plus(ago)),
        None => Time::parse(text).ok(),
    }
}
