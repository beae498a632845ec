//! What stands in the two columns, line by line.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::backend::Beat;
use crate::change::operators::Duty;
use crate::registry::{Figure, Row, pulse};
use crate::store::Minute;
use crate::time::{Span, Time};
use crate::tui::listing::Sort;
use crate::tui::session::Session;
use crate::tui::widgets::{Spans, bar, expiry_words, spark, state_word};
use crate::warden::Kind;
use crate::wire::ContactLine;

/// So many columns of a line are its words; the rest is its bar.
pub(super) const WORDS: u16 = 32;
/// So many agents are named in one list.
const NAMED: usize = 12;

/// What a line opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tui) enum Behind {
    /// The agents that a query means.
    Agents(String, Sort),
    /// An agent.
    Agent(Row),
    /// The last verdicts that the words mean.
    Verdicts(&'static str),
    /// The sources of trust signals, and the enforcement points.
    Sources,
    /// The same, for what came unsigned through them.
    Unsigned,
}

/// One line.
pub(super) struct Item {
    pub behind: Option<Behind>,
    pub count: u32,
    shape: Shape,
}

enum Shape {
    Heading(&'static str),
    Words(String),
    /// A figure with its bar; a loud one has a mark before it.
    Figure {
        words: String,
        style: Style,
        loud: bool,
        bar: bool,
    },
    /// A number by the minute.
    Minutes {
        words: &'static str,
        counts: Vec<u64>,
        loud: bool,
    },
    /// An agent, and what is said before its name.
    Agent {
        row: Row,
        before: String,
        style: Style,
    },
}

/// The items of both columns.
pub(super) fn columns(beat: Option<&Result<Option<Beat>, String>>, session: &Session) -> [Vec<Item>; 2] {
    let (view, theme) = (&*session.view, session.theme);
    let kept =
        beat.and_then(|beat| beat.as_ref().ok()).and_then(Option::as_ref).filter(|_| session.past.is_none());
    let mut left = vec![heading("Look at first")];
    left.extend(urgent(kept, session));
    let rules: Vec<Item> = pulse::by_rule(&view.judgement)
        .map(|(_, figure)| plain(figure.name.to_owned(), figure, theme.danger()))
        .collect();
    if !rules.is_empty() {
        left.push(heading("Broken, at the hop that breaks it"));
        left.extend(rules);
    }
    let fastest = view.pulse.fastest.iter().take(NAMED);
    let falling: Vec<Item> =
        fastest.map(|(fell, row)| agent(*row, format!("-{fell}"), theme.danger())).collect();
    if !falling.is_empty() {
        left.push(heading("Trust falling fastest, since a day"));
        left.extend(falling);
    }
    let mut right = vec![heading("Verdicts, last 30 minutes")];
    right.extend(verdicts(beat, kept, session));
    right.push(heading("Effective state"));
    right.extend(
        pulse::by_state(&view.judgement)
            .map(|(state, figure)| plain(state_word(state).to_owned(), figure, theme.state(state))),
    );
    right.push(heading("Trust tier"));
    right.extend(
        pulse::by_tier(&view.judgement)
            .map(|(tier, figure)| plain(figure.name.to_owned(), figure, theme.tier(tier))),
    );
    let expiring = view.expiring.iter().take(NAMED);
    let expiring: Vec<Item> =
        expiring.map(|(time, row)| agent(*row, expiry_words(*time, session.now), theme.warning())).collect();
    if !expiring.is_empty() {
        right.push(heading("Expiring soon"));
        right.extend(expiring);
    }
    [left, right]
}

/// What asks for somebody: what is not nothing stands before what is.
fn urgent(kept: Option<&Beat>, session: &Session) -> Vec<Item> {
    let view = &*session.view;
    let mut figures = view.pulse.urgent(&view.judgement);
    // Who is denied asks for more than who merely may too much.
    let (first, rest) = kept.map(|beat| beat.figures.split_at(1.min(beat.figures.len()))).unwrap_or_default();
    figures.splice(0..0, first.iter().cloned());
    figures.extend(rest.iter().cloned());
    let mut items: Vec<Item> = figures
        .into_iter()
        .map(|Figure { name, count, query }| {
            let sort = match name {
                "trust fell today" | "denied lately" => Sort::Risk,
                "expire in 7 days" => Sort::Expiry,
                _ => Sort::default(),
            };
            loud(name, count, Behind::Agents(query, sort), session)
        })
        .collect();
    let late =
        kept.map_or(0, |beat| beat.contacts.iter().filter(|contact| late(contact, session.now)).count());
    let silent = u32::try_from(view.pulse.silent.len() + late).unwrap_or(u32::MAX);
    let programs = view.snapshot.operators.enrolled().count();
    if programs > 0 || !view.registry().facts().rules.sources.is_empty() {
        items.push(loud("silent sources, points", silent, Behind::Sources, session));
    }
    let unsigned = kept.map_or(&[][..], |beat| &beat.unsigned).iter();
    let unsigned = unsigned.fold(0_u64, |sum, line| sum.saturating_add(line.count));
    if unsigned > 0 {
        let count = u32::try_from(unsigned).unwrap_or(u32::MAX);
        items.push(loud("came unsigned, a day", count, Behind::Unsigned, session));
    }
    items.sort_by_key(|item| item.count == 0);
    if items.iter().all(|item| item.count == 0) {
        items.push(words("nothing asks for anybody"));
    }
    items
}

/// Whether an enforcement point was not heard for longer than five minutes.
pub(in crate::tui) fn late(contact: &ContactLine, now: Time) -> bool {
    let last = contact.last_contact.as_deref().and_then(|last| Time::parse(last).ok());
    let point = contact.role == Duty::EnforcementPoint.as_str();
    point && last.is_none_or(|last| now.since(last) > Span::seconds(300))
}

fn loud(name: &str, count: u32, behind: Behind, session: &Session) -> Item {
    let style = if count > 0 { session.theme.danger() } else { session.theme.dim() };
    let shape = Shape::Figure { words: name.to_owned(), style, loud: count > 0, bar: false };
    Item { behind: Some(behind), count, shape }
}

fn verdicts(
    beat: Option<&Result<Option<Beat>, String>>,
    kept: Option<&Beat>,
    session: &Session,
) -> Vec<Item> {
    if session.past.is_some() {
        return vec![words("they are told for now alone")];
    }
    let beat = match (beat, kept) {
        (_, Some(beat)) => beat,
        (None, _) => return vec![words("looking …")],
        (Some(Err(why)), _) => return vec![words(&format!("cannot be read: {why}"))],
        (Some(Ok(_)), None) => {
            return match &session.view.snapshot.kind {
                Kind::Verifier { .. } => {
                    vec![words("its verifier has them:"), words("`meshwarden verdicts`")]
                }
                _ => vec![words("no verdicts here")],
            };
        }
    };
    let by = |count: fn(&Minute) -> u64| by_minute(beat, session, count);
    let all = by(|minute| minute.allowed.saturating_add(minute.denied).saturating_add(minute.strangers));
    let denied = by(|minute| minute.denied.saturating_add(minute.strangers));
    vec![minutes("a minute", all, "", false), minutes("denied", denied, "result:deny", true)]
}

/// What is counted in each of the last minutes, those without a verdict included; the one that runs is the last.
fn by_minute(beat: &Beat, session: &Session, count: fn(&Minute) -> u64) -> Vec<u64> {
    let (minutes, since) = (&beat.minutes, beat.since);
    let minute = |micros: i64| micros.div_euclid(60_000_000);
    let now = minute(session.now.micros());
    let whole = session.now.minus(pulse::LOOK_BACK).plus(Span::seconds(60));
    let first = minute(since.map_or(whole, |since| since.max(whole)).micros());
    let of = |wanted: i64| minutes.iter().find(|each| minute(each.begin.micros()) == wanted).map_or(0, count);
    (first..=now).map(of).collect()
}

fn minutes(words: &'static str, counts: Vec<u64>, search: &'static str, bad: bool) -> Item {
    let loud = bad && counts.iter().any(|count| *count > 0);
    Item { behind: Some(Behind::Verdicts(search)), count: 0, shape: Shape::Minutes { words, counts, loud } }
}

fn heading(words: &'static str) -> Item {
    Item { behind: None, count: 0, shape: Shape::Heading(words) }
}

fn words(words: &str) -> Item {
    Item { behind: None, count: 0, shape: Shape::Words(words.to_owned()) }
}

fn plain(words: String, Figure { count, query, .. }: Figure, style: Style) -> Item {
    let shape = Shape::Figure { words, style, loud: false, bar: true };
    Item { behind: Some(Behind::Agents(query, Sort::default())), count, shape }
}

fn agent(row: Row, before: String, style: Style) -> Item {
    Item { behind: Some(Behind::Agent(row)), count: 1, shape: Shape::Agent { row, before, style } }
}

impl Item {
    /// The line, so many columns wide.
    pub(super) fn line(&self, session: &Session, columns: usize) -> Line<'static> {
        let theme = session.theme;
        let room = columns.saturating_sub(usize::from(WORDS) + 3);
        let spans = Spans::default();
        match &self.shape {
            Shape::Heading(words) => spans.own(*words, theme.heading()),
            Shape::Words(words) => {
                spans.own("  ", theme.text()).foreign(words, columns.saturating_sub(3), theme.dim())
            }
            Shape::Figure { words, style, loud, bar: drawn } => {
                let spans = spans
                    .own(if *loud { "! " } else { "  " }, *style)
                    .own(format!("{words:<22}"), *style)
                    .own(format!("{:>8}  ", self.count), if *loud { *style } else { theme.text() });
                let whole = session.view.judgement.tally().agents;
                spans.own(if *drawn { bar(self.count, whole, room) } else { String::new() }, *style)
            }
            Shape::Minutes { words, counts, loud } => {
                let style = if *loud { theme.danger() } else { theme.text() };
                let last = counts.iter().rev().nth(1).copied().unwrap_or(0);
                spans
                    .own(if *loud { "! " } else { "  " }, style)
                    .own(format!("{words:<9}"), style)
                    .own(format!("{last:>6}  "), style)
                    .own(spark(counts, columns.saturating_sub(20).min(counts.len())), style)
            }
            Shape::Agent { row, before, style } => spans.own(format!("{before:>8}  "), *style).foreign(
                session.view.agent(*row).name(),
                columns.saturating_sub(12),
                theme.text(),
            ),
        }
        .line()
    }
}
