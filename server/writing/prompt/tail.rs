//! Takes the ends and beginnings of texts that a prompt repeats verbatim.

use unicode_segmentation::UnicodeSegmentation;

/// Most words of the text before that are repeated verbatim, and the least before the block
/// is dropped.
pub(crate) const TAIL_WORDS: [usize; 3] = [400, 300, 200];

use crate::story::text::boundaries;
use crate::story::words;

/// Returns the last `words` words of a text, from a sentence's or at least a word's beginning.
pub(crate) fn tail(text: &str, words: usize) -> &str {
    let text = text.trim_end();
    let Some(first) = words::last(text, words) else {
        return text.trim_start();
    };
    let cut = &text[first..];
    // A sentence that begins within the first quarter is a better start than half of one.
    match sentence_start(&cut[..boundaries::floor(cut, cut.len() / 4)]) {
        Some(offset) => &cut[offset..],
        None => cut,
    }
}

/// Returns the first `words` words of a text.
pub(crate) fn head(text: &str, words: usize) -> &str {
    match text.unicode_word_indices().nth(words) {
        Some((end, _)) => text[..end].trim_end(),
        None => text.trim_end(),
    }
}

fn sentence_start(text: &str) -> Option<usize> {
    text.split_sentence_bound_indices()
        .nth(1)
        .map(|(start, _)| start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_begins_with_a_sentence_where_one_is_near() {
        let paragraph = "Mara’s lamp went out at 3.50, “again”. 彼女は灯をともした。 It hissed on.";
        for line_end in ["\n\n", "\r\n", " ", ".\n"] {
            let text = [paragraph; 60].join(line_end);
            for words in [1, 7, 200, 400, 100_000] {
                let whole = &text[words::last(&text, words).unwrap_or(0)..];
                let cut = tail(&text, words);
                assert!(whole.ends_with(cut), "{words} {line_end:?}");
                assert!(whole.len() - cut.len() <= whole.len() / 4 + 4);
            }
        }
    }
}
