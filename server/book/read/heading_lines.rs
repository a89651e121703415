//! Tells which lines of a text are headings of chapters and parts, by the words of several languages.

/// The longest line that is a heading, in characters.
const HEADING: usize = 80;

/// The words that begin the heading of a chapter.
const CHAPTER: [&str; 22] = [
    "chapter",
    "kapitel",
    "chapitre",
    "capítulo",
    "capitulo",
    "capitolo",
    "hoofdstuk",
    "глава",
    "rozdział",
    "kapitola",
    "luku",
    "kapittel",
    "capítol",
    "fejezet",
    "bölüm",
    "κεφάλαιο",
    "розділ",
    "chap.",
    "kap.",
    "cap.",
    "الفصل",
    "פרק",
];
/// Headings that need no number.
const ALONE: [&str; 20] = [
    "prologue",
    "epilogue",
    "prolog",
    "epilog",
    "prólogo",
    "epílogo",
    "prologo",
    "epilogo",
    "interlude",
    "intermezzo",
    "zwischenspiel",
    "interludio",
    "interlúdio",
    "interlude.",
    "épilogue",
    "proloog",
    "epiloog",
    "пролог",
    "эпилог",
    "coda",
];
const PART: [&str; 16] = [
    "part",
    "book",
    "volume",
    "teil",
    "buch",
    "band",
    "partie",
    "livre",
    "parte",
    "libro",
    "livro",
    "deel",
    "часть",
    "część",
    "act",
    "akt",
];

/// Tells whether a line is the heading of a chapter.
pub(super) fn is_chapter_line(line: &str) -> bool {
    if !is_short(line) {
        return false;
    }
    let lower = line.trim().to_lowercase();
    let bare = lower.trim_end_matches(['.', ':', '!']);
    if ALONE.contains(&bare) || is_eastern(line, &['章', '回', '話', '话', '장']) {
        return true;
    }
    let begins = CHAPTER.iter().any(|word| begins_with(&lower, word));
    begins
        || ALONE.iter().any(|word| {
            lower.strip_prefix(word).is_some_and(|rest| {
                rest.starts_with([':', '.', ' '])
                    && rest.len() < 50
                    && !rest
                        .trim_start_matches([':', '.', ' '])
                        .contains(['.', ','])
            })
        })
}

/// Tells whether a line is the heading of a part of a book.
pub(super) fn is_part_line(line: &str) -> bool {
    let lower = line.trim().to_lowercase();
    is_short(line)
        && (PART.iter().any(|word| begins_with(&lower, word))
            || is_eastern(line, &['部', '卷', '부']))
}

fn is_short(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.contains('\n') && line.chars().count() <= HEADING
}

/// Tells whether a line begins with a word that a number follows: "chapter iv", "kapitel 3: der sturm".
fn begins_with(lower: &str, word: &str) -> bool {
    let Some(rest) = lower.strip_prefix(word) else {
        return false;
    };
    if !rest.is_empty() && !rest.starts_with([' ', '\u{a0}', '.', ':']) {
        return false;
    }
    let mut words = rest
        .split([' ', '\u{a0}', '.', ':', '—', '–', '-', ','])
        .filter(|it| !it.is_empty());
    match words.next() {
        None => true,
        Some(number) => is_number(number),
    }
}

/// The numbers that headings are counted by, in words of the languages above.
const NUMBERS: [&str; 76] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "the",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "last",
    "eins",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "sept",
    "huit",
    "neuf",
    "dix",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "due",
    "tre",
    "quattro",
    "cinque",
    "sei",
    "sette",
    "otto",
    "nove",
    "dieci",
    "primera",
    "primeiro",
    "première",
    "premier",
    "primo",
    "erster",
];

pub(super) fn is_number(word: &str) -> bool {
    let is_digits = word.chars().all(char::is_numeric);
    let is_roman = word
        .chars()
        .all(|c| matches!(c, 'i' | 'v' | 'x' | 'l' | 'c'));
    is_digits
        || is_roman
        || NUMBERS.contains(&word)
        || word.split('-').any(|it| NUMBERS[19..23].contains(&it))
}

/// Tells whether a line is a heading as Chinese, Japanese and Korean have them: 第三章.
fn is_eastern(line: &str, units: &[char]) -> bool {
    let line = line.trim();
    let Some(rest) = line.strip_prefix(['第', '제']) else {
        return false;
    };
    let number: String = rest
        .chars()
        .take_while(|c| c.is_numeric() || "〇零一二三四五六七八九十百千 ".contains(*c))
        .collect();
    !number.is_empty() && rest[number.len()..].starts_with(units)
}
