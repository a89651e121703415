//! Text for a chunk file that is open in an editor, kept safe until a save is seen.
//!
//! `.work/chunk_03.journal` looks like the chunk file that it is going to be. Its front
//! matter line `replaces:` holds the digests of texts that it takes the place of, all of
//! which are in history/ already.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::chunk_file::{self, ChunkFile, FileStatus};
use super::disk::Disk;
use super::error::StoreError;
use super::history::{self, Version};
use super::layout::{self, SessionPaths};
use super::work;
use crate::story::{BeatId, ChunkNumber, Digest};

const REPLACES: &str = "replaces";

/// Saves and settles of this process take turns: a settle must not remove what a save has
/// just written.
static TURN: Mutex<()> = Mutex::new(());

/// What became of the journal of a chunk file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    NoJournal,
    /// The file has the text; the journal is gone.
    Saved,
    /// The file was closed without a save: it now has the text.
    AppliedToFile,
    /// The author saved another text, which stays; the journal's is here.
    KeptInHistory(PathBuf),
    /// The file is open and has only a part of the text yet; the journal stays.
    StillNeeded,
}

/// A journal in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Journal {
    pub(crate) file: ChunkFile,
    pub(crate) replaces: Vec<Digest>,
}

/// What a journal means for the text that stands in the file or in the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The text is there, maybe with more after it.
    Saved,
    /// The journal's text is the newer one.
    Apply,
    /// The author's text and the journal's went different ways.
    Apart,
}

impl Journal {
    pub(crate) fn parse(text: &str) -> Journal {
        let mut file = chunk_file::parse(text);
        let replaces = file
            .take_extra(REPLACES)
            .map(|line| {
                line.split_whitespace()
                    .map(|d| Digest(d.to_owned()))
                    .collect()
            })
            .unwrap_or_default();
        file.extra.clear();
        Journal { file, replaces }
    }

    pub(crate) fn render(
        number: ChunkNumber,
        beat: &BeatId,
        status: FileStatus,
        prose: &str,
        replaces: &[Digest],
    ) -> String {
        let list: Vec<&str> = replaces.iter().map(|digest| digest.0.as_str()).collect();
        let extra = if list.is_empty() {
            Vec::new()
        } else {
            vec![chunk_file::extra_line(REPLACES, &list.join(" "))]
        };
        chunk_file::render_with(number, beat, status, &extra, prose)
    }

    /// Compares with the text of the file, or of the editor. Pure.
    pub(crate) fn against(&self, other: &ChunkFile) -> Verdict {
        let (ours, theirs) = (self.file.prose.trim_end(), other.prose.trim_end());
        if ours == theirs {
            return match (self.file.status, other.status) {
                (Some(FileStatus::Complete), Some(FileStatus::Partial)) => Verdict::Apply,
                _ => Verdict::Saved,
            };
        }
        if theirs.is_empty() || self.replaces.contains(&chunk_file::source_digest(theirs)) {
            Verdict::Apply
        } else if ours.is_empty() {
            // Nothing to keep.
            Verdict::Saved
        } else if ours.starts_with(theirs) {
            Verdict::Apply
        } else if theirs.starts_with(ours) {
            Verdict::Saved
        } else {
            Verdict::Apart
        }
    }
}

pub(crate) fn in_turn<T>(action: impl FnOnce() -> T) -> T {
    // The lock guards no data, so a panic elsewhere leaves nothing broken.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    action()
}

/// The editor **closed** a chunk file, so that the disk has the truth again: drops, applies or
/// keeps the journal. Needs no [`Session`](super::Session).
pub fn settle_journal(chunk_path: &Path, disk: &Disk) -> Result<Settled, StoreError> {
    settle(chunk_path, Open::No, disk)
}

/// The editor **saved** a chunk file that stays open: drops the journal once its text is in
/// the file, and never writes to the file.
pub fn journal_saved(chunk_path: &Path, disk: &Disk) -> Result<Settled, StoreError> {
    settle(chunk_path, Open::Yes, disk)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Yes,
    No,
}

fn settle(chunk_path: &Path, open: Open, disk: &Disk) -> Result<Settled, StoreError> {
    let path = layout::journal_path(chunk_path);
    let earlier = layout::earlier_journal_path(chunk_path);
    if disk.metadata(&path)?.is_none() && disk.metadata(&earlier)?.is_none() {
        return Ok(Settled::NoJournal);
    }
    // STORY/generated/SESSION/chunks/FILE
    let story = match chunk_path.ancestors().nth(4) {
        Some(story) => disk.resolve(story)?,
        None => None,
    };
    let Some(story) = story else {
        return Ok(Settled::NoJournal);
    };
    let disk = &disk.within(&story);
    in_turn(|| {
        move_earlier(chunk_path, disk)?;
        let Some(bytes) = disk.read(&path)? else {
            return Ok(Settled::NoJournal);
        };
        let journal = Journal::parse(&chunk_file::decode(bytes));
        let file = disk
            .read(chunk_path)?
            .map(|bytes| chunk_file::parse(&chunk_file::decode(bytes)))
            .unwrap_or_default();
        let settled = match (journal.against(&file), open) {
            (Verdict::Saved, _) => Settled::Saved,
            (Verdict::Apply, Open::Yes) => return Ok(Settled::StillNeeded),
            (Verdict::Apply, Open::No) => {
                apply(chunk_path, &file, &journal, disk)?;
                Settled::AppliedToFile
            }
            (Verdict::Apart, _) => keep(chunk_path, &journal, disk)?,
        };
        disk.remove(&path)?;
        Ok(settled)
    })
}

/// Moves the journal that an earlier version left beside a chunk file to its place of today.
pub(crate) fn bring_over(chunk_path: &Path, disk: &Disk) -> Result<(), StoreError> {
    in_turn(|| move_earlier(chunk_path, disk))
}

/// Where both versions left one, the text of the earlier goes to history.
fn move_earlier(chunk_path: &Path, disk: &Disk) -> Result<(), StoreError> {
    let earlier = layout::earlier_journal_path(chunk_path);
    let Some(bytes) = disk.read(&earlier)? else {
        return Ok(());
    };
    let path = layout::journal_path(chunk_path);
    if disk.metadata(&path)?.is_some() {
        let journal = Journal::parse(&chunk_file::decode(bytes));
        if !journal.file.is_empty() {
            keep(chunk_path, &journal, disk)?;
        }
    } else {
        if let Some(work) = path.parent() {
            work::make_work_folder(work, disk)?;
        }
        disk.write(&path, &bytes)?;
    }
    disk.remove(&earlier)
}

fn apply(
    chunk_path: &Path,
    file: &ChunkFile,
    journal: &Journal,
    disk: &Disk,
) -> Result<(), StoreError> {
    let (number, beat) = names(chunk_path, journal);
    if journal.file.is_empty() {
        return disk.remove(chunk_path);
    }
    let status = journal.file.status.unwrap_or(FileStatus::Partial);
    let text = chunk_file::render_with(number, &beat, status, &file.extra, &journal.file.prose);
    disk.write(chunk_path, text.as_bytes())
}

fn keep(chunk_path: &Path, journal: &Journal, disk: &Disk) -> Result<Settled, StoreError> {
    let (number, beat) = names(chunk_path, journal);
    let Some(root) = chunk_path.parent().and_then(Path::parent) else {
        return Ok(Settled::NoJournal);
    };
    let paths = SessionPaths {
        root: root.to_owned(),
    };
    let stem = chunk_path.file_stem().unwrap_or_default().to_string_lossy();
    let version = Version {
        number,
        beat,
        status: journal.file.status.unwrap_or(FileStatus::Partial),
        prose: &journal.file.prose,
        extra: &[],
        why: "generated while the author wrote another text in the editor",
        record: None,
    };
    let kept = history::keep(&paths, &stem, &version, disk)?;
    Ok(Settled::KeptInHistory(kept))
}

fn names(chunk_path: &Path, journal: &Journal) -> (ChunkNumber, BeatId) {
    let name = chunk_path.file_name().unwrap_or_default().to_string_lossy();
    let number = journal
        .file
        .number
        .or_else(|| layout::chunk_number(&name))
        .unwrap_or(ChunkNumber(1));
    let beat = journal
        .file
        .beat
        .clone()
        .unwrap_or_else(|| BeatId(name.into_owned()));
    (number, beat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_with_what_the_author_left() {
        use FileStatus::{Complete, Partial};
        let gone = chunk_file::digest("An old text.");
        let rows = [
            // journal, its status, file, its status, verdict
            ("One. Two.", Partial, "", Partial, Verdict::Apply),
            ("One. Two.", Partial, "One.", Partial, Verdict::Apply),
            ("One. Two.", Partial, "One. Two.\n", Partial, Verdict::Saved),
            (
                "One. Two.",
                Complete,
                "One. Two.\n",
                Partial,
                Verdict::Apply,
            ),
            (
                "One. Two.",
                Complete,
                "One. Two.\n",
                Complete,
                Verdict::Saved,
            ),
            (
                "One. Two.",
                Partial,
                "One. Two. Mine.",
                Partial,
                Verdict::Saved,
            ),
            ("One. Two.", Partial, "Mine. Two.", Partial, Verdict::Apart),
            (
                "One. Two.",
                Partial,
                "An old text.",
                Complete,
                Verdict::Apply,
            ),
            ("", Partial, "An old text.", Complete, Verdict::Apply),
            ("", Partial, "Mine.", Complete, Verdict::Saved),
        ];
        for (ours, our_status, theirs, their_status, verdict) in rows {
            let text = Journal::render(
                ChunkNumber(1),
                &BeatId("b".to_owned()),
                our_status,
                ours,
                std::slice::from_ref(&gone),
            );
            let journal = Journal::parse(&text);
            assert_eq!(journal.replaces, std::slice::from_ref(&gone));
            let file = ChunkFile {
                prose: theirs.to_owned(),
                status: Some(their_status),
                ..ChunkFile::default()
            };
            assert_eq!(
                journal.against(&file),
                verdict,
                "{ours:?} against {theirs:?}"
            );
        }
    }
}
