//! The end of the job: what goes into the document, and what is told of it.

use super::job::{End, Job};
use crate::events::inplace::InPlaceEvent;
use crate::events::job::{JobEvent, Outcome};
use crate::events::outcomes::Finished;
use crate::jobs::run::editor::BufferStop;
use crate::jobs::run::reporter::STOPPED_BY_EDIT;
use crate::jobs::run::run_summary::capitalised;
use crate::provider::ProviderKind;
use crate::writing::inplace::Task;

impl Job {
    /// Brings the text into the document, or leaves that as it is, and tells how it came out.
    pub async fn finish(mut self, end: End) -> Finished {
        let (outcome, words, message) = match self.task {
            Task::Continue | Task::Sentence => self.end_continuation(end).await,
            _ => self.end_passage(end).await,
        };
        self.stream.close().await;
        let spent = self.asker.spent();
        self.reporter
            .finish_run(format!("# {}\n\n{message}\n", self.task.as_str()))
            .await;
        self.reporter
            .tell(JobEvent::InPlace(InPlaceEvent::Finished {
                outcome,
                words,
                usage: spent.usage,
                cost: spent.cost,
                message: message.clone(),
                elapsed_ms: self.reporter.elapsed_ms(),
            }));
        Finished { outcome, message }
    }

    async fn end_continuation(&mut self, end: End) -> (Outcome, u32, String) {
        let unit = self.unit();
        let prose = match end {
            End::Done(prose) => prose,
            End::Refused(why) => {
                let gone = self.stream.show("", true).await;
                let stays = match gone {
                    Ok(()) => "nothing of it is in the document",
                    Err(_) => "what had come of it is still in the document",
                };
                return (Outcome::Incomplete, 0, format!("{why}; {stays}"));
            }
            End::Failed(why) => {
                let (words, stays) = self.what_stays().await;
                let why = why.trim_end_matches('.');
                return (
                    Outcome::Incomplete,
                    words,
                    format!("{}. {stays}", capitalised(why)),
                );
            }
            End::Cancelled => {
                let (words, stays) = self.what_stays().await;
                return (Outcome::Cancelled, words, format!("cancelled: {stays}"));
            }
            End::Touched => {
                let words = self.count(&self.shown);
                let message = format!(
                    "{} was changed where the text grew, so it ended there, after {words} {unit}. Both texts are in the \
                     document",
                    self.document
                );
                return (Outcome::Incomplete, words, message);
            }
        };
        let words = self.count(&prose);
        let text = self.place.text_for(&prose);
        match self.stream.show(&text, true).await {
            Ok(()) => {
                let demo = self.demo();
                let message = format!("{} was continued by {words} {unit}{demo}", self.document);
                (Outcome::Complete, words, message)
            }
            Err(BufferStop::AuthorEdited) => {
                self.keep_answer("not_shown", "The author changed the place.", &prose)
                    .await;
                let message = format!(
                    "{} was changed where the text grew, so it ended there. Both texts are in the document",
                    self.document
                );
                self.reporter.warn(None, STOPPED_BY_EDIT, message.as_str());
                (Outcome::Incomplete, self.count(&self.shown), message)
            }
            Err(stop) => {
                self.keep_answer("not_shown", "The editor did not take it.", &prose)
                    .await;
                let message = format!(
                    "{} does not show all of the text yet: {stop}",
                    self.document
                );
                (Outcome::Incomplete, self.count(&self.shown), message)
            }
        }
    }

    /// Brings what has come of a continuation that ends early into the document: its length, and a sentence.
    async fn what_stays(&mut self) -> (u32, String) {
        if self.shown.trim().is_empty() && self.kept.trim().is_empty() {
            return (
                0,
                "nothing had come, and the document is as it was".to_owned(),
            );
        }
        if self.kept.len() > self.shown.len() {
            self.shown = self.kept.clone();
        }
        let text = self.place.text_for(&self.shown);
        // What an editor does not take now it takes later, or not at all; the author reads the document.
        let _ = self.stream.show(&text, true).await;
        let words = self.count(&self.shown);
        let unit = self.unit();
        let message = format!("the {words} {unit} that had come stay in {}", self.document);
        (words, message)
    }

    async fn end_passage(&mut self, end: End) -> (Outcome, u32, String) {
        let stays = "The passage is as it was.";
        let early = |why: &str| {
            let why = why.trim_end_matches('.');
            (
                Outcome::Incomplete,
                0,
                format!("{}. {stays}", capitalised(why)),
            )
        };
        let prose = match end {
            End::Done(prose) => prose,
            End::Refused(why) | End::Failed(why) => return early(&why),
            End::Cancelled => return (Outcome::Cancelled, 0, format!("cancelled. {stays}")),
            End::Touched => {
                let why = "you changed the passage while it was written anew, so that ended";
                return (
                    Outcome::Incomplete,
                    0,
                    format!("{}. Yours stays", capitalised(why)),
                );
            }
        };
        let (there, words, unit) = (
            self.count(&self.place.passage),
            self.count(&prose),
            self.unit(),
        );
        if prose.trim() == self.place.passage.trim() {
            return early("the model changed nothing in the passage");
        }
        let text = self.place.text_for(&prose);
        let stop = match self.stream.show(&text, true).await {
            Ok(()) => {
                let (done, demo) = (self.task.done(), self.demo());
                let message = format!(
                    "the passage was {done}{demo}: {words} {unit} in place of {there}. Undo brings the old one back"
                );
                return (Outcome::Complete, words, message);
            }
            Err(stop) => stop,
        };
        self.keep_answer("not_shown", "The document did not take it.", &prose)
            .await;
        let kept = match self.reporter.run().is_kept() {
            true => " The new one is in errors/ of the run",
            false => "",
        };
        let why = match stop {
            BufferStop::AuthorEdited => "you changed the passage, so yours stays.".to_owned(),
            stop => format!("the passage stays as it was: {stop}."),
        };
        (
            Outcome::Incomplete,
            0,
            format!("{}{kept}", capitalised(&why)),
        )
    }

    fn unit(&self) -> &'static str {
        self.background.brief().language.unit()
    }

    /// Says that no model wrote it.
    fn demo(&self) -> &'static str {
        match self.asker.model.kind {
            ProviderKind::Demo => " by the demo writer, which composes plain prose without a model",
            _ => "",
        }
    }
}
