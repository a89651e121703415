//! Reads the outline: chapters and beats.

use std::collections::{HashMap, HashSet};

use super::attributes::{Attributes, HeadingText, Placed, read_heading};
use super::labels::read_label;
use super::parts::{Beat, Chapter};
use super::sections::{Part, plain_title};
use crate::story::text::document::{Document, Heading, Line, join_lines};
use crate::story::text::margin_notes::notes_in;
use crate::story::text::slug::beat_slug;
use crate::story::text::white_space::trimmed;
use crate::story::{BeatId, Problem, Span};

const STATES: [&str; 2] = ["Enter", "Exit"];

/// The content of an Outline section.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Their ids may still repeat, and their `after` may lead nowhere.
    pub beats: Vec<Beat>,
    pub chapters: Vec<Chapter>,
}

/// Reads one Outline section. A `##` with `###` below is a chapter, each `###` a beat; any
/// other `##` is a beat, and so is a `###` above the first `##`.
pub(crate) fn read_outline(
    document: &Document<'_>,
    part: &Part<'_>,
    problems: &mut Vec<Problem>,
) -> Outline {
    let headings: Vec<&Heading> = part
        .headings
        .iter()
        .filter(|heading| matches!(heading.level, 2 | 3))
        .collect();
    let mut outline = Outline::default();
    let mut in_chapter = false;
    for (nth, heading) in headings.iter().enumerate() {
        let next = headings.get(nth + 1);
        let end = next.map_or(part.body.end, |next| next.span.start);
        let body = heading.body_start.min(end)..end;
        let text = read_heading(
            &document.masked(&heading.content),
            heading.content.start,
            problems,
        );
        check_heading(document, heading, problems);
        if heading.level == 2 {
            in_chapter = next.is_some_and(|next| next.level == 3);
        }
        if heading.level == 2 && in_chapter {
            outline
                .chapters
                .push(read_chapter(document, heading, text, &body, problems));
            continue;
        }
        let mut beat = read_beat(document, heading, text, &body, problems);
        if in_chapter && let Some(chapter) = outline.chapters.last_mut() {
            beat.chapter = Some(chapter.title.clone());
            beat.chapter_text = Some(chapter.text.clone()).filter(|text| !text.is_empty());
            chapter.span.end = end;
        }
        outline.beats.push(beat);
    }
    outline
}

fn read_chapter(
    document: &Document<'_>,
    heading: &Heading,
    text: HeadingText,
    body: &Span,
    problems: &mut Vec<Problem>,
) -> Chapter {
    let attributes = text.attributes;
    let has_more = attributes.words.is_some()
        || !attributes.cast.is_empty()
        || !attributes.after.is_empty()
        || attributes.pov.is_some();
    if let Some(span) = attributes.span.filter(|_| has_more) {
        problems.push(Problem::warning(
            span,
            "chapter-attributes",
            "This heading is a chapter, since it has beats (###) below it, and chapters have no attributes. Put them on its beats.",
        ));
    }
    Chapter {
        title: plain_title(&text.title),
        text: document.plain(body),
        heading_span: heading.span.clone(),
        span: heading.span.start..body.end,
    }
}

fn read_beat(
    document: &Document<'_>,
    heading: &Heading,
    text: HeadingText,
    body: &Span,
    problems: &mut Vec<Problem>,
) -> Beat {
    let HeadingText {
        title,
        title_span,
        attributes,
    } = text;
    let title = plain_title(&title);
    let span = heading.span.start..body.end;
    let body = read_body(document, body, problems);
    if body.text.is_empty() && body.enter.is_none() && body.exit.is_none() {
        problems.push(Problem::warning(
            heading.span.clone(),
            "empty-beat",
            "Nothing is said about what happens in this beat. Write a sentence or two below its heading.",
        ));
    }
    let Attributes {
        id,
        words,
        cast,
        after,
        pov,
        ..
    } = attributes;
    let (cast, cast_spans) = unzip(cast);
    let (after, after_spans) = unzip(after);
    Beat {
        id_span: id.as_ref().map_or(title_span, |id| id.span.clone()),
        id: BeatId(id.map_or_else(|| beat_slug(&title), |id| id.value)),
        title,
        chapter: None,
        chapter_text: None,
        words_span: words.as_ref().map(|words| words.span.clone()),
        words: words.map(|words| words.value),
        cast,
        cast_spans,
        after: after.into_iter().map(BeatId).collect(),
        after_spans,
        pov: pov.map(|pov| pov.value),
        text: body.text,
        enter: body.enter,
        exit: body.exit,
        notes: notes_in(document, &span),
        heading_span: heading.span.clone(),
        span,
    }
}

fn unzip<T>(placed: Vec<Placed<T>>) -> (Vec<T>, Vec<Span>) {
    placed
        .into_iter()
        .map(|placed| (placed.value, placed.span))
        .unzip()
}

#[derive(Default)]
struct Body {
    text: String,
    enter: Option<String>,
    exit: Option<String>,
}

/// Takes the Enter and Exit lines out of what is said about a beat.
fn read_body(document: &Document<'_>, body: &Span, problems: &mut Vec<Problem>) -> Body {
    let mut states: [Option<String>; 2] = [None, None];
    let mut kept: Vec<Line<'_>> = Vec::new();
    // The state that the line above belongs to.
    let mut open: Option<(usize, Line<'_>)> = None;
    for line in document.lines(body) {
        if let Some(labelled) = read_label(&line.text, &STATES) {
            if labelled.rest.is_empty() {
                problems.push(Problem::warning(
                    trimmed(document.text, line.span.clone()),
                    "empty-state",
                    format!(
                        "`{}:` is empty. Say how things stand {} this beat, or delete the line.",
                        STATES[labelled.label],
                        if labelled.label == 0 {
                            "before"
                        } else {
                            "after"
                        },
                    ),
                ));
            }
            append(&mut states[labelled.label], labelled.rest, "\n");
            open = (!labelled.rest.is_empty()).then_some((labelled.label, line));
        } else if let Some((state, above)) = open.take()
            && goes_on(&above.text, &line.text)
        {
            append(&mut states[state], line.text.trim(), " ");
            open = Some((state, line));
        } else {
            kept.push(line);
        }
    }
    let [enter, exit] = states;
    Body {
        text: join_lines(&kept),
        enter,
        exit,
    }
}

fn append(state: &mut Option<String>, text: &str, between: &str) {
    if text.is_empty() {
        return;
    }
    match state {
        Some(state) => {
            state.push_str(between);
            state.push_str(text);
        }
        None => *state = Some(text.to_owned()),
    }
}

/// Tells whether `line` is the rest of a state that an editor broke over two lines. States are one
/// line each by design, and what happens may follow right below; so unless it is indented,
/// the line above must break off in a sentence, at a place where an editor would break it.
fn goes_on(above: &str, line: &str) -> bool {
    let above = above.trim();
    let text = line.trim();
    if text.is_empty() || text.starts_with(['-', '*', '+', '#', '>', '`']) {
        return false;
    }
    let finished = above
        .trim_end_matches(['"', '\'', '”', '’', '»', '」', '』', ')', '*', '_'])
        .ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '।', '۔', '።']);
    let first = text.split_whitespace().next().unwrap_or(text);
    let full = above.chars().count() + 1 + first.chars().count() > 70;
    let indented = line.starts_with([' ', '\t']);
    indented || !finished && (first.starts_with(char::is_lowercase) || full)
}

/// Warns of a paragraph with a line of dashes right below it: a heading by CommonMark, and hardly ever meant
/// as one.
fn check_heading(document: &Document<'_>, heading: &Heading, problems: &mut Vec<Problem>) {
    let source = &document.text[heading.span.clone()];
    let content = document.text[heading.content.clone()].trim();
    let setext = heading.level == 2 && !source.trim_start().starts_with('#');
    if setext
        && (content.contains('\n')
            || content.ends_with(['.', '!', '?'])
            || content.chars().count() > 80)
    {
        problems.push(Problem::warning(
            heading.span.clone(),
            "accidental-heading",
            "The line of dashes makes a heading of the paragraph above it. Put a blank line between them, or begin the heading with ##.",
        ));
    }
}

/// Gives every beat a unique id: the first keeps it, later ones get a suffix and a problem.
pub(crate) fn settle_ids(beats: &mut [Beat], problems: &mut Vec<Problem>) {
    let mut taken: HashSet<String> = beats.iter().map(|beat| beat.id.0.clone()).collect();
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut suffixes: HashMap<String, u32> = HashMap::new();
    for index in 0..beats.len() {
        let wanted = beats[index].id.0.clone();
        let number = index + 1;
        if wanted.is_empty() {
            report_nameless(&mut beats[index], number, problems);
            beats[index].id = BeatId(unused(&format!("beat-{number}"), 0, &mut taken).0);
            continue;
        }
        let Some(earlier) = first.get(&wanted).copied() else {
            first.insert(wanted, index);
            continue;
        };
        let last = suffixes.get(&wanted).copied().unwrap_or(1);
        let (id, suffix) = unused(&wanted, last + 1, &mut taken);
        suffixes.insert(wanted.clone(), suffix);
        problems.push(Problem::error(
            beats[index].id_span.clone(),
            "duplicate-beat-id",
            format!(
                "The beat `{}` above is called `{wanted}` already, so their texts could be mixed up. Give this one an id of its own, such as {{#{id}}}.",
                beats[earlier].title
            ),
        ));
        beats[index].id = BeatId(id);
    }
}

/// Returns `stem` where no suffix is asked for and it is free, else the first free `stem-N`.
fn unused(stem: &str, suffix: u32, taken: &mut HashSet<String>) -> (String, u32) {
    let mut suffix = suffix;
    loop {
        let id = match suffix {
            0 => stem.to_owned(),
            _ => format!("{stem}-{suffix}"),
        };
        if taken.insert(id.clone()) {
            return (id, suffix);
        }
        suffix += 1;
    }
}

fn report_nameless(beat: &mut Beat, number: usize, problems: &mut Vec<Problem>) {
    let message = if beat.title.is_empty() {
        "This beat has no heading. Write one behind the #s."
    } else {
        "No id can be made of this heading, since it has no letters or digits, and without one the beat can't be moved safely. Add one, such as {#storm}."
    };
    problems.push(Problem::warning(
        beat.heading_span.clone(),
        "unnamed-beat",
        message,
    ));
    if beat.title.is_empty() {
        beat.title = format!("Beat {number}");
    }
}
