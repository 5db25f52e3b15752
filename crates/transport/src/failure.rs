//! What went wrong, in the field's reasons and in words that name the remedy.

use std::time::Duration;

use quinn::{ConnectionError, TransportErrorCode};
use rustls::{CertificateError, pki_types::UnixTime};
use siaga_probe::Reason;

use crate::{close, control::ControlError, server_name::ServerName};

/// Why a probe came to no finding.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    pub(crate) words: String,
    /// How long a busy server asks to be left alone.
    pub(crate) retry_after: Option<Duration>,
    /// This side's certificate does not count by the other side's clock.
    pub(crate) has_run_out: bool,
}

impl Failure {
    pub(crate) fn new(reason: Reason, words: impl Into<String>) -> Self {
        Self { reason, words: words.into(), retry_after: None, has_run_out: false }
    }
}

/// What a broken control stream means.
pub(crate) fn of_control(error: &ControlError, server: &ServerName) -> Failure {
    match error {
        ControlError::Lost(error) => of_connection(error, server),
        other => Failure::new(
            Reason::PeerFailed,
            format!("{server} broke the probe protocol: {other}; bring both sides to the same release"),
        ),
    }
}

/// What a lost connection means.
pub(crate) fn of_connection(error: &ConnectionError, server: &ServerName) -> Failure {
    match error {
        ConnectionError::TransportError(error) => {
            of_our_refusal(error.code, &printable(&error.reason), server)
        }
        ConnectionError::ConnectionClosed(frame) => {
            of_their_refusal(frame.error_code, &as_text(&frame.reason), server)
        }
        ConnectionError::ApplicationClosed(frame) if frame.error_code == close::SHUTDOWN => {
            Failure::new(Reason::PeerFailed, format!("{server} is being shut down; ask again once it is up"))
        }
        ConnectionError::ApplicationClosed(frame) if frame.error_code == close::IDENTITY => Failure::new(
            Reason::IdentityRefused,
            format!("{server} does not accept this room's certificate: {}", as_text(&frame.reason)),
        ),
        // It could not do its part: that says nothing about the link, and is over once it has less to do.
        ConnectionError::ApplicationClosed(frame) if frame.error_code == close::FAULT => Failure::new(
            Reason::ServerBusy,
            format!("{server} could not go on: {}; ask again in a minute", as_text(&frame.reason)),
        ),
        ConnectionError::ApplicationClosed(frame) => Failure::new(
            Reason::PeerFailed,
            format!("{server} ended the probe: {}; ask again later", as_text(&frame.reason)),
        ),
        ConnectionError::VersionMismatch => {
            Failure::new(Reason::VersionMismatch, format!("{server} speaks another version of QUIC"))
        }
        ConnectionError::TimedOut | ConnectionError::Reset => Failure::new(
            Reason::PeerFailed,
            format!("{server} stopped answering in mid-probe; the server or the link went down"),
        ),
        ConnectionError::LocallyClosed | ConnectionError::CidsExhausted => Failure::new(
            Reason::LocalFault,
            format!("the connection to {server} ended on this side: {error}"),
        ),
    }
}

/// This side did not accept what the server showed.
fn of_our_refusal(code: TransportErrorCode, reason: &str, server: &ServerName) -> Failure {
    let remedy = match alert(code) {
        Some(NO_APPLICATION_PROTOCOL) => return no_common_protocol(server),
        // A CA made anew under the same name gives a bad signature instead of an unknown issuer.
        Some(UNKNOWN_CA | DECRYPT_ERROR) => {
            "it is not signed by the given CA; copy ca.pem from the server's directory again"
        }
        Some(CERTIFICATE_EXPIRED) if is_not_valid_yet(reason) => {
            let words = format!(
                "by this machine's clock the certificate of {server} is not yet valid: the clock is behind; set it \
                 (timedatectl set-ntp true), or if it is right, have the server's certificate made anew ({reason})"
            );
            return Failure::new(Reason::ClockBehind, words);
        }
        Some(CERTIFICATE_EXPIRED) => {
            "it is expired, or this machine's clock is ahead; check the date, then renew the server's certificate"
        }
        Some(UNSUPPORTED_CERTIFICATE) => {
            "it was not made for a server; use the server.pem that “siaga-probe-server init” made"
        }
        Some(BAD_CERTIFICATE) => {
            "it was made for another name; use a name given to “siaga-probe-server init --name”"
        }
        Some(CERTIFICATE_REVOKED | CERTIFICATE_UNKNOWN) => "it cannot be verified",
        _ => {
            let words = format!("{server} broke the QUIC protocol: {code} {reason}");
            return Failure::new(Reason::PeerFailed, words);
        }
    };
    Failure::new(
        Reason::ServerNotTrusted,
        format!("the certificate of {server} is not accepted: {remedy} ({reason})"),
    )
}

/// The server did not accept what this side showed.
fn of_their_refusal(code: TransportErrorCode, reason: &str, server: &ServerName) -> Failure {
    if code == TransportErrorCode::CONNECTION_REFUSED {
        let words = format!("{server} has too many connections; ask again in some seconds");
        return Failure::new(Reason::ServerBusy, words);
    }
    let remedy = match alert(code) {
        Some(NO_APPLICATION_PROTOCOL) => return no_common_protocol(server),
        Some(CERTIFICATE_REQUIRED) => {
            let words = format!("{server} serves only rooms with an identity; enrol this room");
            return Failure::new(Reason::IdentityRequired, words);
        }
        Some(UNKNOWN_CA | DECRYPT_ERROR) => {
            "it is of another CA; give the identity that belongs to this server"
        }
        Some(CERTIFICATE_EXPIRED) => {
            "it is expired or not yet valid by the server's clock; check this machine's date, then enrol the room again"
        }
        Some(UNSUPPORTED_CERTIFICATE) => "it was not made for a room; give a room's identity, not a server's",
        Some(BAD_CERTIFICATE | CERTIFICATE_REVOKED | CERTIFICATE_UNKNOWN) => {
            "it cannot be verified; enrol the room again"
        }
        _ => {
            let words = format!("{server} closed the connection: {code} {reason}");
            return Failure::new(Reason::PeerFailed, words);
        }
    };
    let words = format!("{server} does not accept this room's certificate: {remedy} ({reason})");
    let has_run_out = alert(code) == Some(CERTIFICATE_EXPIRED);
    Failure { has_run_out, ..Failure::new(Reason::IdentityRefused, words) }
}

/// A certificate's beginning and its end share an alert; only the library's words tell them apart.
fn is_not_valid_yet(reason: &str) -> bool {
    let some_time = UnixTime::since_unix_epoch(Duration::ZERO);
    let told = CertificateError::NotValidYetContext { time: some_time, not_before: some_time }.to_string();
    told.split_once(':').is_some_and(|(words, _)| reason.contains(words))
}

fn no_common_protocol(server: &ServerName) -> Failure {
    Failure::new(
        Reason::VersionMismatch,
        format!("{server} does not speak this version of the probe protocol; bring both to the same release"),
    )
}

/// What a peer says, fit to be printed: one line of bounded length that holds no control characters.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_TEXT).collect()
}

fn as_text(bytes: &[u8]) -> String {
    printable(&String::from_utf8_lossy(bytes))
}

const LONGEST_TEXT: usize = 300;

// TLS alerts (RFC 8446, 6.2), which QUIC carries as 0x100 + alert (RFC 9001, 4.8).
const BAD_CERTIFICATE: u64 = 42;
const UNSUPPORTED_CERTIFICATE: u64 = 43;
const CERTIFICATE_REVOKED: u64 = 44;
const CERTIFICATE_EXPIRED: u64 = 45;
const CERTIFICATE_UNKNOWN: u64 = 46;
const UNKNOWN_CA: u64 = 48;
const DECRYPT_ERROR: u64 = 51;
const CERTIFICATE_REQUIRED: u64 = 116;
const NO_APPLICATION_PROTOCOL: u64 = 120;

fn alert(code: TransportErrorCode) -> Option<u64> {
    let code = u64::from(code);
    (0x100..0x200).contains(&code).then(|| code - 0x100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_peer_says_cannot_steer_a_terminal_nor_fill_it() {
        let hostile = format!("\u{1b}[2Jsorry\n{}", "x".repeat(10_000));
        let shown = printable(&hostile);
        assert!(shown.starts_with(" [2Jsorry x"), "{shown}");
        assert_eq!(shown.chars().count(), LONGEST_TEXT);
    }
}
