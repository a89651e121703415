//! Names for machines, made of names for people.

/// A beat's id from its heading: letters and digits of any script in lower case, joined by
/// single hyphens. Empty when the heading has none.
pub fn beat_slug(heading: &str) -> String {
    let mut slug = String::new();
    for c in heading.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if matches!(c, '\'' | '’') {
            // "Mara's" is one word.
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// A file name from a title: ASCII in lower case, other scripts transliterated, at most 60
/// bytes. "story" when nothing is left.
pub fn file_slug(title: &str) -> String {
    let slug = slug::slugify(title);
    let short = slug.get(..60).unwrap_or(&slug).trim_matches('-');
    if short.is_empty() {
        "story".to_owned()
    } else {
        short.to_owned()
    }
}
