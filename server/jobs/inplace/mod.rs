//! Writing at one place of an open document: going on there, or putting another passage in place of one.
//!
//! No session is opened and no file is written: the text goes into the editor, and is the author's from then on. A
//! continuation is shown while it comes; a passage stays as it is until the whole answer was taken, so that one edit
//! replaces it. Where the text belongs to a draft, its run has the records of the calls and of what they cost.

mod call;
mod ending;
mod job;
mod sentence;

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::analysis::snapshot::StorySource;
pub use crate::analysis::surroundings::Governing;
use crate::analysis::surroundings::Surroundings;
use crate::jobs::run::editor::PlaceStream;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::Workshop;
use crate::session::Owners;
use crate::writing::inplace::{Place, Task};

pub use sentence::{NoSentence, Unshown};

/// What is to be written, and where.
pub struct InPlaceRequest {
    /// A name that is unique in this process, such as `job-1`.
    pub job: String,
    pub task: Task,
    /// How the author knows the document: `chunk_03.md`.
    pub document: String,
    /// The text of the document, with LF line ends.
    pub text: String,
    pub place: Place,
    /// What the author asks for by the command.
    pub instruction: Option<String>,
    /// The story that the document belongs to.
    pub story: Option<Governing>,
    /// A file of the folder whose settings count where there is no story.
    pub beside: PathBuf,
    /// The outermost folder whose `storywright.toml` counts.
    pub workspace: Option<PathBuf>,
    /// The `storywright` section of the editor's settings.
    pub editor_settings: Option<Value>,
}

/// A request whose settings are in order; nothing has been sent yet.
pub struct Writing {
    request: InPlaceRequest,
    around: Surroundings,
    /// Shows what is written.
    stream: Box<dyn PlaceStream>,
}

impl Writing {
    /// Reads story and settings. Blocks on the file system; sends nothing.
    ///
    /// # Errors
    /// What is wrong with the settings, or [`JobError::Busy`] where another job writes the chunk.
    pub fn new(
        workshop: &Workshop,
        request: InPlaceRequest,
        owners: &dyn Owners,
        stream: Box<dyn PlaceStream>,
    ) -> Result<Writing, JobError> {
        let flags = Map::new();
        let source = |brief| StorySource {
            brief,
            workspace: request.workspace.as_deref(),
            editor_settings: request.editor_settings.as_ref(),
            flags: Some(&flags),
        };
        let around = match &request.story {
            Some(governing) => {
                let read = workshop.read_story(&source(&governing.brief), owners)?;
                let around = Surroundings::of_story(read, governing)?;
                let root = governing.session.as_ref().zip(around.background.story());
                let root = root.map(|(session, story)| story.folder.session_root(session));
                if let Some((root, number)) = root.zip(governing.chunk)
                    && let Some(job) = workshop.job_on_chunk(&root, number)
                {
                    return Err(JobError::Busy { number, job });
                }
                around
            }
            None => {
                let source = source(&request.beside);
                let text = (request.document.as_str(), request.text.as_str());
                Surroundings::of_text(workshop.environment(), &source, owners, text)?
            }
        };
        Ok(Writing {
            request,
            around,
            stream,
        })
    }

    /// Says what it does, and to which document.
    pub fn title(&self) -> String {
        format!("{} {}", self.request.task.doing(), self.request.document)
    }
}
