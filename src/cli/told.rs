//! Commands on a verifier whose log is not here yet: what it tells, said as such, and what takes authority away.

use serde_json::json;

use super::agent::{HEADINGS, columns};
use super::confirm::{confirm_of, somebody_there};
use super::contain::{Common, done};
use super::enforced::Waiting;
use super::error::CliError;
use super::output::note;
use super::session::Session;
use super::{Exit, remote, source, speak};
use crate::backend::{Arriving, EarlyReceipt, Offer, Opening};
use crate::change::Verb;
use crate::identity::Did;
use crate::registry::Scope;
use crate::registry::find::FindError;
use crate::registry::query::Query;
use crate::text::agents;
use crate::warden::{Place, Word};
use crate::wire::{ToldAgent, codes};

/// So many agents are told at once.
const PAGE: &str = "1000";
/// What is said of everything here.
const TOLD: &str = "AS TOLD BY THE VERIFIER, NOT YET PROVED: its log is still on its way (it is here once the console, or \
                    `meshwarden log verify`, was open for long enough)";

/// The verifier that is worked on, if its log is not here yet; none when `whole` needs it all the same.
///
/// # Errors
/// [`CliError`].
pub fn early(session: &Session, whole: bool) -> Result<Option<Box<Arriving>>, CliError> {
    let arriving = open(session, whole)?;
    if arriving.is_some() {
        note(TOLD);
    }
    Ok(arriving)
}

/// What [`early`] gives, and says nothing.
///
/// # Errors
/// [`CliError`].
pub fn open(session: &Session, whole: bool) -> Result<Option<Box<Arriving>>, CliError> {
    let Place::Verifier(url) = source::place(session)? else { return Ok(None) };
    let verifier = session.remote(&url)?;
    if whole || verifier.has_log() {
        return Ok(None);
    }
    let (name, hand) = remote::operator(session)?;
    match verifier.begin(&name, hand)? {
        Opening::Here(_) => Ok(None),
        Opening::Arriving(arriving) => Ok(Some(arriving)),
    }
}

/// `agent list`.
///
/// # Errors
/// [`CliError`].
pub fn list(query: &Query, arriving: &mut Arriving, session: &mut Session) -> Result<Exit, CliError> {
    if !session.global.json {
        session.output.line(&columns(HEADINGS))?;
    }
    let (mut cursor, mut count): (Option<String>, usize) = (None, 0);
    loop {
        let mut asked = vec![("query", query.text()), ("limit", PAGE)];
        asked.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = arriving.page(&asked)?;
        for agent in &page.items {
            count += 1;
            if session.global.json { session.output.json(agent)? } else { row(agent, session)? }
        }
        match page.next {
            // A list that goes on where it was goes on for ever.
            Some(next) if cursor.as_ref() != Some(&next) => cursor = Some(next),
            _ => break,
        }
    }
    if !session.global.json {
        session.output.flush()?;
        note(&agents(count));
    }
    Ok(Exit::Yes)
}

fn row(agent: &ToldAgent, session: &mut Session) -> Result<(), CliError> {
    let score = agent.score.map_or_else(|| "-".to_owned(), |score| score.to_string());
    let tier = agent.tier.as_deref().unwrap_or("unscored");
    session.output.line(&columns([&agent.did, &agent.state, tier, &score, &agent.name, &agent.sponsor_email]))
}

/// `agent show`.
///
/// # Errors
/// [`CliError`].
pub fn show(text: &str, arriving: &mut Arriving, session: &mut Session) -> Result<Exit, CliError> {
    let did = find(arriving, text)?;
    let (detail, whole) = arriving.show(&did)?;
    if session.global.json {
        session.output.json(&whole)?;
        return Ok(Exit::Yes);
    }
    let agent = &detail.agent;
    let score = agent.score.zip(agent.tier.as_deref()).map(|(score, tier)| format!("{score} ({tier})"));
    let below = agents(agent.descendants);
    let fields = [
        ("did", Some(agent.did.clone())),
        ("name", Some(agent.name.clone())),
        ("state", Some(agent.state.clone())),
        ("rule", agent.code.clone()),
        ("fix", agent.code.as_deref().and_then(codes::find).map(|row| row.advice.to_owned())),
        ("reason", agent.reason.clone()),
        ("until", agent.until.clone()),
        ("trust", score),
        ("sponsor", Some(agent.sponsor_email.clone())),
        ("capabilities", Some(agent.capabilities.join(" "))),
        ("parent", agent.parent_did.clone()),
        ("evidence", detail.evidence.clone()),
        ("below", Some(below)),
        ("version", Some(agent.version.to_string())),
    ];
    for (name, text) in fields {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            session.output.line(&format!("{}  {text}", super::output::cell(name, 13)))?;
        }
    }
    session.output.line("lineage, from the root:")?;
    for step in &detail.path {
        let broken = step.code.as_ref().map_or(String::new(), |code| format!("  BROKEN {code}"));
        session.output.line(&format!("  {}  {}  {}{broken}", step.did, step.state, step.name))?;
    }
    Ok(Exit::Yes)
}

/// `agent suspend`, `agent revoke`.
///
/// # Errors
/// [`CliError`].
pub fn contain(
    (order, waiting): (&Common, Option<&Waiting>),
    (verb, break_glass): (Verb, bool),
    mut arriving: Arriving,
    session: &mut Session,
) -> Result<Exit, CliError> {
    if !order.yes && !order.dry_run {
        somebody_there()?;
    }
    let [named] = order.dids.as_slice() else {
        return Err(CliError::Usage("until the log of the verifier is here, name one agent at a time"));
    };
    let did = find(&mut arriving, named)?;
    let scope = if order.cascade { Scope::Subtree } else { Scope::One };
    let offer = arriving.offer(&did, verb, scope)?;
    let words = words(&offer);
    if order.dry_run {
        words.iter().try_for_each(|line| session.output.line(line))?;
        session.output.flush()?;
        note("dry run: nothing was changed");
        return Ok(Exit::Yes);
    }
    if !order.yes {
        let count = usize::try_from(offer.impact.count).unwrap_or(usize::MAX);
        confirm_of((verb.as_str(), &offer.impact.did, count), &words)?;
    }
    let actor = session.actor();
    let case = session.global.case.map(|case| case.to_string());
    let word = Word { break_glass, case: case.as_deref(), ..speak::word(&actor, &order.reason) };
    let receipt = arriving.order(&offer, word)?;
    acknowledge(&offer, &receipt, session)
        .and_then(|()| session.output.flush())
        .map_err(|error| error.after(receipt.index))?;
    if receipt.waits.is_some() {
        return Ok(Exit::Partial);
    }
    match waiting {
        Some(waiting) if waiting.wait.is_some() => {
            let mut warden = arriving.finish().map_err(|error| CliError::from(error).after(receipt.index))?;
            waiting.wait(&mut warden, receipt.index, session).map_err(|error| error.after(receipt.index))
        }
        _ => Ok(Exit::Yes),
    }
}

/// What would happen, as told.
fn words(offer: &Offer) -> Vec<String> {
    let impact = &offer.impact;
    let reach = if offer.scope == Scope::Subtree { ", and everything below it" } else { "" };
    let losing: usize = impact.losing_by_level.iter().sum();
    let lost = if impact.capabilities_lost.is_empty() { "none" } else { &impact.capabilities_lost.join(" ") };
    vec![
        format!("{} {}  {}{reach}", offer.verb.as_str(), impact.did, impact.name),
        format!("  agents that change status, as told: {}", impact.count),
        format!("  agents that lose their power, as told: {losing}"),
        format!("  capabilities lost, as told: {lost}"),
    ]
}

fn acknowledge(offer: &Offer, receipt: &EarlyReceipt, session: &mut Session) -> Result<(), CliError> {
    let EarlyReceipt { index, time, count, waits, proved } = receipt;
    let (did, verb) = (&offer.impact.did, offer.verb.as_str());
    if session.global.json {
        return session.output.json(&json!({
            "index": index, "time": time, "verb": verb, "did": did, "count": count, "newcomers": [],
            "spared": [], "waits": waits, "enforced_by": "unknown", "proved": proved.is_ok(),
        }));
    }
    if waits.is_some() {
        session
            .output
            .line(&format!("{did} HELD BACK at once, until others have approved; entry {index}"))?;
    } else {
        let (done, below) = (done(verb), agents(*count));
        session.output.line(&format!("{done} {did}: {below}, entry {index} at {time}"))?;
    }
    session.output.line(&match proved {
        Ok(()) => "  in the log, proved under the pinned key; who enforces it is told by --wait".to_owned(),
        Err(why) => format!("  taken AS THE VERIFIER TELLS, and not proved: {why}"),
    })
}

/// The agent that `text` names, as told.
fn find(arriving: &mut Arriving, text: &str) -> Result<Did, CliError> {
    if let Ok(did) = Did::parse(text) {
        return Ok(did);
    }
    let malformed = || FindError::Malformed { text: text.to_owned() };
    if text.len() < 4 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(malformed().into());
    }
    let (found, more) = arriving.search(text, 1000)?;
    let dids = found.iter().filter_map(|agent| Did::parse(&agent.did).ok());
    let begins = |did: &Did| {
        did.to_string().strip_prefix(crate::identity::PREFIX).is_some_and(|id| id.starts_with(text))
    };
    let mut first: Vec<Did> = dids.filter(begins).collect();
    match (first.len(), more) {
        (1, false) => first.pop().ok_or_else(|| malformed().into()),
        (0, _) => Err(FindError::Unknown { text: text.to_owned() }.into()),
        (count, _) => {
            let whole = first.iter().find(|did| did.to_string().ends_with(&format!(":{text}")));
            if let Some(did) = whole {
                return Ok(did.clone());
            }
            first.truncate(5);
            Err(FindError::Ambiguous { text: text.to_owned(), first, count }.into())
        }
    }
}
