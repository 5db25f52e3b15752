//! The gate: decides on bookings by what is known of rooms, and keeps what was decided.
//!
//! * what is known of the room, and of its past at that hour, is looked up first: that may take a moment;
//! * then the booking gets its turn: it is held against what else is booked just then, decided, noted in the log and kept, all or
//!   nothing ([`siaga_booking::bookings`]). Both are in `lookup`;
//! * [`answer`]: how a booking stands, as it is told; [`person`]: what people say about one;
//! * [`suiting`]: which rooms would do; [`mod@forecast`]: what is to be expected of one.

pub mod answer;
pub mod forecast;
mod lookup;
pub mod person;
mod refusal;
pub mod suiting;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
    time::Duration,
};

use jiff::Timestamp;
use siaga_booking::{
    Bookings, StoreError,
    audit::canonical,
    bookings::{self, BookingRow, BookingsPage, Turn},
    evidence::{Key, PublicKeys},
};
use siaga_readiness::booking::{BookingRef, Decision, Request, Ruling};
use siaga_service::http::Asker;

use crate::{booking_metrics::BookingMetrics, desk::Desk, office::Office};
use answer::Standing;

pub use answer::BookingAnswer;
pub use refusal::Refusal;

/// Decides on bookings.
pub struct Gate {
    dir: PathBuf,
    desk: Arc<Desk>,
    office: RwLock<Arc<Office>>,
    /// Once they could be opened.
    bookings: OnceLock<Bookings>,
    /// Why they can't be until then.
    shut: Mutex<StoreError>,
    key: Key,
    keys: PublicKeys,
    metrics: Arc<BookingMetrics>,
}

impl Gate {
    /// Opens the bookings of the server in `dir`. Where they are damaged or can't be written the gate is there, and refuses until they
    /// [can be](Self::opened): rooms are looked after all the same.
    ///
    /// # Errors
    /// A newer version wrote them, another program has them, or there is no key to sign evidence with.
    pub fn open(dir: &Path, desk: Arc<Desk>, office: Office) -> anyhow::Result<Self> {
        let (bookings, shut) = (OnceLock::new(), Mutex::new(StoreError::Stopped));
        match Bookings::open(&dir.join(bookings::FILE)) {
            Err(
                error @ (StoreError::Damaged { .. }
                | StoreError::ReadOnly { .. }
                | StoreError::Full { .. }
                | StoreError::System { .. }),
            ) => {
                tracing::error!(%error, "no booking is decided until this is mended; trying again every few seconds");
                *shut.lock().unwrap_or_else(PoisonError::into_inner) = error;
            }
            opened => drop(bookings.set(opened?)),
        }
        let key = Key::open(dir)?;
        let keys = PublicKeys::of(dir)?;
        desk.hold_against(office.profiles.clone());
        let office = RwLock::new(Arc::new(office));
        let (dir, metrics) = (dir.to_owned(), Arc::default());
        Ok(Self { dir, desk, office, bookings, shut, key, keys, metrics })
    }

    /// Decides on a booking that is new or has changed. Of one that is asked for in the same words again, what was decided is told, as
    /// long as that counts and unless `anew`. The log tells whose token asked.
    ///
    /// # Errors
    /// See [`Refusal`]; nothing was kept.
    pub async fn put(
        self: &Arc<Self>,
        reference: BookingRef,
        request: Request,
        anew: bool,
        by: Asker,
    ) -> Result<BookingAnswer, Refusal> {
        let known = self.lookup(reference, request.clone()).await?;
        let asked = canonical(&known.asked_for(request)).map_err(|error| Refusal::broken(&error))?;
        let work = move |turn: &mut Turn<'_>| known.take_turn(turn, &asked, anew, &by);
        let ((standing, decided), head) = self.bookings()?.in_turn(self.now(), work).await?;
        if let Some(ruling) = decided {
            self.metrics.decided(ruling);
        }
        standing.answer(head)
    }

    /// What would be decided on a booking; nothing is kept. As it is counted as a change of the booking with this reference, if there is one.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn dry_run(
        self: &Arc<Self>,
        reference: BookingRef,
        request: Request,
    ) -> Result<Decision, Refusal> {
        let known = self.lookup(reference, request).await?;
        let now = self.now();
        known.is_timely(now)?;
        self.read(move |reader| known.decide(|from, to, room| reader.agenda(from, to, room, now), now)).await
    }

    /// How a booking stands.
    ///
    /// # Errors
    /// There is none, or they can't be read.
    pub async fn booking(self: &Arc<Self>, reference: &BookingRef) -> Result<BookingAnswer, Refusal> {
        let (wanted, now) = (reference.clone(), self.now());
        let zone = self.office().calendar.zone().clone();
        let told = self
            .read(move |reader| {
                let Some(row) = reader.booking(&wanted)? else { return Ok(None) };
                let standing = Standing::read(row, now, zone, |seq| reader.entry(seq))?;
                Ok(Some((standing, reader.head()?)))
            })
            .await?;
        let (standing, head) = told.ok_or_else(|| Refusal::NoBooking(reference.clone()))?;
        standing.answer(head)
    }

    /// A page of bookings, as they stand, without what that rests on.
    ///
    /// # Errors
    /// They can't be read.
    pub async fn bookings_on(
        self: &Arc<Self>,
        page: BookingsPage,
    ) -> Result<Vec<(BookingRow, Option<Ruling>)>, Refusal> {
        let now = self.now();
        let rows = self.read(move |reader| reader.bookings(&page, now)).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let counts = row.in_force(now);
                (row, counts)
            })
            .collect())
    }

    /// What evidence is verified with.
    #[must_use]
    pub const fn keys(&self) -> &PublicKeys {
        &self.keys
    }

    /// What is counted of bookings.
    #[must_use]
    pub const fn metrics(&self) -> &Arc<BookingMetrics> {
        &self.metrics
    }

    /// By which rules it decides now. Whoever answers takes them once: all of one answer goes by the same.
    #[must_use]
    pub fn office(&self) -> Arc<Office> {
        self.office.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes by other rules from now on, and so does what the desk notes.
    pub fn follow(&self, office: Office) {
        self.desk.hold_against(office.profiles.clone());
        *self.office.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(office);
    }

    /// All bookings, for those who do more with them than to decide.
    ///
    /// # Errors
    /// They could not be opened yet.
    pub fn bookings(&self) -> Result<&Bookings, StoreError> {
        self.bookings.get().ok_or_else(|| self.shut().clone())
    }

    /// All bookings, as soon as they can be opened: it is tried again and again. If they are damaged, as soon as somebody has put a copy in
    /// the place of that file: nothing is begun anew where bookings were.
    pub async fn opened(&self) -> &Bookings {
        loop {
            if let Some(bookings) = self.bookings.get() {
                return bookings;
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
            let path = self.dir.join(bookings::FILE);
            if matches!(*self.shut(), StoreError::Damaged { .. }) && !Bookings::is_at_rest(&path) {
                continue;
            }
            let opened = tokio::task::spawn_blocking(move || Bookings::open(&path)).await;
            match opened.unwrap_or(Err(StoreError::Stopped)) {
                Ok(bookings) => {
                    tracing::info!("bookings are decided again");
                    let _ = self.bookings.set(bookings);
                }
                Err(error) => {
                    let mut shut = self.shut();
                    if *shut != error {
                        tracing::error!(%error, "no booking is decided until this is mended");
                        *shut = error;
                    }
                }
            }
        }
    }

    fn shut(&self) -> std::sync::MutexGuard<'_, StoreError> {
        self.shut.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.desk.now().wall
    }

    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        ask: impl FnOnce(&mut bookings::BookingsReader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let bookings = self.bookings()?.clone();
        let answer = tokio::task::spawn_blocking(move || bookings.read(ask)).await;
        Ok(answer.map_err(|broken| Refusal::broken(&broken))??)
    }
}

const BETWEEN_TRIES: Duration = Duration::from_secs(5);

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("bookings", &self.bookings).finish_non_exhaustive()
    }
}
