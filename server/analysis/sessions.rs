//! Lists the sessions of a story, and which one `write` continues.
//!
//! The choice is kept in `generated/.current.json`, a file for git like the rest. Without it, or
//! without the session that it names, the newest session is the current one; so nothing that
//! is lost there loses more than a choice.

use std::sync::Arc;

use serde::Serialize;

use super::error::StoryError;
use super::snapshot::StorySnapshot;
use super::status::StoryStatus;
use super::story_sessions::adoptable;
use crate::session::{ChunkStatus, Disk, SessionId};
use crate::story::counted::counted;

/// The sessions of a story, as `status --all --json` prints them.
#[derive(Debug, Clone, Serialize)]
pub struct Sessions {
    pub story: String,
    pub brief: String,
    /// The session that `write` continues.
    pub current: Option<String>,
    /// The sessions, oldest first.
    pub sessions: Vec<SessionState>,
    /// The drafts whose brief is gone and whose beats are this story's, while it has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adoptable: Vec<String>,
    /// A sentence about the adoptable drafts.
    #[serde(skip)]
    pub offer: Option<String>,
    /// The unit of lengths: "words" or "characters".
    #[serde(skip)]
    pub unit: &'static str,
}

/// The progress of a session.
#[derive(Debug, Clone, Serialize)]
pub struct SessionState {
    pub session: String,
    pub current: bool,
    pub words: u32,
    pub target_words: u32,
    pub chunks: usize,
    pub complete: usize,
    pub partial: usize,
    pub failed: usize,
    pub missing: usize,
    pub stale: usize,
    pub edited: usize,
}

/// Lists every session of a story; `status` returns the progress of each.
pub(super) fn list(
    read: &StorySnapshot,
    disk: &Disk,
    status: impl Fn(&SessionId) -> Result<Arc<StoryStatus>, StoryError>,
) -> Result<Sessions, StoryError> {
    let (story, settings) = (&read.story, &read.settings);
    let current = story.folder.current_session(disk)?;
    let mut sessions = Vec::new();
    for id in story.folder.sessions(disk)? {
        let status = status(&id)?;
        sessions.push(SessionState::of(
            &id,
            current.as_ref() == Some(&id),
            &status,
        ));
    }
    let adoptable = match sessions.is_empty() {
        true => adoptable(story, settings, disk)?,
        false => None,
    };
    let (adoptable, offer) = adoptable.unzip();
    Ok(Sessions {
        adoptable: adoptable.unwrap_or_default(),
        offer,
        story: story.brief.title.clone(),
        brief: story.folder.brief_name().to_owned(),
        current: current.as_ref().map(ToString::to_string),
        sessions,
        unit: story.brief.language.unit(),
    })
}

impl SessionState {
    fn of(id: &SessionId, current: bool, status: &StoryStatus) -> SessionState {
        let count = |wanted| {
            let chunks = status.chunks.iter();
            chunks.filter(|chunk| chunk.status == wanted).count()
        };
        SessionState {
            session: id.to_string(),
            current,
            words: status.words,
            target_words: status.target_words,
            chunks: status.chunks.len(),
            complete: count(ChunkStatus::Complete),
            partial: count(ChunkStatus::Partial),
            failed: count(ChunkStatus::Failed),
            missing: count(ChunkStatus::Missing),
            stale: status.chunks.iter().filter(|chunk| chunk.stale).count(),
            edited: status.chunks.iter().filter(|chunk| chunk.edited).count(),
        }
    }

    /// Returns a line for people.
    fn line(&self, unit: &str) -> String {
        let mut line = format!(
            "{} {}: {} complete, {} of {} {unit}",
            if self.current { "*" } else { " " },
            self.session,
            counted(format!("{} of {}", self.complete, self.chunks), "chunk"),
            self.words,
            self.target_words
        );
        for (count, what) in [
            (self.partial, "partial"),
            (self.failed, "failed"),
            (self.stale, "stale"),
            (self.edited, "edited"),
        ] {
            if count > 0 {
                line.push_str(&format!(", {count} {what}"));
            }
        }
        line
    }
}

impl Sessions {
    /// Returns a table for people: one line a session, the current one marked.
    pub fn table(&self) -> String {
        if let Some(offer) = &self.offer {
            return format!("{}: {offer}", self.story);
        }
        if self.sessions.is_empty() {
            return format!(
                "{}: nothing is written yet; `storywright write` begins",
                self.story
            );
        }
        let lines = self.sessions.iter().map(|session| session.line(self.unit));
        let lines: Vec<String> = lines.collect();
        format!("{}\n{}", self.story, lines.join("\n"))
    }
}
