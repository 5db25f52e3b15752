//! Which room a certificate is made for.

use quinn::Connection;
use rustls::pki_types::CertificateDer;
use siaga_readiness::RoomId;
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, parse_x509_certificate, prelude::X509Name,
};

use super::KeyId;

/// What stands before the room in a certificate's URI.
pub(super) const URI: &str = "siaga://room/";

/// What stands before the room in the common name of a certificate whose authority can't put in a URI.
const COMMON_NAME: &str = "siaga-room:";

/// The room at the other end, by its certificate, which the handshake has verified. None: it showed none, or one that
/// names no room.
#[must_use]
pub fn room_of(connection: &Connection) -> Option<RoomId> {
    Peer::of(connection).map(|peer| peer.room)
}

/// A room, and what it has shown of itself.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) room: RoomId,
    pub(crate) key: KeyId,
    pub(crate) certificate: CertificateDer<'static>,
}

impl Peer {
    /// As [`room_of`].
    pub(crate) fn of(connection: &Connection) -> Option<Self> {
        let shown = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
        Self::in_certificate(shown.into_iter().next()?)
    }

    /// `None` if it names no room.
    pub(crate) fn in_certificate(certificate: CertificateDer<'static>) -> Option<Self> {
        Some(Self { room: room_in(&certificate)?, key: KeyId::in_certificate(&certificate)?, certificate })
    }
}

/// By the URI `siaga://room/ID` among its subject alternative names; without one by the common name `siaga-room:ID`.
/// A certificate that names two rooms names none.
pub(super) fn room_in(certificate: &CertificateDer<'_>) -> Option<RoomId> {
    let (_, certificate) = parse_x509_certificate(certificate).ok()?;
    let uris = uris(&certificate)?;
    let mut rooms = if uris.is_empty() { common_names(certificate.subject()) } else { uris }.into_iter();
    let room = rooms.next()??;
    rooms.next().is_none().then_some(room)
}

/// What each URI of ours names; `None` where the certificate can't be understood.
fn uris(certificate: &X509Certificate<'_>) -> Option<Vec<Option<RoomId>>> {
    let Some(names) = certificate.subject_alternative_name().ok()? else { return Some(Vec::new()) };
    let room = |name: &GeneralName<'_>| match name {
        GeneralName::URI(uri) => uri.strip_prefix(URI).map(|room| room.parse().ok()),
        _ => None,
    };
    Some(names.value.general_names.iter().filter_map(room).collect())
}

fn common_names(subject: &X509Name<'_>) -> Vec<Option<RoomId>> {
    subject
        .iter_common_name()
        .filter_map(|name| Some(name.as_str().ok()?.strip_prefix(COMMON_NAME)?.parse().ok()))
        .collect()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};

    use super::*;

    fn named(common_name: &str, uris: &[&str]) -> Option<String> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.subject_alt_names = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        room_in(certificate.der()).map(String::from)
    }

    #[test]
    fn a_room_is_named_by_the_uri_and_else_by_the_common_name() {
        assert_eq!(named("x", &["siaga://room/r2"]).as_deref(), Some("r2"));
        assert_eq!(named("x", &["https://example", "siaga://room/r2"]).as_deref(), Some("r2"));
        assert_eq!(named("siaga-room:r3", &[]).as_deref(), Some("r3"));
        assert_eq!(named("siaga-room:r3", &["https://example"]).as_deref(), Some("r3"));
        assert_eq!(named("siaga-room:r3", &["siaga://room/r2"]).as_deref(), Some("r2"), "the URI counts");
    }

    #[test]
    fn what_is_no_room_s_certificate_names_none() {
        let two = ["siaga://room/r2", "siaga://room/r3"];
        for (common_name, uris) in [
            ("r2", &[][..]),
            ("siaga-room:", &[]),
            ("siaga-room:R2", &[]),
            ("x", &["siaga://room/"]),
            ("x", &["siaga://room/r2/x"]),
            ("x", &["https://room/r2"]),
            ("siaga-room:r2", &["siaga://room/R2"]),
            ("x", &two),
        ] {
            assert_eq!(named(common_name, uris), None, "{common_name} {uris:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_certificate_name_none() {
        for bytes in [&b""[..], b"\x30", b"\x30\x82\xff\xff", &[0xff; 64]] {
            assert_eq!(room_in(&CertificateDer::from(bytes)), None);
        }
    }
}
