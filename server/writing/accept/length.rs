//! Judges whether a chunk is long enough, and whether it ends.

use super::check::{Check, Cut, Fault};
use super::sentences::{finished_end, may_end};
use super::verdict::{CallEnd, Verdict};
use super::yardstick::Acceptance;
use crate::provider::FinishReason;
use crate::story::text::sentences::is_finished;
use crate::story::{Language, words};

/// Shares of the target: what is as long as asked; what is within reach of it, so that one
/// continuation is enough to ask for; what is too little to be a chunk at all.
const SHORT: f64 = 0.8;
const REACH: f64 = 0.65;
const LEAST: f64 = 0.5;
/// Shares of the target beyond which a running call is stopped at the end of a sentence, and
/// at once.
const LONG: f64 = 1.5;
const FAR_TOO_LONG: f64 = 2.0;
/// The words by which any chunk may be longer, however short it is.
const LEEWAY: f64 = 50.0;
/// Calls that may go on from one another without a fault.
pub(crate) const MOST_CONTINUED: u32 = 6;
/// Words of an unfinished last sentence that may be trimmed away.
const MOST_TRIMMED: u32 = 40;
/// A continuation that brings less than this share of the target brings nothing.
const FRUITLESS: f64 = 0.03;

/// Tells whether a running call is so far beyond its target that it is stopped.
pub fn runs_long(length: u32, target_words: u32) -> bool {
    f64::from(length) > f64::from(target_words) * LONG + LEEWAY
}

/// Tells whether a call is so far beyond its target that it is stopped even in the middle of a sentence: a
/// model that repeats itself may never end one.
pub fn runs_away(length: u32, target_words: u32) -> bool {
    f64::from(length) > f64::from(target_words) * FAR_TOO_LONG + LEEWAY
}

/// How a chunk came to its length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course<'a> {
    pub end: &'a CallEnd,
    /// Calls that have gone on from an earlier one without a fault.
    pub continued: u32,
    /// Length that the last call brought.
    pub gained: u32,
}

impl Course<'_> {
    fn is_cut_off(self) -> bool {
        matches!(
            self.end,
            CallEnd::Finished(FinishReason::Length | FinishReason::ContextFull)
        )
    }

    /// Tells whether the model itself said that it is done.
    fn is_done(self) -> bool {
        matches!(self.end, CallEnd::Finished(_)) && !self.is_cut_off()
    }
}

/// The judgement of a chunk's length and end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    pub verdict: Verdict,
    /// The length of the prose that is kept, in bytes.
    pub keep: usize,
    pub cut: Option<Cut>,
    pub remark: Option<Fault>,
}

/// Looks at the whole prose of a chunk; nothing before `fixed` (bytes) is ever trimmed.
pub(crate) fn judge(
    acceptance: &Acceptance<'_>,
    prose: &str,
    fixed: usize,
    course: Course<'_>,
) -> Settled {
    let (language, target) = (acceptance.language(), acceptance.target_words);
    let length = words::count(prose, language);
    let share = f64::from(length) / f64::from(target.max(1));
    let fruitless =
        course.continued > 0 && f64::from(course.gained) < (f64::from(target) * FRUITLESS).max(3.0);
    let goes_on = course.continued < MOST_CONTINUED && !fruitless;
    let short = || {
        let what = format!("it came to {length} of {target} {}", language.unit());
        Fault::new(Check::TooShort, what)
    };
    let mut remark = None;
    if share < SHORT {
        let enough = share >= REACH && course.is_done() && course.continued > 0;
        if goes_on && !enough {
            return settled(Verdict::Continue(short()), prose);
        }
        if share < LEAST {
            let mut fault = short();
            fault.what.push_str(", less than half");
            return settled(Verdict::Refuse(fault), prose);
        }
        remark = Some(short());
    }
    if let Some(far) = too_long(acceptance, prose, fixed, length) {
        return trimmed(prose, far, Check::TooLong);
    }
    // A first answer that breaks off before its length has more to tell.
    let may_ask = goes_on && course.continued == 0 && length < target;
    if may_ask && breaks_off(prose, fixed, course) {
        let what = "its last sentence is not finished";
        return settled(
            Verdict::Continue(Fault::new(Check::UnfinishedSentence, what)),
            prose,
        );
    }
    Settled {
        remark,
        ..ended(language, prose, fixed, course, goes_on)
    }
}

/// Tells whether a model that reported its end stopped in the first sentence of a paragraph.
fn breaks_off(prose: &str, fixed: usize, course: Course<'_>) -> bool {
    let trimmed = prose.trim_end();
    let last = trimmed.rfind("\n\n").map_or(0, |end| end + 2);
    course.is_done() && last >= fixed && !may_end(prose) && finished_end(&trimmed[last..]).is_none()
}

/// Judges the end of a draft: whether the last sentence is finished, and how to treat it if not.
fn ended(
    language: &Language,
    prose: &str,
    fixed: usize,
    course: Course<'_>,
    goes_on: bool,
) -> Settled {
    let whole = prose.trim_end().len().max(fixed);
    if course.is_done() && may_end(prose) {
        return settled(Verdict::Accept, &prose[..whole]);
    }
    let end = finished_end(prose).filter(|end| *end >= fixed);
    let check = if course.is_cut_off() {
        Check::CutOff
    } else {
        Check::UnfinishedSentence
    };
    match end {
        Some(end) if end >= whole => settled(Verdict::Accept, &prose[..whole]),
        Some(end) if words::count(&prose[end..], language) <= MOST_TRIMMED => {
            trimmed(prose, end, check)
        }
        _ if goes_on && !matches!(course.end, CallEnd::RanLong) => {
            let what = match check {
                Check::CutOff => "the output limit cut it off",
                _ => "its last sentence is not finished",
            };
            settled(Verdict::Continue(Fault::new(check, what)), prose)
        }
        Some(end) if end * 2 > prose.len() => trimmed(prose, end, check),
        _ => Settled {
            remark: Some(Fault::new(check, "its last sentence is not finished")),
            ..settled(Verdict::Accept, &prose[..whole])
        },
    }
}

/// Finds where a text that is far too long ends instead: with the last sentence within reach.
fn too_long(acceptance: &Acceptance<'_>, prose: &str, fixed: usize, length: u32) -> Option<usize> {
    use unicode_segmentation::UnicodeSegmentation;
    if !runs_away(length, acceptance.target_words) {
        return None;
    }
    let mut sum = 0;
    let mut end = None;
    for (start, sentence) in prose.split_sentence_bound_indices() {
        sum += words::count(sentence, acceptance.language());
        let here = start + sentence.trim_end().len();
        if runs_long(sum, acceptance.target_words) && end.is_some() {
            break;
        }
        if here >= fixed && is_finished(sentence) {
            end = Some(here);
        }
    }
    end.filter(|end| *end < prose.trim_end().len())
}

fn settled(verdict: Verdict, prose: &str) -> Settled {
    Settled {
        verdict,
        keep: prose.len(),
        cut: None,
        remark: None,
    }
}

fn trimmed(prose: &str, keep: usize, check: Check) -> Settled {
    let text = prose[keep..].to_owned();
    Settled {
        cut: (!text.trim().is_empty()).then_some(Cut { check, text }),
        ..settled(Verdict::Accept, &prose[..keep])
    }
}

/// Returns why there is no text at all.
pub(crate) fn empty(end: &CallEnd) -> Fault {
    let what = match end {
        CallEnd::Finished(FinishReason::Refusal) => {
            return Fault::new(Check::Refusal, "the model refused to write it");
        }
        CallEnd::Finished(FinishReason::ContextFull) => {
            "the model's context window was full before it wrote a word"
        }
        CallEnd::Finished(FinishReason::Length) => {
            "the model used up its output limit before it wrote a word"
        }
        CallEnd::Finished(_) | CallEnd::RanLong => "the model answered without a word",
    };
    Fault::new(Check::EmptyAnswer, what)
}
