//! Has the files that are made from chunks and records brought up to date while the writing goes on.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::jobs::run::blocking::blocking;
use crate::session::{Saved, Session, StoreError};

/// The update of a job's derived files that is under way or waits for its time: one at most.
#[derive(Debug, Default)]
pub(crate) struct DerivedFiles {
    update: Mutex<Option<Update>>,
}

#[derive(Debug)]
struct Update {
    task: JoinHandle<Result<Saved, StoreError>>,
    /// Ends the wait, also where the job is gone.
    hurry: DropGuard,
}

impl DerivedFiles {
    /// Sees to it that the files are brought up to date when it is time for that.
    pub fn begin(&self, session: &Session) {
        let mut update = self.update.lock().unwrap_or_else(PoisonError::into_inner);
        if update.is_none() {
            let hurry = CancellationToken::new();
            let task = tokio::spawn(updated(session.clone(), hurry.clone()));
            let hurry = hurry.drop_guard();
            *update = Some(Update { task, hurry });
        }
    }

    /// Returns what an update has left to do, if one has ended since the last time.
    pub async fn ended(&self) -> Result<Saved, StoreError> {
        let ended = {
            let mut update = self.update.lock().unwrap_or_else(PoisonError::into_inner);
            let is_over = |update: &mut Update| update.task.is_finished();
            update.take_if(is_over)
        };
        match ended {
            Some(update) => result(update.task).await,
            None => Ok(Saved::default()),
        }
    }

    /// Brings the files up to date at once; returns what that and an earlier update have left to do.
    pub async fn end(&self, session: &Session) -> Result<Saved, StoreError> {
        let update = {
            let mut update = self.update.lock().unwrap_or_else(PoisonError::into_inner);
            update.take()
        };
        let mut saved = Saved::default();
        if let Some(Update { task, hurry }) = update {
            drop(hurry);
            // What it could not do is tried once more.
            saved = result(task).await.unwrap_or_default();
        }
        let session = session.clone();
        let last = blocking(move || session.update_derived()).await?;
        saved.client_edits.extend(last.client_edits);
        saved.notices.extend(last.notices);
        Ok(saved)
    }
}

async fn result(task: JoinHandle<Result<Saved, StoreError>>) -> Result<Saved, StoreError> {
    match task.await {
        Ok(saved) => saved,
        // It is never aborted, so this is its panic.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

async fn updated(session: Session, hurry: CancellationToken) -> Result<Saved, StoreError> {
    if let Some(due_in) = session
        .derived_due_in()
        .filter(|due_in| *due_in > Duration::ZERO)
    {
        tokio::select! {
            () = hurry.cancelled() => {}
            () = tokio::time::sleep(due_in) => {}
        }
    }
    blocking(move || session.update_derived()).await
}
