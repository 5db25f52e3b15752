//! A server that is changed while it serves.

use std::{fmt, sync::Arc};

use quinn::{Endpoint, ServerConfig};

use super::{
    admission::{Admission, Limits},
    places::Places,
};
use crate::{
    identity::{Identity, IdentityError, Trust},
    quic,
    room::Live,
};

/// Changes a server while it serves; copies change the same one.
#[derive(Clone)]
pub struct Reload {
    endpoint: Endpoint,
    admission: Arc<Admission>,
    places: Arc<Places>,
    /// As it was first made: its key for address tokens stays, so that a room that was just told to show its address
    /// can do so.
    config: ServerConfig,
    rooms: Option<Arc<Live>>,
}

impl Reload {
    pub(super) fn new(
        endpoint: Endpoint,
        admission: Arc<Admission>,
        places: Arc<Places>,
        config: ServerConfig,
    ) -> Self {
        Self { endpoint, admission, places, config, rooms: None }
    }

    pub(super) fn of_rooms(&mut self, rooms: Arc<Live>) {
        self.rooms = Some(rooms);
    }

    /// Holds to other limits from now on. Probes that run are not ended, and connections stay.
    pub fn limits(&self, limits: Limits) {
        self.places.limit(Places::beside(&limits.shares));
        self.admission.change(limits);
    }

    /// Takes so many rooms' links from now on. Those that stand stay.
    pub fn most_rooms(&self, most: usize) {
        if let Some(rooms) = &self.rooms {
            rooms.limit(most);
        }
    }

    /// Lets no more probes begin: who asks is told to come back. Those that run go on.
    pub fn drain(&self) {
        self.admission.drain();
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

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reload").finish_non_exhaustive()
    }
}
