//! Counts the length of a draft, by chunk, chapter and book.

use serde::Serialize;

use super::draft::{self, DraftBook};
use crate::analysis::story_file::StoryFile;
use crate::book::count::Counts;
use crate::jobs::run::error::JobError;
use crate::session::{Disk, Owners, SessionId};
use crate::settings::Settings;
use crate::story::{BeatId, ChunkNumber};

/// The lengths of a draft, as `count --json` prints them.
#[derive(Debug, Clone, Serialize)]
pub struct CountReport {
    pub story: String,
    pub session: String,
    /// What `length` is in: "words" or "characters".
    pub unit: &'static str,
    #[serde(flatten)]
    pub whole: Length,
    pub chapters: Vec<ChapterLength>,
    pub chunks: Vec<ChunkLength>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Length {
    #[serde(flatten)]
    pub counts: Counts,
    /// Of 250 words, or 400 characters.
    pub pages: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct ChapterLength {
    pub title: Option<String>,
    #[serde(flatten)]
    pub length: Length,
}

#[derive(Debug, Clone, Serialize)]
pub struct ChunkLength {
    pub number: ChunkNumber,
    pub beat: BeatId,
    pub title: String,
    /// The number of its chapter, from 1.
    pub chapter: usize,
    #[serde(flatten)]
    pub length: Length,
}

/// Counts the complete chunks of a session; without `wanted` of the current one. Blocks on the file system.
///
/// # Errors
/// Where there is no such session, or it can't be read.
pub fn count(
    story: &StoryFile,
    settings: &Settings,
    wanted: Option<&SessionId>,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<CountReport, JobError> {
    story.check_merged()?;
    let id = draft::session_of(story, wanted, "count", disk)?;
    let DraftBook {
        session,
        book,
        notices,
    } = draft::book_of(story, settings, id, owners, disk)?;
    let length = |counts: Counts| Length {
        counts,
        pages: counts.pages(&book.language),
    };
    let (mut chapters, mut chunks, mut whole) = (Vec::new(), Vec::new(), Counts::default());
    for (index, chapter) in book.chapters.iter().enumerate() {
        let mut sum = Counts::default();
        for scene in &chapter.scenes {
            let counts = Counts::of(scene, &book);
            sum = sum.plus(counts);
            chunks.push(ChunkLength {
                number: scene.number,
                beat: scene.beat.clone(),
                title: scene.title.clone(),
                chapter: index + 1,
                length: length(counts),
            });
        }
        whole = whole.plus(sum);
        chapters.push(ChapterLength {
            title: chapter.title.clone(),
            length: length(sum),
        });
    }
    Ok(CountReport {
        story: book.title.clone(),
        session: session.to_string(),
        unit: book.language.unit(),
        whole: length(whole),
        chapters,
        chunks,
        notices,
    })
}
