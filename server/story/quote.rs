//! Quotes: whether a text has the words that somebody says it has, and where. Pure.
//!
//! To the letter, but for what a copy changes without meaning to: white space and line ends, the
//! shape of quotation marks and dashes, emphasis.

use super::Span;
use super::terms::is_unspaced;

/// The least characters of a quote that proves anything.
const SHORTEST: usize = 12;
const SHORTEST_UNSPACED: usize = 5;

/// Whether a text holds a quote.
pub fn has_quote(text: &str, quote: &str) -> bool {
    let quote = plain(trim_marks(quote));
    is_telling(&quote) && plain(text).contains(&quote)
}

/// Where a text holds a quote first, in bytes; `None` where [`has_quote`] says no.
pub fn find_quote(text: &str, quote: &str) -> Option<Span> {
    let quote = plain(trim_marks(quote));
    if !is_telling(&quote) {
        return None;
    }
    let mut found = String::with_capacity(text.len());
    // Of each byte of `found`, where its character stands in the text.
    let mut places = Vec::with_capacity(text.len());
    each_plain(text, |piece, at| {
        found.push_str(piece);
        places.resize(found.len(), at);
    });
    let start = found.find(&quote)?;
    let (first, last) = (places[start], places[start + quote.len() - 1]);
    let length = text[last..].chars().next().map_or(0, char::len_utf8);
    Some(first..last + length)
}

/// A quote without the marks around it.
pub(super) fn trim_marks(quote: &str) -> &str {
    quote
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '“' | '”' | '„' | '«' | '»'))
}

/// With single spaces, straight quotation marks and plain dashes.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    each_plain(text, |piece, _| plain.push_str(piece));
    plain
}

/// Whether a quote says enough to prove anything.
pub(super) fn is_telling(quote: &str) -> bool {
    let least = if quote.chars().any(is_unspaced) {
        SHORTEST_UNSPACED
    } else {
        SHORTEST
    };
    quote.chars().count() >= least
}

/// Hands over the plain text piece by piece, each with the place of the character that it
/// stands for.
fn each_plain(text: &str, mut take: impl FnMut(&str, usize)) {
    let mut begun = false;
    let mut gap = None;
    let mut buffer = [0; 4];
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            gap.get_or_insert(at);
            continue;
        }
        let piece = match c {
            '*' | '_' => continue,
            '“' | '”' | '„' | '«' | '»' => "\"",
            '‘' | '’' => "'",
            '–' | '—' => "-",
            '…' => "...",
            c => c.encode_utf8(&mut buffer),
        };
        if let Some(gap) = gap.take()
            && begun
        {
            take(" ", gap);
        }
        begun = true;
        take(piece, at);
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

    proptest! {
        #[test]
        fn what_is_there_is_found_where_it_is(
            text in "[a-c“”’*_ \\n…—é灯]{0,60}",
            quote in "[a-c“’ …é灯]{5,14}",
        ) {
            let span = find_quote(&text, &quote);
            prop_assert_eq!(span.is_some(), has_quote(&text, &quote));
            if let Some(span) = span {
                prop_assert_eq!(plain(&text[span]), plain(trim_marks(&quote)));
            }
        }
    }
}
