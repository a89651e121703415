//! Reads markdown as far as a brief needs it: headings that really are headings, comments, and lines without
//! their comments.
//!
//! CommonMark is read by pulldown-cmark; what stands in code, in block quotes, in lists or in
//! comments is therefore never taken for a heading.

use std::borrow::Cow;

use pulldown_cmark::{Event, Parser, Tag};

use super::comments::{Comment, comments_from};
use crate::story::Span;

/// A text, scanned once. All spans are byte offsets into `text`.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub text: &'a str,
    pub headings: Vec<Heading>,
    /// The comments in the order of the text, not overlapping.
    pub comments: Vec<Comment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    /// The level, from 1 to 6.
    pub level: u8,
    /// The span from the first `#` (or the first character of a setext heading) to the end of its last line,
    /// line end not included.
    pub span: Span,
    /// The text of the heading, without its marks; empty where there is none.
    pub content: Span,
    /// The offset of the text below the heading, in bytes.
    pub body_start: usize,
}

/// A line, or what is left of it without comments. Lines that held nothing but comments are
/// not reported at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub text: Cow<'a, str>,
    /// The whole line in the source, line end not included.
    pub span: Span,
}

impl<'a> Document<'a> {
    /// Scans `text` from the byte `start` on, which has to be a character boundary.
    pub(crate) fn scan(text: &'a str, start: usize) -> Document<'a> {
        let mut document = Document {
            text,
            headings: Vec::new(),
            comments: comments_from(text, start),
        };
        // What stands in a comment is no heading, and one that is never closed hides none.
        let masked = document.masked(&(start..text.len()));
        document.headings = headings(text, start, &masked);
        document
    }

    /// Returns the source of `range` with blanks in place of every byte of a comment but its line ends, so
    /// that offsets stay what they are.
    pub(crate) fn masked(&self, range: &Span) -> Cow<'a, str> {
        let source = &self.text[range.clone()];
        if self.comments_in(range).next().is_none() {
            return Cow::Borrowed(source);
        }
        let mut masked = String::with_capacity(source.len());
        let mut at = range.start;
        for comment in self.comments_in(range) {
            let (start, end) = (comment.span.start.max(at), comment.span.end.min(range.end));
            masked.push_str(&self.text[at..start]);
            let blank = |byte: u8| {
                if matches!(byte, b'\n' | b'\r') {
                    byte as char
                } else {
                    ' '
                }
            };
            masked.extend(self.text[start..end].bytes().map(blank));
            at = end;
        }
        masked.push_str(&self.text[at..range.end]);
        Cow::Owned(masked)
    }

    /// Finds the comments that overlap `range`.
    pub(crate) fn comments_in(&self, range: &Span) -> impl Iterator<Item = &Comment> {
        let (start, end) = (range.start, range.end);
        let first = self
            .comments
            .partition_point(|comment| comment.span.end <= start);
        self.comments[first..]
            .iter()
            .take_while(move |comment| comment.span.start < end)
    }

    /// Reads the lines of `range` without comments.
    pub(crate) fn lines(&self, range: &Span) -> Vec<Line<'a>> {
        line_spans(self.text, range)
            .filter_map(|span| {
                let text = self.without_comments(&span);
                let only_comments =
                    text.trim().is_empty() && !self.text[span.clone()].trim().is_empty();
                (!only_comments).then_some(Line { text, span })
            })
            .collect()
    }

    /// Reads the text of `range` as prompts send it: no comments, `\n` line ends, trimmed.
    pub(crate) fn plain(&self, range: &Span) -> String {
        join_lines(&self.lines(range))
    }

    /// Returns one line without its comments.
    fn without_comments(&self, line: &Span) -> Cow<'a, str> {
        if self.comments_in(line).next().is_none() {
            return Cow::Borrowed(&self.text[line.clone()]);
        }
        let mut kept = String::new();
        let mut at = line.start;
        for comment in self.comments_in(line) {
            let (start, end) = (comment.span.start.max(at), comment.span.end.min(line.end));
            push_apart(&mut kept, &self.text[at..start]);
            at = end;
        }
        push_apart(&mut kept, &self.text[at..line.end]);
        kept.truncate(kept.trim_end().len());
        Cow::Owned(kept)
    }
}

/// Appends `piece`; of two blanks around a comment, one is kept.
fn push_apart(kept: &mut String, piece: &str) {
    let piece = if kept.ends_with([' ', '\t']) {
        piece.trim_start_matches([' ', '\t'])
    } else {
        piece
    };
    kept.push_str(piece);
}

/// Joins lines with `\n`; blank lines at both ends are left out, and several in a row are one.
pub(crate) fn join_lines(lines: &[Line<'_>]) -> String {
    let mut text = String::new();
    let mut blank = false;
    for line in lines {
        if line.text.trim().is_empty() {
            blank = true;
            continue;
        }
        if !text.is_empty() {
            text.push_str(if blank { "\n\n" } else { "\n" });
        }
        blank = false;
        text.push_str(&line.text);
    }
    text.trim().to_owned()
}

/// Returns the lines of `range`, without their ends; LF, CRLF and CR all end a line.
fn line_spans(text: &str, range: &Span) -> impl Iterator<Item = Span> {
    let bytes = text.as_bytes();
    let end = range.end;
    let mut at = range.start;
    std::iter::from_fn(move || {
        if at >= end {
            return None;
        }
        let start = at;
        let length = bytes[start..end]
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'));
        let stop = length.map_or(end, |length| start + length);
        at = stop + 1;
        if bytes.get(stop) == Some(&b'\r') && bytes.get(at) == Some(&b'\n') {
            at += 1;
        }
        Some(start..stop)
    })
}

/// Finds the first line of `range`, without its end.
pub(crate) fn first_line(text: &str, range: &Span) -> Span {
    line_spans(text, range)
        .next()
        .unwrap_or(range.start..range.start)
}

/// Finds the headings of a text outside of lists, quotations and code. `masked` is the text from `start` on
/// without what its comments say.
fn headings(text: &str, start: usize, masked: &str) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut depth = 0usize;
    for (event, range) in Parser::new(masked).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if let (Tag::Heading { level, .. }, 0) = (tag, depth) {
                    let span = range.start + start..range.end + start;
                    headings.push(heading(text, level as u8, span));
                }
                depth += 1;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    headings
}

fn heading(text: &str, level: u8, span: Span) -> Heading {
    let body_start = line_end(text, span.end);
    let trimmed = text[span.clone()].trim_end_matches(['\n', '\r']);
    let span = span.start..span.start + trimmed.len();
    let content = atx_content(trimmed, level).unwrap_or_else(|| setext_content(trimmed));
    Heading {
        level,
        content: span.start + content.start..span.start + content.end,
        span,
        body_start,
    }
}

/// Finds where the line that holds or ends at `at` is over and the next one begins.
fn line_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    match (at.checked_sub(1).map(|before| bytes[before]), bytes.get(at)) {
        (Some(b'\r'), Some(b'\n')) => return at + 1,
        (Some(b'\n' | b'\r'), _) => return at,
        _ => {}
    }
    let mut end = at;
    while end < bytes.len() && !matches!(bytes[end], b'\n' | b'\r') {
        end += 1;
    }
    match (bytes.get(end), bytes.get(end + 1)) {
        (Some(b'\r'), Some(b'\n')) => end + 2,
        (Some(_), _) => end + 1,
        (None, _) => end,
    }
}

/// Returns the content of an ATX heading (CommonMark 4.2), or `None` where `source` is none.
fn atx_content(source: &str, level: u8) -> Option<Span> {
    let rest = source.trim_start_matches(' ');
    let marks = rest.bytes().take_while(|byte| *byte == b'#').count();
    let rest = &rest[marks..];
    if marks != usize::from(level) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let start = source.len() - rest.trim_start_matches([' ', '\t']).len();
    let content = source[start..].trim_end();
    let open = content.trim_end_matches('#');
    let closed = open.len() < content.len() && (open.is_empty() || open.ends_with([' ', '\t']));
    let content = if closed { open.trim_end() } else { content };
    Some(start..start + content.len())
}

/// Returns the content of a setext heading: all but its underline.
fn setext_content(source: &str) -> Span {
    let above = source.rfind(['\n', '\r']).map_or("", |end| &source[..end]);
    let start = above.len() - above.trim_start().len();
    let end = above.trim_end().len();
    start.min(end)..end
}
