//! The ends and beginnings of texts that a prompt repeats verbatim.

use unicode_segmentation::UnicodeSegmentation;

/// The last `words` words of a text, from a sentence's or at least a word's beginning.
pub(super) fn tail(text: &str, words: usize) -> &str {
    let text = text.trim_end();
    // The end is enough for nearly every text; a long one need not be cut into words as a whole.
    let mut window = (words * 16).max(1);
    let first = loop {
        let from = floor_boundary(text, text.len().saturating_sub(window));
        // At a line end, where a word is sure to end too.
        let from = text[..from].rfind('\n').map_or(0, |at| at + 1);
        let starts = word_starts(&text[from..]);
        match starts.len().checked_sub(words).and_then(|i| starts.get(i)) {
            Some(start) => break from + start,
            None if from == 0 => return text.trim_start(),
            None => window *= 2,
        }
    };
    let cut = &text[first..];
    // A sentence that begins within the first quarter is a better start than half of one.
    match sentence_start(&cut[..floor_boundary(cut, cut.len() / 4)]) {
        Some(offset) => &cut[offset..],
        None => cut,
    }
}

/// The first `words` words of a text.
pub(super) fn head(text: &str, words: usize) -> &str {
    match word_starts(text).get(words) {
        Some(end) => text[..*end].trim_end(),
        None => text.trim_end(),
    }
}

/// Where words begin; in scripts without spaces every second character stands for one.
fn word_starts(text: &str) -> Vec<usize> {
    text.unicode_word_indices()
        .map(|(start, _)| start)
        .collect()
}

fn sentence_start(text: &str) -> Option<usize> {
    text.split_sentence_bound_indices()
        .nth(1)
        .map(|(start, _)| start)
}

fn floor_boundary(text: &str, mut index: usize) -> usize {
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looking at the end alone tells the same words as looking at all of a text.
    #[test]
    fn the_tail_is_that_of_the_whole_text() {
        let paragraph = "Mara’s lamp went out at 3.50, “again”. 彼女は灯をともした。 It hissed on.";
        for line_end in ["\n\n", "\r\n", " ", ".\n"] {
            let text = [paragraph; 60].join(line_end);
            for words in [1, 7, 200, 400, 100_000] {
                let starts = word_starts(&text);
                let whole = match starts.len().checked_sub(words) {
                    Some(at) => &text[starts[at]..],
                    None => &text,
                };
                let cut = tail(&text, words);
                assert!(whole.ends_with(cut), "{words} {line_end:?}");
                assert!(whole.len() - cut.len() <= whole.len() / 4 + 4);
            }
        }
    }
}
