//! `storywright session`: the drafts of a story.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;

use super::exit::Exit;
use super::failure::Failure;
use super::output;
use super::story::{look, story_and_settings};
use crate::decisions::sessions;
use crate::jobs::run::workshop::Workshop;
use crate::session::{NoEditor, SessionId};

#[derive(Subcommand)]
pub enum Session {
    /// Show the drafts, the current one marked
    List(SessionList),
    /// Begin a draft beside the others, and make it the current one
    New(SessionNew),
    /// Make a draft the one that `write` goes on with
    Use(SessionUse),
    /// Take over a draft whose brief was renamed, and make it the current one
    Adopt(SessionAdopt),
}

#[derive(Args)]
pub struct SessionList {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct SessionNew {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Name of the draft [default: the title and the next number]
    #[arg(long)]
    pub name: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct SessionUse {
    /// The draft
    pub id: String,
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct SessionAdopt {
    /// The draft [default: the one whose beats are this story's]
    pub id: Option<String>,
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

pub fn run(workshop: &Workshop, arguments: Session) -> Result<Exit, Failure> {
    match arguments {
        Session::List(arguments) => list(workshop, &arguments),
        Session::New(arguments) => new(workshop, &arguments),
        Session::Use(arguments) => switch(workshop, &arguments),
        Session::Adopt(arguments) => adopt(workshop, &arguments),
    }
}

fn list(workshop: &Workshop, arguments: &SessionList) -> Result<Exit, Failure> {
    let sessions = look(workshop, arguments.path.as_deref())?.sessions()?;
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
