//! Whether a change is enforced by those who enforce, and what is not covered at all.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::routing;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Route, STATEMENT, get, post};
use crate::change::operators::Duty;
use crate::server::answer::{Answer, Asks, Named, said};
use crate::server::caller::{Access, Caller};
use crate::server::contacts::{A_DAY_AGO, How, Seen};
use crate::server::problem::Problem;
use crate::server::verifier::Verifier;
use crate::time::{Span, Time};
use crate::wire::{ConfirmationLine, ContactLine, CoverageLine, EnforcedLine, UnsignedLine};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post(
            "/v1/log/seen",
            (Access::POINTS, STATEMENT),
            "Say that the entry at an index, and all before, are enforced or shown by now",
            routing::post(seen),
        )
        .answers::<Index>(),
        get(
            "/v1/receipts/{index}",
            Access::OPERATORS,
            "Which enforcement points and consoles confirmed an entry, and in how many milliseconds",
            routing::get(receipt),
        )
        .answers::<EnforcedLine>(),
        get(
            "/v1/coverage",
            Access::OPERATORS,
            "Active agents without a verdict, last contacts, and requests that came unsigned",
            routing::get(coverage),
        )
        .answers::<CoverageLine>(),
    ]
}

/// Whoever has not confirmed by then is late.
const LATE: Span = Span::seconds(5);

const CONFIRMED: &str = "confirmed";
const CONSOLE: &str = "console";

/// What no verifier can stop.
const NOT_STOPPED: [&str; 3] = [
    "connections and sessions that were open before",
    "credentials that other systems gave",
    "whatever asks no enforcement point; and what one has cached, for as long as Mesh-Valid-For said",
];

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Index {
    index: u64,
}

async fn seen(
    State(verifier): State<Arc<Verifier>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Result<Answer<Index>, Problem> {
    let Index { index } = said(&body)?;
    let shown = verifier.shown();
    if index >= shown.snapshot.head.size {
        return Err(no_such(index));
    }
    let at = verifier.now(&shown);
    verifier.contacts.seen(&caller.name(), Seen { index, at, how: How::Report });
    Ok(Answer::of(Index { index }))
}

fn no_such(index: u64) -> Problem {
    Problem::not_found("log_too_short", format!("the log has no entry {index}"))
}

async fn receipt(
    State(verifier): State<Arc<Verifier>>,
    Named(index): Named<u64>,
) -> Result<Answer<EnforcedLine>, Problem> {
    let mut entries = verifier.look(move |reader| reader.entries(index, 1)).await?;
    let entry = entries.pop().filter(|entry| entry.index == index).ok_or_else(|| no_such(index))?;
    let shown = verifier.shown();
    let now = verifier.now(&shown);
    let operators = &shown.snapshot.operators;
    let points = operators.enrolled().filter(|program| program.duty == Duty::EnforcementPoint);
    let points = points.map(|program| (program.name.clone(), program.duty.as_str()));
    let consoles = verifier.contacts.reporting(now.plus(A_DAY_AGO)).into_iter();
    let consoles = consoles.filter(|name| operators.get(name).is_some()).map(|name| (name, CONSOLE));
    let hook = verifier.hook.confirmation(&entry, now);
    let confirmations: Vec<ConfirmationLine> = points
        .chain(consoles)
        .map(|(name, role)| confirmation(&verifier, name, role, (index, entry.time, now)))
        .chain(hook)
        .collect();
    let enforced = confirmations.iter().any(|line| line.role == Duty::EnforcementPoint.as_str());
    Ok(Answer::of(EnforcedLine {
        index,
        time: entry.time.to_string(),
        kind: entry.kind.as_str().to_owned(),
        subject: entry.subject,
        complete: enforced && confirmations.iter().all(ConfirmationLine::confirmed),
        confirmations,
        not_stopped: NOT_STOPPED.map(str::to_owned).to_vec(),
    }))
}

fn confirmation(
    verifier: &Verifier,
    name: String,
    role: &str,
    (index, time, now): (u64, Time, Time),
) -> ConfirmationLine {
    let seen = verifier.contacts.confirmed(&name, index);
    let last = verifier.contacts.last(&name);
    let state = match (&seen, last) {
        (Some(_), _) => CONFIRMED,
        (None, _) if now < time.plus(LATE) => "waiting",
        (None, Some(last)) if last > now.plus(A_DAY_AGO) => "late",
        (None, _) => "unknown",
    };
    ConfirmationLine {
        name,
        role: role.to_owned(),
        state: state.to_owned(),
        how: seen.map(|seen| seen.how.as_str().to_owned()),
        at: seen.map(|seen| seen.at.to_string()),
        milliseconds: seen.map(|seen| seen.at.since(time).micros().max(0) / 1000),
        last_contact: last.map(|last| last.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Period {
    since: Option<String>,
}

async fn coverage(
    State(verifier): State<Arc<Verifier>>,
    Asks(asked): Asks<Period>,
) -> Result<Answer<CoverageLine>, Problem> {
    let shown = verifier.shown();
    let now = verifier.now(&shown);
    let unreadable = |_| Problem::unreadable("query_unreadable", "since: no time in RFC 3339 with a zone");
    let since = asked.since.as_deref().map(Time::parse).transpose().map_err(unreadable)?;
    let since = since.unwrap_or_else(|| now.plus(A_DAY_AGO));
    let judged = verifier.look(move |reader| reader.judged(since)).await?;
    let (judgement, all) = (verifier.judgement(&shown).await?, Arc::clone(&shown));
    let count = move || CoverageLine::of(&all.snapshot.registry, &judgement, &judged, since);
    let line = verifier.scan(count).await?;
    let contact = |name: &str| verifier.contacts.last(name).map(|last| last.to_string());
    let points = shown.snapshot.operators.enrolled().map(|program| ContactLine {
        name: program.name.clone(),
        role: program.duty.as_str().to_owned(),
        last_contact: contact(&program.name),
    });
    let unsigned = verifier.contacts.unsigned_since(since).into_iter();
    let unsigned = unsigned.map(|(through, count)| UnsignedLine {
        through: Some(through).filter(|name| !name.is_empty()),
        count,
    });
    let counted_since = Some(verifier.contacts.since().to_string());
    Ok(Answer::of(CoverageLine {
        points: points.collect(),
        unsigned: unsigned.collect(),
        counted_since,
        ..line
    }))
}
