//! Leads from a place to what it is about, and from that to all places that are about it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::document::{DocumentKind, StoryDocument};
use super::subject::{Pointed, Subject, own_beat, subject_at};
use crate::analysis::index::{IndexedText, StoryIndex};
use crate::analysis::ledger::beats_named;
use crate::story::lint::passages::rules_named;
use crate::story::{Beat, Span};

/// A place in a file of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    pub path: PathBuf,
    /// The name or heading, in bytes.
    pub span: Span,
    /// What belongs to it, `span` included.
    pub whole: Span,
}

/// Where something is defined, and the span of the document that led there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub from: Span,
    pub to: Vec<FilePlace>,
}

/// Finds where what stands at a place is defined: a character in the cast, a rule among the rules, the beat of
/// a chunk in the outline, and the chunk of a beat in its file. The index is asked for where that takes one.
pub fn definition(
    document: &StoryDocument<'_>,
    brief_path: &Path,
    index: impl FnOnce() -> Option<Arc<StoryIndex>>,
    offset: usize,
) -> Option<Definition> {
    let Pointed { subject, span } = followed_from(document, offset)?;
    let brief = document.brief;
    let in_brief = |span: &Span, whole: &Span| FilePlace {
        path: brief_path.to_owned(),
        span: span.clone(),
        whole: whole.clone(),
    };
    let to = match subject {
        Subject::Characters(entries) => {
            let entries = entries
                .into_iter()
                .filter_map(|entry| brief.cast.get(entry));
            let places = entries.map(|entry| in_brief(&entry.name_span, &entry.span));
            places.collect()
        }
        Subject::Rule(rule) => {
            let rule = brief.rules.get(rule)?;
            vec![in_brief(&rule.span, &rule.span)]
        }
        Subject::Beat(beat) => {
            let beat = brief.beats.get(beat)?;
            match is_heading_of(document, beat, offset) {
                true => vec![chunk_of(&*index()?, beat)?],
                false => vec![in_brief(&beat.heading_span, &beat.span)],
            }
        }
        Subject::Thread(_) | Subject::Setting(_) | Subject::HeadKey(_) => return None,
    };
    Some(Definition { from: span, to })
}

/// Tells whether a place is in the heading of the beat itself, so that its definition is its chunk.
fn is_heading_of(document: &StoryDocument<'_>, beat: &Beat, offset: usize) -> bool {
    *document.kind == DocumentKind::Brief
        && (beat.heading_span.start..=beat.heading_span.end).contains(&offset)
}

/// Finds the file of a beat's chunk.
fn chunk_of(index: &StoryIndex, beat: &Beat) -> Option<FilePlace> {
    let chunk = index.chunk_of(&beat.id)?;
    let prose = chunk.parts.prose.clone();
    let line = chunk.file.text[prose.clone()].lines().next().unwrap_or("");
    Some(FilePlace {
        path: chunk.file.path.clone(),
        span: prose.start..prose.start + line.len(),
        whole: prose,
    })
}

/// Finds what is followed from a place: in the head of a chunk its beat, whatever key stands there.
pub fn followed_from(document: &StoryDocument<'_>, offset: usize) -> Option<Pointed> {
    own_beat(document, offset).or_else(|| subject_at(document, offset))
}

/// Finds all places of what is pointed at: of a character every mention, of a beat its chunk and what names
/// its id, of a rule what names its number. With `declared`, also where it is defined.
pub fn references(subject: Subject, index: &StoryIndex, declared: bool) -> Vec<FilePlace> {
    let brief = &index.read.story.brief;
    match subject {
        Subject::Characters(entries) => {
            let mut places = Vec::new();
            for entry in entries {
                let declaration = brief.cast.get(entry).map(|entry| &entry.name_span);
                let mentions = index.mentions_of(entry);
                let wanted = mentions.filter(|(text, span)| {
                    declared || text.path != index.brief.path || Some(*span) != declaration
                });
                places.extend(wanted.map(|(text, span)| place(text, span)));
            }
            places.dedup();
            places
        }
        Subject::Beat(beat) => {
            let Some(beat) = brief.beats.get(beat) else {
                return Vec::new();
            };
            let heading = declared.then(|| place(&index.brief, &beat.heading_span));
            let after = brief.beats.iter().flat_map(|other| {
                let after = other.after.iter().zip(&other.after_spans);
                after.filter(|(id, _)| **id == beat.id)
            });
            let after = after.map(|(_, span)| place(&index.brief, span));
            let threads = beats_named(brief, &index.brief.text).into_iter();
            let threads = threads.filter(|(id, _)| *id == beat.id);
            let threads = threads.map(|(_, span)| place(&index.brief, &span));
            let chunk = index.chunk_of(&beat.id).map(|chunk| {
                let value = chunk.parts.keys.iter().find(|key| key.key == "beat");
                let head = value.map_or_else(|| chunk.parts.head.clone(), |it| it.value.clone());
                place(&chunk.file, &head)
            });
            let in_brief = heading.into_iter().chain(after).chain(threads);
            in_brief.chain(chunk).collect()
        }
        Subject::Rule(rule) => {
            let Some(rule) = brief.rules.get(rule) else {
                return Vec::new();
            };
            let declaration = declared.then(|| place(&index.brief, &rule.span));
            let named = index.texts().flat_map(|text| {
                let named = rules_named(&text.text, &brief.language).into_iter();
                let own = named.filter(|(number, _)| *number == rule.number);
                own.map(|(_, span)| place(text, &span))
            });
            declaration.into_iter().chain(named).collect()
        }
        Subject::Thread(_) | Subject::Setting(_) | Subject::HeadKey(_) => Vec::new(),
    }
}

fn place(text: &IndexedText, span: &Span) -> FilePlace {
    FilePlace {
        path: text.path.clone(),
        span: span.clone(),
        whole: span.clone(),
    }
}

/// Finds where the document names whom a place names.
pub fn highlights(document: &StoryDocument<'_>, offset: usize) -> Vec<Span> {
    let Some(Pointed {
        subject: Subject::Characters(wanted),
        ..
    }) = subject_at(document, offset)
    else {
        return Vec::new();
    };
    let mentions = document.mentions().into_iter();
    let mut spans: Vec<Span> = mentions
        .filter(|mention| wanted.contains(&mention.entry))
        .map(|mention| mention.span)
        .collect();
    spans.dedup();
    spans
}

/// Finds the text of a place's file.
pub fn text_of<'a>(index: &'a StoryIndex, path: &Path) -> Option<&'a IndexedText> {
    index.texts().find(|text| text.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::features::marked::Marked;

    #[test]
    fn a_character_is_highlighted_by_all_names() {
        for (file, marked, expected) in [
            (
                "chunk_01.md",
                "Ma|ra’s lamp. Ilse rowed. The keeper, Mara Voss.",
                "Mara|The keeper|Mara Voss",
            ),
            ("chunk_01.md", "Mara’s la|mp.", ""),
            (
                "story.md",
                "# Cast\n## Mara Voss\n# Outline\n## The stair {cast=\"Ma|ra\"}\nMara goes.",
                "Mara Voss|Mara|Mara",
            ),
            ("notes.md", "|", ""),
        ] {
            let page = Marked::at(file, marked);
            let found = highlights(&page.document(), page.at).into_iter();
            let found: Vec<&str> = found.map(|span| &page.text[span]).collect();
            assert_eq!(found.join("|"), expected, "{marked}");
        }
    }
}
