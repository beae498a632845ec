//! Words with styles, made so that nothing hostile reaches a cell.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::registry::{Row, State};
use crate::text::{cut_end, pad, visible, width};
use crate::time::Time;
use crate::trust::Tier;
use crate::tui::session::Session;
use crate::tui::theme::Theme;

/// A line put together from the left.
#[derive(Default)]
pub(in crate::tui) struct Spans {
    spans: Vec<Span<'static>>,
    columns: usize,
}

impl Spans {
    /// Adds the program's own words.
    pub(in crate::tui) fn own(mut self, words: impl Into<String>, style: Style) -> Self {
        let words = words.into();
        self.columns += width(&words);
        self.spans.push(Span::styled(words, style));
        self
    }

    /// Adds text from outside: made visible, cut to `columns`.
    pub(in crate::tui) fn foreign(self, text: &str, columns: usize, style: Style) -> Self {
        let shown = visible(text);
        let cut = cut_end(&shown, columns).into_owned();
        self.own(cut, style)
    }

    /// Adds text from outside, cut and padded to exactly `columns`.
    pub(in crate::tui) fn cell(self, text: &str, columns: usize, style: Style) -> Self {
        let shown = visible(text);
        let cut = cut_end(&shown, columns);
        let padded = pad(&cut, columns).into_owned();
        self.own(padded, style)
    }

    pub(in crate::tui) fn span(mut self, span: Span<'static>) -> Self {
        self.columns += width(&span.content);
        self.spans.push(span);
        self
    }

    /// Columns used so far.
    pub(in crate::tui) const fn columns(&self) -> usize {
        self.columns
    }

    pub(in crate::tui) fn line(self) -> Line<'static> {
        Line::from(self.spans)
    }
}

/// The name of an agent in `columns`, before it that it is marked, and that somebody else just changed it.
pub(in crate::tui) fn name_spans(session: &Session, row: Row, columns: usize) -> Spans {
    let (theme, mut spans) = (session.theme, Spans::default());
    let marked = session.marks.contains(row);
    if marked {
        spans = spans.own("*", theme.key());
    }
    if let Some(novelty) = session.recent.of(row) {
        spans = spans.own(novelty.mark(), theme.warning());
    }
    let style = if marked { theme.heading() } else { theme.text() };
    let left = columns.saturating_sub(spans.columns());
    spans.cell(session.view.agent(row).name(), left, style)
}

/// The word of an effective state; capitals for those that somebody ordered.
pub(in crate::tui) fn state_word(state: State) -> &'static str {
    match state {
        State::Active => "active",
        State::CutOff => "cut off",
        State::Suspended => "SUSPENDED",
        State::Expired => "expired",
        State::Revoked => "REVOKED",
    }
}

/// An effective state, padded to ten columns.
pub(in crate::tui) fn state_span(theme: Theme, state: State) -> Span<'static> {
    Span::styled(format!("{:<10}", state_word(state)), theme.state(state))
}

/// A score with its tier, or `unscored`.
pub(in crate::tui) fn tier_span(theme: Theme, score: Option<u16>, tier: Option<Tier>) -> Span<'static> {
    let words = match (score, tier) {
        (Some(score), Some(tier)) => format!("{score:>4} {:<16}", tier.as_str()),
        _ => format!("{:>4} {:<16}", "-", "unscored"),
    };
    Span::styled(words, theme.tier(tier))
}

/// A bar of `columns` columns, filled to `part` of `whole`; a part that is not nothing shows at least a sliver.
pub(in crate::tui) fn bar(part: u32, whole: u32, columns: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if whole == 0 || part == 0 || columns == 0 {
        return String::new();
    }
    let eighths = (u64::from(part) * columns as u64 * 8).div_ceil(u64::from(whole));
    let full = usize::try_from(eighths / 8).unwrap_or(columns).min(columns);
    let rest = usize::try_from(eighths % 8).unwrap_or(0);
    let mut text = "█".repeat(full);
    if full < columns {
        text.push_str(EIGHTHS.get(rest).copied().unwrap_or(""));
    }
    text
}

/// The last `columns` of some counts as a row of little bars; what is not nothing shows at least a sliver.
pub(in crate::tui) fn spark(counts: &[u64], columns: usize) -> String {
    const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let shown = counts.get(counts.len().saturating_sub(columns)..).unwrap_or(counts);
    let most = shown.iter().copied().max().unwrap_or(0).max(1);
    let bar = |count: &u64| match count {
        0 => ' ',
        count => {
            let eighths = u128::from(*count) * 8;
            let at = usize::try_from(eighths.div_ceil(u128::from(most)).saturating_sub(1)).unwrap_or(7);
            EIGHTHS.get(at).copied().unwrap_or('█')
        }
    };
    shown.iter().map(bar).collect()
}

/// How far away an instant is: `in 3h`, `2d ago`.
pub(in crate::tui) fn expiry_words(time: Time, now: Time) -> String {
    let seconds = time.since(now).as_seconds();
    let (amount, ahead) = (seconds.unsigned_abs(), seconds >= 0);
    let words = match amount {
        0..120 => format!("{amount}s"),
        120..7200 => format!("{}m", amount / 60),
        7200..172_800 => format!("{}h", amount / 3600),
        _ => format!("{}d", amount / 86_400),
    };
    if ahead { format!("in {words}") } else { format!("{words} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_row_of_bars_is_as_long_as_it_is_wide_and_only_nothing_is_blank(
            counts in prop::collection::vec(prop_oneof![Just(0), any::<u64>()], 0..50), columns in 0_usize..60
        ) {
            let shown = spark(&counts, columns);
            let last = &counts[counts.len().saturating_sub(columns)..];
            prop_assert_eq!(shown.chars().count(), last.len());
            for (bar, count) in shown.chars().zip(last) {
                prop_assert_eq!(bar == ' ', *count == 0);
                prop_assert!(*count == 0 || Some(count) != last.iter().max() || bar == '█');
            }
        }
    }
}
