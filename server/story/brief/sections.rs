//! Cuts a brief into its first-level sections, and tells the kind of each.

use std::collections::HashSet;

use super::attributes::read_heading;
use super::parts::Section;
use super::section_kind::{SECTION_TITLES, SectionKind, bare};
use crate::story::text::document::{Document, Heading, first_line};
use crate::story::text::spelling::closest;
use crate::story::text::white_space::on_one_line;
use crate::story::{Problem, Span};

/// Synonyms of section headings, about which the author is warned.
const SYNONYMS: [(&str, &str); 12] = [
    ("characters", "Cast"),
    ("character", "Cast"),
    ("dramatis personae", "Cast"),
    ("people", "Cast"),
    ("plot", "Outline"),
    ("beats", "Outline"),
    ("chapters", "Outline"),
    ("scenes", "Outline"),
    ("structure", "Outline"),
    ("laws", "Rules"),
    ("world rules", "Rules"),
    ("rules of the world", "Rules"),
];

/// A section with the headings below its own.
pub(crate) struct Part<'a> {
    pub section: Section,
    /// Below the heading, to the end.
    pub body: Span,
    /// The headings of the second level and below.
    pub headings: &'a [Heading],
}

/// Cuts a brief into its sections. `start` is where the front matter ends.
pub(crate) fn read_sections<'a>(
    document: &'a Document<'_>,
    start: usize,
    problems: &mut Vec<Problem>,
) -> Vec<Part<'a>> {
    let headings = &document.headings;
    let tops: Vec<usize> = (0..headings.len())
        .filter(|index| headings[*index].level == 1)
        .collect();
    let first = tops
        .first()
        .map_or(document.text.len(), |top| headings[*top].span.start);
    report_stray_text(document, &(start..first), problems);
    tops.iter()
        .enumerate()
        .map(|(nth, top)| {
            let next = tops.get(nth + 1).copied().unwrap_or(headings.len());
            let heading = &headings[*top];
            let end = headings
                .get(next)
                .map_or(document.text.len(), |next| next.span.start);
            let body = heading.body_start.min(end)..end;
            // Attributes have no meaning here, so nothing is said about them.
            let title = read_heading(
                &document.masked(&heading.content),
                heading.content.start,
                &mut Vec::new(),
            );
            let title = plain_title(&title.title);
            Part {
                section: Section {
                    kind: SectionKind::of(&title),
                    title,
                    text: document.plain(&body),
                    heading_span: heading.span.clone(),
                    span: heading.span.start..end,
                },
                body,
                headings: &headings[top + 1..next],
            }
        })
        .collect()
}

fn report_stray_text(document: &Document<'_>, range: &Span, problems: &mut Vec<Problem>) {
    let Some(line) = document
        .lines(range)
        .into_iter()
        .find(|line| !is_rule_or_blank(&line.text))
    else {
        return;
    };
    problems.push(Problem::warning(
        line.span,
        "text-before-sections",
        "Text above the first section is not part of the brief and never sent. Put it below a heading such as # Premise.",
    ));
}

/// Tells whether a line is blank or a thematic break.
fn is_rule_or_blank(line: &str) -> bool {
    line.chars()
        .all(|c| c.is_whitespace() || matches!(c, '-' | '*' | '_'))
}

/// Reports problems of the sections themselves.
pub(crate) fn check_sections(
    document: &Document<'_>,
    parts: &[Part<'_>],
    problems: &mut Vec<Problem>,
) {
    let kinds: HashSet<SectionKind> = parts.iter().map(|part| part.section.kind).collect();
    let mut seen: HashSet<SectionKind> = HashSet::new();
    for part in parts {
        let section = &part.section;
        match section.kind {
            SectionKind::Background => check_background(section, &kinds, problems),
            SectionKind::Notes => {}
            kind if !seen.insert(kind) => problems.push(Problem::warning(
                section.heading_span.clone(),
                "duplicate-section",
                format!(
                    "There is a # {} section already. Join the two.",
                    section.title
                ),
            )),
            _ => {}
        }
        check_levels(document, part, problems);
    }
}

fn check_background(section: &Section, kinds: &HashSet<SectionKind>, problems: &mut Vec<Problem>) {
    let span = section.heading_span.clone();
    let title = bare(&section.title).to_lowercase();
    if title.is_empty() {
        problems.push(Problem::warning(
            span,
            "untitled-section",
            "This section has no name. Write one behind the #, or delete the line.",
        ));
        return;
    }
    if title
        .split_whitespace()
        .any(|word| matches!(word, "note" | "notes" | "private"))
    {
        problems.push(Problem::warning(
            span,
            "section-not-private",
            format!(
                "Only a section called exactly # Notes is private; `{}` is background and is sent to the model.",
                section.title
            ),
        ));
        return;
    }
    let near = SECTION_TITLES
        .iter()
        .map(|(known, _)| *known)
        .find(|known| closest(&title, [known.to_lowercase().as_str()]).is_some());
    let synonym = SYNONYMS
        .iter()
        .find(|(word, _)| *word == title)
        .map(|(_, known)| *known);
    let Some(known) = near.or(synonym) else {
        return;
    };
    // A brief that has the section may well have another of a similar name.
    if !kinds.contains(&SectionKind::of(known)) {
        problems.push(Problem::hint(
            span,
            "section-name",
            format!(
                "`{}` is read as background. Did you mean # {known}?",
                section.title
            ),
        ));
    }
}

/// Reports a section heading at a lower level, as `## Outline` below another section.
fn check_levels(document: &Document<'_>, part: &Part<'_>, problems: &mut Vec<Problem>) {
    if matches!(
        part.section.kind,
        SectionKind::Outline | SectionKind::Cast | SectionKind::Notes | SectionKind::Matter(_)
    ) {
        return;
    }
    for heading in part.headings {
        let Some(title) = SECTION_TITLES
            .iter()
            .map(|(title, _)| *title)
            .find(|title| {
                bare(&document.text[heading.content.clone()]).eq_ignore_ascii_case(title)
            })
        else {
            continue;
        };
        problems.push(Problem::warning(
            heading.span.clone(),
            "section-level",
            format!("Sections are first-level headings. Write # {title} with a single #."),
        ));
    }
}

/// Returns the text of a heading without inline markup.
pub(crate) fn plain_title(source: &str) -> String {
    if !source.contains(['*', '_', '`', '[', '\\', '&', '<', '!']) {
        return source.to_owned();
    }
    // As a heading, so that "1. *Storm*" is not taken for a list.
    let source = format!("# {source}");
    let mut title = String::new();
    for event in pulldown_cmark::Parser::new(&source) {
        match event {
            pulldown_cmark::Event::Text(text) | pulldown_cmark::Event::Code(text) => {
                title.push_str(&text);
            }
            pulldown_cmark::Event::SoftBreak | pulldown_cmark::Event::HardBreak => title.push(' '),
            _ => {}
        }
    }
    on_one_line(&title)
}

/// Finds where a problem of the whole brief is shown: its first line.
pub(crate) fn top_of(text: &str) -> Span {
    let start = text
        .find(|c: char| !c.is_whitespace() && c != '\u{feff}')
        .unwrap_or(0);
    first_line(text, &(start..text.len()))
}
