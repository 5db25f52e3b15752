//! The list of rooms.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use maud::{Markup, html};
use siaga_booking::{
    StoreError,
    store::{RoomPage, Standing},
};
use siaga_readiness::{catalogue::Text, profile::Profiles, room::RoomId};
use siaga_service::page::{badge, name};

use super::{Filter, Waiting, next};
use crate::{
    desk::{Desk, Known, known::evidence_age, standing},
    page::{
        frame::Viewer,
        words::{State, foremost},
    },
};

/// All rooms in numbers, and those of one page.
pub(super) struct Rooms {
    pub(super) sites: BTreeSet<String>,
    counts: BTreeMap<State, usize>,
    /// How many fit the filter.
    found: usize,
    /// Which page of them this is, from 1.
    page: usize,
    rows: Vec<Row>,
}

struct Row {
    room: RoomId,
    site: Option<String>,
    state: State,
    /// What speaks first for it.
    why: Text,
    /// How many more reasons there are.
    more: usize,
    since: Timestamp,
    evidence_age: Option<f64>,
    next: Option<Timestamp>,
}

/// Rooms on one page: with some 700 bytes each it stays below 150 KB, however many there are.
const ON_A_PAGE: usize = 100;

impl Rooms {
    /// Looks at all rooms.
    pub(super) fn read(
        desk: &Desk,
        profiles: &Profiles,
        waiting: Option<&Waiting>,
        filter: &Filter,
    ) -> Result<Self, StoreError> {
        let (mut sites, mut counts, mut rows) = (BTreeSet::new(), BTreeMap::new(), Vec::new());
        let mut page = RoomPage { site: None, after: None, limit: AT_ONCE };
        loop {
            let rooms = desk.rooms(&page)?;
            page.after = rooms.last().map(|last| last.id().clone());
            for known in &rooms {
                sites.extend(known.row().site.clone());
                if !(filter.is_at(known.row().site.as_deref()) && filter.names(known.id())) {
                    continue;
                }
                let row = Row::of(known, profiles, next(waiting, known.id()));
                *counts.entry(row.state).or_default() += 1;
                if filter.is_so(row.state) {
                    rows.push(row);
                }
            }
            if rooms.len() < AT_ONCE as usize {
                break;
            }
        }
        rows.sort_by(|a: &Row, b| a.urgency().cmp(&b.urgency()));
        let found = rows.len();
        let page = filter.page.parse().unwrap_or(1).clamp(1, found.div_ceil(ON_A_PAGE).max(1));
        let mut rows: Vec<Row> = rows.into_iter().skip((page - 1) * ON_A_PAGE).take(ON_A_PAGE).collect();
        let shown: Vec<_> = rows.iter().map(|row| row.room.clone()).collect();
        let standing = desk.store().read(|reader| reader.standing(&shown, &standing::KINDS))?;
        rows.iter_mut().zip(standing).for_each(|(row, standing)| row.stand(standing));
        Ok(Self { sites, counts, found, page, rows })
    }

    pub(super) fn count(&self, state: State) -> usize {
        self.counts.get(&state).copied().unwrap_or_default()
    }

    pub(super) fn show(&self, viewer: &Viewer, now: Timestamp, filter: &Filter) -> Markup {
        if self.rows.is_empty() {
            return self.none(viewer);
        }
        let heads = [
            viewer.say("Ruang", "Room"),
            viewer.say("Keadaan", "State"),
            viewer.say("Sejak", "Since"),
            viewer.say("Sebab", "Reason"),
            viewer.say("Umur bukti", "Evidence age"),
            viewer.say("Acara berikutnya", "Next meeting"),
        ];
        html! {
            table.rows {
                caption.hidden { (viewer.say("Ruang, yang terburuk lebih dahulu", "Rooms, the worst first")) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for row in &self.rows { (row.show(viewer, now, &heads)) } }
            }
            (self.pager(viewer, filter))
        }
    }

    fn none(&self, viewer: &Viewer) -> Markup {
        html! {
            p.note {
                @if self.sites.is_empty() && self.counts.is_empty() {
                    (viewer.say(
                        "Belum ada ruang yang melapor. Ruang didaftarkan dengan “siaga-probe-server token” dan “siaga-agent enroll”.",
                        "No room has reported yet. Rooms are enrolled with “siaga-probe-server token” and “siaga-agent enroll”.",
                    ))
                } @else {
                    (viewer.say("Tidak ada ruang yang cocok dengan saringan ini.", "No room fits this filter."))
                }
            }
        }
    }

    fn pager(&self, viewer: &Viewer, filter: &Filter) -> Markup {
        let first = (self.page - 1) * ON_A_PAGE;
        let to = |page: usize| Filter { page: page.to_string(), ..filter.clone() }.address();
        html! {
            nav.pager aria-label=(viewer.say("Halaman daftar", "Pages of the list")) {
                @if self.page > 1 { a href=(to(self.page - 1)) rel="prev" { (viewer.say("Sebelumnya", "Previous")) } }
                span {
                    (first + 1) "–" (first + self.rows.len()) " " (viewer.say("dari", "of")) " " (self.found)
                }
                @if first + self.rows.len() < self.found {
                    a href=(to(self.page + 1)) rel="next" { (viewer.say("Berikutnya", "Next")) }
                }
            }
        }
    }
}

/// Rooms whose states are held at a time.
const AT_ONCE: u32 = 500;

impl Filter {
    fn is_at(&self, site: Option<&str>) -> bool {
        self.site.is_empty() || site == Some(self.site.as_str())
    }

    fn names(&self, room: &RoomId) -> bool {
        room.as_str().contains(self.q.trim().to_lowercase().as_str())
    }

    /// One that names no state asks for all.
    fn is_so(&self, state: State) -> bool {
        State::ALL.iter().all(|known| known.key() != self.state) || state.key() == self.state
    }
}

impl Row {
    fn of(known: &Known, profiles: &Profiles, next: Option<Timestamp>) -> Self {
        let readiness = known.own_readiness(profiles, None);
        let row = known.row();
        Self {
            room: row.room.clone(),
            site: row.site.clone(),
            state: State::of(&readiness, known.presence().online),
            why: foremost(&readiness).map(|check| check.text.clone()).unwrap_or_default(),
            more: readiness.reasons.len().saturating_sub(1),
            since: row.last_seen,
            evidence_age: evidence_age(&readiness),
            next,
        }
    }

    /// Whose meeting is next comes first among those that are alike.
    fn urgency(&self) -> (State, Timestamp, &RoomId) {
        (self.state, self.next.unwrap_or(Timestamp::MAX), &self.room)
    }

    /// What its history says, if that is about how it is now; else it has turned so since it last reported.
    fn stand(&mut self, standing: Option<Standing>) {
        if let Some(standing) = standing.filter(|standing| standing.kind == self.state.event()) {
            self.since = standing.since;
        }
    }

    fn show(&self, viewer: &Viewer, now: Timestamp, heads: &[&str; 6]) -> Markup {
        let cell = |index: usize, inside: Markup| html! { td data-head=(heads[index]) { (inside) } };
        html! {
            tr {
                th scope="row" {
                    a href={ "/rooms/" (self.room) } { (self.room) }
                    @if let Some(site) = &self.site { " " span.site { (name(site)) } }
                }
                (cell(1, badge(self.state.tone(), viewer.language.of(self.state.words()))))
                (cell(2, viewer.short(self.since, now)))
                (cell(3, html! {
                    @if self.why.id.is_empty() { "–" } @else { (name(viewer.said(&self.why))) }
                    @if self.more > 0 { " " span.muted { "(+" (self.more) ")" } }
                }))
                (cell(4, html! {
                    @match self.evidence_age { Some(age) => (viewer.language.age(age)), None => "–" }
                }))
                (cell(5, html! { @match self.next { Some(next) => (viewer.short(next, now)), None => "–" } }))
            }
        }
    }
}
