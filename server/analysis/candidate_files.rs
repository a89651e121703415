//! Knows the files of candidates, which are other texts of a chunk that a model wrote.
//!
//! They lie in `revisions/candidates/`, a file each, and wait there until the author takes one. What is known of how one
//! was made lies beside it, and may be missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::session::{self, ChunkView, Disk, EntryKind, NoEditor, Owners, SessionView, StoreError};
use crate::story::chunk_file::{self, FileStatus};
use crate::story::{BeatId, ChunkNumber, Digest};

/// The most candidates that are asked for at once.
pub const MOST: u32 = 5;

/// The keys in the front matter of a candidate.
const CANDIDATE: &str = "candidate";
const OF: &str = "of_sha256";

/// A candidate as it lies on disk.
#[derive(Debug, Clone)]
pub struct CandidateFile {
    /// Its number, from 1.
    pub number: u32,
    pub path: PathBuf,
    pub is_complete: bool,
    pub prose: String,
    /// The text of the chunk that it was written to replace.
    pub of: Option<Digest>,
    pub made: Made,
}

/// How a candidate was made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Made {
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    pub output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    pub elapsed_ms: u64,
    /// Whether it is shorter than was asked for.
    pub is_short: bool,
    /// The digest of each input slice that its prompt held.
    pub inputs: BTreeMap<String, Digest>,
}

/// Returns the folder of the candidates of a session.
pub fn folder(root: &Path) -> PathBuf {
    root.join("revisions").join("candidates")
}

/// Returns the file of a candidate, and the file of how it was made.
pub fn paths(root: &Path, beat: &BeatId, number: u32) -> (PathBuf, PathBuf) {
    let plain = |c: char| match c.is_alphanumeric() || c == '-' || c == '_' {
        true => c,
        false => '-',
    };
    let stem: String = beat.as_str().chars().map(plain).collect();
    let file = |end: &str| folder(root).join(format!("{stem}.{number}.{end}"));
    (file("md"), file("json"))
}

/// Renders the file of a candidate.
pub fn render(
    chunk: (ChunkNumber, &BeatId),
    number: u32,
    status: FileStatus,
    of: &Digest,
    prose: &str,
) -> String {
    let extra = [
        chunk_file::extra_line(CANDIDATE, &number.to_string()),
        chunk_file::extra_line(OF, &of.0),
    ];
    chunk_file::render_with(chunk.0, chunk.1, status, &extra, prose)
}

/// Reads the candidates of a chunk by their numbers, those that are open as their editor has them.
///
/// # Errors
/// Where the folder or a file can't be read.
pub fn read(
    view: &SessionView,
    chunk: &ChunkView,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<Vec<CandidateFile>, StoreError> {
    let folder = folder(&view.root);
    let mut found = Vec::new();
    let own = |beat: &BeatId| {
        let record = chunk.record.as_ref();
        *beat == chunk.beat || record.is_some_and(|it| it.formerly.contains(beat))
    };
    for entry in disk.list(&folder)? {
        if entry.kind != EntryKind::File || !entry.name.ends_with(".md") {
            continue;
        }
        let path = folder.join(&entry.name);
        let Some(text) = session::read_text(&path, owners, disk)? else {
            continue;
        };
        let mut file = chunk_file::parse(&text);
        let number = file.take_extra(CANDIDATE).and_then(|it| it.parse().ok());
        let is_own = file.beat.as_ref().is_some_and(own);
        if let Some(number) = number.filter(|_| is_own && !file.prose.trim().is_empty()) {
            let about = session::read_text(&path.with_extension("json"), &NoEditor, disk)?;
            let made = about.and_then(|text| serde_json::from_str(&text).ok());
            found.push(CandidateFile {
                number,
                is_complete: file.status == Some(FileStatus::Complete),
                of: file.take_extra(OF).map(Digest::from),
                prose: file.prose.to_string(),
                made: made.unwrap_or_default(),
                path,
            });
        }
    }
    found.sort_by_key(|candidate| candidate.number);
    Ok(found)
}

/// Returns the numbers of the candidates of a chunk.
///
/// # Errors
/// As [`read`].
pub(super) fn numbers(
    view: &SessionView,
    chunk: &ChunkView,
    disk: &Disk,
) -> Result<Vec<u32>, StoreError> {
    let files = read(view, chunk, &NoEditor, disk)?;
    Ok(files.into_iter().map(|file| file.number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_plain_name_whatever_its_beat_is_called() {
        for (beat, name) in [("logbook", "logbook.2.md"), ("../灯台", "---灯台.2.md")] {
            let (path, _) = paths(Path::new("/novel"), &BeatId(beat.to_owned()), 2);
            assert_eq!(path, Path::new("/novel/revisions/candidates").join(name));
        }
    }

    #[test]
    fn what_is_rendered_is_read() {
        let beat = BeatId("logbook".to_owned());
        let of = Digest::of("before");
        let text = render(
            (ChunkNumber(3), &beat),
            2,
            FileStatus::Partial,
            &of,
            "The lamp.",
        );
        let mut file = chunk_file::parse(&text);
        assert_eq!(file.take_extra(CANDIDATE).as_deref(), Some("2"));
        assert_eq!(file.take_extra(OF).map(Digest::from), Some(of));
        assert_eq!(file.status, Some(FileStatus::Partial));
        assert_eq!(file.prose.trim(), "The lamp.");
    }
}
