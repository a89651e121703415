//! What a reader of the demo writer's text would notice.

mod briefs;
mod going_on;
mod streaming;

use std::collections::{HashMap, HashSet};

use unicode_segmentation::UnicodeSegmentation;

use super::continuation;
use super::pack::Pack;
use super::stage::Stage;
use crate::provider::demo::scene::Scene;
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
        task: Default::default(),
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

/// Returns the same brief in other languages; `None` where the pack is missing.
fn scene(language: &str, chunk: u32, words: u32) -> Scene {
    match language {
        "en" => english(chunk, words),
        _ => briefs::scene(language, chunk, words),
    }
}

const PACKS: &[&str] = &["en", "es", "ja", "ar"];

/// `cargo test --lib demo::tests::print -- --nocapture` shows what a reader would get.
#[test]
fn print() {
    let persons = [("first person", "past"), ("third person", "present")];
    for language in PACKS {
        for (chunk, (pov, tense)) in (1..).zip(persons) {
            let mut scene = scene(language, chunk, 700);
            scene.pov = Some(pov.to_owned());
            scene.tense = Some(tense.to_owned());
            let text = text(&scene);
            println!(
                "== {language}, {pov}, {tense}: {}\n{text}\n",
                length(&scene, &text)
            );
        }
    }
}

#[test]
fn the_same_scene_gives_the_same_text() {
    for language in PACKS {
        let scene = scene(language, 2, 400);
        assert_eq!(text(&scene), text(&scene.clone()));
        let other_seed = Scene {
            seed: 1,
            ..scene.clone()
        };
        assert_ne!(text(&scene), text(&other_seed));
    }
}

#[test]
fn meets_the_asked_length_and_ends_well() {
    for language in PACKS.iter().copied().chain(["fr", "zh"]) {
        for words in [50, 60, 75, 99, 150, 220, 333, 500, 750, 1000, 1500, 3000] {
            for chunk in 1..=3 {
                let scene = scene(language, chunk, words);
                let text = text(&scene);
                let length = length(&scene, &text);
                let off = f64::from(length.abs_diff(words)) / f64::from(words);
                assert!(off <= 0.02, "{language} {words}: {length}\n{text}");
                assert!(super::lines::ends_sentence(&text), "{text}");
                assert_eq!(text, text.trim(), "{language} {words}");
                assert!(!text.contains("\n\n\n") && !text.contains("  "), "{text}");
                assert!(
                    !text.contains(['#', '*', '_', '`', '{', '[', '<', '|']),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn a_short_target_is_met_too() {
    for words in 1..50 {
        let scene = english(1, words);
        let text = text(&scene);
        assert!(length(&scene, &text) <= words + 3, "{words}: {text}");
        assert!(super::lines::ends_sentence(&text), "{words}: {text}");
    }
    assert_eq!(text(&english(1, 0)), "");
}

/// Sentences of eight words or more that come twice.
fn repeated(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    long_sentences(text)
        .into_iter()
        .filter(|sentence| !seen.insert(sentence.clone()))
        .collect()
}

fn long_sentences(text: &str) -> Vec<String> {
    text.split([
        '.', '!', '?', '\n', '“', '”', '。', '？', '؟', '「', '」', '«', '»',
    ])
    .map(|sentence| sentence.trim().to_lowercase())
    .filter(
        |sentence| match sentence.is_ascii() || sentence.contains(' ') {
            true => sentence.unicode_words().count() >= 8,
            false => sentence.chars().count() >= 20,
        },
    )
    .collect()
}

#[test]
fn tells_no_sentence_twice_in_a_chunk_and_few_in_a_story() {
    for language in PACKS {
        let mut sentences: HashMap<String, u32> = HashMap::new();
        for chunk in 1..=11 {
            let scene = scene(language, chunk, 1518);
            let text = text(&scene);
            assert_eq!(repeated(&text), Vec::<String>::new(), "{language} {chunk}");
            let stage = Stage::of(&scene, Pack::of(language).unwrap());
            let given = long_sentences(&[stage.events, stage.enter, stage.exit].concat().join(" "));
            for sentence in long_sentences(&text) {
                if given.contains(&sentence) {
                    continue;
                }
                *sentences.entry(sentence).or_default() += 1;
            }
        }
        let total: u32 = sentences.values().sum();
        let twice: u32 = sentences.values().map(|count| count - 1).sum();
        let mut often: Vec<_> = sentences.iter().filter(|(_, count)| **count > 1).collect();
        often.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        println!("{language}: {twice} of {total} sentences come again in another chunk");
        // The other packs are smaller.
        let share = if *language == "en" { 20 } else { 10 };
        assert!(twice * share <= total, "{language}: {twice} of {total}");
    }
}

#[test]
fn a_story_in_one_piece_does_not_loop() {
    let text = text(&english(1, 12_000));
    assert_eq!(repeated(&text), Vec::<String>::new());
}

#[test]
fn other_beats_give_other_prose() {
    for language in PACKS {
        let one = text(&scene(language, 1, 500));
        let two = text(&scene(language, 2, 500));
        let first: HashSet<String> = long_sentences(&one).into_iter().collect();
        let shared = long_sentences(&two)
            .into_iter()
            .filter(|s| first.contains(s));
        assert!(shared.count() <= 1, "{language}");
    }
}

#[test]
fn names_only_the_cast() {
    let allowed = [
        "Mara",
        "Voss",
        "Ilse",
        "Brandt",
        "Jonas",
        "I",
        "In",
        "A",
        "Mara’s",
        "Ilse’s",
        "Jonas’s",
    ];
    for pov in ["first person", "third person limited"] {
        for chunk in 1..=3 {
            let mut scene = english(chunk, 1500);
            scene.pov = Some(pov.to_owned());
            let text = text(&scene);
            for sentence in super::lines::sentences(&text, ".") {
                let mut inside = false;
                for word in sentence.split_whitespace() {
                    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
                    let opens = word.starts_with('“');
                    let capital = bare.starts_with(char::is_uppercase);
                    let named = !capital || allowed.contains(&bare);
                    assert!(!inside || opens || named, "{bare}: {sentence}");
                    inside = !word.ends_with(['.', '?', '!', '”', ':']);
                }
            }
        }
    }
}

/// Returns the text without what is said aloud.
fn narration(text: &str) -> String {
    let mut narration = String::new();
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '“' => quoted = true,
            '”' => quoted = false,
            _ if !quoted => narration.push(c),
            _ => {}
        }
    }
    narration
}

#[test]
fn keeps_to_person_and_tense() {
    let count = |text: &str, word: &str| {
        let words = text.unicode_words();
        words
            .filter(|other| other.eq_ignore_ascii_case(word))
            .count()
    };
    for (pov, tense, many, none) in [
        ("first person", "past", ["I", "was"], ["Mara", "she’d"]),
        ("first person", "present", ["I", "is"], ["Mara", "she’d"]),
        ("third person", "past", ["Mara", "was"], ["I", "my"]),
        ("third person", "present", ["she", "is"], ["I", "my"]),
        ("second person", "present", ["you", "is"], ["I", "Mara"]),
    ] {
        let mut scene = english(1, 1200);
        scene.pov = Some(pov.to_owned());
        scene.tense = Some(tense.to_owned());
        let text = narration(&text(&scene));
        for word in many {
            assert!(count(&text, word) > 8, "{pov} {tense}: {word}\n{text}");
        }
        for word in none {
            assert_eq!(count(&text, word), 0, "{pov} {tense}: {word}\n{text}");
        }
        let (was, is) = (count(&text, "was"), count(&text, "is"));
        assert_eq!(
            is > was,
            tense == "present",
            "{pov} {tense}: {is}, {was}\n{text}"
        );
    }
}

#[test]
fn tells_the_beat_in_order_between_its_states() {
    let text = text(&english(1, 1000));
    let places: Vec<usize> = [
        "I was alone on the rock; the lamp burned low.",
        "I climbed the stairs at dusk and found the logbook open at a page I did not write.",
        "Ilse refused to say who was here.",
        "The lamp flickered twice and went dark.",
        "I decided to keep the log myself.",
        "I knew that Ilse lied to me.",
    ]
    .iter()
    .map(|event| {
        text.find(event)
            .unwrap_or_else(|| panic!("{event}\n{text}"))
    })
    .collect();
    assert!(places.is_sorted());
    assert_eq!(places[0], 0);
    assert!(text.ends_with("lied to me."));
}

#[test]
fn notes_to_the_writer_are_not_told() {
    let text = text(&english(3, 800));
    assert!(text.contains("The storm broke before midnight."));
    assert!(!text.contains("End on"));
}

#[test]
fn a_long_story_is_composed_at_once() {
    let clock = std::time::Instant::now();
    let text = text(&english(1, 16_700));
    println!("16,700 words in {:?}", clock.elapsed());
    assert!(!text.is_empty());
}

#[test]
fn no_brief_is_too_odd() {
    let odd = [
        "",
        " ",
        "\u{0}",
        "“",
        "…",
        "*",
        "Mara",
        "a b c. d\n- e",
        "<! -- ",
        "[x](",
        "🙂🙂",
        "المصباح",
        "灯台の。",
    ];
    for language in ["en", "es", "ja", "ar", "fr", "zh", "x", ""] {
        for text in odd {
            // Where there are no phrases and no words, there is nothing to say.
            let is_plain = Pack::of(language).is_none() && !language.is_empty();
            if is_plain && !text.contains(char::is_alphanumeric) {
                continue;
            }
            let scene = Scene {
                language: language.to_owned(),
                title: text.to_owned(),
                premise: text.to_owned(),
                setting: text.to_owned(),
                pov: Some(text.to_owned()),
                protagonist: Some(text.to_owned()),
                cast: vec![pair(text, text), pair(text, text)],
                beat_title: text.to_owned(),
                beat_text: text.to_owned(),
                beat_cast: vec![text.to_owned()],
                enter: Some(text.to_owned()),
                exit: Some(text.to_owned()),
                target_words: 300,
                so_far: text.to_owned(),
                ..Scene::default()
            };
            let completion = continuation::complete(&scene).text;
            let written = length(
                &Scene {
                    language: Language::parse(language).unwrap_or_default().to_string(),
                    ..Scene::default()
                },
                &format!("{text}{completion}"),
            );
            assert!(written.abs_diff(300) <= 6, "{language} {text:?}: {written}");
        }
    }
}
