//! Finds what of a text is shown in colours: the names of characters, and what is spoken.

use super::document::{DocumentKind, StoryDocument, paragraph_at};
use crate::story::Span;
use crate::story::lint::passages::{Passages, spoken};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Name,
    Speech,
}

/// Returns the spans of names and speech in a document, in its order; `within`: only those in that span.
///
/// No two overlap, and each ends on the line that it begins on.
pub fn tokens(document: &StoryDocument<'_>, within: Option<Span>) -> Vec<(Span, TokenKind)> {
    let text = document.text;
    let within = match within {
        Some(span) => {
            let (first, last) = (paragraph_at(text, span.start), paragraph_at(text, span.end));
            first.start..last.end.max(first.end)
        }
        None => 0..text.len(),
    };
    let mut names = document.mentions_within(&within);
    names.dedup_by(|after, before| after.span == before.span);
    let mut tokens = Vec::new();
    let mut names = names.into_iter().map(|mention| mention.span).peekable();
    for speech in speeches(document, &within) {
        while let Some(name) = names.next_if(|name| name.start < speech.start) {
            tokens.push((name, TokenKind::Name));
        }
        let mut at = speech.start;
        while let Some(name) = names.next_if(|name| name.start < speech.end) {
            tokens.push((at..name.start, TokenKind::Speech));
            at = name.end;
            tokens.push((name, TokenKind::Name));
        }
        tokens.push((at..speech.end.max(at), TokenKind::Speech));
    }
    tokens.extend(names.map(|name| (name, TokenKind::Name)));
    let lines = tokens.into_iter().flat_map(|(span, kind)| {
        let lines = lines_of(text, span).into_iter();
        lines.map(move |line| (line, kind))
    });
    lines.collect()
}

/// Lists what is spoken in the paragraphs of a stretch; nothing of a brief.
fn speeches(document: &StoryDocument<'_>, within: &Span) -> Vec<Span> {
    let start = match document.kind {
        DocumentKind::Brief => return Vec::new(),
        DocumentKind::Chunk(parts) => parts.prose.start.max(within.start),
        DocumentKind::Beside => within.start,
    };
    let Some(text) = document.text.get(start..within.end) else {
        return Vec::new();
    };
    let paragraphs = Passages::of(text, &document.brief.language).paragraphs;
    let spans = paragraphs.into_iter().flat_map(|paragraph| {
        let at = paragraph.start + start;
        let spoken = spoken(&text[paragraph]).into_iter();
        spoken.map(move |span| span.start + at..span.end + at)
    });
    spans.collect()
}

/// Cuts a span at the ends of lines, without white space around.
fn lines_of(text: &str, span: Span) -> Vec<Span> {
    let mut at = span.start;
    let mut lines = Vec::new();
    for line in text[span].split_inclusive(['\n', '\r']) {
        let start = at + line.len() - line.trim_start().len();
        let end = start + line.trim().len();
        if start < end {
            lines.push(start..end);
        }
        at += line.len();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::features::marked::Marked;

    #[track_caller]
    fn check(file: &str, text: &str, within: Option<&str>, expected: &str) {
        let page = Marked::text(file, text);
        let within = within.map(|part| {
            let start = text.find(part).unwrap();
            start..start + part.len()
        });
        let found = tokens(&page.document(), within).into_iter();
        let found = found.map(|(span, kind)| match kind {
            TokenKind::Name => format!("<{}>", &page.text[span]),
            TokenKind::Speech => page.text[span].to_owned(),
        });
        assert_eq!(found.collect::<Vec<_>>().join(" "), expected, "{text}");
    }

    #[test]
    fn names_and_speech_are_tokens_that_do_not_overlap() {
        let chunk = "---\nchunk: 1\n---\n“Is that you, Ilse?” said Mara.\n\n“Go\non, Mara”\n";
        check(
            "chunk_01.md",
            chunk,
            None,
            "“Is that you, <Ilse> ?” <Mara> “Go on, <Mara> ”",
        );
        check(
            "chunk_01.md",
            chunk,
            Some("said"),
            "“Is that you, <Ilse> ?” <Mara>",
        );
        check("chunk_01.md", chunk, Some("on, M"), "“Go on, <Mara> ”");
        check("chunk_01.md", chunk, Some("chunk"), "");
        check(
            "story.md",
            "# Cast\n## Mara\n“Mara” goes.",
            None,
            "<Mara> <Mara>",
        );
        check("notes.md", "", None, "");
    }
}
