//! Names the kinds of sections of a brief.

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
    /// Anything else: background, sent where there is room.
    Background,
}

impl SectionKind {
    /// Returns the kind of section of a first-level heading, without regard to case, a colon at its end and
    /// emphasis.
    pub fn of(title: &str) -> SectionKind {
        let title = bare(title);
        SECTION_TITLES
            .iter()
            .find(|(known, _)| title.eq_ignore_ascii_case(known))
            .map_or(SectionKind::Background, |(_, kind)| *kind)
    }
}

/// Takes the colon and the emphasis off a heading.
pub(super) fn bare(title: &str) -> &str {
    title.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：' | '*' | '_'))
}
