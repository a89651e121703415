//! Finds where sentences begin and end, in any script.

use unicode_segmentation::UnicodeSegmentation;

use super::white_space::{on_one_line, trimmed};
use crate::story::Span;

/// The most of a sentence that a finding marks, in characters.
const MOST_SHOWN: usize = 160;
/// How far from a place its sentence is looked for, in characters; more is no sentence.
const MOST_LOOKED: usize = 600;

/// Tells whether a character ends sentences.
pub fn is_full_stop(c: char) -> bool {
    matches!(
        c,
        '.' | '!'
            | '?'
            | '…'
            | '。'
            | '！'
            | '？'
            | '．'
            | '｡'
            | '؟'
            | '۔'
            | '।'
            | '॥'
            | '።'
            | '׃'
            | '։'
            | '។'
            | '။'
            | '‽'
            | '⁈'
            | '⁉'
            | '‼'
    )
}

/// Tells whether a character may follow the one that ends a sentence.
pub fn is_closing(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '”'
            | '’'
            | '»'
            | '«'
            | '›'
            | '“'
            | '‟'
            | ')'
            | ']'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | '〉'
            | '＂'
            | '*'
            | '_'
    )
}

/// Tells whether a text ends with a finished sentence: a full stop of any script, closing quotes,
/// brackets or emphasis behind it allowed; or speech that is broken off (`“But I—”`).
pub fn is_finished(text: &str) -> bool {
    let text = text.trim_end();
    let bare = text.trim_end_matches(|c| is_closing(c) || c.is_whitespace());
    let closed = bare.len() < text.len();
    bare.ends_with(is_full_stop)
        || (closed && bare.ends_with(['—', '–', '―', '‒', '-']))
        // 「…」 without a full stop is how Japanese and Chinese end speech.
        || text.ends_with(['」', '』'])
}

/// Splits a text into its sentences (UAX 29), without the white space around each; a line end ends one.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    spans(text).map(|span| &text[span])
}

/// Finds the places of the sentences of a text, which are those of [`sentences`].
pub fn spans(text: &str) -> impl Iterator<Item = Span> {
    let mut next = 0;
    let lines = text.split_inclusive('\n').flat_map(move |line| {
        let start = next;
        next += line.len();
        let pieces = line.split_sentence_bound_indices();
        pieces
            .filter(|(_, piece)| piece.contains(char::is_alphanumeric))
            .map(move |(at, piece)| start + at..start + at + piece.len())
    });
    lines.map(|span| trimmed(text, span))
}

/// Finds the sentence of `text` around byte `place`, without white space around. Sentences end at
/// their marks and at line breaks; an abbreviation ends one too.
pub fn around(text: &str, place: usize) -> Span {
    let before = text.get(..place).unwrap_or("");
    let start = before
        .char_indices()
        .rev()
        .take(MOST_LOOKED)
        .take_while(|(_, c)| !is_full_stop(*c) && *c != '\n')
        .last()
        .map_or(before.len(), |(index, _)| index);
    let after = text.get(place..).unwrap_or("");
    let mut end = place;
    for c in after.chars().take(MOST_LOOKED) {
        if c == '\n' {
            break;
        }
        end += c.len_utf8();
        if is_full_stop(c) {
            break;
        }
    }
    trimmed(text, start..end)
}

/// Finds the first sentence of a span, as far as it is to be shown.
pub fn first_sentence(text: &str, span: &Span) -> Span {
    let source = text.get(span.clone()).unwrap_or("");
    let mut end = source.len();
    let mut characters = source.char_indices().enumerate().peekable();
    while let Some((nth, (index, c))) = characters.next() {
        let next = characters.peek().map(|(_, (_, next))| *next);
        let wide = matches!(c, '。' | '！' | '？');
        let ends = is_full_stop(c) && (wide || next.is_none_or(char::is_whitespace));
        if ends || nth + 1 >= MOST_SHOWN {
            end = index + c.len_utf8();
            break;
        }
    }
    trimmed(text, span.start..span.start + end)
}

/// Quotes some text in a message: on one line, and not too long.
pub fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    let line = on_one_line(text);
    match line.char_indices().nth(MOST) {
        Some((cut, _)) => {
            // Not within a word, where there are blanks to tell.
            let cut = line[..cut]
                .rfind(' ')
                .filter(|at| at * 2 > cut)
                .unwrap_or(cut);
            format!("{}…", line[..cut].trim_end())
        }
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_found_around_a_place() {
        for (text, word, expected) in [
            ("One. Two three. Four.", "three", "Two three."),
            ("一つ目。二つ目の文。", "目の", "二つ目の文。"),
            ("One\ntwo", "two", "two"),
            ("", "", ""),
        ] {
            let place = text.find(word).unwrap();
            assert_eq!(&text[around(text, place)], expected);
        }
    }

    #[test]
    fn first_sentences_end() {
        for (text, expected) in [
            ("It cost 3.50 in all. Then", "It cost 3.50 in all."),
            ("雨。風", "雨。"),
            ("No end", "No end"),
        ] {
            assert_eq!(&text[first_sentence(text, &(0..text.len()))], expected);
        }
    }
}
