//! Errors as people read them.

use std::io;
use std::path::Path;

use crate::change::FactError;
use crate::delegation::Denial;
use crate::identity::Did;
use crate::ingest::IngestError;
use crate::keystore::KeystoreError;
use crate::warden::WardenError;
use crate::wire::codes;

/// `mesh.json:12: record 3 (did:mesh:ab): field name is blank`, with records counted from 1.
pub struct Refused<'e>(pub &'e Path, pub &'e IngestError);

impl std::fmt::Display for Refused<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(path, error) = self;
        let place = error.place();
        write!(out, "{}:{}: ", Input(path), place.line)?;
        if error.fault().is_of_a_record() {
            write!(out, "record {}", place.index.saturating_add(1))?;
            if let Some(did) = error.did() {
                write!(out, " ({did})")?;
            }
            out.write_str(": ")?;
        }
        write!(out, "{}", error.fault())
    }
}

/// A path as people call it.
pub(super) struct Input<'e>(pub(super) &'e Path);

impl std::fmt::Display for Input<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == Path::new("-") {
            out.write_str("standard input")
        } else {
            write!(out, "{}", self.0.display())
        }
    }
}

/// A denial in words; its code is said beside.
pub(super) struct Said<'e>(pub(super) &'e Denial);

impl std::fmt::Display for Said<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Denial { code, hop, expected, found } = self.0;
        out.write_str(codes::find(code).map_or(code, |row| row.words))?;
        if let Some(hop) = hop {
            write!(out, " (token {hop})")?;
        }
        let found = if found.is_empty() { "nothing" } else { found };
        write!(out, ": expected {expected}, found {found}")
    }
}

/// What the warden says, with denials in words.
pub(super) struct Warned<'e>(pub(super) &'e WardenError);

impl std::fmt::Display for Warned<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            WardenError::Fact(FactError::Chain(denial)) => Said(denial).fmt(out),
            other => other.fmt(out),
        }
    }
}

/// What is wrong with a key file, in words.
pub(super) struct KeyFault<'e>(pub(super) &'e KeystoreError);

impl std::fmt::Display for KeyFault<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            KeystoreError::Io(kind) => of_kind(*kind).fmt(out),
            other => other.fmt(out),
        }
    }
}

/// What the system says of a file, as people say it.
pub(super) fn of_kind(kind: io::ErrorKind) -> String {
    match kind {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::InvalidData => "is not UTF-8 text".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn meant(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean {near}?"))
}

pub(super) struct Name<'e>(pub(super) Option<&'e Did>);

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |did| write!(out, "{did}: "))
    }
}
