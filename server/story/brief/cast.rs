//! Reads the characters: second-level headings below Cast.

use std::collections::HashMap;

use super::attributes::{NAME_SEPARATORS, read_heading};
use super::labels::read_label;
use super::parts::CastEntry;
use super::sections::{Part, plain_title};
use crate::story::Problem;
use crate::story::text::document::Document;
use crate::story::text::document::join_lines;
use crate::story::text::slug::fold;

const AKA: [&str; 4] = ["aka", "a.k.a.", "a.k.a", "also known as"];

/// Reads the characters of one Cast section.
pub(crate) fn read_cast(
    document: &Document<'_>,
    part: &Part<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<CastEntry> {
    let headings: Vec<_> = part
        .headings
        .iter()
        .filter(|heading| heading.level == 2)
        .collect();
    let mut cast = Vec::new();
    for (nth, heading) in headings.iter().enumerate() {
        let end = headings
            .get(nth + 1)
            .map_or(part.body.end, |next| next.span.start);
        // Attributes have no meaning here, so nothing is said about them.
        let text = read_heading(
            &document.masked(&heading.content),
            heading.content.start,
            &mut Vec::new(),
        );
        let name = plain_title(&text.title);
        if name.is_empty() {
            problems.push(Problem::warning(
                heading.span.clone(),
                "unnamed-character",
                "This character has no name. Write it behind the ##, or delete the line.",
            ));
            continue;
        }
        let mut aliases: Vec<String> = Vec::new();
        let mut lines = document.lines(&(heading.body_start.min(end)..end));
        lines.retain(|line| match read_label(&line.text, &AKA) {
            Some(labelled) => {
                aliases.extend(split_names(labelled.rest));
                false
            }
            None => true,
        });
        cast.push(CastEntry {
            name,
            aliases,
            text: join_lines(&lines),
            name_span: text.title_span,
            span: heading.span.start..end,
        });
    }
    if cast.is_empty() && !part.section.text.is_empty() && headings.is_empty() {
        problems.push(Problem::warning(
            part.section.heading_span.clone(),
            "cast-without-characters",
            "No character was found here. Give each a second-level heading with the name, such as ## Mara Voss.",
        ));
    }
    cast
}

fn split_names(names: &str) -> impl Iterator<Item = String> {
    names
        .split(NAME_SEPARATORS)
        .map(|name| name.trim().trim_end_matches(['.', '。']).trim())
        .map(|name| {
            name.trim_matches(['"', '“', '”', '„', '«', '»', '「', '」', '*'])
                .trim()
        })
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

/// Reports names that lead to more than one character.
pub(crate) fn check_cast(cast: &[CastEntry], problems: &mut Vec<Problem>) {
    let mut owners: HashMap<String, usize> = HashMap::new();
    for (index, entry) in cast.iter().enumerate() {
        if let Some(first) = owners.get(&fold(&entry.name)) {
            problems.push(Problem::warning(
                entry.name_span.clone(),
                "duplicate-character",
                format!(
                    "`{}` already names {}. Join the two entries, or call one of them differently.",
                    entry.name,
                    described(&cast[*first], &entry.name)
                ),
            ));
        } else {
            owners.insert(fold(&entry.name), index);
        }
        for alias in &entry.aliases {
            let first = *owners.entry(fold(alias)).or_insert(index);
            if first != index {
                problems.push(Problem::warning(
                    entry.name_span.clone(),
                    "shared-alias",
                    format!(
                        "`{alias}` stands for {} and for {}, so nobody can tell which of them is meant. Keep it with one.",
                        cast[first].name, entry.name
                    ),
                ));
            }
        }
    }
}

fn described(entry: &CastEntry, name: &str) -> String {
    if fold(&entry.name) == fold(name) {
        "a character above".to_owned()
    } else {
        entry.name.clone()
    }
}
