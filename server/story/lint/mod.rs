//! Checks finished prose without a model.
//!
//! Names that drift, a point of view or a tense that flips, rules that change their number,
//! passages that repeat, marks and chatter that a model left behind. Multilingual where it can
//! be: what a check knows about a language stands in a pack under `packs/`, and a check that
//! knows nothing about a language is silent in it.
//!
//! Pure, and in time proportional to the text. [`ChunkFacts`] hold what needs only a chunk's
//! text, so that an editor computes them once a change and merges them with the rest of the
//! story by [`lint_facts`]. It never judges what is good prose, and it would rather miss a
//! slip than cry wolf.

mod blocks;
mod brief_words;
mod chunk;
mod dialogue;
mod facts;
mod finding;
mod fingerprints;
mod fold;
mod leftover;
mod length;
mod lexicon;
mod name_drift;
mod name_drift_unspaced;
mod pack;
pub mod passages;
mod phrases;
mod pov_shift;
mod protagonist_absent;
mod reading;
mod repeated_passage;
mod rule_mentions;
mod rules_kept;
mod seam_echo;
mod setting_absent;
mod story;
mod tense_shift;
mod unfinished_sentence;
mod unknown_name;
mod voice;
mod word;
mod worn_phrase;
mod wrong_language;

#[cfg(test)]
mod tests;

pub use brief_words::BriefWords;
pub use chunk::{ChunkText, LintedChunk};
pub use facts::ChunkFacts;
pub use finding::{CODES, Finding};
pub use unfinished_sentence::CODE as UNFINISHED_SENTENCE;
pub use wrong_language::{foreign, foreign_passage, language_of};

use super::Brief;
use story::Story;

/// Lints a story: its chunks in any order against their brief and each other. Findings come
/// in story order. Never panics, whatever the texts are.
pub fn lint(brief: &Brief, chunks: &[ChunkText<'_>]) -> Vec<Finding> {
    let facts: Vec<ChunkFacts> = chunks
        .iter()
        .map(|chunk| ChunkFacts::of(chunk.text, &brief.language))
        .collect();
    let linted: Vec<LintedChunk<'_>> = chunks
        .iter()
        .zip(&facts)
        .map(|(chunk, facts)| LintedChunk {
            number: chunk.number,
            beat: chunk.beat,
            target_words: chunk.target_words,
            facts,
        })
        .collect();
    lint_facts(brief, &BriefWords::of(brief), &linted)
}

/// Lints chunks whose facts are at hand, as the words of their brief are, as [`lint`] does. Facts must have been made
/// for the brief's language; see [`ChunkFacts::language`].
pub fn lint_facts(brief: &Brief, words: &BriefWords, chunks: &[LintedChunk<'_>]) -> Vec<Finding> {
    let story = Story::new(brief, words, chunks);
    let mut findings = Vec::new();
    for chunk in &story.chunks {
        let remarks = chunk.facts.remarks.iter().cloned();
        findings.extend(remarks.map(|remark| remark.in_chunk(chunk.number)));
    }
    let drifted = name_drift::check(&story, &mut findings);
    name_drift_unspaced::check(&story, &mut findings);
    unknown_name::check(&story, &drifted, &mut findings);
    pov_shift::check(&story, &mut findings);
    tense_shift::check(&story, &mut findings);
    protagonist_absent::check(&story, &mut findings);
    setting_absent::check(&story, &mut findings);
    rules_kept::check(&story, &mut findings);
    let echoes = seam_echo::check(&story, &mut findings);
    repeated_passage::check(&story, &echoes, &mut findings);
    worn_phrase::check(&story, &mut findings);
    length::check(&story, &mut findings);
    findings.sort_by(|one, other| {
        (one.chunk, one.span.start, one.code).cmp(&(other.chunk, other.span.start, other.code))
    });
    findings
}

/// Tells whether a chunk's text holds what is no part of a story.
#[cfg(test)]
pub(crate) fn leftovers(text: &str, language: &super::Language) -> bool {
    let facts = ChunkFacts::of(text, language);
    facts.remarks.iter().any(|remark| remark.code == "leftover")
}
