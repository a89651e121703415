//! Lists the earlier versions of a chunk, and compares one of them with its present text. Writes nothing.

use serde::Serialize;

use super::error::StoryError;
use super::session_snapshot::SessionSnapshot;
use super::status::relative;
use crate::analysis::selection::ChunkRef;
use crate::session::{
    ChunkRecord, ChunkView, Disk, KeptVersion, Origin, StoreError, read_versions,
};
use crate::story::chunk_file::{FileStatus, render_like};
use crate::story::edits::Edit;
use crate::story::{BeatId, ChunkNumber, Language, words};

/// The earlier versions of a chunk, as `versions --json` prints them.
#[derive(Debug, Clone, Serialize)]
pub struct Versions {
    pub story: String,
    pub session: String,
    pub chunk: ChunkNumber,
    pub beat: BeatId,
    pub title: String,
    /// The file, relative to the story's folder.
    pub file: String,
    /// The length of the present text, in words (characters for CJK).
    pub words: u32,
    /// The versions, oldest first.
    pub versions: Vec<VersionState>,
    /// The unit of lengths: "words" or "characters".
    #[serde(skip)]
    pub unit: &'static str,
}

/// A replaced text.
#[derive(Debug, Clone, Serialize)]
pub struct VersionState {
    /// The number of the version, from 1, the oldest, as `restore --version` and `diff --version` take it.
    pub version: usize,
    /// The file, relative to the story's folder.
    pub file: String,
    /// The time at which it was replaced, in UTC.
    pub replaced: Option<String>,
    /// The reason for the replacement.
    pub why: Option<String>,
    pub words: u32,
    /// Whether the text is complete.
    pub complete: bool,
    pub origin: Option<Origin>,
    pub model: Option<String>,
}

/// The changes between a version and the present text, as `diff --json` prints them.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    pub story: String,
    pub session: String,
    pub chunk: ChunkNumber,
    pub beat: BeatId,
    pub title: String,
    /// The version that is compared.
    pub version: VersionState,
    /// The length of added text, in words (characters for CJK).
    pub added: u32,
    pub removed: u32,
    /// The changed places: lines that begin with `- ` (old text) or `+ ` (new text).
    pub diff: Vec<String>,
    /// The unit of lengths: "words" or "characters".
    #[serde(skip)]
    pub unit: &'static str,
}

/// Reads the earlier versions of a chunk.
///
/// # Errors
/// A chunk that there is none of.
pub(super) fn list(
    snapshot: &SessionSnapshot,
    chunk: &ChunkRef,
    disk: &Disk,
) -> Result<Versions, StoryError> {
    Ok(Found::read(snapshot, chunk, disk)?.versions())
}

/// Compares a version of a chunk, counted from 1, with its text; `None`: the one that was replaced
/// last.
///
/// # Errors
/// As for [`list`]; [`StoreError::NoVersion`] where there is no such version.
pub(super) fn compare(
    snapshot: &SessionSnapshot,
    chunk: &ChunkRef,
    version: Option<usize>,
    disk: &Disk,
) -> Result<Comparison, StoryError> {
    let found = Found::read(snapshot, chunk, disk)?;
    let (number, kept, record) = found.version(version)?;
    let story = &snapshot.read.story;
    let language = &story.brief.language;
    let edit = Edit::whole(&kept.file.prose, &found.chunk.text, language);
    let versions = found.versions();
    let version = VersionState {
        version: number,
        file: relative(&kept.path, story.folder.root()),
        ..VersionState::of(kept, record, language)
    };
    Ok(Comparison {
        story: versions.story,
        session: versions.session,
        chunk: found.chunk.number,
        beat: versions.beat,
        title: versions.title,
        version,
        added: edit.added,
        removed: edit.removed,
        diff: edit.diff,
        unit: versions.unit,
    })
}

/// Returns a version of a chunk, counted from 1, as the chunk's file would be with it: without what history/ says of it.
///
/// # Errors
/// As for [`compare`].
pub(super) fn as_file(
    snapshot: &SessionSnapshot,
    chunk: &ChunkRef,
    version: usize,
    disk: &Disk,
) -> Result<String, StoryError> {
    let found = Found::read(snapshot, chunk, disk)?;
    let (_, KeptVersion { file, .. }, _) = found.version(Some(version))?;
    let (number, beat) = (found.chunk.number, &found.chunk.beat);
    let status = file.status.unwrap_or(FileStatus::Complete);
    Ok(render_like(file, number, beat, status, &file.prose))
}

/// A chunk with its versions.
struct Found<'a> {
    snapshot: &'a SessionSnapshot,
    chunk: &'a ChunkView,
    kept: Vec<(KeptVersion, Option<ChunkRecord>)>,
}

impl Found<'_> {
    fn read<'a>(
        snapshot: &'a SessionSnapshot,
        chunk: &ChunkRef,
        disk: &Disk,
    ) -> Result<Found<'a>, StoryError> {
        let number = chunk.resolve(&snapshot.plan)?;
        let view = &snapshot.written.view;
        let chunk = view.chunk(number).ok_or(StoryError::NoSuchChunk {
            number,
            chunks: view.chunks.len(),
        })?;
        let kept = read_versions(&snapshot.read.story.folder, &snapshot.session, chunk, disk)?;
        Ok(Found {
            snapshot,
            chunk,
            kept,
        })
    }

    /// Returns a version with its number and what is known of it; `None`: the one that was replaced last.
    fn version(
        &self,
        version: Option<usize>,
    ) -> Result<(usize, &KeptVersion, Option<&ChunkRecord>), StoryError> {
        let versions = self.kept.len();
        let wanted = version.unwrap_or(versions);
        let kept = wanted.checked_sub(1).and_then(|index| self.kept.get(index));
        let (kept, record) = kept.ok_or(StoreError::NoVersion {
            number: self.chunk.number,
            versions,
        })?;
        Ok((wanted, kept, record.as_ref()))
    }

    fn versions(&self) -> Versions {
        let story = &self.snapshot.read.story;
        let (root, language) = (story.folder.root(), &story.brief.language);
        let kept = self.kept.iter().zip(1..);
        Versions {
            story: story.brief.title.clone(),
            session: self.snapshot.session.to_string(),
            chunk: self.chunk.number,
            beat: self.chunk.beat.clone(),
            title: self.chunk.title.clone(),
            file: relative(&self.chunk.path, root),
            words: self.chunk.words,
            versions: kept
                .map(|((kept, record), version)| VersionState {
                    version,
                    file: relative(&kept.path, root),
                    ..VersionState::of(kept, record.as_ref(), language)
                })
                .collect(),
            unit: language.unit(),
        }
    }
}

impl VersionState {
    fn of(kept: &KeptVersion, record: Option<&ChunkRecord>, language: &Language) -> VersionState {
        VersionState {
            version: 0,
            file: String::new(),
            replaced: kept.replaced.clone(),
            why: kept.why.clone(),
            words: words::count(&kept.file.prose, language),
            complete: kept.file.status != Some(FileStatus::Partial),
            origin: record.and_then(|record| record.origin),
            model: record.and_then(|record| record.model.clone()),
        }
    }

    /// Returns a line such as `2026-05-01 10:00, 1480 words, edited: written anew`.
    pub fn line(&self, unit: &str) -> String {
        let replaced = self.replaced.as_deref().unwrap_or("some day");
        // To the minute: what comes after it tells nobody anything.
        let minute: String = replaced.chars().take(16).collect();
        let minute = minute.replace('T', " ");
        let mut line = format!("{minute}, {} {unit}", self.words);
        if !self.complete {
            line.push_str(", partial");
        }
        match self.origin {
            Some(Origin::Edited) => line.push_str(", edited"),
            Some(Origin::Written) => line.push_str(", by hand"),
            Some(Origin::Imported) => line.push_str(", imported"),
            Some(Origin::Generated) | None => {}
        }
        if let Some(why) = &self.why {
            line.push_str(&format!(": {why}"));
        }
        line
    }
}

impl Versions {
    /// Returns a table for people: one line a version.
    pub fn table(&self) -> String {
        let name = format!("chunk {} “{}”", self.chunk, self.title);
        if self.versions.is_empty() {
            return format!("{name} has no earlier version");
        }
        let mut lines = vec![name];
        let versions = self.versions.iter();
        lines.extend(versions.map(|it| format!("{:>4}  {}", it.version, it.line(self.unit))));
        lines.push(format!(" now  {} {}", self.words, self.unit));
        lines.join("\n")
    }
}

impl Comparison {
    /// Returns a line for people.
    pub fn headline(&self) -> String {
        format!(
            "chunk {} “{}”, from version {} to now: +{} -{} {}",
            self.chunk, self.title, self.version.version, self.added, self.removed, self.unit
        )
    }

    /// Returns the whole comparison for a terminal.
    pub fn text(&self) -> String {
        [&[self.headline()], self.diff.as_slice()]
            .concat()
            .join("\n")
    }

    /// Returns the whole comparison as markdown.
    pub fn markdown(&self) -> String {
        let fence = "`".repeat(longest_run_of_ticks(&self.diff).max(2) + 1);
        format!(
            "# {}\n\nVersion {} was replaced {}.\n\n{fence}diff\n{}\n{fence}\n",
            self.headline(),
            self.version.version,
            self.version.line(self.unit),
            self.diff.join("\n")
        )
    }
}

fn longest_run_of_ticks(lines: &[String]) -> usize {
    let runs = lines.iter().flat_map(|line| line.split(|c| c != '`'));
    runs.map(str::len).max().unwrap_or(0)
}
