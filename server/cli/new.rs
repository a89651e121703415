//! `storywright new`: a brief to start from.

use super::args::New;
use super::{Exit, Failure, output};
use crate::engine::argument::as_argument;
use crate::engine::new_story;

pub fn run(arguments: New) -> Result<Exit, Failure> {
    let path = new_story::create(&arguments.folder, &arguments.title).map_err(|error| Failure {
        message: error.to_string(),
        exit: Exit::Failed,
    })?;
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
