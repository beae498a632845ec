//! Two agents prove to each other, now, that they hold the keys that the registry knows.
//!
//! [`Initiator`] and [`Awaiting`] are our form: three messages, both sides sign one transcript. [`mod@reference`] is the
//! form of the reference implementation, for talking to its agents: only one side proves its key, and scopes, purpose
//! and the agent's own statements are outside the signature. [`header`] is the reference's Authorization header, which
//! proves less still.
//!
//! Nonces and *now* are arguments. Everything a stranger can fill has a bound, judged before any signature is checked.
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod cache;
mod error;
pub mod header;
mod mutual;
mod peer;
mod pending;
pub mod reference;

pub use cache::{Asked, Cache, MAX_PEERS, MAX_RESULTS};
pub use error::HandshakeError;
pub use mutual::{
    Awaiting, Challenge, Hello, Initiator, MAX_MESSAGE_BYTES, MAX_OPEN_PER_PEER, MAX_PURPOSE_BYTES,
    MAX_SCOPE_BYTES, MAX_SCOPES, MAX_WINDOW, Me, Nonce, Proof, Responder, Role, Session, Terms,
};
pub use peer::{Demand, Peer};
pub use pending::{DEFAULT_LIMIT, Pending, Taken};
