//! Renders the brief of a book that was read: front matter, cast, background, and an outline with a beat a scene.

use std::collections::BTreeSet;

use super::imported::{Background, ImportedBook, ImportedScene, Person};
use super::person::Telling;
use super::styled::{guarded, on_one_line};
use crate::story::brief::SectionKind;
use crate::story::brief::attributes::MOST_BEAT_WORDS;
use crate::story::brief::sizes::LEAST_BEAT_WORDS;
use crate::story::comments::without_comments;
use crate::story::slug::beat_slug;
use crate::story::title_page::escaped;
use crate::story::{BeatId, Language, words};

/// A scene with its beat.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneBeat {
    pub id: BeatId,
    pub title: String,
    /// The chapter that it is in, counted from 0.
    pub chapter: usize,
    pub scene: ImportedScene,
    pub words: u32,
}

impl SceneBeat {
    /// Returns the length that its beat asks for: that of the scene, as far as a beat may be so short.
    fn asked_words(&self) -> u32 {
        match self.words {
            0 => CHUNK_WORDS.0,
            words => words.clamp(LEAST_BEAT_WORDS, MOST_BEAT_WORDS),
        }
    }
}

/// The shortest and the longest beat that further planning goes by, in words.
const CHUNK_WORDS: (u32, u32) = (300, 5_000);
/// The longest title, in characters.
const TITLE: usize = 120;

/// Gives every scene of a book a beat, in the order of the story. `taken` are ids that other beats have.
pub fn beats(book: &ImportedBook, language: &Language, taken: &BTreeSet<String>) -> Vec<SceneBeat> {
    let mut taken = taken.clone();
    let mut beats = Vec::new();
    for (number, chapter) in book.chapters.iter().enumerate() {
        let title = chapter.title.clone().or_else(|| book.title.clone());
        let title = short(&title.unwrap_or_else(|| (number + 1).to_string()));
        let is_single = chapter.scenes.len() == 1;
        for (nth, scene) in chapter.scenes.iter().enumerate() {
            let own = scene.title.as_deref().map(short);
            // The scene of a chapter that has no other bears the chapter's name, which is printed.
            let name = match (is_single, own) {
                (true, own) => chapter
                    .title
                    .as_deref()
                    .map(short)
                    .or(own)
                    .unwrap_or_else(|| title.clone()),
                (false, Some(own)) => own,
                (false, None) => format!("{} {}", scene_word(language), nth + 1),
            };
            let slug = match (is_single, &scene.title) {
                (false, None) => beat_slug(&format!("{title} {}", nth + 1)),
                _ => beat_slug(&name),
            };
            let id = free(&slug, &mut taken);
            beats.push(SceneBeat {
                id: BeatId(id),
                title: name,
                chapter: number,
                words: words::count(&without_comments(&scene.text), language),
                scene: scene.clone(),
            });
        }
    }
    beats
}

/// Returns an id that no other beat has.
fn free(slug: &str, taken: &mut BTreeSet<String>) -> String {
    let slug = if slug.is_empty() { "scene" } else { slug };
    let mut id = slug.to_owned();
    let mut number = 2;
    while !taken.insert(id.clone()) {
        id = format!("{slug}-{number}");
        number += 1;
    }
    id
}

fn short(title: &str) -> String {
    let line = on_one_line(title);
    match line.char_indices().nth(TITLE) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// Returns what a scene without a title is called.
fn scene_word(language: &Language) -> &'static str {
    match language.primary().as_str() {
        "de" => "Szene",
        "fr" => "Scène",
        "es" => "Escena",
        "it" => "Scena",
        "pt" => "Cena",
        "nl" | "sv" | "da" | "nb" => "Scene",
        "ru" => "Сцена",
        "ar" => "مشهد",
        "ja" => "場面",
        "zh" => "场景",
        "ko" => "장면",
        _ => "Scene",
    }
}

/// Renders the brief of a book.
pub fn render(
    book: &ImportedBook,
    beats: &[SceneBeat],
    language: &Language,
    telling: Telling,
) -> String {
    let mut out = String::from("---\n");
    let mut line = |key: &str, value: String| out.push_str(&format!("{key}: {value}\n"));
    line("title", yaml(book.title.as_deref().unwrap_or("Untitled")));
    match book.authors.as_slice() {
        [] => {}
        [author] => line("author", yaml(author)),
        authors => line(
            "author",
            format!(
                "[{}]",
                authors
                    .iter()
                    .map(|it| yaml(it))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        ),
    }
    line("language", language.to_string());
    let chunk_words = chunk_words(beats);
    if !beats.is_empty() {
        let sizes = beats.iter().map(SceneBeat::asked_words);
        let total = sizes.fold(0_u32, u32::saturating_add);
        line("target_words", total.to_string());
        line("chunk_words", chunk_words.to_string());
    }
    if let Some(pov) = telling.pov {
        line("pov", pov.to_owned());
    }
    if let Some(tense) = telling.tense {
        line("tense", tense.to_owned());
    }
    // Who tells is seldom named.
    if let Some(person) = book.cast.first()
        && telling.pov != Some("first person")
    {
        line("protagonist", yaml(&short(&person.name)));
    }
    out.push_str("---\n\n# Premise\n\n<!-- Who wants what, and what stands in the way. Write it here before more is written. -->\n");
    if !book.cast.is_empty() {
        out.push_str("\n# Cast\n");
        for person in &book.cast {
            out.push_str(&format!("\n{}", cast_entry(person)));
        }
    }
    for background in &book.background {
        out.push_str(&format!(
            "\n{}",
            background_section(&background.title, &background.aliases, &background.text)
        ));
    }
    if !beats.is_empty() {
        out.push_str("\n# Outline\n");
        outline(&mut out, book, beats);
    }
    if !book.private.is_empty() {
        out.push_str("\n# Notes\n");
        for note in &book.private {
            out.push_str(&format!("\n{}", note_entry(note)));
        }
    }
    out
}

/// Renders a character as an entry of the cast.
pub fn cast_entry(person: &Person) -> String {
    let mut out = format!("## {}\n", escaped(&short(&person.name)));
    let others = person.aliases.iter().filter(|alias| **alias != person.name);
    out.push_str(&aka(&others.cloned().collect::<Vec<_>>()));
    match person.text.trim() {
        "" => out.push_str("<!-- What is known of them. -->\n"),
        text => out.push_str(&format!("\n{}\n", body(text))),
    }
    out
}

/// Renders a private note.
pub fn note_entry(note: &Background) -> String {
    let title = escaped(&short(&note.title));
    format!("## {title}\n\n{}\n", body(&note.text))
}

fn aka(aliases: &[String]) -> String {
    let aliases: Vec<String> = aliases
        .iter()
        .map(|it| on_one_line(it).replace([',', ';'], " "))
        .filter(|it| !it.is_empty())
        .collect();
    match aliases.is_empty() {
        true => String::new(),
        false => format!("aka: {}\n", aliases.join(", ")),
    }
}

/// Renders what is known of the world as a section; its title means nothing else to a brief.
pub fn background_section(title: &str, aliases: &[String], text: &str) -> String {
    let title = short(title);
    let title = match SectionKind::of(&title) {
        SectionKind::Background | SectionKind::Matter(_) => title,
        _ => format!("Background: {title}"),
    };
    let heading = if title.is_empty() {
        "Background".to_owned()
    } else {
        escaped(&title)
    };
    format!("# {heading}\n\n{}{}\n", aka(aliases), body(text))
}

fn outline(out: &mut String, book: &ImportedBook, beats: &[SceneBeat]) {
    let mut last = None;
    for beat in beats {
        let siblings = beats
            .iter()
            .filter(|other| other.chapter == beat.chapter)
            .count();
        if siblings > 1 && last != Some(beat.chapter) {
            let title = book
                .chapters
                .get(beat.chapter)
                .and_then(|chapter| chapter.title.clone());
            let title = title
                .or_else(|| book.title.clone())
                .unwrap_or_else(|| (beat.chapter + 1).to_string());
            out.push_str(&format!("\n## {}\n", escaped(&short(&title))));
        }
        last = Some(beat.chapter);
        let level = if siblings > 1 { 3 } else { 2 };
        out.push_str(&format!("\n{}", beat_block(book, beat, level)));
    }
}

/// Renders a beat of the outline.
pub fn beat_block(book: &ImportedBook, beat: &SceneBeat, level: usize) -> String {
    let mut attributes = format!("#{}", beat.id);
    attributes.push_str(&format!(" words={}", beat.asked_words()));
    let named = |name: &&String| {
        let is_theirs = |person: &Person| person.name == **name || person.aliases.contains(*name);
        book.cast.iter().any(is_theirs) && !name.contains(['"', '{', '}', ',', ';'])
    };
    let mut cast: Vec<&str> = Vec::new();
    for name in beat.scene.cast.iter().filter(named) {
        if !cast.contains(&name.as_str()) {
            cast.push(name);
        }
    }
    if !cast.is_empty() {
        attributes.push_str(&format!(" cast=\"{}\"", cast.join(", ")));
    }
    let mut out = format!(
        "{} {} {{{attributes}}}\n",
        "#".repeat(level),
        escaped(&beat.title)
    );
    if let Some(synopsis) = &beat.scene.synopsis {
        out.push_str(&format!("{}\n", body(&on_one_line(synopsis))));
    }
    out
}

/// Returns a text that is no heading, no comment without end and no fence wherever it is put into a brief.
fn body(text: &str) -> String {
    let is_open = text.matches("<!--").count() != text.matches("-->").count();
    let text = if is_open {
        text.replace("<!--", "<\\!--")
    } else {
        text.to_owned()
    };
    let has_fence = text
        .lines()
        .any(|line| line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~"));
    let lines = text.trim().lines().map(|line| {
        let trimmed = line.trim_start();
        let hashes = trimmed.bytes().take_while(|byte| *byte == b'#').count();
        let is_rule = trimmed.len() >= 2 && trimmed.chars().all(|c| matches!(c, '=' | '-'));
        if (1..7).contains(&hashes) {
            format!("#### {}", trimmed[hashes..].trim_start())
        } else if is_rule
            || (has_fence && (trimmed.starts_with("```") || trimmed.starts_with("~~~")))
        {
            guarded(trimmed)
        } else {
            line.to_owned()
        }
    });
    let mut text = lines.collect::<Vec<_>>().join("\n");
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    text
}

/// Returns the usual length of a scene.
fn chunk_words(beats: &[SceneBeat]) -> u32 {
    let written: Vec<u32> = beats
        .iter()
        .map(|beat| beat.words)
        .filter(|words| *words > 0)
        .collect();
    let total = written.iter().copied().fold(0_u32, u32::saturating_add);
    let count = u32::try_from(written.len()).unwrap_or(u32::MAX).max(1);
    (total / count).clamp(CHUNK_WORDS.0, CHUNK_WORDS.1)
}

fn yaml(text: &str) -> String {
    // A JSON string is a YAML string.
    serde_json::Value::from(on_one_line(text)).to_string()
}
