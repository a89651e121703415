//! Writes the texts of a run's record for people: its summary, and a report for each failure.

use std::time::Duration;

use super::background_calls::{Purpose, Spent};
use super::reporter::cause_chain;
use crate::events::job::Outcome;
use crate::events::outcomes::{Fate, SeamEnd, SeamOutcome};
use crate::provider::{FinishReason, ProviderError, Usage};
use crate::session::SessionId;
use crate::story::ChunkNumber;
use crate::story::ids::chunks;
use crate::writing::accept::{Cut, Fault};

/// The result of one chunk in a job.
#[derive(Debug, Clone)]
pub struct ChunkOutcome {
    pub number: ChunkNumber,
    pub title: String,
    pub words: u32,
    pub target_words: u32,
    pub elapsed: Duration,
    pub usage: Usage,
    pub cost: Option<f64>,
    pub attempts: u32,
    /// The reason why it is not complete.
    pub failure: Option<String>,
    pub end: ChunkEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkEnd {
    Complete,
    Partial,
    Failed,
}

/// The data of a summary.
pub struct Summary<'a> {
    pub story: &'a str,
    pub session: &'a SessionId,
    pub asked: &'a str,
    pub provider: &'a str,
    /// The model that answers.
    pub model: &'a str,
    /// The model that was asked for, where another one answers.
    pub asked_model: Option<String>,
    pub outcome: Outcome,
    pub message: &'a str,
    pub outcomes: &'a [ChunkOutcome],
    pub seams: &'a [SeamOutcome],
    pub words: u32,
    pub target_words: u32,
    /// The unit of lengths: "words" or "characters".
    pub unit: &'a str,
    /// The usage of all calls, background calls included.
    pub usage: Usage,
    /// The usage of background calls, by purpose.
    pub beside: &'a [(Purpose, Spent)],
    pub cost: Option<f64>,
    /// The number of thinking tokens.
    pub thought: u64,
    pub elapsed: Duration,
}

/// The places on disk of a job's texts.
pub struct Safety<'a> {
    /// The length of the story on disk, in words (characters for CJK); `None` where that can't be read.
    pub saved: Option<u32>,
    /// The texts that are not in their own files.
    pub unsaved: &'a [Fate],
    /// The unit of lengths: "words" or "characters".
    pub unit: &'a str,
}

impl Safety<'_> {
    /// Returns a sentence that says where all text is, and that the same command continues from there.
    fn sentence(&self) -> String {
        let go_on = "the same command goes on from there.";
        if self.unsaved.is_empty() {
            return match self.saved {
                Some(_) => format!("All text so far is saved; {go_on}"),
                None => format!("What is on disk can't be read now; {go_on}"),
            };
        }
        let unit = self.unit;
        let fates = self.unsaved.iter().map(|fate| match &fate.file {
            Some(file) => format!(
                "{} {unit} of chunk {} could not be saved in its file and are in {}",
                fate.words,
                fate.number,
                file.display()
            ),
            None => format!(
                "{} {unit} of chunk {} could not be saved and are in no file",
                fate.words, fate.number
            ),
        });
        let fates: Vec<String> = fates.collect();
        let saved = match self.saved {
            Some(saved) => format!("{saved} {unit} of the story are saved"),
            None => "what else is on disk can't be read now".to_owned(),
        };
        format!("{}; {saved}, and {go_on}", fates.join("; "))
    }
}

/// The chunks that a job leaves to be written.
#[derive(Debug)]
pub struct Rest<'a> {
    /// The incomplete chunks of the whole story.
    pub incomplete: &'a [ChunkNumber],
    /// The chunks that were asked for, where not the whole story was.
    pub named: Option<&'a [ChunkNumber]>,
    /// The path of the assembled story.
    pub full_story: &'a str,
}

impl Rest<'_> {
    /// Makes it for a story of which nothing is left.
    pub fn nothing(full_story: &str) -> Rest<'_> {
        Rest {
            incomplete: &[],
            named: None,
            full_story,
        }
    }

    /// Returns a sentence about what is left of what was asked for; `None` where only other chunks are.
    fn left(&self) -> Option<String> {
        if self.incomplete.is_empty() {
            return Some(format!("the story is complete: {}", self.full_story));
        }
        let is_asked =
            |number: &&ChunkNumber| self.named.is_none_or(|named| named.contains(number));
        let left: Vec<ChunkNumber> = self.incomplete.iter().filter(is_asked).copied().collect();
        (!left.is_empty()).then(|| format!("still to write: {}", chunks(&left)))
    }
}

/// Returns one or two sentences: the result, what is safe, what to do next.
pub fn message(
    outcome: Outcome,
    stop: Option<&str>,
    outcomes: &[ChunkOutcome],
    seams: &[SeamOutcome],
    rest: &Rest<'_>,
    gone_over: &[String],
    safety: &Safety<'_>,
) -> String {
    let written = outcomes
        .iter()
        .filter(|chunk| chunk.end == ChunkEnd::Complete)
        .count();
    let done = match written {
        0 => "no chunk was completed".to_owned(),
        1 => "1 chunk was written".to_owned(),
        n => format!("{n} chunks were written"),
    };
    let done = [&[done], gone_over].concat().join(", ");
    let left = rest.left();
    let is_complete = rest.incomplete.is_empty();
    let full_story = rest.full_story;
    let all = match &left {
        Some(left) => format!("{done}; {left}"),
        None => done,
    };
    let go_on = safety.sentence();
    match (outcome, stop) {
        (Outcome::Complete, _) if written == 0 && is_complete => {
            let left = format!("the story is complete: {full_story}");
            match seams.len() {
                0 if !gone_over.is_empty() => format!("{}; {left}", gone_over.join(", ")),
                0 => format!("nothing to write: {left}"),
                1 => format!("the beginning of 1 chunk was looked at again; {left}"),
                n => format!("the beginnings of {n} chunks were looked at again; {left}"),
            }
        }
        (Outcome::Complete, _) => all,
        (Outcome::Cancelled, _) => format!("cancelled: {all}. {go_on}"),
        (Outcome::Incomplete, Some(stopped)) => {
            format!("{stopped}. {}. {go_on}", capitalised(&all))
        }
        (Outcome::Incomplete, None) => {
            let failures: Vec<String> = outcomes
                .iter()
                .filter_map(|chunk| {
                    Some(format!(
                        "chunk {}: {}",
                        chunk.number,
                        chunk.failure.as_ref()?
                    ))
                })
                .collect();
            format!("{all} ({}). {go_on}", failures.join("; "))
        }
    }
}

/// Returns a job's closing message with its stale chunks, if any.
pub fn with_stale(message: String, stale: &[ChunkNumber]) -> String {
    match stale_words(stale) {
        Some(words) => format!("{}. {words}", message.trim_end_matches('.')),
        None => message,
    }
}

/// Returns a sentence about the stale chunks and what can be done about them; `None` where there are none.
pub fn stale_words(stale: &[ChunkNumber]) -> Option<String> {
    let verb = match stale.len() {
        0 => return None,
        1 => "is",
        _ => "are",
    };
    Some(format!(
        "{} {verb} stale: `storywright status --stale` says why, `storywright rewrite --stale` writes anew, \
         `storywright keep --all` keeps the text",
        capitalised(&chunks(stale))
    ))
}

/// Returns the results of refining and audits, such as "2 chunks were refined".
pub fn gone_over(beside: &[(Purpose, Spent)]) -> Vec<String> {
    let passes = beside.iter().filter(|(it, _)| *it != Purpose::States);
    let done = passes.filter_map(|(purpose, spent)| match spent.chunks {
        0 => None,
        1 => Some(format!("1 chunk was {}", purpose.done())),
        n => Some(format!("{n} chunks were {}", purpose.done())),
    });
    done.collect()
}

pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// Returns the text of the run's `summary.md`.
pub fn summary(summary: &Summary<'_>) -> String {
    let asked = match &summary.asked_model {
        Some(asked) => format!(" (asked for: {asked})"),
        None => String::new(),
    };
    let mut text = format!(
        "# {}: {}\n\n{}\n\n- Session: {}\n- Asked for: {}\n- Written by: {}/{}{}\n- Length of the story: {} of {} {}\n- Time: {:.1} s\n",
        summary.story,
        outcome_word(summary.outcome),
        capitalised(summary.message),
        summary.session,
        summary.asked,
        summary.provider,
        summary.model,
        asked,
        summary.words,
        summary.target_words,
        summary.unit,
        summary.elapsed.as_secs_f64(),
    );
    let tokens =
        |count: Option<u64>| count.map_or_else(|| "unknown".to_owned(), |count| count.to_string());
    text.push_str(&format!(
        "- Tokens: {} in ({} cached), {} out\n",
        tokens(summary.usage.input_tokens),
        tokens(summary.usage.cached_tokens),
        tokens(summary.usage.output_tokens),
    ));
    for (purpose, spent) in summary.beside.iter().filter(|(_, spent)| spent.calls > 0) {
        text.push_str(&format!(
            "- Of these for {}: {} in, {} out (chunks {}: {}; calls: {}; model: {})\n",
            purpose.as_str(),
            tokens(spent.usage.input_tokens),
            tokens(spent.usage.output_tokens),
            purpose.done(),
            spent.chunks,
            spent.calls,
            spent.model,
        ));
    }
    if summary.thought > 0 {
        let thought = summary.thought;
        text.push_str(&format!("- Of these for thinking: {thought} out\n"));
    }
    if let Some(cost) = summary.cost {
        text.push_str(&format!("- Cost: {cost:.4}\n"));
    }
    if !summary.seams.is_empty() {
        let fitted = summary
            .seams
            .iter()
            .filter(|seam| seam.end == SeamEnd::Fitted);
        text.push_str(&format!(
            "- Beginnings fitted to the chunk before: {} of {}\n",
            fitted.count(),
            summary.seams.len()
        ));
    }
    if !summary.outcomes.is_empty() {
        text.push_str("\n| chunk | title | length | target | calls | time | outcome |\n|---|---|---|---|---|---|---|\n");
    }
    for chunk in summary.outcomes {
        let outcome = match (&chunk.failure, chunk.end) {
            (Some(why), _) => why.replace('|', "\\|").replace('\n', " "),
            (None, ChunkEnd::Complete) => "complete".to_owned(),
            (None, ChunkEnd::Partial | ChunkEnd::Failed) => "partial".to_owned(),
        };
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {:.1} s | {outcome} |\n",
            chunk.number,
            chunk.title.replace('|', "\\|"),
            chunk.words,
            chunk.target_words,
            chunk.attempts,
            chunk.elapsed.as_secs_f64(),
        ));
    }
    text
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "complete",
        Outcome::Incomplete => "incomplete",
        Outcome::Cancelled => "cancelled",
    }
}

/// Returns the report of a failure: causes, the server's message, and the text received so far.
pub fn error_report(what: &str, why: &str, error: Option<&ProviderError>, prose: &str) -> String {
    let mut text = format!("# {what}\n\n{why}\n");
    if let Some(error) = error {
        text.push_str(&format!(
            "\n- Cause: {}\n- Kind: {:?}\n",
            cause_chain(error),
            error.kind
        ));
        if let Some(status) = error.status {
            text.push_str(&format!("- HTTP status: {status}\n"));
        }
        for (name, value) in &error.headers {
            text.push_str(&format!("- {name}: {value}\n"));
        }
    }
    text.push_str(&format!("\n## Text received so far\n\n{prose}\n"));
    text
}

/// Returns the report of a refused answer: the reason, and all of its text.
pub fn refused_answer(number: ChunkNumber, fault: &Fault, text: &str) -> String {
    format!(
        "# An answer for chunk {number} was refused\n\n- Check: {}\n- Why: {}\n\n## The answer\n\n{text}\n",
        fault.check.code(),
        fault.what
    )
}

/// Returns the report of what was cut from the answers for a chunk.
pub fn left_out(number: ChunkNumber, cuts: &[Cut]) -> String {
    let mut text = format!(
        "# What was left out of chunk {number}\n\nNone of this is in the chunk. What should be can be copied back.\n"
    );
    for cut in cuts {
        text.push_str(&format!(
            "\n## {}\n\n{}\n",
            cut.check.code(),
            cut.text.trim_end()
        ));
    }
    text
}

/// Returns the message of a job whose chunks were all complete already.
pub fn complete_already(numbers: &[ChunkNumber]) -> String {
    match numbers {
        [number] => format!(
            "nothing to write: chunk {number} is complete. `storywright rewrite --chunk {number}` writes it anew"
        ),
        _ => format!("nothing to write: {} are complete", chunks(numbers)),
    }
}

/// Returns a finish reason in the form of the manifest.
pub fn finish_reason(reason: &FinishReason) -> String {
    match reason {
        FinishReason::Stop => "stop".to_owned(),
        FinishReason::Length => "length".to_owned(),
        FinishReason::ContextFull => "context_full".to_owned(),
        FinishReason::Refusal => "refusal".to_owned(),
        FinishReason::Other(reason) => reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All text was said to be saved, whether it was or not.
    #[test]
    fn what_is_safe_is_told_as_it_was_seen() {
        let rescued = |file: Option<&str>| Fate {
            number: ChunkNumber(2),
            words: 145,
            file: file.map(Into::into),
        };
        for (saved, unsaved, expected) in [
            (
                Some(0),
                vec![],
                "All text so far is saved; the same command goes on from there.",
            ),
            (
                None,
                vec![],
                "What is on disk can't be read now; the same command goes on from there.",
            ),
            (
                Some(150),
                vec![rescued(Some("rescue/x.md"))],
                "145 words of chunk 2 could not be saved in its file and are in rescue/x.md; 150 words of the story \
                 are saved, and the same command goes on from there.",
            ),
            (
                None,
                vec![rescued(None)],
                "145 words of chunk 2 could not be saved and are in no file; what else is on disk can't be read now, \
                 and the same command goes on from there.",
            ),
        ] {
            let safety = Safety {
                saved,
                unsaved: &unsaved,
                unit: "words",
            };
            assert_eq!(safety.sentence(), expected);
        }
    }
}
