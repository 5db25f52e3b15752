//! What booking costs: a start, decisions at 100 a second, and questions, with a province's rooms, their past and many bookings.

use std::{
    error::Error,
    io,
    net::SocketAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

use super::{
    Measured,
    bystander::Bystander,
    figure::{Figure, waits},
    machine::settle,
};
use crate::{
    booking_system::{BookingSystem, always_open, request, token},
    past::remember,
    programs::Lab,
    swarm::percentile,
};

/// How much.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Rooms with a past.
    pub rooms: usize,
    /// Days of it.
    pub days: i64,
    /// Bookings that were decided before.
    pub bookings: usize,
    /// Bookings a second.
    pub rate: usize,
    /// For how long.
    pub time: Duration,
}

/// Connections that are kept open, as a booking system's are.
const CONNECTIONS: usize = 16;

/// Fills a server by its own means, starts it again and books.
///
/// # Errors
/// The server can't be run, or refuses.
#[allow(clippy::cast_precision_loss)]
pub async fn measure(plan: Plan) -> Measured {
    let Plan { rooms, days, bookings, rate, time } = plan;
    let lab = Lab::new()?;
    always_open(&lab.server_dir())?;
    let token = token(&lab, "read,book")?;
    remember(&lab.server_dir(), rooms, days).await?;
    let server = lab.server(&[])?;
    let all_at_once = vec![Duration::ZERO; bookings];
    let before = book(server.http, &token, "OLD", 0, rooms, &all_at_once)?;
    server.signal("TERM");
    drop(server);

    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        drop(lab.server(&[])?);
        starts.push(milliseconds(began.elapsed()));
    }
    starts.sort_by(f64::total_cmp);
    settle();
    let server = lab.server(&[])?;
    let bystander = Bystander::beside(lab.path())?;
    let asks = rate * usize::try_from(time.as_secs())?;
    let schedule = (0..asks).map(|n| Duration::from_secs_f64(n as f64 / rate as f64));
    let booked = book(server.http, &token, "NEW", bookings, rooms, &schedule.collect::<Vec<_>>())?;
    let bystander = bystander.tell("this was booked")?;
    let p99 = percentile(&booked.took, 0.99);
    let mut asking = BookingSystem::connect(server.http, &token)?;
    let mut asked = |path: &dyn Fn(usize) -> String, times: usize| -> Result<String, Box<dyn Error>> {
        let mut took = Vec::new();
        for number in 0..times {
            let began = Instant::now();
            let (status, told) = asking.get(&path(number))?;
            took.push(milliseconds(began.elapsed()));
            if status != 200 {
                return Err(format!("{status}: {told}").into());
            }
        }
        took.sort_by(f64::total_cmp);
        Ok(waits(&took))
    };
    let slot = |number: usize| {
        let slot = &request("room-0", number)["slot"];
        format!("start={}&end={}", slot["start"].as_str().unwrap_or(""), slot["end"].as_str().unwrap_or(""))
    };
    let suiting = asked(&|number| format!("/v1/rooms?{}", slot(number)), 20)?;
    let one = asked(&|number| format!("/v1/bookings/NEW-{number}"), 200)?;
    let room = |number: usize| format!("/v1/rooms/room-{}/forecast", number % rooms);
    let hour = asked(&|number| format!("{}?{}", room(number), slot(number)), 200)?;
    // In no zone over yet.
    let day = (Timestamp::now() + SignedDuration::from_hours(24)).strftime("%Y-%m-%d").to_string();
    let week = asked(&|number| format!("{}?day={day}&days=7", room(number)), 10)?;
    let with = format!("{rooms} rooms with {days} days of history and {bookings} bookings");
    Ok(vec![
        Figure::held(
            format!("start with {with}, the slowest of {STARTS}"),
            format!("{:.0} ms", percentile(&starts, 1.0)),
            "≤ 500 ms",
            percentile(&starts, 1.0) <= 500.0,
        ),
        Figure::held(
            format!(
                "`PUT /v1/bookings`, {rate} a second for {} s, committed to disk, with these",
                time.as_secs()
            ),
            format!("{}; {}", waits(&booked.took), booked.decisions()),
            "p99 ≤ 10 ms",
            p99 <= 10.0 && booked.took.len() == asks,
        ),
        bystander,
        Figure::told(
            format!("the {bookings} of before, {CONNECTIONS} at a time"),
            format!("{:.0} a second; {}", bookings as f64 / before.all.as_secs_f64(), before.decisions()),
        ),
        Figure::told(format!("which of {rooms} rooms suit a slot, ×20"), suiting),
        Figure::told("what is to be expected of a room at a slot, ×200", hour),
        Figure::told("the same of each hour of a week around the clock, ×10", week),
        Figure::told("how a booking stands, ×200", one),
    ])
}

const STARTS: usize = 5;

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What was answered, and after how long.
#[derive(Debug)]
struct Booked {
    /// From the time at which each was due, sorted, milliseconds.
    took: Vec<f64>,
    said: Vec<String>,
    all: Duration,
}

impl Booked {
    fn decisions(&self) -> String {
        let mut kinds = self.said.clone();
        kinds.sort();
        let mut told = Vec::new();
        for same in kinds.chunk_by(|one, other| one == other) {
            told.push(format!("{} × {}", same.len(), same[0]));
        }
        told.join(", ")
    }
}

/// Each at its time, whatever became of those before.
fn book(
    http: SocketAddr,
    token: &str,
    name: &str,
    first: usize,
    rooms: usize,
    schedule: &[Duration],
) -> Result<Booked, Box<dyn Error>> {
    let (next, answers) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let began = Instant::now();
    let ask = || -> io::Result<()> {
        let mut system = BookingSystem::connect(http, token)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(at) = schedule.get(number) else { return Ok(()) };
            let request = request(&format!("room-{}", (first + number) % rooms), (first + number) / rooms);
            let due = began + *at;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let (status, said) = system.put(&format!("{name}-{number}"), &request)?;
            if status != 200 {
                return Err(io::Error::other(format!("{status}: {said}")));
            }
            let decision = said["decision"].as_str().unwrap_or("?").to_owned();
            answers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((milliseconds(due.elapsed()), decision));
        }
    };
    thread::scope(|scope| {
        let asking: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().try_for_each(|one| one.join().map_err(|_| io::Error::other("a client broke"))?)
    })?;
    let all = began.elapsed();
    let (mut took, said): (Vec<f64>, Vec<String>) =
        answers.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().unzip();
    took.sort_by(f64::total_cmp);
    Ok(Booked { took, said, all })
}
