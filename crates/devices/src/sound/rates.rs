//! Sample rates. Pure.

use crate::drivers::RateRange;

/// The rates that matter, Hz: telephony to studio, as meeting programs and sound servers ask for them.
const USUAL: [u32; 9] = [8_000, 16_000, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000];

/// Those of the usual rates that lie in one of the ranges, ascending.
pub(crate) fn usual(ranges: &[RateRange]) -> Vec<u32> {
    USUAL
        .into_iter()
        .filter(|rate| ranges.iter().any(|range| (range.min..=range.max).contains(rate)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_continuous_range_offers_every_usual_rate_within_it() {
        assert_eq!(
            usual(&[RateRange { min: 8_000, max: 48_000 }]),
            [8_000, 16_000, 24_000, 32_000, 44_100, 48_000]
        );
    }

    #[test]
    fn single_rates_and_nonsense_are_taken_as_they_are() {
        let ranges = [(48_000, 48_000), (16_000, 16_000), (96_000, 44_100), (0, 0)];
        assert_eq!(usual(&ranges.map(|(min, max)| RateRange { min, max })), [16_000, 48_000]);
        assert_eq!(usual(&[]), [0_u32; 0]);
    }
}
