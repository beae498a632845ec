//! Where one was and where one is; and what others changed meanwhile.

use super::*;
use crate::change::{Frozen, Request, Verb};
use crate::registry::{Row, Scope};

fn name(desk: &Desk) -> String {
    desk.model.selected().map(|row| desk.model.session.view.agent(row).name().to_owned()).unwrap_or_default()
}

#[test]
fn back_and_forward_find_room_agent_and_filter_again() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    desk.keys("2jjj/trust<600\r").keys("jj");
    let (filtered, agents) = (name(&desk), desk.model.rooms.agents.rows.shown.len());
    desk.keys("3jj");
    let in_tree = name(&desk);
    desk.keys("\r");
    assert_eq!((desk.model.room, name(&desk)), (RoomName::Inspect, in_tree.clone()));
    desk.keys("<");
    assert_eq!((desk.model.room, name(&desk)), (RoomName::Lineage, in_tree.clone()));
    desk.keys("<");
    assert_eq!((desk.model.room, name(&desk)), (RoomName::Agents, filtered.clone()));
    assert_eq!(desk.model.filter_text(), Some("trust<600"));
    desk.keys("<");
    assert_eq!((desk.model.room, desk.model.filter_text()), (RoomName::Agents, Some("")));
    assert_eq!(desk.model.rooms.agents.rows.shown.len(), 60, "the filter is undone");
    desk.keys(">");
    assert_eq!((name(&desk), desk.model.rooms.agents.rows.shown.len()), (filtered, agents));
    desk.keys(">>");
    assert_eq!((desk.model.room, name(&desk)), (RoomName::Inspect, in_tree));
    desk.keys(">");
    assert!(desk.text().contains("nothing after this"), "{}", desk.text());
}

#[test]
fn the_first_line_says_where_one_is_and_costs_no_row() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    desk.keys("2/trust<600\r");
    let (line, agent) = (desk.text().lines().next().unwrap().to_owned(), name(&desk));
    assert!(line.contains(&format!("mesh.jsonl > agents > trust<600 > {agent}")), "{line}");
    assert!(line.contains("ENFORCED BY NOBODY"), "{line}");
    desk.resize(80, 24);
    let line = desk.text().lines().next().unwrap().to_owned();
    assert!(line.contains(" > ") && line.contains(&agent), "{line}");
    assert!(line.contains("OFFLINE COPY, ENFORCED BY NOBODY"), "{line}");
}

/// Somebody else suspends an agent, and this console looks.
fn elsewhere(desk: &mut Desk, row: Row) {
    let did = desk.model.session.view.agent(row).did();
    let request = Request::of(Verb::Suspend { until: None }, did, Scope::One);
    let warden = desk.warden();
    let frozen = Frozen::of(warden.registry(), request, noon()).unwrap();
    let rows = warden.registry().row_count();
    warden.commit(&frozen, rows, crate::warden::Word::of("grace", "the pager rang")).unwrap();
    desk.tick();
}

fn active_leaf(desk: &Desk, after: usize) -> Row {
    let view = &desk.model.session.view;
    let leaf = |row: &Row| {
        view.judgement.state(*row) == crate::registry::State::Active
            && view.registry().lineage().size(*row) == 1
    };
    view.registry().rows().filter(leaf).nth(after).unwrap()
}

#[test]
fn what_somebody_else_changes_is_marked_for_seconds_and_the_cursor_stays() {
    let mut desk = Desk::new(&mesh(60), (120, 80));
    desk.keys("2jjj");
    let (selected, row) = (name(&desk), active_leaf(&desk, 2));
    let changed = desk.model.session.view.agent(row).name().to_owned();
    elsewhere(&mut desk, row);
    assert!(desk.text().contains(&format!("~{changed}")), "{}", desk.text());
    assert!(desk.text().contains("  ~1 changed  60 agents"), "{}", desk.text());
    assert_eq!(name(&desk), selected);
    desk.keys("3tG");
    assert!(desk.model.session.recent.of(row).is_some());
    let later = noon().plus(crate::time::Span::seconds(60));
    let effects = pass_time(&mut desk.model, later);
    desk.carry_out(effects);
    desk.keys("2");
    assert!(!desk.text().contains(&format!("~{changed}")), "{}", desk.text());
}

#[test]
fn what_one_does_oneself_is_not_marked() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    let did = desk.model.session.view.agent(active_leaf(&desk, 2)).did().to_string();
    desk.keys("2/").keys(&did).keys("\rs1y");
    assert!(desk.text().contains(": SUSPENDED "), "{}", desk.text());
    assert_eq!(desk.model.session.recent.len(), 0);
    let other = active_leaf(&desk, 5);
    elsewhere(&mut desk, other);
    assert_eq!(desk.model.session.recent.len(), 1, "and what others do is");
}

#[test]
fn whoever_leaves_the_list_by_somebody_elses_change_is_named() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    desk.keys("2/state=active\r");
    let row = active_leaf(&desk, 3);
    let gone = desk.model.session.view.agent(row).name().to_owned();
    elsewhere(&mut desk, row);
    let words = format!("gone from this list by somebody else's change: {gone}");
    assert!(desk.text().contains(&words), "{}", desk.text());
}
