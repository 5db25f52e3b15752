//! Carries letters, one after the other, for as long as the server runs.

use std::time::Duration;

use jiff::Timestamp;

use super::{Sender, outbox::Due, patience};
use crate::{
    bookings::{Bookings, NotDone},
    sqlite::StoreError,
};

/// Carries letters to one receiver, or drops them if there is none.
#[derive(Debug)]
pub struct Courier {
    bookings: Bookings,
    sender: Option<Sender>,
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// The receiver has it.
    Arrived,
    /// It has not, and gets it later.
    Later,
    /// It was given up.
    GivenUp,
}

impl Carried {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Arrived, Self::Later, Self::GivenUp];

    /// As it is written in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Later => "later",
            Self::GivenUp => "given_up",
        }
    }
}

impl Courier {
    /// From these bookings to a receiver, if there is one.
    #[must_use]
    pub const fn new(bookings: Bookings, sender: Option<Sender>) -> Self {
        Self { bookings, sender }
    }

    /// Carries the next letter whose time has come; `None` if there is none. `luck` is as in [`patience::again`].
    ///
    /// # Errors
    /// The file of bookings can't be read or written; the letter is then carried again.
    pub async fn carry_one(&self, now: Timestamp, luck: f64) -> Result<Option<Carried>, StoreError> {
        let Some(sender) = &self.sender else { return Ok(None) };
        let bookings = self.bookings.clone();
        let due = tokio::task::spawn_blocking(move || bookings.read(|reader| reader.due_letter(now))).await;
        let Some(due) = due.map_err(|_| StoreError::Stopped)?? else { return Ok(None) };
        let number = due.number;
        let Err(failure) = sender.post(&due.id(), &due.body, now).await else {
            self.settle(now, move |turn| turn.arrived(number)).await?;
            return Ok(Some(Carried::Arrived));
        };
        let next = if failure.is_final() { None } else { patience::again(due.at, due.tries + 1, luck, now) };
        tell(&due, sender, &failure, next);
        let fault = failure.to_string();
        self.settle(now, move |turn| turn.failed(number, &fault, next)).await?;
        Ok(Some(if next.is_some() { Carried::Later } else { Carried::GivenUp }))
    }

    /// Drops what nobody will get. To be called now and then.
    ///
    /// # Errors
    /// The file can't be written.
    pub async fn tidy(&self, now: Timestamp) -> Result<(), StoreError> {
        let has_receiver = self.sender.is_some();
        self.settle(now, move |turn| turn.clear_letters(has_receiver)).await
    }

    async fn settle(
        &self,
        now: Timestamp,
        work: impl FnOnce(&mut crate::bookings::Turn<'_>) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let done = self.bookings.in_turn::<(), ()>(now, |turn| Ok(work(turn)?)).await;
        match done {
            Ok(_) | Err(NotDone::Refused(())) => Ok(()),
            Err(NotDone::Store(error)) => Err(error),
        }
    }
}

/// Between two looks for letters.
pub const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

fn tell(due: &Due, sender: &Sender, failure: &super::Failure, next: Option<Timestamp>) {
    let Due { reference, event, tries, .. } = due;
    let (id, receiver) = (due.id(), sender.target());
    match next {
        // The first time, and then as seldom as it is tried.
        Some(next) if *tries < 3 || *tries % 10 == 0 => {
            tracing::warn!(%receiver, %id, reference, event, tries = tries + 1, %next, %failure, "the webhook's receiver has not taken a letter");
        }
        Some(_) => {}
        None => tracing::error!(
            %receiver, %id, reference, event, tries = tries + 1, %failure,
            "gave up on a letter: the booking system does not know of this; look at the booking there, and at its receiver"
        ),
    }
}
