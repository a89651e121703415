//! Pieces of the prompt that a model repeats as if they were prose: the beat, a rule, a note.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::check::Check;
use super::repair::Repair;
use super::wording::{Wording, paragraphs, with_white};
use crate::engine::prompt::Templates;
use crate::story::leftovers::bare;
use crate::story::{Brief, SectionKind};

/// Fewer words may meet by chance, or because a character says a rule out loud.
const LEAST_WORDS: usize = 8;
/// A note in the margin is no sentence of a story.
const LEAST_OF_NOTE: usize = 4;

/// Headings and labels that the prompt builder makes.
static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)\A\#\ (?:The\ story|Premise|Setting|Cast|Style|Rules|How\ it\ is\ written
        |Rules\ of\ this\ world\b.*|Who\ is\ in\ the\ story|How\ the\ story\ began
        |What\ happened\ lately|How\ things\ stand\ after\ part\b.*|The\ part\ before\b.*
        |What\ the\ story\ said\ before\b.*|The\ whole\ story,\ part\ by\ part|Who\ is\ in\ this\ part
        |The\ text\ before\ this\ part\ ends\ with|This\ part:.*|Not\ yet\b.*|This\ is\ the\ last\ part
        |Of\ this\ part\ is\ written\ already.*)\z",
    )
    // Every test of this module compiles it.
    .expect("a well-formed pattern")
});

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    // Compiled by the tests.
    Regex::new(r"\A(?:[-*]\s+|\d{1,3}[.)]\s+)?(?:(?:What happens|At its start|At its end|The author asks|Enter|Exit|The chapter that it is in):\s*)?")
        .expect("a well-formed pattern")
});

/// What a brief and its templates say that is no prose, by its words.
pub(super) type Phrases = HashMap<u64, Known>;

/// What the author said that is no prose, by its words.
#[derive(Debug, Default)]
pub(super) struct Echoes {
    brief: Arc<Phrases>,
    /// In the margin of the chunk.
    notes: Phrases,
    /// What the text says that an answer is a rewrite of, as shingles: it is prose already.
    said: HashSet<u64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
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

/// What a brief and its templates say, in time in proportion to it.
pub(super) fn phrases(brief: &Brief, templates: &Templates) -> Phrases {
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

    fn find(&self, text: &str) -> Option<Check> {
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

/// Whether a line is a heading of the prompt's.
pub(super) fn is_prompt_heading(line: &str) -> bool {
    HEADING.is_match(line.trim())
}

/// Takes out paragraphs that are the author's own words to the model, and the prompt's headings
/// with what stands below them.
pub(super) fn strip(repair: &mut Repair<'_>) {
    let acceptance = repair.acceptance();
    let text = repair.text();
    let mut cuts = Vec::new();
    for range in paragraphs(text) {
        let paragraph = &text[range.clone()];
        let first = paragraph.lines().next().unwrap_or_default();
        let found = if is_prompt_heading(first) {
            Some(Check::PromptEcho)
        } else {
            acceptance
                .echoes
                .find(paragraph)
                .or_else(|| acceptance.echoes.find(bare(paragraph)))
        };
        if let Some(check) = found {
            cuts.push((check, with_white(text, range)));
        }
    }
    repair.cut_each(&cuts);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prompt::{Ground, Prompt, PromptInputs};

    /// Who changes a heading of the prompt learns here that acceptance has to know it.
    #[test]
    fn every_heading_of_the_prompt_is_known() {
        let text = include_str!("../../../fixtures/briefs/lamp-keeper/story.md");
        let brief = Brief::parse(text);
        let ground = Ground::of(&brief, &Templates::default());
        let mut found = 0;
        for beat in [0, 1, brief.beats.len() - 1] {
            for so_far in ["", "She went."] {
                let prompt = Prompt::build(&PromptInputs {
                    brief: &brief,
                    templates: &Templates::default(),
                    ground: &ground,
                    beat,
                    target_words: 1500,
                    earlier: &[],
                    preceding: "The lamp went out.",
                    so_far,
                    remaining_words: 1500,
                    notes: &[],
                    limit: crate::engine::tokens::PromptLimit::of(16_000),
                });
                let prompt = prompt.unwrap();
                let headings = prompt.blocks.iter().flat_map(|block| block.text.lines());
                for line in headings.filter(|line| line.starts_with("# ")) {
                    let own = brief.sections.iter().any(|it| line[2..] == it.title);
                    assert!(own || is_prompt_heading(line), "{line}");
                    found += 1;
                }
            }
        }
        assert!(found > 20);
    }
}
