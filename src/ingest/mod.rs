//! Registries and trust scores from files of strangers: streamed, bounded, refused by place and reason.
//!
//! Whatever the input, one read buffer and one batch of records are held at a time: a few MiB, [`MAX_RECORD`] being 1. A [`Framer`]
//! finds where records begin and end; what a record says is judged by [`crate::identity::Identity::from_json`].

mod batch;
mod error;
mod framer;
mod read;
mod scores;
mod source;
#[cfg(test)]
mod tests;

pub use batch::{Batch, abreast};
pub use error::{Fault, IngestError, Place};
pub use framer::{Frame, Framer};
pub use read::{Dropped, Options, Refused, Summary, read_all};
pub use scores::{MAX_SCORES, MAX_SCORES_BYTES, ScoresError, ScoresFault, read_scores};

/// A record, and any string or run of white space around it, is at most this long: 1 MiB.
pub const MAX_RECORD: usize = 1 << 20;
