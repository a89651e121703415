//! Sends a job's events to its observer, and writes them as `[CHECKPOINT]` lines.
//!
//! A line says what happened, to which chunk, how many words, how far, how long: never prose,
//! prompts or keys.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use super::blocking::blocking;
use crate::events::inplace::InPlaceEvent;
use crate::events::job::{Course, JobEvent, Observer, Outcome, SeamResult, Unit};
use crate::events::phrases::because;
use crate::events::plan::PlanEvent;
use crate::provider::Usage;
use crate::session::{Run, Session, SpentCall, TokenUsage};
use crate::settings::Role;
use crate::writing::thought::Thought;

/// The code of the warning that the author typed where the text grows, so that writing ended there.
pub const STOPPED_BY_EDIT: &str = "stopped-by-edit";

/// The reporter of one job.
pub struct Reporter {
    observer: Arc<dyn Observer>,
    run: Run,
    started: Instant,
    /// What was told last of time and progress; held while an event is told, so that they come in order.
    course: Mutex<Course>,
    /// The warnings that were already given, which are the same for every chunk.
    told_once: Mutex<BTreeSet<String>>,
    /// The number of thinking tokens in all answers.
    thought: AtomicU64,
    unit: Unit,
}

/// Returns a function that tells an observer of a wait for the server, before a job has a reporter.
pub fn tell_of_wait(
    observer: Arc<dyn Observer>,
    started: Instant,
) -> impl Fn(String) + Send + Sync {
    move |message| {
        observer.event(&JobEvent::Warning {
            chunk: None,
            code: WAITING.to_owned(),
            message,
            elapsed_ms: millis(started.elapsed()),
        });
    }
}

/// The code of the warning that a server is waited for.
pub const WAITING: &str = "waiting-for-server";

/// The code of the warning that a setting was ignored.
const SETTING: &str = "setting";

/// Warns of settings that were ignored, before a server is asked for anything: they may cause what goes wrong
/// there. The job's own log gets them by [`Reporter::record_settings`].
pub fn tell_of_settings(observer: &dyn Observer, warnings: &[String], started: Instant) {
    for message in warnings {
        observer.event(&JobEvent::Warning {
            chunk: None,
            code: SETTING.to_owned(),
            message: message.clone(),
            elapsed_ms: millis(started.elapsed()),
        });
    }
}

impl Reporter {
    pub fn new(observer: Arc<dyn Observer>, run: Run, started: Instant) -> Reporter {
        Reporter {
            observer,
            run,
            started,
            course: Mutex::default(),
            told_once: Mutex::default(),
            thought: AtomicU64::new(0),
            unit: Unit::default(),
        }
    }

    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Returns the time since the job was started.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub fn elapsed_ms(&self) -> u64 {
        millis(self.elapsed())
    }

    /// Sends one event, after those that are being sent. Progress goes to observers only; everything else is a checkpoint.
    pub fn tell(&self, mut event: JobEvent) {
        let mut course = self.course.lock().unwrap_or_else(PoisonError::into_inner);
        event.follow(&mut course);
        self.record(&event);
        self.observer.event(&event);
    }

    /// Writes the warnings of [`tell_of_settings`] into the log.
    pub fn record_settings(&self, warnings: &[String]) {
        for message in warnings {
            self.record(&JobEvent::Warning {
                chunk: None,
                code: SETTING.to_owned(),
                message: message.clone(),
                elapsed_ms: self.elapsed_ms(),
            });
        }
    }

    fn record(&self, event: &JobEvent) {
        self.unit.note(event);
        if let Some(line) = event.checkpoint(self.unit.as_str()) {
            let mut entry = json!({
                "at": jiff::Timestamp::now().to_string(),
                "level": level(event),
                "message": line,
            });
            if let (Some(entry), Ok(serde_json::Value::Object(fields))) =
                (entry.as_object_mut(), serde_json::to_value(event))
            {
                entry.extend(fields.into_iter().filter(|(name, _)| name != "message"));
            }
            self.run.log(&entry);
            tracing::info!(target: "storywright::job", "{line}");
            self.observer.checkpoint(&line);
        }
    }

    /// Writes the usage of a call into the run's log, whether its answer was used or not; the draft's sums
    /// are computed from these lines. A call without usage leaves none.
    pub fn note_spent(&self, role: Role, model: &str, usage: Usage, cost: Option<f64>) {
        let tokens = [usage.input_tokens, usage.output_tokens];
        if tokens.iter().flatten().all(|count| *count == 0) {
            return;
        }
        let call = SpentCall {
            role: role.as_str().to_owned(),
            model: model.to_owned(),
            usage: token_usage(usage),
            cost,
        };
        self.run.log(&call.log_entry());
    }

    /// Counts the thinking tokens of a call.
    pub(crate) fn note_thought(&self, thought: &Thought) {
        self.thought.fetch_add(thought.tokens(), Ordering::Relaxed);
    }

    /// Returns the number of thinking tokens in all answers.
    pub fn thought(&self) -> u64 {
        self.thought.load(Ordering::Relaxed)
    }

    /// Adds the usage of this job to the sums of the draft.
    pub async fn count_spent(&self, session: &Session) {
        let session = session.clone();
        if let Err(error) = blocking(move || session.count_spent()).await {
            self.warn(None, "record", cause_chain(&error));
        }
    }

    /// Saves a report in the run's errors, or warns that it can't be saved.
    pub async fn keep_error(
        &self,
        chunk: Option<crate::story::ChunkNumber>,
        name: impl Into<String>,
        report: String,
    ) {
        let (run, name) = (self.run.clone(), name.into());
        let kept = blocking(move || run.error(&name, &report)).await;
        if let Err(error) = kept {
            self.warn(chunk, "record", cause_chain(&error));
        }
    }

    /// Ends the run's record with its summary, or warns that it can't be saved.
    pub async fn finish_run(&self, summary: String) {
        let run = self.run.clone();
        if let Err(error) = blocking(move || run.finish(&summary)).await {
            self.warn(None, "record", cause_chain(&error));
        }
    }

    /// Logs a fault of a chunk that has no event of its own, with all its causes: "chunk 3 stopped: …".
    pub fn log_error(
        &self,
        chunk: crate::story::ChunkNumber,
        what: &str,
        error: &(dyn std::error::Error + 'static),
    ) {
        let line = format!(
            "[CHECKPOINT] chunk {chunk} {what}: {error}{}; {:.1} s elapsed",
            because(&causes(error)),
            self.elapsed().as_secs_f64()
        );
        self.run.log(&json!({
            "at": jiff::Timestamp::now().to_string(),
            "level": "error",
            "message": line,
            "chunk": chunk,
        }));
        tracing::info!(target: "storywright::job", "{line}");
        self.observer.checkpoint(&line);
    }

    /// Warns the author, also in the log.
    pub fn warn(
        &self,
        chunk: Option<crate::story::ChunkNumber>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.tell(JobEvent::Warning {
            chunk,
            code: code.into(),
            message: message.into(),
            elapsed_ms: self.elapsed_ms(),
        });
    }

    /// Warns of something that concerns all of the job, the first time only.
    pub fn warn_once(&self, code: impl Into<String>, message: impl Into<String>) {
        let message = message.into();
        let mut told = self
            .told_once
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if told.insert(message.clone()) {
            drop(told);
            self.warn(None, code, message);
        }
    }
}

/// Converts usage to the form of the manifest.
pub(crate) fn token_usage(usage: Usage) -> TokenUsage {
    TokenUsage {
        input_tokens: usage.input_tokens,
        cached_tokens: usage.cached_tokens,
        output_tokens: usage.output_tokens,
        ..TokenUsage::default()
    }
}

/// Returns the causes of an error, from the nearest to the last.
pub fn causes(error: &dyn std::error::Error) -> Vec<String> {
    std::iter::successors(error.source(), |cause| cause.source())
        .map(ToString::to_string)
        .collect()
}

/// Returns a duration in whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Returns an error with the whole chain of its causes, in one line: for logs. A person is shown the error
/// alone, which says in words what happened.
pub fn cause_chain(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let mut told: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        let last = told.last().unwrap_or(&text);
        if !last.ends_with(&cause_text) {
            told.push(cause_text);
        }
        source = cause.source();
    }
    match (told.as_slice(), text.ends_with('.')) {
        ([], _) => text,
        (told, false) => format!("{text}: {}", told.join(": ")),
        // Behind whole sentences.
        (told, true) => format!("{text}{}", because(told)),
    }
}

fn level(event: &JobEvent) -> &'static str {
    match event {
        JobEvent::ChunkFailed { .. } => "error",
        JobEvent::Warning { .. } | JobEvent::Retry { .. } => "warn",
        JobEvent::Seam {
            result: SeamResult::Refused | SeamResult::Open,
            ..
        } => "warn",
        JobEvent::JobFinished { outcome, .. } if *outcome != Outcome::Complete => "warn",
        JobEvent::Plan(PlanEvent::Retry { .. }) => "warn",
        JobEvent::InPlace(InPlaceEvent::Finished { outcome, .. })
            if *outcome != Outcome::Complete =>
        {
            "warn"
        }
        JobEvent::Plan(PlanEvent::Finished { outcome, .. }) if *outcome != Outcome::Complete => {
            "warn"
        }
        _ => "info",
    }
}
