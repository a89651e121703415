//! Finds the story that a command is about, by its path or the current folder.

use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::output;
use crate::analysis::story_file::{FindError, find_brief, is_brief_name};
use crate::jobs::run::reporter::cause_chain;
use crate::session::{Disk, Located, NoEditor, SessionId, StoryFolder};

#[derive(Args)]
pub struct OneChunk {
    /// The chunk, by number or beat id
    pub chunk: String,
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The draft to work on [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Returns the outermost folder whose `storywright.toml` counts: the current one.
pub fn workspace() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    // Without links, as the paths of stories are: Windows tells of the way that one came.
    dunce::canonicalize(&folder).ok().or(Some(folder))
}

/// Finds the brief that a command is about: its argument, or that of the folder one stands in.
///
/// Text that an editor left in a journal is brought into its chunk file first: every command says
/// and does what fits the files.
pub fn brief(path: Option<&Path>) -> Result<PathBuf, Failure> {
    let path = &output::native(path.unwrap_or(Path::new(".")));
    let brief = match located(path) {
        Some(located) => located.folder.brief().to_owned(),
        None => absolute(&find_upwards(path)?)?,
    };
    if is_above(&brief, path) {
        output::note(&format!("note: the story is {}", brief.display()));
    }
    settle_left_over(&brief);
    Ok(brief)
}

fn settle_left_over(brief: &Path) {
    let Ok(folder) = StoryFolder::of_brief(brief) else {
        return;
    };
    match crate::session::settle_left_over(&folder, &NoEditor, &Disk::real()) {
        Ok(notices) => notices
            .iter()
            .for_each(|notice| output::note(&format!("note: {}", notice.message))),
        // Whoever only looks may do so where nothing can be written; journals count all the same.
        Err(error) => tracing::debug!("{}", cause_chain(&error)),
    }
}

/// Finds the draft that a command is about: the one that is named, else the one whose folder its path,
/// or the place one stands in, is in.
pub fn session(id: Option<&str>, path: Option<&Path>) -> Result<Option<SessionId>, Failure> {
    if let Some(id) = id {
        return Ok(Some(SessionId::parse(id)?));
    }
    Ok(located(path.unwrap_or(Path::new("."))).map(|located| located.session))
}

/// Takes apart the arguments of a command that takes chunks and then, if at all, a path.
pub fn chunks_and_path(arguments: &[String]) -> (&[String], Option<PathBuf>) {
    match arguments.split_last() {
        Some((last, chunks)) if !chunks.is_empty() && is_path(last) => {
            (chunks, Some(PathBuf::from(last)))
        }
        _ => (arguments, None),
    }
}

/// Tells whether an argument is no chunk: a beat and a folder may have one name, so a folder counts only
/// where it has a brief.
pub fn is_path(argument: &str) -> bool {
    let names_chunk = |c: char| c.is_ascii_digit() || matches!(c, '-' | ',');
    if argument.chars().all(names_chunk) {
        return false;
    }
    let looks_like_one = argument.contains(['/', '\\']) || argument.ends_with(".md");
    looks_like_one || matches!(argument, "." | "..") || find_brief(Path::new(argument)).is_ok()
}

/// Finds the draft that a path inside its folder belongs to.
fn located(path: &Path) -> Option<Located> {
    let path = absolute(path).ok()?;
    let is_brief = path.file_name().and_then(|name| name.to_str());
    if path.is_file() && is_brief.is_some_and(is_brief_name) {
        return None;
    }
    // A place inside stands for the folder itself.
    let inside = match path.is_dir() {
        true => path.join("chunks"),
        false => path,
    };
    StoryFolder::locate(&inside, &Disk::real())
}

/// Finds the brief of a folder, or of the nearest folder above it that has one. Not looked for outside
/// of a git repository that one stands in, nor in the home folder and above: what lies about there
/// is no story that somebody works on further down.
fn find_upwards(path: &Path) -> Result<PathBuf, FindError> {
    let missing = match find_brief(path) {
        Err(missing @ FindError::None(_)) if path.is_dir() => missing,
        found => return found,
    };
    let Ok(start) = std::path::absolute(path) else {
        return Err(missing);
    };
    let home = std::env::home_dir();
    let mut below = start.as_path();
    while let Some(folder) = below.parent() {
        let is_home = home.as_deref().is_some_and(|home| home.starts_with(folder));
        if below.join(".git").exists() || is_home {
            break;
        }
        match find_brief(folder) {
            Err(FindError::None(_)) => below = folder,
            found => return found,
        }
    }
    Err(missing)
}

/// Tells whether a brief is neither in the folder that a path means nor the path itself.
fn is_above(brief: &Path, path: &Path) -> bool {
    let Ok(path) = absolute(path) else {
        return false;
    };
    path != brief && brief.parent() != Some(&path) && path.is_dir()
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    // Without the dots that `absolute` leaves in: the last folder's name is looked at.
    let path = path.components().collect::<PathBuf>();
    std::path::absolute(&path)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_told_from_paths() {
        for (arguments, chunks, path) in [
            (&["3"][..], 1, None),
            (&["lamp"], 1, None),
            (&["1", "2", "5-9"], 3, None),
            (&["1,4"], 1, None),
            (&["lamp", "./novel"], 1, Some("./novel")),
            (&["1", "lamp.story.md"], 1, Some("lamp.story.md")),
            (&["1", "."], 1, Some(".")),
            // A path alone names no chunk, and what follows says so.
            (&["./novel"], 1, None),
        ] {
            let arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
            let (names, found) = chunks_and_path(&arguments);
            assert_eq!(names.len(), chunks, "{arguments:?}");
            assert_eq!(found.as_deref(), path.map(Path::new), "{arguments:?}");
        }
    }
}
