//! Reads the markdown of prose into blocks and inlines, the one reading that every format of a book is made
//! from.
//!
//! What CommonMark has for documents and prose hardly ever means is read as prose: a paragraph that an author
//! indented is no code, and a tag that HTML does not know is text.

mod build;
mod parts;
mod typography;

use pulldown_cmark::{Options, Parser};

pub use parts::{Block, Inline, Prose, Typography};

/// Reads a text without comments.
pub fn read(text: &str, typography: &Typography) -> Prose {
    let mut options = Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    if matches!(typography, Typography::Of(_)) {
        options |= Options::ENABLE_SMART_PUNCTUATION;
    }
    let mut builder = build::Builder::new(text, typography);
    for (event, span) in Parser::new_ext(text, options).into_offset_iter() {
        builder.take(event, &span);
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Language;

    /// Writes blocks in one line, so that a table can hold them.
    fn shown(blocks: &[Block]) -> String {
        let parts: Vec<String> = blocks.iter().map(block).collect();
        parts.join(" ")
    }

    fn block(block: &Block) -> String {
        match block {
            Block::Paragraph(content) => format!("P({})", inlines(content)),
            Block::Heading(content) => format!("H({})", inlines(content)),
            Block::Quote(inner) => format!("Q[{}]", shown(inner)),
            Block::List { first, items } => {
                let items: Vec<String> = items.iter().map(|item| shown(item)).collect();
                format!("L{}[{}]", first.unwrap_or(0), items.join("; "))
            }
            Block::Code(text) => format!("C({text})"),
            Block::Break => "B".to_owned(),
        }
    }

    fn inlines(content: &[Inline]) -> String {
        content
            .iter()
            .map(|inline| match inline {
                Inline::Text(text) => text.clone(),
                Inline::Emphasis(inner) => format!("<e {}>", inlines(inner)),
                Inline::Strong(inner) => format!("<s {}>", inlines(inner)),
                Inline::Strike(inner) => format!("<d {}>", inlines(inner)),
                Inline::Code(text) => format!("<c {text}>"),
                Inline::Link { to, content } => format!("<a {to} {}>", inlines(content)),
                Inline::LineBreak => "/".to_owned(),
                Inline::Note(number) => format!("^{number}"),
            })
            .collect()
    }

    #[test]
    fn prose_is_read_as_prose() {
        for (text, expected) in [
            ("A *b* __c__ ~~d~~ `e`", "P(A <e b> <s c> <d d> <c e>)"),
            ("A\nb\n\nC  \nd", "P(A b) P(C/d)"),
            ("灯が\n消えた", "P(灯が消えた)"),
            ("    An indented start.\n\nB", "P(An indented start.) P(B)"),
            ("\tOne\n\n\tTwo", "P(One) P(Two)"),
            ("A\n\n* * *\n\nB\n\n---\n", "P(A) B P(B) B"),
            ("# T\n\n> q\n> r\n\n> s", "H(T) Q[P(q r)] Q[P(s)]"),
            ("1865. A year.", "L1865[P(A year.)]"),
            ("- a\n- b\n\n  c", "L0[P(a); P(b) P(c)]"),
            (
                "He <sighs> and <b>goes</b><br>on",
                "P(He <sighs> and goes/on)",
            ),
            ("<div>\nIn a block\n</div>", "P(In a block)"),
            ("A[^x] b[^y].\n\n[^y]: Two.\n[^x]: One.", "P(A^0 b^1.)"),
            ("[a](b 'c') ![alt](d)", "P(<a b a> alt)"),
            ("```\na\n b\n```", "C(a\n b)"),
            ("A \\*b\\* &amp; c", "P(A *b* & c)"),
            ("", ""),
        ] {
            let prose = read(text, &Typography::AsTyped);
            assert_eq!(shown(&prose.blocks), expected, "{text:?}");
        }
        let prose = read(
            "A[^x] b[^y] c[^x].\n\n[^y]: Two.\n[^x]: One.\n[^z]: Three.",
            &Typography::AsTyped,
        );
        let notes: Vec<String> = prose.notes.iter().map(|note| shown(note)).collect();
        assert_eq!(notes, ["P(One.)", "P(Two.)"]);
        assert_eq!(shown(&prose.blocks), "P(A^0 b^1 c^0.) P(Three.)");
    }

    #[test]
    fn marks_are_those_of_the_language_where_asked_for() {
        for (language, text, expected) in [
            (
                "en",
                "\"Don't,\" she said -- 'no'...",
                "“Don’t,” she said – ‘no’…",
            ),
            ("de", "\"Nein\" --- 'doch'", "„Nein“ — ‚doch‘"),
            (
                "fr",
                "\"Non !\" dit-il ; \"oui?\"",
                "«\u{a0}Non\u{202f}!\u{a0}» dit-il\u{202f}; «\u{a0}oui?\u{a0}»",
            ),
            ("de", "“kept” and 'mine'", "“kept” and ‚mine‘"),
            ("sv", "\"Ja\"", "”Ja”"),
            ("ja", "\"a\"", "“a”"),
        ] {
            let language = Language::parse(language).unwrap();
            let prose = read(text, &Typography::Of(language));
            assert_eq!(shown(&prose.blocks), format!("P({expected})"), "{text:?}");
        }
        let typed = "\"Don't,\" she said -- 'no'...";
        let prose = read(typed, &Typography::AsTyped);
        assert_eq!(shown(&prose.blocks), format!("P({typed})"));
    }

    #[test]
    fn deep_marks_are_read_without_end() {
        let text = format!("{} x", ">".repeat(5000));
        let prose = read(&text, &Typography::AsTyped);
        assert_eq!(prose.blocks.len(), 1);
        let text = "*a ".repeat(3000) + &"*".repeat(3000);
        read(&text, &Typography::AsTyped);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC*|([>*_`#\\[\\]^:\n -]|a|\\[\\^a\\]|<b>){0,60}") {
            read(&text, &Typography::AsTyped);
            read(&text, &Typography::Of(Language::default()));
        }
    }
}
