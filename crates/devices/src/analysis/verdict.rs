//! What findings mean for a meeting.

use siaga_readiness::{reasons::Code, state::CheckState, trial::Judgement};

use super::{
    frames::FrameFindings,
    sound::{FULL_SCALE, SoundFindings},
};

/// The pictures that were asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Per second.
    pub fps: f64,
}

/// Why a device is tried. An empty room is dark at night; a person who asks sits in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// By the schedule.
    Scheduled,
    /// A person asked.
    Asked,
}

/// A picture must come within this time (devices of video-conferencing rooms are given as long), milliseconds.
pub const FIRST_FRAME_FAIL_MS: u32 = 10_000;

/// Later than this is worth a word, milliseconds.
const FIRST_FRAME_WARN_MS: u32 = 5_000;

/// Fewer pictures a second are no video (webrtc/testrtc).
const LEAST_FPS: f64 = 5.0;

/// Less than this share of the rate asked for is worth a word (webrtc/testrtc).
const NOMINAL_SHARE: f64 = 0.8;

/// Broken or missing pictures, as a share of all.
const BROKEN_FAIL: f64 = 0.33;
const BROKEN_WARN: f64 = 0.05;

/// Black or plain pictures, as a share of those looked at (webrtc/testrtc).
const DARK_SHARE: f64 = 1.0 / 3.0;

/// A picture that stands for so long stands, milliseconds. Two equal ones in a row are common where a camera repeats
/// pictures to keep its rate.
const STANDSTILL_MS: u32 = 1_500;

/// What a stream of pictures says about its camera, the worst first.
#[must_use]
pub fn judge_frames(found: &FrameFindings, wanted: Wanted, occasion: Occasion) -> Judgement {
    use CheckState::{Failed, Ok, Warning};
    let share = |count: u32| f64::from(count) / f64::from(found.looked_at.max(1));
    let fps = found.fps().unwrap_or(0.0);
    let broken = found.broken_share().unwrap_or(0.0);
    let rated = |state, code| Judgement { required: Some(wanted.fps), ..measured(state, code, fps) };
    let first_ms = match found.first_ms {
        Some(first) if first <= FIRST_FRAME_FAIL_MS => first,
        _ => return Judgement::new(Failed, Code::CameraNoFrames),
    };
    if (found.width, found.height) != (wanted.width, wanted.height) {
        Judgement::new(Failed, Code::CameraWrongResolution)
    } else if found.gap_ms >= STANDSTILL_MS || found.still_ms >= STANDSTILL_MS {
        Judgement::new(Failed, Code::CameraFrozen)
    } else if broken > BROKEN_FAIL {
        measured(Failed, Code::CameraBrokenFrames, broken * 100.0)
    } else if fps < LEAST_FPS {
        rated(Failed, Code::CameraSlow)
    } else if share(found.dark) > DARK_SHARE {
        let state = if occasion == Occasion::Asked { Failed } else { Warning };
        Judgement::new(state, Code::CameraDark)
    } else if share(found.flat) > DARK_SHARE {
        Judgement::new(Warning, Code::CameraCovered)
    } else if broken > BROKEN_WARN {
        measured(Warning, Code::CameraBrokenFrames, broken * 100.0)
    } else if fps < NOMINAL_SHARE * wanted.fps {
        rated(Warning, Code::CameraSlow)
    } else if first_ms > FIRST_FRAME_WARN_MS {
        measured(Warning, Code::CameraLate, f64::from(first_ms) / 1e3)
    } else {
        rated(Ok, Code::CameraWorks)
    }
}

/// Without a delivery for so long, none is coming, milliseconds.
pub const NO_SAMPLES_MS: u32 = 2_000;

/// So much silence is no pause in speech (webrtc/testrtc, Jitsi), milliseconds.
pub const SILENCE_MS: u32 = 4_000;

/// A sample of 16 bits that is one off nothing (webrtc/testrtc).
const SILENT_PEAK: u32 = FULL_SCALE / 32_767;

/// Quieter than this can hardly be heard (webrtc/testrtc), dB below full scale.
const LOW_DBFS: f64 = -60.0;

/// More samples in a row at the end of their range are not by chance (webrtc/testrtc).
const CLIPPED_RUN: u32 = 6;

/// A mean further off nothing is a fault of the input: a tenth of full scale.
const OFFSET: u32 = FULL_SCALE / 10;

/// Less of the sound than this share is no speech that can be followed. Our own figure: gaps of a fifth.
const SHARE_FAIL: f64 = 0.8;

/// Less than this share is worth a word. Our own figure: far from what two clocks differ by, and over four seconds more
/// than what a busy machine is late with one delivery.
const SHARE_WARN: f64 = 0.95;

/// What a stream of samples says about its microphone, the worst first. It is listened to until there is enough to
/// judge or it took far too long: too little is a finding.
#[must_use]
pub fn judge_sound(found: &SoundFindings) -> Judgement {
    use CheckState::{Failed, Ok, Warning};
    let heard = |state, code| measured(state, code, found.dbfs().unwrap_or(f64::NEG_INFINITY));
    let share = found.share().unwrap_or(0.0);
    if found.gap_ms >= NO_SAMPLES_MS || found.first_ms.is_none() {
        Judgement::new(Failed, Code::MicrophoneNoSamples)
    } else if found.heard_ms < SILENCE_MS || share < SHARE_FAIL {
        measured(Failed, Code::MicrophoneGaps, share * 100.0)
    } else if found.peak <= SILENT_PEAK {
        Judgement::new(Failed, Code::MicrophoneSilent)
    } else if found.spread == 0 || found.offset > OFFSET {
        Judgement::new(Failed, Code::MicrophoneStuck)
    } else if share < SHARE_WARN {
        measured(Warning, Code::MicrophoneGaps, share * 100.0)
    } else if found.clipped_run > CLIPPED_RUN {
        Judgement::new(Warning, Code::MicrophoneClipping)
    } else if found.dbfs().is_none_or(|dbfs| dbfs < LOW_DBFS) {
        heard(Warning, Code::MicrophoneLow)
    } else {
        heard(Ok, Code::MicrophoneWorks)
    }
}

/// With what was measured, to a tenth.
fn measured(state: CheckState, reason: Code, value: f64) -> Judgement {
    let value = value.is_finite().then(|| (value * 10.0).round() / 10.0);
    Judgement { value, ..Judgement::new(state, reason) }
}

#[cfg(test)]
mod tests {
    use super::{
        super::sound::tests::{heard, square},
        *,
    };

    const WANTED: Wanted = Wanted { width: 1280, height: 720, fps: 30.0 };

    /// A camera that does all it should.
    const GOOD: FrameFindings = FrameFindings {
        width: 1280,
        height: 720,
        first_ms: Some(400),
        watched_ms: 2000,
        frames: 60,
        broken: 0,
        missing: 0,
        looked_at: 60,
        dark: 0,
        flat: 0,
        still_ms: 66,
        gap_ms: 33,
    };

    /// State and reason as the schedule sees them.
    fn says(found: FrameFindings) -> (CheckState, Code) {
        let judgement = judge_frames(&found, WANTED, Occasion::Scheduled);
        (judgement.state, judgement.reason)
    }

    #[track_caller]
    fn fine(found: FrameFindings) {
        assert_eq!(says(found), (CheckState::Ok, Code::CameraWorks));
    }

    #[track_caller]
    fn warned(found: FrameFindings, reason: Code) {
        assert_eq!(says(found), (CheckState::Warning, reason));
    }

    #[track_caller]
    fn failed(found: FrameFindings, reason: Code) {
        assert_eq!(says(found), (CheckState::Failed, reason));
    }

    #[test]
    fn a_good_camera_works_and_its_rate_is_told() {
        fine(GOOD);
        assert_eq!(judge_frames(&GOOD, WANTED, Occasion::Asked).value, Some(30.0));
    }

    #[test]
    fn the_first_picture_is_late_after_five_seconds_and_lost_after_ten() {
        fine(FrameFindings { first_ms: Some(5_000), ..GOOD });
        warned(FrameFindings { first_ms: Some(5_001), ..GOOD }, Code::CameraLate);
        warned(FrameFindings { first_ms: Some(10_000), ..GOOD }, Code::CameraLate);
        failed(FrameFindings { first_ms: Some(10_001), ..GOOD }, Code::CameraNoFrames);
        failed(FrameFindings::default(), Code::CameraNoFrames);
    }

    #[test]
    fn another_size_is_a_failure_however_small_the_difference() {
        failed(FrameFindings { height: 719, ..GOOD }, Code::CameraWrongResolution);
        failed(FrameFindings { width: 1920, height: 1080, ..GOOD }, Code::CameraWrongResolution);
    }

    #[test]
    fn a_rate_below_four_fifths_is_slow_and_below_five_no_video() {
        fine(FrameFindings { frames: 48, ..GOOD });
        warned(FrameFindings { frames: 47, ..GOOD }, Code::CameraSlow);
        warned(FrameFindings { frames: 10, ..GOOD }, Code::CameraSlow);
        failed(FrameFindings { frames: 9, ..GOOD }, Code::CameraSlow);
        failed(FrameFindings { watched_ms: 100, frames: 3, ..GOOD }, Code::CameraSlow);
    }

    #[test]
    fn one_broken_picture_in_twenty_is_let_pass_and_one_in_three_too_many() {
        fine(FrameFindings { broken: 3, ..GOOD });
        warned(FrameFindings { broken: 4, ..GOOD }, Code::CameraBrokenFrames);
        warned(FrameFindings { broken: 19, ..GOOD }, Code::CameraBrokenFrames);
        failed(FrameFindings { broken: 20, ..GOOD }, Code::CameraBrokenFrames);
        // Missing ones count alike.
        fine(FrameFindings { frames: 57, missing: 3, ..GOOD });
        warned(FrameFindings { frames: 56, missing: 4, ..GOOD }, Code::CameraBrokenFrames);
        failed(FrameFindings { frames: 40, missing: 20, ..GOOD }, Code::CameraBrokenFrames);
    }

    #[test]
    fn a_third_of_black_pictures_is_let_pass_and_more_depends_on_who_asks() {
        fine(FrameFindings { dark: 20, ..GOOD });
        let dark = FrameFindings { dark: 21, ..GOOD };
        warned(dark, Code::CameraDark);
        assert_eq!(judge_frames(&dark, WANTED, Occasion::Asked).state, CheckState::Failed);
    }

    #[test]
    fn a_plain_surface_is_only_ever_a_warning() {
        fine(FrameFindings { flat: 20, ..GOOD });
        warned(FrameFindings { flat: 21, ..GOOD }, Code::CameraCovered);
        let covered = FrameFindings { flat: 60, ..GOOD };
        assert_eq!(judge_frames(&covered, WANTED, Occasion::Asked).state, CheckState::Warning);
    }

    #[test]
    fn a_picture_that_stands_or_stops_for_one_and_a_half_seconds_is_frozen() {
        fine(FrameFindings { still_ms: 1_499, ..GOOD });
        failed(FrameFindings { still_ms: 1_500, ..GOOD }, Code::CameraFrozen);
        fine(FrameFindings { gap_ms: 1_499, ..GOOD });
        failed(FrameFindings { gap_ms: 1_500, ..GOOD }, Code::CameraFrozen);
    }

    fn judged(found: &SoundFindings) -> (CheckState, Code) {
        let judgement = judge_sound(found);
        (judgement.state, judgement.reason)
    }

    fn sounds(sample: impl Fn(u32) -> i16) -> (CheckState, Code) {
        judged(&heard(sample))
    }

    #[test]
    fn a_microphone_that_hears_works_and_its_loudness_is_told() {
        assert_eq!(sounds(square(3277)), (CheckState::Ok, Code::MicrophoneWorks));
        assert_eq!(judge_sound(&heard(square(3277))).value, Some(-20.0));
    }

    #[test]
    fn digital_silence_is_a_failure_and_two_steps_of_noise_are_not() {
        assert_eq!(sounds(|_| 0), (CheckState::Failed, Code::MicrophoneSilent));
        assert_eq!(sounds(square(1)), (CheckState::Failed, Code::MicrophoneSilent));
        assert_eq!(sounds(square(2)), (CheckState::Warning, Code::MicrophoneLow));
    }

    #[test]
    fn below_minus_sixty_decibels_a_microphone_is_low() {
        assert_eq!(sounds(square(32)), (CheckState::Warning, Code::MicrophoneLow));
        assert_eq!(sounds(square(33)), (CheckState::Ok, Code::MicrophoneWorks));
    }

    #[test]
    fn six_samples_at_full_scale_are_let_pass_and_seven_are_clipping() {
        let clipped = |run: u32| {
            sounds(move |n| match n % 16 {
                n if n < run => i16::MAX,
                n if n < 8 => 0,
                _ => -28_000,
            })
        };
        assert_eq!(clipped(6), (CheckState::Ok, Code::MicrophoneWorks));
        assert_eq!(clipped(7), (CheckState::Warning, Code::MicrophoneClipping));
    }

    #[test]
    fn a_constant_and_an_offset_above_a_tenth_are_stuck() {
        assert_eq!(sounds(|_| 2), (CheckState::Failed, Code::MicrophoneStuck));
        let around = |offset: i16| move |n: u32| offset + square(1000)(n);
        assert_eq!(sounds(around(3270)), (CheckState::Ok, Code::MicrophoneWorks));
        assert_eq!(sounds(around(3290)), (CheckState::Failed, Code::MicrophoneStuck));
        assert_eq!(sounds(around(-3290)), (CheckState::Failed, Code::MicrophoneStuck));
    }

    #[test]
    fn two_seconds_without_a_delivery_are_a_failure() {
        let good = heard(square(3277));
        let with_gap = |gap_ms| judge_sound(&SoundFindings { gap_ms, ..good }).reason;
        assert_eq!(with_gap(1_999), Code::MicrophoneWorks);
        assert_eq!(with_gap(2_000), Code::MicrophoneNoSamples);
        assert_eq!(judged(&SoundFindings::default()), (CheckState::Failed, Code::MicrophoneNoSamples));
    }

    #[test]
    fn a_twentieth_of_the_sound_may_be_lost_and_a_fifth_is_too_much() {
        let good = heard(square(3277));
        let with_share = |came_ms| judged(&SoundFindings { span_ms: 5_000, came_ms, ..good });
        assert_eq!(with_share(4_750), (CheckState::Ok, Code::MicrophoneWorks));
        assert_eq!(with_share(4_749), (CheckState::Warning, Code::MicrophoneGaps));
        assert_eq!(with_share(4_000), (CheckState::Warning, Code::MicrophoneGaps));
        assert_eq!(with_share(3_999), (CheckState::Failed, Code::MicrophoneGaps));
        // Four seconds within the eight that it may take.
        let half = judge_sound(&SoundFindings { span_ms: 7_800, came_ms: 4_240, ..good });
        assert_eq!((half.state, half.value), (CheckState::Failed, Some(54.4)));
    }

    #[test]
    fn too_little_in_the_time_that_it_may_take_is_a_failure() {
        let short = |heard_ms| judged(&SoundFindings { heard_ms, ..heard(square(3277)) });
        assert_eq!(short(3_999), (CheckState::Failed, Code::MicrophoneGaps));
        assert_eq!(short(4_000), (CheckState::Ok, Code::MicrophoneWorks));
    }
}
