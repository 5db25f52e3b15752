//! What is sent to a page that is open (server-sent events): the parts that are not as they were sent last, and, while a microphone
//! is listened to, how loud it is.

use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response, Sse, sse::Event},
};
use futures_util::stream;
use siaga_service::{
    page::{Language, Words},
    problem::Problem,
};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::sleep_until,
};

use super::{Page, parts, percent};
use crate::live::{Going, Speed};

/// Changes that come within this time are sent together.
const TOGETHER: Duration = Duration::from_millis(200);

/// While something is being done, its numbers are sent so often.
const BUSY: Duration = Duration::from_millis(250);

/// A page hears something at least so often, and takes a silence of three times as long for a loss.
const AT_LEAST: Duration = Duration::from_secs(5);

/// A stream ends before its connection would be cut; the page asks for the next one.
const LIFETIME: Duration = Duration::from_secs(240);

/// A page asks again so soon.
const RETRY: Duration = Duration::from_millis(500);

pub(super) async fn stream(State(page): State<Page>, language: Language) -> Response {
    let Ok(place) = page.places.clone().try_acquire_owned() else {
        let words = language.of(TOO_MANY);
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, words).into_response();
    };
    let reader = Reader::new(page, language, place);
    Sse::new(stream::unfold(reader, async |mut reader| {
        let event = reader.next().await?;
        Some((Ok::<_, Infallible>(event), reader))
    }))
    .into_response()
}

const TOO_MANY: Words = Words::new(
    "Halaman ini terbuka di terlalu banyak jendela. Tutup yang lain.",
    "This page is open in too many windows. Close the others.",
);

struct Reader {
    page: Page,
    language: Language,
    changed: watch::Receiver<()>,
    going: watch::Receiver<Going>,
    /// Whether something changed since parts were sent.
    is_stale: bool,
    /// Whether something is under way.
    is_busy: bool,
    /// When parts were sent last.
    told: Option<Instant>,
    sent: [String; 5],
    speed: Option<(u64, Speed)>,
    end: Instant,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    fn new(page: Page, language: Language, place: OwnedSemaphorePermit) -> Self {
        Self {
            language,
            changed: page.room.changed(),
            going: page.room.live().watch(),
            is_stale: true,
            is_busy: false,
            told: None,
            sent: Default::default(),
            speed: None,
            end: Instant::now() + LIFETIME,
            _place: place,
            page,
        }
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            let due = self.due();
            tokio::select! {
                changed = self.changed.changed() => {
                    changed.ok()?;
                    self.is_stale = true;
                }
                changed = self.going.changed() => {
                    changed.ok()?;
                    if let Some(level) = self.level() {
                        return Some(Event::default().event("level").data(level.to_string()));
                    }
                    self.is_stale = true;
                }
                () = sleep_until(due.into()) => {
                    let now = Instant::now();
                    return (now < self.end).then(|| self.parts(now));
                }
            }
        }
    }

    fn due(&self) -> Instant {
        let Some(told) = self.told else { return Instant::now() };
        let wait = match (self.is_stale, self.is_busy) {
            (true, _) => TOGETHER,
            (false, true) => BUSY,
            (false, false) => AT_LEAST,
        };
        (told + wait).min(self.end)
    }

    /// How loud it is, if that is what changed.
    fn level(&mut self) -> Option<u32> {
        let level = self.going.borrow_and_update().trial.as_ref()?.level?;
        // Before that the page has no bar to show it on.
        self.is_busy.then(|| percent(level))
    }

    /// The parts that are not as they were sent; with none it still shows that somebody is here.
    fn parts(&mut self, now: Instant) -> Event {
        let mut view = self.page.view(self.language);
        let before = self.speed.take();
        self.speed = view.doing.going.probe.as_ref().map(|probe| {
            let passed = probe.meter.ip_bytes();
            let same = before.filter(|(number, _)| *number == probe.number);
            let (number, mut speed) = same.unwrap_or_else(|| (probe.number, Speed::new(passed, now)));
            view.doing.speed = speed.look(passed, now);
            (number, speed)
        });
        (self.is_stale, self.is_busy, self.told) = (false, view.doing.is_busy(), Some(now));
        let is_first = self.sent.iter().all(String::is_empty);
        let mut news = String::new();
        for ((_, part), sent) in parts(&view).into_iter().zip(&mut self.sent) {
            let part = part.into_string();
            if part != *sent {
                news.push_str(&part);
                *sent = part;
            }
        }
        // No line of an event can hold one; HTML reads it as a space.
        let event = Event::default().event("parts").data(news.replace('\r', " "));
        if is_first { event.retry(RETRY) } else { event }
    }
}
