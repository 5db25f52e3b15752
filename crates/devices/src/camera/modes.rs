//! Sizes and rates. Pure.

use std::collections::BTreeMap;

use siaga_readiness::inventory::VideoMode;

use crate::drivers::Offer;

/// The pixel formats that meeting programs can use, in colour. Left out on purpose: infrared and depth
/// (`GREY`, `Y16 `, `Z16 `, …) and the raw sensor data of cameras that need an image processor (`BG10`, …).
const COLOUR_FORMATS: [&[u8; 4]; 24] = [
    b"MJPG", b"JPEG", b"H264", b"HEVC", b"YUYV", b"UYVY", b"YVYU", b"VYUY", b"NV12", b"NV21", b"NV16",
    b"NV61", b"YU12", b"YV12", b"422P", b"M420", b"RGB3", b"BGR3", b"RGBP", b"RGB4", b"BGR4", b"XR24",
    b"AR24", b"BX24",
];

/// Sizes asked for where a driver offers a range: the ones that meetings use, beside the range's ends.
const USUAL_SIZES: [(u32, u32); 9] = [
    (3840, 2160),
    (2560, 1440),
    (1920, 1080),
    (1280, 720),
    (1024, 768),
    (960, 540),
    (848, 480),
    (640, 480),
    (640, 360),
];

/// Wider or taller than this is a driver's mistake, pixels (V4L2 hardware ends at 16K).
const LARGEST_SIDE: u32 = 16_384;

/// More than this is a driver's mistake, frames per second (fast webcams end at 260).
const HIGHEST_RATE: f64 = 1_000.0;

/// What the offers amount to.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Modes {
    /// Each colour size with its highest stated rate, largest first.
    pub(crate) rated: Vec<VideoMode>,
    /// There are colour sizes for which no rate is stated.
    pub(crate) has_unrated: bool,
}

impl Modes {
    /// The largest picture, pixels.
    pub(crate) fn largest(&self) -> u64 {
        self.rated.first().map_or(0, |mode| u64::from(mode.width) * u64::from(mode.height))
    }
}

/// Reduces the offers of one node.
pub(crate) fn modes(offers: &[Offer]) -> Modes {
    let mut best: BTreeMap<(u64, u32, u32), f64> = BTreeMap::new();
    let mut has_unrated = false;
    for offer in
        offers.iter().filter(|offer| is_colour(offer.fourcc) && is_possible(offer.width, offer.height))
    {
        match offer.fps.filter(|fps| *fps > 0.0 && *fps <= HIGHEST_RATE) {
            Some(fps) => {
                let area = u64::from(offer.width) * u64::from(offer.height);
                let highest = best.entry((area, offer.width, offer.height)).or_insert(fps);
                *highest = highest.max(fps);
            }
            None => has_unrated = true,
        }
    }
    let rated =
        best.into_iter().rev().map(|((_, width, height), fps)| VideoMode { width, height, fps }).collect();
    Modes { rated, has_unrated }
}

/// Whether meeting programs can use this pixel format.
pub(crate) fn is_colour(fourcc: [u8; 4]) -> bool {
    COLOUR_FORMATS.contains(&&fourcc)
}

/// A range of sizes as V4L2 states it, pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SizeRange {
    pub(crate) width: Steps,
    pub(crate) height: Steps,
}

/// `min`, `min + step`, … up to `max`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) min: u32,
    pub(crate) max: u32,
    /// 0 and 1 both mean every value.
    pub(crate) step: u32,
}

impl Steps {
    fn contains(self, value: u32) -> bool {
        value.checked_sub(self.min).is_some_and(|over| over % self.step.max(1) == 0) && value <= self.max
    }
}

/// The usual sizes in the range, and its largest.
pub(crate) fn sizes_in(range: SizeRange) -> Vec<(u32, u32)> {
    let mut sizes = vec![(range.width.max, range.height.max)];
    sizes.extend(
        USUAL_SIZES.into_iter().filter(|(w, h)| range.width.contains(*w) && range.height.contains(*h)),
    );
    sizes.dedup();
    sizes.retain(|(width, height)| is_possible(*width, *height));
    sizes
}

/// Frames per second of a frame interval in seconds, to a thousandth; `None` for an impossible one.
pub(crate) fn rate(numerator: u32, denominator: u32) -> Option<f64> {
    (numerator > 0 && denominator > 0)
        .then(|| (f64::from(denominator) / f64::from(numerator) * 1000.0).round() / 1000.0)
}

fn is_possible(width: u32, height: u32) -> bool {
    (1..=LARGEST_SIDE).contains(&width) && (1..=LARGEST_SIDE).contains(&height)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(fourcc: &[u8; 4], width: u32, height: u32, fps: impl Into<Option<f64>>) -> Offer {
        Offer { fourcc: *fourcc, width, height, fps: fps.into() }
    }

    fn listed(offers: &[Offer]) -> Vec<(u32, u32, f64)> {
        modes(offers).rated.iter().map(|mode| (mode.width, mode.height, mode.fps)).collect()
    }

    #[test]
    fn a_size_has_the_best_rate_of_all_formats_and_the_largest_comes_first() {
        let offers = [
            offer(b"YUYV", 640, 480, 30.0),
            offer(b"YUYV", 1920, 1080, 5.0),
            offer(b"MJPG", 1920, 1080, 30.0),
            offer(b"MJPG", 1280, 720, 60.0),
        ];
        assert_eq!(listed(&offers), [(1920, 1080, 30.0), (1280, 720, 60.0), (640, 480, 30.0)]);
    }

    #[test]
    fn infrared_and_raw_sensor_pictures_are_not_modes() {
        let offers = [offer(b"GREY", 640, 360, 30.0), offer(b"BG10", 4096, 3072, 30.0)];
        assert_eq!(modes(&offers), Modes::default());
    }

    #[test]
    fn a_size_without_a_rate_is_no_mode_but_is_noticed() {
        let modes = modes(&[offer(b"UYVY", 1920, 1080, None)]);
        assert_eq!(modes, Modes { rated: vec![], has_unrated: true });
    }

    #[test]
    fn absurd_sizes_and_rates_are_dropped() {
        let offers = [
            offer(b"YUYV", 0, 480, 30.0),
            offer(b"YUYV", u32::MAX, u32::MAX, 30.0),
            offer(b"YUYV", 640, 480, f64::INFINITY),
            offer(b"YUYV", 320, 240, f64::NAN),
        ];
        assert_eq!(listed(&offers), []);
    }

    #[test]
    fn a_range_of_sizes_becomes_the_usual_sizes_that_fit_its_steps() {
        let range = SizeRange {
            width: Steps { min: 320, max: 1920, step: 16 },
            height: Steps { min: 180, max: 1200, step: 2 },
        };
        let sizes = sizes_in(range);
        assert_eq!(sizes.first(), Some(&(1920, 1200)));
        assert!(sizes.contains(&(1920, 1080)) && sizes.contains(&(1280, 720)));
        assert!(!sizes.contains(&(3840, 2160)));
    }

    #[test]
    fn a_range_with_lying_ends_neither_panics_nor_loops() {
        let steps =
            [Steps { min: 0, max: u32::MAX, step: 0 }, Steps { min: u32::MAX, max: 0, step: u32::MAX }];
        for width in steps {
            for height in steps {
                assert!(sizes_in(SizeRange { width, height }).len() <= 10);
            }
        }
    }

    #[test]
    fn a_rate_is_the_inverse_of_an_interval() {
        assert_eq!(rate(1, 30), Some(30.0));
        assert_eq!(rate(1001, 30_000), Some(29.97));
        assert_eq!(rate(2, 15), Some(7.5));
        assert_eq!((rate(0, 30), rate(1, 0)), (None, None));
    }
}
