//! Takes pictures.
//!
//! By v4l and not by nokhwa, whose frames know neither how much of a buffer is picture nor the driver's count nor its
//! error flag, and come without a timeout.

use std::{io, path::Path, time::Duration};

use rustix::event::PollFlags;
use v4l::{
    Device, Format, FourCC, Fraction,
    buffer::{Flags, Type},
    io::{
        mmap::Stream,
        traits::{CaptureStream, Stream as _},
    },
    video::{Capture, capture::Parameters},
};

use super::{
    super::message::{Message, Refusal},
    report::Line,
};
use crate::{
    analysis::{
        Frame, FrameWatch, Wanted,
        frames::WARM_UP,
        picture::{Coding, Layout},
        verdict::FIRST_FRAME_FAIL_MS,
    },
    drivers::{DriverError, Offer},
    kernel::{guarded, video::offers},
};

/// How long pictures are looked at, after the warm-up.
const LOOK: Duration = Duration::from_secs(2);

/// Between two looks at the parent's hand.
const SLICE_MS: i32 = 100;

/// Asked of the driver; at 30 a second a quarter of a second may pass before one is missing.
const BUFFERS: u32 = 8;

/// Looks at pictures for three seconds from the first one on.
pub(super) fn watch(node: &Path, wanted: Wanted, line: &mut Line) -> Result<(), Refusal> {
    let opened = line.now();
    let device = Device::with_path(node).map_err(refusal)?;
    let offers = offers(&device).map_err(|_| Refusal::DoesNotStart)?;
    let fourcc = choose(&offers, wanted).ok_or(Refusal::NothingToJudge)?;
    let found = Restore::of(&device)?;
    let layout = set(&device, fourcc, wanted)?;
    let ended = stream(&device, layout, opened, line);
    drop(found);
    ended
}

/// A format whose brightness can be read: in the wanted size and fast enough, without compression if possible.
fn choose(offers: &[Offer], wanted: Wanted) -> Option<[u8; 4]> {
    let readable = offers.iter().filter(|offer| Coding::of(offer.fourcc).is_some());
    let fitness = |offer: &&Offer| {
        let has_size = (offer.width, offer.height) == (wanted.width, wanted.height);
        // Rates are stated as fractions.
        let is_fast = offer.fps.is_some_and(|fps| fps >= 0.99 * wanted.fps);
        let is_plain = Coding::of(offer.fourcc) != Some(Coding::Jpeg);
        (has_size, is_fast, is_plain)
    };
    readable.max_by_key(fitness).map(|offer| offer.fourcc)
}

/// Sets format and rate; what the driver makes of it is what will be judged.
fn set(device: &Device, fourcc: [u8; 4], wanted: Wanted) -> Result<Layout, Refusal> {
    let asked = Format::new(wanted.width, wanted.height, FourCC::new(&fourcc));
    let set = guarded(|| device.set_format(&asked)).map_err(|_| Refusal::DoesNotStart)?.map_err(refusal)?;
    let coding = Coding::of(set.fourcc.repr).ok_or(Refusal::NothingToJudge)?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A rate of at most a thousand.
    let interval = Fraction::new(1000, (wanted.fps * 1000.0).round() as u32);
    // Some drivers have but one rate and refuse to be asked.
    let _ = device.set_params(&Parameters::new(interval));
    Ok(Layout { coding, width: set.width, height: set.height, stride: set.stride })
}

fn stream(device: &Device, layout: Layout, opened: Duration, line: &mut Line) -> Result<(), Refusal> {
    let mut stream = Stream::with_buffers(device, Type::VideoCapture, BUFFERS).map_err(refusal)?;
    // The first buffer is left to `next`, which hands it to the driver before it asks for a picture.
    let others = 1..32;
    let _ = others.map(|index| stream.queue(index)).take_while(io::Result::is_ok).count();
    stream.start().map_err(refusal)?;
    let mut watch = FrameWatch::new(layout);
    let first_within = Duration::from_millis(FIRST_FRAME_FAIL_MS.into());
    let mut until = first_within;
    loop {
        let now = line.now() - opened;
        if now >= until || line.is_cut(Duration::ZERO) {
            break;
        }
        if is_ready(&stream)? {
            let (buffer, meta) = stream.next().map_err(refusal)?;
            let at = line.now() - opened;
            let used = buffer.len().min(usize::try_from(meta.bytesused).unwrap_or(usize::MAX));
            watch.see(Frame {
                at,
                bytes: &buffer[..used],
                sequence: meta.sequence,
                stamp: meta.timestamp.sec * 1_000_000 + meta.timestamp.usec,
                is_damaged: meta.flags.contains(Flags::ERROR),
            });
            if until == first_within {
                until = at + WARM_UP + LOOK;
            }
        }
        let now = line.now() - opened;
        line.progress(|| Message::Frames(watch.findings(now)));
    }
    let found = watch.findings(line.now() - opened);
    // What `stop` has to say is said by dropping the stream, which can panic: the report comes first.
    line.say(Message::AllFrames(found));
    Ok(())
}

fn is_ready(stream: &Stream<'_>) -> Result<bool, Refusal> {
    let readable = i16::try_from(PollFlags::IN.bits()).unwrap_or(1);
    match stream.handle().poll(readable, SLICE_MS) {
        Ok(ready) => Ok(ready > 0),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(refusal(error)),
    }
}

/// Sets back what was found, also if something panics on the way.
struct Restore<'a> {
    device: &'a Device,
    format: Option<Format>,
    interval: Option<Fraction>,
}

impl<'a> Restore<'a> {
    fn of(device: &'a Device) -> Result<Self, Refusal> {
        // The library panics on a colour space that it does not know; then there is nothing to set back to.
        let format = guarded(|| device.format()).ok().transpose().map_err(refusal)?;
        let interval = device.params().ok().map(|params| params.interval);
        Ok(Self { device, format, interval })
    }
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        if let Some(format) = &self.format {
            let _ = guarded(|| self.device.set_format(format));
        }
        if let Some(interval) = self.interval.filter(|interval| interval.denominator > 0) {
            let _ = self.device.set_params(&Parameters::new(interval));
        }
    }
}

fn refusal(error: io::Error) -> Refusal {
    match DriverError::from(error) {
        DriverError::Busy => Refusal::Busy,
        DriverError::NoPermission => Refusal::NoPermission,
        DriverError::Gone => Refusal::Gone,
        DriverError::Failed(_) => Refusal::DoesNotStart,
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    const WANTED: Wanted = Wanted { width: 1280, height: 720, fps: 30.0 };

    fn offer(fourcc: &[u8; 4], height: u32, fps: f64) -> Offer {
        Offer { fourcc: *fourcc, width: height * 16 / 9, height, fps: Some(fps) }
    }

    #[test]
    fn plain_pictures_are_taken_where_they_are_fast_enough_and_coded_ones_elsewhere() {
        let coded = offer(b"MJPG", 720, 30.0);
        assert_eq!(choose(&[coded, offer(b"YUYV", 720, 30.0)], WANTED), Some(*b"YUYV"));
        assert_eq!(choose(&[coded, offer(b"YUYV", 720, 10.0)], WANTED), Some(*b"MJPG"));
        assert_eq!(choose(&[coded, offer(b"YUYV", 1080, 30.0)], WANTED), Some(*b"MJPG"));
    }

    #[test]
    fn a_camera_that_lacks_the_size_is_asked_all_the_same_and_one_that_can_t_be_judged_is_not() {
        assert_eq!(choose(&[offer(b"NV12", 480, 30.0)], WANTED), Some(*b"NV12"));
        assert_eq!(choose(&[offer(b"H264", 720, 30.0)], WANTED), None);
    }

    #[test]
    fn errors_are_told_apart() {
        let told = |errno: Errno| refusal(errno.into());
        assert_eq!(told(Errno::BUSY), Refusal::Busy);
        assert_eq!(told(Errno::NODEV), Refusal::Gone);
        assert_eq!(told(Errno::ACCESS), Refusal::NoPermission);
        assert_eq!(told(Errno::NOSPC), Refusal::DoesNotStart);
    }
}
