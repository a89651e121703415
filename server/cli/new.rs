//! `storywright new`: a brief to start from.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::output;
use crate::decisions::new_story;
use crate::settings::argument::as_argument;

#[derive(Args)]
pub struct New {
    /// Title of the story
    #[arg(default_value = "Untitled")]
    pub title: String,
    /// Folder to put the brief into
    #[arg(long, default_value = ".")]
    pub folder: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

pub fn run(arguments: New) -> Result<Exit, Failure> {
    let path = new_story::create(&output::native(&arguments.folder), &arguments.title).map_err(
        |error| Failure {
            message: error.to_string(),
            exit: Exit::Failed,
        },
    )?;
    if arguments.json {
        output::print_json(&serde_json::json!({ "brief": path }), true);
    } else {
        let path = path.display().to_string();
        output::print(&format!(
            "{path}\n\nChange it to your story, then: storywright write {}",
            as_argument(&path)
        ));
    }
    Ok(Exit::Done)
}
