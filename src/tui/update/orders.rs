//! What comes back about things that are signed.

use std::sync::Arc;

use super::committed::is_signed;
use super::dialog::draft;
use crate::registry::CaseId;
use crate::text::short_did;
use crate::tui::action::RoomName;
use crate::tui::effect::{Done, Effect, Ticket};
use crate::tui::keymap::Keymap;
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, confirm};
use crate::tui::theme::Tone;
use crate::warden::{Drafted, FactReceipt, Rejection, Snapshot, WardenError};

/// The bytes of what the dialog on top would sign.
pub(super) fn on_drafted(
    model: &mut Model,
    ticket: Ticket,
    outcome: Result<Arc<Drafted>, Rejection>,
) -> Vec<Effect> {
    match model.overlays.last_mut() {
        Some(Overlay::Confirm(dialog)) if dialog.ticket == ticket => {
            // What nobody saw yet cannot be confirmed.
            dialog.seen = false;
            match outcome {
                Ok(drafted) => dialog.drafted = Some(drafted),
                Err(Rejection::Stale(differences)) => {
                    dialog.ask_again(differences);
                    return vec![Effect::Follow];
                }
                Err(Rejection::Replaced) => {
                    dialog.ask_again(Vec::new());
                    return vec![Effect::Follow];
                }
                Err(Rejection::Failed(error)) => {
                    dialog.failure = Some(error.to_string());
                    dialog.focus = confirm::Focus::Choices;
                }
            }
        }
        Some(Overlay::Order(order)) if order.ticket == ticket => match outcome {
            Ok(drafted) => order.drafted(drafted),
            Err(error) => order.failure = Some(error.to_string()),
        },
        _ => {}
    }
    Vec::new()
}

/// What became of an order.
pub(super) fn on_ordered(
    model: &mut Model,
    ticket: Ticket,
    outcome: Result<Done<FactReceipt>, WardenError>,
    snapshot: Snapshot,
) -> Vec<Effect> {
    model.unanswered = model.unanswered.saturating_sub(1);
    let command = model.journal.end(ticket).and_then(|task| task.command);
    let mut effects = Vec::new();
    let asked = match model.overlays.last_mut() {
        Some(Overlay::Order(order)) if order.ticket == ticket => Some(order),
        _ => None,
    };
    match (outcome, asked) {
        (Ok(done), asked) => {
            if asked.is_some() {
                model.overlays.pop();
            }
            model.own.push(done.receipt.index);
            // Whoever opens a case works under it.
            let opened = CaseId::of(done.receipt.index);
            if snapshot.registry.facts().cases.get(opened).is_some() {
                model.session.case = Some(opened);
            }
            let (words, tone) = words(&done.receipt, &model.session.keymap);
            model.say_of(words, tone, command);
            effects.extend(done.notice.map(Effect::Tell));
        }
        // It is signed, and nothing is left to be decided here.
        (Err(error), asked) if is_signed(&error) => {
            if asked.is_some() {
                model.overlays.pop();
            }
            model.say_of(error.to_string(), Tone::Bad, command);
        }
        (Err(why), Some(order)) => {
            order.ask_again(why.to_string());
            effects.extend(draft(model));
        }
        (Err(why), None) => model.say(format!("NOT DONE: {why}"), Tone::Bad),
    }
    effects.extend([Effect::Judge(Box::new(snapshot)), Effect::ReadLog]);
    effects
}

pub(super) fn words(receipt: &FactReceipt, keymap: &Keymap) -> (String, Tone) {
    let what = format!("{} {}", receipt.kind.as_str(), short_did(&receipt.subject, 40));
    let (index, what) = (receipt.index, what.trim_end());
    let Some(waits) = &receipt.waits else {
        return (format!("entry {index}: DONE: {what}"), Tone::Good);
    };
    let missing = waits.needed.saturating_sub(waits.signers.len());
    let approvals = keymap.key_to(RoomName::Approvals);
    (format!("entry {index}: NOT DONE YET: {what} waits for {missing} more ({approvals})"), Tone::Warning)
}
