//! What is worth keeping from one probe to the next.

use std::{fmt, sync::Arc};

use quinn::{ClientConfig, TokenMemoryCache};

/// Servers' hosts of which tokens are kept. A room has one or two.
const SERVERS: u32 = 16;

/// Tokens kept of each; a server gives one in each probe, and each is good once.
const TOKENS: usize = 2;

/// What is kept from one probe to the next: the tokens by which servers know this room's address again, so
/// that they need not send it back to prove it (one round trip less). Copies share what they keep.
#[derive(Clone)]
pub struct Tokens(Arc<TokenMemoryCache>);

impl Default for Tokens {
    fn default() -> Self {
        Self(Arc::new(TokenMemoryCache::new(SERVERS, TOKENS)))
    }
}

impl Tokens {
    pub(super) fn serve(&self, config: &mut ClientConfig) {
        config.token_store(self.0.clone());
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}
