//! Has the files that are made from chunks and records brought up to date while the writing goes on.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::jobs::run::blocking::{self, blocking};
use crate::session::{Saved, Session, StoreError};

/// A running update, and the guard that ends its wait, also where the job is gone.
type Update = (JoinHandle<Result<Saved, StoreError>>, DropGuard);

/// The update of a job's derived files that is under way or waits for its time: one at most.
#[derive(Debug, Default)]
pub(crate) struct DerivedFiles {
    update: Mutex<Option<Update>>,
}

impl DerivedFiles {
    /// Sees to it that the files are brought up to date when it is time for that.
    pub fn begin(&self, session: &Session) {
        self.lock().get_or_insert_with(|| {
            let hurry = CancellationToken::new();
            let task = tokio::spawn(updated(session.clone(), hurry.clone()));
            (task, hurry.drop_guard())
        });
    }

    /// Returns what an update has left to do, if one has ended since the last time.
    pub async fn ended(&self) -> Result<Saved, StoreError> {
        let ended = self.lock().take_if(|(task, _)| task.is_finished());
        match ended {
            Some((task, _)) => blocking::ended(task.await).await,
            None => Ok(Saved::default()),
        }
    }

    /// Brings the files up to date; what an earlier update could not do is tried once more. A job that is
    /// `cancelled` waits for no look at the brief.
    pub async fn end(&self, session: &Session, cancelled: bool) -> Result<Saved, StoreError> {
        let update = self.lock().take();
        let session = session.clone();
        let mut saved = Saved::default();
        if let Some((task, hurry)) = update {
            drop(hurry);
            if !cancelled || task.is_finished() {
                saved = task.await.ok().and_then(Result::ok).unwrap_or_default();
            }
        }
        saved.add(match cancelled {
            true => blocking(move || session.update_derived_at_once()).await?,
            false => blocking(move || session.update_derived()).await?,
        });
        Ok(saved)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Update>> {
        self.update.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn updated(session: Session, hurry: CancellationToken) -> Result<Saved, StoreError> {
    let due_in = session.derived_due_in().unwrap_or(Duration::ZERO);
    tokio::select! {
        () = hurry.cancelled() => {}
        () = tokio::time::sleep(due_in) => {}
    }
    blocking(move || session.update_derived()).await
}
