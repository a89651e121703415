//! `textDocument/inlineCompletion`: the next sentence at the cursor, where the author asks for it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tower_lsp::lsp_types::{MessageType, Position, Range, Url};

use crate::jobs::inplace::{Unshown, Writing};
use crate::jobs::run::blocking::blocking;
use crate::lsp::commands::inplace::{Asked, writing};
use crate::lsp::commands::start_job::SETTINGS_PATIENCE;
use crate::lsp::document_kind::{is_full_story, is_text};
use crate::lsp::documents::{Snapshot, path_of};
use crate::lsp::plain::plain;
use crate::lsp::position;
use crate::lsp::state::State;
use crate::writing::inplace::{Place, Task};

/// The author asked; anything else (`Automatic` is 2) the editor sends by itself while somebody types.
const INVOKED: u64 = 1;

/// Names a place (LSP 3.18).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Params {
    text_document: Document,
    position: Position,
    context: Context,
}

#[derive(Debug, Deserialize)]
struct Document {
    uri: Url,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    trigger_kind: u64,
}

/// Lists what is offered at a place (LSP 3.18).
#[derive(Debug, Default, Serialize)]
pub struct Offered {
    items: Vec<Item>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    insert_text: String,
    range: Range,
}

/// Asks a model for the next sentence, where the author asked for one; what goes wrong is a line of the log. Dropped, the
/// call to the model ends.
pub async fn handle(state: &Arc<State>, params: Params) -> Offered {
    if params.context.trigger_kind != INVOKED {
        return Offered::default();
    }
    match sentence(state, &params).await {
        Ok(Some(insert_text)) => Offered {
            items: vec![Item {
                insert_text,
                range: Range::new(params.position, params.position),
            }],
        },
        Ok(None) => Offered::default(),
        Err(why) => {
            if let Some(client) = state.client() {
                let message = format!("Storywright: no sentence at the cursor: {why}");
                client.log(MessageType::WARNING, message);
            }
            Offered::default()
        }
    }
}

/// Returns the next sentence; `None` where none can be.
async fn sentence(state: &Arc<State>, params: &Params) -> Result<Option<String>, String> {
    state.wait_for_settings(SETTINGS_PATIENCE).await;
    let url = &params.text_document.uri;
    let Some(document) = state.documents.get(url) else {
        return Ok(None);
    };
    let prepared = {
        let (state, position) = (Arc::clone(state), params.position);
        blocking(move || prepare(&state, &document, position)).await?
    };
    let Some(writing) = prepared else {
        return Ok(None);
    };
    let sentence = writing.next_sentence(&state.workshop).await;
    sentence.map(Some).map_err(|error| error.to_string())
}

fn prepare(
    state: &Arc<State>,
    document: &Snapshot,
    position: Position,
) -> Result<Option<Writing>, String> {
    let url = &document.url;
    if !is_text(url) || path_of(url).as_deref().is_some_and(is_full_story) {
        return Ok(None);
    }
    let source = document.text();
    let at = position::to_byte(&document.rope, position, state.documents.encoding());
    let (text, at) = (plain(&source), plain(&source[..at]).len());
    let Some(place) = Place::of_sentence(&text, at) else {
        return Ok(None);
    };
    let asked = Asked {
        task: Task::Sentence,
        text,
        place,
        instruction: None,
        job: state.jobs.next_id(),
    };
    writing(state, url, asked, Box::new(Unshown)).map(Some)
}
