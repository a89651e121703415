//! Words events for people; shells, editors and logs all take their words from here.

use super::inplace::InPlaceEvent;
use super::job::{JobEvent, SeamResult, Work};
use super::phrases::{because, ending, seconds, tokens};
use super::plan::PlanEvent;
use super::plan_words::{plan_checkpoint, plan_line};
use crate::story::counted::counted;

/// The progress of a job in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub message: String,
    /// The progress of the job in per cent, 0 to 100; `None` where it is unchanged.
    pub percent: Option<u32>,
}

impl JobEvent {
    /// Returns the event as a line that scrolls by; `None` for progress within a chunk.
    pub fn line(&self, unit: &str) -> Option<String> {
        let line = match self {
            JobEvent::JobStarted {
                work,
                story,
                session,
                provider,
                model,
                chunks,
                to_write,
                ..
            } if *work != Work::Write => format!(
                "{story}: {} {} with {provider}/{model} (session {session})",
                work.doing(),
                counted(format!("{} of {chunks}", to_write.len()), "chunk")
            ),
            JobEvent::JobStarted {
                story,
                session,
                provider,
                model,
                chunks,
                to_write,
                target_words,
                ..
            } => format!(
                "{story}: writing {}, {target_words} {unit} in all, with {provider}/{model} (session {session})",
                counted(format!("{} of {chunks}", to_write.len()), "chunk")
            ),
            JobEvent::ChunkStarted {
                chunk,
                title,
                words,
                target_words,
                ..
            } => match words {
                0 => format!("chunk {chunk} “{title}”: {target_words} {unit} to write"),
                _ => {
                    format!("chunk {chunk} “{title}”: going on at {words} of {target_words} {unit}")
                }
            },
            JobEvent::Progress { .. } | JobEvent::JobFinished { .. } => return None,
            JobEvent::Retry {
                chunk,
                wait_ms,
                patience_ms: Some(patience_ms),
                message,
                ..
            } => format!(
                "chunk {chunk}: the server is not ready, asked again in {} and for {:.0} s at most: {message}",
                seconds(*wait_ms),
                *patience_ms as f64 / 1000.0
            ),
            JobEvent::Retry {
                chunk,
                attempt,
                attempts,
                wait_ms,
                message,
                ..
            } => format!(
                "chunk {chunk}: attempt {attempt} of {attempts} failed, next in {}: {message}",
                seconds(*wait_ms)
            ),
            JobEvent::ChunkSaved {
                chunk,
                file,
                words,
                percent,
                chunk_ms,
                ..
            } => format!(
                "chunk {chunk}: {words} {unit} in {}, {percent} % done: {file}",
                seconds(*chunk_ms)
            ),
            // Beside the writing nobody has to watch it.
            JobEvent::StateSaved { percent: None, .. } => return None,
            JobEvent::StateSaved {
                chunk,
                facts,
                percent: Some(percent),
                ..
            } => format!(
                "chunk {chunk}: read, {facts} {} noted, {percent} % done",
                if *facts == 1 { "fact" } else { "facts" }
            ),
            JobEvent::Seam {
                chunk,
                result,
                message,
                ..
            } => {
                let did = match result {
                    SeamResult::Fitted => "its beginning was fitted to the chunk before",
                    SeamResult::Fits => "its beginning follows well on the chunk before",
                    SeamResult::Refused => "its beginning stays as it was",
                    SeamResult::Open => "its beginning is not fitted to the chunk before yet",
                };
                match message {
                    Some(why) => format!("chunk {chunk}: {did}: {why}"),
                    None => format!("chunk {chunk}: {did}"),
                }
            }
            JobEvent::CandidateSaved {
                chunk, candidate, ..
            } => format!("candidate {candidate} of chunk {chunk} is there"),
            JobEvent::ChunkRefined { chunk, result, .. } => {
                format!("chunk {chunk} was refined: {}", result.words())
            }
            JobEvent::ChunkAudited {
                chunk, findings, ..
            } => match findings {
                0 => format!("chunk {chunk} was audited: no contradictions"),
                1 => {
                    format!(
                        "chunk {chunk} was audited: 1 contradiction; `storywright check` shows it"
                    )
                }
                many => format!(
                    "chunk {chunk} was audited: {many} contradictions; `storywright check` shows them"
                ),
            },
            // The end of the job tells it.
            JobEvent::ChunkFailed { ends_job: true, .. } => return None,
            JobEvent::ChunkFailed { chunk, message, .. } => {
                format!("chunk {chunk} failed: {message}")
            }
            JobEvent::Warning { chunk, message, .. } => match chunk {
                Some(chunk) => format!("chunk {chunk}: {message}"),
                None => format!("note: {message}"),
            },
            JobEvent::Plan(event) => return plan_line(event),
            JobEvent::InPlace(event) => return inplace_line(event),
        };
        Some(line)
    }

    /// Returns the progress of the job at this event, for a bar; `None` for most events.
    pub fn progress(&self, unit: &str) -> Option<Progress> {
        let (message, percent) = match self {
            JobEvent::Progress {
                chunk,
                words,
                target_words,
                percent,
                words_per_second,
                ..
            } => (
                format!(
                    "chunk {chunk}: {words}/{target_words} {unit}{}",
                    pace(*words_per_second, unit)
                ),
                Some(*percent),
            ),
            JobEvent::ChunkSaved {
                chunk,
                words,
                percent,
                ..
            } => (
                format!("chunk {chunk} saved: {words} {unit}"),
                Some(*percent),
            ),
            JobEvent::Retry {
                chunk,
                wait_ms,
                patience_ms: Some(_),
                ..
            } => {
                let seconds = wait_ms.div_ceil(1000);
                (
                    format!("chunk {chunk} waits for the server, asked again in {seconds} s"),
                    None,
                )
            }
            JobEvent::StateSaved {
                chunk,
                percent: Some(percent),
                ..
            } => (format!("chunk {chunk} read"), Some(*percent)),
            JobEvent::Plan(PlanEvent::Progress {
                planned,
                to_plan,
                percent,
                words_per_second,
                unit,
                ..
            }) => (
                format!("{planned}/{to_plan} beats{}", pace(*words_per_second, unit)),
                Some(*percent),
            ),
            JobEvent::Plan(PlanEvent::BeatSaved { title, percent, .. }) => {
                (format!("“{title}” planned"), Some(*percent))
            }
            JobEvent::InPlace(InPlaceEvent::Progress {
                words,
                target_words,
                percent,
                words_per_second,
                unit,
                ..
            }) => (
                format!(
                    "{words}/{target_words} {unit}{}",
                    pace(*words_per_second, unit)
                ),
                Some(*percent),
            ),
            _ => return None,
        };
        Some(Progress { message, percent })
    }

    /// Returns the closing message of a job, from the event that ends it.
    pub fn conclusion(&self) -> Option<&str> {
        match self {
            JobEvent::JobFinished { message, .. }
            | JobEvent::Plan(PlanEvent::Finished { message, .. })
            | JobEvent::InPlace(InPlaceEvent::Finished { message, .. }) => Some(message),
            _ => None,
        }
    }

    /// Returns the event as a `[CHECKPOINT]` line of a log: no prose, no prompt, no key.
    pub fn checkpoint(&self, unit: &str) -> Option<String> {
        let text = match self {
            JobEvent::JobStarted {
                job,
                work,
                session,
                provider,
                model,
                to_write,
                chunks,
                words,
                target_words,
                ..
            } => format!(
                "{job} started: session {session}, {} to {} with {provider}/{model}; {words} of \
                 {target_words} {unit} are there",
                counted(format!("{} of {chunks}", to_write.len()), "chunk"),
                work.as_str()
            ),
            JobEvent::ChunkStarted {
                chunk,
                words,
                target_words,
                percent,
                elapsed_ms,
                ..
            } => format!(
                "chunk {chunk} started: {words}/{target_words} {unit}, {percent} %, {} elapsed",
                seconds(*elapsed_ms)
            ),
            JobEvent::Progress { .. } => return None,
            JobEvent::Retry {
                chunk,
                words,
                attempt,
                attempts,
                wait_ms,
                patience_ms,
                message,
                causes,
                elapsed_ms,
            } => format!(
                "chunk {chunk} {} at {words} {unit}, next in {}: {message}{}; {} elapsed",
                match patience_ms {
                    Some(_) => "waits for the server".to_owned(),
                    None => format!("attempt {attempt} of {attempts} failed"),
                },
                seconds(*wait_ms),
                because(causes),
                seconds(*elapsed_ms)
            ),
            JobEvent::ChunkSaved {
                chunk,
                words,
                target_words,
                percent,
                usage,
                elapsed_ms,
                ..
            } => format!(
                "chunk {chunk} saved: {words}/{target_words} {unit}, {percent} %, {} elapsed, {} tokens",
                seconds(*elapsed_ms),
                tokens(usage)
            ),
            JobEvent::ChunkFailed {
                chunk,
                words,
                message,
                causes,
                elapsed_ms,
                ..
            } => format!(
                "chunk {chunk} failed at {words} {unit}: {message}{}; {} elapsed",
                because(causes),
                seconds(*elapsed_ms)
            ),
            JobEvent::StateSaved {
                chunk,
                facts,
                usage,
                elapsed_ms,
                ..
            } => format!(
                "chunk {chunk} read: {}, {} elapsed, {} tokens",
                counted(facts, "fact"),
                seconds(*elapsed_ms),
                tokens(usage)
            ),
            JobEvent::Seam {
                chunk,
                result,
                words,
                message,
                usage,
                elapsed_ms,
            } => format!(
                "chunk {chunk} beginning {}: {words} {unit}, {} elapsed, {} tokens{}",
                match result {
                    SeamResult::Fitted => "fitted to the chunk before",
                    SeamResult::Fits => "fits",
                    SeamResult::Refused => "left as it was",
                    SeamResult::Open => "not looked at yet",
                },
                seconds(*elapsed_ms),
                tokens(usage),
                message
                    .as_ref()
                    .map_or_else(String::new, |message| format!("; {message}"))
            ),
            JobEvent::CandidateSaved {
                chunk,
                candidate,
                words,
                usage,
                elapsed_ms,
                ..
            } => format!(
                "candidate {candidate} of chunk {chunk}: {words} {unit}, {} elapsed, {} tokens",
                seconds(*elapsed_ms),
                tokens(usage)
            ),
            JobEvent::ChunkRefined {
                chunk,
                result,
                words,
                usage,
                elapsed_ms,
                ..
            } => format!(
                "chunk {chunk} refined to {words} {unit}: {}; {} elapsed, {} tokens",
                result.words(),
                seconds(*elapsed_ms),
                tokens(usage)
            ),
            JobEvent::ChunkAudited {
                chunk,
                findings,
                usage,
                elapsed_ms,
                ..
            } => format!(
                "chunk {chunk} audited: {}, {} elapsed, {} tokens",
                counted(findings, "contradiction"),
                seconds(*elapsed_ms),
                tokens(usage)
            ),
            JobEvent::Warning { chunk, message, .. } => match chunk {
                Some(chunk) => format!("chunk {chunk} warning: {message}"),
                None => format!("warning: {message}"),
            },
            JobEvent::JobFinished {
                outcome,
                words,
                target_words,
                written,
                incomplete,
                elapsed_ms,
                ..
            } => format!(
                "job {}: {} written, {} not complete, {words}/{target_words} {unit}, {} elapsed",
                ending(*outcome),
                counted(written, "chunk"),
                incomplete.len(),
                seconds(*elapsed_ms)
            ),
            JobEvent::Plan(event) => plan_checkpoint(event)?,
            JobEvent::InPlace(event) => inplace_checkpoint(event)?,
        };
        Some(format!("[CHECKPOINT] {text}"))
    }
}

fn inplace_line(event: &InPlaceEvent) -> Option<String> {
    match event {
        InPlaceEvent::Started {
            task,
            provider,
            model,
            target_words,
            unit,
            ..
        } => Some(format!(
            "{task}: {target_words} {unit} with {provider}/{model}"
        )),
        InPlaceEvent::Progress { .. } | InPlaceEvent::Finished { .. } => None,
    }
}

fn inplace_checkpoint(event: &InPlaceEvent) -> Option<String> {
    match event {
        InPlaceEvent::Started {
            job,
            task,
            provider,
            model,
            words,
            target_words,
            unit,
        } => Some(format!(
            "{job} started: {task} at one place, {target_words} {unit} for {words} that are there, with {provider}/{model}"
        )),
        InPlaceEvent::Progress { .. } => None,
        InPlaceEvent::Finished {
            outcome,
            words,
            usage,
            elapsed_ms,
            ..
        } => Some(format!(
            "job {}: {words} in the document, {} tokens, {} elapsed",
            ending(*outcome),
            tokens(usage),
            seconds(*elapsed_ms)
        )),
    }
}

/// Returns how fast text comes, to put behind a length; empty while none has come.
fn pace(words_per_second: f64, unit: &str) -> String {
    match words_per_second {
        none if none < 0.05 => String::new(),
        slow if slow < 9.95 => format!(", {slow:.1} {unit}/s"),
        fast => format!(", {fast:.0} {unit}/s"),
    }
}
