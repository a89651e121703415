//! Counts the length of a book in the ways that writers are asked for.
//!
//! The same text is of another length in each program: what a word is, is an agreement. What is counted here is
//! the text that readers see, without marks of markdown, comments and headings of chapters.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation as _;

use super::markup;
use super::text::{Marks, Writer};
use super::{Book, Scene};
use crate::story::{Language, words};

/// Words of a page, by the custom of publishers.
const PAGE_WORDS: u64 = 250;
/// Characters of a page where length is counted in characters: a sheet of Japanese manuscript paper.
const PAGE_CHARACTERS: u64 = 400;

/// The length of a text, by each way of counting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// As `status` has it: words by Unicode, or characters where the language is counted in them.
    pub length: u64,
    /// Words by Unicode's rules (UAX 29): "well-known" is two, a number is one, a dash is none.
    pub unicode_words: u64,
    /// What stands between white space, as `wc -w` and LibreOffice count: "well-known" is one, a dash with blanks
    /// around it is one too.
    pub whitespace_words: u64,
    /// What a reader takes for a character, blanks included, line ends not.
    pub characters: u64,
    pub characters_without_blanks: u64,
}

impl Counts {
    /// Counts a scene.
    pub fn of(scene: &Scene, book: &Book) -> Counts {
        let prose = markup::read(&scene.text, &book.typography);
        let mut writer = Writer::new(Marks::LeftOut);
        let text = writer.scene(&prose) + &writer.notes();
        Counts::of_text(&text, words::count(&scene.text, &book.language).into())
    }

    fn of_text(text: &str, length: u64) -> Counts {
        let (mut characters, mut blanks) = (0_u64, 0_u64);
        for cluster in text.graphemes(true) {
            match cluster.chars().next() {
                Some('\n' | '\r') | None => {}
                Some(c) => {
                    characters += 1;
                    blanks += u64::from(c.is_whitespace());
                }
            }
        }
        Counts {
            length,
            unicode_words: text.unicode_words().count() as u64,
            whitespace_words: text.split_whitespace().count() as u64,
            characters,
            characters_without_blanks: characters - blanks,
        }
    }

    /// Returns the sum of two.
    pub fn plus(self, other: Counts) -> Counts {
        Counts {
            length: self.length + other.length,
            unicode_words: self.unicode_words + other.unicode_words,
            whitespace_words: self.whitespace_words + other.whitespace_words,
            characters: self.characters + other.characters,
            characters_without_blanks: self.characters_without_blanks
                + other.characters_without_blanks,
        }
    }

    /// Returns the pages of 250 words, or of 400 characters where the language is counted in them; a page that
    /// is begun counts.
    pub fn pages(&self, language: &Language) -> u64 {
        let of_a_page = match language.counts_characters() {
            true => PAGE_CHARACTERS,
            false => PAGE_WORDS,
        };
        self.length.div_ceil(of_a_page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_counting_has_its_own_number() {
        // text | Unicode | white space | characters | without blanks
        for (text, expected) in [
            (
                "It was a well-known -- and 3.14 times told -- tale, 'twas said.",
                (12, 13, 63, 51),
            ),
            ("Don't—stop.", (2, 1, 11, 11)),
            ("e\u{301}té 🏳️‍🌈", (1, 2, 5, 4)),
            ("One.\n\nTwo.\n", (2, 2, 8, 8)),
            ("", (0, 0, 0, 0)),
        ] {
            let counts = Counts::of_text(text, 0);
            let found = (
                counts.unicode_words,
                counts.whitespace_words,
                counts.characters,
                counts.characters_without_blanks,
            );
            assert_eq!(found, expected, "{text:?}");
        }
        let counts = Counts {
            length: 501,
            ..Counts::default()
        };
        assert_eq!(counts.pages(&Language::default()), 3);
        assert_eq!(counts.pages(&Language::parse("ja").unwrap()), 2);
    }
}
