//! Writes markdown documents for an editor to show, in `.work/`.

use std::path::PathBuf;

use crate::analysis::candidates::Candidates;
use crate::analysis::explain::Explanation;
use crate::analysis::ledger::Ledger;
use crate::analysis::story_file::StoryFile;
use crate::analysis::versions::Comparison;
use crate::session::{Disk, SessionId, StoreError, make_work_folder};

/// Writes an explanation as a markdown document; returns its path.
///
/// # Errors
/// Where the story's folder can't be written, or leads out of the workspace.
pub fn save_explanation(
    explanation: &Explanation,
    story: &StoryFile,
    wanted: Option<&SessionId>,
    disk: &Disk,
) -> Result<PathBuf, StoreError> {
    let name = format!("chunk_{:02}", explanation.chunk.0);
    save(&name, &explanation.markdown(), story, wanted, disk)
}

/// Writes a comparison as a markdown document; returns its path.
///
/// # Errors
/// As for [`save_explanation`].
pub fn save_comparison(
    comparison: &Comparison,
    story: &StoryFile,
    disk: &Disk,
) -> Result<PathBuf, StoreError> {
    let name = format!(
        "chunk_{:02}-version_{}",
        comparison.chunk.0, comparison.version.version
    );
    let session = SessionId::parse(&comparison.session)?;
    save(&name, &comparison.markdown(), story, Some(&session), disk)
}

/// Writes the threads of a story as a markdown document; returns its path.
///
/// # Errors
/// As for [`save_explanation`].
pub fn save_ledger(
    ledger: &Ledger,
    story: &StoryFile,
    wanted: Option<&SessionId>,
    disk: &Disk,
) -> Result<PathBuf, StoreError> {
    save("threads", &ledger.markdown(), story, wanted, disk)
}

/// Writes the candidates of a chunk as a markdown document; returns its path.
///
/// # Errors
/// As for [`save_explanation`].
pub fn save_candidates(
    found: &Candidates,
    story: &StoryFile,
    disk: &Disk,
) -> Result<PathBuf, StoreError> {
    let name = format!("chunk_{:02}-candidates", found.chunk.0);
    let session = SessionId::parse(&found.session)?;
    save(&name, &found.markdown(), story, Some(&session), disk)
}

/// Writes a document about the draft `wanted`, else the current one.
fn save(
    name: &str,
    page: &str,
    story: &StoryFile,
    wanted: Option<&SessionId>,
    disk: &Disk,
) -> Result<PathBuf, StoreError> {
    let disk = &disk.within(story.folder.root());
    let session = match wanted {
        Some(id) => Some(id.clone()),
        None => story.folder.current_session(disk)?,
    };
    let work = match &session {
        Some(id) => story.folder.session_work(id),
        None => story.folder.work(),
    };
    make_work_folder(&work, disk)?;
    let folder = story.folder.explain_pages(session.as_ref());
    disk.make_folder(&folder)?;
    let brief = story.folder.brief_name().trim_end_matches(".md");
    let path = folder.join(format!("{brief}-{name}.md"));
    disk.write(&path, page.as_bytes())?;
    Ok(path)
}
