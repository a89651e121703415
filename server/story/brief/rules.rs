//! Reads the rules of the story's world: a numbered list, kept verbatim and never renumbered.
//!
//! Read line by line rather than as a CommonMark list, because a list knows only its first
//! number, and because not every script numbers with 1, 2, 3.

use super::parts::Rule;
use super::sections::Part;
use crate::story::Problem;
use crate::story::text::document::{Document, Line, join_lines};
use crate::story::text::numbers::digit;

/// Reads the rules of one Rules section.
pub(crate) fn read_rules(
    document: &Document<'_>,
    part: &Part<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut open: Option<(Marker, Vec<Line<'_>>)> = None;
    let mut after_blank = false;
    let mut first_unnumbered = None;
    for line in document.lines(&part.body) {
        let above = part
            .headings
            .partition_point(|heading| heading.span.start <= line.span.start);
        let is_heading = above > 0 && line.span.end <= part.headings[above - 1].span.end;
        let blank = line.text.trim().is_empty();
        let indented = line.text.starts_with([' ', '\t']);
        if let Some(marker) = read_marker(&line.text).filter(|_| !is_heading) {
            rules.extend(open.take().map(close));
            let mut line = line;
            line.text = line.text[marker.length..].to_owned().into();
            open = Some((marker, vec![line]));
        } else if is_heading || (after_blank && !blank && !indented) {
            rules.extend(open.take().map(close));
            if !is_heading {
                first_unnumbered = first_unnumbered.or(Some(line));
            }
        } else if let Some((marker, lines)) = &mut open {
            let mut line = line;
            line.text = unindented(&line.text, marker.length).to_owned().into();
            lines.push(line);
        } else if !blank {
            first_unnumbered = first_unnumbered.or(Some(line));
        }
        after_blank = blank;
    }
    rules.extend(open.map(close));
    report_unnumbered(first_unnumbered, &rules, problems);
    rules
}

/// The number at the start of a rule.
struct Marker {
    number: u32,
    /// In bytes, with the blanks around it.
    length: usize,
}

/// Reads `1. `, `1) `, `１．` or `١. `: at most three spaces, a number of at most nine digits
/// (CommonMark 5.2), a mark, and a space behind it unless the mark is a wide one.
fn read_marker(line: &str) -> Option<Marker> {
    let rest = line.trim_start_matches(' ');
    if line.len() - rest.len() > 3 {
        return None;
    }
    let after = rest.trim_start_matches(|c| digit(c).is_some());
    let digits = &rest[..rest.len() - after.len()];
    if digits.is_empty() || digits.chars().count() > 9 {
        return None;
    }
    let number = digits
        .chars()
        .filter_map(digit)
        .fold(0u32, |number, digit| number * 10 + digit);
    let mark = after
        .chars()
        .next()
        .filter(|mark| matches!(mark, '.' | ')' | '．' | '、' | '）' | '。'))?;
    let text = &after[mark.len_utf8()..];
    let blanks = text.len() - text.trim_start().len();
    if mark.is_ascii() && blanks == 0 && !text.is_empty() {
        return None;
    }
    Some(Marker {
        number,
        length: line.len() - text.len() + blanks,
    })
}

/// Returns a line below a rule's first, without the indentation that makes it part of the rule.
fn unindented(line: &str, most: usize) -> &str {
    let blanks = line.bytes().take_while(|byte| *byte == b' ').count();
    line[blanks.min(most)..].trim_start_matches('\t')
}

fn close((marker, lines): (Marker, Vec<Line<'_>>)) -> Rule {
    let last = lines
        .iter()
        .rev()
        .find(|line| !line.text.trim().is_empty())
        .or(lines.first());
    let start = lines.first().map_or(0, |line| line.span.start);
    Rule {
        number: marker.number,
        text: join_lines(&lines),
        span: start..last.map_or(start, |line| line.span.end),
    }
}

fn report_unnumbered(line: Option<Line<'_>>, rules: &[Rule], problems: &mut Vec<Problem>) {
    let Some(line) = line else { return };
    let text = line.text.trim();
    let is_item = ["- ", "* ", "+ "].iter().any(|mark| text.starts_with(mark));
    // A sentence that leads up to the list, or comments on it, is fine.
    if is_item || rules.is_empty() {
        problems.push(Problem::warning(
            line.span,
            "unnumbered-rule",
            "Rules are a numbered list, so that each can be named and kept. Begin every rule with its number, such as `1. `.",
        ));
    }
}

/// Numbers that skip, repeat or go back, and rules that say nothing.
pub(crate) fn check_rules(rules: &[Rule], problems: &mut Vec<Problem>) {
    let mut seen = std::collections::HashSet::new();
    let mut before: Option<u32> = None;
    for rule in rules {
        let expected = before.map_or(1, |before| before.saturating_add(1));
        let number = rule.number;
        let message = if !seen.insert(number) {
            Some(format!(
                "There are two rules {number}. Give this one a number of its own, such as {expected}."
            ))
        } else if before.is_none() && number > 1 {
            Some(format!(
                "The rules begin with {number}. Is one missing, or should this be rule 1?"
            ))
        } else if number > expected {
            Some(format!(
                "Rule {number} follows rule {}: {} missing. Is it lost, or should this be rule {expected}?",
                expected - 1,
                if number - expected == 1 {
                    format!("rule {expected} is")
                } else {
                    format!("rules {expected} to {} are", number - 1)
                },
            ))
        } else if number < expected && before.is_some() {
            Some(format!(
                "Rule {number} follows rule {}. Rules are numbered in order.",
                expected - 1
            ))
        } else {
            None
        };
        if let Some(message) = message {
            problems.push(Problem::warning(rule.span.clone(), "rule-numbers", message));
        }
        if rule.text.is_empty() {
            problems.push(Problem::warning(
                rule.span.clone(),
                "empty-rule",
                format!("Rule {number} says nothing. Write it, or delete its line."),
            ));
        }
        before = Some(number);
    }
}
