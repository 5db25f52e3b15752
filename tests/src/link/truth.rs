//! The ground truth of a direction: what a train of 30 s at exactly the target rate finds, with no hurry and no doubt.

use std::time::Duration;

use siaga_probe::{Bitrate, Verdict};

use super::{Link, LinkSpec, train::PACKET};

const TRAIN_S: f64 = 30.0;
const DELIVERED_AT_LEAST: f64 = 0.98;
const LOST_AT_MOST: f64 = 0.01;
/// The smallest delay of a window, over the smallest of all.
const QUEUE_AT_MOST_S: f64 = 0.1;
const WINDOW_S: f64 = 0.3;
const GOOD_WINDOWS: f64 = 0.95;

/// `Pass` or `Fail`; never inconclusive.
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn of(target: Bitrate, spec: &LinkSpec, seed: u64) -> Verdict {
    let mut link = Link::new(spec, seed);
    let gap_s = target.time_for(u64::from(PACKET)).as_secs_f64();
    let packets = (TRAIN_S / gap_s) as u32;
    let mut windows = vec![f64::INFINITY; (TRAIN_S / WINDOW_S) as usize];
    let mut came = 0_u32;
    let mut came_while_sending = 0_u32;
    for seq in 0..packets {
        let sent_s = f64::from(seq) * gap_s;
        let Some(arrival) = link.send(Duration::from_secs_f64(sent_s), PACKET).arrival else { continue };
        came += 1;
        if arrival.as_secs_f64() - spec.delay_ms / 1e3 <= TRAIN_S {
            came_while_sending += 1;
        }
        let window = ((sent_s / WINDOW_S) as usize).min(windows.len() - 1);
        windows[window] = windows[window].min(arrival.as_secs_f64() - sent_s);
    }
    let base = windows.iter().copied().fold(f64::INFINITY, f64::min);
    let good = windows.iter().filter(|min| **min - base <= QUEUE_AT_MOST_S).count() as f64;
    let sustained = f64::from(came_while_sending) >= DELIVERED_AT_LEAST * f64::from(packets)
        && f64::from(packets - came) <= LOST_AT_MOST * f64::from(packets)
        && good >= GOOD_WINDOWS * windows.len() as f64;
    if sustained { Verdict::Pass } else { Verdict::Fail }
}
