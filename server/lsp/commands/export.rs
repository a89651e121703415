//! Runs the commands that pack a draft into one file, or make a book of it.

use serde_json::{Value, json};
use tower_lsp::lsp_types::Url;

use super::command::{Answer, Call, Here, Offer};
use crate::book;
use crate::jobs::run::reporter::cause_chain;
use crate::lsp::stories;
use crate::publishing::export::{Format, export};

/// Packs a draft into a ZIP, or makes what the arguments ask for; the answer is that file.
pub async fn run(call: Call) -> Answer {
    export_as(call, Format::Zip).await
}

/// Makes an EPUB of a draft; the answer is that file.
pub async fn run_book(call: Call) -> Answer {
    export_as(call, Format::Book(book::Format::Epub)).await
}

/// Makes a manuscript of a draft, as publishers ask for it; the answer is that file.
pub async fn run_manuscript(call: Call) -> Answer {
    export_as(call, Format::Book(book::Format::Docx)).await
}

/// Offers to make a book of a story that is complete.
pub fn offer_book(here: &Here) -> Option<Offer> {
    let is_complete = here.status.to_write().next().is_none();
    // The brief without a place in it stands for all of the story.
    let brief = Url::from_file_path(&here.target.brief).ok()?;
    let arguments = json!({ "uri": brief, "session": here.session() });
    is_complete.then(|| Offer::new("make a book of the story (EPUB)".to_owned(), arguments))
}

async fn export_as(call: Call, format: Format) -> Answer {
    let report = call
        .blocking(move |state, arguments| {
            let target = arguments.target(state)?;
            let read = stories::read(state, &target.brief);
            let (story, settings) = read.map_err(|error| cause_chain(&error))?;
            export(
                &story,
                &settings,
                target.session.as_ref(),
                arguments.format.unwrap_or(format),
                None,
                state.as_ref(),
                state.workshop.disk(),
            )
            .map_err(|error| cause_chain(&error))
        })
        .await?;
    let mut message = report.message();
    for notice in &report.notices {
        message.push_str(&format!(". Note: {notice}"));
    }
    call.tell(&message);
    Ok(Value::from(report.file))
}
