//! A request that is ready to run.

use std::sync::Arc;

use super::brief_watch::BriefWatch;
use super::workshop::JobRequest;
use crate::analysis::story_file::StoryFile;
use crate::events::job::Work;
use crate::session::PlannedChunk;
use crate::settings::Settings;
use crate::story::Severity;

/// A request with valid brief and settings; nothing has been sent or written yet.
pub struct Prepared {
    pub(crate) request: JobRequest,
    pub(crate) story: Arc<StoryFile>,
    pub(crate) settings: Settings,
    pub(crate) plan: Vec<PlannedChunk>,
    pub(crate) warnings: Vec<String>,
    /// The watch for changes by the author from here on.
    pub(crate) watch: BriefWatch,
}

impl Prepared {
    /// Returns the title of the story.
    pub fn title(&self) -> &str {
        &self.story.brief.title
    }

    /// Returns the chunk that the job is about, where its request names one and no more.
    pub fn only_chunk(&self) -> Option<&PlannedChunk> {
        let named = self.request.scope.named(&self.plan).ok()??;
        let [number] = named.as_slice() else {
            return None;
        };
        self.plan.iter().find(|chunk| chunk.number == *number)
    }

    /// Returns what the job does to chunks.
    pub fn work(&self) -> Work {
        self.request.scope.work()
    }

    /// Returns a sentence with the number of the brief's problems that do not stop a job.
    pub fn brief_warnings(&self) -> Option<String> {
        let problems = self.story.brief.problems.iter();
        match problems
            .filter(|problem| {
                self.settings
                    .severities
                    .shown(problem.code, problem.severity)
                    == Some(Severity::Warning)
            })
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
