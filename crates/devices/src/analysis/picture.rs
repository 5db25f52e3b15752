//! The brightness of one picture.

use zeroize::Zeroizing;
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

/// How the bytes of a picture are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// What they are coded in.
    pub coding: Coding,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bytes from one row to the next; no meaning for JPEG.
    pub stride: u32,
}

/// The codings in which a picture's brightness can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Brightness in every second byte, beginning with this one.
    Packed(u8),
    /// A plane of brightness first.
    Planar,
    /// One JPEG for each picture.
    Jpeg,
}

impl Coding {
    /// Of a V4L2 pixel format; `None` if its brightness can't be read.
    #[must_use]
    pub fn of(fourcc: [u8; 4]) -> Option<Self> {
        match &fourcc {
            b"YUYV" | b"YVYU" => Some(Self::Packed(0)),
            b"UYVY" | b"VYUY" => Some(Self::Packed(1)),
            b"NV12" | b"NV21" | b"NV16" | b"NV61" | b"YU12" | b"YV12" | b"422P" => Some(Self::Planar),
            b"MJPG" | b"JPEG" => Some(Self::Jpeg),
            _ => None,
        }
    }
}

/// Brightness over a whole picture, 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brightness {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub deviation: f64,
}

/// Too short, or not what it should be coded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

/// The brightness of a picture, from an even grid of its pixels.
///
/// # Errors
/// [`Broken`]: too few bytes, no JPEG, one cut short, or one of another size.
pub fn brightness(layout: Layout, bytes: &[u8]) -> Result<Brightness, Broken> {
    let Layout { coding, width, height, stride } = layout;
    match coding {
        Coding::Packed(first) => grid(bytes, usize::from(first), 2, (width, height, stride)),
        Coding::Planar => grid(bytes, 0, 1, (width, height, stride)),
        Coding::Jpeg => {
            let luma = jpeg_luma(bytes, width, height)?;
            grid(&luma, 0, 1, (width, height, width))
        }
    }
}

/// More pixels than this say no more about a mean.
const ENOUGH_PIXELS: u64 = 65_536;

fn grid(
    bytes: &[u8],
    first: usize,
    step: usize,
    (width, height, stride): (u32, u32, u32),
) -> Result<Brightness, Broken> {
    let (wide, high, stride) = (width as usize, height as usize, stride as usize);
    let row_length = wide.checked_mul(step).filter(|length| *length <= stride).ok_or(Broken)?;
    let whole = stride.checked_mul(high).ok_or(Broken)?;
    if whole == 0 || bytes.len() < whole {
        return Err(Broken);
    }
    let every = (1_usize..).find(|n| (wide / n) as u64 * (high / n) as u64 <= ENOUGH_PIXELS).unwrap_or(1);
    let (mut count, mut sum, mut squares) = (0_u64, 0_u64, 0_u64);
    for row in bytes.chunks_exact(stride).take(high).step_by(every) {
        for value in row.iter().take(row_length).skip(first).step_by(step * every) {
            let value = u64::from(*value);
            count += 1;
            sum += value;
            squares += value * value;
        }
    }
    #[allow(clippy::cast_precision_loss)] // At most some hundred thousand pixels of 8 bits.
    let (count, sum, squares) = (count as f64, sum as f64, squares as f64);
    let mean = sum / count;
    Ok(Brightness { mean, deviation: (squares / count - mean * mean).max(0.0).sqrt() })
}

fn jpeg_luma(bytes: &[u8], width: u32, height: u32) -> Result<Zeroizing<Vec<u8>>, Broken> {
    if !ends_as_jpeg(bytes) {
        return Err(Broken);
    }
    let completed;
    let bytes = if has_huffman_tables(bytes) {
        bytes
    } else {
        completed = with_default_tables(bytes);
        &completed
    };
    let options = DecoderOptions::default()
        .set_max_width(width as usize)
        .set_max_height(height as usize)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let luma = Zeroizing::new(decoder.decode().map_err(|_| Broken)?);
    let info = decoder.info().ok_or(Broken)?;
    let is_as_asked = u32::from(info.width) == width && u32::from(info.height) == height;
    (is_as_asked && luma.len() == width as usize * height as usize).then_some(luma).ok_or(Broken)
}

/// A decoder forgives a picture that was cut short; here it is what is looked for. Within coded data, and nowhere
/// else at a picture's end, FF D9 can't stand (ITU-T T.81, B.1.1.5). Cameras fill up with zeros after it.
fn ends_as_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8]) && bytes.windows(2).rev().any(|marker| marker == [0xff, 0xd9])
}

/// Whether a table is defined before the scan. Most webcams leave the standard ones out.
fn has_huffman_tables(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    while let [0xff, marker, high, low, ..] = rest {
        match marker {
            0xc4 => return true,
            0xda => return false,
            _ => {}
        }
        let length = 2 + usize::from(u16::from_be_bytes([*high, *low]));
        rest = rest.get(length..).unwrap_or_default();
    }
    false
}

/// The segment that tells a decoder to take the standard tables, as AVI files have it.
fn with_default_tables(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    const AVI1: [u8; 9] = [0xff, 0xe0, 0, 7, b'A', b'V', b'I', b'1', 0];
    let mut completed = Zeroizing::new(Vec::with_capacity(bytes.len() + AVI1.len()));
    let (start, rest) = bytes.split_at(bytes.len().min(2));
    completed.extend_from_slice(start);
    completed.extend_from_slice(&AVI1);
    completed.extend_from_slice(rest);
    completed
}

#[cfg(test)]
pub(crate) mod tests {
    use jpeg_encoder::{ColorType, Encoder};
    use proptest::prelude::*;

    use super::*;

    pub(crate) const SIZE: (u32, u32) = (64, 48);

    pub(crate) fn layout(fourcc: &[u8; 4]) -> Layout {
        let (width, height) = SIZE;
        let coding = Coding::of(*fourcc).unwrap();
        let stride = if matches!(coding, Coding::Packed(_)) { 2 * width } else { width };
        Layout { coding, width, height, stride }
    }

    /// A YUYV picture of these brightnesses, over and over.
    pub(crate) fn yuyv(luma: &[u8]) -> Vec<u8> {
        let pixels = (SIZE.0 * SIZE.1) as usize;
        luma.iter().cycle().take(pixels).flat_map(|luma| [*luma, 128]).collect()
    }

    /// The same as a JPEG.
    pub(crate) fn jpeg(luma: &[u8]) -> Vec<u8> {
        let pixels = (SIZE.0 * SIZE.1) as usize;
        let rgb: Vec<u8> = luma.iter().cycle().take(pixels).flat_map(|luma| [*luma; 3]).collect();
        let mut bytes = Vec::new();
        let size = (SIZE.0.try_into().unwrap(), SIZE.1.try_into().unwrap());
        Encoder::new(&mut bytes, 95).encode(&rgb, size.0, size.1, ColorType::Rgb).unwrap();
        bytes
    }

    fn without_tables(jpeg: &[u8]) -> Vec<u8> {
        let (mut kept, mut rest) = (jpeg[..2].to_vec(), &jpeg[2..]);
        loop {
            let length = 2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]));
            match rest[1] {
                0xda => return [kept.as_slice(), rest].concat(),
                0xc4 => {}
                _ => kept.extend_from_slice(&rest[..length]),
            }
            rest = &rest[length..];
        }
    }

    #[test]
    fn brightness_is_read_from_where_each_coding_has_it() {
        let packed = yuyv(&[10, 30]);
        let swapped: Vec<u8> = packed.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
        let plane: Vec<u8> =
            packed.iter().step_by(2).copied().chain(std::iter::repeat_n(200, 9_000)).collect();
        for (fourcc, bytes) in [(b"YUYV", &packed), (b"UYVY", &swapped), (b"NV12", &plane)] {
            let read = brightness(layout(fourcc), bytes).unwrap();
            assert_eq!(read, Brightness { mean: 20.0, deviation: 10.0 }, "{fourcc:?}");
        }
        assert_eq!(Coding::of(*b"H264"), None);
    }

    #[test]
    fn a_jpeg_is_as_bright_as_what_was_put_into_it() {
        let read = brightness(layout(b"MJPG"), &jpeg(&[90])).unwrap();
        assert!((read.mean - 90.0).abs() < 2.0 && read.deviation < 2.0, "{read:?}");
    }

    #[test]
    fn a_jpeg_without_tables_and_with_filling_is_read_as_webcams_send_it() {
        let whole = jpeg(&[40, 200, 90]);
        let mut bare = without_tables(&whole);
        assert!(has_huffman_tables(&whole) && !has_huffman_tables(&bare));
        bare.extend_from_slice(&[0; 500]);
        assert_eq!(brightness(layout(b"MJPG"), &bare), brightness(layout(b"MJPG"), &whole));
    }

    #[test]
    fn a_picture_cut_short_or_of_another_size_is_broken() {
        let (raw, coded) = (yuyv(&[90]), jpeg(&[90, 10, 200]));
        assert_eq!(brightness(layout(b"YUYV"), &raw[..raw.len() - 1]), Err(Broken));
        assert_eq!(brightness(layout(b"MJPG"), &coded[..coded.len() / 2]), Err(Broken));
        assert_eq!(brightness(layout(b"MJPG"), &raw), Err(Broken));
        for (width, height) in [(32, 48), (128, 48), (64, 96)] {
            let other = Layout { width, height, ..layout(b"MJPG") };
            assert_eq!(brightness(other, &coded), Err(Broken), "{width}×{height}");
        }
    }

    #[test]
    fn a_large_picture_is_read_by_a_grid_that_misses_no_part() {
        let (width, height) = (1920_u32, 1080_u32);
        let layout = Layout { coding: Coding::Planar, width, height, stride: width };
        let mut bytes = vec![0; (width * height) as usize];
        let half = bytes.len() / 2;
        bytes[half..].fill(200);
        let read = brightness(layout, &bytes).unwrap();
        assert!((read.mean - 100.0).abs() < 1.0 && (read.deviation - 100.0).abs() < 1.0, "{read:?}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_brightness_stays_in_range(
            bytes in prop::collection::vec(any::<u8>(), 0..8_000),
            fourcc in prop::sample::select(vec![b"YUYV", b"UYVY", b"NV12", b"MJPG"]),
            (width, height, stride) in (0..200_u32, 0..200_u32, 0..400_u32),
        ) {
            let layout = Layout { width, height, stride, ..layout(fourcc) };
            if let Ok(read) = brightness(layout, &bytes) {
                prop_assert!((0.0..=255.0).contains(&read.mean) && (0.0..=127.5).contains(&read.deviation));
            }
        }

        #[test]
        fn a_damaged_jpeg_never_makes_it_panic(at in 0..1_000_usize, byte: u8, luma: [u8; 7]) {
            let mut bytes = jpeg(&luma);
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = brightness(layout(b"MJPG"), &bytes);
        }
    }
}
