//! One entry of the log: who signed what, and the proof that it is there.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::window;
use crate::encoding::hex;
use crate::text::plural;
use crate::tui::effect::{Details, Ticket};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Cursor, Spans};

/// Lines of what was ordered are cut after so many columns.
const WIDE: usize = 400;
/// The log's key is shown whole, on lines of so many columns.
const KEY_COLUMNS: usize = 62;

/// The entry, as far as it is read.
#[derive(Debug)]
pub(in crate::tui) struct State {
    pub index: u64,
    pub ticket: Ticket,
    pub details: Option<Result<Box<Details>, String>>,
    pub cursor: Cursor,
}

impl State {
    pub(in crate::tui) fn lines(&self, theme: Theme) -> Vec<Line<'static>> {
        match &self.details {
            None => vec![Line::styled(" reading and proving it …", theme.dim())],
            Some(Err(why)) => {
                let line = Spans::default().own(" CANNOT BE READ: ", theme.danger());
                vec![line.foreign(why, WIDE, theme.danger()).line()]
            }
            Some(Ok(details)) => lines(details, theme),
        }
    }
}

fn lines(details: &Details, theme: Theme) -> Vec<Line<'static>> {
    let field = |name: &str, value: &str, style: Style| {
        Spans::default().own(format!(" {name:<12}"), theme.dim()).foreign(value, WIDE, style).line()
    };
    let plain = |name: &str, value: &str| field(name, value, theme.text());
    let line = &details.line;
    let mut lines = vec![
        field("what", &format!("{} {}", line.kind.as_str(), line.subject), theme.heading()),
        plain("when", &line.time.to_string()),
        plain("ordered by", &line.actor),
    ];
    lines.extend(details.signers.iter().map(|(signer, verified)| match verified {
        true => field("signed by", signer, theme.good()),
        false => field("signature", &format!("NOT VERIFIED: {signer}"), theme.danger()),
    }));
    if details.signers.is_empty() {
        lines.push(field("signed by", "nobody", theme.warning()));
    }
    if line.break_glass {
        lines.push(field("glass", "BROKEN: it waited for nobody", theme.danger()));
    }
    lines.extend(line.case.as_ref().map(|case| plain("case", case)));
    lines.push(plain("why", &line.reason));
    lines.push(plain("SHA-256", &hex::encode(&details.digest)));
    lines.push(plain("leaf", &hex::encode(&line.leaf)));
    match &details.proven {
        Ok((hashes, size, time, key)) => {
            let hashes = plural(*hashes, "hash leads", "hashes lead");
            let words = format!("proven here: {hashes} to the signed root of {size} entries");
            lines.push(field("proof", &words, theme.good()));
            lines.push(plain("head signed", &time.to_string()));
            let key: Vec<char> = key.chars().collect();
            let pieces = key.chunks(KEY_COLUMNS).enumerate();
            lines.extend(pieces.map(|(at, piece)| {
                plain(if at == 0 { "log key" } else { "" }, &piece.iter().collect::<String>())
            }));
        }
        Err(why) => lines.push(field("proof", &format!("DOES NOT HOLD: {why}"), theme.danger())),
    }
    lines.push(Line::styled(" what was ordered:", theme.dim()));
    let value: Option<serde_json::Value> = serde_json::from_str(&details.payload).ok();
    let pretty = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    let pretty = pretty.unwrap_or_else(|| details.payload.clone());
    let one = |text: &str| Spans::default().own("   ", theme.text()).foreign(text, WIDE, theme.text()).line();
    lines.extend(pretty.lines().map(one));
    lines
}

pub(in crate::tui) fn view(state: &State, theme: Theme, top: &mut usize, frame: &mut Frame<'_>, area: Rect) {
    let lines = state.lines(theme);
    let height = u16::try_from(lines.len() + 3).unwrap_or(u16::MAX);
    let inside = window(frame, area, (100, height), " Entry ", theme);
    let [body, foot] = crate::tui::widgets::split_top(inside, inside.height.saturating_sub(1));
    let window = state.cursor.window(lines.len(), usize::from(body.height), top);
    for (index, y) in window.zip(body.y..body.bottom()) {
        let Some(line) = lines.get(index) else { break };
        frame.render_widget(line, Rect { y, height: 1, ..body });
    }
    let keys = Spans::default()
        .own(format!(" entry {}  ", state.index), theme.heading())
        .own(" enter ", theme.key())
        .own("the agent  ", theme.text())
        .own(" t ", theme.key())
        .own("everything as of it  ", theme.text())
        .own(" esc ", theme.key())
        .own("back", theme.text());
    frame.render_widget(keys.line(), foot);
}
