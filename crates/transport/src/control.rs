//! The control stream's framing: JSON behind a 4-byte big-endian length, bounded.

use quinn::{ReadExactError, RecvStream, SendStream};
use serde::{Serialize, de::DeserializeOwned};
use siaga_probe::control::MAX_MESSAGE;
use thiserror::Error;

/// Sends one message.
pub(crate) async fn send<T: Serialize>(stream: &mut SendStream, message: &T) -> Result<(), ControlError> {
    let body = serde_json::to_vec(message).map_err(ControlError::Malformed)?;
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    if length > MAX_MESSAGE {
        return Err(ControlError::TooLong(length));
    }
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend_from_slice(&body);
    stream.write_all(&frame).await.map_err(|error| match error {
        quinn::WriteError::ConnectionLost(lost) => ControlError::Lost(lost),
        _ => ControlError::Ended,
    })
}

/// Receives one message. Not cancel-safe: a frame may be half read.
pub(crate) async fn receive<T: DeserializeOwned>(stream: &mut RecvStream) -> Result<T, ControlError> {
    let mut length = [0; 4];
    read(stream, &mut length).await?;
    let length = u32::from_be_bytes(length);
    if length > MAX_MESSAGE {
        return Err(ControlError::TooLong(length));
    }
    let mut body = vec![0; length as usize];
    read(stream, &mut body).await?;
    serde_json::from_slice(&body).map_err(ControlError::Malformed)
}

async fn read(stream: &mut RecvStream, into: &mut [u8]) -> Result<(), ControlError> {
    stream.read_exact(into).await.map_err(|error| match error {
        ReadExactError::ReadError(quinn::ReadError::ConnectionLost(lost)) => ControlError::Lost(lost),
        _ => ControlError::Ended,
    })
}

/// Why no message came through.
#[derive(Debug, Error)]
pub(crate) enum ControlError {
    #[error("control message of {0} bytes, at most {MAX_MESSAGE} are allowed")]
    TooLong(u32),
    #[error("control message is not what the protocol says: {0}")]
    Malformed(serde_json::Error),
    #[error("the peer ended the control stream")]
    Ended,
    #[error(transparent)]
    Lost(quinn::ConnectionError),
}
