//! The exit code of every outcome; nothing else translates errors to exit codes.

use std::process::ExitCode;

use super::error::CliError;
use crate::audit::{CheckpointError, NoteError};
use crate::backend::RemoteError;
use crate::change::{FactError, PlanError};
use crate::client::ClientError;
use crate::store::StoreError;
use crate::warden::{UpstreamError, WardenError};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: yes; done, valid.
    Yes,
    /// 1: the answer is no: broken, invalid.
    No,
    /// 2: the arguments or the input are wrong.
    Usage,
    /// 3: done, except for what was refused.
    Partial,
    /// 4: refused, not confirmed, or what was seen is no longer so.
    Refused,
    /// 5: something that is needed cannot be reached.
    Unreachable,
    /// 70: this program is at fault.
    Bug,
    /// 141: nobody reads the output any more, as a shell reports it of every program.
    BrokenPipe,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Refused => 4,
            Self::Unreachable => 5,
            Self::Bug => 70,
            Self::BrokenPipe => 141,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The exit of a command that failed.
pub fn of(error: &CliError) -> Exit {
    match error {
        CliError::BrokenPipe => Exit::BrokenPipe,
        CliError::Serve(_) | CliError::Output(_) | CliError::Unsaid { .. } | CliError::Console(_) => {
            Exit::Unreachable
        }
        CliError::NotConfirmed | CliError::Stale { .. } | CliError::Replaced => Exit::Refused,
        CliError::Denied(_) | CliError::Lifetime { .. } => Exit::Refused,
        CliError::Warden(error) | CliError::Remote(RemoteError::Warden(error)) => of_warden(error),
        CliError::Remote(RemoteError::LogKey { .. } | RemoteError::Hand(_)) => Exit::Usage,
        CliError::Remote(RemoteError::Client(ClientError::Address { .. })) => Exit::Usage,
        CliError::Remote(RemoteError::Client(ClientError::Refused { .. })) => Exit::Refused,
        CliError::Remote(RemoteError::Client(_) | RemoteError::Thread(_)) => Exit::Unreachable,
        CliError::Checkpoint {
            error:
                CheckpointError::Malformed | CheckpointError::Note(NoteError::Malformed | NoteError::TooLarge),
            ..
        } => Exit::Usage,
        CliError::Checkpoint { .. } => Exit::No,
        CliError::NoChain { .. } | CliError::Delegation(_) => Exit::Refused,
        CliError::Usage(_)
        | CliError::Unreadable { .. }
        | CliError::ScopeChain { .. }
        | CliError::Evidence { .. }
        | CliError::Search(_)
        | CliError::Query(_)
        | CliError::Nobody
        | CliError::UnknownCode { .. }
        | CliError::UnknownContext { .. }
        | CliError::Chain { .. }
        | CliError::Statement { .. }
        | CliError::Revocations { .. }
        | CliError::TooLong { .. }
        | CliError::OtherKey { .. }
        | CliError::NothingThere { .. }
        | CliError::File { .. }
        | CliError::Key { .. }
        | CliError::Message { .. }
        | CliError::Handshake(_)
        | CliError::Ingest { .. }
        | CliError::Scores { .. }
        | CliError::Find(_)
        | CliError::Config(_)
        | CliError::Policy { .. }
        | CliError::NoRegistry(_)
        | CliError::NoDataDirectory
        | CliError::NoTerminal
        | CliError::Tls(_)
        | CliError::ConsoleNeedsTerminal => Exit::Usage,
    }
}

fn of_warden(error: &WardenError) -> Exit {
    match error {
        WardenError::Ingest(_)
        | WardenError::Scores(_)
        | WardenError::Change(_)
        | WardenError::NotYet { .. }
        | WardenError::Key { .. }
        | WardenError::Hand(_)
        | WardenError::OtherLogKey { .. }
        | WardenError::LostLogKey { .. }
        | WardenError::File { .. }
        | WardenError::NotARegistry { .. } => Exit::Usage,
        // What names nobody is a slip of whoever typed it, wherever it is found out.
        WardenError::Plan(PlanError::Unknown(_))
        | WardenError::Fact(FactError::Unknown(_) | FactError::CaseUnknown { .. }) => Exit::Usage,
        WardenError::Upstream(UpstreamError::Unreachable { .. })
        | WardenError::NotYetInForce { .. }
        | WardenError::TakenUnseen { .. } => Exit::Unreachable,
        WardenError::Plan(_) | WardenError::Upstream(_) | WardenError::AtTheVerifier { .. } => Exit::Refused,
        WardenError::NoEntropy | WardenError::Unsigned { .. } => Exit::Unreachable,
        WardenError::Store(StoreError::Misuse(_)) => Exit::Bug,
        WardenError::Store(StoreError::Obstacle(_)) => Exit::Unreachable,
        WardenError::Store(StoreError::Damaged { .. })
        | WardenError::Entry { .. }
        | WardenError::Lie(_)
        | WardenError::Fold { .. }
        | WardenError::Record { .. }
        | WardenError::MissingRecord { .. }
        | WardenError::Backup { .. }
        | WardenError::RepeatedRecord { .. } => Exit::No,
        WardenError::Fact(_)
        | WardenError::Operator(_)
        | WardenError::ReadOnly
        | WardenError::NoRoom { .. }
        | WardenError::Register { .. }
        | WardenError::BelowSealed { .. }
        | WardenError::FileMoved { .. }
        | WardenError::MovedOn
        | WardenError::InClear { .. }
        | WardenError::TakenMeanwhile { .. } => Exit::Refused,
    }
}
