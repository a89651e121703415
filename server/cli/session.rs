//! `storywright session`: the drafts of a story.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, json};

use super::args::{Session, SessionList, SessionNew, SessionUse};
use super::{Exit, Failure, brief, output, workspace};
use crate::engine::sessions;
use crate::engine::settings::Settings;
use crate::engine::story_file::StoryFile;
use crate::engine::workshop::Workshop;
use crate::session::{NoEditor, SessionId};

pub fn run(workshop: &Workshop, arguments: Session) -> Result<Exit, Failure> {
    match arguments {
        Session::List(arguments) => list(workshop, &arguments),
        Session::New(arguments) => new(workshop, &arguments),
        Session::Use(arguments) => switch(workshop, &arguments),
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

fn tell(id: &SessionId, as_json: bool, what: &str) {
    match as_json {
        true => output::print_json(&json!({ "session": id.as_str(), "current": true }), true),
        false => output::print(&format!("session {id} {what}")),
    }
}

/// The story that a command is about, with the settings of its files.
pub fn story_and_settings(
    workshop: &Workshop,
    path: Option<&Path>,
) -> Result<(StoryFile, Settings), Failure> {
    let story = StoryFile::read(&brief(path)?, &NoEditor)?;
    let (settings, _) = workshop.settings(&story, workspace().as_deref(), None, &Map::new());
    Ok((story, settings))
}
