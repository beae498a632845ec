//! What the log says about agents beside their records and their standing.

use super::keys::Keys;
use super::locks::Locks;
use super::tokens::Tokens;

/// Keys that were replaced, tokens that were logged or revoked, and locks.
///
/// They are kept by DID, not by row: they hold for an agent whatever file its record comes from. Every map
/// shares what did not change, so a snapshot costs a few pointers.
#[derive(Clone, Default)]
pub struct Facts {
    /// Keys that agents no longer use.
    pub keys: Keys,
    /// Delegation tokens.
    pub tokens: Tokens,
    /// Standing rules.
    pub locks: Locks,
}
