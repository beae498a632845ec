//! The delegation tokens that the log has: what the agent got and what it gave, and how long each has to live.

use ratatui::text::Line;

use super::{Looked, Opens, Said, WIDE, heading, remark};
use crate::delegation::Token;
use crate::registry::{LoggedToken, Row};
use crate::text::short_did;
use crate::time::Time;
use crate::tui::session::{Session, View};
use crate::tui::widgets::{Spans, bar, expiry_words};

/// So many tokens are shown each way.
const SHOWN: usize = 200;
/// A bar of what is left is so many columns wide.
const BAR: usize = 16;

/// A token, when it says that it was signed, what it grants, and the entry that revoked it.
#[derive(Debug)]
pub(in crate::tui) struct Logged {
    token: LoggedToken,
    issued: Option<Time>,
    scope: String,
    revoked: Option<u64>,
}

/// The tokens of one agent, the longest to live first.
#[derive(Debug, Default)]
pub(in crate::tui) struct Held {
    got: Vec<Logged>,
    gave: Vec<Logged>,
    /// How many there are of both.
    counts: (usize, usize),
}

/// Looks the tokens of an agent up; off the screen thread, since all tokens are looked through.
pub(in crate::tui) fn held(view: &View, row: Row) -> Held {
    let (registry, mut held) = (view.registry(), Held::default());
    let did = view.agent(row).did();
    for token in registry.facts().tokens.iter() {
        let (list, count) = match (token.subject == did, token.issuer == did) {
            (true, _) => (&mut held.got, &mut held.counts.0),
            (_, true) => (&mut held.gave, &mut held.counts.1),
            _ => continue,
        };
        *count += 1;
        if list.len() < SHOWN {
            let parsed = Token::parse(&token.compact).ok();
            let claims = parsed.as_ref().map(Token::claims);
            list.push(Logged {
                issued: claims.map(|claims| claims.issued),
                scope: claims.map(|claims| claims.scope.as_str().to_owned()).unwrap_or_default(),
                revoked: registry.token_revoked(token),
                token: token.clone(),
            });
        }
    }
    held.got.reverse();
    held.gave.reverse();
    held
}

pub(super) fn lines(session: &Session, _: Row, looked: &Looked) -> Vec<Said> {
    let (held, theme) = (&looked.held, session.theme);
    let mut lines = Vec::new();
    let both =
        [("Tokens for it", &held.got, held.counts.0), ("Tokens that it gave", &held.gave, held.counts.1)];
    for (words, tokens, count) in both {
        lines.push(heading(&format!("{words}: {count}"), theme));
        for logged in tokens {
            lines.extend(token(session, logged, words == "Tokens for it"));
        }
        if count > tokens.len() {
            lines.push(remark(
                &format!("… and {} more: `meshwarden token list`", count - tokens.len()),
                theme,
            ));
        }
        if count == 0 {
            lines.push(remark("the log has none that may still count; others need not be in it", theme));
        }
    }
    lines
}

fn token(session: &Session, logged: &Logged, got: bool) -> [Said; 2] {
    let (token, theme, now) = (&logged.token, session.theme, session.now);
    let other = if got { &token.issuer } else { &token.subject };
    let left = token.expires.since(now).as_seconds().max(0);
    let whole = logged.issued.map_or(left, |issued| token.expires.since(issued).as_seconds()).max(1);
    let (words, style) = match logged.revoked {
        Some(index) => (format!("REVOKED by entry {index}"), theme.danger()),
        None if left == 0 => ("expired".to_owned(), theme.dim()),
        None if left * 10 < whole => (format!("ends {}", expiry_words(token.expires, now)), theme.warning()),
        None => (format!("ends {}", expiry_words(token.expires, now)), theme.good()),
    };
    let part = if logged.revoked.is_some() { 0 } else { left.min(whole) };
    let full = bar(u32::try_from(part * 1000 / whole).unwrap_or(0), 1000, BAR);
    let line: Line<'static> = Spans::default()
        .own(format!("   [{full:<BAR$}] "), style)
        .own(format!("{words:<24}"), style)
        .own(if got { " from " } else { " to " }, theme.dim())
        .own(short_did(&other.to_string(), 22), theme.heading())
        .line();
    let detail = Spans::default()
        .own(format!("     entry {}  jti ", token.index), theme.dim())
        .foreign(&token.id, 40, theme.dim())
        .own("  ", theme.text())
        .foreign(&logged.scope, WIDE, theme.text())
        .line();
    let open = |opens| Some(opens);
    [
        Said { line, opens: open(Opens::Agent(other.clone())) },
        Said { line: detail, opens: open(Opens::Entry(token.index)) },
    ]
}
