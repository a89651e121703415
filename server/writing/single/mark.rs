//! Defines the marks between the parts of a story that is written in one call, and recognises them. Pure.
//!
//! Models decorate, translate, shorten and number anew what they are asked for, so much is
//! taken for a mark; but only a line of its own, and never one that may be prose.

/// Returns the line that begins part `number` of a story.
pub fn line(number: u32) -> String {
    format!("=== PART {number} ===")
}

/// A mark that a line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub number: u32,
    /// Whether the mark has about the form that was asked for; else it may be a heading.
    pub is_strong: bool,
    /// Whether the line is a mark with any number.
    pub is_sure: bool,
}

/// The most characters of a mark; titles in it counted.
const LONGEST: usize = 100;
/// Nor is what stands before its number.
const LONGEST_WORD: usize = 20;
/// The words for a part, in the languages that models fall into.
const WORDS: [&str; 10] = [
    "part", "scene", "parte", "partie", "teil", "escena", "scène", "szene", "scena", "cena",
];
const ENDS: [&str; 4] = ["end", "fin", "ende", "fine"];

/// Returns the mark that a whole line is, if it is one.
pub(crate) fn read(line: &str) -> Option<Mark> {
    let parts = Parts::of(line)?;
    let number = parts.number?;
    let tail = parts.tail.trim_end_matches(is_decoration);
    if parts.is_strong {
        return Some(Mark {
            number,
            is_strong: true,
            is_sure: parts.word.is_empty() || WORDS.contains(&parts.word.as_str()),
        });
    }
    let is_named = WORDS.contains(&parts.word.as_str());
    let ends = tail.is_empty() || is_count(tail);
    (is_named && (ends || parts.is_decorated)).then_some(Mark {
        number,
        is_strong: false,
        is_sure: false,
    })
}

/// Tells whether a line says that the story is over.
pub(crate) fn is_end(line: &str) -> bool {
    let parts = Parts::of(line);
    parts.is_some_and(|parts| parts.is_strong && ENDS.contains(&parts.word.as_str()))
}

/// Tells whether the beginning of a line may become a mark; with `headings` also one that may be a heading.
pub(crate) fn may_become(line: &str, headings: bool) -> bool {
    if line.trim_start().chars().count() > LONGEST {
        return false;
    }
    let Some(parts) = Parts::of(line) else {
        return false;
    };
    if parts.is_strong || parts.is_bare || !headings {
        return parts.is_strong || parts.is_bare;
    }
    match parts.number {
        Some(_) => {
            let tail = parts.tail.trim();
            let may_count = is_count(tail) || COUNT.iter().any(|word| word.starts_with(tail));
            WORDS.contains(&parts.word.as_str())
                && (parts.is_decorated || may_count || tail.chars().all(is_decoration))
        }
        None if parts.is_closed => WORDS.contains(&parts.word.as_str()),
        None => WORDS.iter().any(|word| word.starts_with(&parts.word)),
    }
}

/// A line, taken apart as far as it has come.
struct Parts<'a> {
    is_strong: bool,
    is_decorated: bool,
    /// Whether the line has nothing but decoration.
    is_bare: bool,
    /// The word in lower case.
    word: String,
    /// Whether the word has come to its end.
    is_closed: bool,
    number: Option<u32>,
    tail: &'a str,
}

impl<'a> Parts<'a> {
    /// Takes a line apart; `None` for a line that can't become a mark.
    fn of(line: &'a str) -> Option<Parts<'a>> {
        let line = line.trim();
        if line.chars().count() > LONGEST {
            return None;
        }
        let core = line.trim_start_matches(is_decoration);
        let lead = &line[..line.len() - core.len()];
        let digits = core.find(|c| digit(c).is_some()).unwrap_or(core.len());
        let (before, rest) = core.split_at(digits);
        let word = before.trim_end_matches(|c| is_between(c) || is_decoration(c));
        let may_name = |c: char| c.is_alphabetic() || is_joined(c);
        if word.chars().count() > LONGEST_WORD || !word.chars().all(may_name) {
            return None;
        }
        let after = rest.trim_start_matches(|c| digit(c).is_some());
        let number = rest[..rest.len() - after.len()]
            .chars()
            .filter_map(digit)
            .try_fold(0_u32, |sum, digit| sum.checked_mul(10)?.checked_add(digit));
        Some(Parts {
            is_strong: ["==", "<<", "[["].iter().any(|fence| lead.contains(fence)),
            is_decorated: !lead.trim().is_empty(),
            is_bare: core.is_empty(),
            is_closed: word.len() < before.len(),
            word: word.to_lowercase(),
            number: number.filter(|_| !rest.is_empty()),
            tail: after,
        })
    }
}

const COUNT: [&str; 2] = ["of", "/"];

/// Tells whether a text is a count such as `of 8` or `/8`.
fn is_count(tail: &str) -> bool {
    let tail = tail.trim();
    COUNT.iter().any(|word| {
        tail.strip_prefix(word)
            .is_some_and(|rest| rest.trim().chars().all(|c| digit(c).is_some()))
    })
}

fn is_decoration(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '=' | '#' | '*' | '_' | '~' | '`' | '<' | '>' | '[' | ']' | '(' | ')' | '{' | '}'
        )
        || matches!(c, '|' | '-' | '–' | '—' | '•' | '+' | ':')
}

/// Tells whether a character may stand between a word and its number.
fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, '#' | '№' | ':' | '.' | '-' | '*' | '_')
}

/// Marks that are part of a word in some scripts.
fn is_joined(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0900}'..='\u{0DFF}' | '\u{0E31}'..='\u{0E4E}')
}

fn digit(c: char) -> Option<u32> {
    const ZEROS: [char; 4] = ['\u{0660}', '\u{06F0}', '\u{0966}', '\u{FF10}'];
    c.to_digit(10).or_else(|| {
        let offsets = ZEROS
            .iter()
            .map(|zero| u32::from(c).checked_sub(u32::from(*zero)));
        offsets.flatten().find(|offset| *offset < 10)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_what_looks_like_them() {
        for (line, expected) in [
            // As asked, and nearly.
            ("=== PART 3 ===", Some((3, true, true))),
            ("===PART 3===", Some((3, true, true))),
            ("  === Part 3 ===  ", Some((3, true, true))),
            ("**=== PART 3 ===**", Some((3, true, true))),
            ("## === PART 3 ===", Some((3, true, true))),
            ("`=== PART 03 ===`", Some((3, true, true))),
            ("=== PART 3: The Door ===", Some((3, true, true))),
            ("=== PART 3 of 8 ===", Some((3, true, true))),
            ("== Scene 12", Some((12, true, true))),
            ("=== 3 ===", Some((3, true, true))),
            ("<<<SCENE 3>>>", Some((3, true, true))),
            ("[[part 3]]", Some((3, true, true))),
            ("=== PARTE ٣ ===", Some((3, true, true))),
            // Some other word: only where the number fits.
            ("=== 第３部 ===", Some((3, true, false))),
            ("=== LOG 47 ===", Some((47, true, false))),
            // A heading, which may be one.
            ("## Part 3", Some((3, false, false))),
            ("**Part 3: The Door**", Some((3, false, false))),
            ("Part 3", Some((3, false, false))),
            ("Part 3 of 8", Some((3, false, false))),
            ("--- Scene 3 ---", Some((3, false, false))),
            // Prose, and what else stands on lines of its own.
            ("Part 3 of the log was missing.", None),
            ("Part of it", None),
            ("Scene 3, she thought, and laughed.", None),
            ("She wrote === PART 3 === and went on.", None),
            ("===", None),
            ("***", None),
            ("3", None),
            ("— Part three, he said.", None),
            ("— 3 —", None),
            ("=== THE LOG OF A VERY LONG NIGHT 3 ===", None),
            ("=== PART 99999999999 ===", None),
            ("", None),
        ] {
            let found = read(line).map(|mark| (mark.number, mark.is_strong, mark.is_sure));
            assert_eq!(found, expected, "{line}");
        }
        assert_eq!(read(&line(7)).map(|mark| mark.number), Some(7));
    }

    #[test]
    fn what_becomes_a_mark_may_become_one_all_the_way() {
        for line in [
            "=== PART 3: The Door ===",
            "**Part 3: The Door**",
            "Part 13 of 28",
            "<<<SCENE 3>>>",
            "=== 第３部 ===",
            "#### Scène 3",
        ] {
            for (end, _) in line.char_indices() {
                assert!(may_become(&line[..end], true), "{}", &line[..end]);
            }
        }
        for (line, expected) in [
            ("She", false),
            ("Pa", true),
            ("Pas", false),
            ("*She", false),
            ("Part of", false),
        ] {
            assert_eq!(may_become(line, true), expected, "{line}");
        }
    }
}
