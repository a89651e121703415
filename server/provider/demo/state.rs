//! What the demo writer tells of a chunk: sentences of its own, taken out word for word.

use unicode_segmentation::UnicodeSegmentation;

use super::character::find_name;
use super::scene::Scene;
use crate::story::state::{CharacterState, ChunkState, Fact};

/// Most facts of a chunk, and the shortest sentence that is one, in characters.
const MOST_FACTS: usize = 6;
const SHORTEST: usize = 12;

/// Returns the state of a chunk with this prose, as JSON. The summary is its first sentence and its last; the
/// facts are sentences that name somebody of the cast.
pub fn tell(scene: &Scene, prose: &str) -> String {
    let sentences: Vec<&str> = prose
        .lines()
        .flat_map(UnicodeSegmentation::split_sentence_bounds)
        .map(str::trim)
        .filter(|sentence| sentence.chars().any(char::is_alphabetic))
        .collect();
    let mut ends: Vec<&str> = sentences.first().into_iter().copied().collect();
    ends.extend(sentences.iter().skip(1).last());
    let state = ChunkState {
        summary: ends.join(" "),
        characters: scene
            .cast
            .iter()
            .filter(|(name, _)| names(prose, name))
            .map(|(name, _)| CharacterState {
                name: name.clone(),
                ..CharacterState::default()
            })
            .collect(),
        facts: facts(scene, &sentences),
        ..ChunkState::default()
    };
    // Strings and lists always serialise.
    serde_json::to_string_pretty(&state).unwrap_or_default()
}

/// Returns sentences about the cast as facts, spread evenly over the chunk.
fn facts(scene: &Scene, sentences: &[&str]) -> Vec<Fact> {
    let mut facts = Vec::new();
    for sentence in sentences {
        let about = scene.cast.iter().find(|(name, _)| names(sentence, name));
        if let Some((name, _)) = about
            && sentence.chars().count() >= SHORTEST
        {
            facts.push(Fact {
                subject: name.clone(),
                fact: (*sentence).to_owned(),
                quote: (*sentence).to_owned(),
            });
        }
    }
    let step = facts.len().div_ceil(MOST_FACTS).max(1);
    facts.into_iter().step_by(step).collect()
}

/// Tells whether a text names somebody, be it by a part of the name.
fn names(text: &str, name: &str) -> bool {
    let parts = name
        .split_whitespace()
        .filter(|part| part.chars().count() > 2);
    std::iter::once(name)
        .chain(parts)
        .any(|name| !name.is_empty() && find_name(text, name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_it_is_the_chunks() {
        let prose = "The rain began at dusk.\n\nMara Voss hid the brass key. Nobody saw it.\n\n\
                     “Come up,” said Ilse to Mara. The lamp was lit.";
        let scene = Scene {
            cast: ["Mara Voss", "Ilse", "Jonas"]
                .map(|name| (name.to_owned(), String::new()))
                .into(),
            ..Scene::default()
        };
        let told = tell(&scene, prose);
        assert_eq!(told, tell(&scene, prose));
        let state: ChunkState = serde_json::from_str(&told).unwrap();
        assert_eq!(state.summary, "The rain began at dusk. The lamp was lit.");
        let people: Vec<&str> = state.characters.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(people, ["Mara Voss", "Ilse"]);
        let quotes: Vec<&str> = state.facts.iter().map(|it| it.quote.as_str()).collect();
        assert_eq!(
            quotes,
            [
                "Mara Voss hid the brass key.",
                "“Come up,” said Ilse to Mara."
            ]
        );
        assert_eq!(state.verified(prose, &[]).facts, state.facts);
    }

    #[test]
    fn any_text_has_a_state() {
        let scene = Scene {
            cast: vec![("春子".to_owned(), String::new())],
            ..Scene::default()
        };
        for (prose, facts) in [
            ("", 0),
            ("…", 0),
            ("One", 0),
            (&"春子は灯台の鍵を階段の下に隠した。".repeat(40), MOST_FACTS),
        ] {
            let state: ChunkState = serde_json::from_str(&tell(&scene, prose)).unwrap();
            assert_eq!(state.facts.len(), facts, "{prose}");
        }
    }
}
