//! How a record lies beside the log: what may name people apart, so that it can be forgotten and the hash stays.

use super::merkle::{leaf_hash, leaf_hash_of};
use crate::encoding::Digest32;
use crate::encoding::commitment::{commitment, opening};
use crate::identity::{Did, Identity};

/// The first line under the leaf of a record whose personal texts are committed to; a whole record begins with `{`.
const DOMAIN: &[u8] = b"meshwarden.record.v2\n";

/// Where the texts of a record that may name people are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal<'r> {
    /// In the record itself, as records were stored at first: they can never be forgotten.
    Within,
    /// Beside it: the opening of a commitment to [`Identity::personal`].
    Beside(&'r [u8]),
    /// Nowhere any more; the commitment is left.
    Forgotten(Digest32),
}

/// A record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its JSON without the texts that may name people.
    pub bytes: Vec<u8>,
    /// The opening of the commitment to those.
    pub opening: Vec<u8>,
}

impl StoredRecord {
    /// Takes a record apart; `salt` is fresh.
    pub fn of(identity: &Identity<'_>, salt: u128) -> Self {
        let mut public = String::new();
        identity.without_personal().write_json(&mut public);
        Self { bytes: public.into_bytes(), opening: opening(salt, &identity.personal()) }
    }

    /// Where its personal texts are.
    pub fn personal(&self) -> Personal<'_> {
        Personal::Beside(&self.opening)
    }

    /// Its leaf hash.
    pub fn leaf(&self) -> Digest32 {
        record_leaf(&self.bytes, self.personal())
    }
}

/// The RFC 6962 leaf hash of a record: of its bytes, or of the domain line, the commitment and its bytes.
///
/// It is the same before and after the texts are forgotten.
pub fn record_leaf(bytes: &[u8], personal: Personal<'_>) -> Digest32 {
    let committed = match personal {
        Personal::Within => return leaf_hash(bytes),
        Personal::Beside(opening) => commitment(opening),
        Personal::Forgotten(commitment) => commitment,
    };
    leaf_hash_of([DOMAIN, &committed, bytes])
}

/// The DID of a record that this program wrote.
pub fn did_of_record(bytes: &[u8]) -> Option<Did> {
    let rest = bytes.strip_prefix(b"{\"did\":{\"method\":\"mesh\",\"unique_id\":\"")?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    Did::from_unique_id(std::str::from_utf8(rest.get(..end)?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{Plan, Shares};
    use crate::time::Time;

    fn record() -> StoredRecord {
        let at = Time::parse("2026-03-01T12:00:00Z").unwrap();
        let identity = (Plan { agents: 1, seed: 1, at, broken: Shares::NONE }).mesh().next().unwrap();
        StoredRecord::of(&identity, 7)
    }

    #[test]
    fn a_leaf_outlives_the_texts_and_changes_with_any_of_them() {
        let record = record();
        let forgotten = Personal::Forgotten(commitment(&record.opening));
        assert_eq!(record_leaf(&record.bytes, forgotten), record.leaf());
        assert_ne!(record_leaf(&record.bytes, Personal::Within), record.leaf());
        for at in 0..record.opening.len() {
            let mut other = record.clone();
            other.opening[at] ^= 1;
            assert_ne!(other.leaf(), record.leaf(), "{at}");
        }
    }

    #[test]
    fn a_records_did_is_read_without_reading_the_record() {
        let did = did_of_record(&record().bytes).unwrap();
        assert!(String::from_utf8(record().bytes).unwrap().contains(&did.unique_id()));
        assert_eq!(did_of_record(b"{\"did\":\"x\"}"), None);
    }
}
