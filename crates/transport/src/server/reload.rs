//! A server that is changed while it serves.

use quinn::{Endpoint, ServerConfig};

use crate::{
    identity::{Identity, IdentityError, Trust},
    quic,
};

/// Changes a server while it serves; copies change the same one.
#[derive(Debug, Clone)]
pub struct Reload {
    endpoint: Endpoint,
    /// As it was first made: its key for address tokens stays, so that a room that was just told to show its address
    /// can do so.
    config: ServerConfig,
}

impl Reload {
    pub(super) fn new(endpoint: Endpoint, config: ServerConfig) -> Self {
        Self { endpoint, config }
    }

    /// Takes over a CA and an identity, for handshakes that begin from now on. Connections that are there stay.
    ///
    /// # Errors
    /// They can't be used; then nothing is changed.
    pub fn identity(&self, trust: &Trust, identity: &Identity) -> Result<(), IdentityError> {
        let mut config = self.config.clone();
        config.crypto = quic::server_crypto(trust, identity)?;
        self.endpoint.set_server_config(Some(config));
        Ok(())
    }
}
