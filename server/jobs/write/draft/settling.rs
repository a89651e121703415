//! Judges the answer of a call: accepts it, continues it, or refuses it.

use super::drafting::{Draft, Drafting, Tries};
use super::end::DraftEnd;
use super::requesting::Course;
use crate::jobs::run::editor::BufferStream;
use crate::provider::FinishReason;
use crate::story::words;
use crate::writing::accept::{Answer, CallEnd, Check, Cut, Judgement, Verdict};

/// The most refused answers before a chunk fails; the answers are kept in the run's records.
const MOST_REFUSED: u32 = 2;

impl Drafting<'_> {
    /// Judges the answer of a call; returns an end when that ends the draft.
    pub(crate) async fn settle(
        &self,
        draft: &mut Draft,
        tries: &mut Tries<'_>,
        end: &CallEnd,
        course: &Course,
        buffer: &mut dyn BufferStream,
    ) -> Option<DraftEnd> {
        let raw = draft
            .prose
            .get(draft.judged..)
            .unwrap_or_default()
            .to_owned();
        let length = words::count(&draft.prose, self.language());
        let is_lost = self.lost_to_reasoning(end, course, &raw);
        let is_raised = !is_lost && self.raise_limit(end, course, &raw);
        if is_lost && raw.trim().is_empty() {
            // It says nothing of what the model writes; the next call has the room for it.
            return None;
        }
        let judgement = tries.acceptance.judge(&Answer {
            prose: &draft.prose,
            author: draft.whole,
            judged: draft.judged,
            end,
            // The model is at the next part, so a little too short is short.
            continued: tries.continued.max(u32::from(course.is_passed())),
            gained: course.gained(length),
        });
        let accepted = words::count(&judgement.prose, self.language());
        let goes_on = match judgement.verdict {
            Verdict::Continue(_) => true,
            Verdict::Accept => self.goes_on(course, end, [length, accepted]),
            Verdict::Refuse(_) => false,
        };
        if goes_on && !is_lost && !is_raised {
            self.learn_limit(course, end, length);
        }
        match judgement.verdict {
            Verdict::Accept if goes_on => {
                self.take_over(draft, untrimmed(judgement));
                self.go_on(draft, tries, course, end, length);
                None
            }
            Verdict::Accept => {
                self.take_over(draft, judgement);
                self.after_slice(course, None);
                let saved = self.save(&draft.prose, &draft.inputs, buffer, true).await;
                Some(saved.err().unwrap_or(DraftEnd::Complete))
            }
            Verdict::Continue(ref fault) => {
                self.after_slice(course, Some(fault));
                self.take_over(draft, judgement);
                self.go_on(draft, tries, course, end, length);
                None
            }
            Verdict::Refuse(ref fault) => {
                let fault = fault.clone();
                self.after_slice(course, Some(&fault));
                // A chunk is asked for once more on its own account.
                tries.refused += u32::from(!course.is_slice);
                tries.fault = Some(fault.check);
                tries.continued = 0;
                if fault.check == Check::TooShort {
                    // It is prose, and all there is.
                    self.take_over(draft, judgement);
                    draft.drop_stump();
                    draft.judged = draft.prose.len();
                } else if !raw.is_empty() {
                    draft.prose.truncate(draft.judged);
                    draft.refused.push((fault.clone(), raw));
                    // It is in the run's records; in the chunk it would be gone on from.
                    let put = self.put(&draft.prose, &draft.inputs, buffer, false).await;
                    if let Err(end) = put {
                        return Some(end);
                    }
                }
                if tries.refused >= MOST_REFUSED {
                    return Some(DraftEnd::Failed {
                        why: fault.given_up(),
                        ends_job: false,
                    });
                }
                let reporter = self.job.reporter();
                reporter.warn(
                    Some(self.chunk.number),
                    fault.check.code(),
                    fault.once_more(),
                );
                None
            }
        }
    }

    /// Learns the model's own limit from an answer that was cut off.
    fn learn_limit(&self, course: &Course, end: &CallEnd, length: u32) {
        if let CallEnd::Finished(FinishReason::Length) = end
            && !course.is_slice
            && length < course.words_before.saturating_add(course.ask.words)
        {
            self.job.measured.cut_off(course.gained(length));
        }
    }

    /// Keeps the text and continues it with the next call.
    fn go_on(
        &self,
        draft: &mut Draft,
        tries: &mut Tries<'_>,
        course: &Course,
        end: &CallEnd,
        length: u32,
    ) {
        // Where a chunk is too long for one call, several are no fault of the model's.
        let several = course.ask.later > 0 || is_cut_off(end);
        if !(several && self.made_progress(course, length)) {
            tries.continued += 1;
        }
        draft.drop_stump();
        draft.judged = draft.prose.len();
    }

    /// Tells whether an acceptable chunk has more to come: the call was asked for a part of it, or the end of
    /// its answer was cut off.
    fn goes_on(&self, course: &Course, end: &CallEnd, [length, accepted]: [u32; 2]) -> bool {
        let is_full = u64::from(accepted) * 20 >= u64::from(self.chunk.target_words) * 19;
        let is_stretch = course.ask.later > 0 || is_cut_off(end);
        is_stretch && !is_full && self.made_progress(course, length)
    }

    /// Takes the repaired prose, and reports the repairs.
    fn take_over(&self, draft: &mut Draft, judgement: Judgement) {
        draft.prose = judgement.prose;
        for cut in judgement.cuts {
            self.cut(draft, cut);
        }
        for remark in judgement.remarks {
            let (code, message) = (remark.check.code(), remark.accepted());
            let number = Some(self.chunk.number);
            self.job.reporter().warn(number, code, message);
        }
    }

    /// Records what was cut from an answer, and reports it.
    pub(crate) fn cut(&self, draft: &mut Draft, cut: Cut) {
        if let Some(message) = cut.message() {
            let (number, code) = (Some(self.chunk.number), cut.check.code());
            self.job.reporter().warn(number, code, message);
        }
        draft.cuts.push(cut);
    }
}

/// Tells whether a limit ended the answer, not the model.
fn is_cut_off(end: &CallEnd) -> bool {
    use FinishReason::{ContextFull, Length};
    matches!(end, CallEnd::Finished(Length | ContextFull))
}

/// Restores the unfinished last sentence of a judged text: the next call ends it.
fn untrimmed(mut judgement: Judgement) -> Judgement {
    let is_stump = |cut: &mut Cut| matches!(cut.check, Check::CutOff | Check::UnfinishedSentence);
    if let Some(cut) = judgement.cuts.pop_if(is_stump) {
        judgement.prose.push_str(&cut.text);
    }
    judgement
}
