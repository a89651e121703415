//! Defines a source: the bytes of what is read, and why it is not.

use crate::story::archive_limits::shown;
use crate::story::encoding;

/// A file of a source, with its path in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// With forward slashes; of a source that is one file, its name.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// All that is read of a source: one file, the files of a folder, or those of an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The name of the file or folder, for messages and as a title where nothing else is one.
    pub name: String,
    pub files: Vec<SourceFile>,
}

/// The reason why a source is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {why}")]
pub struct Unreadable {
    /// Made fit to be shown.
    pub file: String,
    pub why: String,
}

impl Unreadable {
    pub fn new(file: &str, why: impl Into<String>) -> Unreadable {
        Unreadable {
            file: shown(file),
            why: why.into(),
        }
    }
}

impl Source {
    /// Finds a file by its path, without regard to how accents are composed.
    pub(super) fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Returns the one file of a source that is a file.
    pub(super) fn only(&self) -> Result<&SourceFile, Unreadable> {
        let first = self.files.first();
        first.ok_or_else(|| Unreadable::new(&self.name, "there is nothing to read in it"))
    }
}

impl SourceFile {
    /// Returns the text of a file in any encoding that is recognised.
    pub(super) fn text(&self) -> Result<String, Unreadable> {
        let text = encoding::decode(self.bytes.clone());
        let text = text.map_err(|_| {
            Unreadable::new(&self.path, "it is no text in any encoding that is read")
        })?;
        Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
    }

    /// Tells whether its name has one of these ends, without regard to case.
    pub(super) fn has_end(&self, ends: &[&str]) -> bool {
        let name = self.path.to_lowercase();
        ends.iter().any(|end| name.ends_with(end))
    }

    /// Returns its name without folders and end.
    pub(super) fn stem(&self) -> &str {
        stem(&self.path)
    }
}

/// Returns the name of a path without folders and end.
pub(super) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}
