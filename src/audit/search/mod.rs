//! Which decisions somebody asks for: `agent: action: resource: result: between:`, each at most once.

mod error;
mod words;

pub use error::{SearchError, SearchProblem};

use crate::identity::PREFIX;
use crate::text::nearest;
use crate::time::Time;

/// A text of query words has at most this many bytes.
pub const MAX_SEARCH: usize = 4096;

/// Digits of a DID that are needed to name agents by their beginning.
const FEWEST_DIGITS: usize = 4;

const WORDS: [&str; 5] = ["agent", "action", "resource", "result", "between"];

/// Which decisions; what it does not name is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Agents that asked, were asked for, or stand in the chain, by DID or its beginning.
    pub agent: Option<Pattern>,
    /// What was asked for.
    pub action: Option<Pattern>,
    /// To what.
    pub resource: Option<Pattern>,
    /// What was answered.
    pub result: Option<Outcome>,
    /// From this time on.
    pub from: Option<Time>,
    /// Up to this time, itself included.
    pub to: Option<Time>,
}

/// A text, or the beginning of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// This text and no other.
    Exact(String),
    /// Every text that begins so: written with a `*` at its end, as capabilities are.
    Begins(String),
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Yes.
    Allow,
    /// No, to whomever.
    Deny,
    /// No, to somebody whom nobody knows.
    Unknown,
    /// Yes or no, to somebody who is known; no word says so.
    Known,
    /// No, by a check with such a code.
    Code(Pattern),
}

impl Pattern {
    /// Reads a text in which a `*` at the end stands for anything.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('*') {
            Some(begin) if !begin.contains('*') => Some(Self::Begins(begin.to_owned())),
            None if !text.contains('*') => Some(Self::Exact(text.to_owned())),
            _ => None,
        }
    }

    /// Whether a text is meant.
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Begins(begin) => text.starts_with(begin.as_str()),
        }
    }
}

impl Search {
    /// Reads query words; a length of time such as `15m` in `between:` is counted back from `now`.
    ///
    /// # Errors
    /// [`SearchError`], with the character where the mistake is.
    pub fn parse(text: &str, now: Time) -> Result<Self, SearchError> {
        if text.len() > MAX_SEARCH {
            return Err(SearchProblem::TooLong.at(0));
        }
        let mut search = Self::default();
        let mut said = Vec::new();
        for word in words::split(text)? {
            let (begin, value) = (word.begin, word.value.as_str());
            let at_value = |problem: SearchProblem| problem.at(word.value_begin);
            let Some(name) = word.name.as_deref() else {
                return Err(SearchProblem::NoWord { near: None }.at(begin));
            };
            let Some(known) = WORDS.into_iter().find(|known| *known == name) else {
                return Err(SearchProblem::NoWord { near: nearest(name, WORDS) }.at(begin));
            };
            if said.contains(&known) {
                return Err(SearchProblem::Twice { word: known }.at(begin));
            }
            said.push(known);
            if value.is_empty() {
                return Err(at_value(SearchProblem::Empty { word: known }));
            }
            let pattern = || Pattern::parse(value).ok_or_else(|| at_value(SearchProblem::Star));
            match known {
                "agent" => search.agent = Some(agent(value).ok_or_else(|| at_value(SearchProblem::Agent))?),
                "action" => search.action = Some(pattern()?),
                "resource" => search.resource = Some(pattern()?),
                "result" => {
                    search.result = Some(match value {
                        "allow" => Outcome::Allow,
                        "deny" => Outcome::Deny,
                        "unknown" => Outcome::Unknown,
                        _ => Outcome::Code(pattern()?),
                    });
                }
                _ => {
                    let period = words::period(value, now).ok_or_else(|| at_value(SearchProblem::Period))?;
                    (search.from, search.to) = period;
                }
            }
        }
        Ok(search)
    }
}

/// A DID, or how one begins; whole DIDs are compared by their beginning, too.
fn agent(text: &str) -> Option<Pattern> {
    let text = text.strip_suffix('*').unwrap_or(text);
    let digits = text.strip_prefix(PREFIX).unwrap_or(text);
    let named = digits.len() >= FEWEST_DIGITS || text.starts_with(PREFIX) && !digits.is_empty();
    let hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    (named && hex).then(|| Pattern::Begins(format!("{PREFIX}{digits}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;
    use proptest::prelude::*;

    fn now() -> Time {
        Time::parse("2026-03-01T12:00:00Z").unwrap()
    }

    fn parse(text: &str) -> Result<Search, (usize, &'static str)> {
        Search::parse(text, now()).map_err(|error| (error.at, error.code()))
    }

    #[test]
    fn each_word_says_one_thing() {
        let exact = |text: &str| Some(Pattern::Exact(text.to_owned()));
        let search = parse(
            r#"agent:28eaf98c action:read:* resource:"the \"big\" ledger" result:agent_suspended between:15m.."#,
        )
        .unwrap();
        assert_eq!(search.agent, Some(Pattern::Begins("did:mesh:28eaf98c".into())));
        assert_eq!(search.action, Some(Pattern::Begins("read:".into())));
        assert_eq!(search.resource, exact("the \"big\" ledger"));
        assert_eq!(search.result, Some(Outcome::Code(Pattern::Exact("agent_suspended".into()))));
        assert_eq!((search.from, search.to), (Some(now().plus(Span::seconds(-900))), None));
        assert_eq!(parse("  "), Ok(Search::default()));
        assert_eq!(parse("result:deny").unwrap().result, Some(Outcome::Deny));
        assert_eq!(parse("agent:did:mesh:a").unwrap().agent, Some(Pattern::Begins("did:mesh:a".into())));
        let day = parse("between:2026-02-01T00:00:00Z..2026-02-02T00:00:00+01:00").unwrap();
        assert_eq!(day.to, Some(Time::parse("2026-02-01T23:00:00Z").unwrap()));
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        for (text, at, code) in [
            ("ledger", 0, "search_word_unknown"),
            ("result:deny agnet:28ea", 12, "search_word_unknown"),
            ("result:deny result:allow", 12, "search_word_twice"),
            ("action:", 7, "search_value_empty"),
            ("action:r*d:x", 7, "search_star_misplaced"),
            ("agent:xyz", 6, "search_agent_malformed"),
            ("agent:28e", 6, "search_agent_malformed"),
            ("between:yesterday", 8, "search_period_malformed"),
            ("between:..", 8, "search_period_malformed"),
            ("between:2026-03-01T12:00:00Z..2026-03-01T11:00:00Z", 8, "search_period_malformed"),
            ("é resource:\"open", 11, "search_quote_open"),
        ] {
            assert_eq!(parse(text), Err((at, code)), "{text}");
        }
        assert_eq!(parse(&"x".repeat(MAX_SEARCH + 1)), Err((0, "search_too_long")));
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer_and_its_mistake_a_place_inside(text in ".{0,60}") {
            if let Err(error) = Search::parse(&text, now()) {
                prop_assert!(error.at <= text.chars().count());
            }
        }

        #[test]
        fn any_value_can_be_quoted(value in "[^*]{1,40}") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let search = Search::parse(&format!("resource:\"{quoted}\""), now()).unwrap();
            prop_assert_eq!(search.resource, Some(Pattern::Exact(value)));
        }
    }
}
