//! Records that are judged together: the later part of them on a second thread, all of them in their order.

use std::ops::Range;
use std::thread::{self, ScopedJoinHandle};

/// A batch is full with the record that brings it to so many bytes, or to so many records.
const BYTES: usize = 1 << 20;
const RECORDS: usize = 1024;

/// From so many records on a second thread is worth its start.
const WORTH_A_THREAD: usize = 256;

/// Texts of records in one buffer, each with what is known about it.
pub struct Batch<M> {
    text: String,
    records: Vec<(Range<usize>, M)>,
}

impl<M> Default for Batch<M> {
    fn default() -> Self {
        Self { text: String::new(), records: Vec::new() }
    }
}

impl<M: Sync> Batch<M> {
    /// Forgets all records, not their room.
    pub fn clear(&mut self) {
        self.text.clear();
        self.records.clear();
    }

    /// Adds a record.
    pub fn push(&mut self, text: &str, about: M) {
        let start = self.text.len();
        self.text.push_str(text);
        self.records.push((start..self.text.len(), about));
    }

    /// Whether it is time to judge.
    pub fn is_full(&self) -> bool {
        self.text.len() >= BYTES || self.records.len() >= RECORDS
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records in their order.
    pub fn records(&self) -> impl ExactSizeIterator<Item = (&str, &M)> {
        self.records.iter().map(|(range, about)| (self.text.get(range.clone()).unwrap_or_default(), about))
    }

    /// Judges every record and hands it over with the outcome, in order, until `take` refuses one.
    ///
    /// `judge` may run on another thread and for records that come after the refused one; `take` runs here.
    ///
    /// # Errors
    /// What `take` answers.
    pub fn each<'b, T: Send, E>(
        &'b self,
        judge: impl Fn(&'b str, &'b M) -> T + Sync,
        mut take: impl FnMut(&'b str, &'b M, T) -> Result<(), E>,
    ) -> Result<(), E> {
        let source = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        let judge = |(range, about): &'b (Range<usize>, M)| judge(source(range), about);
        // Whoever takes the records has more to do with each than whoever judges them.
        let own = match self.records.len() {
            few @ 0..WORTH_A_THREAD => few,
            many => many.saturating_mul(2) / 5,
        };
        let (own, others) = self.records.split_at(own);
        let (taken, judged) = abreast(
            self.records.len(),
            || own.iter().try_for_each(|record| take(source(&record.0), &record.1, judge(record))),
            || others.iter().map(judge).collect::<Vec<T>>(),
        );
        taken?;
        let mut pairs = others.iter().zip(judged);
        pairs.try_for_each(|(record, judged)| take(source(&record.0), &record.1, judged))
    }
}

/// Does `here` on this thread and `there` on another, if so many `records` are worth one.
pub fn abreast<A, B: Send>(records: usize, here: impl FnOnce() -> A, there: impl Fn() -> B + Sync) -> (A, B) {
    thread::scope(|scope| {
        let second = match records {
            0..WORTH_A_THREAD => None,
            _ => thread::Builder::new().spawn_scoped(scope, &there).ok(),
        };
        let here = here();
        let there = match second.map(ScopedJoinHandle::join) {
            None => there(),
            Some(Ok(there)) => there,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
        };
        (here, there)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_in_their_order_until_one_is_refused() {
        for count in [0, 1, WORTH_A_THREAD - 1, WORTH_A_THREAD, RECORDS] {
            let mut batch = Batch::default();
            (0..count).for_each(|number| batch.push(&number.to_string(), number));
            let mut seen = Vec::new();
            let all = batch.each(
                |text, _| text.parse::<usize>(),
                |text, number, judged| {
                    assert_eq!((text, judged), (number.to_string().as_str(), Ok(*number)));
                    seen.push(*number);
                    Ok::<_, ()>(())
                },
            );
            assert_eq!((all, seen), (Ok(()), (0..count).collect()));
            for last in [0, count / 3, count.saturating_sub(1)] {
                let refused = batch
                    .each(|_, number| *number, |_, _, number| (number < last).then_some(()).ok_or(number));
                assert_eq!(refused, if last < count { Err(last) } else { Ok(()) });
            }
        }
    }
}
