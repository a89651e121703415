//! Why a job could not start or go on.

use std::path::{Path, PathBuf};

use super::contract::Boundary;
use super::editor::PageStop;
use super::prompt::TooLarge;
use super::settings::{Order, SettingsProblem};
use super::writer::WriterError;
use crate::session::{ArchiveError, SessionId, StoreError, Stray};
use crate::story::counted::counted;
use crate::story::{BeatId, ChunkNumber, Problem};

/// A job that did not start. Nothing was sent, and nothing in the workspace was changed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error("there is no brief at {}. `storywright new` makes one", path.display())]
    NoBrief { path: PathBuf },
    #[error("{} can't be read: {source}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}", brief_message(path, problems))]
    BadBrief {
        path: PathBuf,
        /// With the line, from 1, on which each begins.
        problems: Vec<(usize, Problem)>,
    },
    #[error("{}:{line}: {message} Nothing was written", path.display())]
    BadTemplate {
        path: PathBuf,
        /// From 1.
        line: usize,
        message: String,
    },
    #[error("{}", contract_message(path, *order, silent))]
    Contract {
        path: PathBuf,
        order: Order,
        silent: Vec<Boundary>,
    },
    #[error("{}", settings_message(.0))]
    Settings(Vec<SettingsProblem>),
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    #[error(transparent)]
    Writer(#[from] WriterError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(
        "nothing of this story is written yet, so there is no session to {0}. `storywright write` begins one"
    )]
    NothingWritten(&'static str),
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
    Editor(PageStop),
    #[error("which chunk? Put the cursor into its beat, or open its file")]
    NoChunkNamed,
    #[error("the outline has no beat `{0}`; `storywright status` lists them")]
    NoSuchBeat(BeatId),
    #[error("the story has no chunk {number}: {}", only_chunks(*chunks))]
    NoSuchChunk { number: ChunkNumber, chunks: usize },
    #[error(
        "the range `{first}-{last}` ends before it begins; `{last}-{first}` is the other way round"
    )]
    BackwardRange {
        first: ChunkNumber,
        last: ChunkNumber,
    },
    #[error("{}", chapter_message(chapter, chapters))]
    NoSuchChapter {
        chapter: String,
        /// The titles that there are, in story order.
        chapters: Vec<String>,
    },
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
        /// The file that is not there.
        chunk: PathBuf,
        copies: Vec<PathBuf>,
    },
    #[error("chunk {number} is not complete yet, so nothing was asked for. Write it first")]
    NotComplete { number: ChunkNumber },
    #[error("chunk {number} is not complete, so there is nothing to keep yet")]
    NothingToKeep { number: ChunkNumber },
    #[error("chunk {number} is being written by {job}; cancel that first, or wait for it")]
    Busy { number: ChunkNumber, job: String },
}

impl JobError {
    /// Whether usage or settings are at fault, and not the story or the machine.
    pub fn is_usage(&self) -> bool {
        match self {
            JobError::NoBrief { .. }
            | JobError::Settings(_)
            | JobError::NoChunkNamed
            | JobError::StateOff
            | JobError::NoLength
            | JobError::BeatCount { .. }
            | JobError::SessionExists(_)
            | JobError::NothingToAdopt(_)
            | JobError::NoSuchBeat(_)
            | JobError::NoSuchChunk { .. }
            | JobError::BackwardRange { .. }
            | JobError::NoSuchChapter { .. } => true,
            JobError::Store(error) | JobError::Archive(ArchiveError::Store(error)) => matches!(
                error,
                StoreError::BadSessionId { .. }
                    | StoreError::NoSession { .. }
                    | StoreError::NoFolder { .. }
            ),
            JobError::Archive(error) => matches!(
                error,
                ArchiveError::Occupied { .. } | ArchiveError::OtherStory { .. }
            ),
            JobError::Writer(error) => {
                matches!(
                    error,
                    WriterError::NoProvider { .. }
                        | WriterError::Key { .. }
                        | WriterError::Address(_)
                ) || matches!(error, WriterError::Provider(error) if error.status.is_none() && !error.kind.is_transient())
            }
            _ => false,
        }
    }
}

fn adoptable_message(brief: &str, strays: &[Stray]) -> String {
    format!(
        "{}. Nothing was sent, and nothing changed. Begin anew with `storywright session new`",
        offer(brief, strays)
    )
}

/// Says which chunks there are, by the beats of the outline.
fn only_chunks(chunks: usize) -> String {
    match chunks {
        0 => "its outline has no beat".to_owned(),
        1 => "its outline has 1 beat, so there is only chunk 1".to_owned(),
        _ => format!("its outline has {chunks} beats, so chunks are 1 to {chunks}"),
    }
}

/// Says which drafts a story may go on with after its brief was renamed.
pub(super) fn offer(brief: &str, strays: &[Stray]) -> String {
    let drafts: Vec<String> = strays
        .iter()
        .map(|stray| {
            format!(
                "{} ({} {} of these beats; its brief was {}, which is gone). Go on with it: `storywright session \
                 adopt {}`",
                stray.session,
                counted(format!("{} of its {}", stray.shared, stray.beats), "chunk")
                    .replace("its 1 ", "its only "),
                if stray.shared == 1 { "is" } else { "are" },
                stray.former_brief,
                stray.session
            )
        })
        .collect();
    format!(
        "{brief} has no draft of its own, but generated/ has {}",
        drafts.join("; and ")
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

fn brief_message(path: &std::path::Path, problems: &[(usize, Problem)]) -> String {
    let mut text = format!(
        "the brief has {}; nothing was written:",
        if problems.len() == 1 {
            "an error".to_owned()
        } else {
            format!("{} errors", problems.len())
        }
    );
    for (line, problem) in problems {
        text.push_str(&format!(
            "\n  {}:{line}: {}",
            path.display(),
            problem.message
        ));
    }
    text
}

fn chapter_message(chapter: &str, chapters: &[String]) -> String {
    let named = chapters.iter().zip(1..);
    let named: Vec<String> = named.map(|(title, at)| format!("{at} “{title}”")).collect();
    match named.is_empty() {
        true => {
            "the outline has no chapters: they are ## headings with the beats as ### below them"
                .to_owned()
        }
        false => format!(
            "the outline has no chapter `{chapter}`; it has {}",
            named.join(", ")
        ),
    }
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

fn settings_message(problems: &[SettingsProblem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    format!("the settings can't be used:\n  {}", lines.join("\n  "))
}
