//! Asks a question about a complete chunk: makes the request for a call, and asks until an answer is
//! accepted.

use std::sync::Arc;

use super::background_calls::{ATTEMPTS, Asker, ENDLESS};
use super::demo_scene;
use super::failure::Failure;
use super::started_job::StartedJob;
use crate::provider::demo::scene::{Scene, Task};
use crate::provider::{Extension, FinishReason, Format, Request, Usage};
use crate::session::ChunkView;
use crate::writing::seed;

/// The content of an answer.
pub enum Heard<T> {
    Taken(T),
    /// An answer that is accepted if no better one comes.
    Doubtful(T),
    /// An answer that can't be accepted; the reason follows "the model's answer".
    Not(&'static str),
}

impl StartedJob {
    /// Makes a request about a chunk, for prose of at most so many tokens. `task` tells the demo writer what
    /// it is for.
    pub(crate) fn request(
        &self,
        asker: &Asker,
        chunk: &ChunkView,
        task: Task,
        (system, user): (&str, Vec<String>),
        max_output_tokens: u32,
    ) -> Request {
        let (brief, settings, model) = (self.brief(), &self.settings, &asker.model);
        let beat = (chunk.number.0 as usize).saturating_sub(1);
        let scene = demo_scene::scene(model, brief, beat, chunk, "", settings.demo_seed());
        let scene = Scene {
            task,
            ..Arc::unwrap_or_clone(scene)
        };
        Request {
            model: model.name.clone(),
            system: system.to_owned(),
            user,
            max_output_tokens,
            prompt_tokens: settings.context_tokens,
            context_tokens: settings.context_tokens,
            temperature: settings.temperature,
            seed: settings.seed,
            thinking: settings.thinking_for(asker.role()),
            format: None,
            extension: Extension::new(Arc::new(scene)),
        }
    }

    /// Makes a request for JSON of a schema, of so many tokens in English. `asked` is the number of answers
    /// that were not accepted.
    pub(crate) fn question(
        &self,
        asker: &Asker,
        chunk: &ChunkView,
        task: Task,
        prompt: (&str, Vec<String>),
        (tokens, format): (u32, fn() -> Format),
        asked: u32,
    ) -> Request {
        let (model, language) = (&asker.model, &self.brief().language);
        let room = model.tokenizers.answer_room(&model.name, tokens, language);
        Request {
            // That of the settings is for prose.
            temperature: None,
            seed: seed::of_call(self.settings.seed, asked, None),
            // Some servers take a shape and then keep the model from answering.
            format: (asked == 0).then(format),
            ..self.request(asker, chunk, task, prompt, room)
        }
    }
}

impl Asker {
    /// Asks until an answer is accepted or there is no further try; returns its content, and the usage of all
    /// calls. `request` is given the number of answers that were not accepted.
    ///
    /// # Errors
    /// Why the last call brought nothing. Dropped, the call ends.
    pub(crate) async fn ask_for<T>(
        &self,
        request: impl Fn(u32) -> Request + Send,
        understand: impl Fn(&str) -> Heard<T> + Send,
    ) -> Result<(T, Usage), Failure> {
        let mut retries = self.retries(ATTEMPTS);
        let mut usage = Usage::default();
        let mut asked = 0;
        loop {
            let request = self.in_room(request(asked));
            let (ended, answer, took) = self.ask_once(&request, &mut |_| {}).await;
            usage = usage.plus(took);
            let finish = match ended {
                Err(error) => {
                    self.after(error, &mut retries).await?;
                    continue;
                }
                Ok(finish) if self.raise(&request, &finish, &answer, took) => continue,
                Ok(finish) => finish,
            };
            retries.count();
            asked += 1;
            let heard = match finish {
                FinishReason::Refusal => Heard::Not("was a refusal"),
                FinishReason::Length => Heard::Not("was cut off by the limit of its call"),
                FinishReason::Other(why) if why == ENDLESS => Heard::Not("had no end"),
                _ => understand(&answer),
            };
            let is_last = retries.failures() >= ATTEMPTS;
            match heard {
                Heard::Taken(told) => return Ok((told, usage)),
                Heard::Doubtful(told) if is_last => return Ok((told, usage)),
                Heard::Not(why) if is_last => {
                    return Err(Failure::refused(
                        format!("the model's answer {why}"),
                        answer,
                    ));
                }
                Heard::Doubtful(_) | Heard::Not(_) => {}
            }
        }
    }
}
