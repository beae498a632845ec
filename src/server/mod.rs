//! The verifier: a warden that agents, enforcement points and consoles reach over HTTP.
//!
//! ```text
//! connection -> head -> rate -> guard (who signed, may they, is it new, is the body theirs) -> handler
//!                                                    handler -> the writer's thread, or the state that it showed last
//! ```
//!
//! Handlers read one immutable state and never wait for each other. What changes something is handed to the one thread
//! that owns the warden, operators first; what is decided is kept by another, before it is answered. Every answer that is
//! no success is a problem document (RFC 9457) with a stable code.

mod answer;
mod caller;
mod chain;
mod client_certificate;
mod contacts;
mod crowd;
mod events;
mod guard;
mod hook;
mod judging;
mod limits;
mod listen;
mod metrics;
mod newcomer;
mod openapi;
mod original;
mod past;
mod problem;
mod rate;
mod readers;
mod routes;
mod serve;
mod shapes;
#[cfg(test)]
mod tests;
mod tls;
mod verifier;

pub use answer::Page;
pub use caller::{Access, Caller, Role};
pub use guard::{POINT_TAG, Signs};
pub use limits::Limits;
pub use listen::Peer;
pub use problem::Problem;
pub use routes::{Route, Sends, all as routes};
pub use serve::{Bound, ServeError, Settings, bind};
pub use tls::{TlsError, tls};
pub use verifier::Verifier;
