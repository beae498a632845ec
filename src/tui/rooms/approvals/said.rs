//! What a change that waits says, beside whom it stops: nobody signs what was not shown.

use serde_json::Value;

use crate::change::operators::{Operate, Proposal};
use crate::change::{Spare, Targets, What, holding_of};
use crate::identity::{Did, Rekey};
use crate::policy::{FieldChange, Policy, difference};
use crate::text::short_did;
use crate::tui::session::Session;

/// The parameters, in words where there are some.
pub(super) fn said(session: &Session, proposal: &Proposal) -> Vec<(&'static str, String)> {
    if let Some(Targets::Cascade(cascade)) = proposal.payload.order.targets() {
        return cascade.spared.iter().map(|spare| ("spares", spared(session, spare))).collect();
    }
    let Some(fact) = proposal.payload.order.fact() else { return Vec::new() };
    let about = fact.about.as_ref().map(|target| &target.did);
    match &fact.what {
        What::Operator(operate) => vec![("operator", operator_words(operate))],
        What::Adopt(adopt) => {
            let parent = name(session, &adopt.parent.did);
            let below = ("below", format!("{parent} at version {}", adopt.parent.version));
            [vec![below], held(session, about, &adopt.capabilities)].concat()
        }
        What::Grant(holding) => held(session, about, &holding.capabilities),
        What::Rekey(rekey) => {
            let new = Rekey::from_json(&rekey.statement).map(|word| word.new.key_id().to_string());
            let counts = format!("what the log had before entry {}", rekey.cut);
            vec![("new key", new.unwrap_or_else(|error| error.to_string())), ("still holds", counts)]
        }
        What::Policy(set) => match Policy::from_json(&set.policy) {
            Ok(proposed) => {
                let changes = difference(&session.view.snapshot.policy, &proposed);
                changes.iter().map(|change| ("changes", change_words(change))).collect()
            }
            Err(error) => vec![("says", format!("it would be refused: {error}"))],
        },
        _ => vec![("says", parameters(proposal))],
    }
}

fn change_words(change: &FieldChange) -> String {
    let or_nothing = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    format!("{}: {} → {}", change.field, or_nothing(&change.old), or_nothing(&change.new))
}

/// What the agent gets, loses and holds by it.
fn held(session: &Session, about: Option<&Did>, then: &[String]) -> Vec<(&'static str, String)> {
    let registry = session.view.registry();
    let now = about.and_then(|did| registry.find(did)).map(|row| holding_of(registry, row));
    let now = now.unwrap_or_default();
    let beyond = |list: &[String], known: &[String]| {
        let list: Vec<&str> = list.iter().filter(|one| !known.contains(one)).map(String::as_str).collect();
        list.join(" ")
    };
    let (gets, loses) = (beyond(then, &now), beyond(&now, then));
    let all = [("gets", gets), ("loses", loses), ("then holds", then.join(" "))];
    all.into_iter().filter(|(_, words)| !words.is_empty()).collect()
}

fn spared(session: &Session, spare: &Spare) -> String {
    let (who, by) = (name(session, &spare.kept.root.did), name(session, &spare.adopt.parent.did));
    format!("{who} and below, {} in all, adopted by {by}", spare.kept.count)
}

fn name(session: &Session, did: &Did) -> String {
    let registry = session.view.registry();
    let name = registry.find(did).map_or("", |row| registry.agent(row).name());
    format!("{name} {}", short_did(&did.to_string(), 20)).trim_start().to_owned()
}

/// What the signed bytes say, as they say it.
fn parameters(proposal: &Proposal) -> String {
    let payload: Value = serde_json::from_slice(proposal.change.payload_bytes()).unwrap_or_default();
    payload.get("parameters").map(Value::to_string).unwrap_or_default()
}

fn operator_words(operate: &Operate) -> String {
    match operate {
        Operate::Add(newcomer) => {
            format!("add {} as {} with the key {}", newcomer.name, newcomer.role.as_str(), newcomer.key)
        }
        Operate::AddKey { name, key, .. } => format!("one more key for {name}: {key}"),
        Operate::Role { name, role } => format!("{name} becomes {}", role.as_str()),
        other => format!("{} {}", other.verb(), other.name()),
    }
}
