//! Work that the journal lists while it lasts, with the command line that does the same.

use crate::change::Exception;
use crate::tui::command;
use crate::tui::effect::{Effect, Reply, Why};
use crate::tui::journal::Task;
use crate::tui::model::Model;
use crate::tui::theme::Tone;
use crate::warden::Drafted;

const WHOLE_LOG: &str = "checking the whole log";
const WRITING: &str = "writing a case";

/// What leaves for a thread is listed, if somebody could wait for it.
pub(super) fn begin(model: &mut Model, effect: &Effect) {
    let session = &model.session;
    let (words, ticket, command) = match effect {
        Effect::Commit(ticket, plan, _, why, _) => {
            let request = &plan.frozen.request;
            let spared = plan.frozen.spared.iter().map(|spare| Exception {
                did: spare.kept.root.did.clone(),
                by: Some(spare.adopt.parent.did.clone()),
            });
            let except: Vec<Exception> = spared.collect();
            let line = command::of_request(session, request, &except, why);
            (request.verb.as_str().to_owned(), Some(*ticket), Some(line.text()))
        }
        Effect::Order(ticket, drafted) => {
            let line = drafted.what().and_then(|what| {
                let about = drafted.about().map(|target| &target.did);
                command::of_order(session, about, what, &why(drafted))
            });
            let kind = drafted.what().map_or("a change", |what| what.kind().as_str());
            (kind.to_owned(), Some(*ticket), Some(line.map_or_else(String::new, |line| line.text())))
        }
        Effect::Approve(ticket, id, _) => {
            ("approve".to_owned(), Some(*ticket), Some(command::of_approval(session, id).text()))
        }
        Effect::ExportCase(id, to) => {
            (WRITING.to_owned(), None, Some(command::of_case_export(session, *id, to).text()))
        }
        Effect::VerifyLog => (WHOLE_LOG.to_owned(), None, None),
        Effect::Travel(ticket, _) => ("reading the past".to_owned(), Some(*ticket), None),
        Effect::DryRun(ticket, _) => ("judging the last verdicts again".to_owned(), Some(*ticket), None),
        Effect::Compare(ticket, ..) => ("comparing two moments".to_owned(), Some(*ticket), None),
        _ => return,
    };
    let plan = match effect {
        Effect::Commit(_, plan, ..) => Some(plan.clone()),
        _ => None,
    };
    model.journal.begin(&words, ticket, command, plan);
}

/// What came back is no task any more; what became of orders is said elsewhere.
pub(super) fn end(model: &mut Model, reply: &Reply) {
    match reply {
        Reply::Verified(_) => drop(model.journal.end_of(WHOLE_LOG)),
        Reply::Travelled(ticket, _) | Reply::DryRan(ticket, _) | Reply::Compared(ticket, _) => {
            drop(model.journal.end(*ticket));
        }
        _ => {}
    }
}

/// The command line of the case that was written.
pub(super) fn written(model: &mut Model) -> Option<String> {
    model.journal.end_of(WRITING)?.command
}

/// Nobody waits for the work any more: what only reads is forgotten; what was signed cannot be.
pub(super) fn give_up(model: &mut Model, at: usize) -> Vec<Effect> {
    let Some(Task { words, ticket, command, .. }) = model.journal.tasks().get(at).cloned() else {
        return Vec::new();
    };
    if command.is_some() {
        return vec![Effect::Refuse("it was signed or is being written: only its answer ends it".to_owned())];
    }
    match ticket {
        Some(ticket) => drop(model.journal.end(ticket)),
        None => drop(model.journal.end_of(&words)),
    }
    model.say(format!("nobody waits any more for: {words}"), Tone::Plain);
    if model.session.past.as_ref().is_some_and(|past| past.awaited == ticket && ticket.is_some()) {
        return super::past::come_back(model);
    }
    if words == WHOLE_LOG {
        model.rooms.log.checked = None;
    }
    Vec::new()
}

fn why(drafted: &Drafted) -> Why {
    Why {
        reason: drafted.reason().to_owned(),
        case: drafted.case().map(str::to_owned),
        break_glass: drafted.breaks_glass(),
    }
}
