//! Adds the cast, the background and the notes of a source to a brief that is there: it only ever inserts. Pure.

use crate::book::read::brief::{background_section, cast_entry, note_entry};
use crate::book::read::{Background, ImportedBook};
use crate::story::new_beats::is_same;
use crate::story::slug::fold;
use crate::story::{Brief, SectionKind};

/// A brief with what a source knows of people and the world.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct WithPeople {
    pub text: String,
    /// The names of the characters that are new.
    pub cast: Vec<String>,
    /// The titles of the sections that are new.
    pub background: Vec<String>,
    /// What the brief has by that name already, and keeps as the author has it.
    pub kept: Vec<String>,
}

/// Returns the text of a brief with what a source has and it has not; `None` where anything of the author's would be read
/// otherwise.
pub(super) fn with_people(text: &str, book: &ImportedBook) -> Option<WithPeople> {
    let mut grown = WithPeople {
        text: text.to_owned(),
        ..WithPeople::default()
    };
    let brief = Brief::parse(text);
    let mut entries = Vec::new();
    for person in &book.cast {
        let names = std::iter::once(&person.name).chain(&person.aliases);
        let mut known = names.filter_map(|name| {
            let folded = fold(name);
            brief.cast.iter().find(|entry| {
                fold(&entry.name) == folded
                    || entry.aliases.iter().any(|alias| fold(alias) == folded)
            })
        });
        match known.next() {
            Some(entry) => grown.kept.push(entry.name.clone()),
            None => {
                entries.push(cast_entry(person));
                grown.cast.push(person.name.clone());
            }
        }
    }
    add(&mut grown.text, SectionKind::Cast, "Cast", &entries)?;
    let mut sections = Vec::new();
    for background in &book.background {
        let section = background_section(&background.title, &background.aliases, &background.text);
        let parsed = Brief::parse(&section);
        let [new] = parsed.sections.as_slice() else {
            return None;
        };
        let known = brief
            .sections
            .iter()
            .find(|it| fold(&it.title) == fold(&new.title));
        match known {
            Some(known) => grown.kept.push(known.title.clone()),
            None => {
                grown.background.push(new.title.clone());
                sections.push(section);
            }
        }
    }
    insert_sections(&mut grown.text, &sections)?;
    let notes: Vec<String> = book
        .private
        .iter()
        .filter(|note| !has_note(&brief, note))
        .map(note_entry)
        .collect();
    add(&mut grown.text, SectionKind::Notes, "Notes", &notes)?;
    is_as_meant(&brief, &Brief::parse(&grown.text), &grown).then_some(grown)
}

fn has_note(brief: &Brief, note: &Background) -> bool {
    let notes = brief
        .sections
        .iter()
        .filter(|it| it.kind == SectionKind::Notes);
    let heading = |line: &str| fold(line.trim_start_matches('#')) == fold(&note.title);
    notes
        .flat_map(|it| it.text.lines())
        .any(|line| line.starts_with("##") && heading(line))
}

/// Adds entries to the end of a section, or begins it.
fn add(text: &mut String, kind: SectionKind, title: &str, entries: &[String]) -> Option<()> {
    if entries.is_empty() {
        return Some(());
    }
    let brief = Brief::parse(text);
    let mut sections = brief.sections.iter().filter(|it| it.kind == kind);
    match sections.next_back() {
        Some(section) => insert(text, section.span.end, &entries.join("\n")),
        None => {
            let block = format!("# {title}\n\n{}", entries.join("\n"));
            let at = match kind {
                SectionKind::Notes => text.len(),
                _ => place(&brief, text),
            };
            insert(text, at, &block)
        }
    }
}

/// Inserts sections before the outline.
fn insert_sections(text: &mut String, sections: &[String]) -> Option<()> {
    if sections.is_empty() {
        return Some(());
    }
    let at = place(&Brief::parse(text), text);
    insert(text, at, &sections.join("\n"))
}

/// Returns where new sections go: before the outline, else before the notes, else at the end.
fn place(brief: &Brief, text: &str) -> usize {
    let first = [SectionKind::Outline, SectionKind::Notes];
    let first = first.iter().find_map(|kind| brief.section(*kind));
    first.map_or(text.len(), |section| section.span.start)
}

/// Inserts blocks with a blank line on either side.
fn insert(text: &mut String, at: usize, block: &str) -> Option<()> {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let (before, rest) = text.split_at_checked(at)?;
    let end = before.trim_end().len();
    let gap = match before[..end].trim_start_matches('\u{feff}').is_empty() {
        true => String::new(),
        false => line_end.repeat(2),
    };
    let block = block.trim_end().replace('\n', line_end);
    let behind = if rest.trim().is_empty() { 1 } else { 2 };
    let rest = rest.trim_start_matches(['\r', '\n']);
    // White space alone is no word of the author's.
    *text = format!(
        "{}{gap}{block}{}{rest}",
        &before[..end],
        line_end.repeat(behind)
    );
    Some(())
}

/// Tells whether a brief reads as before but for what was added.
fn is_as_meant(old: &Brief, new: &Brief, grown: &WithPeople) -> bool {
    let (kept, added) = match new.cast.split_at_checked(old.cast.len()) {
        Some(parts) => parts,
        None => return false,
    };
    let is_kept = kept
        .iter()
        .zip(&old.cast)
        .all(|(a, b)| (&a.name, &a.aliases, &a.text) == (&b.name, &b.aliases, &b.text));
    let names = |entries: &[crate::story::CastEntry]| entries.len();
    let others = |brief: &Brief| -> Vec<(SectionKind, String, String)> {
        let is_other = |kind| !matches!(kind, SectionKind::Cast | SectionKind::Notes);
        let sections = brief.sections.iter().filter(|it| is_other(it.kind));
        sections
            .map(|it| (it.kind, it.title.clone(), it.text.clone()))
            .collect()
    };
    let notes = |brief: &Brief| -> String {
        let notes = brief
            .sections
            .iter()
            .filter(|it| it.kind == SectionKind::Notes);
        notes
            .map(|it| it.text.clone())
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (before, mut after) = (others(old), others(new));
    after.retain(|(_, title, _)| !grown.background.contains(title));
    is_kept
        && names(added) == grown.cast.len()
        && before == after
        && notes(new).starts_with(notes(old).trim_end())
        && new.front_matter == old.front_matter
        && new.rules.len() == old.rules.len()
        && new.beats.len() == old.beats.len()
        && new.beats.iter().zip(&old.beats).all(|(a, b)| is_same(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::read::Person;

    fn book() -> ImportedBook {
        let person = |name: &str, text: &str| Person {
            name: name.to_owned(),
            aliases: vec!["the keeper".to_owned()],
            text: text.to_owned(),
        };
        let about = |title: &str, text: &str| Background {
            title: title.to_owned(),
            aliases: Vec::new(),
            text: text.to_owned(),
        };
        ImportedBook {
            cast: vec![person("Mara", "She keeps the lamp.\n# Rules\n1. None.")],
            background: vec![
                about("The Lamp", "It burns."),
                about("Rules", "Of the isle."),
            ],
            private: vec![about("First message (Mara)", "Hello.")],
            ..ImportedBook::default()
        }
    }

    #[test]
    fn what_is_new_is_added_and_what_is_there_stays() {
        let text = "---\ntitle: x\n---\n# Premise\nA.\n\n# Cast\n## Ilse\naka: the sister\nMine.\n\n# Outline\n## One\nx\n\n# Notes\nMine alone.\n";
        let grown = with_people(text, &book()).unwrap();
        assert_eq!(grown.cast, ["Mara"]);
        assert_eq!(grown.background, ["The Lamp", "Background: Rules"]);
        let expected = "---\ntitle: x\n---\n# Premise\nA.\n\n# Cast\n## Ilse\naka: the sister\nMine.\n\n\
            ## Mara\naka: the keeper\n\nShe keeps the lamp.\n#### Rules\n1. None.\n\n\
            # The Lamp\n\nIt burns.\n\n# Background: Rules\n\nOf the isle.\n\n# Outline\n## One\nx\n\n\
            # Notes\nMine alone.\n\n## First message (Mara)\n\nHello.\n";
        assert_eq!(grown.text, expected);
        let again = with_people(&grown.text, &book()).unwrap();
        assert_eq!(again.text, grown.text);
        assert_eq!(again.kept, ["Mara", "The Lamp", "Background: Rules"]);
    }

    #[test]
    fn a_character_is_known_by_any_name_and_keeps_the_authors_words() {
        let text = "# Cast\r\n## Mara Voss\r\naka: The Keeper\r\nMine.\r\n";
        let grown = with_people(text, &book()).unwrap();
        assert!(grown.cast.is_empty() && grown.text.starts_with(text.trim_end()));
        assert_eq!(
            grown.text.matches('\n').count(),
            grown.text.matches("\r\n").count()
        );
        assert_eq!(grown.kept, ["Mara Voss"]);
        let made = with_people("", &book()).unwrap();
        assert!(
            made.text.starts_with("# Cast\n\n## Mara\n"),
            "{}",
            made.text
        );
        assert_eq!(with_people("# Cast\n## A\n```\nno end\n", &book()), None);
    }
}
