//! Adds a source that has people and background and no text to the story that is there.

use std::path::{Path, PathBuf};

use super::error::ImportError;
use super::people::with_people;
use super::report::{Added, ImportReport};
use crate::book::read::ImportedBook;
use crate::jobs::run::error::JobError;
use crate::session::{ClientEdit, Disk, Owners, StoryFolder};
use crate::story::Brief;
use crate::story::conflict_markers::MERGE_CONFLICT;

/// Finds the brief that such a source is added to: the one that is named, else the only one of the folder.
///
/// # Errors
/// [`ImportError::NotThere`] for a brief that is named and not there.
pub(super) fn brief_to_add_to(
    root: &Path,
    named: Option<&Path>,
    disk: &Disk,
) -> Result<Option<PathBuf>, ImportError> {
    if let Some(named) = named {
        let path = std::path::absolute(named).unwrap_or_else(|_| named.to_owned());
        return match disk.metadata(&path)? {
            Some(_) => Ok(Some(path)),
            None => Err(ImportError::NotThere(named.to_owned())),
        };
    }
    if disk.metadata(root)?.is_none() {
        return Ok(None);
    }
    let names = disk.list(root)?.into_iter().map(|entry| entry.name);
    let mut briefs = names.filter(|name| name == "story.md" || name.ends_with(".story.md"));
    let only = briefs.next().filter(|_| briefs.next().is_none());
    Ok(only.map(|name| root.join(name)))
}

/// Adds cast, background and notes of a source to a brief; in the editor where it is open.
///
/// # Errors
/// [`ImportError`]; nothing was written then.
pub(super) fn add(
    path: &Path,
    book: &ImportedBook,
    mut report: ImportReport,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<(ImportReport, Vec<ClientEdit>), ImportError> {
    let folder = StoryFolder::of_brief(path)?;
    let disk = disk.within(folder.root());
    let open = owners.open_text(path);
    let is_open = open.is_some();
    let text = match open {
        Some(text) => text,
        None => String::from_utf8(disk.read_linked(path)?.unwrap_or_default()).map_err(|_| {
            JobError::NotText {
                path: path.to_owned(),
            }
        })?,
    };
    let is_unmerged = |brief: &Brief| brief.problems.iter().any(|it| it.code == MERGE_CONFLICT);
    let grown = with_people(&text, book).filter(|_| !is_unmerged(&Brief::parse(&text)));
    let grown = grown.ok_or_else(|| ImportError::NoPlaceBeside(path.to_owned()))?;
    report.brief = path.display().to_string();
    if !grown.kept.is_empty() {
        report.notices.push(format!(
            "in the brief already, and kept as you have it: {}",
            grown.kept.join(", ")
        ));
    }
    let is_changed = grown.text != text;
    report.added = Some(Added {
        cast: grown.cast,
        background: grown.background,
    });
    if report.dry_run || !is_changed {
        return Ok((report, Vec::new()));
    }
    let edit = ClientEdit {
        path: path.to_owned(),
        text: grown.text,
        base: text,
    };
    if is_open {
        return Ok((report, vec![edit]));
    }
    disk.write(path, edit.text.as_bytes())?;
    Ok((report, Vec::new()))
}
