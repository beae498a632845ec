//! A text that names people: in the entry as a salted commitment, beside the log in clear until it is forgotten.

use serde::{Deserialize, Serialize};

use super::operators::Propose;
use super::spelled::{as_did, as_hex};
use super::{LockOn, Payload, SignedChange, What};
use crate::encoding::commitment::{commitment, opening};
use crate::encoding::{Digest32, hex};
use crate::identity::{Did, ERASED};

/// A text that names people.
///
/// Whoever makes a change writes it in clear; the warden replaces it by a commitment before the change has bytes, and
/// reads it in clear again as long as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PersonalText {
    /// The commitment to it.
    Hidden(Hidden),
    /// The text itself; in an entry only where it was written before there were commitments.
    Clear(String),
}

/// The commitment to a text that is kept beside the log, or was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hidden {
    /// SHA-256 as [`crate::encoding::commitment`] has it.
    #[serde(with = "as_hex")]
    pub commitment: Digest32,
}

/// What is forgotten about an agent: the texts of its record that may name people, and others that concern it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erase {
    /// The agent; it need not be registered any more.
    #[serde(with = "as_did")]
    pub did: Did,
    /// The commitments to the other texts.
    pub texts: Vec<Hidden>,
}

impl PersonalText {
    /// The text, or what stands for one that is not at hand.
    pub fn shown(&self) -> &str {
        match self {
            Self::Clear(text) => text,
            Self::Hidden(_) => ERASED,
        }
    }

    /// The text; none when it is not at hand.
    pub fn clear(&self) -> Option<&str> {
        match self {
            Self::Clear(text) => Some(text),
            Self::Hidden(_) => None,
        }
    }

    /// What tells it from every other text: itself, or its commitment.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Clear(text) => text.clone(),
            Self::Hidden(hidden) => format!("{ERASED} {}", hex::encode(&hidden.commitment)),
        }
    }
}

impl From<String> for PersonalText {
    fn from(text: String) -> Self {
        Self::Clear(text)
    }
}

impl From<&str> for PersonalText {
    fn from(text: &str) -> Self {
        Self::Clear(text.to_owned())
    }
}

impl What {
    /// Every text in it that names people.
    pub fn personal_mut(&mut self) -> Vec<&mut PersonalText> {
        match self {
            Self::Register(register) => register.attestation.iter_mut().collect(),
            Self::Attest(attest) => vec![&mut attest.statement],
            Self::Lock(LockOn::Sponsor(sponsor)) | Self::Unlock(LockOn::Sponsor(sponsor)) => vec![sponsor],
            Self::Sponsor(step) => step.texts_mut(),
            _ => Vec::new(),
        }
    }

    /// Puts a commitment in the place of every text in clear, and answers what opens them; none when `salt` is spent.
    pub fn conceal(&mut self, mut salt: impl FnMut() -> Option<u128>) -> Option<Vec<Vec<u8>>> {
        let mut openings = Vec::new();
        for text in self.personal_mut() {
            if let PersonalText::Clear(clear) = text {
                let opening = opening(salt()?, clear.as_bytes());
                *text = PersonalText::Hidden(Hidden { commitment: commitment(&opening) });
                openings.push(opening);
            }
        }
        Some(openings)
    }

    /// Puts every text in clear that is kept.
    ///
    /// # Errors
    /// What `kept` answers.
    pub fn reveal<E>(
        &mut self,
        mut kept: impl FnMut(&Digest32) -> Result<Option<String>, E>,
    ) -> Result<(), E> {
        for text in self.personal_mut() {
            if let PersonalText::Hidden(hidden) = text
                && let Some(known) = kept(&hidden.commitment)?
            {
                *text = PersonalText::Clear(known);
            }
        }
        Ok(())
    }

    /// The commitments in it; of a change that waits, those in that one.
    pub fn commitments(&self) -> Vec<Digest32> {
        let hidden = |text: &mut PersonalText| match text {
            PersonalText::Hidden(hidden) => Some(hidden.commitment),
            PersonalText::Clear(_) => None,
        };
        if let Self::Propose(Propose { change }) = self {
            let payload = SignedChange::from_bytes(change.as_bytes()).and_then(|change| change.payload());
            return payload.as_ref().map(Payload::commitments).unwrap_or_default();
        }
        self.clone().personal_mut().into_iter().filter_map(hidden).collect()
    }
}

impl Payload {
    /// The commitments in it.
    pub fn commitments(&self) -> Vec<Digest32> {
        self.order.fact().map(|fact| fact.what.commitments()).unwrap_or_default()
    }
}
