//! The model: answers of the asked length with tokens in every sentence, some at once, some
//! slowly, some held back until the author lets them go, some broken off or refused.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use serde_json::json;

use crate::support::model_server::{Finish, Gate, ModelServer, Recorded, Reply, words_with_spaces};
use crate::support::prose::{Length, asked_length};
use crate::tokens;

/// A model server and what it was told to do.
pub struct Model {
    server: ModelServer,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    random: Rng,
    /// Answers whole and at once.
    is_plain: bool,
    held: Vec<Gate>,
    /// The answers for each chunk since it was saved last: the tokens of whole ones.
    answers: BTreeMap<u32, Vec<Option<Vec<String>>>>,
}

impl Model {
    pub fn start(seed: u64) -> Model {
        let shared = Arc::new(Mutex::new(Shared {
            random: Rng::with_seed(seed),
            is_plain: false,
            held: Vec::new(),
            answers: BTreeMap::new(),
        }));
        let script = Arc::clone(&shared);
        Model {
            server: ModelServer::start(move |request| lock(&script).answer(request)),
            shared,
        }
    }

    pub fn base_url(&self) -> &str {
        &self.server.base_url
    }

    /// How many answers were asked for.
    pub fn calls(&self) -> usize {
        self.server.completions().len()
    }

    /// Lets go of all that is held back.
    pub fn let_go(&self) {
        for gate in lock(&self.shared).held.drain(..) {
            gate.open();
        }
    }

    /// From here on every answer is whole and comes at once.
    pub fn be_plain(&self) {
        lock(&self.shared).is_plain = true;
        self.let_go();
    }

    /// A chunk was saved: the tokens of the answer that it has, where there is no doubt which
    /// that is. The author hears of it late, so that another one may have been asked for.
    pub fn saved(&self, chunk: u32) -> Vec<String> {
        let answers = lock(&self.shared)
            .answers
            .remove(&chunk)
            .unwrap_or_default();
        let is_whole = |answer: &&Option<Vec<String>>| answer.is_some();
        match answers.iter().filter(is_whole).count() {
            1 => answers
                .into_iter()
                .next_back()
                .flatten()
                .unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

impl Shared {
    fn answer(&mut self, request: &Recorded) -> Reply {
        let prompt = request.user();
        let chunk = part_of(&prompt);
        let words = match asked_length(&prompt) {
            Some(Length::Words(words)) => words,
            _ => 60,
        };
        let (text, made) = prose(words, &mut self.random);
        let pieces = words_with_spaces(&text);
        let somewhere = self.random.usize(1..pieces.len().max(2));
        let cut = Reply::fragments(pieces[..somewhere].to_vec());
        let whole = Reply::fragments(pieces);
        let kind = match self.is_plain {
            true => 0,
            false => self.random.u8(..20),
        };
        let reply = match kind {
            0..=5 => whole,
            6..=9 => whole.every(Duration::from_millis(self.random.u64(1..5))),
            10..=15 => {
                let gate = Gate::new();
                self.held.push(gate.clone());
                whole.stall_after(somewhere, &gate)
            }
            16 => whole.close_after(somewhere),
            17 => cut.finish(Finish::Length),
            18 => cut.finish(Finish::Refusal),
            _ => {
                let message = json!({"error": {"message": "Incorrect API key provided"}});
                Reply::error(401, message)
            }
        };
        let answers = self.answers.entry(chunk).or_default();
        answers.push((kind < 16).then_some(made));
        reply
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of the chunk that a prompt asks for.
fn part_of(prompt: &str) -> u32 {
    let after = prompt.split("# This part: ").nth(1).unwrap_or_default();
    let number = after.split(' ').next().unwrap_or_default();
    number.parse().unwrap_or_default()
}

/// So many words in whole sentences, and the tokens in them.
fn prose(words: usize, random: &mut Rng) -> (String, Vec<String>) {
    const SUBJECTS: [&str; 5] = ["Mara", "The keeper", "A thin boy", "Ilse", "The old dog"];
    const VERBS: [&str; 5] = ["carried", "painted", "forgot", "mended", "followed"];
    const ENDS: [&str; 5] = [
        "by the sea",
        "in Márta’s rain",
        "again",
        "— twice",
        "at dawn 😀",
    ];
    let (mut text, mut made) = (String::new(), Vec::new());
    while text.split_whitespace().count() < words {
        let token = tokens::of_model();
        let pick = |of: &[&'static str; 5], random: &mut Rng| of[random.usize(..5)];
        if !text.is_empty() {
            text.push_str(if random.u8(..6) == 0 { "\n\n" } else { " " });
        }
        text.push_str(&format!(
            "{} {} the {token} {}.",
            pick(&SUBJECTS, random),
            pick(&VERBS, random),
            pick(&ENDS, random)
        ));
        made.push(token);
    }
    (text, made)
}
