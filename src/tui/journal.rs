//! What this console did and said, and what it still does: so that nobody has to ask "what did I just do?".

use std::collections::VecDeque;
use std::sync::Arc;

use super::effect::Ticket;
use super::theme::Tone;
use crate::change::Plan;
use crate::time::Time;

/// So many lines are kept.
const KEPT: usize = 1000;

/// One thing that was done or said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Noted {
    pub time: Time,
    pub words: String,
    pub tone: Tone,
    /// The command line that does the same; only what changed something has one.
    pub command: Option<String>,
    /// How often in a row.
    pub times: usize,
}

/// Work that is not finished.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub since: Time,
    pub words: String,
    /// Whose answer ends it; work of which there is one at a time has none.
    pub ticket: Option<Ticket>,
    pub command: Option<String>,
    /// Whom it is to be done to.
    pub plan: Option<Arc<Plan>>,
}

/// The lines, the newest last, and the work.
#[derive(Debug)]
pub(super) struct Journal {
    now: Time,
    noted: VecDeque<Noted>,
    tasks: Vec<Task>,
}

impl Journal {
    pub(super) const fn new(now: Time) -> Self {
        Self { now, noted: VecDeque::new(), tasks: Vec::new() }
    }

    /// The clock of the journal never stands still, also when the past is shown.
    pub(super) fn pass_time(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    pub(super) const fn now(&self) -> Time {
        self.now
    }

    /// Writes down what was said; the same once more is counted.
    pub(super) fn note(&mut self, words: &str, tone: Tone, command: Option<String>) {
        if let Some(last) = self.noted.back_mut().filter(|last| last.words == words && command.is_none()) {
            (last.times, last.time) = (last.times + 1, self.now);
            return;
        }
        if self.noted.len() >= KEPT {
            self.noted.pop_front();
        }
        self.noted.push_back(Noted { time: self.now, words: words.to_owned(), tone, command, times: 1 });
    }

    /// Work begins.
    pub(super) fn begin(
        &mut self,
        words: &str,
        ticket: Option<Ticket>,
        command: Option<String>,
        plan: Option<Arc<Plan>>,
    ) {
        let task = Task { since: self.now, words: words.to_owned(), ticket, command, plan };
        self.tasks.push(task);
    }

    /// The work of a ticket ends.
    pub(super) fn end(&mut self, ticket: Ticket) -> Option<Task> {
        let at = self.tasks.iter().position(|task| task.ticket == Some(ticket))?;
        Some(self.tasks.remove(at))
    }

    /// The work of these words ends.
    pub(super) fn end_of(&mut self, words: &str) -> Option<Task> {
        let at = self.tasks.iter().position(|task| task.words == words)?;
        Some(self.tasks.remove(at))
    }

    pub(super) fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The newest first.
    pub(super) fn newest(&self) -> impl ExactSizeIterator<Item = &Noted> {
        self.noted.iter().rev()
    }

    /// What changed something, the oldest first.
    pub(super) fn deeds(&self) -> impl Iterator<Item = &Noted> {
        self.noted.iter().filter(|noted| noted.command.is_some())
    }
}
