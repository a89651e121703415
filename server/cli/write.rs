//! `storywright write`, which is also resume, `storywright rewrite` and `storywright state`.

use std::io::IsTerminal;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::args::{Rewrite, State, Write};
use super::progress::{self, Display};
use super::{Exit, Failure, output, place, workspace};
use crate::engine::events::{Observer, Outcome};
use crate::engine::foresee::Foreseen;
use crate::engine::foresee_passes::ForeseenPass;
use crate::engine::job::Finished;
use crate::engine::prepare::Prepared;
use crate::engine::workshop::{
    ChapterRef, ChunkRef, JobRequest, Naming, Reach, Scope, Selection, Which, Workshop,
};
use crate::session::NoEditor;
use crate::signals;

pub async fn run(workshop: &Workshop, arguments: Write) -> Result<Exit, Failure> {
    let path = arguments.path.as_deref();
    let Write {
        chunk, to, chapter, ..
    } = &arguments;
    let scope = match (chunk, to, chapter) {
        (Some(chunks), _, _) => Scope::Chunks(Selection::parse(chunks)),
        (None, Some(last), _) => Scope::UpTo(ChunkRef::parse(last)),
        (None, None, Some(chapter)) => Scope::Chapter(ChapterRef(chapter.clone())),
        (None, None, None) => Scope::Remaining,
    };
    let request = JobRequest {
        job: "write".to_owned(),
        brief: place::brief(path)?,
        workspace: workspace(),
        session: place::session(arguments.session.as_deref(), path)?,
        naming: Naming::ByAuthor,
        scope,
        editor_settings: None,
        flags: arguments.settings.values,
    };
    if arguments.dry_run {
        return dry_run(workshop, request, arguments.json).await;
    }
    run_job(workshop, request, arguments.json).await
}

pub async fn rewrite(workshop: &Workshop, arguments: Rewrite) -> Result<Exit, Failure> {
    let path = arguments.path.as_deref();
    let which = &arguments.which;
    let reach = match arguments.follow {
        true => Reach::Following,
        false => Reach::Stale,
    };
    let request = JobRequest {
        job: "rewrite".to_owned(),
        brief: place::brief(path)?,
        workspace: workspace(),
        session: place::session(arguments.session.as_deref(), path)?,
        naming: Naming::ByAuthor,
        scope: match (which.chunk.as_deref(), which.from.as_deref()) {
            (Some(chunks), _) => Scope::Rewrite(Selection::parse(chunks)),
            (None, Some(chunk)) => Scope::RewriteFrom(ChunkRef::parse(chunk)),
            (None, None) => Scope::RewriteStale(reach),
        },
        editor_settings: None,
        flags: arguments.settings.values,
    };
    if arguments.dry_run {
        return dry_run(workshop, request, arguments.json).await;
    }
    let mut prepared = Prepared::new(workshop, request, &NoEditor)?;
    if prepared.may_rewrite_several() {
        let foreseen = prepared.foresee(workshop, Arc::new(NoEditor)).await?;
        if let Some(warning) = foreseen.warning() {
            output::note(&format!("note: {warning}"));
            let can_ask = !arguments.yes && !arguments.json;
            match can_ask.then(|| ask(&foreseen, reach)).flatten() {
                Some(Answer::No) => {
                    output::note("nothing was sent, and nothing changed");
                    return Ok(Exit::Cancelled);
                }
                Some(Answer::Following) => prepared.follow(),
                Some(Answer::Yes) | None => {}
            }
        }
    }
    let finished = run_prepared(workshop, prepared, arguments.json).await?;
    Ok(tell_end(&finished, arguments.json))
}

/// What an author says to a rewriting of several complete chunks.
enum Answer {
    Yes,
    /// And what becomes stale by it.
    Following,
    No,
}

/// Asks where somebody can answer: `None` without a terminal on either side.
fn ask(foreseen: &Foreseen, reach: Reach) -> Option<Answer> {
    let stdin = std::io::stdin();
    if !(stdin.is_terminal() && std::io::stderr().is_terminal()) {
        return None;
    }
    let may_follow = foreseen.following.is_some() && reach == Reach::Stale;
    let question = match may_follow {
        true => "Write them anew? [y] yes, [a] yes, and what becomes stale by it, [N] no: ",
        false => "Write them anew? [y/N] ",
    };
    output::ask(question);
    let mut line = String::new();
    // What can't be read is no yes.
    let _ = stdin.read_line(&mut line);
    Some(match line.trim().to_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        "a" | "all" if may_follow => Answer::Following,
        _ => Answer::No,
    })
}

/// Says what a job would do.
async fn dry_run(workshop: &Workshop, request: JobRequest, json: bool) -> Result<Exit, Failure> {
    let prepared = Prepared::new(workshop, request, &NoEditor)?;
    let foreseen = prepared.foresee(workshop, Arc::new(NoEditor)).await?;
    match json {
        true => output::print_json(&foreseen, true),
        false => output::print(&foreseen.message()),
    }
    Ok(Exit::Done)
}

/// Says what a job that refines, audits or reads would ask.
pub(super) async fn dry_run_pass(
    workshop: &Workshop,
    request: JobRequest,
    json: bool,
) -> Result<Exit, Failure> {
    let prepared = Prepared::new(workshop, request, &NoEditor)?;
    let foreseen = prepared.foresee_pass(workshop, Arc::new(NoEditor)).await?;
    Ok(show_foreseen(&foreseen, json))
}

/// Shows what a job that writes no chunks would ask.
pub(super) fn show_foreseen(foreseen: &ForeseenPass, json: bool) -> Exit {
    match json {
        true => output::print_json(foreseen, true),
        false => output::print(&foreseen.message()),
    }
    Exit::Done
}

pub async fn state(workshop: &Workshop, arguments: State) -> Result<Exit, Failure> {
    let path = arguments.path.as_deref();
    let request = JobRequest {
        job: "state".to_owned(),
        brief: place::brief(path)?,
        workspace: workspace(),
        session: place::session(arguments.session.as_deref(), path)?,
        naming: Naming::ByAuthor,
        scope: Scope::Read(Which {
            chunk: arguments.chunk.as_deref().map(ChunkRef::parse),
            again: arguments.rebuild,
        }),
        editor_settings: None,
        flags: arguments.settings.values,
    };
    if arguments.dry_run {
        return dry_run_pass(workshop, request, arguments.json).await;
    }
    run_job(workshop, request, arguments.json).await
}

/// Runs a job to its end, and shows it.
pub(super) async fn run_job(
    workshop: &Workshop,
    request: JobRequest,
    json: bool,
) -> Result<Exit, Failure> {
    let finished = run_to_end(workshop, request, json).await?;
    Ok(tell_end(&finished, json))
}

/// Shows how a job ended.
fn tell_end(finished: &Finished, json: bool) -> Exit {
    if !json && finished.outcome == Outcome::Complete {
        output::print(&finished.message);
    }
    exit(finished)
}

/// Runs a job to its end, and shows how it goes.
pub(super) async fn run_to_end(
    workshop: &Workshop,
    request: JobRequest,
    json: bool,
) -> Result<Finished, Failure> {
    let prepared = Prepared::new(workshop, request, &NoEditor)?;
    run_prepared(workshop, prepared, json).await
}

async fn run_prepared(
    workshop: &Workshop,
    prepared: Prepared,
    json: bool,
) -> Result<Finished, Failure> {
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

/// The first interrupt or termination cancels the job, which saves and says how to go on; a
/// second one ends the process at once.
pub(super) fn cancel_on_signal(cancel: CancellationToken) {
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
