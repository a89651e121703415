//! Finds a brief's file, reads it (from the editor where it is open) and plans its chunks.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::error::StoryError;
use super::features::document::{DocumentKind, StoryDocument};
use super::placed_problem::PlacedProblem;
use crate::session::{
    GENERATED, NoFile, Owners, PlannedChunk, ReadFiles, StoryFolder, map_at_once, read_file,
};
use crate::settings::Settings;
use crate::story::encoding::{self, NotText};
use crate::story::names::CastNames;
use crate::story::problem::line_of;
use crate::story::sizes::{SizeDefaults, sizes_of};
use crate::story::{Brief, ChunkNumber, Digest, Problem};
use crate::writing::accept::Yardstick;
use crate::writing::prompt::Ground;
use crate::writing::prompt::slices::{self, Slices};
use crate::writing::prompt::templates::{self, Templates};

/// A brief as it is now, with its file.
#[derive(Debug, Clone)]
pub struct StoryFile {
    pub folder: StoryFolder,
    pub text: String,
    pub brief: Brief,
    /// The fixed words of prompts, with the author's replacements.
    pub templates: Templates,
    /// The problems of the author's templates.
    pub template_problems: Vec<PlacedProblem>,
    /// The data that all prompts and checks derive from brief and templates, computed at the first use.
    derived: Arc<Derived>,
}

#[derive(Debug, Default)]
struct Derived {
    names: OnceLock<CastNames>,
    ground: OnceLock<Ground>,
    yardstick: OnceLock<Yardstick>,
    own_slices: OnceLock<Vec<Slices>>,
}

/// The code of a brief that is no text in any encoding that is read.
const NOT_TEXT: &str = "not-text";
/// The code of a template that can't be read.
const UNREADABLE_TEMPLATE: &str = "unreadable-template";
/// The fewest beats for which a thread is worth its cost.
const FEWEST_AT_ONCE: usize = 60;
/// The largest size of a template, in bytes.
const LARGEST_TEMPLATE: u64 = 64 * 1024;

/// Tells whether a file name is that of a brief: `story.md` or `NAME.story.md`.
pub fn is_brief_name(name: &str) -> bool {
    name == "story.md" || (name.ends_with(".story.md") && name.len() > ".story.md".len())
}

/// Returns the brief that `path` means: a file itself, or the one brief in a folder.
///
/// # Errors
/// [`StoryError::NoBrief`] when there is none, and as a sentence when there are several.
pub fn find_brief(path: &Path) -> Result<PathBuf, FindError> {
    if !path.is_dir() {
        return match NoFile::at(path) {
            Some(what) => Err(FindError::NotAFile(path.to_owned(), what)),
            None if path.is_file() => Ok(path.to_owned()),
            None => Err(FindError::None(path.to_owned())),
        };
    }
    let main = path.join("story.md");
    if main.is_file() {
        return Ok(main);
    }
    if let Some(what) = NoFile::at(&main) {
        return Err(FindError::NotAFile(main, what));
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
        [one] => match NoFile::at(one) {
            Some(what) => Err(FindError::NotAFile(one.clone(), what)),
            None => Ok(one.clone()),
        },
        _ => Err(FindError::Several(briefs)),
    }
}

/// Finds the briefs of a folder and of those below it, sorted; nothing in what is hidden, generated or deep
/// below, and no more than a workspace of stories has. Blocks on the file system.
pub fn find_briefs(folder: &Path) -> Vec<PathBuf> {
    /// Folders are looked into so far below the first.
    const DEPTH: usize = 4;
    /// So many folders are looked into.
    const FOLDERS: usize = 500;
    let is_passed_over =
        |name: &str| name.starts_with('.') || matches!(name, GENERATED | "node_modules" | "target");
    let mut briefs = Vec::new();
    let mut folders = std::collections::VecDeque::from([(folder.to_owned(), 0)]);
    let mut seen = 0;
    while let Some((folder, depth)) = folders.pop_front() {
        seen += 1;
        if seen > FOLDERS {
            break;
        }
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let (Some(name), Ok(kind)) = (name.to_str(), entry.file_type()) else {
                continue;
            };
            if kind.is_dir() && depth < DEPTH && !is_passed_over(name) {
                folders.push_back((entry.path(), depth + 1));
            } else if kind.is_file() && is_brief_name(name) {
                briefs.push(entry.path());
            }
        }
    }
    briefs.sort();
    briefs
}

/// The reason why a path does not lead to one brief.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error("there is no brief at {}. `storywright new` makes one", .0.display())]
    None(PathBuf),
    #[error("{} is {}, not a file, so there is no brief to read. Move it away or name another", .0.display(), .1)]
    NotAFile(PathBuf, NoFile),
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
    /// [`StorySnapshot::read`](super::snapshot::StorySnapshot::read) does, since a brief is judged by the
    /// settings in force.
    pub(crate) fn read(
        path: &Path,
        owners: &dyn Owners,
        noted: &ReadFiles,
    ) -> Result<StoryFile, StoryError> {
        noted.note(path);
        let folder = StoryFolder::of_brief(path)?;
        noted.note(folder.brief());
        let shown = owners.open_text(folder.brief()).map(Ok);
        let (text, wrong) = match shown.map_or_else(|| read_text(folder.brief()), Ok)? {
            Ok(text) => (text, None),
            Err(NotText { text, span, why }) => (text, Some((span, why))),
        };
        let mut brief = Brief::parse(&text);
        if let Some((span, why)) = wrong {
            let problem = Problem::error(span, NOT_TEXT, why.to_string());
            brief.problems.insert(0, problem);
        }
        let (templates, template_problems) = read_templates(&folder, owners, noted);
        Ok(StoryFile {
            folder,
            text,
            brief,
            templates,
            template_problems,
            derived: Arc::default(),
        })
    }

    /// Tells whether the brief still has the text that it had: in the editor where it is open, else in its
    /// file.
    pub(crate) fn stands(&self, owners: &dyn Owners) -> bool {
        let path = self.folder.brief();
        match owners.open_text(path) {
            Some(text) => text == self.text,
            None => matches!(read_text(path), Ok(Ok(text)) if text == self.text),
        }
    }

    /// Takes a text of the brief that was written since.
    pub(crate) fn put(&mut self, text: &str, brief: &Brief) {
        text.clone_into(&mut self.text);
        self.brief = brief.clone();
        self.derived = Arc::default();
    }

    /// Returns the ways in which texts name the cast, computed from the brief at the first call.
    pub fn names(&self) -> &CastNames {
        let names = &self.derived.names;
        names.get_or_init(|| CastNames::of(&self.brief.cast, &self.brief.language))
    }

    /// Returns a document of the story, or one that lies beside it, to be looked at.
    pub fn document<'a>(&'a self, kind: &'a DocumentKind, text: &'a str) -> StoryDocument<'a> {
        StoryDocument {
            kind,
            text,
            brief: &self.brief,
            names: self.names(),
        }
    }

    /// Returns the part that the prompts of all chunks share, computed from the brief at the first call.
    pub fn ground(&self) -> &Ground {
        let ground = &self.derived.ground;
        ground.get_or_init(|| Ground::of(&self.brief, &self.templates))
    }

    /// Returns the slices that are the own ones of each beat, computed from the brief at the first call.
    pub(crate) fn own_slices(&self) -> &[Slices] {
        let own_slices = &self.derived.own_slices;
        own_slices.get_or_init(|| {
            let beats: Vec<usize> = (0..self.brief.beats.len()).collect();
            map_at_once(&beats, FEWEST_AT_ONCE, |beat| {
                slices::own(&self.brief, *beat, &self.templates)
            })
        })
    }

    /// Returns the measures for the answers of all chunks, computed from the brief at the first call.
    pub fn yardstick(&self) -> &Yardstick {
        let yardstick = &self.derived.yardstick;
        yardstick.get_or_init(|| Yardstick::of(&self.brief, &self.templates))
    }

    /// Returns the chunks that the outline asks for, with even sizes.
    pub fn plan(&self, settings: &Settings) -> Vec<PlannedChunk> {
        // The settings hold the front matter's lengths already, or a flag's in their place.
        let sizes = sizes_of(&self.brief.beats, size_defaults(settings));
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

    /// Fails at a brief with an unresolved merge conflict: it is not read, so nothing is known of the story.
    pub fn check_merged(&self) -> Result<(), StoryError> {
        match self.brief.is_unmerged() {
            true => self.check_but_for(&[]),
            false => Ok(()),
        }
    }

    /// Fails at a brief from which nothing can be written.
    pub fn check(&self) -> Result<(), StoryError> {
        self.check_but_for(&[])
    }

    /// Fails at a brief with errors of other codes than `mended`, which the job corrects.
    pub fn check_but_for(&self, mended: &[&str]) -> Result<(), StoryError> {
        let errors: Vec<_> = self
            .brief
            .errors()
            .filter(|problem| !mended.contains(&problem.code))
            .map(|problem| (line_of(&self.text, problem.span.start), problem.clone()))
            .collect();
        if let Some(wrong) = self.template_problems.first() {
            return Err(StoryError::BadTemplate {
                path: wrong.path.clone(),
                line: line_of(&wrong.text, wrong.problem.span.start),
                message: wrong.problem.message.clone(),
            });
        }
        if errors.is_empty() {
            return Ok(());
        }
        Err(StoryError::BadBrief {
            path: self.folder.brief().to_owned(),
            problems: errors,
        })
    }
}

/// Reads the author's templates in the folder of a brief. A link is ignored: its target is not this story's,
/// and must not reach a model.
fn read_templates(
    folder: &StoryFolder,
    owners: &dyn Owners,
    noted: &ReadFiles,
) -> (Templates, Vec<PlacedProblem>) {
    let mut templates = Templates::default();
    let mut problems = Vec::new();
    let place = folder
        .root()
        .join(templates::folder_name(folder.brief_name()).as_ref());
    noted.note(&place);
    if !std::fs::symlink_metadata(&place).is_ok_and(|entry| entry.is_dir()) {
        return (templates, problems);
    }
    for name in Templates::names() {
        let path = place.join(format!("{name}.md"));
        noted.note(&path);
        let Ok(entry) = std::fs::symlink_metadata(&path) else {
            continue;
        };
        if entry.is_symlink() || entry.len() > LARGEST_TEMPLATE {
            continue;
        }
        let placed = |text: &Arc<str>, problem| PlacedProblem {
            path: path.clone(),
            text: Arc::clone(text),
            problem,
        };
        let text = match owners.open_text(&path) {
            Some(text) => text,
            None => match read_template(&path) {
                Ok(text) => text,
                Err((text, problem)) => {
                    problems.push(placed(&text.into(), problem));
                    continue;
                }
            },
        };
        templates.replace(name, &text);
        let text: Arc<str> = text.into();
        let found = Templates::problems(name, &text).into_iter();
        problems.extend(found.map(|problem| placed(&text, problem)));
    }
    (templates, problems)
}

/// Reads the text of a brief, or of as much of it as is text.
fn read_text(path: &Path) -> Result<Result<String, NotText>, StoryError> {
    let path = path.to_owned();
    match read_file(&path) {
        Ok(bytes) => Ok(encoding::decode(bytes)),
        Err(source) => Err(match source.kind() {
            std::io::ErrorKind::NotFound => StoryError::NoBrief { path },
            _ => StoryError::Unreadable { path, source },
        }),
    }
}

/// Reads the text of a template, or says what is wrong where.
fn read_template(path: &Path) -> Result<String, (String, Problem)> {
    let (text, span, why) = match read_file(path).map(encoding::decode) {
        Ok(Ok(text)) => return Ok(text),
        Ok(Err(NotText { text, span, why })) => (text, span, why.to_string()),
        Err(error) => {
            let why = format!("This template can't be read: {error}.");
            (String::new(), 0..0, why)
        }
    };
    Err((text, Problem::error(span, UNREADABLE_TEMPLATE, why)))
}

fn size_defaults(settings: &Settings) -> SizeDefaults {
    SizeDefaults {
        target_words: settings.target_words,
        chunk_words: settings.chunk_words,
    }
}
