//! quinn's settings: small by default, so that a stranger can hold little.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use quinn::{
    AckFrequencyConfig, BloomTokenLog, ClientConfig, EndpointConfig, IdleTimeout, ServerConfig, TokenLog,
    TransportConfig, ValidationTokenConfig, VarInt,
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
};
use quinn_proto::RandomConnectionIdGenerator;

use crate::{
    identity::{self, Identity, IdentityError, ROOM_ALPN, Trust},
    server::Keys,
    window::FixedWindow,
};

/// A connection of a probe on which nothing arrives for this many milliseconds is dead.
const IDLE: VarInt = VarInt::from_u32(10_000);

/// The same of a room's link. What a connection is for is not known when the server's is set up; of both sides' wishes the
/// shorter counts.
const LINK_IDLE: VarInt = VarInt::from_u32(30_000);

/// For how long an address that was shown to be a room's is taken to be so (RFC 9000, 8.1.3 leaves it to the server).
const TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// Bytes of a connection id. Every packet carries one: the sizes of trains count on it.
const CONNECTION_ID: usize = 8;

/// What both sides' endpoints share.
pub(crate) fn endpoint() -> EndpointConfig {
    let mut config = EndpointConfig::default();
    // QUIC version 1 alone: quinn would take old drafts too.
    config.supported_versions(vec![1]);
    // quinn's own connection ids have 24 bits of chance in 64. A Retry names one without asking whose it is: with two
    // thousand links of eight ids each, one handshake in a thousand met somebody else's connection and was never answered.
    config.cid_generator(|| Box::new(RandomConnectionIdGenerator::new(CONNECTION_ID)));
    config
}

/// The room's side, for what `alpn` names.
pub(crate) fn client(
    trust: &Trust,
    identity: Option<&Identity>,
    alpn: &[u8],
) -> Result<ClientConfig, IdentityError> {
    let tls = QuicClientConfig::try_from(identity::client(trust, identity, alpn)?)
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    let mut config = ClientConfig::new(Arc::new(tls));
    config.transport_config(Arc::new(transport(0, IDLE)));
    Ok(config)
}

/// The room's side of a standing link: it keeps the way open, and shares the line with everything else.
pub(crate) fn link(
    trust: &Trust,
    identity: &Identity,
    keep_alive: Duration,
    idle: Duration,
) -> Result<ClientConfig, IdentityError> {
    let mut config = client(trust, Some(identity), ROOM_ALPN)?;
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(VarInt::from_u32(64 * 1024))
        .receive_window(VarInt::from_u32(64 * 1024))
        .send_window(512 * 1024)
        .keep_alive_interval(Some(keep_alive))
        .max_idle_timeout(IdleTimeout::try_from(idle).ok())
        .datagram_receive_buffer_size(None)
        .mtu_discovery_config(None)
        .initial_mtu(1200);
    config.transport_config(Arc::new(transport));
    Ok(config)
}

/// The server's endpoint, which is known again by its keys.
pub(crate) fn server_endpoint(keys: &Keys) -> EndpointConfig {
    let mut config = endpoint();
    keys.for_endpoint(&mut config);
    config
}

/// The server's side.
pub(crate) fn server(trust: &Trust, identity: &Identity, keys: &Keys) -> Result<ServerConfig, IdentityError> {
    let tls = server_crypto(trust, identity)?;
    // One for the next probe. Which of them were used is forgotten at each start: such a one is then good once more, from the
    // same address.
    let mut tokens = ValidationTokenConfig::default();
    tokens.sent(1).lifetime(TOKEN_LIFETIME).log(Arc::new(used_tokens(SystemTime::now())));
    let mut config = ServerConfig::new(tls, keys.for_tokens());
    config
        .validation_token_config(tokens)
        .transport_config(Arc::new(transport(1, LINK_IDLE)))
        // A changed address is another link: a new connection, not this one moved.
        .migration(false)
        .max_incoming(1024)
        .incoming_buffer_size(64 * 1024)
        .incoming_buffer_size_total(16 * 1024 * 1024);
    Ok(config)
}

/// Which address tokens were used. quinn counts from the end of the first token that it is shown, and would refuse, with a warning
/// each, all that were given before that one: after a start, those of most rooms. So the first is one that ends now.
fn used_tokens(now: SystemTime) -> BloomTokenLog {
    let log = BloomTokenLog::default();
    let issued = now.checked_sub(TOKEN_LIFETIME).unwrap_or(SystemTime::UNIX_EPOCH);
    let _ = log.check_and_insert(0, issued, TOKEN_LIFETIME);
    log
}

/// The part of it that a new certificate changes.
pub(crate) fn server_crypto(
    trust: &Trust,
    identity: &Identity,
) -> Result<Arc<QuicServerConfig>, IdentityError> {
    let tls = QuicServerConfig::try_from(identity::server(trust, identity)?)
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    Ok(Arc::new(tls))
}

/// One control stream, opened by the room; everything else is datagrams.
fn transport(bidi_streams_accepted: u32, idle: VarInt) -> TransportConfig {
    let mut ack_frequency = AckFrequencyConfig::default();
    ack_frequency
        // Acknowledgements of a 21 Mbit/s train would otherwise take 0.55 Mbit/s of the other direction.
        .ack_eliciting_threshold(VarInt::from_u32(50))
        .reordering_threshold(VarInt::from_u32(0));
    let mut config = TransportConfig::default();
    config
        .max_concurrent_bidi_streams(VarInt::from_u32(bidi_streams_accepted))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(VarInt::from_u32(64 * 1024))
        .receive_window(VarInt::from_u32(64 * 1024))
        .send_window(64 * 1024)
        .max_idle_timeout(Some(IdleTimeout::from(idle)))
        .datagram_receive_buffer_size(Some(256 * 1024))
        .datagram_send_buffer_size(256 * 1024)
        .ack_frequency_config(Some(ack_frequency))
        .congestion_controller_factory(Arc::new(FixedWindow))
        // What the pacer hands over at once leaves in one call instead of one for each packet: no other packets, and none sooner.
        .enable_segmentation_offload(true)
        // While a link is judged: no search for a larger packet.
        .mtu_discovery_config(None)
        .initial_mtu(1200);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_before_the_start_count_once_in_whatever_order_they_are_shown() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let log = used_tokens(now);
        let shown = |nonce, hours_old: u64| {
            let issued = now - Duration::from_secs(hours_old * 3600);
            log.check_and_insert(nonce, issued, TOKEN_LIFETIME).is_ok()
        };
        assert!(shown(1, 1) && shown(2, 20) && shown(3, 23) && shown(4, 0));
        assert!(!shown(2, 20) && !shown(3, 23), "each is good once");
    }
}
