//! Runs the commands about drafts as a whole: a new one, another one, one whose brief was renamed.

use std::sync::Arc;

use serde_json::json;

use super::arguments::Arguments;
use super::command::{Answer, Call, Here, Offer};
use crate::analysis::story_file::StoryFile;
use crate::jobs::decide::sessions;
use crate::jobs::run::reporter::cause_chain;
use crate::lsp::state::State;
use crate::lsp::stories;
use crate::session::{Owners, SessionId};
use crate::settings::Settings;

/// Begins a draft beside the others; it is the current one then.
pub async fn new(call: Call) -> Answer {
    let id = call
        .blocking(|state, arguments| {
            let (story, settings) = story(state, arguments)?;
            let owners: Arc<dyn Owners> = Arc::clone(state) as Arc<dyn Owners>;
            let name = named(arguments)?;
            sessions::create(&state.workshop, &story, &settings, name.as_ref(), owners)
                .map_err(|error| cause_chain(&error))
        })
        .await?;
    call.tell(&format!(
        "session {id} is begun; writing the story goes on with it"
    ));
    Ok(json!({ "session": id.as_str() }))
}

/// Takes over a draft whose brief was renamed; it is the current one then.
pub async fn adopt(call: Call) -> Answer {
    let (id, brief) = call
        .blocking(|state, arguments| {
            let (story, settings) = story(state, arguments)?;
            let owners: Arc<dyn Owners> = Arc::clone(state) as Arc<dyn Owners>;
            let name = named(arguments)?;
            let id = sessions::adopt(&state.workshop, &story, &settings, name.as_ref(), owners)
                .map_err(|error| cause_chain(&error))?;
            Ok((id, story.folder.brief_name().to_owned()))
        })
        .await?;
    call.tell(&format!(
        "session {id} is a draft of {brief} now; writing goes on with it"
    ));
    Ok(json!({ "session": id.as_str() }))
}

/// Makes a draft the current one. Without an argument the drafts are shown: an editor without input
/// boxes has to know what can be named.
pub async fn switch(call: Call) -> Answer {
    let id = call
        .blocking(|state, arguments| {
            let brief = arguments.target(state)?.brief;
            let look = state.look(&brief, state.as_ref());
            let read = look.story().map_err(|error| cause_chain(&error))?;
            let Some(wanted) = &arguments.session else {
                let sessions = look.sessions().map_err(|error| cause_chain(&error))?;
                return Err(format!(
                    "which session? Name one as the argument of storywright.switchSession, or run `storywright session use ID`. \
                     The current one is marked:\n{}",
                    sessions.table()
                ));
            };
            let id = SessionId::parse(wanted).map_err(|error| error.to_string())?;
            sessions::switch(&read.story, &id, state.workshop.disk()).map_err(|error| cause_chain(&error))?;
            Ok(id)
        })
        .await?;
    call.tell(&format!(
        "session {id} is the current one; writing the story goes on with it"
    ));
    Ok(json!({ "session": id.as_str() }))
}

fn story(state: &Arc<State>, arguments: &Arguments) -> Result<(StoryFile, Settings), String> {
    let target = arguments.target(state)?;
    stories::read(state, &target.brief).map_err(|error| cause_chain(&error))
}

fn named(arguments: &Arguments) -> Result<Option<SessionId>, String> {
    let name = arguments.session.as_deref().map(SessionId::parse);
    name.transpose().map_err(|error| error.to_string())
}

/// Offers to go on with a draft of a brief that was renamed.
pub fn offer_adopt(here: &Here, draft: &str) -> Offer {
    let title = format!("go on with the draft {draft}, whose brief was renamed");
    Offer::new(title, json!({ "uri": here.url, "session": draft }))
}
