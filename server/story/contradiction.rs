//! Defines a contradiction: a place of a chunk that does not agree with what the story said elsewhere.
//!
//! Pure. A model points it out, so it counts only for as long as both of its quotes stand where
//! they are said to stand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BeatId, Brief, SectionKind, Span};
use crate::story::text::quote::find_quote;

/// Two places that do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contradiction {
    /// The place that the chunk contradicts.
    pub source: Source,
    /// The text of the other place, verbatim.
    pub said: String,
    /// The text of the chunk, verbatim.
    pub quote: String,
    /// The reason why the two do not agree, in the model's words.
    pub why: String,
}

/// The source of what holds for a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The facts, rules, cast or background of the brief.
    Brief,
    /// The chunk of this beat.
    Chunk(BeatId),
}

/// Finds where a brief says something that every chunk has to agree with, in bytes of its `text`; nothing
/// that is private, and no plans.
pub fn place_in_brief(brief: &Brief, text: &str, quote: &str) -> Option<Span> {
    let binding = brief.sections.iter().filter(|section| {
        !matches!(
            section.kind,
            SectionKind::Outline | SectionKind::Notes | SectionKind::Matter(_)
        )
    });
    binding.into_iter().find_map(|section| {
        let start = section.span.start;
        let found = find_quote(text.get(section.span.clone())?, quote)?;
        Some(start + found.start..start + found.end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_is_quoted_where_it_binds() {
        let text = "---\ntitle: Lamp\n---\n# Rules\n1. The lamp may not go out.\n# Outline\n## Storm\n\
                    The lamp goes out at dawn.\n# Notes\nThe keeper is guilty of it all.\n";
        let brief = Brief::parse(text);
        let span = place_in_brief(&brief, text, "the lamp may not go out");
        assert_eq!(span, None, "not to the letter");
        let span = place_in_brief(&brief, text, "The lamp may not go out").unwrap();
        assert_eq!(&text[span], "The lamp may not go out");
        for elsewhere in ["The lamp goes out at dawn", "The keeper is guilty"] {
            assert_eq!(place_in_brief(&brief, text, elsewhere), None);
        }
    }
}
