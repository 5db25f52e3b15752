//! How a server spreads the rooms that ask it: ten thousand that start together must not stay together.
//!
//! Nothing is kept of any room. Each grant comes with a time drawn anew, the longer in the mean the more else the server
//! has to do, so that a herd is taken apart by the crowd that it makes, and nobody waits for an idle server. A room
//! keeps to the wish within its own plan ([`crate::schedule`]): no sooner than that may come, nor so late that its evidence
//! runs out.

use std::time::Duration;

/// What is wished for at the least: the soonest that a room with the default plan comes again.
const LEAST: Duration = Duration::from_secs(24 * 60);

/// And this much more at the most. The sum is the latest that such a room can come: what is wished for later would all be
/// asked at that moment, and be a herd again.
const SPAN: Duration = Duration::from_secs(24 * 60);

/// The mean of what comes on top of the least, before it is cut off, as a share of the span: with little to do a quarter,
/// so that rooms come about as often as by their own plan,
const AT_EASE: f64 = 0.25;

/// and so much more with all taken that there is: nearly even over the span.
const FULL: f64 = 2.75;

/// When a room should ask for its next gate probe, counted from its grant: an exponential distribution, cut off at
/// [`SPAN`], whose mean grows with `load`, the part of what the server has that others take, 1 being all of it. `chance` is
/// evenly distributed from 0 to below 1. `None`: there is nobody else, as the room likes.
#[must_use]
pub fn next_probe_in(load: f64, chance: f64) -> Option<Duration> {
    if load <= 0.0 {
        return None;
    }
    let load = if load.is_nan() { 1.0 } else { load.min(1.0) };
    let mean = AT_EASE + FULL * load;
    let within = 1.0 - (-1.0 / mean).exp();
    let drawn = -mean * (1.0 - chance.clamp(0.0, 1.0) * within).ln();
    Some(LEAST + SPAN.mul_f64(if drawn.is_nan() { 1.0 } else { drawn.clamp(0.0, 1.0) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_min(load: f64) -> f64 {
        let draws = (0..1_000).map(|n| f64::from(n) / 1_000.0);
        let drawn = draws.map(|chance| next_probe_in(load, chance).unwrap().as_secs_f64());
        drawn.sum::<f64>() / 1_000.0 / 60.0
    }

    #[test]
    fn the_more_a_server_has_to_do_the_later_it_wants_to_be_asked_again() {
        assert_eq!(next_probe_in(0.0, 0.5), None);
        let means = [0.05, 0.25, 0.5, 1.0, 10.0].map(mean_min);
        assert!(means.is_sorted(), "{means:?}");
        assert!((31.0..32.0).contains(&means[0]) && (35.0..36.0).contains(&means[4]), "{means:?}");
    }

    #[test]
    fn no_wish_is_outside_its_bounds_whatever_the_numbers() {
        for load in [f64::MIN_POSITIVE, 0.5, 1.0, 1e300, f64::INFINITY, f64::NAN] {
            for chance in [0.0, 0.5, 1.0 - f64::EPSILON, 1.0, 7.0, -1.0, f64::NAN] {
                let wish = next_probe_in(load, chance).unwrap();
                assert!((LEAST..=LEAST + SPAN).contains(&wish), "{load} {chance}: {wish:?}");
            }
        }
    }
}
