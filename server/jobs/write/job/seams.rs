//! Fits seams: where a chunk was begun before the text that it follows was there, its first paragraph is
//! fitted to that text once both are complete.
//!
//! All of it comes after everything is saved. A seam that can't be closed now stays open, and
//! the next job tries again; an answer that is no better than the paragraph leaves that where
//! it is. Neither is a failure of the job.

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio_util::sync::CancellationToken;

use super::reducer::Reducer;
use super::running::Job;
use crate::analysis::lineup::open_seams;
use crate::events::job::{JobEvent, SeamResult};
use crate::events::outcomes::{SeamEnd, SeamOutcome, Stop};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::demo_scene;
use crate::jobs::run::reporter::{causes, millis, token_usage};
use crate::jobs::run::workshop::Claim;
use crate::provider::{
    Event, Extension, FinishReason, ProviderError, ProviderErrorKind, ProviderKind, Request,
    Retries, Retry, Usage,
};
use crate::session::{ChunkView, Mending, Origin};
use crate::settings::Role;
use crate::story::comments::{with_beginning, without_comments};
use crate::story::{ChunkNumber, words};
use crate::writing::prompt::slices;
use crate::writing::prompt::slices::Slice;
use crate::writing::prompt::{Prompt, PromptInputs};
use crate::writing::seam::Seam;
use crate::writing::tokens;
use crate::writing::tokens::Weight;

/// An answer about a seam.
struct Answer {
    earlier: ChunkView,
    later: ChunkView,
    /// The paragraph, or the end of the seam without one.
    text: Result<String, SeamEnd>,
    usage: Usage,
    _turn: Claim,
}

impl Reducer<'_> {
    /// Closes the seams that are open, those of earlier jobs too.
    pub async fn close_seams(&mut self, cancel: &CancellationToken) {
        let job = self.job;
        if self.results.stop.is_some() || job.model().kind == ProviderKind::Demo {
            return;
        }
        let session = job.session().clone();
        let view = match blocking(move || session.view()).await {
            Ok(view) => view,
            Err(error) => {
                job.reporter().warn(None, "seams", error.to_string());
                return;
            }
        };
        let mut seams = open_seams(&view).into_iter();
        let width = job.settings().parallel.max(1) as usize;
        let mut asking: FuturesUnordered<BoxFuture<'_, Answer>> = FuturesUnordered::new();
        loop {
            while asking.len() < width
                && !cancel.is_cancelled()
                && let Some((earlier, later)) = seams.next()
            {
                if let Some(limit) = self.over_budget() {
                    let message = format!(
                        "{limit}, so the beginning of chunk {} is not fitted to the chunk before it yet; the \
                         next write does that",
                        later.number
                    );
                    job.reporter()
                        .warn(Some(later.number), "seam-open", message);
                    seams = Vec::new().into_iter();
                    break;
                }
                // Another job is at it: then its text is not what was looked at.
                let Ok(turn) = job
                    .started
                    .open
                    .claim(Some(later.number), &job.started.name)
                else {
                    continue;
                };
                asking.push(job.ask(earlier, later, turn, cancel).boxed());
            }
            let Some(answer) = asking.next().await else {
                break;
            };
            let outcome = job.close(answer).await;
            self.note_final_beginning(outcome.number, outcome.end == SeamEnd::Fitted);
            self.results.seams.push(outcome);
        }
        if cancel.is_cancelled() {
            self.results.stop = Some(Stop::Cancelled);
        }
    }
}

impl Job {
    /// Asks for another first paragraph.
    async fn ask(
        &self,
        earlier: ChunkView,
        later: ChunkView,
        turn: Claim,
        cancel: &CancellationToken,
    ) -> Answer {
        let mut usage = Usage::default();
        let text = match self.request(&earlier, &later) {
            Ok(request) => self.call(later.number, request, &mut usage, cancel).await,
            Err(why) => Err(SeamEnd::Open(why)),
        };
        Answer {
            earlier,
            later,
            text,
            usage,
            _turn: turn,
        }
    }

    /// Returns the request about a seam.
    fn request(&self, earlier: &ChunkView, later: &ChunkView) -> Result<Request, String> {
        let seam = Seam::between(&earlier.text, &later.text);
        let language = &self.brief().language;
        let beat = (later.number.0 as usize).saturating_sub(1);
        // Its stable part is that of every other prompt of the story, so caches have it.
        let prompt = Prompt::build(&PromptInputs {
            brief: self.brief(),
            templates: &self.story().templates,
            ground: self.story().ground(),
            beat,
            target_words: later.target_words,
            earlier: &[],
            index: &self.started.index,
            preceding: "",
            so_far: "",
            remaining_words: later.target_words,
            notes: &[],
            limit: self.model().limit(self.settings()),
        })
        .map_err(|too_large| too_large.to_string())?;
        let (system, user) = (prompt.system(), seam.user(language));
        let tokenizers = &self.model().tokenizers;
        let length = words::count(seam.opening, language).max(20);
        let request = Request {
            model: self.model().name.clone(),
            system,
            user,
            max_output_tokens: tokenizers
                .of_words(&self.model().name, length, language)
                .saturating_mul(3)
                .saturating_add(256),
            prompt_tokens: self.settings().context_tokens,
            context_tokens: self.settings().context_tokens,
            temperature: self.settings().temperature,
            seed: self.settings().seed,
            thinking: self.settings().thinking_for(Role::Draft),
            format: None,
            extension: Extension::new(demo_scene::scene(
                self.model(),
                self.brief(),
                beat,
                later,
                "",
                self.settings().demo_seed(),
            )),
        };
        Ok(self
            .model()
            .in_window(request, self.settings().context_tokens))
    }

    /// Makes calls until there is an answer or no further try.
    async fn call(
        &self,
        number: ChunkNumber,
        mut request: Request,
        usage: &mut Usage,
        cancel: &CancellationToken,
    ) -> Result<String, SeamEnd> {
        let attempts = self.settings().attempts;
        let mut retries = Retries::new(attempts, self.settings().outage);
        let mut is_raised = false;
        loop {
            let before = *usage;
            let mut text = String::new();
            let called = tokio::select! {
                () = cancel.cancelled() => None,
                called = self.listen(request.clone(), &mut text, usage) => Some(called),
            };
            if !matches!(called, Some(Ok(_))) {
                let estimator = self.model().tokenizers.estimator(&request.model);
                let asked = estimator.of(Weight::of_request(&request));
                *usage = tokens::with_unreported(*usage, before, asked, estimator.estimate(&text));
            }
            self.note_spent(usage.since(before));
            let error = match called {
                None => return Err(SeamEnd::Cancelled),
                Some(Ok(FinishReason::Stop)) => return Ok(text),
                Some(Ok(FinishReason::Refusal)) => {
                    return Err(SeamEnd::Refused("the model refused to write it".to_owned()));
                }
                Some(Ok(FinishReason::Length)) if !is_raised => {
                    is_raised = true;
                    request.max_output_tokens = request.max_output_tokens.saturating_mul(4);
                    request = self
                        .model()
                        .in_window(request, self.settings().context_tokens);
                    continue;
                }
                Some(Ok(_)) => {
                    return Err(SeamEnd::Refused("the answer was cut off".to_owned()));
                }
                Some(Err(error)) => error,
            };
            let now = tokio::time::Instant::now();
            let (wait, patience) = match retries.failed(&error, now, fastrand::f64) {
                Retry::After(wait) => (wait, None),
                Retry::Outage(outage) => (outage.wait, Some(outage.patience)),
                Retry::GiveUp(_) => return Err(SeamEnd::Open(error.to_string())),
            };
            self.reporter().tell(JobEvent::Retry {
                chunk: number,
                words: 0,
                attempt: retries.failures().max(1),
                attempts,
                wait_ms: millis(wait),
                patience_ms: patience.map(millis),
                message: error.to_string(),
                causes: causes(&error),
                elapsed_ms: self.reporter().elapsed_ms(),
            });
            tokio::select! {
                () = cancel.cancelled() => return Err(SeamEnd::Cancelled),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Makes one call; part of its text may be there when it fails.
    async fn listen(
        &self,
        request: Request,
        text: &mut String,
        usage: &mut Usage,
    ) -> Result<FinishReason, ProviderError> {
        // More than the limit of the call allows comes from no server that keeps to it.
        let most = (request.max_output_tokens as usize).saturating_mul(16);
        let before = *usage;
        let mut told = Usage::default();
        let mut stream = self.model().complete(request).await?;
        while let Some(event) = stream.next().await {
            match event? {
                Event::Text(piece) => text.push_str(&piece),
                Event::Usage(more) => {
                    told.update(more);
                    *usage = before.plus(told);
                }
                Event::Finished(reason) => return Ok(reason),
                Event::Started { model } => self.model().note_answer(model.as_deref()),
                Event::Reasoning { .. } | Event::Thought { .. } | Event::Notice(_) => {}
            }
            if text.len() > most {
                return Ok(FinishReason::Length);
            }
        }
        Err(ProviderError::new(
            ProviderErrorKind::Broken,
            "The answer broke off before its end.",
        ))
    }

    /// Replaces the paragraph by an answer, if that is allowed.
    async fn close(&self, answer: Answer) -> SeamOutcome {
        let (number, usage) = (answer.later.number, answer.usage);
        let cost = self.cost(&usage);
        let end = self.close_with(&answer, usage, cost).await;
        let length = words::count(
            Seam::between("", &answer.later.text).opening,
            &self.brief().language,
        );
        let told = match &end {
            SeamEnd::Fitted => Some((SeamResult::Fitted, None)),
            SeamEnd::Fits => Some((SeamResult::Fits, None)),
            SeamEnd::Refused(why) => Some((SeamResult::Refused, Some(why.clone()))),
            SeamEnd::Open(why) => Some((SeamResult::Open, Some(why.clone()))),
            SeamEnd::Cancelled => None,
        };
        if let Some((result, message)) = told {
            self.reporter().tell(JobEvent::Seam {
                chunk: number,
                result,
                words: length,
                message,
                usage,
                elapsed_ms: self.reporter().elapsed_ms(),
            });
        }
        SeamOutcome {
            number,
            end,
            usage,
            cost,
        }
    }

    async fn close_with(&self, answer: &Answer, usage: Usage, cost: Option<f64>) -> SeamEnd {
        let (earlier, later) = (&answer.earlier, &answer.later);
        let seam = Seam::between(&earlier.text, &later.text);
        let judged = match &answer.text {
            Ok(text) => seam.judge(text, &self.brief().language),
            Err(SeamEnd::Refused(why)) => Err(why.as_str()),
            Err(other) => return other.clone(),
        };
        let (opening, end) = match judged {
            Ok(opening) if opening == seam.opening => (None, SeamEnd::Fits),
            Ok(opening) => (Some(opening), SeamEnd::Fitted),
            Err(why) => (None, SeamEnd::Refused(why.to_owned())),
        };
        let rest = later.text.len() - seam.rest.len();
        let prose = opening.map(|opening| with_beginning(later.source(), rest, &opening));
        let after = prose
            .as_deref()
            .map_or(later.text.as_str().into(), without_comments);
        let next = (slices::preceding(&later.text), slices::preceding(&after));
        let before = self.as_it_is(earlier).await;
        let mending = Mending {
            why: "the beginning was fitted to the chunk before".to_owned(),
            next,
            input: (Slice::Preceding.name(), slices::preceding(&before)),
            usage: token_usage(usage),
            cost,
            prose,
        };
        let (session, number, of) = (self.session().clone(), later.number, later.digest.clone());
        match blocking(move || session.mend_chunk(number, &of, mending)).await {
            Ok(Some(saved)) => {
                self.bring_all_to_editor(saved, Some(later.number)).await;
                end
            }
            Ok(None) => SeamEnd::Refused("the chunk was changed meanwhile".to_owned()),
            Err(error) => SeamEnd::Open(error.to_string()),
        }
    }

    /// Returns the present text of the earlier chunk if only its own beginning was fitted since; what an
    /// author changed meanwhile is not what the answer was made for.
    async fn as_it_is(&self, earlier: &ChunkView) -> String {
        let session = self.session().clone();
        let view = blocking(move || session.view()).await.ok();
        let now = view.and_then(|view| view.chunk(earlier.number).cloned());
        match now {
            Some(now) if now.origin == Some(Origin::Generated) => now.text.to_string(),
            _ => earlier.text.to_string(),
        }
    }
}
