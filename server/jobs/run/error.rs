//! The reasons why a job could not start or continue.

use std::path::{Path, PathBuf};

use super::editor::BufferStop;
use crate::analysis::error::{StoryError, offer};
use crate::archive::ArchiveError;
use crate::session::{SessionId, StoreError, Stray};
use crate::settings::connection::ConnectError;
use crate::story::ChunkNumber;
use crate::writing::contract::Boundary;
use crate::writing::prompt::TooLarge;
use crate::writing::schedule::Order;

/// The reason why a job did not start. Nothing was sent, and nothing in the workspace was changed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error(transparent)]
    Story(StoryError),
    #[error("{}", contract_message(path, *order, silent))]
    Contract {
        path: PathBuf,
        order: Order,
        silent: Vec<Boundary>,
    },
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(
        "there is something named {0} in generated/ already. Nothing was changed; choose another name"
    )]
    SessionExists(SessionId),
    #[error(
        "{} is a file, and what is written goes into a folder of that name. Nothing was changed. Move or \
         rename the file, then run the same command again",
        path.display()
    )]
    FileInTheWay { path: PathBuf },
    #[error("{0}")]
    Editor(BufferStop),
    #[error(
        "the setting `state` is off, so nothing was read. Set it to on to have chunks read for what later ones \
         have to know of them"
    )]
    StateOff,
    #[error(
        "chunk {number} was edited by the author and is not rewritten unasked. Name it explicitly to \
         rewrite it; its text is kept in history/"
    )]
    Edited { number: ChunkNumber },
    #[error(
        "how many beats? The story has no length yet. Set `target_words` in the front matter, or give the number: \
         `storywright plan --beats 12`"
    )]
    NoLength,
    #[error("an outline is planned in 1 to {most} beats, not in {asked}")]
    BeatCount { asked: u32, most: u32 },
    #[error(
        "{} is not UTF-8 text, so nothing was sent, and nothing changed. Save it as UTF-8, then plan again",
        path.display()
    )]
    NotText { path: PathBuf },
    #[error(
        "the demo writer reads no text, so it can't say what the beats of a text are. Nothing was sent, and nothing changed. \
         Set `provider` to a model's: `--provider ollama`, for instance"
    )]
    DemoReadsNothing,
    #[error("the outline is being planned; cancel that first, or wait for it")]
    BeingPlanned,
    #[error("{}", adoptable_message(brief, strays))]
    Adoptable { brief: String, strays: Vec<Stray> },
    #[error(
        "there is no draft in generated/ whose brief is gone and whose beats are those of {0}, so nothing was changed. \
         `storywright session list` shows the drafts of a brief"
    )]
    NothingToAdopt(String),
    #[error("{}", conflict_message(*number, chunk, copies))]
    InConflict {
        number: ChunkNumber,
        /// The chunk file that is missing.
        chunk: PathBuf,
        copies: Vec<PathBuf>,
    },
    #[error("chunk {number} is not complete yet, so nothing was asked for. Write it first")]
    NotComplete { number: ChunkNumber },
    #[error("{}", no_candidate(*number, *candidate, there))]
    NoCandidate {
        number: ChunkNumber,
        /// The one that was asked for; `None`: any.
        candidate: Option<u32>,
        there: Vec<u32>,
    },
    #[error(
        "a revision of chunk {number} waits that you have opened or changed, so that nothing was decided. Accept or reject it \
         first, then do the same again"
    )]
    RevisionInTheWay { number: ChunkNumber },
    #[error("chunk {number} is not complete, so there is nothing to keep yet")]
    NothingToKeep { number: ChunkNumber },
    #[error(
        "there is no such finding in {}, so nothing was dismissed. `storywright check` lists what is found",
        path.display()
    )]
    NoFinding { path: PathBuf },
    /// A file of the session could not be changed, as this sentence says.
    #[error("{0}")]
    NotChanged(String),
    #[error("chunk {number} is being written by {job}; cancel that first, or wait for it")]
    Busy { number: ChunkNumber, job: String },
    #[error(
        "another job has the story open with another outline than it has now, so nothing was begun; try again once \
         that job is over"
    )]
    OtherOutline,
}

impl From<StoryError> for JobError {
    fn from(error: StoryError) -> JobError {
        match error {
            StoryError::Store(error) => JobError::Store(error),
            StoryError::TooLarge(error) => JobError::TooLarge(error),
            error => JobError::Story(error),
        }
    }
}

impl JobError {
    /// Tells whether the command line or the settings are the cause, and not the story or the system.
    pub fn is_usage(&self) -> bool {
        match self {
            JobError::Story(error) => error.is_usage(),
            JobError::StateOff
            | JobError::NoLength
            | JobError::DemoReadsNothing
            | JobError::BeatCount { .. }
            | JobError::SessionExists(_)
            | JobError::NothingToAdopt(_) => true,
            JobError::Store(error) | JobError::Archive(ArchiveError::Store(error)) => {
                error.is_usage()
            }
            JobError::Archive(error) => matches!(
                error,
                ArchiveError::Occupied { .. } | ArchiveError::OtherStory { .. }
            ),
            JobError::Connect(error) => {
                matches!(
                    error,
                    ConnectError::NoProvider { .. }
                        | ConnectError::Key { .. }
                        | ConnectError::Address(_)
                ) || matches!(error, ConnectError::Provider(error) if error.status.is_none() && !error.kind.is_transient())
            }
            _ => false,
        }
    }
}

fn no_candidate(number: ChunkNumber, candidate: Option<u32>, there: &[u32]) -> String {
    let numbers: Vec<String> = there.iter().map(ToString::to_string).collect();
    match (candidate, numbers.is_empty()) {
        (Some(candidate), false) => format!(
            "chunk {number} has no candidate {candidate}, so nothing was changed; there are {}",
            numbers.join(", ")
        ),
        _ => format!(
            "chunk {number} has no candidates, so nothing was changed. `storywright rewrite --chunk {number} --candidates 3` \
             writes some"
        ),
    }
}

fn adoptable_message(brief: &str, strays: &[Stray]) -> String {
    format!(
        "{}. Nothing was sent, and nothing changed. Begin anew with `storywright session new`",
        offer(brief, strays)
    )
}

fn conflict_message(number: ChunkNumber, chunk: &Path, copies: &[PathBuf]) -> String {
    let copies: Vec<String> = copies
        .iter()
        .map(|copy| copy.display().to_string())
        .collect();
    format!(
        "chunk {number} is in conflict, so nothing was sent and nothing changed: {} is not there, but {} (a sync tool \
         makes such copies when two machines change a file). Rename the one that you want to the chunk's name and delete \
         the others, or delete them all to have it written anew; then run the same command again",
        chunk.display(),
        copies.join(" and ")
    )
}

fn contract_message(path: &std::path::Path, order: Order, silent: &[Boundary]) -> String {
    let (chunks, follows) = match silent.len() {
        1 => ("a chunk is".to_owned(), "it follows is"),
        n => (format!("{n} chunks are"), "they follow is"),
    };
    let mut text = format!(
        "with order = \"{}\" {chunks} written before the text that {follows} there, and nothing says how things \
         stand then. Nothing was sent:",
        order.as_str(),
    );
    for place in silent {
        text.push_str(&format!(
            "\n  {}:{}: “{}” has no `Enter:` line, and “{}” before it no `Exit:` line",
            path.display(),
            place.line,
            place.later,
            place.earlier
        ));
    }
    text.push_str(
        "\nAdd one of the two lines at each of these places, or write with order = \"serial\"",
    );
    text
}
