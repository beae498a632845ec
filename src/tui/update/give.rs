//! Another parent, other capabilities: what is asked before it is signed.

use crate::change::{Adopt, Holding, Target, What, holding_of, kept_below};
use crate::registry::{Row, find};
use crate::text::short_did;
use crate::tui::overlays::order::{Choice, State};
use crate::tui::session::Session;

/// An agent as a dialog shows it.
pub(super) fn shown(session: &Session, row: Row) -> (String, Target) {
    let agent = session.view.agent(row);
    let did = short_did(&agent.did().to_string(), 24);
    let about = format!("{}  {did}  at version {}", agent.name(), agent.version());
    (about, Target { did: agent.did(), version: agent.version() })
}

/// A list in a line.
pub(super) fn listed(head: &str, list: &[String]) -> String {
    if list.is_empty() { format!("{head} nothing") } else { format!("{head} {}", list.join(" ")) }
}

/// So much of what stays as it is is named.
const NAMED: usize = 12;

/// What the agent holds afterwards.
fn afterwards(list: &[String]) -> String {
    match list.len().checked_sub(NAMED) {
        None | Some(0) => listed("then holds", list),
        Some(more) => {
            let first = list.get(..NAMED).unwrap_or(list).join(" ");
            format!("then holds {first} and {more} more")
        }
    }
}

fn one(title: &'static str, session: &Session, row: Row, lines: Vec<String>, what: (String, What)) -> State {
    let (about, target) = shown(session, row);
    let (words, what) = what;
    State::say(title, about, lines, vec![Choice { words, about: Some(target), what }])
}

pub(super) fn adopt(session: &Session, row: Row, text: &str) -> Result<State, String> {
    let registry = session.view.registry();
    let above = find::agent(registry, text).map_err(|error| error.to_string())?;
    let (parent, target) = shown(session, above);
    let (held, kept) = (holding_of(registry, row), kept_below(registry, row, above));
    let lost: Vec<String> = held.into_iter().filter(|one| !kept.contains(one)).collect();
    let mut lines = vec![format!("below {parent}")];
    let below = registry.lineage().size(row).saturating_sub(1);
    if below > 0 {
        lines.push(format!("with {below} below it"));
    }
    lines.push(listed("loses", &lost));
    lines.push(afterwards(&kept));
    lines.push(
        "attested by operators, not signed by its new parent, who issues its tokens from now on".to_owned(),
    );
    let what = What::Adopt(Adopt { parent: target, capabilities: kept });
    Ok(one(" ADOPT ", session, row, lines, ("put it below".to_owned(), what)))
}

pub(super) fn grant(session: &Session, row: Row, text: &str) -> Result<State, String> {
    let mut capabilities = holding_of(session.view.registry(), row);
    let mut more: Vec<String> = Vec::new();
    for word in text.split_whitespace().map(str::to_owned) {
        if !capabilities.contains(&word) {
            more.push(word.clone());
            capabilities.push(word);
        }
    }
    if more.is_empty() {
        return Err("it holds all of this already".to_owned());
    }
    let lines = vec![
        listed("gets", &more),
        afterwards(&capabilities),
        "within what its parent may give; its parent signs its tokens".to_owned(),
    ];
    let what = What::Grant(Holding { capabilities });
    Ok(one(" GRANT ", session, row, lines, ("grant it".to_owned(), what)))
}

pub(super) fn narrow(session: &Session, row: Row, without: &[String]) -> State {
    let mut capabilities = holding_of(session.view.registry(), row);
    capabilities.retain(|capability| !without.contains(capability));
    let lines = vec![
        listed("loses", without),
        afterwards(&capabilities),
        "and so does everybody below it who held it by it alone".to_owned(),
    ];
    let what = What::Narrow(Holding { capabilities });
    one(" NARROW ", session, row, lines, ("take it".to_owned(), what))
}
