//! Compares the candidates of a chunk, other texts of it that a model wrote, with its text and with each other.

use std::sync::Arc;

use serde::Serialize;

use super::candidate_files;

use super::chunk_files::ChunkFiles;
use super::error::StoryError;
use super::features::note::escaped;
use super::findings;
use super::rename::{Renamed, RenamedFile};
use super::selection::ChunkRef;
use super::session_snapshot::SessionSnapshot;
use super::snapshots::Look;
use super::status::relative;
use super::written::Written;
use crate::session::{self, ChunkView, SessionId};
use crate::story::chunk_file;
use crate::story::edits::Edit;
use crate::story::{BeatId, ChunkNumber, lint, words};

/// The longest beginning of a difference that a table shows, in characters.
const SHOWN: usize = 48;

/// The candidates of a chunk, as `candidates --json` prints them.
#[derive(Debug, Clone, Serialize)]
pub struct Candidates {
    pub story: String,
    pub session: String,
    pub chunk: ChunkNumber,
    pub beat: BeatId,
    pub title: String,
    /// The length of the present text, in words (characters for CJK).
    pub words: u32,
    /// The codes of what is found in the present text.
    pub findings: Vec<&'static str>,
    pub candidates: Vec<Candidate>,
    /// The unit of lengths: "words" or "characters".
    #[serde(skip)]
    pub unit: &'static str,
}

/// A candidate beside the present text.
#[derive(Debug, Clone, Serialize)]
pub struct Candidate {
    /// As `accept --candidate` takes it.
    pub candidate: u32,
    /// The file, relative to the story's folder.
    pub file: String,
    pub words: u32,
    /// Whether its answer came to an end.
    pub complete: bool,
    /// Whether it is shorter than was asked for.
    pub short: bool,
    /// Whether the chunk still has the text that it was written to replace.
    pub of_present_text: bool,
    /// The codes of what would be found in it in the place of the present text.
    pub findings: Vec<&'static str>,
    /// How it goes on where it differs first.
    pub first_difference: String,
    pub model: Option<String>,
    pub output_tokens: Option<u64>,
    /// The cost in the currency of the configured prices.
    pub cost: Option<f64>,
    /// The changed places: lines that begin with `- ` (present text) or `+ ` (candidate).
    pub diff: Vec<String>,
}

impl Look<'_> {
    /// Compares the candidates of a chunk with its text: in the session that is named, else in the current one.
    ///
    /// # Errors
    /// A chunk that there is none of; [`StoryError::NothingWritten`] where there is no session.
    pub fn candidates(
        &self,
        wanted: Option<&SessionId>,
        chunk: &ChunkRef,
    ) -> Result<Candidates, StoryError> {
        let read = self.story()?;
        let number = chunk.resolve(&read.story.plan(&read.settings))?;
        let id = match wanted {
            Some(id) => {
                super::story_sessions::known(&read.story, id, self.disk())?;
                id.clone()
            }
            None => {
                let current = read.story.folder.current_session(self.disk())?;
                current.ok_or(StoryError::NothingWritten("candidates"))?
            }
        };
        let session = self.session(&id)?;
        let view = &session.written.view;
        let chunk = view.chunk(number).ok_or(StoryError::NoSuchChunk {
            number,
            chunks: view.chunks.len(),
        })?;
        let files = candidate_files::read(view, chunk, self.owners(), self.disk())?;
        let language = &read.story.brief.language;
        let mut candidates = Vec::new();
        for file in files {
            candidates.push(Candidate {
                candidate: file.number,
                file: relative(&file.path, read.story.folder.root()),
                words: words::count(&file.prose, language),
                complete: file.is_complete,
                short: file.made.is_short,
                of_present_text: file.of.as_ref() == Some(&chunk.digest),
                findings: self.found_with(&session, chunk, &file.prose)?,
                first_difference: first_difference(&chunk.text, &file.prose),
                model: file.made.model,
                output_tokens: file.made.output_tokens,
                cost: file.made.cost,
                diff: Edit::whole(&chunk.text, &file.prose, language).diff,
            });
        }
        let found = self.findings(Some(&id))?;
        Ok(Candidates {
            story: read.story.brief.title.clone(),
            session: id.to_string(),
            chunk: number,
            beat: chunk.beat.clone(),
            title: chunk.title.clone(),
            words: chunk.words,
            findings: of_prose(&found, number),
            candidates,
            unit: language.unit(),
        })
    }

    /// Finds what there would be to report of a chunk with another text.
    fn found_with(
        &self,
        session: &SessionSnapshot,
        chunk: &ChunkView,
        prose: &str,
    ) -> Result<Vec<&'static str>, StoryError> {
        let text = session::read_text(&chunk.path, self.owners(), self.disk())?;
        let text = text.unwrap_or_default();
        let start = chunk_file::parse(&text).prose_offset.min(text.len());
        let file = RenamedFile {
            path: chunk.path.clone(),
            edits: vec![(start..text.len(), prose.to_owned())],
            text,
        };
        let owners = Renamed::new(self.owners(), std::iter::once(&file));
        let read = Arc::clone(&session.read);
        let (story, settings) = (&read.story, &read.settings);
        let plan = story.plan(settings);
        let id = session.session.clone();
        let written = Written::read(story, &id, &plan, settings, &owners, self.disk())?;
        let snapshot = SessionSnapshot::new(read, plan, id, written, Arc::default());
        let mut files = ChunkFiles::default();
        let found = findings::of_session(&snapshot, &owners, self.disk(), &mut files)?;
        Ok(of_prose(&found, chunk.number))
    }
}

/// Returns the codes of what the lint finds in the prose of a chunk.
fn of_prose(found: &findings::Findings, number: ChunkNumber) -> Vec<&'static str> {
    let is_its = |finding: &&findings::Finding| {
        let source = found.texts.get(finding.place.text);
        let chunk = source.and_then(|source| source.chunk.as_ref());
        chunk.is_some_and(|(of, _)| *of == number) && lint::CODES.contains(&finding.code)
    };
    found.list.iter().filter(is_its).map(|it| it.code).collect()
}

/// Returns how a text goes on from where it differs first from another.
fn first_difference(present: &str, other: &str) -> String {
    let (present, other) = (present.trim(), other.trim());
    let same = present.chars().zip(other.chars());
    let same = same.take_while(|(a, b)| a == b);
    let same: usize = same.map(|(_, c)| c.len_utf8()).sum();
    let ends_word = other[same..].chars().next().is_none_or(char::is_whitespace);
    let mut blanks = other[..same]
        .char_indices()
        .filter(|(_, c)| c.is_whitespace());
    let word = blanks.next_back().map_or(0, |(at, c)| at + c.len_utf8());
    let start = if ends_word { same } else { word };
    let rest: Vec<&str> = other[start..].split_whitespace().collect();
    let rest = rest.join(" ");
    match rest.chars().count() > SHOWN {
        true => format!(
            "{}…",
            rest.chars().take(SHOWN).collect::<String>().trim_end()
        ),
        false => rest,
    }
}

impl Candidate {
    /// Returns what is to be known before it is taken.
    fn remarks(&self) -> String {
        let remarks = [
            (!self.complete).then_some("partial"),
            (self.complete && self.short).then_some("short"),
            (!self.of_present_text).then_some("of an earlier text"),
        ];
        remarks.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Candidates {
    /// Returns a line for people.
    pub fn headline(&self) -> String {
        let name = format!("chunk {} “{}”", self.chunk, self.title);
        match self.candidates.len() {
            0 => format!(
                "{name} has no candidates. `storywright rewrite --chunk {} --candidates 3` writes some",
                self.chunk
            ),
            1 => format!("{name} has 1 candidate"),
            n => format!("{name} has {n} candidates"),
        }
    }

    /// Returns the candidates side by side, for a terminal.
    pub fn table(&self) -> String {
        let mut lines = vec![self.headline()];
        if self.candidates.is_empty() {
            return lines.remove(0);
        }
        let row = |name: &str, words: u32, found: usize, cost: &str, text: &str| {
            format!("{name:>5} {words:>7} {found:>9} {cost:>9}  {text}")
                .trim_end()
                .to_owned()
        };
        lines.push(format!(
            "      {:>7} {:>9} {:>9}  first difference",
            self.unit, "findings", "cost"
        ));
        lines.push(row("now", self.words, self.findings.len(), "-", ""));
        lines.extend(self.candidates.iter().map(|candidate| {
            let cost = candidate
                .cost
                .map_or_else(|| "-".to_owned(), |cost| format!("{cost:.4}"));
            let remarks = match candidate.remarks() {
                remarks if remarks.is_empty() => String::new(),
                remarks => format!(" ({remarks})"),
            };
            let text = format!("{}{remarks}", candidate.first_difference);
            let name = candidate.candidate.to_string();
            row(
                &name,
                candidate.words,
                candidate.findings.len(),
                &cost,
                &text,
            )
        }));
        let chunk = self.chunk;
        lines.push(format!(
            "`storywright diff {chunk} --candidate K` shows one, `accept {chunk} --candidate K` takes it, `reject {chunk} \
             --candidates` turns all down"
        ));
        lines.join("\n")
    }

    /// Returns the comparison of one candidate for a terminal; `None` where there is no such candidate.
    pub fn text_of(&self, number: u32) -> Option<String> {
        let candidate = self.candidates.iter().find(|it| it.candidate == number)?;
        let headline = format!(
            "chunk {} “{}”, from now to candidate {number}",
            self.chunk, self.title
        );
        Some([&[headline], candidate.diff.as_slice()].concat().join("\n"))
    }

    /// Returns all candidates as a page for an editor: a table, then what each changes.
    pub fn markdown(&self) -> String {
        let mut page = format!("# {}\n", escaped(&self.headline()));
        if self.candidates.is_empty() {
            return page;
        }
        page.push_str(&format!(
            "\n| | {} | findings | cost | first difference | |\n|---|---|---|---|---|---|\n| now | {} | {} | | | |\n",
            self.unit,
            self.words,
            self.findings.join(", ")
        ));
        for candidate in &self.candidates {
            let cost = candidate
                .cost
                .map_or_else(String::new, |cost| format!("{cost:.4}"));
            page.push_str(&format!(
                "| {} | {} | {} | {cost} | {} | {} |\n",
                candidate.candidate,
                candidate.words,
                candidate.findings.join(", "),
                escaped(&candidate.first_difference),
                candidate.remarks()
            ));
        }
        for candidate in &self.candidates {
            let ticks = candidate
                .diff
                .iter()
                .flat_map(|line| line.split(|c| c != '`'));
            let fence = "`".repeat(ticks.map(str::len).max().unwrap_or(0).max(2) + 1);
            let diff = candidate.diff.join("\n");
            let number = candidate.candidate;
            page.push_str(&format!(
                "\n## Candidate {number}\n\n{fence}diff\n{diff}\n{fence}\n"
            ));
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_begins_at_its_word() {
        for (present, other, expected) in [
            ("The lamp was dark.", "The lamp went out.", "went out."),
            ("The lamp was dark.", "The lamps burned.", "lamps burned."),
            ("The lamp.", "The lamp.\n\nIt burned.", "It burned."),
            ("One.", "Two.", "Two."),
            ("灯台。", "灯火。", "灯火。"),
            ("Same.", "Same.\n", ""),
        ] {
            assert_eq!(first_difference(present, other), expected, "{other}");
        }
        let long = first_difference("", &"word ".repeat(40));
        assert!(long.ends_with('…'), "{long}");
        assert!(long.chars().count() <= SHOWN + 1, "{long}");
    }
}
