//! Collects the phrases of the brief that are no prose of the story.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::check::Check;
use super::wording::{Wording, paragraphs};
use crate::story::{Brief, SectionKind};
use crate::writing::prompt::Templates;

/// Fewer words may meet by chance, or because a character says a rule out loud.
const LEAST_WORDS: usize = 8;
/// A note in the margin is no sentence of a story.
const LEAST_OF_NOTE: usize = 4;

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    // Compiled by the tests.
    Regex::new(r"\A(?:[-*]\s+|\d{1,3}[.)]\s+)?(?:(?:What happens|At its start|At its end|The author asks|Enter|Exit|The chapter that it is in):\s*)?")
        .expect("a well-formed pattern")
});

/// The phrases of a brief and its templates that are no prose, by their words.
pub(crate) type Phrases = HashMap<u64, Known>;

/// The texts of the author that are no prose, by their words.
#[derive(Debug, Default)]
pub(crate) struct Echoes {
    brief: Arc<Phrases>,
    /// The phrases in the margin of the chunk.
    notes: Phrases,
    /// The shingles of the text that an answer rewrites: they are prose already.
    said: HashSet<u64>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    check: Check,
    /// A character may say a rule out loud, but not with its number.
    only_labelled: bool,
}

impl Known {
    const PROMPT: Known = Known {
        check: Check::PromptEcho,
        only_labelled: false,
    };
    const RULE: Known = Known {
        check: Check::PromptEcho,
        only_labelled: true,
    };
    const NOTE: Known = Known {
        check: Check::NoteEcho,
        only_labelled: false,
    };
}

/// Returns what a brief and its templates say, in time in proportion to it.
pub(crate) fn phrases(brief: &Brief, templates: &Templates) -> Phrases {
    let mut phrases = Phrases::new();
    for section in &brief.sections {
        match section.kind {
            // A style may hold a sample of prose, and the outline comes beat by beat.
            SectionKind::Style | SectionKind::Outline | SectionKind::Notes => {}
            SectionKind::Rules => add(&mut phrases, &section.text, Known::RULE),
            _ => add(&mut phrases, &section.text, Known::PROMPT),
        }
    }
    let mut chapter = None;
    for beat in &brief.beats {
        // All beats of a chapter have the same.
        let is_new = beat.chapter_text.is_some() && beat.chapter_text != chapter;
        let of_chapter = beat.chapter_text.as_ref().filter(|_| is_new);
        let (enter, exit) = (beat.enter.as_ref(), beat.exit.as_ref());
        let texts = [Some(&beat.text), enter, exit, of_chapter];
        for text in texts.into_iter().flatten() {
            add(&mut phrases, text, Known::PROMPT);
        }
        chapter.clone_from(&beat.chapter_text);
    }
    for template in templates.texts() {
        add(&mut phrases, template, Known::PROMPT);
    }
    phrases
}

fn add(phrases: &mut Phrases, text: &str, known: Known) {
    add_piece(phrases, text, LEAST_WORDS, known);
    for paragraph in paragraphs(text) {
        let paragraph = &text[paragraph];
        add_piece(phrases, paragraph, LEAST_WORDS, known);
        for line in paragraph.lines() {
            // Lines of a list; a line that is wrapped ends anywhere.
            if unlabelled(line).len() < line.trim().len() {
                add_piece(phrases, line, LEAST_WORDS, known);
            }
        }
    }
}

fn add_piece(phrases: &mut Phrases, text: &str, least: usize, known: Known) {
    // What the author quotes may be meant to be told word for word.
    if text
        .trim_start()
        .starts_with(['>', '“', '"', '«', '„', '「', '『'])
    {
        return;
    }
    let wording = Wording::of(unlabelled(text));
    if wording.len() >= wording.grain(least) {
        phrases.entry(wording.whole()).or_insert(known);
    }
}

impl Echoes {
    pub fn of(brief: Arc<Phrases>, notes: &[String]) -> Echoes {
        let mut echoes = Echoes {
            brief,
            ..Echoes::default()
        };
        for note in notes {
            add_piece(&mut echoes.notes, note, LEAST_OF_NOTE, Known::NOTE);
        }
        echoes
    }

    /// Takes what a text says for no echo.
    pub fn allow(&mut self, text: &str) {
        self.said.extend(Wording::of(text).shingles(LEAST_OF_NOTE));
    }

    fn is_said(&self, text: &str) -> bool {
        let shingles = Wording::of(text).shingles(LEAST_OF_NOTE);
        !shingles.is_empty() && shingles.iter().all(|it| self.said.contains(it))
    }

    /// Finds what a piece of an answer repeats.
    pub fn find(&self, text: &str) -> Option<Check> {
        let rest = unlabelled(text);
        let words = Wording::of(rest).whole();
        let known = self.brief.get(&words).or_else(|| self.notes.get(&words))?;
        let labelled = rest.len() < text.trim().len();
        let is_echo = (labelled || !known.only_labelled) && !self.is_said(text);
        is_echo.then_some(known.check)
    }
}

fn unlabelled(text: &str) -> &str {
    let text = text.trim();
    &text[LABEL.find(text).map_or(0, |label| label.end())..]
}
