//! The one place where observations go in and snapshots come out.

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use siaga_readiness::{
    answer::Readiness,
    evaluate,
    moment::Moment,
    observation::Observation,
    policy::{Policy, TimeToLive},
    profile::{Profile, ProfileError, Profiles},
    report::{Began, Happening},
    snapshot::{Cause, Setup, Snapshot},
    tracker::Tracker,
};
use siaga_service::systemd::Pulse;
use tokio::sync::{Mutex as Devices, Mutex as Line, Notify, mpsc, watch};
use tracing::warn;

use crate::{
    demand::{ProbeDemand, TrialDemand},
    desk::{Bookings, DeskStatus, happenings},
    devices::Hearing,
    host,
    identities::Expiry,
    live::Live,
    past::Past,
};

/// What is known of this room, shared by everything that looks and everything that answers.
#[derive(Debug)]
pub struct Room {
    tracker: Mutex<Tracker>,
    standards: Mutex<Arc<Standards>>,
    probe_demand: ProbeDemand,
    trial_demand: TrialDemand,
    identities: Mutex<Vec<Expiry>>,
    renewal: Notify,
    /// Held while this program itself opens devices.
    in_hand: Devices<()>,
    /// Held while this program itself probes the link.
    line: Line<()>,
    pulse: Pulse,
    hearing: Hearing,
    /// Wakes who renders what is known for somebody far away.
    changed: watch::Sender<()>,
    /// Where what happens goes, if anybody keeps it.
    history: OnceLock<mpsc::Sender<Happened>>,
    desk: Mutex<DeskStatus>,
    bookings: Bookings,
    live: Live,
    past: Past,
}

/// What the room is held against.
#[derive(Debug)]
pub struct Standards {
    /// All profiles that it can be.
    pub profiles: Profiles,
    /// The one that it is unless another is asked for.
    pub own: Profile,
}

impl Standards {
    fn new(profiles: Profiles, own: &str) -> Result<Self, ProfileError> {
        let own = profiles.named(own)?.clone();
        Ok(Self { profiles, own })
    }
}

/// Something for the room's history.
#[derive(Debug)]
pub struct Happened {
    /// When it began.
    pub at: Moment,
    /// What it was.
    pub what: Happening,
}

/// What a keeper of the history may be behind.
const BEHIND: usize = 256;

impl Room {
    /// A room of which nothing is known yet.
    ///
    /// # Errors
    /// There is no profile named `default_profile`.
    pub fn new(
        setup: Setup,
        profiles: Profiles,
        default_profile: &str,
        now: Moment,
    ) -> Result<Self, ProfileError> {
        let standards = Mutex::new(Arc::new(Standards::new(profiles, default_profile)?));
        let tracker = Mutex::new(Tracker::new(setup, now));
        Ok(Self {
            tracker,
            standards,
            probe_demand: ProbeDemand::default(),
            trial_demand: TrialDemand::default(),
            identities: Mutex::default(),
            renewal: Notify::new(),
            in_hand: Devices::default(),
            line: Line::default(),
            pulse: Pulse::default(),
            hearing: Hearing::default(),
            changed: watch::Sender::new(()),
            history: OnceLock::new(),
            desk: Mutex::new(DeskStatus::none(now.wall)),
            bookings: Bookings::default(),
            live: Live::default(),
            past: Past::default(),
        })
    }

    /// Until when this room's identities count, as they were last looked at.
    #[must_use]
    pub fn identities(&self) -> Vec<Expiry> {
        self.identities.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes until when this room's identities count.
    pub fn note_identities(&self, expiries: Vec<Expiry>) {
        *self.identities.lock().unwrap_or_else(PoisonError::into_inner) = expiries;
    }

    /// Wakes who renews them: by the clock of the room's desk the certificate that the room has for it does not count.
    #[must_use]
    pub const fn renewal(&self) -> &Notify {
        &self.renewal
    }

    /// Takes an observation in.
    pub fn observe(&self, observation: Observation) {
        let mut tracker = self.tracker();
        for what in happenings(tracker.snapshot(), &observation) {
            self.past.on(observation.at.wall, &what);
            if let Some(history) = self.history.get() {
                tell(history, observation.at, what);
            }
        }
        tracker.observe(observation);
        drop(tracker);
        self.changed.send_replace(());
    }

    /// Makes earlier evidence worthless.
    pub fn invalidate(&self, cause: Cause, now: Moment) {
        self.tracker().invalidate(cause, now);
        let began = Happening::Began(Began { cause });
        self.past.on(now.wall, &began);
        if let Some(history) = self.history.get() {
            tell(history, now, began);
        }
        self.changed.send_replace(());
    }

    /// Resolves, again and again, when something else is known than before.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// What happens from now on. `None` if somebody else keeps that.
    #[must_use]
    pub fn history(&self) -> Option<mpsc::Receiver<Happened>> {
        let (tell, told) = mpsc::channel(BEHIND);
        self.history.set(tell).ok().map(|()| told)
    }

    /// How the link to the room's desk is.
    #[must_use]
    pub fn desk(&self) -> DeskStatus {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what is told of the link to the room's desk.
    pub fn tell_of_desk(&self, change: impl FnOnce(&mut DeskStatus)) {
        change(&mut self.desk.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The room's next bookings, as its desk told them.
    #[must_use]
    pub const fn bookings(&self) -> &Bookings {
        &self.bookings
    }

    /// What is being done here now.
    #[must_use]
    pub const fn live(&self) -> &Live {
        &self.live
    }

    /// What happened in the last days.
    #[must_use]
    pub const fn past(&self) -> &Past {
        &self.past
    }

    /// Adds to the room's history. `false`: nobody keeps it, or whoever does can't keep up.
    #[must_use]
    pub fn tell_history(&self, at: Moment, what: Happening) -> bool {
        self.history.get().is_some_and(|history| history.try_send(Happened { at, what }).is_ok())
    }

    /// Whether anything is probed here: there is a server, and the profile asks something of the network.
    #[must_use]
    pub fn is_probed(&self) -> bool {
        self.standards().own.requirements.network.is_some()
            && self.tracker().snapshot().setup.probe_server.is_some()
    }

    /// The gate probes that somebody asked for.
    #[must_use]
    pub fn probe_demand(&self) -> &ProbeDemand {
        &self.probe_demand
    }

    /// The trials that somebody asked for.
    #[must_use]
    pub fn trial_demand(&self) -> &TrialDemand {
        &self.trial_demand
    }

    /// Who holds it may open the room's devices; whoever can't have it must not take them for used by others.
    #[must_use]
    pub const fn in_hand(&self) -> &Devices<()> {
        &self.in_hand
    }

    /// Who holds it has a probe running.
    #[must_use]
    pub const fn line(&self) -> &Line<()> {
        &self.line
    }

    /// The loops that this program lives by.
    #[must_use]
    pub const fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Who announces devices that come and go.
    #[must_use]
    pub const fn hearing(&self) -> &Hearing {
        &self.hearing
    }

    /// What is known.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.tracker().snapshot().clone()
    }

    /// What it is held against.
    #[must_use]
    pub fn standards(&self) -> Arc<Standards> {
        self.standards.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes by something else from now on. What is known stays so; what it is worth is told by these.
    ///
    /// # Errors
    /// There is no profile named `default_profile`; then nothing has changed.
    pub fn go_by(
        &self,
        policy: Policy,
        profiles: Profiles,
        default_profile: &str,
    ) -> Result<(), ProfileError> {
        let standards = Arc::new(Standards::new(profiles, default_profile)?);
        *self.standards.lock().unwrap_or_else(PoisonError::into_inner) = standards;
        self.tracker().go_by(policy);
        self.changed.send_replace(());
        Ok(())
    }

    /// The answer for a profile, or for the room's own, from evidence younger than `max_age` if that is stricter than
    /// the room's own times to live. With `link_since`, a time since boot, no gate probe that began earlier is accepted as good.
    ///
    /// # Errors
    /// There is no such profile.
    pub fn readiness(
        &self,
        profile: Option<&str>,
        max_age: Option<TimeToLive>,
        link_since: Option<Duration>,
    ) -> Result<Readiness, ProfileError> {
        let standards = self.standards();
        let profile = match profile {
            Some(name) => standards.profiles.named(name)?,
            None => &standards.own,
        };
        let mut snapshot = self.snapshot().no_older_than(max_age);
        // The time after the snapshot: nothing in it can lie in the future.
        let now = host::now();
        if let Some(since) = link_since {
            snapshot = snapshot.no_gate_older_than(now.since_boot.saturating_sub(since));
        }
        Ok(evaluate(&snapshot, profile, now))
    }

    /// A panic elsewhere never leaves the tracker half-changed in a way that could grant: what was observed stays
    /// observed, and ages go on.
    fn tracker(&self) -> MutexGuard<'_, Tracker> {
        self.tracker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A keeper who is that far behind hangs, and the room must not hang with it.
fn tell(history: &mpsc::Sender<Happened>, at: Moment, what: Happening) {
    if history.try_send(Happened { at, what }).is_err() {
        warn!("something that happened is missing from the room's history: its journal can't keep up");
    }
}
