//! Says how a prose is built, for whoever shows it: its scenes and paragraphs, what is spoken in it, and which
//! rules it names.

use super::blocks::{BlockKind, blocks};
use super::dialogue::{Speech, Turn};
use super::pack::Pack;
use super::reading::Reading;
use super::rule_mentions;
use crate::story::{Language, Span};

/// The parts of a prose, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passages {
    /// What stands between scene breaks, without white space around.
    pub scenes: Vec<Span>,
    /// Without white space around; also block quotations, no headings, fences and scene breaks.
    pub paragraphs: Vec<Span>,
}

impl Passages {
    pub fn of(text: &str, language: &Language) -> Passages {
        let mut passages = Passages::default();
        let mut scene: Option<Span> = None;
        for block in blocks(text, Pack::of(language).lines_are_paragraphs) {
            if block.kind == BlockKind::Break {
                passages.scenes.extend(scene.take());
                continue;
            }
            let start = scene.map_or(block.span.start, |scene| scene.start);
            scene = Some(start..block.span.end);
            if block.kind.has_words() {
                passages.paragraphs.push(block.span);
            }
        }
        passages.scenes.extend(scene);
        passages
    }
}

/// Finds what is spoken in a paragraph, quotation marks included; in bytes of the paragraph.
pub fn spoken(paragraph: &str) -> Vec<Span> {
    let mut speech = Speech::of(paragraph);
    let mut found = Vec::new();
    let mut begun = None;
    let mut characters = paragraph.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let turn = speech.read(c, at, next);
        match (turn, begun) {
            (Turn::Opened | Turn::Dashed, None) => begun = Some(at),
            (Turn::Closed, Some(start)) => {
                found.push(start..at + c.len_utf8());
                begun = None;
            }
            (Turn::Dashed, Some(start)) if !speech.is_spoken() => {
                found.push(start..at);
                begun = None;
            }
            _ => {}
        }
    }
    found.extend(begun.map(|start| start..paragraph.len()));
    let trimmed = found
        .into_iter()
        .map(|span| span.start..span.start + paragraph[span].trim_end().len());
    trimmed.collect()
}

/// Finds where a text names rules by their numbers ("rule three", 規則三), as far as its language is known.
pub fn rules_named(text: &str, language: &Language) -> Vec<(u32, Span)> {
    let pack = Pack::of(language);
    let found = rule_mentions::find(text, &Reading::of(text, pack), pack).into_iter();
    found.map(|it| (it.number, it.span)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english() -> Language {
        Language::parse("en").unwrap()
    }

    #[test]
    fn scenes_stand_between_breaks() {
        let text = "One.\n\nTwo\nlines.\n\n* * *\n\n> A letter.\n\n***\n";
        let passages = Passages::of(text, &english());
        let texts = |spans: &[Span]| -> Vec<String> {
            let texts = spans.iter().map(|span| text[span.clone()].to_owned());
            texts.collect()
        };
        assert_eq!(
            texts(&passages.scenes),
            ["One.\n\nTwo\nlines.", "> A letter."]
        );
        assert_eq!(
            texts(&passages.paragraphs),
            ["One.", "Two\nlines.", "> A letter."]
        );
        assert_eq!(Passages::of("", &english()), Passages::default());
    }

    #[test]
    fn speech_has_its_marks() {
        for (paragraph, expected) in [
            ("“Go,” she said. “Now.”", "“Go,”|“Now.”"),
            ("—No sé —dijo ella—. Quizá.", "—No sé|—. Quizá."),
            ("彼女は「行け」と言った。", "「行け」"),
            ("“It goes on ", "“It goes on"),
            ("She went.", ""),
            ("", ""),
        ] {
            let found = spoken(paragraph);
            let found: Vec<&str> = found.into_iter().map(|span| &paragraph[span]).collect();
            assert_eq!(found.join("|"), expected, "{paragraph}");
        }
    }

    #[test]
    fn rules_are_named_by_number() {
        for (text, expected) in [
            ("She broke rule three.", Some(3)),
            ("Rule 2 says so.", Some(2)),
            ("The rules.", None),
        ] {
            let found = rules_named(text, &english());
            assert_eq!(found.first().map(|(number, _)| *number), expected, "{text}");
        }
    }
}
