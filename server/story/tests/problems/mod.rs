//! One table a part of the brief: marked-up text, and what is reported at each mark.
//!
//! `«…»` marks a range; the problems must be exactly the marked ones, in the order of the
//! text.

mod body;
mod front_matter;

use super::{listed, parse};
use crate::story::Severity::{self, Error, Hint, Warning};

/// A code, its severity, and words that its message must hold.
type Expected = (&'static str, Severity, &'static str);

/// Takes the marks out and returns the ranges that they stood for.
fn unmark(marked: &str) -> (String, Vec<std::ops::Range<usize>>) {
    let mut text = String::new();
    let mut open = Vec::new();
    let mut ranges = Vec::new();
    for c in marked.chars() {
        match c {
            '«' => open.push(text.len()),
            '»' => ranges.push(open.pop().expect("an opening mark")..text.len()),
            c => text.push(c),
        }
    }
    assert!(open.is_empty(), "a mark is not closed: {marked}");
    ranges.sort_by_key(|range| range.start);
    (text, ranges)
}

fn check(marked: &str, expected: &[Expected]) {
    let (text, ranges) = unmark(marked);
    let brief = parse(&text);
    let found = &brief.problems;
    let shown = listed(&text, found);
    assert_eq!(found.len(), expected.len(), "{marked}\n{shown}");
    for ((problem, range), (code, severity, words)) in found.iter().zip(ranges).zip(expected) {
        assert_eq!(problem.code, *code, "{marked}\n{shown}");
        assert_eq!(problem.severity, *severity, "{marked}\n{shown}");
        assert_eq!(
            &text[problem.span.clone()],
            &text[range.clone()],
            "{marked}\n{shown}"
        );
        assert_eq!(problem.span, range, "{marked}\n{shown}");
        assert!(problem.message.contains(words), "{marked}\n{shown}");
        assert!(problem.message.ends_with(['.', '?', ')']), "{shown}");
    }
}

/// Returns a brief with these lines in its front matter, and nothing else to complain about.
fn with_front_matter(lines: &str) -> String {
    format!("---\n{lines}\n---\n# Outline\n## One\nIt begins.\n")
}

/// Returns a brief with this text below its front matter, and a beat at its end.
fn with_body(body: &str) -> String {
    format!("---\ntitle: Storm\n---\n{body}\n# Outline\n## One\nIt begins.\n")
}

fn with_outline(outline: &str) -> String {
    format!("---\ntitle: Storm\n---\n# Outline\n{outline}\n")
}
