//! Whether whoever signed a change may order it, and how many more must.

use super::{Operate, OperatorError, Operators, Role, Signer};
use crate::change::{Kind, Order, Payload, SignedChange, Targets, What};
use crate::identity::PublicKey;
use crate::policy::Approvals;
use crate::time::Time;

/// Who stands behind a change, and how many must.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consent {
    /// The people who signed it, the one who ordered it first.
    pub signers: Vec<String>,
    /// How many must sign.
    pub needed: usize,
}

impl Consent {
    /// Who says that he signed; nothing is verified.
    pub fn as_said(change: &SignedChange) -> Self {
        Self { signers: change.signers().into_iter().map(|signer| signer.name).collect(), needed: 0 }
    }

    /// Whether enough people signed.
    pub fn complete(&self) -> bool {
        self.signers.len() >= self.needed
    }
}

/// Whether what is ordered is signed by others than operators: agents, attesters, the operators inside a proposal.
pub fn speaks_for_itself(order: &Order) -> bool {
    let Some(fact) = order.fact() else { return false };
    match &fact.what {
        What::Rotate(_) | What::Attest(_) | What::LogTokens(_) | What::Signal(_) | What::Propose(_) => true,
        What::Register(register) => register.chain.is_some(),
        _ => false,
    }
}

/// The weakest role that may order a kind of change.
pub const fn role_for(kind: Kind) -> Role {
    match kind {
        Kind::Suspend
        | Kind::Revoke
        | Kind::Reactivate
        | Kind::Seal
        | Kind::Lock
        | Kind::Unlock
        | Kind::List
        | Kind::Unlist
        | Kind::RevokeTokens
        | Kind::Void
        | Kind::Narrow
        | Kind::Tag
        | Kind::Case
        | Kind::Withdraw => Role::Responder,
        _ => Role::Admin,
    }
}

/// The weakest role that may order a change: whoever spares somebody gives, as whoever adopts does.
fn role_of(order: &Order) -> Role {
    if order.spares() { role_for(Kind::Adopt) } else { role_for(order.kind()) }
}

/// How many people must sign a change where several hold the log.
fn needed(payload: &Payload, approvals: &Approvals) -> usize {
    let spares = if payload.order.spares() { approvals.of("adopt") } else { 1 };
    let count = match &payload.order {
        // Taking authority away waits for nobody whom the one who orders it cannot wait for.
        Order::Revoke { .. } if payload.break_glass => 1,
        Order::Revoke { targets, .. } if targets.count() > approvals.revoke_above => approvals.of("revoke"),
        Order::Reactivate { override_security: true, .. } => approvals.of("reactivate"),
        // It gives keys, parents and capabilities to whom it names.
        Order::Import(import) if import.replaces => {
            ["adopt", "grant", "rekey"].map(|kind| approvals.of(kind)).into_iter().max().unwrap_or(1)
        }
        Order::Fact(fact) => match &fact.what {
            What::Operator(Operate::Suspend { .. } | Operate::DropKey { .. }) => 1,
            What::Operator(_) | What::LogKey(_) | What::Restore(_) => approvals.of("operator"),
            What::Rekey(_) => approvals.of("rekey"),
            What::Adopt(_) => approvals.of("adopt"),
            What::Grant(_) => approvals.of("grant"),
            What::Policy(_) => approvals.of("policy"),
            _ => 1,
        },
        _ => 1,
    };
    usize::from(count.max(spares))
}

impl Operators {
    /// How many people must sign a change.
    pub fn needed(&self, payload: &Payload, approvals: &Approvals) -> usize {
        if self.solo() { 1 } else { needed(payload, approvals) }
    }

    /// Verifies every signature of a change for the log `log`, and says who stands behind it.
    ///
    /// The answer may be that more people must sign: see [`Consent::complete`].
    ///
    /// # Errors
    /// [`OperatorError`] when one of the signatures does not count.
    pub fn consent(
        &self,
        change: &SignedChange,
        payload: &Payload,
        (log, approvals): (&str, &Approvals),
        now: Time,
    ) -> Result<Consent, OperatorError> {
        if let Some(What::Init(init)) = payload.order.fact().map(|fact| &fact.what) {
            return self.consent_to_begin(change, payload, log, init);
        }
        if !self.held() || speaks_for_itself(&payload.order) {
            let unsigned = change.signatures().is_empty();
            return if unsigned { Ok(Consent::default()) } else { Err(OperatorError::Unexpected) };
        }
        if let Some(expires) = payload.expires.filter(|expires| now >= *expires) {
            return Err(OperatorError::Expired { at: expires.to_string() });
        }
        if self.withdrawn.contains_key(&payload.id) {
            return Err(OperatorError::Withdrawn);
        }
        if payload.kind() == Kind::Recover {
            return self.consent_of_recovery(change, log);
        }
        let (kind, weakest) = (payload.kind(), role_of(&payload.order));
        let role = |signer: &Signer| {
            let person = self.get(&signer.name);
            let key = person.and_then(|person| person.keys.iter().find(|key| key.key_id() == signer.key));
            let (Some(person), Some(key)) = (person, key) else {
                return Err(OperatorError::UnknownKey { kid: signer.kid() });
            };
            if !person.active() {
                let (name, standing) = (person.name.clone(), person.standing.as_str());
                return Err(OperatorError::Stopped { name, standing });
            }
            if person.role < weakest {
                let (name, role, needed) = (person.name.clone(), person.role, weakest);
                return Err(OperatorError::Role { name, role, kind: kind.as_str(), needed });
            }
            Ok(*key)
        };
        let signers = verified(change, log, |signer| {
            role(signer)?.check().map_err(|_| OperatorError::UnknownKey { kid: signer.kid() })
        })?;
        let names: Vec<String> = signers.into_iter().map(|signer| signer.name).collect();
        if let Some(twice) = repeated(&names) {
            return Err(OperatorError::Twice { name: twice.clone() });
        }
        ordered_by(payload, &names)?;
        Ok(Consent { signers: names, needed: self.needed(payload, approvals) })
    }

    /// One of the admins whom the entry names signs it.
    fn consent_to_begin(
        &self,
        change: &SignedChange,
        payload: &Payload,
        log: &str,
        init: &super::Init,
    ) -> Result<Consent, OperatorError> {
        if let Some(begun) = self.since() {
            return Err(OperatorError::Begun(begun));
        }
        let signers = verified(change, log, |signer| {
            let person = init.operators.iter().find(|person| person.name == signer.name);
            let key = person.and_then(|person| super::settle::key(person).ok());
            let key = key.filter(|key| key.bytes().key_id() == signer.key);
            key.ok_or_else(|| OperatorError::UnknownKey { kid: signer.kid() })
        })?;
        let names: Vec<String> = signers.into_iter().map(|signer| signer.name).collect();
        if let Some(twice) = repeated(&names) {
            return Err(OperatorError::Twice { name: twice.clone() });
        }
        ordered_by(payload, &names)?;
        Ok(Consent { signers: names, needed: 1 })
    }

    fn consent_of_recovery(&self, change: &SignedChange, log: &str) -> Result<Consent, OperatorError> {
        let recovery = self.recovery().ok_or(OperatorError::NoRecovery)?;
        let signers = verified(change, log, |signer| {
            let unknown = || OperatorError::UnknownKey { kid: signer.kid() };
            let key = recovery.keys.iter().find(|key| *signer == Signer::of_recovery(key));
            key.ok_or_else(unknown)?.check().map_err(|_| unknown())
        })?;
        let kids: Vec<String> = signers.iter().map(Signer::kid).collect();
        if let Some(twice) = repeated(&kids) {
            return Err(OperatorError::Twice { name: twice.clone() });
        }
        // The set waits for nobody: its holders gather their signatures offline, and hand them in together.
        if kids.len() < recovery.threshold {
            return Err(OperatorError::TooFew { needed: recovery.threshold, found: kids.len() });
        }
        Ok(Consent { signers: kids, needed: recovery.threshold })
    }
}

/// Whoever signed, each signature verified with the key that `key_of` gives.
fn verified(
    change: &SignedChange,
    log: &str,
    key_of: impl Fn(&Signer) -> Result<PublicKey, OperatorError>,
) -> Result<Vec<Signer>, OperatorError> {
    if change.signatures().is_empty() {
        return Err(OperatorError::NotSigned);
    }
    let one = |signature: &crate::change::Signature| {
        let signer = signature.signer_for(log)?;
        let key = key_of(&signer)?;
        let holds = signature.verify(&key, change.payload_bytes());
        if holds { Ok(signer) } else { Err(OperatorError::BadSignature { name: signer.name }) }
    };
    change.signatures().iter().map(one).collect()
}

fn ordered_by(payload: &Payload, names: &[String]) -> Result<(), OperatorError> {
    match names.first() {
        Some(first) if *first == payload.actor => Ok(()),
        first => Err(OperatorError::OtherActor {
            actor: payload.actor.clone(),
            name: first.cloned().unwrap_or_default(),
        }),
    }
}

fn repeated(names: &[String]) -> Option<&String> {
    names
        .iter()
        .enumerate()
        .find_map(|(at, name)| names.iter().skip(at.saturating_add(1)).find(|other| *other == name))
}

/// Whom a change that waits holds back at once: whoever it would stop. Until it is approved nobody is spared.
pub fn held_back(payload: &Payload) -> Vec<crate::identity::Did> {
    match &payload.order {
        Order::Revoke { targets: Targets::Cascade(cascade), .. }
        | Order::Suspend { targets: Targets::Cascade(cascade), .. } => vec![cascade.root.did.clone()],
        Order::Revoke { targets: Targets::Listed(list), .. } => {
            list.as_slice().iter().map(|target| target.did.clone()).collect()
        }
        _ => Vec::new(),
    }
}
