//! `storywright write`, which is also resume, `storywright rewrite` and `storywright state`.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::args::{Rewrite, State, Write};
use super::progress::{self, Display};
use super::{Exit, Failure, brief, output, workspace};
use crate::engine::events::{Observer, Outcome};
use crate::engine::job::Finished;
use crate::engine::prepare::Prepared;
use crate::engine::workshop::{ChunkRef, JobRequest, Naming, Scope, Which, Workshop};
use crate::session::{NoEditor, SessionId};
use crate::story::{BeatId, ChunkNumber};

pub async fn run(workshop: &Workshop, arguments: Write) -> Result<Exit, Failure> {
    let request = JobRequest {
        job: "write".to_owned(),
        brief: brief(arguments.path.as_deref())?,
        workspace: workspace(),
        session: session(arguments.session.as_deref())?,
        naming: Naming::ByAuthor,
        scope: match arguments.chunk.as_deref() {
            Some(chunk) => Scope::Chunk(chunk_ref(chunk)),
            None => Scope::Remaining,
        },
        editor_settings: None,
        flags: arguments.settings.values,
    };
    run_job(workshop, request, arguments.json).await
}

pub async fn rewrite(workshop: &Workshop, arguments: Rewrite) -> Result<Exit, Failure> {
    let which = &arguments.which;
    let request = JobRequest {
        job: "rewrite".to_owned(),
        brief: brief(arguments.path.as_deref())?,
        workspace: workspace(),
        session: session(arguments.session.as_deref())?,
        naming: Naming::ByAuthor,
        scope: match (which.chunk.as_deref(), which.from.as_deref()) {
            (Some(chunk), _) => Scope::Rewrite(chunk_ref(chunk)),
            (None, Some(chunk)) => Scope::RewriteFrom(chunk_ref(chunk)),
            (None, None) => Scope::RewriteStale,
        },
        editor_settings: None,
        flags: arguments.settings.values,
    };
    run_job(workshop, request, arguments.json).await
}

pub async fn state(workshop: &Workshop, arguments: State) -> Result<Exit, Failure> {
    let request = JobRequest {
        job: "state".to_owned(),
        brief: brief(arguments.path.as_deref())?,
        workspace: workspace(),
        session: session(arguments.session.as_deref())?,
        naming: Naming::ByAuthor,
        scope: Scope::Read(Which {
            chunk: arguments.chunk.as_deref().map(chunk_ref),
            again: arguments.rebuild,
        }),
        editor_settings: None,
        flags: arguments.settings.values,
    };
    run_job(workshop, request, arguments.json).await
}

pub(super) fn session(id: Option<&str>) -> Result<Option<SessionId>, Failure> {
    Ok(id.map(SessionId::parse).transpose()?)
}

/// Runs a job to its end, and shows it.
pub(super) async fn run_job(
    workshop: &Workshop,
    request: JobRequest,
    json: bool,
) -> Result<Exit, Failure> {
    let finished = run_to_end(workshop, request, json).await?;
    if !json && finished.outcome == Outcome::Complete {
        output::print(&finished.message);
    }
    Ok(exit(&finished))
}

/// Runs a job to its end, and shows how it goes.
pub(super) async fn run_to_end(
    workshop: &Workshop,
    request: JobRequest,
    json: bool,
) -> Result<Finished, Failure> {
    let prepared = Prepared::new(workshop, request, &NoEditor)?;
    if let Some(warnings) = prepared.brief_warnings() {
        output::note(&format!("note: {warnings}"));
    }
    let display: Arc<dyn Display> = progress::display(json);
    let cancel = CancellationToken::new();
    cancel_on_signal(cancel.clone());
    let observer: Arc<dyn Observer> = Arc::clone(&display).as_observer();
    let finished = prepared
        .run(workshop, Arc::new(NoEditor), observer, &cancel)
        .await;
    display.close();
    Ok(finished?)
}

/// How the process ends after a job; what is missing is told.
pub(super) fn exit(finished: &Finished) -> Exit {
    if finished.outcome != Outcome::Complete {
        output::complain(&finished.message);
    }
    match finished.outcome {
        Outcome::Complete => Exit::Done,
        Outcome::Incomplete => Exit::Failed,
        Outcome::Cancelled => Exit::Cancelled,
    }
}

/// A chunk by number, or by the id of its beat.
pub(super) fn chunk_ref(text: &str) -> ChunkRef {
    match text.parse() {
        Ok(number) => ChunkRef::Number(ChunkNumber(number)),
        Err(_) => ChunkRef::Beat(BeatId(text.to_owned())),
    }
}

/// The first interrupt or termination cancels the job, which saves and says how to go on; a
/// second one ends the process at once.
pub(super) fn cancel_on_signal(cancel: CancellationToken) {
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
    match (
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) {
        (Ok(mut terminate), Ok(mut hangup)) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
                // The terminal was closed.
                _ = hangup.recv() => {}
            }
        }
        _ => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn next_signal() {
    let _ = tokio::signal::ctrl_c().await;
}
