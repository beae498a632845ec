//! Places that the console can go to: one is open, another is opened beside it, and only then is the first left.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;

use super::arriving::{Carried, Underway};
use super::badge::Badge;
use super::caution::Caution;
use super::effect::Ticket;
use super::event::Event;
use super::executor::OpenAgain;
use super::session::View;
use super::terminal::{FileChanged, Opening};
use crate::backend::Backend;
use crate::identity::KeyBytes;
use crate::time::Time;

/// A context, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// By this it is asked for.
    pub name: String,
    /// Where it is, and how careful it wants people to be.
    pub words: String,
}

/// Opens a context by its name; may take as long as it takes, on a thread of its own.
pub type OpenContext = Arc<dyn Fn(&str) -> Result<Opening, String> + Send + Sync>;

/// The contexts of the configuration.
#[derive(Clone, Default)]
pub struct Contexts {
    /// All of them.
    pub destinations: Arc<[Destination]>,
    /// How one is opened; none goes anywhere without it.
    pub open: Option<OpenContext>,
}

/// A context that is open.
pub struct Arrival {
    /// The way to its registry.
    pub backend: Backend,
    /// How it stands.
    pub about: About,
    /// Who acts, as its log names people.
    pub actor: String,
    /// The registry file was written since it was imported.
    pub file_changed: Option<FileChanged>,
    /// Opens the same place once more; without it, what reads long holds up what writes.
    pub open_again: Option<OpenAgain>,
}

impl Arrival {
    /// What the title of the terminal says until the first frame is there.
    pub(super) fn title(&self) -> String {
        super::session::context_of(&self.backend.snapshot().kind)
    }

    /// Its registry, judged.
    pub(super) fn view(&self, now: Time) -> Arc<View> {
        Arc::new(View::of(self.backend.snapshot(), now.max(self.backend.now())))
    }
}

/// What a screen says about a context beside its registry.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Its name and colour; none for a place that no configuration names.
    pub badge: Option<Badge>,
    /// How careful it wants people to be.
    pub caution: Caution,
    /// Who enforces what is ordered there, in the words of the configuration.
    pub enforced_by: Option<String>,
    /// Said beside the context until something else is.
    pub warning: Option<String>,
    /// The options of a command line that lead there.
    pub options: Vec<String>,
    /// The public key of whoever signs there; the backend signs with it.
    pub key: Option<KeyBytes>,
}

impl About {
    /// Its name in words; that of no context is empty.
    pub(super) fn name(&self) -> &str {
        self.badge.as_ref().map_or("", Badge::name)
    }
}

/// A context that was opened, or is on its way.
pub(super) enum Landing {
    /// Its first view, and what was sought before it was there.
    Here(Box<Arrival>, Arc<View>, Option<Carried>),
    /// A verifier whose log is not here yet.
    Underway(Ticket, Underway),
}

/// What became of opening a context.
pub(super) struct Landed {
    pub ticket: Ticket,
    pub outcome: Result<Landing, String>,
}

impl fmt::Debug for Landed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Landed({}, {:?})", self.ticket, self.outcome.as_ref().map(drop))
    }
}

/// Opens a context on a thread of its own; nobody waits for it.
pub(super) fn open_beside(
    open: OpenContext,
    (ticket, name): (Ticket, String),
    clock: fn() -> Time,
    events: SyncSender<Event>,
) {
    thread::spawn(move || {
        let outcome = open(&name).map(|opening| match opening {
            Opening::Here(arrival) => judged(arrival, None, clock),
            Opening::Underway(underway) => Landing::Underway(ticket, *underway),
        });
        events.send(Event::Landed(Box::new(Landed { ticket, outcome })))
    });
}

/// Judges a verifier whose log is here now, on a thread of its own.
pub(super) fn judge_beside(
    (ticket, arrival, carried): (Ticket, Box<Arrival>, Carried),
    clock: fn() -> Time,
    events: SyncSender<Event>,
) {
    thread::spawn(move || {
        let outcome = Ok(judged(arrival, Some(carried), clock));
        events.send(Event::Landed(Box::new(Landed { ticket, outcome })))
    });
}

fn judged(arrival: Box<Arrival>, carried: Option<Carried>, clock: fn() -> Time) -> Landing {
    let view = arrival.view(clock());
    Landing::Here(arrival, view, carried)
}
