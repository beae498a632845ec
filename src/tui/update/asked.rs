//! What an action asks for before its dialog: a line of text, or some of many.

use super::{dialog, give, rekey, sponsor, tag};
use crate::change::{Exception, Kind, holding_of};
use crate::identity::Did;
use crate::registry::Row;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::prompt::{Purpose, Wanted};
use crate::tui::overlays::{Overlay, pick, prompt};
use crate::tui::session::Session;

/// What the action asks for about an agent; none for another action.
pub(super) fn begin(session: &Session, action: Action, row: Row) -> Option<Effect> {
    let (view, agent) = (&session.view, session.view.agent(row));
    let registry = view.registry();
    let whose = format!("{}  {}", agent.name(), agent.did());
    let holds = || give::listed("holds", &holding_of(registry, row));
    let ask = |wanted: Wanted, known: Vec<String>| {
        let known = [vec![whose.clone()], known].concat();
        let purpose = Purpose::About(agent.did(), wanted);
        Effect::Prompt(Box::new(prompt::State { known, ..prompt::State::new(purpose) }))
    };
    let pick = |purpose, texts: Vec<String>, none: &str| match texts.is_empty() {
        true => Effect::Refuse(none.to_owned()),
        false => Effect::Pick(Box::new(pick::State::new(purpose, pick::Items::Texts(texts)))),
    };
    let of_sponsor = || vec![format!("its sponsor is {}", agent.sponsor())];
    Some(match action {
        Action::Adopt => ask(Wanted::Parent, vec![holds()]),
        Action::Grant => {
            let above = agent.parent().map(|above| above.row());
            let most = above.map(|row| give::listed("its parent holds", &holding_of(registry, row)));
            ask(Wanted::Capabilities, [Some(holds()), most].into_iter().flatten().collect())
        }
        Action::Narrow => {
            pick(pick::Purpose::Without(agent.did()), holding_of(registry, row), "it holds nothing")
        }
        Action::Rekey => ask(Wanted::NewKey, vec![format!("its key is {}", agent.public_key().key_id())]),
        Action::Tag => {
            let tags: Vec<String> = registry.tags(row).map(str::to_owned).collect();
            ask(Wanted::Tags, vec![give::listed("has", &tags)])
        }
        Action::Untag => {
            let tags = registry.tags(row).map(str::to_owned).collect();
            pick(pick::Purpose::Untag(agent.did()), tags, "it has no tags")
        }
        Action::VerifySponsor => match sponsor::verify(session, row) {
            Ok(order) => Effect::AskOrder(Box::new(order)),
            Err(why) => Effect::Refuse(why),
        },
        Action::Transfer => ask(Wanted::Sponsor, of_sponsor()),
        Action::Deputy => ask(Wanted::Deputy, of_sponsor()),
        _ => return None,
    })
}

/// What follows from what was typed for an agent.
pub(super) fn typed(session: &Session, did: &Did, wanted: &Wanted, text: &str) -> Result<Effect, String> {
    let row = session.view.registry().find(did);
    let row = row.ok_or_else(|| "this agent is no longer registered".to_owned())?;
    let order = match wanted {
        Wanted::Parent => give::adopt(session, row, text),
        Wanted::Capabilities => give::grant(session, row, text),
        Wanted::Tags => tag::add(session, row, text),
        Wanted::NewKey => return Ok(rekey::read(session, row, text.into(), None)),
        Wanted::Passphrase(key) => return Ok(rekey::read(session, row, key.clone(), Some(text.into()))),
        Wanted::Sponsor => sponsor::transfer(session, row, text),
        Wanted::Deputy => sponsor::depute(session, row, text),
    };
    order.map(|order| Effect::AskOrder(Box::new(order)))
}

/// Whom to spare of those below the agent of the dialog on top.
pub(super) fn whom_to_spare(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Confirm(dialog)) = model.overlays.last_mut() else { return Vec::new() };
    // Whoever spares gives.
    if let Some(why) = model.session.refusal(Kind::Adopt) {
        dialog.failure = Some(why);
        return Vec::new();
    }
    let (view, registry) = (dialog.view.clone(), dialog.view.registry());
    let Some(root) = registry.find(&dialog.did) else { return Vec::new() };
    let lineage = registry.lineage();
    let below = lineage.subtree(root).filter_map(|position| lineage.at(position));
    let rows: Vec<Row> = below.filter(|row| *row != root).collect();
    if rows.is_empty() {
        dialog.failure = Some("nobody lies below it".to_owned());
        return Vec::new();
    }
    let spared = |row| dialog.except.iter().any(|except| registry.find(&except.did) == Some(row));
    let picked = pick::State::new(pick::Purpose::Spare, pick::Items::Agents(rows, view.clone()));
    vec![Effect::Pick(Box::new(picked.marking(spared)))]
}

/// What follows from what was marked, or from leaving it.
pub(super) fn picked(model: &mut Model, done: bool) -> Vec<Effect> {
    let Some(Overlay::Pick(picked)) = model.overlays.pop() else { return Vec::new() };
    let texts = picked.marked_texts();
    let row = |did: &Did| model.session.view.registry().find(did);
    let order = match &picked.purpose {
        pick::Purpose::Spare => {
            if let (Some(Overlay::Confirm(dialog)), true) = (model.overlays.last_mut(), done) {
                let exception = |did| Exception { did, by: None };
                dialog.except = picked.marked_agents().into_iter().map(exception).collect();
            }
            // What came back meanwhile found no dialog.
            return dialog::replan(model);
        }
        _ if !done || texts.is_empty() => return Vec::new(),
        pick::Purpose::Without(did) => row(did).map(|row| give::narrow(&model.session, row, &texts)),
        pick::Purpose::Untag(did) => row(did).map(|row| tag::remove(&model.session, row, texts)),
    };
    order.into_iter().map(|order| Effect::AskOrder(Box::new(order))).collect()
}
