//! Runs a job for a command and shows its progress and result, or its dry run.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use super::failure::Failure;
use super::output;
use super::progress::{self, Display};
use crate::events::job::{Observer, Outcome};
use crate::events::outcomes::Finished;
use crate::jobs::assignment::Assignment;
use crate::jobs::passes::foresee_passes::ForeseenPass;
use crate::jobs::run::workshop::{JobRequest, Workshop};
use crate::jobs::write::prepare::Prepared;
use crate::session::NoEditor;
use crate::signals;

/// Runs a job to its end, and shows it.
pub async fn run_job(
    workshop: &Workshop,
    request: JobRequest,
    json: bool,
) -> Result<Exit, Failure> {
    let finished = run_to_end(workshop, request, json).await?;
    Ok(tell_end(&finished, json))
}

/// Says how a job ended, where its events have not, and how the process ends after it.
pub fn tell_end(finished: &Finished, json: bool) -> Exit {
    match finished.outcome {
        Outcome::Complete if json => {}
        Outcome::Complete => output::print(&finished.message),
        Outcome::Incomplete | Outcome::Cancelled => output::complain(&finished.message),
    }
    match finished.outcome {
        Outcome::Complete => Exit::Done,
        Outcome::Incomplete => Exit::Failed,
        Outcome::Cancelled => Exit::Cancelled,
    }
}

/// Runs a job to its end, and shows how it goes.
pub async fn run_to_end(
    workshop: &Workshop,
    request: JobRequest,
    json: bool,
) -> Result<Finished, Failure> {
    let prepared = Prepared::new(workshop, request, &NoEditor)?;
    run_prepared(workshop, prepared, json).await
}

/// Runs a job that was prepared to its end, and shows how it goes.
pub async fn run_prepared(
    workshop: &Workshop,
    prepared: Prepared,
    json: bool,
) -> Result<Finished, Failure> {
    if let Some(warnings) = prepared.brief_warnings() {
        output::note(&format!("note: {warnings}"));
    }
    run(workshop, Assignment::Chunks(Box::new(prepared)), json).await
}

/// Runs any job to its end, and shows its progress.
pub async fn run(
    workshop: &Workshop,
    assignment: Assignment,
    json: bool,
) -> Result<Finished, Failure> {
    let display: Arc<dyn Display> = progress::display(json);
    let cancel = CancellationToken::new();
    cancel_on_signal(cancel.clone());
    let observer: Arc<dyn Observer> = Arc::clone(&display).as_observer();
    let finished = assignment
        .run(workshop, Arc::new(NoEditor), observer, &cancel)
        .await;
    display.close();
    Ok(finished?)
}

/// Cancels a job at the first interrupt or termination, and ends the process at the second.
///
/// A cancelled job saves what has come and says how to go on.
fn cancel_on_signal(cancel: CancellationToken) {
    tokio::spawn(async move {
        loop {
            signals::next().await;
            if cancel.is_cancelled() {
                std::process::exit(i32::from(Exit::Cancelled.code()));
            }
            output::note("cancelling; what has come so far is being saved …");
            cancel.cancel();
        }
    });
}

/// Says what a job would do.
pub async fn dry_run(
    workshop: &Workshop,
    request: JobRequest,
    json: bool,
) -> Result<Exit, Failure> {
    let prepared = Prepared::new(workshop, request, &NoEditor)?;
    let foreseen = prepared.foresee(workshop, Arc::new(NoEditor)).await?;
    match json {
        true => output::print_json(&foreseen, true),
        false => output::print(&foreseen.message()),
    }
    Ok(Exit::Done)
}

/// Says what a job that refines, audits or reads would ask.
pub async fn dry_run_pass(
    workshop: &Workshop,
    request: JobRequest,
    json: bool,
) -> Result<Exit, Failure> {
    let prepared = Prepared::new(workshop, request, &NoEditor)?;
    let foreseen = prepared.foresee_pass(workshop, Arc::new(NoEditor)).await?;
    Ok(show_foreseen(&foreseen, json))
}

/// Shows what a job that writes no chunks would ask.
pub fn show_foreseen(foreseen: &ForeseenPass, json: bool) -> Exit {
    match json {
        true => output::print_json(foreseen, true),
        false => output::print(&foreseen.message()),
    }
    Exit::Done
}
