//! Takes down what happens, for the judge.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::history::{Deed, Operation, Outcome, Place};

/// An operation that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked(usize);

/// The operations so far.
#[derive(Debug, Default)]
pub struct Recorder {
    place: Place,
    operations: Vec<Operation>,
    /// Those without an answer, and who asked.
    open: BTreeMap<Asked, u64>,
}

impl Recorder {
    /// Takes down that somebody asks for something.
    pub fn ask(&mut self, invocation: u64, deed: Deed, at: Timestamp) -> Asked {
        let (asked, place) = (Asked(self.operations.len()), self.next_place());
        self.operations.push(Operation {
            asked: place,
            answered: place,
            at,
            deed,
            outcome: Outcome::Unknown,
        });
        self.open.insert(asked, invocation);
        asked
    }

    /// Takes down that it took effect, whatever will be told of it.
    pub fn took_effect(&mut self, asked: Asked, at: Timestamp) {
        if let Some(operation) = self.operations.get_mut(asked.0) {
            (operation.at, operation.outcome) = (at, Outcome::Done);
        }
    }

    /// Takes down the answer; `None` when nobody knows more than before.
    pub fn answer(&mut self, asked: Asked, outcome: Option<Outcome>) {
        let place = self.next_place();
        if let Some(operation) = self.operations.get_mut(asked.0) {
            operation.answered = place;
            operation.outcome = outcome.unwrap_or(operation.outcome);
        }
        self.open.remove(&asked);
    }

    /// Takes down that an invocation has ended: what it asked for is answered no more.
    pub fn give_up(&mut self, invocation: u64) {
        let mine = self.open.iter().filter(|(_, whose)| **whose == invocation).map(|(asked, _)| *asked);
        for asked in mine.collect::<Vec<_>>() {
            self.answer(asked, None);
        }
    }

    /// What was taken down.
    #[must_use]
    pub fn into_operations(self) -> Vec<Operation> {
        self.operations
    }

    const fn next_place(&mut self) -> Place {
        self.place += 1;
        self.place
    }
}
