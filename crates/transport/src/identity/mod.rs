//! Who is who: certificates and keys from files, and the TLS configurations made of them.

mod authority;
mod files;
mod issue;
mod key;
mod name;
mod renew;
mod tls;
mod validity;

pub use authority::{AuthorityError, create};
pub use files::{Identity, IdentityError, Trust};
pub use issue::IssueError;
#[cfg(test)]
pub(crate) use issue::{ROOM_LIFE, SLACK};
pub(crate) use issue::{RoomKey, issue};
pub use key::{KeyId, KeyIdError};
pub(crate) use key::{hex, sha256, unhex};
pub(crate) use name::Peer;
pub use name::room_of;
pub use renew::{ServerRenewal, check_signer, renew_server};
pub(crate) use tls::{client, server, verify_room};
pub use validity::{Validity, retry_after};

/// ALPN of a connection that carries probes.
pub const PROBE_ALPN: &[u8] = b"siaga-probe/1";

/// ALPN of the standing link between a room and its server.
pub const ROOM_ALPN: &[u8] = b"siaga-room/1";

/// ALPN of a connection by which a room gets its certificate, or the next.
pub const ENROL_ALPN: &[u8] = b"siaga-enrol/1";
