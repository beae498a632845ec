//! The tokens of a chain by their names, as logs keep them.

use std::sync::Arc;

use super::token::Token;
use crate::encoding::canonical::{Object, write_string};
use crate::encoding::listed::Listed;
use crate::encoding::{Digest32, base64};
use crate::identity::Did;

/// A token by its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenName {
    /// `jti`.
    pub id: String,
    /// `iss`.
    pub issuer: Did,
    /// `sub`.
    pub subject: Did,
    /// The SHA-256 of its compact form.
    pub digest: Digest32,
}

/// What logs keep of the tokens of one chain, root first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Each token.
    pub tokens: Arc<[TokenName]>,
    /// The tokens, as canonical JSON.
    pub texts: Arc<Listed>,
}

impl TokenName {
    /// The names of a token.
    pub fn of(token: &Token) -> Self {
        let claims = token.claims();
        Self {
            id: claims.id.clone(),
            issuer: claims.issuer.clone(),
            subject: claims.subject.clone(),
            digest: token.digest(),
        }
    }

    /// The names of tokens, as canonical JSON.
    pub fn listed(names: &[Self]) -> Listed {
        Listed::of(names, |out, name| name.write(out))
    }

    fn write(&self, out: &mut String) {
        let mut object = Object::begin(out);
        object.text("digest", base64::encode_url(&self.digest).as_str());
        object.text("iss", self.issuer.to_string().as_str());
        object.text("jti", self.id.as_str());
        object.text("sub", self.subject.to_string().as_str());
        object.end();
    }
}

impl Names {
    /// Of these tokens.
    pub fn of(tokens: &[Token]) -> Self {
        Self {
            tokens: tokens.iter().map(TokenName::of).collect(),
            texts: Arc::new(Listed::of(tokens, |out, token| write_string(out, token.as_str()))),
        }
    }
}
