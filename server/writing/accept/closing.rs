//! Finds what follows the prose at the end of an answer: a question, a count, the next part.

use std::ops::Range;

use super::check::Check;
use super::cutting::Repair;
use super::lines::{is_fence, is_heading, is_part_line, is_rule};
use super::metadata;
use super::yardstick::Acceptance;
use crate::story::leftovers::{self, Narrator, PACKS, Place, bare};
use crate::story::text::boundaries;
use crate::story::text::sentences::is_finished;

/// Longer is no afterword.
const LONGEST: usize = 900;

/// Takes all of it out.
pub(crate) fn strip_all(repair: &mut Repair<'_>) {
    let text = repair.text();
    let mut end = next_part(repair.acceptance(), text).unwrap_or(text.len());
    let mut found: Vec<(Check, Range<usize>)> = Vec::new();
    if end < text.len() {
        found.push((Check::NextPart, end..text.len()));
    }
    let mut fences = text[..end].lines().filter(|line| is_fence(line)).count();
    while let Some((start, check)) = last(repair.acceptance(), &text[..end], fences % 2 == 1) {
        found.push((check, start..end));
        fences -= usize::from(check == Check::CodeFence);
        end = start;
    }
    if let Some((start, check)) = appendix(&text[..end]) {
        found.push((check, start..end));
        end = start;
    }
    if fences % 2 == 1
        && let Some(fence) = last_fence(&text[..end])
    {
        // Its other half was in front.
        found.push((Check::CodeFence, fence));
    }
    if found.is_empty() {
        return;
    }
    found.reverse();
    repair.cut_each(&found);
    let trimmed = repair.text().trim_end().to_owned();
    repair.replace(None, String::new(), trimmed);
}

fn last_fence(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    let mut found = None;
    for line in text.split_inclusive('\n') {
        if is_fence(line) {
            found = Some(start..start + line.len());
        }
        start += line.len();
    }
    found
}

/// Finds where the last paragraph or line begins, if it is no prose. `fenced` when a fence was opened that is
/// not closed.
fn last(acceptance: &Acceptance<'_>, text: &str, fenced: bool) -> Option<(usize, Check)> {
    let text = text.trim_end();
    let line_start = text.rfind('\n').map_or(0, |end| end + 1);
    let near = boundaries::floor(text, text.len().saturating_sub(LONGEST));
    let paragraph_start = text[near..].rfind("\n\n").map(|end| near + end + 2);
    let paragraph_start = match paragraph_start {
        Some(start) => start,
        None if near == 0 => 0,
        None => line_start,
    };
    for start in [line_start, paragraph_start] {
        let piece = &text[start..];
        // An answer that is nothing else is judged, not trimmed.
        let alone = text[..start].trim().is_empty();
        if piece.trim().is_empty() || piece.len() > LONGEST {
            continue;
        }
        if let Some(check) = of_piece(acceptance, piece, fenced).filter(|check| {
            !alone
                || matches!(
                    check,
                    Check::CodeFence | Check::StrayRule | Check::HeadingEcho
                )
        }) {
            return Some((start, check));
        }
    }
    None
}

fn of_piece(acceptance: &Acceptance<'_>, piece: &str, fenced: bool) -> Option<Check> {
    let piece = piece.trim();
    let inside = bare(piece);
    let is_line = !piece.contains('\n');
    if is_line && is_fence(piece) && fenced {
        return Some(Check::CodeFence);
    }
    if is_line && is_rule(piece) {
        return Some(Check::StrayRule);
    }
    if leftovers::is_afterword(piece) {
        return Some(Check::Postamble);
    }
    if !acceptance.is_last && is_line && PACKS.ending.is_match(inside.trim_end_matches('.')) {
        return Some(Check::Postamble);
    }
    if is_line && (is_heading(piece) || is_part_line(piece)) {
        return Some(Check::HeadingEcho);
    }
    let is_person = acceptance.narrator == Narrator::Person;
    if PACKS.refusal.is_match(inside) || (is_person && PACKS.meta.is_match(inside)) {
        return Some(Check::LateRefusal);
    }
    leftovers::judge(piece, 0..piece.len(), Place::Last, acceptance.narrator)
        .map(|_| Check::MetaTalk)
}

/// Finds where the model begins the next part of the outline.
fn next_part(acceptance: &Acceptance<'_>, text: &str) -> Option<usize> {
    let mut start = 0;
    let mut told = false;
    for line in text.split_inclusive('\n') {
        let here = start;
        start += line.len();
        let line = line.trim();
        if told && acceptance.begins_next(line) {
            return Some(here);
        }
        told |= is_finished(line);
    }
    None
}

/// Finds a summary or notes under a heading at the end of the text; or a list of what the model was given, or
/// data, if nothing else follows.
fn appendix(text: &str) -> Option<(usize, Check)> {
    let end = text.trim_end().len();
    if let Some(start) = metadata::trailing(text) {
        return Some((start, Check::Metadata));
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let here = start;
        start += line.len();
        if here == 0 {
            continue;
        }
        let bare_line = line.trim();
        let marked = bare_line.starts_with(['#', '*', '_', '[', '【', '-']);
        if marked
            && here * 2 > text.len()
            && PACKS.summary.is_match(bare(bare_line))
            && is_finished(&text[..here])
        {
            return Some((here, Check::Postamble));
        }
        if leftovers::form(text, here).is_some_and(|stop| stop >= end) {
            return Some((here, Check::MetaTalk));
        }
    }
    None
}
