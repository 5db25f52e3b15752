//! Application close codes of a connection.

use quinn::VarInt;

/// All was said.
pub(crate) const DONE: VarInt = VarInt::from_u32(0);
/// The side that closes is being shut down.
pub(crate) const SHUTDOWN: VarInt = VarInt::from_u32(1);
/// The other side broke the protocol.
pub(crate) const PROTOCOL: VarInt = VarInt::from_u32(2);
/// The side that closes could not do its own part.
pub(crate) const FAULT: VarInt = VarInt::from_u32(3);
/// The other side took too long.
pub(crate) const TOO_SLOW: VarInt = VarInt::from_u32(4);
/// The server does not accept, or no longer, what the room's certificate says.
pub(crate) const IDENTITY: VarInt = VarInt::from_u32(5);
