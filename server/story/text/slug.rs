//! Makes ids out of names.

use icu_normalizer::ComposingNormalizerBorrowed;
use unicode_segmentation::UnicodeSegmentation;

use super::white_space::on_one_line;

/// Makes a beat's id of its heading: letters and digits of any script in lower case, with the
/// marks that belong to them (Devanagari and Arabic vowels, accents), joined by single
/// hyphens; in NFC. Empty when the heading has none. A slug is its own slug.
pub fn beat_slug(heading: &str) -> String {
    let mut slug = String::new();
    for cluster in nfc(heading).graphemes(true) {
        let letters = cluster.trim_start_matches(|c: char| !c.is_alphanumeric() || is_mark(c));
        if !letters.is_empty() {
            let visible = letters.chars().filter(|c| !is_invisible(*c));
            slug.extend(visible.flat_map(char::to_lowercase));
        } else if matches!(cluster, "'" | "’" | "ʼ") || cluster.chars().all(is_invisible) {
            // "Mara's" is one word, and so is one with a joiner inside.
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    nfc(&slug)
}

/// Makes a file name of a title: ASCII in lower case, other scripts transliterated, at most 60
/// bytes. "story" when nothing is left.
pub fn file_slug(title: &str) -> String {
    let slug = slug::slugify(title);
    // ASCII, so that any byte is a boundary; cut between words where there is one near.
    let short = match slug.get(..60) {
        Some(cut) if slug.as_bytes().get(60) != Some(&b'-') => match cut.rfind('-') {
            Some(hyphen) if hyphen >= 30 => &cut[..hyphen],
            _ => cut,
        },
        Some(cut) => cut,
        None => &slug,
    };
    let short = short.trim_matches('-');
    if short.is_empty() {
        "story".to_owned()
    } else {
        short.to_owned()
    }
}

/// Composes a text canonically (UAX 15), so that "é" is one thing however it was typed.
pub(crate) fn nfc(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(text)
        .into_owned()
}

/// Folds a name as names are compared: without regard to case, composition and surrounding or doubled
/// white space.
pub(crate) fn fold(name: &str) -> String {
    nfc(&nfc(&on_one_line(name)).to_lowercase())
}

/// Tells whether `c` belongs to the letter before it (UAX 29, GB9 and GB9a); without one it is lost.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && ['a', c].iter().collect::<String>().graphemes(true).count() == 1
}

/// Recognises joiners, direction marks and variation selectors, which can't be typed into `after=`.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0100}'..='\u{e01ef}')
}
