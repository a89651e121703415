//! `storywright refine`: a second pass over one complete chunk.

use super::args::Refine;
use super::place;
use super::write::{dry_run_pass, run_job};
use super::{Exit, Failure, brief, workspace};
use crate::engine::workshop::{ChunkRef, JobRequest, Naming, Scope, Workshop};

pub async fn run(workshop: &Workshop, arguments: Refine) -> Result<Exit, Failure> {
    let request = JobRequest {
        job: "refine".to_owned(),
        brief: brief(arguments.path.as_deref())?,
        workspace: workspace(),
        session: place::session(arguments.session.as_deref(), arguments.path.as_deref())?,
        naming: Naming::ByAuthor,
        scope: Scope::Refine {
            chunk: ChunkRef::parse(&arguments.chunk),
            apply: arguments.apply,
        },
        editor_settings: None,
        flags: arguments.settings.values,
    };
    if arguments.dry_run {
        return dry_run_pass(workshop, request, arguments.json).await;
    }
    run_job(workshop, request, arguments.json).await
}
