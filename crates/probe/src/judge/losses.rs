//! What was lost: which packets came in time, and how the losses cluster.

use super::{delays::BIN, view::LossView};

/// Blocks of 20 ms in the window over which the largest loss is reported (200 ms; Microsoft Teams publishes a limit
/// for it, 10 %).
const BURST_BLOCKS: usize = 10;

/// Keeps one bit a packet, and one count for each 20 ms of the train's schedule.
#[derive(Debug)]
pub(super) struct Losses {
    gap_s: f64,
    packets: u32,
    /// One bit for each packet up to the highest that came.
    came: Vec<u64>,
    /// Every packet below this one has either come or is lost.
    covered: u32,
    lost: u32,
    /// Lost packets in a row, up to the last one covered, and the most there ever were.
    hole: u32,
    longest_hole: u32,
    holes: u32,
    blocks: Vec<u32>,
}

/// How a packet counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// For the first time, and in time.
    InTime,
    /// For the first time, but it was already taken for lost; stays so, as it would in a meeting.
    Late,
    /// Not for the first time.
    Duplicate,
}

impl Losses {
    /// A train of at most `packets` packets, one every `gap_s` seconds.
    pub(super) fn new(packets: u32, gap_s: f64) -> Self {
        Self {
            gap_s,
            packets,
            came: Vec::new(),
            covered: 0,
            lost: 0,
            hole: 0,
            longest_hole: 0,
            holes: 0,
            blocks: Vec::new(),
        }
    }

    /// A packet came; `seq` must be below the train's packets.
    pub(super) fn on_packet(&mut self, seq: u32) -> Arrival {
        let (word, bit) = place(seq.min(self.packets.saturating_sub(1)));
        if word >= self.came.len() {
            self.came.resize(word + 1, 0);
        }
        let Some(flags) = self.came.get_mut(word) else { return Arrival::Duplicate };
        if *flags & bit != 0 {
            return Arrival::Duplicate;
        }
        *flags |= bit;
        if seq < self.covered { Arrival::Late } else { Arrival::InTime }
    }

    /// From now on, of the first `packets` packets those that did not come are lost.
    pub(super) fn cover(&mut self, packets: u32) {
        for seq in self.covered..packets.min(self.packets) {
            let (word, bit) = place(seq);
            let block = self.block(seq);
            if block >= self.blocks.len() {
                self.blocks.resize(block + 1, 0);
            }
            if self.came.get(word).is_some_and(|flags| flags & bit != 0) {
                self.hole = 0;
            } else {
                self.lost += 1;
                self.holes += u32::from(self.hole == 0);
                self.hole += 1;
                self.longest_hole = self.longest_hole.max(self.hole);
                if let Some(count) = self.blocks.get_mut(block) {
                    *count += 1;
                }
            }
            self.covered = seq + 1;
        }
    }

    /// The losses so far, `newest` being the highest number that came.
    pub(super) fn view(&self, newest: u32) -> LossView {
        LossView {
            covered: self.covered,
            missing: self.missing(newest),
            lost: self.lost,
            holes: self.holes,
            longest_hole: self.longest_hole,
            gap_s: self.gap_s,
        }
    }

    /// At most a bin's packets lie between those covered and the newest.
    fn missing(&self, newest: u32) -> u32 {
        let has_come = |seq| {
            let (word, bit) = place(seq);
            self.came.get(word).is_some_and(|flags| flags & bit != 0)
        };
        (self.covered..newest).map(|seq| u32::from(!has_come(seq))).sum()
    }

    /// Lost of those covered, 0 to 1; `None` before anything is covered.
    pub(super) fn ratio(&self) -> Option<f64> {
        (self.covered > 0).then(|| f64::from(self.lost) / f64::from(self.covered))
    }

    /// Largest loss ratio within 200 ms of the train's schedule (within all of it, if it is shorter).
    pub(super) fn burst_ratio(&self) -> Option<f64> {
        let window = BURST_BLOCKS.min(self.blocks.len());
        let most = self.blocks.windows(window.max(1)).map(|blocks| blocks.iter().sum::<u32>()).max()?;
        #[allow(clippy::cast_precision_loss)]
        let packets = (window as f64 * BIN.as_secs_f64() / self.gap_s).min(f64::from(self.covered)).max(1.0);
        Some((f64::from(most) / packets).min(1.0))
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.came.capacity() * size_of::<u64>() + self.blocks.capacity() * size_of::<u32>()
    }

    /// The block of the schedule to which a packet belongs; by number, because stamps may lie.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn block(&self, seq: u32) -> usize {
        (f64::from(seq) * self.gap_s / BIN.as_secs_f64()) as usize
    }
}

fn place(seq: u32) -> (usize, u64) {
    ((seq / u64::BITS) as usize, 1 << (seq % u64::BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_lost_once_it_is_covered_and_a_late_packet_does_not_take_it_back() {
        let mut losses = Losses::new(100, 0.001);
        for seq in [0, 1, 3, 4] {
            assert_eq!(losses.on_packet(seq), Arrival::InTime);
        }
        losses.cover(2);
        assert_eq!(losses.view(0).lost, 0);
        losses.cover(4);
        assert_eq!((losses.view(0).covered, losses.view(0).lost), (4, 1));
        assert_eq!(losses.on_packet(2), Arrival::Late);
        assert_eq!(losses.on_packet(2), Arrival::Duplicate);
        assert_eq!(losses.view(0).lost, 1);
    }

    #[test]
    fn what_is_not_covered_yet_is_missing_until_it_comes() {
        let mut losses = Losses::new(100, 0.001);
        for seq in [0, 1, 4] {
            losses.on_packet(seq);
        }
        losses.cover(2);
        assert_eq!((losses.view(4).lost, losses.view(4).missing), (0, 2));
        losses.on_packet(3);
        assert_eq!(losses.view(4).missing, 1);
        losses.cover(5);
        assert_eq!((losses.view(4).lost, losses.view(4).missing), (1, 0));
    }

    #[test]
    fn a_burst_shows_in_its_window_and_is_one_hole() {
        let mut losses = Losses::new(2_000, 0.001);
        for seq in (0..500).chain(550..1_000) {
            losses.on_packet(seq);
        }
        losses.cover(1_000);
        assert!((losses.ratio().unwrap() - 0.05).abs() < 1e-9);
        assert!((losses.burst_ratio().unwrap() - 0.25).abs() < 1e-9);
        assert_eq!((losses.view(0).lost, losses.view(0).holes, losses.view(0).longest_hole), (50, 1, 50));
    }

    #[test]
    fn nothing_is_covered_beyond_the_granted_packets() {
        let mut losses = Losses::new(10, 0.001);
        losses.cover(u32::MAX);
        assert_eq!((losses.view(0).covered, losses.view(0).lost), (10, 10));
        assert!((losses.burst_ratio().unwrap() - 1.0).abs() < 1e-9);
    }
}
