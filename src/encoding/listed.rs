//! Lists that are said again and again: written once, and named by their digest.

use std::fmt;

use super::{Digest32, sha256};

/// A list in canonical JSON, brackets included, and the SHA-256 of that text.
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    text: String,
    digest: Digest32,
}

impl Listed {
    /// Writes items with `write`, commas between them.
    pub fn of<T>(items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut String, T)) -> Self {
        let mut text = "[".to_owned();
        for item in items {
            if text.len() > 1 {
                text.push(',');
            }
            write(&mut text, item);
        }
        text.push(']');
        Self { digest: sha256(text.as_bytes()), text }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its SHA-256.
    pub const fn digest(&self) -> &Digest32 {
        &self.digest
    }
}

impl fmt::Debug for Listed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::canonical::write_string;

    #[test]
    fn a_list_is_canonical_and_named_by_every_byte() {
        let listed = Listed::of(["a", "\""], write_string);
        assert_eq!(listed.as_str(), r#"["a","\""]"#);
        assert_eq!(*listed.digest(), sha256(listed.as_str().as_bytes()));
        assert_eq!(Listed::of([""; 0], |_, _| ()).as_str(), "[]");
    }
}
