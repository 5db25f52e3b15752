//! The delay over time: minima over arrival bins.

use std::time::Duration;

use super::{
    limits::{self, DRAINED_S, QUEUE_S},
    view::DelayView,
};

/// Width of an arrival bin, and the time between two looks. Wide enough for two packets at 1 Mbit/s and for the 1 to
/// 10 ms over which receivers share one arrival time among several packets.
pub(super) const BIN: Duration = Duration::from_millis(20);

/// Bins of a trailing minimum against which excursions are measured (120 ms).
const EXCURSION: usize = 6;
/// Bins of a window of the ground truth.
const WINDOW: usize = (limits::WINDOW.as_nanos() / BIN.as_nanos()) as usize;
/// Bins of the recent minimum (80 ms).
const RECENT: usize = 4;
/// Bins of the standing minimum (320 ms).
const STANDING: usize = 16;
/// Blocks and bins in each of the test for a plateau (400 ms).
const PLATEAU: (usize, usize) = (4, 5);

/// Whole bins in `time`.
pub(super) fn bins_in(time: Duration) -> u32 {
    u32::try_from(time.as_nanos() / BIN.as_nanos()).unwrap_or(u32::MAX)
}

/// Minima and highest sequence numbers by time of arrival.
#[derive(Debug)]
pub(super) struct Delays {
    bins: Vec<Bin>,
    limit: u32,
}

#[derive(Debug, Clone, Copy)]
struct Bin {
    /// `None` in a bin that holds no packet.
    min_s: Option<f64>,
    /// Highest sequence number that arrived up to the end of this bin.
    highest: u32,
}

impl Delays {
    /// At most `limit` bins are ever kept.
    pub(super) fn new(limit: u32) -> Self {
        Self { bins: Vec::new(), limit }
    }

    /// The most bins that are kept.
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// A packet `since_first` after the first one, with a delay on any fixed zero.
    pub(super) fn on_packet(&mut self, since_first: Duration, delay_s: f64, seq: u32) {
        let bin = bins_in(since_first);
        if bin >= self.limit {
            return;
        }
        let at = bin as usize;
        let highest = self.bins.last().map_or(seq, |bin| bin.highest.max(seq));
        if at >= self.bins.len() {
            let before = self.bins.last().map_or(seq, |bin| bin.highest);
            self.bins.resize(at, Bin { min_s: None, highest: before });
            self.bins.push(Bin { min_s: Some(delay_s), highest });
        } else if let Some(bin) = self.bins.get_mut(at) {
            bin.min_s = Some(bin.min_s.map_or(delay_s, |min| min.min(delay_s)));
            bin.highest = highest;
        }
    }

    /// The highest sequence number that had arrived by the end of the first `bins` bins.
    pub(super) fn highest_within(&self, bins: u32) -> Option<u32> {
        let last = self.bins.len().min(bins as usize).checked_sub(1)?;
        self.bins.get(last).map(|bin| bin.highest)
    }

    /// The smallest delay of all.
    pub(super) fn base(&self) -> Option<f64> {
        self.bins.iter().filter_map(|bin| bin.min_s).reduce(f64::min)
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.bins.capacity() * size_of::<Bin>()
    }

    /// How the delay moved in the first `bins` bins.
    pub(super) fn view(&self, bins: u32) -> DelayView {
        let bins = bins.min(self.limit) as usize;
        let minima: Vec<Option<f64>> =
            self.bins.iter().map(|bin| bin.min_s).chain(std::iter::repeat(None)).take(bins).collect();
        let base = min(&minima).unwrap_or(0.0);
        let standing = tail(&minima, STANDING);
        let filled: Vec<f64> = minima.iter().copied().flatten().collect();
        let windows: Vec<f64> = minima.windows(WINDOW).filter_map(min).collect();
        DelayView {
            filled_bins: minima.iter().flatten().count(),
            recent_s: min(tail(&minima, RECENT)).map(|recent| recent - base),
            excursion_s: minima.windows(EXCURSION).filter_map(min).fold(base, f64::max) - base,
            bridge_s: bridge(&minima),
            standing_s: min(standing).map(|standing| standing - base),
            standing_bins: standing.iter().flatten().count(),
            worst_window_s: windows.iter().copied().fold(base, f64::max) - base,
            high_windows: share(&windows, |min| min - base > QUEUE_S),
            drained_share: share(&filled, |min| min - base <= DRAINED_S),
            mean_s: mean(&filled) - base,
            plateau_spread_s: spread(tail(&minima, PLATEAU.0 * PLATEAU.1)),
        }
    }
}

fn tail(minima: &[Option<f64>], count: usize) -> &[Option<f64>] {
    minima.get(minima.len().saturating_sub(count)..).unwrap_or_default()
}

fn min(minima: &[Option<f64>]) -> Option<f64> {
    minima.iter().copied().flatten().reduce(f64::min)
}

/// Share of the values of which `holds` is true; zero of none.
#[allow(clippy::cast_precision_loss)]
fn share(values: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
    values.iter().filter(|value| holds(**value)).count() as f64 / values.len().max(1) as f64
}

/// Zero of none.
#[allow(clippy::cast_precision_loss)]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Largest distance of a minimum from the straight line between the first and the last.
fn bridge(minima: &[Option<f64>]) -> f64 {
    let mut points = minima.iter().enumerate().filter_map(|(at, min)| min.map(|min| (position(at), min)));
    let (Some(first), Some(last)) = (points.clone().next(), points.clone().next_back()) else { return 0.0 };
    let slope = if last.0 > first.0 { (last.1 - first.1) / (last.0 - first.0) } else { 0.0 };
    points
        .try_fold(0.0, |widest: f64, (at, min)| {
            Some(widest.max((min - first.1 - slope * (at - first.0)).abs()))
        })
        .unwrap_or(0.0)
}

/// Distance between the largest and the smallest of the blocks' minima.
fn spread(plateau: &[Option<f64>]) -> Option<f64> {
    let (blocks, bins) = PLATEAU;
    if plateau.len() < blocks * bins {
        return None;
    }
    let minima: Option<Vec<f64>> = plateau.chunks(bins).map(min).collect();
    let minima = minima?;
    Some(minima.iter().copied().reduce(f64::max)? - minima.iter().copied().reduce(f64::min)?)
}

/// Exact: there are a few thousand bins at most.
#[allow(clippy::cast_precision_loss)]
fn position(at: usize) -> f64 {
    at as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(minima_ms: &[Option<f64>]) -> Delays {
        let mut delays = Delays::new(100);
        for (at, min) in (0..).zip(minima_ms) {
            if let Some(min) = min {
                delays.on_packet(BIN * at, min / 1e3, at);
            }
        }
        delays
    }

    fn close(found: f64, wanted_ms: f64) {
        assert!((found * 1e3 - wanted_ms).abs() < 1e-6, "{} ms, wanted {wanted_ms} ms", found * 1e3);
    }

    #[test]
    fn steady_growth_leaves_no_distance_to_the_bridge() {
        let view = delays(&[Some(0.0), Some(2.0), None, Some(6.0), Some(8.0), Some(10.0)]).view(6);
        close(view.bridge_s, 0.0);
        close(view.recent_s.unwrap(), 6.0);
        assert_eq!(view.filled_bins, 5);
    }

    #[test]
    fn one_burst_in_the_middle_is_all_bridge_and_no_growth() {
        let view = delays(&[Some(0.0), Some(0.0), Some(30.0), Some(30.0), Some(0.0), Some(0.0)]).view(6);
        close(view.bridge_s, 30.0);
        close(view.recent_s.unwrap(), 0.0);
        close(view.excursion_s, 0.0);
    }

    #[test]
    fn a_delay_that_stayed_up_for_six_bins_is_an_excursion_even_when_it_is_gone() {
        let mut minima = vec![Some(0.0); 3];
        minima.extend([Some(40.0); 6]);
        minima.extend([Some(1.0); 4]);
        let view = delays(&minima).view(13);
        close(view.excursion_s, 40.0);
        close(view.recent_s.unwrap(), 1.0);
    }

    #[test]
    fn a_queue_of_300_ms_is_the_worst_window_and_the_rest_is_drained() {
        let mut minima = vec![Some(0.0); 20];
        minima.extend([Some(150.0); 16]);
        minima.extend([Some(0.0); 4]);
        let view = delays(&minima).view(40);
        close(view.worst_window_s, 150.0);
        // Two of the 26 windows lie wholly within the queue.
        assert!((view.high_windows - 2.0 / 26.0).abs() < 1e-9);
        assert!((view.drained_share - 0.6).abs() < 1e-9);
    }

    #[test]
    fn four_empty_bins_are_silence() {
        let delays = delays(&[Some(0.0), Some(1.0)]);
        assert!(delays.view(5).recent_s.is_some());
        assert_eq!(delays.view(6).recent_s, None);
    }

    #[test]
    fn a_new_route_is_a_plateau_once_it_lasted() {
        let mut minima = vec![Some(0.0); 10];
        minima.extend([Some(20.0); 15]);
        assert!(delays(&minima).view(25).plateau_spread_s.unwrap() > 0.019);
        minima.extend([Some(21.0); 5]);
        close(delays(&minima).view(30).plateau_spread_s.unwrap(), 1.0);
    }

    #[test]
    fn a_bin_that_is_not_over_is_not_looked_at() {
        let delays = delays(&[Some(5.0), Some(5.0), Some(0.0)]);
        close(delays.view(2).recent_s.unwrap(), 0.0);
        assert_eq!(delays.highest_within(2), Some(1));
        assert_eq!(delays.highest_within(0), None);
    }
}
