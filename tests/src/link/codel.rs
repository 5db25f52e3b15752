//! Active queue management after CoDel (RFC 8289): drops at the head when packets waited too long for too long.

/// A queue shorter than this is good, s.
const TARGET_S: f64 = 0.005;
/// Time in which it must have been that short once, s.
const INTERVAL_S: f64 = 0.1;

#[derive(Debug, Default)]
pub(super) struct Codel {
    above_since_s: Option<f64>,
    dropping: bool,
    next_drop_s: f64,
    drops: u32,
    drops_before: u32,
}

impl Codel {
    /// Whether the packet whose turn comes at `now_s`, after waiting for `waited_s`, is dropped.
    pub(super) fn drops(&mut self, now_s: f64, waited_s: f64) -> bool {
        if waited_s < TARGET_S {
            self.above_since_s = None;
            self.dropping = false;
            return false;
        }
        let above_since_s = *self.above_since_s.get_or_insert(now_s);
        if self.dropping {
            if now_s < self.next_drop_s {
                return false;
            }
            self.drops += 1;
            self.next_drop_s += INTERVAL_S / f64::from(self.drops).sqrt();
            return true;
        }
        if now_s - above_since_s < INTERVAL_S {
            return false;
        }
        self.dropping = true;
        // A recent episode is taken up where it ended.
        let recent = now_s - self.next_drop_s < 16.0 * INTERVAL_S;
        let resumed = if recent { self.drops.saturating_sub(self.drops_before) } else { 0 };
        self.drops = resumed.max(1);
        self.drops_before = self.drops;
        self.next_drop_s = now_s + INTERVAL_S / f64::from(self.drops).sqrt();
        true
    }
}
