//! Has the rooms of approved bookings check themselves before the meeting, and does what follows from it.
//!
//! The plan is pure ([`siaga_readiness::booking::precheck`]), and how far it is stands in the file of bookings. So nothing is lost
//! or repeated by a restart: an asking that was under way is made again under the same number.
//!
//! * [`health`]: whether the server itself is to blame for what it can't have checked;
//! * [`agenda`]: tells rooms their next bookings; [`sheet`]: keeps what staff in rooms tick.

pub mod agenda;
pub mod health;
pub mod sheet;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use siaga_booking::{
    Bookings, NotDone, StoreError,
    prechecks::{Approval, Told},
};
use siaga_probe::admission::Purpose;
use siaga_readiness::{
    answer::Readiness,
    booking::{
        BookingRef, Calendar, Ruling,
        calendar::Zone,
        precheck::{Action, Answer, Finding, Room, RoomSeen, Server, Stage, Times},
    },
    moment::Moment,
    profile::Profiles,
    report::NextBooking,
    room::RoomId,
    state::CheckState,
};

use crate::{
    booking_metrics::BookingMetrics,
    desk::{self, Desk, Known},
    office::Office,
};
use health::{Health, Signs};

/// Looks after the pre-checks of all approvals.
pub struct Prechecks {
    desk: Arc<Desk>,
    bookings: Bookings,
    office: Box<dyn Fn() -> Arc<Office> + Send + Sync>,
    traffic: Box<dyn Fn() -> Traffic + Send + Sync>,
    metrics: Arc<BookingMetrics>,
    health: Health,
    /// The checks that rooms were asked for in this run of the server.
    asked: HashMap<(BookingRef, u64), Asked>,
    /// The rooms that have bookings to come, as they were told.
    agendas: Vec<RoomId>,
    /// Why the bookings could not be read or written last.
    broken: Option<StoreError>,
}

/// How the server's probes go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Probes that it has granted, in all.
    pub granted: u64,
    /// Probes that it has put off, in all.
    pub put_off: u64,
    /// How late its senders woke, 99th percentile of the last second.
    pub lateness: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    stage: Stage,
    ask: u8,
    /// By which the desk knows the check.
    check: u64,
    /// When the desk was asked for it.
    at: Moment,
}

impl Prechecks {
    /// For the approvals in `bookings`, of a server that was started just now.
    pub fn new(
        desk: Arc<Desk>,
        bookings: Bookings,
        office: impl Fn() -> Arc<Office> + Send + Sync + 'static,
        traffic: impl Fn() -> Traffic + Send + Sync + 'static,
        metrics: Arc<BookingMetrics>,
    ) -> Self {
        let health = Health::new(desk.now());
        let (office, traffic) = (Box::new(office), Box::new(traffic));
        let (asked, agendas, broken) = (HashMap::new(), Vec::new(), None);
        Self { desk, bookings, office, traffic, metrics, health, asked, agendas, broken }
    }

    /// For as long as the server runs.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let mut looks = tokio::time::interval(BETWEEN_LOOKS);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut answers = self.desk.checks_changed();
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                _ = looks.tick() => {}
                Ok(()) = answers.changed() => {}
            }
            self.look().await;
        }
    }

    /// Looks at every approval once.
    pub async fn look(&mut self) {
        let now = self.desk.now();
        let server = self.health.look(self.signs(now));
        self.metrics.fault(server.fault);
        match self.look_at_all(server, now.wall).await {
            Ok(()) => self.broken = None,
            Err(error) => {
                if self.broken.as_ref() != Some(&error) {
                    tracing::error!(%error, "cannot look after what is approved; trying again every few seconds");
                }
                self.broken = Some(error);
            }
        }
    }

    fn signs(&self, now: Moment) -> Signs {
        let Traffic { granted, put_off, lateness } = (self.traffic)();
        Signs {
            now,
            has_heard: self.desk.has_heard(),
            rooms_away: self.desk.has_outage(),
            cannot_write: self.broken.is_some(),
            granted,
            put_off,
            lateness,
        }
    }

    async fn look_at_all(&mut self, server: Server, now: Timestamp) -> Result<(), StoreError> {
        let bookings = self.bookings.clone();
        let reading = move || {
            let to = now.checked_add(AHEAD).unwrap_or(now);
            bookings.read(|reader| {
                let approvals = reader.approvals(now, to)?;
                let agendas = agenda::of(&approvals, reader, now)?;
                Ok((approvals, agendas, reader.ended_overrides(now)?))
            })
        };
        let (approvals, agendas, ended) = blocking(reading).await?;
        self.tell_agendas(agendas);
        let stand: HashSet<_> = approvals.iter().map(|it| (&it.booking.reference, it.number)).collect();
        self.asked.retain(|(reference, number), _| stand.contains(&(reference, *number)));
        let office = (self.office)();
        let mut first = self.tell_ended(ended, &office.calendar, now).await;
        for approval in approvals {
            // One that can't be looked after must not keep the others from it.
            first = first.and(self.look_at(approval, &office, server, now).await);
        }
        first
    }

    /// What persons decided has run out.
    async fn tell_ended(
        &self,
        ended: Vec<BookingRef>,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for reference in ended {
            let zone = calendar.zone().clone();
            let work = move |turn: &mut siaga_booking::bookings::Turn<'_>| {
                Ok::<_, NotDone<()>>(turn.tell_override_ended(&reference, &zone)?)
            };
            if let Err(NotDone::Store(error)) = self.bookings.in_turn(now, work).await {
                return Err(error);
            }
        }
        Ok(())
    }

    fn tell_agendas(&mut self, agendas: BTreeMap<RoomId, Vec<NextBooking>>) {
        for room in self.agendas.iter().filter(|room| !agendas.contains_key(room)) {
            self.desk.set_agenda(room, Vec::new());
        }
        self.agendas = agendas.keys().cloned().collect();
        for (room, agenda) in agendas {
            self.desk.set_agenda(&room, agenda);
        }
    }

    async fn look_at(
        &mut self,
        approval: Approval,
        office: &Office,
        server: Server,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Approval { booking, progress, .. } = &approval;
        let (reference, slot) = (booking.reference.clone(), booking.slot);
        let calendar = &office.calendar;
        let zone = calendar.zone().rules();
        let times =
            Times::of(reference.as_str(), slot.start(), slot.end(), zone, |date| calendar.opening(date));
        let is_due = |stage: &Stage| times.due(*stage).is_some_and(|due| due <= now);
        if progress.is_over() || !Stage::ALL.iter().any(is_due) {
            return Ok(());
        }
        let key = (reference, approval.number);
        // Before the room is looked at: what a check found was reported before its end was.
        let ended = self.ended(&key, &approval);
        let seen = self.see(&approval, &office.profiles).await?;
        let answer = ended.map(|(asked, meeting_on)| {
            let finding = if meeting_on { Finding::InUse } else { seen.finding(asked.at, self.desk.now()) };
            Answer { stage: asked.stage, ask: asked.ask, finding }
        });
        let mut kept = approval.clone();
        let actions = kept.progress.step(&times, answer, seen.room, server, now);
        if kept.progress != approval.progress {
            let told: Vec<Told> = actions.iter().filter_map(told).collect();
            self.keep(&kept, told, seen.as_told, calendar.zone().clone(), now).await?;
            self.metrics.stepped(&approval, &kept);
        }
        self.ask(&key, &kept);
        Ok(())
    }

    /// The asking that is over, if it is, and whether that was because of a meeting.
    fn ended(&self, key: &(BookingRef, u64), approval: &Approval) -> Option<(Asked, bool)> {
        let asked = *self.asked.get(key)?;
        let check = self.desk.check(&approval.booking.room, asked.check)?;
        match check.stage {
            desk::Stage::Done | desk::Stage::PutOff => Some((asked, false)),
            desk::Stage::MeetingOn => Some((asked, true)),
            desk::Stage::Waiting | desk::Stage::Asked | desk::Stage::Begun | desk::Stage::Overdue => None,
        }
    }

    async fn see(&self, approval: &Approval, profiles: &Profiles) -> Result<Seen, StoreError> {
        let (desk, id) = (self.desk.clone(), approval.booking.room.clone());
        let known = blocking(move || desk.room(&id)).await?;
        // A profile that was taken away since confirms nothing: what it asked for can't be told any more.
        let profile = approval.profile().unwrap_or_default();
        Ok(Seen::of(known.as_ref(), &profile, profiles, self.desk.now().wall))
    }

    async fn keep(
        &self,
        approval: &Approval,
        told: Vec<Told>,
        room: RoomSeen,
        zone: Zone,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (approval, withdrawn) =
            (approval.clone(), told.iter().any(|it| matches!(it, Told::Withdrawn(_))));
        tell(&approval, &told);
        let persons = approval.is_a_persons();
        let work = move |turn: &mut siaga_booking::bookings::Turn<'_>| {
            Ok::<_, NotDone<()>>(turn.keep_precheck(&approval, &told, &room, &zone)?)
        };
        match self.bookings.in_turn(now, work).await {
            Ok((kept, _)) => {
                if kept && withdrawn && !persons {
                    self.metrics.decided(Ruling::Review);
                }
                Ok(kept)
            }
            Err(NotDone::Refused(())) => Ok(false),
            Err(NotDone::Store(error)) => Err(error),
        }
    }

    /// Makes the asking that the plan is at, unless it was made.
    fn ask(&mut self, key: &(BookingRef, u64), approval: &Approval) {
        let Some((stage, ask)) = approval.progress.asked() else { return };
        let room = &approval.booking.room;
        let made = self.asked.get(key).copied();
        if made.is_some_and(|made| (made.stage, made.ask) == (stage, ask)) {
            return;
        }
        // One that has waited for the room since is good enough.
        let waiting = made.filter(|made| {
            made.stage == stage
                && self.desk.check(room, made.check).is_some_and(|check| !check.stage.is_over())
        });
        let (check, at) = waiting.map_or_else(
            || {
                let at = self.desk.now();
                (self.desk.order_check(room, Purpose::PreCheck, stage.patience()).id, at)
            },
            |waiting| (waiting.check, waiting.at),
        );
        self.asked.insert(key.clone(), Asked { stage, ask, check, at });
    }
}

impl std::fmt::Debug for Prechecks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prechecks").field("asked", &self.asked).finish_non_exhaustive()
    }
}

/// Between two looks if nobody answers.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// No stretch of holidays is longer.
const AHEAD: SignedDuration = SignedDuration::from_hours(21 * 24);

/// A room for the plan, and for those who are told.
struct Seen {
    room: Room,
    /// `None` of a room that was never heard.
    readiness: Option<Readiness>,
    as_told: RoomSeen,
}

impl Seen {
    fn of(known: Option<&Known>, profile: &str, profiles: &Profiles, now: Timestamp) -> Self {
        let Some(known) = known else {
            // It was never heard.
            let room = Room { away: Some(Duration::MAX), in_use: false };
            let as_told = RoomSeen { online: false, last_seen: now, checks: Vec::new() };
            return Self { room, readiness: None, as_told };
        };
        let (readiness, presence) = (known.readiness_named(profile, profiles, None), known.presence());
        let in_use = readiness.checks.iter().any(|check| check.state == CheckState::InUse);
        Self {
            room: Room { away: (!presence.online).then_some(presence.age), in_use },
            as_told: RoomSeen {
                online: presence.online,
                last_seen: presence.last_seen,
                checks: readiness.checks.clone(),
            },
            readiness: Some(readiness),
        }
    }

    /// What came of a check that was asked for `at` that time.
    fn finding(&self, at: Moment, now: Moment) -> Finding {
        let Some(readiness) = &self.readiness else { return Finding::Unclear(Vec::new()) };
        Finding::of(readiness, at.age_at(&now).unwrap_or_default())
    }
}

fn told(action: &Action) -> Option<Told> {
    match action {
        Action::Ask { .. } => None,
        Action::Withdraw(why) => Some(Told::Withdrawn(why.clone())),
        Action::TellUnconfirmed(doubt) => Some(Told::Unconfirmed(doubt.clone())),
        Action::TellConfirmed => Some(Told::Confirmed),
    }
}

fn tell(approval: &Approval, told: &[Told]) {
    let booking = &approval.booking;
    for what in told {
        tracing::warn!(reference = %booking.reference, room = %booking.room, start = %booking.slot.start(), ?what, "an approval");
    }
}

async fn blocking<T: Send + 'static>(
    question: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(question).await.map_err(|_| StoreError::Stopped)?
}
