//! Reads a plain text whose headings are lines that stand apart: two blank lines above, one below, as `export` writes
//! them.
//!
//! Only where the whole text keeps to that. What has its breaks between scenes, or its paragraphs, apart in the same way
//! is no such text.

use super::assembly::Piece;
use super::imported::ImportedBook;
use super::styled::{guarded, is_break};

/// The most lines of the head: title, subtitle, authors, rights.
const MOST_HEAD: usize = 4;
/// The most characters of a line that is a heading.
const LONGEST: usize = 100;
/// The most passages between the head and the first chapter, such as a dedication.
const MOST_FRONT: usize = 3;

/// Lines without a blank one between them, and the number of blank lines above.
struct Group<'a> {
    blank: usize,
    lines: Vec<&'a str>,
}

/// Returns the pieces of a text whose headings stand apart, and takes its title over; `None` for any other text.
pub(super) fn pieces(text: &str, book: &mut ImportedBook) -> Option<Vec<Piece>> {
    let groups = groups(text);
    let (head, rest) = groups.split_first()?;
    let is_spaced = rest.iter().all(|group| matches!(group.blank, 1 | 2));
    let is_head = head.lines.len() <= MOST_HEAD && head.lines.iter().all(|line| is_heading(line));
    if !is_head || !is_spaced || rest.first()?.blank != 2 {
        return None;
    }
    let heads: Vec<usize> = (0..rest.len()).filter(|at| is_apart(rest, *at)).collect();
    let first = *heads.first()?;
    let wide = |groups: &[Group<'_>]| groups.iter().filter(|group| group.blank == 2).count();
    if wide(&rest[first..]) != heads.len() || wide(&rest[..first]) > MOST_FRONT {
        return None;
    }
    let title = head.lines.first()?.trim();
    book.title = Some(title.to_owned());
    let pieces = rest.iter().enumerate().map(|(at, group)| {
        let line = group.lines.join("\n");
        if heads.contains(&at) {
            let title = line.trim().to_owned();
            Piece::Heading { level: 2, title }
        } else if is_break(&line) {
            Piece::Break
        } else {
            let lines = group.lines.iter().map(|line| guarded(line.trim()));
            Piece::Text(lines.collect::<Vec<_>>().join("\n"))
        }
    });
    Some(pieces.collect())
}

fn groups(text: &str) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut blank = 0;
    for line in text.trim_start_matches('\u{feff}').lines() {
        if line.trim().is_empty() {
            blank += 1;
            continue;
        }
        match groups.last_mut().filter(|_| blank == 0) {
            Some(group) => group.lines.push(line),
            None => groups.push(Group {
                blank,
                lines: vec![line],
            }),
        }
        blank = 0;
    }
    groups
}

/// Tells whether a group is a heading by its place: a line alone, far from what is above, with text close below.
fn is_apart(groups: &[Group<'_>], at: usize) -> bool {
    let group = &groups[at];
    let has_text = groups.get(at + 1).is_some_and(|next| next.blank == 1);
    group.blank == 2 && has_text && group.lines.len() == 1 && is_heading(group.lines[0])
}

/// Tells whether a line may be a heading: short, and neither speech nor a sentence.
fn is_heading(line: &str) -> bool {
    let line = line.trim();
    let is_sentence = line.ends_with([
        '.', ',', ';', ':', '…', '"', '”', '»', '“', '。', '」', '-', '–', '—',
    ]) && !line.starts_with(['©', '(']);
    let is_speech = line.starts_with(['"', '“', '„', '«', '»', '「', '-', '–', '—', '‘', '\'']);
    !is_sentence && !is_speech && !is_break(line) && line.chars().count() <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(text: &str) -> Option<Vec<String>> {
        let pieces = pieces(text, &mut ImportedBook::default())?;
        let headings = pieces.into_iter().filter_map(|piece| match piece {
            Piece::Heading { title, .. } => Some(title),
            _ => None,
        });
        Some(headings.collect())
    }

    #[test]
    fn headings_that_stand_apart_are_known() {
        let text = "The Lamp\nAna Dias\n\n\nFor Ilse, who knows.\n\n\nThe Island\n\nMara reads.\n\n“So,” she said.\n\n* * *\n\n\
                    She climbs.\n\n\nWho Goes There?\n\nIt blows.\n";
        let mut book = ImportedBook::default();
        let found = pieces(text, &mut book).unwrap();
        assert_eq!(book.title.as_deref(), Some("The Lamp"));
        assert_eq!(found.iter().filter(|it| **it == Piece::Break).count(), 1);
        assert_eq!(
            headings(text),
            Some(vec!["The Island".to_owned(), "Who Goes There?".to_owned()])
        );
    }

    #[test]
    fn other_texts_have_no_false_chapters() {
        for text in [
            "",
            "One line",
            // Wide gaps between scenes.
            "The Lamp\n\n\nMara reads.\n\nIt rains.\n\n\n“Who is there?”\n\nNobody.\n\n\nShe climbs the stair and waits.\n",
            "The Lamp\n\n\nMara waits\n\nIt rains.\n\n\nThe keeper went down to the shore, and nobody saw her there.\n\nSo.\n",
            // Every paragraph apart.
            "The Lamp\n\n\nMara reads\n\n\nIt rains\n\n\nShe climbs\n",
            // A letter, and a list.
            "Dear Ilse,\n\n\nThe lamp\n\nis out.\n",
            "The Lamp\n\n\n\nThe Island\n\nMara reads.\n",
            "The Lamp\n\nThe Island\n\nMara reads.\n\n\nThe Storm\n\nIt blows.\n",
        ] {
            assert_eq!(headings(text), None, "{text}");
        }
    }
}
