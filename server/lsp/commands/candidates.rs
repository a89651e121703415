//! Runs the commands about candidates of a chunk: write some, show them side by side, take one, turn all down.

use std::sync::Arc;

use serde_json::json;
use tower_lsp::lsp_types::MessageType;

use super::arguments::Arguments;
use super::command::{Answer, Call, Here, Offer};
use super::decide;
use crate::analysis::candidates::Candidates;
use crate::analysis::status::ChunkOverview;
use crate::decisions::upkeep::Decision;
use crate::jobs::run::error::JobError;
use crate::jobs::run::reporter::cause_chain;
use crate::jobs::run::workshop::Scope;
use crate::lsp::confirm::PATIENCE;
use crate::lsp::pages;
use crate::lsp::state::State;
use crate::lsp::target::Target;
use crate::publishing::pages::{Page, Subject};
use crate::session::SessionId;

/// How many candidates are written where nobody says how many.
const COUNT: u32 = 3;

/// Writes candidates of a chunk.
pub fn write(_: &Arc<State>, target: &Target, arguments: &Arguments) -> Result<Scope, JobError> {
    Ok(Scope::Candidates {
        chunk: target.named_chunk()?,
        count: COUNT,
        note: arguments.note.clone(),
    })
}

/// Shows the candidates of a chunk side by side as a document; the answer is the same as data.
pub async fn show(call: Call) -> Answer {
    let found = find(&call).await?;
    let shown = found.clone();
    let page = call
        .blocking(move |state, arguments| {
            let target = arguments.target(state)?;
            let look = state.look(&target.brief, state.as_ref());
            let read = look.story().map_err(|error| cause_chain(&error))?;
            let session = SessionId::parse(&shown.session);
            let page = Page {
                subject: Subject::Candidates(shown.chunk),
                session: Some(session.map_err(|error| error.to_string())?),
            };
            pages::publish(state, &page, &shown.markdown(), &read.story)
        })
        .await?;
    call.tell(&found.headline());
    call.show_story_page(page);
    serde_json::to_value(&found).map_err(|error| error.to_string())
}

/// Takes the candidate that is named, or the only one; of several the author chooses, where the editor asks questions.
pub async fn take(call: Call) -> Answer {
    if let Some(candidate) = call.arguments.candidate {
        return decide::run(call, Decision::TakeCandidate(candidate)).await;
    }
    let found = find(&call).await?;
    let asks = call.state.introduction().asks_questions() && !call.arguments.quiet;
    match found.candidates.as_slice() {
        [] => Err(found.headline()),
        [only] => decide::run(call, Decision::TakeCandidate(only.candidate)).await,
        _ if asks => {
            let answer = serde_json::to_value(&found).map_err(|error| error.to_string());
            // Nothing waits for the author's choice.
            drop(tokio::spawn(choose(call, found)));
            answer
        }
        _ => Err(format!(
            "{}: say which one is to be taken, as `{{ \"candidate\": 2 }}`",
            found.headline()
        )),
    }
}

/// Lets the author choose a candidate, and takes it.
async fn choose(call: Call, found: Candidates) {
    let Some(client) = call.state.client() else {
        return;
    };
    let titles: Vec<(u32, String)> = found
        .candidates
        .iter()
        .map(|it| {
            let words = format!("{} {}", it.words, found.unit);
            let title = format!("{}: {words}, {}", it.candidate, it.first_difference);
            (it.candidate, title)
        })
        .collect();
    let offered: Vec<String> = titles.iter().map(|(_, title)| title.clone()).collect();
    let question = format!(
        "Storywright: which candidate is to be chunk {} “{}”? What it replaces and the others go to history/",
        found.chunk, found.title
    );
    let Ok(Some(answer)) = client.ask(question, &offered, PATIENCE).await else {
        return;
    };
    let Some((candidate, _)) = titles.into_iter().find(|(_, title)| *title == answer) else {
        return;
    };
    if let Err(error) = decide::run(call.clone(), Decision::TakeCandidate(candidate)).await {
        client.show(MessageType::ERROR, format!("Storywright: {error}"));
    }
}

async fn find(call: &Call) -> Result<Candidates, String> {
    call.blocking(|state, arguments| {
        let target = arguments.target(state)?;
        let chunk = target.named_chunk().map_err(|error| error.to_string())?;
        let look = state.look(&target.brief, state.as_ref());
        look.candidates(target.session.as_ref(), &chunk)
            .map_err(|error| cause_chain(&error))
    })
    .await
}

/// Offers to write candidates of a complete chunk that has none.
pub fn offer_write(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let may = chunk.is_complete() && !chunk.locked && !here.is_being_written(chunk);
    let title = format!("write {COUNT} candidates of {}", here.name(chunk));
    (may && chunk.candidates.is_empty()).then(|| here.offer_on(chunk, title))
}

/// Offers to show the candidates of a chunk.
pub fn offer_show(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let title = format!("compare the candidates of {}", here.name(chunk));
    (!chunk.candidates.is_empty()).then(|| here.offer_on(chunk, title))
}

/// Offers to take the candidate at an index of those that there are.
pub fn offer_take<const AT: usize>(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let candidate = chunk.candidates.get(AT).filter(|_| !chunk.locked)?;
    let title = format!("take candidate {candidate} of {}", here.name(chunk));
    let arguments = json!({
        "uri": here.url,
        "beat": chunk.beat,
        "session": here.session(),
        "candidate": candidate,
    });
    Some(Offer::new(title, arguments))
}

/// Offers to turn all candidates down.
pub fn offer_reject(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let title = format!("reject the candidates of {}", here.name(chunk));
    (!chunk.candidates.is_empty()).then(|| here.offer_on(chunk, title))
}
