//! `storywright write`: also resume.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::args::Write;
use super::progress::{self, Display};
use super::{Exit, Failure, brief, output, workspace};
use crate::engine::events::{Observer, Outcome};
use crate::engine::prepare::Prepared;
use crate::engine::workshop::{ChunkRef, JobRequest, Scope, Workshop};
use crate::session::{NoEditor, SessionId};
use crate::story::{BeatId, ChunkNumber};

pub async fn run(workshop: &Workshop, arguments: Write) -> Result<Exit, Failure> {
    let request = JobRequest {
        job: "write".to_owned(),
        brief: brief(arguments.path.as_deref())?,
        workspace: workspace(),
        session: arguments
            .session
            .as_deref()
            .map(SessionId::parse)
            .transpose()?,
        scope: match arguments.chunk.as_deref() {
            Some(chunk) => Scope::Chunk(chunk_ref(chunk)),
            None => Scope::Remaining,
        },
        editor_settings: None,
        flags: arguments.settings.values,
    };
    let prepared = Prepared::new(workshop, request, &NoEditor)?;
    let display: Arc<dyn Display> = progress::display(arguments.json);
    let cancel = CancellationToken::new();
    cancel_on_signal(cancel.clone());
    let observer: Arc<dyn Observer> = Arc::clone(&display).as_observer();
    let finished = prepared
        .run(workshop, Arc::new(NoEditor), observer, &cancel)
        .await?;
    display.close();
    match finished.outcome {
        Outcome::Complete => {
            if !arguments.json {
                output::print(&finished.message);
            }
            Ok(Exit::Done)
        }
        outcome => {
            output::complain(&finished.message);
            Ok(if outcome == Outcome::Cancelled {
                Exit::Cancelled
            } else {
                Exit::Failed
            })
        }
    }
}

/// A chunk by number, or by the id of its beat.
fn chunk_ref(text: &str) -> ChunkRef {
    match text.parse() {
        Ok(number) => ChunkRef::Number(ChunkNumber(number)),
        Err(_) => ChunkRef::Beat(BeatId(text.to_owned())),
    }
}

/// The first interrupt or termination cancels the job, which saves and says how to go on; a
/// second one ends the process at once.
fn cancel_on_signal(cancel: CancellationToken) {
    tokio::spawn(async move {
        loop {
            next_signal().await;
            if cancel.is_cancelled() {
                std::process::exit(i32::from(Exit::Cancelled.code()));
            }
            output::note("cancelling; what has come so far is saved …");
            cancel.cancel();
        }
    });
}

#[cfg(unix)]
async fn next_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn next_signal() {
    let _ = tokio::signal::ctrl_c().await;
}
