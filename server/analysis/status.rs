//! Answers what is written, what is missing, and what is stale, for shell and editor alike.

use std::ffi::OsStr;
use std::path::Path;

use serde::Serialize;

use super::candidate_files;
use super::error::StoryError;
use super::session_snapshot::SessionSnapshot;
use super::snapshot::StorySnapshot;
use super::stale_reason::StaleReason;
use super::story_file::StoryFile;
use super::story_sessions;
use crate::analysis::lineup::open_seams;
use crate::session::{
    self, ChunkStatus, ChunkView, Disk, Entry, Origin, SessionId, StoreError, waiting_revision,
};
use crate::settings::Switch;
use crate::story::counted::counted;
use crate::story::edits::Edit;
use crate::story::ids::chunks;
use crate::story::{BeatId, ChunkNumber};

/// The state of a story, as `status --json` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct StoryStatus {
    pub story: String,
    pub brief: String,
    /// The session; `None` before the first word is written.
    pub session: Option<String>,
    pub words: u32,
    pub target_words: u32,
    /// The cost of the session so far, in the currency of the configured prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    pub chunks: Vec<ChunkOverview>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// The drafts whose brief is gone and whose beats are this story's, while it has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adoptable: Vec<String>,
    /// The number of chunks that begin without regard to the one before, and are to be fitted to it.
    #[serde(skip)]
    pub open_seams: usize,
    /// The unit of lengths: "words" or "characters".
    #[serde(skip)]
    pub unit: &'static str,
    /// Whether the setting `state` lets chunks be read.
    #[serde(skip)]
    pub reads_chunks: bool,
}

/// The detail about the author's edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edits {
    /// Whether there are edits.
    Noted,
    /// The changes, by comparison with history/.
    Compared,
}

/// The state of one chunk.
#[derive(Debug, Clone, Serialize)]
pub struct ChunkOverview {
    pub number: ChunkNumber,
    pub beat: BeatId,
    pub title: String,
    /// The chunk file, relative to the story's folder.
    pub file: String,
    pub status: ChunkStatus,
    pub origin: Option<Origin>,
    pub words: u32,
    pub target_words: u32,
    pub stale: bool,
    pub stale_reasons: Vec<StaleReason>,
    pub edited: bool,
    /// Whether the author wants it left as it is.
    pub locked: bool,
    /// The chapter of the chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chapter: Option<String>,
    /// The cost of its text, in the currency of the configured prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// The author's changes, where they were asked for and the generated text is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit: Option<Edit>,
    /// Whether earlier versions are in history/.
    pub has_history: bool,
    /// Whether a proposed rewrite waits.
    pub has_revision: bool,
    /// The copies that a sync tool made of its file, where that is gone; relative to the story's folder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_conflict: Vec<String>,
    /// The file of the rewrite that waits, relative to the story's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The numbers of its candidates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<u32>,
    /// The reason why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl StoryStatus {
    /// Returns the session of a status: the one that is named, if it exists, else the current one.
    pub(super) fn session_of(
        story: &StoryFile,
        wanted: Option<&SessionId>,
        disk: &Disk,
    ) -> Result<Option<SessionId>, StoryError> {
        story.check_merged()?;
        Ok(match wanted {
            Some(id) => known_session(story, id, disk)?,
            None => story.folder.current_session(disk)?,
        })
    }

    /// Returns the status of a story of which nothing is written yet, with the drafts that it may go on with
    /// where those are wanted.
    pub(super) fn of_nothing(
        read: &StorySnapshot,
        offers_drafts: bool,
        disk: &Disk,
    ) -> Result<StoryStatus, StoryError> {
        let (story, settings) = (&read.story, &read.settings);
        let plan = story.plan(settings);
        let mut status = StoryStatus::empty(read, None, &plan);
        status.chunks = plan.into_iter().map(ChunkOverview::missing).collect();
        if offers_drafts
            && let Some((drafts, offer)) = story_sessions::adoptable(story, settings, disk)?
        {
            status.adoptable = drafts;
            status.notices.push(offer);
        }
        Ok(status)
    }

    /// Returns the status of a draft, with what the author's edits changed if that is wanted.
    pub(super) fn of_session(
        snapshot: &SessionSnapshot,
        edits: Edits,
        disk: &Disk,
    ) -> Result<StoryStatus, StoryError> {
        let (read, id, written) = (&snapshot.read, &snapshot.session, &snapshot.written);
        let (story, view) = (&read.story, &written.view);
        let mut status = StoryStatus::empty(read, Some(id), &snapshot.plan);
        status.cost = view.manifest.totals.cost;
        status.open_seams = open_seams(view).len();
        let notices = view.notices.iter().chain(&written.notices);
        status.notices = notices.map(|notice| notice.message.clone()).collect();
        let history = disk.list(&view.root.join("history"))?;
        let waiting = disk.list(&view.root.join("revisions"))?;
        let has_candidates = has_name(&waiting, Some("candidates".as_ref()));
        let chunks = view.chunks.iter().zip(snapshot.stale_reasons());
        for ((chunk, reasons), planned) in chunks.zip(&snapshot.plan) {
            let may_wait = has_name(&waiting, chunk.path.file_name());
            let revision = may_wait.then(|| waiting_revision(view, chunk, disk));
            let revision = revision.flatten();
            let record = chunk.record.as_ref();
            status.words = status.words.saturating_add(chunk.words);
            status.chunks.push(ChunkOverview {
                number: chunk.number,
                beat: chunk.beat.clone(),
                title: chunk.title.clone(),
                file: relative(&chunk.path, story.folder.root()),
                status: chunk.status,
                origin: chunk.origin,
                words: chunk.words,
                target_words: chunk.target_words,
                stale: !reasons.is_empty(),
                stale_reasons: reasons.clone(),
                edited: chunk.edited,
                locked: chunk.locked,
                chapter: planned.chapter.clone(),
                cost: record.and_then(|record| record.cost),
                edit: edit_of(story, id, chunk, edits, disk)?,
                has_history: has_name(&history, chunk.path.file_stem()),
                has_revision: revision.is_some(),
                revision: revision.map(|path| relative(&path, story.folder.root())),
                candidates: match has_candidates {
                    true => candidate_files::numbers(view, chunk, disk)?,
                    false => Vec::new(),
                },
                in_conflict: chunk
                    .in_conflict
                    .iter()
                    .map(|copy| relative(copy, story.folder.root()))
                    .collect(),
                error: record.and_then(|record| record.failure.clone()),
            });
        }
        Ok(status)
    }

    /// Returns a status without chunks.
    fn empty(
        read: &StorySnapshot,
        session: Option<&SessionId>,
        plan: &[session::PlannedChunk],
    ) -> StoryStatus {
        let (story, brief) = (&read.story, &read.story.brief);
        StoryStatus {
            story: brief.title.clone(),
            brief: story.folder.brief_name().to_owned(),
            session: session.map(ToString::to_string),
            words: 0,
            cost: None,
            target_words: plan.iter().map(|chunk| chunk.target_words).sum(),
            chunks: Vec::new(),
            notices: Vec::new(),
            adoptable: Vec::new(),
            open_seams: 0,
            unit: brief.language.unit(),
            reads_chunks: read.settings.state == Switch::On,
        }
    }

    /// Returns the chunks that `write` would write now.
    pub fn to_write(&self) -> impl Iterator<Item = &ChunkOverview> {
        self.chunks
            .iter()
            .filter(|chunk| chunk.status != ChunkStatus::Complete)
    }

    /// Returns the chunks that no longer fit what they were written from.
    pub fn stale(&self) -> impl Iterator<Item = &ChunkOverview> {
        self.chunks.iter().filter(|chunk| chunk.stale)
    }

    /// Returns a summary for people: the progress of the story, what is stale and which revisions wait.
    pub fn summary(&self) -> String {
        let numbers = |is: fn(&ChunkOverview) -> bool| {
            let chunks = self.chunks.iter().filter(|chunk| is(chunk));
            chunks.map(|chunk| chunk.number).collect::<Vec<_>>()
        };
        let stale = numbers(|chunk| chunk.stale);
        let waiting = numbers(|chunk| chunk.has_revision);
        let mut text = self.headline();
        if !stale.is_empty() {
            text.push_str(&format!("; stale: {}", chunks(&stale)));
        }
        if !waiting.is_empty() {
            text.push_str(&format!("; a revision waits: {}", chunks(&waiting)));
        }
        text
    }

    /// Returns a line for people with the progress of the story.
    pub fn headline(&self) -> String {
        let complete = self.chunks.len() - self.to_write().count();
        format!(
            "{}: {} complete, {} of {} {}",
            self.story,
            counted(format!("{complete} of {}", self.chunks.len()), "chunk"),
            self.words,
            self.target_words,
            self.unit
        )
    }
}

/// Returns the author's changes of a chunk.
fn edit_of(
    story: &StoryFile,
    id: &SessionId,
    chunk: &ChunkView,
    edits: Edits,
    disk: &Disk,
) -> Result<Option<Edit>, StoreError> {
    if edits == Edits::Noted || !chunk.edited {
        return Ok(None);
    }
    let generated = session::generated_text(&story.folder, id, chunk, disk)?;
    Ok(generated.map(|text| Edit::between(&text, &chunk.text, &story.brief.language)))
}

/// Returns the session, if there is one of that name.
fn known_session(
    story: &StoryFile,
    id: &SessionId,
    disk: &Disk,
) -> Result<Option<SessionId>, StoreError> {
    let root = story.folder.session_root(id);
    Ok(disk.metadata(&root)?.map(|_| id.clone()))
}

impl ChunkOverview {
    pub fn is_complete(&self) -> bool {
        self.status == ChunkStatus::Complete
    }

    fn missing(plan: session::PlannedChunk) -> ChunkOverview {
        ChunkOverview {
            number: plan.number,
            beat: plan.beat,
            title: plan.title,
            file: String::new(),
            status: ChunkStatus::Missing,
            origin: None,
            words: 0,
            target_words: plan.target_words,
            stale: false,
            stale_reasons: Vec::new(),
            edited: false,
            locked: false,
            chapter: plan.chapter,
            cost: None,
            edit: None,
            has_history: false,
            has_revision: false,
            in_conflict: Vec::new(),
            revision: None,
            candidates: Vec::new(),
            error: None,
        }
    }
}

/// Tells whether a listing, which is sorted, has a name.
fn has_name(entries: &[Entry], name: Option<&OsStr>) -> bool {
    let name = name.and_then(OsStr::to_str);
    name.is_some_and(|name| {
        let entries = entries.binary_search_by(|entry| entry.name.as_str().cmp(name));
        entries.is_ok()
    })
}

/// Returns a path relative to `root` with forward slashes; the whole path when it is not below.
pub fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}
