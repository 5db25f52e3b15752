//! The control stream's framing: JSON behind a 4-byte big-endian length, bounded.

use quinn::{ReadExactError, RecvStream, SendStream};
use serde::{Serialize, de::DeserializeOwned};
use siaga_probe::control::MAX_MESSAGE;
use thiserror::Error;

/// Sends one message.
pub(crate) async fn send<T: Serialize>(stream: &mut SendStream, message: &T) -> Result<(), ControlError> {
    stream.write_all(&frame(message)?).await.map_err(|error| match error {
        quinn::WriteError::ConnectionLost(lost) => ControlError::Lost(lost),
        _ => ControlError::Ended,
    })
}

/// Receives one message. Not cancel-safe: a frame may be half read.
pub(crate) async fn receive<T: DeserializeOwned>(stream: &mut RecvStream) -> Result<T, ControlError> {
    let mut length = [0; 4];
    read(stream, &mut length).await?;
    let mut body = vec![0; body_length(length)?];
    read(stream, &mut body).await?;
    parse(&body)
}

fn frame<T: Serialize>(message: &T) -> Result<Vec<u8>, ControlError> {
    let body = serde_json::to_vec(message).map_err(ControlError::Malformed)?;
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    body_length(length)?;
    Ok([&length[..], &body].concat())
}

fn body_length(length: [u8; 4]) -> Result<usize, ControlError> {
    let length = u32::from_be_bytes(length);
    if length > MAX_MESSAGE {
        return Err(ControlError::TooLong(length));
    }
    Ok(length as usize)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ControlError> {
    serde_json::from_slice(body).map_err(ControlError::Malformed)
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

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};
    use siaga_probe::{
        Bitrate, Direction, DirectionResult, Mode, Reason,
        admission::Purpose,
        control::{
            Ask, Busy, Credit, Deny, FromClient, FromServer, Grant, PreTrains, Report, Sent, TrainGrant,
        },
        judge::Effort,
    };

    use super::*;

    fn rate() -> Bitrate {
        Bitrate::from_bps(10_000_000).unwrap()
    }

    fn from_client() -> Vec<FromClient> {
        let (up_bps, down_bps) = (rate(), rate());
        vec![
            FromClient::Ask(Ask {
                version: 1,
                mode: Mode::Gate,
                effort: Effort::Normal,
                up_bps,
                down_bps,
                passed_before: false,
                purpose: Purpose::Booking,
            }),
            FromClient::Stop,
            FromClient::Sent(Sent { direction: Direction::Up, packets: 7, held_up: 0 }),
            FromClient::Credit(Credit { direction: Direction::Down, packets: 500 }),
            FromClient::Unknown,
        ]
    }

    fn from_server() -> Vec<FromServer> {
        let train = TrainGrant { train: 1, rate_bps: rate(), max_bytes: 1 << 40, max_ms: 6_000 };
        let result = DirectionResult::unmeasured(rate(), Reason::Undecided);
        vec![
            FromServer::Grant(Grant {
                version: 1,
                up: train,
                down: train,
                window_ms: 280,
                pre_trains: Some(PreTrains { up: train, down: train }),
                server_time_ms: -1,
                next_probe_in_ms: None,
            }),
            FromServer::Busy(Busy { retry_after_ms: 5_000, message: None }),
            FromServer::Deny(Deny { reason: Reason::ServerRefused, message: "no".into() }),
            FromServer::Report(Report { result }),
            FromServer::Sent(Sent { direction: Direction::Down, packets: 7, held_up: 1 }),
            FromServer::Credit(Credit { direction: Direction::Up, packets: 500 }),
        ]
    }

    /// A valid message with some bytes changed, and perhaps cut off.
    fn damaged(messages: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
        let change = (any::<prop::sample::Index>(), any::<u8>());
        (select(messages), vec(change, 0..4), any::<prop::sample::Index>(), any::<bool>()).prop_map(
            |(mut bytes, changes, cut, whole)| {
                for (at, byte) in changes {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
                if !whole {
                    bytes.truncate(cut.index(bytes.len()));
                }
                bytes
            },
        )
    }

    fn bodies<T: Serialize>(messages: &[T]) -> Vec<Vec<u8>> {
        messages.iter().map(|message| serde_json::to_vec(message).unwrap()).collect()
    }

    #[test]
    fn every_message_survives_its_frame() {
        fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(messages: Vec<T>) {
            for message in messages {
                let frame = frame(&message).unwrap();
                let (length, body) = frame.split_first_chunk().unwrap();
                assert_eq!(body_length(*length).unwrap(), body.len());
                assert_eq!(parse::<T>(body).unwrap(), message);
            }
        }
        check(from_client());
        check(from_server());
    }

    #[test]
    fn a_length_is_accepted_up_to_the_limit_and_nothing_is_reserved_beyond() {
        assert_eq!(body_length(MAX_MESSAGE.to_be_bytes()).unwrap(), MAX_MESSAGE as usize);
        for length in [MAX_MESSAGE + 1, u32::MAX] {
            assert!(matches!(body_length(length.to_be_bytes()), Err(ControlError::TooLong(_))));
        }
        let long = Deny { reason: Reason::ServerRefused, message: "x".repeat(MAX_MESSAGE as usize) };
        assert!(matches!(frame(&FromServer::Deny(long)), Err(ControlError::TooLong(_))));
    }

    #[test]
    fn what_a_newer_peer_adds_is_ignored() {
        let read = |json: &str| parse::<FromClient>(json.as_bytes()).unwrap();
        assert_eq!(read(r#"{"type":"dance","steps":[1,{"a":null}]}"#), FromClient::Unknown);
        assert_eq!(read(r#"{"type":"stop","why":"verdict"}"#), FromClient::Stop);
        let ask = r#"{"type":"ask","version":1,"mode":"gate","up_bps":10000000,"down_bps":10000000,"purpose":"booking","because":[1]}"#;
        assert_eq!(read(ask), from_client()[0]);
        let newer = r#"{"type":"ask","version":1,"mode":"dance","up_bps":"10M","down_bps":10000000}"#;
        assert!(matches!(read(newer), FromClient::Ask(Ask { mode: Mode::Unknown, .. })));
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        let nested = "[".repeat(MAX_MESSAGE as usize);
        for body in ["", "{}", "null", "7", "{\"type\":7}", "\u{0}", "{\"type\":\"stop\"} {", &nested] {
            assert!(
                matches!(parse::<FromClient>(body.as_bytes()), Err(ControlError::Malformed(_))),
                "{body}"
            );
            assert!(
                matches!(parse::<FromServer>(body.as_bytes()), Err(ControlError::Malformed(_))),
                "{body}"
            );
        }
        for body in [r#"{"type":"ask"}"#, r#"{"type":"sent","direction":"up","packets":4294967296}"#] {
            assert!(
                matches!(parse::<FromClient>(body.as_bytes()), Err(ControlError::Malformed(_))),
                "{body}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn random_bytes_are_a_message_or_an_error_and_never_a_panic(body in vec(any::<u8>(), 0..512)) {
            let _ = parse::<FromClient>(&body);
            let _ = parse::<FromServer>(&body);
        }

        #[test]
        fn a_damaged_message_is_a_message_or_an_error_and_never_a_panic(
            room in damaged(bodies(&from_client())),
            server in damaged(bodies(&from_server())),
        ) {
            let _ = parse::<FromClient>(&room);
            let _ = parse::<FromServer>(&server);
        }
    }
}
