//! The last touch to a sentence: capitals, articles, contractions, and what it is known by.

use super::chance::seed_of;
use super::pack::Pack;
use super::template::LineEnd;

/// Returns the text with a capital at its first letter, if `wanted`.
pub fn capitalised(text: &str, wanted: bool) -> String {
    let start = text.find(char::is_alphanumeric).filter(|_| wanted);
    let Some((before, rest)) = start.and_then(|at| text.split_at_checked(at)) else {
        return text.to_owned();
    };
    let mut letters = rest.chars();
    let first = letters.next().map(char::to_uppercase);
    let first: String = first.into_iter().flatten().collect();
    format!("{before}{first}{}", letters.as_str())
}

/// Sets a line of dialogue as its frame wants it to end.
pub fn line_of_talk(line: &str, end: LineEnd, out: &mut String) {
    let stops = ['.', '。'];
    match end {
        LineEnd::AsIs => out.push_str(line),
        LineEnd::Bare => out.push_str(line.trim_end_matches(stops)),
        LineEnd::Comma => match line.strip_suffix(stops) {
            Some(bare) => {
                out.push_str(bare);
                out.push(',');
            }
            None => out.push_str(line),
        },
    }
}

/// Puts capitals, articles, contractions and double spaces right.
pub fn tidy(text: String, pack: &Pack) -> String {
    let mut text = text;
    while text.contains("  ") {
        text = text.replace("  ", " ");
    }
    let mut text = text.trim().to_owned();
    while let Some(at) = text.find("a(n) ") {
        let next = text.get(at + 5..).and_then(|rest| rest.chars().next());
        let vowel = next.is_some_and(|c| "aeiouAEIOU".contains(c));
        text.replace_range(at..at + 5, if vowel { "an " } else { "a " });
    }
    for [from, to] in &pack.layout.fixes {
        if text.contains(from.as_str()) {
            text = text.replace(from.as_str(), to);
        }
    }
    if pack.layout.capitals {
        text = capitalised(&text, true);
        text = with_capitals_inside(&text);
    }
    text
}

/// Returns the text with a capital at the start of each sentence inside it.
fn with_capitals_inside(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut stop = None;
    let mut spaced = false;
    for c in text.chars() {
        let begins = spaced && c.is_alphanumeric() && stop.is_some();
        // A dash or quote between is where Spanish goes on small after a question.
        let opens = spaced && stop == Some('.') && "—“«¿¡".contains(c);
        if begins {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        if matches!(c, '.' | '?' | '!') {
            (stop, spaced) = (Some(c), false);
        } else if c == ' ' && stop.is_some() {
            spaced = true;
        } else if !opens {
            (stop, spaced) = (None, false);
        }
    }
    out
}

/// Returns the same for sentences that differ in marks and capitals alone.
pub fn fingerprint(sentence: &str) -> u64 {
    let letters = |word: &str| -> String {
        word.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    seed_of([letters(sentence).as_str()])
}
