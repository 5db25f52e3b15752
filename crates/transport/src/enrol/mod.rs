//! How a room gets its certificate, keeps it, and loses it.
//!
//! * [`Token`]: what an operator makes and a room shows once;
//! * `message`: what room and server say to each other about it;
//! * [`room`]: the room's side: the first certificate, and the next;
//! * [`Registry`]: what a server knows of tokens, keys and those that are revoked, in files that its command line and
//!   the running server share;
//! * `registrar`: the server's answers; `guesses`: how often a stranger may try;
//! * [`DenyList`]: the keys that are revoked, as a running server knows them.

mod deny_list;
mod guesses;
mod message;
mod registrar;
mod registry;
pub mod room;
mod token;

pub use deny_list::DenyList;
pub use message::Refusal;
#[cfg(test)]
pub(crate) use message::VERSION;
pub(crate) use message::{FromRoom, FromServer};
pub(crate) use registrar::{Asker, Registrar};
pub use registry::{Registry, RegistryError, Revocation, RoomKeyRecord};
pub use token::{LONGEST_LIFE, Token, TokenError};
