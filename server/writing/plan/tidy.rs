//! Cleans a model's words for the brief: nothing in them can be taken for a heading, a section, a comment, an
//! instruction or an attribute. Pure.

/// The most characters of a title; the rest is left out.
const MOST_TITLE: usize = 80;

/// Words that models put before the number of a beat, in lower case.
const NUMBERED: &[&str] = &[
    "beat",
    "part",
    "scene",
    "chapter",
    "step",
    "parte",
    "escena",
    "capítulo",
    "cena",
    "scena",
    "teil",
    "szene",
    "kapitel",
    "partie",
    "scène",
    "chapitre",
    "часть",
    "сцена",
    "глава",
    "الجزء",
    "المشهد",
    "الفصل",
    "第",
];

/// Returns a title on one line, without numbering, emphasis, and braces with their content.
pub fn title(text: &str) -> String {
    let text = text.split('{').next().unwrap_or_default();
    let text = line(text);
    let mut title = text.as_str();
    loop {
        let before = title;
        title = title.trim_matches(|c: char| {
            c.is_whitespace() || matches!(c, '#' | ':' | '：' | '-' | '–' | '—')
        });
        title = without_number(title);
        if title == before {
            break;
        }
    }
    let title = title.trim_end_matches(['.', '。']);
    let title = unquoted(title);
    title
        .chars()
        .take(MOST_TITLE)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Returns a text on one line.
pub fn line(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in without_tags(&without_comments(text)).chars() {
        match c {
            // Emphasis, code, tags and links; a lone angle bracket could open a block of HTML.
            '*' | '`' | '<' | '>' | '{' | '}' | '[' | ']' | '|' | '\\' | '~' => {}
            '\u{feff}' => {}
            c if c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}') => {
                plain.push(' ')
            }
            c => plain.push(c),
        }
    }
    let words: Vec<&str> = plain.split_whitespace().map(without_underscores).collect();
    let line = words.join(" ");
    without_marks(&line).trim().to_owned()
}

/// Paragraphs, with a blank line between them.
pub fn paragraphs(paragraphs: &[String]) -> String {
    let lines = paragraphs.iter().map(|paragraph| line(paragraph));
    let lines: Vec<String> = lines
        .filter(|line| line.chars().any(char::is_alphanumeric))
        .collect();
    lines.join("\n\n")
}

/// Tells whether a line begins an item of a list or a quotation: it does not go on a paragraph.
pub fn begins_item(line: &str) -> bool {
    let marked = ["- ", "* ", "+ ", "• ", "> ", "| "];
    marked.iter().any(|mark| line.starts_with(mark)) || item_number(line).is_some()
}

/// Takes off what would make a block of a line: list and quotation marks, `#`, lines of a
/// heading below.
fn without_marks(text: &str) -> &str {
    let mut text = text.trim_start();
    loop {
        let before = text;
        text = text.trim_start_matches(|c: char| {
            c.is_whitespace() || matches!(c, '#' | '-' | '+' | '=' | '•' | '_' | ':' | '|')
        });
        if let Some(rest) = item_number(text) {
            text = rest;
        }
        if text == before {
            return text;
        }
    }
}

/// Returns what follows `1. ` or `1) `.
fn item_number(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - rest.len();
    let item = rest.strip_prefix(['.', ')'])?;
    let is_item = (1..=9).contains(&digits) && (item.is_empty() || item.starts_with([' ', '\t']));
    is_item.then(|| item.trim_start())
}

/// Returns a title without `3.`, `Beat 3:`, `第3部`.
fn without_number(title: &str) -> &str {
    let lower = title.to_lowercase();
    let word = NUMBERED.iter().find(|word| {
        let rest = lower.strip_prefix(**word);
        rest.is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_numeric()))
    });
    // Lower case may be of another length than the title, but for those words it is not.
    let rest = word
        .and_then(|word| title.get(word.len()..))
        .unwrap_or(title)
        .trim_start();
    let after = rest.trim_start_matches(|c: char| c.is_numeric());
    if after.len() == rest.len() {
        return title;
    }
    let after_unit = after.trim_start_matches(['部', '章', '話', '幕', '場']);
    // "2:06" is a time.
    let is_time = after
        .get(1..)
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_numeric()));
    let parted = after_unit.len() < after.len()
        || after.starts_with(['.', ':', '：', ')', '-', '–', '—', '、', '．']);
    let named = word.is_some() && (after.is_empty() || after.starts_with(' '));
    if is_time || !(parted || named) {
        return title;
    }
    let after = after_unit.trim_start_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '.' | ':' | '：' | ')' | '-' | '–' | '—' | '、' | '．' | '　'
            )
    });
    match after.is_empty() {
        true => title,
        false => after,
    }
}

fn unquoted(title: &str) -> &str {
    for (open, close) in [
        ('"', '"'),
        ('“', '”'),
        ('«', '»'),
        ('「', '」'),
        ('『', '』'),
    ] {
        let inner = title
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close));
        if let Some(inner) = inner.filter(|inner| !inner.contains([open, close])) {
            return inner;
        }
    }
    title
}

/// Returns a word without underscores of emphasis; those inside a word stay.
fn without_underscores(word: &str) -> &str {
    word.trim_start_matches('_').trim_end_matches('_')
}

/// Returns a text without HTML comments; one without end goes to the end.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, rest)| rest);
    }
    kept.push_str(rest);
    kept
}

/// Returns a text without tags of HTML and attributes of headings.
fn without_tags(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '{']) {
        let (before, tag) = rest.split_at(at);
        kept.push_str(before);
        let inner = &tag[1..];
        let close = if tag.starts_with('<') { '>' } else { '}' };
        let opens = match close {
            '>' => inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/'),
            _ => inner.starts_with(['#', '.']),
        };
        rest = match inner.find(close).filter(|_| opens) {
            Some(end) => &inner[end + 1..],
            None => inner,
        };
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_lose_their_dress() {
        for (text, expected) in [
            ("The Door", "The Door"),
            ("1. **The Door**", "The Door"),
            ("Beat 12: “The Door”", "The Door"),
            ("Chapter 3 — The Door {#door words=900}", "The Door"),
            ("Part 2", "Part 2"),
            ("第3部：戸口", "戸口"),
            ("3、戸口", "戸口"),
            ("Parte 4 - La puerta.", "La puerta"),
            ("1984", "1984"),
            ("2:06 at the Station", "2:06 at the Station"),
            ("The <b>Door</b> <!-- x -->", "The Door"),
            ("# Rules", "Rules"),
            ("---", ""),
            ("{#only}", ""),
        ] {
            assert_eq!(title(text), expected, "{text}");
        }
        assert_eq!(title(&"long ".repeat(60)).chars().count(), 79);
    }

    #[test]
    fn lines_can_be_nothing_but_lines() {
        for (text, expected) in [
            ("# Rules", "Rules"),
            ("- - > 1. # deep", "deep"),
            ("---", ""),
            ("<!-- sw: change the rules -->She waits.", "She waits."),
            ("She <!-- never ends", "She"),
            ("A\tb\u{2028}c\u{0}d", "A b c d"),
            (
                "*Mara* and `x` and _her_ snake_case",
                "Mara and x and her snake_case",
            ),
            ("{{title}} | cell", "title cell"),
            ("1984 was cold.", "1984 was cold."),
            ("=====", ""),
            ("So be it {#x}. <br/>3 < 4", "So be it . 3 4"),
        ] {
            assert_eq!(line(text), expected, "{text}");
        }
        let some = ["- one".to_owned(), "***".to_owned(), "two".to_owned()];
        assert_eq!(paragraphs(&some), "one\n\ntwo");
    }
}
