use maud::{Markup, html};
use siaga_readiness::{
    booking::decision::Ruling,
    report::{Item, NextBooking},
};
use siaga_service::page::{Tone, Words, badge, icon, name};

use super::view::View;
use crate::{desk::DeskState, text::Phrases};

/// The room's next bookings, each with the steps that no program can see.
pub(super) fn render(view: &View) -> Markup {
    let language = view.language;
    let bookings = &view.bookings.bookings;
    html! {
        section #bookings.card aria-labelledby="bookings-heading" {
            h2 #bookings-heading { (language.of(BOOKINGS)) }
            (news(view))
            @for (index, booking) in bookings.iter().take(SHOWN).enumerate() {
                (render_one(view, booking, index))
            }
            @if bookings.len() > SHOWN {
                p.muted { (language.of(MORE)) " " (bookings.len() - SHOWN) "." }
            }
        }
    }
}

/// A page is no calendar.
const SHOWN: usize = 5;

/// Whether what is shown is all there is, and how old it is.
fn news(view: &View) -> Markup {
    let language = view.language;
    html! {
        @match (view.desk.state, view.bookings.told_at) {
            (DeskState::NotConfigured, _) => p.muted { (language.of(NO_DESK)) },
            (DeskState::Connected, None) => p.muted { (language.of(NOT_SENT)) },
            (_, None) => p.muted { (language.of(NOT_TOLD)) },
            (DeskState::Connected, Some(_)) => {
                @if view.bookings.bookings.is_empty() { p.muted { (language.of(NONE)) } }
            },
            (_, Some(at)) => p.note.warning { (language.of(OLD)) " " (view.ago(at)) "." },
        }
    }
}

fn render_one(view: &View, booking: &NextBooking, place: usize) -> Markup {
    let language = view.language;
    let ruling = Ruling::ALL.into_iter().find(|ruling| ruling.as_str() == booking.decision);
    let (tone, word) = match ruling {
        Some(ruling) => (tone(ruling), language.label(ruling.label())),
        None => (Tone::Unknown, booking.decision.as_str()),
    };
    let ticked = |item| booking.checklist.iter().find(|ticked| ticked.item == item);
    let done = Item::ALL.into_iter().filter(|item| ticked(*item).is_some()).count();
    html! {
        article.booking {
            h3 { time datetime=(booking.start) { (language.span(booking.start, booking.end, &view.zone)) } }
            @if let Some(title) = &booking.title { p { (name(title)) } }
            p.small {
                (badge(tone, word))
                " " span.muted { (name(&booking.reference)) }
                @if booking.class != REGULAR { " · " strong { (name(class(view, &booking.class))) } }
            }
            // What is refused is not prepared.
            @if ruling.is_none_or(|ruling| ruling != Ruling::Deny) {
                details open[place == 0] id={ "steps-" (place) } {
                    summary { (language.of(STEPS)) ": " (done) " " (language.of(OF)) " " (Item::ALL.len()) }
                    form.steps method="post" action="/page/checklist" {
                        input type="hidden" name="ref" value=(booking.reference);
                        @if done < Item::ALL.len() {
                            p.who {
                                label for={ "name-" (place) } { (language.of(WHO)) }
                                input id={ "name-" (place) } name="name" required maxlength="80" autocomplete="name";
                            }
                        }
                        ul {
                            @for item in Item::ALL { li { (step(view, item, ticked(item))) } }
                        }
                    }
                }
            }
        }
    }
}

fn step(view: &View, item: Item, ticked: Option<&siaga_readiness::report::Ticked>) -> Markup {
    let language = view.language;
    let label = language.label(item.label());
    html! {
        @match ticked {
            Some(ticked) => {
                (icon(Tone::Good)) " "
                span {
                    (label) " " span.muted.small {
                        "– " (name(&ticked.name))
                        @if let Some(at) = ticked.at {
                            @let at = at.to_zoned(view.zone.clone());
                            ", " (language.day_of_month(at.date())) " " (language.clock(&at))
                        }
                    }
                }
            }
            None => {
                span.todo aria-hidden="true" {}
                span { (label) }
                button type="submit" name="item" value=(item) {
                    (language.of(TICK)) span.hidden { ": " (label) }
                }
            }
        }
    }
}

const fn tone(ruling: Ruling) -> Tone {
    match ruling {
        Ruling::Approve => Tone::Good,
        Ruling::ApproveWithConditions => Tone::Warning,
        Ruling::Review => Tone::Unknown,
        Ruling::Deny => Tone::Bad,
    }
}

const REGULAR: &str = "regular";

fn class<'a>(view: &View, class: &'a str) -> &'a str {
    match class {
        "leaders" => view.language.of(LEADERS),
        other => other,
    }
}

const BOOKINGS: Words = Words::new("Jadwal berikutnya", "Next bookings");
const NONE: Words = Words::new("Tidak ada jadwal.", "There are none.");
const NO_DESK: Words = Words::new(
    "Ruang ini belum dihubungkan ke server, jadi jadwalnya tidak diketahui.",
    "This room is not connected to a server, so its bookings are not known.",
);
const NOT_SENT: Words =
    Words::new("Server belum mengirim jadwal.", "The server has not sent any bookings yet.");
const NOT_TOLD: Words = Words::new(
    "Server belum dapat dihubungi sejak komputer ini menyala, jadi jadwalnya belum diketahui.",
    "The server has not been reached since this computer started, so the bookings are not known yet.",
);
const OLD: Words = Words::new(
    "Server tidak dapat dihubungi. Jadwal ini diterima",
    "The server can't be reached. These bookings were received",
);
const MORE: Words = Words::new("Jadwal lain setelah itu:", "More after these:");
const STEPS: Words = Words::new("Langkah petugas", "Steps of the staff");
const OF: Words = Words::new("dari", "of");
const WHO: Words = Words::new("Nama petugas", "Your name");
const TICK: Words = Words::new("Sudah", "Done");
const LEADERS: Words = Words::new("acara pimpinan", "leaders' event");
