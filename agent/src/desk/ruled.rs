//! What the desk tells the room to go by, over its own configuration.

use std::sync::Arc;

use siaga_readiness::report::{Rules, Tolerant};
use tokio::{
    sync::{Mutex, watch},
    task::spawn_blocking,
};
use tracing::{info, warn};

use crate::{
    config::{Own, Settings},
    room::Room,
};

/// A room that is set by its own configuration and by its desk.
#[derive(Debug)]
pub struct Ruled {
    own: Own,
    rules: Mutex<Rules>,
    settings: watch::Sender<Arc<Settings>>,
}

impl Ruled {
    /// As it was when the program ended last. Answers with the settings too.
    #[must_use]
    pub fn new(own: Own) -> (Self, Settings) {
        let (settings, rules) = own.ruled_as_kept();
        let sender = watch::Sender::new(Arc::new(settings.clone()));
        (Self { own, rules: Mutex::new(rules), settings: sender }, settings)
    }

    /// How the room is set, whenever that changes.
    #[must_use]
    pub fn settings(&self) -> watch::Receiver<Arc<Settings>> {
        self.settings.subscribe()
    }

    /// The desk tells the room to go by these. Where they don't fit it stays as it was.
    pub(super) async fn hear(&self, room: &Room, rules: Tolerant<Rules>) {
        let Tolerant::Understood(rules) = rules else {
            return warn!("what the room's desk tells is not understood: bring the room to its release");
        };
        let mut known = self.rules.lock().await;
        if *known == rules {
            return;
        }
        let taken = self.own.ruled_by(&rules).and_then(|settings| {
            let (policy, profiles) = (settings.setup().policy, settings.profiles()?);
            room.go_by(policy, profiles, settings.profile.as_str())?;
            Ok(settings)
        });
        let settings = match taken {
            Ok(settings) => settings,
            Err(error) => {
                return warn!(%error, "what the room's desk tells can't be used here; the room stays as it was");
            }
        };
        info!(profile = %settings.profile, "the room goes by what its desk tells, and by its own configuration");
        self.settings.send_replace(Arc::new(settings));
        known.clone_from(&rules);
        let own = self.own.clone();
        let kept = spawn_blocking(move || own.keep(&rules)).await;
        if let Ok(Err(error)) = kept {
            warn!(%error, "what the room's desk tells can't be kept: after a restart the room goes by its own configuration \
                           until its desk is there");
        }
    }
}
