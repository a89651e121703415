//! Makes the request of a call for a chunk, and opens the stream of its answer: a call for the chunk, or its
//! part of the call for the whole story.

use std::sync::Arc;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::drafting::{Draft, Drafting};
use crate::analysis::written::{Call, still_wanted};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::demo_scene;
use crate::jobs::run::measuring;
use crate::jobs::write::single::{PartEnd, Source};
use crate::provider::demo::scene::{Scene, Task};
use crate::provider::precedence;
use crate::provider::precedence::DraftTurn;
use crate::provider::{
    EventStream, Extension, FinishReason, ProviderError, ProviderErrorKind, ProviderKind, Request,
    Usage, output_limit,
};
use crate::settings::Role;
use crate::story::words;
use crate::writing::accept::{CallEnd, Check, Cut, Fault, once_more};
use crate::writing::prompt::slices::Slice;
use crate::writing::prompt::{Prompt, TooLarge};
use crate::writing::seed;
use crate::writing::single::mark;
use crate::writing::size;
use crate::writing::size::Ask;
use crate::writing::thought::CHARACTERS_A_TOKEN;
use crate::writing::tokens::{Answered, PromptLimit, Weight, is_own_limit};

/// The least percentage of the target that counts as progress of a call.
const LEAST_PROGRESS: u32 = 30;

/// The share of a limit (one part in so many) from which on reasoning is the reason why the limit was hit.
const LOST_SHARE: u32 = 4;

/// The fewest words from which the tokens of a word are estimated.
const FEWEST_WORDS: u32 = 20;

/// One call for a chunk: its request and its result.
pub(crate) struct Course {
    pub ask: Ask,
    /// The length of the chunk before the call, in words (characters for CJK).
    pub words_before: u32,
    /// The number of refused answers for the chunk before.
    pub refused: u32,
    /// The line that ends the prompt, where an answer was refused.
    pub again: String,
    /// The time of the request.
    pub began: Instant,
    /// The prompt tokens that this chunk is counted for, by estimate.
    pub prompt_tokens: u32,
    /// The weight of its prompt.
    asked: Weight,
    /// The most tokens that its answer may have.
    limit: u32,
    /// Whether it is the chunk's part of the call for the whole story.
    pub is_slice: bool,
    /// Whether it is the part of a later chunk, so the model was writing already.
    pub is_running: bool,
    /// The characters of reasoning that came.
    pub reasoning: usize,
    /// The thinking tokens of the answer.
    pub thought: u64,
    /// The tokens of the answer, if the server counted them.
    pub output_tokens: Option<u64>,
    /// The end of the part; `None` where it broke off.
    part_end: Option<PartEnd>,
}

impl Course {
    pub fn new(ask: Ask, words_before: u32) -> Course {
        Course {
            ask,
            words_before,
            refused: 0,
            again: String::new(),
            began: Instant::now(),
            prompt_tokens: 0,
            asked: Weight::default(),
            limit: 0,
            is_slice: false,
            is_running: false,
            reasoning: 0,
            thought: 0,
            output_tokens: None,
            part_end: None,
        }
    }

    fn note_request(&mut self, prompt: &Prompt, request: &Request) {
        self.prompt_tokens = prompt.tokens();
        self.asked = Weight::of_request(request);
        self.limit = request.max_output_tokens;
    }

    /// Tells whether the model continued with the next part.
    pub fn is_passed(&self) -> bool {
        self.part_end == Some(PartEnd::Next)
    }

    /// Returns the estimated tokens of its reasoning: the tokens that the server counted without the `came`
    /// tokens of the text.
    fn reasoning_tokens(&self, came: u32) -> u32 {
        if self.reasoning == 0 {
            return 0;
        }
        let seen = u32::try_from(self.reasoning / CHARACTERS_A_TOKEN).unwrap_or(u32::MAX);
        let told = u32::try_from(self.output_tokens.unwrap_or(0)).unwrap_or(u32::MAX);
        seen.max(told.saturating_sub(came))
    }

    /// Returns the length that it added to a chunk that has `length` now.
    pub fn gained(&self, length: u32) -> u32 {
        length.saturating_sub(self.words_before)
    }
}

impl Drafting<'_> {
    /// Returns the length that the next call asks for.
    pub(crate) fn ask(&self, so_far: &str) -> Ask {
        let wanted = still_wanted(self.chunk, so_far, self.language());
        let model = self.job.model();
        if model.kind == ProviderKind::Demo {
            // It has no deadlines.
            return Ask {
                words: wanted,
                later: 0,
            };
        }
        let call = self.job.settings().deadlines.call;
        let limit = self.answer_limit();
        let limit = limit.map(|limit| {
            model
                .tokenizers
                .words_in(&model.name, limit, self.language())
        });
        let bounds = self.job.measured.bounds(call, limit);
        size::ask(wanted, &bounds)
    }

    /// Returns the prompt of the next call, with room for the line that ends it where the same was asked before.
    ///
    /// # Errors
    /// [`TooLarge`], as [`Prompt::build`].
    pub(crate) async fn prompt(
        &self,
        so_far: &str,
        ask: Ask,
        again: &str,
    ) -> Result<Prompt, TooLarge> {
        let limit = self.job.model().limit(self.job.settings());
        let limit = once_more::room(limit, again);
        self.prompt_within(limit, so_far, ask).await
    }

    /// Builds a prompt where it holds nobody up: at a job's first chunk that takes as long as the story is.
    async fn prompt_within(
        &self,
        limit: PromptLimit,
        so_far: &str,
        ask: Ask,
    ) -> Result<Prompt, TooLarge> {
        let (story, written) = (Arc::clone(self.job.story()), Arc::clone(&self.written));
        let (chunk, so_far) = (self.chunk.clone(), so_far.to_owned());
        let (preceding, notes) = (self.preceding.clone(), self.asks.sent.clone());
        let build = move || {
            let call = Call {
                so_far: &so_far,
                preceding: &preceding,
                notes: &notes,
                words: ask.words,
            };
            written.prompt(&story, limit, &chunk, &call)
        };
        blocking(build).await
    }

    /// Has the model count a sample of a prompt that seems too large by the first estimate; returns whether
    /// its way of counting is known now.
    pub(crate) async fn measure(
        &self,
        draft: &mut Draft,
        ask: Ask,
        cancel: &CancellationToken,
    ) -> bool {
        let (model, settings) = (self.job.model(), self.job.settings());
        let Some(limit) = measuring::benefit_of_doubt(model, settings) else {
            return false;
        };
        let Ok(prompt) = self.prompt_within(limit, &draft.prose, ask).await else {
            return false;
        };
        let usage = tokio::select! {
            () = cancel.cancelled() => return false,
            usage = measuring::measure(model, settings, measuring::sample(&prompt)) => usage,
        };
        draft.usage = draft.usage.plus(usage);
        self.job.note_spent(usage);
        model.tokenizers.knows(&model.name)
    }

    /// Opens the answer of the next call, with its turn for as long as it is read. A draft waits here for
    /// what it would wait behind on the server, so that it meets no deadline and no call is broken off.
    pub(crate) async fn open_in_turn(
        &self,
        prompt: &Prompt,
        so_far: &str,
        course: &mut Course,
    ) -> (Result<EventStream, ProviderError>, DraftTurn<'_>) {
        let patience = precedence::patience(self.job.settings().deadlines.first_token);
        // Ends: a draft is taken back once at most, when calls begin to take turns.
        loop {
            let turn = self.job.model().precedence.draft().await;
            let head = self.open(prompt, so_far, course);
            if let Some(opened) = turn.head(patience, head).await {
                return (opened, turn);
            }
        }
    }

    /// Opens the answer of the next call, and notes the request in `course`.
    ///
    /// # Errors
    /// The call was turned away. One for the whole story that is wrong as such is given up, and
    /// the chunk asked for on its own.
    pub(crate) async fn open(
        &self,
        prompt: &Prompt,
        so_far: &str,
        course: &mut Course,
    ) -> Result<EventStream, ProviderError> {
        match self.job.single.source(self.chunk.number) {
            Source::Part(stream, began) => {
                course.began = began;
                course.is_slice = true;
                course.is_running = true;
                return Ok(stream);
            }
            Source::Begin => {
                if let Some(opened) = self.open_whole(course).await {
                    return opened;
                }
            }
            Source::Own => {}
        }
        course.began = Instant::now();
        course.is_slice = false;
        let request = self.request(prompt, so_far, course);
        course.note_request(prompt, &request);
        self.job.model().complete(request).await
    }

    /// Begins the call for the whole story; `None` where it can't be made.
    async fn open_whole(&self, course: &mut Course) -> Option<Result<EventStream, ProviderError>> {
        let prompt = match self.written.whole_prompt(
            self.job.story(),
            self.job.model().limit(self.job.settings()),
        ) {
            Ok(prompt) => prompt,
            Err(too_large) => {
                self.leave_single(&format!("can't be made: {too_large}"));
                return None;
            }
        };
        course.is_slice = true;
        let request = self.whole_request(&prompt);
        course.note_request(&prompt, &request);
        match self.job.model().complete(request).await {
            Ok(stream) => Some(Ok(self.job.single.begin(stream, course.began))),
            Err(error) => {
                use ProviderErrorKind::{BadRequest, ContextOverflow};
                if !matches!(error.kind, BadRequest | ContextOverflow) {
                    return Some(Err(error));
                }
                // Most likely it asks for more than the model writes at once.
                self.leave_single(&format!("was turned away: {error}"));
                None
            }
        }
    }

    fn whole_request(&self, prompt: &Prompt) -> Request {
        let (brief, seed) = (self.job.brief(), self.job.settings().demo_seed());
        let chunks = &self.written.view.chunks;
        let words = chunks.iter().map(|chunk| chunk.target_words).sum();
        let parts = chunks.iter().enumerate().map(|(beat, chunk)| {
            let line = mark::line(chunk.number.0);
            let model = self.job.model();
            (line, demo_scene::scene(model, brief, beat, chunk, "", seed))
        });
        let scene = Scene {
            task: Task::Story(parts.collect()),
            seed,
            language: brief.language.as_str().to_owned(),
            ..Scene::default()
        };
        Request {
            extension: Extension::new(scene.into()),
            ..self.request(prompt, "", &Course::new(Ask { words, later: 0 }, 0))
        }
    }

    fn request(&self, prompt: &Prompt, so_far: &str, course: &Course) -> Request {
        let settings = self.job.settings();
        // The demo writer, too, is asked for something else where an answer was refused.
        let demo = settings.demo_seed();
        // By its beat: another one that stood here before was asked for again, too.
        let beat = (course.refused > 0).then_some(self.chunk.beat.0.as_str());
        // Without a seed of the author's, a rewrite is another text.
        let anew = self.replaces.as_deref().filter(|_| settings.seed.is_none());
        let demo = seed::of_call(Some(demo), course.refused, anew.or(beat)).unwrap_or(demo);
        let mut user = prompt.user();
        once_more::end(&mut user, &course.again);
        let request = Request {
            model: self.job.model().name.clone(),
            system: prompt.system(),
            user,
            max_output_tokens: self.output_tokens(course.ask.words),
            prompt_tokens: settings.context_tokens,
            context_tokens: settings.context_tokens,
            temperature: settings.temperature,
            seed: seed::of_call(settings.seed, course.refused, self.replaces.as_deref()),
            thinking: settings.thinking_for(Role::Draft),
            format: None,
            extension: Extension::new(demo_scene::scene(
                self.job.model(),
                self.job.brief(),
                self.beat_index(),
                self.chunk,
                so_far,
                demo,
            )),
        };
        self.job.model().in_window(request, settings.context_tokens)
    }

    /// Returns the most tokens that an answer can have, by the model's own limit and the room on the server.
    fn answer_limit(&self) -> Option<u32> {
        let model = self.job.model();
        let limit = output_limit(model.kind, &model.name);
        let served = model.tokenizers.answer_limit(&model.name);
        limit.into_iter().chain(served).min()
    }

    /// Returns the most tokens for an answer of so many words.
    fn output_tokens(&self, words: u32) -> u32 {
        let model = self.job.model();
        // Half as much again, so that a limit cuts off only what ran far too long.
        let (tokenizers, name) = (&model.tokenizers, &model.name);
        let asked = tokenizers.of_words(name, words.max(50), self.language());
        let room = asked.saturating_add(asked / 2).saturating_add(256);
        let room = self.answer_limit().map_or(room, |limit| room.min(limit));
        // Elsewhere than at the vendors' own, reasoning counts against the same limit.
        room.saturating_add(self.job.measured.reasoning())
    }

    /// Tells whether a limit cut an answer off because of the reasoning before it. If so the limit is raised
    /// for all later calls and the author told; the text so far stays.
    ///
    /// `came` is what came of the text.
    pub(crate) fn lost_to_reasoning(&self, end: &CallEnd, course: &Course, came: &str) -> bool {
        if !matches!(end, CallEnd::Finished(FinishReason::Length)) || course.is_slice {
            return false;
        }
        let limit = course.limit;
        let reasoning = course.reasoning_tokens(self.estimate(came));
        if reasoning < limit / LOST_SHARE {
            return false;
        }
        if !self.job.measured.raise_for_reasoning(reasoning) {
            return false;
        }
        let (number, language) = (self.chunk.number, self.language());
        let message = format!(
            "the model spent about {reasoning} of the {limit} tokens of this call on reasoning, so \
             that {} {} came. From here on calls may have {} tokens",
            words::count(came, language),
            language.unit(),
            self.output_tokens(course.ask.words)
        );
        self.job.reporter().warn(Some(number), "reasoning", message);
        true
    }

    /// Returns the estimated tokens of a text.
    pub(crate) fn estimate(&self, text: &str) -> u32 {
        let model = self.job.model();
        model.tokenizers.estimator(&model.name).estimate(text)
    }

    /// Learns from the tokens that the server counted in a call; `came` is its text. Of a part of the call
    /// for the whole story only the length that was asked for is known.
    pub(crate) fn learn(&self, course: &Course, end: &CallEnd, usage: Usage, came: &str) {
        let model = self.job.model();
        if course.is_running || model.kind == ProviderKind::Demo {
            return;
        }
        let is_whole = matches!(
            end,
            CallEnd::Finished(FinishReason::Stop | FinishReason::Length)
        );
        let text = (is_whole && !course.is_slice && course.thought == 0).then_some(came);
        let words = words::count(came, self.language());
        let asked = course.asked;
        let call = Answered {
            asked,
            usage,
            text,
            words,
        };
        let was_read = model.tokenizers.note(&model.name, &call);
        if !was_read && model.kind == ProviderKind::Ollama {
            let message = "Ollama read far fewer tokens than this prompt has: it was cut to fit the model's window, so \
                           the model may not have seen the facts. Lower context_tokens, or use a model with a larger \
                           window";
            self.job.reporter().warn_once("provider", message);
        }
    }

    /// Tells whether the call's own limit cut its answer off. If so later calls have more room, and the
    /// author is told the first time; the text so far stays.
    ///
    /// `came` is what came of the text.
    pub(crate) fn raise_limit(&self, end: &CallEnd, course: &Course, came: &str) -> bool {
        let CallEnd::Finished(reason) = end else {
            return false;
        };
        let is_own = is_own_limit(
            reason,
            course.limit,
            course.output_tokens,
            self.estimate(came),
        );
        // The model's own is as large as the room that it is known to have.
        let is_most = self.answer_limit().is_some_and(|most| course.limit >= most);
        if !is_own || is_most || course.is_slice {
            return false;
        }
        let (model, language) = (self.job.model(), self.language());
        let length = words::count(came, language);
        let (tokenizers, name) = (&model.tokenizers, &model.name);
        match length {
            0..FEWEST_WORDS => {
                tokenizers.raise_word(name, course.limit.saturating_mul(2), course.ask.words)
            }
            _ => tokenizers.raise_word(name, course.limit, length),
        }
        if self.job.measured.is_first_limit() {
            let message = format!(
                "this call was allowed {} tokens, and they were used up after {length} {}: the model takes more of them for \
                 this language than was expected. The chunk goes on from there, and later calls are allowed more",
                course.limit,
                language.unit()
            );
            self.job
                .reporter()
                .warn(Some(self.chunk.number), "output-limit", message);
        }
        true
    }

    /// Notes the end of a part, and the text that stood before it.
    pub(crate) fn take_part_end(&self, draft: &mut Draft, course: &mut Course) {
        if !course.is_slice {
            return;
        }
        course.part_end = self.job.single.part_end();
        if let Some(text) = self.job.single.preamble() {
            let check = Check::Preamble;
            self.cut(draft, Cut { check, text });
        }
        // Of what other chunks hold it was told nothing but their text.
        let is_told = |slice: &Slice| !matches!(slice, Slice::Summary(_) | Slice::State(_));
        draft.inputs.retain(|slice, _| is_told(slice));
    }

    /// Tells whether a call brought enough of the chunk to count as progress.
    pub(crate) fn made_progress(&self, course: &Course, length: u32) -> bool {
        course.gained(length) >= (self.chunk.target_words / LEAST_PROGRESS).max(10)
    }

    /// Tells whether a call failed only since it was asked for too much: the next is asked for less, and this
    /// one does not count as an attempt.
    pub(crate) fn was_asked_for_too_much(
        &self,
        error: &ProviderError,
        course: &Course,
        length: u32,
    ) -> bool {
        error.kind == ProviderErrorKind::Deadline
            && course.began.elapsed() >= self.job.settings().deadlines.call
            && self.made_progress(course, length)
    }

    /// Handles a part that broke off. If nothing had come, the call is made once more where that may help.
    pub(crate) fn after_broken_slice(&self, course: &Course, error: &ProviderError, length: u32) {
        if !course.is_slice {
            return;
        }
        let helps = error.kind.is_transient() && error.kind != ProviderErrorKind::Deadline;
        if helps && !course.is_running && course.gained(length) == 0 {
            self.job.single.again();
            return;
        }
        if error.kind.is_transient() {
            self.leave_single(&format!("broke off in part {}", self.chunk.number));
        } else {
            // It ends the chunk as well, and that is told.
            self.job.single.leave();
        }
    }

    /// Handles a part that was judged. Unless it is as good as the answer of a separate call and the next
    /// part follows, the call for the whole story is given up.
    pub(crate) fn after_slice(&self, course: &Course, fault: Option<&Fault>) {
        if !course.is_slice {
            return;
        }
        let (part, parts) = (self.chunk.number.0, self.job.single.parts());
        let is_last = part == parts;
        let why = match (fault, &course.part_end) {
            (None, Some(PartEnd::Next)) => return,
            (None, _) if is_last => {
                self.job.single.leave();
                return;
            }
            (Some(fault), _) => format!("did not bring part {part} as it should: {}", fault.what),
            (None, Some(PartEnd::Whole)) => format!("ended with part {part} of {parts}"),
            (None, Some(PartEnd::Astray(other))) => {
                format!("went from part {part} to part {other}")
            }
            (None, None) => {
                format!("went far beyond the length of part {part} without the mark of the next")
            }
        };
        self.leave_single(&why);
    }

    /// Gives up the call for the whole story: every chunk has separate calls from here on.
    fn leave_single(&self, why: &str) {
        self.job.single.leave();
        let message = format!(
            "the call for the whole story {why}. What came is kept; the story goes on one call a part"
        );
        let number = Some(self.chunk.number);
        self.job.reporter().warn(number, "single-call", message);
    }
}
