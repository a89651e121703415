//! What a job is to do, and the one way in which shell and editors have it done.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::plan::Planning;
use super::run::begin::{Context, NotBegun};
use super::run::editor::Editor;
use super::run::error::JobError;
use super::run::events::{Observer, Work};
use super::run::outcomes::Finished;
use super::run::workshop::Workshop;
use super::write::prepare::Prepared;

/// Says what a job is to do. Nothing has been sent or written yet.
pub enum Assignment {
    /// Writes, reads or goes over chunks.
    Chunks(Box<Prepared>),
    /// Plans beats.
    Outline(Box<Planning>),
}

impl Assignment {
    /// Says what it does, and to which story.
    pub fn title(&self) -> String {
        match self {
            Assignment::Chunks(prepared) => {
                format!("{} {}", began(prepared.work()), prepared.title())
            }
            Assignment::Outline(planning) => format!("Planning {}", planning.title()),
        }
    }

    /// Finds the model and does the job. What came is saved, however it ends.
    ///
    /// # Errors
    /// When the job could not begin; once it has begun, whatever happens is told in [`Finished`].
    pub async fn run(
        self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
        observer: Arc<dyn Observer>,
        cancel: &CancellationToken,
    ) -> Result<Finished, JobError> {
        let context = Context::new(workshop, editor, observer, cancel);
        NotBegun::as_end(match self {
            Assignment::Chunks(prepared) => prepared.carry_out(&context).await,
            Assignment::Outline(planning) => planning.carry_out(&context).await,
        })
    }
}

fn began(work: Work) -> &'static str {
    match work {
        Work::Write => "Writing",
        Work::Read => "Reading",
        Work::Refine => "Refining",
        Work::Audit => "Auditing",
    }
}
