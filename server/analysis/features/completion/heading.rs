//! Offers what may stand in the braces of a beat's heading.

use super::item::{Item, ItemKind, Line, begins, values};
use crate::analysis::features::document::StoryDocument;
use crate::analysis::features::keys::{self, BEAT_KEYS};
use crate::story::Beat;
use crate::story::brief::NAME_SEPARATORS;

const QUOTES: [char; 3] = ['"', '“', '”'];

/// Lists attributes and their values, where the cursor is between braces.
pub(super) fn attributes(document: &StoryDocument<'_>, beat: &Beat, line: &Line<'_>) -> Vec<Item> {
    let Some(open) = line.before.rfind('{') else {
        return Vec::new();
    };
    let inner = &line.before[open + 1..];
    if inner.contains('}') {
        return Vec::new();
    }
    match value_begun(inner) {
        Some(("cast", list)) => names(document, list, line),
        Some(("after", list)) => ids(document, beat, list, line),
        Some((name, value)) => {
            let span = line.from(line.before.len() - value.len());
            values(keys::find(&BEAT_KEYS, name), value, &span)
        }
        None => {
            let heading = &document.text[beat.heading_span.clone()];
            names_of_attributes(heading, inner, line)
        }
    }
}

/// Finds the attribute whose value the cursor is in, and what is written of the value, quotes left out.
fn value_begun(inner: &str) -> Option<(&str, &str)> {
    let equals = inner.rfind('=')?;
    let name = inner[..equals].trim_end();
    let name = &name[name.rfind(char::is_whitespace).map_or(0, |at| at + 1)..];
    let value = inner[equals + 1..].trim_start();
    match value.strip_prefix(QUOTES) {
        Some(quoted) => (!quoted.contains(QUOTES)).then_some((name, quoted)),
        None => (!value.contains(char::is_whitespace)).then_some((name, value)),
    }
}

/// Finds what is begun of the last of a list, and what stands before it.
fn last_of(list: &str) -> (&str, &str) {
    let at = list.rfind(NAME_SEPARATORS);
    let at = at.map_or(0, |at| {
        at + list[at..].chars().next().map_or(0, char::len_utf8)
    });
    (&list[..at], list[at..].trim_start())
}

fn names(document: &StoryDocument<'_>, list: &str, line: &Line<'_>) -> Vec<Item> {
    let (before, begun) = last_of(list);
    let span = line.from(line.before.len() - begun.len());
    let brief = document.brief;
    let listed: Vec<_> = before
        .split(NAME_SEPARATORS)
        .filter_map(|name| brief.character(name))
        .collect();
    let cast = brief.cast.iter().filter(|entry| !listed.contains(entry));
    let cast = cast.filter(|entry| begins(&entry.name, begun));
    cast.map(|entry| Item::new(ItemKind::Character, entry.name.as_str(), &span))
        .collect()
}

fn ids(document: &StoryDocument<'_>, own: &Beat, list: &str, line: &Line<'_>) -> Vec<Item> {
    let (before, begun) = last_of(list);
    let span = line.from(line.before.len() - begun.len());
    let is_listed = |id: &str| {
        before
            .split(NAME_SEPARATORS)
            .any(|other| other.trim() == id)
    };
    let beats = document.brief.beats.iter();
    let beats = beats.filter(|beat| beat.id != own.id && !is_listed(beat.id.as_str()));
    let beats = beats.filter(|beat| begins(beat.id.as_str(), begun));
    beats
        .map(|beat| Item::new(ItemKind::Beat, beat.id.as_str(), &span))
        .collect()
}

fn names_of_attributes(heading: &str, inner: &str, line: &Line<'_>) -> Vec<Item> {
    let begun = &inner[inner.rfind(char::is_whitespace).map_or(0, |at| at + 1)..];
    if begun.starts_with('#') {
        return Vec::new();
    }
    let span = line.from(line.before.len() - begun.len());
    let is_there = |name: &str| heading.contains(&format!("{name}="));
    let keys = BEAT_KEYS.iter().filter(|key| !is_there(key.name));
    let keys = keys.filter(|key| begins(key.name, begun));
    keys.map(|key| {
        let is_quoted = matches!(key.name, "cast" | "pov");
        let item = Item::of_key(key, if is_quoted { "=\"\"" } else { "=" }, &span);
        Item {
            cursor: item.text.len() - usize::from(is_quoted),
            ..item
        }
    })
    .collect()
}
