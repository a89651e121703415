//! Finds what of a document may be folded away.

use super::document::{DocumentKind, StoryDocument};
use crate::story::Span;
use crate::story::comments::comments;
use crate::story::lint::passages::Passages;

/// What is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldKind {
    Comment,
    Region,
}

/// A stretch that may be folded, without white space at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    pub span: Span,
    pub kind: FoldKind,
}

/// Lists what may be folded, in the order of the document; also what stands on one line.
pub fn folds(document: &StoryDocument<'_>) -> Vec<Fold> {
    let text = document.text;
    let (regions, commented) = match document.kind {
        DocumentKind::Brief => {
            let brief = document.brief;
            let front = brief.front_matter.iter().map(|it| &it.span);
            let sections = brief.sections.iter().map(|it| &it.span);
            let cast = brief.cast.iter().map(|it| &it.span);
            let chapters = brief.chapters.iter().map(|it| &it.span);
            let beats = brief.beats.iter().map(|it| &it.span);
            let regions = front
                .chain(sections)
                .chain(cast)
                .chain(chapters)
                .chain(beats);
            (regions.cloned().collect(), 0)
        }
        DocumentKind::Chunk(parts) => {
            let mut regions = vec![parts.head.clone()];
            let start = parts.prose.start;
            let scenes = Passages::of(&text[start..], &document.brief.language).scenes;
            if scenes.len() > 1 {
                let scenes = scenes.into_iter();
                regions.extend(scenes.map(|scene| scene.start + start..scene.end + start));
            }
            (regions, start)
        }
        DocumentKind::Beside => (Vec::new(), 0),
    };
    let fold = |span: Span, kind| Fold {
        span: span.start..span.start + text.get(span).unwrap_or("").trim_end().len(),
        kind,
    };
    let comments = comments(&text[commented..]).into_iter().map(|comment| {
        let span = comment.span.start + commented..comment.span.end + commented;
        fold(span, FoldKind::Comment)
    });
    let regions: Vec<Span> = regions;
    let regions = regions.into_iter().map(|span| fold(span, FoldKind::Region));
    let mut folds: Vec<Fold> = regions.chain(comments).collect();
    folds.sort_by_key(|fold| (fold.span.start, std::cmp::Reverse(fold.span.end)));
    folds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::features::marked::Marked;

    /// The first and the last line of each fold.
    #[track_caller]
    fn check(file: &str, text: &str, expected: &[&str]) {
        let page = Marked::text(file, text);
        let found = folds(&page.document());
        let ends = found.iter().map(|fold| {
            let lines = &text[fold.span.clone()];
            let (first, last) = (lines.lines().next(), lines.lines().next_back());
            let mark = match fold.kind {
                FoldKind::Comment => "//",
                FoldKind::Region => "",
            };
            format!("{mark}{}…{}", first.unwrap_or(""), last.unwrap_or(""))
        });
        assert_eq!(ends.collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn parts_and_comments_fold() {
        check(
            "story.md",
            "---\ntitle: L\n---\n# Cast\n## Mara\nDry.\n\n# Outline\n## Dusk\n### One\na\n<!-- one\ntwo -->\n\n### Two\nb\n",
            &[
                "---…---",
                "# Cast…Dry.",
                "## Mara…Dry.",
                "# Outline…b",
                "## Dusk…b",
                "### One…two -->",
                "//<!-- one…two -->",
                "### Two…b",
            ],
        );
        check(
            "chunk_01.md",
            "---\nchunk: 1\nstatus: partial\n---\nOne.\n\n***\n\nTwo. <!-- x -->\n",
            &[
                "---…---",
                "One.…One.",
                "Two. <!-- x -->…Two. <!-- x -->",
                "//<!-- x -->…<!-- x -->",
            ],
        );
        check("notes.md", "", &[]);
    }
}
