//! What a reader of the demo writer's text would notice.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::StreamExt;
use unicode_segmentation::UnicodeSegmentation;

use super::continuation;
use super::{DemoWriter, Provider};
use crate::provider::{Event, FinishReason, Request, Scene, Usage};
use crate::story::{Language, words};

fn pair(name: &str, known: &str) -> (String, String) {
    (name.to_owned(), known.to_owned())
}

fn english(chunk: u32, words: u32) -> Scene {
    let beats = [
        (
            "The Logbook",
            "Mara climbs the stairs at dusk and finds the logbook open at a page she did not \
             write. Ilse refuses to say who was here. The lamp flickers twice and goes dark. \
             Mara decides to keep the log herself.",
            "Mara is alone on the rock; the lamp burns low.",
            "Mara knows that Ilse lied to her.",
        ),
        (
            "The Boat",
            "A boat comes in without lights. Jonas steps onto the jetty and asks for Ilse. \
             Mara hides the logbook under her coat. Jonas and Ilse quarrel in the boathouse.",
            "Mara knows that Ilse lied to her.",
            "Jonas has the key to the lamp room.",
        ),
        (
            "The Dark Night",
            "- The storm breaks before midnight.\n- Mara lights the lamp by hand and does not \
             let it go out.\n- Ilse tells Mara the truth about the drowned crew.\n- End on the \
             door.",
            "Jonas has the key to the lamp room.",
            "The lamp burns, and Mara keeps the page.",
        ),
    ];
    let (title, text, enter, exit) = beats[(chunk as usize - 1) % beats.len()];
    Scene {
        seed: 0,
        language: "en".to_owned(),
        title: "The Lamp Keeper".to_owned(),
        premise: "A lamp keeper finds a page in her logbook that she did not write.".to_owned(),
        setting: "The lighthouse stands on a bare rock an hour from the harbor. The lamp room \
                  is reached by ninety iron stairs. In winter no boat comes for weeks."
            .to_owned(),
        pov: Some("first person".to_owned()),
        tense: Some("past".to_owned()),
        protagonist: Some("Mara Voss".to_owned()),
        cast: vec![
            pair("Mara Voss", "Keeper of the lamp. She counts everything."),
            pair(
                "Ilse Brandt",
                "Her aunt, who taught her the trade and tells half of things.",
            ),
            pair("Jonas", "A fisherman. He owes money in the harbor."),
        ],
        chunk,
        chunks: 11,
        beat_title: title.to_owned(),
        beat_text: text.to_owned(),
        beat_cast: Vec::new(),
        enter: Some(enter.to_owned()),
        exit: Some(exit.to_owned()),
        target_words: words,
        so_far: String::new(),
    }
}

fn text(scene: &Scene) -> String {
    continuation::complete(scene).text
}

fn length(scene: &Scene, text: &str) -> u32 {
    words::count(text, &Language::parse(&scene.language).unwrap())
}

#[test]
fn print() {
    let scene = english(1, 900);
    let text = text(&scene);
    println!("{text}\n== {}", length(&scene, &text));
}
