//! Makes the data from which the demo writer writes.

use std::sync::Arc;

use super::connected_model::ConnectedModel;
use crate::provider::ProviderKind;
use crate::provider::demo::scene::{Scene, Task};
use crate::session::ChunkView;
use crate::story::{Brief, SectionKind, words};
use crate::writing::inplace;

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

/// The scene of a text that is written at one place of `before`: a rewrite keeps the words of `passage`, and what is to
/// be longer or shorter is composed anew in that length.
pub fn at_place(
    brief: &Brief,
    beat: Option<usize>,
    task: inplace::Task,
    (before, passage): (&str, &str),
    wish: u32,
    seed: u64,
) -> Scene {
    /// Where nothing is known of the language.
    const UNKNOWN: &str = "und";
    let mut scene = story(brief, seed);
    if scene.language == UNKNOWN {
        scene.language = "en".to_owned();
    }
    if let Some((at, beat)) = beat.and_then(|at| Some((at, brief.beats.get(at)?))) {
        scene.chunk = u32::try_from(at + 1).unwrap_or(u32::MAX);
        scene.beat_title = beat.title.clone();
        scene.beat_text = beat.text.clone();
        scene.beat_cast = beat.cast.clone();
    }
    match task {
        inplace::Task::Continue | inplace::Task::Sentence => {
            before.clone_into(&mut scene.so_far);
            let there = words::count(before, &brief.language);
            scene.target_words = there.saturating_add(wish);
        }
        inplace::Task::Rewrite => scene.task = Task::Refine(passage.to_owned()),
        inplace::Task::Expand | inplace::Task::Tighten => scene.target_words = wish,
    }
    scene
}
