//! `storywright refine`: a second pass over one complete chunk.

use super::args::Refine;
use super::write::{chunk_ref, run_job, session};
use super::{Exit, Failure, brief, workspace};
use crate::engine::workshop::{JobRequest, Naming, Scope, Workshop};

pub async fn run(workshop: &Workshop, arguments: Refine) -> Result<Exit, Failure> {
    let request = JobRequest {
        job: "refine".to_owned(),
        brief: brief(arguments.path.as_deref())?,
        workspace: workspace(),
        session: session(arguments.session.as_deref())?,
        naming: Naming::ByAuthor,
        scope: Scope::Refine {
            chunk: chunk_ref(&arguments.chunk),
            apply: arguments.apply,
        },
        editor_settings: None,
        flags: arguments.settings.values,
    };
    run_job(workshop, request, arguments.json).await
}
