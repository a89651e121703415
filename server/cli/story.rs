//! Reads the story that a command is about with its settings, and notes problems of the settings.

use std::path::Path;

use serde_json::{Map, Value};

use super::failure::Failure;
use super::output;
use super::place::{brief, workspace};
use crate::analysis::snapshot::StorySource;
use crate::analysis::snapshots::Look;
use crate::analysis::story_file::StoryFile;
use crate::jobs::run::workshop::Workshop;
use crate::session::NoEditor;
use crate::settings::Settings;

/// Begins a look at the story that a command is about, with the settings of its files.
///
/// A command that only looks or packs goes on with those that can be used.
pub fn look<'a>(workshop: &'a Workshop, path: Option<&Path>) -> Result<Look<'a>, Failure> {
    let (brief, workspace) = (brief(path)?, workspace());
    let source = StorySource::of_files(&brief, workspace.as_deref());
    let look = workshop.look(&source, &NoEditor);
    for problem in &look.story()?.settings_problems {
        output::note(&format!("note: {problem}"));
    }
    Ok(look)
}

/// Begins a look at the story that a command is about, with the settings of its files and flags.
///
/// # Errors
/// Settings that can't be used; those that are ignored are noted.
pub fn usable_look<'a>(
    workshop: &'a Workshop,
    path: Option<&Path>,
    flags: &Map<String, Value>,
) -> Result<Look<'a>, Failure> {
    let (brief, workspace) = (brief(path)?, workspace());
    let source = StorySource {
        flags: Some(flags),
        ..StorySource::of_files(&brief, workspace.as_deref())
    };
    let look = workshop.look(&source, &NoEditor);
    for warning in look.story()?.check_settings()? {
        output::note(&format!("note: {warning}"));
    }
    Ok(look)
}

/// Reads the story that a command is about, with the settings of its files.
pub fn story_and_settings(
    workshop: &Workshop,
    path: Option<&Path>,
) -> Result<(StoryFile, Settings), Failure> {
    let read = look(workshop, path)?.story()?;
    Ok((read.story.clone(), read.settings.clone()))
}
