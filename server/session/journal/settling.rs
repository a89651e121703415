//! Reconciles journals with chunk files: when the editor shows, saves, opens or closes a file, and when no
//! editor has it open any more.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::in_turn;
use crate::session::disk::{Disk, EntryKind, LockedFile};
use crate::session::error::StoreError;
use crate::session::history::{self, Version};
use crate::session::layout::{self, SessionPaths, StoryFolder};
use crate::session::lock;
use crate::session::notice::Notice;
use crate::session::work;
use crate::session::{ClientEdit, Owner, Owners};
use crate::story::chunk_file::{self, ChunkFile, FileStatus};
use crate::story::conflict_markers::conflict_line;
use crate::story::journal::{Journal, OnDisk, Place, Seen, Stands, Verdict};
use crate::story::sync_copies;
use crate::story::words;
use crate::story::{BeatId, ChunkNumber};

/// Why a generated text is in history when the file has another one.
const WHILE_WRITING: &str = "generated while the author wrote another text in the editor";

/// Sessions in which this process keeps journals for an editor, each with the lock that tells
/// other processes so.
static HELD: Mutex<Option<HashMap<PathBuf, LockedFile>>> = Mutex::new(None);

/// The outcome of settling the journal of a chunk file.
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

/// What the journal has of a chunk file and the file does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsaved {
    /// Nothing: the editor may show the file.
    Nothing,
    /// The edit by which an editor shows text that the file never received.
    Text(Box<ClientEdit>),
}

/// Tells whether there is a journal for a chunk file.
pub fn has_journal(chunk_path: &Path, disk: &Disk) -> bool {
    let places = [
        layout::journal_path(chunk_path),
        layout::earlier_journal_path(chunk_path),
    ];
    places
        .iter()
        .any(|path| matches!(disk.metadata(path), Ok(Some(_))))
}

/// Settles the journal of a chunk file that no editor shows any more: drops, applies or
/// keeps the journal. Needs no [`Session`](crate::session::Session).
pub fn settle_journal(chunk_path: &Path, disk: &Disk) -> Result<Settled, StoreError> {
    with_journal(chunk_path, disk, Settled::NoJournal, |desk| desk.settle())
}

/// Settles the journal of a chunk file that the editor **leaves**, with what it showed last. Keeps that text in history
/// where it has words that the file has not: they were typed beside what was generated, and an editor that is reloaded
/// or gone has asked nobody.
pub fn settle_left(chunk_path: &Path, shown: &str, disk: &Disk) -> Result<Settled, StoreError> {
    with_journal(chunk_path, disk, Settled::NoJournal, |desk| {
        let settled = desk.settle()?;
        let there = desk.disk.read_text(chunk_path)?.unwrap_or_default();
        let (there, shown) = (chunk_file::parse(&there), chunk_file::parse(shown));
        if !words::has_words_of(&there.prose, &shown.prose) {
            desk.keep_text(&shown, "unsaved when its editor left it")?;
        }
        Ok(settled)
    })
}

/// Settles the journal of a chunk file that the editor **saved** and that stays open: drops it once its text is in the
/// file or the author decided otherwise, and never writes to the file.
pub fn journal_saved(chunk_path: &Path, disk: &Disk) -> Result<Settled, StoreError> {
    with_journal(chunk_path, disk, Settled::NoJournal, |desk| {
        let verdict = desk.journal.against(&desk.file, Place::Saved);
        let (ours, theirs) = (
            desk.journal.file.prose.trim_end(),
            desk.file.prose.trim_end(),
        );
        let is_seen = desk.journal.marks.seen.is_some();
        // More of the text may come, from where the saved text ends.
        let goes_on = match desk.journal.file.status {
            Some(FileStatus::Complete) => is_seen && !desk.journal.is_all_seen(),
            _ => true,
        };
        let decided = match verdict {
            Verdict::Apply | Verdict::Add => None,
            Verdict::Saved if ours == theirs || !goes_on => {
                desk.remove()?;
                return Ok(Settled::Saved);
            }
            Verdict::Apart if !goes_on => {
                let settled = desk.keep()?;
                desk.remove()?;
                return Ok(settled);
            }
            Verdict::Saved => Some(ours.len()),
            Verdict::Apart => Some(
                desk.journal
                    .marks
                    .seen
                    .as_ref()
                    .map_or(0, |seen| seen.bytes),
            ),
        };
        let mut marks = desk.journal.marks.clone();
        if let Some(seen) = &mut marks.seen {
            seen.on_disk = desk.on_disk.clone();
        }
        if let Some(bytes) = decided {
            let digest = chunk_file::source_digest(theirs);
            marks.stands = Some(Stands { bytes, digest });
        }
        desk.journal.marks = marks;
        desk.rewrite()?;
        Ok(Settled::StillNeeded)
    })
}

/// Notes how much of a journal's text is in what the editor **shows** of the chunk file.
pub fn journal_seen(chunk_path: &Path, shown: &str, disk: &Disk) -> Result<(), StoreError> {
    with_journal(chunk_path, disk, (), |desk| {
        let bytes = desk.journal.shown_in(&chunk_file::parse(shown).prose);
        let before = desk.journal.marks.seen.take();
        if bytes <= before.as_ref().map_or(0, |seen| seen.bytes) {
            return Ok(());
        }
        let on_disk = before.map_or_else(|| desk.on_disk.clone(), |seen| seen.on_disk);
        desk.journal.marks.seen = Some(Seen { bytes, on_disk });
        desk.rewrite()
    })
}

/// Tells what the editor should show that **opened** a chunk file with a text.
///
/// A text that stands on disk like that knows nothing of a journal that was left over; any other
/// is one that the editor kept while the server was away, and counts as the author's.
pub fn journal_opened(chunk_path: &Path, shown: &str, disk: &Disk) -> Result<Unsaved, StoreError> {
    with_journal(chunk_path, disk, Unsaved::Nothing, |desk| {
        let buffer = chunk_file::parse(shown);
        let is_stale = chunk_file::source_digest(&desk.raw) == chunk_file::source_digest(shown);
        let place = desk.on_disk.clone();
        let verdict = match is_stale {
            true => desk.journal.against(&desk.file, Place::File(&place)),
            false => desk.journal.against(&buffer, Place::Buffer),
        };
        let prose = match verdict {
            Verdict::Apply => desk.journal.file.prose.to_string(),
            Verdict::Add => match desk.journal.merged(&desk.file.prose) {
                Some(merged) => merged,
                None => return Ok(Unsaved::Nothing),
            },
            Verdict::Saved if is_stale => {
                desk.remove()?;
                return Ok(Unsaved::Nothing);
            }
            Verdict::Apart if is_stale => {
                desk.keep()?;
                desk.remove()?;
                return Ok(Unsaved::Nothing);
            }
            Verdict::Saved | Verdict::Apart => return Ok(Unsaved::Nothing),
        };
        if is_stale && desk.journal.marks.seen.take().is_some() {
            desk.rewrite()?;
        }
        hold(&desk.paths, &desk.disk);
        Ok(Unsaved::Text(Box::new(ClientEdit {
            path: chunk_path.to_owned(),
            text: desk.rendered(&prose, &buffer),
            base: shown.to_owned(),
        })))
    })
}

/// Settles the journals that dead processes left in a story, so that its status is what a job would continue
/// from. Files that are open are left alone, and so is a session that somebody writes or has open in an
/// editor.
///
/// # Errors
/// Where the disk fails; what was settled until then is settled.
pub fn settle_left_over(
    folder: &StoryFolder,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<Vec<Notice>, StoreError> {
    let disk = &disk.within(folder.root());
    let mut notices = Vec::new();
    for id in folder.sessions(disk)? {
        let paths = folder.paths(&id);
        if left_over(&paths, owners, disk)?.is_empty()
            || disk.ensure_inside(&paths.chunks(), folder.root()).is_err()
        {
            continue;
        }
        let Ok(_lock) = lock::take(&paths, "storywright, which looks", disk) else {
            continue;
        };
        notices.extend(settle_all(&paths, owners, disk)?);
    }
    Ok(notices)
}

/// Settles the journals of a session whose lock is held. Files that are open are left alone.
pub(in crate::session) fn settle_all(
    paths: &SessionPaths,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<Vec<Notice>, StoreError> {
    let mut notices = Vec::new();
    bring_over(paths, disk)?;
    let left = left_over(paths, owners, disk)?;
    if left.is_empty() || is_held_elsewhere(paths, disk) {
        return Ok(notices);
    }
    for chunk in left {
        let message = match settle_journal(&chunk, disk)? {
            Settled::AppliedToFile => format!(
                "{} now has the text that was written while it was open in an editor.",
                chunk.display()
            ),
            Settled::KeptInHistory(kept) => format!(
                "{} was changed by hand while it was being written. Your text stays; the generated one is in {}.",
                chunk.display(),
                kept.display()
            ),
            _ => continue,
        };
        notices.push(Notice {
            code: "journal-settled",
            message,
        });
    }
    Ok(notices)
}

/// Returns the chunk files that have a journal and are open in no editor of this process.
fn left_over(
    paths: &SessionPaths,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<Vec<PathBuf>, StoreError> {
    let mut left = Vec::new();
    // Earlier versions had them beside the chunk files.
    for folder in [paths.work(), paths.chunks()] {
        for entry in disk.list(&folder)? {
            let Some(stem) = entry.name.strip_suffix(".journal") else {
                continue;
            };
            let chunk = paths.chunks().join(format!("{stem}.md"));
            let is_ours = entry.kind == EntryKind::File && !sync_copies::is_copy_name(&entry.name);
            if is_ours && owners.owner(&chunk) == Owner::Server && !left.contains(&chunk) {
                left.push(chunk);
            }
        }
    }
    Ok(left)
}

/// Marks a session as open in an editor of this process, for as long as it has journals and the process
/// lives. Where that can't be, they go by the journals alone.
pub(in crate::session) fn hold(paths: &SessionPaths, disk: &Disk) {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let held = held.get_or_insert_default();
    if !held.contains_key(&paths.root)
        && work::make_work_folder(&paths.work(), disk).is_ok()
        && let Ok(Some(lock)) = disk.share(&paths.editor_lock())
    {
        held.insert(paths.root.clone(), lock);
    }
}

/// Tells whether an editor of another process has chunks of a session open.
fn is_held_elsewhere(paths: &SessionPaths, disk: &Disk) -> bool {
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let is_ours = held
        .as_ref()
        .is_some_and(|held| held.contains_key(&paths.root));
    let path = paths.editor_lock();
    let is_there = matches!(disk.metadata(&path), Ok(Some(_)));
    !is_ours && is_there && matches!(disk.lock(&path), Ok(None))
}

/// Lets go of a session without journals.
fn release(paths: &SessionPaths, disk: &Disk) {
    let entries = disk.list(&paths.work()).unwrap_or_default();
    if entries.iter().any(|entry| entry.name.ends_with(".journal")) {
        return;
    }
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(held) = held.as_mut() {
        held.remove(&paths.root);
    }
}

// ---------------------------------------------------------------- one journal

/// A journal and the file that it is for.
struct Desk<'a> {
    chunk_path: &'a Path,
    path: PathBuf,
    paths: SessionPaths,
    disk: Disk,
    journal: Journal,
    /// The text of the file with its front matter; empty where the file does not exist.
    raw: String,
    file: ChunkFile,
    on_disk: OnDisk,
}

/// Runs an action on the journal of a chunk file, in turn with all others; `none` where there is
/// no journal.
fn with_journal<T>(
    chunk_path: &Path,
    disk: &Disk,
    none: T,
    action: impl FnOnce(&mut Desk) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let path = layout::journal_path(chunk_path);
    if !has_journal(chunk_path, disk) {
        return Ok(none);
    }
    // STORY/generated/SESSION/chunks/FILE
    let story = match chunk_path.ancestors().nth(4) {
        Some(story) => disk.resolve(story)?,
        None => None,
    };
    let root = chunk_path.parent().and_then(Path::parent);
    let (Some(story), Some(root)) = (story, root) else {
        return Ok(none);
    };
    let disk = disk.within(&story);
    in_turn(|| {
        move_earlier(chunk_path, &disk)?;
        let Some(text) = disk.read_text(&path)? else {
            return Ok(none);
        };
        let raw = disk.read_text(chunk_path)?.unwrap_or_default();
        let mut desk = Desk {
            chunk_path,
            paths: SessionPaths {
                root: root.to_owned(),
            },
            journal: Journal::parse(&text),
            file: chunk_file::parse(&raw),
            on_disk: OnDisk::new(&raw, disk.modified(chunk_path)?),
            raw,
            path,
            disk,
        };
        action(&mut desk)
    })
}

/// Moves the journals of earlier releases to their present path, also those of open files.
fn bring_over(paths: &SessionPaths, disk: &Disk) -> Result<(), StoreError> {
    for entry in disk.list(&paths.chunks())? {
        if let Some(stem) = entry.name.strip_suffix(".journal")
            && entry.kind == EntryKind::File
            && !sync_copies::is_copy_name(&entry.name)
        {
            let chunk = paths.chunks().join(format!("{stem}.md"));
            in_turn(|| move_earlier(&chunk, disk))?;
        }
    }
    Ok(())
}

/// Moves the journal of an earlier release from next to a chunk file to its present path. Where both versions
/// left one, the text of the earlier goes to history.
fn move_earlier(chunk_path: &Path, disk: &Disk) -> Result<(), StoreError> {
    let earlier = layout::earlier_journal_path(chunk_path);
    let Some(text) = disk.read_text(&earlier)? else {
        return Ok(());
    };
    let path = layout::journal_path(chunk_path);
    if disk.metadata(&path)?.is_some() {
        let there = disk.read_text(chunk_path)?.unwrap_or_default();
        let mut journal = Journal::parse(&text);
        journal.file.form = chunk_file::parse(&there).form;
        let names = names(chunk_path, &journal);
        keep(chunk_path, names, &journal.file, WHILE_WRITING, disk)?;
    } else {
        if let Some(work) = path.parent() {
            work::make_work_folder(work, disk)?;
        }
        disk.write(&path, text.as_bytes())?;
    }
    disk.remove(&earlier)
}

/// Puts a text of a chunk file into history.
fn keep(
    chunk_path: &Path,
    (number, beat): (ChunkNumber, BeatId),
    file: &ChunkFile,
    why: &str,
    disk: &Disk,
) -> Result<Settled, StoreError> {
    if file.is_empty() {
        return Ok(Settled::Saved);
    }
    let stem = chunk_path.file_stem().unwrap_or_default();
    let root = chunk_path.parent().and_then(Path::parent);
    let root = root.unwrap_or(chunk_path).to_owned();
    let version = Version {
        number,
        beat,
        status: file.status.unwrap_or(FileStatus::Partial),
        prose: &file.prose,
        extra: &file.extra,
        form: file.form,
        why,
        record: None,
    };
    let kept = history::keep(
        &SessionPaths { root },
        &stem.to_string_lossy(),
        &version,
        disk,
    )?;
    Ok(Settled::KeptInHistory(kept))
}

fn names(chunk_path: &Path, journal: &Journal) -> (ChunkNumber, BeatId) {
    let name = chunk_path.file_name().unwrap_or_default().to_string_lossy();
    let file = &journal.file;
    let number = file.number.or_else(|| layout::chunk_number(&name));
    let beat = file.beat.clone();
    (
        number.unwrap_or(ChunkNumber(1)),
        beat.unwrap_or_else(|| BeatId(name.into_owned())),
    )
}

impl Desk<'_> {
    /// Drops, applies or keeps the journal of a file that no editor has open any more.
    fn settle(&self) -> Result<Settled, StoreError> {
        if conflict_line(&self.raw).is_some() {
            // Nothing is written there until the merge is resolved.
            return Ok(Settled::StillNeeded);
        }
        let place = self.on_disk.clone();
        let settled = match self.journal.against(&self.file, Place::File(&place)) {
            Verdict::Saved => Settled::Saved,
            Verdict::Apply => {
                self.apply(&self.journal.file.prose)?;
                Settled::AppliedToFile
            }
            Verdict::Add => {
                let merged = self.journal.merged(&self.file.prose);
                self.apply(merged.as_deref().unwrap_or(&self.file.prose))?;
                Settled::AppliedToFile
            }
            Verdict::Apart => self.keep()?,
        };
        self.remove()?;
        Ok(settled)
    }

    /// Brings a prose into the file.
    fn apply(&self, prose: &str) -> Result<(), StoreError> {
        if prose.trim().is_empty() {
            return self.disk.remove(self.chunk_path);
        }
        let text = self.rendered(prose, &self.file);
        self.disk.write(self.chunk_path, text.as_bytes())
    }

    /// Renders a prose as the whole file, with the author's own front matter lines.
    fn rendered(&self, prose: &str, there: &ChunkFile) -> String {
        let (number, beat) = self.names();
        let status = self.journal.file.status.unwrap_or(FileStatus::Partial);
        chunk_file::render_like(there, number, &beat, status, prose)
    }

    /// Puts the journal's text into history.
    fn keep(&self) -> Result<Settled, StoreError> {
        let mut file = self.journal.file.clone();
        file.form = self.file.form;
        self.keep_text(&file, WHILE_WRITING)
    }

    /// Puts a text into history that is neither in the file nor there.
    fn keep_text(&self, file: &ChunkFile, why: &str) -> Result<Settled, StoreError> {
        keep(self.chunk_path, self.names(), file, why, &self.disk)
    }

    /// Writes the journal with its marks as they are now.
    fn rewrite(&self) -> Result<(), StoreError> {
        let (number, beat) = self.names();
        let Journal { file, marks } = &self.journal;
        let status = file.status.unwrap_or(FileStatus::Partial);
        let text = Journal::render(number, &beat, status, &file.prose, marks);
        hold(&self.paths, &self.disk);
        // Only marks are new: what a power cut takes with it, it takes from the editor too.
        self.disk.replace(&self.path, text.as_bytes())
    }

    fn remove(&self) -> Result<(), StoreError> {
        self.disk.remove(&self.path)?;
        release(&self.paths, &self.disk);
        Ok(())
    }

    fn names(&self) -> (ChunkNumber, BeatId) {
        names(self.chunk_path, &self.journal)
    }
}
