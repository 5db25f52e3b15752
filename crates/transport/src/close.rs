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
/// The room has opened a newer link.
pub(crate) const REPLACED: VarInt = VarInt::from_u32(6);
/// The room sends more than it may.
pub(crate) const TOO_FAST: VarInt = VarInt::from_u32(7);
/// The side that closes does not speak what the other does: not in this version, or not at all.
pub(crate) const NOT_SPOKEN: VarInt = VarInt::from_u32(8);
/// The server has as many rooms as it takes.
pub(crate) const FULL: VarInt = VarInt::from_u32(9);
