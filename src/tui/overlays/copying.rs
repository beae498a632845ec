//! What can be put on the clipboard, each by one more key.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::window;
use crate::identity::{did_document, public_jwk};
use crate::registry::{Registry, Row};
use crate::text::visible;
use crate::tui::command;
use crate::tui::model::Model;
use crate::tui::theme::Theme;
use crate::tui::widgets::Spans;

/// A key, what it copies, and the text.
#[derive(Debug)]
pub(in crate::tui) struct Choice {
    key: char,
    words: &'static str,
    text: String,
}

/// The choices where the menu was opened.
#[derive(Debug)]
pub(in crate::tui) struct State {
    choices: Vec<Choice>,
}

impl State {
    pub(in crate::tui) fn new(model: &Model) -> Self {
        let choice = |key, words, text| Choice { key, words, text };
        let registry = model.session.view.registry();
        let mut choices = Vec::new();
        if let Some(row) = model.selected() {
            let agent = registry.agent(row);
            let key = agent.public_key();
            choices.extend([
                choice('d', "DID", agent.did().to_string()),
                choice('n', "name", visible(agent.name()).into_owned()),
                choice('s', "sponsor", visible(agent.sponsor()).into_owned()),
                choice('k', "key id", key.key_id().to_string()),
                choice(
                    'w',
                    "public key as JWK",
                    ascii(&public_jwk(&agent.identity(model.session.now)).to_string()),
                ),
                choice('j', "record as JSON", json(model, row)),
                choice(
                    'o',
                    "DID document",
                    ascii(&did_document(&agent.identity(model.session.now)).to_string()),
                ),
                choice('p', "path from its root", path(registry, row)),
            ]);
        }
        choices.push(choice('c', "command that shows this", command::of_room(model).text()));
        choices.push(choice('l', "command that opens the console here", command::of_place(model).text()));
        Self { choices }
    }

    /// The text of a key; none closes the menu.
    pub(in crate::tui) fn chosen(&self, key: &KeyEvent) -> Option<String> {
        let KeyCode::Char(letter) = key.code else { return None };
        self.choices.iter().find(|choice| choice.key == letter).map(|choice| choice.text.clone())
    }
}

fn json(model: &Model, row: Row) -> String {
    let mut text = String::new();
    model.session.view.agent(row).identity(model.session.now).write_json(&mut text);
    ascii(&text)
}

/// The same JSON without a character that a terminal or a reader could take for something else.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter.is_ascii() {
            true => text.push(letter),
            false => letter
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| text.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    text
}

/// The agents from the root to this one, a line each.
fn path(registry: &Registry, row: Row) -> String {
    let lines = registry.lineage().path(row).into_iter().map(|row| {
        let agent = registry.agent(row);
        format!("{}  {}", agent.did(), visible(agent.name()))
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub(in crate::tui) fn view(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let height = u16::try_from(state.choices.len() + 2).unwrap_or(u16::MAX);
    let inside = window(frame, area, (76, height), " Copy: one more key ", theme);
    for (choice, y) in state.choices.iter().zip(inside.y..inside.bottom()) {
        let spans = Spans::default().own(format!(" {} ", choice.key), theme.key());
        let spans = spans.own(format!("{:<20} ", choice.words), theme.text());
        let left = usize::from(inside.width).saturating_sub(spans.columns() + 1);
        frame.render_widget(
            spans.foreign(&choice.text, left, theme.dim()).line(),
            Rect { y, height: 1, ..inside },
        );
    }
}
