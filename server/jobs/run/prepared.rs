//! A request that can be carried out.

use std::sync::Arc;

use super::brief_watch::BriefWatch;
use super::events::Work;
use super::workshop::JobRequest;
use crate::analysis::story_file::StoryFile;
use crate::session::PlannedChunk;
use crate::settings::Settings;
use crate::story::Severity;

/// A request whose brief and settings are in order; nothing has been sent or written yet.
pub struct Prepared {
    pub(crate) request: JobRequest,
    pub(crate) story: Arc<StoryFile>,
    pub(crate) settings: Settings,
    pub(crate) plan: Vec<PlannedChunk>,
    pub(crate) warnings: Vec<String>,
    /// Notices what the author changes from here on.
    pub(crate) watch: BriefWatch,
}

impl Prepared {
    /// The title of the story.
    pub fn title(&self) -> &str {
        &self.story.brief.title
    }

    /// What the job does to chunks.
    pub fn work(&self) -> Work {
        self.request.scope.work()
    }

    /// How many problems the brief has that do not stop a job, in a sentence.
    pub fn brief_warnings(&self) -> Option<String> {
        let problems = self.story.brief.problems.iter();
        match problems
            .filter(|problem| problem.severity == Severity::Warning)
            .count()
        {
            0 => None,
            1 => Some("the brief has a warning; `storywright check` shows it".to_owned()),
            n => Some(format!(
                "the brief has {n} warnings; `storywright check` shows them"
            )),
        }
    }
}
