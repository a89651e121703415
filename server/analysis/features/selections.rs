//! Finds what a selection grows to: word, sentence, paragraph, scene, document.

use unicode_segmentation::UnicodeSegmentation;

use super::document::{DocumentKind, StoryDocument, holds, paragraph_at};
use crate::story::Span;
use crate::story::lint::passages::Passages;
use crate::story::text::boundaries::floor;
use crate::story::text::sentences;

/// Lists the spans around a place from the innermost to the whole document; each holds the one before and more.
pub fn selections(document: &StoryDocument<'_>, offset: usize) -> Vec<Span> {
    let text = document.text;
    let offset = floor(text, offset);
    let paragraph = paragraph_at(text, offset);
    let word = text[paragraph.clone()]
        .unicode_word_indices()
        .map(|(at, word)| paragraph.start + at..paragraph.start + at + word.len())
        .find(|word| holds(word, offset));
    let mut spans: Vec<Span> = word.into_iter().collect();
    spans.push(sentences::around(text, offset));
    spans.push(trimmed(text, &paragraph));
    spans.extend(parts(document));
    spans.push(0..text.len());
    let mut grown: Vec<Span> = Vec::new();
    for span in spans {
        let inner = grown.last().cloned().unwrap_or(offset..offset);
        let holds_it = span.start <= inner.start && inner.end <= span.end;
        if holds_it && (grown.is_empty() || span != inner) && !span.is_empty() {
            grown.push(span);
        }
    }
    grown
}

/// Lists the parts of a document, inner ones before those that hold them.
fn parts(document: &StoryDocument<'_>) -> Vec<Span> {
    let text = document.text;
    match document.kind {
        DocumentKind::Brief => {
            let brief = document.brief;
            let front = brief.front_matter.iter().map(|it| &it.span);
            let beats = brief.beats.iter().map(|it| &it.span);
            let chapters = brief.chapters.iter().map(|it| &it.span);
            let cast = brief.cast.iter().map(|it| &it.span);
            let sections = brief.sections.iter().map(|it| &it.span);
            let all = front
                .chain(beats)
                .chain(chapters)
                .chain(cast)
                .chain(sections);
            all.map(|span| trimmed(text, span)).collect()
        }
        DocumentKind::Chunk(parts) => {
            let start = parts.prose.start;
            let scenes = Passages::of(&text[start..], &document.brief.language).scenes;
            let scenes = scenes.into_iter();
            let mut spans: Vec<Span> = scenes
                .map(|scene| scene.start + start..scene.end + start)
                .collect();
            spans.push(trimmed(text, &parts.head));
            spans.push(trimmed(text, &parts.prose));
            spans
        }
        DocumentKind::Beside => Vec::new(),
    }
}

fn trimmed(text: &str, span: &Span) -> Span {
    let source = text.get(span.clone()).unwrap_or("");
    span.start..span.start + source.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::features::marked::Marked;

    #[track_caller]
    fn check(file: &str, marked: &str, expected: &[&str]) {
        let page = Marked::at(file, marked);
        let found = selections(&page.document(), page.at).into_iter();
        let found: Vec<&str> = found.map(|span| &page.text[span]).collect();
        assert_eq!(found, expected, "{marked}");
    }

    #[test]
    fn a_selection_grows() {
        check(
            "chunk_01.md",
            "---\nchunk: 1\n---\nOne. Two th|ree.\nFour.\n\nFive.\n\n***\n\nSix.\n",
            &[
                "three",
                "Two three.",
                "One. Two three.\nFour.",
                "One. Two three.\nFour.\n\nFive.",
                "One. Two three.\nFour.\n\nFive.\n\n***\n\nSix.",
                "---\nchunk: 1\n---\nOne. Two three.\nFour.\n\nFive.\n\n***\n\nSix.\n",
            ],
        );
        check(
            "story.md",
            "# Outline\n## One\nShe |goes.\n## Two\nb\n",
            &[
                "goes",
                "She goes.",
                "## One\nShe goes.",
                "# Outline\n## One\nShe goes.\n## Two\nb",
                "# Outline\n## One\nShe goes.\n## Two\nb\n",
            ],
        );
        check("notes.md", "|", &[]);
        check("notes.md", "one\n|\ntwo", &["one\n\ntwo"]);
    }
}
