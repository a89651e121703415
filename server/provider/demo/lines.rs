//! The brief's own text as plain sentences: no markup, no typewriter quotes.

use unicode_segmentation::UnicodeSegmentation;

/// Returns the plain sentences of a markdown text, in order, each with a mark at its end (`stop` where the
/// author left it out).
pub fn sentences(markdown: &str, stop: &str) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for block in blocks(markdown) {
        let mut open = String::new();
        for part in block.split_sentence_bounds() {
            open.push_str(part);
            if !ends_in_abbreviation(open.trim_end()) {
                sentences.push(finished(&open, stop));
                open.clear();
            }
        }
        sentences.push(finished(&open, stop));
    }
    sentences.retain(|sentence| sentence.chars().any(char::is_alphanumeric));
    sentences
}

/// Tells whether a text ends with the end of a sentence.
pub fn ends_sentence(text: &str) -> bool {
    let closing = |c: char| c.is_whitespace() || "”’\"')]»」』）*_".contains(c);
    text.trim_end_matches(closing).ends_with([
        '.', '!', '?', '…', '。', '！', '？', '؟', '．', '۔', '।', '։',
    ])
}

/// Marks that belong to the letter before them: vowel signs, accents, apostrophes.
pub fn is_mark_on_letter(c: char) -> bool {
    ('\u{0300}'..='\u{036f}').contains(&c) || ('\u{064b}'..='\u{0670}').contains(&c)
}

fn finished(sentence: &str, stop: &str) -> String {
    let sentence = sentence.trim();
    if ends_sentence(sentence) {
        return sentence.to_owned();
    }
    let bare = sentence.trim_end_matches(|c: char| c.is_whitespace() || ",;:、،؛-–—・".contains(c));
    format!("{bare}{stop}")
}

/// Tells whether a text ends in an abbreviation: "Dr." and single initials end no sentence.
fn ends_in_abbreviation(text: &str) -> bool {
    const ABBREVIATIONS: &[&str] = &[
        "Mr", "Mrs", "Ms", "Dr", "St", "Prof", "Capt", "Lt", "Sgt", "Sr", "Sra", "Srta", "Dra",
        "No", "vs", "etc",
    ];
    let Some(bare) = text.strip_suffix('.') else {
        return false;
    };
    let last = bare
        .rsplit(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default();
    let initial = last.chars().count() == 1 && last.chars().all(char::is_uppercase) && last != "I";
    initial || ABBREVIATIONS.contains(&last)
}

/// Paragraphs and list items as single lines of plain text; headings and code are left out.
fn blocks(markdown: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    let mut fenced = false;
    for line in markdown.lines() {
        let line = line.trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            fenced = !fenced;
            continue;
        }
        if fenced || line.starts_with('#') {
            blocks.push(String::new());
            continue;
        }
        let (item, text) = without_marker(line);
        if item || text.is_empty() {
            blocks.push(String::new());
        }
        if let Some(block) = blocks.last_mut() {
            let latin = block.chars().last().is_some_and(|c| u32::from(c) < 0x2e80);
            if latin {
                block.push(' ');
            }
            block.push_str(text);
        }
    }
    blocks.retain(|block| !block.is_empty());
    blocks.iter().map(|block| without_markup(block)).collect()
}

/// Takes off list and quote marks; true for a list item.
fn without_marker(line: &str) -> (bool, &str) {
    let line = line.trim_start_matches(['>', ' ']);
    for marker in ["- ", "* ", "+ ", "• ", "・"] {
        if let Some(rest) = line.strip_prefix(marker) {
            return (true, rest.trim_start());
        }
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..).unwrap_or_default();
    match rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")) {
        Some(rest) if (1..=3).contains(&digits) => (true, rest.trim_start()),
        _ => (false, line),
    }
}

/// Takes off emphasis, code marks, comments and link targets; sets typographic quotes.
fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = after;
        match c {
            '*' | '`' | '[' => {}
            '_' if !between_letters(&plain, after) => {}
            '<' if after.starts_with("!--") => {
                rest = after.split_once("-->").map_or("", |(_, rest)| rest);
            }
            ']' if after.starts_with('(') => {
                rest = after.split_once(')').map_or("", |(_, rest)| rest);
            }
            ']' => {}
            '"' => {
                plain.push(if quoted { '”' } else { '“' });
                quoted = !quoted;
            }
            '\'' if plain.chars().last().is_some_and(char::is_alphanumeric) => plain.push('’'),
            _ => plain.push(c),
        }
    }
    plain
}

fn between_letters(before: &str, after: &str) -> bool {
    before.chars().last().is_some_and(char::is_alphanumeric)
        && after.chars().next().is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plain_sentences_out_of_markdown() {
        let table: &[(&str, &[&str])] = &[
            (
                "Mara climbs. *Nobody* answers her",
                &["Mara climbs.", "Nobody answers her."],
            ),
            ("- one thing\n- another,\n", &["one thing.", "another."]),
            (
                "Dr. Voss waits. J. P. left.",
                &["Dr. Voss waits.", "J. P. left."],
            ),
            (
                "She said \"go\" to [Ilse](x.md).",
                &["She said “go” to Ilse."],
            ),
            ("#### heading\n1. first\n2) second", &["first.", "second."]),
            ("It isn't <!-- no --> here…", &["It isn’t  here…"]),
            ("", &[]),
            ("***\n---", &[]),
        ];
        for (markdown, wanted) in table {
            assert_eq!(&sentences(markdown, "."), wanted, "{markdown}");
        }
        assert_eq!(
            sentences("灯台は暗い。\n誰もいない", "。"),
            ["灯台は暗い。", "誰もいない。"]
        );
    }
}
