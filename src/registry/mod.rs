//! All agents of one mesh: compact columns, the lineage graph, and what follows from both.

mod standing;

pub use standing::Standing;
