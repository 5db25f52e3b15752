//! Bookings that wait for a person, and meetings that are about to come.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use siaga_booking::{Bookings, StoreError, bookings::BookingRow, prechecks::Approval, tally::OVERDUE_AFTER};
use siaga_readiness::{
    booking::precheck::{Stage, Times},
    room::RoomId,
};
use siaga_service::page::{Tone, badge, name};

use crate::{
    desk::Desk,
    office::Office,
    page::{
        frame::Viewer,
        words::{State, standing_tone},
    },
    report::words,
};

pub(super) struct Waiting {
    /// What waited longest comes first.
    reviews: Vec<(BookingRow, Timestamp)>,
    coming: Vec<Coming>,
    /// Each room's next approved meeting within a week.
    pub(super) next: BTreeMap<RoomId, Timestamp>,
}

/// An approval whose meeting is about to come.
struct Coming {
    approval: Approval,
    times: Times,
    /// How its room is now, by the profile that was asked for.
    room: Option<State>,
}

/// Of each only so many are shown; the others are among the bookings.
const MOST: usize = 8;

/// The check on the last working day before lies within this, weekends aside.
const AHEAD: SignedDuration = SignedDuration::from_hours(48);

impl Waiting {
    pub(super) fn read(
        bookings: &Bookings,
        desk: &Desk,
        office: &Office,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let (reviews, mut approvals, next) = bookings.read(|reader| {
            let until = now.checked_add(AHEAD).unwrap_or(now);
            let most = u32::try_from(MOST).unwrap_or(u32::MAX);
            Ok((reader.reviews(now, most + 1)?, reader.approvals(now, until)?, reader.next_meetings(now)?))
        })?;
        approvals.truncate(MOST + 1);
        let coming = approvals.into_iter().map(|approval| Coming::of(approval, desk, office));
        Ok(Self {
            reviews,
            coming: coming.collect::<Result<_, _>>()?,
            next: next.into_iter().map(|next| (next.room, next.start)).collect(),
        })
    }

    pub(super) fn show(&self, viewer: &Viewer, now: Timestamp) -> Markup {
        html! {
            div.pair {
                div.card {
                    h2 { (viewer.say("Perlu ditinjau", "To be reviewed")) }
                    @if self.reviews.is_empty() {
                        p.muted { (viewer.say("Tidak ada yang menunggu.", "Nothing waits.")) }
                    } @else {
                        ul.items { @for (row, since) in self.reviews.iter().take(MOST) { (review(viewer, row, *since, now)) } }
                    }
                    (more(viewer, self.reviews.len(), "/bookings?decision=review"))
                }
                div.card {
                    h2 { (viewer.say("Acara 48 jam ke depan", "Meetings in the next 48 hours")) }
                    @if self.coming.is_empty() {
                        p.muted { (viewer.say("Tidak ada acara yang disetujui.", "No meeting is approved.")) }
                    } @else {
                        ul.items { @for coming in self.coming.iter().take(MOST) { (coming.show(viewer, now)) } }
                    }
                    (more(viewer, self.coming.len(), "/bookings"))
                }
            }
        }
    }
}

fn more(viewer: &Viewer, found: usize, address: &str) -> Markup {
    html! {
        @if found > MOST { p { a href=(address) { (viewer.say("Lihat semua", "See all")) } } }
    }
}

fn review(viewer: &Viewer, row: &BookingRow, since: Timestamp, now: Timestamp) -> Markup {
    let waited = now.duration_since(since);
    html! {
        li {
            p.first {
                a href={ "/bookings/" (row.reference) } { (row.reference) } " "
                @if waited >= OVERDUE_AFTER { (badge(Tone::Bad, viewer.say("Terlambat", "Overdue"))) " " }
                span.muted { (viewer.say("menunggu", "waits")) " " (viewer.language.age(waited.as_secs_f64())) }
            }
            (about(row))
            p { (row.room) ", " (viewer.language.span(row.slot.start(), row.slot.end(), viewer.zone())) }
        }
    }
}

/// What it is about, if that was said.
fn about(row: &BookingRow) -> Markup {
    html! { @if let Some(title) = row.title() { p { (name(&title)) } } }
}

impl Coming {
    fn of(approval: Approval, desk: &Desk, office: &Office) -> Result<Self, StoreError> {
        let calendar = &office.calendar;
        let (reference, slot) = (&approval.booking.reference, approval.booking.slot);
        let zone = calendar.zone().rules();
        let times =
            Times::of(reference.as_str(), slot.start(), slot.end(), zone, |date| calendar.opening(date));
        let profile = approval.profile().unwrap_or_default();
        let room = desk.room(&approval.booking.room)?.map(|known| {
            let readiness = known.readiness_named(&profile, &office.profiles, None);
            State::of(&readiness, known.presence().online)
        });
        Ok(Self { approval, times, room })
    }

    fn show(&self, viewer: &Viewer, now: Timestamp) -> Markup {
        let booking = &self.approval.booking;
        let standing = booking.standing.as_deref().unwrap_or("pending");
        html! {
            li {
                p.first {
                    a href={ "/bookings/" (booking.reference) } { (booking.reference) } " "
                    @if let Some(words) = words::standing(standing) {
                        (badge(standing_tone(standing), viewer.language.of(words)))
                    }
                }
                (about(booking))
                p {
                    a href={ "/rooms/" (booking.room) } { (booking.room) } ", "
                    (viewer.language.span(booking.slot.start(), booking.slot.end(), viewer.zone()))
                }
                @if let Some(room) = self.room {
                    p {
                        span.muted { (viewer.say("Ruang sekarang:", "The room now:")) } " "
                        (badge(room.tone(), viewer.language.of(room.words())))
                    }
                }
                ul.stages aria-label=(viewer.say("Pemeriksaan sebelum acara", "Checks before the meeting")) {
                    @for stage in Stage::ALL { (self.stage(viewer, stage, now)) }
                }
            }
        }
    }

    fn stage(&self, viewer: &Viewer, stage: Stage, now: Timestamp) -> Markup {
        let progress = &self.approval.progress;
        let under_way = progress.asked().is_some_and(|(asked, _)| asked == stage);
        let ended = progress.ended(stage).map(|ended| ended.as_str());
        let (_, words) = words::ended(ended, self.approval.booking.slot.start() <= now);
        html! {
            @if let Some(due) = self.times.due(stage) {
                li {
                    (viewer.short(due, now)) ": "
                    @if under_way { (viewer.say("sedang diperiksa", "under way")) } @else { (viewer.language.of(words)) }
                }
            }
        }
    }
}
