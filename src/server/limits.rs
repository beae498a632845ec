//! How much anybody may ask of the verifier.

use std::time::Duration;

/// The bounds of one listener and of its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections of one peer at once.
    pub connections_each: usize,
    /// Bytes of a request's head.
    pub head: usize,
    /// How long a head may take to arrive.
    pub head_time: Duration,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// Requests at once on one connection.
    pub streams: u32,
    /// Requests a second and peer, on average.
    pub rate: u32,
    /// Requests of one peer in a moment.
    pub burst: u32,
    /// How long requests may go on once the verifier ends.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_each: 1024,
            head: 64 << 10,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            streams: 64,
            rate: 2000,
            burst: 4000,
            drain: Duration::from_secs(10),
        }
    }
}
