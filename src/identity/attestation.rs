//! An attester's word for one agent: DID, key, name, sponsor and capabilities together.

use serde_json::{Value, json};

use super::{Did, Identity, KeyBytes, SecretKey, statement};
use crate::encoding::members::{Members, MembersError};
use crate::time::Time;

/// An attestation has at most this many bytes; a record has no more either.
pub const MAX_ATTESTATION_BYTES: usize = 1 << 20;

const TYPE: &str = "meshwarden.attestation.v1";
const MEMBERS: [&str; 10] =
    ["type", "did", "key", "name", "sponsor", "capabilities", "issued", "expires", "attester", "signature"];
/// No more capabilities than this fit [`MAX_ATTESTATION_BYTES`].
const MAX_CAPABILITIES: usize = MAX_ATTESTATION_BYTES;

/// A signed statement about one agent; nothing here says that it is true, in force, or by anybody who is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    did: Did,
    key: KeyBytes,
    name: String,
    sponsor: String,
    capabilities: Vec<String>,
    issued: Time,
    expires: Time,
    attester: KeyBytes,
    signature: [u8; 64],
}

/// An agent's record is attested as it stands; made by [`Attestation::verify`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    did: Did,
    key: KeyBytes,
    attester: KeyBytes,
    until: Time,
}

/// Why an attestation does not count for an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttestationError {
    /// It attests something else than the record says.
    #[error("attests another {member} than the agent's record has")]
    Differs {
        /// Which part of the record.
        member: &'static str,
    },
    /// Policy does not name the key that signed.
    #[error("is by a key that policy names no attester")]
    UnknownAttester,
    /// It is not in force yet.
    #[error("is not in force yet")]
    NotYet,
    /// It has ended.
    #[error("has expired")]
    Expired,
    /// The attester did not sign this.
    #[error("is not signed by its attester")]
    Signature,
    /// The text is no attestation.
    #[error("{0}")]
    Unreadable(#[from] MembersError),
}

impl AttestationError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Differs { .. } => "attestation_differs",
            Self::UnknownAttester => "attestation_unknown_attester",
            Self::NotYet => "attestation_not_yet",
            Self::Expired => "attestation_expired",
            Self::Signature => "attestation_signature",
            Self::Unreadable(error) => error.code(),
        }
    }
}

impl Attestation {
    /// Attests a record as it stands, from `issued` until just before `expires`.
    pub fn sign(agent: &Identity<'_>, issued: Time, expires: Time, attester: &SecretKey) -> Self {
        let mut attestation = Self {
            did: agent.did.clone(),
            key: agent.public_key,
            name: agent.name.to_string(),
            sponsor: agent.sponsor_email.to_string(),
            capabilities: sorted(agent),
            issued,
            expires,
            attester: attester.public_key().bytes(),
            signature: [0; 64],
        };
        attestation.signature = attester.sign(&statement::bytes(&attestation.statement()));
        attestation
    }

    /// Whether this attests `agent` as its record stands, by one of `attesters`.
    ///
    /// # Errors
    /// [`AttestationError`]; the signature is looked at last.
    pub fn verify(
        &self,
        agent: &Identity<'_>,
        attesters: &[KeyBytes],
        now: Time,
    ) -> Result<Attested, AttestationError> {
        let same = [
            ("did", self.did == agent.did),
            ("key", self.key == agent.public_key),
            ("name", self.name == agent.name),
            ("sponsor", self.sponsor == agent.sponsor_email),
            ("set of capabilities", self.capabilities == sorted(agent)),
        ];
        if let Some((member, _)) = same.into_iter().find(|(_, same)| !same) {
            return Err(AttestationError::Differs { member });
        }
        match () {
            () if !attesters.contains(&self.attester) => return Err(AttestationError::UnknownAttester),
            () if now < self.issued => return Err(AttestationError::NotYet),
            () if now >= self.expires => return Err(AttestationError::Expired),
            () => {}
        }
        let attester = self.attester.check().map_err(|_| AttestationError::UnknownAttester)?;
        if !statement::signed_by(&attester, &statement::bytes(&self.statement()), &self.signature) {
            return Err(AttestationError::Signature);
        }
        Ok(Attested { did: self.did.clone(), key: self.key, attester: self.attester, until: self.expires })
    }

    /// Of whom it speaks.
    pub const fn did(&self) -> &Did {
        &self.did
    }

    /// Reads what [`Attestation::to_json`] writes.
    ///
    /// # Errors
    /// [`MembersError`].
    pub fn from_json(text: &str) -> Result<Self, MembersError> {
        let members = Members::parse_exact(text, MAX_ATTESTATION_BYTES, &MEMBERS)?;
        statement::read_type(&members, TYPE)?;
        let capabilities = members.texts("capabilities", MAX_CAPABILITIES)?;
        if !capabilities.is_sorted_by(|a, b| a < b) {
            return Err(MembersError::Value {
                member: "capabilities",
                problem: "is not sorted, or repeats one",
            });
        }
        Ok(Self {
            did: statement::read_did(&members, "did")?,
            key: statement::read_key(&members, "key")?,
            name: members.text("name")?.to_owned(),
            sponsor: members.text("sponsor")?.to_owned(),
            capabilities: capabilities.into_iter().map(str::to_owned).collect(),
            issued: members.time("issued")?,
            expires: members.time("expires")?,
            attester: statement::read_key(&members, "attester")?,
            signature: statement::read_signature(&members, "signature")?,
        })
    }

    /// The signed members and the signature.
    pub fn to_json(&self) -> Value {
        statement::with(self.statement(), "signature", &self.signature)
    }

    fn statement(&self) -> Value {
        json!({
            "type": TYPE,
            "did": self.did.to_string(),
            "key": self.key.to_base64(),
            "name": self.name,
            "sponsor": self.sponsor,
            "capabilities": self.capabilities,
            "issued": self.issued.to_string(),
            "expires": self.expires.to_string(),
            "attester": self.attester.to_base64(),
        })
    }
}

impl Attested {
    /// Of whom.
    pub const fn did(&self) -> &Did {
        &self.did
    }

    /// With which key.
    pub const fn key(&self) -> KeyBytes {
        self.key
    }

    /// By whom.
    pub const fn attester(&self) -> KeyBytes {
        self.attester
    }

    /// Until just before when.
    pub const fn until(&self) -> Time {
        self.until
    }
}

/// The capabilities as a set: sorted, each once.
fn sorted(agent: &Identity<'_>) -> Vec<String> {
    let set: std::collections::BTreeSet<&str> = agent.capabilities.iter().map(AsRef::as_ref).collect();
    set.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Reading;
    use crate::time::Span;

    fn attester() -> SecretKey {
        SecretKey::from_seed([9; 32])
    }

    fn now() -> Time {
        Time::parse("2026-03-01T12:00:00Z").unwrap()
    }

    fn agent() -> Identity<'static> {
        let key = SecretKey::from_seed([1; 32]).public_key().bytes();
        let text = json!({
            "did": "did:mesh:aa", "name": "a", "public_key": key.to_base64(), "capabilities": ["write:x", "read:x", "read:x"],
            "verification_key_id": key.key_id().to_string(), "sponsor_email": "a@b.c",
        });
        Identity::from_json(&text.to_string(), &Reading { now: now(), assume_utc: false })
            .unwrap()
            .identity
            .into_owned()
    }

    fn attestation() -> Attestation {
        Attestation::sign(&agent(), now(), now().plus(Span::seconds(60)), &attester())
    }

    fn judge(
        attestation: &Attestation,
        agent: &Identity<'_>,
        at: Time,
    ) -> Result<Attested, AttestationError> {
        attestation.verify(agent, &[attester().public_key().bytes()], at)
    }

    #[test]
    fn an_attestation_counts_for_the_record_that_it_was_made_for() {
        let attested = judge(&attestation(), &agent(), now()).unwrap();
        assert_eq!((attested.did(), attested.until()), (&agent().did, now().plus(Span::seconds(60))));
        assert_eq!(Attestation::from_json(&attestation().to_json().to_string()), Ok(attestation()));
    }

    #[test]
    fn an_attestation_made_for_one_key_never_counts_for_another() {
        let mut other = agent();
        other.public_key = SecretKey::from_seed([2; 32]).public_key().bytes();
        assert_eq!(judge(&attestation(), &other, now()), Err(AttestationError::Differs { member: "key" }));
    }

    #[test]
    fn an_attestation_of_another_did_name_sponsor_or_capability_set_never_counts() {
        type Change = fn(&mut Identity<'_>);
        let changes: [(&str, Change); 5] = [
            ("did", |agent| agent.did = Did::from_bits(1)),
            ("name", |agent| agent.name = "b".into()),
            ("sponsor", |agent| agent.sponsor_email = "x@b.c".into()),
            ("set of capabilities", |agent| agent.capabilities.push("admin:x".into())),
            ("set of capabilities", |agent| agent.capabilities.clear()),
        ];
        for (member, change) in changes {
            let mut other = agent();
            change(&mut other);
            assert_eq!(judge(&attestation(), &other, now()), Err(AttestationError::Differs { member }));
        }
    }

    #[test]
    fn an_attestation_that_is_rewritten_for_another_record_does_not_verify() {
        for (member, value) in [
            ("did", json!("did:mesh:bb")),
            ("key", json!(SecretKey::from_seed([2; 32]).public_key().bytes().to_base64())),
            ("name", json!("b")),
            ("sponsor", json!("x@b.c")),
            ("capabilities", json!(["admin:x"])),
        ] {
            let mut document = attestation().to_json();
            document[member] = value;
            let rewritten = Attestation::from_json(&document.to_string()).unwrap();
            let other = Identity {
                did: rewritten.did.clone(),
                public_key: rewritten.key,
                name: rewritten.name.clone().into(),
                sponsor_email: rewritten.sponsor.clone().into(),
                capabilities: rewritten.capabilities.iter().map(|text| text.clone().into()).collect(),
                ..agent()
            };
            assert_eq!(judge(&rewritten, &other, now()), Err(AttestationError::Signature), "{member}");
        }
    }

    #[test]
    fn only_attesters_that_policy_names_count_and_only_in_their_time() {
        let stranger =
            Attestation::sign(&agent(), now(), now().plus(Span::seconds(60)), &SecretKey::from_seed([8; 32]));
        assert_eq!(judge(&stranger, &agent(), now()), Err(AttestationError::UnknownAttester));
        assert_eq!(attestation().verify(&agent(), &[], now()), Err(AttestationError::UnknownAttester));
        let after = |seconds| judge(&attestation(), &agent(), now().plus(Span::seconds(seconds)));
        assert_eq!(after(-1), Err(AttestationError::NotYet));
        assert!(after(59).is_ok());
        assert_eq!(after(60), Err(AttestationError::Expired));
        let mut longer = attestation().to_json();
        longer["expires"] = json!("2027-03-01T12:00:00Z");
        let longer = Attestation::from_json(&longer.to_string()).unwrap();
        assert_eq!(judge(&longer, &agent(), now()), Err(AttestationError::Signature));
    }

    #[test]
    fn an_attestation_has_one_spelling() {
        for (member, value, code) in [
            ("capabilities", json!(["b", "a"]), "member_value"),
            ("capabilities", json!(["a", "a"]), "member_value"),
            ("type", json!("meshwarden.rotation.v1"), "member_value"),
            ("more", json!(1), "member_unknown"),
        ] {
            let mut document = attestation().to_json();
            document[member] = value;
            assert_eq!(Attestation::from_json(&document.to_string()).unwrap_err().code(), code, "{member}");
        }
    }
}
