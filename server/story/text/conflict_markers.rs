//! Finds the marks that git leaves in a file where a merge could not decide.
//!
//! Each stands at the start of a line, seven characters long: `<<<<<<< ours`, `||||||| base`
//! (diff3), `=======`, `>>>>>>> theirs`. One that is left over, where the others were deleted, counts as
//! they do. A line of `=` alone is a heading's underline and one of `|` alone a table's empty row, so
//! these count only together with another mark.

use crate::story::{Problem, Span};

/// The code of the problem.
pub const MERGE_CONFLICT: &str = "merge-conflict";

/// The length of a mark alone.
const BARE: usize = 7;

const MESSAGE: &str = "This line marks a merge conflict that is not resolved. Until it is, nothing in this file is read, \
                       sent or moved. Keep the text that you want and delete the marks.";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Begin,
    Base,
    Parts,
    End,
}

/// Finds the marks of unresolved conflicts: each line, its line end not included, in order.
pub fn conflict_markers(text: &str) -> Vec<Span> {
    // Most texts have none, and are looked at often.
    let any = ["<<<<<<<", "|||||||", ">>>>>>>"];
    if !any.iter().any(|mark| text.contains(mark)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut open: Vec<(Kind, Span)> = Vec::new();
    for (kind, span) in marks(text) {
        if kind == Kind::Begin {
            close(&mut open, &mut found);
        }
        open.push((kind, span));
        if kind == Kind::End {
            close(&mut open, &mut found);
        }
    }
    close(&mut open, &mut found);
    found
}

/// Takes marks that stand together for a conflict, if one of them is nothing else.
fn close(open: &mut Vec<(Kind, Span)>, found: &mut Vec<Span>) {
    // What stands before the first mark that belongs to the last is a heading's.
    let begins = |kind: &Kind| matches!(kind, Kind::Begin | Kind::Base);
    let first = match open.iter().position(|(kind, _)| begins(kind)) {
        Some(first) => first,
        None => open.len().saturating_sub(2),
    };
    let is_sign = |(kind, span): &(Kind, Span)| match kind {
        Kind::Begin | Kind::End => true,
        Kind::Base => span.len() > BARE,
        Kind::Parts => false,
    };
    let is_conflict = open[first..].iter().any(is_sign);
    let marks = open.drain(..).skip(first);
    found.extend(marks.filter(|_| is_conflict).map(|(_, span)| span));
}

/// Finds the lines that may be marks. Lines end at LF, CRLF and CR.
fn marks(text: &str) -> impl Iterator<Item = (Kind, Span)> + '_ {
    let mut start = 0;
    text.split_inclusive(['\n', '\r']).filter_map(move |line| {
        let at = start;
        start += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        // The first line may have a byte order mark.
        let bare = if at == 0 {
            line.trim_start_matches('\u{feff}')
        } else {
            line
        };
        let at = at + line.len() - bare.len();
        Some((kind(bare)?, at..at + bare.len()))
    })
}

fn kind(line: &str) -> Option<Kind> {
    let (mark, rest) = line.split_at_checked(BARE)?;
    let kind = match mark {
        "<<<<<<<" => Kind::Begin,
        "|||||||" => Kind::Base,
        "=======" => Kind::Parts,
        ">>>>>>>" => Kind::End,
        _ => return None,
    };
    // Behind the others stands what they are of, after a blank.
    let is_mark = rest.trim().is_empty() || (rest.starts_with(' ') && kind != Kind::Parts);
    is_mark.then_some(kind)
}

/// Tells whether a merge conflict in a text is unresolved.
pub fn has_conflict(text: &str) -> bool {
    !conflict_markers(text).is_empty()
}

/// Finds the line, from 1, of the first mark of an unresolved conflict.
pub fn conflict_line(text: &str) -> Option<usize> {
    let first = conflict_markers(text).into_iter().next()?;
    let before = &text[..first.start];
    let lone = before.matches('\r').count() - before.matches("\r\n").count();
    Some(before.matches('\n').count() + lone + 1)
}

/// Makes an error for each mark of an unresolved conflict.
pub fn conflict_problems(text: &str) -> Vec<Problem> {
    let marks = conflict_markers(text).into_iter();
    marks
        .map(|span| Problem::error(span, MERGE_CONFLICT, MESSAGE))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_count_as_git_writes_them() {
        for (text, expected) in [
            ("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> theirs\nd\n", 3),
            (
                "a\r\n<<<<<<< HEAD\r\nb\r\n=======\r\nc\r\n>>>>>>> theirs\r\n",
                3,
            ),
            (
                "<<<<<<< HEAD\nb\n||||||| base\nx\n=======\nc\n>>>>>>> theirs",
                4,
            ),
            ("<<<<<<<\n=======\n>>>>>>>\n", 3),
            ("\u{feff}<<<<<<< HEAD\n=======\n>>>>>>> x\n", 3),
            (
                "<<<<<<< a\nb\n=======\nc\n>>>>>>> d\nx\n<<<<<<< a\n=======\n>>>>>>> d\n",
                6,
            ),
            // Half resolved.
            ("a\n=======\nb\n>>>>>>> theirs\n", 2),
            ("<<<<<<< HEAD\na\n=======\nb\n", 2),
            ("<<<<<<< HEAD\na\n>>>>>>> theirs\n", 2),
            ("Setting\n=======\na\n<<<<<<< HEAD\n=======\n>>>>>>> x\n", 3),
            // One is left.
            ("a\n<<<<<<< HEAD\nb\n", 1),
            ("a\n>>>>>>> branch\nb\n", 1),
            ("a\n||||||| 1a2b3c4\nb\n", 1),
            ("<<<<<<<\n", 1),
            ("Setting\n=======\na\n||||||| base\n", 1),
            // None.
            ("Setting\n=======\nA rock.\n", 0),
            ("|||||||\n|||||||\n", 0),
            ("<<<<<<<< eight\n========\n>>>>>>>> eight\n", 0),
            (" <<<<<<< indented\n =======\n >>>>>>> indented\n", 0),
            ("x <<<<<<< y\n", 0),
            ("", 0),
        ] {
            assert_eq!(conflict_markers(text).len(), expected, "{text:?}");
        }
        assert_eq!(conflict_line("a\r\nb\r\n<<<<<<< x\r\n=======\r\n"), Some(3));
    }
}
