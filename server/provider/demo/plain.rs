//! The writer for languages without a pack: only the brief's own words, recombined.
//!
//! It knows no grammar, so it makes no sentence that the author did not begin: clauses of
//! the brief are set beside each other, in changing company.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation;

use super::chance::{Entry, Rotation, Share, seed_of};
use super::completion::{Completion, remainder};
use super::lines;
use super::polish::capitalised;
use super::scene::Scene;
use crate::story::{Language, words};

/// Sentences that are tried for a place before the last one is cut to fit.
const TRIES: u32 = 400;

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
    let written = words::count(so_far, language);
    let missing = scene.target_words.saturating_sub(written);
    let finished = lines::ends_sentence(so_far) || so_far.trim().is_empty();
    let mark = if finished { "" } else { "…" };
    if missing <= scene.target_words / 50 {
        return mark.to_owned();
    }
    let trimmed = so_far.trim_end();
    let given = so_far.get(trimmed.len()..).unwrap_or_default();
    let wanted = if trimmed.is_empty() { 0 } else { 2_usize };
    let space = "\n".repeat(wanted.saturating_sub(given.matches('\n').count()));
    let marked = words::count(mark, language);
    let text = compose(scene, language, missing.saturating_sub(marked), so_far);
    format!("{mark}{space}{text}")
}

/// How a language sets its sentences.
struct Style {
    stop: &'static str,
    comma: &'static str,
    join: &'static str,
}

impl Style {
    fn of(language: &Language) -> Style {
        let (stop, comma, join) = match language.primary().as_str() {
            "zh" | "yue" | "wuu" | "ja" => ("。", "，", ""),
            "fa" | "ur" => (".", "، ", " "),
            "hi" | "bn" | "mr" | "ne" => ("।", ", ", " "),
            _ => (".", ", ", " "),
        };
        Style { stop, comma, join }
    }
}

/// Composes the sentences of the beat first and in order, then combinations of clauses.
fn compose(scene: &Scene, language: &Language, length: u32, so_far: &str) -> String {
    let style = Style::of(language);
    let enter = scene.enter.as_deref().unwrap_or_default();
    let exit = scene.exit.as_deref().unwrap_or_default();
    let known: Vec<&str> = scene.cast.iter().map(|(_, known)| known.as_str()).collect();
    let told = [enter, &scene.beat_text].join("\n\n");
    let background = [
        &scene.setting,
        &scene.premise,
        &known.join("\n"),
        &scene.title,
    ];
    let all = [
        told.as_str(),
        exit,
        &background.map(String::as_str).join("\n\n"),
    ]
    .join("\n\n");
    let seed = seed_of([
        scene.title.as_str(),
        &scene.seed.to_string(),
        &scene.chunk.to_string(),
        &scene.beat_text,
        so_far,
    ]);
    let mut page = Page::new(language, &style, length);
    for sentence in lines::sentences(&told, style.stop) {
        if !so_far.contains(&sentence) && !page.is_full() {
            page.put(&sentence);
        }
    }
    let clauses = clauses(&lines::sentences(&all, style.stop), &all);
    let mut mixer = Mixer::new(&clauses, seed);
    mixer.seen.extend(lines::sentences(&told, style.stop));
    while !page.is_full() && !clauses.is_empty() {
        let found = (0..TRIES).any(|_| {
            let sentence = format!("{}{}", mixer.next(style.comma), style.stop);
            let sentence = capitalised(&sentence, true);
            mixer.is_new(&sentence) && page.put(&sentence)
        });
        if !found {
            let mut parts = String::new();
            for _ in 0..page.room() {
                parts.push_str(&mixer.next(style.comma));
                parts.push_str(style.comma);
            }
            page.cut_in(&parts);
        }
    }
    page.text
}

/// Returns the parts of sentences between their marks, beginning as they would inside a sentence.
fn clauses(sentences: &[String], text: &str) -> Vec<String> {
    let words: HashSet<&str> = text.unicode_words().collect();
    let inside = |part: &str| {
        let first = part.unicode_words().next().unwrap_or_default();
        let lower = first.to_lowercase();
        // A name or a German noun is nowhere written small.
        match part.strip_prefix(first) {
            Some(rest) if words.contains(lower.as_str()) => format!("{lower}{rest}"),
            _ => part.to_owned(),
        }
    };
    let mut seen = HashSet::new();
    let mark = |c: char| ",;:—–.!?…“”«»。、，；：！？「」『』।،؛؟()".contains(c);
    sentences
        .iter()
        .flat_map(|sentence| sentence.split(mark))
        .map(str::trim)
        .filter(|part| part.chars().any(char::is_alphanumeric) && seen.insert(part.to_owned()))
        .map(inside)
        .collect()
}

/// Combinations of one to three clauses, in ever new company.
struct Mixer<'a> {
    clauses: &'a [String],
    turns: [Rotation; 3],
    count: usize,
    seen: HashSet<String>,
    refused: u32,
}

impl<'a> Mixer<'a> {
    fn new(clauses: &'a [String], seed: u64) -> Self {
        let share = Share {
            seed,
            chunk: 0,
            chunks: 1,
        };
        let turn = |salt: u64| Rotation::new(share, salt, &vec![Entry::ANY; clauses.len()]);
        Mixer {
            clauses,
            turns: [turn(1), turn(2), turn(3)],
            count: 0,
            seen: HashSet::new(),
            refused: 0,
        }
    }

    fn next(&mut self, comma: &str) -> String {
        self.count += 1;
        let parts = 1 + self.count % self.turns.len();
        let mut chosen: Vec<&str> = Vec::new();
        for turn in self.turns.iter_mut().take(parts) {
            let clause = turn.next().and_then(|index| self.clauses.get(index));
            let clause = clause.map(String::as_str);
            chosen.extend(clause.filter(|clause| !chosen.contains(clause)));
        }
        chosen.join(comma)
    }

    /// Tells whether a sentence is new; forgets the earlier ones when a short brief has no new combinations
    /// left.
    fn is_new(&mut self, sentence: &str) -> bool {
        let new = self.seen.insert(sentence.to_owned());
        self.refused = if new { 0 } else { self.refused + 1 };
        if self.refused > TRIES / 4 {
            self.seen.clear();
        }
        new
    }
}

struct Page<'a> {
    language: &'a Language,
    style: &'a Style,
    text: String,
    in_paragraph: i64,
    room: i64,
    tolerance: i64,
}

impl<'a> Page<'a> {
    fn new(language: &'a Language, style: &'a Style, length: u32) -> Self {
        Page {
            language,
            style,
            text: String::new(),
            in_paragraph: 0,
            room: i64::from(length),
            tolerance: i64::from(length / 50),
        }
    }

    fn is_full(&self) -> bool {
        self.room <= self.tolerance
    }

    fn room(&self) -> u32 {
        u32::try_from(self.room).unwrap_or(0)
    }

    /// Sets a sentence if there is room for it; false if not.
    fn put(&mut self, sentence: &str) -> bool {
        let length = i64::from(words::count(sentence, self.language));
        if length > self.room + self.tolerance {
            return false;
        }
        let paragraph = 3 + self.room.rem_euclid(4);
        self.room -= length;
        if self.in_paragraph >= paragraph {
            self.text.push_str("\n\n");
            self.in_paragraph = 0;
        } else if !self.text.is_empty() {
            self.text.push_str(self.style.join);
        }
        self.text.push_str(sentence);
        self.in_paragraph += 1;
        true
    }

    /// Sets as much of a text as there is room for.
    fn cut_in(&mut self, text: &str) {
        let stop = i64::from(words::count(self.style.stop, self.language));
        let room = usize::try_from(self.room - stop).unwrap_or(0).max(1);
        let units: Vec<(usize, &str)> = if self.language.counts_characters() {
            text.grapheme_indices(true)
                .filter(|(_, unit)| !unit.chars().all(char::is_whitespace))
                .collect()
        } else {
            text.unicode_word_indices().collect()
        };
        let last = units.get(room - 1).or(units.last());
        let end = last.map_or(text.len(), |(at, unit)| at + unit.len());
        let part = text.get(..end).unwrap_or(text);
        if !self.put(&capitalised(&format!("{part}{}", self.style.stop), true)) {
            self.room = 0;
        }
    }
}
