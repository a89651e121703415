//! Takes out of an answer what is no prose, before anything is said against the rest.

use std::ops::Range;

use super::check::{Check, Cut};
use super::{Acceptance, closing, copies, echo, marks, metadata, opening, web, wrapper};

/// More rounds than any real answer needs; one wrapping in another takes a round each.
const MOST_ROUNDS: usize = 8;

/// An answer under repair.
pub(super) struct Repair<'a> {
    acceptance: &'a Acceptance<'a>,
    /// What stands before the answer in the chunk.
    before: &'a str,
    text: String,
    cuts: Vec<Cut>,
    changed: bool,
}

/// An answer after repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repaired {
    pub text: String,
    /// In the order in which they were made.
    pub cuts: Vec<Cut>,
    /// It never came to rest: it is no answer.
    pub hopeless: bool,
}

/// Repairs `text`, an answer that goes on behind `before`. Repairing what comes out changes
/// nothing any more. Takes time in proportion to the text.
pub(super) fn repair(acceptance: &Acceptance<'_>, before: &str, text: &str) -> Repaired {
    let mut repair = Repair {
        acceptance,
        before,
        text: text.to_owned(),
        cuts: Vec::new(),
        changed: true,
    };
    for _ in 0..MOST_ROUNDS {
        repair.changed = false;
        repair.round();
        if !repair.changed {
            break;
        }
    }
    Repaired {
        text: repair.text,
        cuts: repair.cuts,
        hopeless: repair.changed,
    }
}

impl Repair<'_> {
    fn round(&mut self) {
        marks::encoding(self);
        marks::controls(self);
        marks::reasoning(self);
        marks::tokens(self);
        web::strip(self);
        metadata::strip(self);
        wrapper::unwrap(self);
        opening::strip_all(self);
        closing::strip_all(self);
        echo::strip(self);
        copies::strip(self);
        if self.before.trim().is_empty() && self.text.starts_with(char::is_whitespace) {
            // Nothing is in front that white space would part it from.
            let text = self.text.trim_start().to_owned();
            self.replace(None, String::new(), text);
        }
    }

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

    /// The same, each on account of another check.
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
