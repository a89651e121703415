//! Counts how far a job is, and tells it as events.

use std::sync::PoisonError;
use std::time::Instant;

use super::job::Job;
use super::progress::Progress;
use crate::events::job::JobEvent;
use crate::jobs::run::blocking::blocking;
use crate::provider::Usage;
use crate::session::ChunkView;
use crate::story::ChunkNumber;
use crate::writing::schedule::Schedule;

impl Job {
    pub(crate) async fn tell_started(&self, schedule: &Schedule) {
        let steps = schedule.steps();
        let queue: Vec<ChunkNumber> = steps.map(|step| step.task.number).collect();
        let session = self.session().clone();
        let view = blocking(move || session.view()).await.ok();
        let chunks = view.as_ref().map_or(&[][..], |view| &view.chunks);
        {
            let mut progress = self.progress();
            progress.asked = chunks
                .iter()
                .filter(|chunk| queue.contains(&chunk.number))
                .map(|chunk| chunk.target_words)
                .sum();
            progress.story = chunks.iter().map(|chunk| chunk.words).sum();
        }
        self.started.tell_started(view.as_ref(), queue);
    }

    /// Adds the chunks of a schedule to those that the job is to write.
    pub(crate) fn ask_for_more(&self, schedule: &Schedule) {
        let words: u32 = schedule.steps().map(|step| step.words).sum();
        let mut progress = self.progress();
        progress.asked = progress.asked.saturating_add(words);
    }

    /// Reports the progress of a chunk.
    pub(crate) fn tell_progress(
        &self,
        chunk: ChunkNumber,
        length: u32,
        target_words: u32,
        fresh: u32,
        started: Instant,
    ) {
        let (story_words, percent) = {
            let mut progress = self.progress();
            progress.in_hand.entry(chunk).or_default().words = length;
            (progress.story(), progress.tell())
        };
        let seconds = started.elapsed().as_secs_f64().max(0.001);
        self.reporter().tell(JobEvent::Progress {
            chunk,
            words: length,
            target_words,
            story_words,
            percent,
            words_per_second: (f64::from(fresh) / seconds * 10.0).round() / 10.0,
            elapsed_ms: self.reporter().elapsed_ms(),
        });
    }

    /// Notes the usage of a running chunk so far.
    pub(crate) fn note_usage(&self, chunk: ChunkNumber, spent: Usage) {
        self.progress().in_hand.entry(chunk).or_default().spent = spent;
    }

    /// Notes that so many words of a chunk are going to be written: the budget counts them at once.
    pub(crate) fn foresee(&self, chunk: ChunkNumber, words: u32) {
        let model = self.model();
        let expected = model
            .tokenizers
            .of_words(&model.name, words, &self.brief().language);
        self.progress().in_hand.entry(chunk).or_default().expected = expected.into();
    }

    /// Counts the chunk by its draft from now on.
    pub(crate) fn take_in_hand(&self, chunk: &ChunkView) {
        let mut progress = self.progress();
        progress.story = progress.story.saturating_sub(chunk.words);
        let in_hand = progress.in_hand.entry(chunk.number).or_default();
        in_hand.target_words = chunk.target_words;
    }

    /// Returns the usage that the running chunks will probably have when they are complete.
    pub(crate) fn under_way(&self) -> Usage {
        let progress = self.progress();
        let in_hand = progress.in_hand.values();
        let usage = in_hand.map(|chunk| Usage {
            output_tokens: Some(chunk.expected.max(chunk.spent.output_tokens.unwrap_or(0))),
            ..chunk.spent
        });
        usage.fold(Usage::default(), Usage::plus)
    }

    /// Returns the progress of the job in per cent.
    pub(crate) fn percent(&self) -> u32 {
        self.progress().percent
    }

    /// Counts a completed chunk; returns the progress of the job in per cent.
    pub(crate) fn completed(&self, chunk: &ChunkView, length: u32) -> u32 {
        let mut progress = self.progress();
        progress.in_hand.remove(&chunk.number);
        progress.done += chunk.target_words;
        progress.story += length;
        progress.tell()
    }

    /// Notes the end of a chunk: its usage is in its outcome from now on.
    pub(crate) fn put_down(&self, chunk: ChunkNumber) {
        if let Some(in_hand) = self.progress().in_hand.get_mut(&chunk) {
            in_hand.spent = Usage::default();
            in_hand.expected = 0;
        }
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
