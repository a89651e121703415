//! Loads the patterns for what answers hold besides prose, in the languages that models answer in: data under
//! `packs/`.
//!
//! All packs are tried on every answer: a model that was asked for Japanese may well refuse in
//! English. A pattern has to be so narrow that prose never meets it; what is merely suspicious
//! is the story lint's.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

const FILES: [&str; 11] = [
    include_str!("packs/en.toml"),
    include_str!("packs/es.toml"),
    include_str!("packs/de.toml"),
    include_str!("packs/fr.toml"),
    include_str!("packs/it.toml"),
    include_str!("packs/pt.toml"),
    include_str!("packs/ja.toml"),
    include_str!("packs/zh.toml"),
    include_str!("packs/ar.toml"),
    include_str!("packs/ko.toml"),
    include_str!("packs/ru.toml"),
];

/// A pack as its file has it. Patterns are regular expressions without regard to case; `{name}` stands for
/// the part of that name, `’` for any apostrophe, a blank for any white space.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackFile {
    #[allow(dead_code)] // For who reads the file.
    language: String,
    /// How an opening that is no prose may begin, in lower case. While an answer arrives, what
    /// begins like this is held back until its first line is there.
    starts: Vec<String>,
    #[serde(default)]
    parts: BTreeMap<String, String>,
    patterns: PatternFile,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PatternFile {
    /// A whole first line that only announces what follows.
    preamble: Vec<String>,
    /// Such a lead in one line with the prose, up to its colon.
    inline: Vec<String>,
    /// A whole last paragraph or line that is about the work.
    postamble: Vec<String>,
    /// Such a line, but only in brackets.
    bracketed: Vec<String>,
    /// The heading of what a model appends: a summary, notes.
    summary: Vec<String>,
    /// How a refusal begins that cannot be anything else.
    refusal: Vec<String>,
    /// How a refusal begins that could be a sentence of a story as well, were it not all there
    /// is.
    decline: Vec<String>,
    /// How a model begins that thinks aloud.
    reasoning: Vec<String>,
    /// How a paragraph begins in which a model speaks of itself.
    meta: Vec<String>,
    /// How a paragraph begins in which a model offers its help.
    offer: Vec<String>,
    /// How a paragraph begins in which a model says what it did to the work.
    report: Vec<String>,
    /// A line that names a list of what the model was given.
    form: Vec<String>,
    /// A line that names a list of persons.
    cast: Vec<String>,
    /// How a title begins that numbers several parts.
    span: Vec<String>,
    /// Stand-ins for several parts of an outline that tell none; anywhere.
    stand_in: Vec<String>,
    /// A line that numbers a part of the work.
    heading: Vec<String>,
    /// A line that fills in a form: `Title: …`.
    label: Vec<String>,
    /// Words below the last line of a story.
    ending: Vec<String>,
    /// A place that was to be filled in; anywhere.
    placeholder: Vec<String>,
    /// Words of a brief in whose story machines may speak of themselves.
    machine: Vec<String>,
}

/// A pattern that is compiled when it is first needed: each takes milliseconds, and who lints needs half of them.
#[derive(Debug)]
pub struct Pattern(LazyLock<Regex, Box<dyn FnOnce() -> Regex + Send>>);

impl Deref for Pattern {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        &self.0
    }
}

/// The patterns of all languages, by what they find; see `packs/`.
#[derive(Debug)]
pub struct Packs {
    pub starts: Vec<String>,
    pub preamble: Pattern,
    pub inline: Pattern,
    pub postamble: Pattern,
    pub bracketed: Pattern,
    pub summary: Pattern,
    pub refusal: Pattern,
    pub decline: Pattern,
    pub reasoning: Pattern,
    pub meta: Pattern,
    pub offer: Pattern,
    pub report: Pattern,
    pub form: Pattern,
    pub cast: Pattern,
    pub span: Pattern,
    pub stand_in: Pattern,
    pub heading: Pattern,
    pub label: Pattern,
    pub ending: Pattern,
    pub placeholder: Pattern,
    pub machine: Pattern,
}

/// The extent of text that a pattern has to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Start,
    Anywhere,
}

/// Read once, when first needed.
pub static PACKS: LazyLock<Packs> = LazyLock::new(read);

fn read() -> Packs {
    let files: Vec<PackFile> = FILES
        .iter()
        .map(|text| {
            // The files are a part of the program, and a test reads every one.
            toml::from_str(text).expect("the packs are well-formed")
        })
        .collect();
    let all = |extent, pick: fn(&PatternFile) -> &Vec<String>| one_of(&files, extent, pick);
    Packs {
        starts: files
            .iter()
            .flat_map(|file| file.starts.iter().map(|start| start.replace('’', "'")))
            .collect(),
        preamble: all(Extent::Whole, |file| &file.preamble),
        inline: all(Extent::Start, |file| &file.inline),
        postamble: all(Extent::Whole, |file| &file.postamble),
        bracketed: all(Extent::Whole, |file| &file.bracketed),
        summary: all(Extent::Whole, |file| &file.summary),
        refusal: all(Extent::Start, |file| &file.refusal),
        decline: all(Extent::Start, |file| &file.decline),
        reasoning: all(Extent::Start, |file| &file.reasoning),
        meta: all(Extent::Start, |file| &file.meta),
        offer: all(Extent::Start, |file| &file.offer),
        report: all(Extent::Start, |file| &file.report),
        form: all(Extent::Whole, |file| &file.form),
        cast: all(Extent::Whole, |file| &file.cast),
        span: all(Extent::Start, |file| &file.span),
        stand_in: all(Extent::Anywhere, |file| &file.stand_in),
        heading: all(Extent::Whole, |file| &file.heading),
        label: all(Extent::Whole, |file| &file.label),
        ending: all(Extent::Whole, |file| &file.ending),
        placeholder: all(Extent::Anywhere, |file| &file.placeholder),
        machine: all(Extent::Anywhere, |file| &file.machine),
    }
}

fn one_of(files: &[PackFile], extent: Extent, pick: fn(&PatternFile) -> &Vec<String>) -> Pattern {
    let patterns: Vec<String> = files
        .iter()
        .flat_map(|file| {
            pick(&file.patterns)
                .iter()
                .map(|pattern| written_out(pattern, file))
        })
        .collect();
    let any = patterns.join("|");
    let pattern = match extent {
        Extent::Whole => format!(r"(?i)\A(?:{any})\z"),
        Extent::Start => format!(r"(?i)\A(?:{any})"),
        Extent::Anywhere => format!("(?i)(?:{any})"),
    };
    let compile = move || {
        // The patterns are a part of the program, and a test compiles every one.
        Regex::new(&pattern).expect("the patterns of the packs are well-formed")
    };
    Pattern(LazyLock::new(Box::new(compile)))
}

/// Returns a pattern with its parts, apostrophes and blanks filled in.
fn written_out(pattern: &str, file: &PackFile) -> String {
    let mut pattern = pattern.to_owned();
    // Parts may hold parts, but not for long.
    for _ in 0..3 {
        for (name, part) in &file.parts {
            pattern = pattern.replace(&format!("{{{name}}}"), part);
        }
    }
    pattern
        .replace('’', "['’ʼ]")
        .replace(" ?", r"[\s\u{a0}\u{202f}]*")
        .replace(' ', r"[\s\u{a0}\u{202f}]+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_is_read_and_says_where_it_is_from() {
        assert!(!PACKS.starts.is_empty());
        for pattern in [
            &PACKS.preamble,
            &PACKS.inline,
            &PACKS.postamble,
            &PACKS.bracketed,
            &PACKS.summary,
            &PACKS.refusal,
            &PACKS.decline,
            &PACKS.reasoning,
            &PACKS.meta,
            &PACKS.offer,
            &PACKS.report,
            &PACKS.form,
            &PACKS.cast,
            &PACKS.span,
            &PACKS.stand_in,
            &PACKS.heading,
            &PACKS.label,
            &PACKS.ending,
            &PACKS.placeholder,
            &PACKS.machine,
        ] {
            assert!(pattern.as_str().starts_with("(?i)"));
        }
        for text in FILES {
            let head: Vec<&str> = text.lines().take_while(|l| l.starts_with('#')).collect();
            let head = head.join(" ");
            assert!(
                head.contains("Storywright") && head.contains("MIT"),
                "{head}"
            );
            let file: PackFile = toml::from_str(text).unwrap();
            for start in &file.starts {
                assert_eq!(&start.to_lowercase(), start);
            }
        }
    }
}
