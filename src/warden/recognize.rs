//! Who is meant by what a gateway logged: requests by their ids, tokens that the log of changes never had.

use std::collections::BTreeSet;

use crate::audit::{Decision, Pattern, Search, Told};
use crate::identity::Did;
use crate::registry::{By, words};
use crate::store::{Decisions, Mark, StoreError};
use crate::time::{Span, Time};

use super::{Warden, WardenError};

/// So many words of a text are looked up.
const MOST_WORDS: usize = 512;

/// A decision is around a moment when it is at most so far away.
pub const AROUND: Span = Span::seconds(300);

/// So many decisions of one agent are told.
const MOST_VERDICTS: usize = 10;

/// An agent that the decision log knows by a word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognized {
    /// The agent.
    pub did: Did,
    /// By what.
    pub by: By,
    /// The word.
    pub text: String,
}

impl Warden {
    /// The agents that the decision log knows by the words of a text, the request's before the token's.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn recognize(&mut self, text: &str) -> Result<Vec<Recognized>, WardenError> {
        let Some(decisions) = self.decided()? else { return Ok(Vec::new()) };
        Ok(recognize(decisions, text)?)
    }

    /// Decisions that an agent had a part in, the newest first: around a moment, or the last ones.
    ///
    /// # Errors
    /// [`WardenError`].
    pub fn verdicts_of(&mut self, did: &Did, moment: Option<Time>) -> Result<Vec<Decision>, WardenError> {
        let search = Search {
            agent: Some(Pattern::Exact(did.to_string())),
            from: moment.map(|moment| moment.plus(Span::seconds(AROUND.as_seconds().saturating_neg()))),
            to: moment.map(|moment| moment.plus(AROUND)),
            ..Search::default()
        };
        self.verdicts(&search, MOST_VERDICTS)
    }
}

/// The agents that a decision log knows by the words of a text.
pub(super) fn recognize(decisions: &Decisions, text: &str) -> Result<Vec<Recognized>, StoreError> {
    let words: BTreeSet<&str> = words(text).filter(|word| word.len() > 3).take(MOST_WORDS).collect();
    let kinds = [Mark::Request, Mark::Token, Mark::Digest];
    let marks: Vec<(Mark, &str)> =
        kinds.into_iter().flat_map(|mark| words.iter().map(move |word| (mark, *word))).collect();
    let mut found: Vec<Recognized> = Vec::new();
    // A gateway may use one name twice.
    for ((mark, word), places) in marks.iter().zip(decisions.marked_each(&marks, MOST_VERDICTS)?) {
        let by = if *mark == Mark::Request { By::RequestId } else { By::TokenId };
        for place in places {
            let decision = decisions.page(place, 1)?.pop();
            if let Some(did) = decision.and_then(|decision| meant(&decision, *mark, word))
                && found.iter().all(|known| known.did != did)
            {
                found.push(Recognized { did, by: by.clone(), text: (*word).to_owned() });
            }
        }
    }
    Ok(found)
}

/// Who asked, or to whom the token was issued.
fn meant(decision: &Decision, mark: Mark, word: &str) -> Option<Did> {
    let Told::Ruling(ruling) = &decision.told else { return None };
    let token = || {
        let named = |digest: &[u8]| crate::encoding::base64::encode_url(digest) == word;
        ruling.tokens.iter().find(|token| token.id == word || named(&token.digest))
    };
    match mark {
        Mark::Token | Mark::Digest => token().map(|token| token.subject.clone()),
        _ => ruling.verdict.caller.clone(),
    }
}
