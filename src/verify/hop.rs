//! What registry and policy say of every agent and every token of a chain.

use super::authenticate::Caller;
use super::ground::Ground;
use super::request::Basis;
use super::trail::Trail;
use crate::capability::Held;
use crate::delegation::{Denial, Token};
use crate::identity::{Attested, Did};
use crate::policy::{ActionClass, HopFacts, RuleAnswer};
use crate::registry::{Agent, CutBy, LockTarget, Registry, Row, State, Stop};
use crate::time::{Span, Time};
use crate::trust::Tier;

/// Judges the root, then each token with its subject; `asked` is the action and the resource.
pub(super) fn all(
    caller: &Caller,
    asked: (&str, &str),
    basis: &Basis<'_>,
    class: &ActionClass,
    now: Time,
    trail: &mut Trail,
) -> Result<(), Denial> {
    let tokens = caller.tokens();
    let Some(root) = caller.rows.first().copied() else {
        return Ok(());
    };
    let (root_hop, root_did) = match tokens.first() {
        Some(token) => (Some(0), &token.claims().issuer),
        None => (None, &caller.did),
    };
    trail.step("origin", root_hop, origin(basis.registry, root))?;
    let mut ceiling = None;
    let agent = Place { basis, class, now, row: root, did: root_did, hop: root_hop };
    let (score, tier) = agent.checks(ceiling, trail)?;
    if tokens.is_empty() {
        let held: Vec<&str> = basis.registry.agent(root).capabilities().collect();
        let own = Granted { depth: 0, scopes: &held, age: Span::seconds(0) };
        return trail.step("rules", None, agent.rules(asked, &own, score, tier));
    }
    for ((hop, token), pair) in (0u32..).zip(tokens).zip(caller.rows.windows(2)) {
        let [issuer, subject] = *pair else { continue };
        let link = Link { basis, token, issuer, subject, now };
        link.checks(hop, trail)?;
        ceiling = token.claims().ceiling.or(ceiling);
        let did = &token.claims().subject;
        let agent = Place { basis, class, now, row: subject, did, hop: Some(hop) };
        let (score, tier) = agent.checks(ceiling, trail)?;
        let claims = token.claims();
        let scopes: Vec<&str> = claims.scope.iter().collect();
        let granted = Granted { depth: claims.depth, scopes: &scopes, age: now.since(claims.issued) };
        trail.step("rules", Some(hop), agent.rules(asked, &granted, score, tier))?;
    }
    Ok(())
}

fn origin(registry: &Registry, root: Row) -> Result<(), Denial> {
    let agent = registry.agent(root);
    match agent.parent_did() {
        None if agent.depth() == 0 => Ok(()),
        None => Err(Ground::NotRoot.denies("depth 0", format_args!("depth {}", agent.depth()))),
        Some(parent) => Err(Ground::NotRoot.denies("a root", format_args!("a child of {parent}"))),
    }
}

/// What an agent may do by the token that it got, or by itself.
struct Granted<'g> {
    depth: u32,
    scopes: &'g [&'g str],
    age: Span,
}

/// One agent in its place.
struct Place<'p> {
    basis: &'p Basis<'p>,
    class: &'p ActionClass,
    now: Time,
    row: Row,
    did: &'p Did,
    hop: Option<u32>,
}

impl Place<'_> {
    fn agent(&self) -> Agent<'_> {
        self.basis.registry.agent(self.row)
    }

    /// All checks of the agent; answers the score that counts, and its tier.
    fn checks(&self, ceiling: Option<u16>, trail: &mut Trail) -> Result<(u16, Tier), Denial> {
        trail.step("lists", self.hop, self.listed())?;
        trail.step("lock", self.hop, self.unlocked())?;
        trail.step("active", self.hop, self.active())?;
        trail.step("attestation", self.hop, self.attested())?;
        trail.step("tier", self.hop, self.tier(ceiling))
    }

    fn active(&self) -> Result<(), Denial> {
        let registry = self.basis.registry;
        let verdict = registry.verdict_at(self.row, self.now);
        if verdict.state == State::Active {
            return Ok(());
        }
        let code = Stop::State(verdict).code();
        let expected = format_args!("{} active", self.did);
        Err(match verdict.fault {
            Some(fault) if verdict.state == State::CutOff => {
                let at = registry.agent(fault.hop).did();
                Denial::new(code, expected, format_args!("{} at {at}", fault.rule.code()))
            }
            _ => Denial::new(code, expected, verdict.state.as_str()),
        })
    }

    fn unlocked(&self) -> Result<(), Denial> {
        let Some(lock) = self.basis.registry.lock_on(self.row, self.now) else {
            return Ok(());
        };
        let whom = match &lock.target {
            LockTarget::Subtree(did) => format!("the subtree of {did}"),
            // A verdict is kept: who its sponsor is stands in the registry, where it can be forgotten.
            LockTarget::Sponsor(_) => "its sponsor".to_owned(),
            LockTarget::Organization(name) => format!("the organization {name}"),
            LockTarget::Tag(tag) => format!("the tag {tag}"),
            LockTarget::Key(key) => format!("the key {}", key.key_id()),
        };
        let found = format_args!("a lock on {whom} by entry {}", lock.index);
        Err(Ground::Locked.denies(format_args!("{} unlocked", self.did), found))
    }

    fn listed(&self) -> Result<(), Denial> {
        let list = &self.basis.registry.facts().listed;
        if let Some(entry) = list.revoked(self.did, self.now) {
            let until = entry.until.map_or("for ever".to_owned(), |until| format!("until {until}"));
            let found = format_args!("{} revoked {until}", self.did);
            return Err(Ground::Listed.denies("an agent that no revocation list names", found));
        }
        let policy = self.basis.policy;
        if policy.block.is_empty() && policy.allow.is_empty() {
            return Ok(());
        }
        let agent = self.agent();
        let (sponsor, organization, key) = (agent.sponsor(), agent.organization(), agent.public_key());
        if let Some(by) = policy.block.find(self.did, sponsor, organization, &key) {
            let found = format_args!("{} blocked by {}", self.did, by.as_str());
            return Err(Ground::Blocked.denies("an agent that is not blocked", found));
        }
        let allowed =
            policy.allow.is_empty() || policy.allow.find(self.did, sponsor, organization, &key).is_some();
        if allowed { Ok(()) } else { Err(Ground::NotAllowed.denies("an agent of the allow list", self.did)) }
    }

    fn attested(&self) -> Result<(), Denial> {
        let rules = &self.basis.policy.attestation;
        let counts = |attested: &Attested| rules.attesters.contains(&attested.attester());
        // What an import vouched for, it vouched for with the key of that time.
        let imported = || self.agent().attested() && self.basis.registry.ring(self.row).is_none();
        if !rules.required
            || self.basis.registry.attestation(self.row, self.now).is_some_and(counts)
            || imported()
        {
            return Ok(());
        }
        Err(Ground::Unattested.denies("an attestation", format_args!("{} has none", self.did)))
    }

    /// The score that counts is never above a ceiling, of the lineage or of a token.
    fn tier(&self, ceiling: Option<u16>) -> Result<(u16, Tier), Denial> {
        let counted = self.basis.registry.trust_of(self.row, &self.basis.policy.trust, self.now).score;
        let score = ceiling.map_or(counted, |most| counted.min(most));
        let tier = Tier::of(i64::from(score));
        if self.class.admits(tier) {
            return Ok((score, tier));
        }
        let gate = self.class.gate.map_or("", Tier::as_str);
        let found = format_args!("{} {} ({score})", self.did, tier.as_str());
        Err(Ground::TierTooLow.denies(format_args!("{gate} or better for {}", self.class.name), found))
    }

    fn rules(
        &self,
        (action, resource): (&str, &str),
        granted: &Granted<'_>,
        score: u16,
        tier: Tier,
    ) -> Result<(), Denial> {
        let facts = HopFacts {
            principal: self.did,
            class: &self.class.name,
            action,
            resource,
            hop: granted.depth,
            depth: granted.depth,
            tier,
            score,
            sponsor: self.agent().sponsor(),
            scopes: granted.scopes,
            age: granted.age,
        };
        let answer = self.basis.policy.rules.judge(&facts);
        let Some(code) = answer.code() else {
            return Ok(());
        };
        let named = |rules: Vec<String>| {
            if rules.is_empty() { "no rule permits it".to_owned() } else { rules.join(", ") }
        };
        Err(match answer {
            RuleAnswer::Failed { rules } => Denial::new(code, "rules that can be evaluated", named(rules)),
            RuleAnswer::Deny { rules } => Denial::new(code, "a permit", named(rules)),
            RuleAnswer::Permit => Denial::new(code, "a permit", "none"),
        })
    }
}

/// One token between two agents.
struct Link<'p> {
    basis: &'p Basis<'p>,
    token: &'p Token,
    issuer: Row,
    subject: Row,
    now: Time,
}

impl Link<'_> {
    fn checks(&self, hop: u32, trail: &mut Trail) -> Result<(), Denial> {
        trail.step("revocation", Some(hop), self.unrevoked())?;
        trail.step("seal", Some(hop), self.unsealed())?;
        trail.step("signing_key", Some(hop), self.key_unlocked())?;
        trail.step("lifetime", Some(hop), self.lifetime())?;
        trail.step("depth", Some(hop), self.depth())?;
        trail.step("lineage", Some(hop), self.lineage())?;
        trail.step("holding", Some(hop), self.held())
    }

    fn unrevoked(&self) -> Result<(), Denial> {
        let registry = self.basis.registry;
        let claims = self.token.claims();
        if let Some(index) = registry.facts().tokens.revoked(&claims.id) {
            let found = format_args!("{} revoked by entry {index}", claims.id);
            return Err(Ground::TokenRevoked.denies("a jti that is not revoked", found));
        }
        let Some(cut) = registry.tokens_cut(self.issuer, self.subject) else {
            return Ok(());
        };
        let logged = registry.facts().tokens.logged(&self.token.digest());
        if logged.is_some_and(|index| index > cut.index) {
            return Ok(());
        }
        let expected = format_args!("a token that was logged after entry {}", cut.index);
        Err(match cut.by {
            CutBy::Issuer => Ground::IssuerRevoked.denies(expected, place(logged)),
            CutBy::Subtree(top) => {
                let found = format_args!("{}, below {}", place(logged), registry.agent(top).did());
                Ground::SubtreeRevoked.denies(expected, found)
            }
        })
    }

    /// From a sealed issuer only what the log had before the seal: a time that the signer wrote proves nothing.
    fn unsealed(&self) -> Result<(), Denial> {
        let registry = self.basis.registry;
        let Some((at, seal)) = registry.sealed_above(self.issuer) else {
            return Ok(());
        };
        let logged = registry.facts().tokens.logged(&self.token.digest());
        if logged.is_some_and(|index| index < seal) {
            return Ok(());
        }
        let expected =
            format_args!("a token that was logged before entry {seal} sealed {}", registry.agent(at).did());
        Err(Ground::Sealed.denies(expected, place(logged)))
    }

    /// A lock on a key holds for what it signed before it was rotated away as well.
    fn key_unlocked(&self) -> Result<(), Denial> {
        let registry = self.basis.registry;
        let locks = &registry.facts().locks;
        if locks.is_empty() {
            return Ok(());
        }
        let held = registry.key(self.issuer, &self.token.signer().key, self.now);
        match held.and_then(|held| locks.on_key(&held.bytes)) {
            None => Ok(()),
            Some(lock) => {
                let found = format_args!("a lock on {} by entry {}", self.token.signer(), lock.index);
                Err(Ground::Locked.denies("a key that is not locked", found))
            }
        }
    }

    fn lifetime(&self) -> Result<(), Denial> {
        let claims = self.token.claims();
        let most = self.basis.policy.tokens.ttl_max;
        let life = claims.expires.since(claims.issued.min(claims.not_before));
        if life <= most {
            return Ok(());
        }
        let found = format_args!("{} s", life.as_seconds());
        Err(Ground::PolicyLife.denies(format_args!("at most {} s", most.as_seconds()), found))
    }

    fn depth(&self) -> Result<(), Denial> {
        let depth = self.token.claims().depth;
        let most = self.basis.policy.tokens.max_depth;
        if depth > most {
            return Err(Ground::PolicyDepth.denies(format_args!("depth of at most {most}"), depth));
        }
        let registered = self.basis.registry.agent(self.subject).depth();
        if depth == registered { Ok(()) } else { Err(Ground::DepthDiffers.denies(registered, depth)) }
    }

    fn lineage(&self) -> Result<(), Denial> {
        let registry = self.basis.registry;
        let parent = registry.agent(self.subject).parent();
        if parent.is_some_and(|parent| parent.row() == self.issuer) {
            return Ok(());
        }
        let expected = format_args!("{} below {}", self.token.claims().subject, self.token.claims().issuer);
        match registry.agent(self.subject).parent_did() {
            Some(parent) => Err(Ground::ParentDiffers.denies(expected, format_args!("below {parent}"))),
            None => Err(Ground::ParentDiffers.denies(expected, "a root")),
        }
    }

    fn held(&self) -> Result<(), Denial> {
        let agent = self.basis.registry.agent(self.subject);
        let scope = &self.token.claims().scope;
        // Short lists are compared at once; long ones must not cost their product.
        const SHORT: usize = 32;
        let missing = if agent.capabilities().nth(SHORT).is_none() {
            scope.iter().find(|asked| !agent.allows(asked))
        } else {
            let held = Held::new(agent.capabilities());
            scope.iter().find(|asked| !held.allows(asked))
        };
        match missing {
            None => Ok(()),
            Some(asked) => {
                let expected = format_args!("what {} holds", self.token.claims().subject);
                Err(Ground::NotHeld.denies(expected, asked))
            }
        }
    }
}

fn place(logged: Option<u64>) -> String {
    logged.map_or("not in the log".to_owned(), |index| format!("logged by entry {index}"))
}
