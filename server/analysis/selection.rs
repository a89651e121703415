//! Resolves the chunks that an author names: by number, by the id of their beat, several at once.

use super::error::StoryError;
use crate::session::PlannedChunk;
use crate::story::{BeatId, ChunkNumber};

/// A name of one chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChunkRef {
    Number(ChunkNumber),
    Beat(BeatId),
}

impl ChunkRef {
    /// Parses the name of a chunk: a number, else the id of its beat.
    pub fn parse(text: &str) -> ChunkRef {
        match number(text) {
            Some(number) => ChunkRef::Number(number),
            None => ChunkRef::Beat(BeatId(text.to_owned())),
        }
    }

    /// Returns the number of the chunk in a plan.
    ///
    /// # Errors
    /// [`StoryError::NoSuchChunk`], [`StoryError::NoSuchBeat`]
    pub fn resolve(&self, plan: &[PlannedChunk]) -> Result<ChunkNumber, StoryError> {
        let found = plan.iter().find(|chunk| match self {
            ChunkRef::Number(number) => chunk.number == *number,
            ChunkRef::Beat(beat) => &chunk.beat == beat,
        });
        match (found, self) {
            (Some(chunk), _) => Ok(chunk.number),
            (None, ChunkRef::Number(number)) => Err(StoryError::NoSuchChunk {
                number: *number,
                chunks: plan.len(),
            }),
            (None, ChunkRef::Beat(beat)) => Err(StoryError::NoSuchBeat(beat.clone())),
        }
    }
}

/// The names of one chunk or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    One(ChunkRef),
    /// A range of numbers, both ends included.
    Range(ChunkNumber, ChunkNumber),
}

impl Selection {
    /// Reads numbers, ranges of numbers and beat ids, with commas between them: `1,5-9,lamp`.
    pub fn parse(text: &str) -> Selection {
        Selection(
            text.split(',')
                .map(|part| Part::parse(part.trim()))
                .collect(),
        )
    }

    /// Parses several texts into one selection.
    pub fn parse_all<T: AsRef<str>>(texts: &[T]) -> Selection {
        let parts = texts.iter().map(|text| Selection::parse(text.as_ref()).0);
        Selection(parts.flatten().collect())
    }

    /// Returns the only chunk that is named, if it is just one.
    pub fn single(&self) -> Option<&ChunkRef> {
        match self.0.as_slice() {
            [Part::One(chunk)] => Some(chunk),
            _ => None,
        }
    }

    /// Returns the numbers in a plan, each once, in story order.
    ///
    /// # Errors
    /// As for [`ChunkRef::resolve`]; [`StoryError::BackwardRange`] for a range whose end comes first.
    pub fn resolve(&self, plan: &[PlannedChunk]) -> Result<Vec<ChunkNumber>, StoryError> {
        let mut numbers = Vec::new();
        for part in &self.0 {
            match part {
                Part::One(chunk) => numbers.push(chunk.resolve(plan)?),
                Part::Range(first, last) if first > last => {
                    return Err(StoryError::BackwardRange {
                        first: *first,
                        last: *last,
                    });
                }
                Part::Range(first, last) => {
                    // Before any number is counted up to: the end may be billions away.
                    for end in [first, last] {
                        ChunkRef::Number(*end).resolve(plan)?;
                    }
                    numbers.extend((first.0..=last.0).map(ChunkNumber));
                }
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }
}

impl From<ChunkRef> for Selection {
    fn from(chunk: ChunkRef) -> Selection {
        Selection(vec![Part::One(chunk)])
    }
}

impl Part {
    fn parse(text: &str) -> Part {
        let ends = text.split_once('-');
        match ends.and_then(|(first, last)| Some((number(first)?, number(last)?))) {
            Some((first, last)) => Part::Range(first, last),
            None => Part::One(ChunkRef::parse(text)),
        }
    }
}

/// Parses the number of a chunk: digits and nothing else.
fn number(text: &str) -> Option<ChunkNumber> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| ChunkNumber(text.parse().unwrap_or(u32::MAX)))
}

/// A name of a chapter: its number, from 1, or its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChapterRef(pub String);

impl ChapterRef {
    /// Returns the chunks of the chapter, in story order.
    ///
    /// # Errors
    /// [`StoryError::NoSuchChapter`]
    pub fn resolve(&self, plan: &[PlannedChunk]) -> Result<Vec<ChunkNumber>, StoryError> {
        let chapters = chapters(plan);
        let wanted = self.0.trim();
        let by_title = |title: &str| title.to_lowercase() == wanted.to_lowercase();
        let titled = chapters.iter().find(|chapter| by_title(&chapter.title));
        let numbered = || {
            let at = number(wanted)?.0.checked_sub(1)?;
            chapters.get(usize::try_from(at).ok()?)
        };
        let found = titled.or_else(numbered);
        found
            .map(|chapter| chapter.chunks.clone())
            .ok_or_else(|| StoryError::NoSuchChapter {
                chapter: wanted.to_owned(),
                chapters: chapters.into_iter().map(|chapter| chapter.title).collect(),
            })
    }
}

/// A chapter of the outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    pub title: String,
    pub chunks: Vec<ChunkNumber>,
}

/// Returns the chapters of a plan, in story order: chunks of one that stand together.
pub fn chapters(plan: &[PlannedChunk]) -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = Vec::new();
    let mut before: Option<&String> = None;
    for chunk in plan {
        let Some(title) = chunk.chapter.as_ref() else {
            before = None;
            continue;
        };
        match chapters.last_mut().filter(|_| before == Some(title)) {
            Some(chapter) => chapter.chunks.push(chunk.number),
            None => chapters.push(Chapter {
                title: title.clone(),
                chunks: vec![chunk.number],
            }),
        }
        before = Some(title);
    }
    chapters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Vec<PlannedChunk> {
        let beats = [
            ("lamp", None),
            ("log", Some("One")),
            ("door-2", Some("One")),
        ];
        let beats = beats
            .into_iter()
            .chain([("3-4", Some("Two")), ("end", Some("Two"))]);
        beats
            .zip(1..)
            .map(|((beat, chapter), number)| PlannedChunk {
                number: ChunkNumber(number),
                beat: BeatId(beat.to_owned()),
                title: beat.to_owned(),
                chapter: chapter.map(str::to_owned),
                target_words: 100,
                body: None,
            })
            .collect()
    }

    #[test]
    fn chunks_are_named_in_many_ways() {
        for (text, expected) in [
            ("2", Ok(vec![2])),
            ("2-4", Ok(vec![2, 3, 4])),
            ("3-3", Ok(vec![3])),
            ("lamp", Ok(vec![1])),
            ("door-2", Ok(vec![3])),
            ("4, 1,lamp,1-2", Ok(vec![1, 2, 4])),
            ("0", Err("no chunk 0")),
            ("6", Err("no chunk 6")),
            ("2-99999999999999", Err("no chunk 4294967295")),
            ("4-2", Err("`4-2` ends before it begins; `2-4`")),
            ("tower", Err("no beat `tower`")),
            ("-3", Err("no beat `-3`")),
            ("2-", Err("no beat `2-`")),
            ("", Err("no beat ``")),
        ] {
            let found = Selection::parse(text).resolve(&plan());
            match (found, expected) {
                (Ok(found), Ok(expected)) => {
                    let found: Vec<u32> = found.into_iter().map(|number| number.0).collect();
                    assert_eq!(found, expected, "{text}");
                }
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{text}: {error}");
                    assert!(error.is_usage(), "{text}");
                }
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn chapters_are_named_by_number_or_title() {
        for (text, expected) in [
            ("1", Some(vec![2, 3])),
            ("two", Some(vec![4, 5])),
            ("3", None),
            ("0", None),
            ("lamp", None),
        ] {
            let found = ChapterRef(text.to_owned()).resolve(&plan()).ok();
            let found = found.map(|chunks| chunks.into_iter().map(|number| number.0).collect());
            assert_eq!(found, expected, "{text}");
        }
        let error = ChapterRef("9".to_owned()).resolve(&plan()).unwrap_err();
        assert!(error.to_string().contains("1 “One”, 2 “Two”"), "{error}");
        let error = ChapterRef("1".to_owned())
            .resolve(&plan()[..1])
            .unwrap_err();
        assert!(error.to_string().contains("no chapters"), "{error}");
    }
}
