//! Makes the calls that are not for a chunk's first prose: each answer is taken as a whole, and its usage is
//! counted however the call ends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use serde_json::json;

use super::connected_model::{self, ConnectedModel};
use super::reporter::{Reporter, WAITING};
use crate::provider::precedence::{self, Kind};
use crate::provider::{
    Event, FinishReason, ProviderError, ProviderErrorKind, Request, Retries, Retry, Usage,
};
use crate::settings::{Price, Role, Settings};
use crate::writing::thought::Thought;
use crate::writing::tokens;
use crate::writing::tokens::{Answered, PromptLimit, Weight, is_own_limit};

/// The most calls for one answer; the story does not wait for it.
pub(super) const ATTEMPTS: u32 = 2;

/// The factor by which the next try has more room after an answer was cut off; applied once more at the end.
const RAISE: u32 = 3;
const MOST_RAISED: u32 = 9;

/// The finish reason of an answer that is longer than its call allows.
pub const ENDLESS: &str = "no end";

/// Asks the model of one role and sums up the usage. Cheap to clone; all clones count together.
#[derive(Clone)]
pub struct Asker {
    pub model: ConnectedModel,
    role: Role,
    /// The kind of its background calls; `None` where the writing waits for them.
    kind: Option<Kind>,
    prices: BTreeMap<String, Price>,
    /// The wait for the head of an answer after which other calls count as the cause of the delay.
    held_up: Duration,
    /// The longest wait for a server that can't be reached.
    patience: Duration,
    reporter: Arc<Reporter>,
    spent: Arc<Mutex<Spent>>,
    context_tokens: u32,
    /// The factor by which calls are allowed more tokens, since an answer was cut off.
    raised: Arc<AtomicU32>,
}

/// The purpose of background calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    States,
    Refining,
    Audits,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::States => "states",
            Purpose::Refining => "refining",
            Purpose::Audits => "audits",
        }
    }

    /// Returns the participle for a chunk for which it was done: `read`.
    pub fn done(self) -> &'static str {
        match self {
            Purpose::States => "read",
            Purpose::Refining => "refined",
            Purpose::Audits => "audited",
        }
    }
}

/// The usage of the calls of one role.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spent {
    pub model: String,
    pub calls: u32,
    /// The number of chunks for which there was a result.
    pub chunks: u32,
    pub usage: Usage,
    /// The cost in the currency of the configured prices; `None` without prices.
    pub cost: Option<f64>,
}

impl Spent {
    /// Adds two usages; the model is that of the first.
    pub fn plus(mut self, other: &Spent) -> Spent {
        self.calls += other.calls;
        self.chunks += other.chunks;
        self.usage = self.usage.plus(other.usage);
        if let Some(cost) = other.cost {
            self.cost = Some(self.cost.unwrap_or(0.0) + cost);
        }
        self
    }

    /// Returns the reason if the budget of a job is used up.
    pub fn over_budget(&self, settings: &Settings) -> Option<String> {
        let tokens = self.usage.output_tokens.unwrap_or(0);
        let limit = settings.max_output_tokens.filter(|limit| tokens >= *limit);
        if let Some(limit) = limit {
            return Some(format!(
                "the budget of {limit} output tokens (max_output_tokens) is used up"
            ));
        }
        let cost = self.cost.unwrap_or(0.0);
        let limit = settings.max_cost.filter(|limit| cost >= *limit)?;
        Some(format!("the budget of {limit} (max_cost) is used up"))
    }
}

/// A complete answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub text: String,
    pub finish: FinishReason,
    pub usage: Usage,
}

impl Asker {
    /// Makes an asker for the model of a role over the connection of `model`.
    pub fn new(
        model: &ConnectedModel,
        role: Role,
        settings: &Settings,
        reporter: Arc<Reporter>,
    ) -> Asker {
        let name = settings.model_for(role).unwrap_or(&model.name);
        Asker {
            model: model.with_model(name),
            prices: settings.prices.clone(),
            spent: Arc::default(),
            role,
            kind: Some(match role {
                Role::State => Kind::Reading,
                Role::Draft | Role::Plan | Role::Refine | Role::Audit => Kind::Pass,
            }),
            held_up: precedence::patience(settings.deadlines.first_token),
            patience: settings.outage,
            reporter,
            context_tokens: settings.context_tokens,
            raised: Arc::new(AtomicU32::new(1)),
        }
    }

    /// Returns the asker for calls that the writing waits for.
    pub fn in_the_writing(self) -> Asker {
        Asker { kind: None, ..self }
    }

    pub fn role(&self) -> Role {
        self.role
    }

    pub fn spent(&self) -> Spent {
        Spent {
            model: self.model.answers(),
            ..self.spending().clone()
        }
    }

    /// Returns the limit of a prompt to its model.
    pub fn limit(&self) -> PromptLimit {
        self.model.limit_of(self.context_tokens)
    }

    /// Returns the request with the token limit that earlier answers have shown to be needed, within the
    /// window of its model.
    pub fn in_room(&self, mut request: Request) -> Request {
        let raised = self.raised.load(Ordering::Relaxed);
        request.max_output_tokens = request.max_output_tokens.saturating_mul(raised);
        self.model.in_window(request, self.context_tokens)
    }

    /// Tells whether the token limit cut an answer off; later calls have more room then, and the question is
    /// asked again. The author is told the first time.
    pub fn raise(
        &self,
        request: &Request,
        finish: &FinishReason,
        text: &str,
        usage: Usage,
    ) -> bool {
        let limit = request.max_output_tokens;
        let estimator = self.model.tokenizers.estimator(&self.model.name);
        let heard = estimator.estimate(text);
        let raised = self.raised.load(Ordering::Relaxed);
        if !is_own_limit(finish, limit, usage.output_tokens, heard) || raised >= MOST_RAISED {
            return false;
        }
        self.raised.store(raised * RAISE, Ordering::Relaxed);
        if raised == 1 {
            let message = format!(
                "an answer was longer than the {limit} tokens that its call was allowed ({}); it is asked for again, with \
                 {RAISE} times the room",
                self.role.as_str()
            );
            self.reporter.warn(None, "output-limit", message);
        }
        true
    }

    /// Counts a chunk for which there was a result.
    pub fn count_chunk(&self) {
        self.spending().chunks += 1;
    }

    fn spending(&self) -> MutexGuard<'_, Spent> {
        // Sums are whole after any panic.
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one call in its turn; returns its answer and its usage, even of a failed call. A dropped call
    /// ends and is counted.
    pub async fn ask_once(
        &self,
        request: &Request,
        heard: &mut (impl FnMut(&str) + Send),
    ) -> (Result<FinishReason, ProviderError>, String, Usage) {
        let precedence = &self.model.precedence;
        let Some(kind) = self.kind else {
            let _turn = precedence.draft().await;
            let mut call = Call::new(self, request);
            let ended = call.make(request.clone(), heard, || {}).await;
            let (text, took) = call.end();
            return (ended, text, took);
        };
        // Ends: a call is taken back once at most, when calls begin to take turns.
        loop {
            let turn = precedence.beside(kind).await;
            let mut call = Call::new(self, request);
            let made = call.make(request.clone(), heard, || turn.note_answered());
            if let Some(ended) = turn.make(self.held_up, made).await {
                let (text, took) = call.end();
                return (ended, text, took);
            }
        }
    }

    /// Asks until there is an answer or no further try. `heard` receives all of the answer so far, whenever
    /// more arrives. An answer that its limit cut off is asked for again with more room.
    ///
    /// # Errors
    /// The last error of the provider. Dropped, the call ends.
    pub async fn ask(
        &self,
        request: &Request,
        mut heard: impl FnMut(&str) + Send,
    ) -> Result<Answer, ProviderError> {
        let mut retries = self.retries(ATTEMPTS);
        let mut usage = Usage::default();
        loop {
            let request = self.in_room(request.clone());
            let (ended, text, took) = self.ask_once(&request, &mut heard).await;
            usage = usage.plus(took);
            match ended {
                Ok(finish) if self.raise(&request, &finish, &text, took) => {}
                Ok(finish) => {
                    return Ok(Answer {
                        text,
                        finish,
                        usage,
                    });
                }
                Err(error) => self.after(error, &mut retries).await?,
            }
        }
    }

    /// Makes the count of failures for one answer.
    pub fn retries(&self, attempts: u32) -> Retries {
        Retries::new(attempts, self.patience)
    }

    /// Waits before the next call, and tells the author when the server is the reason.
    ///
    /// # Errors
    /// The same error, where there is no next call.
    pub async fn after(
        &self,
        error: ProviderError,
        retries: &mut Retries,
    ) -> Result<(), ProviderError> {
        let now = tokio::time::Instant::now();
        let wait = match retries.failed(&error, now, fastrand::f64) {
            Retry::After(wait) => wait,
            Retry::Outage(outage) => {
                if outage.number == 1 {
                    let message = connected_model::waits_for_server(&error, &outage);
                    self.reporter.warn(None, WAITING, message);
                }
                outage.wait
            }
            Retry::GiveUp(_) => return Err(error),
        };
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

/// A running call. Its usage is counted however it ends, also when it is dropped; a call that the server had
/// not begun to answer has none.
struct Call<'a> {
    asker: &'a Asker,
    /// The weight of the prompt.
    asked: Weight,
    usage: Usage,
    text: String,
    thought: Thought,
    /// Whether the server has begun to answer.
    is_answered: bool,
    /// Whether it has ended regularly.
    has_ended: bool,
    is_counted: bool,
}

impl<'a> Call<'a> {
    fn new(asker: &'a Asker, request: &Request) -> Call<'a> {
        Call {
            asker,
            asked: Weight::of_request(request),
            usage: Usage::default(),
            text: String::new(),
            thought: Thought::default(),
            is_answered: false,
            has_ended: false,
            is_counted: false,
        }
    }

    async fn make(
        &mut self,
        request: Request,
        heard: &mut (impl FnMut(&str) + Send),
        answered: impl Fn() + Send,
    ) -> Result<FinishReason, ProviderError> {
        // More than the limit of the call allows comes from no server that keeps to it.
        let most = (request.max_output_tokens as usize).saturating_mul(16);
        let opened = self.asker.model.complete(request).await;
        self.is_answered = true;
        answered();
        let mut events = opened?;
        while let Some(event) = events.next().await {
            let event = event?;
            self.thought.note(&event);
            match event {
                Event::Text(text) => {
                    self.text.push_str(&text);
                    heard(&self.text);
                }
                Event::Usage(usage) => self.usage.update(usage),
                // About parameters: nothing that an author could do something about.
                Event::Notice(message) => {
                    let entry = json!({"level": "info", "message": message});
                    self.asker.reporter.run().log(&entry);
                }
                Event::Started { model } => self.asker.model.note_answer(model.as_deref()),
                Event::Reasoning { .. } | Event::Thought { .. } => {}
                Event::Finished(reason) => {
                    // What was told by now need not be estimated.
                    self.has_ended = true;
                    return Ok(reason);
                }
            }
            if self.text.len() > most {
                return Ok(FinishReason::Other(ENDLESS.to_owned()));
            }
        }
        Err(ProviderError::new(
            ProviderErrorKind::Broken,
            "The answer broke off before its end.",
        ))
    }

    /// Ends the call; returns its answer and its usage.
    fn end(mut self) -> (String, Usage) {
        self.count();
        (std::mem::take(&mut self.text), self.usage)
    }

    fn count(&mut self) {
        if std::mem::replace(&mut self.is_counted, true) || !self.is_answered {
            return;
        }
        let asker = self.asker;
        asker.reporter.note_thought(&self.thought);
        let tokenizers = &asker.model.tokenizers;
        if self.has_ended {
            let text = (self.thought.tokens() == 0).then_some(self.text.as_str());
            let (asked, usage) = (self.asked, self.usage);
            let call = Answered {
                asked,
                usage,
                text,
                words: 0,
            };
            tokenizers.note(&asker.model.name, &call);
        } else {
            let estimator = tokenizers.estimator(&asker.model.name);
            let (asked, heard) = (estimator.of(self.asked), estimator.estimate(&self.text));
            self.usage = tokens::with_unreported(self.usage, Usage::default(), asked, heard);
        }
        let price = asker.model.price(&asker.prices);
        let cost = price.map(|price| price.of(&self.usage));
        asker
            .reporter
            .note_spent(asker.role, &asker.model.answers(), self.usage, cost);
        let mut spent = asker.spending();
        spent.calls += 1;
        spent.usage = spent.usage.plus(self.usage);
        if let Some(cost) = cost {
            spent.cost = Some(spent.cost.unwrap_or(0.0) + cost);
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.count();
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use futures::stream;
    use tokio::time::Instant;

    use super::*;
    use crate::events::job::{JobEvent, Observer};
    use crate::provider::{EventStream, Provider, ProviderKind};
    use crate::session::{Disk, Run};

    struct Nobody;

    impl Observer for Nobody {
        fn event(&self, _event: &JobEvent) {}
    }

    /// A server that turns the first call away, and notes when it is asked, in seconds.
    struct Limited {
        start: Instant,
        asked: Mutex<Vec<u64>>,
    }

    #[async_trait]
    impl Provider for Limited {
        fn kind(&self) -> ProviderKind {
            ProviderKind::Openai
        }

        async fn complete(&self, _request: Request) -> Result<EventStream, ProviderError> {
            let mut asked = self.asked.lock().unwrap();
            asked.push(self.start.elapsed().as_secs());
            if asked.len() == 1 {
                let mut error = ProviderError::new(ProviderErrorKind::RateLimited, "slower");
                error.retry_after = Some(Duration::from_secs(30));
                return Err(error);
            }
            Ok(stream::iter([Ok(Event::Finished(FinishReason::Stop))]).boxed())
        }

        async fn default_model(&self) -> Result<String, ProviderError> {
            Ok("m".to_owned())
        }

        async fn probe(&self) -> Result<String, ProviderError> {
            Ok(String::new())
        }
    }

    fn request() -> Request {
        Request {
            model: "m".to_owned(),
            system: String::new(),
            user: Vec::new(),
            max_output_tokens: 100,
            prompt_tokens: 0,
            context_tokens: 0,
            temperature: None,
            seed: None,
            thinking: Default::default(),
            format: None,
            extension: Default::default(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_one_call_is_asked_for_is_waited_by_all_calls() {
        let folder = tempfile::tempdir().unwrap();
        let run = Run::start(folder.path(), "draft", "all", &Disk::real()).unwrap();
        let nobody = Arc::new(Nobody);
        let reporter = Arc::new(Reporter::new(nobody, run, std::time::Instant::now()));
        let server = Arc::new(Limited {
            start: Instant::now(),
            asked: Mutex::default(),
        });
        let settings = Settings::default();
        let model = ConnectedModel::of(Arc::clone(&server) as _, settings.outage);
        let asker = |role| Asker::new(&model, role, &settings, Arc::clone(&reporter));
        let (turned_away, reading) = (asker(Role::Audit), asker(Role::State));
        let (refining, asked) = (asker(Role::Refine).in_the_writing(), request());
        let second = Duration::from_secs(1);
        let late = async {
            tokio::time::sleep(second).await;
            let draft = async { model.complete(request()).await.map(|_| ()) };
            tokio::join!(
                reading.ask(&asked, |_| {}),
                refining.ask(&asked, |_| {}),
                draft
            )
        };
        let (first, (read, refined, draft)) = tokio::join!(turned_away.ask(&asked, |_| {}), late);
        assert!(first.is_ok() && read.is_ok() && refined.is_ok() && draft.is_ok());
        assert_eq!(*server.asked.lock().unwrap(), [0, 30, 30, 30, 30]);
    }

    /// A call that waits as the server asked waits behind no other, so no call has to take turns.
    #[tokio::test(start_paused = true)]
    async fn a_wait_that_the_server_asks_for_is_no_sign_of_a_server_with_one_slot() {
        let precedence = precedence::Precedence::new(Duration::from_secs(600));
        let mut limited = ProviderError::new(ProviderErrorKind::RateLimited, "slower");
        limited.retry_after = Some(Duration::from_secs(60));
        let patience = Duration::from_secs(15);
        let draft = precedence.draft().await;
        draft.head(patience, async {}).await;
        let turn = precedence.beside(Kind::Reading).await;
        precedence.hold().note(&limited);
        let call = async { precedence.hold().passed().await };
        assert!(turn.make(patience, call).await.is_some());
    }
}
