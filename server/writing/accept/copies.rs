//! Finds text that repeats the story, or itself.
//!
//! Found by hashes of neighbouring words. A refrain, a letter that is read again, a verse: what
//! is short, quoted or set as verse is left alone, and the story lint tells of it.

use std::collections::HashMap;
use std::ops::Range;

use super::check::{Check, Fault};
use super::cutting::Repair;
use super::lines::is_rule;
use super::runs::RUN;
use super::story_so_far::{TAIL, Told, tail_of};
use super::wording::{Wording, paragraphs, with_white};
use crate::story::text::boundaries;
use crate::story::text::sentences::is_finished;

/// An answer that begins with so many words with which the text before ends repeats them.
const LEAST_SEAM: usize = 8;
/// A paragraph of so many words does not come about twice.
const LEAST_PARAGRAPH: usize = 40;
/// The words from which a threefold repetition is no figure of speech.
const LEAST_LOOP: usize = 40;
/// An answer that ends with so many words of its own beginning has started again.
const LEAST_RESTART: usize = 60;
/// The words from which a run is a copy over any number of paragraphs, also of dialogue.
const LEAST_RUN: usize = 100;
/// Takes out what only repeats: the end of the text before, whole paragraphs of earlier text,
/// and the second and every later time in a loop.
pub(crate) fn strip(repair: &mut Repair<'_>) {
    if let Some(end) = repeated_seam(repair) {
        let text = repair.text();
        let start = text.len() - text.trim_start().len();
        let cut = with_white(text, start..end);
        repair.cut(Check::CopiedText, cut);
    }
    let copied = copied_paragraphs(repair);
    repair.cut_all(Check::CopiedText, &copied);
    let looped = loops(repair.text());
    if !looped.is_empty() {
        repair.cut_all(Check::Repetition, &looped);
        let trimmed = repair.text().trim_end().to_owned();
        repair.replace(None, String::new(), trimmed);
    }
}

/// Finds where the words end with which the text before the answer ends, too.
fn repeated_seam(repair: &Repair<'_>) -> Option<usize> {
    let text = repair.text();
    let near = boundaries::floor(text, TAIL * 16);
    let wording = Wording::of(&text[..near]);
    let before = Wording::of(tail_text(repair.before()));
    let tail = if before.len() > 0 {
        tail_of(&before)
    } else {
        &repair.acceptance().told.tail
    };
    let most = tail.len().min(wording.len());
    let least = wording.grain(LEAST_SEAM);
    let length = (least..=most)
        .rev()
        .find(|length| tail[tail.len() - length..] == wording.keys()[..*length])?;
    Some(past_marks(text, wording.end(length - 1)))
}

/// Returns the end of a text, long enough for its last words.
fn tail_text(text: &str) -> &str {
    const BYTES: usize = TAIL * 12;
    let start = boundaries::floor(text, text.len().saturating_sub(BYTES));
    &text[start..]
}

/// Returns the byte offset behind the marks that follow a word.
fn past_marks(text: &str, end: usize) -> usize {
    let rest = &text[end..];
    let marks = rest
        .trim_start_matches(|c: char| !c.is_alphanumeric() && !c.is_whitespace() && !is_opening(c));
    text.len() - marks.len()
}

/// Returns the byte offset in front of the marks that open what a word begins: of speech, of a paragraph.
fn before_marks(text: &str, start: usize) -> usize {
    let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
    if text[line..start].contains(char::is_alphanumeric) {
        return text[..start]
            .trim_end_matches(|c| is_opening(c) || matches!(c, '*' | '_'))
            .len();
    }
    line
}

fn is_opening(c: char) -> bool {
    matches!(
        c,
        '“' | '‘' | '«' | '(' | '[' | '「' | '『' | '„' | '¿' | '¡' | '（'
    )
}

/// Returns the runs of words that occur in one of the texts.
fn covered(wording: &Wording, texts: [&Told; 2]) -> Vec<Range<usize>> {
    let grain = wording.grain(RUN);
    let shingles = wording.shingles(grain);
    let known = texts.map(|text| text.have(&shingles));
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for word in 0..shingles.len() {
        if !known.iter().any(|known| known[word]) {
            continue;
        }
        match stretches.last_mut() {
            // What only follows is another copy, of another place.
            Some(last) if last.end > word => last.end = word + grain,
            _ => stretches.push(word..word + grain),
        }
    }
    stretches
}

fn copied_paragraphs(repair: &Repair<'_>) -> Vec<Range<usize>> {
    let told = &repair.acceptance().told;
    let before = Told::of(repair.before());
    if told.is_empty() && before.is_empty() {
        return Vec::new();
    }
    let text = repair.text();
    let wording = Wording::of(text);
    let stretches = covered(&wording, [told, &before]);
    let (least, least_run) = (wording.grain(LEAST_PARAGRAPH), wording.grain(LEAST_RUN));
    let runs: Vec<Range<usize>> = stretches
        .iter()
        .filter(|run| run.len() >= least_run)
        .map(|run| wording.start(run.start)..past_marks(text, wording.end(run.end - 1)))
        .filter(|run| !is_mostly_set_apart(&text[run.clone()]))
        .collect();
    let mut cuts: Vec<Range<usize>> = Vec::new();
    for run in &runs {
        let to_end = text[run.end..].trim().is_empty();
        cuts.push(at_sentences(text, run.clone(), to_end));
    }
    for range in paragraphs(text) {
        let words = wording.at(range.start)..wording.at(range.end);
        let near = stretches.partition_point(|stretch| stretch.start <= words.start);
        let is_covered = stretches[..near]
            .last()
            .is_some_and(|stretch| words.end <= stretch.end);
        let in_run = cuts
            .iter()
            .any(|cut| range.start < cut.end && cut.start < range.end);
        if words.len() >= least && is_covered && !in_run && !is_set_apart(&text[range.clone()]) {
            cuts.push(with_white(text, range));
        }
    }
    cuts.sort_by_key(|cut| cut.start);
    // The white space between two of them may belong to both.
    let mut past = 0;
    for cut in &mut cuts {
        cut.start = cut.start.max(past);
        past = past.max(cut.end);
    }
    cuts.retain(|cut| cut.start < cut.end);
    cuts
}

/// Tells whether most of a run is quoted as a block, set in italics or as verse: a letter that is read again,
/// a song.
fn is_mostly_set_apart(run: &str) -> bool {
    let pieces = paragraphs(run);
    let apart = pieces.iter().map(|range| &run[range.clone()]);
    let apart = apart.filter(|piece| piece.starts_with(['>', '*', '_']) || is_verse(piece));
    apart.map(str::len).sum::<usize>() * 2 > run.trim().len() || is_letter(run, &pieces)
}

/// Tells whether a run is one quotation: each of its paragraphs opens with marks that only the last one
/// closes.
fn is_letter(run: &str, pieces: &[Range<usize>]) -> bool {
    let closes = |piece: &str| piece.contains(['”', '»', '」', '』']);
    pieces.split_last().is_some_and(|(_, before)| {
        before.iter().all(|range| {
            let piece = &run[range.clone()];
            piece.starts_with(['“', '«', '「', '『']) && !closes(piece)
        })
    }) && (pieces.len() > 1 || run.starts_with(['“', '«', '「', '『']))
}

/// Tells whether a paragraph is quoted or set as verse.
fn is_set_apart(paragraph: &str) -> bool {
    let quoted = paragraph.starts_with(['>', '“', '"', '«', '„', '「', '『', '*', '_', '—', '–']);
    quoted || is_verse(paragraph)
}

fn is_verse(text: &str) -> bool {
    const MOST_LETTERS: usize = 60;
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    text.lines().count() >= 3 && lines.all(|line| line.chars().nth(MOST_LETTERS).is_none())
}

/// Returns the repetitions in a text: the second and every further time in a row, and its beginning where
/// that comes again at its end.
fn loops(text: &str) -> Vec<Range<usize>> {
    let wording = Wording::of(text);
    let (least_loop, least_restart) = (wording.grain(LEAST_LOOP), wording.grain(LEAST_RESTART));
    let least_run = wording.grain(LEAST_RUN);
    let mut cuts: Vec<Range<usize>> = Vec::new();
    for (words, period) in repeats(&wording) {
        let is_loop = words.len() >= least_loop.max(period * 2);
        let at_end = wording.len() - words.end <= 10;
        let source = wording.start(words.start)..wording.end(words.end - 1);
        let is_restart = at_end && words.len() >= least_restart && !is_verse(&text[source.clone()]);
        let is_run = words.len() >= least_run && !is_mostly_set_apart(&text[source.clone()]);
        if !is_loop && !is_restart && !is_run {
            continue;
        }
        let range = at_sentences(text, source, at_end);
        if range.start < range.end && cuts.last().is_none_or(|last| last.end <= range.start) {
            cuts.push(range);
        }
    }
    cuts
}

/// Finds runs of words that equal the words `period` words before them, in order.
fn repeats(wording: &Wording) -> Vec<(Range<usize>, usize)> {
    let grain = wording.grain(RUN);
    let mut seen: HashMap<u64, usize> = HashMap::new();
    let mut found: Vec<(Range<usize>, usize)> = Vec::new();
    for (word, shingle) in wording.shingles(grain).into_iter().enumerate() {
        let Some(earlier) = seen.insert(shingle, word) else {
            continue;
        };
        let period = word - earlier;
        match found.last_mut() {
            Some((last, same)) if *same == period && last.end >= word => last.end = word + grain,
            // The words overlap with what is reported already.
            Some((last, _)) if last.end > word => {}
            _ => found.push((word..word + grain, period)),
        }
    }
    found
}

/// Extends a repeated range to whole sentences; with `to_end`, to the end of the text.
fn at_sentences(text: &str, range: Range<usize>, to_end: bool) -> Range<usize> {
    let range = before_marks(text, range.start)..range.end;
    let end = if to_end {
        text.len()
    } else {
        past_marks(text, range.end)
    };
    let starts_sentence = |at: usize| {
        let before = text[..at].trim_end();
        before.is_empty() || is_finished(before) || text[before.len()..at].contains("\n\n")
    };
    /// Sentences are no longer, in words or marks.
    const MOST_PIECES: usize = 2_000;
    let inside = &text[range.start..end];
    let start = inside
        .split_inclusive(char::is_whitespace)
        .scan(range.start, |at, piece| {
            let here = *at;
            *at += piece.len();
            Some(here)
        })
        .take(MOST_PIECES)
        .find(|at| starts_sentence(*at))
        .unwrap_or(range.start);
    // Nothing of the first time may go with it.
    let stop = if to_end || is_finished(&text[start..end]) {
        end
    } else {
        let sentences = inside
            .char_indices()
            .rev()
            .map(|(at, c)| range.start + at + c.len_utf8());
        sentences
            .take_while(|at| *at > start)
            .take(MOST_PIECES)
            .find(|at| {
                is_finished(&text[start..*at]) && text[*at..].starts_with(char::is_whitespace)
            })
            .unwrap_or(end)
    };
    with_white(text, start..stop)
}

/// Returns what is wrong with an answer that repeats most of an earlier text.
pub(crate) fn judge(told: &Told, before: &str, text: &str) -> Option<Fault> {
    const SHARE: f64 = 0.5;
    let wording = Wording::of(text);
    let least = wording.grain(LEAST_PARAGRAPH);
    if wording.len() < least {
        return None;
    }
    let before = Told::of(before);
    let copied = narrated(text, &wording, &covered(&wording, [told, &before]));
    if copied >= least && copied as f64 >= wording.len() as f64 * SHARE {
        let what = "most of the answer stands in the story already";
        return Some(Fault::new(Check::CopiedText, what));
    }
    let stretches: Vec<Range<usize>> = repeats(&wording)
        .into_iter()
        .map(|(words, _)| words)
        .collect();
    let repeated = narrated(text, &wording, &stretches);
    (repeated >= least && repeated as f64 >= wording.len() as f64 * SHARE).then(|| {
        Fault::new(
            Check::Repetition,
            "the answer says the same again and again",
        )
    })
}

/// Counts the words of some ranges, which come in order, that are in paragraphs neither quoted nor verse.
fn narrated(text: &str, wording: &Wording, stretches: &[Range<usize>]) -> usize {
    let mut stretches = stretches.iter().peekable();
    let mut sum = 0;
    for range in paragraphs(text) {
        let words = wording.at(range.start)..wording.at(range.end);
        let counts = !is_set_apart(&text[range]);
        while let Some(stretch) = stretches.peek() {
            let shared = stretch
                .end
                .min(words.end)
                .saturating_sub(stretch.start.max(words.start));
            sum += if counts { shared } else { 0 };
            if stretch.end > words.end {
                break;
            }
            stretches.next();
        }
    }
    sum
}

/// Tells whether a text is nothing but scene breaks and marks.
pub(crate) fn is_wordless(text: &str) -> bool {
    text.lines().all(|line| {
        line.trim().is_empty() || is_rule(line) || !line.contains(char::is_alphanumeric)
    })
}
