//! Programs that the mesh knows by name and are no agents: what enforces verdicts, and what tells of behaviour.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{OperatorError, Operators, is_name};
use crate::change::spelled::as_hex;
use crate::encoding::Digest32;
use crate::identity::KeyBytes;

/// At most this many are enrolled at once.
pub const MAX_ENROLLED: usize = 1000;

/// What a program is enrolled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// It refuses requests, and says what the original of a request was.
    EnforcementPoint,
    /// It tells how agents behave, as the policy's source of the same name.
    SignalSource,
}

impl Duty {
    /// The word in commands, on screens and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EnforcementPoint => "enforcement_point",
            Self::SignalSource => "signal_source",
        }
    }
}

/// A program is known from now on, by each of the things that it can show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    /// Its name; no operator has it.
    pub name: String,
    /// What for.
    pub role: Duty,
    /// The public key that signs its requests, in standard base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The user that it runs as on the verifier's own machine: whoever runs as that user speaks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// SHA-256 of its TLS client certificate.
    #[serde(default, with = "optional_hex", skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Digest32>,
}

mod optional_hex {
    use super::{Digest32, as_hex};
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    struct Hex(#[serde(with = "as_hex")] Digest32);

    pub(super) fn serialize<S: Serializer>(digest: &Option<Digest32>, out: S) -> Result<S::Ok, S::Error> {
        match digest {
            Some(digest) => as_hex::serialize(digest, out),
            None => out.serialize_none(),
        }
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Option<Digest32>, D::Error> {
        Hex::deserialize(from).map(|Hex(digest)| Some(digest))
    }
}

/// A program is not known any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dismiss {
    /// Its name.
    pub name: String,
}

/// A program that the mesh knows by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Its name.
    pub name: String,
    /// What for.
    pub duty: Duty,
    /// The key that signs its requests.
    pub key: Option<KeyBytes>,
    /// The user that it runs as on the verifier's own machine.
    pub uid: Option<u32>,
    /// SHA-256 of its TLS client certificate.
    pub certificate: Option<Digest32>,
    /// The log index of the entry that enrolled it.
    pub since: u64,
}

impl Operators {
    /// The programs that are enrolled, in the order of their names.
    pub fn enrolled(&self) -> impl Iterator<Item = &Enrolled> {
        self.enrolled.values()
    }

    /// The program of this name.
    pub fn enrolled_as(&self, name: &str) -> Option<&Enrolled> {
        self.enrolled.get(name)
    }

    /// The program that runs as this user of the verifier's machine.
    pub fn enrolled_user(&self, uid: u32) -> Option<&Enrolled> {
        self.enrolled().find(|program| program.uid == Some(uid))
    }

    /// The program that shows this TLS client certificate.
    pub fn enrolled_certificate(&self, digest: &Digest32) -> Option<&Enrolled> {
        self.enrolled().find(|program| program.certificate.as_ref() == Some(digest))
    }

    pub(super) fn enrol_program(&mut self, enrol: &Enrol, index: u64) -> Result<(), OperatorError> {
        let name = enrol.name.clone();
        if !self.held() {
            return Err(OperatorError::NotBegun);
        }
        if !is_name(&name) {
            return Err(OperatorError::Name { name });
        }
        if self.get(&name).is_some() || self.enrolled.contains_key(&name) {
            return Err(OperatorError::Taken { name });
        }
        if self.enrolled.len() >= MAX_ENROLLED {
            return Err(OperatorError::TooManyEnrolled);
        }
        let shows = |problem| OperatorError::Credential { name: name.clone(), problem };
        if (enrol.key.as_ref(), enrol.uid, enrol.certificate) == (None, None, None) {
            return Err(shows("shows nothing by which it could be known: a key, a user or a certificate"));
        }
        if enrol.uid.is_some_and(|uid| self.enrolled_user(uid).is_some()) {
            return Err(shows("names a user that is another's already"));
        }
        if enrol.certificate.is_some_and(|digest| self.enrolled_certificate(&digest).is_some()) {
            return Err(shows("names a certificate that is another's already"));
        }
        let key = enrol.key.as_deref().map(|key| super::settle::checked(&name, key)).transpose()?;
        let key = key.map(|key| self.unused(&name, key)).transpose()?;
        let (uid, certificate) = (enrol.uid, enrol.certificate);
        let program = Enrolled { name: name.clone(), duty: enrol.role, key, uid, certificate, since: index };
        Arc::make_mut(&mut self.enrolled).insert(name, program);
        Ok(())
    }

    pub(super) fn dismiss_program(&mut self, Dismiss { name }: &Dismiss) -> Result<(), OperatorError> {
        match Arc::make_mut(&mut self.enrolled).remove(name) {
            Some(_) => Ok(()),
            None => Err(OperatorError::NotEnrolled { name: name.clone() }),
        }
    }
}
