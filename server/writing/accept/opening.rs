//! Finds what precedes the prose in an answer: a preamble, a fence, a heading.
//!
//! Looked for while the answer arrives already, so that it never goes into the chunk's file.

use super::check::Check;
use super::cutting::Repair;
use super::lines::{MOST_HELD, is_fence, is_heading, is_part_line, is_rule};
use super::yardstick::Acceptance;
use super::{echo, marks, metadata};
use crate::story::leftovers::{self, PACKS, Place, Talk, bare};
use crate::story::text::boundaries;

/// Longer than `Certainly!` and its like, in bytes.
const MOST_ACKNOWLEDGED: usize = 60;

/// How an answer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The answer begins with prose.
    Prose,
    /// Undecided until more of the answer has come.
    Undecided,
    /// The first `bytes` of it are no prose. What comes then may be none either.
    Strip { bytes: usize, check: Check },
}

/// Looks at the beginning of an answer; `whole` when no more of it will come.
pub(crate) fn look(acceptance: &Acceptance<'_>, text: &str, whole: bool) -> Opening {
    let bare = text.trim_start();
    let lead = text.len() - bare.len();
    if bare.is_empty() {
        return if whole {
            Opening::Prose
        } else {
            Opening::Undecided
        };
    }
    if !whole && metadata::may_become_front_matter(bare) {
        return Opening::Undecided;
    }
    let found = token(bare, whole)
        .or_else(|| metadata::front_matter(bare, whole))
        .or_else(|| form(bare, whole))
        .or_else(|| line(acceptance, bare, whole))
        .or_else(|| inline(bare));
    match found {
        Some((bytes, check)) => {
            let rest = &bare[bytes..];
            let white = rest.len() - rest.trim_start().len();
            Opening::Strip {
                bytes: lead + bytes + white,
                check,
            }
        }
        None if whole || bare.len() >= MOST_HELD => Opening::Prose,
        None if is_undecided(acceptance, bare) => Opening::Undecided,
        None => Opening::Prose,
    }
}

/// Takes all of an answer's opening out; what parts the answer from the text before stays.
pub(crate) fn strip_all(repair: &mut Repair<'_>) {
    let text = repair.text();
    let mut end = text.len() - text.trim_start().len();
    let mut found = Vec::new();
    while let Opening::Strip { bytes, check } = look(repair.acceptance(), &text[end..], true) {
        found.push((check, end..end + bytes));
        end += bytes;
    }
    repair.cut_each(&found);
}

fn token(text: &str, whole: bool) -> Option<(usize, Check)> {
    if !text.starts_with(['<', '[']) {
        return None;
    }
    let length = marks::leading_token(text, text.contains("</s>"))?;
    // The name of a role may be on its way.
    let (taken, rest) = text.split_at(length);
    let complete = whole || taken.ends_with('\n') || rest.len() > 16 || rest.contains('\n');
    complete.then_some((length, Check::TemplateToken))
}

/// Returns a list of what the model was given, when its end is there.
fn form(text: &str, whole: bool) -> Option<(usize, Check)> {
    let end = leftovers::form(text, 0)?;
    (whole || !text[end..].trim().is_empty()).then_some((end, Check::MetaTalk))
}

/// Returns a first line that is no prose, whole.
fn line(acceptance: &Acceptance<'_>, text: &str, whole: bool) -> Option<(usize, Check)> {
    if let Some(length) = marks::role_prefix(text) {
        return Some((length, Check::RolePrefix));
    }
    let end = match text.find('\n') {
        Some(end) => end,
        None if whole => text.len(),
        None => return None,
    };
    let found = of_line(acceptance, text[..end].trim_end()).map(|check| (end, check));
    found.or_else(|| two_lines(text, end, whole))
}

fn of_line(acceptance: &Acceptance<'_>, line: &str) -> Option<Check> {
    const LONGEST: usize = 600;
    if line.len() > LONGEST {
        return None;
    }
    if is_fence(line) {
        Some(Check::CodeFence)
    } else if is_rule(line) {
        Some(Check::StrayRule)
    } else if echo::is_prompt_heading(line) {
        Some(Check::PromptEcho)
    } else if is_heading(line) || acceptance.is_title(line) || is_part_line(line) {
        Some(Check::HeadingEcho)
    } else if PACKS.preamble.is_match(bare(line)) {
        Some(Check::Preamble)
    } else {
        match leftovers::judge(line, 0..line.len(), Place::First, acceptance.narrator)? {
            // With what it says of itself a model refuses, too.
            Talk::OfItself if PACKS.meta.is_match(bare(line)) => None,
            Talk::OfItself | Talk::OfTheWork => Some(Check::MetaTalk),
            Talk::Form => None,
        }
    }
}

/// Finds an interjection such as `Sure!` with the preamble on the next line; `whole` when that line is.
fn two_lines(text: &str, end: usize, whole: bool) -> Option<(usize, Check)> {
    let rest = text[end..].trim_start();
    let start = text.len() - rest.len();
    let length = match rest.find('\n') {
        Some(length) => length,
        None if whole => rest.len(),
        None => return None,
    };
    let first = text[..end].trim_end();
    let answers = first.len() < MOST_ACKNOWLEDGED && first.ends_with(['!', '.', ',', '！', '。']);
    (answers && length < MOST_HELD && PACKS.preamble.is_match(bare(&text[..start + length])))
        .then_some((start + length, Check::Preamble))
}

fn inline(text: &str) -> Option<(usize, Check)> {
    let end = text.find('\n').unwrap_or(text.len());
    let near = boundaries::floor(text, end.min(MOST_HELD));
    let found = PACKS.inline.find(&text[..near])?;
    let rest = &text[found.end()..];
    let marks = rest.len() - rest.trim_start_matches(['*', '_', ' ']).len();
    (found.end() > 0).then_some((found.end() + marks, Check::Preamble))
}

/// Tells whether more of the text could make it an opening.
fn is_undecided(acceptance: &Acceptance<'_>, text: &str) -> bool {
    let token = marks::may_become_token(text) || marks::leading_token(text, false).is_some();
    let lists = leftovers::form(text, 0).is_some_and(|end| text[end..].trim().is_empty());
    if token || lists || acceptance.may_become_title(text) {
        return true;
    }
    let first = text.chars().next();
    let marked = matches!(first, Some('#' | '`' | '~' | '='))
        || text.starts_with("**")
        || text.starts_with("__")
        || (matches!(first, Some('*' | '_' | '-')) && is_rule_so_far(text));
    let open = !text.contains('\n');
    let lower: String = bare_start(text)
        .chars()
        .take(24)
        .flat_map(char::to_lowercase)
        .map(|c| if matches!(c, '’' | 'ʼ') { '\'' } else { c })
        .collect();
    let begins = PACKS
        .starts
        .iter()
        .any(|start| start.starts_with(&lower) || lower.starts_with(start.as_str()));
    if open {
        return marked || begins;
    }
    // One line is there, and it could be the first of two.
    let end = text.find('\n').unwrap_or(text.len());
    begins && end < MOST_ACKNOWLEDGED && !text[end..].trim_start().contains('\n')
}

fn is_rule_so_far(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '*' | '_' | '-' | ' '))
}

fn bare_start(text: &str) -> &str {
    text.trim_start_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '¡' | '*' | '_' | '#' | '(' | '[' | '-' | '–' | '—' | '【' | '（'
            )
    })
}
