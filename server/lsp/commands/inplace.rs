//! Runs the commands that write at one place of an open document: continue here, and rewrite, expand or tighten the
//! selection. No brief is needed; where one governs the document, its facts and people are known.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::lsp_types::{Position, Range, Url};
use unicode_segmentation::UnicodeSegmentation as _;

use super::arguments::Arguments;
use super::command::{Answer, Call, Offer, Text};
use super::start_job::SETTINGS_PATIENCE;
use crate::analysis::selection::ChunkRef;
use crate::jobs::assignment::Assignment;
use crate::jobs::inplace::{Governing, InPlaceRequest, Writing};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::PlaceStream;
use crate::jobs::run::reporter::cause_chain;
use crate::lsp::buffer_stream::LspBufferStream;
use crate::lsp::document_kind::is_full_story;
use crate::lsp::documents::{Snapshot, path_of};
use crate::lsp::jobs;
use crate::lsp::plain::plain;
use crate::lsp::position;
use crate::lsp::state::{State, Touched};
use crate::lsp::target;
use crate::writing::inplace::{Place, Task};

/// Starts to write at the place that the arguments name, else where the client was last; the answer is the job's id.
pub async fn run(call: Call, task: Task) -> Answer {
    let Call { state, arguments } = &call;
    state.wait_for_settings(SETTINGS_PATIENCE).await;
    if !state.introduction().applies_edits() {
        return Err(
            "this editor does not let a server change an open document, so nothing was sent. In other editors the \
             same document can be written in place"
                .to_owned(),
        );
    }
    let (snapshot, spot) = spot(state, arguments)?;
    let id = state.jobs.next_id();
    let about = target::what_jobs_are_on(state, &snapshot.url);
    let listed = jobs::list(state, &id, about);
    let writing = {
        let (state, instruction, job) =
            (Arc::clone(state), arguments.instruction.clone(), id.clone());
        blocking(move || prepare(&state, snapshot, &spot, task, instruction, job)).await
    };
    jobs::start(listed, Assignment::InPlace(Box::new(writing?)));
    Ok(Value::from(id))
}

/// Where in a document the author is.
enum Spot {
    /// `None`: nobody said.
    Cursor(Option<Position>),
    Selection(Range),
}

/// Finds the document and the place in it.
fn spot(state: &State, arguments: &Arguments) -> Result<(Snapshot, Spot), String> {
    let last = state.last_touched();
    let url = arguments
        .uri
        .clone()
        .or_else(|| Some(last.as_ref()?.url.clone()));
    let url =
        url.ok_or("which document? Open it first, and put the cursor where the text is to be")?;
    let snapshot = state.documents.get(&url).ok_or_else(|| {
        format!(
            "{} is not open in the editor. Open it first; nothing was sent",
            name(&url)
        )
    })?;
    let touched = last.filter(|last| last.url == url);
    let spot = match (arguments.range, arguments.position) {
        (Some(range), _) => Spot::Selection(range),
        (None, Some(position)) => Spot::Cursor(Some(position)),
        (None, None) => Spot::Cursor(touched.and_then(|last| last.position)),
    };
    Ok((snapshot, spot))
}

fn prepare(
    state: &Arc<State>,
    document: Snapshot,
    spot: &Spot,
    task: Task,
    instruction: Option<String>,
    job: String,
) -> Result<Writing, String> {
    let url = &document.url;
    let path = path_of(url);
    if path.as_deref().is_some_and(is_full_story) {
        return Err(
            "this file is put together from the chunks, and what is written into it would not last. Do it in the chunk's \
             file; nothing was sent"
                .to_owned(),
        );
    }
    let source = document.text();
    let at = |position: Position| {
        let at = position::to_byte(&document.rope, position, state.documents.encoding());
        plain(&source[..at]).len()
    };
    let text = plain(&source);
    let place = match (task, spot) {
        (Task::Continue, Spot::Cursor(position)) => Place::to_continue(&text, position.map(at)),
        (Task::Continue, Spot::Selection(range)) => Place::to_continue(&text, Some(at(range.end))),
        (_, Spot::Selection(range)) => {
            let selection = at(range.start)..at(range.end).max(at(range.start));
            Place::to_rewrite(&text, selection).map_err(|nothing| nothing.to_string())?
        }
        (_, Spot::Cursor(_)) => {
            return Err(
                "nothing is selected. Select the passage, and choose this among the code actions of the selection; nothing \
                 was sent"
                    .to_owned(),
            );
        }
    };
    let stream = LspBufferStream::at_place(Arc::clone(state), &document, place.range.clone());
    let asked = Asked {
        task,
        text,
        place,
        instruction,
        job,
    };
    writing(state, url, asked, Box::new(stream))
}

/// What is asked for at a place of a document.
pub struct Asked {
    pub task: Task,
    /// The text of the document, with LF line ends.
    pub text: String,
    pub place: Place,
    pub instruction: Option<String>,
    pub job: String,
}

/// Reads what governs a document, for writing at one place of it. Blocks on the file system.
///
/// # Errors
/// A sentence for the author.
pub fn writing(
    state: &Arc<State>,
    url: &Url,
    asked: Asked,
    stream: Box<dyn PlaceStream>,
) -> Result<Writing, String> {
    let Asked {
        task,
        text,
        place,
        instruction,
        job,
    } = asked;
    let story = governing(state, url);
    let folders = &state.introduction().folders;
    let beside = path_of(url).unwrap_or_else(|| {
        let folder = folders.first().cloned().unwrap_or_default();
        folder.join(name(url))
    });
    let request = InPlaceRequest {
        job,
        task,
        document: name(url),
        text,
        place,
        instruction,
        workspace: workspace(state, &beside, story.as_ref()),
        story,
        beside,
        editor_settings: state.editor_settings(),
    };
    let writing = Writing::new(&state.workshop, request, state.as_ref(), stream);
    writing.map_err(|error| cause_chain(&error))
}

fn workspace(state: &State, beside: &Path, story: Option<&Governing>) -> Option<PathBuf> {
    let path = story.map_or(beside, |story| &story.brief);
    state.workspace_of(path)
}

/// Finds the story that a document belongs to, if it belongs to one.
fn governing(state: &State, url: &Url) -> Option<Governing> {
    let place = Touched {
        url: url.clone(),
        position: None,
    };
    let target = target::at(state, &place).ok()?;
    Some(Governing {
        chunk: match target.chunk {
            Some(ChunkRef::Number(number)) => Some(number),
            _ => None,
        },
        brief: target.brief,
        session: target.session,
    })
}

/// Returns the name of a document as its author knows it.
fn name(url: &Url) -> String {
    let path = url.to_file_path().ok();
    let name = path.as_deref().and_then(Path::file_name);
    let name = name.map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| url.path().to_owned())
}

/// Tells whether a range of a document is more than the character under a cursor, which some editors send.
pub fn is_selection(state: &State, document: &Snapshot, range: &Range) -> bool {
    let at = |position| position::to_char(&document.rope, position, state.documents.encoding());
    let (start, end) = (at(range.start), at(range.end));
    // Enough to tell.
    const LOOKED_AT: usize = 200;
    let slice = document
        .rope
        .get_slice(start..end.min(start + LOOKED_AT).max(start));
    let text = slice.map(|slice| slice.to_string()).unwrap_or_default();
    end > start + LOOKED_AT || text.trim().graphemes(true).nth(1).is_some()
}

/// Offers to go on at the cursor.
pub fn offer_continue(text: &Text) -> Option<Offer> {
    let arguments = json!({ "uri": text.url, "position": text.range.start });
    let offer = || Offer::new("continue here".to_owned(), arguments);
    (!text.is_selection && text.is_in_body).then(offer)
}

/// Offers to rewrite what is selected.
pub fn offer_rewrite(text: &Text) -> Option<Offer> {
    offer_on_selection(text, "rewrite")
}

/// Offers to write what is selected at greater length.
pub fn offer_expand(text: &Text) -> Option<Offer> {
    offer_on_selection(text, "expand")
}

/// Offers to write what is selected in fewer words.
pub fn offer_tighten(text: &Text) -> Option<Offer> {
    offer_on_selection(text, "tighten")
}

fn offer_on_selection(text: &Text, what: &str) -> Option<Offer> {
    let arguments = json!({ "uri": text.url, "range": text.range });
    let offer = || Offer::new(format!("{what} the selection"), arguments);
    text.is_selection.then(offer)
}
