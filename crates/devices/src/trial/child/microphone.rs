//! Listens.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use cpal::{
    BufferSize, Data, ErrorKind, FromSample, HostId, I24, InputCallbackInfo, Sample, SampleFormat,
    SizedSample, StreamConfig, SupportedStreamConfigRange,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};

use super::{
    super::message::{Message, Refusal},
    report::Line,
};
use crate::{
    analysis::{
        SoundWatch,
        verdict::{NO_SAMPLES_MS, SILENCE_MS},
    },
    drivers::DriverError,
};

/// Between two looks at what was heard and at the parent's hand.
const SLICE: Duration = Duration::from_millis(100);

/// Sound that takes longer than this to come is not coming as it should.
const LONGEST: Duration = Duration::from_secs(8);

/// Listens for four seconds of sound, or until none has come for two.
pub(super) fn listen(name: &str, rate: u32, line: &mut Line) -> Result<(), Refusal> {
    let host = cpal::host_from_id(HostId::Alsa).map_err(|_| Refusal::DoesNotStart)?;
    let device = host
        .devices()
        .map_err(refusal)?
        .find(|device| device.id().is_ok_and(|id| id.id() == name))
        .ok_or(Refusal::Gone)?;
    let offers: Vec<_> = device.supported_input_configs().map_err(refusal)?.collect();
    let (format, config) = choose(&offers, rate).ok_or(Refusal::NothingToJudge)?;
    let watch = Arc::new(Mutex::new(SoundWatch::new(config.channels, config.sample_rate)));
    let opened = Instant::now();
    let ear = watch.clone();
    let hear = move |data: &Data, _: &InputCallbackInfo| {
        hear(&mut ear.lock().unwrap_or_else(PoisonError::into_inner), opened.elapsed(), data);
    };
    let timeout = Some(Duration::from_millis(NO_SAMPLES_MS.into()));
    // What goes wrong in the stream shows as sound that does not come, or not all of it.
    let stream = device.build_input_stream_raw(config, format, hear, |_| {}, timeout).map_err(refusal)?;
    stream.play().map_err(refusal)?;
    loop {
        let (so_far, level) = {
            let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
            (watch.findings(opened.elapsed()), watch.level())
        };
        let is_enough = so_far.heard_ms >= SILENCE_MS || so_far.gap_ms >= NO_SAMPLES_MS;
        if is_enough || opened.elapsed() >= LONGEST || line.is_cut(SLICE) {
            // The report comes first: a driver may hang when it is told to stop.
            line.say(Message::AllSound(so_far));
            return Ok(());
        }
        line.progress(|| Message::Sound(so_far));
        // Ten times a second; with the reports that is far from a flood.
        line.say(Message::Level(level));
    }
}

/// The samples that can be judged, the most common first.
const FORMATS: [SampleFormat; 5] =
    [SampleFormat::I16, SampleFormat::I32, SampleFormat::I24, SampleFormat::F32, SampleFormat::U8];

/// Stereo where it is offered: a microphone may be on either side.
fn choose(offers: &[SupportedStreamConfigRange], rate: u32) -> Option<(SampleFormat, StreamConfig)> {
    let fitness = |offer: &&SupportedStreamConfigRange| {
        let format = FORMATS.iter().position(|format| *format == offer.sample_format());
        (offer.channels() != 2, offer.channels(), format)
    };
    let best = offers
        .iter()
        .filter(|offer| (offer.min_sample_rate()..=offer.max_sample_rate()).contains(&rate))
        .filter(|offer| FORMATS.contains(&offer.sample_format()))
        .min_by_key(fitness)?;
    let config =
        StreamConfig { channels: best.channels(), sample_rate: rate, buffer_size: BufferSize::Default };
    Some((best.sample_format(), config))
}

fn hear(watch: &mut SoundWatch, at: Duration, data: &Data) {
    match data.sample_format() {
        SampleFormat::I16 => hear_as::<i16>(watch, at, data),
        SampleFormat::I32 => hear_as::<i32>(watch, at, data),
        SampleFormat::I24 => hear_as::<I24>(watch, at, data),
        SampleFormat::F32 => hear_as::<f32>(watch, at, data),
        SampleFormat::U8 => hear_as::<u8>(watch, at, data),
        // Not asked for.
        _ => {}
    }
}

fn hear_as<T: SizedSample>(watch: &mut SoundWatch, at: Duration, data: &Data)
where
    i32: FromSample<T>,
{
    if let Some(samples) = data.as_slice::<T>() {
        watch.hear(at, samples.iter().map(|sample| i32::from_sample(*sample)));
    }
}

fn refusal(error: cpal::Error) -> Refusal {
    if error.kind() == ErrorKind::DeviceNotAvailable {
        return Refusal::Gone;
    }
    match DriverError::from(error) {
        DriverError::Busy => Refusal::Busy,
        DriverError::NoPermission => Refusal::NoPermission,
        DriverError::Gone => Refusal::Gone,
        DriverError::Failed(_) => Refusal::DoesNotStart,
    }
}

#[cfg(test)]
mod tests {
    use cpal::SupportedBufferSize;

    use super::*;

    fn offer(channels: u16, format: SampleFormat) -> SupportedStreamConfigRange {
        SupportedStreamConfigRange::new(channels, 8_000, 48_000, SupportedBufferSize::Unknown, format)
    }

    #[test]
    fn stereo_in_sixteen_bits_is_asked_for_where_it_is_offered() {
        let offers = [
            offer(1, SampleFormat::I16),
            offer(2, SampleFormat::F32),
            offer(2, SampleFormat::I16),
            offer(8, SampleFormat::I16),
        ];
        let (format, config) = choose(&offers, 48_000).unwrap();
        assert_eq!((format, config.channels, config.sample_rate), (SampleFormat::I16, 2, 48_000));
        let (_, config) = choose(&offers[..1], 16_000).unwrap();
        assert_eq!(config.channels, 1);
    }

    #[test]
    fn a_rate_or_a_format_that_is_not_offered_can_t_be_judged() {
        assert!(choose(&[offer(2, SampleFormat::I16)], 96_000).is_none());
        assert!(choose(&[offer(2, SampleFormat::DsdU8)], 48_000).is_none());
    }

    #[test]
    fn full_scale_is_full_scale_in_every_format() {
        let peaks = [
            i32::from_sample(i16::MAX),
            i32::from_sample(I24::new(0x7f_ffff).unwrap()),
            i32::from_sample(1.0_f32),
            i32::from_sample(i32::MAX),
        ];
        assert!(peaks.iter().all(|peak| *peak >= 0x7fff_0000), "{peaks:?}");
        assert_eq!(
            (i32::from_sample(0_i16), i32::from_sample(128_u8), i32::from_sample(1_i16)),
            (0, 0, 65_536)
        );
    }
}
