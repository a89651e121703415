//! `textDocument/definition`: where a character, a rule, a beat or a chunk is written.

use std::path::Path;
use std::sync::Arc;

use tower_lsp::lsp_types::{GotoDefinitionParams, GotoDefinitionResponse, Location, LocationLink};

use crate::analysis::features::navigation::{self, Definition};
use crate::lsp::opened::{Opened, with_document};
use crate::lsp::state::State;

/// Answers with links where the client shows them, so that the whole name is one, else with places.
pub async fn handle(
    state: &Arc<State>,
    params: GotoDefinitionParams,
) -> Option<GotoDefinitionResponse> {
    let place = params.text_document_position_params;
    let links = state.introduction().follows_links();
    with_document(state, place.text_document.uri, move |opened| {
        let (offset, story) = (opened.offset(place.position), opened.story()?);
        let (brief, index) = (story.folder.brief(), || opened.index());
        let found = navigation::definition(&opened.document(), brief, index, offset)?;
        let text_of = |path: &Path| match path == brief {
            true => Some(story.text.as_str().into()),
            false => {
                let index = opened.index()?;
                Some(Arc::clone(&navigation::text_of(&index, path)?.text))
            }
        };
        Some(match links {
            true => GotoDefinitionResponse::Link(as_links(opened, &found, text_of)),
            false => GotoDefinitionResponse::Array(as_places(opened, &found, text_of)),
        })
    })
    .await
}

fn as_places(
    opened: &Opened<'_>,
    found: &Definition,
    text_of: impl Fn(&Path) -> Option<Arc<str>>,
) -> Vec<Location> {
    let mut places = opened.places();
    let to = found.to.iter();
    to.filter_map(|to| places.location(&to.path, &text_of(&to.path)?, &to.span))
        .collect()
}

fn as_links(
    opened: &Opened<'_>,
    found: &Definition,
    text_of: impl Fn(&Path) -> Option<Arc<str>>,
) -> Vec<LocationLink> {
    let mut places = opened.places();
    let mut links = Vec::new();
    for to in &found.to {
        let Some(text) = text_of(&to.path) else {
            continue;
        };
        let name = places.location(&to.path, &text, &to.span);
        let whole = places.location(&to.path, &text, &to.whole);
        if let (Some(name), Some(whole)) = (name, whole) {
            links.push(LocationLink {
                origin_selection_range: Some(opened.range(&found.from)),
                target_uri: whole.uri,
                target_range: whole.range,
                target_selection_range: name.range,
            });
        }
    }
    links
}
