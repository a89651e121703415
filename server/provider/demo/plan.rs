//! Outlines without a model: beats of the brief's own people and things, each of which begins in
//! the state that the one before it left.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::completion::Completion;
use super::lines;
use super::motifs;
use super::pack::Pack;
use super::polish::{capitalised, tidy};
use super::scene::{Outline, Scene};
use super::stage::Stage;
use crate::story::Language;

/// What a language has for outlines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    /// Stands in where the cast has nobody else.
    somebody: String,
    /// Stand in where the brief names no things.
    things: Vec<String>,
    day: String,
    begin: String,
    frames: Vec<Frame>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    title: String,
    text: String,
    exit: String,
}

static WORDS: LazyLock<BTreeMap<String, Words>> = LazyLock::new(|| {
    // The file is a part of the program, and a test reads it.
    toml::from_str(include_str!("plans.toml")).expect("the outlines are well-formed")
});

/// A beat.
struct Beat {
    title: String,
    text: String,
    enter: String,
    exit: String,
}

/// Returns the beats that an outline is missing, as a model would write them.
pub fn tell(scene: &Scene, outline: &Outline) -> Completion {
    let language = Language::parse(&scene.language).unwrap_or_default();
    let tag = language.primary();
    let (mut maker, notice) = match (WORDS.get(&tag), Pack::of(&tag)) {
        (Some(words), Some(pack)) => (Maker::of_words(scene, outline, words, pack), None),
        _ => {
            let notice = format!(
                "The demo writer has no outlines for \"{language}\", so this one is put together from the brief's own \
                 sentences. It shows how an outline is planned and saved, not how it reads."
            );
            (Maker::of_sentences(scene, outline), Some(notice))
        }
    };
    let mut text = String::new();
    let mut named = None;
    let mut before: Option<String> = None;
    for (nth, gap) in outline.gaps.iter().enumerate() {
        if named != *gap {
            named = *gap;
            let at = gap.and_then(|at| outline.beats.get(at));
            before = at.and_then(|(_, exit)| exit.clone());
            text.push_str(&gap.map_or_else(String::new, |at| format!("## [{}]\n\n", at + 1)));
        }
        let beat = maker.beat(outline.beats.len() + nth, before.take());
        text.push_str(&format!(
            "## {}\n\n{}\n\nEnter: {}\nExit: {}\n\n",
            beat.title, beat.text, beat.enter, beat.exit
        ));
        before = Some(beat.exit);
    }
    text.truncate(text.trim_end().len());
    Completion { text, notice }
}

/// Makes one beat after the other.
struct Maker<'a> {
    source: Source<'a>,
    titles: HashSet<String>,
}

enum Source<'a> {
    Frames {
        words: &'a Words,
        pack: &'a Pack,
        hero: String,
        others: Vec<String>,
        things: Vec<String>,
    },
    /// The brief's own.
    Sentences(Vec<String>),
}

impl<'a> Maker<'a> {
    fn of_words(scene: &Scene, outline: &Outline, words: &'a Words, pack: &'a Pack) -> Maker<'a> {
        let stage = Stage::of(scene, pack);
        let hero = stage.viewpoint.name.clone();
        let cast: Vec<_> = stage.others.iter().chain(&stage.absent).cloned().collect();
        let mut others: Vec<String> = cast
            .iter()
            .map(|character| character.name.clone())
            .collect();
        if others.is_empty() {
            others.push(words.somebody.clone());
        }
        let mut things = motifs::of(scene, pack, &cast);
        things.retain(|thing| !thing.contains(&hero));
        if things.len() < 2 {
            things.extend(words.things.iter().cloned());
        }
        Maker {
            source: Source::Frames {
                words,
                pack,
                hero,
                others,
                things,
            },
            titles: known(outline),
        }
    }

    fn of_sentences(scene: &Scene, outline: &Outline) -> Maker<'a> {
        let known_of = scene.cast.iter().map(|(_, known)| known.as_str());
        let texts = [scene.premise.as_str(), &scene.setting].into_iter();
        let texts: Vec<&str> = texts
            .chain(known_of)
            .chain([scene.title.as_str()])
            .collect();
        Maker {
            source: Source::Sentences(lines::sentences(&texts.join("\n\n"), ".")),
            titles: known(outline),
        }
    }

    /// Returns the beat of that index; `before` is the state that it begins in.
    fn beat(&mut self, index: usize, before: Option<String>) -> Beat {
        let mut beat = match &self.source {
            Source::Frames {
                words,
                pack,
                hero,
                others,
                things,
            } => {
                let frame = &words.frames[index % words.frames.len()];
                let round = index / words.frames.len();
                let other = &others[(index / 2 + round) % others.len()];
                let thing = &things[(index / 3 + round) % things.len()];
                let fill = |text: &str| {
                    let day = (index + 1).to_string();
                    let text = [
                        ("{a}", hero),
                        ("{b}", other),
                        ("{thing}", thing),
                        ("{day}", &day),
                    ]
                    .iter()
                    .fold(text.to_owned(), |text, (name, value)| {
                        text.replace(name, value)
                    });
                    tidy(sentences(&text, pack.layout.capitals), pack)
                };
                Beat {
                    title: fill(&frame.title),
                    text: [fill(&words.day), fill(&frame.text)].join(&pack.layout.join),
                    enter: before.unwrap_or_else(|| fill(&words.begin)),
                    exit: fill(&frame.exit),
                }
            }
            Source::Sentences(known) => {
                let round = index / known.len().max(1);
                let nth = |at: usize| {
                    known
                        .get(at % known.len().max(1))
                        .cloned()
                        .unwrap_or_default()
                };
                let first = nth(index);
                let title: Vec<&str> = first.split_whitespace().take(5).collect();
                let title = title.join(" ");
                Beat {
                    title: title.chars().take(40).collect(),
                    text: format!("{first} {} ({})", nth(index + 1 + round), index + 1),
                    enter: before.unwrap_or_else(|| nth(index + 2)),
                    exit: nth(index + 3),
                }
            }
        };
        let stem = beat
            .title
            .trim_end_matches(['.', ',', '。', '،'])
            .to_owned();
        beat.title.clone_from(&stem);
        let mut number = 2;
        while !self.titles.insert(beat.title.to_lowercase()) {
            beat.title = format!("{stem} {number}");
            number += 1;
        }
        beat
    }
}

fn known(outline: &Outline) -> HashSet<String> {
    let titles = outline.beats.iter();
    titles.map(|(title, _)| title.to_lowercase()).collect()
}

/// Returns the text with every sentence beginning as its language has it.
fn sentences(text: &str, capitals: bool) -> String {
    let parts: Vec<String> = text
        .split(". ")
        .map(|sentence| capitalised(sentence, capitals))
        .collect();
    parts.join(". ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(language: &str, cast: &[&str]) -> Scene {
        Scene {
            language: language.to_owned(),
            title: "Lamp".to_owned(),
            premise: "The lamp is dark. Nobody climbs the stair.".to_owned(),
            protagonist: cast.first().map(|name| (*name).to_owned()),
            cast: cast
                .iter()
                .map(|name| ((*name).to_owned(), String::new()))
                .collect(),
            ..Scene::default()
        }
    }

    #[test]
    fn the_beats_of_every_language_are_whole_and_differ() {
        for language in ["en", "es", "ja", "ar", "tr"] {
            for cast in [&["Mara", "Ilse"][..], &["Mara"], &[]] {
                let outline = Outline {
                    beats: Vec::new(),
                    gaps: vec![None; 60],
                };
                let told = tell(&scene(language, cast), &outline);
                assert_eq!(told, tell(&scene(language, cast), &outline));
                assert_eq!(told.notice.is_some(), language == "tr");
                let text = told.text;
                assert!(!text.contains(['{', '}']), "{text}");
                assert!(
                    !text.contains(" de el ") && !text.contains(" a el "),
                    "{text}"
                );
                let titles: HashSet<&str> = text
                    .lines()
                    .filter_map(|line| line.strip_prefix("## "))
                    .collect();
                assert_eq!(titles.len(), 60, "{language} {cast:?}\n{text}");
                let states = |label: &str| -> Vec<String> {
                    let lines = text.lines().filter_map(|line| line.strip_prefix(label));
                    lines.map(str::to_owned).collect()
                };
                let (enter, exit) = (states("Enter: "), states("Exit: "));
                assert_eq!(enter[1..], exit[..59], "{language}");
            }
        }
    }

    #[test]
    fn gaps_are_named_by_the_beats_before_them() {
        let outline = Outline {
            beats: vec![
                ("One".to_owned(), Some("It is late.".to_owned())),
                ("Two".to_owned(), None),
            ],
            gaps: vec![Some(0), Some(0), Some(1)],
        };
        let text = tell(&scene("en", &["Mara", "Ilse"]), &outline).text;
        let heads: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("## "))
            .collect();
        assert_eq!((heads[0], heads[3], heads.len()), ("## [1]", "## [2]", 5));
        assert!(text.contains("Enter: It is late.\n"), "{text}");
    }
}
