//! What is looked into from a screen: paths, one agent's tabs.

use super::*;
use crate::registry::{Row, State};

/// Puts the cursor on an active agent that lies two delegations below its root, and answers what it holds.
fn to_grandchild(desk: &mut Desk) -> (Row, String) {
    let view = desk.model.session.view.clone();
    let registry = view.registry();
    let fits = |row: &Row| registry.agent(*row).depth() == 2 && view.judgement.state(*row) == State::Active;
    let row = registry.rows().find(fits).unwrap();
    let held = registry.agent(row).capabilities().next().unwrap().to_owned();
    let did = registry.agent(row).did().to_string();
    desk.keys("2/").keys(&did).keys("\r");
    (row, held)
}

#[test]
fn paths_say_what_gives_it_at_each_hop_and_who_else_can() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::new(&mesh(60), size);
        let (row, held) = to_grandchild(&mut desk);
        desk.keys("c").keys(&held).keys("\r");
        let text = desk.text();
        let view = desk.model.session.view.clone();
        assert!(text.contains(&format!("{} can {held}", view.agent(row).name())), "{text}");
        assert!(text.contains("Who can: "), "{text}");
        insta::assert_snapshot!(format!("paths-{}x{}", size.0, size.1), text);
        desk.keys("j\r");
        assert_eq!(desk.model.room, RoomName::Inspect);
        let root = view.registry().lineage().path(row)[0];
        assert_eq!(desk.model.rooms.inspect.row, Some(root), "enter inspects the hop under the cursor");
    }
}

#[test]
fn paths_say_where_it_ends() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    to_grandchild(&mut desk);
    desk.keys("cno:such:thing\r");
    assert!(desk.text().contains(" CANNOT no:such:thing: "), "{}", desk.text());
    assert!(desk.text().contains("✗ scope_not_held"), "{}", desk.text());
}

#[test]
fn who_can_is_listed_as_rows_that_can_be_marked_and_stopped_at_once() {
    let mut desk = Desk::new(&mesh(60), (120, 40));
    let (row, held) = to_grandchild(&mut desk);
    desk.keys("1c").keys(&held).keys("\rl");
    let view = desk.model.session.view.clone();
    let shown = desk.model.rooms.agents.rows.shown.to_vec();
    let who = crate::policy::who_can(view.registry(), &view.judgement, &held);
    assert!(shown.contains(&row) && shown.len() == who.len(), "{held}: {shown:?}");
    assert_eq!(desk.model.filter_text(), Some(crate::registry::query::reach_query(&held).as_str()));
    desk.keys("*s");
    assert!(desk.text().contains("SUSPEND"), "{}", desk.text());
}
