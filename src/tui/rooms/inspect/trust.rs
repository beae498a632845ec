//! How the score came about: a chart over time, and every cause, the newest first.

use ratatui::text::Line;

use super::{WIDE, cut};
use crate::identity::MAX_SCORE;
use crate::registry::Row;
use crate::time::Time;
use crate::trust::{Cause, CauseOf, Points, Tier};
use crate::tui::session::Session;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Spans, expiry_words};
use crate::wire::ScoreLine;

/// The chart has so many columns and rows.
const COLUMNS: usize = 60;
const ROWS: usize = 8;

pub(super) fn lines(session: &Session, row: Row) -> Vec<Line<'static>> {
    let (view, theme) = (&*session.view, session.theme);
    let rules = &view.registry().facts().rules;
    let told = ScoreLine::of(view.registry(), row, rules, session.now);
    let explanation = view.registry().explain_trust(row, rules, session.now);
    let tier = Some(Tier::of(i64::from(told.score))).filter(|_| told.scored);
    let mut head = Spans::default().own(format!(" {}", told.score), theme.tier(tier)).own(
        format!("  {}", if told.scored { told.tier } else { "unscored: policy's default" }),
        theme.tier(tier),
    );
    if let Some(ceiling) = told.ceiling {
        head = head.own(format!("  ceiling {ceiling}"), theme.dim());
    }
    let fell = view.registry().fell(row, session.now);
    if fell > 0 {
        head = head.own(format!("  fell by {fell} within a day"), theme.danger());
    }
    let mut lines = vec![head.line()];
    let steps = steps(&explanation.causes);
    if steps.len() > 1 {
        lines.extend(chart(&steps, told.score, session.now, theme));
    } else {
        lines.push(Line::styled(" nothing was said about it: there is nothing to draw", theme.dim()));
    }
    lines.push(Line::styled(" Causes, the newest first; their points add up to the score", theme.heading()));
    let causes = told.causes.iter().rev().map(|cause| {
        let style = if cause.points.starts_with('-') { theme.danger() } else { theme.good() };
        let spans = Spans::default().own(format!(" {:>12}  ", cause.points), style);
        spans.foreign(&cause.words, WIDE, theme.text()).line()
    });
    lines.extend(cut(causes, theme));
    lines
}

/// The score after each thing that was said, with its time; the first one is what it began with.
fn steps(causes: &[Cause]) -> Vec<(Option<Time>, u16)> {
    let mut points = Points::ZERO;
    let mut steps = Vec::new();
    for cause in causes {
        let at = match &cause.of {
            CauseOf::Baseline { .. } => None,
            CauseOf::Event { at, .. } | CauseOf::Contagion { at, .. } => Some(*at),
            CauseOf::Decay { .. } | CauseOf::Ceiling { .. } => continue,
        };
        points = points.plus(cause.points);
        steps.push((at, points.score()));
    }
    steps
}

/// The scores at as many instants as there are columns, the last of them now.
fn samples(steps: &[(Option<Time>, u16)], score: u16, begin: Time, now: Time) -> Vec<u16> {
    let whole = now.since(begin).micros().max(1);
    let mut samples: Vec<u16> = (0..COLUMNS)
        .map(|column| {
            let part = i128::from(whole) * column as i128 / (COLUMNS as i128 - 1);
            let at = begin.micros().saturating_add(i64::try_from(part).unwrap_or(0));
            let before = steps.iter().take_while(|(time, _)| time.is_none_or(|time| time.micros() <= at));
            before.last().map_or(score, |(_, score)| *score)
        })
        .collect();
    if let Some(last) = samples.last_mut() {
        *last = score;
    }
    samples
}

fn chart(steps: &[(Option<Time>, u16)], score: u16, now: Time, theme: Theme) -> Vec<Line<'static>> {
    const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    let first = steps.iter().find_map(|(time, _)| *time).unwrap_or(now);
    // What was before the first word is seen, too.
    let lead = now.since(first).micros().max(60_000_000) / 10;
    let begin = Time::from_micros(first.micros().saturating_sub(lead)).unwrap_or(first);
    let samples = samples(steps, score, begin, now);
    let mut lines: Vec<Line<'static>> = Vec::new();
    for row in (0..ROWS).rev() {
        let label = match row {
            row if row + 1 == ROWS => "1000",
            row if row * 2 == ROWS => " 500",
            0 => "   0",
            _ => "    ",
        };
        let mut spans = Spans::default().own(format!(" {label} │"), theme.dim());
        for sample in &samples {
            let eighths = usize::from(*sample) * ROWS * 8 / usize::from(MAX_SCORE);
            let here = eighths.saturating_sub(row * 8).min(8);
            // A score of nothing is drawn, too.
            let here = if row == 0 { here.max(1) } else { here };
            let style = theme.tier(Some(Tier::of(i64::from(*sample))));
            spans = spans.own(EIGHTHS.get(here).copied().unwrap_or(" "), style);
        }
        lines.push(spans.line());
    }
    let ago = expiry_words(begin, now);
    let axis = format!("      └{ago:─<width$}now", width = COLUMNS.saturating_sub(3));
    lines.push(Line::styled(axis, theme.dim()));
    let least = samples.iter().min().copied().unwrap_or(score);
    let words =
        format!(" in words: from {} to {score}, lowest {least}", steps.first().map_or(score, |step| step.1));
    lines.push(Line::styled(words, theme.dim()));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    #[test]
    fn a_chart_ends_with_the_score_and_changes_where_something_was_said() {
        let at = |minute: i64| Time::MIN.plus(Span::seconds(60 * minute));
        let steps = [(None, 700), (Some(at(30)), 400), (Some(at(45)), 500)];
        let samples = samples(&steps, 480, at(0), at(59));
        assert_eq!(samples.len(), COLUMNS);
        assert_eq!((samples[0], samples[29], samples[30], samples[44]), (700, 700, 400, 400));
        assert_eq!((samples[45], samples[59]), (500, 480));
    }
}
