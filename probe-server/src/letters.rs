//! Carries letters to the booking system for as long as the server runs.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use siaga_booking::{
    Bookings,
    webhook::{Courier, Sender, courier::BETWEEN_LOOKS},
};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};

use crate::booking_metrics::BookingMetrics;

/// From `bookings` to whoever is the receiver at the time, if anybody is, until `shutdown`. A letter that is on its way then is sent
/// again after the next start.
pub async fn carry(
    bookings: &Bookings,
    receiver: watch::Receiver<Option<Sender>>,
    now: impl Fn() -> Timestamp,
    metrics: Arc<BookingMetrics>,
    shutdown: impl Future<Output = ()>,
) {
    tokio::select! {
        () = shutdown => {}
        () = carry_on(bookings, receiver, now, metrics) => {}
    }
}

async fn carry_on(
    bookings: &Bookings,
    receiver: watch::Receiver<Option<Sender>>,
    now: impl Fn() -> Timestamp,
    metrics: Arc<BookingMetrics>,
) {
    let mut looks = interval(BETWEEN_LOOKS);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut tidied, mut broken) = (None::<Instant>, None);
    loop {
        looks.tick().await;
        let mut done = Ok(());
        let courier = Courier::new(bookings.clone(), receiver.borrow().clone());
        if tidied.is_none_or(|at| at.elapsed() > BETWEEN_TIDYING) {
            tidied = Some(Instant::now());
            done = courier.tidy(now()).await;
        }
        while done.is_ok() {
            let at = now();
            match courier.carry_one(at, luck(at)).await {
                Ok(Some(carried)) => metrics.carried(carried),
                Ok(None) => break,
                Err(error) => done = Err(error),
            }
        }
        if done != broken.clone().map_or(Ok(()), Err)
            && let Err(error) = &done
        {
            tracing::error!(%error, "cannot look for letters to the booking system; trying again every second");
        }
        broken = done.err();
    }
}

const BETWEEN_TIDYING: Duration = Duration::from_secs(60 * 60);

/// What lies below the millisecond is as good as random.
fn luck(now: Timestamp) -> f64 {
    f64::from(now.subsec_nanosecond().rem_euclid(1_000_000)) / 1e6
}
