//! What every request can reach.

use std::sync::Arc;

use store::Store;

use crate::config::Config;
use crate::view::Views;
use crate::worker::Worker;

/// What every request can reach. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    worker: Worker,
    config: Config,
    signing_key: SigningKey,
    views: Views,
}

/// The secret of signed addresses; 32 random bytes, kept in the data folder.
#[derive(Clone)]
pub struct SigningKey(pub [u8; 32]);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

impl AppState {
    /// What requests share.
    #[must_use]
    pub fn new(worker: Worker, config: Config, signing_key: SigningKey) -> AppState {
        AppState {
            inner: Arc::new(Inner {
                worker,
                config,
                signing_key,
                views: Views::default(),
            }),
        }
    }

    /// The database and the bytes.
    #[must_use]
    pub fn store(&self) -> &Store {
        self.inner.worker.store()
    }

    /// What moves jobs.
    #[must_use]
    pub fn worker(&self) -> &Worker {
        &self.inner.worker
    }

    /// What the operator has set.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// What viewers share.
    #[must_use]
    pub fn views(&self) -> &Views {
        &self.inner.views
    }

    /// The secret of signed addresses.
    #[must_use]
    pub fn signing_key(&self) -> &SigningKey {
        &self.inner.signing_key
    }
}
