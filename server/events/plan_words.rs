//! Words the events of planning for people and logs.

use super::phrases::{because, ending, seconds, tokens};
use super::plan::PlanEvent;
use crate::story::counted::counted;

/// Returns an event of planning as a line that scrolls by; `None` for progress within a call.
pub(super) fn plan_line(event: &PlanEvent) -> Option<String> {
    Some(match event {
        PlanEvent::Started {
            story,
            provider,
            model,
            beats,
            to_plan,
            from_text,
            ..
        } => format!(
            "{story}: planning {} with {provider}/{model}",
            task(*beats, *to_plan, *from_text)
        ),
        PlanEvent::BeatSaved {
            number,
            title,
            percent,
            file,
            ..
        } => format!("beat {number} “{title}”, {percent} % done: {file}"),
        PlanEvent::Retry {
            wait_ms,
            patience_ms: Some(patience_ms),
            message,
            ..
        } => format!(
            "the server is not ready, asked again in {} and for {:.0} s at most: {message}",
            seconds(*wait_ms),
            *patience_ms as f64 / 1000.0
        ),
        PlanEvent::Retry {
            attempt,
            attempts,
            wait_ms,
            message,
            ..
        } => format!(
            "attempt {attempt} of {attempts} failed, next in {}: {message}",
            seconds(*wait_ms)
        ),
        PlanEvent::Progress { .. } | PlanEvent::Finished { .. } => return None,
    })
}

/// Returns an event of planning as a line of the log; `None` for progress within a call.
pub(super) fn plan_checkpoint(event: &PlanEvent) -> Option<String> {
    Some(match event {
        PlanEvent::Started {
            job,
            provider,
            model,
            beats,
            to_plan,
            from_text,
            ..
        } => format!(
            "{job} started: to plan {} with {provider}/{model}",
            task(*beats, *to_plan, *from_text)
        ),
        PlanEvent::Progress { .. } => return None,
        PlanEvent::BeatSaved {
            number,
            beat,
            percent,
            elapsed_ms,
            ..
        } => format!(
            "beat {number} ({beat}) saved, {percent} %, {} elapsed",
            seconds(*elapsed_ms)
        ),
        PlanEvent::Retry {
            planned,
            attempt,
            attempts,
            wait_ms,
            patience_ms,
            message,
            causes,
            elapsed_ms,
        } => format!(
            "{} with {} planned, next in {}: {message}{}; {} elapsed",
            match patience_ms {
                Some(_) => "server not ready".to_owned(),
                None => format!("attempt {attempt} of {attempts} failed"),
            },
            counted(planned, "beat"),
            seconds(*wait_ms),
            because(causes),
            seconds(*elapsed_ms)
        ),
        PlanEvent::Finished {
            outcome,
            planned,
            missing,
            usage,
            elapsed_ms,
            ..
        } => format!(
            "job {}: {} planned, {missing} missing, {} tokens, {} elapsed",
            ending(*outcome),
            counted(planned, "beat"),
            tokens(usage),
            seconds(*elapsed_ms)
        ),
    })
}

/// Returns what is planned, beside how much that is there.
fn task(beats: u32, to_plan: u32, from_text: bool) -> String {
    match from_text {
        true => format!(
            "{} from the text",
            counted(format!("{to_plan} of {beats}"), "beat")
        ),
        false => format!("{} beside {beats}", counted(to_plan, "beat")),
    }
}
