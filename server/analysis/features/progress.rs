//! Says how far the chunks are, at the places of a document that stand for them.

use super::document::{DocumentKind, StoryDocument};
use super::hover::status_word;
use crate::analysis::status::{ChunkOverview, StoryStatus};
use crate::story::{ChunkNumber, Span};

/// A place that stands for a chunk: the heading of its beat, or the head of its file.
#[derive(Debug, Clone)]
pub struct ChunkPlace<'a> {
    pub span: Span,
    /// Where a few words about it go, in bytes.
    pub hint: usize,
    pub chunk: &'a ChunkOverview,
}

/// Finds the places that stand for chunks, in the order of the document.
pub fn chunk_places<'a>(
    document: &StoryDocument<'_>,
    status: &'a StoryStatus,
) -> Vec<ChunkPlace<'a>> {
    let beats = &document.brief.beats;
    match document.kind {
        DocumentKind::Brief => {
            // Chunks are in the order of the beats; one that is not was asked for before an edit.
            let chunks = beats.iter().zip(&status.chunks);
            let chunks = chunks.filter(|(beat, chunk)| beat.id == chunk.beat);
            chunks
                .map(|(beat, chunk)| ChunkPlace {
                    span: beat.heading_span.clone(),
                    hint: beat.heading_span.end,
                    chunk,
                })
                .collect()
        }
        DocumentKind::Chunk(parts) => {
            let own = document.own_beat().and_then(|at| status.chunks.get(at));
            let line = document.text.lines().next().unwrap_or("").len();
            let status_line = parts.keys.iter().find(|key| key.key == "status");
            let place = own.map(|chunk| ChunkPlace {
                span: 0..line,
                hint: status_line.map_or(line, |key| key.value.end),
                chunk,
            });
            place.into_iter().collect()
        }
        DocumentKind::Beside => Vec::new(),
    }
}

/// Says in a few words how far a chunk is. Of one that is among those being written it says that: its length is another
/// with every word, and the progress of the job tells it.
pub fn label(chunk: &ChunkOverview, unit: &str, being_written: &[ChunkNumber]) -> String {
    if being_written.contains(&chunk.number) {
        return format!("{} {unit} · being written", chunk.target_words);
    }
    let length = match chunk.words {
        0 => format!("{} {unit}", chunk.target_words),
        words => format!("{words} / {} {unit}", chunk.target_words),
    };
    let mut label = vec![length];
    if !chunk.is_complete() {
        label.push(status_word(chunk.status).to_owned());
    }
    let marks = [
        (chunk.stale, "stale"),
        (chunk.edited, "edited"),
        (chunk.locked, "locked"),
        (chunk.has_revision, "a revision waits"),
    ];
    let marks = marks.into_iter().filter(|(is_so, _)| *is_so);
    label.extend(marks.map(|(_, mark)| mark.to_owned()));
    label.join(" · ")
}
