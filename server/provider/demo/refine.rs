//! Going over a text once more without a model: something small and plain to see, so that an
//! author can try how a revision is taken or turned down. Every word of the text stays.

/// Longest sentences that are joined, in words.
const SHORT: usize = 14;

/// How a language joins two sentences, and the words that may begin the second one. They are
/// none that have a capital of their own.
const JOINS: [(&str, &str, &[&str]); 2] = [
    (
        "en",
        ", and ",
        &[
            "The",
            "A",
            "An",
            "She",
            "He",
            "It",
            "They",
            "There",
            "Then",
            "Nobody",
            "No",
            "One",
            "Her",
            "His",
            "Its",
            "Their",
            "This",
            "That",
            "What",
            "For",
            "In",
            "On",
            "At",
            "By",
            "Outside",
            "Behind",
            "Below",
            "Above",
            "Somewhere",
        ],
    ),
    (
        "es",
        ", y ",
        &[
            "El", "La", "Los", "Las", "Un", "Una", "Ella", "Nadie", "No", "En", "Su", "Sus",
            "Entonces", "Afuera", "Detrás", "Lo", "Al", "Por",
        ],
    ),
];

/// Returns the text with two short sentences made one; in other languages, or where there are none, with its
/// longest paragraph in two.
pub fn better(prose: &str, language: &str) -> String {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    let join = JOINS
        .iter()
        .find(|(tag, ..)| tag.eq_ignore_ascii_case(primary));
    let joined = join.and_then(|(_, conjunction, words)| joined(prose, conjunction, words));
    joined
        .or_else(|| in_two(prose))
        .unwrap_or_else(|| prose.to_owned())
}

/// Joins the first two short sentences of a paragraph that can be joined.
fn joined(prose: &str, conjunction: &str, begin_second: &[&str]) -> Option<String> {
    let mut start = 0;
    for line in prose.split_inclusive('\n') {
        let sentences: Vec<&str> = line.split_inclusive(". ").collect();
        let mut at = start;
        for pair in sentences.windows(2) {
            let (first, second) = (pair[0], pair[1]);
            let is_short = |text: &str| text.split_whitespace().count() <= SHORT;
            // Talk has stops of its own.
            let is_plain = |text: &str| !text.contains(['"', '“', '”', '—', '?', '!', '…', ':']);
            let begins = second.split_whitespace().next();
            let may_follow = begins.is_some_and(|word| begin_second.contains(&word));
            let both = |is: &dyn Fn(&str) -> bool| is(first) && is(second);
            if may_follow && both(&is_short) && both(&is_plain) {
                let end = at + first.len();
                let head = prose.get(..end - ". ".len())?;
                let mut letters = second.chars();
                let small = letters.next()?.to_lowercase();
                let tail = prose.get(end + second.len()..)?;
                return Some(format!(
                    "{head}{conjunction}{small}{}{tail}",
                    letters.as_str()
                ));
            }
            at += first.len();
        }
        start += line.len();
    }
    None
}

/// Breaks the longest paragraph at the end of the sentence nearest to its middle.
fn in_two(prose: &str) -> Option<String> {
    let paragraphs = prose.split("\n\n");
    let longest = paragraphs.max_by_key(|paragraph| paragraph.len())?;
    let start = longest.as_ptr() as usize - prose.as_ptr() as usize;
    let ends = longest.char_indices().filter_map(|(at, c)| {
        let end = at + c.len_utf8();
        let rest = &longest[end..];
        let is_end = match c {
            '。' => true,
            '.' | '؟' => rest.starts_with(' '),
            _ => false,
        };
        (is_end && !rest.trim().is_empty()).then_some(end)
    });
    let end = start + ends.min_by_key(|end| end.abs_diff(longest.len() / 2))?;
    let (head, tail) = prose.split_at(end);
    Some(format!("{head}\n\n{}", tail.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_small_changes_and_no_word_goes() {
        for (language, prose, expected) in [
            (
                "en",
                "Mara came up. The lamp was dark.\n\nNobody spoke.",
                "Mara came up, and the lamp was dark.\n\nNobody spoke.",
            ),
            (
                "en-GB",
                "“No. The lamp.”\n\nShe sat. Mara stood. It rained.",
                "“No. The lamp.”\n\nShe sat. Mara stood, and it rained.",
            ),
            (
                "es",
                "Mara subió. La lámpara ardía.",
                "Mara subió, y la lámpara ardía.",
            ),
            (
                "ja",
                "灯は消えた。彼女は立った。",
                "灯は消えた。\n\n彼女は立った。",
            ),
            ("fi", "Yksi. Kaksi. Kolme.", "Yksi. Kaksi.\n\nKolme."),
            ("en", "One sentence alone", "One sentence alone"),
            ("en", "", ""),
        ] {
            assert_eq!(better(prose, language), expected, "{language}");
        }
    }
}
