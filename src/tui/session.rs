//! What every room may read: one judged snapshot, and how things stand.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::sync::Arc;

use super::action::Action;
use super::caution::Bar;
use super::columns::{Layout, Layouts};
use super::contexts::{About, Destination};
use super::effect::Ticket;
use super::fresh::{Fresh, Recent};
use super::keymap::Keymap;
use super::marks::Marks;
use super::seat::Seat;
use super::theme::{Theme, Tone};
use crate::change::Kind as ChangeKind;
use crate::identity::KeyBytes;
use crate::registry::{Agent, CaseId, Judgement, Pulse, Registry, Risks, Row, Rule, State, pulse};
use crate::time::Time;
use crate::trust::Tier;
use crate::warden::{Kind, Line, Snapshot};

/// So many agents that expire soon are listed.
const EXPIRING: usize = 200;

/// A snapshot with its judgement, and what overviews need of both.
pub(super) struct View {
    pub snapshot: Snapshot,
    pub judgement: Judgement,
    /// The next expiries within a week, soonest first.
    pub expiring: Vec<(Time, Row)>,
    /// What must be counted agent by agent.
    pub pulse: Pulse,
    /// What each agent would take down with it.
    pub risks: Risks,
    /// What differs from the view that was shown when it was asked for.
    pub fresh: Arc<Fresh>,
}

impl View {
    pub(super) fn of(snapshot: Snapshot, now: Time) -> Self {
        let now = snapshot.time(now);
        let judgement = Judgement::of(&snapshot.registry, now);
        let expiring = expiring(&snapshot.registry, &judgement, now);
        let pulse = Pulse::of(&snapshot.registry, &judgement);
        let risks = Risks::of(&snapshot.registry, &judgement);
        Self { snapshot, judgement, expiring, pulse, risks, fresh: Arc::default() }
    }

    /// The same, and what is new in it.
    pub(super) fn since(mut self, before: &Self) -> Self {
        self.fresh = Arc::new(Fresh::between(before, &self));
        self
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.snapshot.registry
    }

    pub(super) fn agent(&self, row: Row) -> Agent<'_> {
        self.snapshot.registry.agent(row)
    }

    /// The score that counts for an agent, and its tier; none when nobody ever scored it.
    pub(super) fn trust(&self, row: Row) -> (Option<u16>, Option<Tier>) {
        let reading = self.registry().scored(row, self.judgement.at());
        (reading.map(|reading| reading.score), reading.map(|reading| reading.tier))
    }

    /// By what an agent is cut off, in words from outside: the stopped ancestor, or the broken rule and where.
    pub(super) fn cut_off_by(&self, row: Row) -> Option<String> {
        let fault = self.judgement.verdict_of(row).fault?;
        if self.judgement.state(row) != State::CutOff {
            return None;
        }
        let hop = self.agent(fault.hop);
        match hop.parent().filter(|_| fault.rule == Rule::InactiveParent) {
            Some(parent) => {
                Some(format!("{} ({})", parent.name(), self.judgement.state(parent.row()).as_str()))
            }
            None if fault.hop == row => Some(fault.rule.code().to_owned()),
            None => Some(format!("{} at {}", fault.rule.code(), hop.name())),
        }
    }
}

impl fmt::Debug for View {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "View({} agents at {})", self.registry().len(), self.judgement.at())
    }
}

fn expiring(registry: &Registry, judgement: &Judgement, now: Time) -> Vec<(Time, Row)> {
    let limit = now.plus(pulse::SOON);
    let mut soonest = BinaryHeap::new();
    for row in registry.rows() {
        let Some(expiry) = registry.agent(row).expires_at() else { continue };
        if expiry > now && expiry <= limit && judgement.state(row) == State::Active {
            soonest.push((expiry, Reverse(row)));
            if soonest.len() > EXPIRING {
                soonest.pop();
            }
        }
    }
    soonest.into_sorted_vec().into_iter().map(|(time, Reverse(row))| (time, row)).collect()
}

/// The name of a place for titles.
pub(super) fn context_of(kind: &Kind) -> String {
    match kind {
        Kind::Demo => "DEMO".to_owned(),
        Kind::Directory(path) => path.display().to_string(),
        Kind::Verifier { url, .. } => url.clone(),
        Kind::OfflineCopy(path) => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            name.unwrap_or_else(|| path.display().to_string())
        }
    }
}

/// What every room may read.
pub(super) struct Session {
    pub view: Arc<View>,
    pub theme: Theme,
    /// The keys in use.
    pub keymap: Keymap,
    pub now: Time,
    /// How the table of agents is laid out in each context.
    pub layouts: Layouts,
    /// What others changed in the last seconds.
    pub recent: Recent,
    /// Whether the mouse selects here.
    pub mouse: bool,
    /// Where the last frame drew the rows of the room.
    pub drawn: Option<Drawn>,
    /// Rows of the body in the last frame: what a page is.
    pub page: usize,
    /// Said beside the context: the file changed, or looking for changes fails.
    pub warning: Option<String>,
    /// The key that signs here.
    pub key: Option<KeyBytes>,
    /// Which context this is.
    pub about: About,
    /// Whether anything can be ordered here now.
    pub bar: Bar,
    /// Where one can go.
    pub contexts: Arc<[Destination]>,
    /// Queries of the configuration, by name.
    pub queries: Vec<(String, String)>,
    /// The case that is worked under.
    pub case: Option<CaseId>,
    /// The agents that are marked.
    pub marks: Marks,
    /// A moment to compare with.
    pub mark: Option<Arc<View>>,
    /// Where the console is when it shows the past.
    pub past: Option<Past>,
    /// Since when the view stands still.
    pub frozen: Option<Frozen>,
}

/// A view that stands still; never one of the past, which does so anyway.
pub(super) struct Frozen {
    /// Since when.
    pub since: Time,
    /// How things stand now.
    pub present: Arc<View>,
}

/// Where a frame drew the rows of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drawn {
    /// The first row that was drawn.
    pub top: usize,
    /// Where the row under the cursor is.
    pub cursor_y: u16,
    /// Where the list ends.
    pub bottom: u16,
}

/// A look at the past.
pub(super) struct Past {
    /// How things stand now.
    pub present: Arc<View>,
    /// The state after so many entries is shown, or was asked for.
    pub size: u64,
    /// The question that is not answered yet.
    pub awaited: Option<Ticket>,
}

impl Session {
    pub(super) fn new(
        (view, now): (Arc<View>, Time),
        theme: Theme,
        about: About,
        contexts: Arc<[Destination]>,
    ) -> Self {
        let theme = theme.in_context(about.badge);
        let (case, mark, past, marks) = (None, None, None, Marks::default());
        let (warning, key, bar) = (None, None, Bar::default());
        let here = About::default();
        let mut session = Self {
            view,
            theme,
            keymap: Keymap::default(),
            layouts: Layouts::new(),
            recent: Recent::default(),
            mouse: false,
            drawn: None,
            now,
            page: 10,
            warning,
            key,
            about: here,
            bar,
            contexts,
            queries: Vec::new(),
            case,
            marks,
            mark,
            past,
            frozen: None,
        };
        session.enter(about);
        session
    }

    /// Is in this context from now on; whoever unlocked it before has to do so again.
    pub(super) fn enter(&mut self, mut about: About) {
        (self.warning, self.key) = (about.warning.take(), about.key);
        self.bar = Bar::of(about.caution);
        self.about = about;
    }

    /// How the table of agents is laid out here.
    pub(super) fn layout(&self) -> Layout {
        self.layouts.get(self.about.name()).cloned().unwrap_or_default()
    }

    /// How things stand now, whatever is shown.
    pub(super) fn present(&self) -> &Arc<View> {
        let frozen = || self.frozen.as_ref().map_or(&self.view, |frozen| &frozen.present);
        self.past.as_ref().map_or_else(frozen, |past| &past.present)
    }

    /// Who sits here.
    pub(super) fn seat(&self) -> Seat<'_> {
        Seat::of(&self.present().snapshot.operators, self.key.as_ref())
    }

    /// Why an order of this kind cannot be given here and now.
    pub(super) fn refusal(&self, kind: ChangeKind) -> Option<String> {
        if self.past.is_some() {
            return Some("this is the past: esc goes back to now".to_owned());
        }
        let key = self.keymap.key_of(Action::Unlock);
        self.bar.refusal(kind, self.now, &key).or_else(|| self.seat().refusal(kind))
    }

    /// Who sits here, said on every screen; in the past, where that is.
    pub(super) fn banner(&self) -> (String, Tone) {
        if let Some(past) = &self.past {
            let head = self.view.snapshot.head;
            let words = match (past.awaited, past.size.checked_sub(1), head.last_time) {
                (Some(_), ..) => format!("AS OF the first {} entries: reading …", past.size),
                (None, Some(entry), Some(time)) => format!("AS OF entry {entry}, {time}: esc is now"),
                _ => "BEFORE the first entry: esc is now".to_owned(),
            };
            return (words, Tone::Bad);
        }
        let (mut words, mut tone) = self.seat().words(self.present().snapshot.operators.solo());
        if let Some((lock, lock_tone)) = self.lock_words() {
            (words, tone) = (format!("{lock} · {words}"), lock_tone);
        }
        if let Some(frozen) = self.frozen_words() {
            (words, tone) = (format!("{frozen} · {words}"), Tone::Bad);
        }
        match self.case {
            None => (words, tone),
            Some(id) => {
                let case = self.present().registry().facts().cases.get(id);
                let title = case.map_or("", |case| &case.title);
                (format!("{words} · CASE {id} {title}").trim_end().to_owned(), tone)
            }
        }
    }

    /// For how long the view stands still, and how much happened meanwhile.
    fn frozen_words(&self) -> Option<String> {
        let frozen = self.frozen.as_ref()?;
        let seconds = self.now.since(frozen.since).as_seconds().max(0);
        let age = if seconds < 60 { format!("{seconds}s") } else { format!("{}m", seconds / 60) };
        let size = |view: &View| view.snapshot.head.size;
        let entries = size(&frozen.present).saturating_sub(size(&self.view));
        let since = if entries > 0 { format!(", {entries} entries since") } else { String::new() };
        let key = self.keymap.key_of(Action::Freeze);
        Some(format!("FROZEN {age}{since}: {key} catches up"))
    }

    /// Whether anything can be ordered here, and for how long; nothing where that is never in question.
    pub(super) fn lock_words(&self) -> Option<(String, Tone)> {
        let tone = |locked| if locked { Tone::Bad } else { Tone::Warning };
        let key = self.keymap.key_of(Action::Unlock);
        self.bar.words(self.now, &key).map(|(words, locked)| (words, tone(locked)))
    }

    /// The name of the context; where it has none, the place.
    pub(super) fn place(&self) -> String {
        match self.about.name() {
            "" => self.context(),
            name => name.to_owned(),
        }
    }

    /// The name of the context, and the place.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.about.name(), self.context()).trim_start().to_owned()
    }

    /// The place for titles.
    pub(super) fn context(&self) -> String {
        context_of(&self.view.snapshot.kind)
    }

    /// How what this place cannot promise is meant.
    pub(super) fn caveat_tone(&self) -> Tone {
        match &self.present().snapshot.kind {
            Kind::Verifier { line: Line::Lies(_), .. } => Tone::Bad,
            _ => Tone::Warning,
        }
    }

    /// What this place cannot promise, said on every screen.
    pub(super) fn caveat(&self) -> Option<Cow<'static, str>> {
        match &self.present().snapshot.kind {
            Kind::Demo => Some("DEMO MESH, GONE WHEN YOU LEAVE".into()),
            Kind::OfflineCopy(_) => Some("OFFLINE COPY, ENFORCED BY NOBODY".into()),
            Kind::Verifier { line: Line::Lies(lie), .. } => {
                Some(format!("THE VERIFIER CONTRADICTS ITSELF: {lie}").into())
            }
            Kind::Verifier { line: Line::Lost { since, .. }, spooled: 0, .. } => {
                Some(format!("NO ANSWER SINCE {since}: WHAT YOU SEE IS AS OLD").into())
            }
            Kind::Verifier { line: Line::Lost { since, .. }, spooled, .. } => {
                Some(format!("NO ANSWER SINCE {since}; {spooled} NOT YET IN FORCE").into())
            }
            Kind::Verifier { line: Line::Live, spooled: 1.., .. } => {
                Some("WHAT YOU SIGNED WHILE NOBODY ANSWERED IS NOT YET IN FORCE".into())
            }
            Kind::Directory(_) | Kind::Verifier { line: Line::Live, .. } => None,
        }
    }
}
