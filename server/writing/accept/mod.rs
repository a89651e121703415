//! Judges whether a draft may become a complete chunk, by checks that need no model.
//!
//! An answer is repaired (what is no prose is taken out), continued where it is too short, and
//! only then refused. Pure: texts come in, a judgement comes out; the caller keeps what was
//! taken out or refused, so that nothing which was paid for is lost.
//!
//! It must never refuse good prose: what is merely suspicious is the story lint's. And it
//! never changes what stood in the chunk before the answer, which may be the author's.

mod check;
mod closing;
mod content;
mod copies;
mod cutting;
mod echo;
mod echo_phrases;
mod length;
mod lines;
mod marks;
mod metadata;
pub(crate) mod once_more;
mod opening;
mod repair;
pub mod replan;
mod runs;
mod sentences;
mod story_so_far;
mod verdict;
mod web;
mod wording;
mod wrapper;
mod yardstick;

#[cfg(test)]
mod tests;

pub use check::{Check, Cut, Fault};
#[cfg(test)]
pub(crate) use echo::is_prompt_heading;
pub use length::{runs_away, runs_long};
pub use opening::Opening;
pub use runs::{Runs, RunsId};
pub use sentences::finished_end;
pub use story_so_far::Told;
pub use verdict::{CallEnd, Verdict};
pub use yardstick::{Acceptance, Yardstick};

use crate::provider::FinishReason;
use crate::story::words;

/// An answer, and how it came about.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The whole prose of the chunk so far.
    pub prose: &'a str,
    /// The length in bytes of the part that may be the author's, of which nothing is ever taken out.
    pub author: usize,
    /// The length in bytes (not below `author`) of the part that has been judged before.
    pub judged: usize,
    pub end: &'a CallEnd,
    /// Calls that have gone on from an earlier one without a fault; after some, less is asked
    /// of the length.
    pub continued: u32,
    /// Length that this call brought, in words (characters for CJK).
    pub gained: u32,
}

/// The judgement of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// The whole prose of the chunk after repair.
    pub prose: String,
    /// What was taken out of the answer.
    pub cuts: Vec<Cut>,
    /// Faults of an answer that was accepted all the same.
    pub remarks: Vec<Fault>,
}

/// The judgement of the beginning of a chunk, before the rest is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginning {
    /// It can be continued.
    Stands,
    /// It can be continued without the loops in it.
    Repaired { prose: String, cuts: Vec<Cut> },
    /// It is no prose of the story.
    Refused(Fault),
}

impl Acceptance<'_> {
    /// Returns how an answer begins, as far as it has come; `whole` when no more will come.
    pub fn opening(&self, text: &str, whole: bool) -> Opening {
        opening::look(self, text, whole)
    }

    /// Repairs and judges an answer. Never panics, whatever it holds; takes time in proportion
    /// to its length. Judging what comes out takes nothing more away.
    pub fn judge(&self, answer: &Answer<'_>) -> Judgement {
        let judged = answer.judged.max(answer.author);
        let (before, fresh) = match answer.prose.split_at_checked(judged) {
            Some(parts) => parts,
            None => (answer.prose, ""),
        };
        let repaired = repair::repair(self, before, fresh);
        let prose = format!("{before}{}", repaired.text);
        let mut judgement = Judgement {
            verdict: Verdict::Accept,
            prose,
            cuts: repaired.cuts,
            remarks: Vec::new(),
        };
        if let Some(fault) = self.fault(
            answer,
            before,
            &repaired.text,
            repaired.hopeless,
            &judgement.cuts,
        ) {
            judgement.verdict = Verdict::Refuse(fault);
            return judgement;
        }
        let course = length::Course {
            end: answer.end,
            continued: answer.continued,
            gained: self.gained(answer, fresh, &repaired.text),
        };
        let settled = length::judge(self, &judgement.prose, answer.author, course);
        judgement.prose.truncate(settled.keep);
        judgement.verdict = settled.verdict;
        judgement.cuts.extend(settled.cut);
        judgement.remarks.extend(settled.remark);
        judgement
            .remarks
            .extend(content::lost_characters(&repaired.text));
        judgement
    }

    /// Judges what an earlier call left of a chunk, which may end anywhere. All of it must have been
    /// generated.
    pub fn judge_beginning(&self, prose: &str) -> Beginning {
        let repaired = repair::repair(self, "", prose);
        let answer = Answer {
            prose,
            author: 0,
            judged: 0,
            end: &CallEnd::RanLong,
            continued: 0,
            gained: 0,
        };
        let (text, cuts) = (repaired.text, repaired.cuts);
        if let Some(fault) = self.fault(&answer, "", &text, repaired.hopeless, &cuts) {
            return Beginning::Refused(fault);
        }
        let is_loop = |cut: &Cut| matches!(cut.check, Check::Repetition | Check::CopiedText);
        match cuts.iter().any(is_loop) {
            true => Beginning::Repaired { prose: text, cuts },
            false => Beginning::Stands,
        }
    }

    /// Returns the fault in the content of an answer, apart from its length.
    fn fault(
        &self,
        answer: &Answer<'_>,
        before: &str,
        text: &str,
        hopeless: bool,
        cuts: &[Cut],
    ) -> Option<Fault> {
        if let CallEnd::Finished(FinishReason::Refusal) = answer.end {
            return Some(length::empty(answer.end));
        }
        if hopeless {
            return Some(Fault::new(
                Check::Markup,
                "the answer is wrapped in too many layers",
            ));
        }
        // A loop is judged as it came: what is left of it may be too short to tell.
        let mut repeated = cuts
            .iter()
            .filter(|cut| matches!(cut.check, Check::Repetition | Check::CopiedText));
        if let Some(fault) = repeated.find_map(|cut| content::foreign(self, &cut.text)) {
            return Some(fault);
        }
        if copies::is_wordless(text) {
            if !before.trim().is_empty() {
                // A continuation that brings nothing; the length decides.
                return None;
            }
            // What was all there was is why there is nothing.
            let cut = cuts.iter().max_by_key(|cut| cut.text.len());
            return Some(match cut {
                Some(cut) => Fault::new(
                    cut.check,
                    format!("the answer {} and no prose", cut.check.repaired()),
                ),
                None => length::empty(answer.end),
            });
        }
        content::judge(self, before, text)
    }

    /// Returns what the call brought, without what was taken out of it.
    fn gained(&self, answer: &Answer<'_>, fresh: &str, repaired: &str) -> u32 {
        let lost = words::count(fresh, self.language())
            .saturating_sub(words::count(repaired, self.language()));
        answer.gained.saturating_sub(lost)
    }
}
