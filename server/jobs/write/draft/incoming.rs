//! Takes the text of one call into a draft.
//!
//! Takes the events of a stream, joins a continuation to what it continues, and knows how far
//! the draft is ahead of what is saved.

use std::time::Instant;

use super::drafting::{CallResult, Draft, Drafting, SAVE_EVERY, SLOW_CALL, whole_words};
use crate::jobs::run::reporter::millis;
use crate::provider::{Event, ProviderError, ProviderErrorKind, Usage};
use crate::story::text::sentences::is_finished;
use crate::story::words;
use crate::writing::accept;
use crate::writing::accept::{Acceptance, CallEnd, Check, Cut, Opening};
use crate::writing::continuation;
use crate::writing::prompt::slices::Slices;
use crate::writing::thought::Thought;

/// The number of bytes after which arrived text is saved at once.
const SAVE_BYTES: usize = 768;

/// The text of one call on its way into a draft.
pub(crate) struct Incoming<'a, 'b> {
    drafting: &'a Drafting<'b>,
    draft: &'a mut Draft,
    acceptance: &'a Acceptance<'a>,
    started: Instant,
    /// The times of the first and the latest text.
    heard: Option<(Instant, Instant)>,
    /// The usage of earlier calls.
    usage_before: Usage,
    usage: Usage,
    thought: Thought,
    /// The beginning of the answer, until it is clear that it is prose; `None` afterwards.
    opening: Option<String>,
    /// The beginning of a continuation, until enough is there to join it; `None` afterwards.
    seam: Option<String>,
    /// The time of the first unsaved text, and the bytes that have come since.
    pub(crate) behind_since: Option<Instant>,
    behind_bytes: usize,
}

impl<'a, 'b> Incoming<'a, 'b> {
    pub(crate) fn new(
        drafting: &'a Drafting<'b>,
        draft: &'a mut Draft,
        acceptance: &'a Acceptance<'a>,
        started: Instant,
    ) -> Self {
        Incoming {
            drafting,
            acceptance,
            opening: Some(String::new()),
            started,
            heard: None,
            usage_before: draft.usage,
            usage: Usage::default(),
            thought: Thought::default(),
            seam: Some(String::new()),
            behind_since: None,
            behind_bytes: 0,
            draft,
        }
    }

    /// Returns the inputs that the prompt of the draft held.
    pub(crate) fn inputs(&self) -> &Slices {
        &self.draft.inputs
    }

    /// Returns the thinking tokens of the call, and the answer's tokens as the server counted them.
    pub(crate) fn counted(&self) -> (Thought, Option<u64>) {
        (self.thought, self.usage.output_tokens)
    }

    /// Takes one event; returns the result when the call is over.
    pub(crate) fn take(
        &mut self,
        event: Option<Result<Event, ProviderError>>,
    ) -> Option<CallResult> {
        match event {
            Some(Ok(Event::Text(text))) => return self.take_text(&text),
            Some(Ok(Event::Usage(usage))) => {
                self.usage.update(usage);
                self.draft.usage = self.usage_before.plus(self.usage);
                let number = self.drafting.chunk.number;
                self.drafting.job.note_usage(number, self.draft.usage);
            }
            Some(Ok(Event::Notice(message))) => {
                self.drafting.job.reporter().warn_once("provider", message);
            }
            Some(Ok(event @ (Event::Reasoning { .. } | Event::Thought { .. }))) => {
                self.thought.note(&event);
            }
            Some(Ok(Event::Started { model })) => {
                self.drafting.job.model().note_answer(model.as_deref());
            }
            Some(Ok(Event::Finished(reason))) => {
                return Some(CallResult::Ended(CallEnd::Finished(reason)));
            }
            Some(Err(error)) => return Some(CallResult::Failed(error)),
            None => {
                return Some(CallResult::Failed(ProviderError::new(
                    ProviderErrorKind::Broken,
                    "The answer broke off before its end.",
                )));
            }
        }
        None
    }

    fn take_text(&mut self, text: &str) -> Option<CallResult> {
        if self.draft.first_token_ms.is_none() {
            self.draft.first_token_ms = Some(millis(self.started.elapsed()));
        }
        let now = Instant::now();
        self.heard = Some((self.heard.map_or(now, |(first, _)| first), now));
        self.behind_since.get_or_insert(now);
        self.behind_bytes += text.len();
        match self.opening.take() {
            Some(held) => self.look_at_opening(held + text, false),
            None => self.take_prose(text),
        }
        let length = || words::count(&self.draft.prose, self.drafting.language());
        if self.seam.is_none()
            && is_finished(&self.draft.prose)
            && accept::runs_long(length(), self.drafting.chunk.target_words)
        {
            return Some(CallResult::Ended(CallEnd::RanLong));
        }
        None
    }

    /// Cuts what stands before the prose of an answer, and takes the rest.
    fn look_at_opening(&mut self, mut held: String, whole: bool) {
        loop {
            match self.acceptance.opening(&held, whole) {
                Opening::Strip { bytes, check } => {
                    let text: String = held.drain(..bytes).collect();
                    self.drafting.cut(self.draft, Cut { check, text });
                }
                Opening::Undecided => {
                    self.opening = Some(held);
                    return;
                }
                Opening::Prose => {
                    self.take_prose(&held);
                    return;
                }
            }
        }
    }

    fn take_prose(&mut self, text: &str) {
        match &mut self.seam {
            Some(beginning) => {
                beginning.push_str(text);
                if self.draft.prose.is_empty() || beginning.len() >= continuation::LOOK_AHEAD {
                    self.close_seam();
                }
            }
            None => self.draft.prose.push_str(text),
        }
    }

    /// Ends the answer: the text that was held back is taken as it is.
    pub(crate) fn end(&mut self) {
        if let Some(held) = self.opening.take() {
            self.look_at_opening(held, true);
        }
        self.close_seam();
    }

    /// Ends an answer that broke off. Text that was held back, a line at most, may be no prose: it goes into
    /// the records, since in the chunk it would be continued.
    pub(crate) fn break_off(&mut self) {
        if let Some(text) = self.opening.take().filter(|held| !held.trim().is_empty()) {
            let check = Check::Preamble;
            self.draft.cuts.push(Cut { check, text });
        }
        self.close_seam();
    }

    /// Joins the held-back beginning of a continuation. Leading white space of a new chunk is dropped, so the
    /// seam stays open until a word has come.
    fn close_seam(&mut self) {
        if let Some(beginning) = self.seam.take() {
            let fresh = continuation::join(&self.draft.prose, &beginning);
            self.draft.prose.push_str(&fresh);
            if self.draft.prose.is_empty() {
                self.seam = Some(String::new());
            }
        }
    }

    /// Tells whether there is unsaved text.
    pub(crate) fn is_behind(&self) -> bool {
        self.behind_since.is_some()
    }

    pub(crate) fn must_save(&self) -> bool {
        let is_due = |since: Instant| since.elapsed() >= SAVE_EVERY;
        self.behind_bytes >= SAVE_BYTES || self.behind_since.is_some_and(is_due)
    }

    /// Returns the text to save now. The beginning of a continuation is joined as well as possible; the seam
    /// stays open until enough of it has come.
    pub(crate) fn unsaved(&mut self) -> String {
        self.behind_since = None;
        self.behind_bytes = 0;
        let mut prose = self.draft.prose.clone();
        if let Some(beginning) = &self.seam {
            prose.push_str(&continuation::join(&self.draft.prose, beginning));
        }
        let keep = whole_words(&prose, self.draft.whole).len();
        prose.truncate(keep);
        prose
    }

    /// Reports the progress of the chunk; returns its length, in words (characters for CJK).
    pub(crate) fn tell_progress(&self, words_before: u32) -> u32 {
        let chunk = self.drafting.chunk;
        let settled = whole_words(&self.draft.prose, self.draft.whole);
        let length = words::count(settled, self.drafting.language());
        let fresh = length.saturating_sub(words_before);
        self.drafting.job.tell_progress(
            chunk.number,
            length,
            chunk.target_words,
            fresh,
            self.started,
        );
        length
    }

    /// Notes how fast the model wrote. `asked` is the time of the request; `None` where the model was writing
    /// already.
    pub(crate) fn measure(&self, words_before: u32, asked: Option<Instant>) {
        let length = words::count(&self.draft.prose, self.drafting.language());
        if let Some((first, last)) = self.heard {
            let first_token = asked.map(|asked| first.duration_since(asked));
            let fresh = length.saturating_sub(words_before);
            let measured = &self.drafting.job.measured;
            measured.heard(fresh, first_token, last.duration_since(first));
        }
    }

    pub(crate) fn tell_slow(&self) {
        let chunk = self.drafting.chunk;
        let deadline = self.drafting.job.settings().deadlines.call.as_secs();
        self.drafting.job.reporter().warn(
            Some(chunk.number),
            "slow-call",
            format!(
                "this call has taken {} s; {} of {} {} are written and saved. At {deadline} s it is \
                 ended, and the chunk goes on from there in another call",
                SLOW_CALL.as_secs(),
                words::count(&self.draft.prose, self.drafting.language()),
                chunk.target_words,
                self.drafting.language().unit()
            ),
        );
    }
}
