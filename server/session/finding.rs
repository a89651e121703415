//! Finds the drafts of a story, and the story that a path belongs to. Writes nothing but which draft is
//! the current one.

use std::path::{Component, Path, PathBuf};

use super::disk::{Disk, Entry, EntryKind};
use super::error::StoreError;
use super::layout::{
    GENERATED, SessionId, SessionPaths, StoryFolder, WORK, chunk_number, folded, is_brief_name,
    is_markdown,
};
use super::manifest;
use crate::story::chunk_file;
use crate::story::sync_copies;
use crate::story::{BeatId, Brief, ChunkNumber, slug};

const CURRENT: &str = ".current.json";

/// The session and chunk that a path inside `generated/` belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    pub folder: StoryFolder,
    pub session: SessionId,
    /// For a chunk file: the number in its name.
    pub chunk: Option<ChunkNumber>,
}

impl StoryFolder {
    /// Returns the folder of a brief. The brief itself need not exist.
    ///
    /// # Errors
    /// [`StoreError::NoFolder`] where the folder does not exist.
    pub fn of_brief(brief: &Path) -> Result<StoryFolder, StoreError> {
        let no_folder = || StoreError::NoFolder {
            path: brief.to_owned(),
        };
        let name = brief.file_name().ok_or_else(no_folder)?;
        let folder = match brief.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let root = Disk::real().resolve(folder)?.ok_or_else(no_folder)?;
        Ok(StoryFolder::at(root, name))
    }

    /// Returns the sessions of this brief, oldest first. A session without a readable manifest counts
    /// to the brief whose beats its chunks name.
    pub fn sessions(&self, disk: &Disk) -> Result<Vec<SessionId>, StoreError> {
        let mut found = Vec::new();
        for id in all_sessions(&self.generated(), disk)? {
            let paths = self.paths(&id);
            let known = manifest::read_head(&paths.manifest(), disk)?;
            let ours = match &known {
                Some(head) => head.brief == self.brief_name(),
                None => owner_by_beats(self.root(), &paths, disk)?
                    .is_none_or(|name| name == self.brief_name()),
            };
            if ours {
                let created = match known {
                    Some(head) => Some(head.created),
                    None => disk.metadata(&paths.root)?.and_then(|root| root.modified),
                };
                found.push((created, id.parts().1, id));
            }
        }
        found.sort();
        Ok(found.into_iter().map(|(_, _, id)| id).collect())
    }

    /// Returns the session that `write` continues: the one switched to, else the newest.
    pub fn current_session(&self, disk: &Disk) -> Result<Option<SessionId>, StoreError> {
        let mut sessions = self.sessions(disk)?;
        let chosen = self.chosen_session(self.brief_name(), disk)?;
        if let Some(chosen) = chosen
            && sessions.contains(&chosen)
        {
            return Ok(Some(chosen));
        }
        Ok(sessions.pop())
    }

    /// Returns the session that was switched to for a brief of this folder, even if the brief or the session
    /// is gone.
    pub fn chosen_session(
        &self,
        brief_name: &str,
        disk: &Disk,
    ) -> Result<Option<SessionId>, StoreError> {
        let chosen = read_current(&self.generated(), disk)?.remove(brief_name);
        Ok(chosen.and_then(|id| id.as_str().and_then(|id| SessionId::parse(id).ok())))
    }

    /// Looks for a session.
    ///
    /// # Errors
    /// [`StoreError::NoSession`] where this brief has no such session.
    pub fn find_session(&self, id: &SessionId, disk: &Disk) -> Result<(), StoreError> {
        match self.sessions(disk)?.contains(id) {
            true => Ok(()),
            false => Err(StoreError::NoSession {
                id: id.to_string(),
                generated: self.generated(),
            }),
        }
    }

    /// Switches to a session, so that `write` continues it.
    ///
    /// # Errors
    /// [`StoreError::NoSession`] where this brief has no such session.
    pub fn switch_session(&self, id: &SessionId, disk: &Disk) -> Result<(), StoreError> {
        self.find_session(id, disk)?;
        let mut current = read_current(&self.generated(), disk)?;
        current.insert(self.brief_name().to_owned(), id.as_str().into());
        let text = format!("{:#}\n", serde_json::Value::Object(current));
        let disk = disk.within(self.root());
        disk.write(&self.generated().join(CURRENT), text.as_bytes())
    }

    /// Returns the id for a new session: slug of the title, "-", two digits that no session has yet. The
    /// folder may be there: what a killed process or git left of one, with nothing in it.
    pub fn new_session_id(&self, title: &str, disk: &Disk) -> Result<SessionId, StoreError> {
        self.next_session_id(title, disk, |root| is_left_empty(root, disk))
    }

    /// Returns an id for a new session where nothing of that name is there.
    pub fn untaken_session_id(&self, title: &str, disk: &Disk) -> Result<SessionId, StoreError> {
        self.next_session_id(title, disk, |_| Ok(false))
    }

    fn next_session_id(
        &self,
        title: &str,
        disk: &Disk,
        is_free: impl Fn(&Path) -> Result<bool, StoreError>,
    ) -> Result<SessionId, StoreError> {
        let slug = slug::file_slug(title);
        let mut number = 1;
        // Anything of that name counts, not only sessions.
        for entry in disk.list(&self.generated())? {
            let Ok(id) = SessionId::parse(&entry.name) else {
                continue;
            };
            let (other, used) = id.parts();
            if folded(other) != slug || used < number {
                continue;
            }
            if entry.kind != EntryKind::Folder || !is_free(&self.session_root(&id))? {
                number = used.saturating_add(1);
            }
        }
        SessionId::parse(&format!("{slug}-{number:02}"))
    }

    /// Tells what a path inside `generated/` belongs to; `None` for any other path.
    pub fn locate(path: &Path, disk: &Disk) -> Option<Located> {
        let parts: Vec<Component> = path.components().collect();
        // The last one counts: a workspace may itself lie in a folder named "generated".
        let at = parts
            .iter()
            .rposition(|part| part.as_os_str() == GENERATED)?;
        let session = SessionId::parse(parts.get(at + 1)?.as_os_str().to_str()?).ok()?;
        let rest: Vec<&str> = parts[at + 2..]
            .iter()
            .map(|part| part.as_os_str().to_str())
            .collect::<Option<_>>()?;
        if rest.is_empty() {
            return None;
        }
        let chunk = match rest.as_slice() {
            ["chunks", name] => chunk_number(name),
            _ => None,
        };
        let root: PathBuf = parts[..at].iter().collect();
        let root = disk.resolve(&root).ok()??;
        let paths = SessionPaths {
            root: root.join(GENERATED).join(session.as_str()),
        };
        let brief = brief_of(&root, &paths, disk)?;
        let folder = StoryFolder::of_brief(&root.join(brief)).ok()?;
        Some(Located {
            folder,
            session,
            chunk,
        })
    }
}

/// Returns every session folder, whichever brief it belongs to.
pub(crate) fn all_sessions(generated: &Path, disk: &Disk) -> Result<Vec<SessionId>, StoreError> {
    let mut sessions = Vec::new();
    for entry in disk.list(generated)? {
        if entry.kind != EntryKind::Folder {
            continue;
        }
        let Ok(id) = SessionId::parse(&entry.name) else {
            continue;
        };
        let paths = SessionPaths {
            root: generated.join(id.as_str()),
        };
        if is_draft(&paths, disk)? {
            sessions.push(id);
        }
    }
    Ok(sessions)
}

/// Tells whether a folder is a draft: it has a manifest, or a text among its chunks. Not by `.work/` or by
/// a folder without texts, which git leaves behind where a branch does not have the draft.
fn is_draft(paths: &SessionPaths, disk: &Disk) -> Result<bool, StoreError> {
    if disk.metadata(&paths.manifest())?.is_some() {
        return Ok(true);
    }
    let is_text = |entry: &Entry| {
        let is_named = is_markdown(&entry.name) || sync_copies::is_copy_name(&entry.name);
        entry.kind == EntryKind::File && is_named && !entry.name.starts_with('.')
    };
    Ok(disk.list(&paths.chunks())?.iter().any(is_text))
}

/// Tells whether nothing but folders without files is in a folder, and what only the program needs.
fn is_left_empty(folder: &Path, disk: &Disk) -> Result<bool, StoreError> {
    for entry in disk.list(folder)? {
        let is_work = entry.name == WORK;
        if entry.kind != EntryKind::Folder
            || !(is_work || is_left_empty(&folder.join(&entry.name), disk)?)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the briefs of a folder by name.
pub(crate) fn briefs(root: &Path, disk: &Disk) -> Result<Vec<String>, StoreError> {
    let names = disk.list(root)?.into_iter().filter(|entry| {
        matches!(entry.kind, EntryKind::File | EntryKind::Link) && is_brief_name(&entry.name)
    });
    Ok(names.map(|entry| entry.name).collect())
}

/// Returns the name of the brief that a session belongs to.
fn brief_of(root: &Path, paths: &SessionPaths, disk: &Disk) -> Option<String> {
    if let Some(head) = manifest::read_head(&paths.manifest(), disk).ok()?
        && Path::new(&head.brief)
            .file_name()
            .is_some_and(|name| name == head.brief.as_str())
    {
        return Some(head.brief);
    }
    owner_by_beats(root, paths, disk).ok()?
}

/// Finds the brief of a session without a manifest: the one in the folder whose outline has most of the beats
/// that its chunk files name. `None` in a folder without briefs.
fn owner_by_beats(
    root: &Path,
    paths: &SessionPaths,
    disk: &Disk,
) -> Result<Option<String>, StoreError> {
    let mut briefs = briefs(root, disk)?;
    if briefs.len() < 2 {
        return Ok(briefs.pop());
    }
    let beats = beats_on_disk(paths, disk)?;
    let mut best: Option<(usize, String)> = None;
    for name in briefs {
        let text = disk.read_linked(&root.join(&name))?.unwrap_or_default();
        let brief = Brief::parse(&chunk_file::decode(text));
        let shared = beats
            .iter()
            .filter(|beat| brief.beat(beat).is_some())
            .count();
        if best.as_ref().is_none_or(|(most, _)| shared > *most) {
            best = Some((shared, name));
        }
    }
    Ok(best.map(|(_, name)| name))
}

fn read_current(
    generated: &Path,
    disk: &Disk,
) -> Result<serde_json::Map<String, serde_json::Value>, StoreError> {
    let bytes = disk.read(&generated.join(CURRENT))?.unwrap_or_default();
    // Only a choice: a damaged one is as good as none.
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Returns the beats that the chunk files of a session name.
pub(crate) fn beats_on_disk(paths: &SessionPaths, disk: &Disk) -> Result<Vec<BeatId>, StoreError> {
    let mut beats = Vec::new();
    for entry in disk.list(&paths.chunks())? {
        if entry.kind == EntryKind::File
            && entry.name.ends_with(".md")
            && let Some(text) = disk.read_text(&paths.chunks().join(&entry.name))?
        {
            beats.extend(chunk_file::parse(&text).beat);
        }
    }
    Ok(beats)
}
