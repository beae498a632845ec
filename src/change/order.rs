//! What is ordered: one variant for each kind of change, with what that kind needs and nothing else.

use super::{Fact, Targets, What};
use crate::encoding::Digest32;
use crate::identity::Did;
use crate::time::Time;

/// What is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Register the records that lie beside the log.
    Import(Import),
    /// Stop agents until somebody wakes them.
    Suspend {
        /// Whom.
        targets: Targets,
        /// When the suspension ends by itself; none means when it is lifted.
        until: Option<Time>,
        /// Whether the agents, or the root of the cascade, are sealed from this entry on.
        seal: bool,
    },
    /// Stop agents for good.
    Revoke {
        /// Whom.
        targets: Targets,
        /// Whether the agents, or the root of the cascade, are sealed from this entry on.
        seal: bool,
    },
    /// Wake suspended agents.
    Reactivate {
        /// Whom.
        targets: Targets,
        /// Whether suspensions for security are lifted too.
        override_security: bool,
        /// The log index of the change that put them to sleep, when only its sleepers are woken.
        woken: Option<u64>,
    },
    /// Something beside the status of agents.
    Fact(Box<Fact>),
}

/// The records of one import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// How many records.
    pub count: u64,
    /// Their Merkle root (RFC 6962), in registration order.
    pub root: Digest32,
    /// How many records of the source were refused and left out.
    pub skipped: u64,
    /// The source's name, to be shown to people.
    pub name: String,
    /// Whether these records take the place of all earlier ones; what changes made of an agent stays.
    pub replaces: bool,
}

/// The kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`Order::Import`].
    Import,
    /// [`Order::Suspend`].
    Suspend,
    /// [`Order::Revoke`].
    Revoke,
    /// [`Order::Reactivate`].
    Reactivate,
    /// [`What::Register`].
    Register,
    /// [`What::Rotate`].
    Rotate,
    /// [`What::Rekey`].
    Rekey,
    /// [`What::Attest`].
    Attest,
    /// [`What::LogTokens`].
    LogTokens,
    /// [`What::RevokeTokens`].
    RevokeTokens,
    /// [`What::Seal`].
    Seal,
    /// [`What::List`].
    List,
    /// [`What::Unlist`].
    Unlist,
    /// [`What::Signal`].
    Signal,
    /// [`What::Void`].
    Void,
    /// [`What::Policy`].
    Policy,
    /// [`What::Lock`].
    Lock,
    /// [`What::Unlock`].
    Unlock,
    /// [`What::Adopt`].
    Adopt,
    /// [`What::Grant`].
    Grant,
    /// [`What::Narrow`].
    Narrow,
    /// [`What::Tag`].
    Tag,
    /// [`What::Case`].
    Case,
    /// [`What::Sponsor`].
    Sponsor,
    /// [`What::Erase`].
    Erase,
    /// [`What::Restore`].
    Restore,
    /// [`What::Init`].
    Init,
    /// [`What::Operator`].
    Operator,
    /// [`What::Recover`].
    Recover,
    /// [`What::Propose`].
    Propose,
    /// [`What::Withdraw`].
    Withdraw,
    /// [`What::LogKey`].
    LogKey,
    /// [`What::Enrol`].
    Enrol,
    /// [`What::Dismiss`].
    Dismiss,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 34] = [
        Self::Import,
        Self::Suspend,
        Self::Revoke,
        Self::Reactivate,
        Self::Register,
        Self::Rotate,
        Self::Rekey,
        Self::Attest,
        Self::LogTokens,
        Self::RevokeTokens,
        Self::Seal,
        Self::List,
        Self::Unlist,
        Self::Signal,
        Self::Void,
        Self::Policy,
        Self::Lock,
        Self::Unlock,
        Self::Adopt,
        Self::Grant,
        Self::Narrow,
        Self::Tag,
        Self::Case,
        Self::Sponsor,
        Self::Erase,
        Self::Restore,
        Self::Init,
        Self::Operator,
        Self::Recover,
        Self::Propose,
        Self::Withdraw,
        Self::LogKey,
        Self::Enrol,
        Self::Dismiss,
    ];

    /// The word in commands and on screens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Suspend => "suspend",
            Self::Revoke => "revoke",
            Self::Reactivate => "reactivate",
            Self::Register => "register",
            Self::Rotate => "rotate",
            Self::Rekey => "rekey",
            Self::Attest => "attest",
            Self::LogTokens => "log tokens",
            Self::RevokeTokens => "revoke tokens",
            Self::Seal => "seal",
            Self::List => "list",
            Self::Unlist => "unlist",
            Self::Signal => "signal",
            Self::Void => "void",
            Self::Policy => "policy",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Adopt => "adopt",
            Self::Grant => "grant",
            Self::Narrow => "narrow",
            Self::Tag => "tag",
            Self::Case => "case",
            Self::Sponsor => "sponsor",
            Self::Erase => "erase",
            Self::Restore => "restore",
            Self::Init => "init",
            Self::Operator => "operator",
            Self::Recover => "recover",
            Self::Propose => "propose",
            Self::Withdraw => "withdraw",
            Self::LogKey => "log key",
            Self::Enrol => "enrol",
            Self::Dismiss => "dismiss",
        }
    }

    /// The `type` of a payload: no other bytes of this program begin a signed text so.
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::Import => "meshwarden.change.v1/import",
            Self::Suspend => "meshwarden.change.v1/suspend",
            Self::Revoke => "meshwarden.change.v1/revoke",
            Self::Reactivate => "meshwarden.change.v1/reactivate",
            Self::Register => "meshwarden.change.v1/register",
            Self::Rotate => "meshwarden.change.v1/rotate",
            Self::Rekey => "meshwarden.change.v1/rekey",
            Self::Attest => "meshwarden.change.v1/attest",
            Self::LogTokens => "meshwarden.change.v1/log-tokens",
            Self::RevokeTokens => "meshwarden.change.v1/revoke-tokens",
            Self::Seal => "meshwarden.change.v1/seal",
            Self::List => "meshwarden.change.v1/list",
            Self::Unlist => "meshwarden.change.v1/unlist",
            Self::Signal => "meshwarden.change.v1/signal",
            Self::Void => "meshwarden.change.v1/void",
            Self::Policy => "meshwarden.change.v1/policy",
            Self::Lock => "meshwarden.change.v1/lock",
            Self::Unlock => "meshwarden.change.v1/unlock",
            Self::Adopt => "meshwarden.change.v1/adopt",
            Self::Grant => "meshwarden.change.v1/grant",
            Self::Narrow => "meshwarden.change.v1/narrow",
            Self::Tag => "meshwarden.change.v1/tag",
            Self::Case => "meshwarden.change.v1/case",
            Self::Sponsor => "meshwarden.change.v1/sponsor",
            Self::Erase => "meshwarden.change.v1/erase",
            Self::Restore => "meshwarden.change.v1/restore",
            Self::Init => "meshwarden.change.v1/init",
            Self::Operator => "meshwarden.change.v1/operator",
            Self::Recover => "meshwarden.change.v1/recover",
            Self::Propose => "meshwarden.change.v1/propose",
            Self::Withdraw => "meshwarden.change.v1/withdraw",
            Self::LogKey => "meshwarden.change.v1/log-key",
            Self::Enrol => "meshwarden.change.v1/enrol",
            Self::Dismiss => "meshwarden.change.v1/dismiss",
        }
    }

    /// Whether a reason must be given.
    pub const fn needs_reason(self) -> bool {
        matches!(
            self,
            Self::Suspend
                | Self::Revoke
                | Self::Rekey
                | Self::RevokeTokens
                | Self::Seal
                | Self::Unlist
                | Self::Void
                | Self::Lock
                | Self::Unlock
                | Self::Adopt
                | Self::Grant
                | Self::Narrow
                | Self::Erase
                | Self::Restore
                | Self::Operator
                | Self::Recover
                | Self::Withdraw
                | Self::LogKey
                | Self::Dismiss
        )
    }
}

impl Order {
    /// Which kind it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Import(_) => Kind::Import,
            Self::Suspend { .. } => Kind::Suspend,
            Self::Revoke { .. } => Kind::Revoke,
            Self::Reactivate { .. } => Kind::Reactivate,
            Self::Fact(fact) => fact.what.kind(),
        }
    }

    /// How many records it brings, their Merkle root, and whether they take the place of all before.
    pub fn brings(&self) -> Option<(u64, Digest32, bool)> {
        match self {
            Self::Import(import) => Some((import.count, import.root, import.replaces)),
            Self::Fact(fact) => match &fact.what {
                // The root of a tree of one leaf is the leaf.
                What::Register(register) => Some((1, register.record, false)),
                _ => None,
            },
            Self::Suspend { .. } | Self::Revoke { .. } | Self::Reactivate { .. } => None,
        }
    }

    /// What it is about, for a list: a DID, a `jti`, the name of an import's source; nothing for a policy or a list.
    pub fn subject(&self) -> String {
        match self {
            Self::Import(import) => import.name.clone(),
            Self::Fact(fact) => fact.what.subject(fact.about.as_ref()),
            Self::Suspend { targets, .. }
            | Self::Revoke { targets, .. }
            | Self::Reactivate { targets, .. } => {
                targets.first().map(ToString::to_string).unwrap_or_default()
            }
        }
    }

    /// The agent that it is about: of a cascade the root; none of an import, or when it names nobody.
    pub fn about(&self) -> Option<&Did> {
        match self {
            Self::Import(_) => None,
            Self::Fact(fact) => fact.about.as_ref().map(|target| &target.did),
            Self::Suspend { targets, .. }
            | Self::Revoke { targets, .. }
            | Self::Reactivate { targets, .. } => targets.first(),
        }
    }

    /// Whether it only takes authority away: what must never be refused for want of anything.
    pub fn only_takes(&self) -> bool {
        match self {
            Self::Suspend { .. } | Self::Revoke { .. } => true,
            Self::Fact(fact) => matches!(
                fact.what,
                What::Seal {}
                    | What::Narrow(_)
                    | What::Lock(_)
                    | What::RevokeTokens(_)
                    | What::List(_)
                    | What::Dismiss(_)
                    | What::Propose(_)
            ),
            Self::Import(_) | Self::Reactivate { .. } => false,
        }
    }

    /// Whether it leaves out somebody who would fall, whom somebody else adopts.
    pub fn spares(&self) -> bool {
        matches!(self.targets(), Some(Targets::Cascade(cascade)) if !cascade.spared.is_empty())
    }

    /// The fact, if it is one.
    pub fn fact(&self) -> Option<&Fact> {
        match self {
            Self::Fact(fact) => Some(fact),
            _ => None,
        }
    }

    /// Whose status it changes; none for an import and for a fact.
    pub const fn targets(&self) -> Option<&Targets> {
        match self {
            Self::Import(_) | Self::Fact(_) => None,
            Self::Suspend { targets, .. }
            | Self::Revoke { targets, .. }
            | Self::Reactivate { targets, .. } => Some(targets),
        }
    }
}
