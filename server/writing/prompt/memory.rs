//! Writes the blocks about earlier parts: summaries, the state, and quotes.
//!
//! Bounded, however long the story grows. The summaries of the opening are sealed: once in a
//! prompt they stay there, byte for byte, so that a provider's cache of them holds. Those of
//! the latest parts slide; what lies between is told by quotes where the beat names it.

use super::budget::Budget;
use super::earlier::Earlier;
use super::named_people::Called;
use crate::story::BeatId;
use crate::story::state::{CharacterState, StoryState};
use crate::writing::part_index::PartIndex;
use crate::writing::recall::Quote;

/// Summaries that stay for ever, and the latest ones: from `LATEST` to two more.
const SEALED: usize = 6;
const LATEST: usize = 3;
/// Latest summaries leave so many at a time, so that most prompts share them.
const STEP: usize = 3;
/// Most tokens of each block.
const SEALED_TOKENS: u32 = 900;
const LATEST_TOKENS: u32 = 600;
const QUOTE_TOKENS: u32 = 700;
const LEAST_QUOTE_TOKENS: u32 = 160;
/// Where there is room, quotes may take one part in so many of what a prompt may have.
const QUOTE_SHARE: u32 = 12;
/// What a prompt may have by default. An author who allows more wants more told, whether or not a cache has it.
const USUAL_LIMIT: u32 = 16_000;
/// What says which part a quote is from.
const QUOTE_MARKS: u32 = 5;
/// Most characters and open threads that are told.
const MOST_CHARACTERS: usize = 8;
const MOST_THREADS: usize = 6;

/// A summary as a prompt tells it.
pub(crate) struct Summary {
    pub beat: BeatId,
    pub text: String,
    pub line: String,
}

/// Returns the summaries that are sealed. That of the part just before is never told: its end is there
/// verbatim.
pub(crate) fn opening(earlier: &[Earlier<'_>], budget: &mut Budget) -> Vec<Summary> {
    let told = &earlier[..earlier.len().saturating_sub(1)];
    let sealed = &told[..told.len().min(SEALED)];
    let lines = sealed.iter().filter_map(summary).collect();
    let what = "summaries of the opening";
    let limit = budget.limit();
    budget.take_some(what, SEALED_TOKENS, lines, |it| limit.estimate(&it.line))
}

/// Returns the summaries of the latest parts, in at most `room` tokens.
pub(crate) fn latest(earlier: &[Earlier<'_>], room: u32, budget: &mut Budget) -> Vec<Summary> {
    let told = &earlier[..earlier.len().saturating_sub(1)];
    let latest = &told[latest_from(told.len())..];
    // The later one matters more, where there is no room for all.
    let lines = latest.iter().rev().filter_map(summary).collect();
    let what = "summaries of the latest parts";
    let most = room.min(LATEST_TOKENS);
    let limit = budget.limit();
    let mut told = budget.take_some(what, most, lines, |it| limit.estimate(&it.line));
    told.reverse();
    told
}

/// Finds where the latest summaries begin among `told` parts; always behind the sealed ones.
fn latest_from(told: usize) -> usize {
    let from = told.saturating_sub(LATEST);
    (from - from % STEP).max(SEALED).min(told)
}

fn summary(part: &Earlier<'_>) -> Option<Summary> {
    let summary = part.state?.summary.trim();
    (!summary.is_empty()).then(|| Summary {
        beat: part.beat.clone(),
        text: summary.to_owned(),
        line: format!("{}. {}: {summary}", part.number, part.title),
    })
}

/// Returns the text of the state as of the last of `earlier` that has one, and which that is.
pub(crate) fn state<'a>(
    earlier: &[Earlier<'a>],
    index: &PartIndex,
    called: &Called<'_>,
) -> Option<(Earlier<'a>, String)> {
    let last = earlier.iter().rfind(|part| part.state.is_some())?;
    let text = index.of_state(earlier, |state| state_text(state, called))?;
    Some((*last, text))
}

/// Returns the state, as far as it matters to a part that names `called`.
pub(crate) fn state_text(state: &StoryState, called: &Called<'_>) -> String {
    let mut lines = Vec::new();
    lines.extend(state.time.as_ref().map(|time| format!("Time: {time}")));
    let (named, others): (Vec<_>, Vec<_>) = state
        .characters
        .iter()
        .partition(|character| called.calls_by_name(&character.name));
    // Of the others the latest ones: they are more likely still to be about.
    let characters = named.into_iter().chain(others.into_iter().rev());
    lines.extend(characters.take(MOST_CHARACTERS).filter_map(character_line));
    let first = state.open_threads.len().saturating_sub(MOST_THREADS);
    let threads = state.open_threads[first..].iter();
    lines.extend(threads.map(|thread| format!("Still open: {thread}")));
    lines.join("\n")
}

fn character_line(character: &CharacterState) -> Option<String> {
    let listed = |label: &str, items: &[String]| {
        (!items.is_empty()).then(|| format!("{label} {}", items.join(", ")))
    };
    let told: Vec<String> = [
        character.place.as_ref().map(|place| format!("at {place}")),
        character.condition.clone(),
        listed("holds", &character.holds),
        listed("knows:", &character.knows),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!told.is_empty()).then(|| format!("{}: {}", character.name, told.join("; ")))
}

/// Returns what earlier parts said about what `wanted` names, verbatim and in story order, in about `room`
/// tokens; without what `shown` repeats already.
pub(crate) fn quotes(
    (earlier, index): (&[Earlier<'_>], &PartIndex),
    wanted: &str,
    shown: &str,
    room: u32,
    budget: &mut Budget,
) -> Vec<Quote> {
    let mut found = index.recall(wanted, earlier);
    found.retain(|quote| !shown.contains(&quote.text));
    let limit = budget.limit();
    let beyond = limit.tokens.saturating_sub(USUAL_LIMIT) / QUOTE_SHARE;
    let most = QUOTE_TOKENS.max(limit.tokens / QUOTE_SHARE);
    let most = room.saturating_add(beyond).clamp(LEAST_QUOTE_TOKENS, most);
    let mut kept = budget.take_some("quotes of earlier parts", most, found, |it| {
        limit.estimate(&it.text) + QUOTE_MARKS
    });
    kept.sort_by_key(|quote| quote.chunk);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_summaries_slide_in_steps_behind_the_sealed_ones() {
        let kept: Vec<usize> = (0..=16).map(|told| told - latest_from(told)).collect();
        assert_eq!(kept, [0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 3, 4, 5, 3, 4]);
        for told in SEALED..700 {
            let from = latest_from(told);
            assert!(from >= SEALED && from <= latest_from(told + 1), "{told}");
        }
    }
}
