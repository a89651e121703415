//! Judges the text that an earlier job left of a chunk before it is continued, where all of it was generated;
//! what the author may have written is never judged.

use super::drafting::{Draft, Drafting, whole_words};
use super::end::DraftEnd;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::BufferStream;
use crate::writing::accept::{Acceptance, Beginning};

impl Drafting<'_> {
    /// Judges the text that is continued; returns an end when that ends the draft. Text that is no prose of
    /// the story goes into the run's records, and the chunk is begun anew.
    pub(crate) async fn judge_resumed(
        &self,
        draft: &mut Draft,
        acceptance: &Acceptance<'_>,
        buffer: &mut dyn BufferStream,
    ) -> Option<DraftEnd> {
        if draft.prose.trim().is_empty() || !self.is_known_to_be_generated() {
            return None;
        }
        match acceptance.judge_beginning(&draft.prose) {
            Beginning::Stands => return None,
            Beginning::Repaired { prose, cuts } => {
                draft.prose = prose;
                for cut in cuts {
                    self.cut(draft, cut);
                }
            }
            Beginning::Refused(fault) => {
                let (number, code) = (self.chunk.number, fault.check.code());
                let message = format!(
                    "what was written of chunk {number} before is not gone on from: {}. The chunk is begun anew, \
                     and the old text is kept in the run's errors/",
                    fault.what
                );
                self.job.reporter().warn(Some(number), code, message);
                let prose = std::mem::take(&mut draft.prose);
                draft.refused.push((fault, prose));
                draft.inputs.clear();
            }
        }
        draft.whole = draft.prose.len();
        draft.judged = draft.prose.len();
        let put = self.put(&draft.prose, &draft.inputs, buffer, false).await;
        put.err()
    }

    /// Records that all of an unfinished text was generated, where that is known.
    pub(crate) async fn note_unfinished(&self, draft: &Draft) {
        let prose = match &draft.end {
            DraftEnd::Cancelled => whole_words(&draft.prose, draft.whole),
            DraftEnd::Failed { .. } => &draft.prose,
            DraftEnd::Complete | DraftEnd::AuthorEdited | DraftEnd::Store(_) => return,
        };
        let is_begun = self.chunk.text.trim().is_empty() || self.is_known_to_be_generated();
        if prose.is_empty() || !is_begun {
            return;
        }
        let session = self.job.session().clone();
        let number = self.chunk.number;
        let prose = self.chunk.going_on(prose).into_owned();
        // Without it the text is gone on from as it is.
        let _ = blocking(move || session.note_unfinished(number, &prose)).await;
    }

    fn is_known_to_be_generated(&self) -> bool {
        let record = self.chunk.record.as_ref();
        let begun = record.and_then(|record| record.begun.as_ref());
        let digest = begun.and_then(|begun| begun.generated_sha256.as_ref());
        digest == Some(&self.chunk.digest)
    }
}
