//! A brief with its file: found, read (from the editor where it is open) and planned.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::JobError;
use super::prompt::templates::{self, Templates};
use super::settings::Settings;
use super::snapshot::PlacedProblem;
use crate::session::{Owners, PlannedChunk, StoryFolder};
use crate::story::sizes::{SizeDefaults, plan_sizes};
use crate::story::{Brief, ChunkNumber, Digest};

/// A brief as it stands now.
#[derive(Debug, Clone)]
pub struct StoryFile {
    pub folder: StoryFolder,
    pub text: String,
    pub brief: Brief,
    /// The fixed words of prompts, with what the author replaced.
    pub templates: Templates,
    /// What is wrong with the author's templates.
    pub template_problems: Vec<PlacedProblem>,
}

/// Larger files are no templates, in bytes.
const LARGEST_TEMPLATE: u64 = 64 * 1024;

/// Whether a file name is that of a brief: `story.md` or `NAME.story.md`.
pub fn is_brief_name(name: &str) -> bool {
    name == "story.md" || (name.ends_with(".story.md") && name.len() > ".story.md".len())
}

/// The brief that `path` means: a file itself, or the one brief in a folder.
///
/// # Errors
/// [`JobError::NoBrief`] when there is none, and as a sentence when there are several.
pub fn find_brief(path: &Path) -> Result<PathBuf, FindError> {
    if !path.is_dir() {
        return if path.is_file() {
            Ok(path.to_owned())
        } else {
            Err(FindError::None(path.to_owned()))
        };
    }
    let main = path.join("story.md");
    if main.is_file() {
        return Ok(main);
    }
    let mut briefs: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(|_| FindError::None(path.to_owned()))?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(is_brief_name)
        })
        .collect();
    briefs.sort();
    match briefs.as_slice() {
        [] => Err(FindError::None(main)),
        [one] => Ok(one.clone()),
        _ => Err(FindError::Several(briefs)),
    }
}

/// Why a path does not lead to one brief.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error("there is no brief at {}. `storywright new` makes one", .0.display())]
    None(PathBuf),
    #[error("there are several briefs here, name one of them: {}", names(.0))]
    Several(Vec<PathBuf>),
}

fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths
        .iter()
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    names.join(", ")
}

impl StoryFile {
    /// Reads a brief: the editor's text where it is open, the file's otherwise. Only
    /// [`Workshop::read_story`](super::workshop::Workshop::read_story) does, since a brief is judged by the
    /// settings in force.
    pub(super) fn read(path: &Path, owners: &dyn Owners) -> Result<StoryFile, JobError> {
        let folder = StoryFolder::of_brief(path)?;
        let text = match owners.open_text(folder.brief()) {
            Some(text) => text,
            None => std::fs::read(folder.brief())
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .map_err(|source| match source.kind() {
                    std::io::ErrorKind::NotFound => JobError::NoBrief {
                        path: folder.brief().to_owned(),
                    },
                    _ => JobError::Unreadable {
                        path: folder.brief().to_owned(),
                        source,
                    },
                })?,
        };
        let brief = Brief::parse(&text);
        let (templates, template_problems) = read_templates(&folder, owners);
        Ok(StoryFile {
            folder,
            text,
            brief,
            templates,
            template_problems,
        })
    }

    /// The chunks that the outline asks for, with even sizes.
    pub fn plan(&self, settings: &Settings) -> Vec<PlannedChunk> {
        // The settings hold the front matter's lengths already, or a flag's in their place.
        let brief = Brief {
            target_words: settings.target_words,
            chunk_words: Some(settings.chunk_words),
            ..self.brief.clone()
        };
        let sizes = plan_sizes(&brief, size_defaults(settings));
        self.brief
            .beats
            .iter()
            .zip(sizes)
            .zip(1..)
            .map(|((beat, target_words), number)| PlannedChunk {
                number: ChunkNumber(number),
                beat: beat.id.clone(),
                title: beat.title.clone(),
                chapter: beat.chapter.clone(),
                target_words,
                body: Some(Digest::of(&beat.text)),
            })
            .collect()
    }

    /// Stops at a brief with an unresolved merge conflict: it is read as no text, so nothing is
    /// known of the story.
    pub fn check_merged(&self) -> Result<(), JobError> {
        match self.brief.is_unmerged() {
            true => self.check_but_for(&[]),
            false => Ok(()),
        }
    }

    /// Stops at a brief that nothing can be written from.
    pub fn check(&self) -> Result<(), JobError> {
        self.check_but_for(&[])
    }

    /// Stops at a brief with errors of other codes than those, which the job is to mend.
    pub fn check_but_for(&self, mended: &[&str]) -> Result<(), JobError> {
        let errors: Vec<_> = self
            .brief
            .errors()
            .filter(|problem| !mended.contains(&problem.code))
            .map(|problem| (line_of(&self.text, problem.span.start), problem.clone()))
            .collect();
        if let Some(wrong) = self.template_problems.first() {
            return Err(JobError::BadTemplate {
                path: wrong.path.clone(),
                line: line_of(&wrong.text, wrong.problem.span.start),
                message: wrong.problem.message.clone(),
            });
        }
        if errors.is_empty() {
            return Ok(());
        }
        Err(JobError::BadBrief {
            path: self.folder.brief().to_owned(),
            problems: errors,
        })
    }
}

/// The author's templates beside a brief. A link is none: what it leads to is not this story's,
/// and must not reach a model.
fn read_templates(folder: &StoryFolder, owners: &dyn Owners) -> (Templates, Vec<PlacedProblem>) {
    let mut templates = Templates::default();
    let mut problems = Vec::new();
    let place = folder
        .root()
        .join(templates::folder_name(folder.brief_name()).as_ref());
    if !std::fs::symlink_metadata(&place).is_ok_and(|entry| entry.is_dir()) {
        return (templates, problems);
    }
    for name in Templates::names() {
        let path = place.join(format!("{name}.md"));
        let is_template = std::fs::symlink_metadata(&path)
            .is_ok_and(|entry| entry.is_file() && entry.len() <= LARGEST_TEMPLATE);
        if !is_template {
            continue;
        }
        let text = owners
            .open_text(&path)
            .or_else(|| std::fs::read_to_string(&path).ok());
        let Some(text) = text else {
            continue;
        };
        templates.replace(name, &text);
        let text: Arc<str> = text.into();
        let found = Templates::problems(name, &text).into_iter();
        problems.extend(found.map(|problem| PlacedProblem {
            path: path.clone(),
            text: Arc::clone(&text),
            problem,
        }));
    }
    (templates, problems)
}

fn size_defaults(settings: &Settings) -> SizeDefaults {
    SizeDefaults {
        target_words: settings.target_words,
        chunk_words: settings.chunk_words,
    }
}

/// The line of a byte offset, from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    before.matches('\n').count() + 1
}
