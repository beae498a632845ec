//! Public keys, in the forms in which people have them at hand.

use std::path::Path;

use super::error::CliError;
use super::speak;
use crate::encoding::base64;
use crate::identity::KeyBytes;

/// Reads a public key: standard base64, a line `ssh-ed25519 ...`, or a file that holds either; also `key show`'s JSON.
///
/// # Errors
/// [`CliError::Usage`], or [`CliError::File`] when it names a file that cannot be read.
pub fn key(text: &str) -> Result<KeyBytes, CliError> {
    if let Some(key) = read(text) {
        return Ok(key);
    }
    let path = Path::new(text);
    let held = speak::text(path)?;
    held.lines().find_map(read).or_else(|| of_json(&held)).ok_or(CliError::Usage(
        "the file holds no Ed25519 public key: standard base64 of 32 bytes, or a line ssh-ed25519 AAAA...",
    ))
}

fn read(text: &str) -> Option<KeyBytes> {
    let text = text.trim();
    let Some(rest) = text.strip_prefix("ssh-ed25519 ") else {
        return KeyBytes::from_base64(text);
    };
    let blob = base64::decode(rest.split_whitespace().next()?)?;
    let key = blob.strip_prefix(b"\0\0\0\x0bssh-ed25519\0\0\0\x20")?;
    key.try_into().ok().map(KeyBytes)
}

fn of_json(text: &str) -> Option<KeyBytes> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    KeyBytes::from_base64(value.get("public_key")?.as_str()?)
}
