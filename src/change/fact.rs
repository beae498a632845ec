//! What an entry says beside the status of agents: who registered, whose key changed, which tokens count.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::case::OnCase;
use super::grant::{self, Adopt, Holding};
use super::operators::{Dismiss, Enrol, Init, LogKey, Operate, Propose, Recover, Withdraw};
use super::parameters::{
    Attest, List, LockOn, LogTokens, Register, Rekey, Rotate, SetPolicy, Signal, TokenSet, Unlist, Void,
};
use super::personal::Erase;
use super::restore::Restore;
use super::sponsor::OnSponsor;
use super::tag::Tagging;
use super::{ChangeError, Kind, Target};
use crate::delegation::Chain;

/// A chain has at most this many bytes.
const MAX_CHAIN_BYTES: usize = 16 * 1024;
/// A statement, or a list, has at most this many bytes.
const MAX_STATEMENT_BYTES: usize = 1024 * 1024;
/// A `jti` has at most this many bytes.
const MAX_ID_BYTES: usize = 128;
/// A change inside a proposal has at most this many bytes: what waits is no list of thousands.
const MAX_CHANGE_BYTES: usize = 2 * 1024 * 1024;
/// What a lock names has at most this many bytes.
const MAX_LOCK_BYTES: usize = 1024;
/// At most this many past keys of an agent are kept.
const MAX_KEPT_KEYS: u64 = 100;

/// A fact, and whom it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The agent, frozen by its version; of a registration, the parent.
    pub about: Option<Target>,
    /// What is said.
    pub what: What,
}

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// One agent is registered; its record lies beside the log.
    Register(Register),
    /// The agent changed its key itself.
    Rotate(Rotate),
    /// Operators replaced the agent's key.
    Rekey(Rekey),
    /// An attester vouches for the agent.
    Attest(Attest),
    /// The tokens of a chain are known.
    LogTokens(LogTokens),
    /// Tokens do not count any more.
    RevokeTokens(TokenSet),
    /// Nothing new comes from the agent, or from below it, until it is reactivated.
    Seal {},
    /// Agents are put on the revocation list.
    List(List),
    /// The agent is taken off the revocation list.
    Unlist(Unlist),
    /// A source says something about an agent's behaviour.
    Signal(Signal),
    /// What a source said does not count any more.
    Void(Void),
    /// This policy is in force.
    Policy(SetPolicy),
    /// A standing rule holds agents.
    Lock(LockOn),
    /// A standing rule is lifted.
    Unlock(LockOn),
    /// The agent comes below another parent.
    Adopt(Adopt),
    /// The agent holds something else, within what its parent may give.
    Grant(Holding),
    /// The agent holds less.
    Narrow(Holding),
    /// The agent gets and loses tags.
    Tag(Tagging),
    /// A step of a case.
    Case(OnCase),
    /// Something about a sponsor.
    Sponsor(OnSponsor),
    /// Texts that name people are forgotten.
    Erase(Erase),
    /// The log was brought back from a backup.
    Restore(Restore),
    /// The log gets operators.
    Init(Init),
    /// The operators change.
    Operator(Operate),
    /// The recovery set replaces the admins.
    Recover(Recover),
    /// A change waits for signatures.
    Propose(Propose),
    /// A change that waited will not be carried out.
    Withdraw(Withdraw),
    /// The log gets another key.
    LogKey(LogKey),
    /// An enforcement point or a signal source is known from now on.
    Enrol(Enrol),
    /// It is not known any more.
    Dismiss(Dismiss),
}

/// No parameters.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl What {
    /// Which kind of change it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Register(_) => Kind::Register,
            Self::Rotate(_) => Kind::Rotate,
            Self::Rekey(_) => Kind::Rekey,
            Self::Attest(_) => Kind::Attest,
            Self::LogTokens(_) => Kind::LogTokens,
            Self::RevokeTokens(_) => Kind::RevokeTokens,
            Self::Seal {} => Kind::Seal,
            Self::List(_) => Kind::List,
            Self::Unlist(_) => Kind::Unlist,
            Self::Signal(_) => Kind::Signal,
            Self::Void(_) => Kind::Void,
            Self::Policy(_) => Kind::Policy,
            Self::Lock(_) => Kind::Lock,
            Self::Unlock(_) => Kind::Unlock,
            Self::Adopt(_) => Kind::Adopt,
            Self::Grant(_) => Kind::Grant,
            Self::Narrow(_) => Kind::Narrow,
            Self::Tag(_) => Kind::Tag,
            Self::Case(_) => Kind::Case,
            Self::Sponsor(_) => Kind::Sponsor,
            Self::Erase(_) => Kind::Erase,
            Self::Restore(_) => Kind::Restore,
            Self::Init(_) => Kind::Init,
            Self::Operator(_) => Kind::Operator,
            Self::Recover(_) => Kind::Recover,
            Self::Propose(_) => Kind::Propose,
            Self::Withdraw(_) => Kind::Withdraw,
            Self::LogKey(_) => Kind::LogKey,
            Self::Enrol(_) => Kind::Enrol,
            Self::Dismiss(_) => Kind::Dismiss,
        }
    }

    /// Whether it says something about operators or enrolled programs, and nothing about agents.
    pub const fn is_of_operators(&self) -> bool {
        matches!(
            self,
            Self::Init(_)
                | Self::Operator(_)
                | Self::Recover(_)
                | Self::Propose(_)
                | Self::Withdraw(_)
                | Self::LogKey(_)
                | Self::Enrol(_)
                | Self::Dismiss(_)
        )
    }

    /// Whether it names an agent; a registration does if there is a parent.
    const fn names_agent(&self) -> Option<bool> {
        match self {
            Self::Register(_) => None,
            Self::Rotate(_) | Self::Rekey(_) | Self::Attest(_) | Self::Seal {} => Some(true),
            Self::Adopt(_) | Self::Grant(_) | Self::Narrow(_) | Self::Tag(_) => Some(true),
            Self::RevokeTokens(set) => Some(!matches!(set, TokenSet::Token { .. })),
            _ => Some(false),
        }
    }

    /// What it is about, for a list: a DID, or a `jti`; nothing for a policy or a list.
    pub fn subject(&self, about: Option<&Target>) -> String {
        match self {
            Self::Register(register) => register.did.to_string(),
            Self::RevokeTokens(TokenSet::Token { jti }) => jti.clone(),
            Self::Lock(on) | Self::Unlock(on) => on.text().to_owned(),
            Self::Unlist(unlist) => unlist.did.to_string(),
            Self::Erase(erase) => erase.did.to_string(),
            Self::Case(step) => step.verb().to_owned(),
            Self::Restore(restore) => format!("{} entries", restore.kept.size),
            Self::Sponsor(step) => format!("{} {}", step.verb(), step.email().shown()),
            Self::Operator(operate) => format!("{} {}", operate.verb(), operate.name()),
            Self::LogKey(key) => key.key.clone(),
            Self::Enrol(Enrol { name, .. }) | Self::Dismiss(Dismiss { name }) => name.clone(),
            Self::Propose(propose) => propose.subject(),
            Self::Withdraw(withdraw) => withdraw.change.clone(),
            Self::LogTokens(logged) => {
                let chain = Chain::from_header(&logged.chain).ok();
                let leaf = chain.as_ref().and_then(Chain::leaf);
                leaf.map(|leaf| leaf.claims().subject.to_string()).unwrap_or_default()
            }
            Self::Signal(signal) => {
                signal.event.get("subject").and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            _ => about.map(|target| target.did.to_string()).unwrap_or_default(),
        }
    }

    /// Every text in it, with its bound.
    fn texts(&self) -> impl Iterator<Item = (&'static str, &str, usize)> {
        let statement = |text| Some(("statement", text, MAX_STATEMENT_BYTES));
        let chain = |text| ("chain", text, MAX_CHAIN_BYTES);
        let (first, second) = match self {
            Self::Register(register) => (
                register.chain.as_deref().map(chain),
                register.attestation.as_ref().map(|text| ("attestation", text.shown(), MAX_STATEMENT_BYTES)),
            ),
            Self::Rotate(rotate) => (statement(rotate.statement.as_str()), None),
            Self::Rekey(rekey) => (statement(rekey.statement.as_str()), None),
            Self::Attest(attest) => (statement(attest.statement.shown()), None),
            Self::LogTokens(logged) => (Some(chain(logged.chain.as_str())), None),
            Self::RevokeTokens(TokenSet::Token { jti }) => (Some(("jti", jti.as_str(), MAX_ID_BYTES)), None),
            Self::List(list) => (Some(("entries", list.entries.as_str(), MAX_STATEMENT_BYTES)), None),
            Self::RevokeTokens(_) | Self::Seal {} | Self::Unlist(_) | Self::Erase(_) | Self::Restore(_) => {
                (None, None)
            }
            Self::Policy(set) => (Some(("policy", set.policy.as_str(), MAX_STATEMENT_BYTES)), None),
            Self::Lock(on) | Self::Unlock(on) => (Some(("lock", on.text(), MAX_LOCK_BYTES)), None),
            Self::Propose(propose) => (Some(("change", propose.change.as_str(), MAX_CHANGE_BYTES)), None),
            Self::LogKey(key) => (Some(("key", key.key.as_str(), MAX_LOCK_BYTES)), None),
            Self::Signal(_) | Self::Void(_) => (None, None),
            Self::Adopt(_)
            | Self::Grant(_)
            | Self::Narrow(_)
            | Self::Tag(_)
            | Self::Case(_)
            | Self::Sponsor(_) => (None, None),
            // Names and keys are looked at one by one when the entry is judged.
            Self::Init(_) | Self::Operator(_) | Self::Recover(_) | Self::Withdraw(_) => (None, None),
            Self::Enrol(_) | Self::Dismiss(_) => (None, None),
        };
        first.into_iter().chain(second)
    }
}

impl Fact {
    pub(super) fn check(&self) -> Result<(), ChangeError> {
        if self.what.names_agent().is_some_and(|names| names != self.about.is_some()) {
            return Err(ChangeError::Unreadable { member: "targets" });
        }
        self.check_texts()?;
        match &self.what {
            What::Adopt(Adopt { capabilities, .. })
            | What::Grant(Holding { capabilities })
            | What::Narrow(Holding { capabilities }) => grant::check(capabilities),
            What::Tag(tagging) => tagging.check(),
            What::Case(step) => step.check(),
            What::Lock(on) | What::Unlock(on) if on.target().is_none() => {
                Err(ChangeError::Unreadable { member: "lock" })
            }
            What::Rotate(Rotate { kept, .. }) | What::Rekey(Rekey { kept, .. }) if *kept > MAX_KEPT_KEYS => {
                Err(ChangeError::Unreadable { member: "kept" })
            }
            _ => Ok(()),
        }
    }

    /// Whether its texts have the lengths that they may have.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn check_texts(&self) -> Result<(), ChangeError> {
        for (member, text, limit) in self.what.texts() {
            if text.trim().is_empty() {
                return Err(ChangeError::Blank { member });
            }
            if text.len() > limit {
                return Err(ChangeError::TooLong { member, limit });
            }
        }
        match &self.what {
            What::Sponsor(step) => step.check(),
            _ => Ok(()),
        }
    }

    pub(super) fn parameters(&self) -> Result<Value, ChangeError> {
        Ok(match &self.what {
            What::Register(register) => serde_json::to_value(register),
            What::Rotate(rotate) => serde_json::to_value(rotate),
            What::Rekey(rekey) => serde_json::to_value(rekey),
            What::Attest(attest) => serde_json::to_value(attest),
            What::LogTokens(logged) => serde_json::to_value(logged),
            What::RevokeTokens(set) => serde_json::to_value(set),
            What::List(list) => serde_json::to_value(list),
            What::Signal(signal) => serde_json::to_value(signal),
            What::Void(void) => serde_json::to_value(void),
            What::Policy(policy) => serde_json::to_value(policy),
            What::Lock(on) | What::Unlock(on) => serde_json::to_value(on),
            What::Seal {} => serde_json::to_value(Nothing {}),
            What::Unlist(unlist) => serde_json::to_value(unlist),
            What::Adopt(adopt) => serde_json::to_value(adopt),
            What::Grant(holding) | What::Narrow(holding) => serde_json::to_value(holding),
            What::Tag(tagging) => serde_json::to_value(tagging),
            What::Case(step) => serde_json::to_value(step),
            What::Sponsor(step) => serde_json::to_value(step),
            What::Erase(erase) => serde_json::to_value(erase),
            What::Restore(restore) => serde_json::to_value(restore),
            What::Init(init) => serde_json::to_value(init),
            What::Operator(operate) => serde_json::to_value(operate),
            What::Recover(recover) => serde_json::to_value(recover),
            What::Propose(propose) => serde_json::to_value(propose),
            What::Withdraw(withdraw) => serde_json::to_value(withdraw),
            What::LogKey(key) => serde_json::to_value(key),
            What::Enrol(enrol) => serde_json::to_value(enrol),
            What::Dismiss(dismiss) => serde_json::to_value(dismiss),
        }?)
    }

    /// Reads the targets and parameters of a kind that is a fact.
    pub(super) fn read(kind: Kind, mut targets: Vec<Target>, parameters: &str) -> Result<Self, ChangeError> {
        let what = match kind {
            Kind::Register => What::Register(serde_json::from_str(parameters)?),
            Kind::Rotate => What::Rotate(serde_json::from_str(parameters)?),
            Kind::Rekey => What::Rekey(serde_json::from_str(parameters)?),
            Kind::Attest => What::Attest(serde_json::from_str(parameters)?),
            Kind::LogTokens => What::LogTokens(serde_json::from_str(parameters)?),
            Kind::RevokeTokens => What::RevokeTokens(serde_json::from_str(parameters)?),
            Kind::List => What::List(serde_json::from_str(parameters)?),
            Kind::Signal => What::Signal(serde_json::from_str(parameters)?),
            Kind::Void => What::Void(serde_json::from_str(parameters)?),
            Kind::Policy => What::Policy(serde_json::from_str(parameters)?),
            Kind::Lock => What::Lock(serde_json::from_str(parameters)?),
            Kind::Unlock => What::Unlock(serde_json::from_str(parameters)?),
            Kind::Seal => {
                let Nothing {} = serde_json::from_str(parameters)?;
                What::Seal {}
            }
            Kind::Unlist => What::Unlist(serde_json::from_str(parameters)?),
            Kind::Adopt => What::Adopt(serde_json::from_str(parameters)?),
            Kind::Grant => What::Grant(serde_json::from_str(parameters)?),
            Kind::Narrow => What::Narrow(serde_json::from_str(parameters)?),
            Kind::Tag => What::Tag(serde_json::from_str(parameters)?),
            Kind::Case => What::Case(serde_json::from_str(parameters)?),
            Kind::Sponsor => What::Sponsor(serde_json::from_str(parameters)?),
            Kind::Erase => What::Erase(serde_json::from_str(parameters)?),
            Kind::Restore => What::Restore(serde_json::from_str(parameters)?),
            Kind::Init => What::Init(serde_json::from_str(parameters)?),
            Kind::Operator => What::Operator(serde_json::from_str(parameters)?),
            Kind::Recover => What::Recover(serde_json::from_str(parameters)?),
            Kind::Propose => What::Propose(serde_json::from_str(parameters)?),
            Kind::Withdraw => What::Withdraw(serde_json::from_str(parameters)?),
            Kind::LogKey => What::LogKey(serde_json::from_str(parameters)?),
            Kind::Enrol => What::Enrol(serde_json::from_str(parameters)?),
            Kind::Dismiss => What::Dismiss(serde_json::from_str(parameters)?),
            Kind::Import | Kind::Suspend | Kind::Revoke | Kind::Reactivate => {
                return Err(ChangeError::UnknownType);
            }
        };
        let about = targets.pop();
        if !targets.is_empty() {
            return Err(ChangeError::Unreadable { member: "targets" });
        }
        Ok(Self { about, what })
    }
}
