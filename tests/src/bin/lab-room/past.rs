//! A past that is taken in by the server's own desk.

use std::{
    error::Error,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use siaga_booking::{Retention, Store};
use siaga_probe::{Mode, Verdict};
use siaga_probe_server::desk::{self, Desk};
use siaga_readiness::{
    moment::{BootId, Moment},
    report::{Age, Echo, FromRoom, Happening, Record, RecordsFrame, SnapshotFrame, Tolerant},
};
use siaga_tests::lab_room::{Fault, LabRoom, Probed, probe};
use siaga_transport::room::Received;

use crate::{Which, hello};

pub(crate) struct Past {
    pub(crate) which: Which,
    pub(crate) days: i32,
    pub(crate) hours: (i8, i8),
    pub(crate) fails: Option<(i8, i8)>,
    pub(crate) zone: TimeZone,
}

impl Past {
    /// What the server would have kept, taken in by its own desk, minute by minute, by a clock that is set back.
    pub(crate) async fn write(&self) -> Result<(), Box<dyn Error>> {
        let today = Timestamp::now().to_zoned(self.zone.clone()).date();
        let first = today.checked_sub(self.days.days())?;
        let clock = Arc::new(Mutex::new(self.moment(first, 0)?));
        let begin = clock.lock().expect("nobody panics").wall;
        let (store, _) = Store::open(&desk::file(&self.which.dir), Retention::default(), begin)?;
        let desk = Desk::new(
            store,
            Box::new({
                let clock = clock.clone();
                move || *clock.lock().expect("nobody panics")
            }),
        );
        let set = |moment: Moment| *clock.lock().expect("nobody panics") = moment;
        let mut sequence = 0;
        let mut day = first;
        while day < today {
            if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
                set(self.moment(day, i32::from(self.hours.0) * 60)?);
                desk.connected(&self.which.room, &hello(&self.which.room, None), 1).await?;
                for minute in i32::from(self.hours.0) * 60..i32::from(self.hours.1) * 60 {
                    let now = self.moment(day, minute)?;
                    set(now);
                    self.minute(&desk, now, minute, &mut sequence).await?;
                }
            }
            day = day.tomorrow()?;
        }
        Ok(())
    }

    async fn minute(
        &self,
        desk: &Desk,
        now: Moment,
        minute: i32,
        sequence: &mut u64,
    ) -> Result<(), Box<dyn Error>> {
        let of_the_day = minute - i32::from(self.hours.0) * 60;
        let since = of_the_day % BETWEEN_PROBES;
        let hour = (minute - since) / 60;
        let fails = self.fails.is_some_and(|(from, to)| (i32::from(from)..i32::from(to)).contains(&hour));
        let room = LabRoom { name: self.which.room.to_string(), fault: fails.then_some(Fault::Link) };
        let mut records = Vec::new();
        let mut made = |mode, verdict| {
            *sequence += 1;
            records.push(Record {
                seq: *sequence,
                at: Some(Age::ZERO),
                what: Happening::Probe(Box::new(probe(mode, verdict))),
            });
        };
        if of_the_day == 0 {
            made(Mode::Sustain, Verdict::Pass);
        }
        if since == 0 {
            made(Mode::Gate, if fails { Verdict::Fail } else { Verdict::Pass });
        }
        let frame = |frame| Received { link: 1, frame, under_way: Duration::ZERO };
        if !records.is_empty() {
            let no = *sequence;
            let records = RecordsFrame { no, echo: ECHO, dropped: 0, records };
            desk.reported(&self.which.room, frame(FromRoom::Records(records))).await?;
        }
        let minutes = |minutes: i32| Duration::from_secs(u64::from(minutes.unsigned_abs()) * 60);
        let probed = Probed { gate: minutes(since), sustain: minutes(of_the_day) };
        let facts = Tolerant::Understood(room.facts(now, probed));
        let snapshot = SnapshotFrame { no: 1, echo: ECHO, facts };
        desk.reported(&self.which.room, frame(FromRoom::Snapshot(Box::new(snapshot)))).await?;
        Ok(())
    }

    fn moment(&self, day: Date, minute: i32) -> Result<Moment, jiff::Error> {
        let midnight = day.to_zoned(self.zone.clone())?.timestamp();
        let wall = midnight.checked_add(SignedDuration::from_mins(minute.into()))?;
        // A boot of its own: no clock of today's reaches back to it.
        let since_boot = Duration::try_from(wall.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
        Ok(Moment { wall, since_boot, boot: BootId(1) })
    }
}

/// Minutes, as agents have it by default.
const BETWEEN_PROBES: i32 = 30;

const ECHO: Echo = Echo { no: 0, held_ms: 0 };
