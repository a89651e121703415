//! The work of a job, and the function by which shell and editors run it.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::inplace::Writing;
use super::plan::Planning;
use super::plan::from_text::TextPlanning;
use super::run::begin::{Context, NotBegun};
use super::run::editor::Editor;
use super::run::error::JobError;
use super::run::workshop::Workshop;
use super::write::prepare::Prepared;
use crate::events::job::{Observer, Work};
use crate::events::outcomes::Finished;

/// The work of a job before it starts. Nothing has been sent or written yet.
pub enum Assignment {
    /// Writing, reading, refining or auditing of chunks.
    Chunks(Box<Prepared>),
    /// Planning of beats.
    Outline(Box<Planning>),
    /// Planning of beats from the text that is there.
    OutlineFromText(Box<TextPlanning>),
    /// Writes at one place of an open document.
    InPlace(Box<Writing>),
}

impl Assignment {
    /// Describes the job in a few words, with the title of its story.
    pub fn title(&self) -> String {
        match self {
            Assignment::Chunks(prepared) => {
                let (began, title) = (began(prepared.work()), prepared.title());
                match prepared.only_chunk() {
                    Some(chunk) => {
                        let (number, name) = (chunk.number, &chunk.title);
                        format!("{began} {title}, chunk {number} “{name}”")
                    }
                    None => format!("{began} {title}"),
                }
            }
            Assignment::Outline(planning) => format!("Planning {}", planning.title()),
            Assignment::OutlineFromText(planning) => {
                format!("Planning {} from its text", planning.title())
            }
            Assignment::InPlace(writing) => writing.title(),
        }
    }

    /// Connects the model and runs the job to its end; text that arrived is saved, however it ends.
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
            Assignment::OutlineFromText(planning) => planning.carry_out(&context).await,
            Assignment::InPlace(writing) => writing.carry_out(&context).await,
        })
    }
}

fn began(work: Work) -> &'static str {
    match work {
        Work::Write => "Writing",
        Work::Read => "Reading",
        Work::Candidates => "Writing candidates of",
        Work::Refine => "Refining",
        Work::Audit => "Auditing",
    }
}
