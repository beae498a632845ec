//! One line of text, asked for.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::window;
use crate::identity::Did;
use crate::registry::{CaseId, Row};
use crate::text::{visible, wrap};
use crate::tui::session::View;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Field, Spans};

/// So many lines of what is known already are shown.
const KNOWN: usize = 6;

/// What is wanted for an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tui) enum Wanted {
    /// Its new parent.
    Parent,
    /// Capabilities.
    Capabilities,
    /// Tags.
    Tags,
    /// The file of its new key.
    NewKey,
    /// The file of the passphrase of its new key.
    Passphrase(PathBuf),
    /// Another sponsor.
    Sponsor,
    /// Who is called for its sponsor.
    Deputy,
}

/// What the text is for.
#[derive(Debug, Clone)]
pub(in crate::tui) enum Purpose {
    /// A file with a policy.
    PolicyFile,
    /// What is to be done, by this agent and by anybody.
    Paths(Option<Did>),
    /// The file that agents are written to.
    Sheet(Arc<Vec<Row>>, Arc<View>),
    /// What a new case is about.
    CaseTitle,
    /// What is to be said under a case.
    CaseNote(CaseId),
    /// Who is to answer for a case.
    CaseOwner(CaseId),
    /// The directory that is made for a case.
    CaseDirectory(CaseId),
    /// Something for an agent.
    About(Did, Wanted),
}

/// What was typed.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub purpose: Purpose,
    pub typed: Field,
    /// What is known already.
    pub known: Vec<String>,
    /// Why what was typed is of no use.
    pub wrong: Option<String>,
}

/// What a key did.
pub(in crate::tui) enum Outcome {
    Stay,
    Close,
    Done,
}

impl State {
    pub(in crate::tui) fn new(purpose: Purpose) -> Self {
        Self { purpose, typed: Field::default(), known: Vec::new(), wrong: None }
    }

    pub(in crate::tui) fn key(&mut self, key: &KeyEvent) -> Outcome {
        self.wrong = None;
        match key.code {
            KeyCode::Esc => return Outcome::Close,
            KeyCode::Enter if !self.typed.text().trim().is_empty() => return Outcome::Done,
            _ => self.typed.edit(key),
        };
        Outcome::Stay
    }

    const fn words(&self) -> (&'static str, &'static str) {
        match &self.purpose {
            Purpose::PolicyFile => (" Policy from a file ", " a TOML file with a whole policy:"),
            Purpose::Paths(_) => {
                (" Paths ", " a capability, such as deploy:prod, or all of a kind: deploy:*")
            }
            Purpose::Sheet(..) => (" Export ", " a file that ends in csv, jsonl, md, svg, mmd or dot:"),
            Purpose::CaseTitle => (" A new case ", " what it is about, in a few words:"),
            Purpose::CaseNote(_) => (" A note ", " what everybody on the case should know:"),
            Purpose::CaseOwner(_) => (" Hand a case over ", " the operator who answers for it from now on:"),
            Purpose::CaseDirectory(_) => (" Export a case ", " the directory that is made for it:"),
            Purpose::About(_, wanted) => match wanted {
                Wanted::Parent => (" Adopt ", " its new parent: a DID, its digits, or their beginning:"),
                Wanted::Capabilities => (" Grant ", " what it may do beside, with blanks between:"),
                Wanted::Tags => (" Tag ", " its tags, with blanks between:"),
                Wanted::NewKey => (" Rekey ", " the file of the key that takes the place of the old one:"),
                Wanted::Passphrase(_) => (" Rekey ", " it is encrypted; the file that holds its passphrase:"),
                Wanted::Sponsor => (" Transfer ", " the address of whoever answers for it from now on:"),
                Wanted::Deputy => (" Deputy ", " the address of whoever is called instead, or: nobody"),
            },
        }
    }
}

pub(in crate::tui) fn view(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let (title, words) = state.words();
    let columns = usize::from(area.width.min(76)).saturating_sub(4);
    let mut lines: Vec<Line<'static>> = Vec::new();
    for known in &state.known {
        let pieces = wrap(&visible(known), columns);
        let one = |piece: &String| Line::styled(format!(" {piece}"), theme.dim());
        lines.extend(pieces.iter().take(KNOWN).map(one));
        if pieces.len() > KNOWN {
            lines.push(Line::styled(" …", theme.dim()));
        }
    }
    lines.push(Line::styled(words, theme.text()));
    let typed = Spans::default().own(" > ", theme.key());
    let typed = typed.foreign(state.typed.text(), columns.saturating_sub(3), theme.heading());
    lines.push(typed.own("▏", theme.key()).line());
    if let Some(wrong) = &state.wrong {
        let pieces = wrap(&visible(wrong), columns);
        lines.extend(pieces.iter().map(|piece| Line::styled(format!(" {piece}"), theme.danger())));
    }
    let keys = Spans::default().own(" enter ", theme.key()).own("goes on  ", theme.text());
    lines.push(keys.own(" esc ", theme.key()).own("back", theme.text()).line());
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let inside = window(frame, area, (76, height), title, theme);
    for (line, y) in lines.iter().zip(inside.y..inside.bottom()) {
        frame.render_widget(line, Rect { y, height: 1, ..inside });
    }
}
