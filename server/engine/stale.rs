//! Which chunks no longer fit what they were written from, and why.

use std::collections::BTreeMap;

use super::prompt::{Prompt, PromptInputs};
use crate::session::{ChunkStatus, SessionView};
use crate::story::{Brief, Digest};

/// The reasons for which each chunk of a session is stale, in the order of its chunks; none
/// for a chunk that is fresh or not complete.
///
/// The slices of a chunk are compared with those that its prompt would hold now. A slice that
/// its prompt never held is no reason.
pub fn reasons(brief: &Brief, view: &SessionView, context_tokens: u32) -> Vec<Vec<String>> {
    let mut reasons = Vec::with_capacity(view.chunks.len());
    for (index, chunk) in view.chunks.iter().enumerate() {
        let inputs = chunk.record.as_ref().map(|record| &record.inputs);
        let Some(then) = inputs.filter(|inputs| {
            !inputs.is_empty() && chunk.status == ChunkStatus::Complete && index < brief.beats.len()
        }) else {
            reasons.push(Vec::new());
            continue;
        };
        let preceding = index
            .checked_sub(1)
            .and_then(|before| view.chunks.get(before))
            .map_or("", |before| before.text.as_str());
        let now = Prompt::build(&PromptInputs {
            brief,
            beat: index,
            target_words: chunk.target_words,
            preceding,
            so_far: "",
            remaining_words: chunk.target_words,
            notes: &[],
            context_tokens,
        });
        reasons.push(match now {
            Ok(now) => compare(then, &now.inputs, index),
            Err(too_large) => vec![too_large.to_string()],
        });
    }
    reasons
}

fn compare(
    then: &BTreeMap<String, Digest>,
    now: &BTreeMap<String, Digest>,
    index: usize,
) -> Vec<String> {
    then.iter()
        .filter_map(|(slice, digest)| match now.get(slice) {
            Some(current) if current == digest => None,
            // Who is named in the text so far decides which entries a prompt holds; one that
            // is merely not called for now was not changed.
            None if slice.starts_with("cast ") => None,
            Some(_) if slice == "preceding text" => Some(format!("chunk {index} was edited")),
            Some(_) => Some(format!("{slice} changed")),
            None => Some(format!("{slice} was removed")),
        })
        .collect()
}
