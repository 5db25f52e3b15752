//! Connection errors in the field's reasons and in words that name the remedy.

use quinn::{ConnectionError, TransportErrorCode};
use siaga_probe::Reason;

use crate::{close, control::ControlError, server_name::ServerName};

/// Why a probe came to no finding.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    pub(crate) words: String,
}

impl Failure {
    pub(crate) fn new(reason: Reason, words: impl Into<String>) -> Self {
        Self { reason, words: words.into() }
    }
}

/// What a broken control stream means.
pub(crate) fn of_control(error: &ControlError, server: &ServerName) -> Failure {
    match error {
        ControlError::Lost(error) => of_connection(error, server),
        other => Failure::new(Reason::PeerFailed, format!("{server} broke the probe protocol: {other}")),
    }
}

/// What a lost connection means.
pub(crate) fn of_connection(error: &ConnectionError, server: &ServerName) -> Failure {
    match error {
        ConnectionError::TransportError(error) => of_our_refusal(error.code, &error.reason, server),
        ConnectionError::ConnectionClosed(frame) => {
            of_their_refusal(frame.error_code, &String::from_utf8_lossy(&frame.reason), server)
        }
        ConnectionError::ApplicationClosed(frame) if frame.error_code == close::SHUTDOWN => {
            Failure::new(Reason::PeerFailed, format!("{server} is being shut down; ask again once it is up"))
        }
        ConnectionError::ApplicationClosed(frame) => Failure::new(
            Reason::PeerFailed,
            format!("{server} ended the probe: {}", String::from_utf8_lossy(&frame.reason)),
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
    let Some(alert) = alert(code) else {
        return Failure::new(
            Reason::PeerFailed,
            format!("{server} broke the QUIC protocol: {code} {reason}"),
        );
    };
    let remedy = if reason.contains("UnknownIssuer") || reason.contains("BadSignature") {
        "it is not signed by the given CA; copy ca.pem from the server's directory again"
    } else if reason.contains("expired") || alert == CERTIFICATE_EXPIRED {
        "it is expired, or this machine's clock is wrong; check the date, then renew the server's certificate"
    } else if reason.contains("NotValidForName") || reason.contains("not valid for name") {
        "it was made for another name; use a name given to “siaga-probe-server init --name”"
    } else if alert == NO_APPLICATION_PROTOCOL {
        return no_common_protocol(server);
    } else {
        "it cannot be verified"
    };
    Failure::new(
        Reason::ServerNotTrusted,
        format!("the certificate of {server} is not accepted: {remedy} ({reason})"),
    )
}

/// The server did not accept what this side showed.
fn of_their_refusal(code: TransportErrorCode, reason: &str, server: &ServerName) -> Failure {
    match alert(code) {
        Some(NO_APPLICATION_PROTOCOL) => no_common_protocol(server),
        Some(CERTIFICATE_REQUIRED) => Failure::new(
            Reason::IdentityRequired,
            format!("{server} serves only rooms with an identity; enrol this room"),
        ),
        Some(_) => Failure::new(
            Reason::IdentityRefused,
            format!(
                "{server} does not accept this room's certificate: expired, or of another CA; \
                 give the identity that belongs to this server ({reason})"
            ),
        ),
        None => Failure::new(Reason::PeerFailed, format!("{server} closed the connection: {code} {reason}")),
    }
}

fn no_common_protocol(server: &ServerName) -> Failure {
    Failure::new(
        Reason::VersionMismatch,
        format!("{server} does not speak this version of the probe protocol; bring both to the same release"),
    )
}

// TLS alerts (RFC 8446, 6), which QUIC carries as 0x100 + alert.
const CERTIFICATE_EXPIRED: u64 = 45;
const CERTIFICATE_REQUIRED: u64 = 116;
const NO_APPLICATION_PROTOCOL: u64 = 120;

fn alert(code: TransportErrorCode) -> Option<u64> {
    let code = u64::from(code);
    (0x100..0x200).contains(&code).then(|| code - 0x100)
}
