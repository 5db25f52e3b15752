//! All that the process can say: numbers, in messages of one size.

use crate::analysis::{FrameFindings, SoundFindings};

/// Numbers in a message, the two at its head included.
const WORDS: usize = 16;

/// Bytes of a message; far below the 4096 up to which a pipe takes a message whole or not at all (pipe(7)).
pub(super) const LENGTH: usize = 4 * WORDS;

/// Tells messages from anything else that might be written, and of another version.
const MAGIC: u32 = u32::from_le_bytes(*b"SGT1");

/// Instead of a number that there is not.
const NONE: u32 = u32::MAX;

/// What the process says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    /// What was found so far.
    Frames(FrameFindings),
    /// What was found in the end.
    AllFrames(FrameFindings),
    /// What was heard so far.
    Sound(SoundFindings),
    /// What was heard in the end.
    AllSound(SoundFindings),
    /// Why nothing is found.
    Refused(Refusal),
    /// The greatest amplitude since the last of these, out of [`FULL_SCALE`](crate::analysis::sound::FULL_SCALE): for a person to see that
    /// it moves. Nothing is concluded from it.
    Level(u32),
}

/// Why nothing is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Another program holds the device.
    Busy,
    /// This user may not open it.
    NoPermission,
    /// It disappeared.
    Gone,
    /// It refuses to start.
    DoesNotStart,
    /// It offers nothing that can be judged.
    NothingToJudge,
    /// The process could not be locked up; it touched nothing.
    NotConfined,
    /// It was not told what to try.
    NotUnderstood,
}

const REFUSALS: [Refusal; 7] = [
    Refusal::Busy,
    Refusal::NoPermission,
    Refusal::Gone,
    Refusal::DoesNotStart,
    Refusal::NothingToJudge,
    Refusal::NotConfined,
    Refusal::NotUnderstood,
];

impl Message {
    pub(super) fn encode(&self) -> [u8; LENGTH] {
        let (kind, body): (u32, Vec<u32>) = match self {
            Self::Frames(found) => (1, frames(found)),
            Self::AllFrames(found) => (2, frames(found)),
            Self::Sound(found) => (3, sound(found)),
            Self::AllSound(found) => (4, sound(found)),
            Self::Refused(refusal) => (5, vec![*refusal as u32]),
            Self::Level(peak) => (6, vec![*peak]),
        };
        let mut bytes = [0; LENGTH];
        let words = [MAGIC, kind].into_iter().chain(body);
        for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// `None` if it is not exactly what [`encode`](Self::encode) makes.
    pub(super) fn decode(bytes: &[u8; LENGTH]) -> Option<Self> {
        let mut words =
            bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        if words.next()? != MAGIC {
            return None;
        }
        let kind = words.next()?;
        let mut next = || words.next().unwrap_or(NONE);
        let message = match kind {
            1 => Self::Frames(read_frames(&mut next)),
            2 => Self::AllFrames(read_frames(&mut next)),
            3 => Self::Sound(read_sound(&mut next)),
            4 => Self::AllSound(read_sound(&mut next)),
            5 => Self::Refused(*REFUSALS.get(usize::try_from(next()).ok()?)?),
            6 => Self::Level(next()),
            _ => return None,
        };
        (message.encode() == *bytes).then_some(message)
    }
}

fn frames(found: &FrameFindings) -> Vec<u32> {
    let FrameFindings { width, height, first_ms, watched_ms, frames, broken, missing, .. } = *found;
    let FrameFindings { looked_at, dark, flat, still_ms, gap_ms, .. } = *found;
    let first_ms = first_ms.unwrap_or(NONE);
    vec![
        width, height, first_ms, watched_ms, frames, broken, missing, looked_at, dark, flat, still_ms, gap_ms,
    ]
}

fn read_frames(next: &mut impl FnMut() -> u32) -> FrameFindings {
    FrameFindings {
        width: next(),
        height: next(),
        first_ms: Some(next()).filter(|ms| *ms != NONE),
        watched_ms: next(),
        frames: next(),
        broken: next(),
        missing: next(),
        looked_at: next(),
        dark: next(),
        flat: next(),
        still_ms: next(),
        gap_ms: next(),
    }
}

fn sound(found: &SoundFindings) -> Vec<u32> {
    let SoundFindings { first_ms, gap_ms, heard_ms, span_ms, came_ms, .. } = *found;
    let SoundFindings { peak, rms, offset, spread, clipped_run, .. } = *found;
    let first_ms = first_ms.unwrap_or(NONE);
    vec![first_ms, gap_ms, heard_ms, span_ms, came_ms, peak, rms, offset, spread, clipped_run]
}

fn read_sound(next: &mut impl FnMut() -> u32) -> SoundFindings {
    SoundFindings {
        first_ms: Some(next()).filter(|ms| *ms != NONE),
        gap_ms: next(),
        heard_ms: next(),
        span_ms: next(),
        came_ms: next(),
        peak: next(),
        rms: next(),
        offset: next(),
        spread: next(),
        clipped_run: next(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_refusal_is_understood_as_it_was_meant() {
        for refusal in REFUSALS {
            let message = Message::Refused(refusal);
            assert_eq!(Message::decode(&message.encode()), Some(message));
        }
    }

    proptest! {
        #[test]
        fn what_is_said_is_understood(numbers in prop::array::uniform12(0..u32::MAX), came: bool) {
            let mut numbers = numbers.into_iter();
            let mut next = || numbers.next().unwrap_or(0);
            let first_ms = came.then(&mut next);
            let found = FrameFindings { first_ms, ..read_frames(&mut next) };
            for message in [Message::Frames(found), Message::AllFrames(found)] {
                prop_assert_eq!(Message::decode(&message.encode()), Some(message));
            }
            let mut rest = [found.frames, found.width, found.dark].into_iter().cycle();
            let heard = SoundFindings { first_ms, ..read_sound(&mut || rest.next().unwrap_or(0)) };
            for message in [Message::Sound(heard), Message::AllSound(heard), Message::Level(heard.peak)] {
                prop_assert_eq!(Message::decode(&message.encode()), Some(message));
            }
        }

        #[test]
        fn rubbish_is_not_taken_for_a_message(bytes: [u8; 32]) {
            let mut rubbish = [0; LENGTH];
            rubbish[..32].copy_from_slice(&bytes);
            prop_assert_eq!(Message::decode(&rubbish), None);
        }

        #[test]
        fn a_message_with_anything_more_in_it_is_none(at in prop_oneof![0..4_usize, 12..LENGTH], byte in 1..=255_u8) {
            // What tells messages from anything else, and all that a refusal leaves unused.
            let mut bytes = Message::Refused(Refusal::Busy).encode();
            bytes[at] ^= byte;
            prop_assert_eq!(Message::decode(&bytes), None);
        }
    }
}
