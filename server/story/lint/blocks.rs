//! Splits a chunk's prose into blocks: paragraphs, and what is none.

use super::super::Span;
use crate::story::text::comments::comments;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Prose,
    /// A block quotation: a letter, an inscription. Not told by the narrator.
    Quoted,
    Heading,
    /// A fence of code, marks included.
    Code,
    /// A scene break.
    Break,
}

impl BlockKind {
    pub(super) fn has_words(self) -> bool {
        matches!(self, BlockKind::Prose | BlockKind::Quoted)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Without white space around.
    pub span: Span,
    pub kind: BlockKind,
    /// Comments inside it, which are no prose; in order, within `span`.
    pub holes: Vec<Span>,
}

/// Splits prose into blocks. `lines_are_paragraphs` where every line is a paragraph of its
/// own (Japanese, Chinese), not only what blank lines part.
pub(super) fn blocks(text: &str, lines_are_paragraphs: bool) -> Vec<Block> {
    let comments: Vec<Span> = comments(text)
        .into_iter()
        .map(|comment| comment.span)
        .collect();
    let by_lines = lines_are_paragraphs || has_long_lines_only(text);
    let mut splitter = Splitter {
        text,
        comments: &comments,
        blocks: Vec::new(),
        open: None,
    };
    let mut fence: Option<(&str, usize)> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = start..start + line.len();
        start = span.end;
        let bare = line.trim();
        if let Some((mark, opened)) = fence {
            if bare.starts_with(mark) || span.end == text.len() {
                splitter.add(opened..span.end, BlockKind::Code, true);
                fence = None;
            }
            continue;
        }
        if let Some(mark) = ["```", "~~~"].iter().find(|mark| bare.starts_with(**mark)) {
            splitter.close();
            if span.end == text.len() {
                splitter.add(span, BlockKind::Code, true);
            } else {
                fence = Some((mark, span.start));
            }
            continue;
        }
        if bare.is_empty() || splitter.is_comment(&span) {
            splitter.close();
            continue;
        }
        match kind_of(bare) {
            BlockKind::Prose => splitter.add(span, BlockKind::Prose, by_lines),
            BlockKind::Quoted => splitter.add(span, BlockKind::Quoted, false),
            kind => splitter.add(span, kind, true),
        }
    }
    splitter.close();
    splitter.blocks
}

fn kind_of(line: &str) -> BlockKind {
    let after_marks = line.trim_start_matches('#');
    let marks = line.len() - after_marks.len();
    if (1..=6).contains(&marks) && (after_marks.is_empty() || after_marks.starts_with(' ')) {
        BlockKind::Heading
    } else if line.starts_with('>') {
        BlockKind::Quoted
    } else if line.chars().all(|c| {
        matches!(
            c,
            '-' | '*' | '_' | '=' | '~' | '#' | ' ' | '\t' | '⁂' | '※' | '＊' | '•' | '·'
        )
    }) {
        BlockKind::Break
    } else {
        BlockKind::Prose
    }
}

/// Tells whether every line is a paragraph: some writers put no blank lines between paragraphs, and their
/// lines are long, or a sentence each, while wrapped lines are all of about the same length.
fn has_long_lines_only(text: &str) -> bool {
    const WRAPPED: usize = 160;
    let mut parted = false;
    let mut long = false;
    let mut last_blank = false;
    for line in text.trim().lines() {
        let blank = line.trim().is_empty();
        parted |= blank && !last_blank;
        last_blank = blank;
        long |= line.len() > WRAPPED;
    }
    long && !parted
}

struct Splitter<'a> {
    text: &'a str,
    comments: &'a [Span],
    blocks: Vec<Block>,
    open: Option<(Span, BlockKind)>,
}

impl Splitter<'_> {
    /// Takes a line, or several; `alone` where it never shares its block with others.
    fn add(&mut self, span: Span, kind: BlockKind, alone: bool) {
        match &mut self.open {
            Some((open, open_kind)) if *open_kind == kind && !alone => open.end = span.end,
            _ => {
                self.close();
                self.open = Some((span, kind));
            }
        }
        if alone {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some((span, kind)) = self.open.take() else {
            return;
        };
        let source = &self.text[span.clone()];
        let start = span.start + source.len() - source.trim_start().len();
        let span = start..start + source.trim().len();
        let first = self
            .comments
            .partition_point(|comment| comment.end <= span.start);
        let holes = self.comments[first..]
            .iter()
            .take_while(|comment| comment.start < span.end)
            .map(|comment| comment.start.max(span.start)..comment.end.min(span.end))
            .collect();
        self.blocks.push(Block { span, kind, holes });
    }

    /// Tells whether `line` has nothing but comments.
    fn is_comment(&self, line: &Span) -> bool {
        let first = self
            .comments
            .partition_point(|comment| comment.end <= line.start);
        let mut start = line.start;
        for comment in &self.comments[first..] {
            if comment.start >= line.end {
                break;
            }
            let before = start..comment.start.max(start);
            if !self.text[before].trim().is_empty() {
                return false;
            }
            start = comment.end.min(line.end);
        }
        start > line.start && self.text[start..line.end].trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, lines: bool) -> String {
        let blocks = blocks(text, lines);
        let shown = blocks.iter().map(|block| {
            format!("{:?}:{}", block.kind, &text[block.span.clone()]).replace('\n', "/")
        });
        shown.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn prose_is_told_from_the_rest() {
        for (text, expected) in [
            ("One\ntwo.\n\nThree.", "Prose:One/two. | Prose:Three."),
            ("# One\ntwo", "Heading:# One | Prose:two"),
            ("One\n\n* * *\n\ntwo", "Prose:One | Break:* * * | Prose:two"),
            ("> One\n> two\nthree", "Quoted:> One/> two | Prose:three"),
            (
                "a\n```\nb\n\nc\n```\nd",
                "Prose:a | Code:```/b//c/``` | Prose:d",
            ),
            ("```", "Code:```"),
            ("a\n<!-- b\n\nc -->\nd", "Prose:a | Prose:d"),
            ("a\r\n\r\nb", "Prose:a | Prose:b"),
            ("", ""),
        ] {
            assert_eq!(shown(text, false), expected, "{text}");
        }
        assert_eq!(shown("一\n二", true), "Prose:一 | Prose:二");
    }
}
