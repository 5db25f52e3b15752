//! A stream of samples, reduced to numbers.

use std::time::Duration;

/// Loudest sample, as an amplitude: samples are scaled to 32 bits whatever the device has.
pub const FULL_SCALE: u32 = 1 << 31;

/// Devices begin with a click or with nothing.
const WARM_UP: Duration = Duration::from_millis(250);

/// From here on a sample is at the end of its range, for all sample sizes of 16 bits and more.
const AT_FULL_SCALE: u32 = 0x7fff_0000;

/// No device has more; of others the rest is not listened to.
const MOST_CHANNELS: usize = 32;

/// What the samples so far amount to. Amplitudes are of the channel that moves most, out of [`FULL_SCALE`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SoundFindings {
    /// From opening to the first delivery, milliseconds; `None` if none came.
    pub first_ms: Option<u32>,
    /// Longest time without a delivery, milliseconds.
    pub gap_ms: u32,
    /// How long that is what was listened to, milliseconds of sound.
    pub heard_ms: u32,
    /// From the first delivery to the last, milliseconds.
    pub span_ms: u32,
    /// How long that is what was delivered in this time, milliseconds of sound.
    pub came_ms: u32,
    /// Greatest amplitude.
    pub peak: u32,
    /// Root of the mean square.
    pub rms: u32,
    /// The mean's distance from nothing.
    pub offset: u32,
    /// From the least to the greatest value; 0 is a constant.
    pub spread: u32,
    /// Longest run of samples at the end of their range.
    pub clipped_run: u32,
}

impl SoundFindings {
    /// Loudness, dB below full scale (a negative number); `None` for nothing at all.
    #[must_use]
    pub fn dbfs(&self) -> Option<f64> {
        (self.rms > 0).then(|| 20.0 * (f64::from(self.rms) / f64::from(FULL_SCALE)).log10())
    }

    /// How much of the sound came, as a share of the time in which it should have; above 1 if a backlog came too.
    /// `None` before the second delivery.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.span_ms > 0).then(|| f64::from(self.came_ms) / f64::from(self.span_ms))
    }
}

/// When a delivery came, and how many sample times there were with it.
#[derive(Debug, Clone, Copy)]
struct Delivery {
    at: Duration,
    times: u64,
}

/// Listens to samples as they come.
#[derive(Debug)]
pub struct SoundWatch {
    rate: u32,
    channels: Vec<Channel>,
    /// Sample times so far, warm-up included.
    times: u64,
    first: Option<Delivery>,
    last: Duration,
    gap: Duration,
}

impl SoundWatch {
    /// For interleaved samples of so many channels (1 to 32) at `rate` Hz.
    #[must_use]
    pub fn new(channels: u16, rate: u32) -> Self {
        let channels = vec![Channel::default(); usize::from(channels.max(1))];
        Self { rate: rate.max(1), channels, times: 0, first: None, last: Duration::ZERO, gap: Duration::ZERO }
    }

    /// Takes in a delivery, which came `at` this time since the device was opened.
    pub fn hear(&mut self, at: Duration, samples: impl Iterator<Item = i32>) {
        self.gap = self.gap.max(at.saturating_sub(self.last));
        self.last = at;
        let warm_up = u64::from(self.rate) * u64::try_from(WARM_UP.as_millis()).unwrap_or(0) / 1000;
        let width = self.channels.len();
        for (index, sample) in samples.enumerate() {
            let channel = index % width;
            if self.times >= warm_up && channel < MOST_CHANNELS {
                self.channels[channel].take(sample);
            }
            self.times += u64::from(channel + 1 == width);
        }
        self.first.get_or_insert(Delivery { at, times: self.times });
    }

    /// The greatest amplitude since this was last asked, of the channel in which it was greatest, out of [`FULL_SCALE`].
    pub fn level(&mut self) -> u32 {
        self.channels.iter_mut().map(|channel| std::mem::take(&mut channel.level)).max().unwrap_or(0)
    }

    /// What has been found until `now`.
    #[must_use]
    pub fn findings(&self, now: Duration) -> SoundFindings {
        let channel = self.channels.iter().copied().max_by_key(Channel::spread).unwrap_or_default();
        let lasts_ms = |times: u64| capped((times.saturating_mul(1000) / u64::from(self.rate)).into());
        // What came with the first delivery was recorded before it.
        let first = self.first.unwrap_or(Delivery { at: self.last, times: self.times });
        SoundFindings {
            first_ms: self.first.map(|first| capped(first.at.as_millis())),
            gap_ms: capped(self.gap.max(now.saturating_sub(self.last)).as_millis()),
            heard_ms: lasts_ms(channel.count),
            span_ms: capped(self.last.saturating_sub(first.at).as_millis()),
            came_ms: lasts_ms(self.times - first.times),
            peak: channel.peak,
            rms: channel.rms(),
            offset: channel.offset(),
            spread: channel.spread(),
            clipped_run: channel.longest_clip,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Channel {
    count: u64,
    sum: i64,
    squares: f64,
    least: i32,
    greatest: i32,
    peak: u32,
    /// The peak since it was last asked for.
    level: u32,
    clip: u32,
    longest_clip: u32,
}

impl Default for Channel {
    fn default() -> Self {
        Self {
            count: 0,
            sum: 0,
            squares: 0.0,
            least: i32::MAX,
            greatest: i32::MIN,
            peak: 0,
            level: 0,
            clip: 0,
            longest_clip: 0,
        }
    }
}

impl Channel {
    fn take(&mut self, sample: i32) {
        self.count += 1;
        // Room for 2^32 samples, a day at 48 kHz.
        self.sum = self.sum.saturating_add(sample.into());
        self.squares += f64::from(sample) * f64::from(sample);
        self.least = self.least.min(sample);
        self.greatest = self.greatest.max(sample);
        let amplitude = sample.unsigned_abs();
        self.peak = self.peak.max(amplitude);
        self.level = self.level.max(amplitude);
        self.clip = if amplitude >= AT_FULL_SCALE { self.clip.saturating_add(1) } else { 0 };
        self.longest_clip = self.longest_clip.max(self.clip);
    }

    fn spread(&self) -> u32 {
        if self.count == 0 { 0 } else { self.greatest.abs_diff(self.least) }
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn rms(&self) -> u32 {
        // At most full scale by construction.
        if self.count == 0 { 0 } else { (self.squares / self.count as f64).sqrt().round() as u32 }
    }

    fn offset(&self) -> u32 {
        let mean = self.sum.unsigned_abs().checked_div(self.count).unwrap_or(0);
        u32::try_from(mean).unwrap_or(u32::MAX)
    }
}

fn capped(number: u128) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Four and a quarter seconds of mono sound at 16 kHz, in deliveries of 20 ms; `sample` gives the 16-bit value of
    /// the n-th sample after the warm-up.
    pub(crate) fn heard(sample: impl Fn(u32) -> i16) -> SoundFindings {
        let mut watch = SoundWatch::new(1, 16_000);
        let mut times = 0_u32;
        for delivery in 1..=213_u64 {
            let samples: Vec<i32> =
                (0..320).map(|n| i32::from(sample((times + n).saturating_sub(4000))) << 16).collect();
            times += 320;
            watch.hear(Duration::from_millis(20 * delivery), samples.into_iter());
        }
        watch.findings(Duration::from_millis(20 * 213))
    }

    pub(crate) fn square(amplitude: i16) -> impl Fn(u32) -> i16 {
        move |n| if n / 8 % 2 == 0 { amplitude } else { -amplitude }
    }

    #[test]
    fn a_level_is_of_what_came_since_the_last() {
        let mut watch = SoundWatch::new(2, 1_000);
        let hear = |watch: &mut SoundWatch, left: i16, right: i16| {
            let samples = [left, right].repeat(300);
            watch.hear(Duration::ZERO, samples.into_iter().map(|sample| i32::from(sample) << 16));
        };
        hear(&mut watch, 1, 1);
        hear(&mut watch, 100, -2_000);
        assert_eq!(watch.level(), 2_000 << 16, "either side, either sign");
        hear(&mut watch, 5, 7);
        assert_eq!((watch.level(), watch.level()), (7 << 16, 0));
    }

    #[test]
    fn loudness_is_measured_against_full_scale() {
        let findings = heard(square(3277));
        assert!((findings.dbfs().unwrap() + 20.0).abs() < 0.01, "{findings:?}");
        assert_eq!((findings.first_ms, findings.gap_ms, findings.heard_ms), (Some(20), 20, 4010));
        assert_eq!((findings.peak, findings.spread), (3277 << 16, 6554 << 16));
        assert_eq!((findings.offset >> 16, findings.clipped_run), (0, 0));
    }

    #[test]
    fn what_comes_is_held_against_the_time_since_the_first_delivery() {
        let mut watch = SoundWatch::new(1, 1000);
        // The device takes a second to start, and hands over a backlog.
        watch.hear(Duration::from_millis(1000), [0; 300].into_iter());
        assert_eq!(watch.findings(Duration::from_millis(1100)).share(), None);
        watch.hear(Duration::from_millis(1500), [0; 250].into_iter());
        watch.hear(Duration::from_millis(2000), [0; 350].into_iter());
        // Nor does it count how late somebody looks.
        let found = watch.findings(Duration::from_millis(2900));
        assert_eq!((found.first_ms, found.span_ms, found.came_ms), (Some(1000), 1000, 600));
        assert_eq!(found.share(), Some(0.6));
    }

    #[test]
    fn a_delivery_that_is_held_up_and_made_up_for_loses_nothing() {
        let mut watch = SoundWatch::new(1, 1000);
        for at in [100, 200, 700, 701, 702, 703, 704, 800] {
            watch.hear(Duration::from_millis(at), [0; 100].into_iter());
        }
        assert_eq!(watch.findings(Duration::from_millis(800)).share(), Some(1.0));
    }

    #[test]
    fn a_click_at_the_beginning_is_not_heard() {
        let mut watch = SoundWatch::new(1, 1000);
        watch.hear(Duration::from_millis(1), [i32::MAX; 250].into_iter());
        assert_eq!(watch.findings(Duration::from_millis(1)).clipped_run, 0);
        watch.hear(Duration::from_millis(2), [i32::MIN; 3].into_iter());
        assert_eq!(watch.findings(Duration::from_millis(2)).clipped_run, 3);
    }

    #[test]
    fn of_two_channels_the_one_that_moves_is_listened_to() {
        let mut watch = SoundWatch::new(2, 1000);
        let samples = (0..1000).flat_map(|n| [1 << 30, if n % 2 == 0 { 1 << 20 } else { -(1 << 20) }]);
        watch.hear(Duration::from_secs(1), samples);
        let findings = watch.findings(Duration::from_secs(1));
        assert_eq!((findings.peak, findings.heard_ms), (1 << 20, 750));
    }

    #[test]
    fn a_constant_has_no_spread_and_an_offset() {
        let findings = heard(|_| 1000);
        assert_eq!((findings.spread, findings.offset, findings.peak), (0, 1000 << 16, 1000 << 16));
        assert_eq!(heard(|_| 0).dbfs(), None);
    }

    #[test]
    fn only_samples_in_a_row_at_the_end_of_their_range_are_clipped() {
        assert_eq!(heard(|n| if n % 8 < 6 { i16::MAX } else { 0 }).clipped_run, 6);
        assert_eq!(heard(|n| if n % 8 < 7 { i16::MIN } else { 0 }).clipped_run, 7);
        assert_eq!(heard(|n| if n % 8 < 7 { i16::MAX - 1 } else { 0 }).clipped_run, 0);
    }

    #[test]
    fn a_delivery_that_is_awaited_is_a_gap() {
        let mut watch = SoundWatch::new(1, 1000);
        assert_eq!(watch.findings(Duration::from_secs(2)).gap_ms, 2000);
        watch.hear(Duration::from_millis(100), [0; 100].into_iter());
        watch.hear(Duration::from_millis(700), [0; 100].into_iter());
        assert_eq!(watch.findings(Duration::from_millis(900)).gap_ms, 600);
        assert_eq!(watch.findings(Duration::from_millis(2900)).gap_ms, 2200);
    }

    proptest! {
        #[test]
        fn no_samples_make_it_panic_and_its_numbers_fit_together(
            channels in 0..70_u16,
            rate in 0..200_000_u32,
            deliveries in prop::collection::vec(prop::collection::vec(any::<i32>(), 0..300), 0..9),
        ) {
            let mut watch = SoundWatch::new(channels, rate);
            for (index, samples) in deliveries.into_iter().enumerate() {
                watch.hear(Duration::from_millis(index as u64 * 20), samples.into_iter());
            }
            let found = watch.findings(Duration::from_secs(1));
            prop_assert!(found.rms <= found.peak.saturating_add(1) && found.offset <= found.peak);
            prop_assert!(found.peak <= FULL_SCALE);
            prop_assert!(found.share().is_none_or(f64::is_finite));
        }
    }
}
