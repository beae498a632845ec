//! What update asks for, and what comes back.

use std::path::PathBuf;
use std::sync::Arc;

use super::action::RoomName;
use super::columns::Layout;
use super::listing::{Listed, Selection};
use super::overlays::aftermath::{Aftermath, Enforced};
use super::overlays::palette::Named;
use super::overlays::{compared, order, pick, prompt, slider};
use super::rooms::inspect;
use super::session::View;
use super::update::paths::Paths;
use crate::backend::Beat;
use crate::change::{ChangeId, Exception, Plan, PlanError, Request, Verb, What};
use crate::encoding::Digest32;
use crate::identity::{Did, KeyBytes, Rekey};
use crate::notify::Notice;
use crate::policy::Policy;
use crate::registry::query::QueryError;
use crate::registry::{CaseId, Row};
use crate::time::Time;
use crate::warden::{
    Drafted, DryRun, FactReceipt, LogLine, LogReport, Receipt, Recognized, Rejection, Snapshot, WardenError,
};
use crate::wire::{DecisionLine, SheetFormat};

/// Names one piece of work, so that a late reply is known for what it is.
pub(super) type Ticket = u64;

/// Why something is ordered, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Why {
    pub reason: String,
    pub case: Option<String>,
    pub break_glass: bool,
}

/// What is to be signed, once somebody has seen it.
#[derive(Debug, Clone)]
pub(super) enum Wish {
    /// A containment, or a waking, of whom the plan names, among so many rows.
    Contain(Arc<Plan>, usize),
    /// Anything else, about an agent or about nobody.
    Say(Option<Did>, Box<What>),
}

/// A key that is to take the place of an agent's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Whose.
    pub did: Did,
    /// The key that is lost or stolen.
    pub old: KeyBytes,
    /// The file of the new one.
    pub file: PathBuf,
    /// The file of its passphrase.
    pub passphrase: Option<PathBuf>,
}

/// Why a new key did not speak.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    /// A passphrase opens it.
    #[error("the key is encrypted")]
    Encrypted,
    /// Something else.
    #[error("{0}")]
    Unusable(String),
}

/// Where in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// After so many entries.
    Size(u64),
    /// At this time, and not later than after so many entries.
    Until(Time, u64),
    /// At this time, and not earlier than after so many entries.
    From(Time, u64),
}

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
    /// Freeze and count a wish, and whom it spares.
    Plan(Ticket, Request, Vec<Exception>),
    /// Freeze and count what a change that waits would do now.
    Weigh(Ticket, ChangeId, Box<(Request, Vec<Exception>)>),
    /// Fix the bytes of a wish, to be shown before they are signed.
    Draft(Ticket, Wish, Why),
    /// Carry out what was frozen, and signed if it was drafted.
    Commit(Ticket, Arc<Plan>, usize, Why, Option<Arc<Drafted>>),
    /// Sign and say what was drafted.
    Order(Ticket, Arc<Drafted>),
    /// Approve what waits, if it has the digest that was shown.
    Approve(Ticket, ChangeId, Digest32),
    /// Tell everybody outside.
    Tell(Box<Notice>),
    /// Ask before a change.
    Ask(Verb, Row),
    /// Ask before anything else that is signed.
    AskOrder(Box<order::State>),
    /// Ask for one line of text.
    Prompt(Box<prompt::State>),
    /// Ask for some of many.
    Pick(Box<pick::State>),
    /// Write agents to a file, in the form that its name ends with.
    WriteSheet(PathBuf, SheetFormat, Arc<Vec<Row>>, Arc<View>),
    /// Write a case into a directory that is made for it.
    ExportCase(CaseId, PathBuf),
    /// Ask a new key for its word.
    ReadKey(Box<NewKey>),
    /// Take the registry file as it is now.
    TakeFile,
    /// Look up what verdicts say about how the mesh stands.
    ReadBeat(Ticket),
    /// Look up what the logs say of an agent.
    ReadDossier(Ticket, Row, Did),
    /// Show the last verdicts that some words mean.
    ShowVerdicts(String),
    /// Look up the last verdicts that some words mean.
    ReadVerdicts(Ticket, String),
    /// Find why an agent can do something, and who can.
    FindPaths(Ticket, Option<Row>, String),
    /// Show the sources of trust signals and the enforcement points.
    ShowSources,
    /// Read the end of the log.
    ReadLog,
    /// Read the log around the end of its first so many entries.
    ReadLogAt(u64),
    /// Read and prove one entry.
    ReadEntry(Ticket, u64),
    /// Check the whole log.
    VerifyLog,
    /// Show everything as it was.
    Travel(Ticket, Moment),
    /// Read a policy from a file.
    LoadPolicy(Ticket, PathBuf),
    /// Judge the last verdicts under a policy.
    DryRun(Ticket, Arc<Policy>),
    /// Read what changed around a moment.
    ReadStop(Ticket, Moment),
    /// Look for changes by others.
    Follow,
    /// Compare two moments.
    Compare(Ticket, Arc<View>, Arc<View>),
    /// Judge a snapshot again.
    Judge(Box<Snapshot>),
    /// Read a containment, without an index the newest one.
    ReadAftermath(Ticket, Option<u64>),
    /// Ask who confirmed an entry.
    ReadEnforced(Ticket, u64),
    /// Count who may act at and below an agent.
    CountActing(Ticket, Did),
    /// Look for the agents that a text speaks of.
    Recognize(Ticket, String),
    /// Look for them among the verdicts, too.
    RecognizeCallers(Ticket, String),
    /// Put text on the clipboard.
    Copy(String),
    /// Keep how the table of a context is laid out.
    Remember(String, Layout),
    /// The table of agents is sorted otherwise.
    Sorted,
    /// Let the terminal tell of the mouse, or not.
    Mouse(bool),
    /// Say something in the status line.
    Say(String),
    /// Say why something cannot be done.
    Refuse(String),
    /// Open a context.
    OpenContext(Ticket, String),
    /// Show help or the palette.
    Help,
    Palette,
    /// Stop until `fg`.
    Background,
    /// Leave.
    Quit,
}

/// What became of an order, and whom it is to be told.
#[derive(Debug)]
pub(super) struct Done<T> {
    pub receipt: T,
    pub notice: Option<Box<Notice>>,
}

/// One entry, read and proven on this side.
#[derive(Debug, Clone)]
pub(super) struct Details {
    pub line: LogLine,
    /// SHA-256 of the bytes that operators sign.
    pub digest: Digest32,
    /// Who signed, as `name#key`, and whether the signature was verified on this side.
    pub signers: Vec<(String, bool)>,
    /// What was ordered, as it was signed.
    pub payload: String,
    /// The hashes of the proof, the size of the tree, when its head was signed, and the log's key; or what is wrong.
    pub proven: Result<(usize, u64, Time, String), String>,
}

/// The outcome of an effect.
#[derive(Debug)]
pub(super) enum Reply {
    /// Rows of a room.
    Listed(RoomName, Ticket, Result<Listed, QueryError>),
    /// Who asked for verdicts, for a list that wants to know.
    Called(RoomName, Ticket, Selection),
    /// A plan, or why there is none.
    Planned(Ticket, Result<Plan, PlanError>),
    /// What a change that waits would do now.
    Weighed(Ticket, ChangeId, Result<Box<Plan>, String>),
    /// What would be signed, or why nothing can be.
    Drafted(Ticket, Result<Arc<Drafted>, Rejection>),
    /// A receipt, or why nothing was done; and the state after.
    Committed(Ticket, Box<Result<Done<Receipt>, Rejection>>, Snapshot),
    /// What became of an order, or why nothing was done; and the state after.
    Ordered(Ticket, Result<Done<FactReceipt>, WardenError>, Snapshot),
    /// What did not get through to those outside.
    Told(Vec<String>),
    /// A containment.
    Aftermath(Ticket, Result<Box<Aftermath>, String>),
    /// Who confirmed an entry.
    Enforced(Ticket, Enforced),
    /// How many lie at and below an agent, and how many of them may act.
    Acting(Ticket, (usize, usize)),
    /// The agents that a text speaks of.
    Recognized(Ticket, Vec<Named>),
    /// The agents that asked under what the text names.
    RecognizedCallers(Ticket, Vec<Recognized>),
    /// What differs between two moments.
    Compared(Ticket, compared::Compared),
    /// Where agents were written, and how many, or why not.
    Written(Result<(PathBuf, usize), String>),
    /// Where a case was written, or why not.
    Exported(Result<PathBuf, String>),
    /// A new key's word.
    NewKey(Box<NewKey>, Result<Rekey, NoKey>),
    /// The file was taken, or why not; and the state after.
    Taken(Result<(), String>, Snapshot),
    /// What verdicts say; nothing where none are kept.
    Beat(Ticket, Result<Option<Beat>, String>),
    /// What the logs say of an agent.
    Dossier(Ticket, Did, Result<Box<inspect::Looked>, String>),
    /// The last verdicts, the newest first.
    Verdicts(Ticket, Result<Vec<DecisionLine>, String>),
    /// Why an agent can do something, and who can.
    Paths(Ticket, Paths),
    /// The end of the log, newest first.
    Log(Result<Vec<LogLine>, String>),
    /// One entry.
    Entry(Ticket, Result<Box<Details>, String>),
    /// What checking the log came to.
    Verified(Result<LogReport, String>),
    /// The past.
    Travelled(Ticket, Result<(u64, Arc<View>), String>),
    /// What changed around a moment.
    Stop(Ticket, Result<slider::Stop, String>),
    /// A policy from a file.
    PolicyLoaded(Ticket, Result<Arc<Policy>, String>),
    /// What a policy would have changed.
    DryRan(Ticket, Result<DryRun, String>),
    /// Others changed something.
    Followed(Snapshot),
    /// Looking for changes failed.
    FollowFailed(String),
    /// Whether a layout was kept.
    Remembered(Result<(), String>),
    /// A judged snapshot.
    Judged(Arc<View>),
}
