//! The lint takes time in proportion to the text, also for texts that are made to be slow.

use std::time::{Duration, Instant};

use storywright::story::lint::{ChunkFacts, ChunkText, LintedChunk, lint, lint_facts};
use storywright::story::{BeatId, Brief, ChunkNumber};

const BRIEF: &str = include_str!("../fixtures/manuscripts/en/story.md");
const PROSE: &str = include_str!("../fixtures/manuscripts/en/chunks/chunk_01.md");

fn time(text: &str) -> Duration {
    let brief = Brief::parse(BRIEF);
    let beat = BeatId(String::new());
    let chunk = ChunkText {
        number: ChunkNumber(1),
        beat: &beat,
        text,
        target_words: 0,
    };
    let start = Instant::now();
    lint(&brief, &[chunk]);
    start.elapsed()
}

/// Eight times the text may take some eight times as long, not sixty-four. The bounds are
/// wide, since tests run beside each other.
#[test]
fn nothing_is_quadratic() {
    let cases: [(&str, fn(usize) -> String); 9] = [
        ("one sentence over and over", |n| {
            "She went down to the boathouse by the dam again. ".repeat(n)
        }),
        ("one word", |n| "never ".repeat(n)),
        ("open quotes", |n| "‘".repeat(n)),
        ("open comments", |n| "<!-- ".repeat(n)),
        ("rules without a full stop", |n| {
            "rule one rule two ".repeat(n)
        }),
        ("brackets", |n| "[".repeat(n)),
        ("new names", |n| {
            let name = |i| format!("then Na{0} met Na{0}. ", letters(i));
            (0..n).map(name).collect()
        }),
        ("slips", |n| {
            "and then Nesta Quill met Nessa Quyll ".repeat(n)
        }),
        ("lines", |n| "# a\n> b\n".repeat(n)),
    ];
    for (name, make) in cases {
        let short = time(&make(2_000));
        let long = time(&make(16_000));
        assert!(
            long < short * 24 + Duration::from_millis(600),
            "{name}: {short:?}, then {long:?}"
        );
    }
}

/// A different word for every number.
fn letters(mut number: usize) -> String {
    let mut text = String::from("x");
    while number > 0 {
        text.push(char::from(b"abcdefghijklmnopqrstuvwxyz"[number % 26]));
        number /= 26;
    }
    text
}

/// A novel of `chunks` chunks of about 1,500 words; no two passages are the same.
fn novel(chunks: usize) -> Vec<String> {
    let chunk = |n: usize| {
        let text = PROSE.repeat(3);
        let words = text.split_inclusive(' ').enumerate();
        let varied = words.map(|(i, word)| match (i * 7 + n) % 5 {
            0 => format!("{word}{} ", letters(n * 31 + i)),
            _ => word.to_owned(),
        });
        varied.collect()
    };
    (0..chunks).map(chunk).collect()
}

/// `cargo test --release --test lint_speed -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn a_million_words() {
    let texts = novel(670);
    let words: usize = texts.iter().map(|t| t.split_whitespace().count()).sum();
    let brief = Brief::parse(BRIEF);
    let beat = BeatId(String::new());
    let start = Instant::now();
    let facts: Vec<ChunkFacts> = texts
        .iter()
        .map(|text| ChunkFacts::of(text, &brief.language))
        .collect();
    let read = start.elapsed();
    let chunks: Vec<LintedChunk<'_>> = facts
        .iter()
        .zip(1..)
        .map(|(facts, number)| LintedChunk {
            number: ChunkNumber(number),
            beat: &beat,
            target_words: 0,
            facts,
        })
        .collect();
    let start = Instant::now();
    let findings = lint_facts(&brief, &chunks);
    println!(
        "{words} words: reading {read:?}, merging {:?}, {} findings",
        start.elapsed(),
        findings.len()
    );
}
