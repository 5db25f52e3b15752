//! One video node, read with V4L2's enumerating calls only: nothing here sets anything.

use std::path::Path;

use v4l::{
    Device, FourCC, Fraction,
    capability::{Capabilities, Flags},
    frameinterval::FrameIntervalEnum,
    framesize::FrameSizeEnum,
    video::Capture,
};

use super::guarded;
use crate::{
    camera::modes::{SizeRange, Steps, is_colour, rate, sizes_in},
    drivers::{CameraFacts, DriverError, Offer},
};

/// More pairs of format and size than this are a driver's mistake (rich webcams have about 60), and each
/// costs a call.
const MOST_OFFERS: usize = 512;

/// Opens the node, asks, closes it.
pub(crate) fn read(path: &Path) -> Result<CameraFacts, DriverError> {
    let device = Device::with_path(path)?;
    // The library takes a card's name for UTF-8, but the kernel cuts it at 31 bytes, which may be in the
    // middle of a letter. Then only the formats tell whether the node captures.
    match guarded(|| device.query_caps()) {
        Ok(capabilities) => {
            let capabilities = capabilities?;
            let captures = captures(&capabilities);
            let offers = if captures { offers(&device)? } else { Vec::new() };
            Ok(CameraFacts { bus_info: capabilities.bus, captures, offers })
        }
        Err(_) => {
            let offers = offers(&device)?;
            Ok(CameraFacts { bus_info: String::new(), captures: !offers.is_empty(), offers })
        }
    }
}

/// A capture node in the single-planar interface, which is the one that webcams have and that meeting
/// programs and nokhwa use.
fn captures(capabilities: &Capabilities) -> bool {
    let not_a_camera = Flags::VIDEO_OUTPUT
        | Flags::VIDEO_OUTPUT_MPLANE
        | Flags::VIDEO_M2M
        | Flags::VIDEO_M2M_MPLANE
        | Flags::META_CAPTURE
        | Flags::META_OUTPUT
        | Flags::TOUCH;
    capabilities.capabilities.contains(Flags::VIDEO_CAPTURE | Flags::STREAMING)
        && !capabilities.capabilities.intersects(not_a_camera)
}

/// The colour pictures on offer.
pub(crate) fn offers(device: &Device) -> Result<Vec<Offer>, DriverError> {
    let mut offers = Vec::new();
    for format in device.enum_formats()? {
        if !is_colour(format.fourcc.repr) {
            continue;
        }
        // A driver that lists no sizes for a format has none to offer in it.
        for size in device.enum_framesizes(format.fourcc).unwrap_or_default() {
            for (width, height) in sizes(&size.size) {
                if offers.len() == MOST_OFFERS {
                    return Ok(offers);
                }
                let fps = fastest(device, format.fourcc, width, height);
                offers.push(Offer { fourcc: format.fourcc.repr, width, height, fps });
            }
        }
    }
    Ok(offers)
}

fn sizes(size: &FrameSizeEnum) -> Vec<(u32, u32)> {
    match size {
        FrameSizeEnum::Discrete(size) => vec![(size.width, size.height)],
        FrameSizeEnum::Stepwise(range) => sizes_in(SizeRange {
            width: Steps { min: range.min_width, max: range.max_width, step: range.step_width },
            height: Steps { min: range.min_height, max: range.max_height, step: range.step_height },
        }),
    }
}

fn fastest(device: &Device, format: FourCC, width: u32, height: u32) -> Option<f64> {
    let frames_per_second = |interval: Fraction| rate(interval.numerator, interval.denominator);
    device
        .enum_frameintervals(format, width, height)
        .ok()?
        .into_iter()
        .filter_map(|interval| match interval.interval {
            FrameIntervalEnum::Discrete(interval) => frames_per_second(interval),
            FrameIntervalEnum::Stepwise(range) => frames_per_second(range.min),
        })
        .reduce(f64::max)
}
