//! The commands about drafts as a whole: export, a new one, another one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::lsp_types::MessageType;

use super::commands::{story_at, unblocked};
use super::state::State;
use super::target::{Arguments, Takes, Target, resolve};
use crate::engine::export::{Format, export};
use crate::engine::report::cause_chain;
use crate::engine::sessions;
use crate::engine::settings::Settings;
use crate::engine::story_file::{StoryFile, is_brief_name};
use crate::session::{Owners, SessionId};

pub const EXPORT: &str = "storywright.export";
pub const NEW_SESSION: &str = "storywright.newSession";
pub const SWITCH_SESSION: &str = "storywright.switchSession";
pub const ADOPT_SESSION: &str = "storywright.adoptSession";

/// Runs a command of this file.
///
/// # Errors
/// A sentence for the author.
pub async fn execute(state: &Arc<State>, command: &str, values: &[Value]) -> Result<Value, String> {
    let request = Request::read(values)?;
    let command = command.to_owned();
    let (answer, message) = {
        let state = Arc::clone(state);
        unblocked(move || {
            let target = resolve(&state, &request.arguments)?;
            match command.as_str() {
                EXPORT => export_session(&state, &target, request.format),
                NEW_SESSION => new_session(&state, &target, &request.arguments),
                ADOPT_SESSION => adopt_session(&state, &target, &request.arguments),
                _ => switch_session(&state, &target, &request.arguments),
            }
        })
        .await?
    };
    if let Some(client) = state.client() {
        client.show(MessageType::INFO, format!("Storywright: {message}"));
    }
    Ok(answer)
}

/// The arguments: beside what every command takes, a text that is no URI is the id of a
/// session (or a format), and an object may have `format`.
struct Request {
    arguments: Arguments,
    format: Format,
}

impl Request {
    fn read(values: &[Value]) -> Result<Request, String> {
        let mut rest = Vec::new();
        let (mut format, mut session) = (Format::default(), None);
        for value in values {
            match value {
                Value::String(text) if text == "zip" || text == "md" => format = format_of(text)?,
                Value::String(text) if !text.contains(['/', ':']) => session = Some(text.clone()),
                Value::Object(fields) => {
                    if let Some(wanted) = fields.get("format").and_then(Value::as_str) {
                        format = format_of(wanted)?;
                    }
                    let mut fields = fields.clone();
                    fields.remove("format");
                    rest.push(Value::Object(fields));
                }
                _ => rest.push(value.clone()),
            }
        }
        let mut arguments = Arguments::read(&rest, Takes::Place)?;
        arguments.session = session.or(arguments.session);
        Ok(Request { arguments, format })
    }
}

fn format_of(text: &str) -> Result<Format, String> {
    match text {
        "zip" => Ok(Format::Zip),
        "md" => Ok(Format::Md),
        _ => Err(format!("`format` expects zip or md, not {text}")),
    }
}

/// What the client is answered, and what the author is told.
type Answer = Result<(Value, String), String>;

fn export_session(state: &Arc<State>, target: &Target, format: Format) -> Answer {
    let (story, settings) = story(state, target)?;
    let report = export(
        &story,
        &settings,
        target.session.as_ref(),
        format,
        None,
        state.as_ref(),
        state.workshop.disk(),
    )
    .map_err(|error| cause_chain(&error))?;
    let mut message = report.message();
    for notice in &report.notices {
        message.push_str(&format!(". Note: {notice}"));
    }
    Ok((Value::from(report.file), message))
}

fn new_session(state: &Arc<State>, target: &Target, arguments: &Arguments) -> Answer {
    let (story, settings) = story(state, target)?;
    let owners: Arc<dyn Owners> = Arc::clone(state) as Arc<dyn Owners>;
    let name = arguments.session.as_deref().map(SessionId::parse);
    let name = name.transpose().map_err(|error| error.to_string())?;
    let id = sessions::create(&state.workshop, &story, &settings, name.as_ref(), owners)
        .map_err(|error| cause_chain(&error))?;
    let message = format!("session {id} is begun; writing the story goes on with it");
    Ok((json!({ "session": id.as_str() }), message))
}

fn adopt_session(state: &Arc<State>, target: &Target, arguments: &Arguments) -> Answer {
    let (story, settings) = story(state, target)?;
    let owners: Arc<dyn Owners> = Arc::clone(state) as Arc<dyn Owners>;
    let name = arguments.session.as_deref().map(SessionId::parse);
    let name = name.transpose().map_err(|error| error.to_string())?;
    let id = sessions::adopt(&state.workshop, &story, &settings, name.as_ref(), owners)
        .map_err(|error| cause_chain(&error))?;
    let brief = story.folder.brief_name();
    let message = format!("session {id} is a draft of {brief} now; writing goes on with it");
    Ok((json!({ "session": id.as_str() }), message))
}

/// Brings the drafts of briefs that the editor renamed to their new names.
pub async fn follow_renames(state: &Arc<State>, renames: Vec<(PathBuf, PathBuf)>) {
    let told = {
        let state = Arc::clone(state);
        crate::engine::blocking(move || {
            let renames = renames.iter();
            renames
                .filter_map(|(old, new)| follow_rename(&state, old, new).transpose())
                .collect::<Vec<_>>()
        })
        .await
    };
    let Some(client) = state.client() else {
        return;
    };
    for told in told {
        match told {
            Ok(message) => client.show(MessageType::INFO, format!("Storywright: {message}")),
            Err(message) => client.show(MessageType::WARNING, format!("Storywright: {message}")),
        }
    }
}

/// What there is to tell; `None` for a file that is no brief, or has no drafts.
fn follow_rename(state: &Arc<State>, old: &Path, new: &Path) -> Result<Option<String>, String> {
    let name = |path: &Path| path.file_name()?.to_str().map(str::to_owned);
    let (Some(former), Some(brief)) = (name(old), name(new)) else {
        return Ok(None);
    };
    let is_rename = is_brief_name(&former) && is_brief_name(&brief) && old.parent() == new.parent();
    if !is_rename {
        return Ok(None);
    }
    let adopted = story_at(state, new).and_then(|(story, settings)| {
        let owners: Arc<dyn Owners> = Arc::clone(state) as Arc<dyn Owners>;
        sessions::follow_rename(&state.workshop, &story, &settings, &former, &owners)
    });
    let adopted = adopted.map_err(|error| cause_chain(&error))?;
    let ids: Vec<&str> = adopted.iter().map(SessionId::as_str).collect();
    Ok(
        (!ids.is_empty())
            .then(|| format!("what was written goes with {brief}: {}", ids.join(", "))),
    )
}

/// Without an argument the sessions are shown: an editor without input boxes has to know what
/// can be named.
fn switch_session(state: &Arc<State>, target: &Target, arguments: &Arguments) -> Answer {
    let (story, settings) = story(state, target)?;
    let disk = state.workshop.disk();
    let Some(wanted) = &arguments.session else {
        let sessions = sessions::list(&story, &settings, state.as_ref(), disk)
            .map_err(|error| cause_chain(&error))?;
        return Err(format!(
            "which session? Name one as the argument of {SWITCH_SESSION}, or run `storywright session use ID`. \
             The current one is marked:\n{}",
            sessions.table()
        ));
    };
    let id = SessionId::parse(wanted).map_err(|error| error.to_string())?;
    sessions::switch(&story, &id, disk).map_err(|error| cause_chain(&error))?;
    let message = format!("session {id} is the current one; writing the story goes on with it");
    Ok((json!({ "session": id.as_str() }), message))
}

fn story(state: &Arc<State>, target: &Target) -> Result<(StoryFile, Settings), String> {
    story_at(state, &target.brief).map_err(|error| cause_chain(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_in_many_ways() {
        let uri = "file:///novel/story.md";
        for values in [
            vec![json!("draft-02")],
            vec![json!(uri), json!("draft-02")],
            vec![json!({ "uri": uri, "session": "draft-02" })],
            vec![json!("draft-02"), json!({ "format": "zip" })],
        ] {
            let request = Request::read(&values).unwrap();
            assert_eq!(
                request.arguments.session.as_deref(),
                Some("draft-02"),
                "{values:?}"
            );
        }
        let request = Request::read(&[json!({ "format": "md" })]).unwrap();
        assert_eq!(request.format, Format::Md);
        assert!(Request::read(&[json!({ "format": "pdf" })]).is_err());
    }
}
