//! The brief as its author meets it: what is understood, what is reported, and where.

mod counting;
mod fixtures;
mod problems;
mod properties;
mod understanding;

use super::{Brief, Problem};

/// `line:column severity code: message`, the way an editor lists problems; columns count
/// characters from 1.
fn listed(text: &str, problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("{}\n", line_of(text, problem)))
        .collect()
}

fn line_of(text: &str, problem: &Problem) -> String {
    let before = &text[..problem.span.start];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let severity = format!("{:?}", problem.severity).to_lowercase();
    format!(
        "{line}:{column} {severity} {}: {}",
        problem.code, problem.message
    )
}

fn parse(text: &str) -> Brief {
    Brief::parse(text)
}
