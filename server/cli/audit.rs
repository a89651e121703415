//! `storywright audit`: looks for contradictions, and shows those that stand.

use super::args::Audit;
use super::place;
use super::write::{dry_run_pass, exit, run_to_end};
use super::{Exit, Failure, brief, check, output, workspace};
use crate::engine::events::Outcome;
use crate::engine::workshop::{ChunkRef, JobRequest, Naming, Scope, Workshop};

pub async fn run(workshop: &Workshop, arguments: Audit) -> Result<Exit, Failure> {
    let (brief, session) = (
        brief(arguments.path.as_deref())?,
        place::session(arguments.session.as_deref(), arguments.path.as_deref())?,
    );
    let chunk = arguments.chunk.as_deref().map(ChunkRef::parse);
    let request = JobRequest {
        job: "audit".to_owned(),
        brief: brief.clone(),
        workspace: workspace(),
        session: session.clone(),
        naming: Naming::ByAuthor,
        scope: Scope::Audit(chunk.clone()),
        editor_settings: None,
        flags: arguments.settings.values,
    };
    if arguments.dry_run {
        return dry_run_pass(workshop, request, arguments.json).await;
    }
    // The report is what is found; how it goes is told beside it.
    let finished = run_to_end(workshop, request, false).await?;
    check::show_contradictions(
        workshop,
        &brief,
        session.as_ref(),
        chunk.as_ref(),
        arguments.json,
    )?;
    if !arguments.json && finished.outcome == Outcome::Complete {
        output::print(&finished.message);
    }
    Ok(exit(&finished))
}
