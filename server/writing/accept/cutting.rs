//! Holds an answer during its repair, with what is taken out of it and by which check.

use std::ops::Range;

use super::check::{Check, Cut};
use super::yardstick::Acceptance;

/// An answer under repair.
pub(crate) struct Repair<'a> {
    pub(crate) acceptance: &'a Acceptance<'a>,
    /// The text of the chunk before the answer.
    pub(crate) before: &'a str,
    pub(crate) text: String,
    pub(crate) cuts: Vec<Cut>,
    pub(crate) changed: bool,
}

impl Repair<'_> {
    pub fn acceptance(&self) -> &Acceptance<'_> {
        self.acceptance
    }

    pub fn before(&self) -> &str {
        self.before
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes some bytes out, exactly.
    pub fn cut(&mut self, check: Check, range: Range<usize>) {
        self.cut_all(check, &[range]);
    }

    /// Takes several pieces out, which come in order and do not overlap.
    pub fn cut_all(&mut self, check: Check, ranges: &[Range<usize>]) {
        let cuts: Vec<(Check, Range<usize>)> =
            ranges.iter().map(|range| (check, range.clone())).collect();
        self.cut_each(&cuts);
    }

    /// Cuts several ranges, each on account of its own check.
    pub fn cut_each(&mut self, cuts: &[(Check, Range<usize>)]) {
        if cuts.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let mut kept = String::with_capacity(text.len());
        let mut end = 0;
        for (check, range) in cuts {
            kept.push_str(&text[end..range.start]);
            end = range.end;
            self.note(*check, &text[range.clone()]);
        }
        kept.push_str(&text[end..]);
        self.changed |= kept.len() != text.len();
        self.text = kept;
    }

    /// Puts another text in place, from which `taken` is missing. Silently where it is no
    /// fault.
    pub fn replace(&mut self, check: Option<Check>, taken: String, text: String) {
        self.changed |= self.text != text;
        self.text = text;
        if let Some(check) = check {
            self.note(check, &taken);
        }
    }

    fn note(&mut self, check: Check, text: &str) {
        match self.cuts.iter_mut().find(|cut| cut.check == check) {
            Some(cut) => {
                cut.text.push('\n');
                cut.text.push_str(text);
            }
            None => self.cuts.push(Cut {
                check,
                text: text.to_owned(),
            }),
        }
    }
}
