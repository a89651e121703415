//! Parses a brief: all that could be understood, and a [`Problem`] with its place for everything that could
//! not.

use super::after::settle_after;
use super::cast::{check_cast, read_cast};
use super::checks::{LENGTH_CODES, TARGET_CODES, check_brief, size_problems};
use super::front_matter::FrontMatter;
use super::metadata::Metadata;
use super::outline::{read_outline, settle_ids};
use super::parts::Brief;
use super::rules::{check_rules, read_rules};
use super::section_kind::SectionKind;
use super::sections::{Part, check_sections, read_sections};
use super::sizes::SizeDefaults;
use crate::story::text::conflict_markers::conflict_problems;
use crate::story::text::document::Document;
use crate::story::text::margin_notes::notes_in;
use crate::story::{Language, Problem};

/// The message about a comment that is never closed.
pub const UNCLOSED_COMMENT: &str = "This comment is never closed, so it is taken to end before the next blank line. Close it with -->.";

impl Brief {
    /// Parses a brief. Never panics, whatever the text; takes time in proportion to it.
    pub fn parse(text: &str) -> Brief {
        Brief::parse_with(text, SizeDefaults::default())
    }

    /// Parses a brief whose lengths are completed by settings, so that its problems are those
    /// that the author would have.
    pub fn parse_with(text: &str, defaults: SizeDefaults) -> Brief {
        let mut problems = conflict_problems(text);
        if !problems.is_empty() {
            return Brief::unmerged(problems);
        }
        let (front_matter, start) = FrontMatter::read(text, &mut problems);
        let metadata = match &front_matter {
            Some(front_matter) => Metadata::read(front_matter, &mut problems),
            None => Metadata::default(),
        };
        let document = Document::scan(text, start);
        let parts = read_sections(&document, start, &mut problems);
        check_sections(&document, &parts, &mut problems);
        let mut brief = Brief {
            has_title: metadata.title.is_some(),
            title: metadata.title.unwrap_or_else(|| "Untitled".to_owned()),
            front_matter,
            language: metadata.language.unwrap_or_default(),
            target_words: metadata.target_words,
            chunk_words: metadata.chunk_words,
            pov: metadata.pov,
            tense: metadata.tense,
            protagonist: metadata.protagonist,
            sections: Vec::new(),
            cast: Vec::new(),
            rules: Vec::new(),
            chapters: Vec::new(),
            beats: Vec::new(),
            problems,
        };
        brief.read_parts(&document, &parts);
        brief.report_comments(&document);
        brief.sections = parts.into_iter().map(|part| part.section).collect();
        let problems = check_brief(text, &brief, defaults);
        brief.problems.extend(problems);
        brief
            .problems
            .sort_by_key(|problem| (problem.span.start, problem.severity));
        brief
    }

    /// Checks the lengths in force again, where they differ from the brief's own.
    pub fn hold_to(&mut self, in_force: SizeDefaults) {
        // Nothing of it is read.
        if self.is_unmerged() {
            return;
        }
        self.problems
            .retain(|problem| !LENGTH_CODES.contains(&problem.code));
        let own = (self.target_words, self.chunk_words);
        (self.target_words, self.chunk_words) = (in_force.target_words, Some(in_force.chunk_words));
        let problems = size_problems(self, in_force);
        (self.target_words, self.chunk_words) = own;
        self.problems.extend(problems);
        self.problems
            .sort_by_key(|problem| (problem.span.start, problem.severity));
    }

    /// Lists the problems of the story's length, for callers that know its source.
    pub fn length_problems_mut(&mut self) -> impl Iterator<Item = &mut Problem> {
        let problems = self.problems.iter_mut();
        problems.filter(|problem| TARGET_CODES.contains(&problem.code))
    }

    /// Makes a brief of a text with a merge conflict in it, of which nothing is read.
    fn unmerged(problems: Vec<Problem>) -> Brief {
        Brief {
            title: "Untitled".to_owned(),
            has_title: false,
            front_matter: None,
            language: Language::default(),
            target_words: None,
            chunk_words: None,
            pov: None,
            tense: None,
            protagonist: None,
            sections: Vec::new(),
            cast: Vec::new(),
            rules: Vec::new(),
            chapters: Vec::new(),
            beats: Vec::new(),
            problems,
        }
    }

    fn read_parts(&mut self, document: &Document<'_>, parts: &[Part<'_>]) {
        let problems = &mut self.problems;
        for part in parts {
            match part.section.kind {
                SectionKind::Cast => self.cast.extend(read_cast(document, part, problems)),
                SectionKind::Rules => self.rules.extend(read_rules(document, part, problems)),
                SectionKind::Outline => {
                    let outline = read_outline(document, part, problems);
                    self.beats.extend(outline.beats);
                    self.chapters.extend(outline.chapters);
                }
                _ => {}
            }
        }
        check_cast(&self.cast, problems);
        check_rules(&self.rules, problems);
        settle_ids(&mut self.beats, problems);
        settle_after(&mut self.beats, problems);
    }

    /// Reports comments that never end, and notes that no beat will see.
    fn report_comments(&mut self, document: &Document<'_>) {
        for comment in document.comments.iter().filter(|comment| !comment.closed) {
            let start = comment.span.start;
            self.problems.push(Problem::warning(
                start..start + "<!--".len(),
                "unclosed-comment",
                UNCLOSED_COMMENT,
            ));
        }
        for note in notes_in(document, &(0..document.text.len())) {
            // Beats stand in the order of the text.
            let begun = self
                .beats
                .partition_point(|beat| beat.span.start <= note.span.start);
            let above = begun.checked_sub(1).and_then(|last| self.beats.get(last));
            if above.is_none_or(|beat| beat.span.end <= note.span.start) {
                self.problems.push(Problem::hint(
                    note.span,
                    "note-outside-beat",
                    "Notes in the margin are read below a beat of the outline, or in a chunk. Here it does nothing.",
                ));
            }
        }
    }
}
