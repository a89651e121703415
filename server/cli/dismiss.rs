//! `storywright dismiss`: findings of `check` that the author calls no problem.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::check::{self, Place};
use super::exit::Exit;
use super::failure::Failure;
use super::output;
use super::place::{brief, workspace};
use crate::decisions::dismiss::{DismissRequest, Named, dismiss};
use crate::jobs::run::workshop::Workshop;
use crate::session::NoEditor;

#[derive(Args)]
pub struct Dismiss {
    /// Where the finding is, as `check` prints it: a chunk file, the line, and the column if there are several
    #[arg(value_name = "FILE:LINE[:COLUMN]")]
    pub place: String,
    /// Only the finding with this code
    #[arg(long)]
    pub code: Option<String>,
    /// Dismiss it in every chunk of the draft
    #[arg(long)]
    pub everywhere: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

pub async fn run(workshop: &Workshop, arguments: Dismiss) -> Result<Exit, Failure> {
    let Some(place) = Place::parse(&arguments.place) else {
        return Err(Failure::usage(format!(
            "`{}` is no place in a file; write it as `check` does, such as chunk_03.md:12:5",
            arguments.place
        )));
    };
    let brief = brief(Some(&place.file))?;
    let findings: Vec<Named> = check::dismissible_at(workshop, &brief, &place)?
        .into_iter()
        .filter(|named| {
            arguments
                .code
                .as_ref()
                .is_none_or(|code| *code == named.code)
        })
        .collect();
    let request = DismissRequest {
        brief,
        workspace: workspace(),
        session: None,
        editor_settings: None,
        file: PathBuf::from(&place.file),
        findings,
        everywhere: arguments.everywhere,
    };
    let done = dismiss(workshop, request, Arc::new(NoEditor)).await?;
    match arguments.json {
        true => output::print_json(&done, true),
        false => output::print(&done.message),
    }
    Ok(Exit::Done)
}
