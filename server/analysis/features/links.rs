//! Finds what of a document leads to another file: from a beat to its chunk, and back.

use super::document::{DocumentKind, StoryDocument};
use super::navigation::FilePlace;
use crate::analysis::index::StoryIndex;
use crate::story::{Beat, Span};

/// Lists the links of a document, in its order: the span, and where it leads.
pub fn links(document: &StoryDocument<'_>, index: &StoryIndex) -> Vec<(Span, FilePlace)> {
    let brief = document.brief;
    match document.kind {
        DocumentKind::Brief => {
            let beats = brief.beats.iter().filter_map(|beat| {
                let chunk = index.chunk_of(&beat.id)?;
                let to = FilePlace {
                    path: chunk.file.path.clone(),
                    span: chunk.parts.prose.clone(),
                    whole: chunk.parts.prose.clone(),
                };
                Some((title_of(document.text, beat), to))
            });
            beats.collect()
        }
        DocumentKind::Chunk(parts) => {
            let beat = document.own_beat().and_then(|at| brief.beats.get(at));
            let value = parts.keys.iter().find(|key| key.key == "beat");
            let link = beat.zip(value).map(|(beat, value)| {
                let to = FilePlace {
                    path: index.brief.path.clone(),
                    span: beat.heading_span.clone(),
                    whole: beat.span.clone(),
                };
                (value.value.clone(), to)
            });
            link.into_iter().collect()
        }
        DocumentKind::Beside => Vec::new(),
    }
}

/// Finds the words of a beat's heading, without its marks and attributes as far as they can be told.
fn title_of(text: &str, beat: &Beat) -> Span {
    let heading = &text[beat.heading_span.clone()];
    let start = heading.len() - heading.trim_start_matches(['#', ' ', '\t']).len();
    let length = match heading[start..].starts_with(&beat.title) {
        true => beat.title.len(),
        false => heading.len() - start,
    };
    let start = beat.heading_span.start + start;
    start..start + length
}
