//! Adds beats to the text of a brief.
//!
//! Pure. It only ever inserts: every byte of the author's stays, in its order. What was made is
//! read back and compared, so that a new beat can't change what any other part of the brief
//! means; where that can't be had, nothing is made.

use super::parts::{Beat, Brief};
use super::section_kind::SectionKind;
use crate::story::{BeatId, Span};

/// A beat to be put into an outline. All its texts are plain: see [`NewBeat::is_plain`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBeat {
    /// The id, which no other beat of the brief has.
    pub id: BeatId,
    pub title: String,
    /// The text of what happens; paragraphs of one line each, with a blank line between them.
    pub text: String,
    pub enter: Option<String>,
    pub exit: Option<String>,
}

/// A brief with a new beat.
#[derive(Debug, Clone, PartialEq)]
pub struct Grown {
    pub text: String,
    pub brief: Brief,
    /// The span of the inserted text, in bytes of the new text.
    pub span: Span,
}

/// The beat can't be put there without changing what the rest of the brief means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a beat can't be added there without changing what the rest of the brief means")]
pub struct NoPlace;

impl NewBeat {
    /// Tells whether no line of it could be taken for anything but text.
    fn is_plain(&self) -> bool {
        let states = [&self.enter, &self.exit];
        let lines = states.into_iter().flatten().chain([&self.title]);
        let mut lines = lines.map(String::as_str).chain(self.text.split("\n\n"));
        lines.all(|line| !line.trim().is_empty() && !line.contains(['\n', '\r', '\0']))
    }

    fn markdown(&self, level: usize, line_end: &str) -> String {
        let mut blocks = vec![format!(
            "{} {} {{#{}}}",
            "#".repeat(level),
            self.title,
            self.id
        )];
        blocks.extend(self.text.split("\n\n").map(str::to_owned));
        let states = [("Enter", &self.enter), ("Exit", &self.exit)];
        let states = states
            .iter()
            .filter_map(|(label, state)| Some(format!("{label}: {}", state.as_ref()?)));
        let states: Vec<String> = states.collect();
        blocks.extend((!states.is_empty()).then(|| states.join(line_end)));
        blocks.join(&line_end.repeat(2)) + line_end
    }
}

/// Puts a beat behind the beat of that index, or with `None` before the first one; an outline
/// that is not there yet is begun. In an outline with chapters, the beat goes into the chapter
/// of the beat before it.
///
/// `brief` is what `text` was parsed to.
///
/// # Errors
/// [`NoPlace`] where the beat would not be read back as it is, or anything else would be read
/// otherwise: behind a comment without end, for instance.
pub fn insert(
    text: &str,
    brief: &Brief,
    after: Option<usize>,
    beat: &NewBeat,
) -> Result<Grown, NoPlace> {
    if !beat.is_plain() {
        return Err(NoPlace);
    }
    let line_end = line_end_of(text);
    let Place {
        at,
        level,
        begins_outline,
    } = place(text, brief, after).ok_or(NoPlace)?;
    let (before, rest) = text.split_at(at);
    let mut block = String::from(space_behind(before, line_end).as_str());
    if begins_outline {
        block.push_str(&format!("# Outline{}", line_end.repeat(2)));
    }
    block.push_str(&beat.markdown(level, line_end));
    if !rest.trim().is_empty() {
        block.push_str(line_end);
    }
    let span = at..at + block.len();
    let text = [before, &block, rest].concat();
    let grown = Brief::parse(&text);
    let index = after.map_or(0, |after| after + 1);
    if !is_same_but_for(brief, &grown, index, beat, begins_outline) {
        return Err(NoPlace);
    }
    Ok(Grown {
        text,
        brief: grown,
        span,
    })
}

struct Place {
    at: usize,
    /// The level of the new heading.
    level: usize,
    begins_outline: bool,
}

fn place(text: &str, brief: &Brief, after: Option<usize>) -> Option<Place> {
    let at_level = |at: usize, level: usize| Place {
        at: line_start(text, at),
        level,
        begins_outline: false,
    };
    let level_of = |beat: &Beat| match text.get(beat.heading_span.clone()) {
        Some(heading) if heading.trim_start().starts_with("###") => 3,
        _ => 2,
    };
    if let Some(after) = after {
        let beat = brief.beats.get(after)?;
        return Some(at_level(beat.span.end, level_of(beat)));
    }
    if let Some(first) = brief.beats.first() {
        return Some(at_level(first.span.start, level_of(first)));
    }
    if let Some(outline) = brief.section(SectionKind::Outline) {
        return Some(at_level(outline.span.end, 2));
    }
    let at = match brief.section(SectionKind::Notes) {
        Some(notes) => notes.span.start,
        None => text.len(),
    };
    Some(Place {
        begins_outline: true,
        ..at_level(at, 2)
    })
}

/// Returns the start of the line, if only white space is between it and `at`.
fn line_start(text: &str, at: usize) -> usize {
    let start = text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    match text[start..at].trim().is_empty() {
        true => start,
        false => at,
    }
}

/// Returns the line ends to insert after `before`, so that a heading follows a blank line.
fn space_behind(before: &str, line_end: &str) -> String {
    if before.trim_start_matches('\u{feff}').trim().is_empty() {
        return String::new();
    }
    let white = &before[before.trim_end().len()..];
    let ends = white.replace("\r\n", "\n").replace('\r', "\n");
    line_end.repeat(2_usize.saturating_sub(ends.matches('\n').count()))
}

/// Returns how the lines of a text end: as most of them do.
pub(crate) fn line_end_of(text: &str) -> &'static str {
    let dos = text.matches("\r\n").count();
    let unix = text.matches('\n').count() - dos;
    let old = text.matches('\r').count() - dos;
    if dos > unix.max(old) {
        "\r\n"
    } else if old > unix {
        "\r"
    } else {
        "\n"
    }
}

/// Tells whether a brief reads as before, but for the new beat.
fn is_same_but_for(
    old: &Brief,
    new: &Brief,
    index: usize,
    beat: &NewBeat,
    begins_outline: bool,
) -> bool {
    let mut beats: Vec<&Beat> = new.beats.iter().collect();
    if index >= beats.len() {
        return false;
    }
    let planted = beats.remove(index);
    let is_it = planted.id == beat.id
        && planted.title == beat.title
        && planted.text == beat.text
        && planted.enter == beat.enter
        && planted.exit == beat.exit
        && planted.words.is_none()
        && planted.cast.is_empty()
        && planted.after.is_empty()
        && planted.notes.is_empty();
    let sections = |brief: &Brief| -> Vec<(SectionKind, String, String)> {
        let others = brief.sections.iter();
        others
            .filter(|section| section.kind != SectionKind::Outline)
            .map(|section| (section.kind, section.title.clone(), section.text.clone()))
            .collect()
    };
    let outlines = |brief: &Brief| {
        let all = brief.sections.iter();
        all.filter(|section| section.kind == SectionKind::Outline)
            .count()
    };
    is_it
        && beats.len() == old.beats.len()
        && beats.iter().zip(&old.beats).all(|(a, b)| is_same(a, b))
        && new.front_matter == old.front_matter
        && sections(new) == sections(old)
        && outlines(new) == outlines(old) + usize::from(begins_outline)
        && new.chapters.len() == old.chapters.len()
        && new.chapters.iter().zip(&old.chapters).all(|(a, b)| {
            let (a, b) = ((&a.title, &a.text), (&b.title, &b.text));
            a == b
        })
}

/// Tells whether two beats are the same, apart from their places in the text.
pub(crate) fn is_same(a: &Beat, b: &Beat) -> bool {
    let notes = |beat: &Beat| -> Vec<String> {
        let notes = beat.notes.iter();
        notes.map(|note| note.text.clone()).collect()
    };
    let what = |beat: &Beat| {
        (
            beat.id.clone(),
            beat.title.clone(),
            beat.chapter.clone(),
            beat.chapter_text.clone(),
            beat.words,
            beat.cast.clone(),
            beat.after.clone(),
            beat.pov.clone(),
        )
    };
    let says = |beat: &Beat| (beat.text.clone(), beat.enter.clone(), beat.exit.clone());
    what(a) == what(b) && says(a) == says(b) && notes(a) == notes(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(id: &str) -> NewBeat {
        NewBeat {
            id: BeatId(id.to_owned()),
            title: "The Storm Door".to_owned(),
            text: "It will not shut.\n\nMara finds out why.".to_owned(),
            enter: Some("The door is shut.".to_owned()),
            exit: Some("It is open.".to_owned()),
        }
    }

    fn put(text: &str, after: Option<usize>) -> Result<String, NoPlace> {
        let grown = insert(text, &Brief::parse(text), after, &beat("door"))?;
        let without = [
            &grown.text[..grown.span.start],
            &grown.text[grown.span.end..],
        ]
        .concat();
        assert_eq!(without, text, "what was there stays, byte for byte");
        Ok(grown.text)
    }

    const NEW: &str = "## The Storm Door {#door}\n\nIt will not shut.\n\nMara finds out why.\n\n\
                       Enter: The door is shut.\nExit: It is open.\n";

    #[test]
    fn a_beat_goes_where_it_is_asked_for() {
        let three = NEW.replacen("##", "###", 1);
        // text, after, what comes of it
        let rows: &[(&str, Option<usize>, String)] = &[
            ("", None, format!("# Outline\n\n{NEW}")),
            (
                "# Premise\nA lamp.",
                None,
                format!("# Premise\nA lamp.\n\n# Outline\n\n{NEW}"),
            ),
            (
                "# Premise\nA lamp.\n\n# Notes\nMine.\n",
                None,
                format!("# Premise\nA lamp.\n\n# Outline\n\n{NEW}\n# Notes\nMine.\n"),
            ),
            ("# Outline\n", None, format!("# Outline\n\n{NEW}")),
            (
                "# Outline\nTwo acts.\n# Style\nx\n",
                None,
                format!("# Outline\nTwo acts.\n\n{NEW}\n# Style\nx\n"),
            ),
            (
                "# Outline\n## One\nx\n## Two\ny",
                Some(1),
                format!("# Outline\n## One\nx\n## Two\ny\n\n{NEW}"),
            ),
            (
                "# Outline\n## One\nx\n  ## Two\ny\n",
                Some(0),
                format!("# Outline\n## One\nx\n\n{NEW}\n  ## Two\ny\n"),
            ),
            (
                "# Outline\n## One\nx\n",
                None,
                format!("# Outline\n\n{NEW}\n## One\nx\n"),
            ),
            (
                "# Outline\n## Act\n### One\nx\n\n## Act 2\n\n### Two\ny\n",
                Some(0),
                format!("# Outline\n## Act\n### One\nx\n\n{three}\n## Act 2\n\n### Two\ny\n"),
            ),
            (
                "# Outline\n## Act\nAll of it.\n### One\nx\n",
                None,
                format!("# Outline\n## Act\nAll of it.\n\n{three}\n### One\nx\n"),
            ),
            (
                "# Outline\n## Prologue\nx\n## Act\n### One\ny\n",
                Some(0),
                format!("# Outline\n## Prologue\nx\n\n{NEW}\n## Act\n### One\ny\n"),
            ),
        ];
        for (text, after, expected) in rows {
            assert_eq!(put(text, *after).as_ref(), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn line_ends_and_marks_stay_what_they_are() {
        let text = "\u{feff}---\r\ntitle: x\r\n---\r\n# Outline\r\n## One\r\nx\r\n";
        let grown = put(text, Some(0)).unwrap();
        assert_eq!(grown.matches('\n').count(), grown.matches("\r\n").count());
        assert!(grown.starts_with(text));
    }

    #[test]
    fn nothing_is_made_that_would_be_read_otherwise() {
        for text in [
            "# Outline\n## One\n```\nno end\n",
            // This one waits for a beat of that name.
            "# Outline\n## One {#door}\nx\n",
        ] {
            assert_eq!(put(text, Some(0)), Err(NoPlace), "{text:?}");
        }
        let text = "# Outline\n## One\nx\n";
        let brief = Brief::parse(text);
        for bad in [
            NewBeat {
                title: "A\n# Rules".to_owned(),
                ..beat("a")
            },
            NewBeat {
                text: "# Rules".to_owned(),
                ..beat("a")
            },
            NewBeat {
                text: "<!-- sw: shorter -->".to_owned(),
                ..beat("a")
            },
            NewBeat {
                text: "Enter: x".to_owned(),
                ..beat("a")
            },
            NewBeat {
                title: "A {words=9}".to_owned(),
                ..beat("a")
            },
            NewBeat {
                enter: Some("x\nExit: y".to_owned()),
                ..beat("a")
            },
            NewBeat {
                exit: Some(" ".to_owned()),
                ..beat("a")
            },
            NewBeat {
                text: String::new(),
                ..beat("a")
            },
        ] {
            assert_eq!(
                insert(text, &brief, Some(0), &bad).map(|grown| grown.text),
                Err(NoPlace),
                "{bad:?}"
            );
        }
    }
}
