//! The brief: what the author says about a story before it is written.
//!
//! [`Brief::parse`] never fails: it returns all that could be understood, and a [`Problem`]
//! with its place for everything that could not.

use super::{BeatId, Language, Problem, Span};

/// A parsed brief. Texts are the author's own words, without the margin notes.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    /// From the front matter; "Untitled" when there is none.
    pub title: String,
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

/// A part of the outline that becomes one chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Beat {
    pub id: BeatId,
    /// The heading without its attributes.
    pub title: String,
    /// The `##` heading above, where beats are `###`.
    pub chapter: Option<String>,
    /// Its own length, if the author set one.
    pub words: Option<u32>,
    /// Names from the `cast` attribute.
    pub cast: Vec<String>,
    /// Beats that have to be written before this one; only such as exist.
    pub after: Vec<BeatId>,
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

impl Brief {
    /// Parses a brief. Never panics, whatever the text.
    pub fn parse(_text: &str) -> Brief {
        unimplemented!()
    }

    /// Whether any problem is an error, so that nothing can be written.
    pub fn has_errors(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.severity == super::Severity::Error)
    }

    /// The first section of a kind.
    pub fn section(&self, kind: SectionKind) -> Option<&Section> {
        self.sections.iter().find(|section| section.kind == kind)
    }

    pub fn beat(&self, id: &BeatId) -> Option<&Beat> {
        self.beats.iter().find(|beat| &beat.id == id)
    }

    /// The beat whose span holds the byte `offset`.
    pub fn beat_at(&self, offset: usize) -> Option<&Beat> {
        self.beats
            .iter()
            .find(|beat| beat.span.contains(&offset) || beat.span.end == offset)
    }
}
