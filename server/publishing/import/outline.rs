//! Puts the beats of new scenes into the outline of a brief: it only ever inserts. Pure.

use std::ops::Range;

use crate::book::read::ImportedBook;
use crate::book::read::brief::{SceneBeat, beat_block};
use crate::story::title_page::escaped;
use crate::story::{Beat, BeatId, Brief};

/// A new scene, and the beat that it comes behind.
pub(super) struct Addition<'a> {
    pub beat: &'a SceneBeat,
    /// `None` before the first beat.
    pub after: Option<BeatId>,
    /// Whether the beat before it is of the same chapter of the source.
    pub is_same_chapter: bool,
}

/// Returns the text of the brief with all additions; `None` where anything else would be read otherwise.
pub(super) fn with_beats(
    text: &str,
    book: &ImportedBook,
    additions: &[Addition<'_>],
) -> Option<String> {
    let mut text = text.to_owned();
    for addition in additions {
        let brief = Brief::parse(&text);
        let grown = insert(&text, &brief, book, addition)?;
        let after = Brief::parse(&grown);
        if !is_same_but_for(&brief, &after, &addition.beat.id) {
            return None;
        }
        text = grown;
    }
    Some(text)
}

fn insert(
    text: &str,
    brief: &Brief,
    book: &ImportedBook,
    addition: &Addition<'_>,
) -> Option<String> {
    let before = match &addition.after {
        Some(id) => Some(brief.beat(id)?),
        None => None,
    };
    let is_below = |beat: &Beat| beat.chapter.is_some();
    let (at, level) = match (before, brief.beats.first()) {
        (Some(beat), _) if is_below(beat) && addition.is_same_chapter => (beat.span.end, 3),
        (Some(beat), _) => (
            chapter_of(brief, beat).map_or(beat.span.end, |it| it.end),
            2,
        ),
        (None, Some(first)) => (
            chapter_of(brief, first).map_or(first.span.start, |it| it.start),
            2,
        ),
        (None, None) => return None,
    };
    let mut block = beat_block(book, addition.beat, level);
    let scenes = book.chapters.get(addition.beat.chapter)?;
    if level == 2 && scenes.scenes.len() > 1 {
        // A chapter that is new, with its first scene.
        let title = scenes
            .title
            .clone()
            .or_else(|| book.title.clone())
            .unwrap_or_default();
        block = format!(
            "## {}\n\n{}",
            escaped(title.trim()),
            beat_block(book, addition.beat, 3)
        );
    }
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let (head, tail) = text.split_at_checked(line_start(text, at))?;
    let gap = if head.trim().is_empty() {
        String::new()
    } else {
        let there = head[head.trim_end().len()..].matches('\n').count();
        line_end.repeat(2_usize.saturating_sub(there))
    };
    let behind = if tail.trim().is_empty() { "" } else { line_end };
    Some(format!(
        "{head}{gap}{}{behind}{tail}",
        block.replace('\n', line_end)
    ))
}

/// Returns the span of the chapter that a beat is in.
fn chapter_of(brief: &Brief, beat: &Beat) -> Option<Range<usize>> {
    let start = beat.heading_span.start;
    let mut chapters = brief.chapters.iter();
    let chapter = chapters.find(|chapter| chapter.span.contains(&start))?;
    Some(chapter.span.clone())
}

/// Returns the start of the line, if only white space is between it and `at`.
fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    match before[start..].trim().is_empty() {
        true => start,
        false => before.len(),
    }
}

/// Tells whether a brief reads as before but for one new beat.
fn is_same_but_for(old: &Brief, new: &Brief, id: &BeatId) -> bool {
    let others: Vec<&Beat> = new.beats.iter().filter(|beat| beat.id != *id).collect();
    let is_same = |(a, b): (&&Beat, &Beat)| {
        a.id == b.id
            && a.title == b.title
            && a.text == b.text
            && a.chapter == b.chapter
            && a.words == b.words
    };
    let sections = |brief: &Brief| -> Vec<(String, usize)> {
        let all = brief.sections.iter();
        all.map(|section| {
            (
                section.title.clone(),
                if section.title.eq_ignore_ascii_case("outline") {
                    0
                } else {
                    section.text.len()
                },
            )
        })
        .collect()
    };
    new.beats.len() == old.beats.len() + 1
        && others.len() == old.beats.len()
        && others.iter().zip(&old.beats).all(is_same)
        && sections(old) == sections(new)
        && new.front_matter == old.front_matter
        && new.cast.len() == old.cast.len()
}
