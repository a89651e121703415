//! The writer for languages without a pack: only the brief's own words, recombined.
//!
//! It knows no grammar, so it makes no sentence that the author did not begin: clauses of
//! the brief are set beside each other, in changing company.

use std::collections::HashSet;

use super::chance::{Rotation, seed_of};
use super::continuation::{Completion, remainder};
use super::lines;
use crate::provider::Scene;
use crate::story::{Language, words};

pub fn complete(scene: &Scene, language: &Language) -> Completion {
    let notice = format!(
        "The demo writer has no phrases for \"{language}\", so this text is put together from \
         the brief's own sentences. It shows how the story is written and saved, not how it reads."
    );
    let whole = compose(scene, language, scene.target_words, "");
    let text = remainder(&whole, &scene.so_far).unwrap_or_else(|| go_on(scene, language));
    Completion {
        text,
        notice: Some(notice),
    }
}

fn go_on(scene: &Scene, language: &Language) -> String {
    let so_far = &scene.so_far;
    let missing = scene
        .target_words
        .saturating_sub(words::count(so_far, language));
    if missing <= scene.target_words / 50 {
        return String::new();
    }
    let mark = if lines::ends_sentence(so_far) {
        ""
    } else {
        "…"
    };
    let trimmed = so_far.trim_end();
    let breaks = so_far
        .get(trimmed.len()..)
        .unwrap_or_default()
        .matches('\n')
        .count();
    let space = "\n".repeat(2_usize.saturating_sub(breaks));
    format!("{mark}{space}{}", compose(scene, language, missing, so_far))
}

/// Sentences of the beat first and in order, then combinations of clauses.
fn compose(scene: &Scene, language: &Language, length: u32, so_far: &str) -> String {
    let by_character = language.counts_characters() && language.primary() != "ko";
    let (stop, comma, join) = if by_character {
        ("。", "，", "")
    } else {
        (".", ", ", " ")
    };
    let enter = scene.enter.as_deref().unwrap_or_default();
    let exit = scene.exit.as_deref().unwrap_or_default();
    let known: Vec<&str> = scene.cast.iter().map(|(_, known)| known.as_str()).collect();
    let background = [scene.setting.as_str(), &scene.premise, &known.join("\n")].join("\n\n");
    let told = [enter, &scene.beat_text].join("\n\n");
    let mut page = Page::new(language, join, length);
    for sentence in lines::sentences(&told, stop) {
        if !so_far.contains(&sentence) {
            page.put(&sentence);
        }
    }
    let all = [told.as_str(), &background, exit, &scene.title].join("\n\n");
    let mut clauses = clauses(&lines::sentences(&all, stop));
    if clauses.is_empty() {
        clauses.push("…".to_owned());
    }
    let seed = seed_of([
        scene.title.as_str(),
        &scene.seed.to_string(),
        &scene.chunk.to_string(),
        &scene.beat_text,
        so_far,
    ]);
    let mut companions = [1_u64, 2, 3].map(|salt| Rotation::new(seed ^ salt, clauses.len(), 0.0));
    let mut seen = HashSet::new();
    let mut attempts: u32 = 0;
    while page.room > 0 && attempts < 20_000 {
        attempts += 1;
        let parts = 1 + (attempts as usize) % companions.len();
        let mut chosen: Vec<&str> = Vec::new();
        for rotation in companions.iter_mut().take(parts) {
            let clause = rotation.next().and_then(|index| clauses.get(index));
            chosen.extend(
                clause
                    .map(String::as_str)
                    .filter(|clause| !chosen.contains(clause)),
            );
        }
        let sentence = format!("{}{stop}", chosen.join(comma));
        if seen.insert(sentence.clone()) || attempts > 4_000 {
            page.put(&super::english::capitalised(&sentence, true));
        }
    }
    page.finish()
}

/// The parts of sentences between their marks.
fn clauses(sentences: &[String]) -> Vec<String> {
    let mut clauses: Vec<String> = Vec::new();
    for sentence in sentences {
        for part in sentence.split(|c: char| ",;:—–.!?…“”«»。、，；：！？「」『』।".contains(c))
        {
            let part = part.trim();
            let known = clauses.iter().any(|clause| clause == part);
            if part.chars().any(char::is_alphanumeric) && !known {
                clauses.push(part.to_owned());
            }
        }
    }
    clauses
}

struct Page<'a> {
    language: &'a Language,
    join: &'a str,
    text: String,
    in_paragraph: u32,
    room: i64,
    tolerance: i64,
}

impl<'a> Page<'a> {
    fn new(language: &'a Language, join: &'a str, length: u32) -> Self {
        Page {
            language,
            join,
            text: String::new(),
            in_paragraph: 0,
            room: i64::from(length),
            tolerance: i64::from(length / 50),
        }
    }

    fn put(&mut self, sentence: &str) {
        let length = i64::from(words::count(sentence, self.language));
        if length > self.room + self.tolerance {
            return;
        }
        self.room -= length;
        if self.in_paragraph >= 3 + self.room.rem_euclid(4) as u32 {
            self.text.push_str("\n\n");
            self.in_paragraph = 0;
        } else if !self.text.is_empty() {
            self.text.push_str(self.join);
        }
        self.text.push_str(sentence);
        self.in_paragraph += 1;
        if self.room <= self.tolerance {
            self.room = 0;
        }
    }

    fn finish(self) -> String {
        self.text
    }
}
