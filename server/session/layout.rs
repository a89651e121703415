//! Defines the names and paths of all files of a story. Pure.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use crate::story::{BeatId, ChunkNumber, slug};

/// The folder that all generated files of a story's folder are in.
pub const GENERATED: &str = "generated";
/// The folder of what only the program needs, in each session and in `generated/`.
pub(crate) const WORK: &str = ".work";
/// The folder, in `.work/`, of texts that their own place did not take.
pub(crate) const RESCUE: &str = "rescue";
/// The folder, in history/, of copies of what was generated; no chunk file has a stem of that name.
pub(crate) const COPIES: &str = "generated";
/// The folder, in `.work/`, of prompts that are shown in an editor.
pub(crate) const EXPLAIN: &str = "explain";
/// The folder, in `.work/`, of the records of plans.
pub(crate) const PLAN: &str = "plan";

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

impl SessionId {
    /// Parses the name of a session.
    ///
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

    /// Returns the part before the number, and the number: `("the-lamp-keeper", 2)`.
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
    /// Returns the folder `root`, which is without links, with the brief of a name.
    pub(crate) fn at(root: PathBuf, brief: &OsStr) -> StoryFolder {
        StoryFolder {
            brief: root.join(brief),
            brief_name: brief.to_string_lossy().into_owned(),
            root,
        }
    }

    pub fn brief(&self) -> &Path {
        &self.brief
    }

    /// Returns the brief's file name: `story.md` or `NAME.story.md`.
    pub fn brief_name(&self) -> &str {
        &self.brief_name
    }

    /// Returns the folder that the brief is in, without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn generated(&self) -> PathBuf {
        self.root.join(GENERATED)
    }

    pub fn session_root(&self, id: &SessionId) -> PathBuf {
        self.generated().join(id.as_str())
    }

    /// Returns the folder of what only the program needs and what belongs to no session.
    pub fn work(&self) -> PathBuf {
        self.generated().join(WORK)
    }

    /// Returns the folder of what only the program needs of a session.
    pub fn session_work(&self, id: &SessionId) -> PathBuf {
        self.paths(id).work()
    }

    /// Returns the folder for prompts that are shown in an editor: in a session, or for a story that has
    /// none yet.
    pub fn explain_pages(&self, id: Option<&SessionId>) -> PathBuf {
        match id {
            Some(id) => self.session_work(id).join(EXPLAIN),
            None => self.work().join(EXPLAIN),
        }
    }

    /// Returns the folder for the records of plans that belong to no session.
    pub fn plan_records(&self) -> PathBuf {
        self.work().join(PLAN)
    }

    pub(crate) fn paths(&self, id: &SessionId) -> SessionPaths {
        SessionPaths {
            root: self.session_root(id),
        }
    }
}

/// The paths inside one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionPaths {
    pub(crate) root: PathBuf,
}

impl SessionPaths {
    /// Takes a file from manifest or declaration, which have forward slashes everywhere, to its path as this
    /// system writes it.
    pub(crate) fn inside(&self, file: &str) -> PathBuf {
        file.split('/')
            .fold(self.root.clone(), |path, part| path.join(part))
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.root.join("manifest.json")
    }

    pub(crate) fn renames(&self) -> PathBuf {
        self.root.join("renames.json")
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

    /// Returns the path of the lines that the changelog did not take.
    pub(crate) fn late_lines(&self) -> PathBuf {
        self.work().join("changelog.late")
    }

    /// Lists the digests of the partial texts that were saved of a chunk.
    pub(crate) fn partial_saves(&self, beat: &BeatId) -> PathBuf {
        self.work().join(format!("{}.saved", beat_folder(beat)))
    }

    /// Returns the path of the records that are newer than the manifest.
    pub(crate) fn record_log(&self) -> PathBuf {
        self.work().join("records.jsonl")
    }

    pub(crate) fn intent(&self) -> PathBuf {
        self.root.join(".intent.json")
    }

    /// Returns the folder of what only the program needs: lock, journals, explain pages.
    pub(crate) fn work(&self) -> PathBuf {
        self.root.join(WORK)
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.work().join("lock")
    }

    /// Tells where earlier versions had the lock.
    pub(crate) fn earlier_lock(&self) -> PathBuf {
        self.root.join(".lock")
    }

    /// Returns the path of the lock that a server holds while a chunk of the session is open and unsaved in
    /// its editor.
    pub(crate) fn editor_lock(&self) -> PathBuf {
        self.work().join("editors.lock")
    }

    /// Returns the folders of a session that the store writes into.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        ["", WORK, "chunks", "history", "runs", "state", "revisions"]
            .iter()
            .map(|name| self.root.join(name))
            .collect()
    }
}

/// Makes the name of a chunk file without its end, `chunk_03`: two digits, or as many as the number of chunks has.
pub(crate) fn chunk_stem(number: ChunkNumber, chunks: usize) -> String {
    let width = chunks.to_string().len().max(2);
    format!("chunk_{:0width$}", number.0)
}

/// Makes the name of a chunk file: `chunk_03.md`.
pub(crate) fn chunk_name(number: ChunkNumber, chunks: usize) -> String {
    chunk_stem(number, chunks) + ".md"
}

/// Returns the number in `chunk_03.md`; `None` for any other name.
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

/// Tells whether a file is prose by its name.
pub(crate) fn is_markdown(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|e| e.to_str());
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("md"))
}

/// Returns a name as a file system sees it that does not tell capital letters from small ones.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// Returns the journal of a chunk file: `.work/chunk_03.journal` of its session.
pub(crate) fn journal_path(chunk: &Path) -> PathBuf {
    let mut parts = chunk.components();
    let name = parts.next_back().map(|part| part.as_os_str().to_owned());
    let session = parts.as_path().parent().unwrap_or(Path::new(""));
    let name = PathBuf::from(name.unwrap_or_default());
    session.join(WORK).join(name.with_extension("journal"))
}

/// Returns the path at which earlier releases kept the journal: next to the chunk file.
pub(crate) fn earlier_journal_path(chunk: &Path) -> PathBuf {
    chunk.with_extension("journal")
}

/// Returns the folder under history/ for the text of a beat that left the outline.
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

/// Tells whether a file is a brief by its name.
pub(crate) fn is_brief_name(name: &str) -> bool {
    name == "story.md" || name.ends_with(".story.md")
}

/// Returns the `.work/` folder for temporary copies of a file: that of its session, that of `generated/`, or
/// for a file next to `generated/` the one in there.
pub(crate) fn work_folder_of(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    let inside = folder
        .ancestors()
        .find(|above| above.file_name().is_some_and(|name| name == GENERATED));
    let generated = folder.join(GENERATED);
    let Some(above) = inside else {
        return Some(generated.join(WORK));
    };
    let session = path.strip_prefix(above).ok()?.components().next()?;
    let session = session.as_os_str().to_str()?;
    if folder == above || session == WORK {
        return Some(above.join(WORK));
    }
    // A workspace may itself lie in a folder named "generated".
    let is_brief = path.file_name()?.to_str().is_some_and(is_brief_name);
    match is_brief && folder == above.join(session) {
        true => Some(generated.join(WORK)),
        false => Some(above.join(session).join(WORK)),
    }
}
