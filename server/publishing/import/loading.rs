//! Reads a source from disk: a file, or the texts of a folder. Regular files only; links are left out and told.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::archive;
use super::error::ImportError;
use crate::book::read::{Kind, Source, SourceFile, kind_of};
use crate::session::{Disk, EntryKind, GENERATED};
use crate::story::archive_limits::shown;

/// The largest file, and all files of a folder together, in bytes.
const ONE_FILE: u64 = 256 << 20;
const ALL_FILES: u64 = 512 << 20;
/// The most files and folders that are looked at, and how deep.
const ENTRIES: usize = 100_000;
const DEPTH: usize = 16;
/// The most links and other things that are told by name.
const TOLD: usize = 5;

/// The ends of the names of files that are read of a folder.
const READ: [&str; 10] = [
    ".md",
    ".markdown",
    ".mdown",
    ".txt",
    ".text",
    ".nwx",
    ".nwd",
    ".scrivx",
    ".rtf",
    ".xml",
];

/// What lies at a path.
pub(super) enum Loaded {
    /// A ZIP that may be an export of this program.
    Archive,
    Book(Source, Kind, Vec<String>),
}

/// Reads what is at a path. `target` is the folder that a brief goes into; briefs in it are none of the source's.
///
/// # Errors
/// [`ImportError`] for what is not there, no source, or more than a book.
pub(super) fn load(path: &Path, target: &Path, disk: &Disk) -> Result<Loaded, ImportError> {
    let real = disk.resolve(path)?;
    let real = real.ok_or_else(|| ImportError::NotThere(path.to_owned()))?;
    let found = disk.metadata(&real)?;
    let found = found.ok_or_else(|| ImportError::NotThere(path.to_owned()))?;
    match found.kind {
        EntryKind::Folder => folder(&real, None, target, disk),
        _ => file(path, &real, target, disk),
    }
}

fn file(path: &Path, real: &Path, target: &Path, disk: &Disk) -> Result<Loaded, ImportError> {
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    let lower = name.to_lowercase();
    // A project is named by its own file, and is the folder around it.
    let around = real.parent().filter(|_| {
        let is_project = lower.ends_with(".nwx") || lower.ends_with(".scrivx");
        is_project || (lower.ends_with(".md") && is_index(real, disk))
    });
    if let Some(around) = around {
        return folder(around, Some(&name), target, disk);
    }
    let (mut opened, length) = disk.open_file(real)?;
    if length > ONE_FILE {
        return Err(too_much(path, "it is larger than any book"));
    }
    let mut start = [0; 4];
    let is_archive = length >= 4
        && opened.read_exact(&mut start).is_ok()
        && (start == *b"PK\x03\x04" || start == *b"PK\x05\x06");
    if is_archive {
        let (opened, length) = disk.open_file(real)?;
        return Ok(match archive::read(path, opened, length)? {
            Some((source, kind)) => Loaded::Book(source, kind, Vec::new()),
            None => Loaded::Archive,
        });
    }
    if lower.ends_with(".zip") {
        return Ok(Loaded::Archive);
    }
    let unknown = || ImportError::UnknownKind(path.to_owned());
    if lower.ends_with(".epub") || lower.ends_with(".docx") {
        return Err(ImportError::Damaged {
            path: path.to_owned(),
            why: "it does not begin as one".to_owned(),
        });
    }
    let bytes = disk.read_linked(real)?.ok_or_else(unknown)?;
    let source = Source {
        name: stem(real),
        files: vec![SourceFile {
            path: name.into_owned(),
            bytes,
        }],
    };
    let kind = kind_of(&source, false).ok_or_else(unknown)?;
    Ok(Loaded::Book(source, kind, Vec::new()))
}

/// Tells whether a markdown file is the index of a Longform project.
fn is_index(path: &Path, disk: &Disk) -> bool {
    let Ok((file, _)) = disk.open_file(path) else {
        return false;
    };
    let mut start = Vec::new();
    let read = file.take(256 << 10).read_to_end(&mut start);
    let source = Source {
        name: String::new(),
        files: vec![SourceFile {
            path: "index.md".to_owned(),
            bytes: start,
        }],
    };
    read.is_ok() && kind_of(&source, true) == Some(Kind::Longform)
}

fn folder(
    root: &Path,
    first: Option<&str>,
    target: &Path,
    disk: &Disk,
) -> Result<Loaded, ImportError> {
    let mut walk = Walk {
        root,
        target,
        disk,
        files: Vec::new(),
        left_out: Vec::new(),
        entries: 0,
        bytes: 0,
    };
    walk.folder(root, 0)?;
    let mut files = walk.files;
    // The file that was named counts before others of its kind.
    if let Some(at) = files
        .iter()
        .position(|file| Some(file.path.as_str()) == first)
    {
        files.swap(0, at);
    }
    let source = Source {
        name: stem(root),
        files,
    };
    let unknown = || ImportError::UnknownKind(root.to_owned());
    let kind = kind_of(&source, true).ok_or_else(unknown)?;
    let mut notices: Vec<String> = walk.left_out.iter().take(TOLD).cloned().collect();
    let more = walk.left_out.len().saturating_sub(TOLD);
    if more > 0 {
        notices.push(format!(
            "{more} more links and things that are no files are left out"
        ));
    }
    Ok(Loaded::Book(source, kind, notices))
}

struct Walk<'a> {
    root: &'a Path,
    target: &'a Path,
    disk: &'a Disk,
    files: Vec<SourceFile>,
    left_out: Vec<String>,
    entries: usize,
    bytes: u64,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), ImportError> {
        if depth > DEPTH {
            return Err(too_much(
                folder,
                "its folders are nested deeper than those of a book",
            ));
        }
        for entry in self.disk.list(folder)? {
            self.entries += 1;
            if self.entries > ENTRIES {
                return Err(too_much(self.root, "it holds more files than a book"));
            }
            let path = folder.join(&entry.name);
            if entry.name.starts_with('.') {
                continue;
            }
            match entry.kind {
                EntryKind::Folder if entry.name == GENERATED => {}
                EntryKind::Folder => self.folder(&path, depth + 1)?,
                EntryKind::File => self.file(&path, &entry.name)?,
                EntryKind::Link => self.leave_out(&path, "a link"),
                EntryKind::Other(what) => self.leave_out(&path, &what.to_string()),
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, path: &Path, what: &str) {
        let name = shown(&self.inside(path));
        self.left_out
            .push(format!("{name} is {what} and is left out"));
    }

    fn inside(&self, path: &Path) -> String {
        let inside = path.strip_prefix(self.root).unwrap_or(path);
        inside.to_string_lossy().replace('\\', "/")
    }

    fn file(&mut self, path: &Path, name: &str) -> Result<(), ImportError> {
        let lower = name.to_lowercase();
        let is_brief = (lower == "story.md" || lower.ends_with(".story.md"))
            && path.parent() == Some(self.target);
        if is_brief || !READ.iter().any(|end| lower.ends_with(end)) {
            return Ok(());
        }
        let length = self.disk.metadata(path)?.map_or(0, |found| found.length);
        self.bytes = self.bytes.saturating_add(length);
        if length > ONE_FILE || self.bytes > ALL_FILES {
            return Err(too_much(path, "it is larger than any book"));
        }
        if let Some(bytes) = self.disk.read(path)? {
            let path = self.inside(path);
            self.files.push(SourceFile { path, bytes });
        }
        Ok(())
    }
}

fn too_much(path: &Path, why: &str) -> ImportError {
    ImportError::TooMuch {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}

/// Returns the name of a file or folder without its end.
fn stem(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    match name.is_empty() {
        true => "Untitled".to_owned(),
        false => name.into_owned(),
    }
}

/// Returns a path as it is kept in a story's folder: relative where it can be.
pub(super) fn kept_path(source: &Path, root: &Path) -> String {
    let mut below = root.components().peekable();
    let mut rest = source.components().peekable();
    let mut shared = 0;
    while below.peek().is_some() && below.peek() == rest.peek() {
        below.next();
        rest.next();
        shared += 1;
    }
    // On another drive nothing is shared.
    if shared == 0 {
        return source.to_string_lossy().replace('\\', "/");
    }
    let up = below.map(|_| "..".to_owned());
    let down = rest.map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Returns the path of a source without links.
pub(super) fn real_path(path: &Path, disk: &Disk) -> Result<PathBuf, ImportError> {
    let real = disk.resolve(path)?;
    real.ok_or_else(|| ImportError::NotThere(path.to_owned()))
}
