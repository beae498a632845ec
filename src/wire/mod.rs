//! What others read from us: JSON shapes with a fixed member order, and the words and advice of every code.
//!
//! The command line prints these shapes now, one object per line; HTTP answers with the same ones later. A member is
//! never left out: what there is not is `null`. Times are RFC 3339 in UTC, scores 0 to 1000.

pub mod codes;
pub mod message_signature;

mod agent;
mod case;
mod decision;
mod differing;
mod doctor;
mod impact;
mod json;
mod key;
mod lineage;
mod log;
mod operator;
mod picture;
mod piece;
mod point;
mod problem;
mod pulse;
mod reach;
mod receipt;
mod sheet;
mod signed_time;
mod sponsor;
mod token;
mod told;
mod trust;

pub use agent::{AgentDetail, AgentLine, AttestedLine, ListedLine, Step, TagLine, WhoLine, ends};
pub use case::{CaseAgent, CaseDetail, CaseFile, CaseLine, CaseStep, DueLine};
pub use decision::{
    CallLine, DecisionLine, DryRunLine, ExampleLine, PolicyChangeLine, RefusalsLine, ShiftLine, VerdictLine,
};
pub use differing::{DifferingLine, LookLine, difference_words, entry_words};
pub use doctor::{BackupLine, FindingLine};
pub use impact::{ImpactLine, SpareLine, States, TargetLine};
pub use json::{safe_json, to_json};
pub use key::{HandshakeLine, KeyLine};
pub use lineage::LineageLine;
pub use log::{
    ChainLine, CheckpointLine, ErasedLine, ErrorBody, ErrorLine, FactLine, ImportLine, LockLine, LogLine,
    LogReportLine, ProvenLine, ReceiptLine, RefusedLine, TouchLine,
};
pub use operator::{OperatorLine, ProposalLine, WaitsLine};
pub use picture::{Node, Picture, markdown};
pub use piece::PieceLine;
pub use point::PointLine;
pub use problem::{MAX_PROBLEM_BYTES, MEDIA_TYPE, Problem, ProblemError};
pub use pulse::PulseLine;
pub use reach::{ReachHop, ReachLine};
pub use receipt::{ConfirmationLine, ContactLine, CoverageLine, EnforcedLine, UnsignedLine};
pub use sheet::{SheetFormat, sheet};
pub use signed_time::SignedTime;
pub use sponsor::{SponsorLine, SponsoredLine};
pub use token::{
    ExaminationLine, FailureLine, InspectLine, ProofLine, ScopeChainLine, ScopeLinkLine, TokenLine,
};
pub use told::{ToldAgent, ToldDetail, ToldImpact, ToldPage, ToldStep, ToldTaken};
pub use trust::{CauseLine, ScoreLine};
