//! Words on agents: what is asked before it is signed.

use super::give::{listed, shown};
use crate::change::{Tagging, What, is_tag};
use crate::registry::Row;
use crate::tui::overlays::order::{Choice, State};
use crate::tui::session::Session;

pub(super) fn add(session: &Session, row: Row, text: &str) -> Result<State, String> {
    let mut add: Vec<String> = Vec::new();
    for tag in text.split_whitespace() {
        if !is_tag(tag) {
            return Err("a tag is visible characters without blanks, at most 64 bytes of them".to_owned());
        }
        let known = session.view.registry().tags(row).any(|known| known == tag);
        if !known && !add.iter().any(|one| one == tag) {
            add.push(tag.to_owned());
        }
    }
    if add.is_empty() {
        return Err("it has all of these already".to_owned());
    }
    Ok(tagging(session, row, " TAG ", Tagging { add, remove: Vec::new() }))
}

pub(super) fn remove(session: &Session, row: Row, remove: Vec<String>) -> State {
    tagging(session, row, " UNTAG ", Tagging { add: Vec::new(), remove })
}

fn tagging(session: &Session, row: Row, title: &'static str, tagging: Tagging) -> State {
    let (about, target) = shown(session, row);
    let (words, line) = match tagging.add.is_empty() {
        true => ("untag it", listed("loses the tags", &tagging.remove)),
        false => ("tag it", listed("gets the tags", &tagging.add)),
    };
    let choice = Choice { words: words.to_owned(), about: Some(target), what: What::Tag(tagging) };
    let lines = vec![line, "a lock on a tag holds whoever has it, whenever it got it".to_owned()];
    let mut state = State::say(title, about, lines, vec![choice]);
    state.wants_reason = false;
    state
}
