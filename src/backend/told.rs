//! What a verifier tells of its verdicts, for those who have only its log.

use std::collections::HashSet;

use super::Beat;
use crate::client::path_with;
use crate::identity::Did;
use crate::registry::query::{Callers, CallersSince, Query};
use crate::registry::{Figure, pulse};
use crate::store::Minute;
use crate::time::{Span, Time};
use crate::verify::Decision;
use crate::warden::{Warden, WardenError};
use crate::wire::{CoverageLine, DecisionLine, ToldPage};

/// So many verdicts are asked for at once.
const VERDICTS: usize = 1000;
/// So many agents are on a page, and so many pages are asked for.
const PAGE: usize = 1000;
const PAGES: usize = 20;
const MINUTE: i64 = 60_000_000;

/// The verdicts of the last minutes as far as one answer holds them, who asked for none, and who was heard; none where
/// nobody is to be asked.
pub(super) fn beat(warden: &mut Warden, now: Time) -> Result<Option<Beat>, WardenError> {
    let since = now.minus(Span::seconds(86_400)).to_string();
    let coverage: Option<CoverageLine> = warden.told(&path_with("/v1/coverage", &[("since", &since)]))?;
    let Some(coverage) = coverage else { return Ok(None) };
    let words = format!("between:{}..", now.minus(pulse::LOOK_BACK));
    let told = verdicts(warden, &words, VERDICTS)?.unwrap_or_default();
    let (minutes, since) = minutes(&told);
    let unseen = u32::try_from(coverage.unseen).unwrap_or(u32::MAX);
    let mut figures = Vec::new();
    for (name, query) in pulse::OF_VERDICTS {
        let count = if query.starts_with("denied") { denied(&told, now) } else { unseen };
        figures.push(Figure { name, count, query: query.to_owned() });
    }
    let CoverageLine { points: contacts, unsigned, .. } = coverage;
    Ok(Some(Beat { minutes, figures, since, contacts, unsigned }))
}

/// The last verdicts that some words mean; none where nobody is to be asked.
pub(super) fn verdicts(
    warden: &mut Warden,
    words: &str,
    most: usize,
) -> Result<Option<Vec<DecisionLine>>, WardenError> {
    warden.told(&path_with("/v1/verdicts", &[("query", words), ("limit", &most.to_string())]))
}

/// The verdicts by the minute, and from when on they are all there.
fn minutes(told: &[DecisionLine]) -> (Vec<Minute>, Option<Time>) {
    let mut minutes: Vec<Minute> = Vec::new();
    for line in told.iter().rev() {
        let time = match line {
            DecisionLine::Verdict(line) => &line.time,
            DecisionLine::Refusals(line) => &line.minute,
        };
        let Ok(time) = Time::parse(time) else { continue };
        let Some(begin) = Time::from_micros(time.micros().div_euclid(MINUTE).saturating_mul(MINUTE)) else {
            continue;
        };
        if minutes.iter().all(|minute| minute.begin != begin) {
            minutes.push(Minute { begin, allowed: 0, denied: 0, strangers: 0 });
        }
        let Some(minute) = minutes.iter_mut().find(|minute| minute.begin == begin) else { continue };
        match line {
            DecisionLine::Verdict(line) if line.decision == Decision::Allow => minute.allowed += 1,
            DecisionLine::Verdict(_) => minute.denied += 1,
            DecisionLine::Refusals(line) => minute.strangers = minute.strangers.saturating_add(line.count),
        }
    }
    minutes.sort_unstable_by_key(|minute| minute.begin);
    // Where an answer is full, its first minute may not be whole.
    if told.len() < VERDICTS || minutes.is_empty() {
        return (minutes, None);
    }
    minutes.remove(0);
    let since = minutes.first().map(|minute| minute.begin);
    (minutes, since)
}

/// How many callers were denied in the last ten minutes.
fn denied(told: &[DecisionLine], now: Time) -> u32 {
    let since = now.minus(Span::seconds(600));
    let callers = told.iter().filter_map(|line| match line {
        DecisionLine::Verdict(line) if line.decision == Decision::Deny => {
            line.caller.as_ref().filter(|_| Time::parse(&line.time).is_ok_and(|time| time >= since))
        }
        _ => None,
    });
    u32::try_from(callers.collect::<HashSet<_>>().len()).unwrap_or(u32::MAX)
}

/// Who asked for verdicts, as the verifier's own list says it; nothing where nobody is to be asked.
pub(super) fn callers(warden: &mut Warden, query: &Query, now: Time) -> Result<Callers, WardenError> {
    let mut callers = Callers::unknown();
    for since in query.callers_since(now) {
        let Some(dids) = called(warden, since)? else { break };
        callers.add(since, dids);
    }
    Ok(callers)
}

fn called(warden: &mut Warden, since: CallersSince) -> Result<Option<HashSet<Did>>, WardenError> {
    let text = format!("{}>{}", if since.denied { "denied" } else { "seen" }, since.time);
    let (mut dids, mut cursor) = (HashSet::new(), None::<String>);
    for _ in 0..PAGES {
        let limit = PAGE.to_string();
        let mut asked = vec![("query", text.as_str()), ("limit", limit.as_str())];
        asked.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let Some(page) = warden.told::<ToldPage>(&path_with("/v1/agents", &asked))? else { return Ok(None) };
        dids.extend(page.items.iter().filter_map(|agent| Did::parse(&agent.did).ok()));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(Some(dids));
        }
    }
    // Half an answer would say of the other half that it was silent.
    Ok(None)
}
