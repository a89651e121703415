//! `textDocument/codeLens`: how far each chunk is, and what most likely comes next for it.

use std::sync::Arc;

use serde_json::json;
use tower_lsp::lsp_types::{CodeLens, CodeLensParams, Command, Range};

use crate::analysis::features::progress::{chunk_places, label};
use crate::analysis::status::StoryStatus;
use crate::lsp::commands::{Here, offers_on};
use crate::lsp::opened::{Opened, with_document};
use crate::lsp::running_jobs::RunningJobs;
use crate::lsp::state::State;
use crate::lsp::target::Target;

/// The command behind the words that say how far a chunk is.
const STATUS: &str = "storywright.showStatus";
/// The commands that are offered above a heading, each in a word.
const OFFERED: [(&str, &str); 5] = [
    ("storywright.writeChunk", "write"),
    ("storywright.rewriteChunk", "rewrite"),
    ("storywright.keep", "keep"),
    ("storywright.acceptRevision", "accept the revision"),
    ("storywright.rejectRevision", "reject it"),
];

pub async fn handle(state: &Arc<State>, params: CodeLensParams) -> Option<Vec<CodeLens>> {
    let jobs = Arc::clone(state);
    with_document(state, params.text_document.uri, move |opened| {
        let status = opened.look()?.status(opened.session()).ok()?;
        lenses(&jobs.jobs, opened, &status)
    })
    .await
}

fn lenses(jobs: &RunningJobs, opened: &Opened<'_>, status: &StoryStatus) -> Option<Vec<CodeLens>> {
    let target = Target {
        brief: opened.brief()?.to_owned(),
        session: opened.session().cloned(),
        chunk: None,
    };
    let being_written = jobs.being_written(&target.brief, status.session.as_deref());
    let here = Here {
        url: &opened.snapshot.url,
        target: &target,
        status,
        being_written: &being_written,
    };
    let mut lenses = Vec::new();
    for place in chunk_places(&opened.document(), status) {
        let range = opened.range(&place.span);
        let about = json!({ "uri": here.url, "session": here.session() });
        let how = label(place.chunk, status.unit, &being_written);
        lenses.push(lens(range, how, STATUS, about));
        for offered in offers_on(&here, place.chunk) {
            let name = offered.command.name;
            if let Some((_, title)) = OFFERED.iter().find(|(known, _)| *known == name) {
                lenses.push(lens(
                    range,
                    (*title).to_owned(),
                    name,
                    offered.offer.arguments,
                ));
            }
        }
    }
    Some(lenses)
}

fn lens(range: Range, title: String, command: &str, arguments: serde_json::Value) -> CodeLens {
    CodeLens {
        range,
        command: Some(Command {
            title,
            command: command.to_owned(),
            arguments: Some(vec![arguments]),
        }),
        data: None,
    }
}
