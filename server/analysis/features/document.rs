//! A document as its story understands it: a brief, a chunk file, or a text beside them.

use crate::story::brief::front_matter::Entry;
use crate::story::chunk_file;
use crate::story::names::{CastNames, Mention};
use crate::story::text::boundaries::floor;
use crate::story::{Beat, BeatId, Brief, ChunkNumber, Span};

/// A document with the brief of its story, both as they were at one moment.
#[derive(Debug, Clone, Copy)]
pub struct StoryDocument<'a> {
    pub kind: &'a DocumentKind,
    pub text: &'a str,
    /// Of a brief, what it says itself.
    pub brief: &'a Brief,
    pub names: &'a CastNames,
}

/// What a document is to its story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentKind {
    Brief,
    Chunk(ChunkParts),
    /// Notes, an assembled story, or any other text of the folder.
    Beside,
}

/// The parts of a chunk file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkParts {
    /// From its front matter, else from its name.
    pub number: Option<ChunkNumber>,
    pub beat: Option<BeatId>,
    /// All above the prose; empty where there is no front matter.
    pub head: Span,
    pub prose: Span,
    /// The lines of the front matter.
    pub keys: Vec<HeadKey>,
}

/// A line of a chunk's front matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadKey {
    pub key: String,
    pub span: Span,
    /// Empty where the value would stand.
    pub value: Span,
}

impl ChunkParts {
    /// Takes the text of a chunk file apart; `named` is the number in its file name.
    pub fn of(text: &str, named: Option<ChunkNumber>) -> ChunkParts {
        let file = chunk_file::parse(text);
        let start = file.prose_offset.min(text.len());
        let mut keys = Vec::new();
        let mut at = 0;
        for line in text[..start].split_inclusive('\n') {
            keys.extend(HeadKey::read(line, at));
            at += line.len();
        }
        ChunkParts {
            number: file.number.or(named),
            beat: file.beat,
            head: 0..start,
            prose: start..text.len(),
            keys,
        }
    }
}

impl HeadKey {
    fn read(line: &str, start: usize) -> Option<HeadKey> {
        let (name, value) = line.split_once(':')?;
        let key = name.trim_start_matches('\u{feff}').trim();
        let begin = start + name.find(key)?;
        let value_start = start + name.len() + 1;
        let blank = value.len() - value.trim_start_matches([' ', '\t']).len();
        Some(HeadKey {
            key: key.to_owned(),
            span: begin..begin + key.len(),
            value: value_start + blank..value_start + value.trim_end().len().max(blank),
        })
    }
}

impl StoryDocument<'_> {
    /// Finds where the document names characters, in its order.
    pub fn mentions(&self) -> Vec<Mention> {
        self.mentions_within(&(0..self.text.len()))
    }

    /// Finds the mentions of characters around a place, at most those of its paragraph.
    pub fn mentions_near(&self, offset: usize) -> Vec<Mention> {
        self.mentions_within(&paragraph_at(self.text, offset))
    }

    /// Finds the mentions of characters in a span, whose ends have to be ends of lines.
    pub fn mentions_within(&self, span: &Span) -> Vec<Mention> {
        let span = match self.kind {
            DocumentKind::Chunk(parts) => {
                span.start.max(parts.prose.start)..span.end.max(parts.prose.start)
            }
            _ => span.clone(),
        };
        let found = self.names.mentions_in(&self.text[span.clone()]);
        let found = found.into_iter().map(|mention| Mention {
            span: mention.span.start + span.start..mention.span.end + span.start,
            ..mention
        });
        match self.kind {
            DocumentKind::Brief => in_words(self, found),
            _ => found.collect(),
        }
    }

    /// Finds the beat that a chunk file is written for, as an index into the brief's.
    pub fn own_beat(&self) -> Option<usize> {
        let DocumentKind::Chunk(parts) = self.kind else {
            return None;
        };
        let beats = &self.brief.beats;
        let by_id = |id: &BeatId| beats.iter().position(|beat| beat.id == *id);
        match &parts.beat {
            Some(id) => by_id(id),
            None => {
                let number = usize::try_from(parts.number?.0).ok()?;
                number.checked_sub(1).filter(|at| *at < beats.len())
            }
        }
    }

    /// Tells whether the heading of a beat says its id, so that it is not made of the title.
    pub fn has_own_id(&self, beat: &Beat) -> bool {
        let before = self.text.get(..beat.id_span.start).unwrap_or("");
        let mark = before.chars().next_back();
        mark.is_some_and(|mark| !mark.is_whitespace())
    }

    /// Returns the spans of a brief that may look like a name and are none: ids of beats and names of settings.
    pub fn ids_and_settings(&self) -> Vec<Span> {
        let ids = self.brief.beats.iter().flat_map(|beat| {
            let id = self.has_own_id(beat).then_some(&beat.id_span);
            id.into_iter().chain(&beat.after_spans)
        });
        let keys = self.brief.front_matter.iter();
        let keys = keys.flat_map(|it| &it.entries).map(|entry| &entry.key_span);
        ids.chain(keys).cloned().collect()
    }

    /// Finds the setting of the front matter whose name stands at a place.
    pub fn setting_at(&self, offset: usize) -> Option<&Entry> {
        let entries = &self.brief.front_matter.as_ref()?.entries;
        let mut entries = entries.iter();
        entries.find(|entry| holds(&entry.key_span, offset))
    }
}

/// Leaves out what looks like a name and is the id of a beat or a setting.
fn in_words(document: &StoryDocument<'_>, mentions: impl Iterator<Item = Mention>) -> Vec<Mention> {
    let mut taken = document.ids_and_settings();
    taken.sort_by_key(|span| span.start);
    let is_free = |mention: &Mention| {
        let before = taken.partition_point(|span| span.start <= mention.span.start);
        let above = before.checked_sub(1).map(|at| &taken[at]);
        above.is_none_or(|span| span.end <= mention.span.start)
    };
    mentions.filter(is_free).collect()
}

/// Tells whether a cursor at a place touches a span.
pub fn holds(span: &Span, offset: usize) -> bool {
    (span.start..=span.end).contains(&offset)
}

/// Finds the lines around a place that nothing parts: no blank line, no heading, no fence of front matter. Such
/// a line stands alone.
pub fn paragraph_at(text: &str, offset: usize) -> Span {
    let offset = floor(text, offset);
    let line_start = |at: usize| text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line_end = |at: usize| text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
    let (mut start, mut end) = (line_start(offset), line_end(offset));
    if parts_paragraphs(&text[start..end]) {
        return start..end;
    }
    while start > 0 {
        let above = line_start(start - 1);
        if parts_paragraphs(&text[above..start]) {
            break;
        }
        start = above;
    }
    while end < text.len() {
        let below = line_end(end);
        if parts_paragraphs(&text[end..below]) {
            break;
        }
        end = below;
    }
    start..end
}

fn parts_paragraphs(line: &str) -> bool {
    let line = line.trim_end();
    line.trim_start().is_empty() || line.starts_with('#') || line == "---"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::features::marked::Marked;

    /// Lists what is named in a text marked `[`…`]` around each name.
    #[track_caller]
    fn check(file: &str, marked: &str) {
        let text = marked.replace(['⟦', '⟧'], "");
        let page = Marked::text(file, &text);
        let mut shown = text.clone();
        for mention in page.document().mentions().iter().rev() {
            shown.insert(mention.span.end, '⟧');
            shown.insert(mention.span.start, '⟦');
        }
        assert_eq!(shown, marked);
    }

    #[test]
    fn names_count_and_ids_and_settings_do_not() {
        check(
            "story.md",
            "---\nprotagonist: ⟦Mara⟧\nMara: no\n---\n# Cast\n## ⟦Mara Voss⟧\naka: ⟦the keeper⟧\n# Outline\n\
             ## ⟦Mara⟧ goes {#Mara cast=\"⟦Mara Voss⟧\"}\n## On {after=Mara}\n⟦Mara⟧’s. ⟦The keeper⟧.\n## ⟦Mara⟧\n",
        );
        check(
            "chunk_02.md",
            "---\nchunk: 2\nbeat: Mara\n---\n⟦Mara⟧’s lamp. <!-- ⟦Ilse⟧ -->\nMarathon.\n",
        );
        check("notes.md", "⟦Mara⟧ and ⟦Ilse Brandt⟧.");
    }

    #[test]
    fn a_paragraph_ends_at_blank_lines() {
        let text = "one\ntwo\n \nthree\n\n";
        for (at, expected) in [
            (0, "one\ntwo\n"),
            (6, "one\ntwo\n"),
            (8, " \n"),
            (11, "three\n"),
            (text.len(), ""),
            (99, ""),
        ] {
            assert_eq!(&text[paragraph_at(text, at)], expected, "{at}");
        }
    }
}
