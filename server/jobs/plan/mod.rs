//! Plans beats for an outline that has too few.
//!
//! A model is asked for what is missing, and each beat goes into the brief as soon as it is whole:
//! into the editor where the brief is open, else into the file. What the author wrote is never
//! changed, moved or renamed: beats are only put in between (see [`crate::story::new_beats`]). A
//! model's answer is data: nothing in it can become anything but the text of a beat.
//!
//! The records of a plan are a run of the current session, or lie in `generated/.work/plan/` where
//! there is no session yet. They hold the brief as it was, and every beat as it came.

mod brief_file;
mod call;
mod ending;
pub mod from_text;
mod growing_brief;
mod job;
mod records;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::analysis::snapshot::StorySource;
use crate::analysis::story_file::StoryFile;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::Workshop;
use crate::session::Owners;
use crate::settings::Settings;
use crate::story::checks::NO_OUTLINE;

pub use crate::writing::plan::size::{Count, MOST_BEATS};
pub(crate) use job::PER_CALL;

/// A request to plan.
#[derive(Debug, Clone)]
pub struct PlanRequest {
    /// A name that is unique in this process, such as `job-1`.
    pub job: String,
    /// The brief's file.
    pub brief: PathBuf,
    /// The outermost folder whose `storywright.toml` counts.
    pub workspace: Option<PathBuf>,
    /// How many beats the outline is to have in all; `None`: as many as its length asks for.
    pub beats: Option<u32>,
    /// The `storywright` section of the editor's settings.
    pub editor_settings: Option<Value>,
    /// Settings of the command line by dotted name.
    pub flags: Map<String, Value>,
}

/// A plan that can start: its brief and settings are valid, and nothing was sent or written yet.
pub struct Planning {
    request: PlanRequest,
    story: StoryFile,
    settings: Settings,
    count: Count,
    warnings: Vec<String>,
}

impl Planning {
    /// Reads brief and settings, and fails where no outline can be planned from them. Blocks on the file
    /// system; sends nothing.
    ///
    /// # Errors
    /// Besides what is wrong with brief and settings: [`JobError::NoLength`] where nothing says
    /// how long the story is, [`JobError::BeatCount`] for a number that makes no sense.
    pub fn new(
        workshop: &Workshop,
        request: PlanRequest,
        owners: &dyn Owners,
    ) -> Result<Planning, JobError> {
        if let Some(asked) = request
            .beats
            .filter(|asked| !(1..=MOST_BEATS).contains(asked))
        {
            let most = MOST_BEATS;
            return Err(JobError::BeatCount { asked, most });
        }
        let source = StorySource {
            brief: &request.brief,
            workspace: request.workspace.as_deref(),
            editor_settings: request.editor_settings.as_ref(),
            flags: Some(&request.flags),
        };
        let (story, settings, warnings) = workshop.read_story(&source, owners)?.usable()?;
        story.check_but_for(&[NO_OUTLINE])?;
        let count = Count::of(
            &story.brief,
            settings.target_words,
            settings.chunk_words,
            request.beats,
        )
        .ok_or(JobError::NoLength)?;
        Ok(Planning {
            request,
            story,
            settings,
            count,
            warnings,
        })
    }

    /// Returns the title of the story.
    pub fn title(&self) -> &str {
        &self.story.brief.title
    }

    /// Returns the number of missing beats.
    pub(crate) fn missing(&self) -> u32 {
        self.count.missing()
    }

    pub(crate) fn text(&self) -> &str {
        &self.story.text
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the length of a new part, in words (characters for CJK): the target without the beats that
    /// have a length of their own, divided evenly.
    fn part_words(&self) -> u32 {
        let own = self.story.brief.beats.iter().filter_map(|beat| beat.words);
        let (mut fixed, mut taken) = (0_u32, 0_u32);
        for words in own {
            taken = taken.saturating_add(words);
            fixed += 1;
        }
        let free = self.count.wanted.saturating_sub(fixed).max(1);
        match self.settings.target_words {
            Some(target) => (target.saturating_sub(taken) / free).max(1),
            None => self.settings.chunk_words,
        }
    }
}
