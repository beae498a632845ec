//! The reference's handshake, as a compatibility form (IDT 14, TC 5).
//!
//! The responder signs `challenge_id:nonce:response_nonce:did[:freshness_nonce]` and nothing more: what it says of its
//! capabilities, its score and its user is outside the signature and never counts here; purpose and scopes are not named
//! at all; and the challenger proves nothing.

mod challenge;
mod challenger;
mod response;

pub use challenge::Challenge;
pub use challenger::{Begun, Challenger, Lookup, RESULT_TTL, TIMEOUT, Verified};
pub use response::{MAX_CAPABILITIES, MAX_RESPONSE_BYTES, Responding, Response};

#[cfg(test)]
mod tests;
