//! Assembles full_story.md from the chunks. Pure.

use crate::session::PlannedChunk;
use crate::session::manifest::record::ChunkStatus;
use crate::session::view::ChunkView;
use crate::story::title_page::{TitlePage, escaped};

/// Assembles the story so far: its head, title, chapter headings, and the complete chunks in order, with a
/// blank line between any two.
pub(crate) fn assemble(page: &TitlePage, plan: &[PlannedChunk], chunks: &[ChunkView]) -> String {
    below(page.markdown(), plan, chunks, escaped)
}

/// Assembles the story as earlier versions did: without a head, and titles unescaped.
pub(crate) fn assemble_plainly(
    page: &TitlePage,
    plan: &[PlannedChunk],
    chunks: &[ChunkView],
) -> String {
    below(page.title_line(), plan, chunks, str::to_owned)
}

fn below(
    mut story: String,
    plan: &[PlannedChunk],
    chunks: &[ChunkView],
    heading: fn(&str) -> String,
) -> String {
    story.reserve(chunks.iter().map(|chunk| chunk.text.len() + 2).sum());
    let mut chapter = None;
    for (planned, chunk) in plan.iter().zip(chunks) {
        if chunk.status != ChunkStatus::Complete {
            continue;
        }
        if planned.chapter.is_some() && planned.chapter != chapter {
            chapter.clone_from(&planned.chapter);
            story.push_str("\n## ");
            story.push_str(&heading(chapter.as_deref().unwrap_or_default().trim()));
            story.push('\n');
        }
        story.push('\n');
        story.push_str(chunk.text.trim());
        story.push('\n');
    }
    story
}
