//! Enforcement points and signal sources.

use serde::Serialize;

use crate::change::operators::Enrolled;
use crate::encoding::hex;

/// A program that is enrolled: `point list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PointLine {
    /// Its name.
    pub name: String,
    /// `enforcement_point` or `signal_source`.
    pub role: &'static str,
    /// The public key that signs its requests, in standard base64.
    pub key: Option<String>,
    /// Its key id.
    pub key_id: Option<String>,
    /// The user that it runs as on the verifier's machine.
    pub uid: Option<u32>,
    /// SHA-256 of its TLS client certificate, in hex.
    pub certificate: Option<String>,
    /// The entry that enrolled it.
    pub since: u64,
}

impl PointLine {
    /// The line of a program.
    pub fn of(program: &Enrolled) -> Self {
        Self {
            name: program.name.clone(),
            role: program.duty.as_str(),
            key: program.key.map(|key| key.to_base64()),
            key_id: program.key.map(|key| key.key_id().to_string()),
            uid: program.uid,
            certificate: program.certificate.map(|digest| hex::encode(&digest)),
            since: program.since,
        }
    }
}
