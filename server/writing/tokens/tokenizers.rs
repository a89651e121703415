//! Holds what a job knows of the tokenizers of its models, in the language of its story.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Estimator, PromptLimit, Rates, Weight, of_words};
use crate::provider::{FinishReason, Request, Usage};
use crate::story::Language;

/// The version of what is kept between jobs.
const VERSION: u32 = 1;
/// A window is asked for with so much more room, in tokens, than is known to be needed.
const ROOM: u32 = 1_024;
/// An answer is cut off by its own limit where it has this share of it.
const FULL: f64 = 0.9;
/// The least that is asked for of an answer, in tokens.
const LEAST_ANSWER: u32 = 64;
/// The largest share of a window, in per cent, that is kept for the answer.
const ANSWER_SHARE: u32 = 40;

/// The tokenizers of the models over one connection.
#[derive(Debug, Default)]
pub struct Tokenizers {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    kept: Kept,
    is_changed: bool,
    /// The largest answer that is going to be asked for, in tokens.
    answer: u32,
    /// The window that is asked for of each model, where the protocol has one.
    windows: BTreeMap<String, u32>,
    /// The largest window that the server has for each model, where it tells.
    served: BTreeMap<String, u32>,
}

/// The data that is kept between the jobs of a session.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Kept {
    version: u32,
    language: String,
    models: BTreeMap<String, Rates>,
}

/// The size and the usage of one call.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The weight of the prompt.
    pub asked: Weight,
    /// The usage that the server reported for this call.
    pub usage: Usage,
    /// The text of a whole answer; `None` where the usage may be of more than what is known of it.
    pub text: Option<&'a str>,
    /// Length of the text where it is prose, in words (characters for CJK); else 0.
    pub words: u32,
}

impl Tokenizers {
    /// Loads what earlier jobs of the session have learned, if it is about the same language.
    pub fn begin(&self, language: &Language, kept: Option<&[u8]>) {
        let mut known = self.known();
        let language = language.primary();
        let read = kept.and_then(|kept| serde_json::from_slice::<Kept>(kept).ok());
        known.kept = read
            .filter(|kept| kept.version == VERSION && kept.language == language)
            .unwrap_or(Kept {
                version: VERSION,
                language,
                models: BTreeMap::new(),
            });
    }

    /// Returns the data to keep for later jobs, if it has changed since the last call of this function.
    pub fn changed(&self) -> Option<Vec<u8>> {
        let mut known = self.known();
        if !std::mem::take(&mut known.is_changed) {
            return None;
        }
        serde_json::to_vec(&known.kept).ok()
    }

    /// Estimates as a model's tokenizer counts, as far as that is known.
    pub fn estimator(&self, model: &str) -> Estimator {
        let known = self.known();
        let rates = known.kept.models.get(model);
        rates.map_or_else(Estimator::default, Rates::estimator)
    }

    /// Tells whether the server has told how a model counts.
    pub fn knows(&self, model: &str) -> bool {
        self.known().kept.models.contains_key(model)
    }

    /// Returns the limit of a prompt to a model: as many tokens as are set, and no more than the server has
    /// room for besides an answer.
    pub fn limit(&self, model: &str, context_tokens: u32) -> PromptLimit {
        let room = self.room(model).map(|(prompt, _)| prompt);
        let window = self.known().served.get(model).copied();
        PromptLimit {
            tokens: room.map_or(context_tokens, |room| room.min(context_tokens)),
            estimator: self.estimator(model),
            window: window.filter(|_| room.is_some_and(|room| room < context_tokens)),
        }
    }

    /// Returns the most tokens of an answer, where the server tells how large its window is.
    pub fn answer_limit(&self, model: &str) -> Option<u32> {
        self.room(model).map(|(_, answer)| answer)
    }

    /// Returns the shares of prompt and answer in the server's window.
    fn room(&self, model: &str) -> Option<(u32, u32)> {
        let known = self.known();
        let window = *known.served.get(model)?;
        let share = u64::from(window) * u64::from(ANSWER_SHARE) / 100;
        let share = u32::try_from(share).unwrap_or(u32::MAX);
        let answer = match known.answer {
            0 => share,
            expected => expected.min(share),
        };
        Some((window - answer, share))
    }

    /// Notes that the server has a window of so many tokens for a model.
    pub fn note_served(&self, model: &str, window: u32) {
        self.known().served.insert(model.to_owned(), window);
    }

    /// Notes that an answer of so many tokens is going to be asked for.
    pub fn expect_answer(&self, tokens: u32) {
        let mut known = self.known();
        known.answer = known.answer.max(tokens);
    }

    /// Returns the most tokens that the answer to a request may have in the server's window, where that is
    /// known.
    pub fn answer_room_in_window(&self, limit: &PromptLimit, request: &Request) -> u32 {
        let served = self.known().served.get(&request.model).copied();
        let asked = limit.estimator.of(Weight::of_request(request));
        // A tenth, for what the estimate may be too low.
        let asked = asked.saturating_add(asked / 10);
        // What the prompt leaves, but enough for a sentence: then the server says what it lacks.
        served.map_or(u32::MAX, |window| {
            window.saturating_sub(asked).max(LEAST_ANSWER)
        })
    }

    /// Returns the window for a call in tokens, the same for every call to a model as long as it is large
    /// enough: some servers load a model anew for another window.
    pub fn window(&self, limit: &PromptLimit, request: &Request) -> u32 {
        let (model, asked) = (
            &request.model,
            limit.estimator.of(Weight::of_request(request)),
        );
        let mut known = self.known();
        let served = known.served.get(model).copied().unwrap_or(u32::MAX);
        let answer = known.answer.max(request.max_output_tokens);
        let window = known.windows.entry(model.clone()).or_insert_with(|| {
            let first = limit.tokens.saturating_add(answer);
            first.saturating_add(ROOM).min(served)
        });
        let needed = asked.saturating_add(request.max_output_tokens);
        if needed > *window {
            *window = needed.saturating_add(needed / 2).min(served);
        }
        *window
    }

    /// Estimates how many tokens `words` words of prose take (characters for CJK).
    pub fn of_words(&self, model: &str, words: u32, language: &Language) -> u32 {
        match self.word(model) {
            Some(word) => (word * f64::from(words)).ceil() as u32,
            None => of_words(words, language),
        }
    }

    /// Estimates how many words (characters for CJK) so many tokens are.
    pub fn words_in(&self, model: &str, tokens: u32, language: &Language) -> u32 {
        let word = self.word(model);
        let word = word.unwrap_or_else(|| f64::from(of_words(1_000, language)) / 1_000.0);
        (f64::from(tokens) / word.max(0.01)) as u32
    }

    /// Returns the room for an answer that takes so many tokens in English, where half of it is in the
    /// language of the story.
    pub fn answer_room(&self, model: &str, in_english: u32, language: &Language) -> u32 {
        let word = f64::from(self.of_words(model, 1_000, language)) / 1_000.0;
        // A character of a language without words is a third of an English word.
        let word = match language.counts_characters() {
            true => word * 3.0,
            false => word,
        };
        let more = (word / 1.4).max(1.0);
        (f64::from(in_english) * (1.0 + more) / 2.0) as u32
    }

    /// Learns from the usage that a server reported for a call. `false` where it counted so little of the
    /// prompt that it can't have read all of it.
    pub fn note(&self, model: &str, call: &Answered<'_>) -> bool {
        let mut known = self.known();
        let rates = known.kept.models.get(model).copied();
        let before = rates.unwrap_or_default();
        let mut rates = before;
        if let (Some(text), Some(told)) = (call.text, call.usage.output_tokens) {
            rates.note_answer(Weight::of(text), call.words, told as f64);
        }
        let input = call.usage.input_tokens;
        let is_whole = input.is_none_or(|told| rates.note_prompt(call.asked, told as f64));
        if rates != before {
            known.is_changed = true;
            known.kept.models.insert(model.to_owned(), rates);
        }
        is_whole
    }

    /// Notes that an answer of so many words took so many tokens and was cut off by its limit.
    pub fn raise_word(&self, model: &str, tokens: u32, words: u32) {
        let mut known = self.known();
        let rates = known.kept.models.entry(model.to_owned()).or_default();
        rates.raise_word(tokens.into(), words);
    }

    fn word(&self, model: &str) -> Option<f64> {
        self.known().kept.models.get(model)?.word()
    }

    /// Locks the data; that of a poisoned lock is still whole, since it is changed in one step.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells whether the limit that a call set is what ended its answer, rather than one of the model's own.
/// `told` is how many tokens the server counted in it, `heard` their estimate.
pub fn is_own_limit(reason: &FinishReason, limit: u32, told: Option<u64>, heard: u32) -> bool {
    let had = told.unwrap_or_else(|| heard.into()) as f64;
    *reason == FinishReason::Length && had >= f64::from(limit) * FULL
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "m";

    fn language(tag: &str) -> Language {
        Language::parse(tag).unwrap()
    }

    fn usage(input: u64, output: u64) -> Usage {
        Usage {
            input_tokens: Some(input),
            cached_tokens: None,
            output_tokens: Some(output),
        }
    }

    fn request(user: &str, max_output_tokens: u32) -> Request {
        Request {
            model: MODEL.to_owned(),
            system: String::new(),
            user: vec![user.to_owned()],
            max_output_tokens,
            prompt_tokens: 0,
            context_tokens: 0,
            temperature: None,
            seed: None,
            thinking: Default::default(),
            format: None,
            extension: Default::default(),
        }
    }

    #[test]
    fn what_was_learned_is_kept_for_the_same_language() {
        let tamil = language("ta");
        let text = "அவள் கதவருகே காத்திருந்தாள். ".repeat(40);
        let first = Tokenizers::default();
        first.begin(&tamil, None);
        assert_eq!(first.of_words(MODEL, 100, &tamil), 1_100);
        assert!(first.changed().is_none());
        assert!(first.note(
            MODEL,
            &Answered {
                asked: Weight::of(&text),
                usage: usage(400, 400),
                text: Some(&text),
                words: 120,
            }
        ));
        assert_eq!(first.of_words(MODEL, 120, &tamil), 400);
        assert_eq!(first.words_in(MODEL, 400, &tamil), 120);
        let kept = first.changed().unwrap();
        assert!(first.changed().is_none());
        let second = Tokenizers::default();
        second.begin(&tamil, Some(&kept));
        assert_eq!(second.estimator(MODEL), first.estimator(MODEL));
        assert_eq!(second.estimator("another"), Estimator::default());
        for (tag, kept) in [("hi", &kept[..]), ("ta", b"{}"), ("ta", b"\xff")] {
            let other = Tokenizers::default();
            other.begin(&language(tag), Some(kept));
            assert!(!other.knows(MODEL), "{tag}");
        }
    }

    #[test]
    fn a_model_has_one_window_as_long_as_it_is_large_enough() {
        let tokenizers = Tokenizers::default();
        tokenizers.expect_answer(5_000);
        let limit = PromptLimit::of(16_000);
        let window = |user: &str, answer| tokenizers.window(&limit, &request(user, answer));
        let first = window("Short.", 3_000);
        assert_eq!(first, 22_024);
        for answer in [200, 5_000, 9_000, 20_000] {
            assert_eq!(window("Short.", answer), first, "{answer}");
        }
        let more = window(&"Long enough. ".repeat(3_000), 14_000);
        assert!(more > 25_000, "{more}");
        assert_eq!(window("Short.", 200), more);
    }

    #[test]
    fn what_the_server_has_room_for_bounds_prompts_and_answers() {
        let tokenizers = Tokenizers::default();
        let limit = |tokens| tokenizers.limit(MODEL, tokens).tokens;
        assert_eq!(
            (limit(16_000), tokenizers.answer_limit(MODEL)),
            (16_000, None)
        );
        tokenizers.note_served(MODEL, 2_000);
        assert_eq!(
            (limit(16_000), tokenizers.answer_limit(MODEL)),
            (1_200, Some(800))
        );
        tokenizers.note_served(MODEL, 131_072);
        tokenizers.expect_answer(3_400);
        assert_eq!(limit(16_000), 16_000);
        tokenizers.note_served(MODEL, 16_384);
        assert_eq!((limit(16_000), limit(8_000)), (12_984, 8_000));
        let window = tokenizers.window(&PromptLimit::of(16_000), &request("Short.", 3_000));
        assert_eq!(window, 16_384);
    }

    #[test]
    fn whose_limit_ended_an_answer() {
        let length = FinishReason::Length;
        for (reason, told, heard, expected) in [
            (&length, Some(1_000), 0, true),
            (&length, Some(950), 0, true),
            (&length, Some(600), 2_000, false),
            (&length, None, 950, true),
            (&length, None, 300, false),
            (&FinishReason::Stop, Some(1_000), 0, false),
            (&FinishReason::ContextFull, Some(1_000), 0, false),
        ] {
            assert_eq!(
                is_own_limit(reason, 1_000, told, heard),
                expected,
                "{reason:?} {told:?} {heard}"
            );
        }
    }
}
