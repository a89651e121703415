//! Finds the new part of an answer's text where a server repeats the earlier part.
//!
//! Some servers repeat the whole text in their last message, as a delta or as a message of its
//! own. It must not stand in a chunk twice.

/// The text that a server has sent so far, as it sent it.
#[derive(Debug, Default)]
pub(super) struct SentText {
    text: String,
    deltas: usize,
}

impl SentText {
    /// Finds what is new in a delta. `with_end` says that it came with or after the finish reason: then
    /// one that is all that came before is a repetition. (One of two deltas may be a refrain.)
    pub fn delta<'a>(&mut self, text: &'a str, with_end: bool) -> &'a str {
        if text.is_empty() || with_end && self.deltas > 1 && self.text == text {
            return "";
        }
        self.deltas += 1;
        self.text.push_str(text);
        text
    }

    /// Finds what is new in a message that holds the whole text.
    pub fn whole<'a>(&mut self, text: &'a str) -> &'a str {
        if self.text.is_empty() {
            return self.delta(text, false);
        }
        // A whole text that differs, by white space say, has come already as well.
        let fresh = text.strip_prefix(self.text.as_str()).unwrap_or_default();
        self.text.push_str(fresh);
        fresh
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// Drops a number of tokens that is 0, which servers say where they do not know.
pub(super) fn known(tokens: Option<u64>) -> Option<u64> {
    tokens.filter(|tokens| *tokens > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_repeated_at_the_end_is_not_new() {
        let mut sent = SentText::default();
        for delta in ["Row, ", "row, "] {
            assert_eq!(sent.delta(delta, false), delta);
        }
        assert_eq!(sent.delta("Row, row, ", false), "Row, row, ", "a refrain");
        let all = "Row, row, Row, row, ";
        assert_eq!(sent.delta(all, true), "");
        assert_eq!(sent.delta("row.", true), "row.");
        assert_eq!(
            sent.whole("Row, row, Row, row, row. Your boat"),
            " Your boat"
        );
        assert_eq!(sent.whole("Row, row"), "");

        let mut one = SentText::default();
        assert_eq!(one.delta("Ha. ", false), "Ha. ");
        assert_eq!(
            one.delta("Ha. ", true),
            "Ha. ",
            "one delta is no whole text"
        );
        assert_eq!(SentText::default().whole("All."), "All.");
    }
}
