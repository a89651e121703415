//! `textDocument/prepareRename` and `textDocument/rename`: a character or the id of a beat, in all files of the story.

use std::collections::HashMap;
use std::sync::Arc;

use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::{
    AnnotatedTextEdit, ChangeAnnotation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, PrepareRenameResponse, RenameParams, TextDocumentEdit,
    TextDocumentPositionParams, TextEdit, Url, WorkspaceEdit,
};

use crate::analysis::features::subject::{Pointed, Subject, subject_at};
use crate::analysis::rename::{RenamedFile, Renaming};
use crate::decisions::rename;
use crate::jobs::run::reporter::cause_chain;
use crate::lsp::opened::{Opened, with_document};
use crate::lsp::state::State;

/// The name of the one change annotation.
const ANNOTATION: &str = "storywright/rename";

/// Answers with the name under the cursor; nothing where none stands that can be changed.
pub async fn prepare(
    state: &Arc<State>,
    params: TextDocumentPositionParams,
) -> Option<PrepareRenameResponse> {
    with_document(state, params.text_document.uri, move |opened| {
        let offset = opened.offset(params.position);
        let pointed = renamed_at(opened, offset).ok()??;
        let placeholder = match pointed.subject {
            Subject::Beat(beat) => opened.document().brief.beats.get(beat)?.id.to_string(),
            _ => opened.text[pointed.span.clone()].to_owned(),
        };
        Some(PrepareRenameResponse::RangeWithPlaceholder {
            range: opened.range(&pointed.span),
            placeholder,
        })
    })
    .await
}

/// Answers with the edits of all files that hold the name.
pub async fn handle(state: &Arc<State>, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
    let place = params.text_document_position;
    let own = Arc::clone(state);
    let made = with_document(state, place.text_document.uri, move |opened| {
        let offset = opened.offset(place.position);
        Some(edit(&own, opened, offset, &params.new_name))
    });
    match made.await {
        Some(Ok(edit)) => Ok(edit),
        Some(Err(message)) => Err(refused(message)),
        None => Ok(None),
    }
}

/// Makes the error of a rename that the author can't have, as the protocol wants it.
fn refused(message: String) -> Error {
    let mut error = Error::invalid_params(message);
    // RequestFailed: the request is right, and what it asks for can't be.
    error.code = tower_lsp::jsonrpc::ErrorCode::ServerError(-32803);
    error
}

fn edit(
    state: &State,
    opened: &Opened<'_>,
    offset: usize,
    new: &str,
) -> std::result::Result<Option<WorkspaceEdit>, String> {
    let (Some(pointed), Some(look), Some(brief)) =
        (renamed_at(opened, offset)?, opened.look(), opened.brief())
    else {
        return Ok(None);
    };
    if !state.jobs.of_brief(&brief.to_owned()).is_empty() {
        return Err("the story is being written; cancel that first, or wait for it".to_owned());
    }
    let renaming = match &pointed.subject {
        Subject::Characters(entries) => {
            let old = &opened.text[pointed.span.clone()];
            let entry = entries.first().copied().unwrap_or_default();
            look.rename_character(entry, old, new)
        }
        Subject::Beat(beat) => {
            let beats = &opened.document().brief.beats;
            let Some(beat) = beats.get(*beat) else {
                return Ok(None);
            };
            look.rename_beat(&beat.id, new)
        }
        _ => return Ok(None),
    };
    let renaming = renaming.map_err(|error| cause_chain(&error))?;
    let read = look.story().map_err(|error| cause_chain(&error))?;
    let disk = state.workshop.disk();
    rename::keep(&renaming, &read.story, disk).map_err(|error| cause_chain(&error))?;
    let annotates = state.introduction().annotates_changes();
    Ok(Some(workspace_edit(opened, &renaming, annotates)))
}

/// Finds what stands at a place and can be renamed.
///
/// # Errors
/// A name that several characters have.
fn renamed_at(opened: &Opened<'_>, offset: usize) -> std::result::Result<Option<Pointed>, String> {
    let document = opened.document();
    let Some(pointed) = subject_at(&document, offset) else {
        return Ok(None);
    };
    match &pointed.subject {
        Subject::Characters(entries) if entries.len() > 1 => {
            let names = entries
                .iter()
                .filter_map(|entry| document.brief.cast.get(*entry));
            let names: Vec<&str> = names.map(|entry| entry.name.as_str()).collect();
            Err(format!(
                "“{}” may be {}; rename where the whole name stands",
                &opened.text[pointed.span.clone()],
                names.join(" or ")
            ))
        }
        Subject::Characters(_) | Subject::Beat(_) => Ok(Some(pointed)),
        _ => Ok(None),
    }
}

fn workspace_edit(opened: &Opened<'_>, renaming: &Renaming, annotates: bool) -> WorkspaceEdit {
    let mut places = opened.places();
    let mut documents = Vec::new();
    for file in &renaming.files {
        documents.extend(document_edit(opened, &mut places, file, annotates));
    }
    let annotation = ChangeAnnotation {
        label: renaming.label.clone(),
        needs_confirmation: Some(false),
        description: Some("in the brief, the chunks and what is known of them".to_owned()),
    };
    WorkspaceEdit {
        changes: None,
        document_changes: Some(DocumentChanges::Edits(documents)),
        change_annotations: annotates.then(|| HashMap::from([(ANNOTATION.to_owned(), annotation)])),
    }
}

fn document_edit(
    opened: &Opened<'_>,
    places: &mut crate::lsp::opened::Places<'_>,
    file: &RenamedFile,
    annotates: bool,
) -> Option<TextDocumentEdit> {
    let mut uri: Option<Url> = None;
    let mut edits = Vec::new();
    for (span, new) in &file.edits {
        let place = places.location(&file.path, &file.text, span)?;
        let text_edit = TextEdit {
            range: place.range,
            new_text: new.clone(),
        };
        uri = Some(place.uri);
        edits.push(match annotates {
            true => OneOf::Right(AnnotatedTextEdit {
                text_edit,
                annotation_id: ANNOTATION.to_owned(),
            }),
            false => OneOf::Left(text_edit),
        });
    }
    let open = opened.files.open.get(&file.path);
    Some(TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier {
            uri: uri?,
            version: open.map(|open| open.version),
        },
        edits,
    })
}
