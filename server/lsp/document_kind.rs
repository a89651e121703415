//! Tells the kind of a document by its name alone: a brief, a chunk file, or a file by which briefs are
//! judged.

use std::path::Path;

use tower_lsp::lsp_types::Url;

use crate::analysis::story_file::is_brief_name;

/// Tells whether a document is a brief.
pub fn is_brief(url: &Url) -> bool {
    let name = url
        .path_segments()
        .and_then(Iterator::last)
        .unwrap_or_default();
    is_brief_name(&percent_decoded(name))
}

fn percent_decoded(name: &str) -> String {
    // Only the end of the name matters, and that is ASCII.
    name.replace("%2E", ".").replace("%2e", ".")
}

/// Tells whether a document may be a chunk file.
pub fn is_chunk(url: &Url) -> bool {
    let mut parts: Vec<&str> = url.path_segments().into_iter().flatten().collect();
    let file = parts.pop().unwrap_or_default();
    file.ends_with(".md") && parts.pop() == Some("chunks") && parts.contains(&"generated")
}

/// Tells whether a document is text that an author may have written in place, by its name: all but settings.
pub fn is_text(url: &Url) -> bool {
    let name = url.path_segments().and_then(Iterator::last);
    !name.unwrap_or_default().ends_with(".toml")
}

/// Tells whether a file is put together from the chunks of a draft.
pub fn is_full_story(path: &Path) -> bool {
    let is_in_generated = || {
        let mut parts = path.components();
        parts.any(|part| part.as_os_str() == "generated")
    };
    path.ends_with("full_story.md") && is_in_generated()
}

/// Tells whether a file is in a folder of chunks.
pub fn is_in_chunks(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    folder.is_some_and(|folder| folder == "chunks")
}

/// Tells whether a document may be a settings file or a template: briefs are judged by both.
pub fn is_beside_briefs(url: &Url) -> bool {
    let mut parts: Vec<&str> = url.path_segments().into_iter().flatten().collect();
    let file = parts.pop().unwrap_or_default();
    let folder = parts.pop().unwrap_or_default();
    file.ends_with(".toml")
        || file.ends_with(".md") && (folder == "templates" || folder.ends_with(".templates"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_files_are_known_by_their_names() {
        for (url, expected) in [
            ("file:///novel/generated/a-01/chunks/chunk_01.md", true),
            (
                "file:///my%20novel/generated/a-01/chunks/chunk_01.storm.md",
                true,
            ),
            ("file:///novel/generated/a-01/full_story.md", false),
            (
                "file:///novel/generated/a-01/chunks/chunk_01.journal",
                false,
            ),
            ("file:///novel/chunks/chunk_01.md", false),
            ("untitled:Untitled-1", false),
        ] {
            assert_eq!(is_chunk(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
