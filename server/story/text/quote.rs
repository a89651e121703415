//! Finds a quote in a text, if the text has its words. Pure.
//!
//! To the letter, but for what a copy changes without meaning to: white space and line ends, the
//! shape of quotation marks and dashes, emphasis, and whether accents are composed (some models
//! never see a decomposed letter, and quote it composed).

use icu_normalizer::ComposingNormalizerBorrowed;
use unicode_segmentation::UnicodeSegmentation;

use super::scripts::is_han_or_kana;
use super::slug::nfc;
use crate::story::Span;

/// The least characters of a quote that proves anything.
const SHORTEST: usize = 12;
const SHORTEST_UNSPACED: usize = 5;

/// Tells whether a text holds a quote.
pub fn has_quote(text: &str, quote: &str) -> bool {
    let quote = plain(trim_marks(quote));
    is_telling(&quote) && plain(text).contains(&quote)
}

/// Finds where a text holds a quote first, in bytes; `None` where [`has_quote`] says no.
pub fn find_quote(text: &str, quote: &str) -> Option<Span> {
    let quote = plain(trim_marks(quote));
    if !is_telling(&quote) {
        return None;
    }
    let mut found = String::with_capacity(text.len());
    // Of each byte of `found`, where the character that it comes from stands in the text.
    let mut places = Vec::with_capacity(text.len());
    each_plain(text, |piece, place| {
        found.push_str(piece);
        places.resize(found.len(), place);
    });
    let start = found.find(&quote)?;
    let (first, last) = (&places[start], &places[start + quote.len() - 1]);
    Some(first.start..last.end)
}

/// Takes the marks off both ends of a quote.
pub(in crate::story) fn trim_marks(quote: &str) -> &str {
    quote
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '“' | '”' | '„' | '«' | '»'))
}

/// Writes a text with single spaces, straight quotation marks and plain dashes.
pub(in crate::story) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    each_plain(text, |piece, _| plain.push_str(piece));
    plain
}

/// Tells whether a quote says enough to prove anything.
pub(in crate::story) fn is_telling(quote: &str) -> bool {
    let least = if quote.chars().any(is_han_or_kana) {
        SHORTEST_UNSPACED
    } else {
        SHORTEST
    };
    quote.chars().count() >= least
}

/// Calls `take` with each piece of the plain text and the span of its source character.
fn each_plain(text: &str, mut take: impl FnMut(&str, Span)) {
    let mut pieces = Pieces {
        take: &mut take,
        begun: false,
        gap: None,
    };
    // Composing a text cluster by cluster takes longer, and few texts need it.
    if ComposingNormalizerBorrowed::new_nfc().is_normalized(text) {
        for (at, c) in text.char_indices() {
            pieces.push(c, at..at + c.len_utf8());
        }
    } else {
        for (at, cluster) in text.grapheme_indices(true) {
            for c in nfc(cluster).chars() {
                pieces.push(c, at..at + cluster.len());
            }
        }
    }
}

/// Makes plain pieces of characters, with one space for a run of white space between others.
struct Pieces<'a, Take> {
    take: &'a mut Take,
    begun: bool,
    /// The first white space since the last piece.
    gap: Option<Span>,
}

impl<Take: FnMut(&str, Span)> Pieces<'_, Take> {
    fn push(&mut self, c: char, place: Span) {
        if c.is_whitespace() {
            self.gap.get_or_insert(place);
            return;
        }
        let mut buffer = [0; 4];
        let piece = match c {
            '*' | '_' => return,
            '“' | '”' | '„' | '«' | '»' => "\"",
            '‘' | '’' => "'",
            '–' | '—' => "-",
            '…' => "...",
            c => c.encode_utf8(&mut buffer),
        };
        if let Some(gap) = self.gap.take()
            && self.begun
        {
            (self.take)(" ", gap);
        }
        self.begun = true;
        (self.take)(piece, place);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PROSE: &str = "Mara hid the brass key under the third stair.\n\n“Nobody must know,” she \
                         told Ilse, and the rain *went* on — until dawn …";

    #[test]
    fn a_quote_counts_only_to_the_letter() {
        for (quote, found) in [
            ("Mara hid the brass key", Some("Mara hid the brass key")),
            (
                "\"Nobody must know,\" she told Ilse",
                Some("Nobody must know,” she told Ilse"),
            ),
            ("under  the\nthird stair", Some("under the third stair")),
            ("stair. \"Nobody must", Some("stair.\n\n“Nobody must")),
            (
                "rain went on - until dawn ...",
                Some("rain *went* on — until dawn …"),
            ),
            ("Mara hid the silver key", None),
            ("Mara", None),
            ("", None),
        ] {
            assert_eq!(has_quote(PROSE, quote), found.is_some(), "{quote}");
            assert_eq!(find_quote(PROSE, quote).map(|span| &PROSE[span]), found);
        }
        let japanese = "春子は鍵を階段の下に隠した。";
        assert!(has_quote(japanese, "鍵を階段の下に"));
        let span = find_quote(japanese, "鍵を階段の下に").unwrap();
        assert_eq!(&japanese[span], "鍵を階段の下に");
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same() {
        let (composed, decomposed) = (
            "Zoë waited at the café",
            "Zoe\u{308} waited at the cafe\u{301}",
        );
        for (text, quote) in [(decomposed, composed), (composed, decomposed)] {
            let text = format!("That night {text}, alone.");
            let span = find_quote(&text, quote).unwrap();
            assert_eq!(nfc(&text[span]), composed);
        }
    }

    proptest! {
        #[test]
        fn what_is_there_is_found_where_it_is(
            text in "[a-c“”’*_ \\n…—é灯\u{301}]{0,60}",
            quote in "[a-c“’ …é灯\u{301}]{5,14}",
        ) {
            let span = find_quote(&text, &quote);
            prop_assert_eq!(span.is_some(), has_quote(&text, &quote));
            if let Some(span) = span {
                prop_assert_eq!(plain(&text[span]), plain(trim_marks(&quote)));
            }
        }
    }
}
