//! The rooms: each has a state, an update that answers with effects, and a view.

pub(super) mod agents;
pub(super) mod approvals;
pub(super) mod inspect;
pub(super) mod lineage;
pub(super) mod locks;
pub(super) mod log;
pub(super) mod operators;
pub(super) mod overview;
pub(super) mod policy;
pub(super) mod tiers;

use std::sync::Arc;

use super::effect::Ticket;
use super::listing::{Listed, Selection};
use crate::registry::Row;
use crate::registry::query::QueryError;

/// Rows computed elsewhere; what is shown stays until the next answer is here.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub shown: Arc<Vec<Row>>,
    /// What `shown` answers.
    pub selection: Selection,
    /// What was asked last.
    pub ticket: Ticket,
    pub loading: bool,
    /// Why the query as it is typed means nobody: the rows are those of the last good one.
    pub wrong: Option<QueryError>,
}

impl Rows {
    /// Takes an answer, unless a newer question was asked since.
    pub(super) fn take(
        &mut self,
        ticket: Ticket,
        listed: Result<Listed, QueryError>,
    ) -> Option<Option<usize>> {
        if ticket != self.ticket {
            return None;
        }
        self.loading = false;
        match listed {
            Ok(listed) => {
                self.wrong = None;
                self.shown = Arc::new(listed.rows);
                Some(listed.kept_at)
            }
            Err(error) => {
                self.wrong = Some(error);
                None
            }
        }
    }
}
