//! Defects that nobody chose: made by rule in every place of the manuscripts that has room for
//! one, so that what the lint finds says something about texts that it was not made on.

use std::collections::BTreeMap;

use super::super::super::{ChunkNumber, Span};
use super::super::{ChunkFacts, Finding};
use super::manuscripts::{Manuscript, Score, manuscripts, print_table};
use crate::story::text::{boundaries, scripts};

/// A manuscript with one place changed, and what has to be found there.
struct Case {
    code: &'static str,
    /// Index of the chunk.
    chunk: usize,
    text: String,
    /// What a finding has to touch.
    place: Span,
}

impl Case {
    /// `new` in the place of some bytes of a chunk; all of it is the place.
    fn replacing(
        code: &'static str,
        clean: &Manuscript,
        chunk: usize,
        old: &Span,
        new: &str,
    ) -> Case {
        let mut text = clean.chunks[chunk].clone();
        text.replace_range(old.clone(), new);
        Case {
            code,
            chunk,
            text,
            place: old.start..old.start + new.len(),
        }
    }
}

#[test]
fn generated_defects_are_found() {
    let clean = manuscripts();
    let mut scores: BTreeMap<(String, String), Score> = BTreeMap::new();
    let mut missed = Vec::new();
    for (language, manuscript) in &clean {
        let facts = manuscript.facts();
        let noise: Vec<(&str, String)> = manuscript
            .lint_with(&facts)
            .into_iter()
            .map(|it| {
                let text = &manuscript.chunks[it.chunk.0 as usize - 1];
                (it.code, text[it.span].to_owned())
            })
            .collect();
        let other = clean.iter().find(|(other, _)| *other != language);
        let (_, foreign) = other.expect("several manuscripts");
        let cases = slips(manuscript)
            .into_iter()
            .chain(breaks(manuscript))
            .chain(copies(manuscript))
            .chain(echoes(manuscript))
            .chain(strangers(manuscript, foreign));
        for case in cases {
            let mut facts: Vec<ChunkFacts> = facts.clone();
            facts[case.chunk] = ChunkFacts::of(&case.text, facts[case.chunk].language());
            let found = manuscript.lint_with(&facts);
            let key = (case.code.to_owned(), (*language).to_owned());
            let score = scores.entry(key).or_default();
            score.planted += 1;
            if found.iter().any(|finding| case.is_met_by(finding)) {
                score.found += 1;
            } else {
                missed.push(format!(
                    "{language} {} “{}”",
                    case.code,
                    &case.text[case.place.clone()]
                ));
            }
            let at = |finding: &Finding| {
                let chunk = finding.chunk.0 as usize - 1;
                facts[chunk].text()[finding.span.clone()].to_owned()
            };
            for finding in found.iter().filter(|finding| !case.explains(finding)) {
                let known = |old: &(&str, String)| *old == (finding.code, at(finding));
                if !noise.iter().any(known) {
                    let key = (finding.code.to_owned(), (*language).to_owned());
                    scores.entry(key).or_default().wrong += 1;
                    missed.push(format!(
                        "wrong with {}: {} {} {}",
                        case.code, finding.code, finding.chunk, finding.message
                    ));
                }
            }
        }
    }
    let total = print_table("generated", &scores);
    println!("{}", missed.join("\n"));
    assert!(total.planted >= 150, "{} planted", total.planted);
    assert!(total.recall() >= 0.85, "{}", missed.join("\n"));
    assert!(total.precision() >= 0.95, "{}", missed.join("\n"));
}

impl Case {
    /// Found there, or (of two places that are the same) with that place beside it.
    fn is_met_by(&self, finding: &Finding) -> bool {
        let touches = |chunk: ChunkNumber, span: &Span| {
            chunk.0 as usize == self.chunk + 1
                && span.start <= self.place.end
                && self.place.start <= span.end
        };
        let mut related = finding.related.iter();
        finding.code == self.code
            && (touches(finding.chunk, &finding.span)
                || related.any(|(chunk, span)| touches(*chunk, span)))
    }

    /// Returns what the change may rightly bring beside: a slip that is not known for one is a new name, what
    /// is cut or put in changes lengths, a copy at a seam is an echo.
    fn explains(&self, finding: &Finding) -> bool {
        finding.code == self.code
            || match self.code {
                "name-drift" => matches!(finding.code, "unknown-name" | "protagonist-absent"),
                "wrong-language" => matches!(
                    finding.code,
                    "unknown-name" | "length" | "protagonist-absent"
                ),
                _ => matches!(
                    finding.code,
                    "length"
                        | "repeated-passage"
                        | "seam-echo"
                        | "setting-absent"
                        | "protagonist-absent"
                ),
            }
    }
}

/// Returns every mention of a name with one letter wrong, in a way that changes from one to the next. Names
/// in scripts without capitals are only known beside another part of them.
fn slips(clean: &Manuscript) -> Vec<Case> {
    let brief = clean.brief();
    let parts: Vec<&str> = brief
        .cast
        .iter()
        .flat_map(|entry| entry.name.split_whitespace())
        .filter(|part| {
            part.is_ascii()
                || part
                    .chars()
                    .all(|c| !scripts::is_unspaced(c) && c < '\u{600}')
        })
        .filter(|part| part.chars().count() >= 4)
        .collect();
    let mut mentions = Vec::new();
    for (chunk, text) in clean.chunks.iter().enumerate() {
        for part in &parts {
            let places = text.match_indices(part).map(|(at, _)| at..at + part.len());
            mentions.extend(places.map(|place| (chunk, place)));
        }
    }
    mentions.sort_by_key(|(chunk, place)| (*chunk, place.start));
    let mentions = mentions.into_iter().enumerate();
    mentions
        .map(|(nth, (chunk, place))| {
            let slip = misspelt(&clean.chunks[chunk][place.clone()], nth);
            Case::replacing("name-drift", clean, chunk, &place, &slip)
        })
        .collect()
}

/// One letter dropped, doubled, replaced or changed with the next; never the first.
fn misspelt(name: &str, nth: usize) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let at = 1 + nth / 4 % (letters.len() - 2);
    match nth % 4 {
        0 => _ = letters.remove(at),
        1 => letters.insert(at, letters[at]),
        2 => letters[at] = if letters[at] == 'o' { 'e' } else { 'o' },
        _ if letters[at] == letters[at + 1] => _ = letters.remove(at),
        _ => letters.swap(at, at + 1),
    }
    letters.into_iter().collect()
}

/// Returns every chunk broken off within each of its last sentences.
fn breaks(clean: &Manuscript) -> Vec<Case> {
    let mut cases = Vec::new();
    for (chunk, text) in clean.chunks.iter().enumerate() {
        let ends: Vec<usize> = text.match_indices(['.', '。']).map(|(at, _)| at).collect();
        for end in ends.iter().rev().step_by(2).take(4) {
            let cut = boundaries::floor(text, end.saturating_sub(12));
            let kept = text[..cut].trim_end_matches(|c: char| !c.is_alphanumeric());
            let place = boundaries::floor(text, kept.len().saturating_sub(3))..kept.len();
            cases.push(Case {
                code: "unfinished-sentence",
                chunk,
                text: kept.to_owned(),
                place,
            });
        }
    }
    cases
}

/// Some twenty words (thirty characters) of every chunk in the middle of another one.
fn copies(clean: &Manuscript) -> Vec<Case> {
    let mut cases = Vec::new();
    let count = clean.chunks.len();
    for (chunk, text) in clean.chunks.iter().enumerate() {
        for nth in 0..3 {
            let other = &clean.chunks[(chunk + 1 + nth % (count - 1)) % count];
            let start = boundaries::floor(other, other.len() * (nth + 1) / 5);
            let start = start + other[start..].find([' ', '、']).map_or(0, |at| at + 1);
            let start = boundaries::floor(other, start);
            let copy: String = if text.contains('。') {
                other[start..].chars().take(36).collect()
            } else {
                other[start..]
                    .split_inclusive(char::is_whitespace)
                    .take(20)
                    .collect()
            };
            let at = text.find("\n\n").unwrap_or(0);
            let copy = format!("\n\n{}", copy.trim());
            cases.push(Case::replacing(
                "repeated-passage",
                clean,
                chunk,
                &(at..at),
                &copy,
            ));
        }
    }
    cases
}

/// Returns every chunk but the first with the last sentence of the one before in front of it.
fn echoes(clean: &Manuscript) -> Vec<Case> {
    let pairs = clean.chunks.windows(2).enumerate();
    pairs
        .filter_map(|(chunk, pair)| {
            let before = pair[0].trim_end();
            let sentence = before.trim_end_matches(|c: char| !c.is_alphanumeric());
            let start = sentence.rfind(['.', '。', '”', '»', '」', '\n'])?;
            let first = before[start..].chars().next()?;
            let echo = before[start + first.len_utf8()..].trim();
            let words = echo.split_whitespace().count();
            let long = words >= 6 || echo.chars().filter(|c| scripts::is_unspaced(*c)).count() >= 9;
            let echo = format!("{echo} ");
            long.then(|| Case::replacing("seam-echo", clean, chunk + 1, &(0..0), &echo))
        })
        .collect()
}

/// Paragraphs that are long enough to be judged, put in from a manuscript in another language.
fn strangers(clean: &Manuscript, foreign: &Manuscript) -> Vec<Case> {
    let mut cases = Vec::new();
    for chunk in 0..clean.chunks.len() {
        let source = &foreign.chunks[chunk % foreign.chunks.len()];
        let long = source
            .split("\n\n")
            .filter(|paragraph| paragraph.chars().count() >= 200);
        let told = long.filter(|paragraph| !paragraph.starts_with(['“', '«', '「', '—']));
        for paragraph in told.take(2) {
            let at = clean.chunks[chunk].find("\n\n").unwrap_or(0);
            let paragraph = format!("\n\n{}", paragraph.trim());
            cases.push(Case::replacing(
                "wrong-language",
                clean,
                chunk,
                &(at..at),
                &paragraph,
            ));
        }
    }
    cases
}
