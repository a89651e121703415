//! `storywright restore`, `keep`, `accept`, `reject`, `lock` and `unlock`: decisions about chunks.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::output;
use super::place::{self, OneChunk, workspace};
use super::setting_flags::SettingFlags;
use crate::analysis::selection::Selection;
use crate::decisions::upkeep::{About, Decided, Decision, UpkeepRequest, decide};
use crate::jobs::run::workshop::Workshop;
use crate::session::NoEditor;

#[derive(Args)]
pub struct Chunks {
    /// The chunks: numbers, ranges and beat ids, such as 3 or 1 5-9 lamp; then, if it is not the
    /// current folder, the brief or the folder it is in
    #[arg(required_unless_present = "all", value_name = "CHUNKS")]
    pub chunks: Vec<String>,
    /// All chunks that there is something to decide about
    #[arg(long)]
    pub all: bool,
    /// The draft to work on [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

#[derive(Args)]
pub struct Accept {
    #[command(flatten)]
    pub chunks: Chunks,
    /// Take this candidate in place of a revision that waits
    #[arg(long, value_name = "K", conflicts_with = "all")]
    pub candidate: Option<u32>,
}

#[derive(Args)]
pub struct Reject {
    #[command(flatten)]
    pub chunks: Chunks,
    /// Turn down all candidates in place of a revision that waits
    #[arg(long)]
    pub candidates: bool,
}

#[derive(Args)]
pub struct Restore {
    #[command(flatten)]
    pub chunk: OneChunk,
    /// Which version, counted from 1, the oldest [default: the one that was replaced last]
    #[arg(long)]
    pub version: Option<usize>,
}

pub async fn run(
    workshop: &Workshop,
    arguments: Chunks,
    decision: Decision,
) -> Result<Exit, Failure> {
    let (about, path) = about(&arguments)?;
    let request = UpkeepRequest {
        brief: place::brief(path.as_deref())?,
        workspace: workspace(),
        session: place::session(arguments.session.as_deref(), path.as_deref())?,
        about,
        decision,
        editor_settings: None,
        flags: arguments.settings.values.clone(),
    };
    let decided = decide(workshop, request, Arc::new(NoEditor)).await?;
    Ok(show(&decided, arguments.json))
}

pub async fn accept(workshop: &Workshop, arguments: Accept) -> Result<Exit, Failure> {
    let decision = match arguments.candidate {
        Some(candidate) => Decision::TakeCandidate(candidate),
        None => Decision::AcceptRevision,
    };
    run(workshop, arguments.chunks, decision).await
}

pub async fn reject(workshop: &Workshop, arguments: Reject) -> Result<Exit, Failure> {
    let decision = match arguments.candidates {
        true => Decision::RejectCandidates,
        false => Decision::RejectRevision,
    };
    run(workshop, arguments.chunks, decision).await
}

pub async fn restore(workshop: &Workshop, arguments: Restore) -> Result<Exit, Failure> {
    let chunk = arguments.chunk;
    let request = UpkeepRequest {
        brief: place::brief(chunk.path.as_deref())?,
        workspace: workspace(),
        session: place::session(chunk.session.as_deref(), chunk.path.as_deref())?,
        about: About::Named(Selection::parse(&chunk.chunk)),
        decision: Decision::Restore(arguments.version),
        editor_settings: None,
        flags: serde_json::Map::new(),
    };
    let decided = decide(workshop, request, Arc::new(NoEditor)).await?;
    Ok(show(&decided, chunk.json))
}

/// Takes the chunks and the path behind them out of the arguments.
fn about(arguments: &Chunks) -> Result<(About, Option<PathBuf>), Failure> {
    if !arguments.all {
        let (chunks, path) = place::chunks_and_path(&arguments.chunks);
        return Ok((About::Named(Selection::parse_all(chunks)), path));
    }
    match arguments.chunks.as_slice() {
        [] => Ok((About::All, None)),
        [path] if place::is_path(path) => Ok((About::All, Some(PathBuf::from(path)))),
        [chunk, ..] => Err(Failure::usage(format!(
            "--all takes no chunks beside it, and `{chunk}` is no path of a brief"
        ))),
    }
}

fn show(decided: &Decided, as_json: bool) -> Exit {
    if as_json {
        output::print_json(decided, true);
    } else if !decided.chunks.is_empty() || decided.failed.is_empty() {
        output::print(&decided.message);
    }
    for refused in &decided.failed {
        output::complain(&refused.message);
    }
    match decided.failed.is_empty() {
        true => Exit::Done,
        false => Exit::Failed,
    }
}
