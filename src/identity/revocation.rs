//! Who is revoked, as a list beside the records (IDT 18); an entry may end by itself.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Did, Reading};
use crate::time::{Span, Time, TimeError};

/// A revocation list file has at most this many bytes.
pub const MAX_LIST_BYTES: usize = 64 << 20;
/// A reason, and the name of who revoked, have at most this many bytes.
pub const MAX_REVOCATION_TEXT: usize = 4096;

/// Why an agent is revoked, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Since when.
    pub at: Time,
    /// Why.
    pub reason: String,
    /// By whom, as the entry says; nobody has checked it.
    pub by: Option<String>,
    /// Until when; at that very instant the agent is still revoked (IDT 18.2). `None` for ever.
    pub until: Option<Time>,
}

/// The revoked agents; a copy shares what did not change, and a look-up costs the same in any list.
#[derive(Debug, Clone, Default)]
pub struct RevocationList {
    entries: imbl::HashMap<Did, (u64, Revoked)>,
    next: u64,
}

/// Why a text is no revocation list. Nothing of it is taken: a damaged list must not read as a shorter one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// The text is larger than 64 MiB.
    #[error("is larger than {MAX_LIST_BYTES} bytes")]
    TooLarge,
    /// The text is not a JSON array of entries.
    #[error("is not an array of revocation entries (line {line}, column {column})")]
    Malformed {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
    },
    /// An entry cannot mean what it says.
    #[error("entry {index}: {member} {problem}")]
    Entry {
        /// Which entry, counted from 1.
        index: usize,
        /// The member.
        member: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl RevocationError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "revocations_too_large",
            Self::Malformed { .. } => "revocations_malformed",
            Self::Entry { .. } => "revocation_unreadable",
        }
    }
}

#[derive(Deserialize)]
struct Document {
    agent_did: String,
    revoked_at: Option<String>,
    reason: String,
    revoked_by: Option<String>,
    expires_at: Option<String>,
}

impl Revoked {
    /// Whether the entry still holds.
    pub fn holds(&self, now: Time) -> bool {
        self.until.is_none_or(|until| now <= until)
    }

    fn value(&self, did: &Did) -> Value {
        json!({
            "agent_did": did.to_string(),
            "revoked_at": self.at.to_string(),
            "reason": self.reason,
            "revoked_by": self.by,
            "expires_at": self.until.map(|until| until.to_string()),
        })
    }
}

impl RevocationList {
    /// Revokes an agent for ever, or for `span`. A temporary entry never takes the place of a permanent one; else the
    /// later entry counts, at the earlier one's place.
    pub fn revoke(
        &mut self,
        did: Did,
        reason: impl Into<String>,
        by: Option<String>,
        span: Option<Span>,
        now: Time,
    ) -> &Revoked {
        let until = span.map(|span| now.plus(span));
        self.put(did, Revoked { at: now, reason: reason.into(), by, until })
    }

    fn put(&mut self, did: Did, entry: Revoked) -> &Revoked {
        let place = self.next;
        self.next = place.saturating_add(1);
        let kept = self.entries.entry(did).or_insert_with(|| (place, entry.clone()));
        if entry.until.is_none() || kept.1.until.is_some() {
            kept.1 = entry;
        }
        &kept.1
    }

    /// Takes over every entry of another list, as if they had been made here one by one.
    pub fn extend(&mut self, other: &Self) {
        for (did, entry) in other.entries() {
            self.put(did.clone(), entry.clone());
        }
    }

    /// Takes an agent off the list; whether there was an entry, ended or not (IDT 18.4).
    pub fn unrevoke(&mut self, did: &Did) -> bool {
        self.entries.remove(did).is_some()
    }

    /// Whether there is an entry for an agent, ended or not.
    pub fn names(&self, did: &Did) -> bool {
        self.entries.contains_key(did)
    }

    /// The entry that holds, if there is one.
    pub fn revoked(&self, did: &Did, now: Time) -> Option<&Revoked> {
        self.entries.get(did).map(|(_, entry)| entry).filter(|entry| entry.holds(now))
    }

    /// Drops entries that have ended, and says how many.
    pub fn drop_ended(&mut self, now: Time) -> usize {
        let before = self.entries.len();
        self.entries.retain(|_, (_, entry)| entry.holds(now));
        before.saturating_sub(self.entries.len())
    }

    /// The entries, ended ones too, in the order in which the agents were first listed.
    pub fn entries(&self) -> Vec<(&Did, &Revoked)> {
        let mut entries: Vec<_> =
            self.entries.iter().map(|(did, (place, entry))| (place, did, entry)).collect();
        entries.sort_unstable_by_key(|(place, ..)| **place);
        entries.into_iter().map(|(_, did, entry)| (did, entry)).collect()
    }

    /// The entries, ended ones too, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Did, &Revoked)> {
        self.entries.iter().map(|(did, (_, entry))| (did, entry))
    }

    /// How many entries there are, ended ones too.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nobody is listed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The array that the reference writes.
    pub fn to_json(&self) -> Value {
        self.entries().into_iter().map(|(did, entry)| entry.value(did)).collect()
    }

    /// Reads the reference's file: an array of entries, and nothing else. Unknown members are dropped; an entry that does
    /// not say since when it holds, holds since `reading.now`.
    ///
    /// # Errors
    /// [`RevocationError`]; one bad entry refuses the whole list.
    pub fn from_json(text: &str, reading: &Reading) -> Result<Self, RevocationError> {
        if text.len() > MAX_LIST_BYTES {
            return Err(RevocationError::TooLarge);
        }
        let documents: Vec<Document> = serde_json::from_str(text)
            .map_err(|error| RevocationError::Malformed { line: error.line(), column: error.column() })?;
        let mut list = Self::default();
        for (index, document) in documents.into_iter().enumerate() {
            let (did, entry) = document.read(reading).map_err(|(member, problem)| {
                RevocationError::Entry { index: index.saturating_add(1), member, problem }
            })?;
            list.put(did, entry);
        }
        Ok(list)
    }
}

type Fault = (&'static str, &'static str);

impl Document {
    fn read(self, reading: &Reading) -> Result<(Did, Revoked), Fault> {
        let did =
            Did::parse(&self.agent_did).map_err(|_| ("agent_did", "is not did:mesh: and hex digits"))?;
        let by = self.revoked_by.map(|by| bounded("revoked_by", by)).transpose()?;
        let at = instant("revoked_at", self.revoked_at, reading)?.unwrap_or(reading.now);
        let until = instant("expires_at", self.expires_at, reading)?;
        Ok((did, Revoked { at, reason: bounded("reason", self.reason)?, by, until }))
    }
}

fn bounded(member: &'static str, text: String) -> Result<String, Fault> {
    if text.len() > MAX_REVOCATION_TEXT { Err((member, "is longer than 4096 bytes")) } else { Ok(text) }
}

fn instant(member: &'static str, text: Option<String>, reading: &Reading) -> Result<Option<Time>, Fault> {
    let Some(text) = text else { return Ok(None) };
    let time = if reading.assume_utc { Time::parse_assuming_utc(&text) } else { Time::parse(&text) };
    time.map(Some).map_err(|error| match error {
        TimeError::NoZone => (member, "has no zone"),
        TimeError::Malformed | TimeError::OutOfRange => (member, "is not an RFC 3339 date-time"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Time {
        Time::from_micros(0).unwrap().plus(Span::seconds(seconds))
    }

    #[test]
    fn a_temporary_entry_never_shortens_a_permanent_one() {
        let (mut list, did) = (RevocationList::default(), Did::from_bits(1));
        list.revoke(did.clone(), "stolen", None, None, at(0));
        assert_eq!(list.revoke(did.clone(), "short", None, Some(Span::seconds(1)), at(1)).reason, "stolen");
        assert_eq!(list.revoked(&did, at(1_000_000)).map(|entry| entry.reason.as_str()), Some("stolen"));
        let file = list.to_json().to_string().replace("null}]", "null},")
            + &{
                let mut later = RevocationList::default();
                later.revoke(did.clone(), "short", None, Some(Span::seconds(1)), at(1));
                later.to_json().to_string().replacen('[', "", 1)
            };
        let read = RevocationList::from_json(&file, &Reading { now: at(0), assume_utc: false }).unwrap();
        assert_eq!(read.revoked(&did, at(1_000_000)).map(|entry| entry.reason.as_str()), Some("stolen"));
    }

    #[test]
    fn a_damaged_list_is_refused_whole() {
        let reading = Reading { now: at(0), assume_utc: false };
        let good = r#"{"agent_did":"did:mesh:aa","reason":"x"}"#;
        for (text, code) in [
            ("{}".to_owned(), "revocations_malformed"),
            (String::new(), "revocations_malformed"),
            (format!("[{good}"), "revocations_malformed"),
            (format!("[{good}] x"), "revocations_malformed"),
            (
                r#"[{"agent_did":"did:mesh:aa","reason":"x","reason":"y"}]"#.to_owned(),
                "revocations_malformed",
            ),
            (format!(r#"[{good},{{"agent_did":"did:web:x","reason":"x"}}]"#), "revocation_unreadable"),
            (
                r#"[{"agent_did":"did:mesh:aa","reason":"x","expires_at":"2099-01-01T00:00:00"}]"#.to_owned(),
                "revocation_unreadable",
            ),
            (
                format!(r#"[{{"agent_did":"did:mesh:aa","reason":"{}"}}]"#, "x".repeat(4097)),
                "revocation_unreadable",
            ),
        ] {
            assert_eq!(RevocationList::from_json(&text, &reading).unwrap_err().code(), code, "{text:.80}");
        }
    }

    proptest! {
        #[test]
        fn a_list_reads_back_what_it_writes(steps in prop::collection::vec((0u128..5, prop::option::of(-9i64..9), "\\PC{0,9}"), 0..12)) {
            let mut list = RevocationList::default();
            for (at_second, (did, span, reason)) in steps.into_iter().enumerate() {
                list.revoke(Did::from_bits(did), reason, None, span.map(Span::seconds), at(at_second as i64));
            }
            let read = RevocationList::from_json(&list.to_json().to_string(), &Reading { now: at(0), assume_utc: false }).unwrap();
            prop_assert_eq!(read.entries(), list.entries());
        }
    }
}
