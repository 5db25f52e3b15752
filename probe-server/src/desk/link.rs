//! What rooms say, into the store. It is acknowledged once it is there.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use siaga_booking::{About, Event, Outcome, Report, RoomState, StoreError, Word};
use siaga_probe::admission::Purpose;
use siaga_readiness::{
    moment::Moment,
    profile::Profiles,
    report::{
        Age, Facts, FromRoom, HandedTick, Happening, Hello, Looks, Record, RecordsFrame, SnapshotFrame,
        StillFrame, Tolerant, common_version,
    },
    room::RoomId,
};
use siaga_transport::room::{Desk as RoomDesk, DeskError, Doing, Handle, Received, SILENCE};

use super::{
    Desk, Link,
    known::{between, elapsed, facts, setup},
    records::{before, event, frame as frame_of, outcome, word},
    standing::{KINDS, OFFLINE, Turn, own},
};

/// What the transport hands over to; shared, because the end of a link is recorded after the link.
#[derive(Debug, Clone)]
pub struct Reception(pub Arc<Desk>);

impl RoomDesk for Reception {
    fn connected<'a>(&'a self, room: &'a RoomId, hello: &'a Hello, handle: Handle) -> Doing<'a, u64> {
        Box::pin(async move {
            let committed = self.0.connected(room, hello, handle.link()).await?;
            let version = common_version(hello.version).unwrap_or_default();
            self.0.outbox.on_link(room, handle, version, self.0.now());
            Ok(committed)
        })
    }

    fn report<'a>(&'a self, room: &'a RoomId, received: Received) -> Doing<'a, u64> {
        Box::pin(self.0.reported(room, received))
    }

    fn closed(&self, room: &RoomId, link: u64, why: &str) {
        self.0.outbox.on_end(room, link, self.0.now());
        if self.0.forget(room, link) {
            if why == SILENCE {
                self.0.silences.on_silence(room, self.0.now());
            }
            let (desk, room, why) = (self.0.clone(), room.clone(), why.to_owned());
            tokio::spawn(async move { desk.notice_offline(&room, &why).await });
        }
    }

    fn ordered(&self, room: &RoomId) -> Purpose {
        self.0.outbox.ordered(room, self.0.now())
    }
}

impl Desk {
    /// A room has connected; the answer is up to where its journal is kept.
    ///
    /// # Errors
    /// The store can't be written.
    pub async fn connected(&self, room: &RoomId, hello: &Hello, number: u64) -> Result<u64, DeskError> {
        let now = self.now();
        let about = About { site: hello.site.as_deref().and_then(word), agent: word(&hello.agent) };
        let gone = if self.has_link(room) { None } else { self.unnoticed_end(room, now).await? };
        let noticed = [gone, event(now.wall, "ROOM_ONLINE", "")].into_iter().flatten().collect();
        let report = Report { about: Some(about), noticed, ..self.empty(room, hello.journal.0, now) };
        let link = Link { number, journal: hello.journal.0, heard: false, verdict: None, dropped: 0 };
        self.links().insert(room.clone(), link);
        Ok(self.store.record(report).await.map_err(refusal)?.through)
    }

    /// That the room was offline, which no server has noted because it had ended itself: a room that is then as it was before has
    /// been so only since it came back. One that was away for a moment goes on, as when a server is started anew.
    async fn unnoticed_end(&self, room: &RoomId, now: Moment) -> Result<Option<Event>, DeskError> {
        let (store, id) = (self.store.clone(), room.clone());
        let reading = tokio::task::spawn_blocking(move || {
            store.read(|reader| {
                let Some(row) = reader.room(&id)? else { return Ok(None) };
                if between(row.last_seen, now.wall) <= A_MOMENT {
                    return Ok(None);
                }
                let standing = reader.standing(&[id], &KINDS)?.pop().flatten();
                let open = standing.is_some_and(|standing| standing.kind != OFFLINE);
                // After what it was when it was last seen.
                let at = row.last_seen.checked_add(Duration::from_millis(1)).ok();
                Ok(at.filter(|_| open).and_then(|at| event(at, OFFLINE, "the server ended")))
            })
        });
        reading.await.map_err(|error| DeskError(error.to_string()))?.map_err(refusal)
    }

    /// A room has said something; the answer is up to where its journal is kept.
    ///
    /// # Errors
    /// The store can't be written, or a newer link has come.
    pub async fn reported(&self, room: &RoomId, received: Received) -> Result<u64, DeskError> {
        let Received { link, frame, under_way } = received;
        let journal = self.journal(room, link)?;
        let now = self.now();
        let empty = self.empty(room, journal, now);
        let mut turn = None;
        let mut reported = |facts: Facts| {
            let (state, own) = state(room, facts, now, &self.profiles())?;
            turn = Some(own).filter(|own| self.turns(room, link, own));
            let noticed = turn.as_ref().and_then(|turn| turn.event(now.wall)).into_iter().collect();
            Ok::<_, DeskError>(Report { state: Some(state), noticed, ..empty.clone() })
        };
        let report = match frame {
            FromRoom::Snapshot(frame) => {
                let SnapshotFrame { facts, .. } = *frame;
                let facts = match facts {
                    Tolerant::Understood(facts) => facts,
                    Tolerant::NotUnderstood => Facts::not_understood(setup(room)),
                };
                reported(facts.after(under_way))?
            }
            // What an earlier link said must not be made young by this one.
            FromRoom::Still(_) if !self.is_heard(room, link) => {
                return Err(DeskError("a link begins with a snapshot".to_owned()));
            }
            FromRoom::Still(StillFrame { looks, .. }) => {
                let mut facts = self.last(room, now).await?;
                facts.see_again(aged(looks, under_way));
                reported(facts)?
            }
            FromRoom::Records(RecordsFrame { dropped, mut records, .. }) => {
                self.note_dropped(room, link, dropped);
                let written = now.wall.checked_sub(under_way).unwrap_or(now.wall);
                let kept = self.keep_ticks(room, journal, &records, written).await;
                records.truncate(kept);
                Report { frames: records.iter().map(|record| frame_of(record, written)).collect(), ..empty }
            }
            // What was found is in the snapshots that follow.
            FromRoom::Checking(checking) => {
                self.outbox.on_answer(room, checking.id, checking.answer, now);
                empty
            }
            FromRoom::Hello(_) | FromRoom::Unknown => empty,
        };
        let says_how_it_is = report.state.is_some();
        let through = self.store.record(report).await.map_err(refusal)?.through;
        if says_how_it_is && let Some(standing) = self.links().get_mut(room) {
            if standing.number == link {
                standing.heard = true;
                standing.verdict = turn.map(|turn| turn.verdict).or(standing.verdict);
            }
            self.silences.on_heard(room);
        }
        self.outbox.on_report(room, now);
        Ok(through)
    }

    /// Answers how many of the records may be acknowledged: those before the first tick that can't be kept.
    async fn keep_ticks(&self, room: &RoomId, journal: u64, records: &[Record], written: Timestamp) -> usize {
        let Some(checklist) = self.checklist.get() else { return records.len() };
        for (n, record) in records.iter().enumerate() {
            let Happening::Tick(tick) = &record.what else { continue };
            let at = record.at.and_then(|age| before(written, age));
            let tick = HandedTick { journal, seq: record.seq, at, tick: tick.clone() };
            if let Err(error) = checklist.keep(room, tick).await {
                tracing::error!(%error, %room, "cannot keep what was ticked in a room; it is asked for again");
                return n;
            }
        }
        records.len()
    }

    /// What the room last said, as old as it is now.
    async fn last(&self, room: &RoomId, now: Moment) -> Result<Facts, DeskError> {
        let (store, id) = (self.store.clone(), room.clone());
        let row = tokio::task::spawn_blocking(move || store.read(|reader| reader.room(&id))).await;
        let row = row.map_err(|error| DeskError(error.to_string()))?.map_err(refusal)?;
        let state = row.and_then(|row| row.state);
        // It came over this link: the state is of this boot.
        let state =
            state.ok_or_else(|| DeskError("there is no snapshot that could still be so".to_owned()))?;
        Ok(facts(room, &state).after(elapsed(state.received, now)))
    }

    fn journal(&self, room: &RoomId, link: u64) -> Result<u64, DeskError> {
        let links = self.links();
        let standing = links.get(room).filter(|standing| standing.number == link);
        standing.map(|standing| standing.journal).ok_or_else(|| DeskError("a newer link has come".to_owned()))
    }

    fn has_link(&self, room: &RoomId) -> bool {
        self.links().contains_key(room)
    }

    fn is_heard(&self, room: &RoomId, link: u64) -> bool {
        self.links().get(room).is_some_and(|standing| standing.number == link && standing.heard)
    }

    /// Whether the room was another way when it last reported over this link.
    fn turns(&self, room: &RoomId, link: u64, now: &Turn) -> bool {
        self.links().get(room).is_some_and(|it| it.number == link && it.verdict != Some(now.verdict))
    }

    fn note_dropped(&self, room: &RoomId, link: u64, dropped: u64) {
        if let Some(standing) = self.links().get_mut(room)
            && standing.number == link
            && dropped > standing.dropped
        {
            tracing::warn!(%room, dropped, "the room's journal was full: what it measured while it could not be heard is not whole");
            standing.dropped = dropped;
        }
    }

    /// Whether it was the room's link, and not one that a newer one has replaced.
    pub(crate) fn forget(&self, room: &RoomId, link: u64) -> bool {
        let mut links = self.links();
        let was = links.get(room).is_some_and(|standing| standing.number == link);
        if was {
            links.remove(room);
        }
        was
    }

    pub(crate) async fn notice_offline(&self, room: &RoomId, why: &str) {
        let now = self.now();
        let noticed = event(now.wall, OFFLINE, why).into_iter().collect();
        if let Err(error) = self.store.record(Report { noticed, ..self.empty(room, 0, now) }).await {
            tracing::warn!(%error, %room, "cannot record that the room went offline");
        }
    }

    fn empty(&self, room: &RoomId, journal: u64, received: Moment) -> Report {
        let room = room.clone();
        Report { room, received, about: None, state: None, frames: Vec::new(), noticed: Vec::new(), journal }
    }
}

/// Rooms report every minute, and are back within seconds.
const A_MOMENT: Duration = Duration::from_secs(2 * 60);

fn aged(looks: Looks, under_way: Duration) -> Looks {
    let older = |age: Option<Age>| age.map(|age| age.after(under_way));
    Looks { scan: older(looks.scan), attempt: older(looks.attempt), host: older(looks.host) }
}

/// As it is kept, and how the room stands in it by its own profile.
fn state(
    room: &RoomId,
    mut facts: Facts,
    now: Moment,
    profiles: &Profiles,
) -> Result<(RoomState, Turn), DeskError> {
    // Who it is about is not the room's to say.
    facts.setup.room = room.to_string();
    let (snapshot, moment) = facts.as_of(Duration::ZERO, now.wall);
    let own = own((&snapshot, moment), facts.profile.as_ref(), profiles);
    let mut standing: Vec<(Word, Outcome)> = own
        .checks
        .iter()
        .filter_map(|check| Some((word(check.code.as_str())?, outcome(check.state))))
        .collect();
    standing.extend(word("ONLINE").map(|online| (online, Outcome::Good)));
    let json = serde_json::to_string(&facts).map_err(|error| DeskError(error.to_string()))?;
    let state = RoomState::new(json, standing).map_err(|error| DeskError(error.to_string()))?;
    Ok((state, Turn::of(&own)))
}

/// The room is told that it could not be kept, and no path of this machine.
#[allow(clippy::needless_pass_by_value)]
fn refusal(error: StoreError) -> DeskError {
    tracing::error!(%error, "cannot keep what a room reports");
    DeskError("the server cannot keep what is reported; keep it and try again later".to_owned())
}
