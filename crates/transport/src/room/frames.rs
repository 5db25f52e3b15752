//! The frames of a link's stream: JSON behind a 4-byte big-endian length. Nothing is held between two of them, and of one
//! that comes in only what has come.

use std::time::Duration;

use quinn::{RecvStream, SendStream};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use siaga_readiness::report::MAX_FRAME;
use thiserror::Error;
use tokio::time::{Instant, timeout, timeout_at};

/// Writes a frame; the peer must have taken it within `patience`.
pub(super) async fn write<T: Serialize + Sync>(
    stream: &mut SendStream,
    frame: &T,
    patience: Duration,
) -> Result<(), FrameError> {
    let body = serde_json::to_vec(frame).map_err(FrameError::Malformed)?;
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    if length > MAX_FRAME {
        return Err(FrameError::TooLong(length));
    }
    let written = timeout(patience, async {
        stream.write_all(&length.to_be_bytes()).await?;
        stream.write_all(&body).await
    });
    match written.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(quinn::WriteError::ConnectionLost(lost))) => Err(FrameError::Lost(lost)),
        Ok(Err(_)) => Err(FrameError::Ended),
        Err(_) => Err(FrameError::TooSlow),
    }
}

/// Reads one frame after the other.
pub(super) struct Frames {
    stream: RecvStream,
    patience: Duration,
    /// Of the frame that is coming in.
    bytes: Vec<u8>,
    began: Option<Instant>,
}

impl Frames {
    /// `patience`: for the rest of a frame that has begun.
    pub(super) fn new(stream: RecvStream, patience: Duration) -> Self {
        Self { stream, patience, bytes: Vec::new(), began: None }
    }

    /// The next frame, and how long it is. Cancel-safe: what has come of a frame is kept.
    pub(super) async fn next<T: DeserializeOwned>(&mut self) -> Result<(T, usize), FrameError> {
        loop {
            let missing = self.missing()?;
            if missing == 0 {
                let bytes = std::mem::take(&mut self.bytes);
                self.began = None;
                return Ok((parse(bytes.get(HEADER..).unwrap_or_default())?, bytes.len()));
            }
            let read = self.stream.read_chunk(missing, true);
            let chunk = match self.began {
                Some(began) => {
                    timeout_at(began + self.patience, read).await.map_err(|_| FrameError::TooSlow)?
                }
                None => read.await,
            };
            let chunk = chunk.map_err(|error| match error {
                quinn::ReadError::ConnectionLost(lost) => FrameError::Lost(lost),
                _ => FrameError::Ended,
            })?;
            self.bytes.extend_from_slice(&chunk.ok_or(FrameError::Ended)?.bytes);
            self.began.get_or_insert_with(Instant::now);
        }
    }

    /// How many bytes the frame still lacks.
    fn missing(&self) -> Result<usize, FrameError> {
        let Some((length, body)) = self.bytes.split_first_chunk() else {
            return Ok(HEADER - self.bytes.len());
        };
        let length = u32::from_be_bytes(*length);
        if length > MAX_FRAME {
            return Err(FrameError::TooLong(length));
        }
        Ok(length as usize - body.len())
    }
}

const HEADER: usize = 4;

/// Texts from outside are cut and freed of control characters before anybody sees them.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    let mut frame: Value = serde_json::from_slice(body).map_err(FrameError::Malformed)?;
    clean(&mut frame);
    serde_json::from_value(frame).map_err(FrameError::Malformed)
}

/// As deep as the parser goes, which is bounded.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) => {
            if text.len() > LONGEST_TEXT || text.contains(|c: char| c.is_control()) {
                *text =
                    text.chars().take(LONGEST_TEXT).map(|c| if c.is_control() { ' ' } else { c }).collect();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::Object(fields) => fields.values_mut().for_each(clean),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Characters. No name or detail that a room reports is longer.
const LONGEST_TEXT: usize = 400;

/// Why no frame came through.
#[derive(Debug, Error)]
pub(crate) enum FrameError {
    #[error("a frame of {0} bytes, at most {MAX_FRAME} are allowed")]
    TooLong(u32),
    #[error("a frame that is not what the protocol says: {0}")]
    Malformed(serde_json::Error),
    #[error("the end of the stream")]
    Ended,
    #[error("nothing more of a frame, or took none, for too long")]
    TooSlow,
    #[error(transparent)]
    Lost(quinn::ConnectionError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_from_outside_are_cleaned_however_deep_they_are() {
        let long = "x".repeat(5_000);
        let body = format!(r#"[{{"a":["\u001b[2J\nbye"]}},"{long}","fine"]"#);
        let read: Value = parse(body.as_bytes()).unwrap();
        assert_eq!(read[0]["a"][0], " [2J bye");
        assert_eq!(read[1].as_str().map(str::len), Some(LONGEST_TEXT));
        assert_eq!(read[2], "fine");
    }

    #[test]
    fn nesting_cannot_exhaust_the_stack() {
        for open in ["[", r#"{"a":"#] {
            let body = open.repeat(MAX_FRAME as usize / open.len());
            assert!(matches!(parse::<Value>(body.as_bytes()), Err(FrameError::Malformed(_))));
        }
    }
}
