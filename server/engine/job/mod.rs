//! A job: writes chunks, saves, assembles, reports; can be cancelled at any moment.
//!
//! Workers draft, several at a time where the order allows it; what they bring is taken in by
//! one [`reducer`], which alone decides what comes next. What follows a complete chunk without
//! the job waiting for it is in [`background`].

pub mod background;
mod follow;
mod hold;
mod reducer;
mod seams;
mod settle;
mod unsaved;

use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

pub(super) use hold::Hold;
pub(super) use reducer::Results;
pub use seams::{SeamEnd, SeamOutcome};
pub use unsaved::Fate;
use unsaved::Unsaved;

use super::blocking;
use super::brief_watch::BriefWatch;
use super::editor::Editor;
use super::events::Outcome;
use super::extract::Beside;
use super::job_report::Progress;
use super::pass::Pass;
use super::passes::{Left, Passes};
use super::queue::{Lineup, Queue};
use super::report::Reporter;
use super::schedule::{Schedule, in_force};
use super::settings::{Order, Settings};
use super::single::SingleCall;
use super::size::Measured;
use super::status::relative;
use super::story_file::StoryFile;
use super::workshop::{OpenSession, Reach};
use super::writer::Writer;
use crate::provider::{ProviderError, ProviderErrorKind, Usage};
use crate::session::{ChunkView, Session, TokenUsage};
use crate::story::{Brief, ChunkNumber};
use reducer::Reducer;

/// A running job.
pub struct Job {
    pub(super) id: String,
    /// What was asked for, for the run's records.
    pub(super) asked: String,
    pub(super) story: Arc<StoryFile>,
    pub(super) settings: Settings,
    pub(super) writer: Writer,
    open: Arc<OpenSession>,
    editor: Arc<dyn Editor>,
    reporter: Arc<Reporter>,
    /// Go over what is complete, where the settings say so.
    passes: Passes,
    pub(super) progress: Mutex<Progress>,
    hold: Hold,
    /// Where chunks come from while the story is written in one call.
    pub(super) single: SingleCall,
    /// The chunks that were asked for, where not the whole story was.
    pub(super) named: Option<Vec<ChunkNumber>>,
    /// The one note in the margin that is to be carried out, where one is named.
    pub(super) only_note: Option<String>,
    /// How fast the model writes, and how much at once.
    pub(super) measured: Measured,
    /// Reads what is complete, beside the writing.
    beside: Beside,
    /// Notices what the author changes meanwhile.
    pub(super) watch: Option<Arc<BriefWatch>>,
    /// Texts that could not be saved.
    unsaved: Mutex<Vec<Unsaved>>,
}

/// How a job came out.
#[derive(Debug, Clone)]
pub struct Finished {
    pub outcome: Outcome,
    pub message: String,
}

impl Finished {
    pub(super) fn cancelled_early() -> Finished {
        Finished {
            outcome: Outcome::Cancelled,
            message: "cancelled before anything was asked for; nothing changed".to_owned(),
        }
    }
}

impl Job {
    #[allow(clippy::too_many_arguments)] // Once, from one place: these are its fields.
    pub(super) fn new(
        id: String,
        asked: String,
        story: Arc<StoryFile>,
        settings: Settings,
        writer: Writer,
        open: Arc<OpenSession>,
        editor: Arc<dyn Editor>,
        reporter: Arc<Reporter>,
        beside: Beside,
    ) -> Job {
        let pass = Pass {
            session: open.session.clone(),
            story: Arc::clone(&story),
            settings: Arc::new(settings.clone()),
            editor: Arc::clone(&editor),
            reporter: Arc::clone(&reporter),
        };
        Job {
            passes: Passes::new(&pass, &writer),
            id,
            asked,
            story,
            settings,
            writer,
            open,
            editor,
            reporter,
            progress: Mutex::default(),
            hold: Hold::default(),
            single: SingleCall::off(),
            named: None,
            only_note: None,
            measured: Measured::default(),
            beside,
            watch: None,
            unsaved: Mutex::default(),
        }
    }

    pub(super) fn brief(&self) -> &Brief {
        &self.story.brief
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn writer(&self) -> &Writer {
        &self.writer
    }

    pub(super) fn session(&self) -> &Session {
        &self.open.session
    }

    pub(super) fn editor(&self) -> &dyn Editor {
        self.editor.as_ref()
    }

    pub(super) fn reporter(&self) -> &Reporter {
        &self.reporter
    }

    /// Tells the author what of their changes this job does not go by.
    pub(super) async fn tell_of_changes(&self) {
        let Some(watch) = self.watch.clone() else {
            return;
        };
        let editor = Arc::clone(&self.editor);
        let changes = blocking(move || watch.look(editor.as_ref())).await;
        for change in changes {
            self.reporter.warn(None, change.code, change.message);
        }
    }

    /// What holds every call of the job back for as long as the server asked for.
    pub(super) fn hold(&self) -> &Hold {
        &self.hold
    }

    /// A server that asks for a wait asks it of all calls; where it is longer than is waited
    /// at all, the call that was told so ends the job.
    pub(super) fn note_wait(&self, error: &ProviderError) {
        let longest = self.settings.outage;
        let asked = error.retry_after.filter(|wait| *wait <= longest);
        if let (ProviderErrorKind::RateLimited, Some(wait)) = (error.kind, asked) {
            self.hold.extend(wait);
        }
    }

    /// Goes over what is `left` of earlier jobs, writes the queue, closes the seams, and tells
    /// how it ended.
    pub(super) async fn write(
        self: &Arc<Self>,
        queue: Queue,
        schedule: Schedule,
        left: Left,
        cancel: &CancellationToken,
    ) -> Finished {
        let Queue {
            lineup,
            claim,
            reach,
        } = queue;
        let Lineup { closes_seams, .. } = lineup;
        self.tell_started(&schedule).await;
        let to_write: Vec<ChunkNumber> = schedule.steps().map(|step| step.task.number).collect();
        let left = left.without(&to_write);
        self.beside.catch_up(to_write.clone());
        let is_empty = to_write.is_empty();
        let mut reducer = Reducer::new(self, schedule, claim.is_story());
        reducer.catch_up(&left, cancel).await;
        let writing = self.writer.precedence.writing();
        let follows = reach == Reach::Following;
        let is_serial = in_force(self.settings.order, self.brief()) == Order::Serial;
        if follows && is_serial {
            reducer.line_up(Schedule::new(self.brief(), &[], Order::Serial, 1));
            reducer.follow(&to_write, cancel).await;
        } else {
            if follows {
                // What it is written from is known when that was read.
                self.beside.idle(cancel).await;
            }
            reducer.write(cancel).await;
            if follows {
                // One that was written beside others may be stale by what they became: by what is told of
                // their texts as they will be.
                if closes_seams {
                    reducer.close_seams(cancel).await;
                }
                reducer.take_as_they_are();
                reducer.follow(&[], cancel).await;
            }
        }
        self.single.leave();
        if closes_seams {
            reducer.close_seams(cancel).await;
        }
        drop(writing);
        let results = reducer.end(cancel).await;
        if is_empty {
            self.assemble().await;
        }
        drop(claim);
        self.writer.keep_tokenizers(self.session()).await;
        self.finish(&results).await
    }

    pub(super) fn cost(&self, usage: &Usage) -> Option<f64> {
        let price = self.writer.price(&self.settings.prices)?;
        Some(price.of(usage))
    }

    /// The answer of the first call is going to be the whole story.
    pub(super) fn expect_whole_story(&self) {
        let (tokenizers, model) = (&self.writer.tokenizers, &self.writer.model);
        let language = &self.brief().language;
        tokenizers.expect_answer(tokenizers.of_words(model, self.target_words(), language));
    }

    pub(super) fn target_words(&self) -> u32 {
        self.story
            .plan(&self.settings)
            .iter()
            .map(|chunk| chunk.target_words)
            .sum()
    }

    pub(super) fn relative(&self, chunk: &ChunkView) -> String {
        relative(&chunk.path, self.story.folder.root())
    }
}

/// Usage as the manifest has it.
fn token_usage(usage: Usage) -> TokenUsage {
    TokenUsage {
        input_tokens: usage.input_tokens,
        cached_tokens: usage.cached_tokens,
        output_tokens: usage.output_tokens,
    }
}

/// Why a job ends before its queue does.
#[derive(Debug)]
pub(super) enum Stop {
    Cancelled,
    /// A chunk could not be written, and no other could be.
    At {
        chunk: ChunkNumber,
        why: String,
    },
    Message(String),
}

impl Stop {
    /// As the beginning of a sentence, without its full stop.
    pub(super) fn text(&self) -> Option<String> {
        let text = match self {
            Stop::Cancelled => return None,
            Stop::At { chunk, why } => format!("stopped at chunk {chunk}: {why}"),
            Stop::Message(message) => format!("stopped: {message}"),
        };
        Some(text.trim_end_matches('.').to_owned())
    }
}
