//! Makes the data from which the demo writer writes.

use std::sync::Arc;

use super::connected_model::ConnectedModel;
use crate::provider::ProviderKind;
use crate::provider::demo::scene::{Scene, Task};
use crate::session::ChunkView;
use crate::story::{Brief, SectionKind};

/// Returns the facts of a story as a whole.
pub fn story(brief: &Brief, seed: u64) -> Scene {
    let section = |kind| {
        brief
            .section(kind)
            .map_or_else(String::new, |section| section.text.clone())
    };
    Scene {
        seed,
        language: brief.language.as_str().to_owned(),
        title: brief.title.clone(),
        premise: section(SectionKind::Premise),
        setting: section(SectionKind::Setting),
        pov: brief.pov.clone(),
        tense: brief.tense.clone(),
        protagonist: brief.protagonist.clone(),
        cast: brief
            .cast
            .iter()
            .map(|entry| (entry.name.clone(), entry.text.clone()))
            .collect(),
        chunks: u32::try_from(brief.beats.len()).unwrap_or(u32::MAX),
        ..Scene::default()
    }
}

/// Returns the scene of one chunk; an empty one for a real model, which does not read it, since it copies
/// half a brief.
pub fn scene(
    model: &ConnectedModel,
    brief: &Brief,
    beat: usize,
    chunk: &ChunkView,
    so_far: &str,
    seed: u64,
) -> Arc<Scene> {
    if model.kind != ProviderKind::Demo {
        return Arc::default();
    }
    let beat = &brief.beats[beat];
    Arc::new(Scene {
        task: Task::Draft,
        chunk: chunk.number.0,
        beat_title: beat.title.clone(),
        beat_text: beat.text.clone(),
        beat_cast: beat.cast.clone(),
        enter: beat.enter.clone(),
        exit: beat.exit.clone(),
        target_words: chunk.target_words,
        so_far: so_far.to_owned(),
        ..story(brief, seed)
    })
}
