//! The console without a terminal: real update, real view, a fixed clock, effects carried out at once.

mod aftermath;
mod columns;
mod complaints;
mod contexts;
mod export;
mod held;
mod journal;
mod keys;
mod laws;
mod live;
mod looks;
mod marks;
mod palette;
mod past;
mod pointer;
mod queries;
mod restored;
mod rooms;
mod seen;
mod wandering;

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::action::RoomName;
use super::contexts::{About, Contexts};
use super::effect::{Effect, Reply};
use super::event::Event;
use super::executor::{Job, Means, answer_compute, job_of};
use super::model::Model;
use super::overlays::{Overlay, confirm};
use super::session::View;
use super::store_work::answer_store;
use super::theme::{Theme, ThemeName};
use super::update::{pass_time, start_in, update};
use super::view::{Viewport, draw};
use crate::backend::Backend;
use crate::change::Plan;
use crate::change::operators::OperatorError;
use crate::encoding::hex;
use crate::generate::{self, Broken, Shares};
use crate::identity::{Identity, KeyBytes};
use crate::notify::Notice;
use crate::store::{Memory, Meta};
use crate::time::Time;
use crate::warden::{Clock, Entropy, ImportOptions, Kind, Source, Warden, WardenError};

/// The time in all of these tests.
fn noon() -> Time {
    Time::parse("2026-03-01T12:00:00Z").unwrap()
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Time {
        noon()
    }
}

struct Counting(u128);

impl Entropy for Counting {
    fn bits(&mut self) -> Option<u128> {
        self.0 += 1;
        Some(self.0)
    }
}

/// A small mesh in which something is wrong.
fn mesh(agents: u32) -> Vec<Identity<'static>> {
    let mut broken = Shares::NONE;
    for kind in [Broken::MissingParent, Broken::CapabilityEscalation, Broken::DepthMismatch] {
        broken = broken.with(kind, 25_000).unwrap();
    }
    generate::Plan { agents, seed: 5, at: noon(), broken }.mesh().collect()
}

fn import(warden: &mut Warden, agents: &[Identity<'_>], replaces: bool) {
    let mut lines = String::new();
    for identity in agents {
        identity.write_json(&mut lines);
        lines.push('\n');
    }
    let source = Source { reader: lines.as_bytes(), name: "mesh.jsonl".to_owned(), origin: None };
    let options = ImportOptions { replaces, ..ImportOptions::default() };
    match warden.import(source, &options, "ada", |_| Ok(())) {
        // A file that brings newcomers below a sealed agent is refused, as it should.
        // So is one that takes the place of everybody, where people hold the log: one of them is not enough.
        Ok(_)
        | Err(WardenError::BelowSealed { .. } | WardenError::Operator(OperatorError::TooFew { .. })) => {}
        Err(error) => panic!("{error}"),
    }
}

/// A console on a desk: somebody presses keys, and looks.
struct Desk {
    model: Model,
    backend: Backend,
    viewport: Viewport,
    screen: Terminal<TestBackend>,
    means: Means,
    /// Whom the notifier would have told what.
    told: Vec<Notice>,
    /// The plan that the last frame showed.
    shown: Option<Arc<Plan>>,
    /// Whether each event gets its frame; a burst shares one.
    draws: bool,
}

impl Desk {
    fn new(agents: &[Identity<'_>], size: (u16, u16)) -> Self {
        Self::with(agents, size, |_| None)
    }

    /// A console on a log that somebody prepared, and the key that signs there.
    fn with(
        agents: &[Identity<'_>],
        size: (u16, u16),
        prepare: impl FnOnce(&mut Warden) -> Option<KeyBytes>,
    ) -> Self {
        let meta = Meta { log: crate::audit::LogName::from_bits(1), created: noon(), origin: None };
        let store = Box::new(Memory::new(meta));
        let kind = Kind::OfflineCopy(PathBuf::from("/srv/mesh.jsonl"));
        let mut warden = Warden::over(store, kind, Box::new(Noon), Box::new(Counting(0))).unwrap();
        import(&mut warden, agents, false);
        let key = prepare(&mut warden);
        let backend = Backend::Local(Box::new(warden));
        let view = Arc::new(View::of(backend.snapshot(), noon()));
        let theme = Theme::new(ThemeName::Dark, false);
        let about = About { key, ..About::default() };
        let mut desk = Self {
            model: Model::new(view, theme, noon(), about, &Contexts::default()),
            backend,
            viewport: Viewport::default(),
            screen: Terminal::new(TestBackend::new(size.0, size.1)).unwrap(),
            means: Means::default(),
            told: Vec::new(),
            shown: None,
            draws: true,
        };
        let effects = start_in(&mut desk.model, RoomName::Overview);
        desk.carry_out(effects);
        desk.draw();
        desk
    }

    fn event(&mut self, event: Event) {
        let effects = update(&mut self.model, event);
        self.carry_out(effects);
        if self.draws {
            self.draw();
        }
    }

    /// Time passes, and with it comes the look for changes by others.
    fn tick(&mut self) {
        let effects = pass_time(&mut self.model, noon());
        self.carry_out(effects);
        self.carry_out(vec![Effect::Follow]);
        self.event(Event::Tick);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        let mut waiting: std::collections::VecDeque<Effect> = effects.into();
        while let Some(effect) = waiting.pop_front() {
            if let Effect::Commit(_, plan, ..) = &effect {
                let seen = self.shown.as_ref().map(|plan| &plan.frozen);
                assert_eq!(seen, Some(&plan.frozen), "carried out is what the last frame showed");
            }
            if let Effect::Order(_, drafted) = &effect
                && self.model.session.present().snapshot.operators.held()
            {
                // On a narrow screen the digest has several lines.
                let shown = self.text();
                assert!(
                    drafted.digest().chunks(8).all(|line| shown.contains(&hex::encode(line))),
                    "what is signed is what the last frame showed\n{shown}"
                );
            }
            let view = self.model.session.view.clone();
            let reply = match job_of(effect, &view, noon(), &self.means) {
                Ok(Job::Store(job)) => answer_store(&mut self.backend, "ada", job),
                Ok(Job::Compute(job)) => answer_compute(job),
                Ok(Job::Tell(notice)) => {
                    self.told.push(*notice);
                    Reply::Told(Vec::new())
                }
                Err(_) => continue,
            };
            let visit = self.model.visit();
            waiting.extend(update(&mut self.model, Event::Reply(visit, Box::new(reply))));
            // A slow answer leaves time for a frame in between.
            if self.draws && !waiting.is_empty() {
                self.draw();
            }
        }
    }

    fn draw(&mut self) {
        let (model, viewport) = (&self.model, &mut self.viewport);
        self.screen.draw(|frame| draw(model, viewport, frame)).unwrap();
        self.model.session.page = self.viewport.page;
        self.model.session.drawn = self.viewport.drawn;
        self.shown = match self.model.overlays.last() {
            Some(Overlay::Confirm(dialog)) => match &dialog.phase {
                confirm::Phase::Shown(plan) => Some(plan.clone()),
                _ => None,
            },
            _ => None,
        };
        self.model.drawn(self.viewport.dialog_told);
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.backend_mut().resize(columns, rows);
        self.event(Event::Resize);
    }

    fn key(&mut self, code: KeyCode) {
        self.event(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    /// Types: `\r` is Enter, `\x1b` Esc, `\t` Tab.
    fn keys(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.key(match letter {
                '\r' => KeyCode::Enter,
                '\x1b' => KeyCode::Esc,
                '\t' => KeyCode::Tab,
                letter => KeyCode::Char(letter),
            });
        }
        self
    }

    /// The warden, as somebody else has it.
    fn warden(&mut self) -> &mut Warden {
        match &mut self.backend {
            Backend::Local(warden) => warden,
        }
    }

    /// The screen as text, without trailing blanks.
    fn text(&self) -> String {
        let buffer = self.screen.backend().buffer();
        let columns = usize::from(buffer.area.width).max(1);
        let rows = buffer.content.chunks(columns).map(|cells| {
            let row: String = cells.iter().map(|cell| cell.symbol()).collect();
            row.trim_end().to_owned()
        });
        rows.collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn every_action_of_a_room_is_in_its_help() {
    let mut desk = Desk::new(&mesh(20), (120, 120));
    for (index, room) in RoomName::ALL.into_iter().enumerate() {
        desk.keys(&format!("{}?", index + 1));
        for binding in super::BINDINGS.iter().filter(|binding| binding.holds_in(room)) {
            assert!(desk.text().contains(binding.words), "{:?} in {room:?}\n{}", binding.words, desk.text());
        }
        desk.keys("\x1b");
        assert_eq!(desk.model.room, room);
    }
}
