//! Plans from the text: a model reads written chunks and says what each is as a beat, which goes into the brief.
//!
//! For a story that came from elsewhere, whose beats are headings alone, and for chunks that were written beside the
//! outline. The chunks are read and never changed. What the author wrote in a beat stays, unless its replacement is
//! asked for. Each chunk is one call, and its answer is kept before anything else is done with it, so that it is paid
//! once (see [`memory`]).

mod ending;
mod job;
mod memory;
mod staleness;

use std::path::PathBuf;

use serde_json::{Map, Value};

use self::memory::Memory;
use crate::analysis::error::StoryError;
use crate::analysis::selection::ChunkRef;
use crate::analysis::snapshot::StorySource;
use crate::analysis::story_file::StoryFile;
use crate::analysis::story_sessions;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::Workshop;
use crate::provider::ProviderKind;
use crate::session::{ChunkStatus, ChunkView, Disk, Owners, SessionId, SessionView, read_session};
use crate::settings::{ProviderChoice, Settings};
use crate::story::{Beat, ChunkNumber};
use crate::writing::plan::from_text::insertion::Existing;

/// A request to plan from the text.
#[derive(Debug, Clone)]
pub struct TextPlanRequest {
    /// A name that is unique in this process, such as `job-1`.
    pub job: String,
    /// The brief's file.
    pub brief: PathBuf,
    /// The outermost folder whose `storywright.toml` counts.
    pub workspace: Option<PathBuf>,
    /// The draft whose text is read; `None`: the current one.
    pub session: Option<SessionId>,
    /// The one chunk to read, whatever is known of it; `None`: all whose beats lack something.
    pub chunk: Option<ChunkRef>,
    /// Whether words that are in the beats are replaced.
    pub overwrite: bool,
    /// The `storywright` section of the editor's settings.
    pub editor_settings: Option<Value>,
    /// Settings of the command line by dotted name.
    pub flags: Map<String, Value>,
}

/// A plan from the text that can start: its brief and settings are valid, and nothing was sent or written yet.
pub struct TextPlanning {
    request: TextPlanRequest,
    story: StoryFile,
    settings: Settings,
    warnings: Vec<String>,
    view: SessionView,
    memory: Memory,
    chunks: Vec<ChunkNumber>,
}

impl TextPlanning {
    /// Reads brief, settings and chunks, and fails where nothing can be planned from them. Blocks on the file
    /// system; sends nothing.
    ///
    /// # Errors
    /// Besides what is wrong with brief and settings: [`StoryError::NothingWritten`] where there is no text,
    /// [`JobError::NotComplete`] for a chunk that is named and not complete, [`JobError::DemoReadsNothing`] where
    /// there is no model to read it.
    pub fn new(
        workshop: &Workshop,
        request: TextPlanRequest,
        owners: &dyn Owners,
    ) -> Result<TextPlanning, JobError> {
        let source = StorySource {
            brief: &request.brief,
            workspace: request.workspace.as_deref(),
            editor_settings: request.editor_settings.as_ref(),
            flags: Some(&request.flags),
        };
        let (story, settings, warnings) = workshop.read_story(&source, owners)?.usable()?;
        story.check()?;
        if settings.provider == ProviderChoice::Fixed(ProviderKind::Demo) {
            return Err(JobError::DemoReadsNothing);
        }
        let view = view(&request, &story, &settings, owners, workshop.disk())?;
        let memory = Memory::read(&story.folder, &view.id, workshop.disk());
        let mut planning = TextPlanning {
            request,
            story,
            settings,
            warnings,
            view,
            memory,
            chunks: Vec::new(),
        };
        planning.chunks = planning.due(None)?;
        Ok(planning)
    }

    /// Returns the title of the story.
    pub fn title(&self) -> &str {
        &self.story.brief.title
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the chunks about which a model is to be asked.
    pub(crate) fn chunks(&self) -> &[ChunkNumber] {
        &self.chunks
    }

    /// Returns the text of a chunk.
    pub(crate) fn text_of(&self, number: ChunkNumber) -> &str {
        self.view.chunk(number).map_or("", |chunk| &chunk.text)
    }

    fn existing(&self) -> Existing {
        match self.request.overwrite {
            true => Existing::IsReplaced,
            false => Existing::Stays,
        }
    }

    /// Lists the chunks that are to be read: the one that is named, else those whose beats lack something that was not
    /// looked for in their text yet by this model.
    fn due(&self, model: Option<&str>) -> Result<Vec<ChunkNumber>, JobError> {
        let is_complete = |chunk: &&ChunkView| chunk.status == ChunkStatus::Complete;
        if let Some(named) = &self.request.chunk {
            let number = named.resolve(&self.story.plan(&self.settings))?;
            return match self.view.chunk(number).filter(is_complete) {
                Some(chunk) => Ok(vec![chunk.number]),
                None => Err(JobError::NotComplete { number }),
            };
        }
        let complete: Vec<&ChunkView> = self.view.chunks.iter().filter(is_complete).collect();
        if complete.is_empty() {
            return Err(StoryError::NothingWritten("plan from").into());
        }
        let is_due = |chunk: &&&ChunkView| match self.request.overwrite {
            true => !self.memory.is_overwritten(chunk),
            false => {
                let beat = self.story.brief.beat(&chunk.beat);
                beat.is_some_and(lacks_something) && !self.memory.is_done(chunk, model)
            }
        };
        Ok(complete.iter().filter(is_due).map(|it| it.number).collect())
    }
}

/// Tells whether a beat does not say what happens, or how things stand before and after it.
fn lacks_something(beat: &Beat) -> bool {
    beat.text.is_empty() || beat.enter.is_none() || beat.exit.is_none()
}

fn view(
    request: &TextPlanRequest,
    story: &StoryFile,
    settings: &Settings,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<SessionView, JobError> {
    let id = match &request.session {
        Some(id) => {
            story_sessions::known(story, id, disk)?;
            id.clone()
        }
        None => story
            .folder
            .current_session(disk)?
            .ok_or(StoryError::NothingWritten("plan from"))?,
    };
    let plan = story.plan(settings);
    let language = &story.brief.language;
    Ok(read_session(
        &story.folder,
        &id,
        &plan,
        language,
        owners,
        disk,
    )?)
}
