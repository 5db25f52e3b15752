//! What is said while a link stands: one frame at a time, the next once it is acknowledged.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;
use siaga_readiness::{
    profile::ProfileName,
    report::{
        Ack, CheckAnswer, CheckNow, CheckingFrame, Facts, FromRoom, FromServer, Looks, RecordsFrame,
        SnapshotFrame, StillFrame, Tolerant,
    },
    snapshot::Snapshot,
};
use siaga_service::signals::Shutdown;
use siaga_transport::room::{LinkEnd, RoomLink, Why};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tracing::{info, warn};

use super::{Ruled, keeper::Keeper};
use crate::{
    changes::ChangeWatch,
    demand::{self, Check},
    host,
    room::Room,
};

/// What is known is said at least this often.
const AT_LEAST: Duration = Duration::from_secs(60);

/// Changes that come faster than this are said together. The server takes no more than some frames a second.
const TOGETHER: Duration = Duration::from_millis(500);

/// Between two frames of records: a long backlog must leave the line to others.
const BACKLOG: Duration = Duration::from_secs(1);

/// Between two frames of records of which the server has kept nothing.
const NOT_KEPT: Duration = Duration::from_secs(60);

/// What a talk needs.
pub(super) struct Talk<'a> {
    pub(super) room: &'a Room,
    pub(super) ruled: &'a Ruled,
    pub(super) watch: &'a ChangeWatch,
    pub(super) keeper: &'a Keeper,
}

/// That the machine is elsewhere, or was asleep.
pub(super) fn moved() -> LinkEnd {
    LinkEnd { why: Why::Moved, words: "this machine slept, or is on another network".to_owned() }
}

impl Talk<'_> {
    /// Until the link is gone, and why; `None` once the program is to end.
    pub(super) async fn run(&self, mut link: RoomLink, shutdown: &Shutdown) -> Option<LinkEnd> {
        let committed = link.welcome().committed;
        self.compare_clocks(link.welcome().server_time_ms);
        self.keeper.with(move |journal| journal.on_committed(committed, host::now())).await;
        self.keeper.tell(self.room).await;
        let mut course = Course::new(self.room.changed(), committed, link.welcome().version);
        loop {
            if course.unanswered.is_none()
                && let Err(end) = self.say_what_is_due(&mut link, &mut course).await
            {
                return Some(end);
            }
            let next = course.next_due();
            let heard = tokio::select! {
                heard = link.hear() => heard,
                () = sleep_until(next) => {
                    if course.is_overdue() {
                        let words = "the server does not acknowledge what the room says".to_owned();
                        return Some(LinkEnd { why: Why::Unreachable, words });
                    }
                    continue;
                }
                _ = course.changes.changed() => {
                    course.has_changed = true;
                    continue;
                }
                () = self.keeper.written() => {
                    course.has_records = true;
                    continue;
                }
                () = shutdown.requested() => {
                    link.close().await;
                    return None;
                }
            };
            match heard {
                Ok(FromServer::Ack(ack)) => self.on_ack(ack, &mut course).await,
                Ok(FromServer::CheckNow(wish)) => self.check_now(wish, &mut course),
                Ok(FromServer::Agenda(agenda)) => self.room.bookings().are(agenda, Timestamp::now()),
                Ok(FromServer::Rules(frame)) => self.ruled.hear(self.room, frame.rules).await,
                Ok(FromServer::Welcome(_) | FromServer::Unknown) => {}
                Err(end) => return Some(end),
            }
        }
    }

    async fn say_what_is_due(&self, link: &mut RoomLink, course: &mut Course) -> Result<(), LinkEnd> {
        let now = Instant::now();
        course.look_at_checks(self.room, now);
        let frame = if let Some((id, answer)) = course.next_answer() {
            let (no, _) = link.number();
            FromRoom::Checking(CheckingFrame { no, id, answer })
        } else if course.state_due() <= now {
            // A machine that has just woken up must not be reported as it was before.
            self.watch.look(self.room);
            course.on_state(now);
            self.state_frame(link, course)
        } else if course.has_records && course.records_due <= now {
            course.records_due = now + BACKLOG;
            let moment = host::now();
            let (records, dropped) =
                self.keeper.with(move |journal| (journal.unsent(moment), journal.state().dropped)).await;
            if records.is_empty() {
                course.has_records = false;
                return Ok(());
            }
            let (no, echo) = link.number();
            course.records_said = Some(no);
            FromRoom::Records(RecordsFrame { no, echo, dropped, records })
        } else {
            return Ok(());
        };
        course.unanswered = frame.no().map(|no| (no, now + link.patience()));
        link.say(&frame).await
    }

    /// What is known, in full if the server does not know it already.
    fn state_frame(&self, link: &mut RoomLink, course: &mut Course) -> FromRoom {
        let snapshot = self.room.snapshot();
        let (no, echo) = link.number();
        // After the snapshot and the echo: no age in it is younger than it says.
        let now = host::now();
        let profile = self.room.standards().own.name.clone();
        let until = self.certificate_until();
        let known = course.known.as_ref().filter(|(_, by, till)| *by == profile && *till == until);
        let looks = known.and_then(|(known, ..)| Looks::alone_differ(known, &snapshot, now));
        let frame = match looks {
            Some(looks) => FromRoom::Still(StillFrame { no, echo, looks }),
            None => {
                let facts = Facts::of(&snapshot, now).of_profile(&profile).certified(until);
                let facts = Tolerant::Understood(facts);
                FromRoom::Snapshot(Box::new(SnapshotFrame { no, echo, facts }))
            }
        };
        course.known = Some((snapshot, profile, until));
        frame
    }

    /// Until when the room's certificate for its desk counts.
    fn certificate_until(&self) -> Option<Timestamp> {
        let desk = self.room.desk().server?;
        self.room.identities().into_iter().find(|it| it.server == desk).map(|it| it.until)
    }

    async fn on_ack(&self, ack: Ack, course: &mut Course) {
        self.compare_clocks(ack.server_time_ms);
        if course.unanswered.is_some_and(|(no, _)| no == ack.no) {
            course.unanswered = None;
        }
        self.room.tell_of_desk(|desk| desk.reported_at = Some(Timestamp::now()));
        if course.records_said == Some(ack.no) {
            course.records_said = None;
            if ack.committed <= course.committed {
                // It can't keep them now.
                course.records_due = Instant::now() + NOT_KEPT;
            }
        }
        if ack.committed > course.committed {
            course.committed = ack.committed;
            self.keeper.with(move |journal| journal.on_committed(ack.committed, host::now())).await;
            self.keeper.tell(self.room).await;
        }
    }

    fn check_now(&self, wish: CheckNow, course: &mut Course) {
        self.watch.look(self.room);
        let check = demand::check_now(self.room, wish.purpose);
        let answer = if check.is_some() { CheckAnswer::Begun } else { CheckAnswer::MeetingOn };
        info!(id = wish.id, purpose = %wish.purpose, ?answer, "the room's desk asks for a check");
        course.answers.push_back((wish.id, answer));
        // A server of the version before does not ask what comes of it.
        if let Some(check) = check.filter(|_| course.version >= TELLS_THE_END) {
            course.checks.push((wish.id, check));
        }
    }

    /// A wrong clock is told, once; nothing is dated by the server's.
    #[allow(clippy::cast_precision_loss)] // The server may say anything.
    fn compare_clocks(&self, server_time_ms: i64) {
        let offset = server_time_ms.saturating_sub(Timestamp::now().as_millisecond()) as f64 / 1e3;
        let was_wrong = self.room.desk().clock_is_wrong();
        self.room.tell_of_desk(|desk| desk.clock_offset_s = Some(offset));
        if self.room.desk().clock_is_wrong() && !was_wrong {
            warn!(
                offset_s = offset,
                "this machine's clock differs from the server's: check which of them is wrong"
            );
        }
    }
}

/// How far a talk is.
struct Course {
    began: Instant,
    changes: watch::Receiver<()>,
    has_changed: bool,
    has_records: bool,
    /// What the server knows, once it has acknowledged it; the profile that the room goes by, and until when its certificate counts.
    known: Option<(Snapshot, ProfileName, Option<Timestamp>)>,
    /// When what is known was last said.
    state_said: Option<Instant>,
    records_due: Instant,
    /// The frame of records that is not acknowledged.
    records_said: Option<u64>,
    /// The frame that is not acknowledged, and until when that is bearable.
    unanswered: Option<(u64, Instant)>,
    /// To wishes to check now.
    answers: VecDeque<(u64, CheckAnswer)>,
    /// Checks that were begun.
    checks: Vec<(u64, Check)>,
    /// Those that are over since then; what they found is said first.
    over: VecDeque<(u64, CheckAnswer, Instant)>,
    /// Of the frames that both sides speak.
    version: u16,
    committed: u64,
}

/// The first version of the frames in which a room says that a check is over.
const TELLS_THE_END: u16 = 2;

/// Between two looks whether a check is over.
const LOOK: Duration = Duration::from_secs(1);

impl Course {
    fn new(changes: watch::Receiver<()>, committed: u64, version: u16) -> Self {
        let now = Instant::now();
        Self {
            began: now,
            changes,
            has_changed: true,
            has_records: true,
            known: None,
            state_said: None,
            records_due: now,
            records_said: None,
            unanswered: None,
            answers: VecDeque::new(),
            checks: Vec::new(),
            over: VecDeque::new(),
            version,
            committed,
        }
    }

    fn on_state(&mut self, now: Instant) {
        self.changes.mark_unchanged();
        (self.has_changed, self.state_said) = (false, Some(now));
    }

    /// What the checks that are over have found is to be said, and after that, that they are.
    fn look_at_checks(&mut self, room: &Room, now: Instant) {
        let Self { checks, over, has_changed, .. } = self;
        checks.retain(|(id, check)| {
            let answer = check.answer(room);
            if let Some(answer) = answer {
                over.push_back((*id, answer, now));
                *has_changed = true;
            }
            answer.is_none()
        });
    }

    fn next_answer(&mut self) -> Option<(u64, CheckAnswer)> {
        if let Some(answer) = self.answers.pop_front() {
            return Some(answer);
        }
        let (id, answer, since) = *self.over.front()?;
        if self.state_said.is_none_or(|said| said < since) {
            return None;
        }
        self.over.pop_front();
        Some((id, answer))
    }

    fn state_due(&self) -> Instant {
        match self.state_said {
            None => self.began,
            Some(said) => said + if self.has_changed { TOGETHER } else { AT_LEAST },
        }
    }

    fn next_due(&self) -> Instant {
        match self.unanswered {
            Some((_, until)) => until,
            None => {
                let records = self.has_records.then_some(self.records_due);
                let look = (!self.checks.is_empty()).then(|| Instant::now() + LOOK);
                [records, look].into_iter().flatten().fold(self.state_due(), Instant::min)
            }
        }
    }

    fn is_overdue(&self) -> bool {
        self.unanswered.is_some_and(|(_, until)| until <= Instant::now())
    }
}
