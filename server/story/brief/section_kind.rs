//! Names the kinds of sections of a brief.

use super::matter::MatterKind;

/// The headings of sections with a special meaning.
pub const SECTION_TITLES: [(&str, SectionKind); 7] = [
    ("Premise", SectionKind::Premise),
    ("Setting", SectionKind::Setting),
    ("Cast", SectionKind::Cast),
    ("Rules", SectionKind::Rules),
    ("Style", SectionKind::Style),
    ("Outline", SectionKind::Outline),
    ("Notes", SectionKind::Notes),
];

/// The kind of a first-level section; decided by its heading, without regard to case.
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
    /// A dedication, a foreword and the like: printed in the book, never sent.
    Matter(MatterKind),
    /// Anything else: background, sent where there is room.
    Background,
}

impl SectionKind {
    /// Returns the kind of section of a first-level heading, without regard to case, a colon at its end and
    /// emphasis.
    pub fn of(title: &str) -> SectionKind {
        let title = bare(title);
        let mut titles = SECTION_TITLES.iter();
        let known = titles.find(|(known, _)| title.eq_ignore_ascii_case(known));
        let matter = || MatterKind::of(title).map(SectionKind::Matter);
        known
            .map(|(_, kind)| *kind)
            .or_else(matter)
            .unwrap_or(SectionKind::Background)
    }
}

/// Takes the colon and the emphasis off a heading.
pub(super) fn bare(title: &str) -> &str {
    title.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：' | '*' | '_'))
}
