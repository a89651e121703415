//! One call: a continuation is shown while it comes, and the author is told how far it is.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::job::{End, Job};
use crate::events::inplace::InPlaceEvent;
use crate::events::job::JobEvent;
use crate::provider::{ProviderError, Request, Usage};
use crate::story::text::sentences::is_finished;
use crate::writing::accept::{CallEnd, runs_away, runs_long};
use crate::writing::continuation::LOOK_AHEAD;

/// Progress is told so often.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// What a call has brought.
pub(super) struct Heard {
    pub end: Result<CallEnd, ProviderError>,
    pub text: String,
    pub took: Usage,
}

impl Job {
    /// Makes one call.
    ///
    /// # Errors
    /// Where the job ends with it, before there is an answer.
    pub async fn call(
        &mut self,
        request: &Request,
        cancel: &CancellationToken,
    ) -> Result<Heard, End> {
        let asker = self.asker.clone();
        let (tell, mut telling) = watch::channel(String::new());
        let mut hear = |text: &str| {
            tell.send_replace(text.to_owned());
        };
        let asking = asker.ask_once(request, &mut hear);
        tokio::pin!(asking);
        let started = Instant::now();
        let mut told = started;
        // Where the prose begins in the answer, once that is sure.
        let mut begins = None;
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    let text = telling.borrow().clone();
                    self.keep(&text);
                    return Err(End::Cancelled);
                }
                () = self.stream.touched() => return Err(End::Touched),
                (end, text, took) = &mut asking => {
                    self.show(&text, &mut begins).await?;
                    let end = end.map(CallEnd::Finished);
                    return Ok(Heard { end, text, took });
                }
                // The sender lives as long as the call.
                _ = telling.changed() => {}
            }
            let text = telling.borrow_and_update().clone();
            self.show(&text, &mut begins).await?;
            let is_due = told.elapsed() >= TELL_EVERY;
            if !is_due && !self.task.goes_on() {
                continue;
            }
            let words = self.count(&self.kept) + self.count(&text);
            if is_due {
                told = Instant::now();
                self.tell_progress(words, started);
            }
            let is_long = runs_long(words, self.wish) && is_finished(text.trim_end());
            if is_long || runs_away(words, self.wish) {
                let took = Usage::default();
                let end = Ok(CallEnd::RanLong);
                return Ok(Heard { end, text, took });
            }
        }
    }

    /// Shows what there is of a continuation, once it is sure how it begins. A passage stays as it is.
    async fn show(&mut self, answer: &str, begins: &mut Option<usize>) -> Result<(), End> {
        if !self.task.goes_on() {
            return Ok(());
        }
        let start = match *begins {
            Some(start) => start,
            None => {
                let prose = self.measure().so_far(answer).len();
                if prose < LOOK_AHEAD {
                    return Ok(());
                }
                *begins.insert(answer.len() - prose)
            }
        };
        let prose = self.behind_kept(&answer[start..]);
        if prose.trim() == self.shown.trim() {
            return Ok(());
        }
        let text = self.place.text_for(&prose);
        self.shown = prose;
        self.stream
            .show(&text, false)
            .await
            .map_err(|_| End::Touched)
    }

    fn tell_progress(&self, words: u32, started: Instant) {
        let seconds = started.elapsed().as_secs_f64().max(0.001);
        let percent = u64::from(words) * 100 / u64::from(self.wish.max(1));
        self.reporter
            .tell(JobEvent::InPlace(InPlaceEvent::Progress {
                words,
                target_words: self.wish,
                percent: u32::try_from(percent).unwrap_or(u32::MAX).min(99),
                words_per_second: f64::from(words) / seconds,
                unit: self.background.brief().language.unit(),
                elapsed_ms: self.reporter.elapsed_ms(),
            }));
    }
}
