//! Columns chosen, sorted, and remembered per context.

use std::sync::Mutex;

use super::super::columns::Layout;
use super::*;

type Kept = Arc<Mutex<Vec<(String, Layout)>>>;

/// A console that remembers.
fn desk(size: (u16, u16)) -> (Desk, Kept) {
    let mut desk = Desk::new(&mesh(60), size);
    let kept = Kept::default();
    let to = Arc::clone(&kept);
    desk.means.remember = Some(Arc::new(move |context, layout| {
        to.lock().unwrap().push((context.to_owned(), layout.clone()));
        Ok(())
    }));
    (desk, kept)
}

fn headings(desk: &Desk) -> String {
    desk.text().lines().nth(3).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn columns_are_hidden_moved_and_sorted_by_and_the_table_follows_at_once() {
    let (mut desk, kept) = desk((120, 40));
    desk.keys("2");
    assert_eq!(headings(&desk), "name state DID score cut off by subtree");
    // The third is the DID: name and state are always there.
    desk.keys(",jj ");
    assert!(headings(&desk).starts_with("name state score cut off by"), "{}", headings(&desk));
    desk.keys("jK");
    desk.keys("jjJko");
    assert!(desk.text().contains("[ ]      DID"), "{}", desk.text());
    let chosen = desk.model.session.layout();
    assert_eq!(chosen.columns()[..3], ["score", "subtree", "cut off by"]);
    assert_eq!(chosen.sort(), "subtree");
    assert!(kept.lock().unwrap().is_empty(), "it is kept once, when it is chosen");
    desk.keys("\x1b");
    assert_eq!(*kept.lock().unwrap(), [(String::new(), chosen)]);
    desk.keys("O");
    assert!(kept.lock().unwrap().last().unwrap().1.reversed(), "sorting by a key is kept too");
}

#[test]
fn name_and_state_cannot_be_hidden_or_moved() {
    let (mut desk, _) = desk((120, 40));
    desk.keys("2,  j KJjKd\x1b");
    assert_eq!(headings(&desk), "name state DID score cut off by subtree");
}

#[test]
fn what_was_remembered_is_there_again_and_each_context_has_its_own() {
    let (mut desk, _) = desk((120, 40));
    let layout = Layout::read(&["sponsor".to_owned(), "depth".to_owned()], "name", true).unwrap();
    desk.model.session.layouts.insert(String::new(), layout);
    desk.keys("2");
    assert_eq!(headings(&desk), "name ▼ state sponsor depth");
    let names = desk.model.rooms.agents.rows.shown.clone();
    let name = |at: usize| desk.model.session.view.agent(names[at]).name().to_owned();
    assert!((1..names.len()).all(|at| name(at - 1) >= name(at)));
}

#[test]
fn columns_that_cannot_be_kept_are_said() {
    let (mut desk, _) = desk((120, 40));
    desk.means.remember = Some(Arc::new(|_, _| Err("the disk is full".to_owned())));
    desk.keys("2,\x1b");
    assert!(desk.text().contains("the columns are not remembered: the disk is full"), "{}", desk.text());
}

#[test]
fn at_forty_columns_the_picker_and_the_table_hold_what_matters() {
    let (mut desk, _) = desk((40, 20));
    desk.keys("2");
    assert!(headings(&desk).starts_with("name state"));
    desk.keys(",");
    for words in ["Columns", "organization", "space", "J K", "esc"] {
        assert!(desk.text().contains(words), "{words}\n{}", desk.text());
    }
}
