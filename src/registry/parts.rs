//! A registry in parts of [`CHUNK`] agents, so that what was computed of a part holds until the part changes.

use std::sync::Arc;

use super::columns::{CHUNK, ColdChunk, Hot};
use super::{Registry, Row};

/// So many agents are in one part; the last one may have fewer. A power of two.
pub const PART: usize = CHUNK;

/// One part of a registry; two parts are equal when nothing was written between them.
#[derive(Clone)]
pub struct Part {
    cold: Arc<ColdChunk>,
    hot: Arc<Vec<Hot>>,
    first: usize,
}

impl Part {
    /// Its agents' rows, those of unregistered agents included.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row> + Clone {
        (self.first..self.first + self.hot.len()).map(Row::from_index)
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.first == other.first
            && Arc::ptr_eq(&self.cold, &other.cold)
            && Arc::ptr_eq(&self.hot, &other.hot)
    }
}

impl Registry {
    /// The parts, in registration order.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let numbered = self.columns.chunks().enumerate();
        numbered.map(|(at, (cold, hot))| Part { cold: cold.clone(), hot: hot.clone(), first: at * CHUNK })
    }
}
