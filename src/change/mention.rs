//! Whom an entry is about, as an index of the log finds it again.

use super::{Adopt, Cascade, LockOn, OnSponsor, Order, Payload, Targets, TokenSet, What};
use crate::delegation::Chain;
use crate::encoding::sha256;
use crate::identity::{Did, Reading, RevocationList};
use crate::time::Time;

/// How an entry is about an agent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mention {
    /// It names the agent.
    Named(Did),
    /// It is about everybody below the agent, too.
    Below(Did),
    /// It puts the agent below another parent.
    Moved(Did),
}

impl Mention {
    /// The number under which it is looked for; another mention may have the same one, so that what is found is read.
    pub fn number(&self) -> u64 {
        let (kind, did) = match self {
            Self::Named(did) => ("named", did),
            Self::Below(did) => ("below", did),
            Self::Moved(did) => ("moved", did),
        };
        let digest = sha256(format!("{kind} {did}").as_bytes());
        // 63 bits: databases have signed numbers.
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)) >> 1
    }
}

impl Payload {
    /// The parent that it gives to an agent which it moves.
    pub fn new_parent(&self, child: &Did) -> Option<&Did> {
        match &self.order {
            Order::Fact(fact) => match (&fact.what, &fact.about) {
                (What::Adopt(adopt), Some(about)) if about.did == *child => Some(&adopt.parent.did),
                _ => None,
            },
            order => match order.targets() {
                Some(Targets::Cascade(cascade)) => {
                    let spare = cascade.spared.iter().find(|spare| spare.kept.root.did == *child);
                    spare.map(|spare| &spare.adopt.parent.did)
                }
                _ => None,
            },
        }
    }

    /// Whom it is about, sorted, none twice. What a proposal would do counts: it names whom it waits for.
    pub fn mentions(&self) -> Vec<Mention> {
        let mut found = Found(Vec::new());
        found.of(self, true);
        let Found(mut found) = found;
        found.sort_unstable();
        found.dedup();
        found
    }
}

struct Found(Vec<Mention>);

impl Found {
    fn of(&mut self, payload: &Payload, outer: bool) {
        match &payload.order {
            Order::Import(_) => {}
            Order::Fact(fact) => {
                self.named(fact.about.iter().map(|target| &target.did));
                self.what(&fact.what, fact.about.as_ref().map(|target| &target.did), outer);
            }
            Order::Suspend { targets, .. }
            | Order::Revoke { targets, .. }
            | Order::Reactivate { targets, .. } => self.targets(targets),
        }
    }

    fn targets(&mut self, targets: &Targets) {
        match targets {
            Targets::Listed(list) => self.named(list.as_slice().iter().map(|target| &target.did)),
            Targets::Cascade(cascade) => self.cascade(cascade),
        }
    }

    fn cascade(&mut self, cascade: &Cascade) {
        self.below(&cascade.root.did);
        for spare in &cascade.spared {
            let kept = &spare.kept.root.did;
            self.named([kept]);
            self.moved(kept, &spare.adopt);
            spare.kept.spared.iter().for_each(|inner| self.named([&inner.kept.root.did]));
        }
    }

    fn what(&mut self, what: &What, about: Option<&Did>, outer: bool) {
        match (what, about) {
            (What::Register(register), _) => self.named([&register.did]),
            (What::Unlist(unlist), _) => self.named([&unlist.did]),
            (What::Erase(erase), _) => self.named([&erase.did]),
            (What::Adopt(adopt), Some(about)) => self.moved(about, adopt),
            (What::RevokeTokens(TokenSet::Subtree {}), Some(about)) => self.below(about),
            (What::Lock(LockOn::Subtree(root)) | What::Unlock(LockOn::Subtree(root)), _) => {
                Did::parse(root).iter().for_each(|root| self.below(root));
            }
            (What::Signal(signal), _) => {
                let subject = signal.event.get("subject").and_then(|subject| subject.as_str());
                self.named(subject.and_then(|subject| Did::parse(subject).ok()).iter());
            }
            (What::List(list), _) => {
                // Whether an entry counts is judged elsewhere, so that the time does not matter.
                let reading = Reading { now: Time::MIN, assume_utc: true };
                let listed = RevocationList::from_json(&list.entries, &reading);
                listed.iter().for_each(|listed| self.named(listed.iter().map(|(did, _)| did)));
            }
            (What::LogTokens(logged), _) => {
                let chain = Chain::from_header(&logged.chain).ok();
                let claims = chain.iter().flat_map(Chain::tokens).map(crate::delegation::Token::claims);
                claims.for_each(|claims| self.named([&claims.issuer, &claims.subject]));
            }
            (What::Sponsor(OnSponsor::Transfer { agents, .. }), _) => {
                agents.iter().filter_map(|did| Did::parse(did).ok()).for_each(|did| self.named([&did]));
            }
            (What::Propose(propose), _) if outer => {
                let waits = propose.signed().and_then(|change| change.payload().ok());
                waits.iter().for_each(|waits| self.of(waits, false));
            }
            _ => {}
        }
    }

    fn named<'d>(&mut self, dids: impl IntoIterator<Item = &'d Did>) {
        self.0.extend(dids.into_iter().cloned().map(Mention::Named));
    }

    fn below(&mut self, root: &Did) {
        self.0.extend([Mention::Named(root.clone()), Mention::Below(root.clone())]);
    }

    fn moved(&mut self, did: &Did, adopt: &Adopt) {
        self.0.extend([Mention::Named(adopt.parent.did.clone()), Mention::Moved(did.clone())]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{ChangeId, Fact, Target};

    fn did(digits: &str) -> Did {
        Did::from_unique_id(digits).unwrap()
    }

    fn said(about: Option<Target>, what: What) -> Vec<Mention> {
        let payload = Payload {
            id: ChangeId::from_bits(1),
            actor: "ada".to_owned(),
            order: Order::Fact(Box::new(Fact { about, what })),
            reason: String::new(),
            case: None,
            created: Time::MIN,
            expires: None,
            break_glass: false,
        };
        payload.mentions()
    }

    #[test]
    fn an_adoption_is_about_both_and_moves_the_child_alone() {
        let parent = Target { did: did("02"), version: 1 };
        let adopt = Adopt { parent, capabilities: Vec::new() };
        let mentions = said(Some(Target { did: did("01"), version: 3 }), What::Adopt(adopt));
        assert_eq!(
            mentions,
            [Mention::Named(did("01")), Mention::Named(did("02")), Mention::Moved(did("01"))]
        );
    }

    #[test]
    fn a_lock_on_a_subtree_is_about_whoever_is_below() {
        let mentions = said(None, What::Lock(LockOn::Subtree(did("05").to_string())));
        assert_eq!(mentions, [Mention::Named(did("05")), Mention::Below(did("05"))]);
    }

    #[test]
    fn an_agent_is_found_under_another_number_for_each_way_of_being_meant() {
        let numbers = [Mention::Named(did("01")), Mention::Below(did("01")), Mention::Moved(did("01"))];
        let mut numbers = numbers.map(|mention| mention.number()).to_vec();
        numbers.extend([Mention::Named(did("1")).number(), Mention::Named(did("02")).number()]);
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 5);
        assert!(numbers.iter().all(|number| i64::try_from(*number).is_ok()));
    }
}
