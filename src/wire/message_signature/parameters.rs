//! The parameters of a signature (RFC 9421 section 2.3).

use sfv::BareItemFromInput as Bare;

use super::dictionary::Parameters as Given;
use super::{MAX_KEYID, MAX_LIFE, NONCE_LENGTH, SignatureError};
use crate::time::{Span, Time};

const ALGORITHM: &str = "ed25519";

/// The parameters; all that a signature must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameters {
    pub created: Time,
    pub expires: Time,
    pub nonce: String,
    pub keyid: String,
    /// As they are signed: in the order in which they came.
    pub written: String,
}

impl Parameters {
    /// Reads the parameters of a signature whose tag has been looked at.
    pub(super) fn read(given: &Given<'_>) -> Result<Self, SignatureError> {
        let mut written = String::with_capacity(256);
        let (mut created, mut expires, mut nonce, mut keyid) = (None, None, None, None);
        for (at, (name, value)) in given.iter().enumerate() {
            if given.iter().take(at).any(|(other, _)| other == name) {
                return Err(refuse(name, "it stands twice"));
            }
            match *name {
                "created" => created = Some(time(name, value, &mut written)?),
                "expires" => expires = Some(time(name, value, &mut written)?),
                "nonce" => nonce = Some(text(name, value, &mut written)?),
                "keyid" => keyid = Some(text(name, value, &mut written)?),
                "tag" => drop(text(name, value, &mut written)?),
                "alg" if text(name, value, &mut written)? == ALGORITHM => {}
                "alg" => return Err(refuse(name, "only ed25519 is taken")),
                _ => return Err(refuse(name, "not taken here")),
            }
        }
        let missing = |name| move || refuse(name, "it is missing");
        let this = Self {
            created: created.ok_or_else(missing("created"))?,
            expires: expires.ok_or_else(missing("expires"))?,
            nonce: nonce.ok_or_else(missing("nonce"))?,
            keyid: keyid.ok_or_else(missing("keyid"))?,
            written,
        };
        this.check()
    }

    /// The parameters of a signature that is to be made; both times in whole seconds.
    pub(super) fn new(
        (created, life): (Time, Span),
        nonce: &str,
        keyid: &str,
        tag: &str,
    ) -> Result<Self, SignatureError> {
        let (from, to) = (whole(created), whole(created).saturating_add(life.as_seconds()));
        let mut written = format!(";created={from};expires={to}");
        for (name, value) in [("nonce", nonce), ("keyid", keyid), ("tag", tag)] {
            if !value.bytes().all(super::head::is_printable) {
                return Err(refuse(name, "not printable ASCII"));
            }
            write_text(name, value, &mut written);
        }
        let time = |seconds| of_seconds(seconds).ok_or(SignatureError::Window);
        let (created, expires) = (time(from)?, time(to)?);
        Self { created, expires, nonce: nonce.to_owned(), keyid: keyid.to_owned(), written }.check()
    }

    fn check(self) -> Result<Self, SignatureError> {
        if !NONCE_LENGTH.contains(&self.nonce.len()) {
            return Err(refuse("nonce", "it has 16 to 128 characters"));
        }
        if self.keyid.is_empty() || self.keyid.len() > MAX_KEYID {
            return Err(refuse("keyid", "it has 1 to 512 characters"));
        }
        let life = self.expires.since(self.created);
        if life <= Span::default() || life > MAX_LIFE { Err(SignatureError::Window) } else { Ok(self) }
    }
}

fn refuse(name: &str, problem: &'static str) -> SignatureError {
    SignatureError::Parameter { name: name.to_owned(), problem }
}

fn time(name: &str, value: &Bare<'_>, written: &mut String) -> Result<Time, SignatureError> {
    let seconds = value.as_integer().map(i64::from).ok_or_else(|| refuse(name, "it is an integer"))?;
    written.extend([";", name, "=", &seconds.to_string()]);
    of_seconds(seconds).ok_or_else(|| refuse(name, "it lies outside years 1 to 9999"))
}

fn text(name: &str, value: &Bare<'_>, written: &mut String) -> Result<String, SignatureError> {
    let value = value.as_string().ok_or_else(|| refuse(name, "it is a string"))?.as_str();
    write_text(name, value, written);
    Ok(value.to_owned())
}

/// Writes a string as RFC 9651 section 4.1.6 says.
fn write_text(name: &str, value: &str, written: &mut String) {
    written.extend([";", name, "=\""]);
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            written.push('\\');
        }
        written.push(character);
    }
    written.push('"');
}

fn of_seconds(seconds: i64) -> Option<Time> {
    seconds.checked_mul(1_000_000).and_then(Time::from_micros)
}

const fn whole(time: Time) -> i64 {
    time.micros().div_euclid(1_000_000)
}
