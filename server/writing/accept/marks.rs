//! Takes out marks that are no text: of a model's template, of its reasoning, of another encoding or format.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::check::Check;
use super::cutting::Repair;
use super::wording::with_white;
use crate::story::leftovers::Narrator;

/// Tokens of chat templates, and what stands for the end of a text.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)<\|[a-z_0-9]{1,40}\|>|<｜[^｜\n]{1,40}｜>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>|<\|?end_of_text\|?>",
    )
});

/// The name of a role behind a token, or alone on the first line.
static ROLE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\A[ \t]*(?:assistant|model|user|system|final|analysis|commentary)[ \t]*(?:\n|\z|<\|)",
    )
});

/// `Assistant:` before the prose; what could be a line of a play needs a line of its own.
static ROLE_PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\A(?:[#*_ \t]*(?:ai assistant|assistant|asistente|assistent|アシスタント|助手)[*_]*[ \t]*[:：][*_]*[ \t]*|[#*_ \t]*(?:response|answer|output|model|assistant)[*_]*[:：]?[*_]*[ \t]*\n)",
    )
});

/// The start of another turn, where a model continues as both sides of a dialogue.
static TURN: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?im)^[#*_ \t]*(?:user|human|### ?instruction|instruction)[*_]*[ \t]*:")
});

/// The tags of models around their reasoning, and what is left of channels whose marks a server
/// dropped. At the start of an answer the provider has taken them out.
static THINK: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)</?(?:[a-z0-9]{1,12}:)?(?:think|thinking|reasoning|thoughts?|scratchpad)>|◁/?think▷|(?-i:\[/?THINK\]|assistantfinal)",
    )
});

/// The mark before an answer, where marks were dropped.
const BARE_FINAL: &str = "assistantfinal";

/// UTF-8 that was read as Windows-1252, as typographic marks give it away.
static MOJIBAKE: LazyLock<Regex> =
    LazyLock::new(|| regex("â€.|Ã[\u{80}-\u{bf}ŒœŠšŽžŸƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]|Â[\u{a0}-\u{bf}]"));

fn regex(pattern: &str) -> Regex {
    // Each is compiled by the tests.
    Regex::new(pattern).expect("a well-formed pattern")
}

/// Takes out control characters but line ends and tabs; line ends become LF.
pub(crate) fn controls(repair: &mut Repair<'_>) {
    let text = repair.text();
    if !text.contains(is_control) {
        return;
    }
    let clean: String = text
        .replace("\r\n", "\n")
        .chars()
        .filter_map(|c| match c {
            '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
            c => (!is_control(c)).then_some(c),
        })
        .collect();
    // Other line ends are no fault.
    let told = text.contains(|c| is_control(c) && !matches!(c, '\r' | '\u{2028}' | '\u{2029}'));
    let cut: String = text.chars().filter(|c| is_control(*c)).collect();
    repair.replace(told.then_some(Check::ControlCharacters), cut, clean);
}

fn is_control(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(
            c,
            '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{2028}' | '\u{2029}'
        )
}

/// Decodes text in the wrong encoding, where that can be undone.
pub(crate) fn encoding(repair: &mut Repair<'_>) {
    const LEAST: usize = 3;
    let text = repair.text();
    let sure = text.contains("â€");
    if !sure && MOJIBAKE.find_iter(text).take(LEAST).count() < LEAST {
        return;
    }
    let clean = MOJIBAKE.replace_all(text, |found: &regex::Captures<'_>| {
        decoded(&found[0]).unwrap_or_else(|| found[0].to_owned())
    });
    if clean != text {
        let cut = MOJIBAKE
            .find_iter(text)
            .map(|found| found.as_str())
            .collect();
        let clean = clean.into_owned();
        repair.replace(Some(Check::BrokenCharacters), cut, clean);
    }
}

/// Decodes characters of Windows-1252 as the UTF-8 that their bytes are.
fn decoded(text: &str) -> Option<String> {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    let bytes: Option<Vec<u8>> = text
        .chars()
        .map(|c| match HIGH.iter().position(|high| *high == c) {
            Some(place) => u8::try_from(place + 0x80).ok(),
            None => u8::try_from(u32::from(c)).ok(),
        })
        .collect();
    String::from_utf8(bytes?).ok()
}

/// Cuts reasoning between tags that stand at the edges of lines; a tag within a sentence is the story's.
pub(crate) fn reasoning(repair: &mut Repair<'_>) {
    let cuts = thoughts(repair.text());
    let cuts: Vec<Range<usize>> = cuts
        .into_iter()
        .map(|cut| with_white(repair.text(), cut))
        .collect();
    repair.cut_all(Check::LeakedReasoning, &cuts);
}

fn thoughts(text: &str) -> Vec<Range<usize>> {
    let mut cuts: Vec<Range<usize>> = Vec::new();
    let mut opened: Option<usize> = None;
    for tag in THINK.find_iter(text) {
        let is_bare = tag.as_str() == BARE_FINAL;
        let closes = tag.as_str().contains('/') || is_bare;
        match opened {
            Some(start) if closes => {
                if !is_told(text, start, tag.end()) {
                    cuts.push(start..tag.end());
                }
                opened = None;
            }
            Some(_) => {}
            None if closes
                && cuts.is_empty()
                && (is_bare || starts_line(text, tag.start()) || ends_line(text, tag.end())) =>
            {
                // All before it was thought, unless nothing comes after.
                let nothing_after = text[tag.end()..].trim().is_empty();
                cuts.push(if nothing_after {
                    tag.range()
                } else {
                    0..tag.end()
                });
            }
            None if !closes && starts_line(text, tag.start()) => opened = Some(tag.start()),
            None => {}
        }
    }
    cuts.extend(opened.map(|start| start..text.len()));
    cuts
}

/// Tells whether a pair of tags is part of a sentence: both are in one line, and a blank follows.
fn is_told(text: &str, start: usize, end: usize) -> bool {
    !text[start..end].contains('\n')
        && text[end..].starts_with([' ', ',', '.', ';'])
        && !ends_line(text, end)
}

fn starts_line(text: &str, at: usize) -> bool {
    text[..at].trim_end_matches([' ', '\t']).ends_with('\n') || text[..at].trim().is_empty()
}

fn ends_line(text: &str, at: usize) -> bool {
    text[at..].trim_start_matches([' ', '\t']).starts_with('\n') || text[at..].trim().is_empty()
}

/// Cuts tokens of a chat template: those in front, with the role that they name; behind the first other one
/// all belongs to another turn.
pub(crate) fn tokens(repair: &mut Repair<'_>) {
    let text = repair.text();
    let lead = text.len() - text.trim_start().len();
    let mut end = lead;
    let struck_through = text.contains("<s>") && text.contains("</s>");
    while let Some(length) = leading_token(&text[end..], struck_through) {
        end += length;
    }
    let stop = TOKEN
        .find_iter(&text[end..])
        .find(|found| !(struck_through && found.as_str().len() <= 4))
        .map(|found| end + found.start());
    // A story about machines may hold their talk.
    let turns = (repair.acceptance().narrator == Narrator::Person)
        .then(|| TURN.find(&text[end..]))
        .flatten();
    let turn = turns.map(|found| end + found.start()).filter(|turn| {
        let rest = text[*turn..].to_lowercase();
        let answered = rest.contains("assistant:") || rest.contains("### response");
        answered && !text[end..*turn].trim().is_empty()
    });
    let mut cuts = Vec::new();
    if end > lead {
        cuts.push(lead..end);
    }
    cuts.extend(
        [stop, turn]
            .into_iter()
            .flatten()
            .min()
            .map(|stop| stop..text.len()),
    );
    repair.cut_all(Check::TemplateToken, &cuts);
}

/// Returns the length of a token that `text` begins with, and of the role behind it; white space in front
/// does not count. `struck_through`: `<s>` is struck out text.
pub(crate) fn leading_token(text: &str, struck_through: bool) -> Option<usize> {
    let bare = text.trim_start();
    if !bare.starts_with(['<', '[']) {
        return None;
    }
    let near = bare
        .char_indices()
        .nth(64)
        .map_or(bare.len(), |(index, _)| index);
    let found = TOKEN
        .find(&bare[..near])
        .filter(|found| found.start() == 0)?;
    let rest = &bare[found.end()..];
    if struck_through && found.as_str().len() <= 4 {
        return None;
    }
    let role = match ROLE.find(rest) {
        Some(role) => role.as_str().trim_end_matches("<|").len(),
        None => 0,
    };
    Some(text.len() - bare.len() + found.end() + role)
}

/// Tells whether `text` may become a token when more of it has come.
pub(crate) fn may_become_token(text: &str) -> bool {
    const LONGEST: usize = 48;
    let text = text.trim_start();
    text.len() < LONGEST
        && text.starts_with(['<', '['])
        && !text.contains([' ', '\n'])
        && !text.trim_start_matches(['<', '[']).contains(['<', '['])
}

/// Returns the length of `Assistant:` at the start.
pub(crate) fn role_prefix(text: &str) -> Option<usize> {
    ROLE_PREFIX.find(text).map(|found| found.end())
}
