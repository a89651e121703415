//! Whether a draft may become a complete chunk: checks that need no model.
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
mod echo;
mod length;
mod marks;
mod metadata;
mod opening;
mod repair;
pub mod replan;
mod sentences;
mod web;
mod wording;
mod wrapper;

#[cfg(test)]
mod tests;

pub use check::{Check, Cut, Fault};
pub use copies::Told;
pub use length::{runs_away, runs_long};
pub use opening::Opening;
pub use sentences::{finished_end, is_finished};

use std::sync::Arc;

use echo::{Echoes, Phrases};

use crate::engine::prompt::Templates;
use crate::provider::FinishReason;
use crate::story::leftovers::{Narrator, PACKS, bare};
use crate::story::{Brief, Language, words};

/// How a call ended, as far as acceptance is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEnd {
    /// The provider's own word.
    Finished(FinishReason),
    /// We stopped it, since it had gone far beyond its length.
    RanLong,
}

/// What becomes of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is complete.
    Accept,
    /// It goes on: too short, cut off by a limit, or an unfinished sentence.
    Continue(Fault),
    /// This answer is no prose of the story, or not enough of it.
    Refuse(Fault),
}

/// An answer, and how it came about.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The whole prose of the chunk so far.
    pub prose: &'a str,
    /// Up to here (bytes) it may be the author's, and nothing is ever taken out.
    pub author: usize,
    /// Up to here (bytes, not below `author`) it has been judged before.
    pub judged: usize,
    pub end: &'a CallEnd,
    /// Calls that have gone on from an earlier one without a fault; after some, less is asked
    /// of the length.
    pub continued: u32,
    /// Length that this call brought, in words (characters for CJK).
    pub gained: u32,
}

/// What comes of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// The whole prose of the chunk after repair.
    pub prose: String,
    /// What was taken out of the answer.
    pub cuts: Vec<Cut>,
    /// What the author should know of an answer that was accepted all the same.
    pub remarks: Vec<Fault>,
}

/// What is thought of the beginning of a chunk that nobody has judged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginning {
    /// It can be gone on from.
    Stands,
    /// It can, without the loops in it.
    Repaired { prose: String, cuts: Vec<Cut> },
    /// It is no prose of the story.
    Refused(Fault),
}

/// What of a brief the answers for all chunks are measured by. Worked out once: a brief may be large, and what a
/// chunk costs must not grow with it.
#[derive(Debug, Clone)]
pub struct Yardstick {
    narrator: Narrator,
    phrases: Arc<Phrases>,
}

impl Yardstick {
    /// Reads a brief through, in time in proportion to it. `templates` as the prompt has them.
    pub fn of(brief: &Brief, templates: &Templates) -> Yardstick {
        Yardstick {
            narrator: narrator(brief),
            phrases: Arc::new(echo::phrases(brief, templates)),
        }
    }
}

/// What one chunk is measured by.
#[derive(Debug)]
pub struct Acceptance<'a> {
    brief: &'a Brief,
    target_words: u32,
    /// From 1, as in the outline.
    number: usize,
    /// Of story, chapter and beat, folded.
    titles: Vec<String>,
    next_title: Option<String>,
    is_last: bool,
    narrator: Narrator,
    echoes: Echoes,
    told: Told,
}

impl<'a> Acceptance<'a> {
    /// As [`Acceptance::by`], with the brief read through for this one chunk.
    #[cfg(test)]
    pub fn new(
        brief: &'a Brief,
        beat: usize,
        target_words: u32,
        notes: &[String],
        templates: &Templates,
        told: Told,
    ) -> Acceptance<'a> {
        let yardstick = Yardstick::of(brief, templates);
        Acceptance::by(&yardstick, brief, beat, target_words, notes, told)
    }

    /// For the beat of an index in `brief.beats`. `target_words` in the unit of the brief's
    /// language; `notes` as the prompt has them; `yardstick` is that of the brief.
    pub fn by(
        yardstick: &Yardstick,
        brief: &'a Brief,
        beat: usize,
        target_words: u32,
        notes: &[String],
        told: Told,
    ) -> Acceptance<'a> {
        let this = brief.beats.get(beat);
        let chapter = this.and_then(|beat| beat.chapter.as_ref());
        let titles = [Some(&brief.title), chapter, this.map(|beat| &beat.title)];
        let next_title = brief.beats.get(beat + 1).map(|next| folded(&next.title));
        Acceptance {
            brief,
            target_words,
            number: beat + 1,
            titles: titles
                .into_iter()
                .flatten()
                .map(|title| folded(title))
                .filter(|title| !title.is_empty())
                .collect(),
            is_last: next_title.is_none(),
            next_title: next_title.filter(|title| !title.is_empty()),
            narrator: yardstick.narrator,
            echoes: Echoes::of(Arc::clone(&yardstick.phrases), notes),
            told,
        }
    }

    /// The same for a rewrite of a text: what that says is prose, also where the brief says it.
    pub fn rewriting(mut self, text: &str) -> Acceptance<'a> {
        self.echoes.allow(text);
        self
    }

    /// How an answer begins, as far as it has come; `whole` when no more will come.
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

    /// What is wrong with the content of an answer, whatever its length.
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

    /// What the call brought, without what was taken out of it.
    fn gained(&self, answer: &Answer<'_>, fresh: &str, repaired: &str) -> u32 {
        let lost = words::count(fresh, self.language())
            .saturating_sub(words::count(repaired, self.language()));
        answer.gained.saturating_sub(lost)
    }

    fn language(&self) -> &Language {
        &self.brief.language
    }

    /// Whether a line is the title of story, chapter or beat.
    fn is_title(&self, line: &str) -> bool {
        let line = folded(bare(line));
        !line.is_empty() && self.titles.contains(&line)
    }

    /// Whether a text without line end may become a line with a title.
    fn may_become_title(&self, text: &str) -> bool {
        let text = folded(bare(text));
        self.titles.iter().any(|title| title.starts_with(&text))
    }

    /// Whether a line is a heading of the next part.
    fn begins_next(&self, line: &str) -> bool {
        let bare = bare(line);
        let marked = opening::is_heading(line) || (line.starts_with("**") && line.ends_with("**"));
        let named = self.next_title.as_ref().is_some_and(|next| {
            let line = folded(bare);
            line == *next || (PACKS.heading.is_match(bare) && line.ends_with(next.as_str()))
        });
        let numbered = PACKS.heading.is_match(bare)
            && bare
                .split(|c: char| !c.is_ascii_digit())
                .find(|digits| !digits.is_empty())
                .and_then(|digits| digits.parse::<usize>().ok())
                == Some(self.number + 1);
        numbered || (named && (marked || line.len() > bare.len() || PACKS.heading.is_match(bare)))
    }
}

/// How titles are compared: words in lower case, without marks between them.
fn folded(title: &str) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    let words: Vec<String> = title.unicode_words().map(str::to_lowercase).collect();
    words.join(" ").replace('’', "'")
}

/// Machines may speak of themselves in a story whose brief speaks of them.
fn narrator(brief: &Brief) -> Narrator {
    let sections = brief.sections.iter().map(|section| section.text.as_str());
    let mut texts = sections.chain([brief.title.as_str()]);
    if texts.any(|text| PACKS.machine.is_match(text)) {
        Narrator::Machine
    } else {
        Narrator::Person
    }
}
