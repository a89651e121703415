//! Keeps what an import made of its source (`import.json` in the session), by which the same source is known again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::ImportError;
use crate::session::{Disk, SessionId, StoryFolder};
use crate::story::{BeatId, Digest};

const NAME: &str = "import.json";
const VERSION: u32 = 1;

/// What is remembered of an import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    version: u32,
    pub source: Origin,
    /// In the order of the source.
    pub scenes: Vec<Remembered>,
}

/// Where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Origin {
    pub kind: String,
    /// The name of the file or folder.
    pub name: String,
    /// From the story's folder, with forward slashes.
    pub path: String,
}

/// A scene as it was imported last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Remembered {
    pub beat: BeatId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chapter: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Of the imported text, as chunks are compared.
    pub sha256: Digest,
}

impl Memory {
    pub fn new(source: Origin, scenes: Vec<Remembered>) -> Memory {
        Memory {
            version: VERSION,
            source,
            scenes,
        }
    }

    /// Writes it into a session.
    pub fn write(
        &self,
        folder: &StoryFolder,
        session: &SessionId,
        disk: &Disk,
    ) -> Result<(), ImportError> {
        // Plain values always serialise.
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        let path = folder.session_root(session).join(NAME);
        Ok(disk.within(folder.root()).write(&path, text.as_bytes())?)
    }

    fn read(folder: &StoryFolder, session: &SessionId, disk: &Disk) -> Option<Memory> {
        let bytes = disk.read(&folder.session_root(session).join(NAME)).ok()??;
        let memory: Memory = serde_json::from_slice(&bytes).ok()?;
        (memory.version <= VERSION).then_some(memory)
    }

    /// Tells whether it is of a source: by its path, else by its name and most of its texts.
    fn is_of(&self, origin: &Origin, texts: &[Digest]) -> bool {
        let known = |scene: &Remembered| texts.contains(&scene.sha256);
        let same = self.scenes.iter().filter(|scene| known(scene)).count();
        let is_moved = self.source.name == origin.name && same * 2 >= self.scenes.len().max(1);
        self.source.kind == origin.kind && (self.source.path == origin.path || is_moved)
    }
}

/// Finds the story of a folder, and its newest draft, that a source was imported into.
pub(super) fn find(
    root: &Path,
    origin: &Origin,
    texts: &[Digest],
    disk: &Disk,
) -> Result<Option<(StoryFolder, SessionId, Memory)>, ImportError> {
    for entry in disk.list(root)? {
        if entry.name != "story.md" && !entry.name.ends_with(".story.md") {
            continue;
        }
        let folder = StoryFolder::of_brief(&root.join(&entry.name))?;
        for session in folder.sessions(disk)?.into_iter().rev() {
            let memory = Memory::read(&folder, &session, disk);
            if let Some(memory) = memory.filter(|it| it.is_of(origin, texts)) {
                return Ok(Some((folder, session, memory)));
            }
        }
    }
    Ok(None)
}
