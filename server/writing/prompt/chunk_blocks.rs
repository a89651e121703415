//! Writes the blocks of a prompt that are about the chunk at hand.

use super::blocks::{beat_slice, plan, previous_block};
use super::inputs::PromptInputs;
use super::templates;
use crate::story::{Beat, words};

/// Returns what the part asks to be recalled.
pub(crate) fn wanted(inputs: &PromptInputs<'_>, beat: &Beat) -> String {
    [
        beat_slice(beat),
        beat.cast.join(", "),
        inputs.notes.join("\n"),
    ]
    .join("\n")
}

/// Builds the block of this part: what happens in it, from which state to which.
pub(crate) fn task(inputs: &PromptInputs<'_>, beat: &Beat) -> String {
    let number = inputs.beat + 1;
    let total = inputs.brief.beats.len();
    let heading = format!("# This part: {number} of {total}, “{}”", beat.title);
    plan(heading, beat, inputs.notes)
}

/// Returns how the part before ends by plan; told where its text is not there.
pub(crate) fn previous(inputs: &PromptInputs<'_>) -> Option<String> {
    let is_known = !inputs.preceding.is_empty();
    let before = inputs.beat.checked_sub(1).filter(|_| !is_known)?;
    Some(previous_block(inputs.brief.beats.get(before)?))
}

/// Returns what to do now.
pub(crate) fn closing(inputs: &PromptInputs<'_>) -> String {
    let brief = inputs.brief;
    let written = words::count(inputs.so_far, &brief.language);
    let reached = written.saturating_add(inputs.remaining_words);
    let later = inputs.target_words.saturating_sub(reached);
    let name = match (inputs.so_far.is_empty(), later) {
        (true, 0) => templates::CLOSING,
        (false, 0) => templates::CONTINUING,
        (true, _) => templates::BEGINNING,
        (false, _) => templates::FURTHER,
    };
    let [words, later, number, total] = [
        inputs.remaining_words as usize,
        later as usize,
        inputs.beat + 1,
        brief.beats.len(),
    ]
    .map(|it| it.to_string());
    let values = [
        ("words", words.as_str()),
        ("later", &later),
        ("unit", brief.language.unit()),
        ("number", &number),
        ("total", &total),
        ("title", &brief.title),
    ];
    inputs.templates.fill(name, &values)
}
