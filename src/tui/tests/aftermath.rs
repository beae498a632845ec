//! After a containment the screen says what is not stopped, and nothing that it does not know.

use super::{Desk, mesh};
use crate::tui::effect::Effect;
use crate::tui::overlays::Overlay;
use crate::wire::{ConfirmationLine, EnforcedLine};

fn desk() -> Desk {
    Desk::new(&mesh(60), (100, 30))
}

fn confirmed(state: &str, milliseconds: Option<i64>) -> ConfirmationLine {
    ConfirmationLine {
        name: format!("gate-{state}"),
        role: "enforcement_point".to_owned(),
        state: state.to_owned(),
        how: None,
        at: None,
        milliseconds,
        last_contact: None,
    }
}

#[test]
fn where_nobody_enforces_it_says_so() {
    let mut desk = desk();
    desk.keys("2gs1yN");
    let text = desk.text();
    assert!(text.contains("suspend of 7 agents") && text.contains("NOBODY ENFORCES IT"), "{text}");
    assert!(text.contains("of 7 agents with those below it nobody may act"), "{text}");
    desk.keys("\x1b");
    assert!(desk.model.overlays.is_empty());
}

#[test]
fn whoever_was_spared_is_named_first_with_how_it_stands_now() {
    let mut desk = desk();
    let view = desk.model.session.view.clone();
    let lineage = view.registry().lineage();
    let top =
        view.registry().rows().find(|row| lineage.size(*row) > 2 && lineage.parent(*row).is_some()).unwrap();
    let below = lineage.at(lineage.position(top) + 1).unwrap();
    let name = view.agent(below).name().to_owned();
    desk.keys("2g");
    while desk.model.selected() != Some(top) {
        desk.keys("j");
    }
    desk.keys("se \r1y");
    desk.keys("N");
    assert!(desk.text().contains(&format!("spared: {name}")), "{}", desk.text());
}

#[test]
fn who_did_not_confirm_is_named_and_it_is_asked_again_until_all_did() {
    let mut desk = desk();
    desk.keys("2gs1yN");
    let Some(Overlay::Aftermath(state)) = desk.model.overlays.last_mut() else { panic!() };
    let mut line = EnforcedLine {
        index: 1,
        time: "2026-03-01T12:00:00Z".to_owned(),
        kind: "suspend".to_owned(),
        subject: String::new(),
        complete: false,
        confirmations: vec![confirmed("confirmed", Some(31)), confirmed("late", None)],
        not_stopped: vec!["connections that were open before".to_owned()],
    };
    state.enforced = Some(Ok(Some(line.clone())));
    desk.draw();
    let text = desk.text();
    assert!(text.contains("gate-late (enforcement point): LATE, never heard"), "{text}");
    assert!(text.contains("gate-confirmed (enforcement point): confirmed, after 31 ms"), "{text}");
    assert!(text.contains("connections that were open before"), "{text}");
    let asks = |desk: &mut Desk| {
        let effects = super::update(&mut desk.model, crate::tui::event::Event::Tick);
        effects.iter().any(|effect| matches!(effect, Effect::ReadEnforced(_, 1)))
    };
    assert!(asks(&mut desk));
    assert!(!asks(&mut desk), "one question at a time");
    let Some(Overlay::Aftermath(state)) = desk.model.overlays.last_mut() else { panic!() };
    line.complete = true;
    (state.enforced, state.asking) = (Some(Ok(Some(line))), false);
    assert!(!asks(&mut desk), "all confirmed");
}

#[test]
fn without_a_containment_there_is_nothing_to_tell() {
    let mut desk = desk();
    desk.keys("N");
    assert!(desk.text().contains("nobody was stopped by the last 1000 entries"), "{}", desk.text());
}
