//! `name-drift` where there are no capitals: Japanese, Chinese, Arabic.
//!
//! Without capitals a lone word says little, so a slip is only told beside a part of the name
//! that is right: 汐見零 for 汐見澪, ليلى الحدادي for ليلى الحدّاد; or where it can be nothing
//! but another spelling: a long vowel in katakana (マリヤ, マリーヤ), alef and ya in Arabic.
//! A name that is wrong as a whole is missed.

use strsim::{damerau_levenshtein, generic_damerau_levenshtein};

use super::super::brief::CastEntry;
use super::super::{Severity, Span};
use super::chunk::LintedChunk;
use super::finding::{Finding, Remark};
use super::fold::{self, Key, KeyMap};
use super::story::Story;
use super::word::Word;
use crate::story::text::names::split_unspaced;
use crate::story::text::scripts;

const CODE: &str = "name-drift";

/// Follows a family name without being a given name: family, house, honorifics.
const AFTER_FAMILY: [char; 15] = [
    '家', '氏', '様', '君', '殿', '姓', '夫', '兄', '姉', '弟', '妹', '親', '嬢', '老', '達',
];

pub(super) fn check(story: &Story<'_>, findings: &mut Vec<Finding>) {
    let names: Vec<(usize, &str)> = story
        .brief
        .cast
        .iter()
        .enumerate()
        .flat_map(|(entry, person)| {
            let aliases = person.aliases.iter().map(String::as_str);
            [person.name.as_str()]
                .into_iter()
                .chain(aliases)
                .map(move |name| (entry, name))
        })
        .collect();
    check_han(story, findings);
    check_katakana(story, &names, findings);
    for (entry, name) in names.iter().filter(|(_, name)| fold::is_arabic(name)) {
        check_arabic(story, *entry, name, findings);
    }
    check_arabic_spelling(story, &names, findings);
}

fn report(
    chunk: &LintedChunk<'_>,
    span: Span,
    right: &str,
    character: &CastEntry,
    findings: &mut Vec<Finding>,
) {
    let message = format!(
        "`{}` is almost `{right}` ({}), but the brief does not know this spelling. Write it as there, or add it to the cast.",
        chunk.slice(&span),
        character.name,
    );
    let remark = Remark::warning(span, CODE, message).suggesting(right);
    findings.push(Finding {
        in_brief: Some(character.name_span.clone()),
        ..remark.in_chunk(chunk.number)
    });
}

/// Reports a name in Han of which the family or the given name is right and the other wrong.
fn check_han(story: &Story<'_>, findings: &mut Vec<Finding>) {
    for character in &story.brief.cast {
        let parts: Vec<&str> = split_unspaced(&character.name).collect();
        let [family, given] = parts.as_slice() else {
            continue;
        };
        if !character.name.chars().any(scripts::is_han) {
            continue;
        }
        let known = |text: &str| {
            let mut cast = story.brief.cast.iter();
            cast.any(|other| {
                let own = split_unspaced(&other.name).any(|part| part.starts_with(text));
                own || other.aliases.iter().any(|alias| alias.contains(text))
            })
        };
        for chunk in &story.chunks {
            wrong_given(chunk, family, given, &known, character, findings);
            wrong_family(chunk, family, given, character, findings);
        }
    }
}

/// Finds the family name followed by characters that share one with the given name or have its length, and
/// are no other character's name.
fn wrong_given(
    chunk: &LintedChunk<'_>,
    family: &str,
    given: &str,
    known: &impl Fn(&str) -> bool,
    character: &CastEntry,
    findings: &mut Vec<Finding>,
) {
    let text = chunk.text();
    for (index, found) in text.match_indices(family) {
        let start = index + found.len();
        let rest = text[start..].trim_start_matches([' ', '　', '・']);
        let start = text.len() - rest.len();
        let run: String = rest
            .chars()
            .take_while(|c| scripts::is_han(*c))
            .take(4)
            .collect();
        let length = given.chars().count();
        // Some of it must be right, or it may be a word such as 先生. One character has no part
        // that could be, so there the family name must be no word by itself: 林道は is a road.
        let shares = (length == 1 && family.chars().count() > 1)
            || run.chars().zip(given.chars()).any(|(a, b)| a == b);
        let wrong = run.chars().count() == length
            && run != given
            && shares
            && !known(&run)
            && !run.starts_with(AFTER_FAMILY);
        // What follows must be what follows a name, or it may be the start of a longer word.
        let after = rest.get(run.len()..).unwrap_or("");
        let as_name = [
            "は", "が", "の", "を", "に", "も", "と", "さん", "、", "。", "」",
        ];
        if wrong && as_name.iter().any(|particle| after.starts_with(particle)) {
            report(chunk, start..start + run.len(), given, character, findings);
        }
    }
}

/// Finds the given name behind a family name that has one character wrong.
fn wrong_family(
    chunk: &LintedChunk<'_>,
    family: &str,
    given: &str,
    character: &CastEntry,
    findings: &mut Vec<Finding>,
) {
    let text = chunk.text();
    let letters: Vec<char> = family.chars().collect();
    if letters.len() < 2 {
        return;
    }
    for (index, _) in text.match_indices(given) {
        let before = text[..index].trim_end_matches([' ', '　', '・']);
        let run: Vec<char> = before.chars().rev().take(letters.len()).collect();
        let run: Vec<char> = run.into_iter().rev().collect();
        let han = run.len() == letters.len() && run.iter().all(|c| scripts::is_han(*c));
        let same = run.iter().zip(&letters).filter(|(a, b)| a == b).count();
        if han && same + 1 == letters.len() {
            let bytes: usize = run.iter().map(|c| c.len_utf8()).sum();
            let span = before.len() - bytes..before.len();
            report(chunk, span, family, character, findings);
        }
    }
}

/// Reports runs of katakana that differ from a name by a long vowel, a small letter or (in long names) one
/// letter.
fn check_katakana(story: &Story<'_>, names: &[(usize, &str)], findings: &mut Vec<Finding>) {
    let is_kata = |part: &str| part.chars().count() >= 2 && part.chars().all(scripts::is_katakana);
    let parts: Vec<(usize, &str)> = names
        .iter()
        .flat_map(|(entry, name)| split_unspaced(name).map(move |part| (*entry, part)))
        .filter(|(_, part)| is_kata(part))
        .collect();
    if parts.is_empty() {
        return;
    }
    let known: Vec<String> = story
        .brief
        .sections
        .iter()
        .flat_map(|section| katakana_runs(&section.text))
        .map(|run| run.1.to_owned())
        .collect();
    for chunk in &story.chunks {
        for (span, run) in katakana_runs(chunk.text()) {
            let right = parts.iter().any(|(_, part)| *part == run);
            if right || known.iter().any(|known| known == run) {
                continue;
            }
            let slip = parts.iter().find(|(_, part)| is_katakana_slip(run, part));
            if let Some((entry, part)) = slip {
                let character = &story.brief.cast[*entry];
                report(chunk, span, part, character, findings);
            }
        }
    }
}

fn katakana_runs(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(scripts::is_katakana)?;
        let run = &text[start..];
        let length = run.find(|c| !scripts::is_katakana(c)).unwrap_or(run.len());
        rest = start + length;
        Some((start..rest, &run[..length]))
    })
}

fn is_katakana_slip(run: &str, name: &str) -> bool {
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(|c| !matches!(c, 'ー' | 'ッ'));
        letters
            .map(|c| match c {
                'ァ' => 'ア',
                'ィ' => 'イ',
                'ゥ' => 'ウ',
                'ェ' => 'エ',
                'ォ' => 'オ',
                'ャ' | 'ヤ' => 'ア',
                'ヴ' => 'ブ',
                'ヂ' => 'ジ',
                'ヅ' => 'ズ',
                c => c,
            })
            .collect()
    };
    let long = name.chars().count() >= 4 && run.chars().next() == name.chars().next();
    (name.chars().count() >= 3 && plain(run) == plain(name))
        || (long && damerau_levenshtein(run, name) == 1)
}

/// Reports a name of several words with one of them wrong.
fn check_arabic(story: &Story<'_>, entry: usize, name: &str, findings: &mut Vec<Finding>) {
    let parts: Vec<&str> = name.split_whitespace().collect();
    let forms: Vec<Vec<Key>> = parts.iter().map(|part| arabic_keys(part)).collect();
    let character = &story.brief.cast[entry];
    if parts.len() < 2 {
        return;
    }
    for chunk in &story.chunks {
        let words = &chunk.facts.reading.words;
        for (first, window) in words.windows(parts.len()).enumerate() {
            let Some(nth) = wrong_word(window, &forms) else {
                continue;
            };
            let known = story.lexicon.is_known(&window[nth]);
            if !known && is_close(chunk.facts.word(first + nth), parts[nth]) {
                report(chunk, window[nth].span(), parts[nth], character, findings);
            }
        }
    }
}

fn arabic_keys(word: &str) -> Vec<Key> {
    fold::arabic_forms(word)
        .map(|form| fold::key(&form))
        .collect()
}

/// Returns the only word of a window that is not as in the name.
fn wrong_word(window: &[Word], forms: &[Vec<Key>]) -> Option<usize> {
    let mut wrong = window
        .iter()
        .zip(forms)
        .enumerate()
        .filter(|(_, (word, keys))| !keys.contains(&word.key));
    let (nth, _) = wrong.next()?;
    let alone = wrong.next().is_none() && window.iter().skip(1).all(Word::is_joined);
    alone.then_some(nth)
}

fn is_close(written: &str, right: &str) -> bool {
    let letters = |text: &str| fold::folded(text).chars().collect::<Vec<char>>();
    let (written, right) = (letters(written), letters(right));
    let most = 1 + usize::from(right.len() >= 6);
    right.len() >= 3
        && written.len() >= 3
        && written.len().abs_diff(right.len()) <= most
        && generic_damerau_levenshtein(&written, &right) <= most
}

/// Spellings that are one word when words are compared: alef with and without hamza, final ya
/// with and without dots, ta marbuta as ha. Hints, since they may be other words.
fn check_arabic_spelling(story: &Story<'_>, names: &[(usize, &str)], findings: &mut Vec<Finding>) {
    let mut right: KeyMap<(usize, &str)> = KeyMap::default();
    for (entry, name) in names {
        for part in name.split_whitespace().filter(|part| fold::is_arabic(part)) {
            if part.chars().filter(|c| !fold::is_arabic_mark(*c)).count() >= 4 {
                let keys = arabic_keys(part).into_iter();
                right.extend(keys.map(|key| (key, (*entry, part))));
            }
        }
    }
    if right.is_empty() {
        return;
    }
    for chunk in &story.chunks {
        for (nth, word) in chunk.facts.reading.words.iter().enumerate() {
            let Some((entry, part)) = right.get(&word.key) else {
                continue;
            };
            let Some(corrected) = respelt(chunk.facts.word(nth), part) else {
                continue;
            };
            let character = &story.brief.cast[*entry];
            report(chunk, word.span(), &corrected, character, findings);
            if let Some(finding) = findings.last_mut() {
                finding.severity = Severity::Information;
            }
        }
    }
}

/// Returns `written` with the end that is another spelling of `part` put right; `None` where it is spelt as
/// there.
fn respelt(written: &str, part: &str) -> Option<String> {
    let plain =
        |text: &str| -> Vec<char> { text.chars().filter(|c| !fold::is_arabic_mark(*c)).collect() };
    let (letters, wanted) = (plain(written), plain(part));
    let before = letters.len().checked_sub(wanted.len())?;
    let differs = letters[before..] != wanted;
    let prefix: String = letters[..before].iter().collect();
    let respelt = format!("{prefix}{part}");
    let same_word = fold::key(&respelt) == fold::key(written);
    (differs && same_word).then_some(respelt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arabic_words_are_respelt() {
        for (written, part, expected) in [
            ("وليلي", "ليلى", Some("وليلى")),
            ("ليلى", "ليلى", None),
            ("احمد", "أحمد", Some("أحمد")),
            ("الحداد", "الحدّاد", None),
            ("سلم", "سالم", None),
        ] {
            assert_eq!(respelt(written, part).as_deref(), expected, "{written}");
        }
    }

    #[test]
    fn katakana_slips_are_told_from_other_words() {
        for (run, name, slip) in [
            ("マリーア", "マリア", true),
            ("マリヤ", "マリア", true),
            ("マリオ", "マリア", false),
            ("エリザベト", "エリザベス", true),
            ("ランプ", "マリア", false),
        ] {
            assert_eq!(is_katakana_slip(run, name), slip, "{run} {name}");
        }
    }
}
