//! full_story.md out of its chunks. Pure.

use super::PlannedChunk;
use super::manifest::ChunkStatus;
use super::recover::ChunkView;

/// The story so far: title, chapter headings, and the complete chunks in order, with a blank
/// line between any two.
pub(crate) fn assemble(title: &str, plan: &[PlannedChunk], chunks: &[ChunkView]) -> String {
    let mut story = String::with_capacity(chunks.iter().map(|chunk| chunk.text.len() + 2).sum());
    story.push_str("# ");
    story.push_str(title.trim());
    story.push('\n');
    let mut chapter = None;
    for (planned, chunk) in plan.iter().zip(chunks) {
        if chunk.status != ChunkStatus::Complete {
            continue;
        }
        if planned.chapter.is_some() && planned.chapter != chapter {
            chapter.clone_from(&planned.chapter);
            story.push_str("\n## ");
            story.push_str(chapter.as_deref().unwrap_or_default().trim());
            story.push('\n');
        }
        story.push('\n');
        story.push_str(chunk.text.trim());
        story.push('\n');
    }
    story
}
