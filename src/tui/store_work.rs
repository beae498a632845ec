//! Work that touches the store, piece by piece, on its thread.

use std::path::PathBuf;
use std::sync::Arc;

use super::action::RoomName;
use super::effect::{Details, Done, Effect, Moment, NewKey, Reply, Ticket, Why, Wish};
use super::executor::{ExportCase, LoadPolicy, SignRekey, TakeFile};
use super::listing::Selection;
use super::overlays::aftermath::{self, Aftermath};
use super::overlays::slider::Stop;
use super::rooms::inspect::{Looked, held};
use super::session::View;
use crate::audit::Search;
use crate::backend::Backend;
use crate::change::{ChangeId, Kind, Order, Plan, Targets, What};
use crate::encoding::{Digest32, sha256};
use crate::identity::Did;
use crate::notify::Notice;
use crate::policy::Policy;
use crate::registry::query::{Callers, Query};
use crate::registry::{CaseId, Row};
use crate::text::within;
use crate::time::Time;
use crate::warden::{Drafted, FactReceipt, LogLine, Receipt, Rejection, WardenError, Word};
use crate::wire::DecisionLine;

/// The newest entries that the log room shows.
pub(super) const LOG_TAIL: usize = 1000;
/// So many verdicts are judged again for a dry run.
const DRY_RUN: usize = 1000;
/// So many verdicts are shown, and so many of one agent where its verifier tells of them.
const VERDICTS: usize = 200;
const VERDICTS_OF_ONE: usize = 20;
/// So many bytes of what was ordered are shown.
const PAYLOAD_SHOWN: usize = 64 * 1024;

/// Work that touches the store.
pub(super) enum StoreJob {
    Draft(Ticket, Wish, Why),
    Commit(Ticket, Arc<Plan>, usize, Why, Option<Arc<Drafted>>),
    Order(Ticket, Arc<Drafted>),
    Approve(Ticket, ChangeId, Digest32),
    TakeFile(TakeFile),
    LoadPolicy(Ticket, PathBuf, LoadPolicy),
    ReadKey(Box<NewKey>, SignRekey),
    ExportCase(CaseId, PathBuf, ExportCase),
    DryRun(Ticket, Arc<Policy>),
    ReadLog,
    ReadLogAt(u64),
    ReadEntry(Ticket, u64),
    VerifyLog,
    Travel(Ticket, Moment),
    ReadStop(Ticket, Moment),
    ReadCallers(RoomName, Ticket, Selection, Time),
    Recognize(Ticket, String),
    ReadAftermath(Ticket, Option<u64>),
    ReadEnforced(Ticket, u64),
    ReadBeat(Ticket, Arc<View>),
    ReadVerdicts(Ticket, String, Time),
    ReadDossier(Ticket, Row, Did, Arc<View>),
    Follow,
}

impl StoreJob {
    /// The work that an effect asks for; the effect itself when it asks for none.
    pub(super) fn of(effect: Effect) -> Result<Self, Effect> {
        Ok(match effect {
            Effect::Draft(ticket, wish, why) => Self::Draft(ticket, wish, why),
            Effect::Commit(ticket, plan, rows, why, drafted) => {
                Self::Commit(ticket, plan, rows, why, drafted)
            }
            Effect::Order(ticket, drafted) => Self::Order(ticket, drafted),
            Effect::Approve(ticket, id, digest) => Self::Approve(ticket, id, digest),
            Effect::DryRun(ticket, policy) => Self::DryRun(ticket, policy),
            Effect::ReadLog => Self::ReadLog,
            Effect::ReadLogAt(size) => Self::ReadLogAt(size),
            Effect::ReadEntry(ticket, index) => Self::ReadEntry(ticket, index),
            Effect::VerifyLog => Self::VerifyLog,
            Effect::Travel(ticket, moment) => Self::Travel(ticket, moment),
            Effect::ReadStop(ticket, moment) => Self::ReadStop(ticket, moment),
            Effect::ReadAftermath(ticket, index) => Self::ReadAftermath(ticket, index),
            Effect::ReadEnforced(ticket, index) => Self::ReadEnforced(ticket, index),
            Effect::RecognizeCallers(ticket, text) => Self::Recognize(ticket, text),
            Effect::Follow => Self::Follow,
            other => return Err(other),
        })
    }
}

impl StoreJob {
    /// Whether it changes nothing, and may take long.
    pub(super) const fn only_reads(&self) -> bool {
        matches!(
            self,
            Self::ReadEntry(..)
                | Self::VerifyLog
                | Self::Travel(..)
                | Self::ReadStop(..)
                | Self::DryRun(..)
                | Self::ExportCase(..)
                | Self::ReadCallers(..)
                | Self::Recognize(..)
                | Self::ReadAftermath(..)
                | Self::ReadEnforced(..)
                | Self::ReadBeat(..)
                | Self::ReadVerdicts(..)
                | Self::ReadDossier(..)
        )
    }

    /// The answer of work that could not be begun.
    pub(super) fn failed(self, why: String) -> Reply {
        match self {
            Self::ReadEntry(ticket, _) => Reply::Entry(ticket, Err(why)),
            Self::VerifyLog => Reply::Verified(Err(why)),
            Self::ExportCase(..) => Reply::Exported(Err(why)),
            Self::Travel(ticket, _) => Reply::Travelled(ticket, Err(why)),
            Self::ReadStop(ticket, _) => Reply::Stop(ticket, Err(why)),
            Self::DryRun(ticket, _) => Reply::DryRan(ticket, Err(why)),
            Self::ReadAftermath(ticket, _) => Reply::Aftermath(ticket, Err(why)),
            Self::ReadEnforced(ticket, _) => Reply::Enforced(ticket, Err(why)),
            Self::Recognize(ticket, _) => Reply::RecognizedCallers(ticket, Vec::new()),
            Self::ReadBeat(ticket, _) => Reply::Beat(ticket, Err(why)),
            Self::ReadVerdicts(ticket, ..) => Reply::Verdicts(ticket, Err(why)),
            Self::ReadDossier(ticket, _, did, _) => Reply::Dossier(ticket, did, Err(why)),
            Self::ReadCallers(room, ticket, selection, _) => {
                Reply::Called(room, ticket, Selection { callers: Some(Callers::unknown()), ..selection })
            }
            _ => Reply::FollowFailed(why),
        }
    }
}

impl Why {
    fn word<'w>(&'w self, actor: &'w str) -> Word<'w> {
        let word = Word::of(actor, &self.reason);
        Word { case: self.case.as_deref(), break_glass: self.break_glass, ..word }
    }
}

/// Does one piece of work on the store.
pub(super) fn answer_store(backend: &mut Backend, actor: &str, job: StoreJob) -> Reply {
    match job {
        StoreJob::Draft(ticket, wish, why) => {
            let word = why.word(actor);
            let drafted = match &wish {
                Wish::Contain(plan, rows) => backend.draft_commit(&plan.frozen, *rows, word),
                Wish::Say(did, what) => say(backend, did.as_ref(), what, word).map_err(Rejection::from),
            };
            Reply::Drafted(ticket, drafted.map(Arc::new))
        }
        StoreJob::Commit(ticket, plan, rows, why, drafted) => {
            let outcome = match &drafted {
                Some(drafted) => backend.commit_drafted(&plan.frozen, rows, drafted),
                None => backend.commit(&plan.frozen, rows, why.word(actor)),
            };
            let snapshot = backend.snapshot();
            let done = outcome.map(|receipt| {
                let broken = drafted.filter(|drafted| drafted.breaks_glass());
                let notice =
                    broken.map(|drafted| of_broken_glass(&receipt, &drafted, snapshot.log.to_string()));
                Done { receipt, notice: notice.map(Box::new) }
            });
            Reply::Committed(ticket, Box::new(done), snapshot)
        }
        StoreJob::Order(ticket, drafted) => {
            let said = backend.say_drafted(&drafted);
            ordered(backend, ticket, said, (drafted.actor(), drafted.reason()))
        }
        StoreJob::Approve(ticket, id, digest) => {
            let proposal = backend.snapshot().operators.proposal(id).cloned();
            let payload = proposal.as_ref().map(|proposal| &proposal.payload);
            let who = payload.map_or(("", ""), |payload| (payload.actor.as_str(), payload.reason.as_str()));
            let approved = backend.approve_shown(id, &digest);
            ordered(backend, ticket, approved, who)
        }
        StoreJob::TakeFile(take) => {
            let outcome = take(backend);
            Reply::Taken(outcome, backend.snapshot())
        }
        StoreJob::LoadPolicy(ticket, path, load) => Reply::PolicyLoaded(ticket, load(&path).map(Arc::new)),
        StoreJob::ExportCase(id, to, export) => Reply::Exported(export(backend, id, &to)),
        StoreJob::ReadKey(key, sign) => {
            let outcome = sign(&key);
            Reply::NewKey(key, outcome)
        }
        StoreJob::DryRun(ticket, policy) => {
            Reply::DryRan(ticket, backend.dry_run(&policy, DRY_RUN).map_err(|error| error.to_string()))
        }
        StoreJob::ReadLog => {
            let size = backend.snapshot().head.size;
            log_from(backend, size.saturating_sub(LOG_TAIL as u64))
        }
        StoreJob::ReadLogAt(size) => log_from(backend, size.saturating_sub(LOG_TAIL as u64 / 2)),
        StoreJob::ReadEntry(ticket, index) => {
            Reply::Entry(ticket, details(backend, index).map(Box::new).map_err(|error| error.to_string()))
        }
        StoreJob::VerifyLog => Reply::Verified(backend.verify_log().map_err(|error| error.to_string())),
        StoreJob::Travel(ticket, moment) => {
            Reply::Travelled(ticket, travel(backend, moment).map_err(|error| error.to_string()))
        }
        StoreJob::ReadStop(ticket, moment) => {
            Reply::Stop(ticket, stop(backend, moment).map_err(|error| error.to_string()))
        }
        StoreJob::ReadCallers(room, ticket, selection, now) => {
            let query = Query::parse(&selection.text).ok();
            let callers = query.and_then(|query| backend.callers(&query, now).ok());
            let callers = Some(callers.unwrap_or_else(Callers::unknown));
            Reply::Called(room, ticket, Selection { callers, ..selection })
        }
        StoreJob::Recognize(ticket, text) => {
            Reply::RecognizedCallers(ticket, backend.recognize(&text).unwrap_or_default())
        }
        StoreJob::ReadAftermath(ticket, index) => Reply::Aftermath(ticket, read_aftermath(backend, index)),
        StoreJob::ReadEnforced(ticket, index) => {
            Reply::Enforced(ticket, backend.enforced(index).map_err(|error| error.to_string()))
        }
        StoreJob::ReadBeat(ticket, view) => {
            let beat = backend.beat(view.registry(), &view.judgement);
            Reply::Beat(ticket, beat.map_err(|error| error.to_string()))
        }
        StoreJob::ReadDossier(ticket, row, did, view) => {
            let dossier = backend.dossier(&did, view.snapshot.head.size);
            let told = backend.told_verdicts(&format!("agent:{did}"), VERDICTS_OF_ONE).ok().flatten();
            let looked = |dossier| Box::new(Looked { dossier, told, held: held(&view, row) });
            Reply::Dossier(ticket, did, dossier.map(looked).map_err(|error| error.to_string()))
        }
        StoreJob::ReadVerdicts(ticket, words, now) => Reply::Verdicts(ticket, verdicts(backend, &words, now)),
        StoreJob::Follow => match backend.follow() {
            Ok(_) => Reply::Followed(backend.snapshot()),
            // How the line to a verifier stands is a part of what is shown.
            Err(_) if matches!(backend.snapshot().kind, crate::warden::Kind::Verifier { .. }) => {
                Reply::Followed(backend.snapshot())
            }
            Err(error) => Reply::FollowFailed(error.to_string()),
        },
    }
}

/// Fixes the bytes of what can be said, and says why what cannot be carried out cannot: nobody signs that.
fn say(
    backend: &mut Backend,
    did: Option<&Did>,
    what: &What,
    word: Word<'_>,
) -> Result<Drafted, WardenError> {
    let drafted = backend.draft_fact(did, what, word)?;
    backend.could_say(&drafted)?;
    Ok(drafted)
}

/// Some entries, the newest first.
fn log_from(backend: &mut Backend, from: u64) -> Reply {
    let newest_first = |mut lines: Vec<LogLine>| {
        lines.reverse();
        lines
    };
    Reply::Log(backend.entries(from, LOG_TAIL).map(newest_first).map_err(|error| error.to_string()))
}

/// A containment as the log has it; without an index the newest of the last entries.
fn read_aftermath(backend: &mut Backend, index: Option<u64>) -> Result<Box<Aftermath>, String> {
    let failed = |error: WardenError| error.to_string();
    let head = backend.snapshot().head.size;
    let (from, most) = match index {
        Some(index) => (index, 1),
        None => (head.saturating_sub(LOG_TAIL as u64), LOG_TAIL),
    };
    let mut lines = backend.entries(from, most).map_err(failed)?.into_iter().rev();
    let line = lines.find(|line| aftermath::is_containment(line.kind));
    let line = line.ok_or_else(|| format!("nobody was stopped by the last {LOG_TAIL} entries of the log"))?;
    let evidence = backend.prove(line.index).map_err(failed)?;
    let proven = evidence.check(None).map_err(|error| error.to_string())?;
    let payload = proven.entry().change.payload().map_err(|error| error.to_string())?;
    let spared = match &payload.order {
        Order::Suspend { targets: Targets::Cascade(cascade), .. }
        | Order::Revoke { targets: Targets::Cascade(cascade), .. } => cascade.spared.as_slice(),
        _ => &[],
    };
    let spared = spared.iter().map(|spare| spare.kept.root.did.clone()).collect();
    Ok(Box::new(Aftermath { line, spared }))
}

/// What became of an order; of one that changed the operators, or the log's key, everybody is told.
fn ordered(
    backend: &Backend,
    ticket: Ticket,
    outcome: Result<FactReceipt, WardenError>,
    (actor, reason): (&str, &str),
) -> Reply {
    let snapshot = backend.snapshot();
    let done = outcome.map(|receipt| {
        let event = match receipt.kind {
            Kind::Operator => Some("operator"),
            Kind::LogKey => Some("log_key"),
            _ => None,
        };
        let notice = event.filter(|_| receipt.waits.is_none()).map(|event| {
            let place = (receipt.index, receipt.time);
            Box::new(notice(event, place, snapshot.log.to_string(), (actor, reason), &receipt.subject))
        });
        Done { receipt, notice }
    });
    Reply::Ordered(ticket, done, snapshot)
}

fn of_broken_glass(receipt: &Receipt, drafted: &Drafted, log: String) -> Notice {
    let who = (drafted.actor(), drafted.reason());
    notice("break_glass", (receipt.index, receipt.time), log, who, &receipt.did.to_string())
}

fn notice(
    event: &'static str,
    (index, time): (u64, Time),
    log: String,
    (actor, reason): (&str, &str),
    subject: &str,
) -> Notice {
    Notice {
        r#type: "meshwarden.notice.v1",
        event,
        log,
        index,
        time: time.to_string(),
        actor: actor.to_owned(),
        subject: subject.to_owned(),
        reason: reason.to_owned(),
    }
}

/// One entry, and its proof checked on this side.
fn details(backend: &mut Backend, index: u64) -> Result<Details, WardenError> {
    let evidence = backend.prove(index)?;
    let line = backend.entries(index, 1)?.pop();
    let line = line.ok_or(WardenError::NotYet { asked: index.saturating_add(1), size: index })?;
    let checked = evidence.check(None);
    let entry = checked.as_ref().ok().map(|proven| proven.entry());
    let payload = entry.map(|entry| entry.change.payload_bytes()).unwrap_or_default();
    let (operators, log) = (backend.snapshot().operators, backend.snapshot().log.to_string());
    let signers = entry.map(|entry| {
        let read = entry.change.payload().map(|payload| payload.signed_by_people(&entry.change));
        operators.vouched(read.as_ref().unwrap_or(&entry.change), &log)
    });
    Ok(Details {
        line,
        digest: sha256(payload),
        signers: signers.unwrap_or_default(),
        payload: within(&String::from_utf8_lossy(payload), PAYLOAD_SHOWN),
        proven: match &checked {
            Ok(proven) => {
                let head = proven.checkpoint();
                Ok((evidence.proof.len(), head.tree.size, head.time, evidence.verifier.to_string()))
            }
            Err(error) => Err(error.to_string()),
        },
    })
}

/// The last verdicts that some words mean: the verifier's, or those that are kept here.
fn verdicts(backend: &mut Backend, words: &str, now: Time) -> Result<Vec<DecisionLine>, String> {
    let search = Search::parse(words, now).map_err(|error| error.to_string())?;
    if let Some(told) = backend.told_verdicts(words, VERDICTS).map_err(|error| error.to_string())? {
        return Ok(told);
    }
    let found = backend.verdicts(&search, VERDICTS).map_err(|error| error.to_string())?;
    Ok(found.iter().map(DecisionLine::of).collect())
}

/// So many entries are shown before a stop, and as many behind it.
const AROUND: u64 = 4;

/// How many entries there were at a moment.
fn size_at(backend: &mut Backend, moment: Moment) -> Result<u64, WardenError> {
    let size = match moment {
        Moment::Size(size) => size,
        Moment::Until(time, most) => backend.size_at(time)?.min(most),
        Moment::From(time, least) => backend.size_at(time)?.max(least),
    };
    Ok(size.min(backend.snapshot().head.size))
}

/// The entries around a moment.
fn stop(backend: &mut Backend, moment: Moment) -> Result<Stop, WardenError> {
    let size = size_at(backend, moment)?;
    let first = backend.entries(0, 1)?.first().map_or(Time::MIN, |line| line.time);
    let lines = backend.entries(size.saturating_sub(AROUND), 2 * AROUND as usize)?;
    Ok(Stop { size, first, lines })
}

/// The state at a moment, judged as of its last entry.
fn travel(backend: &mut Backend, moment: Moment) -> Result<(u64, Arc<View>), WardenError> {
    let size = size_at(backend, moment)?;
    let snapshot = backend.as_of(size)?;
    let then = snapshot.head.last_time.unwrap_or(Time::MIN);
    Ok((size, Arc::new(View::of(snapshot, then))))
}
