//! What errors are made of, as people say it: files, denials, faults.

use std::fmt;
use std::path::Path;

use crate::change::FactError;
use crate::delegation::Denial;
use crate::identity::Did;
use crate::ingest::IngestError;
use crate::warden::WardenError;
use crate::wire::codes;

/// `mesh.json:12: record 3 (did:mesh:ab): field name is blank`, with records counted from 1.
pub struct Refused<'e>(pub &'e Path, pub &'e IngestError);

impl fmt::Display for Refused<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
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
pub struct Input<'e>(pub &'e Path);

impl fmt::Display for Input<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == Path::new("-") {
            out.write_str("standard input")
        } else {
            write!(out, "{}", self.0.display())
        }
    }
}

/// A denial in words; its code is said beside.
pub struct Said<'e>(pub &'e Denial);

impl fmt::Display for Said<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
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
pub struct Warned<'e>(pub &'e WardenError);

impl fmt::Display for Warned<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            WardenError::Fact(FactError::Chain(denial)) => Said(denial).fmt(out),
            other => other.fmt(out),
        }
    }
}

/// What was probably meant.
pub fn meant(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean {near}?"))
}

/// Whom a fault is about, where it is known.
pub struct Name<'e>(pub Option<&'e Did>);

impl fmt::Display for Name<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |did| write!(out, "{did}: "))
    }
}
