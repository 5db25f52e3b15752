//! How a room gets its certificate, keeps it, and loses it.
//!
//! * [`Token`]: what an operator makes and a room shows once;
//! * `message`: what room and server say to each other about it;
//! * [`room`]: the room's side: the first certificate, and the next;
//! * [`Registry`]: what a server knows of tokens, keys and those that are revoked, in files that its command line and
//!   the running server share;
//! * `proof`: that a room has the key of a certificate that has run out;
//! * `registrar`: the server's answers; `guesses`: how often a stranger may try;
//! * [`DenyList`]: the keys that are revoked, as a running server knows them.

mod deny_list;
mod guesses;
mod message;
mod proof;
mod registrar;
mod registry;
pub mod room;
mod token;

pub use deny_list::DenyList;
pub use message::Refusal;
pub(crate) use message::{FromRoom, FromServer};
#[cfg(test)]
pub(crate) use message::{Renew, VERSION};
pub(crate) use proof::Channel;
#[cfg(test)]
pub(crate) use proof::Proof;
pub(crate) use registrar::{Asker, Registrar};
pub use registry::{Registry, RegistryError, Revocation, RoomKeyRecord};
pub use token::{LONGEST_LIFE, Token, TokenError};
