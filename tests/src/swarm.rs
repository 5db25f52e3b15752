//! A province of rooms in one process: their links stand, and they ask for probes, all at once.
//!
//! * [`identities`]: a certificate for each room, by the lab's own CA;
//! * [`links`]: rooms that report and stay;
//! * [`asks`]: rooms that ask for a probe at the same moment, and how long the answers take.

pub mod asks;
pub mod identities;
pub mod links;

/// The value below which this share of `values` lies; they are sorted.
#[must_use]
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let last = values.len().saturating_sub(1);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let place = (share * last as f64).ceil() as usize;
    values.get(place).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let of = |share| percentile(&[1.0, 2.0, 3.0, 4.0], share).to_string();
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(of), ["1", "3", "4", "4"]);
        assert!(percentile(&[], 0.5).is_nan());
    }
}
