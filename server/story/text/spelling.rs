//! Finds the known word that a mistyped one is closest to, for "did you mean".

use strsim::damerau_levenshtein;

/// Finds the closest of `known` to `word`, if it differs by few letters: one in a short word, about
/// a quarter of a long one.
pub(crate) fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    known
        .into_iter()
        .filter_map(|known| {
            let known_length = known.chars().count();
            let tolerance = ((known_length + 1) / 4).max(1);
            // Lengths alone rule most words out, however long the mistyped one is.
            if known_length < 2 || length.abs_diff(known_length) > tolerance {
                return None;
            }
            let distance = damerau_levenshtein(word, known);
            (distance <= tolerance).then_some((distance, known))
        })
        .min()
        .map(|(_, known)| known)
}
