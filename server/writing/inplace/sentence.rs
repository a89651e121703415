//! Finds the first sentence of an answer, while it comes and when it is whole.

use crate::story::text::sentences::{is_closing, is_finished, spans};
use crate::writing::accept::finished_end;

/// A word of so many letters with a stop, and with a capital, may be a title: `Mrs.`.
const LONGEST_TITLE: usize = 4;

/// Returns the first sentence of an answer; `None` where it is not known yet where that ends. Of a whole answer that has
/// no sure end, all that is finished.
pub fn first_sentence(answer: &str, is_whole: bool) -> Option<&str> {
    let answer = answer.trim();
    let mut spans = spans(answer).peekable();
    while let Some(span) = spans.next() {
        let sentence = &answer[..span.end];
        // What follows says that no quote mark or further stop is still to come.
        if spans.peek().is_some() && is_finished(sentence) && !ends_with_title(sentence) {
            return Some(sentence);
        }
    }
    let end = is_whole.then(|| finished_end(answer)).flatten()?;
    (end > 0).then(|| &answer[..end])
}

/// Tells whether the last word of a text may be an abbreviation that a name follows.
fn ends_with_title(text: &str) -> bool {
    let word = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = word.trim_start_matches(is_closing);
    let letters = word.strip_suffix('.').unwrap_or_default();
    let is_word = !letters.is_empty() && letters.chars().all(char::is_alphabetic);
    is_word && letters.starts_with(char::is_uppercase) && letters.chars().count() < LONGEST_TITLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_known_when_another_begins() {
        for (answer, so_far, whole) in [
            ("", None, None),
            ("The lamp", None, None),
            ("The lamp went out.", None, Some("The lamp went out.")),
            ("The lamp went out. ", None, Some("The lamp went out.")),
            (
                "\n\nThe lamp went out. She",
                Some("The lamp went out."),
                Some("The lamp went out."),
            ),
            ("“Go!” She went. He", Some("“Go!”"), Some("“Go!”")),
            (
                "She saw Mrs. Voss. Then",
                Some("She saw Mrs. Voss."),
                Some("She saw Mrs. Voss."),
            ),
            (
                "He was cold\n\nShe was not. So",
                Some("He was cold\n\nShe was not."),
                Some("He was cold\n\nShe was not."),
            ),
            (
                "灯が消えた。彼女は",
                Some("灯が消えた。"),
                Some("灯が消えた。"),
            ),
            ("One and two, and then thr", None, None),
        ] {
            assert_eq!(first_sentence(answer, false), so_far, "{answer:?}");
            assert_eq!(first_sentence(answer, true), whole, "{answer:?}");
        }
    }
}
