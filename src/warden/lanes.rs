//! What waits for the one thread that works: two bounded queues, of which the operators' is always served first.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Who hands something in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Operators: no agent can fill their queue.
    Operators,
    /// Everybody else.
    Others,
}

/// Why nothing was handed in; it comes back.
#[derive(Debug)]
pub(super) enum Turned<T> {
    /// The queue is full.
    Full(T),
    /// Nobody works any more.
    Closed(T),
}

/// Two queues with a worker.
pub(super) struct Lanes<T> {
    queues: Mutex<Queues<T>>,
    came: Condvar,
    went: Condvar,
    most: usize,
}

struct Queues<T> {
    operators: VecDeque<T>,
    others: VecDeque<T>,
    closed: bool,
}

impl<T> Queues<T> {
    const fn lane(&mut self, lane: Lane) -> &mut VecDeque<T> {
        match lane {
            Lane::Operators => &mut self.operators,
            Lane::Others => &mut self.others,
        }
    }

    fn next(&mut self) -> Option<T> {
        self.operators.pop_front().or_else(|| self.others.pop_front())
    }
}

impl<T> Lanes<T> {
    /// Room for `most` in each queue.
    pub(super) const fn new(most: usize) -> Self {
        let queues = Queues { operators: VecDeque::new(), others: VecDeque::new(), closed: false };
        Self { queues: Mutex::new(queues), came: Condvar::new(), went: Condvar::new(), most }
    }

    /// How many wait: operators' jobs, and everybody else's.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let queues = self.lock();
        (queues.operators.len(), queues.others.len())
    }

    /// Hands in, or says at once that there is no room.
    pub(super) fn try_push(&self, lane: Lane, item: T) -> Result<(), Turned<T>> {
        let mut queues = self.lock();
        if queues.closed {
            return Err(Turned::Closed(item));
        }
        if queues.lane(lane).len() >= self.most {
            return Err(Turned::Full(item));
        }
        queues.lane(lane).push_back(item);
        drop(queues);
        self.came.notify_one();
        Ok(())
    }

    /// Hands in, when there is room; comes back when nobody works any more.
    pub(super) fn push(&self, lane: Lane, item: T) -> Result<(), T> {
        let mut item = item;
        loop {
            item = match self.try_push(lane, item) {
                Ok(()) => return Ok(()),
                Err(Turned::Closed(item)) => return Err(item),
                Err(Turned::Full(item)) => item,
            };
            let queues = self.lock();
            if queues.operators.len().max(queues.others.len()) >= self.most {
                // Looks again now and then: the queue that went on may be the other one.
                drop(self.went.wait_timeout(queues, Duration::from_millis(5)));
            }
        }
    }

    /// The next one, waited for at most so long; none also when nobody hands in any more and all is done.
    pub(super) fn pop(&self, patience: Duration) -> Option<T> {
        let until = Instant::now() + patience;
        let mut queues = self.lock();
        loop {
            if let Some(item) = queues.next() {
                drop(queues);
                self.went.notify_one();
                return Some(item);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || queues.closed {
                return None;
            }
            queues =
                self.came.wait_timeout(queues, left).map_or_else(|poison| poison.into_inner().0, |got| got.0);
        }
    }

    /// Those that are there, until there are `most` of them.
    pub(super) fn drain_into(&self, items: &mut Vec<T>, most: usize) {
        let mut queues = self.lock();
        while items.len() < most
            && let Some(item) = queues.next()
        {
            items.push(item);
        }
        drop(queues);
        self.went.notify_all();
    }

    /// The next one, if it is there.
    pub(super) fn try_pop(&self) -> Option<T> {
        self.pop(Duration::ZERO)
    }

    /// From now on nothing is handed in.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.came.notify_all();
        self.went.notify_all();
    }

    /// Closes the queues when it is dropped, however the worker ends: nobody waits for an answer that never comes.
    pub(super) fn ending(self: &Arc<Self>) -> Ending<T> {
        Ending(Arc::clone(self))
    }

    /// Whether nobody hands in any more.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Queues<T>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The worker is there as long as this is.
pub(super) struct Ending<T>(Arc<Lanes<T>>);

impl<T> Drop for Ending<T> {
    fn drop(&mut self) {
        self.0.close();
        while self.0.try_pop().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_of_others_keeps_no_operator_waiting_and_operators_go_first() {
        let lanes = Lanes::new(2);
        lanes.try_push(Lane::Others, 1).unwrap();
        lanes.try_push(Lane::Others, 2).unwrap();
        assert!(matches!(lanes.try_push(Lane::Others, 3), Err(Turned::Full(3))));
        lanes.try_push(Lane::Operators, 9).unwrap();
        assert_eq!(
            [lanes.try_pop(), lanes.try_pop(), lanes.try_pop(), lanes.try_pop()],
            [Some(9), Some(1), Some(2), None]
        );
    }

    #[test]
    fn what_was_handed_in_before_the_end_is_still_there_and_nothing_comes_after() {
        let lanes = Lanes::new(2);
        lanes.try_push(Lane::Others, 1).unwrap();
        lanes.close();
        assert!(matches!(lanes.try_push(Lane::Operators, 2), Err(Turned::Closed(2))));
        assert_eq!(lanes.push(Lane::Operators, 2), Err(2));
        assert_eq!((lanes.pop(Duration::from_secs(60)), lanes.pop(Duration::from_secs(60))), (Some(1), None));
    }

    #[test]
    fn whoever_waits_for_room_gets_it() {
        let lanes = Lanes::new(1);
        lanes.try_push(Lane::Others, 1).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| lanes.push(Lane::Others, 2));
            let mut seen = Vec::new();
            while seen.len() < 2 {
                seen.extend(lanes.pop(Duration::from_secs(1)));
            }
            assert_eq!((waiting.join().unwrap(), seen), (Ok(()), vec![1, 2]));
        });
    }
}
