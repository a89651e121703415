//! The story that a command is about, read with its settings; what is wrong with them is noted.

use std::path::Path;

use serde_json::{Map, Value};

use super::failure::Failure;
use super::output;
use super::place::{brief, workspace};
use crate::analysis::snapshot::StorySource;
use crate::analysis::story_file::StoryFile;
use crate::jobs::run::workshop::Workshop;
use crate::session::NoEditor;
use crate::settings::Settings;

/// Reads the story that a command is about, with the settings of its files.
///
/// A command that only looks or packs goes on with those that can be used.
pub fn story_and_settings(
    workshop: &Workshop,
    path: Option<&Path>,
) -> Result<(StoryFile, Settings), Failure> {
    let (brief, workspace) = (brief(path)?, workspace());
    let source = StorySource::of_files(&brief, workspace.as_deref());
    let read = workshop.read_story(&source, &NoEditor)?;
    for problem in &read.settings_problems {
        output::note(&format!("note: {problem}"));
    }
    Ok((read.story, read.settings))
}

/// Reads the story that a command is about, with the settings of its files and flags.
///
/// # Errors
/// Settings that can't be used; those that are ignored are noted.
pub fn usable_story(
    workshop: &Workshop,
    path: Option<&Path>,
    flags: &Map<String, Value>,
) -> Result<(StoryFile, Settings), Failure> {
    let (brief, workspace) = (brief(path)?, workspace());
    let source = StorySource {
        flags: Some(flags),
        ..StorySource::of_files(&brief, workspace.as_deref())
    };
    let (story, settings, warnings) = workshop.read_story(&source, &NoEditor)?.usable()?;
    for warning in warnings {
        output::note(&format!("note: {warning}"));
    }
    Ok((story, settings))
}
