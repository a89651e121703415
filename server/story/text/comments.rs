//! Reads comments in markdown: `<!-- … -->`, the author's own and no part of a text.
//!
//! One reading for briefs and chunks. Code (a fence, or what stands between backticks) and
//! `\<!--` hold no comment. A comment goes on over blank lines to its `-->`. One that is never
//! closed ends with its paragraph or before a heading, so that a slip of the author's hides no more than that.

use std::borrow::Cow;

use crate::story::Span;

const OPEN: &str = "<!--";
const CLOSE: &str = "-->";

/// A comment in a text, marks included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub span: Span,
    /// Whether it has its `-->`; one without ends with its paragraph.
    pub closed: bool,
}

impl Comment {
    /// Returns the text between the marks.
    pub fn inner<'a>(&self, text: &'a str) -> &'a str {
        let source = &text[self.span.clone()];
        let source = source.strip_prefix(OPEN).unwrap_or(source);
        // "<!-->" is a whole comment; its dashes are shared.
        source
            .strip_suffix(CLOSE)
            .unwrap_or(if self.closed { "" } else { source })
    }
}

/// Finds the comments of a text, in its order. Takes time in proportion to the text.
pub fn comments(text: &str) -> Vec<Comment> {
    comments_from(text, 0)
}

/// Finds the comments from the byte `start` on, which has to be the beginning of a line.
pub(crate) fn comments_from(text: &str, start: usize) -> Vec<Comment> {
    // Most texts have none, and are looked at often.
    match text[start..].find(OPEN) {
        Some(_) => Scan::new(text, start).run(),
        None => Vec::new(),
    }
}

/// Takes the comments out of a text.
///
/// White space around a comment is left as if it had never been there: a comment in a line of its
/// own takes the line along, one between two words takes one of the two blanks.
pub fn without_comments(text: &str) -> Cow<'_, str> {
    let found = comments(text);
    match found.is_empty() {
        true => Cow::Borrowed(text),
        false => Cow::Owned(Bare::new(text, &found).text),
    }
}

/// Appends `rest` to a text with comments: never inside a comment, and in a new line where the text is
/// nothing but comments.
pub fn go_on(text: &str, rest: &str) -> String {
    let open = comments(text)
        .last()
        .is_some_and(|last| !last.closed && last.span.end == text.len());
    let apart = open || without_comments(text).trim().is_empty();
    match apart && !rest.trim().is_empty() {
        true => format!("{text}\n\n{}", rest.trim_start()),
        false => format!("{text}{rest}"),
    }
}

/// A text without its comments, with a map of its parts back to the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bare {
    pub text: String,
    /// The parts that are kept, in order: the offset in `text`, and the range in the source, in bytes.
    pieces: Vec<(usize, Span)>,
}

impl Bare {
    pub fn of(source: &str) -> Bare {
        Bare::new(source, &comments(source))
    }

    fn new(source: &str, comments: &[Comment]) -> Bare {
        let mut bare = Bare {
            text: String::with_capacity(source.len()),
            pieces: Vec::new(),
        };
        let mut at = 0;
        let mut rest = comments;
        while let Some((run, after)) = Run::first(source, rest) {
            rest = after;
            bare.keep(source, at..run.span.start);
            bare.keep(source, run.white);
            at = run.span.end;
        }
        bare.keep(source, at..source.len());
        bare
    }

    fn keep(&mut self, source: &str, span: Span) {
        if !span.is_empty() {
            self.pieces.push((self.text.len(), span.clone()));
            self.text.push_str(&source[span]);
        }
    }

    /// Converts a span of the text to a span of the source, comments inside it included; in bytes. Both ends
    /// of the span have to be character boundaries.
    pub fn in_source(&self, span: &Span) -> Span {
        let start = self.start_in_source(span.start);
        let end = match span.is_empty() {
            true => start,
            false => self.start_in_source(span.end - 1) + 1,
        };
        start..end
    }

    /// Converts an offset of the text to one of the source, in bytes.
    fn start_in_source(&self, offset: usize) -> usize {
        let after = self.pieces.partition_point(|(start, _)| *start <= offset);
        match after.checked_sub(1).map(|index| &self.pieces[index]) {
            Some((start, span)) => (span.start + offset - start).min(span.end),
            None => 0,
        }
    }
}

/// Returns a text with comments in which another beginning takes the place of all up to the byte `offset` of
/// the text without them; the comments in the old beginning stand behind the new one.
pub fn with_beginning(source: &str, offset: usize, beginning: &str) -> String {
    let bare = Bare::of(source);
    let at = bare.in_source(&(0..offset)).end;
    let mut text = beginning.to_owned();
    for comment in comments(source)
        .iter()
        .filter(|comment| comment.span.end <= at)
    {
        text.push(' ');
        text.push_str(&source[comment.span.clone()]);
    }
    text.push_str(&source[at..]);
    text
}

/// Comments with nothing but white space between and around them.
struct Run {
    /// The span with the white space around.
    span: Span,
    /// The white space that stays.
    white: Span,
}

impl Run {
    /// Returns the run of the first comment, and the comments after it.
    fn first<'c>(text: &str, comments: &'c [Comment]) -> Option<(Run, &'c [Comment])> {
        let first = comments.first()?;
        let start = text[..first.span.start].trim_end_matches(is_white).len();
        let mut whites: Vec<Span> = std::iter::once(start..first.span.start).collect();
        let mut taken = 0;
        let mut end = start;
        while let Some(comment) = comments.get(taken) {
            if taken > 0 && comment.span.start != end {
                break;
            }
            let after = &text[comment.span.end..];
            end = text.len() - after.trim_start_matches(is_white).len();
            whites.push(comment.span.end..end);
            taken += 1;
        }
        let last = whites.last().cloned().unwrap_or(start..start);
        let white = match start {
            // Only what indents the first line.
            0 => match text[last.clone()].rfind(['\n', '\r']) {
                Some(at) => last.start + at + 1..last.end,
                None => last.end..last.end,
            },
            _ => whites
                .into_iter()
                .max_by_key(|white| (line_ends(&text[white.clone()]), !white.is_empty()))
                .unwrap_or(last),
        };
        let span = start..end;
        Some((Run { span, white }, &comments[taken..]))
    }
}

fn is_white(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn line_ends(white: &str) -> usize {
    let lone = white.matches('\r').count() - white.matches("\r\n").count();
    white.matches('\n').count() + lone
}

/// The state of [`comments_from`].
struct Scan<'a> {
    text: &'a str,
    at: usize,
    /// The first `-->` at or behind where it was looked for last; `None` once there is no more.
    close: Option<usize>,
    /// The shortest fence of backticks and of tildes that is never closed.
    never_closed: [usize; 2],
    found: Vec<Comment>,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str, start: usize) -> Scan<'a> {
        Scan {
            text,
            at: start,
            close: Some(0),
            never_closed: [usize::MAX; 2],
            found: Vec::new(),
        }
    }

    fn run(mut self) -> Vec<Comment> {
        let mut line_start = true;
        while self.at < self.text.len() {
            if line_start && let Some(end) = self.fence_end() {
                self.at = end;
                continue;
            }
            line_start = self.step();
        }
        self.found
    }

    /// Finds the end of the fenced code block that begins here; `None` where no fence begins here, or it is
    /// never closed.
    fn fence_end(&mut self) -> Option<usize> {
        let (mark, length, info) = fence(&self.text[self.at..])?;
        let never_closed = &mut self.never_closed[usize::from(mark == '~')];
        if length >= *never_closed || (mark == '`' && info.contains('`')) {
            return None;
        }
        let end = closing_fence(self.text, self.at, mark, length);
        if end.is_none() {
            *never_closed = length;
        }
        end
    }

    /// Goes past one thing; whether a line begins behind it.
    fn step(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let Some(next) = rest.find(['\n', '\r', '\\', '`', '<']) else {
            self.at = self.text.len();
            return false;
        };
        self.at += next;
        let rest = &rest[next..];
        match rest.as_bytes()[0] {
            b'\n' | b'\r' => {
                self.at += if rest.starts_with("\r\n") { 2 } else { 1 };
                return true;
            }
            b'\\' => {
                let escaped = rest[1..].starts_with(|c: char| c.is_ascii_punctuation());
                self.at += if escaped { 2 } else { 1 };
            }
            b'`' => self.at += code_length(rest),
            _ if rest.starts_with(OPEN) => self.take_comment(),
            _ => self.at += 1,
        }
        false
    }

    fn take_comment(&mut self) {
        let start = self.at;
        let close = self
            .next_close(start)
            .filter(|close| !self.is_of_another(start, *close));
        let (end, closed) = match close {
            Some(close) => (close + CLOSE.len(), true),
            None => (open_end(self.text, start), false),
        };
        self.found.push(Comment {
            span: start..end,
            closed,
        });
        self.at = end;
    }

    /// Finds where the comment at `start` is closed. "<!-->" and "<!--->" are whole comments
    /// (CommonMark 0.31, 6.6).
    fn next_close(&mut self, start: usize) -> Option<usize> {
        let from = start + 2;
        if self.close? < from {
            let found = self.text[from..].find(CLOSE);
            self.close = found.map(|found| from + found);
        }
        self.close
    }

    /// Tells whether the mark at `close` ends another comment than the one at `start`. That one was left open
    /// where, below its paragraph, another begins first, or a heading stands that a comment in the midst of a line
    /// can't have been meant to take away.
    fn is_of_another(&self, start: usize, close: usize) -> bool {
        let paragraph = open_end(&self.text[..close], start);
        let below = &self.text[paragraph..close];
        if below.is_empty() {
            return false;
        }
        below.contains(OPEN) || (!self.begins_line(start) && has_heading(below))
    }

    fn begins_line(&self, at: usize) -> bool {
        let before = &self.text[..at];
        let line = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
        before[line..].trim().is_empty()
    }
}

fn has_heading(text: &str) -> bool {
    text.split(['\n', '\r']).any(is_heading)
}

fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    (1..=6).contains(&(line.len() - rest.len())) && rest.starts_with([' ', '\t'])
}

/// Finds the end of a comment that is never closed: that of its paragraph, which a heading ends as well.
fn open_end(text: &str, start: usize) -> usize {
    let end = paragraph_end(text, start);
    let mut lines = text[start..end].split_inclusive(['\n', '\r']);
    let mut at = start + lines.next().map_or(0, str::len);
    for line in lines {
        if is_heading(line) {
            return text[..at].trim_end_matches(['\n', '\r']).len();
        }
        at += line.len();
    }
    end
}

/// Finds the end of the line, its line end not included, after which the paragraph at `at` is over.
fn paragraph_end(text: &str, at: usize) -> usize {
    let mut end = at;
    loop {
        let line = text[end..].find(['\n', '\r']);
        let Some(line) = line.map(|line| end + line) else {
            return text.len();
        };
        let next = line
            + if text[line..].starts_with("\r\n") {
                2
            } else {
                1
            };
        let blank = text[next..].trim_start_matches([' ', '\t']);
        if blank.is_empty() || blank.starts_with(['\n', '\r']) {
            return line;
        }
        end = next;
    }
}

/// Returns the length of the code at the start of `text`, which begins with backticks: up to as many again in
/// the same paragraph, else the backticks alone.
fn code_length(text: &str) -> usize {
    let ticks = |text: &str| text.len() - text.trim_start_matches('`').len();
    let opened = ticks(text);
    let mut at = opened;
    while let Some(next) = text[at..].find('`') {
        let before = at;
        at += next;
        if paragraph_end(&text[..at], before) < at {
            break;
        }
        let run = ticks(&text[at..]);
        at += run;
        if run == opened {
            return at;
        }
    }
    opened
}

/// Finds where the line is over that closes the fence in the line at `at`.
fn closing_fence(text: &str, at: usize, mark: char, length: usize) -> Option<usize> {
    let mut end = at + text[at..].find(['\n', '\r'])? + 1;
    for line in text[end..].split_inclusive(['\n', '\r']) {
        end += line.len();
        let closes = fence(line).is_some_and(|(with, marks, after)| {
            with == mark && marks >= length && after.trim().is_empty()
        });
        if closes {
            return Some(end);
        }
    }
    None
}

/// Returns the mark of the fence that the first line of `text` is, how many there are, and what follows.
fn fence(text: &str) -> Option<(char, usize, &str)> {
    let line = text.split(['\n', '\r']).next()?;
    let bare = line.trim_start_matches(' ');
    let mark = bare.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = bare.trim_start_matches(mark);
    let length = bare.len() - rest.len();
    (line.len() - bare.len() < 4 && length >= 3).then_some((mark, length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_if_no_comment_had_been_there() {
        for (source, expected) in [
            ("She waits.", "She waits."),
            ("She <!-- sw: colder --> waits.", "She waits."),
            ("She waits.<!-- c --> It rains.", "She waits. It rains."),
            ("She waits. <!-- c -->\nIt rains.", "She waits.\nIt rains."),
            ("wait<!-- c -->ing", "waiting"),
            ("灯<!-- c -->台", "灯台"),
            ("A.\n<!-- c -->\nB.", "A.\nB."),
            ("A.\n\n<!-- c -->\n\nB.", "A.\n\nB."),
            ("A.\n\n<!-- c -->\nB.", "A.\n\nB."),
            ("A.\n<!-- c -->\n\nB.", "A.\n\nB."),
            ("A.\n\n<!-- c\n\nd -->\n\n<!-- e -->\n\nB.", "A.\n\nB."),
            ("A.\n\n<!-- c --> B.", "A.\n\nB."),
            // Never closed, it ends before a heading.
            ("A.\n<!-- c\n# B\nd", "A.\n# B\nd"),
            ("<!-- c\r\n## B\r\n<!-- d -->\r\nE.", "## B\r\nE."),
            ("A <!-- c\nd --> B.", "A B."),
            ("A <!-- c\n\nd --> B.", "A B."),
            ("A <!-- c --> <!-- d --> B.", "A B."),
            ("A.\r\n\r\n<!-- c -->\r\n\r\nB.", "A.\r\n\r\nB."),
            ("<!-- c -->\n\nA.", "A."),
            ("<!-- c --> A.", "A."),
            ("A. <!-- c -->", "A. "),
            ("<!-- c -->", ""),
            ("<!--> A <!---> B", "A B"),
            // Code.
            ("`<!-- c -->` A", "`<!-- c -->` A"),
            ("A ` <!-- c --> B", "A ` B"),
            ("``a ` <!-- c -->`` B", "``a ` <!-- c -->`` B"),
            ("```\n<!-- c -->\n```\nA", "```\n<!-- c -->\n```\nA"),
            ("```\n<!-- c -->\nA", "```\nA"),
            ("    <!-- c -->\n    A", "    A"),
            ("\\<!-- c -->", "\\<!-- c -->"),
            // Never closed.
            ("A <!-- c\nd\n\nB.", "A\n\nB."),
            ("A <!-- c", "A "),
            ("A <!-- c\n\nB <!-- d --> C.", "A\n\nB C."),
            ("A <!-- c\n\n# B\n\nC -->", "A\n\n# B\n\nC -->"),
            ("<!-- c\n\n# B\n-->\n\nC", "C"),
        ] {
            assert_eq!(without_comments(source), expected, "{source:?}");
        }
    }

    #[test]
    fn places_of_the_text_are_found_in_the_source() {
        let source = "A lamp <!-- c --> burns.\n\n<!-- d -->\n\nIt <!-- e -->hisses.";
        let bare = Bare::of(source);
        assert_eq!(bare.text, "A lamp burns.\n\nIt hisses.");
        for (quote, expected) in [
            ("lamp burns", "lamp <!-- c --> burns"),
            ("burns.", "burns."),
            ("It hisses", "It <!-- e -->hisses"),
        ] {
            let start = bare.text.find(quote).unwrap();
            let span = bare.in_source(&(start..start + quote.len()));
            assert_eq!(&source[span], expected, "{quote}");
        }
    }

    #[test]
    fn another_beginning_leaves_the_comments() {
        for (source, expected) in [
            ("A one. <!-- c -->\n\nB two.", "New. <!-- c -->\n\nB two."),
            (
                "A one.\n\n<!-- c -->\n\nB <!-- d --> two.",
                "New.\n\n<!-- c -->\n\nB <!-- d --> two.",
            ),
            ("<!-- c --> A one.", "New. <!-- c -->"),
        ] {
            let bare = Bare::of(source).text;
            let offset = bare.find("\n\n").unwrap_or(bare.len());
            assert_eq!(
                with_beginning(source, offset, "New."),
                expected,
                "{source:?}"
            );
        }
    }

    #[test]
    fn a_text_that_goes_on_is_in_no_comment() {
        for (text, rest, expected) in [
            ("A <!-- c -->", " b.", "A <!-- c --> b."),
            ("A <!-- c", " b.", "A <!-- c\n\nb."),
            ("<!-- c -->", "B.", "<!-- c -->\n\nB."),
            ("A", " b.", "A b."),
        ] {
            assert_eq!(go_on(text, rest), expected);
        }
    }

    #[test]
    fn any_text_is_read_in_time_in_proportion_to_it() {
        for text in [
            "<!--".repeat(50_000),
            "<!-- a -->\n".repeat(10_000),
            "<!-- a \n\n".repeat(20_000) + "-->",
            "a `".repeat(20_000),
            "```\n".repeat(20_000),
            "~~~ a\n".repeat(5_000),
        ] {
            Bare::of(&text);
        }
    }
}
