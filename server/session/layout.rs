//! Names and paths: where everything of a story is. Reads folders, writes nothing.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use super::chunk_file;
use super::conflict;
use super::disk::{Disk, Entry, EntryKind};
use super::error::StoreError;
use super::manifest;
use crate::story::{BeatId, Brief, ChunkNumber, slug};

/// The folder that all generated files of a story's folder are in.
pub const GENERATED: &str = "generated";
/// The folder of what only the program needs, in each session and in `generated/`.
pub(crate) const WORK: &str = ".work";
/// The folder, in `.work/`, of texts that their own place did not take.
pub(crate) const RESCUE: &str = "rescue";
const CURRENT: &str = ".current.json";

/// A brief and the folder that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryFolder {
    root: PathBuf,
    brief: PathBuf,
    brief_name: String,
}

/// The name of a session: one plain folder name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(String);

/// What a path inside `generated/` belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    pub folder: StoryFolder,
    pub session: SessionId,
    /// For a chunk file: the number in its name.
    pub chunk: Option<ChunkNumber>,
}

impl SessionId {
    /// # Errors
    /// [`StoreError::BadSessionId`] for anything that is not one plain, visible name.
    pub fn parse(id: &str) -> Result<SessionId, StoreError> {
        let plain = !id.is_empty()
            && id.len() <= 120
            && id.trim() == id
            && !id.starts_with('.')
            && !id.ends_with('.')
            && !id.contains(['/', '\\', ':'])
            && !id.chars().any(char::is_control);
        if plain {
            Ok(SessionId(id.to_owned()))
        } else {
            Err(StoreError::BadSessionId { id: id.to_owned() })
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the number, and the number: `("the-lamp-keeper", 2)`.
    pub(crate) fn parts(&self) -> (&str, u32) {
        match self.0.rsplit_once('-') {
            Some((slug, digits)) if digits.len() >= 2 => match digits.parse() {
                Ok(number) => (slug, number),
                Err(_) => (&self.0, 0),
            },
            _ => (&self.0, 0),
        }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StoryFolder {
    /// The folder of a brief. The brief itself need not exist.
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
        Ok(StoryFolder {
            brief: root.join(name),
            brief_name: name.to_string_lossy().into_owned(),
            root,
        })
    }

    pub fn brief(&self) -> &Path {
        &self.brief
    }

    /// `story.md` or `NAME.story.md`.
    pub fn brief_name(&self) -> &str {
        &self.brief_name
    }

    /// The folder that the brief is in, without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn generated(&self) -> PathBuf {
        self.root.join(GENERATED)
    }

    pub fn session_root(&self, id: &SessionId) -> PathBuf {
        self.generated().join(id.as_str())
    }

    /// The folder of what only the program needs and what belongs to no session.
    pub fn work(&self) -> PathBuf {
        self.generated().join(WORK)
    }

    /// The folder of what only the program needs of a session.
    pub fn session_work(&self, id: &SessionId) -> PathBuf {
        self.paths(id).work()
    }

    pub(crate) fn paths(&self, id: &SessionId) -> SessionPaths {
        SessionPaths {
            root: self.session_root(id),
        }
    }

    /// The sessions of this brief, oldest first. A session without a readable manifest counts
    /// to the brief whose beats its chunks name.
    pub fn sessions(&self, disk: &Disk) -> Result<Vec<SessionId>, StoreError> {
        let mut found = Vec::new();
        for id in all_sessions(&self.generated(), disk)? {
            let paths = self.paths(&id);
            let known = manifest::read_head(&paths.manifest(), disk)?;
            let ours = match &known {
                Some(head) => head.brief == self.brief_name,
                None => owner_by_beats(&self.root, &paths, disk)?
                    .is_none_or(|name| name == self.brief_name),
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

    /// The session in which `write` goes on: the one switched to, else the newest.
    pub fn current_session(&self, disk: &Disk) -> Result<Option<SessionId>, StoreError> {
        let mut sessions = self.sessions(disk)?;
        let chosen = self.chosen_session(&self.brief_name, disk)?;
        if let Some(chosen) = chosen
            && sessions.contains(&chosen)
        {
            return Ok(Some(chosen));
        }
        Ok(sessions.pop())
    }

    /// The session that was switched to for a brief of this folder, whatever became of either.
    pub fn chosen_session(
        &self,
        brief_name: &str,
        disk: &Disk,
    ) -> Result<Option<SessionId>, StoreError> {
        let chosen = read_current(&self.generated(), disk)?.remove(brief_name);
        Ok(chosen.and_then(|id| id.as_str().and_then(|id| SessionId::parse(id).ok())))
    }

    /// Makes a session the one in which `write` goes on.
    ///
    /// # Errors
    /// [`StoreError::NoSession`] where this brief has no such session.
    pub fn switch_session(&self, id: &SessionId, disk: &Disk) -> Result<(), StoreError> {
        if !self.sessions(disk)?.contains(id) {
            return Err(StoreError::NoSession {
                id: id.to_string(),
                generated: self.generated(),
            });
        }
        let mut current = read_current(&self.generated(), disk)?;
        current.insert(self.brief_name.clone(), id.as_str().into());
        let text = format!("{:#}\n", serde_json::Value::Object(current));
        let disk = disk.within(&self.root);
        disk.write(&self.generated().join(CURRENT), text.as_bytes())
    }

    /// The id for a new session: slug of the title, "-", two digits that no session has yet. The
    /// folder may be there: what a killed process or git left of one, with nothing in it.
    pub fn new_session_id(&self, title: &str, disk: &Disk) -> Result<SessionId, StoreError> {
        self.next_session_id(title, disk, |root| is_left_empty(root, disk))
    }

    /// The same, where nothing of that name is there.
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
            if other != slug || used < number {
                continue;
            }
            if entry.kind != EntryKind::Folder || !is_free(&self.session_root(&id))? {
                number = used.saturating_add(1);
            }
        }
        SessionId::parse(&format!("{slug}-{number:02}"))
    }

    /// What a path inside `generated/` belongs to; `None` for any other path.
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

/// The paths inside one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionPaths {
    pub(crate) root: PathBuf,
}

impl SessionPaths {
    pub(crate) fn manifest(&self) -> PathBuf {
        self.root.join("manifest.json")
    }

    pub(crate) fn chunks(&self) -> PathBuf {
        self.root.join("chunks")
    }

    pub(crate) fn states(&self) -> PathBuf {
        self.root.join("state")
    }

    pub(crate) fn history(&self) -> PathBuf {
        self.root.join("history")
    }

    pub(crate) fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    pub(crate) fn full_story(&self) -> PathBuf {
        self.root.join("full_story.md")
    }

    pub(crate) fn changelog(&self) -> PathBuf {
        self.root.join("CHANGELOG.md")
    }

    pub(crate) fn intent(&self) -> PathBuf {
        self.root.join(".intent.json")
    }

    /// What only the program needs: lock, journals, explain pages.
    pub(crate) fn work(&self) -> PathBuf {
        self.root.join(WORK)
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.work().join("lock")
    }

    /// Where earlier versions had the lock.
    pub(crate) fn earlier_lock(&self) -> PathBuf {
        self.root.join(".lock")
    }

    /// Held by every server in whose editor a chunk of the session is open and not saved.
    pub(crate) fn editor_lock(&self) -> PathBuf {
        self.work().join("editors.lock")
    }

    /// The folders of a session that the store writes into.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        ["", WORK, "chunks", "history", "runs", "state", "revisions"]
            .iter()
            .map(|name| self.root.join(name))
            .collect()
    }
}

/// `chunk_03`: two digits, or as many as the number of chunks has.
pub(crate) fn chunk_stem(number: ChunkNumber, chunks: usize) -> String {
    let width = chunks.to_string().len().max(2);
    format!("chunk_{:0width$}", number.0)
}

/// `chunk_03.md`.
pub(crate) fn chunk_name(number: ChunkNumber, chunks: usize) -> String {
    chunk_stem(number, chunks) + ".md"
}

/// The number in `chunk_03.md`; `None` for any other name.
pub(crate) fn chunk_number(name: &str) -> Option<ChunkNumber> {
    let name = name.to_ascii_lowercase();
    let digits = name.strip_prefix("chunk_")?.strip_suffix(".md")?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .map(ChunkNumber)
}

/// Whether a file is prose by its name.
pub(crate) fn is_markdown(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|e| e.to_str());
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("md"))
}

/// A name as a file system sees it that does not tell capital letters from small ones.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// The journal of a chunk file: `.work/chunk_03.journal` of its session.
pub(crate) fn journal_path(chunk: &Path) -> PathBuf {
    let mut parts = chunk.components();
    let name = parts.next_back().map(|part| part.as_os_str().to_owned());
    let session = parts.as_path().parent().unwrap_or(Path::new(""));
    let name = PathBuf::from(name.unwrap_or_default());
    session.join(WORK).join(name.with_extension("journal"))
}

/// Where earlier versions had it: beside the chunk file.
pub(crate) fn earlier_journal_path(chunk: &Path) -> PathBuf {
    chunk.with_extension("journal")
}

/// The folder under history/ for the text of a beat that left the outline.
pub(crate) fn beat_folder(beat: &BeatId) -> String {
    let slug = slug::file_slug(beat.as_str());
    if slug == beat.as_str() {
        format!("beat_{slug}")
    } else {
        // Two beats may share a slug, and an id may hold anything.
        let digest = crate::story::Digest::of(beat.as_str());
        format!("beat_{slug}_{}", digest.0.get(..8).unwrap_or_default())
    }
}

/// So often a folder is looked at that comes and goes.
const MOST_LOOKS: usize = 4;

/// Fails where `folder`, which may not exist yet, leads out of `root`.
pub(crate) fn ensure_inside(folder: &Path, root: &Path, disk: &Disk) -> Result<(), StoreError> {
    for _ in 0..MOST_LOOKS {
        match disk.resolve(folder)? {
            Some(real) if real.starts_with(root) => return Ok(()),
            Some(_) => break,
            None => match disk.metadata(folder)? {
                None => return Ok(()),
                // To nothing.
                Some(there) if there.kind == EntryKind::Link => break,
                // It was made between the two looks.
                Some(_) => {}
            },
        }
    }
    Err(StoreError::Outside {
        path: folder.to_owned(),
        root: root.to_owned(),
    })
}

/// Every session folder, whichever brief it belongs to.
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

/// Whether a folder is a draft: it has a manifest, or a text among its chunks. Not by `.work/` or by
/// a folder without texts, which git leaves behind where a branch does not have the draft.
fn is_draft(paths: &SessionPaths, disk: &Disk) -> Result<bool, StoreError> {
    if disk.metadata(&paths.manifest())?.is_some() {
        return Ok(true);
    }
    let is_text = |entry: &Entry| {
        let is_named = is_markdown(&entry.name) || conflict::is_copy_name(&entry.name);
        entry.kind == EntryKind::File && is_named && !entry.name.starts_with('.')
    };
    Ok(disk.list(&paths.chunks())?.iter().any(is_text))
}

/// Whether nothing but folders without files is in a folder, and what only the program needs.
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

/// The briefs of a folder by name.
pub(crate) fn briefs(root: &Path, disk: &Disk) -> Result<Vec<String>, StoreError> {
    let names = disk.list(root)?.into_iter().filter(|entry| {
        matches!(entry.kind, EntryKind::File | EntryKind::Link) && is_brief_name(&entry.name)
    });
    Ok(names.map(|entry| entry.name).collect())
}

/// Whether a file is a brief by its name.
pub(crate) fn is_brief_name(name: &str) -> bool {
    name == "story.md" || name.ends_with(".story.md")
}

/// The name of the brief that a session belongs to.
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

/// For a session without a manifest: the brief of the folder whose outline has most of the
/// beats that its chunk files name. `None` in a folder without briefs.
fn owner_by_beats(
    root: &Path,
    paths: &SessionPaths,
    disk: &Disk,
) -> Result<Option<String>, StoreError> {
    let mut briefs = briefs(root, disk)?;
    if briefs.len() < 2 {
        return Ok(briefs.pop());
    }
    let beats = super::facts::beats_on_disk(paths, disk)?;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::disk::{Call, Faults, Verdict};
    use super::*;

    /// Makes a folder, or a link out of the story, between two looks at it.
    struct MadeMeanwhile {
        folder: PathBuf,
        link_to: Option<PathBuf>,
    }

    impl Faults for MadeMeanwhile {
        fn before(&self, call: Call, path: &Path) -> Verdict {
            if call == Call::Metadata && path == self.folder {
                // The second look finds what the first one made.
                let _ = match &self.link_to {
                    None => std::fs::create_dir(path),
                    #[cfg(unix)]
                    Some(target) => std::os::unix::fs::symlink(target, path),
                    #[cfg(not(unix))]
                    Some(_) => Ok(()),
                };
            }
            Verdict::Go
        }
    }

    #[test]
    fn a_folder_that_is_made_between_two_looks_is_inside() {
        let story = tempfile::tempdir().unwrap();
        let root = story.path().canonicalize().unwrap();
        let folder = root.join("state");
        let disk = |link_to: Option<PathBuf>| {
            let folder = folder.clone();
            Disk::with_faults(Arc::new(MadeMeanwhile { folder, link_to }))
        };
        ensure_inside(&folder, &root, &disk(None)).unwrap();
        assert!(folder.is_dir());
        std::fs::remove_dir(&folder).unwrap();
        #[cfg(unix)]
        for target in ["/", "/nowhere"] {
            let led_out = ensure_inside(&folder, &root, &disk(Some(target.into())));
            assert!(
                matches!(led_out, Err(StoreError::Outside { .. })),
                "{target}"
            );
            std::fs::remove_file(&folder).unwrap();
        }
    }
}
