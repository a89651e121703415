//! A running job that writes: its parts and its state.

use std::sync::{Arc, Mutex};

use super::derived::DerivedFiles;
use crate::analysis::status::relative;
use crate::analysis::story_file::StoryFile;
use crate::events::outcomes::Unsaved;
use crate::jobs::passes::during_job::Passes;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::brief_watch::BriefWatch;
use crate::jobs::run::connected_model::ConnectedModel;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::reporter::Reporter;
use crate::jobs::run::started_job::StartedJob;
use crate::jobs::state::{Reader, Readings};
use crate::jobs::write::progress::Progress;
use crate::jobs::write::single::SingleCall;
use crate::provider::Usage;
use crate::session::{ChunkView, Session};
use crate::settings::{Settings, Switch};
use crate::story::{Brief, ChunkNumber};
use crate::writing::size::Measured;

/// A running job.
pub struct Job {
    pub(crate) started: Arc<StartedJob>,
    /// The passes over complete chunks, where the settings ask for them.
    pub(crate) passes: Passes,
    pub(crate) progress: Mutex<Progress>,
    /// The one call for the whole story, while chunks come from it.
    pub(crate) single: SingleCall,
    /// The chunks that were asked for, where not the whole story was.
    pub(crate) named: Option<Vec<ChunkNumber>>,
    /// The only note in the margin that is carried out, where the request names one.
    pub(crate) only_note: Option<String>,
    /// The measured speed and answer limits of the model.
    pub(crate) measured: Measured,
    /// The background reading of complete chunks.
    pub(crate) readings: Readings,
    /// The watch for changes by the author.
    pub(crate) watch: Option<Arc<BriefWatch>>,
    /// The texts that could not be saved.
    pub(crate) unsaved: Mutex<Vec<Unsaved>>,
    pub(crate) derived: DerivedFiles,
}

impl Job {
    /// Makes the job, with background reading and passes where the settings ask for them.
    pub(crate) fn new(started: Arc<StartedJob>) -> Job {
        let readings = match started.settings.state {
            Switch::Off => Readings::off(),
            Switch::On => Readings::new(Reader::new(Arc::clone(&started))),
        };
        Job {
            passes: Passes::new(&started),
            started,
            progress: Mutex::default(),
            single: SingleCall::off(),
            named: None,
            only_note: None,
            measured: Measured::default(),
            readings,
            watch: None,
            unsaved: Mutex::default(),
            derived: DerivedFiles::default(),
        }
    }

    pub(crate) fn story(&self) -> &Arc<StoryFile> {
        &self.started.story
    }

    pub(crate) fn brief(&self) -> &Brief {
        self.started.brief()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.started.settings
    }

    pub(crate) fn model(&self) -> &ConnectedModel {
        &self.started.model
    }

    pub(crate) fn session(&self) -> &Session {
        self.started.session()
    }

    pub(crate) fn editor(&self) -> &dyn Editor {
        self.started.editor.as_ref()
    }

    pub(crate) fn reporter(&self) -> &Reporter {
        &self.started.reporter
    }

    /// Warns the author of changes that this job does not follow.
    pub(crate) async fn tell_of_changes(&self) {
        let Some(watch) = self.watch.clone() else {
            return;
        };
        let editor = Arc::clone(&self.started.editor);
        let changes = blocking(move || watch.look(editor.as_ref())).await;
        for change in changes {
            self.reporter().warn(None, change.code, change.message);
        }
    }

    pub(crate) fn cost(&self, usage: &Usage) -> Option<f64> {
        let price = self.model().price(&self.settings().prices)?;
        Some(price.of(usage))
    }

    /// Notes that the answer of the first call is going to be the whole story.
    pub(crate) fn expect_whole_story(&self) {
        let (tokenizers, model) = (&self.model().tokenizers, &self.model().name);
        let language = &self.brief().language;
        tokenizers.expect_answer(tokenizers.of_words(model, self.started.target_words(), language));
    }

    pub(crate) fn relative(&self, chunk: &ChunkView) -> String {
        relative(&chunk.path, self.story().folder.root())
    }
}
