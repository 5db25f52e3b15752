//! An office on Thursday, 26 November 2026, by a clock of its own: rooms that report minute by minute, bookings of every fate, and
//! what people said of them. What its reports tell is known beforehand.
//!
//! | booking | room | what becomes of it |
//! |---|---|---|
//! | `SBW-1` | aula | approved, prepared, held without trouble |
//! | `SBW-2` | bappeda | approved, its link fails from 10 to 11: held with trouble |
//! | `SBW-3` | aula | denied: `SBW-1` has the slot |
//! | `SBW-4` | dprd | denied: no letter |
//! | `SBW-5` | dprd | to be reviewed since the 23rd, for nobody stated anything |
//! | `SBW-6` | camat | to be reviewed; approved by a person, with everything in the words that a page could trip over |
//! | `SBW-7` | bappeda | approved, its camera is unplugged, and withdrawn |
//! | `SBW-8` | aula | cancelled |

use std::{
    error::Error,
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use siaga_booking::{
    NotDone, Retention, Store, StoreError,
    bookings::{BookingsReader, Turn},
    prechecks::{Approval, Told},
};
use siaga_probe::{Mode, Verdict};
use siaga_probe_server::{
    config,
    desk::{self, Desk},
    gate::Gate,
    init,
    office::Office,
    report::{Archive, Format, Terms, Wanted},
};
use siaga_readiness::{
    booking::{
        BookingRef,
        precheck::{Action, Answer, Finding, Room, RoomSeen, Server, Stage, Times},
    },
    inventory::Kind,
    moment::{BootId, Moment},
    reasons::Code,
    report::{
        Age, DeviceChange, DeviceEvent, Echo, FromRoom, HandedTick, Happening, Hello, Item, JournalId,
        Record, RecordsFrame, SnapshotFrame, Tick, Tolerant, VERSION,
    },
    room::RoomId,
    state::CheckState,
};
use siaga_service::{http::Asker, page::Language};
use siaga_transport::room::Received;
use tempfile::TempDir;

use crate::lab_room::{Fault, LabRoom, Probed, probe};

/// Words with everything in them that a page or a spreadsheet could trip over.
pub const HOSTILE: &str =
    "=HYPERLINK(\"x\") <script>alert(1)</script> \u{202e}kirab\u{202c} 🙂 'satu', \"dua\"; & <b>";

/// The office, with its server's directory.
#[derive(Debug)]
pub struct OfficeDay {
    home: TempDir,
    clock: Arc<Mutex<Moment>>,
    desk: Arc<Desk>,
    gate: Arc<Gate>,
    sequence: u64,
}

/// A failure ends the story.
type Done<T> = Result<T, Box<dyn Error>>;

impl OfficeDay {
    /// The whole story, told until the evening.
    ///
    /// # Errors
    /// It does not go as it is written.
    pub async fn new() -> Done<Self> {
        let mut day = Self::open()?;
        day.past().await?;
        day.monday().await?;
        day.thursday().await?;
        Ok(day)
    }

    /// Where the server keeps everything.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.home.path().join("server")
    }

    /// Now, by the story's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner).wall
    }

    /// A report, as the running server writes it.
    ///
    /// # Errors
    /// It can't.
    pub fn report(&self, wanted: &Wanted, format: Format, language: Language) -> Done<String> {
        let archive =
            Archive::Live { bookings: self.gate.bookings()?.clone(), rooms: self.desk.store().clone() };
        let terms = Terms { now: self.now(), office: self.gate.office() };
        Ok(wanted.write(&archive, &terms, format, language)?)
    }

    fn open() -> Done<Self> {
        let home = tempfile::Builder::new().prefix("siaga-office.").tempdir()?;
        let dir = home.path().join("server");
        init::init(&dir, &["127.0.0.1".to_owned()], "2026-11-01".parse()?)?;
        let settings = config::load(&dir, &config::Overrides::default())?;
        let moment = Moment { wall: at("2026-11-05T07:00")?, since_boot: Duration::ZERO, boot: BootId(1) };
        let clock = Arc::new(Mutex::new(moment));
        let (store, _) = Store::open(&desk::file(&dir), Retention::default(), moment.wall)?;
        let hand = clock.clone();
        let tell = move || *hand.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = Arc::new(Desk::new(store, Box::new(tell)));
        let office = Office::load(&dir, &settings)?;
        let gate = Arc::new(Gate::open(&dir, desk.clone(), office)?);
        Ok(Self { home, clock, desk, gate, sequence: 0 })
    }

    fn set(&self, wall: Timestamp) {
        let mut now = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = Duration::try_from(wall.duration_since(now.wall)).unwrap_or_default();
        now.since_boot += passed;
        now.wall = wall;
    }

    /// Twelve working days on which all went well.
    async fn past(&mut self) -> Done<()> {
        for day in [5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20] {
            for (room, site) in [(AULA, SETDA), (BAPPEDA, PLANNERS), (DPRD, SETDA)] {
                self.set(at(&format!("2026-11-{day:02}T07:00"))?);
                self.connect(room, site).await?;
                // Probes every half hour; between them nothing changes.
                for minute in (0..600).step_by(30) {
                    self.set(at(&format!("2026-11-{day:02}T07:00"))? + SignedDuration::from_mins(minute));
                    self.report_in(room, minute, None).await?;
                }
            }
        }
        Ok(())
    }

    /// Bookings are decided while the rooms are on.
    async fn monday(&mut self) -> Done<()> {
        self.set(at("2026-11-23T09:00")?);
        for (room, site) in [(AULA, SETDA), (BAPPEDA, PLANNERS), (DPRD, SETDA), (CAMAT, HOSTILE_SITE)] {
            self.connect(room, site).await?;
            self.report_in(room, 0, None).await?;
        }
        let slot = |from: &str, to: &str| json!({ "start": format!("2026-11-{from}:00+07:00"), "end": format!("2026-11-{to}:00+07:00") });
        let morning = || slot("26T09:00", "26T11:00");
        self.book("SBW-1", AULA, morning(), |_| {}).await?;
        self.book("SBW-2", BAPPEDA, morning(), |_| {}).await?;
        self.book("SBW-3", AULA, slot("26T10:00", "26T12:00"), |_| {}).await?;
        self.book("SBW-4", DPRD, morning(), |request| request["letter_ref"] = json!("")).await?;
        let nothing_stated = |request: &mut Value| request["facts"] = json!({});
        self.book("SBW-5", DPRD, slot("26T13:00", "26T14:30"), nothing_stated).await?;
        self.book("SBW-6", CAMAT, slot("26T13:00", "26T15:00"), |request| {
            nothing_stated(request);
            request["letter_ref"] = json!(HOSTILE);
            request["class"] = json!("leaders");
        })
        .await?;
        self.book("SBW-7", BAPPEDA, slot("26T13:30", "26T15:30"), |_| {}).await?;
        self.book("SBW-8", AULA, slot("26T14:00", "26T15:00"), |_| {}).await?;
        self.book("SBW-9", DPRD, slot("30T09:00", "30T11:00"), nothing_stated).await?;
        self.gate.cancel(reference("SBW-8")?, nobody()).await?;
        let person = json!({
            "decision": "approve", "actor": "Kepala Dinas, Sri Wahyuni", "reason": HOSTILE, "expires_at": "2026-11-26T15:00:00+07:00"
        });
        self.gate.overrule(reference("SBW-6")?, serde_json::from_value(person)?, nobody()).await?;
        Ok(())
    }

    /// The day itself, minute by minute.
    async fn thursday(&mut self) -> Done<()> {
        self.set(at("2026-11-25T09:15")?);
        self.passes("SBW-1", Stage::DayBefore).await?;
        self.passes("SBW-2", Stage::DayBefore).await?;
        let seven = at("2026-11-26T07:00")?;
        for minute in 0..660 {
            self.set(seven + SignedDuration::from_mins(minute));
            if minute == 0 {
                for (room, site) in [(AULA, SETDA), (BAPPEDA, PLANNERS), (DPRD, SETDA), (CAMAT, HOSTILE_SITE)]
                {
                    self.connect(room, site).await?;
                }
            }
            let slow = (180..240).contains(&minute).then_some(Fault::Link);
            let unplugged = (270..).contains(&minute).then_some(Fault::Camera);
            self.report_in(AULA, minute, None).await?;
            self.report_in(BAPPEDA, minute, slow.or(unplugged)).await?;
            // Switched off at two; the sub-district's is on from nine to three.
            if minute < 420 {
                self.report_in(DPRD, minute, None).await?;
            }
            if (120..480).contains(&minute) {
                self.report_in(CAMAT, minute, None).await?;
            }
            match minute {
                5 => self.passes("SBW-1", Stage::Early).await?,
                95 => self.tick("SBW-1", AULA, &Item::ALL, "Rina Kartika").await?,
                100 => {
                    self.tick("SBW-2", BAPPEDA, &[Item::AttendanceConfirmed, Item::RoomReady], "Budi")
                        .await?;
                }
                106 => self.passes("SBW-1", Stage::Last).await?,
                250 => self.conclude("SBW-1", "ok", "Berjalan lancar, 28 peserta.", "Rina Kartika").await?,
                255 => {
                    let note = "Suara putus-putus antara pukul 10 dan 11; rapat dilanjutkan lewat telepon.";
                    self.conclude("SBW-2", "troubled", note, "Budi").await?;
                }
                270 => self.unplug().await?,
                275 => self.withdraw("SBW-7").await?,
                365 => self.tick("SBW-6", CAMAT, &[Item::MeetingTried], HOSTILE).await?,
                500 => self.conclude("SBW-6", "failed", HOSTILE, HOSTILE).await?,
                _ => {}
            }
        }
        self.set(at("2026-11-26T18:00")?);
        Ok(())
    }
}

const AULA: &str = "aula";
const BAPPEDA: &str = "rapat-bappeda";
const DPRD: &str = "dprd-lt2";
const CAMAT: &str = "kantor-camat";
const SETDA: &str = "Sekretariat Daerah";
const PLANNERS: &str = "Bappeda";
const HOSTILE_SITE: &str = "=<script>alert(2)</script>\"&";

/// In western Indonesia.
fn at(local: &str) -> Result<Timestamp, jiff::Error> {
    format!("{local}:00+07:00").parse()
}

fn reference(name: &str) -> Result<BookingRef, Box<dyn Error>> {
    Ok(name.parse()?)
}

impl OfficeDay {
    async fn connect(&self, room: &str, site: &str) -> Done<()> {
        let hello = Hello {
            version: VERSION,
            agent: "0.1.0".into(),
            room: room.parse()?,
            site: Some(site.to_owned()),
            journal: JournalId(7),
            clock_ms: 0,
        };
        self.desk.connected(&room.parse()?, &hello, 1).await?;
        Ok(())
    }

    async fn say(&self, room: &RoomId, frame: FromRoom) -> Done<()> {
        self.desk.reported(room, Received { link: 1, frame, under_way: Duration::ZERO }).await?;
        Ok(())
    }

    async fn record(&mut self, room: &RoomId, what: Happening) -> Done<()> {
        self.sequence += 1;
        let records = vec![Record { seq: self.sequence, at: Some(Age::ZERO), what }];
        self.say(room, FromRoom::Records(RecordsFrame { no: 1, echo: ECHO, dropped: 0, records })).await
    }

    /// A room in a minute of its day; every half hour it probes.
    async fn report_in(&mut self, room: &str, minute: i64, fault: Option<Fault>) -> Done<()> {
        let id: RoomId = room.parse()?;
        let verdict = if matches!(fault, Some(Fault::Link)) { Verdict::Fail } else { Verdict::Pass };
        if minute % 30 == 0 {
            let mut evidence = probe(Mode::Gate, verdict);
            // No two probes measure quite the same.
            let more = u64::try_from(minute * 7 % 40).unwrap_or(0) * 10_000;
            for found in [&mut evidence.result.up, &mut evidence.result.down] {
                found.delivered_bps = found.delivered_bps.map(|bps| bps + more);
            }
            self.record(&id, Happening::Probe(Box::new(evidence))).await?;
        }
        if minute == 0 {
            self.record(&id, Happening::Probe(Box::new(probe(Mode::Sustain, Verdict::Pass)))).await?;
        }
        let minutes = |minutes: i64| Duration::from_secs(minutes.unsigned_abs() * 60);
        let now = self.desk.now();
        let probed = Probed { gate: minutes(minute % 30), sustain: minutes(minute) };
        let facts = LabRoom { name: room.to_owned(), fault }.facts(now, probed);
        let frame = SnapshotFrame { no: 1, echo: ECHO, facts: Tolerant::Understood(facts) };
        self.say(&id, FromRoom::Snapshot(Box::new(frame))).await
    }

    async fn unplug(&mut self) -> Done<()> {
        let gone = DeviceEvent {
            device: Kind::Camera,
            id: "usb-046d:082d-1".into(),
            name: "Webcam <i>\"C920\"</i> & 🙂".into(),
            change: DeviceChange::Gone,
            state: CheckState::Ok,
            reason: Code::DevicePresent,
        };
        self.record(&BAPPEDA.parse()?, Happening::Device(gone)).await
    }

    async fn book(&self, name: &str, room: &str, slot: Value, change: impl FnOnce(&mut Value)) -> Done<()> {
        let mut request = json!({
            "room": room, "slot": slot, "submitted_at": "2026-11-22T08:30:00+07:00", "class": "regular", "profile": "minimum",
            "letter_ref": format!("090/{name}/OPD/2026"), "devices_expected": 32,
            "facts": {
                "applicant_equipment": true, "applicant_accounts": true, "applicant_staff": true,
                "division_accounts": true, "division_staff": true, "division_capacity": true,
            },
        });
        change(&mut request);
        self.gate.put(reference(name)?, serde_json::from_value(request)?, false, nobody()).await?;
        Ok(())
    }

    async fn conclude(&self, name: &str, outcome: &str, note: &str, actor: &str) -> Done<()> {
        let said = serde_json::from_value(json!({ "outcome": outcome, "note": note, "actor": actor }))?;
        self.gate.conclude(reference(name)?, said, nobody()).await?;
        Ok(())
    }

    async fn tick(&self, name: &str, room: &str, items: &[Item], by: &str) -> Done<()> {
        for item in items {
            let tick = Tick { reference: name.to_owned(), item: *item, name: by.to_owned() };
            let (room, tick) = (room.parse()?, HandedTick { journal: 7, seq: 1, at: None, tick });
            self.turn(move |turn| turn.tick(&room, &tick)).await?;
        }
        Ok(())
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Done<T> {
        let done =
            self.gate.bookings()?.in_turn(self.now(), |turn| work(turn).map_err(NotDone::<()>::Store)).await;
        done.map(|(done, _)| done).map_err(|error| format!("{error:?}").into())
    }

    fn approval(&self, name: &str) -> Done<Approval> {
        let (reference, now) = (reference(name)?, self.now());
        let to = now + SignedDuration::from_hours(14 * 24);
        let approvals =
            self.gate.bookings()?.read(|reader: &mut BookingsReader<'_>| reader.approvals(now, to))?;
        let found = approvals.into_iter().find(|approval| approval.booking.reference == reference);
        found.ok_or_else(|| format!("{name} is not approved").into())
    }

    /// The room is asked, and passes.
    async fn passes(&self, name: &str, stage: Stage) -> Done<()> {
        self.checked(name, stage, Finding::Passed).await
    }

    /// The room is asked, and has no camera any more.
    async fn withdraw(&self, name: &str) -> Done<()> {
        let reasons = vec![Code::CameraMissing];
        self.checked(name, Stage::Early, Finding::Failed { reasons, link_only: false }).await
    }

    async fn checked(&self, name: &str, stage: Stage, finding: Finding) -> Done<()> {
        let (mut approval, now) = (self.approval(name)?, self.now());
        let calendar = self.gate.office().calendar.clone();
        let slot = approval.booking.slot;
        let times =
            Times::of(name, slot.start(), slot.end(), calendar.zone().rules(), |date| calendar.opening(date));
        let (room, server) =
            (Room { away: None, in_use: false }, Server { fault: None, started: at("2026-11-01T00:00")? });
        let due = times.due(stage).filter(|due| *due > now).unwrap_or(now);
        let asked = approval.progress.step(&times, None, room, server, due);
        let ask = asked.iter().find_map(|action| match action {
            Action::Ask { stage: of, ask } if *of == stage => Some(*ask),
            _ => None,
        });
        let ask = ask.ok_or_else(|| format!("{name}: {stage:?} was not asked for: {asked:?}"))?;
        let answer = Some(Answer { stage, ask, finding });
        let told: Vec<Told> = approval
            .progress
            .step(&times, answer, room, server, due)
            .into_iter()
            .filter_map(|action| match action {
                Action::Withdraw(why) => Some(Told::Withdrawn(why)),
                _ => None,
            })
            .collect();
        let known = self.desk.room(&approval.booking.room)?.ok_or("the room is not known")?;
        let seen = RoomSeen {
            online: true,
            last_seen: now,
            checks: known.readiness_named("minimum", &self.gate.office().profiles, None).checks,
        };
        let zone = calendar.zone().clone();
        self.turn(move |turn| turn.keep_precheck(&approval, &told, &seen, &zone)).await?;
        Ok(())
    }
}

/// Without a token.
fn nobody() -> Asker {
    Asker::default()
}

const ECHO: Echo = Echo { no: 0, held_ms: 0 };

/// Writes a report into `target/reports`, for who wants to look at it, and answers with its path.
///
/// # Errors
/// It can't be written.
pub fn keep(name: &str, text: &str) -> io::Result<PathBuf> {
    let here = std::env::current_exe()?;
    // target/PROFILE/deps/TEST
    let target = here.ancestors().nth(3).ok_or_else(|| io::Error::other("not built by cargo"))?;
    let folder = target.join("reports");
    fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    fs::write(&path, text)?;
    Ok(path)
}
