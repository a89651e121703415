//! The next sentence at a place, for an editor to offer: one call, of which nothing is written, shown or told.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Writing;
use super::job::ROOM;
use crate::events::job::{JobEvent, Observer};
use crate::jobs::run::begin::{Context, NotBegun};
use crate::jobs::run::editor::{BufferStop, BufferStream, PlaceStream};
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::Workshop;
use crate::provider::{FinishReason, ProviderError, Thinking};
use crate::session::{NoEditor, Run};
use crate::writing::accept::CallEnd;
use crate::writing::inplace::{DoesNotFit, first_sentence};

/// Why there is no sentence. Nothing has changed anywhere.
#[derive(Debug, thiserror::Error)]
pub enum NoSentence {
    #[error(transparent)]
    NotBegun(#[from] JobError),
    #[error(transparent)]
    DoesNotFit(#[from] DoesNotFit),
    #[error(transparent)]
    Failed(#[from] ProviderError),
    #[error("the model answered with no finished sentence")]
    Unfinished,
    #[error("{0}")]
    Refused(String),
}

impl Writing {
    /// Asks the model once for the next sentence, and returns it as it is put into the place. The call ends as soon as
    /// the sentence is there; dropped, it ends at once.
    ///
    /// # Errors
    /// [`NoSentence`]
    pub async fn next_sentence(self, workshop: &Workshop) -> Result<String, NoSentence> {
        let cancel = CancellationToken::new();
        let context = Context::new(workshop, Arc::new(NoEditor), Arc::new(Nobody), &cancel);
        let model = self.connect(&context).await.map_err(|error| match error {
            NotBegun::Failed(error) => NoSentence::NotBegun(error),
            NotBegun::Over(finished) => NoSentence::Refused(finished.message),
        })?;
        let job = self.begin(&context, &model, Run::unkept(workshop.disk()));
        let mut request = job.request(0)?;
        // The author waits at the cursor: thinking would take longer than typing.
        request.thinking = Thinking::Off;
        request.max_output_tokens = request.max_output_tokens.saturating_sub(ROOM).max(1);
        let request = job.asker.in_room(request);
        let measure = job.measure();
        let (tell, mut telling) = watch::channel(String::new());
        let mut hear = |text: &str| {
            tell.send_replace(text.to_owned());
        };
        let asking = job.asker.ask_once(&request, &mut hear);
        tokio::pin!(asking);
        let sentence = loop {
            tokio::select! {
                biased;
                (end, text, _) = &mut asking => {
                    end?;
                    let sentence = first_sentence(measure.so_far(&text), true);
                    break sentence.ok_or(NoSentence::Unfinished)?.to_owned();
                }
                // The sender lives as long as the call.
                _ = telling.changed() => {}
            }
            let text = telling.borrow_and_update().clone();
            if let Some(sentence) = first_sentence(measure.so_far(&text), false) {
                break sentence.to_owned();
            }
        };
        let prose = measure.whole(&sentence, &CallEnd::Finished(FinishReason::Stop));
        let prose = prose.map_err(|refusal| NoSentence::Refused(refusal.why))?;
        Ok(job.place.text_for(&prose))
    }
}

/// Listens to nothing.
struct Nobody;

impl Observer for Nobody {
    fn event(&self, _event: &JobEvent) {}
}

/// The stream of a text that is not put into its document.
pub struct Unshown;

#[async_trait]
impl BufferStream for Unshown {
    async fn show(&mut self, _prose: &str, _finished: bool) -> Result<(), BufferStop> {
        Ok(())
    }

    async fn close(&mut self) {}
}

#[async_trait]
impl PlaceStream for Unshown {
    async fn touched(&mut self) {
        std::future::pending().await
    }
}
