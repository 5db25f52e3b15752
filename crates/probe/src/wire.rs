//! The one fixed binary format on the wire: the header of a train's datagram, big-endian.
//!
//! ```text
//! 0      1        2              6          10               18
//! | 0x53 | version | train id u32 | seq u32  | sent at, µs u64 | zeros …
//! ```
//! Everything else that crosses the network is JSON (see [`crate::control`]).

use std::time::Duration;

use thiserror::Error;

/// First byte of every train packet (`S`).
const MAGIC: u8 = 0x53;
/// Version of this header.
const VERSION: u8 = 1;

/// A train packet's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketHeader {
    /// Which train it belongs to: the id in the grant.
    pub train: u32,
    /// 0, 1, 2, … in the order of sending.
    pub seq: u32,
    /// The sender's monotonic clock since the train's start, microsecond resolution.
    pub sent_at: Duration,
}

impl PacketHeader {
    /// Bytes of the header; a shorter datagram is not a train packet.
    pub const LEN: usize = 18;

    /// The header at the front of a zeroed datagram of `len` bytes (at least [`Self::LEN`]).
    #[must_use]
    pub fn to_datagram(self, len: usize) -> Vec<u8> {
        let mut datagram = Vec::with_capacity(len.max(Self::LEN));
        datagram.extend_from_slice(&[MAGIC, VERSION]);
        datagram.extend_from_slice(&self.train.to_be_bytes());
        datagram.extend_from_slice(&self.seq.to_be_bytes());
        let micros = u64::try_from(self.sent_at.as_micros()).unwrap_or(u64::MAX);
        datagram.extend_from_slice(&micros.to_be_bytes());
        datagram.resize(len.max(Self::LEN), 0);
        datagram
    }

    /// # Errors
    /// Too short, not ours, or of another version.
    pub fn parse(datagram: &[u8]) -> Result<Self, WireError> {
        let header: &[u8; Self::LEN] = datagram.first_chunk().ok_or(WireError::Truncated)?;
        let [magic, version, t0, t1, t2, t3, s0, s1, s2, s3, stamp @ ..] = *header;
        if magic != MAGIC {
            return Err(WireError::NotATrainPacket);
        }
        if version != VERSION {
            return Err(WireError::Version(version));
        }
        Ok(Self {
            train: u32::from_be_bytes([t0, t1, t2, t3]),
            seq: u32::from_be_bytes([s0, s1, s2, s3]),
            sent_at: Duration::from_micros(u64::from_be_bytes(stamp)),
        })
    }
}

/// Why a datagram is not a train packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum WireError {
    #[error("datagram shorter than a train packet's header")]
    Truncated,
    #[error("datagram is not a train packet")]
    NotATrainPacket,
    #[error("train packet of version {0}, this side speaks {VERSION}")]
    Version(u8),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_header_survives_the_wire(train: u32, seq: u32, micros: u64, len in 0usize..1300) {
            let header = PacketHeader { train, seq, sent_at: Duration::from_micros(micros) };
            let datagram = header.to_datagram(len);
            prop_assert_eq!(datagram.len(), len.max(PacketHeader::LEN));
            prop_assert_eq!(PacketHeader::parse(&datagram), Ok(header));
        }

        #[test]
        fn random_bytes_are_an_error_or_a_header_and_never_a_panic(bytes: Vec<u8>) {
            let _ = PacketHeader::parse(&bytes);
        }
    }

    #[test]
    fn each_refusal_has_its_name() {
        let good = PacketHeader { train: 1, seq: 2, sent_at: Duration::ZERO }.to_datagram(20);
        assert_eq!(PacketHeader::parse(&good[..17]), Err(WireError::Truncated));
        let mut other = good.clone();
        other[0] = 0;
        assert_eq!(PacketHeader::parse(&other), Err(WireError::NotATrainPacket));
        let mut newer = good;
        newer[1] = 9;
        assert_eq!(PacketHeader::parse(&newer), Err(WireError::Version(9)));
    }
}
