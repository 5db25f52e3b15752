//! Access to the journal for async code: disks are slow, and one that hangs must not hang the daemon.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use siaga_readiness::report::JournalId;
use tokio::{
    sync::{Notify, mpsc},
    task::spawn_blocking,
};

use super::{Journal, JournalState};
use crate::room::{Happened, Room};

/// The journal, shared by who writes it and who sends it.
#[derive(Clone)]
pub(super) struct Keeper {
    journal: Arc<Mutex<Journal>>,
    written: Arc<Notify>,
}

impl Keeper {
    pub(super) async fn open(directory: PathBuf) -> Self {
        let journal = blocking(move || Journal::open(&directory, JournalId(rand::random()))).await;
        Self { journal: Arc::new(Mutex::new(journal)), written: Arc::default() }
    }

    /// Writes down what happens, for ever.
    pub(super) async fn write(&self, room: &Room, mut history: mpsc::Receiver<Happened>) {
        self.tell(room).await;
        while let Some(first) = history.recv().await {
            let mut happened = vec![first];
            while let Ok(more) = history.try_recv() {
                happened.push(more);
            }
            self.with(move |journal| {
                for Happened { at, what } in happened {
                    journal.append(at, &what);
                }
            })
            .await;
            self.written.notify_one();
            self.tell(room).await;
        }
    }

    /// Resolves when something was written.
    pub(super) async fn written(&self) {
        self.written.notified().await;
    }

    pub(super) async fn tell(&self, room: &Room) {
        let state: JournalState = self.with(|journal| journal.state()).await;
        room.tell_of_desk(|desk| desk.journal = Some(state));
    }

    pub(super) async fn with<T: Send + 'static>(
        &self,
        does: impl FnOnce(&mut Journal) -> T + Send + 'static,
    ) -> T {
        let journal = self.journal.clone();
        blocking(move || does(&mut journal.lock().unwrap_or_else(PoisonError::into_inner))).await
    }
}

async fn blocking<T: Send + 'static>(does: impl FnOnce() -> T + Send + 'static) -> T {
    spawn_blocking(does).await.expect("it does not panic, and nobody aborts it")
}
