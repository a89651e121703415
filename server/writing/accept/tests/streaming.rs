//! While an answer arrives, nothing of its opening goes into the chunk.

use super::super::{Acceptance, Check, Opening, Told};
use super::kinds::openings;
use super::{BRIEF, PROSE};
use crate::story::Brief;
use crate::writing::prompt::Templates;

/// Returns what of an answer would be in the chunk, after each piece.
fn shown(acceptance: &Acceptance<'_>, pieces: &[String]) -> Vec<String> {
    let mut shown = String::new();
    let mut held = Some(String::new());
    let mut all = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        match held.take() {
            None => shown.push_str(piece),
            Some(mut text) => {
                text.push_str(piece);
                loop {
                    match acceptance.opening(&text, index + 1 == pieces.len()) {
                        Opening::Strip { bytes, .. } => drop(text.drain(..bytes)),
                        Opening::Undecided => {
                            held = Some(text);
                            break;
                        }
                        Opening::Prose => {
                            // The seam drops the white space that a chunk begins with.
                            shown.push_str(text.trim_start());
                            break;
                        }
                    }
                }
            }
        }
        all.push(shown.clone());
    }
    all
}

fn in_pieces(text: &str, length: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters
        .chunks(length)
        .map(|piece| piece.iter().collect())
        .collect()
}

#[test]
fn an_opening_is_never_shown() {
    // Found when the answer is whole: they need what comes behind them, or look like prose.
    let later = [Check::LeakedReasoning, Check::PromptEcho, Check::NoteEcho];
    let brief = Brief::parse(BRIEF);
    let acceptance = Acceptance::new(&brief, 1, 100, &[], &Templates::default(), Told::default());
    for kind in openings() {
        if later.contains(&kind.check) {
            continue;
        }
        for length in [1, 3, 7, 1000] {
            let shown = shown(&acceptance, &in_pieces(&kind.answer, length));
            for text in &shown {
                assert!(
                    PROSE.starts_with(text.as_str()),
                    "{}, {length}: {text:?}",
                    kind.name
                );
            }
            assert_eq!(shown.last().unwrap(), PROSE, "{}", kind.name);
        }
    }
}

/// Prose is shown as it comes, but for its first words where they might be no prose.
#[test]
fn prose_is_hardly_held_back() {
    let brief = Brief::parse(BRIEF);
    let acceptance = Acceptance::new(&brief, 1, 100, &[], &Templates::default(), Told::default());
    let most_held = |text: &str| {
        let shown = shown(&acceptance, &in_pieces(text, 1));
        shown.iter().position(|text| !text.is_empty()).unwrap()
    };
    assert!(most_held(PROSE) <= 12, "{}", most_held(PROSE));
    for text in [
        "Sure, she had been told. ".repeat(60),
        "# ".repeat(800),
        "The Lamp Keeper ".repeat(60),
        "<|".repeat(800),
        "Sure!\n\n".repeat(200),
    ] {
        assert!(most_held(&text) <= 640, "{}", most_held(&text));
    }
}
