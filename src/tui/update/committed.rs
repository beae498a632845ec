//! What became of a containment or a waking.

use std::borrow::Cow;
use std::sync::Arc;

use super::dialog::draft;
use crate::change::Plan;
use crate::text::{agents, short_did};
use crate::tui::action::RoomName;
use crate::tui::effect::{Done, Effect, Ticket};
use crate::tui::keymap::Keymap;
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, confirm};
use crate::tui::theme::Tone;
use crate::warden::{Receipt, Rejection, Snapshot, WardenError};

pub(super) fn on_committed(
    model: &mut Model,
    ticket: Ticket,
    outcome: Result<Done<Receipt>, Rejection>,
    snapshot: Snapshot,
) -> Vec<Effect> {
    model.unanswered = model.unanswered.saturating_sub(1);
    let (command, plan) = model.journal.end(ticket).map_or((None, None), |task| (task.command, task.plan));
    let mut told = Vec::new();
    let dialog = match model.overlays.last_mut() {
        Some(Overlay::Confirm(dialog)) if dialog.ticket == ticket => Some(dialog),
        _ => None,
    };
    match (outcome, dialog) {
        (Ok(done), dialog) => {
            if dialog.is_some() {
                model.overlays.pop();
            }
            // Also when the dialog was left meanwhile.
            plan.iter().for_each(|plan| model.session.marks.planned(plan));
            model.own.push(done.receipt.index);
            let session = &model.session;
            let words = receipt_words(&done.receipt, session.caveat(), &session.keymap);
            let tone = if done.receipt.waits.is_some() { Tone::Warning } else { Tone::Good };
            model.say_of(words, tone, command);
            told.extend(done.notice.map(Effect::Tell));
        }
        // It is signed, and nothing is left to be decided here.
        (Err(Rejection::Failed(error)), dialog) if is_signed(&error) => {
            if dialog.is_some() {
                model.overlays.pop();
            }
            model.say_of(error.to_string(), Tone::Bad, command);
        }
        (Err(Rejection::Stale(differences)), Some(dialog)) => {
            dialog.ask_again(differences);
        }
        (Err(Rejection::Replaced), Some(dialog)) => {
            dialog.stale = Some(Vec::new());
            dialog.phase = confirm::Phase::Planning;
            dialog.focus = confirm::Focus::Choices;
        }
        (Err(Rejection::Failed(error)), Some(dialog)) => {
            dialog.failure = Some(error.to_string());
            dialog.focus = confirm::Focus::Choices;
            if let confirm::Phase::Committing(plan) = &dialog.phase {
                dialog.phase = confirm::Phase::Shown(Arc::<Plan>::clone(plan));
            }
            // What was signed may be too old by now.
            told.extend(draft(model));
        }
        (Err(rejection), None) => model.say(format!("NOT DONE: {rejection}"), Tone::Bad),
    }
    told.extend([Effect::Judge(Box::new(snapshot)), Effect::ReadLog]);
    told
}

/// Whether it is on its way all the same, or there already.
pub(super) const fn is_signed(error: &WardenError) -> bool {
    matches!(error, WardenError::NotYetInForce { .. } | WardenError::TakenUnseen { .. })
}

pub(super) fn receipt_words(receipt: &Receipt, caveat: Option<Cow<'static, str>>, keymap: &Keymap) -> String {
    let agents = agents(receipt.count);
    let newcomers = match receipt.newcomers.len() {
        0 => String::new(),
        count => format!(", {count} of them newcomers below the sealed top"),
    };
    let force = caveat.map_or_else(String::new, |caveat| format!("; {caveat}"));
    let did = short_did(&receipt.did.to_string(), 20);
    if let Some(waits) = &receipt.waits {
        let missing = waits.needed.saturating_sub(waits.signers.len());
        let held = if receipt.verb == "revoke" { ", held back now" } else { "" };
        let approvals = keymap.key_to(RoomName::Approvals);
        return format!(
            "entry {}: NOT DONE YET: {} waits for {missing} more ({approvals}){held}: {did}{force}",
            receipt.index, receipt.verb
        );
    }
    format!("entry {}: {} {agents} with {did}{newcomers}{force}", receipt.index, past(receipt.verb))
}

fn past(verb: &str) -> &'static str {
    match verb {
        "suspend" => "SUSPENDED",
        "revoke" => "REVOKED",
        _ => "REACTIVATED",
    }
}
