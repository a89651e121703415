//! Fits the first paragraph of a chunk to the text before it that was written later: the prompt, and whether
//! the answer may replace the paragraph. Pure.

use super::continuation;
use super::prompt::last_words;
use crate::story::text::boundaries;
use crate::story::text::sentences::is_finished;
use crate::story::{Language, words};

/// Words of the text before that are shown.
const TAIL_WORDS: usize = 200;
/// Bytes of the text after that are shown, more or less.
const AFTER_BYTES: usize = 600;
/// An opening of fewer words may grow to twice this.
const LEAST_WORDS: u32 = 20;

/// The text around one seam.
#[derive(Debug, Clone, Copy)]
pub struct Seam<'a> {
    /// The end of the text before.
    pub tail: &'a str,
    /// The first paragraph after.
    pub opening: &'a str,
    /// What follows that, from its line end on.
    pub rest: &'a str,
}

impl<'a> Seam<'a> {
    pub fn between(earlier: &'a str, later: &'a str) -> Seam<'a> {
        let later = later.trim_start();
        let end = paragraph_end(later);
        Seam {
            tail: last_words(earlier, TAIL_WORDS),
            opening: later[..end].trim_end(),
            rest: &later[end..],
        }
    }

    /// Returns the user message that asks for another opening.
    pub fn user(&self, language: &Language) -> Vec<String> {
        let after = self.rest.trim_start();
        let shown = boundaries::floor(after, AFTER_BYTES);
        let mut parts = vec![format!(
            "# The text before this part ends with\n{}\n\n",
            self.tail
        )];
        parts.push(format!("# This part begins with\n{}\n\n", self.opening));
        if shown > 0 {
            parts.push(format!("# It goes on with\n{}\n\n", &after[..shown]));
        }
        parts.push(format!(
            "Both parts were written at the same time, so the second may begin as if the first had not just \
             been read. Write its first paragraph anew so that it follows from the last words before it: nothing \
             is told twice, nobody is introduced again, time and place go on from where they were. Keep what \
             happens in it, its voice and its tense, and let it lead into what comes next without telling that. \
             If it follows well already, repeat it as it is. Answer with this one paragraph and nothing else, in \
             about {} {}.",
            words::count(self.opening, language).max(1),
            language.unit()
        ));
        parts
    }

    /// Returns the new first paragraph in an answer, or why it has none that may be used.
    pub fn judge(&self, answer: &str, language: &Language) -> Result<String, &'static str> {
        let fresh = continuation::join(self.tail, answer.trim_start());
        let fresh = without_rest(without_lead(fresh.trim(), self.opening), self.rest);
        let length = words::count(fresh, language);
        let before = words::count(self.opening, language);
        if length == 0 {
            return Err("the answer was empty");
        }
        if length.saturating_mul(2) < before {
            return Err("more than half of it would have been lost");
        }
        if length > before.max(LEAST_WORDS).saturating_mul(2) {
            return Err("it would have more than doubled");
        }
        if is_finished(self.opening) && !is_finished(fresh) {
            return Err("its last sentence was not finished");
        }
        let is_markup = |line: &str| {
            let line = line.trim_start();
            line.starts_with('#') || line.starts_with("```") || line.starts_with("---")
        };
        if fresh.lines().any(is_markup) {
            return Err("the answer was no prose");
        }
        Ok(fresh.to_owned())
    }
}

/// Finds where the first paragraph ends, in bytes: before a blank line, or with the text.
fn paragraph_end(text: &str) -> usize {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            return text[..end].trim_end().len();
        }
        end += line.len();
    }
    text.trim_end().len()
}

/// Returns an answer without a lead such as "Here is the paragraph:" on a line of its own before it.
fn without_lead<'a>(answer: &'a str, opening: &str) -> &'a str {
    let end = paragraph_end(answer);
    let first = answer[..end].trim_end();
    let announces = first.ends_with([':', '：']) && !first.contains('\n');
    match answer[end..].trim_start() {
        rest if announces && !rest.is_empty() && !opening.trim_end().ends_with([':', '：']) => {
            rest
        }
        _ => answer,
    }
}

/// Returns an answer without the text after the opening, where an answer goes on into it.
fn without_rest<'a>(answer: &'a str, rest: &str) -> &'a str {
    let next = rest.trim_start();
    let next = next[..paragraph_end(next)].trim();
    let shown = boundaries::floor(next, 60);
    match answer.find(&next[..shown]) {
        Some(at) if at > 0 && shown > 0 => answer[..at].trim_end(),
        _ => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLIER: &str =
        "The tide came in.\n\nMara shut the door behind her and the lamp went out.";
    const LATER: &str = "Mara was a keeper. She stood in the dark hall and she did not move at all.\n\nThen somebody knocked.\n\nShe waited.";

    #[test]
    fn the_opening_is_the_first_paragraph() {
        let seam = Seam::between(EARLIER, LATER);
        assert!(seam.tail.ends_with("went out."));
        assert_eq!(
            seam.opening,
            "Mara was a keeper. She stood in the dark hall and she did not move at all."
        );
        assert_eq!(seam.rest, "\n\nThen somebody knocked.\n\nShe waited.");
        let user = seam.user(&Language::default()).concat();
        assert!(user.contains("went out.\n\n# This part begins with\nMara was"));
        assert!(user.contains("# It goes on with\nThen"));
        assert!(user.ends_with("in about 17 words."), "{user}");
        let one = Seam::between("", "Only one.");
        assert_eq!((one.opening, one.rest), ("Only one.", ""));
    }

    #[test]
    fn answers() {
        let seam = Seam::between(EARLIER, LATER);
        let good =
            "In the dark hall she stood where she was, and for a long time she did not move.";
        let accepted = [
            ("as it should be", good.to_owned()),
            ("white space", format!("\n\n{good}\n")),
            (
                "it repeats what it follows",
                format!("Mara shut the door behind her and the lamp went out. {good}"),
            ),
            ("announced", format!("Here is the paragraph:\n\n{good}")),
            (
                "it goes on",
                format!("{good}\n\nThen somebody knocked.\n\nShe waited."),
            ),
        ];
        for (name, answer) in accepted {
            let judged = seam.judge(&answer, &Language::default());
            assert_eq!(judged.as_deref(), Ok(good), "{name}");
        }
        for (answer, why) in [
            ("", "empty"),
            (" \n ", "empty"),
            ("She stood.", "half"),
            (&format!("{good} ").repeat(4), "doubled"),
            (&good[..good.len() - 1], "not finished"),
            (
                "# The Hall\n\nIn the dark hall she stood where she was and she did not move.",
                "no prose",
            ),
        ] {
            let judged = seam.judge(answer, &Language::default());
            assert!(
                judged.as_ref().is_err_and(|told| told.contains(why)),
                "{answer}: {judged:?}"
            );
        }
    }

    /// A line of dialogue may become a sentence or two.
    #[test]
    fn a_short_opening_may_grow() {
        let seam = Seam::between(EARLIER, "“Well?”\n\nNobody said anything.");
        let longer = "“Well?” somebody said into the dark, and she knew the voice at once.";
        assert!(seam.judge(longer, &Language::default()).is_ok());
    }
}
