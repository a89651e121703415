//! Defines the parts of a brief, as data.

use super::front_matter::FrontMatter;
use super::section_kind::SectionKind;
use crate::story::text::conflict_markers::MERGE_CONFLICT;
use crate::story::text::margin_notes::MarginNote;
use crate::story::text::slug::fold;
use crate::story::text::white_space::on_one_line;
use crate::story::{BeatId, Language, Problem, Severity, Span};

/// A parsed brief. Texts are the author's own words, without the margin notes.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    /// The title from the front matter; "Untitled" where there is none.
    pub title: String,
    /// Whether the author gave it its title.
    pub has_title: bool,
    /// The front matter's keys with their places, those that are not understood too.
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
    /// The aliases from the `aka:` line, separated by commas.
    pub aliases: Vec<String>,
    /// The description, without heading and `aka:` line.
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
    /// The text between the heading and the first beat.
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
    /// The text about the whole chapter, above its first beat.
    pub chapter_text: Option<String>,
    /// The length of the beat, if the author set one.
    pub words: Option<u32>,
    /// The place of the number, if `words` is set.
    pub words_span: Option<Span>,
    /// Names from the `cast` attribute.
    pub cast: Vec<String>,
    /// The place of each name of `cast`, in the same order.
    pub cast_spans: Vec<Span>,
    /// Beats that have to be written before this one; only such as exist, and never in a circle.
    pub after: Vec<BeatId>,
    /// The place of each id of `after`, in the same order.
    pub after_spans: Vec<Span>,
    /// The point of view from the `pov` attribute.
    pub pov: Option<String>,
    /// The text of what happens, without Enter and Exit lines.
    pub text: String,
    /// The state before it, from its "Enter:" line.
    pub enter: Option<String>,
    /// The state after it, from its "Exit:" line.
    pub exit: Option<String>,
    pub notes: Vec<MarginNote>,
    pub heading_span: Span,
    /// The place of the id: in `{#id}`, else the title.
    pub id_span: Span,
    /// Heading and body.
    pub span: Span,
}

impl Brief {
    /// Tells whether a merge conflict in it is not resolved, so that nothing of it was read.
    pub fn is_unmerged(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.code == MERGE_CONFLICT)
    }

    /// Tells whether any problem is an error, so that nothing can be written.
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// Lists the problems that have to be mended first. [`NO_OUTLINE`](super::checks::NO_OUTLINE) is
    /// among them for `write`; `plan` mends it.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
    }

    /// Finds the first section of a kind.
    pub fn section(&self, kind: SectionKind) -> Option<&Section> {
        self.sections.iter().find(|section| section.kind == kind)
    }

    /// Finds a beat by its id.
    pub fn beat(&self, id: &BeatId) -> Option<&Beat> {
        self.beats.iter().find(|beat| &beat.id == id)
    }

    /// Finds the beat whose span holds the byte `offset`; at the end of the text, the last.
    pub fn beat_at(&self, offset: usize) -> Option<&Beat> {
        let holds = self.beats.iter().find(|beat| beat.span.contains(&offset));
        holds.or_else(|| self.beats.iter().find(|beat| beat.span.end == offset))
    }

    /// Finds the character that `name` means: by full name or alias, else by a part of the name;
    /// without regard to case.
    pub fn character(&self, name: &str) -> Option<&CastEntry> {
        find_character(&self.cast, name)
    }
}

/// Finds the character that `name` means: by full name or alias, else by whole words of the name,
/// such as the first.
pub(crate) fn find_character<'a>(cast: &'a [CastEntry], name: &str) -> Option<&'a CastEntry> {
    let wanted = fold(name);
    if wanted.is_empty() {
        return None;
    }
    let is_called = |entry: &&CastEntry| {
        fold(&entry.name) == wanted || entry.aliases.iter().any(|alias| fold(alias) == wanted)
    };
    let has_part = |entry: &&CastEntry| as_words(&entry.name).contains(&as_words(name));
    cast.iter()
        .find(is_called)
        .or_else(|| cast.iter().find(has_part))
}

/// Puts each word of a name between blanks, so that whole words can be looked for.
fn as_words(name: &str) -> String {
    let name = fold(name).replace(['・', '·', ','], " ");
    format!(" {} ", on_one_line(&name))
}
