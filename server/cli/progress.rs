//! How a running job looks in a shell: bars on a terminal, plain lines elsewhere, or JSON.

use std::io::IsTerminal;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::engine::events::{JobEvent, Observer, SeamResult, Unit, Work};
use crate::story::controls::shown;

/// Shows a job until it is closed.
pub trait Display: Observer {
    /// Leaves the terminal as it was.
    fn close(&self) {}

    fn as_observer(self: Arc<Self>) -> Arc<dyn Observer>;
}

/// Chooses the display that suits where the output goes.
pub fn display(json: bool) -> Arc<dyn Display> {
    if json {
        Arc::new(JsonLines)
    } else if std::io::stderr().is_terminal() {
        Arc::new(Bars::new())
    } else {
        Arc::new(PlainLines::default())
    }
}

/// Prints one event a line on standard output.
struct JsonLines;

impl Observer for JsonLines {
    fn event(&self, event: &JobEvent) {
        output::print_json(event, false);
    }
}

impl Display for JsonLines {
    fn as_observer(self: Arc<Self>) -> Arc<dyn Observer> {
        self
    }
}

/// Prints a line for each step.
#[derive(Default)]
struct PlainLines {
    unit: Unit,
}

impl Observer for PlainLines {
    fn event(&self, event: &JobEvent) {
        self.unit.note(event);
        if let Some(line) = line(event, self.unit.as_str()) {
            output::note(&line);
        }
    }
}

impl Display for PlainLines {
    fn as_observer(self: Arc<Self>) -> Arc<dyn Observer> {
        self
    }
}

/// Draws a bar for the job that names the chunk in hand; steps scroll by above it.
struct Bars {
    bar: ProgressBar,
    unit: Unit,
}

impl Bars {
    fn new() -> Bars {
        let bar = ProgressBar::new(100);
        let style = ProgressStyle::with_template("{bar:30} {pos:>3} %  {msg}  {elapsed}");
        // The template is fixed; were it wrong, the default style would do.
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let unit = Unit::default();
        Bars { bar, unit }
    }
}

impl Observer for Bars {
    fn event(&self, event: &JobEvent) {
        self.unit.note(event);
        let unit = self.unit.as_str();
        if let Some(line) = line(event, unit) {
            self.bar.println(shown(&line));
        }
        match event {
            JobEvent::Progress {
                chunk,
                words,
                target_words,
                percent,
                words_per_second,
                ..
            } => {
                self.bar.set_position(u64::from(*percent));
                self.bar.set_message(format!(
                    "chunk {chunk}: {words}/{target_words} {unit}, {words_per_second:.0} {unit}/s"
                ));
            }
            JobEvent::ChunkSaved { percent, .. }
            | JobEvent::StateSaved {
                percent: Some(percent),
                ..
            } => self.bar.set_position(u64::from(*percent)),
            JobEvent::Plan(event) => {
                if let Some((message, percent)) = event.progress() {
                    self.bar.set_position(u64::from(percent));
                    self.bar.set_message(shown(&message).into_owned());
                }
            }
            _ => {}
        }
    }
}

impl Display for Bars {
    fn close(&self) {
        self.bar.finish_and_clear();
    }

    fn as_observer(self: Arc<Self>) -> Arc<dyn Observer> {
        self
    }
}

/// An event as a line for people; progress within a chunk has none.
fn line(event: &JobEvent, unit: &str) -> Option<String> {
    let line = match event {
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
            "{story}: {} {} of {chunks} chunks with {provider}/{model} (session {session})",
            work.doing(),
            to_write.len()
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
            "{story}: writing {} of {chunks} chunks, {target_words} {unit} in all, with {provider}/{model} (session {session})",
            to_write.len()
        ),
        JobEvent::ChunkStarted {
            chunk,
            title,
            words,
            target_words,
            ..
        } => match words {
            0 => format!("chunk {chunk} “{title}”: {target_words} {unit} to write"),
            _ => format!("chunk {chunk} “{title}”: going on at {words} of {target_words} {unit}"),
        },
        JobEvent::Progress { .. } | JobEvent::JobFinished { .. } => return None,
        JobEvent::Retry {
            chunk,
            wait_ms,
            patience_ms: Some(patience_ms),
            message,
            ..
        } => format!(
            "chunk {chunk}: the server is not ready, asked again in {:.1} s and for {:.0} s at most: {message}",
            *wait_ms as f64 / 1000.0,
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
            "chunk {chunk}: attempt {attempt} of {attempts} failed, next in {:.1} s: {message}",
            *wait_ms as f64 / 1000.0
        ),
        JobEvent::ChunkSaved {
            chunk,
            file,
            words,
            percent,
            chunk_ms,
            ..
        } => format!(
            "chunk {chunk}: {words} {unit} in {:.1} s, {percent} % done: {file}",
            *chunk_ms as f64 / 1000.0
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
        JobEvent::ChunkRefined { chunk, result, .. } => {
            format!("chunk {chunk} was refined: {}", result.words())
        }
        JobEvent::ChunkAudited {
            chunk, findings, ..
        } => match findings {
            0 => format!("chunk {chunk} was audited: no contradictions"),
            1 => {
                format!("chunk {chunk} was audited: 1 contradiction; `storywright check` shows it")
            }
            many => format!(
                "chunk {chunk} was audited: {many} contradictions; `storywright check` shows them"
            ),
        },
        // The end of the job tells it.
        JobEvent::ChunkFailed { ends_job: true, .. } => return None,
        JobEvent::ChunkFailed { chunk, message, .. } => format!("chunk {chunk} failed: {message}"),
        JobEvent::Warning { chunk, message, .. } => match chunk {
            Some(chunk) => format!("chunk {chunk}: {message}"),
            None => format!("note: {message}"),
        },
        JobEvent::Plan(event) => return event.line(),
    };
    Some(line)
}
