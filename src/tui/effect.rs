//! What update asks for, and what comes back.

use std::sync::Arc;

use super::action::RoomName;
use super::listing::{Listed, Selection};
use super::session::View;
use crate::change::{Plan, PlanError, Request, Verb};
use crate::registry::Row;
use crate::warden::{LogLine, Receipt, Rejection, Snapshot};

/// Names one piece of work, so that a late reply is known for what it is.
pub(super) type Ticket = u64;

/// Work, or something that only the loop can do.
#[derive(Debug)]
pub(super) enum Effect {
    /// Go to a room.
    Go(RoomName),
    /// Show an agent in the inspect room.
    Inspect(Row),
    /// Show an agent in the tree.
    ShowInLineage(Row),
    /// Open the agents room on a selection.
    ListAgents(Selection),
    /// Compute the rows of a room.
    List(RoomName, Ticket, Selection),
    /// Freeze and count a wish.
    Plan(Ticket, Request),
    /// Carry out what was frozen.
    Commit(Ticket, Arc<Plan>, usize, String),
    /// Ask before a change.
    Ask(Verb, Row),
    /// Take the registry file as it is now.
    TakeFile,
    /// Read the end of the log.
    ReadLog,
    /// Look for changes by others.
    Follow,
    /// Judge a snapshot again.
    Judge(Box<Snapshot>),
    /// Put text on the clipboard.
    Copy(String),
    /// Say something in the status line.
    Say(String),
    /// Show help or the palette.
    Help,
    Palette,
    /// Stop until `fg`.
    Background,
    /// Leave.
    Quit,
}

/// The outcome of an effect.
#[derive(Debug)]
pub(super) enum Reply {
    /// Rows of a room.
    Listed(RoomName, Ticket, Listed),
    /// A plan, or why there is none.
    Planned(Ticket, Result<Plan, PlanError>),
    /// A receipt, or why nothing was done; and the state after.
    Committed(Ticket, Box<Result<Receipt, Rejection>>, Snapshot),
    /// The file was taken, or why not; and the state after.
    Taken(Result<(), String>, Snapshot),
    /// The end of the log, newest first.
    Log(Result<Vec<LogLine>, String>),
    /// Others changed something.
    Followed(Snapshot),
    /// Looking for changes failed.
    FollowFailed(String),
    /// A judged snapshot.
    Judged(Arc<View>),
}
