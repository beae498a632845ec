//! Texts with signatures below them, as C2SP's signed-note has them.

use std::fmt;

use crate::encoding::{base64, sha256};
use crate::identity::{KeyBytes, PublicKey, SecretKey};

/// A note has at most this many bytes.
pub const MAX_NOTE: usize = 64 * 1024;

/// A note carries at most this many signatures.
pub const MAX_NOTE_SIGNATURES: usize = 32;

/// The algorithm byte of Ed25519.
const ED25519: u8 = 1;

/// Before each signature: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// Who signs notes: a name and a public key, as `name+keyhash+base64` (C2SP signed-note, verifier keys).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteVerifier {
    name: String,
    hash: [u8; 4],
    key: PublicKey,
}

/// A text, and the signatures below it; nothing says yet that they are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Line>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    hash: [u8; 4],
    /// Of another algorithm it may have any length.
    signature: Vec<u8>,
}

/// Why a text is no note, or is not signed by somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not a text, an empty line and signature lines.
    #[error("is no signed note")]
    Malformed,
    /// It is larger than a note may be.
    #[error("is larger than {MAX_NOTE} bytes, or carries more than {MAX_NOTE_SIGNATURES} signatures")]
    TooLarge,
    /// The name cannot be that of a signer.
    #[error("the name is empty, or has a space or a plus sign")]
    Name,
    /// The text is no verifier key of Ed25519.
    #[error("is no verifier key of Ed25519")]
    Key,
    /// The signer did not sign it.
    #[error("is not signed by the key that is expected")]
    Unsigned,
    /// A signature in the signer's name does not verify.
    #[error("has a signature in the signer's name that does not verify")]
    BadSignature,
}

impl NoteError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "note_malformed",
            Self::TooLarge => "note_too_large",
            Self::Name => "note_name_refused",
            Self::Key => "note_key_malformed",
            Self::Unsigned => "note_unsigned",
            Self::BadSignature => "note_signature_invalid",
        }
    }
}

impl NoteVerifier {
    /// The verifier of this name and key.
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn new(name: &str, key: PublicKey) -> Result<Self, NoteError> {
        if name.is_empty()
            || name.len() > 256
            || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
        {
            return Err(NoteError::Name);
        }
        Ok(Self { hash: key_hash(name, &key.bytes()), name: name.to_owned(), key })
    }

    /// Reads `name+keyhash+base64`.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let bytes = base64::decode(key).ok_or(NoteError::Key)?;
        let key = match bytes.split_first() {
            Some((&ED25519, key)) => <[u8; 32]>::try_from(key).map_err(|_| NoteError::Key)?,
            _ => return Err(NoteError::Key),
        };
        let verifier = Self::new(name, KeyBytes(key).check().map_err(|_| NoteError::Key)?)?;
        // One key has one text.
        if verifier.to_string() == text && hash.len() == 8 { Ok(verifier) } else { Err(NoteError::Key) }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = u32::from_be_bytes(self.hash);
        let key = [&[ED25519][..], &self.key.bytes().0].concat();
        write!(out, "{}+{hash:08x}+{}", self.name, base64::encode(&key))
    }
}

impl Note {
    /// The text, whoever signed it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Signs a text, which ends with a line feed.
    ///
    /// # Errors
    /// [`NoteError`] when the text, or the name, cannot be that of a note.
    pub fn sign(text: String, name: &str, key: &SecretKey) -> Result<Self, NoteError> {
        if !is_text(&text) {
            return Err(NoteError::Malformed);
        }
        Self { text, signatures: Vec::new() }.signed_too(name, key)
    }

    /// The same with one more signature.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn signed_too(mut self, name: &str, key: &SecretKey) -> Result<Self, NoteError> {
        let verifier = NoteVerifier::new(name, key.public_key())?;
        let signature = key.sign(self.text.as_bytes()).to_vec();
        self.signatures.push(Line { name: verifier.name, hash: verifier.hash, signature });
        let size = self.text.len().saturating_add(self.signatures.len().saturating_mul(512));
        if self.signatures.len() > MAX_NOTE_SIGNATURES || size > MAX_NOTE {
            return Err(NoteError::TooLarge);
        }
        Ok(self)
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteError::TooLarge`] or [`NoteError::Malformed`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE {
            return Err(NoteError::TooLarge);
        }
        // The text may have empty lines; the last one parts it from the signatures.
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Malformed)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let text = format!("{text}\n");
        if !is_text(&text) {
            return Err(NoteError::Malformed);
        }
        if lines.split('\n').nth(MAX_NOTE_SIGNATURES).is_some() {
            return Err(NoteError::TooLarge);
        }
        let signatures = lines.split('\n').map(Line::parse).collect::<Option<Vec<_>>>();
        Ok(Self { text, signatures: signatures.ok_or(NoteError::Malformed)? })
    }

    /// The text, if this verifier signed it.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`], [`NoteError::BadSignature`].
    pub fn verify(&self, verifier: &NoteVerifier) -> Result<&str, NoteError> {
        let mut own =
            self.signatures.iter().filter(|line| line.name == verifier.name && line.hash == verifier.hash);
        let good = |line: &Line| {
            <[u8; 64]>::try_from(line.signature.as_slice())
                .is_ok_and(|signature| verifier.key.verify(self.text.as_bytes(), &signature))
        };
        match (own.next(), own.next()) {
            (None, _) => Err(NoteError::Unsigned),
            (Some(line), None) if good(line) => Ok(&self.text),
            _ => Err(NoteError::BadSignature),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.text)?;
        for line in &self.signatures {
            let bytes = [&line.hash[..], &line.signature].concat();
            writeln!(out, "{DASH}{} {}", line.name, base64::encode(&bytes))?;
        }
        Ok(())
    }
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = base64::decode(encoded)?;
        let (hash, signature) = bytes.split_first_chunk()?;
        let usable = !name.is_empty() && !name.contains(['+', '\t']) && !signature.is_empty();
        usable.then(|| Self { name: name.to_owned(), hash: *hash, signature: signature.to_vec() })
    }
}

fn key_hash(name: &str, key: &KeyBytes) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &[ED25519], &key.0].concat());
    [a, b, c, d]
}

/// Lines of text without control characters, the last one ended.
fn is_text(text: &str) -> bool {
    text.ends_with('\n') && text.len() > 1 && !text.chars().any(|c| c.is_control() && c != '\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const QUOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn the_note_that_others_share_as_an_example_verifies() {
        let verifier = NoteVerifier::parse(PETER).unwrap();
        assert_eq!(verifier.to_string(), PETER);
        let note = Note::parse(QUOTE).unwrap();
        assert!(note.verify(&verifier).unwrap().ends_with("your problem is.\n"));
        assert_eq!(note.to_string(), QUOTE);
        let other = NoteVerifier::new("PeterNeumann", SecretKey::from_seed([1; 32]).public_key()).unwrap();
        assert_eq!(note.verify(&other), Err(NoteError::Unsigned));
        let changed = Note::parse(&QUOTE.replace("answer", "Answer")).unwrap();
        assert_eq!(changed.verify(&verifier), Err(NoteError::BadSignature));
    }

    #[test]
    fn a_signature_of_somebody_else_beside_ours_changes_nothing() {
        let (ours, theirs) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
        let note =
            Note::sign("a\n\nb\n".into(), "ours", &ours).unwrap().signed_too("theirs", &theirs).unwrap();
        let read = Note::parse(&note.to_string()).unwrap();
        assert_eq!(read, note);
        for (name, key) in [("ours", &ours), ("theirs", &theirs)] {
            assert_eq!(read.verify(&NoteVerifier::new(name, key.public_key()).unwrap()), Ok("a\n\nb\n"));
        }
        let twice = note.signed_too("ours", &ours).unwrap();
        let verifier = NoteVerifier::new("ours", ours.public_key()).unwrap();
        assert_eq!(twice.verify(&verifier), Err(NoteError::BadSignature));
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let long = "x".repeat(MAX_NOTE);
        for bad in [
            "",
            "\n",
            "\n\n",
            "a\n\n",
            "a\n\nb\n",
            "a\n\n\u{2014} n AAAA\n",
            "a\u{1b}\n\n\u{2014} n AAAAAAA=\n",
            &long,
        ] {
            assert!(Note::parse(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "a b", "a+b", "a\n"] {
            assert_eq!(
                NoteVerifier::new(bad, SecretKey::from_seed([1; 32]).public_key()),
                Err(NoteError::Name)
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer(text in "(?s).{0,80}") {
            if let Ok(note) = Note::parse(&text) {
                prop_assert_eq!(note.to_string(), text.as_str());
            }
            let _ = NoteVerifier::parse(&text);
        }
    }
}
