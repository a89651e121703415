//! The demo writer: prose without a model, offline.
//!
//! It shows what Storywright does with a brief, and lets tests and first steps run without
//! a key. It composes readable prose from the brief's own cast, setting and beats, with
//! phrases from grammar packs (data, under `packs/`). The same [`Scene`] gives the same text,
//! byte for byte. It never opens a file or a connection, and reads nothing but the scene.
//!
//! # What it keeps to
//! - Length: `so_far` and the completion together are within 2 % of `target_words`, and end
//!   with a finished sentence at the end of a paragraph. Events that do not fit are left out.
//! - The beat's sentences come in their order, in the story's person and tense; the entry
//!   state first, the exit state last.
//! - Names are those of the cast. No headings, no markup.
//! - A sentence of eight words or more comes once in a chunk.
//!
//! # Continuation
//! With `so_far` the writer goes on behind it:
//! - It is the beginning of what the writer would write (white space at its end aside): the
//!   exact remainder comes, so that both together are the whole text, also when it was cut
//!   inside a word.
//! - It is something else (edited, or by another model): fresh sentences follow up to the
//!   target, after an empty line; a sentence that breaks off is closed first. Events that it
//!   tells already are left out.
//! - It is as long as asked: nothing follows, or a few words that finish its last sentence.
//!
//! # What is known after a chunk
//! For [`Task::State`] it takes sentences out of the prose, word for word, as JSON. For
//! [`Task::Refine`] it makes one small change, so that there is a revision to take or to turn
//! down. It finds no contradictions: its answer to [`Task::Audit`] says so.
//!
//! # A story in one call
//! For [`Task::Story`] the chunks come one after the other, each below its mark, and each the
//! same as if it had been asked for alone.
//!
//! # Outlines
//! For [`Task::Plan`] it makes beats of the brief's cast, setting and things, each of which begins
//! in the state that the one before it left.
//!
//! Languages without a pack are written from the brief's own clauses, and a notice says so.

mod adapt;
mod adapter;
mod chance;
mod character;
mod completion;
mod compose;
mod continuation;
mod english;
mod forms;
mod lines;
mod motifs;
mod pack;
mod plain;
mod plan;
mod polish;
mod refine;
pub mod scene;
mod stage;
mod state;
mod stream;
mod template;
#[cfg(test)]
mod tests;
mod verbs;
mod voice;

use super::{EventStream, Provider, ProviderError, ProviderKind, Request};
use crate::story::Language;
use completion::Completion;
use scene::{Scene, Task};

/// Writes without a model.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct DemoWriter {
    /// Pace in words a second (characters for CJK); `None`, or not above 0: as fast as it can.
    pub words_per_second: Option<f64>,
}

#[async_trait::async_trait]
impl Provider for DemoWriter {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Demo
    }

    async fn complete(&self, request: Request) -> Result<EventStream, ProviderError> {
        let scene = &*request.extension.get::<Scene>().unwrap_or_default();
        let by_character =
            Language::parse(&scene.language).is_some_and(|language| language.counts_characters());
        let prompt = request.system.len() + request.user.iter().map(String::len).sum::<usize>();
        let (completion, words_per_second) = match &scene.task {
            Task::Draft => (continuation::complete(scene), self.words_per_second),
            Task::Story(parts) => (continuation::story(parts), self.words_per_second),
            // The pace is for prose that somebody watches.
            Task::State(prose) => (Completion::whole(state::tell(scene, prose)), None),
            Task::Plan(outline) => (plan::tell(scene, outline), self.words_per_second),
            Task::Refine(prose) => {
                let better = refine::better(prose, &scene.language);
                (Completion::whole(better), self.words_per_second)
            }
            // It sees nothing wrong, since it looks at nothing; the audit says so.
            Task::Audit => (Completion::whole("{\"findings\": []}".to_owned()), None),
        };
        let pace = stream::Pace {
            words_per_second,
            by_character,
            max_output_tokens: request.max_output_tokens,
            input_tokens: (prompt as u64).div_ceil(4),
        };
        Ok(stream::tell(completion, pace, scene.seed))
    }

    async fn default_model(&self) -> Result<String, ProviderError> {
        Ok(stream::MODEL.to_owned())
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        Ok("The demo writer is built in; it needs no key and no network.".to_owned())
    }
}
