//! Shows pages about stories: as documents whose text the client asks for, which are never written to disk, else as files.

use std::path::Path;
use std::sync::Arc;

use tower_lsp::lsp_types::Url;

use super::page_address;
use super::state::State;
use crate::analysis::story_file::StoryFile;
use crate::publishing::pages::Page;
use crate::session::GENERATED;

/// Returns the address by which the client opens a page with a text: one that it asks the text of, or a file that is
/// written now. Blocks on the file system.
///
/// # Errors
/// A sentence for the author.
pub fn publish(
    state: &Arc<State>,
    page: &Page,
    text: &str,
    story: &StoryFile,
) -> Result<Url, String> {
    if state.introduction().asks_for_pages()
        && let Some(url) = page_address::address(story.folder.brief(), page)
        && is_inside(state, story.folder.brief())
    {
        return Ok(url);
    }
    let saved = page.save(text, story, state.workshop.disk());
    let path = saved.map_err(|error| error.to_string())?;
    Url::from_file_path(&path).map_err(|()| format!("{} has no address", path.display()))
}

/// Tells whether a brief and what is generated from it are in a folder of the workspace, whatever links lead to them.
/// Blocks on the file system.
pub fn is_inside(state: &State, brief: &Path) -> bool {
    let is_inside = |path: &Path| match dunce::canonicalize(path) {
        Ok(path) => state.workspace_of(&path).is_some(),
        Err(_) => false,
    };
    let Some(folder) = brief.parent() else {
        return false;
    };
    let generated = folder.join(GENERATED);
    is_inside(brief) && (!generated.exists() || is_inside(&generated))
}
