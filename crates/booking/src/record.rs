//! What a room hands over.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use siaga_readiness::{Moment, booking::forecast::NetworkId, room::RoomId};
use thiserror::Error;

/// What one room hands over at once. It is committed as a whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Who it is about: whom the connection belongs to, not what a frame claims.
    pub room: RoomId,
    /// When the server received it, by the server's clocks.
    pub received: Moment,
    /// What the room says of itself, if it did.
    pub about: Option<About>,
    /// What is so in the room now. Never from a journal: what was so while the room was offline is history.
    pub state: Option<RoomState>,
    /// From the room's journal, in its order.
    pub frames: Vec<Frame>,
    /// What the server itself noticed of the room.
    pub noticed: Vec<Event>,
    /// Which journal: a room whose disk was replaced begins another one at 1.
    pub journal: u64,
}

/// What a room says of itself when it connects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The site whose uplink it shares.
    pub site: Option<Word>,
    /// The version of its agent.
    pub agent: Option<Word>,
}

/// A room's state as it sent it, and what is counted of it.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomState {
    json: String,
    /// How each check stands. Counted into its hour at most once a minute, so that a room that reports often weighs no more.
    pub standing: Vec<(Word, Outcome)>,
}

impl RoomState {
    /// The longest state that is kept, bytes. A room with 64 cameras has 60 KiB.
    pub const LONGEST: usize = 256 * 1024;

    /// # Errors
    /// Longer than [`Self::LONGEST`].
    pub fn new(json: String, standing: Vec<(Word, Outcome)>) -> Result<Self, TooLong> {
        if json.len() > Self::LONGEST { Err(TooLong) } else { Ok(Self { json, standing }) }
    }

    /// As the room sent it.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// A room's state is longer than what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a room's state has at most {} bytes", RoomState::LONGEST)]
pub struct TooLong;

/// One entry of a room's journal. It may say nothing that is kept; its number counts all the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Its number in the journal: above all before it.
    pub sequence: u64,
    /// What was measured.
    pub samples: Vec<Sample>,
    /// What happened.
    pub events: Vec<Event>,
}

/// One thing that was measured once.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// When it began, by the server's clock. Of two of one series in one millisecond the first counts.
    pub at: Timestamp,
    /// Of what, e.g. `NET_UP`.
    pub series: Word,
    /// Whether it was good.
    pub outcome: Outcome,
    /// Why, where there is a reason.
    pub reason: Option<Word>,
    /// How much, in the series' own unit.
    pub value: Option<f64>,
    /// What it was about, where that is a link.
    pub of: Option<Asked>,
}

/// What a probe of a link was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The rate that was asked for, bit/s.
    pub rate_bps: u64,
    /// The network that the room was on, if it said.
    pub network: Option<NetworkId>,
    /// The server was on the internet.
    pub public: bool,
}

/// Whether something was good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was.
    Good,
    /// It was not.
    Bad,
    /// That could not be told.
    Unknown,
    /// A mere measure, which is neither.
    Measure,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, by the server's clock.
    pub at: Timestamp,
    /// What, e.g. `DEVICE_REMOVED`.
    pub kind: Word,
    detail: String,
}

impl Event {
    /// The longest detail that is kept, characters; the rest is cut off.
    pub const LONGEST_DETAIL: usize = 300;

    /// Something that happened.
    #[must_use]
    pub fn new(at: Timestamp, kind: Word, detail: &str) -> Self {
        let shown = detail.chars().take(Self::LONGEST_DETAIL).map(|c| if c.is_control() { ' ' } else { c });
        Self { at, kind, detail: shown.collect() }
    }

    /// In which words.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// A short name out of a fixed vocabulary: of a series, a reason, a kind of event, a site or a version. 1 to 64 printable
/// ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word(String);

impl Word {
    const MAX_LENGTH: usize = 64;

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Word {
    type Err = NotAWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits =
            (1..=Self::MAX_LENGTH).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAWord) }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no [`Word`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a name here has 1 to 64 printable ASCII characters")]
pub struct NotAWord;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_has_a_longest_length() {
        assert!(RoomState::new("x".repeat(RoomState::LONGEST), Vec::new()).is_ok());
        assert_eq!(RoomState::new("x".repeat(RoomState::LONGEST + 1), Vec::new()), Err(TooLong));
    }

    #[test]
    fn an_event_s_words_are_one_line_and_short() {
        let event = Event::new(Timestamp::UNIX_EPOCH, "X".parse().unwrap(), &"é\n".repeat(1000));
        assert_eq!(event.detail().chars().count(), Event::LONGEST_DETAIL);
        assert!(event.detail().starts_with("é é "), "{}", event.detail());
    }

    #[test]
    fn a_word_is_short_and_printable() {
        for word in ["NET_UP", "gate.up.delivered", "0.1.0", &"x".repeat(64)] {
            assert_eq!(word.parse::<Word>().unwrap().as_str(), word);
        }
        for wrong in ["", "ü", "a\nb", "a\u{7f}", &"x".repeat(65)] {
            assert_eq!(wrong.parse::<Word>(), Err(NotAWord), "{wrong:?}");
        }
    }
}
