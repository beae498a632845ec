//! Cases: the one that is worked under, and steps of others.

use crate::change::OnCase;
use crate::registry::CaseId;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::{Overlay, cases, order, prompt};
use crate::tui::theme::Tone;

/// Shows the open cases.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.overlays.push(Overlay::Cases(cases::State::new(&model.session)));
    Vec::new()
}

/// What was chosen in the list of cases.
pub(super) fn chosen(model: &mut Model, outcome: cases::Outcome) -> Vec<Effect> {
    use cases::Outcome;
    if outcome == Outcome::Stay {
        return Vec::new();
    }
    model.overlays.pop();
    let refused = model.session.refusal(crate::change::Kind::Case);
    if let (Some(why), false) =
        (refused, matches!(outcome, Outcome::Close | Outcome::Work(_) | Outcome::Export(_)))
    {
        return vec![Effect::Refuse(why)];
    }
    match outcome {
        Outcome::Stay | Outcome::Close => Vec::new(),
        Outcome::Work(case) => {
            model.session.case = case;
            Vec::new()
        }
        Outcome::Open => ask(prompt::Purpose::CaseTitle),
        Outcome::Note(id) => ask(prompt::Purpose::CaseNote(id)),
        Outcome::Handover(id) => ask(prompt::Purpose::CaseOwner(id)),
        Outcome::Export(id) => {
            let mut prompt = prompt::State::new(prompt::Purpose::CaseDirectory(id));
            prompt.typed.set(&format!("case-{id}"));
            vec![Effect::Prompt(Box::new(prompt))]
        }
        Outcome::Join(id) => step(model, OnCase::Join {}, Some(id)),
        Outcome::Claim(id) => step(model, OnCase::Claim {}, Some(id)),
        Outcome::CloseCase(id) => step(model, OnCase::Close { release: false }, Some(id)),
    }
}

fn ask(purpose: prompt::Purpose) -> Vec<Effect> {
    vec![Effect::Prompt(Box::new(prompt::State::new(purpose)))]
}

/// What was typed for a case.
pub(super) fn typed(model: &Model, purpose: prompt::Purpose, text: String) -> Vec<Effect> {
    match purpose {
        prompt::Purpose::PolicyFile
        | prompt::Purpose::Sheet(..)
        | prompt::Purpose::Paths(_)
        | prompt::Purpose::About(..) => Vec::new(),
        prompt::Purpose::CaseDirectory(id) => vec![Effect::ExportCase(id, text.into())],
        prompt::Purpose::CaseTitle => {
            let state = order::State::of_case(text.clone(), OnCase::Open { title: text }, None);
            vec![Effect::AskOrder(Box::new(state))]
        }
        prompt::Purpose::CaseNote(id) => step(model, OnCase::Note { text, seen: None }, Some(id)),
        prompt::Purpose::CaseOwner(id) => step(model, OnCase::Handover { to: text }, Some(id)),
    }
}

fn step(model: &Model, step: OnCase, id: Option<CaseId>) -> Vec<Effect> {
    let cases = &model.session.view.registry().facts().cases;
    let title = id.and_then(|id| cases.get(id)).map(|case| format!("{} {}", case.id, case.title));
    let mut state = order::State::of_case(title.unwrap_or_default(), step.clone(), id);
    match step {
        OnCase::Note { text, .. } => state.lines.push(text),
        OnCase::Handover { to } => state.lines.push(format!("to {to}")),
        _ => {}
    }
    vec![Effect::AskOrder(Box::new(state))]
}

/// A case that somebody closed is worked under no more.
pub(super) fn drop_closed(model: &mut Model) {
    let Some(id) = model.session.case else { return };
    let open = model.session.present().registry().facts().cases.get(id).is_some_and(|case| case.is_open());
    if !open {
        model.session.case = None;
        model.say(format!("the case {id} was closed: what you do carries no case now"), Tone::Warning);
    }
}
