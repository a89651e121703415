//! Holds what a chunk is measured by: the length, the brief, and the marks that an answer may have.

use std::sync::Arc;

use super::echo_phrases::{Echoes, Phrases, phrases};
use super::lines::is_heading;
use super::story_so_far::Told;
use crate::story::leftovers::{Narrator, PACKS, bare};
use crate::story::{Brief, Language};
use crate::writing::prompt::Templates;

/// What follows from a brief for the judgement of all chunks. Worked out once: a brief may be large, and what
/// a chunk costs must not grow with it.
#[derive(Debug, Clone)]
pub struct Yardstick {
    narrator: Narrator,
    phrases: Arc<Phrases>,
}

impl Yardstick {
    /// Reads a brief through, in time in proportion to it. `templates` as the prompt has them.
    pub fn of(brief: &Brief, templates: &Templates) -> Yardstick {
        Yardstick {
            narrator: narrator(brief),
            phrases: Arc::new(phrases(brief, templates)),
        }
    }
}

/// What the answers for one chunk are judged by.
#[derive(Debug)]
pub struct Acceptance<'a> {
    pub(crate) brief: &'a Brief,
    pub(crate) target_words: u32,
    /// The chunk number from 1, as in the outline.
    pub(crate) number: usize,
    /// The titles of story, chapter and beat, folded.
    pub(crate) titles: Vec<String>,
    pub(crate) next_title: Option<String>,
    pub(crate) is_last: bool,
    pub(crate) narrator: Narrator,
    pub(crate) echoes: Echoes,
    pub(crate) told: Told,
}

impl<'a> Acceptance<'a> {
    /// Makes the acceptance of one chunk like [`Acceptance::by`], reading the brief through for it alone.
    #[cfg(test)]
    pub fn new(
        brief: &'a Brief,
        beat: usize,
        target_words: u32,
        notes: &[String],
        templates: &Templates,
        told: Told,
    ) -> Acceptance<'a> {
        let yardstick = Yardstick::of(brief, templates);
        Acceptance::by(&yardstick, brief, beat, target_words, notes, told)
    }

    /// Makes the acceptance for the beat of an index in `brief.beats`. `target_words` in the unit of the
    /// brief's language; `notes` as the prompt has them; `yardstick` is that of the brief.
    pub fn by(
        yardstick: &Yardstick,
        brief: &'a Brief,
        beat: usize,
        target_words: u32,
        notes: &[String],
        told: Told,
    ) -> Acceptance<'a> {
        let this = brief.beats.get(beat);
        let chapter = this.and_then(|beat| beat.chapter.as_ref());
        let titles = [Some(&brief.title), chapter, this.map(|beat| &beat.title)];
        let next_title = brief.beats.get(beat + 1).map(|next| folded(&next.title));
        Acceptance {
            brief,
            target_words,
            number: beat + 1,
            titles: titles
                .into_iter()
                .flatten()
                .map(|title| folded(title))
                .filter(|title| !title.is_empty())
                .collect(),
            is_last: next_title.is_none(),
            next_title: next_title.filter(|title| !title.is_empty()),
            narrator: yardstick.narrator,
            echoes: Echoes::of(Arc::clone(&yardstick.phrases), notes),
            told,
        }
    }

    /// Returns the acceptance for a rewrite of a text: what that text says counts as prose, also where the
    /// brief says it.
    pub fn rewriting(mut self, text: &str) -> Acceptance<'a> {
        self.echoes.allow(text);
        self
    }

    pub(crate) fn language(&self) -> &Language {
        &self.brief.language
    }

    /// Tells whether a line is the title of story, chapter or beat.
    pub(crate) fn is_title(&self, line: &str) -> bool {
        let line = folded(bare(line));
        !line.is_empty() && self.titles.contains(&line)
    }

    /// Tells whether a text without line end may become a line with a title.
    pub(crate) fn may_become_title(&self, text: &str) -> bool {
        let text = folded(bare(text));
        self.titles.iter().any(|title| title.starts_with(&text))
    }

    /// Tells whether a line is a heading of the next part.
    pub(crate) fn begins_next(&self, line: &str) -> bool {
        let bare = bare(line);
        let marked = is_heading(line) || (line.starts_with("**") && line.ends_with("**"));
        let named = self.next_title.as_ref().is_some_and(|next| {
            let line = folded(bare);
            line == *next || (PACKS.heading.is_match(bare) && line.ends_with(next.as_str()))
        });
        let numbered = PACKS.heading.is_match(bare)
            && bare
                .split(|c: char| !c.is_ascii_digit())
                .find(|digits| !digits.is_empty())
                .and_then(|digits| digits.parse::<usize>().ok())
                == Some(self.number + 1);
        numbered || (named && (marked || line.len() > bare.len() || PACKS.heading.is_match(bare)))
    }
}

/// Returns how titles are compared: words in lower case, without marks between them.
fn folded(title: &str) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    let words: Vec<String> = title.unicode_words().map(str::to_lowercase).collect();
    words.join(" ").replace('’', "'")
}

/// Machines may speak of themselves in a story whose brief speaks of them.
fn narrator(brief: &Brief) -> Narrator {
    let sections = brief.sections.iter().map(|section| section.text.as_str());
    let mut texts = sections.chain([brief.title.as_str()]);
    if texts.any(|text| PACKS.machine.is_match(text)) {
        Narrator::Machine
    } else {
        Narrator::Person
    }
}
