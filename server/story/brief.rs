//! The brief: what the author says about a story before it is written.
//!
//! [`Brief::parse`] never fails: it returns all that could be understood, and a [`Problem`]
//! with its place for everything that could not.

use super::after::settle_after;
use super::cast::{check_cast, find_character, read_cast};
use super::checks::{LENGTH_CODES, TARGET_CODES, check_brief, size_problems};
use super::conflict_markers::{MERGE_CONFLICT, conflict_problems};
use super::document::Document;
use super::front_matter::FrontMatter;
use super::margin_notes::notes_in;
use super::metadata::Metadata;
use super::outline::{read_outline, settle_ids};
use super::rules::{check_rules, read_rules};
use super::sections::{Part, check_sections, read_sections};
use super::{BeatId, Language, Problem, Severity, SizeDefaults, Span};

/// A parsed brief. Texts are the author's own words, without the margin notes.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    /// From the front matter; "Untitled" when there is none.
    pub title: String,
    /// Whether the author gave it its title.
    pub has_title: bool,
    /// Its keys with their places, those that are not understood too.
    pub front_matter: Option<FrontMatter>,
    pub language: Language,
    /// Length of the whole story, in words (characters for CJK); at least 1.
    pub target_words: Option<u32>,
    /// Length of one chunk where the outline does not say otherwise; at least 1.
    pub chunk_words: Option<u32>,
    pub pov: Option<String>,
    pub tense: Option<String>,
    pub protagonist: Option<String>,
    /// The sections by first-level heading in the order of the text, private ones included.
    pub sections: Vec<Section>,
    pub cast: Vec<CastEntry>,
    pub rules: Vec<Rule>,
    /// The chapters of the outline, where it has any, in story order.
    pub chapters: Vec<Chapter>,
    /// The beats of the outline in story order. Ids are unique: a second beat of the same id
    /// is a problem and gets a suffix.
    pub beats: Vec<Beat>,
    pub problems: Vec<Problem>,
}

/// What a first-level section is for; decided by its heading, without regard to case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SectionKind {
    Premise,
    Setting,
    Cast,
    Rules,
    Style,
    Outline,
    /// Private; never sent to a model.
    Notes,
    /// Anything else: background, sent where there is room.
    Background,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    pub kind: SectionKind,
    pub title: String,
    /// Trimmed, without its heading and without margin notes.
    pub text: String,
    pub heading_span: Span,
    /// Heading and body.
    pub span: Span,
}

/// A character: a second-level heading under Cast.
#[derive(Debug, Clone, PartialEq)]
pub struct CastEntry {
    pub name: String,
    /// From its `aka:` line, separated by commas.
    pub aliases: Vec<String>,
    /// What is known, without heading and `aka:` line.
    pub text: String,
    pub name_span: Span,
    pub span: Span,
}

/// A law of the story's world, with the number that the author gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub number: u32,
    /// Verbatim, without the number.
    pub text: String,
    pub span: Span,
}

/// A `##` of the outline with beats (`###`) below it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chapter {
    pub title: String,
    /// What stands between its heading and its first beat.
    pub text: String,
    pub heading_span: Span,
    /// Heading, text and all of its beats.
    pub span: Span,
}

/// A part of the outline that becomes one chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Beat {
    pub id: BeatId,
    /// The heading without its attributes.
    pub title: String,
    /// The `##` heading above, where beats are `###`.
    pub chapter: Option<String>,
    /// What the outline says about the whole chapter, above its first beat.
    pub chapter_text: Option<String>,
    /// Its own length, if the author set one.
    pub words: Option<u32>,
    /// Where the number stands, if `words` is set.
    pub words_span: Option<Span>,
    /// Names from the `cast` attribute.
    pub cast: Vec<String>,
    /// Where each name of `cast` stands, in the same order.
    pub cast_spans: Vec<Span>,
    /// Beats that have to be written before this one; only such as exist, and never in a circle.
    pub after: Vec<BeatId>,
    /// Where each id of `after` stands, in the same order.
    pub after_spans: Vec<Span>,
    /// Its own point of view, from the `pov` attribute.
    pub pov: Option<String>,
    /// What happens; without Enter and Exit lines.
    pub text: String,
    /// The state before it, from its "Enter:" line.
    pub enter: Option<String>,
    /// The state after it, from its "Exit:" line.
    pub exit: Option<String>,
    pub notes: Vec<MarginNote>,
    pub heading_span: Span,
    /// Where the id stands: in `{#id}`, else the title.
    pub id_span: Span,
    /// Heading and body.
    pub span: Span,
}

/// `<!-- sw: … -->`: an instruction to the next rewrite of its place.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginNote {
    pub text: String,
    pub span: Span,
}

/// What there is to say about a comment that is never closed.
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

    /// Judges the lengths anew by those that are in force, where they are other ones than the brief's own.
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

    /// The problems of the story's length, for somebody who knows more of where it comes from.
    pub fn length_problems_mut(&mut self) -> impl Iterator<Item = &mut Problem> {
        let problems = self.problems.iter_mut();
        problems.filter(|problem| TARGET_CODES.contains(&problem.code))
    }

    /// A brief with a merge conflict in it, of which nothing is read.
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

    /// Whether a merge conflict in it is not resolved, so that nothing of it was read.
    pub fn is_unmerged(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.code == MERGE_CONFLICT)
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

    /// Comments that never end, and notes that no beat will see.
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

    /// Whether any problem is an error, so that nothing can be written.
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// The problems that have to be mended first. [`NO_OUTLINE`](super::checks::NO_OUTLINE) is
    /// among them for `write`; `plan` mends it.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
    }

    /// The first section of a kind.
    pub fn section(&self, kind: SectionKind) -> Option<&Section> {
        self.sections.iter().find(|section| section.kind == kind)
    }

    pub fn beat(&self, id: &BeatId) -> Option<&Beat> {
        self.beats.iter().find(|beat| &beat.id == id)
    }

    /// The beat whose span holds the byte `offset`; at the end of the text, the last.
    pub fn beat_at(&self, offset: usize) -> Option<&Beat> {
        let holds = self.beats.iter().find(|beat| beat.span.contains(&offset));
        holds.or_else(|| self.beats.iter().find(|beat| beat.span.end == offset))
    }

    /// The character that `name` means: by full name or alias, else by a part of the name;
    /// without regard to case.
    pub fn character(&self, name: &str) -> Option<&CastEntry> {
        find_character(&self.cast, name)
    }
}
