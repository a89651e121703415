//! Refuses answers that no repair helps: text that is no prose of this story.

use std::sync::LazyLock;

use regex::Regex;

use super::check::{Check, Fault};
use super::wording::paragraphs;
use super::yardstick::Acceptance;
use super::{copies, wrapper};
use crate::story::leftovers::{self, Narrator, PACKS, Place, Talk, bare};
use crate::story::text::sentences::is_finished;
use crate::story::{lint, words};

/// Returns the first fault in `text`, a repaired answer that continues `before`.
pub(crate) fn judge(acceptance: &Acceptance<'_>, before: &str, text: &str) -> Option<Fault> {
    let length = words::count(text, acceptance.language());
    refusal(acceptance, text, length)
        .or_else(|| reasoning(text))
        .or_else(|| meta(acceptance, text))
        .or_else(|| json(text))
        .or_else(|| characters(text))
        .or_else(|| foreign(acceptance, text))
        .or_else(|| placeholder(text))
        .or_else(|| table(text))
        .or_else(|| outline(text))
        .or_else(|| copies::judge(&acceptance.told, before, text))
}

/// Finds a refusal at the start of an answer. What could be the first sentence of a story as well is a
/// refusal only where hardly anything follows.
fn refusal(acceptance: &Acceptance<'_>, text: &str, length: u32) -> Option<Fault> {
    const MOST_WORDS: u32 = 120;
    let start = bare(text);
    let short = length <= MOST_WORDS && length * 2 < acceptance.target_words;
    let sure = PACKS.refusal.is_match(start) && (short || acceptance.narrator == Narrator::Person);
    let all = short && (PACKS.decline.is_match(start) || PACKS.meta.is_match(start));
    (sure || all).then(|| Fault::new(Check::Refusal, "the model refused to write it"))
}

fn reasoning(text: &str) -> Option<Fault> {
    PACKS.reasoning.is_match(bare(text)).then(|| {
        let what = "the model thought aloud instead of writing";
        Fault::new(Check::LeakedReasoning, what)
    })
}

/// Returns a paragraph of the narration in which the model speaks of itself or of its work; in a story about
/// machines it may be one of those.
fn meta(acceptance: &Acceptance<'_>, text: &str) -> Option<Fault> {
    let found = paragraphs(text)
        .into_iter()
        .find_map(|range| leftovers::judge(text, range, Place::Middle, acceptance.narrator))?;
    let what = match found {
        Talk::OfItself => "the model speaks of itself in the middle of the prose",
        Talk::OfTheWork => "the model speaks of its work in the middle of the prose",
        Talk::Form => "a list of what the model was given stands in the middle of the prose",
    };
    Some(Fault::new(Check::MetaTalk, what))
}

fn json(text: &str) -> Option<Fault> {
    wrapper::is_json(text).then(|| {
        Fault::new(
            Check::JsonWrapper,
            "the answer is broken JSON instead of prose",
        )
    })
}

/// Reports replacement characters: letters that are lost.
fn characters(text: &str) -> Option<Fault> {
    const MOST: usize = 3;
    let lost = text.chars().filter(|c| *c == '\u{fffd}').count();
    (lost > MOST).then(|| {
        let what = format!("{lost} characters of the answer are lost (U+FFFD)");
        Fault::new(Check::BrokenCharacters, what)
    })
}

/// Reports lost characters that are too few to refuse an answer for.
pub(crate) fn lost_characters(text: &str) -> Option<Fault> {
    text.contains('\u{fffd}').then(|| {
        let what = "a few characters of the answer are lost (U+FFFD); look for � in the chunk";
        Fault::new(Check::BrokenCharacters, what)
    })
}

/// Reports a text in another language, or a narrated passage in one.
pub(crate) fn foreign(acceptance: &Acceptance<'_>, text: &str) -> Option<Fault> {
    let language = acceptance.language();
    let fault = |what| Fault::new(Check::WrongLanguage, what);
    if let Some(instead) = lint::foreign(text, language) {
        return Some(fault(format!(
            "the answer is {instead}, and the story's language is `{language}`"
        )));
    }
    lint::foreign_passage(text, language).map(|instead| {
        fault(format!(
            "a passage of the answer is {instead}, and the story's language is `{language}`"
        ))
    })
}

fn placeholder(text: &str) -> Option<Fault> {
    PACKS.placeholder.is_match(text).then(|| {
        let what = "the answer has a placeholder where prose should be";
        Fault::new(Check::Placeholder, what)
    })
}

/// Reports a text most of whose lines are in cells.
fn table(text: &str) -> Option<Fault> {
    static HTML: LazyLock<Regex> = LazyLock::new(|| {
        // Compiled by the tests.
        Regex::new(r"(?i)<t[rdh][\s>]").expect("a well-formed pattern")
    });
    let cell = |line: &str| {
        let line = line.trim();
        (line.len() > 2 && line.starts_with('|') && line.ends_with('|')) || HTML.is_match(line)
    };
    (count(text, cell) >= 3 && share(text, cell) >= 0.4).then(|| {
        Fault::new(
            Check::TableNotProse,
            "the answer is a table instead of prose",
        )
    })
}

/// Reports a text most of whose words are in points. Speech may begin with a dash, but then it ends with a
/// full stop.
fn outline(text: &str) -> Option<Fault> {
    static POINT: LazyLock<Regex> = LazyLock::new(|| {
        // Compiled by the tests.
        Regex::new(r"\A\s*(?:([-–—])|[*•‣▪◦+]|\d{1,2}[.)]|[a-z]\)|\*\*[^*\n]{1,60}\*\*\s*[:：]|\*\*[^*\n]{1,60}[:：]\*\*)(?:\s+|\z)")
            .expect("a well-formed pattern")
    });
    let point = |line: &str| {
        let Some(found) = POINT.captures(line) else {
            return false;
        };
        let labelled = line.contains("**") && line.contains(':');
        found.get(1).is_none() || labelled || !is_finished(line)
    };
    (count(text, point) >= 4 && share(text, point) >= 0.6).then(|| {
        Fault::new(
            Check::OutlineNotProse,
            "the answer is a list of points instead of prose",
        )
    })
}

fn count(text: &str, is_one: impl Fn(&str) -> bool) -> usize {
    text.lines().filter(|line| is_one(line)).count()
}

/// Returns the share of a text, by bytes, that is in lines for which `is_one` holds.
fn share(text: &str, is_one: impl Fn(&str) -> bool) -> f64 {
    let all: usize = text.lines().map(|line| line.trim().len()).sum();
    let of_kind: usize = text
        .lines()
        .filter(|line| is_one(line))
        .map(|line| line.trim().len())
        .sum();
    of_kind as f64 / all.max(1) as f64
}
