//! Runs the commands about drafts as a whole: a new one, another one, one whose brief was renamed.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use tower_lsp::lsp_types::MessageType;

use super::arguments::Arguments;
use super::command::{Answer, Call, Here, Offer};
use crate::analysis::sessions::Sessions;
use crate::analysis::story_file::StoryFile;
use crate::decisions::sessions;
use crate::jobs::run::reporter::cause_chain;
use crate::lsp::confirm::PATIENCE;
use crate::lsp::state::State;
use crate::lsp::{review, stories};
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

/// Makes a draft the current one. Without an argument the author chooses, where the editor asks questions, and the
/// answer is the list as data; elsewhere the drafts are shown, for the author has to know what can be named.
pub async fn switch(call: Call) -> Answer {
    let target = call.target().await?;
    if let Some(wanted) = &call.arguments.session {
        let id = switch_to(&call, target.brief, wanted.clone()).await?;
        return Ok(json!({ "session": id.as_str() }));
    }
    let (quiet, brief) = (call.arguments.quiet, target.brief.clone());
    let sessions = call
        .blocking(move |state, _| {
            let look = state.look(&brief, state.as_ref());
            look.sessions().map_err(|error| cause_chain(&error))
        })
        .await?;
    let answer = serde_json::to_value(&sessions).map_err(|error| error.to_string());
    match (quiet, call.state.introduction().asks_questions()) {
        (true, _) => answer,
        (false, true) if sessions.sessions.len() > 1 => {
            // Nothing waits for the author's choice.
            tokio::spawn(choose(call, target.brief, sessions));
            answer
        }
        (false, true) => {
            call.tell("there is no other draft of this story");
            answer
        }
        (false, false) => Err(format!(
            "which session? Name one as the argument of storywright.switchSession, or run `storywright session use ID`. \
             The current one is marked:\n{}",
            sessions.table()
        )),
    }
}

/// Lets the author choose a draft, and switches to it.
async fn choose(call: Call, brief: PathBuf, sessions: Sessions) {
    let Some(client) = call.state.client() else {
        return;
    };
    let others = sessions.sessions.iter().filter(|session| !session.current);
    let titles: Vec<String> = others.map(|session| session.session.clone()).collect();
    let question = format!(
        "Storywright: which draft of “{}” is to go on?",
        sessions.story
    );
    if let Ok(Some(chosen)) = client.ask(question, &titles, PATIENCE).await
        && let Err(error) = switch_to(&call, brief, chosen).await
    {
        client.show(MessageType::ERROR, format!("Storywright: {error}"));
    }
}

async fn switch_to(call: &Call, brief: PathBuf, wanted: String) -> Result<SessionId, String> {
    let id = call
        .blocking(move |state, _| {
            let look = state.look(&brief, state.as_ref());
            let read = look.story().map_err(|error| cause_chain(&error))?;
            let id = SessionId::parse(&wanted).map_err(|error| error.to_string())?;
            sessions::switch(&read.story, &id, state.workshop.disk())
                .map_err(|error| cause_chain(&error))?;
            review::story_changed(state, &brief);
            Ok(id)
        })
        .await?;
    call.tell(&format!(
        "session {id} is the current one; writing the story goes on with it"
    ));
    Ok(id)
}

fn story(state: &Arc<State>, arguments: &Arguments) -> Result<(StoryFile, Settings), String> {
    let target = arguments.place(state)?;
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
