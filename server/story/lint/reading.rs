//! Takes a chunk's prose apart once for all checks: paragraphs, words, who speaks.
//!
//! One pass, in time proportional to the text. Comments (also notes in the margin) and code
//! are no prose and have no words.

use super::super::Span;
use super::blocks::{Block, BlockKind, blocks};
use super::dialogue::{Speech, Turn, is_dash};
use super::fold;
use super::pack::Pack;
use super::phrases::{Hit, Phrases};
use super::word::{
    ALL_CAPS, CAPITAL, EMPHASISED, ENDS, JOINED, OPENS, POSSESSIVE, SPOKEN, UNSPACED, Word,
};
use crate::story::text::scripts;

/// The most of a chunk that is read, in bytes; places are kept in 32 bits.
pub(super) const MOST_BYTES: usize = 1 << 30;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paragraph {
    /// Bytes of the prose, without white space around.
    pub span: Span,
    pub kind: BlockKind,
    /// The range of its words, as indices.
    pub words: Span,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub words: Vec<Word>,
    pub paragraphs: Vec<Paragraph>,
}

impl Reading {
    pub(super) fn of(text: &str, pack: &Pack) -> Reading {
        let mut reading = Reading::default();
        for block in blocks(text, pack.lines_are_paragraphs) {
            let first = reading.words.len();
            if block.kind.has_words() {
                read_block(text, &block, pack, &mut reading.words);
            }
            reading.paragraphs.push(Paragraph {
                span: block.span,
                kind: block.kind,
                words: first..reading.words.len(),
            });
        }
        reading
    }

    /// Returns the paragraphs that tell the story.
    pub(super) fn prose(&self) -> impl DoubleEndedIterator<Item = &Paragraph> {
        self.paragraphs
            .iter()
            .filter(|paragraph| paragraph.kind == BlockKind::Prose)
    }

    pub(super) fn words_of(&self, paragraph: &Paragraph) -> &[Word] {
        self.words.get(paragraph.words.clone()).unwrap_or_default()
    }

    /// Finds phrases in the paragraphs that tell the story, in order.
    pub(super) fn phrases(&self, phrases: &Phrases) -> Vec<Hit> {
        let mut hits = Vec::new();
        for paragraph in self.prose() {
            let start = paragraph.words.start;
            for hit in phrases.find(self.words_of(paragraph)) {
                hits.push(Hit {
                    phrase: hit.phrase,
                    words: hit.words.start + start..hit.words.end + start,
                });
            }
        }
        hits
    }

    /// Returns the bytes from the first to the last of some words.
    pub(super) fn span_of(&self, words: Span) -> Span {
        match self.words.get(words).unwrap_or_default() {
            [] => 0..0,
            [first, .., last] => first.span().start..last.span().end,
            [only] => only.span(),
        }
    }
}

/// The state of reading one block.
struct Pen<'a> {
    text: &'a str,
    pack: &'a Pack,
    words: &'a mut Vec<Word>,
    speech: Speech,
    /// Whether a sentence may begin here.
    opens: bool,
    /// The index of the first word behind an opening `*` or `_`.
    emphasis: Option<(char, usize)>,
    first_word: usize,
}

fn read_block(text: &str, block: &Block, pack: &Pack, words: &mut Vec<Word>) {
    let mut pen = Pen {
        text,
        pack,
        speech: Speech::of(&text[block.span.clone()]),
        opens: true,
        emphasis: None,
        first_word: words.len(),
        words,
    };
    let mut start = block.span.start;
    for hole in &block.holes {
        pen.read(start..hole.start, block.span.start);
        start = hole.end;
    }
    pen.read(start..block.span.end, block.span.start);
}

impl Pen<'_> {
    fn read(&mut self, span: Span, block_start: usize) {
        let text = &self.text[span.clone()];
        let mut word: Option<usize> = None;
        let mut before: Option<char> = None;
        let mut rest = text.chars();
        let mut index = span.start;
        while let Some(c) = rest.next() {
            let next = rest.as_str().chars().next();
            let inside = match word {
                _ if scripts::is_unspaced(c) => false,
                Some(_) => continues_word(c, next, self.pack.elides),
                None => c.is_alphanumeric(),
            };
            if inside {
                word.get_or_insert(index);
            } else {
                if let Some(start) = word.take() {
                    self.push(start..index, 0);
                }
                if scripts::is_unspaced(c) {
                    self.push(index..index + c.len_utf8(), UNSPACED);
                } else {
                    self.read_mark(c, before, next, index - block_start);
                }
            }
            before = Some(c);
            index += c.len_utf8();
        }
        if let Some(start) = word {
            self.push(start..index, 0);
        }
    }

    fn read_mark(&mut self, c: char, before: Option<char>, next: Option<char>, place: usize) {
        match self.speech.read(c, place, next) {
            Turn::Opened | Turn::Dashed => self.opens = true,
            Turn::Closed => {}
            Turn::Nothing if is_dash(c) => self.opens = true,
            Turn::Nothing => {}
        }
        match c {
            '.' if self.is_abbreviated() => {}
            '.' | '!' | '?' | '…' | ':' | '(' | '[' | '¿' | '¡' | '。' | '！' | '？' | '：'
            | '؟' | '۔' | '।' => self.opens = true,
            '*' | '_' => self.turn_emphasis(c, before, next),
            _ => {}
        }
        if matches!(c, ',' | ':' | ';' | '.' | '!' | '?' | '、' | '。' | '،')
            && let Some(last) = self.words.last_mut()
        {
            last.marks |= ENDS;
        }
    }

    /// Tells whether a full stop belongs to an abbreviation or an initial.
    fn is_abbreviated(&self) -> bool {
        let Some(last) = self.words.get(self.first_word..).and_then(<[Word]>::last) else {
            return false;
        };
        let initial = last.is_capital() && last.end - last.start == 1;
        initial || self.pack.abbreviations.contains(&last.key)
    }

    /// Follows a single mark of emphasis, which opens before a word and closes behind one (roughly CommonMark
    /// 6.2, which is enough to know a thought from narration).
    fn turn_emphasis(&mut self, c: char, before: Option<char>, next: Option<char>) {
        match self.emphasis {
            Some((mark, first)) if mark == c && before.is_some_and(|b| !b.is_whitespace()) => {
                for word in &mut self.words[first..] {
                    word.marks |= EMPHASISED;
                }
                self.emphasis = None;
            }
            None if next.is_some_and(|n| !n.is_whitespace())
                && !before.is_some_and(char::is_alphanumeric) =>
            {
                self.emphasis = Some((c, self.words.len()));
            }
            _ => {}
        }
    }

    fn push(&mut self, span: Span, mut marks: u16) {
        let text = self.text;
        let whole = &text[span.clone()];
        let bare = ["'s", "’s", "'S", "’S"]
            .iter()
            .find_map(|ending| whole.strip_suffix(ending))
            .filter(|bare| !bare.is_empty())
            .unwrap_or(whole);
        if bare.len() < whole.len() {
            marks |= POSSESSIVE;
        }
        if bare.starts_with(char::is_uppercase) {
            marks |= CAPITAL;
            let mut letters = bare.chars().filter(|c| c.is_alphabetic());
            if bare.len() > 1 && letters.all(char::is_uppercase) {
                marks |= ALL_CAPS;
            }
        }
        if self.opens {
            marks |= OPENS;
        }
        if self.speech.is_spoken() {
            marks |= SPOKEN;
        }
        let last = self.words.get(self.first_word..).and_then(<[Word]>::last);
        if last.is_some_and(|last| joins(&text[last.end as usize..span.start])) {
            marks |= JOINED;
        }
        self.opens = false;
        self.words.push(Word {
            key: fold::key(bare),
            // Text past `MOST_BYTES` is never read, so that places fit.
            start: span.start as u32,
            end: (span.start + bare.len()) as u32,
            marks,
        });
    }
}

fn continues_word(c: char, next: Option<char>, elides: bool) -> bool {
    c.is_alphanumeric()
        || fold::is_combining_accent(c)
        || matches!(c, '\u{ad}' | '\u{200c}' | '\u{200d}')
        || fold::is_arabic_mark(c)
        || (matches!(c, '\'' | '’' | 'ʼ') && !elides && next.is_some_and(char::is_alphabetic))
}

fn joins(gap: &str) -> bool {
    matches!(
        gap,
        "" | " " | "-" | "\n" | "\r\n" | "\u{a0}" | "・" | "·" | "‐" | "　"
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::Language;
    use super::*;

    fn read(tag: &str, text: &str) -> Reading {
        let language = Language::parse(tag).unwrap();
        Reading::of(text, Pack::of(&language))
    }

    /// Returns the words for which something holds, joined by blanks.
    fn those(tag: &str, text: &str, holds: impl Fn(&Word) -> bool) -> String {
        let words = read(tag, text).words;
        let words = words.iter().filter(|word| holds(word));
        words
            .map(|word| &text[word.span()])
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn words_are_told_apart() {
        for (tag, text, words) in [
            ("en", "Mara's lamp—don’t!", "Mara lamp don’t"),
            ("fr", "L’homme d'ici", "L homme d ici"),
            ("ja", "澪は駅へ。JR", "澪 は 駅 へ JR"),
            ("ar", "فتحتُ الجرّة.", "فتحتُ الجرّة"),
            ("en", "one <!-- sw: two --> three", "one three"),
            ("en", "one\n\n```\ntwo\n```\n\n***\n\nthree", "one three"),
        ] {
            assert_eq!(those(tag, text, |_| true), words, "{text}");
        }
    }

    #[test]
    fn sentences_begin_where_a_capital_means_nothing() {
        for (text, opening) in [
            ("She went. Then he did.", "She Then"),
            ("“Go,” Mara said. “Now.”", "Go Now"),
            ("Mr. Crale met J. Hale… Then", "Mr Then"),
            ("One\nline", "One"),
        ] {
            assert_eq!(those("en", text, Word::opens), opening, "{text}");
        }
    }

    #[test]
    fn thoughts_and_speech_are_not_narrated() {
        let text = "*I must go now,* she thought. “I must,” she said, **loud** and 2 * 3.";
        assert_eq!(
            those("en", text, Word::is_narrated),
            "she thought she said loud and 2 3"
        );
    }
}
