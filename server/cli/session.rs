//! `storywright session`: the drafts of a story.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::args::{Session, SessionAdopt, SessionList, SessionNew, SessionUse};
use super::{Exit, Failure, brief, output, workspace};
use crate::engine::sessions;
use crate::engine::settings::Settings;
use crate::engine::snapshot::StorySource;
use crate::engine::story_file::StoryFile;
use crate::engine::workshop::Workshop;
use crate::session::{NoEditor, SessionId};

pub fn run(workshop: &Workshop, arguments: Session) -> Result<Exit, Failure> {
    match arguments {
        Session::List(arguments) => list(workshop, &arguments),
        Session::New(arguments) => new(workshop, &arguments),
        Session::Use(arguments) => switch(workshop, &arguments),
        Session::Adopt(arguments) => adopt(workshop, &arguments),
    }
}

fn list(workshop: &Workshop, arguments: &SessionList) -> Result<Exit, Failure> {
    let (story, settings) = story_and_settings(workshop, arguments.path.as_deref())?;
    let sessions = sessions::list(&story, &settings, &NoEditor, workshop.disk())?;
    match arguments.json {
        true => output::print_json(&sessions, true),
        false => output::print(&sessions.table()),
    }
    Ok(Exit::Done)
}

fn new(workshop: &Workshop, arguments: &SessionNew) -> Result<Exit, Failure> {
    let (story, settings) = story_and_settings(workshop, arguments.path.as_deref())?;
    let name = arguments.name.as_deref();
    let name = name.map(SessionId::parse).transpose()?;
    let id = sessions::create(
        workshop,
        &story,
        &settings,
        name.as_ref(),
        Arc::new(NoEditor),
    )?;
    tell(
        &id,
        arguments.json,
        "is begun; `storywright write` goes on with it",
    );
    Ok(Exit::Done)
}

fn switch(workshop: &Workshop, arguments: &SessionUse) -> Result<Exit, Failure> {
    let (story, _) = story_and_settings(workshop, arguments.path.as_deref())?;
    let id = SessionId::parse(&arguments.id)?;
    sessions::switch(&story, &id, workshop.disk())?;
    tell(
        &id,
        arguments.json,
        "is the current one; `storywright write` goes on with it",
    );
    Ok(Exit::Done)
}

fn adopt(workshop: &Workshop, arguments: &SessionAdopt) -> Result<Exit, Failure> {
    let (story, settings) = story_and_settings(workshop, arguments.path.as_deref())?;
    let id = arguments.id.as_deref().map(SessionId::parse).transpose()?;
    let owners = Arc::new(NoEditor);
    let id = sessions::adopt(workshop, &story, &settings, id.as_ref(), owners)?;
    let what = format!(
        "is a draft of {} now; `storywright write` goes on with it",
        story.folder.brief_name()
    );
    tell(&id, arguments.json, &what);
    Ok(Exit::Done)
}

fn tell(id: &SessionId, as_json: bool, what: &str) {
    match as_json {
        true => output::print_json(&json!({ "session": id.as_str(), "current": true }), true),
        false => output::print(&format!("session {id} {what}")),
    }
}

/// The story that a command is about, with the settings of its files. What is wrong with them is noted; a
/// command that only looks or packs goes on with those that can be used.
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

/// The story that a command is about, with the settings of its files and flags.
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
