//! Gathers what in-place writing needs besides the text itself: the story of the document's brief, else what the
//! document alone tells (its language and its title), and the settings in force.

use std::path::PathBuf;

use super::error::StoryError;
use super::snapshot::{StorySnapshot, StorySource, settings_beside};
use super::story_file::StoryFile;
use crate::session::{Owners, SessionId};
use crate::settings::Settings;
use crate::settings::environment::Environment;
use crate::story::{Brief, ChunkNumber};
use crate::writing::accept::Yardstick;
use crate::writing::inplace::plain_brief;
use crate::writing::prompt::{Ground, Templates};

/// The story that governs a document.
#[derive(Debug, Clone)]
pub struct Governing {
    pub brief: PathBuf,
    pub session: Option<SessionId>,
    /// The chunk that the document is the file of.
    pub chunk: Option<ChunkNumber>,
}

/// What is known around a text, with the settings in force.
pub struct Surroundings {
    pub background: Background,
    pub settings: Settings,
    /// Settings that were not taken.
    pub warnings: Vec<String>,
    /// The beat of the chunk, as an index.
    pub beat: Option<usize>,
}

impl Surroundings {
    /// Takes the story that governs a document.
    ///
    /// # Errors
    /// [`StoryError::Settings`]
    pub fn of_story(
        read: StorySnapshot,
        governing: &Governing,
    ) -> Result<Surroundings, StoryError> {
        let (story, settings, warnings) = read.usable()?;
        // The file of a chunk that the outline has no more is still a text of the story.
        let plan = story.plan(&settings);
        let planned = plan
            .iter()
            .find(|chunk| Some(chunk.number) == governing.chunk);
        let beat = planned.and_then(|chunk| {
            let mut beats = story.brief.beats.iter();
            beats.position(|beat| beat.id == chunk.beat)
        });
        Ok(Surroundings {
            background: Background::Story(Box::new(story)),
            settings,
            warnings,
            beat,
        })
    }

    /// Derives language and title from a document that no brief governs, and reads the settings of its folder.
    ///
    /// `document` is the name of its file, `source` the folder's settings. Blocks on the file system.
    ///
    /// # Errors
    /// [`StoryError::Settings`]
    pub fn of_text(
        environment: &Environment,
        source: &StorySource<'_>,
        owners: &dyn Owners,
        (document, text): (&str, &str),
    ) -> Result<Surroundings, StoryError> {
        let (settings, warnings) = settings_beside(environment, source, owners)?;
        let name = document.rsplit_once('.').map_or(document, |(stem, _)| stem);
        Ok(Surroundings {
            background: Background::plain(plain_brief(text, Some(name))),
            settings,
            warnings,
            beat: None,
        })
    }
}

/// What is known around a text.
pub enum Background {
    Story(Box<StoryFile>),
    Plain(Box<Plain>),
}

/// What is known of a text that no brief governs.
pub struct Plain {
    brief: Brief,
    templates: Templates,
    ground: Ground,
    yardstick: Yardstick,
}

impl Background {
    /// Takes what stands in for a brief.
    fn plain(brief: Brief) -> Background {
        let templates = Templates::default();
        Background::Plain(Box::new(Plain {
            ground: Ground::of(&brief, &templates),
            yardstick: Yardstick::of(&brief, &templates),
            brief,
            templates,
        }))
    }

    pub fn story(&self) -> Option<&StoryFile> {
        match self {
            Background::Story(story) => Some(story),
            Background::Plain(_) => None,
        }
    }

    pub fn brief(&self) -> &Brief {
        match self {
            Background::Story(story) => &story.brief,
            Background::Plain(plain) => &plain.brief,
        }
    }

    pub fn templates(&self) -> &Templates {
        match self {
            Background::Story(story) => &story.templates,
            Background::Plain(plain) => &plain.templates,
        }
    }

    pub fn ground(&self) -> &Ground {
        match self {
            Background::Story(story) => story.ground(),
            Background::Plain(plain) => &plain.ground,
        }
    }

    pub fn yardstick(&self) -> &Yardstick {
        match self {
            Background::Story(story) => story.yardstick(),
            Background::Plain(plain) => &plain.yardstick,
        }
    }
}
