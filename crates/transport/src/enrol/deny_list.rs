//! The keys that are revoked, as a running server knows them.

use std::{collections::BTreeSet, sync::Arc};

use tokio::sync::watch;

use crate::identity::KeyId;

/// Shared by all connections: clones are one and the same list.
#[derive(Debug, Clone)]
pub struct DenyList(Arc<watch::Sender<BTreeSet<KeyId>>>);

impl DenyList {
    /// With these keys on it.
    #[must_use]
    pub fn new(keys: BTreeSet<KeyId>) -> Self {
        Self(Arc::new(watch::Sender::new(keys)))
    }

    /// Whether a key is on it.
    #[must_use]
    pub fn holds(&self, key: KeyId) -> bool {
        self.0.borrow().contains(&key)
    }

    /// Resolves once a key is on it.
    pub async fn until(&self, key: KeyId) {
        // Never fails: this list keeps its sending side alive.
        let _ = self.0.subscribe().wait_for(|keys| keys.contains(&key)).await;
    }

    /// Replaces all keys; answers whether that changed anything.
    pub(crate) fn set(&self, keys: BTreeSet<KeyId>) -> bool {
        self.0.send_if_modified(|known| {
            let changed = *known != keys;
            *known = keys;
            changed
        })
    }
}
