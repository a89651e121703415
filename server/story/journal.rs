//! Keeps the text for a chunk file that is open in an editor until the editor has saved it.
//!
//! `.work/chunk_03.journal` looks like the chunk file that it is going to be. Lines of its
//! front matter say what it means for the file: `replaces:` holds the digests of texts that it
//! takes the place of, all of which are in history/ already; `seen:` how much of it the editor
//! was seen to show, and what stood in the file then; `stands:` what the author saved while more
//! was still to come. Pure.
//!
//! What the author saved after the text had been seen is the author's word: the journal does not
//! bring back what is missing there.

use jiff::Timestamp;

use super::chunk_file::{self, ChunkFile, FileStatus};
use super::text::boundaries;
use super::{BeatId, ChunkNumber, Digest};

const REPLACES: &str = "replaces";
const SEEN: &str = "seen";
const STANDS: &str = "stands";

/// The bytes of text that identify a place in it.
const TAIL: usize = 80;
/// Fewer may stand anywhere.
const SHORTEST_TAIL: usize = 40;

/// A journal in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Journal {
    pub(crate) file: ChunkFile,
    pub(crate) marks: Marks,
}

/// The marks of a journal: what the file had and what the editor showed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    /// Digests of the texts that it takes the place of.
    pub(crate) replaces: Vec<Digest>,
    pub(crate) seen: Option<Seen>,
    pub(crate) stands: Option<Stands>,
}

/// How much of a journal's text the editor was seen to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The length of the prose that was seen, in bytes from its start.
    pub(crate) bytes: usize,
    /// The file at that moment; another one was saved since.
    pub(crate) on_disk: OnDisk,
}

/// A text that the author saved while more of the journal's was to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stands {
    /// The bytes of the journal's prose that the author had seen and decided about.
    pub(crate) bytes: usize,
    /// The digest of the prose that was saved.
    pub(crate) digest: Digest,
}

/// The content of a chunk file on disk, by digest and modification time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnDisk {
    /// The digest of the whole text; of an empty one where there is no file.
    pub(crate) digest: Digest,
    /// The modification time, by which a save that left the same bytes is noticed.
    pub(crate) modified: Option<Timestamp>,
}

/// The text that a journal is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    /// An editor shows it.
    Buffer,
    /// The author saved it a moment ago.
    Saved,
    /// In the file, which no editor is known to have open.
    File(&'a OnDisk),
}

/// The relation of a journal to the text that is in the file or in the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The text is there, maybe with more after it.
    Saved,
    /// The journal's text is the newer one.
    Apply,
    /// Keep the author's text, and append what was generated after the author saved it.
    Add,
    /// The author's text stays, and the journal's is another one.
    Apart,
}

impl Journal {
    pub(crate) fn parse(text: &str) -> Journal {
        let mut file = chunk_file::parse(text);
        let mut line = |key| file.take_extra(key).unwrap_or_default();
        let digests = |line: &str| {
            let words = line.split_whitespace();
            words.map(|word| Digest(word.into())).collect()
        };
        let marks = Marks {
            replaces: digests(&line(REPLACES)),
            seen: Seen::parse(&line(SEEN)),
            stands: Stands::parse(&line(STANDS)),
        };
        file.extra.clear();
        Journal { file, marks }
    }

    pub(crate) fn render(
        number: ChunkNumber,
        beat: &BeatId,
        status: FileStatus,
        prose: &str,
        marks: &Marks,
    ) -> String {
        chunk_file::render_with(number, beat, status, &marks.lines(), prose)
    }

    /// Compares with the text of the file, or of the editor. Pure.
    pub(crate) fn against(&self, other: &ChunkFile, place: Place<'_>) -> Verdict {
        let (ours, theirs) = (self.file.prose.trim_end(), other.prose.trim_end());
        if ours == theirs {
            return match (self.file.status, other.status) {
                (Some(FileStatus::Complete), Some(FileStatus::Partial)) => Verdict::Apply,
                _ => Verdict::Saved,
            };
        }
        if matches!(place, Place::File(_)) && self.stood(theirs) {
            return match self.merged(theirs) {
                Some(_) => Verdict::Add,
                None if theirs.starts_with(ours) => Verdict::Saved,
                None => Verdict::Apart,
            };
        }
        if let Some(seen) = self.author_saw(place) {
            return if theirs.starts_with(ours) {
                Verdict::Saved
            } else if ours.starts_with(theirs) && theirs.len() >= seen {
                Verdict::Apply
            } else {
                Verdict::Apart
            };
        }
        let is_replaced = (self.marks.replaces).contains(&chunk_file::source_digest(theirs));
        if is_replaced && self.is_saved_since(theirs, place) {
            // It was shown when the journal began, and the author saved it after the text that stood then.
            Verdict::Apart
        } else if theirs.is_empty() || is_replaced {
            Verdict::Apply
        } else if ours.is_empty() {
            // Nothing to keep.
            Verdict::Saved
        } else if ours.starts_with(theirs)
            && other.status == Some(FileStatus::Complete)
            && !self.marks.replaces.is_empty()
        {
            // It is none of the texts that were replaced, and what grows is marked as complete with its last
            // words: this was shortened.
            Verdict::Apart
        } else if ours.starts_with(theirs) {
            Verdict::Apply
        } else if theirs.starts_with(ours) {
            Verdict::Saved
        } else {
            Verdict::Apart
        }
    }

    /// Tells how much of our prose the author had before him when he made the text at this place;
    /// `None` where he had not seen any of it.
    fn author_saw(&self, place: Place<'_>) -> Option<usize> {
        let seen = self.marks.seen.as_ref()?;
        let is_later = match place {
            Place::Buffer | Place::Saved => true,
            Place::File(now) => now.is_other_than(&seen.on_disk),
        };
        let shown = self.first(seen.bytes);
        (is_later && !shown.is_empty()).then_some(shown.len())
    }

    /// Tells whether all that there is of our prose was seen.
    pub(crate) fn is_all_seen(&self) -> bool {
        let seen = self.marks.seen.as_ref();
        seen.is_some_and(|seen| seen.bytes >= self.file.prose.trim_end().len())
    }

    /// Tells whether a text is the one that the author saved during generation.
    fn stood(&self, theirs: &str) -> bool {
        let stands = self.marks.stands.as_ref();
        stands.is_some_and(|stands| stands.digest == chunk_file::source_digest(theirs))
    }

    /// Tells whether the author saved a text after another one that he had saved during generation.
    fn is_saved_since(&self, theirs: &str, place: Place<'_>) -> bool {
        !matches!(place, Place::Buffer) && self.marks.stands.is_some() && !self.stood(theirs)
    }

    /// Returns the text that the author saved during generation, followed by what was generated after it.
    /// `None` where nothing came, or where the saved text does not end where ours went on.
    pub(crate) fn merged(&self, theirs: &str) -> Option<String> {
        let stands = self.marks.stands.as_ref()?;
        let (decided, theirs) = (self.first(stands.bytes), theirs.trim_end());
        let rest = self.file.prose.get(decided.len()..)?;
        let goes_on = !rest.trim().is_empty() && theirs.ends_with(tail(decided)?);
        goes_on.then(|| format!("{theirs}{rest}"))
    }

    /// Tells how much of our prose a text shows, in bytes from the start.
    pub(crate) fn shown_in(&self, prose: &str) -> usize {
        let (ours, theirs) = (self.file.prose.trim_end(), prose.trim_end());
        if theirs.is_empty()
            || self
                .marks
                .replaces
                .contains(&chunk_file::source_digest(theirs))
        {
            return 0;
        }
        if ours.starts_with(theirs) {
            return theirs.len();
        }
        if theirs.starts_with(ours) {
            return ours.len();
        }
        // The author edited what stands before the place where the text grows.
        let grown = tail(theirs).and_then(|tail| Some(ours.rfind(tail)? + tail.len()));
        let has_end = || tail(ours).is_some_and(|tail| theirs.contains(tail));
        match grown {
            Some(bytes) => bytes,
            None if has_end() => ours.len(),
            None => 0,
        }
    }

    fn first(&self, bytes: usize) -> &str {
        let prose = &self.file.prose;
        prose[..boundaries::floor(prose, bytes)].trim_end()
    }
}

impl Marks {
    pub(crate) fn replacing(replaces: Vec<Digest>) -> Marks {
        Marks {
            replaces,
            ..Marks::default()
        }
    }

    /// Returns the marks for a journal after its prose changed from `old` to `new`: what was seen of `old`
    /// counts as far as both begin the same.
    pub(crate) fn carried(mut self, old: &str, new: &str) -> Marks {
        let same = old
            .bytes()
            .zip(new.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        if let Some(seen) = &mut self.seen {
            seen.bytes = seen.bytes.min(same);
        }
        if let Some(stands) = &mut self.stands {
            stands.bytes = stands.bytes.min(same);
        }
        self
    }

    fn lines(&self) -> Vec<String> {
        let replaces: Vec<&str> = self.replaces.iter().map(|it| &*it.0).collect();
        let replaces = (!replaces.is_empty()).then(|| (REPLACES, replaces.join(" ")));
        let seen = self.seen.as_ref().map(|seen| {
            let OnDisk { digest, modified } = &seen.on_disk;
            let modified = modified.map_or_else(String::new, |at| format!(" {at}"));
            (SEEN, format!("{} {}{modified}", seen.bytes, digest.0))
        });
        let stands = self.stands.as_ref();
        let stands = stands.map(|it| (STANDS, format!("{} {}", it.bytes, it.digest.0)));
        let lines = [replaces, seen, stands].into_iter().flatten();
        lines
            .map(|(key, value)| chunk_file::extra_line(key, &value))
            .collect()
    }
}

impl Seen {
    fn parse(line: &str) -> Option<Seen> {
        let mut words = line.split_whitespace();
        Some(Seen {
            bytes: words.next()?.parse().ok()?,
            on_disk: OnDisk {
                digest: Digest(words.next()?.into()),
                modified: words.next().and_then(|at| at.parse().ok()),
            },
        })
    }
}

impl Stands {
    fn parse(line: &str) -> Option<Stands> {
        let mut words = line.split_whitespace();
        Some(Stands {
            bytes: words.next()?.parse().ok()?,
            digest: Digest(words.next()?.into()),
        })
    }
}

impl OnDisk {
    pub(crate) fn new(text: &str, modified: Option<Timestamp>) -> OnDisk {
        OnDisk {
            digest: Digest::of(text),
            modified,
        }
    }

    fn is_other_than(&self, before: &OnDisk) -> bool {
        let is_later = match (self.modified, before.modified) {
            (Some(now), Some(before)) => now != before,
            // An empty file was saved where there was none.
            (Some(_), None) => before.digest == Digest::of(""),
            _ => false,
        };
        self.digest != before.digest || is_later
    }
}

/// Returns the last bytes of a text, by which its end is found in another; `None` where they are too few.
fn tail(text: &str) -> Option<&str> {
    let start = boundaries::ceil(text, text.len().saturating_sub(TAIL));
    Some(&text[start..]).filter(|tail| tail.len() >= SHORTEST_TAIL)
}

#[cfg(test)]
mod tests {
    use super::FileStatus::{Complete, Partial};
    use super::*;
    use crate::story::table;

    const LONG: &str =
        "The keeper climbed the stair and lit the lamp before the boats came in that night.";

    fn journal(status: FileStatus, prose: &str, marks: &Marks) -> Journal {
        let text = Journal::render(
            ChunkNumber(1),
            &BeatId("b".to_owned()),
            status,
            prose,
            marks,
        );
        let journal = Journal::parse(&text);
        assert_eq!(&journal.marks, marks);
        journal
    }

    fn file(status: FileStatus, prose: &str) -> ChunkFile {
        ChunkFile {
            prose: prose.into(),
            status: Some(status),
            ..ChunkFile::default()
        }
    }

    fn on_disk(text: &str, second: i64) -> OnDisk {
        OnDisk::new(text, Timestamp::from_second(second).ok())
    }

    #[test]
    fn compares_with_what_the_author_left() {
        let gone = Marks::replacing(vec![chunk_file::source_digest("An old text.")]);
        let rows = r"
            journal   | its status | file            | its status | verdict
            One. Two. | Partial    |                 | Partial    | Apply
            One. Two. | Partial    | One.            | Partial    | Apply
            One. Two. | Partial    | One. Two.\n     | Partial    | Saved
            One. Two. | Complete   | One. Two.\n     | Partial    | Apply
            One. Two. | Complete   | One. Two.\n     | Complete   | Saved
            One. Two. | Partial    | One. Two. Mine. | Partial    | Saved
            One. Two. | Complete   | One.            | Partial    | Apply
            One. Two. | Complete   | One.            | Complete   | Apart
            One. Two. | Partial    | Mine. Two.      | Partial    | Apart
            One. Two. | Partial    | An old text.    | Complete   | Apply
                      | Partial    | An old text.    | Complete   | Apply
                      | Partial    | Mine.           | Complete   | Saved
        ";
        let status = |word: &str| if word == "Partial" { Partial } else { Complete };
        for row in &table::rows(rows)[1..] {
            let journal = journal(status(&row[1]), &row[0], &gone);
            let found = journal.against(&file(status(&row[3]), &row[2]), Place::Buffer);
            assert_eq!(format!("{found:?}"), row[4], "{row:?}");
        }
    }

    #[test]
    fn a_journal_that_replaces_nothing_goes_on_from_a_complete_text() {
        let journal = journal(Complete, "One. Two.", &Marks::default());
        let found = journal.against(&file(Complete, "One."), Place::Buffer);
        assert_eq!(found, Verdict::Apply);
    }

    /// All was seen of a text when the file held another one, at second 1.
    #[test]
    fn what_was_seen_and_saved_otherwise_is_the_authors_word() {
        let old = on_disk("An old text.", 1);
        let marks = Marks {
            replaces: vec![chunk_file::source_digest("An old text.")],
            seen: Some(Seen {
                bytes: "One. Two.".len(),
                on_disk: old.clone(),
            }),
            stands: None,
        };
        let journal = journal(Complete, "One. Two. Three.", &marks);
        let later = on_disk("An old text.", 2);
        let other = on_disk("Another.", 1);
        let rows = [
            // nobody has saved since
            ("An old text.", Place::File(&old), Verdict::Apply),
            ("One.", Place::File(&old), Verdict::Apply),
            ("", Place::File(&old), Verdict::Apply),
            // undone, and saved
            ("An old text.", Place::File(&later), Verdict::Apart),
            ("An old text.", Place::Saved, Verdict::Apart),
            ("An old text.", Place::Buffer, Verdict::Apart),
            // shorter than what was seen
            ("One.", Place::File(&other), Verdict::Apart),
            ("One.", Place::Saved, Verdict::Apart),
            ("One.", Place::Buffer, Verdict::Apart),
            ("", Place::Saved, Verdict::Apart),
            // the rest is on its way
            ("One. Two.", Place::File(&other), Verdict::Apply),
            ("One. Two.", Place::Saved, Verdict::Apply),
            ("One. Two. Th", Place::Buffer, Verdict::Apply),
            ("One. Two. Three. Mine.", Place::Saved, Verdict::Saved),
        ];
        for (theirs, place, verdict) in rows {
            let found = journal.against(&file(Partial, theirs), place);
            assert_eq!(found, verdict, "{theirs:?} at {place:?}");
        }
    }

    #[test]
    fn what_came_after_a_save_goes_on_from_the_saved_text() {
        let prose = format!("One. {LONG} Two.");
        let decided = format!("One. {LONG}").len();
        let rows = [
            (LONG.to_owned(), Verdict::Add, Some(format!("{LONG} Two."))),
            (format!("{LONG} Mine."), Verdict::Apart, None),
            ("Mine.".to_owned(), Verdict::Apart, None),
        ];
        for (saved, verdict, merged) in rows {
            let marks = Marks {
                stands: Some(Stands {
                    bytes: decided,
                    digest: chunk_file::source_digest(&saved),
                }),
                ..Marks::default()
            };
            let journal = journal(Partial, &prose, &marks);
            let now = on_disk(&saved, 2);
            let found = journal.against(&file(Partial, &saved), Place::File(&now));
            assert_eq!(found, verdict, "{saved:?}");
            assert_eq!(journal.merged(&saved), merged, "{saved:?}");
        }
    }

    #[test]
    fn how_much_a_buffer_shows() {
        let prose = format!("One. {LONG} Two.");
        let journal = journal(
            Partial,
            &prose,
            &Marks::replacing(vec![chunk_file::source_digest("One.")]),
        );
        for (shown, bytes) in [
            ("", 0),
            // The text that is replaced begins as the new one does.
            ("One.", 0),
            ("One. The", 8),
            (prose.as_str(), prose.len()),
            (&format!("{prose} Mine."), prose.len()),
            (&format!("My own. {LONG}"), prose.len() - " Two.".len()),
            (
                &format!("My own. {LONG} Two.\n\nA note below."),
                prose.len(),
            ),
            ("Another text.", 0),
        ] {
            assert_eq!(journal.shown_in(shown), bytes, "{shown:?}");
        }
    }
}
