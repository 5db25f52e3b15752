//! Whether a bucket ran empty: the rate was carried for a while, and from then on a steady lower one.

use super::windows::{Slot, WINDOW_S};
use crate::{Bitrate, outcome::ShaperEstimate};

/// A window is limited if a queue longer than this stood in it, or more than this share was lost.
const LIMITED_S: f64 = 0.01;
const LOST: f64 = 0.01;
/// So many limited windows in a row, up to the end, show a rate.
const WINDOWS: usize = 5;
/// At most one in so many windows was limited before.
const FREE: usize = 10;
/// The mean distance of a window's rate from that of all, as a share of it, is at most this: a radio or other people's
/// traffic is not as steady as a shaper.
const SPREAD: f64 = 0.05;
/// What was carried for a shorter time than this may have come out of a queue or a radio's mood as well, s.
const HELD_AT_LEAST_S: f64 = 0.3;
/// A lower rate than the sender's is lower than this share of it.
const LOWER: f64 = 0.99;

/// Whether a few more windows may show a shaper that these don't yet show.
pub(super) fn may_show(slots: &[Slot]) -> bool {
    let onset = onset(slots);
    (1..=WINDOWS).contains(&(slots.len() - onset)) && was_free(slots, onset)
}

/// The shaper that explains these windows of a train that was sent at `sent`, if one does.
pub(super) fn estimate(slots: &[Slot], sent: Bitrate) -> Option<ShaperEstimate> {
    let onset = onset(slots);
    if !was_free(slots, onset) {
        return None;
    }
    // The first limited window may be limited in part only, and the last one gives the end of the one before.
    let limited = slots.get(onset + 1..)?;
    let (first, last) = (limited.first()?, limited.last()?);
    if limited.len() < WINDOWS {
        return None;
    }
    let came: u32 = limited.iter().map(|slot| slot.came).sum::<u32>() - last.came;
    let took_s = last.first_at_s - first.first_at_s;
    let per_s = f64::from(came) / took_s;
    let sent_per_s = f64::from(first.sent) / WINDOW_S;
    let share = per_s / sent_per_s;
    if !(took_s > 0.0 && share < LOWER && spread(limited, per_s)? <= SPREAD) {
        return None;
    }
    let held_s = held_s(slots.get(onset)?, onset, share);
    if held_s < HELD_AT_LEAST_S {
        return None;
    }
    Some(ShaperEstimate {
        rate_bps: whole(share * sent.bps_f64()),
        bucket_bytes: whole((1.0 - share) * sent.bps_f64() * held_s / 8.0),
    })
}

/// The first of the limited windows at the end.
fn onset(slots: &[Slot]) -> usize {
    slots.iter().rposition(|slot| !is_limited(slot)).map_or(0, |last| last + 1)
}

/// Whether hardly any window before the onset was limited.
fn was_free(slots: &[Slot], onset: usize) -> bool {
    let limited = slots.iter().take(onset).filter(|slot| is_limited(slot)).count();
    limited * FREE <= onset
}

fn is_limited(slot: &Slot) -> bool {
    slot.queue_s.is_none_or(|queue| queue > LIMITED_S) || lost(slot) > LOST
}

fn lost(slot: &Slot) -> f64 {
    f64::from(slot.sent.saturating_sub(slot.came)) / f64::from(slot.sent.max(1))
}

/// Mean distance of the windows' rates from `per_s`, as a share of it.
#[allow(clippy::cast_precision_loss)]
fn spread(limited: &[Slot], per_s: f64) -> Option<f64> {
    let distances = limited.windows(2).map(|pair| match pair {
        [slot, next] => {
            (f64::from(slot.came) / (next.first_at_s - slot.first_at_s).max(1e-9) / per_s - 1.0).abs()
        }
        _ => 0.0,
    });
    let spread = distances.sum::<f64>() / (limited.len() - 1) as f64;
    spread.is_finite().then_some(spread)
}

/// For how long the full rate was carried, by what the first limited window shows: a queue that grew since then, or the
/// losses since then. `share` of what is sent is carried afterwards.
#[allow(clippy::cast_precision_loss)]
fn held_s(slot: &Slot, onset: usize, share: f64) -> f64 {
    let begins_s = onset as f64 * WINDOW_S;
    let queue_s = slot.queue_s.unwrap_or(0.0);
    if queue_s > LIMITED_S {
        begins_s - queue_s * share / (1.0 - share)
    } else {
        begins_s + WINDOW_S * (1.0 - lost(slot) / (1.0 - share)).clamp(0.0, 1.0)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}
