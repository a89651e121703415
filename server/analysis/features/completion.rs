//! Offers what may be written at a place: settings and their values, names, ids, attributes and notes. It never
//! asks a model.

mod heading;
mod item;

use super::document::{ChunkParts, DocumentKind, StoryDocument, holds};
use super::keys::{self, BRIEF_KEYS, CHUNK_KEYS, Key};
use crate::story::brief::SECTION_TITLES;
use crate::story::text::boundaries::floor;
pub use item::{Item, ItemKind};
use item::{Line, begins, values};

/// Lists what may be written at a place.
pub fn complete(document: &StoryDocument<'_>, offset: usize) -> Vec<Item> {
    let text = document.text;
    let offset = floor(text, offset);
    let start = text[..offset].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let line = Line {
        before: &text[start..offset],
        start,
    };
    match document.kind {
        DocumentKind::Brief => in_brief(document, &line),
        DocumentKind::Chunk(parts) if offset < parts.prose.start => in_head(document, parts, &line),
        DocumentKind::Chunk(_) => notes(&line)
            .into_iter()
            .chain(names(document, &line))
            .collect(),
        DocumentKind::Beside => names(document, &line),
    }
}

fn in_brief(document: &StoryDocument<'_>, line: &Line<'_>) -> Vec<Item> {
    let brief = document.brief;
    let cursor = line.start + line.before.len();
    let front = brief.front_matter.as_ref().map(|front| &front.span);
    if front.is_some_and(|front| front.start < line.start && cursor < front.end) {
        return in_front_matter(document, line);
    }
    let mut beats = brief.beats.iter();
    if let Some(beat) = beats.find(|beat| holds(&beat.heading_span, cursor)) {
        let items = heading::attributes(document, beat, line);
        return match items.is_empty() {
            true => names(document, line),
            false => items,
        };
    }
    if let Some(begun) = line
        .before
        .strip_prefix('#')
        .filter(|rest| !rest.starts_with('#'))
    {
        return sections(document, begun.trim_start(), line);
    }
    let mut items: Vec<Item> = notes(line).into_iter().collect();
    if let Some(beat) = brief.beat_at(cursor) {
        let states = [("Enter: ", &beat.enter), ("Exit: ", &beat.exit)];
        let missing = states.into_iter().filter(|(_, said)| said.is_none());
        let missing = missing.map(|(label, _)| Item::new(ItemKind::Key, label, &line.from(0)));
        items.extend(missing.filter(|item| begins(&item.text, line.before)));
    }
    items.extend(names(document, line));
    items
}

// ---------------------------------------------------------------- front matter

fn in_front_matter(document: &StoryDocument<'_>, line: &Line<'_>) -> Vec<Item> {
    let Some((name, value)) = line.before.split_once(':') else {
        // By their lines: a setting that is begun hides those below it from the YAML reader.
        let front = document.brief.front_matter.as_ref();
        let front = front.map_or(0..0, |front| front.span.clone());
        let after = document.text[line.start..front.end].find('\n');
        let after = after.map_or(front.end, |end| line.start + end);
        let above = document.text[front.start..line.start].lines();
        let below = document.text[after..front.end].lines();
        let names = above.chain(below).filter_map(|other| other.split_once(':'));
        let there: Vec<&str> = names.map(|(name, _)| name.trim()).collect();
        return key_items(&BRIEF_KEYS, &there, line);
    };
    let begun = value.trim_start();
    let span = line.from(line.before.len() - begun.len());
    if name.trim() == "protagonist" {
        let cast = document.brief.cast.iter();
        let names = cast.filter(|entry| begins(&entry.name, begun));
        return names
            .map(|entry| Item::new(ItemKind::Character, entry.name.as_str(), &span))
            .collect();
    }
    values(keys::find(&BRIEF_KEYS, name.trim()), begun, &span)
}

fn in_head(document: &StoryDocument<'_>, parts: &ChunkParts, line: &Line<'_>) -> Vec<Item> {
    if line.before.starts_with('-') {
        return Vec::new();
    }
    let Some((name, value)) = line.before.split_once(':') else {
        let others = parts
            .keys
            .iter()
            .filter(|key| key.span.start < line.start || key.span.start > line.from(0).end);
        let there: Vec<&str> = others.map(|key| key.key.as_str()).collect();
        return key_items(&CHUNK_KEYS, &there, line);
    };
    let begun = value.trim_start();
    let span = line.from(line.before.len() - begun.len());
    if name.trim() == "beat" {
        let beats = document.brief.beats.iter();
        let beats = beats.filter(|beat| begins(beat.id.as_str(), begun));
        return beats
            .map(|beat| Item::new(ItemKind::Beat, beat.id.as_str(), &span))
            .collect();
    }
    values(keys::find(&CHUNK_KEYS, name.trim()), begun, &span)
}

fn key_items(keys: &[Key], there: &[&str], line: &Line<'_>) -> Vec<Item> {
    let begun = line.before.trim_start();
    let span = line.from(line.before.len() - begun.len());
    let keys = keys.iter().filter(|key| !there.contains(&key.name));
    let keys = keys.filter(|key| begins(key.name, begun));
    keys.map(|key| Item::of_key(key, ": ", &span)).collect()
}

// ---------------------------------------------------------------- text

fn sections(document: &StoryDocument<'_>, begun: &str, line: &Line<'_>) -> Vec<Item> {
    let there = |kind| {
        let mut own = document.brief.sections.iter();
        own.any(|section| section.kind == kind && section.heading_span.start != line.start)
    };
    let missing = SECTION_TITLES.iter().filter(|(_, kind)| !there(*kind));
    let missing = missing.filter(|(title, _)| begins(title, begun));
    missing
        .map(|(title, _)| Item {
            label: (*title).to_owned(),
            ..Item::new(ItemKind::Section, format!("# {title}"), &line.from(0))
        })
        .collect()
}

/// Offers a note in the margin where a comment is begun.
fn notes(line: &Line<'_>) -> Option<Item> {
    const NOTE: &str = "<!-- sw:  -->";
    let at = line.before.rfind('<')?;
    let begun = &line.before[at..];
    NOTE.starts_with(begun).then(|| Item {
        label: "<!-- sw: … -->".to_owned(),
        detail: Some("An instruction to the next rewrite of this place."),
        cursor: "<!-- sw: ".len(),
        ..Item::new(ItemKind::Note, NOTE, &line.from(at))
    })
}

/// Offers names of the cast that begin as the word before the cursor does, from its second letter on.
fn names(document: &StoryDocument<'_>, line: &Line<'_>) -> Vec<Item> {
    let word = line.before.trim_end_matches(char::is_alphanumeric).len();
    let begun = &line.before[word..];
    if begun.chars().count() < 2 {
        return Vec::new();
    }
    let cast = document.brief.cast.iter();
    let names = cast.flat_map(|entry| std::iter::once(&entry.name).chain(&entry.aliases));
    let names = names.filter(|name| name.starts_with(begun) && name.as_str() != begun);
    names
        .map(|name| Item::new(ItemKind::Character, name.as_str(), &line.from(word)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::features::marked::Marked;

    /// What a text becomes with each item, with the cursor in it.
    #[track_caller]
    fn check(file: &str, marked: &str, expected: &[&str]) {
        let page = Marked::at(file, marked);
        let found = complete(&page.document(), page.at).into_iter();
        let found = found.map(|item| {
            assert_eq!(item.span.end, page.at, "{item:?}");
            let begun = &page.text[item.span];
            let (before, after) = item.text.split_at(item.cursor);
            format!("{begun}→{before}|{after}")
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "{marked}");
    }

    #[test]
    fn front_matter_is_completed() {
        check(
            "story.md",
            "---\ntitle: L\nt|\n---\n",
            &["t→target_words: |", "t→tense: |"],
        );
        check(
            "story.md",
            "---\ntitle: L\ntense: pr|\n---\n",
            &["pr→present|"],
        );
        check("story.md", "---\ntense:|\n---\n", &["→past|", "→present|"]);
        check(
            "story.md",
            "---\nte|\ntense: past\ntarget_words: 9\n---\n",
            &[],
        );
        check(
            "story.md",
            "---\nprotagonist: m|\n---\n# Cast\n## Mara Voss\n## Ilse\n",
            &["m→Mara Voss|"],
        );
        check(
            "chunk_01.md",
            "---\nchunk: 1\nstatus: |\n---\n",
            &["→partial|", "→complete|"],
        );
        check(
            "chunk_01.md",
            "---\nchunk: 1\nbeat: e|\n---\n",
            &["e→early|"],
        );
        check(
            "chunk_01.md",
            "---\nchunk: 1\nbeat: early\nl|\nstatus: partial\n---\n",
            &["l→locked: |"],
        );
    }

    #[test]
    fn headings_are_completed() {
        let brief = |heading: &str| {
            format!("# Cast\n## Mara Voss\n## Ilse\n# Outline\n## One {{#one}}\nText.\n{heading}\n")
        };
        check(
            "story.md",
            "# Premise\nP.\n# S|\n",
            &["# S→# Setting|", "# S→# Style|"],
        );
        check(
            "story.md",
            &brief("## Two {#two |}"),
            &["→words=|", "→cast=\"|\"", "→after=|", "→pov=\"|\""],
        );
        check(
            "story.md",
            &brief("## Two {#two words=20 ca|}"),
            &["ca→cast=\"|\""],
        );
        check(
            "story.md",
            &brief("## Two {cast=\"|\"}"),
            &["→Mara Voss|", "→Ilse|"],
        );
        check(
            "story.md",
            &brief("## Two {cast=\"Ilse, m|\"}"),
            &["m→Mara Voss|"],
        );
        check("story.md", &brief("## Two {after=|}"), &["→one|"]);
        check("story.md", &brief("## Two {after=\"o|\"}"), &["o→one|"]);
        check(
            "story.md",
            &brief("## Two {pov=\"f|\"}"),
            &["f→first person|"],
        );
        check("story.md", &brief("## Two and Il|"), &["Il→Ilse|"]);
        check("story.md", &brief("## Two {#two} |"), &[]);
    }

    #[test]
    fn text_is_completed() {
        let brief = "# Cast\n## Mara Voss\naka: the keeper\n# Outline\n## One\n";
        check(
            "story.md",
            &format!("{brief}E|"),
            &["E→Enter: |", "E→Exit: |"],
        );
        check("story.md", &format!("{brief}Enter: a\nE|"), &["E→Exit: |"]);
        check(
            "story.md",
            &format!("{brief}Goes. <!|"),
            &["<!→<!-- sw: | -->"],
        );
        check(
            "chunk_01.md",
            "---\nchunk: 1\n---\nOld Ma|",
            &["Ma→Mara Voss|"],
        );
        check("chunk_01.md", "---\nchunk: 1\n---\nM|", &[]);
        check(
            "chunk_01.md",
            "---\nchunk: 1\n---\nGo. <|",
            &["<→<!-- sw: | -->"],
        );
        check("chunk_01.md", "---\nchunk: 1\n---\n1 < 2 |", &[]);
        check("notes.md", "Ils|", &["Ils→Ilse|", "Ils→Ilse Brandt|"]);
        check("notes.md", "|", &[]);
    }
}
