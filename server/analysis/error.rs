//! The reasons why nothing can be said of a story.

use std::path::PathBuf;

use crate::analysis::character_rename::RenameError;
use crate::session::{StoreError, Stray};
use crate::settings::SettingsProblem;
use crate::story::counted::counted;
use crate::story::{BeatId, ChunkNumber, Problem};
use crate::writing::prompt::TooLarge;

/// The reason why a story, or a part of it, can't be looked at.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
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
        /// The problems, each with the line, from 1, on which it begins.
        problems: Vec<(usize, Problem)>,
    },
    #[error("{}:{line}: {message} Nothing was written", path.display())]
    BadTemplate {
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        message: String,
    },
    #[error("{}", settings_message(.0))]
    Settings(Vec<SettingsProblem>),
    #[error(
        "nothing of this story is written yet, so there is no session to {0}. `storywright write` begins one"
    )]
    NothingWritten(&'static str),
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
        /// The titles of the chapters, in story order.
        chapters: Vec<String>,
    },
    #[error("“{0}” is no id of a beat: lower-case letters and digits, with hyphens between words")]
    NoBeatId(String),
    #[error("another beat has the id `{0}`")]
    BeatIdTaken(BeatId),
    #[error(transparent)]
    Rename(#[from] RenameError),
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StoryError {
    /// Tells whether the command line or the settings are the cause, and not the story or the system.
    pub fn is_usage(&self) -> bool {
        match self {
            StoryError::NoBrief { .. }
            | StoryError::Settings(_)
            | StoryError::NoChunkNamed
            | StoryError::NoSuchBeat(_)
            | StoryError::NoBeatId(_)
            | StoryError::BeatIdTaken(_)
            | StoryError::Rename(_)
            | StoryError::NoSuchChunk { .. }
            | StoryError::BackwardRange { .. }
            | StoryError::NoSuchChapter { .. } => true,
            StoryError::Store(error) => error.is_usage(),
            _ => false,
        }
    }
}

/// Returns a sentence about the drafts that a story may adopt after its brief was renamed.
pub(crate) fn offer(brief: &str, strays: &[Stray]) -> String {
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

fn settings_message(problems: &[SettingsProblem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    format!("the settings can't be used:\n  {}", lines.join("\n  "))
}

/// Returns a sentence about the chunks that the outline has.
fn only_chunks(chunks: usize) -> String {
    match chunks {
        0 => "its outline has no beat".to_owned(),
        1 => "its outline has 1 beat, so there is only chunk 1".to_owned(),
        _ => format!("its outline has {chunks} beats, so chunks are 1 to {chunks}"),
    }
}
