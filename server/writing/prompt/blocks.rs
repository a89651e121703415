//! Writes the text of the blocks of a prompt.

use super::tail::head;
use super::templates::{self, Templates};
use crate::story::{Beat, Brief, CastEntry, Section, SectionKind};

/// Builds the block of role, style and what the answer has to look like.
pub(crate) fn contract(brief: &Brief, templates: &Templates) -> String {
    let values = [
        ("language", brief.language.as_str()),
        ("title", &brief.title),
    ];
    let mut text = templates.fill(templates::CONTRACT, &values);
    if let Some(style) = brief
        .section(SectionKind::Style)
        .filter(|s| !s.text.is_empty())
    {
        text.push_str("\n\n# How it is written\n");
        text.push_str(&style.text);
    }
    text
}

/// Returns what is true in every part of the story.
pub(crate) fn facts(brief: &Brief) -> String {
    let mut text = format!("# The story\nTitle: {}", brief.title);
    for (label, value) in [
        ("Point of view", &brief.pov),
        ("Tense", &brief.tense),
        ("Protagonist", &brief.protagonist),
    ] {
        if let Some(value) = value {
            text.push_str(&format!("\n{label}: {value}"));
        }
    }
    for (kind, heading) in [
        (SectionKind::Premise, "Premise"),
        (SectionKind::Setting, "Setting"),
    ] {
        if let Some(section) = brief.section(kind).filter(|s| !s.text.is_empty()) {
            text.push_str(&format!("\n\n# {heading}\n{}", section.text));
        }
    }
    text
}

/// Returns the laws of the story's world, verbatim and with the author's own numbers.
pub(crate) fn rules(brief: &Brief) -> String {
    let Some(section) = brief
        .section(SectionKind::Rules)
        .filter(|s| !s.text.is_empty())
    else {
        return String::new();
    };
    format!(
        "# Rules of this world (never broken, never renumbered)\n{}",
        section.text
    )
}

pub(crate) fn background_text(section: &Section) -> String {
    format!("# {}\n{}", section.title, section.text)
}

/// Returns the names of the whole cast. What is known of each is told where it is needed; the list itself
/// makes no chunk stale.
pub(crate) fn roster(brief: &Brief) -> String {
    if brief.cast.is_empty() {
        return String::new();
    }
    let names: Vec<String> = brief.cast.iter().map(cast_name).collect();
    format!("# Who is in the story\n{}", names.join(", "))
}

fn cast_name(entry: &CastEntry) -> String {
    if entry.aliases.is_empty() {
        entry.name.clone()
    } else {
        format!("{} (also called {})", entry.name, entry.aliases.join(", "))
    }
}

/// Returns the texts that say whom and what a part is about.
pub(crate) fn called(beat: &Beat, brief: &Brief) -> String {
    let protagonist = brief.protagonist.as_deref().unwrap_or_default();
    [&beat_slice(beat), &beat.cast.join(", "), protagonist].join("\n")
}

pub(crate) fn cast_entry(entry: &CastEntry) -> String {
    format!("{}: {}", cast_name(entry), entry.text)
}

/// Returns all that the author said of a beat.
pub(crate) fn beat_slice(beat: &Beat) -> String {
    let mut text = beat.title.clone();
    for part in [
        Some(&beat.text),
        beat.enter.as_ref(),
        beat.exit.as_ref(),
        beat.chapter_text.as_ref(),
    ]
    .into_iter()
    .flatten()
    .filter(|part| !part.is_empty())
    {
        text.push('\n');
        text.push_str(part);
    }
    text
}

/// Returns what the author wants of a part, below its heading.
pub(crate) fn plan(heading: String, beat: &Beat, notes: &[String]) -> String {
    let mut text = heading;
    if let Some(chapter) = beat.chapter_text.as_ref().filter(|text| !text.is_empty()) {
        text.push_str(&format!("\nThe chapter that it is in: {chapter}"));
    }
    if !beat.text.is_empty() {
        text.push_str(&format!("\nWhat happens: {}", beat.text));
    }
    if let Some(enter) = &beat.enter {
        text.push_str(&format!("\nAt its start: {enter}"));
    }
    if let Some(exit) = &beat.exit {
        text.push_str(&format!("\nAt its end: {exit}"));
    }
    for note in notes {
        text.push_str(&format!("\nThe author asks: {note}"));
    }
    text
}

/// Returns the block of the next part, which is given so that it is not told too early.
pub(crate) fn next(brief: &Brief, beat: usize, templates: &Templates) -> String {
    match brief.beats.get(beat + 1) {
        Some(next) => format!(
            "# Not yet (it belongs to the next part)\n{}: {}",
            next.title,
            head(&next.text, 60)
        ),
        None => templates.fill(
            templates::LAST_PART,
            &[
                ("number", &(beat + 1).to_string()),
                ("total", &brief.beats.len().to_string()),
                ("title", &brief.title),
            ],
        ),
    }
}

pub(crate) fn previous_block(before: &Beat) -> String {
    let mut text = format!(
        "# The part before (its text is not there yet)\n{}",
        before.title
    );
    if let Some(exit) = &before.exit {
        text.push_str(&format!("\nAt its end: {exit}"));
    } else if !before.text.is_empty() {
        text.push_str(&format!(": {}", head(&before.text, 60)));
    }
    text
}

pub(crate) fn preceding_block(tail: &str) -> String {
    format!("# The text before this part ends with\n{tail}")
}

pub(crate) fn so_far_block(tail: &str) -> String {
    format!("# Of this part is written already, ending with\n{tail}")
}
