//! A stream of pictures, reduced to numbers.

use std::time::Duration;

use zeroize::Zeroizing;

use super::picture::{Brightness, Layout, brightness};

/// Cameras begin with broken and dark pictures while they set themselves up (webrtc/testrtc waits as long).
pub const WARM_UP: Duration = Duration::from_secs(1);

/// At most this mean brightness, of 255, is black (webrtc/testrtc).
const DARK_MEAN: f64 = 20.0;

/// Below this standard deviation of the brightness nothing is to be seen.
const FLAT_DEVIATION: f64 = 5.0;

/// One picture as it came.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// When, since the device was opened.
    pub at: Duration,
    /// What the driver used of its buffer.
    pub bytes: &'a [u8],
    /// The driver's count.
    pub sequence: u32,
    /// The driver's time, µs.
    pub stamp: i64,
    /// The driver says that it is damaged.
    pub is_damaged: bool,
}

/// What the pictures so far amount to. Counts are of the time after the warm-up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FrameFindings {
    /// Size that the driver set, pixels; 0 before it did.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// From opening to the first picture, milliseconds; `None` if none came.
    pub first_ms: Option<u32>,
    /// How long was looked at since, milliseconds.
    pub watched_ms: u32,
    /// Pictures that came, broken ones included.
    pub frames: u32,
    /// Those of them that are empty, damaged or can't be read.
    pub broken: u32,
    /// Pictures that the driver counted and never delivered.
    pub missing: u32,
    /// Pictures whose brightness was read.
    pub looked_at: u32,
    /// Those of them that are black.
    pub dark: u32,
    /// Those of them that show a plain surface.
    pub flat: u32,
    /// Longest time that the picture stood still bit by bit, or the driver's count and time did, milliseconds.
    pub still_ms: u32,
    /// Longest time without a picture since the first, milliseconds.
    pub gap_ms: u32,
}

impl FrameFindings {
    /// Pictures per second; `None` before there is enough to tell.
    #[must_use]
    pub fn fps(&self) -> Option<f64> {
        // Half a second: at 5 pictures a second, one more or less is still a factor of 1.5.
        (self.watched_ms >= 500).then(|| f64::from(self.frames) * 1e3 / f64::from(self.watched_ms))
    }

    /// Share of the pictures that are broken or missing, 0 to 1; `None` without any.
    #[must_use]
    pub fn broken_share(&self) -> Option<f64> {
        let all = f64::from(self.frames) + f64::from(self.missing);
        (all > 0.0).then(|| (f64::from(self.broken) + f64::from(self.missing)) / all)
    }
}

/// Looks at pictures as they come.
#[derive(Debug)]
pub struct FrameWatch {
    layout: Layout,
    findings: FrameFindings,
    first: Option<Duration>,
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    at: Duration,
    sequence: u32,
    stamp: i64,
    bytes: Zeroizing<Vec<u8>>,
    /// Since when the picture is the same.
    same_since: Duration,
}

impl FrameWatch {
    /// For pictures of a layout.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        let findings =
            FrameFindings { width: layout.width, height: layout.height, ..FrameFindings::default() };
        Self { layout, findings, first: None, last: None }
    }

    /// Takes a picture in.
    pub fn see(&mut self, frame: Frame<'_>) {
        let first = *self.first.get_or_insert(frame.at);
        let looked = match brightness(self.layout, frame.bytes) {
            Ok(looked) if !frame.is_damaged => Some(looked),
            _ => None,
        };
        if frame.at >= first + WARM_UP {
            self.count(&frame, looked);
        }
        self.compare(&frame, looked);
    }

    /// What has been found until `now`.
    #[must_use]
    pub fn findings(&self, now: Duration) -> FrameFindings {
        let mut findings = self.findings;
        findings.first_ms = self.first.map(milliseconds);
        if let Some(first) = self.first {
            findings.watched_ms = milliseconds(now.saturating_sub(first + WARM_UP));
        }
        if let Some(last) = &self.last {
            findings.gap_ms = findings.gap_ms.max(milliseconds(now.saturating_sub(last.at)));
        }
        findings
    }

    fn count(&mut self, frame: &Frame<'_>, looked: Option<Brightness>) {
        let findings = &mut self.findings;
        findings.frames = findings.frames.saturating_add(1);
        if let Some(last) = &self.last {
            // A count that goes back was begun anew.
            let missing = frame.sequence.saturating_sub(last.sequence).saturating_sub(1);
            findings.missing = findings.missing.saturating_add(missing);
        }
        match looked {
            None => findings.broken += 1,
            Some(looked) => {
                findings.looked_at += 1;
                findings.dark += u32::from(is_dark(looked));
                findings.flat += u32::from(is_flat(looked));
            }
        }
    }

    /// A sensor's noise makes two pictures differ, however still the room is; where there is nothing to be seen, the
    /// noise may be cut off, and equal pictures say nothing.
    fn compare(&mut self, frame: &Frame<'_>, looked: Option<Brightness>) {
        let shows_something = looked.is_some_and(|looked| !is_dark(looked) && !is_flat(looked));
        let (mut bytes, mut same_since) = (Zeroizing::new(Vec::new()), frame.at);
        if let Some(last) = self.last.take() {
            self.findings.gap_ms = self.findings.gap_ms.max(milliseconds(frame.at.saturating_sub(last.at)));
            let stands = last.sequence == frame.sequence && last.stamp == frame.stamp;
            if stands || shows_something && *last.bytes == frame.bytes {
                same_since = last.same_since;
            }
            bytes = last.bytes;
        }
        self.findings.still_ms =
            self.findings.still_ms.max(milliseconds(frame.at.saturating_sub(same_since)));
        bytes.clear();
        bytes.extend_from_slice(frame.bytes);
        let Frame { at, sequence, stamp, .. } = *frame;
        self.last = Some(Last { at, sequence, stamp, bytes, same_since });
    }
}

fn is_dark(looked: Brightness) -> bool {
    looked.mean <= DARK_MEAN
}

fn is_flat(looked: Brightness) -> bool {
    looked.deviation < FLAT_DEVIATION
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::{
        super::picture::tests::{SIZE, jpeg, layout, yuyv},
        *,
    };

    pub(crate) const FOURCC: [&[u8; 4]; 2] = [b"YUYV", b"MJPG"];

    pub(crate) fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A stream at 20 a second that begins at 0.4 s and is looked at for `ms` in all; `picture` gives the brightness
    /// values of the n-th picture.
    pub(crate) fn stream(
        fourcc: &[u8; 4],
        ms: u64,
        picture: impl Fn(u32) -> Vec<u8>,
        change: impl Fn(u32, &mut Frame<'_>) -> bool,
    ) -> FrameFindings {
        let mut watch = FrameWatch::new(layout(fourcc));
        for n in 0_u32.. {
            let time = 400 + 50 * u64::from(n);
            if time >= ms {
                break;
            }
            let luma = picture(n);
            let bytes = if fourcc == b"MJPG" { jpeg(&luma) } else { yuyv(&luma) };
            let stamp = i64::from(n) * 50_000;
            let mut frame = Frame { at: at(time), bytes: &bytes, sequence: n, stamp, is_damaged: false };
            if change(n, &mut frame) {
                watch.see(frame);
            }
        }
        watch.findings(at(ms))
    }

    /// A room with somebody moving in it.
    pub(crate) fn room(n: u32) -> Vec<u8> {
        (0..97_u32).map(|pixel| u8::try_from((pixel * 37 + n * 11) % 200 + 30).unwrap()).collect()
    }

    #[test]
    fn a_good_camera_is_counted_after_its_warm_up() {
        for fourcc in FOURCC {
            let findings = stream(fourcc, 3400, room, |_, _| true);
            let expected = FrameFindings {
                width: SIZE.0,
                height: SIZE.1,
                first_ms: Some(400),
                watched_ms: 2000,
                frames: 40,
                looked_at: 40,
                gap_ms: 50,
                ..FrameFindings::default()
            };
            assert_eq!(findings, expected);
            assert_eq!((findings.fps(), findings.broken_share()), (Some(20.0), Some(0.0)));
        }
    }

    #[test]
    fn what_goes_wrong_while_a_camera_warms_up_is_not_held_against_it() {
        let findings = stream(
            b"YUYV",
            3400,
            |n| if n < 20 { vec![0] } else { room(n) },
            |n, frame| {
                frame.is_damaged = n < 20;
                n != 5
            },
        );
        assert_eq!((findings.broken, findings.missing, findings.dark), (0, 0, 0));
    }

    #[test]
    fn black_is_a_mean_of_twenty_and_flat_a_deviation_below_five() {
        let seen = |luma: &[u8]| {
            let findings = stream(b"YUYV", 3400, |_| luma.to_vec(), |_, _| true);
            (findings.dark, findings.flat)
        };
        assert_eq!(seen(&[0, 40]), (40, 0));
        assert_eq!(seen(&[0, 42]), (0, 0));
        assert_eq!(seen(&[100, 109]), (0, 40));
        assert_eq!(seen(&[100, 110]), (0, 0));
        assert_eq!(seen(&[0]), (40, 40));
    }

    #[test]
    fn an_empty_a_damaged_and_a_short_picture_are_broken_and_a_gap_is_missing() {
        for fourcc in FOURCC {
            let findings = stream(fourcc, 3400, room, |n, frame| {
                match n {
                    30 => frame.bytes = &[],
                    31 => frame.is_damaged = true,
                    32 => frame.bytes = &frame.bytes[..frame.bytes.len() / 2],
                    _ => {}
                }
                !(40..43).contains(&n)
            });
            assert_eq!((findings.frames, findings.broken, findings.missing), (37, 3, 3));
            assert_eq!((findings.looked_at, findings.gap_ms), (34, 200));
        }
    }

    #[test]
    fn a_picture_that_stays_the_same_bit_by_bit_is_still_and_a_still_room_is_not() {
        let stands = |n: u32| room(n.clamp(0, 30).max(if n > 50 { n } else { 0 }));
        assert_eq!(stream(b"YUYV", 3400, stands, |_, _| true).still_ms, 1000);
        // One pixel's noise in an empty room.
        let noisy = |n: u32| [room(0), vec![u8::try_from(n % 2).unwrap()]].concat();
        assert_eq!(stream(b"YUYV", 3400, noisy, |_, _| true).still_ms, 0);
    }

    #[test]
    fn equal_pictures_in_the_dark_say_nothing_but_a_driver_whose_count_stands_does() {
        assert_eq!(stream(b"YUYV", 3400, |_| vec![0], |_, _| true).still_ms, 0);
        let stuck = |n: u32, frame: &mut Frame<'_>| {
            (frame.sequence, frame.stamp) = (n.min(20), i64::from(n.min(20)));
            true
        };
        assert_eq!(stream(b"YUYV", 3400, |_| vec![0], stuck).still_ms, 1950);
    }

    #[test]
    fn pictures_that_stop_coming_leave_a_gap() {
        let findings = stream(b"YUYV", 3400, room, |n, _| n < 30);
        assert_eq!((findings.gap_ms, findings.frames), (1550, 10));
    }

    proptest! {
        #[test]
        fn no_stream_makes_it_panic_and_its_counts_fit_together(
            frames in prop::collection::vec((0..20_000_u64, any::<u32>(), any::<i64>(), any::<bool>(), 0..3_usize), 0..40),
            now in 0..20_000_u64,
        ) {
            let pictures = [yuyv(&[7]), yuyv(&room(1)), vec![1, 2, 3]];
            let mut watch = FrameWatch::new(layout(b"YUYV"));
            for (time, sequence, stamp, is_damaged, which) in frames {
                watch.see(Frame { at: at(time), bytes: &pictures[which], sequence, stamp, is_damaged });
            }
            let found = watch.findings(at(now));
            prop_assert_eq!(found.frames, found.broken + found.looked_at);
            prop_assert!(found.dark <= found.looked_at && found.flat <= found.looked_at);
            prop_assert!(found.broken_share().is_none_or(|share| (0.0..=1.0).contains(&share)));
        }
    }
}
