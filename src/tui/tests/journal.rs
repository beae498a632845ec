//! What was done and said can be read again, and repeated on a command line.

use super::{Desk, mesh, noon};
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::overlays::Overlay;
use crate::tui::{RoomName, Start};

fn desk() -> Desk {
    Desk::new(&mesh(60), (120, 40))
}

/// What a key of the copy menu would put on the clipboard.
fn copied(desk: &mut Desk, keys: &str) -> Option<String> {
    let mut first: Vec<char> = keys.chars().collect();
    let last = first.pop().unwrap();
    desk.keys(&first.into_iter().collect::<String>());
    let key = crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Char(last));
    let effects = super::update(&mut desk.model, Event::Key(key));
    effects.into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    })
}

#[test]
fn what_was_done_stands_in_the_journal_with_its_command() {
    let mut desk = desk();
    let did = desk.model.session.view.agent(desk.model.session.view.registry().rows().next().unwrap()).did();
    desk.keys("2gs1y");
    assert!(desk.text().contains("SUSPENDED"), "{}", desk.text());
    desk.keys("w");
    let text = desk.text();
    let command =
        format!("$ meshwarden agent suspend {did} --cascade --reason 'security: suspected compromise'");
    assert!(text.contains(command.get(..70).unwrap()), "{text}");
    assert_eq!(copied(&mut desk, "y").unwrap(), command.trim_start_matches("$ "));
}

#[test]
fn what_was_said_can_be_read_again_and_once_more_is_counted() {
    let mut desk = desk();
    desk.keys("1s2");
    for _ in 0..3 {
        desk.event(Event::Paste("stray".to_owned()));
    }
    desk.keys("jw");
    assert!(desk.text().contains("pasted 5 characters ignored: nothing here takes text (3 times)"));
    desk.keys("a");
    assert!(desk.text().contains("nothing yet"), "no change was made\n{}", desk.text());
    desk.keys("w");
    assert!(desk.model.overlays.is_empty());
}

#[test]
fn what_is_under_way_is_listed_and_what_was_signed_cannot_be_given_up() {
    let mut desk = desk();
    desk.keys("2gs1");
    let key = crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Char('y'));
    // The answer does not come.
    drop(super::update(&mut desk.model, Event::Key(key)));
    desk.model.overlays.clear();
    desk.keys("w");
    assert!(desk.text().contains("UNDER WAY for 0s: suspend"), "{}", desk.text());
    desk.keys("x");
    assert!(desk.text().contains("only its answer ends it"), "{}", desk.text());
    assert_eq!(desk.model.journal.tasks().len(), 1);
}

#[test]
fn what_only_reads_is_given_up() {
    let mut desk = desk();
    desk.keys("2gs1y");
    drop(super::update(&mut desk.model, Event::Key(crossterm::event::KeyCode::Char('[').into())));
    assert!(desk.model.session.past.is_some());
    desk.keys("w");
    assert!(desk.text().contains("UNDER WAY for 0s: reading the past"), "{}", desk.text());
    desk.keys("x\x1b");
    assert!(desk.model.session.past.is_none(), "now is shown again");
    assert!(desk.model.journal.tasks().is_empty());
}

#[test]
fn the_copy_menu_names_the_agent_and_the_commands_that_show_and_open_this() {
    let mut desk = desk();
    let first = desk.model.session.view.registry().rows().next().unwrap();
    let did = desk.model.session.view.agent(first).did().to_string();
    desk.keys("2");
    assert_eq!(copied(&mut desk, "gyd").unwrap(), did);
    assert!(copied(&mut desk, "yj").unwrap().contains(did.rsplit(':').next().unwrap()));
    desk.keys("/state=active\r");
    assert_eq!(copied(&mut desk, "yc").unwrap(), "meshwarden agent list --query 'state=active'");
    let link = copied(&mut desk, "gyl").unwrap();
    assert!(link.starts_with("meshwarden --view agents --select did:mesh:"), "{link}");
    assert!(link.ends_with("--query 'state=active'"), "{link}");
    desk.keys("1");
    assert_eq!(copied(&mut desk, "yd"), None, "nobody is selected here");
    assert!(desk.model.overlays.is_empty(), "any other key closes it");
}

#[test]
fn a_link_opens_the_room_the_agent_the_query_and_the_moment() {
    let did = {
        let desk = desk();
        let row = desk.model.session.view.registry().rows().nth(9).unwrap();
        desk.model.session.view.agent(row).did()
    };
    let open = |start: Start| {
        let mut desk = desk();
        let effects = start.enter(&mut desk.model);
        desk.carry_out(effects);
        desk.draw();
        desk
    };
    let select = Some(did.unique_id().get(..8).unwrap().to_owned());
    for room in [RoomName::Agents, RoomName::Lineage, RoomName::Inspect] {
        let desk = open(Start { room: Some(room), select: select.clone(), ..Start::default() });
        let selected = desk.model.selected().map(|row| desk.model.session.view.agent(row).did());
        assert_eq!((desk.model.room, selected), (room, Some(did.clone())), "{}", desk.text());
    }
    let desk = open(Start { query: Some("not state=active".to_owned()), ..Start::default() });
    assert_eq!(desk.model.room, RoomName::Agents);
    assert!(desk.text().contains("filter: not state=active"), "{}", desk.text());
    let desk = open(Start { at: Some(noon()), ..Start::default() });
    assert!(desk.model.session.past.is_some());
    let desk = open(Start { select: Some("ffffffff".to_owned()), ..Start::default() });
    assert!(desk.text().contains("no agent has this DID"), "{}", desk.text());
    assert!(!matches!(desk.model.overlays.last(), Some(Overlay::Journal(_))));
}

#[test]
fn a_reason_is_one_word_of_the_command_however_it_looks() {
    let mut desk = desk();
    desk.keys("2gsr--yes; rm -rf '$HOME'\ry");
    desk.keys("w");
    let command = copied(&mut desk, "y").unwrap();
    let words = shlex::split(&command).unwrap();
    assert_eq!(words.last().unwrap(), "--reason=--yes; rm -rf '$HOME'");
}
