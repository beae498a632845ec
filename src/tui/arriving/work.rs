//! The thread that asks: one question at a time, orders first, and of the searches only the newest.

use std::sync::mpsc::{Receiver, SyncSender};

use super::state::Ask;
use crate::backend::{Arriving, Backend, EarlyReceipt, Offer, RemoteError, Stage};
use crate::change::Verb;
use crate::identity::Did;
use crate::registry::Scope;
use crate::tui::effect::Ticket;
use crate::tui::event::Event;
use crate::warden::Word;
use crate::wire::{ToldAgent, ToldDetail};

/// So many agents are told at once.
const MOST: usize = 200;

/// What came back.
pub(in crate::tui) enum Told {
    /// Those whom this text means, and whether there are more.
    Found(String, Result<(Vec<ToldAgent>, bool), String>),
    /// One of them.
    Shown(Result<Box<ToldDetail>, String>),
    /// What a suspension would do.
    Offered(Result<Box<Offer>, String>),
    /// What became of it.
    Ordered(Result<EarlyReceipt, String>),
    /// The log is here, and holds; and how changes ended that were signed before.
    Here(Box<Backend>, Option<String>),
    /// It was to be, and cannot be followed.
    Broken(String),
}

impl std::fmt::Debug for Told {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Told")
    }
}

/// Answers until the log is here, or nobody asks any more.
pub(super) fn serve(
    mut arriving: Arriving,
    ticket: Ticket,
    asks: &Receiver<Ask>,
    replies: &SyncSender<Event>,
) {
    let mut waiting: Vec<Ask> = Vec::new();
    let progress = arriving.progress();
    while let Some(ask) = next(&mut waiting, asks) {
        let told = match answer(&mut arriving, ask) {
            None if progress.seen().stage == Stage::Here => break,
            None => continue,
            Some(told) => told,
        };
        if replies.send(Event::Told(ticket, Box::new(told))).is_err() {
            return;
        }
    }
    if progress.seen().stage == Stage::Here {
        let told = match arriving.finish() {
            Ok(mut warden) => {
                let ends = warden.ends();
                let ends = (!ends.is_empty()).then(|| ends.join("; "));
                Told::Here(Box::new(Backend::Local(Box::new(warden))), ends)
            }
            Err(error) => Told::Broken(words(&error)),
        };
        let _ = replies.send(Event::Told(ticket, Box::new(told)));
    }
}

/// The next question; none when nobody asks any more.
fn next(waiting: &mut Vec<Ask>, asks: &Receiver<Ask>) -> Option<Ask> {
    if waiting.is_empty() {
        waiting.push(asks.recv().ok()?);
    }
    waiting.extend(asks.try_iter());
    Some(first(waiting))
}

/// Takes the question whose turn it is: an order, else whatever shows something, the newest of its kind.
pub(super) fn first(waiting: &mut Vec<Ask>) -> Ask {
    let best = waiting.iter().map(Ask::rank).max().unwrap_or_default();
    let at = waiting.iter().rposition(|ask| ask.rank() == best).unwrap_or_default();
    let ask = waiting.remove(at);
    if !matches!(ask, Ask::Order(..)) {
        waiting.retain(|other| other.rank() != best);
    }
    ask
}

fn answer(arriving: &mut Arriving, ask: Ask) -> Option<Told> {
    let said = |error: RemoteError| words(&error);
    Some(match ask {
        Ask::Search(text) => {
            let found = arriving.search(&text, MOST).map_err(said);
            Told::Found(text, found)
        }
        Ask::Show(did) => Told::Shown(arriving.show(&did).map(|(detail, _)| Box::new(detail)).map_err(said)),
        Ask::Offer(did) => Told::Offered(offer(arriving, &did).map_err(said)),
        Ask::Order(offer, reason) => {
            Told::Ordered(arriving.order(&offer, Word::of("", &reason)).map_err(said))
        }
        Ask::Tend => return arriving.tend().err().map(|error| Told::Broken(words(&error))),
    })
}

/// Everything below too: what is not known yet cannot be looked through first.
fn offer(arriving: &mut Arriving, did: &Did) -> Result<Box<Offer>, RemoteError> {
    arriving.offer(did, Verb::Suspend { until: None }, Scope::Subtree).map(Box::new)
}

fn words(error: &RemoteError) -> String {
    format!("{error} ({})", error.code())
}
