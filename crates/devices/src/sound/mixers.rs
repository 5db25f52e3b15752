//! How mixers stood when they were last read.

use std::{collections::HashSet, path::Path};

use crate::{
    drivers::{Control, DriverError},
    memory::Memory,
};

/// For so many readings in a row that fail a mixer is taken to stand as it did. One failure is no news of a microphone;
/// after a few of them, half a minute apart, somebody may have muted it.
const MOST_MISSED: u32 = 3;

/// By the card's control node.
#[derive(Debug, Default)]
pub(super) struct Mixers(Memory<Reading>);

#[derive(Debug, Clone)]
struct Reading {
    controls: Vec<Control>,
    /// It is to be read again; until that succeeds it stands as it did.
    is_due: bool,
    /// How often in a row that failed.
    missed: u32,
}

impl Mixers {
    /// What is known of a mixer, now or still.
    pub(super) fn recall(&self, node: &Path, identity: &str) -> Option<Result<Vec<Control>, DriverError>> {
        Some(self.0.recall(node, identity)?.map(|reading| reading.controls))
    }

    /// Whether it is to be read.
    pub(super) fn is_due(&self, node: &Path, identity: &str) -> bool {
        self.0.recall(node, identity).is_none_or(|answer| answer.is_ok_and(|reading| reading.is_due))
    }

    /// Takes in what it answered. Tells what is known now.
    pub(super) fn on_read(
        &mut self,
        node: &Path,
        identity: &str,
        answer: Result<Vec<Control>, DriverError>,
    ) -> Result<Vec<Control>, DriverError> {
        let reading = match answer {
            Ok(controls) => Ok(Reading { controls, is_due: false, missed: 0 }),
            Err(error) => match self.0.recall(node, identity) {
                Some(Ok(Reading { controls, missed, .. })) if missed < MOST_MISSED => {
                    Ok(Reading { controls, is_due: true, missed: missed + 1 })
                }
                _ => Err(error),
            },
        };
        self.0.forget(node);
        self.0.keep(node, identity, reading.clone());
        reading.map(|reading| reading.controls)
    }

    /// Has all of them read again.
    pub(super) fn make_due(&mut self) {
        self.0.forget_failures();
        self.0.each_answer(|reading| reading.is_due = true);
    }

    pub(super) fn forget_failures(&mut self) {
        self.0.forget_failures();
    }

    pub(super) fn retain(&mut self, present: &HashSet<&Path>) {
        self.0.retain(present);
    }
}
