//! Whoever is not known yet: its request is signed with the very key that its body brings.

use axum::http::StatusCode;
use serde::Deserialize;

use super::problem::Problem;
use crate::encoding::json;
use crate::identity::{KeyBytes, PublicKey};

#[derive(Deserialize)]
struct Brings {
    public_key: String,
}

/// The strict key in a body, if `keyid` names it under the DID that is bound to it.
///
/// # Errors
/// 401; nothing has been computed with the signature.
pub(super) fn key(keyid: &str, body: &[u8]) -> Result<PublicKey, Problem> {
    let unproven =
        |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, "newcomer_unproven", detail.to_owned());
    let Brings { public_key } =
        json::object(body).map_err(|_| unproven("the body brings no public_key, in base64"))?;
    let key = KeyBytes::from_base64(&public_key).and_then(|bytes| bytes.check().ok());
    let key = key.ok_or_else(|| unproven("public_key: not the base64 of a strict Ed25519 key"))?;
    let bytes = key.bytes();
    let bound = format!("{}#{}", bytes.bound_did(), bytes.key_id());
    if keyid == bound { Ok(key) } else { Err(unproven(&format!("keyid: {bound} is bound to public_key"))) }
}
