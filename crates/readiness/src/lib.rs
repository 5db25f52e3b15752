//! Readiness: from observations to an answer with a reason and an age.
//!
//! **Pure.** No clock, no I/O: `now` is an argument, a [`Moment`].
//!
//! In the order evidence travels:
//! * a device scan ([`inventory`]), compared with what was found good before ([`baseline`]), a look at the machine
//!   ([`host`]) or a probe becomes an [`observation`], failed ones included;
//! * the [`tracker`] keeps of each kind what counts;
//! * its [`snapshot`] is the one value that everything else is computed from, here or on the server;
//! * [`evaluate`] holds it against a [`profile`], by the room's [`policy`], at a moment;
//! * as a [`report`] it travels from a room to its server, with ages instead of times;
//! * the [`answer`] is a [`Readiness`]: verdict, checks, [`reasons`] with their words from the
//!   [`catalogue`], and how long it is valid;
//! * on the server its [`presence`] says whether the room can be heard at all; [`metrics`] say the same to Prometheus in both
//!   places;
//! * [`booking`] answers for a time that is yet to come.
//!
//! Three laws hold for every sequence of observations: ageing never grants; taking a passing observation
//! away never grants, and a better one never withdraws; nothing is ready on evidence that is stale.
//!
//! ```
//! use siaga_readiness::{Moment, Profile, RoomVerdict, Setup, Tracker, evaluate};
//! use siaga_readiness::moment::BootId;
//!
//! let now = Moment {
//!     wall: "2026-07-01T08:00:00+07:00".parse().unwrap(),
//!     since_boot: std::time::Duration::from_secs(90),
//!     boot: BootId(1),
//! };
//! let setup = Setup { room: "diskominfo-r2".to_owned(), probe_server: None, policy: Default::default() };
//! let tracker = Tracker::new(setup, now);
//!
//! let readiness = evaluate(tracker.snapshot(), Profile::minimum(), now);
//! assert_eq!(readiness.verdict, RoomVerdict::Unknown);
//! assert_eq!(readiness.exit_code(), 3);
//! ```

pub mod answer;
pub mod baseline;
pub mod booking;
pub mod catalogue;
mod evaluate;
pub mod host;
pub mod hours;
pub mod inventory;
pub mod metrics;
pub mod moment;
pub mod observation;
pub mod policy;
pub mod presence;
pub mod profile;
pub mod reasons;
pub mod report;
pub mod room;
pub mod snapshot;
pub mod software;
pub mod state;
pub mod tracker;
pub mod trial;

pub use answer::{Check, CheckCode, Level, Readiness, RoomVerdict};
pub use catalogue::Text;
pub use evaluate::{AskedTrials, evaluate};
pub use inventory::Inventory;
pub use moment::Moment;
pub use observation::{Evidence, Observation, ProbeEvidence, ScanFault, ServerPlace};
pub use policy::{Freshness, Policy, TimeToLive};
pub use profile::{Profile, ProfileName, Profiles, Requirements};
pub use reasons::Code;
pub use room::RoomId;
pub use snapshot::{Cause, Setup, Snapshot};
pub use state::CheckState;
pub use tracker::Tracker;
pub use trial::{DeviceKind, Judgement, Trial, TrialOutcome};
