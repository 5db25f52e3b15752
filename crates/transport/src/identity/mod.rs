//! Who is who: certificates and keys from files, and the TLS configurations made of them.

mod authority;
mod files;
mod name;
mod tls;

pub use authority::{AuthorityError, create};
pub use files::{Identity, IdentityError, Trust};
pub use name::room_of;
pub(crate) use tls::{client, server};

/// ALPN of a connection that carries probes.
pub const PROBE_ALPN: &[u8] = b"siaga-probe/1";

/// ALPN of the standing link between a room and its server.
pub const ROOM_ALPN: &[u8] = b"siaga-room/1";
